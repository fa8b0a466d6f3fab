//! The application's form: what an applicant tells, and what the site wants to know.

use kernel::{Invalid, id::DocumentId};
use policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    information::{Information, fits, tidied},
    normalised,
};

/// Everything an applicant tells; a draft may leave any of it out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({
    "company_name": "Cloudco Software Ltd.", "registration_number": "91310115MA1K35XX7Q", "website": "https://www.cloudco.example",
    "business_years": 4, "employees": 40, "registered_capital": 500, "contact_name": "Li Na", "mobile": "13800138000",
    "email": "li.na@cloudco.example", "service_phone": "+86 21 5555 0100", "service_email": "service@cloudco.example",
    "introduction": "Search and analysis of log files for operations teams."
}))]
pub struct Form {
    /// The name under which the account was verified.
    #[schema(max_length = 120)]
    pub company_name: Option<String>,
    /// As on the business licence: the unified social credit code, or what the country of the company has.
    #[schema(max_length = 50)]
    pub registration_number: Option<String>,
    #[schema(max_length = 300)]
    pub website: Option<String>,
    /// An uploaded document of this account.
    pub business_licence: Option<DocumentId>,
    #[schema(maximum = 1000)]
    pub business_years: Option<u32>,
    #[schema(maximum = 10_000_000)]
    pub employees: Option<u32>,
    /// In units of ten thousand of the currency.
    #[schema(maximum = 100_000_000)]
    pub registered_capital: Option<u32>,
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
    #[schema(max_length = 2000)]
    pub introduction: Option<String>,
}

const COMPANY_NAME_MAX: usize = 120;
const REGISTRATION_MAX: usize = 50;
const YEARS_MAX: u32 = 1_000;
const EMPLOYEES_MAX: u32 = 10_000_000;
const CAPITAL_MAX: u32 = 100_000_000;

impl Form {
    /// Without spaces at the ends; what is empty was not told.
    #[must_use]
    pub fn tidied(&self) -> Self {
        Self {
            company_name: tidied(self.company_name.as_ref()),
            registration_number: tidied(self.registration_number.as_ref()),
            website: tidied(self.website.as_ref()),
            business_licence: self.business_licence,
            business_years: self.business_years,
            employees: self.employees,
            registered_capital: self.registered_capital,
            contact_name: tidied(self.contact_name.as_ref()),
            mobile: tidied(self.mobile.as_ref()),
            email: tidied(self.email.as_ref()),
            service_phone: tidied(self.service_phone.as_ref()),
            service_email: tidied(self.service_email.as_ref()),
            introduction: tidied(self.introduction.as_ref()),
        }
    }

    /// The part that becomes the seller's information.
    pub fn information(&self) -> Information {
        Information {
            website: self.website.clone(),
            contact_name: self.contact_name.clone(),
            mobile: self.mobile.clone(),
            email: self.email.clone(),
            service_phone: self.service_phone.clone(),
            service_email: self.service_email.clone(),
            service_hours: None,
            introduction: self.introduction.clone(),
        }
    }

    /// A draft may be half-finished, but it has to fit.
    pub fn check_draft(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        self.fits(&mut wrong);
        wrong.done()
    }

    fn fits(&self, wrong: &mut Invalid) {
        fits(wrong, self.company_name.as_ref(), COMPANY_NAME_MAX, "company_name");
        fits(wrong, self.registration_number.as_ref(), REGISTRATION_MAX, "registration_number");
        self.information().fits(wrong);
        for (number, most, field) in [
            (self.business_years, YEARS_MAX, "business_years"),
            (self.employees, EMPLOYEES_MAX, "employees"),
            (self.registered_capital, CAPITAL_MAX, "registered_capital"),
        ] {
            wrong.check(
                number.is_none_or(|number| number <= most),
                field,
                (format!("must be at most {most}"), format!("不能大于 {most}")),
            );
        }
    }

    fn is_of(&self, wrong: &mut Invalid, verified_name: &str) {
        let name = self.company_name.as_deref().unwrap_or_default();
        wrong.check(
            normalised(name) == normalised(verified_name),
            "company_name",
            ("must be the name under which the account was verified", "须与账号实名认证的企业名称一致"),
        );
    }

