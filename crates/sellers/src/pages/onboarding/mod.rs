//! Becoming a seller, step by step: every step is saved as a draft, and what was sent back says what to correct.

mod filled;
mod sent;

use accounts::{Account, AccountKind, Buyer, Seller, Verification, Visit};
use axum::extract::State;
use documents::Document;
use kernel::{Error, FieldError, PageQuery};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Page, Place, Stepped, View};

use super::shown;
use crate::{Application, ApplicationState, Certification, CertificationState, Form as Told, SellerRow, Sellers};

pub(super) use filled::agreed;

pub(super) fn routes(sellers: &Sellers) -> Routes {
    Routes::of(sellers.clone())
        .page("/seller/onboarding", show, Access::Buyer)
        .form("/seller/onboarding", sent::save, Access::Buyer)
        .form("/seller/onboarding/licence", sent::upload, Access::Buyer)
        .form("/seller/onboarding/submit", sent::submit, Access::Buyer)
        .form("/seller/onboarding/withdraw", sent::withdraw, Access::Buyer)
        .done()
}

const COMPANY: &[&str] =
    &["company_name", "registration_number", "business_years", "employees", "registered_capital", "website"];
const LICENCE: &[&str] = &["business_licence"];
const CONTACT: &[&str] = &["contact_name", "mobile", "email", "service_phone", "service_email", "introduction"];

/// The steps that an applicant fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Company,
    Licence,
    Contact,
    Agreement,
}

impl Step {
    const ALL: [Self; 4] = [Self::Company, Self::Licence, Self::Contact, Self::Agreement];

    fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Licence => "licence",
            Self::Contact => "contact",
            Self::Agreement => "agreement",
        }
    }

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// Where a field is filled in.
    fn with(field: &str) -> Self {
        if COMPANY.contains(&field) {
            Self::Company
        } else if LICENCE.contains(&field) {
            Self::Licence
        } else if CONTACT.contains(&field) {
            Self::Contact
        } else {
            Self::Agreement
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Company => COMPANY,
            Self::Licence => LICENCE,
            Self::Contact => CONTACT,
            Self::Agreement => &[],
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Company => Self::Licence,
            Self::Licence => Self::Contact,
            Self::Contact | Self::Agreement => Self::Agreement,
        }
    }

    fn href(self) -> String {
        format!("/seller/onboarding?step={}", self.as_str())
    }
}

/// Everything that the page depends on.
struct Situation {
    account: Account,
    verification: Option<Verification>,
    application: Option<Application>,
    licence: Option<Document>,
    seller: Option<SellerRow>,
    certifications: Vec<Certification>,
}

impl Situation {
    fn is_verified(&self) -> bool {
        self.account.verified && self.account.kind == AccountKind::Enterprise
    }

    fn form(&self) -> Told {
        let begun = || Told { company_name: self.account.verified_name.clone(), ..Told::default() };
        self.application.as_ref().map_or_else(begun, |application| application.form.0.clone())
    }

    fn version(&self) -> i64 {
        self.application.as_ref().map_or(0, |application| application.version)
    }

    /// What the operator sent the application back with.
    fn reasons(&self) -> &[FieldError] {
        match &self.application {
            Some(application) if application.state == ApplicationState::Rejected => &application.reasons.0,
            Some(_) | None => &[],
        }
    }

    fn is_certified(&self) -> bool {
        self.certifications.iter().any(|one| one.state == CertificationState::Certified)
    }
}

impl Sellers {
    async fn situation(&self, buyer: &Buyer) -> Result<Situation, Error> {
        let first = PageQuery::default().checked()?;
        let mut tx = self.app.db.read();
        let account = self.accounts.find(&mut tx, buyer.account()).await?;
        let verification = self.accounts.verifications(&mut tx, buyer, first).await?.items.into_iter().next();
        let application = match self.application(&mut tx, buyer).await {
            Ok(application) => Some(application),
            Err(Error::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        let licence = application.as_ref().and_then(|application| application.form.business_licence);
        let licence = self.shown_document(&mut tx, buyer, licence).await?;
        let (seller, certifications) = match Seller::try_from((**buyer).clone()) {
            Ok(seller) => (
                Some(self.own(&mut tx, &seller).await?),
                self.own_business_information(&mut tx, &seller, first).await?.items,
            ),
            Err(_) => (None, Vec::new()),
        };
        Ok(Situation { account, verification, application, licence, seller, certifications })
    }
}

#[derive(Deserialize)]
struct At {
    step: Option<String>,
}

async fn show(
    State(sellers): State<Sellers>,
    visit: Visit,
    buyer: Buyer,
    Query(at): Query<At>,
) -> Result<Page, Problem> {
    let situation = sellers.situation(&buyer).await?;
    let policy = sellers.policies.current().await?;
    let view = &visit.view;
    let asked = at.step.as_deref().and_then(Step::of);
    let body = match situation.application.as_ref().map(|application| application.state) {
        None if asked.is_none() => filled::begin(view, &policy, &situation),
        None | Some(ApplicationState::Draft | ApplicationState::Rejected) => {
            let step = asked.unwrap_or(Step::Company);
            let mistakes = shown::as_mistakes(view, situation.reasons());
            filled::fill(view, &policy, &situation, step, &filled::Given::default(), &mistakes)
        }
        Some(ApplicationState::Submitted) => filled::waiting(view, &situation, sellers.app.clock.now()),
        Some(ApplicationState::Approved) => filled::admitted(view, &policy, &situation),
    };
    Ok(page(view, &situation, asked, &body))
}

fn page(view: &View, situation: &Situation, asked: Option<Step>, body: &Markup) -> Page {
    let title = view.t("selling-title");
    ui::page(
        view,
        Place::Seller("onboarding"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("selling-lead")), &html! {}))
            (ui::stepper(view, &steps(view, situation, asked)))
            (body)
        },
    )
}

/// The whole way from here to the first product.
fn steps(view: &View, situation: &Situation, asked: Option<Step>) -> Vec<ui::Step> {
    let state = situation.application.as_ref().map(|application| application.state);
    let open = matches!(state, None | Some(ApplicationState::Draft | ApplicationState::Rejected));
    let step = |word: &str, at, href| ui::Step { title: view.word("selling-step", word), at, href };
    let beginning = state.is_none() && asked.is_none();
    let identity = match (situation.is_verified(), beginning) {
        (true, _) => Stepped::Done,
        (false, true) => Stepped::Now,
        (false, false) => Stepped::Later,
    };
    let mut steps = vec![step("identity", identity, Some("/console/verification".to_owned()))];
    let form = situation.form();
    for one in Step::ALL {
        let filled = !one.fields().is_empty() && one.fields().iter().all(|field| !shown::told(&form, field).is_empty());
        let here = open && !beginning && one == asked.unwrap_or(Step::Company);
        let at = match (here, open) {
            (true, _) => Stepped::Now,
            (false, true) if filled => Stepped::Done,
            (false, true) => Stepped::Later,
            (false, false) => Stepped::Done,
        };
        steps.push(step(one.as_str(), at, open.then(|| one.href())));
    }
    let at = |done, now| match (done, now) {
        (true, _) => Stepped::Done,
        (false, true) => Stepped::Now,
        (false, false) => Stepped::Later,
    };
    let approved = state == Some(ApplicationState::Approved);
    steps.push(step("review", at(approved, state == Some(ApplicationState::Submitted)), None));
    steps.push(step("business", at(approved && situation.is_certified(), approved), None));
    steps
}
