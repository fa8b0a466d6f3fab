//! How refunds are told: `All that was paid goes back, its 2 changes included: 7,290.00 + 500.00 + 80.00 = 7,870.00 CNY`.

use kernel::{Localized, Money};

use super::money;

pub(in crate::rules) fn refund(paid: Money, changes: &[Money], amount: Money) -> Localized {
    let (en, zh) = match changes.len() {
        0 => (String::new(), String::new()),
        1 => (", its change included".to_owned(), "（含 1 次变更）".to_owned()),
        more => (format!(", its {more} changes included"), format!("（含 {more} 次变更）")),
    };
    let mut en = format!("All that was paid goes back{en}: ");
    let mut zh = format!("已付款项全额退回{zh}：");
    for out in [&mut en, &mut zh] {
        money(out, paid);
        for change in changes {
            out.push_str(" + ");
            money(out, *change);
        }
        if !changes.is_empty() {
            out.push_str(" = ");
            money(out, amount);
        }
        out.push(' ');
        out.push_str(amount.currency().code());
    }
    Localized { en, zh }
}