    /// Still the company that the account is verified as, which may have changed while the application waited.
    pub fn check_name(&self, verified_name: &str) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        self.is_of(&mut wrong, verified_name);
        wrong.done()
    }

    /// An application for review: complete by the site's rules, well-formed, above the minimums, and of the verified company.
    pub fn check_submission(&self, policy: &Policy, verified_name: &str) -> Result<Submission, Invalid> {
        let rules = &policy.sellers;
        let mut wrong = Invalid::default();
        self.fits(&mut wrong);
        let told = self.told();
        for (field, _) in told.iter().filter(|(field, told)| !told && rules.mandatory.contains(*field)) {
            wrong.check(false, *field, ("is needed", "为必填项"));
        }
        self.information().well_formed(&mut wrong);
        for (number, least, field) in [
            (self.business_years, rules.business_years_min, "business_years"),
            (self.employees, rules.employees_min, "employees"),
            (self.registered_capital, rules.registered_capital_min, "registered_capital"),
        ] {
            wrong.check(
                number.is_none_or(|number| number >= least),
                field,
                (format!("must be at least {least}"), format!("不能小于 {least}")),
            );
        }
        // One company sells through one account, so who it is cannot be left out, whatever the policy says.
        let name = self.company_name.clone().unwrap_or_default();
        self.is_of(&mut wrong, verified_name);
        let registration = registration_key(self.registration_number.as_deref().unwrap_or_default());
        wrong.check(
            registration.is_some(),
            "registration_number",
            (
                "must have 5 to 40 letters and digits, as on the business licence",
                "须为 5 到 40 位字母和数字，与营业执照一致",
            ),
        );
        wrong.done()?;
        Ok(Submission { company_name: name, registration_key: registration.unwrap_or_default() })
    }

    /// Which of the fields that a policy can make mandatory were told.
    fn told(&self) -> [(&'static str, bool); 13] {
        [
            ("company_name", self.company_name.is_some()),
            ("registration_number", self.registration_number.is_some()),
            ("website", self.website.is_some()),
            ("business_licence", self.business_licence.is_some()),
            ("business_years", self.business_years.is_some()),
            ("employees", self.employees.is_some()),
            ("registered_capital", self.registered_capital.is_some()),
            ("contact_name", self.contact_name.is_some()),
            ("mobile", self.mobile.is_some()),
            ("email", self.email.is_some()),
            ("service_phone", self.service_phone.is_some()),
            ("service_email", self.service_email.is_some()),
            ("introduction", self.introduction.is_some()),
        ]
    }
}

/// What a complete application is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    pub company_name: String,
    pub registration_key: String,
}

