//! How refunds are told: `Paid 7,290.00, unused 100 of 365 days = 1,997.26`.

use kernel::{Localized, Money};

use super::{changing::write_days, money};

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
    let product = i128::from(paid.minor()) * i128::from(days.0);
    write_days(days, 0, product % i128::from(days.1.max(1)) == 0, &mut en, &mut zh);
    money(&mut en, amount);
    money(&mut zh, amount);
    Localized { en, zh }
}
