//! How refunds are told: `Paid 7,290.00, unused 100 of 365 days = 1,997.26`.

use kernel::{Localized, Money};

use super::{digits, money};

pub(in crate::rules) fn refund_whole(paid: Money) -> Localized {
    let (mut en, mut zh) = ("All that was paid: ".to_owned(), "全额退款：".to_owned());
    money(&mut en, paid);
    money(&mut zh, paid);
    Localized { en, zh }
}

pub(in crate::rules) fn refund_agreed(amount: Money, paid: Money) -> Localized {
    let (mut en, mut zh) = ("As agreed, of ".to_owned(), "协商退款，实付 ".to_owned());
    money(&mut en, paid);
    money(&mut zh, paid);
    en.push_str(" paid: ");
    zh.push_str("，退款 ");
    money(&mut en, amount);
    money(&mut zh, amount);
    Localized { en, zh }
}

pub(in crate::rules) fn refund_unused(paid: Money, days: (u32, u32), amount: Money) -> Localized {
    let (mut en, mut zh) = ("Paid ".to_owned(), "实付 ".to_owned());
    money(&mut en, paid);
    money(&mut zh, paid);
    en.push_str(", unused ");
    zh.push_str("，未使用 ");
    write_share(days, paid, &mut en, &mut zh);
    money(&mut en, amount);
    money(&mut zh, amount);
    Localized { en, zh }
}

/// `100 of 365 days, rounded = `, `100/365 天，取整 = `
pub(super) fn write_share((left, days): (u32, u32), whole: Money, en: &mut String, zh: &mut String) {
    digits(en, u128::from(left), 0, 0);
    digits(zh, u128::from(left), 0, 0);
    en.push_str(" of ");
    zh.push('/');
    digits(en, u128::from(days), 0, 0);
    digits(zh, u128::from(days), 0, 0);
    en.push_str(" days");
    zh.push_str(" 天");
    if !(i128::from(whole.minor()) * i128::from(left)).unsigned_abs().is_multiple_of(u128::from(days.max(1))) {
        en.push_str(", rounded");
        zh.push_str("，取整");
    }
    en.push_str(" = ");
    zh.push_str(" = ");
}
