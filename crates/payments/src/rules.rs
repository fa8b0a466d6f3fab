//! A top-up and its states.

use kernel::{
    Currency, Invalid, Localized, Money, Refusal, Timestamp, choices,
    id::{AccountId, TopUpId},
};
use platform::config::Environment;

choices! {
    /// How money comes in.
    pub enum Channel { BankTransfer = "bank_transfer", Development = "development" }
}

choices! {
    pub enum TopUpState { Declared = "declared", Confirmed = "confirmed", Rejected = "rejected" }
}

/// Money that a buyer says is on its way.
#[derive(Clone, Debug)]
pub struct TopUp {
    pub id: TopUpId,
    pub account: AccountId,
    pub channel: Channel,
    pub declared: Money,
    /// What the buyer writes into the transfer, so that it is found.
    pub reference: String,
    pub payer: String,
    pub declared_at: Timestamp,
    pub outcome: Outcome,
}

/// What each state knows.
#[derive(Clone, Debug)]
pub enum Outcome {
    Declared,
    Confirmed { received: Money, bank_reference: String, at: Timestamp },
    Rejected { reason: String, at: Timestamp },
}

impl Outcome {
    pub fn state(&self) -> TopUpState {
        match self {
            Self::Declared => TopUpState::Declared,
            Self::Confirmed { .. } => TopUpState::Confirmed,
            Self::Rejected { .. } => TopUpState::Rejected,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TopUpRefused {
    #[error("a top-up that is {state} cannot be {wanted}")]
    WrongState { state: TopUpState, wanted: TopUpState },
    #[error("the transfer {0} has already confirmed another top-up")]
    TransferUsed(String),
    #[error(
        "the transfer came in {received}, the top-up was declared in {declared}; reject it and return the transfer"
    )]
    Currency { received: Currency, declared: Currency },
    #[error("the development channel does not exist in production")]
    NotInProduction,
}

impl TopUpState {
    const fn zh(self) -> &'static str {
        match self {
            Self::Declared => "登记",
            Self::Confirmed => "确认",
            Self::Rejected => "驳回",
        }
    }
}

impl Refusal for TopUpRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongState { .. } => "top_up.wrong_state",
            Self::TransferUsed(_) => "top_up.transfer_used",
            Self::Currency { .. } => "top_up.currency",
            Self::NotInProduction => "top_up.not_in_production",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::WrongState { state, wanted } => format!("该充值已{}，不能再{}", state.zh(), wanted.zh()),
            Self::TransferUsed(reference) => format!("转账 {reference} 已用于确认另一笔充值"),
            Self::Currency { received, declared } => {
                format!("到账币种为 {received}，与登记的 {declared} 不同，须驳回该充值并退回转账")
            }
            Self::NotInProduction => "生产环境中没有开发用充值渠道".to_owned(),
        };
        Localized::new(self.to_string(), zh)
    }
}

/// A hundred million in major units of a currency with cents: more is a typing mistake.
const MINOR_MAX: i64 = 10_000_000_000;

/// Whether an amount can be topped up here.
pub(crate) fn check_amount(amount: Money, currencies: &[Currency], field: &str) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let fits = (1..=MINOR_MAX).contains(&amount.minor());
    wrong.check(
        fits,
        format!("{field}.minor"),
        (format!("must be from 1 to {MINOR_MAX}"), format!("须在 1 到 {MINOR_MAX} 之间")),
    );
    let names: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
    let known = currencies.contains(&amount.currency());
    wrong.check(
        known,
        format!("{field}.currency"),
        (
            format!("must be one of the site's: {}", names.join(", ")),
            format!("须为本站支持的币种：{}", names.join("、")),
        ),
    );
    wrong.done()
}

/// An amount as people type it: `1,000` or `99.5`. `None`: no amount of this currency.
pub fn typed(text: &str, currency: Currency) -> Option<Money> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = usize::try_from(currency.exponent()).ok()?;
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.iter().skip(1).all(|group| group.len() == 3);
    let whole = groups.concat();
    let plain = [whole.as_str(), part].iter().all(|text| text.bytes().all(|b| b.is_ascii_digit()));
    if whole.is_empty() || !grouped || !plain || part.len() > digits {
        return None;
    }
    let minor = format!("{whole}{part:0<digits$}").parse().ok()?;
    Some(Money::of(minor, currency))
}

