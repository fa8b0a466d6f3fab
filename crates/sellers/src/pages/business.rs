//! Business information: where a seller's money goes, entity by entity, and what became of each.

use accounts::{Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, FieldError, Invalid, PageQuery, text::Lang};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, Problem, Query, Routes};
use policy::Policy;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use super::shown;
use crate::{
    BusinessInformation, Certification, CertificationState, SellerRow, Sellers, TaxpayerIdentity,
    rules::business::is_blocked,
};

pub(super) fn routes(sellers: &Sellers) -> Routes {
    Routes::of(sellers.clone())
        .page("/seller/settings/business", show, Access::Seller)
        .form("/seller/settings/business", submit, Access::Seller)
        .done()
}

/// What the form needs to know of a seller.
pub(super) struct Shown<'s> {
    pub(super) name: &'s str,
    pub(super) failures: i64,
    /// What was handed in last; what was refused is corrected from there.
    pub(super) last: Option<&'s Certification>,
}

#[derive(Clone, Default, Deserialize)]
struct BusinessForm {
    #[serde(default)]
    entity: String,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    account_holder: String,
    #[serde(default)]
    bank: String,
    #[serde(default)]
    account_number: String,
    #[serde(default)]
    taxpayer_identity: String,
    #[serde(default)]
    taxpayer_number: String,
}

impl BusinessForm {
    /// What was refused, to be corrected; the account number is typed again, since only its end is shown.
    fn of(last: &Certification) -> Self {
        Self {
            entity: last.entity.clone(),
            regions: last.regions.0.clone(),
            account_holder: last.account_holder.clone(),
            bank: last.bank.clone(),
            account_number: String::new(),
            taxpayer_identity: last.taxpayer_identity.to_string(),
            taxpayer_number: last.taxpayer_number.clone(),
        }
    }

    fn begun(policy: &Policy, name: &str) -> Self {
        let entity = policy.contracting_entities.first();
        Self {
            entity: entity.map(|entity| entity.code.clone()).unwrap_or_default(),
            regions: entity.map(|entity| entity.regions.clone()).unwrap_or_default(),
            account_holder: name.to_owned(),
            taxpayer_identity: TaxpayerIdentity::General.to_string(),
            ..Self::default()
        }
    }

    fn checked(&self) -> Result<BusinessInformation, Invalid> {
        let Self { entity, regions, account_holder, bank, account_number, taxpayer_identity, taxpayer_number } =
            self.clone();
        let unknown = |_| Invalid::one("taxpayer_identity", ("choose one", "须选择一项"));
        let taxpayer_identity = taxpayer_identity.parse().map_err(unknown)?;
        Ok(BusinessInformation {
            entity,
            regions,
            account_holder,
            bank,
            account_number,
            taxpayer_identity,
            taxpayer_number,
        })
    }
}

/// The form for a seller who has nothing under review, or why there is none.
pub(super) fn offered(view: &View, policy: &Policy, shown: &Shown<'_>) -> Markup {
    if is_blocked(shown.failures, policy.sellers.business_information_failures_max) {
        return ui::notice(
            Tone::Bad,
            &html! {
                p { strong { (view.t("selling-business-blocked")) } }
                p { (view.t("selling-business-blocked-text")) }
            },
        );
    }
    let refused = shown.last.filter(|last| last.state == CertificationState::Rejected);
    let form = refused.map_or_else(|| BusinessForm::begun(policy, shown.name), BusinessForm::of);
    let reasons: &[FieldError] = refused.map_or(&[], |last| &last.reasons.0);
    html! {
        @if refused.is_some() {
            (ui::notice(Tone::Bad, &html! { strong { (view.t("selling-business-sent-back")) } (shown::reasons(view, reasons)) }))
        }
        (filled(view, policy, &form, &shown::as_mistakes(view, reasons)))
    }
}

