//! A top-up and its states.

use kernel::{
    Invalid, Money, Refusal, Timestamp, choices,
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
    WrongState { state: TopUpState, wanted: &'static str },
    #[error("the transfer {0} has already confirmed another top-up")]
    TransferUsed(String),
    #[error(
        "the transfer came in {received}, the top-up was declared in {declared}; reject it and return the transfer"
    )]
    Currency { received: kernel::Currency, declared: kernel::Currency },
    #[error("the development channel does not exist in production")]
    NotInProduction,
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
}

/// A hundred million in major units of a currency with cents: more is a typing mistake.
const MINOR_MAX: i64 = 10_000_000_000;

/// Whether an amount can be topped up here.
pub(crate) fn check_amount(amount: Money, currencies: &[kernel::Currency], field: &str) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    let fits = (1..=MINOR_MAX).contains(&amount.minor());
    wrong.check(fits, format!("{field}.minor"), format!("must be from 1 to {MINOR_MAX}"));
    let names: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
    let known = currencies.contains(&amount.currency());
    wrong.check(known, format!("{field}.currency"), format!("must be one of the site's: {}", names.join(", ")));
    wrong.done()
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
        self.must_be_declared("confirmed")?;
        if received.currency() != self.declared.currency() {
            let (received, declared) = (received.currency(), self.declared.currency());
            return Err(TopUpRefused::Currency { received, declared });
        }
        Ok(Self { outcome: Outcome::Confirmed { received, bank_reference, at: now }, ..self })
    }

    pub fn reject(self, reason: String, now: Timestamp) -> Result<Self, TopUpRefused> {
        self.must_be_declared("rejected")?;
        Ok(Self { outcome: Outcome::Rejected { reason, at: now }, ..self })
    }

    fn must_be_declared(&self, wanted: &'static str) -> Result<(), TopUpRefused> {
        match self.outcome.state() {
            TopUpState::Declared => Ok(()),
            state @ (TopUpState::Confirmed | TopUpState::Rejected) => Err(TopUpRefused::WrongState { state, wanted }),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

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
    fn amounts_are_positive_and_in_a_currency_of_the_site() {
        let check = |minor, currency| check_amount(Money::of(minor, currency), &[Currency::CNY], "amount").is_ok();
        assert!(check(1, Currency::CNY));
        assert!(!check(0, Currency::CNY));
        assert!(!check(-1, Currency::CNY));
        assert!(!check(i64::MAX, Currency::CNY));
        assert!(!check(1, Currency::USD));
    }
}