/// Play money is for development; no setting turns it on in production.
pub(crate) fn check_channel(channel: Channel, environment: Environment) -> Result<(), TopUpRefused> {
    match (channel, environment) {
        (Channel::Development, Environment::Production) => Err(TopUpRefused::NotInProduction),
        (Channel::BankTransfer | Channel::Development, _) => Ok(()),
    }
}

impl TopUp {
    pub fn confirm(self, received: Money, bank_reference: String, now: Timestamp) -> Result<Self, TopUpRefused> {
        self.must_be_declared(TopUpState::Confirmed)?;
        if received.currency() != self.declared.currency() {
            let (received, declared) = (received.currency(), self.declared.currency());
            return Err(TopUpRefused::Currency { received, declared });
        }
        Ok(Self { outcome: Outcome::Confirmed { received, bank_reference, at: now }, ..self })
    }

    pub fn reject(self, reason: String, now: Timestamp) -> Result<Self, TopUpRefused> {
        self.must_be_declared(TopUpState::Rejected)?;
        Ok(Self { outcome: Outcome::Rejected { reason, at: now }, ..self })
    }

    fn must_be_declared(&self, wanted: TopUpState) -> Result<(), TopUpRefused> {
        match self.outcome.state() {
            TopUpState::Declared => Ok(()),
            state @ (TopUpState::Confirmed | TopUpState::Rejected) => Err(TopUpRefused::WrongState { state, wanted }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> TopUp {
        let now = Timestamp::from_micros(0);
        TopUp {
            id: TopUpId::new(now),
            account: AccountId::new(now),
            channel: Channel::BankTransfer,
            declared: Money::of(10_000, Currency::CNY),
            reference: "KT12345678".into(),
            payer: "Ada".into(),
            declared_at: now,
            outcome: Outcome::Declared,
        }
    }

    #[test]
    fn a_top_up_is_decided_once() {
        let now = Timestamp::from_micros(1);
        let confirmed = declared().confirm(Money::of(9_000, Currency::CNY), "B1".into(), now).unwrap();
        assert_eq!(confirmed.outcome.state(), TopUpState::Confirmed);
        assert!(confirmed.clone().confirm(Money::of(1, Currency::CNY), "B2".into(), now).is_err());
        assert!(confirmed.reject("late".into(), now).is_err());
    }

    #[test]
    fn money_in_another_currency_is_not_booked() {
        let refused = declared().confirm(Money::of(9_000, Currency::USD), "B1".into(), Timestamp::from_micros(1));
        assert!(matches!(refused, Err(TopUpRefused::Currency { .. })));
    }

    #[test]
    fn the_development_channel_does_not_exist_in_production() {
        assert!(check_channel(Channel::Development, Environment::Production).is_err());
        assert!(check_channel(Channel::Development, Environment::Development).is_ok());
        assert!(check_channel(Channel::BankTransfer, Environment::Production).is_ok());
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let check = |text: &str, minor: Option<i64>| {
            assert_eq!(typed(text, Currency::CNY).map(Money::minor), minor, "{text}");
        };
        check("1000", Some(100_000));
        check(" 1,234.5 ", Some(123_450));
        check("0.05", Some(5));
        for odd in ["", ".5", "1,5", "1.234", "-1", "1e3", "12,34,567", "٣", "99999999999999999999"] {
            check(odd, None);
        }
        assert_eq!(typed("100", "JPY".parse().unwrap()).map(Money::minor), Some(100));
        assert_eq!(typed("100.5", "JPY".parse().unwrap()), None);
    }

    #[test]
    fn amounts_are_positive_and_in_a_currency_of_the_site() {
        let check = |minor, currency| check_amount(Money::of(minor, currency), &[Currency::CNY], "amount").is_ok();
        assert!(check(1, Currency::CNY));
        assert!(!check(0, Currency::CNY));
        assert!(!check(-1, Currency::CNY));
        assert!(!check(i64::MAX, Currency::CNY));
        assert!(!check(1, Currency::USD));
    }
}