fn filled(view: &View, policy: &Policy, form: &BusinessForm, mistakes: &Mistakes) -> Markup {
    let entities: Vec<Choice> = policy
        .contracting_entities
        .iter()
        .map(|entity| {
            Choice::new(&entity.code, view.of(&entity.name)).hint(view.ta(
                "selling-entity-hint",
                &[("regions", entity.regions.join(", ").into()), ("currency", entity.currency.to_string().into())],
            ))
        })
        .collect();
    let identities: Vec<Choice> = TaxpayerIdentity::ALL
        .iter()
        .map(|identity| Choice::new(identity.as_str(), view.word("selling-taxpayer", identity.as_str())))
        .collect();
    let label = |field: &str| view.word("selling-field", field);
    let text = |name: &'static str, value: &str, hint: Option<String>| {
        let label = label(name);
        let field = Field::text(name, &label).value(value).required().with("autocomplete", "off");
        match hint {
            Some(hint) => field.hint(hint),
            None => field,
        }
        .render(view, mistakes)
    };
    ui::card(
        Some(&view.t("selling-business-form")),
        &ui::form(
            view,
            "/seller/settings/business",
            &html! {
                (ui::choice_cards(&label("entity"), "entity", &entities, &form.entity, mistakes))
                (regions(view, policy, &form.regions, mistakes))
                div.fields {
                    (text("account_holder", &form.account_holder, Some(view.t("selling-hint-account-holder"))))
                    (text("bank", &form.bank, Some(view.t("selling-hint-bank"))))
                    (text("account_number", &form.account_number, Some(view.t("selling-hint-account-number"))))
                }
                (ui::choice_cards(&label("taxpayer_identity"), "taxpayer_identity", &identities, &form.taxpayer_identity, mistakes))
                div.fields { (text("taxpayer_number", &form.taxpayer_number, None)) }
                div.row { button.button.primary type="submit" { (view.t("selling-business-submit")) } }
            },
        ),
    )
}

/// The regions to sell in, as boxes to tick.
fn regions(view: &View, policy: &Policy, chosen: &[String], mistakes: &Mistakes) -> Markup {
    let mut all: Vec<&String> = policy.contracting_entities.iter().flat_map(|entity| &entity.regions).collect();
    all.sort_unstable();
    all.dedup();
    html! {
        fieldset.choices #f-regions {
            legend { (view.word("selling-field", "regions")) }
            div.row {
                @for region in all {
                    label.row { input type="checkbox" name="regions" value=(region) checked[chosen.contains(region)]; (region) }
                }
            }
            @if let Some(wrong) = mistakes.at("regions") { p.wrong { (wrong) } }
        }
    }
}

/// What is under review.
pub(super) fn waiting(view: &View, policy: &Policy, one: &Certification) -> Markup {
    html! {
        (ui::notice(Tone::Info, &html! { p { strong { (view.t("selling-business-waiting")) } } p { (view.t("selling-waiting-mail")) } }))
        (ui::card(Some(&view.t("selling-business")), &ui::facts(&facts(view, policy, one))))
    }
}

/// A contracting entity by its name, as long as the rules have it.
pub(super) fn entity<'p>(view: &View, policy: &'p Policy, code: &'p str) -> &'p str {
    let known = policy.contracting_entities.iter().find(|entity| entity.code == code);
    known.map_or(code, |entity| view.of(&entity.name))
}

/// Regions by the names of their countries.
pub(super) fn region_names(view: &View, codes: &[String]) -> String {
    let comma = match view.lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    };
    codes.iter().map(|code| ui::country_name(view, code)).collect::<Vec<_>>().join(comma)
}

/// Everything about business information but the account number.
pub(super) fn facts(view: &View, policy: &Policy, one: &Certification) -> Vec<(String, Markup)> {
    let label = |field: &str| view.word("selling-field", field);
    let mut rows = vec![
        (view.t("selling-state"), shown::certification_badge(view, one.state)),
        (label("entity"), html! { (entity(view, policy, &one.entity)) }),
        (label("regions"), html! { (region_names(view, &one.regions.0)) }),
        (label("account_holder"), html! { (one.account_holder) }),
        (label("bank"), html! { (one.bank) }),
        (label("account_number"), html! { code { (one.account_number_masked) } }),
        (label("taxpayer_identity"), html! { (view.word("selling-taxpayer", one.taxpayer_identity.as_str())) }),
        (label("taxpayer_number"), html! { (one.taxpayer_number) }),
        (view.t("selling-submitted-at"), view.time(one.submitted_at)),
    ];
    match one.decided_at {
        Some(at) => rows.push((view.t("selling-decided-at"), view.time(at))),
        None => rows.push((view.t("selling-due"), view.time(one.due_at))),
    }
    rows
}

