//! The wallet and its top-ups with a browser; the transfers that the operator waits for.

mod top_up;
mod transfers;
mod wallet;

use kernel::{Currency, Error, Invalid, Money};
use maud::Markup;
use platform::http::{Problem, Routes};
use policy::Policy;
use ui::{Choice, Tone, View};

use crate::{
    Payments,
    rules::{self, TopUpState},
};

pub(crate) fn routes(payments: &Payments) -> Routes {
    wallet::routes(payments).and(top_up::routes(payments)).and(transfers::routes(payments))
}

fn badge(view: &View, state: TopUpState) -> Markup {
    let tone = match state {
        TopUpState::Declared => Tone::Warn,
        TopUpState::Confirmed => Tone::Good,
        TopUpState::Rejected => Tone::Bad,
    };
    ui::badge(tone, &view.word("top-up-state", state.as_str()))
}

/// What somebody typed as an amount of a currency.
fn amount(text: &str, currency: Currency, field: &str) -> Result<Money, Problem> {
    let message = ("must be an amount such as 1000 or 99.50", "须为金额，例如 1000 或 99.50");
    Ok(rules::typed(text, currency).ok_or_else(|| Error::from(Invalid::one(field, message)))?)
}

fn currencies(policy: &Policy) -> Vec<Choice> {
    policy.site.currencies.iter().map(|currency| Choice::new(currency.code(), currency.code())).collect()
}