/// A registration number as it is compared: no spaces and marks, capital letters.
pub(crate) fn registration_key(number: &str) -> Option<String> {
    let key: String = normalised(number).chars().filter(|c| !"-./".contains(*c)).collect();
    let fine = (5..=40).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric());
    fine.then(|| key.to_uppercase())
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const COMPANY: &str = "云策软件（上海）有限公司";

    fn policy() -> Policy {
        Policy::parse(policy::DEFAULT).unwrap()
    }

    fn complete() -> Form {
        Form {
            company_name: Some(COMPANY.to_owned()),
            registration_number: Some("91310115 MA1K35XX7Q".to_owned()),
            website: Some("https://www.cloudco.example".to_owned()),
            business_licence: Some(DocumentId::new(Timestamp::from_micros(0))),
            business_years: Some(1),
            employees: Some(15),
            registered_capital: Some(50),
            contact_name: Some("李娜".to_owned()),
            mobile: Some("13800138000".to_owned()),
            email: Some("li.na@cloudco.example".to_owned()),
            service_phone: Some("+86 (21) 5555-0100 #12".to_owned()),
            service_email: Some("service@cloudco.example".to_owned()),
            introduction: Some("日志检索".to_owned()),
        }
    }

    fn mistakes(change: impl FnOnce(&mut Form)) -> Vec<String> {
        let mut form = complete();
        change(&mut form);
        let checked = form.tidied().check_submission(&policy(), COMPANY);
        checked.err().map(|wrong| wrong.0.into_iter().map(|error| error.field).collect()).unwrap_or_default()
    }

    #[test]
    fn a_complete_application_passes_at_the_minimums() {
        assert_eq!(mistakes(|_| {}), [""; 0]);
        assert_eq!(mistakes(|form| form.website = None), [""; 0], "the default policy does not ask for a website");
        assert_eq!(mistakes(|form| form.company_name = Some("云策软件(上海) 有限公司".to_owned())), [""; 0]);
        let submission = complete().check_submission(&policy(), COMPANY).unwrap();
        assert_eq!(submission.registration_key, "91310115MA1K35XX7Q");
    }

    #[test]
    fn what_is_missing_or_too_small_is_named() {
        assert_eq!(mistakes(|form| form.business_licence = None), ["business_licence"]);
        assert_eq!(mistakes(|form| form.introduction = Some("  ".to_owned())), ["introduction"]);
        assert_eq!(mistakes(|form| form.business_years = Some(0)), ["business_years"]);
        assert_eq!(mistakes(|form| form.employees = Some(14)), ["employees"]);
        assert_eq!(mistakes(|form| form.registered_capital = Some(49)), ["registered_capital"]);
        assert_eq!(mistakes(|form| form.company_name = Some("Another Ltd".to_owned())), ["company_name"]);
        assert_eq!(mistakes(|form| form.registration_number = Some("12-3".to_owned())), ["registration_number"]);
        assert_eq!(mistakes(|form| form.mobile = Some("call me".to_owned())), ["mobile"]);
        assert_eq!(mistakes(|form| form.service_email = Some("service".to_owned())), ["service_email"]);
        assert_eq!(mistakes(|form| form.website = Some("https://cloudco.example/login".to_owned())), ["website"]);
        assert_eq!(mistakes(|form| form.contact_name = Some("a\0b".to_owned())), ["contact_name"]);
    }

    #[test]
    fn who_the_company_is_can_never_be_left_out() {
        let mut policy = policy();
        policy.sellers.mandatory.clear();
        let wrong = Form::default().check_submission(&policy, COMPANY).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["company_name", "registration_number"]);
    }

    #[test]
    fn the_policy_decides_what_is_mandatory() {
        for field in policy::APPLICATION_FIELDS {
            let mut policy = policy();
            policy.sellers.mandatory = [(*field).to_owned()].into();
            let wrong = Form::default().check_submission(&policy, COMPANY).unwrap_err();
            let needed = wrong.0.iter().any(|error| error.field == *field && error.message.en == "is needed");
            assert!(needed, "{field}");
        }
    }

    #[test]
    fn a_draft_may_be_half_finished_but_has_to_fit() {
        assert!(Form::default().check_draft().is_ok());
        assert!(Form { email: Some("li.na@".to_owned()), ..Form::default() }.check_draft().is_ok());
        assert!(Form { mobile: Some("1\0".to_owned()), ..Form::default() }.check_draft().is_err());
        assert!(Form { introduction: Some("长".repeat(2001)), ..Form::default() }.check_draft().is_err());
        assert!(Form { employees: Some(u32::MAX), ..Form::default() }.check_draft().is_err());
    }

    #[test]
    fn spellings_of_a_registration_number_are_one() {
        for number in
            ["91310115MA1K35XX7Q", "9131 0115 ma1k 35xx 7q", "９１３１０１１５MA1K35XX7Q", "91310115-MA1K.35XX/7Q"]
        {
            assert_eq!(registration_key(number).as_deref(), Some("91310115MA1K35XX7Q"), "{number}");
        }
        for number in ["", "1234", "注册号12345", &"1".repeat(41)] {
            assert_eq!(registration_key(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_fault_and_what_passes_has_no_control_characters(text in ".{0,60}") {
            let form = Form { contact_name: Some(text.clone()), ..complete() }.tidied();
            if form.check_submission(&policy(), COMPANY).is_ok() {
                prop_assert!(!text.trim().contains('\0'));
            }
        }
    }
}
