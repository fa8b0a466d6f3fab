//! What an applicant sees: the steps to fill in, what waits, and what comes after the admission.

use std::collections::BTreeMap;

use accounts::VerificationState;
use documents::Document;
use kernel::{FieldError, Timestamp};
use maud::{Markup, html};
use policy::Policy;
use ui::{Mistakes, Tone, View};

use super::{Situation, Step};
use crate::{
    CertificationState, Form as Told, agreement_hash,
    pages::{business, shown},
};

fn verification_notice(view: &View, situation: &Situation) -> Markup {
    let pending = situation.verification.as_ref().is_some_and(|one| one.state == VerificationState::Pending);
    html! {
        @if situation.is_verified() {
            (ui::notice(Tone::Good, &html! {
                p { (view.ta("selling-verified-as", &[("name", situation.account.verified_name.clone().unwrap_or_default().into())])) }
            }))
        } @else if pending {
            (ui::notice(Tone::Info, &html! {
                p { strong { (view.t("selling-verification-pending")) } }
                p { (view.t("selling-verification-meanwhile")) }
            }))
        } @else {
            (ui::notice(Tone::Warn, &html! {
                p { strong { (view.t(if situation.account.verified { "selling-verification-personal" } else { "selling-verification-needed" })) } }
                p { (view.t("selling-verification-why")) " " a href="/console/verification" { (view.t("selling-verify")) } }
            }))
        }
    }
}

/// What somebody sees who has not begun.
pub(super) fn begin(view: &View, policy: &Policy, situation: &Situation) -> Markup {
    let sellers = &policy.sellers;
    html! {
        (verification_notice(view, situation))
        div.columns {
            (ui::card(Some(&view.t("selling-needed")), &html! {
                ul {
                    li { (view.t("selling-needed-verified")) }
                    li { (view.ta("selling-needed-size", &[
                        ("years", sellers.business_years_min.into()),
                        ("employees", sellers.employees_min.into()),
                        ("capital", sellers.registered_capital_min.into()),
                        ("amount", view.count(i64::from(sellers.registered_capital_min).saturating_mul(10_000)).into()),
                        ("currency", policy.site.currencies.first().map_or("", |currency| currency.code()).into()),
                    ])) }
                    li { (view.t("selling-needed-licence")) }
                    li { (view.t("selling-needed-contacts")) }
                }
            }))
            (ui::card(Some(&view.t("selling-course")), &html! {
                ol {
                    li { (view.t("selling-course-fill")) }
                    li { (view.ta("selling-course-review", &[("days", policy.review.seller_days.into())])) }
                    li { (view.ta("selling-course-business", &[("days", policy.review.business_information_days.into())])) }
                    li { (view.t("selling-course-publish")) }
                }
            }))
        }
        p.row { (ui::button_link(&Step::Company.href(), &view.t("selling-begin"), true)) }
    }
}

/// The fields of a step as they were sent.
pub(super) type Given = BTreeMap<String, String>;

pub(super) fn fill(
    view: &View,
    policy: &Policy,
    situation: &Situation,
    step: Step,
    given: &Given,
    mistakes: &Mistakes,
) -> Markup {
    let form = situation.form();
    html! {
        (to_correct(view, "selling-sent-back", situation.reasons()))
        @match step {
            Step::Company | Step::Contact => (fields(view, policy, step, (&form, situation.version()), given, mistakes)),
            Step::Licence => (licence(view, policy, situation, mistakes)),
            Step::Agreement => (agreement(view, policy, situation)),
        }
    }
}

/// What has to be mended, each with the way to it.
pub(super) fn to_correct(view: &View, title: &'static str, wrong: &[FieldError]) -> Markup {
    if wrong.is_empty() {
        return html! {};
    }
    ui::notice(
        Tone::Bad,
        &html! {
            strong { (view.t(title)) }
            ul {
                @for reason in wrong {
                    li {
                        @if reason.field == crate::rules::GENERAL { (view.of(&reason.message)) }
                        @else {
                            a href={ (Step::with(&reason.field).href()) "#f-" (reason.field) } { (view.word("selling-field", &reason.field)) }
                            " · " (view.of(&reason.message))
                        }
                    }
                }
            }
        },
    )
}

fn fields(
    view: &View,
    policy: &Policy,
    step: Step,
    (form, version): (&Told, i64),
    given: &Given,
    mistakes: &Mistakes,
) -> Markup {
    let value = |field: &str| given.get(field).cloned().unwrap_or_else(|| shown::told(form, field));
    let (short, long): (Vec<&'static str>, Vec<&'static str>) =
        step.fields().iter().partition(|field| **field != "introduction");
    ui::card(
        Some(&view.word("selling-step", step.as_str())),
        &ui::form(
            view,
            "/seller/onboarding",
            &html! {
                input type="hidden" name="step" value=(step.as_str());
                input type="hidden" name="version" value=(version);
                div.fields {
                    @for field in short {
                        (shown::input(view, field, &value(field), policy.sellers.mandatory.contains(field), mistakes))
                    }
                }
                @for field in long {
                    (shown::input(view, field, &value(field), policy.sellers.mandatory.contains(field), mistakes))
                }
                div.row {
                    button.button.primary type="submit" name="then" value="on" { (view.t("selling-save-continue")) }
                    button.button type="submit" name="then" value="stay" formnovalidate { (view.t("selling-save-draft")) }
                }
            },
        ),
    )
}