/// All business information of a seller, newest first.
pub(super) fn list(view: &View, policy: &Policy, rows: &[Certification], next: Option<&str>) -> Markup {
    let label = |field: &str| view.word("selling-field", field);
    Table::new(view, view.t("selling-business"), rows)
        .column(
            label("entity"),
            |one| html! { (entity(view, policy, &one.entity)) " · " (region_names(view, &one.regions.0)) },
        )
        .column(label("bank"), |one| html! { (one.bank) })
        .column(label("account_number"), |one| html! { code { (one.account_number_masked) } })
        .column(view.t("selling-submitted-at"), |one| view.time(one.submitted_at))
        .column(view.t("selling-state"), |one| {
            html! {
                (shown::certification_badge(view, one.state))
                @if one.state == CertificationState::Rejected { (shown::reasons(view, &one.reasons.0)) }
            }
        })
        .empty(ui::empty(&view.t("selling-business-none"), &view.t("selling-business-none-text"), &html! {}))
        .next(next)
        .render()
}

async fn show(
    State(sellers): State<Sellers>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let page = page.checked().map_err(Error::from)?;
    Ok(render(&sellers, &visit.view, &seller, page, None).await?)
}

async fn render(
    sellers: &Sellers,
    view: &View,
    seller: &Seller,
    page: kernel::page::PageOf,
    refused: Option<(&BusinessForm, &Mistakes)>,
) -> Result<Page, Error> {
    let policy = sellers.policies.current().await?;
    let mut tx = sellers.app.db.read();
    let row: SellerRow = sellers.own(&mut tx, seller).await?;
    let rows = sellers.own_business_information(&mut tx, seller, page).await?;
    let title = view.t("selling-business");
    let shown = Shown { name: &row.name, failures: row.business_failures, last: rows.items.first() };
    let list = list(view, &policy, &rows.items, rows.next_cursor.as_deref());
    // Whoever is certified comes to look; another entity or account is the rarer wish.
    let certified = rows.items.first().is_some_and(|last| last.state == CertificationState::Certified);
    Ok(ui::page(
        view,
        Place::Seller("settings"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("selling-business-lead")), &html! {}))
            (super::settings::tabs(view, "business"))
            @match refused {
                Some((form, mistakes)) => { (mistakes.summary(view)) (filled(view, &policy, form, mistakes)) (list) },
                None if certified => {
                    (list)
                    details.more { summary { (view.t("selling-business-another")) } (offered(view, &policy, &shown)) }
                },
                None => { (offered(view, &policy, &shown)) (list) },
            }
        },
    ))
}

async fn submit(
    State(sellers): State<Sellers>,
    visit: Visit,
    seller: Seller,
    once: Once,
    Form(form): Form<BusinessForm>,
) -> Result<Response, Problem> {
    let sent = match form.checked() {
        Err(wrong) => Err(Problem::from(Error::from(wrong))),
        Ok(information) => {
            once.run(&sellers.app, async |tx| {
                let sent = sellers.submit_business_information(tx, &seller, &information).await?;
                Ok(Answer::see_other(match sent.state {
                    CertificationState::Rejected => "/seller/settings/business",
                    CertificationState::Submitted | CertificationState::Certified | CertificationState::Replaced => {
                        "/seller/settings/business?done=business-sent"
                    }
                }))
            })
            .await
        }
    };
    match sent {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let first = PageQuery::default().checked().map_err(Error::from)?;
            let page = render(&sellers, &visit.view, &seller, first, Some((&form, &mistakes))).await?;
            Ok(page.refused().into_response())
        }
    }
}
