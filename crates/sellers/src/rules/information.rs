//! What holds of a seller and changes after a review, and the finance contact that changes at once.

use kernel::{Invalid, text::Email};
use policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::website;

/// What holds of a seller and may change after a review.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({
    "website": "https://www.cloudco.example", "contact_name": "Li Na", "mobile": "13800138000",
    "email": "li.na@cloudco.example", "service_phone": "+86 21 5555 0100", "service_email": "service@cloudco.example",
    "service_hours": "Mon–Fri 09:00–18:00 (UTC+8)", "introduction": "Search and analysis of log files for operations teams."
}))]
pub struct Information {
    #[schema(max_length = 300)]
    pub website: Option<String>,
    #[schema(max_length = 60)]
    pub contact_name: Option<String>,
    #[schema(max_length = 30)]
    pub mobile: Option<String>,
    #[schema(max_length = 254)]
    pub email: Option<String>,
    #[schema(max_length = 30)]
    pub service_phone: Option<String>,
    #[schema(max_length = 254)]
    pub service_email: Option<String>,
    #[schema(max_length = 120)]
    pub service_hours: Option<String>,
    #[schema(max_length = 2000)]
    pub introduction: Option<String>,
}

/// Whom the operator asks about money; takes effect without a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Wang Wei", "phone": "13900139000", "email": "finance@cloudco.example"}))]
pub struct FinanceContact {
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    #[schema(min_length = 5, max_length = 30)]
    pub phone: String,
    #[schema(max_length = 254)]
    pub email: String,
}

pub(crate) const CHANGE_FIELDS: &[&str] =
    &["website", "contact_name", "mobile", "email", "service_phone", "service_email", "service_hours", "introduction"];

const CONTACT_NAME_MAX: usize = 60;
const PHONE_MAX: usize = 30;
const EMAIL_MAX: usize = 254;
const HOURS_MAX: usize = 120;
const INTRODUCTION_MAX: usize = 2000;

pub(crate) fn tidied(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Information {
    #[must_use]
    pub fn tidied(&self) -> Self {
        Self {
            website: tidied(self.website.as_ref()),
            contact_name: tidied(self.contact_name.as_ref()),
            mobile: tidied(self.mobile.as_ref()),
            email: tidied(self.email.as_ref()),
            service_phone: tidied(self.service_phone.as_ref()),
            service_email: tidied(self.service_email.as_ref()),
            service_hours: tidied(self.service_hours.as_ref()),
            introduction: tidied(self.introduction.as_ref()),
        }
    }

    /// New information for review: what the site wants of every applicant it wants of a seller too.
    pub fn check_change(&self, policy: &Policy) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        self.fits(&mut wrong);
        for (field, told) in self.told() {
            wrong.check(told || !policy.sellers.mandatory.contains(field), field, ("is needed", "为必填项"));
        }
        self.well_formed(&mut wrong);
        wrong.done()
    }

    fn told(&self) -> [(&'static str, bool); 7] {
        [
            ("website", self.website.is_some()),
            ("contact_name", self.contact_name.is_some()),
            ("mobile", self.mobile.is_some()),
            ("email", self.email.is_some()),
            ("service_phone", self.service_phone.is_some()),
            ("service_email", self.service_email.is_some()),
            ("introduction", self.introduction.is_some()),
        ]
    }

    pub(crate) fn fits(&self, wrong: &mut Invalid) {
        fits(wrong, self.website.as_ref(), website::WEBSITE_MAX, "website");
        fits(wrong, self.contact_name.as_ref(), CONTACT_NAME_MAX, "contact_name");
        fits(wrong, self.mobile.as_ref(), PHONE_MAX, "mobile");
        fits(wrong, self.email.as_ref(), EMAIL_MAX, "email");
        fits(wrong, self.service_phone.as_ref(), PHONE_MAX, "service_phone");
        fits(wrong, self.service_email.as_ref(), EMAIL_MAX, "service_email");
        fits(wrong, self.service_hours.as_ref(), HOURS_MAX, "service_hours");
        fits(wrong, self.introduction.as_ref(), INTRODUCTION_MAX, "introduction");
    }

    pub(crate) fn well_formed(&self, wrong: &mut Invalid) {
        if let Some(address) = &self.website {
            wrong.keep(website::check(address), "website");
        }
        for (phone, field) in [(&self.mobile, "mobile"), (&self.service_phone, "service_phone")] {
            wrong.check(phone.as_deref().is_none_or(is_phone), field, PHONE);
        }
        for (email, field) in [(&self.email, "email"), (&self.service_email, "service_email")] {
            if let Some(email) = email {
                wrong.keep(email.parse::<Email>(), field);
            }
        }
    }
}

impl FinanceContact {
    pub fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        wrong.length(&self.name, 1, CONTACT_NAME_MAX, "name");
        wrong.check(is_phone(&self.phone), "phone", PHONE);
        wrong.keep(self.email.parse::<Email>(), "email");
        wrong.done()
    }
}

pub(crate) fn fits(wrong: &mut Invalid, text: Option<&String>, max: usize, field: &str) {
    if let Some(text) = text {
        wrong.length(text, 0, max, field);
    }
}

const PHONE: (&str, &str) = (
    "must be a telephone number of 5 to 20 digits, such as +86 21 5555 0100",
    "须为 5 到 20 位数字的电话号码，例如 +86 21 5555 0100",
);

fn is_phone(text: &str) -> bool {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (5..=20).contains(&digits)
        && text.len() <= PHONE_MAX
        && text.chars().all(|c| c.is_ascii_digit() || "+-() #*".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_what_the_policy_wants_of_everybody() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let full = Information {
            website: text("https://www.cloudco.example"),
            contact_name: text("李娜"),
            mobile: text("13800138000"),
            email: text("li.na@cloudco.example"),
            service_phone: text("+86 21 5555 0100"),
            service_email: text("service@cloudco.example"),
            service_hours: None,
            introduction: text("日志检索"),
        };
        let mistakes = |changed: Information| {
            let checked = changed.tidied().check_change(&policy);
            checked
                .err()
                .map(|wrong| wrong.0.into_iter().map(|error| error.field).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        assert_eq!(mistakes(full.clone()), [""; 0]);
        assert_eq!(mistakes(Information { website: None, ..full.clone() }), [""; 0]);
        assert_eq!(mistakes(Information { service_email: text("  "), ..full.clone() }), ["service_email"]);
        assert_eq!(mistakes(Information { website: text("cloudco.example"), ..full.clone() }), ["website"]);
        assert_eq!(mistakes(Information { service_hours: text(&"9".repeat(121)), ..full }), ["service_hours"]);
    }

    #[test]
    fn a_finance_contact_can_be_reached() {
        let contact = |phone: &str, email: &str| FinanceContact {
            name: "王伟".to_owned(),
            phone: phone.to_owned(),
            email: email.to_owned(),
        };
        assert!(contact("13900139000", "finance@cloudco.example").check().is_ok());
        assert!(contact("139", "finance@cloudco.example").check().is_err());
        assert!(contact("13900139000\0", "finance@cloudco.example").check().is_err());
        assert!(contact("13900139000", "finance").check().is_err());
    }
}