fn licence(view: &View, policy: &Policy, situation: &Situation, mistakes: &Mistakes) -> Markup {
    let megabytes = policy.catalogue.agreement_bytes_max / 1_000_000;
    let hint = view.ta("selling-licence-hint", &[("megabytes", megabytes.into())]);
    let action = format!("/seller/onboarding/licence?version={}", situation.version());
    html! {
        (ui::card(Some(&view.word("selling-step", "licence")), &html! {
            @if let Some(document) = &situation.licence {
                (ui::facts(&[(view.t("selling-licence-uploaded"), shown::document(view, document))]))
            }
            (ui::upload_form(view, &action, &html! {
                (ui::file_drop(view, "business_licence", &view.word("selling-field", "business_licence"), ".pdf,.png,.jpg,.jpeg", &hint, mistakes))
                div.row {
                    button.button.primary[situation.licence.is_none()] type="submit" { (view.t(if situation.licence.is_some() { "selling-licence-replace" } else { "selling-licence-upload" })) }
                    @if situation.licence.is_some() { (ui::button_link(&Step::Contact.href(), &view.t("selling-continue"), true)) }
                }
            }))
        }))
    }
}

pub(super) fn agreement(view: &View, policy: &Policy, situation: &Situation) -> Markup {
    let agreement = &policy.sellers.agreement;
    let form = situation.form();
    html! {
        (verification_notice(view, situation))
        @for step in [Step::Company, Step::Licence, Step::Contact] {
            section.card {
                div.spread { h2 { (view.word("selling-step", step.as_str())) } a href=(step.href()) { (view.t("selling-edit")) } }
                (ui::facts(&summary(view, step, &form, situation.licence.as_ref())))
            }
        }
        (ui::card(Some(&view.t("selling-agreement")), &html! {
            h3 { (view.of(&agreement.title)) " · " (agreement.version) }
            div.prose { (ui::rich(view.of(&agreement.text))) }
            (ui::facts(&[(view.t("selling-agreement-hash"), html! { code { (agreement_hash(agreement)) } })]))
            (ui::form(view, "/seller/onboarding/submit", &html! {
                (agreed(view, policy))
                input type="hidden" name="version" value=(situation.version());
                div.row { button.button.primary.large type="submit" disabled[!situation.is_verified()] { (view.t("selling-submit")) } }
            }))
        }))
    }
}

/// The box to tick under an agreement, with the text that it stands for.
pub(in crate::pages) fn agreed(view: &View, policy: &Policy) -> Markup {
    let agreement = &policy.sellers.agreement;
    html! {
        input type="hidden" name="agreement" value=(agreement.version);
        input type="hidden" name="sha256" value=(agreement_hash(agreement));
        (ui::Field::check("accepted", &view.ta("selling-agreement-accept", &[("title", view.of(&agreement.title).into())])).required().render(view, &Mistakes::none()))
    }
}

fn summary(view: &View, step: Step, form: &Told, licence: Option<&Document>) -> Vec<(String, Markup)> {
    let shown = |field: &'static str| match licence {
        Some(document) if field == "business_licence" => shown::document(view, document),
        Some(_) | None => shown::value(view, field, &shown::told(form, field)),
    };
    step.fields().iter().map(|field| (view.word("selling-field", field), shown(field))).collect()
}

pub(super) fn waiting(view: &View, situation: &Situation, now: Timestamp) -> Markup {
    let Some(application) = &situation.application else { return html! {} };
    let mut rows = vec![(view.t("selling-state"), shown::application_badge(view, application.state))];
    rows.extend(application.submitted_at.map(|at| (view.t("selling-submitted-at"), view.time(at))));
    rows.extend(application.due_at.map(|at| (view.t("selling-due"), shown::due(view, at, false, now))));
    html! {
        (ui::notice(Tone::Info, &html! { p { strong { (view.t("selling-waiting")) } } p { (view.t("selling-waiting-mail")) } }))
        (ui::card(Some(&view.t("selling-application-facts")), &html! {
            (ui::facts(&rows))
            (ui::confirm(view, &view.t("selling-withdraw"), &view.t("selling-withdraw-sure"), true, &ui::form(view, "/seller/onboarding/withdraw", &html! {
                p { (view.t("selling-withdraw-effect")) }
                input type="hidden" name="version" value=(application.version);
                div.row { button.button.danger type="submit" { (view.t("selling-withdraw")) } }
            })))
        }))
        @for step in [Step::Company, Step::Licence, Step::Contact] {
            (ui::card(Some(&view.word("selling-step", step.as_str())), &ui::facts(&summary(view, step, &application.form, situation.licence.as_ref()))))
        }
    }
}

/// What comes after the admission: business information, then the first product.
pub(super) fn admitted(view: &View, policy: &Policy, situation: &Situation) -> Markup {
    let name = situation.seller.as_ref().map(|seller| seller.name.clone()).unwrap_or_default();
    let open = situation.certifications.iter().find(|one| one.state == CertificationState::Submitted);
    html! {
        @if situation.is_certified() {
            (ui::empty(&view.ta("selling-done", &[("name", name.into())]), &view.t("selling-done-text"), &html! {
                span.row { (ui::button_link("/seller/products", &view.t("selling-first-product"), true)) (ui::button_link("/seller/settings", &view.t("selling-to-settings"), false)) }
            }))
        } @else {
            (ui::notice(Tone::Good, &html! { p { strong { (view.ta("selling-admitted", &[("name", name.clone().into())])) } } p { (view.t("selling-admitted-next")) } }))
            @if let Some(open) = open { (business::waiting(view, policy, open)) }
            @else if situation.seller.is_some() {
                (business::offered(view, policy, &business::Shown { name: &name, failures: situation.seller.as_ref().map_or(0, |seller| seller.business_failures), last: situation.certifications.first() }))
            }
        }
    }
}
