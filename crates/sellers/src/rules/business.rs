//! Business information (商业信息): where a seller's money goes, and who taxes it.

use kernel::{FieldError, Invalid, choices};
use policy::Policy;

use super::normalised;

choices! {
    /// How a company stands with value-added tax.
    pub enum TaxpayerIdentity { General = "general", SmallScale = "small_scale" }
}

/// Business information for one contracting entity, as a seller sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessInformation {
    /// The code of the contracting entity.
    pub entity: String,
    /// The regions to sell in, among those of the entity.
    pub regions: Vec<String>,
    pub account_holder: String,
    pub bank: String,
    pub account_number: String,
    pub taxpayer_identity: TaxpayerIdentity,
    pub taxpayer_number: String,
}

pub(crate) const FIELDS: &[&str] =
    &["entity", "regions", "account_holder", "bank", "account_number", "taxpayer_identity", "taxpayer_number"];

/// Who decided when nobody had to look.
pub(crate) const AUTOMATIC: &str = "automatic check";

impl BusinessInformation {
    /// Checks the form and brings it into shape: known entity and regions, a number that an account can have.
    pub fn checked(&self, policy: &Policy) -> Result<Self, Invalid> {
        let Self { entity, regions, account_holder, bank, account_number, taxpayer_identity, taxpayer_number } = self;
        let mut wrong = Invalid::default();
        let mut regions = regions.clone();
        regions.sort_unstable();
        regions.dedup();
        match policy.contracting_entity(entity) {
            None => {
                let codes: Vec<&str> = policy.contracting_entities.iter().map(|entity| entity.code.as_str()).collect();
                wrong.check(
                    false,
                    "entity",
                    (
                        format!("must be one of {}", codes.join(", ")),
                        format!("须为以下签约主体之一：{}", codes.join("、")),
                    ),
                );
            }
            Some(entity) => {
                let served = !regions.is_empty() && regions.iter().all(|region| entity.regions.contains(region));
                let message = (
                    format!("must name at least one of the entity's regions: {}", entity.regions.join(", ")),
                    format!("至少须选择该签约主体的一个区域：{}", entity.regions.join("、")),
                );
                wrong.check(served, "regions", message);
            }
        }
        wrong.length(account_holder, 1, 120, "account_holder");
        wrong.length(bank, 2, 120, "bank");
        let account_number: String = account_number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let number =
            |text: &str, min, max| (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        wrong.check(
            number(&account_number, 6, 34),
            "account_number",
            ("must have 6 to 34 digits or letters", "须为 6 到 34 位数字或字母"),
        );
        let taxpayer_number = taxpayer_number.trim().to_uppercase();
        wrong.check(
            number(&taxpayer_number, 5, 30),
            "taxpayer_number",
            ("must have 5 to 30 digits or letters", "须为 5 到 30 位数字或字母"),
        );
        wrong.done()?;
        Ok(Self {
            entity: entity.clone(),
            regions,
            account_holder: account_holder.trim().to_owned(),
            bank: bank.trim().to_owned(),
            account_number,
            taxpayer_identity: *taxpayer_identity,
            taxpayer_number,
        })
    }

    /// What the automatic check refuses at once; what it finds nothing against is for the operator to decide.
    pub fn automatic_reasons(&self, company: &str) -> Vec<FieldError> {
        let mut found = Invalid::default();
        let same = normalised(&self.account_holder) == normalised(company);
        found.check(
            same,
            "account_holder",
            (format!("must be the company's name, {company}"), format!("须与企业名称“{company}”一致")),
        );
        found.0
    }
}

/// An account number as it is shown: its last four characters.
pub(crate) fn masked(account_number: &str) -> String {
    let hidden = account_number.chars().count().saturating_sub(4);
    let shown: String = account_number.chars().skip(hidden).collect();
    format!("{}{shown}", "*".repeat(hidden))
}

/// So many failures in a row end the attempts until the operator lifts the block.
pub(crate) fn is_blocked(failures: i64, most: u32) -> bool {
    failures >= i64::from(most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> Policy {
        Policy::parse(policy::DEFAULT).unwrap()
    }

    fn sent() -> BusinessInformation {
        BusinessInformation {
            entity: "CN1".to_owned(),
            regions: vec!["CN".to_owned(), "CN".to_owned()],
            account_holder: "云策软件(上海)有限公司".to_owned(),
            bank: "中国工商银行上海张江支行".to_owned(),
            account_number: "1001 2345 6789 0123 456".to_owned(),
            taxpayer_identity: TaxpayerIdentity::General,
            taxpayer_number: "91310115ma1k35xx7q".to_owned(),
        }
    }

    fn mistakes(change: impl FnOnce(&mut BusinessInformation)) -> Vec<String> {
        let mut information = sent();
        change(&mut information);
        let checked = information.checked(&policy());
        checked.err().map(|wrong| wrong.0.into_iter().map(|error| error.field).collect()).unwrap_or_default()
    }

    #[test]
    fn business_information_is_brought_into_shape() {
        let checked = sent().checked(&policy()).unwrap();
        assert_eq!(checked.regions, ["CN"]);
        assert_eq!(checked.account_number, "1001234567890123456");
        assert_eq!(checked.taxpayer_number, "91310115MA1K35XX7Q");
        assert_eq!(masked(&checked.account_number), "***************3456");
    }

    #[test]
    fn mistakes_are_named_by_their_field() {
        assert_eq!(mistakes(|sent| sent.entity = "XX".to_owned()), ["entity"]);
        assert_eq!(mistakes(|sent| sent.regions.clear()), ["regions"]);
        assert_eq!(mistakes(|sent| sent.regions.push("EU".to_owned())), ["regions"]);
        assert_eq!(mistakes(|sent| sent.account_number = "123".to_owned()), ["account_number"]);
        assert_eq!(mistakes(|sent| sent.account_number = "12345\0/67890".to_owned()), ["account_number"]);
        assert_eq!(mistakes(|sent| sent.taxpayer_number = "税号123456".to_owned()), ["taxpayer_number"]);
        assert_eq!(mistakes(|sent| sent.bank = String::new()), ["bank"]);
    }

    #[test]
    fn only_the_company_s_own_account_passes_the_automatic_check() {
        assert_eq!(sent().automatic_reasons("云策软件（上海）有限公司"), []);
        assert_eq!(sent().automatic_reasons("云策软件有限公司")[0].field, "account_holder");
    }

    #[test]
    fn the_block_begins_with_the_last_allowed_failure() {
        assert!(!is_blocked(2, 3));
        assert!(is_blocked(3, 3));
        assert!(is_blocked(4, 3));
    }

    proptest! {
        #[test]
        fn a_mask_shows_four_characters_at_most(number in "[A-Z0-9]{0,40}") {
            let mask = masked(&number);
            prop_assert_eq!(mask.len(), number.len());
            prop_assert!(mask.chars().filter(|c| *c != '*').count() <= 4);
        }
    }
}
