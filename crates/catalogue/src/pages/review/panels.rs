//! What stands beside the changes of a listing under review: its dates, what the checks found, the checklist, its past.

use kernel::Refusal;
use maud::{Markup, html};
use ui::{Mistakes, Tone, View, badge, notice};

use super::{decide::Written, queue::due};
use crate::{
    actions::Bench,
    pages::labels::{as_listed, field_label, revision_badge},
    rules::{Check, CheckResult, Finding, KeptAnswer, Said, lies_in, may_approve, verdict_of},
};

pub(super) fn about(view: &View, bench: &Bench) -> Markup {
    let revision = &bench.revision;
    let kind = if revision.number == 1 { view.t("listing-first") } else { revision.number.to_string() };
    let mut rows = vec![
        (view.t("listing-list-state"), revision_badge(view, revision.state)),
        (view.t("listing-version-number"), html! { (kind) }),
        (view.t("listing-submitted-at"), view.time(revision.submitted_at)),
    ];
    match revision.decided_at {
        Some(at) => rows.push((view.t("listing-decided-at"), view.time(at))),
        None => rows.push((view.t("listing-due-at"), due(view, revision, bench.now))),
    }
    if bench.case.needs_second {
        rows.push((view.t("review-approvals"), html! { (view.t("review-two")) }));
    }
    if let Some(file) = &bench.agreement {
        let link = html! { a href={ "/documents/" (file.id) } { (file.name) } " " span.small.muted { (view.size(file.size)) } };
        rows.push((view.t("listing-agreement"), link));
    }
    for file in bench.files.values().filter(|file| file.purpose.is_paper()) {
        let link = html! { a href={ "/documents/" (file.id) } { (file.name) } " " span.small.muted { (view.size(file.size)) } };
        rows.push((view.word("release-purpose", file.purpose.as_str()), link));
    }
    ui::card(
        None,
        &html! {
            (ui::facts(&rows))
            @if !revision.reasons.is_empty() {
                ul { @for reason in &revision.reasons.0 { li { strong { (field_label(view, &revision.content.listing, &reason.field)) } ": " (reason.message) } } }
            }
        },
    )
}

pub(in crate::pages) fn verdict_badge(view: &View, verdict: CheckResult) -> Markup {
    let tone = match verdict {
        CheckResult::Passed => Tone::Good,
        CheckResult::Warned => Tone::Warn,
        CheckResult::Failed => Tone::Bad,
    };
    badge(tone, &view.word("review-verdict", verdict.as_str()))
}

/// Every check with how it ended, and what it found.
pub(super) fn checks(view: &View, bench: &Bench) -> Markup {
    ui::card(
        Some(&view.t("review-checks")),
        &html! {
            @if bench.case.checked_at.is_none() { p.muted { (view.t("review-checks-running")) } }
            @else { ul.plain.stack {
                @for check in Check::ALL {
                    @let found: Vec<&Finding> = bench.case.findings.iter().filter(|finding| finding.check == *check).collect();
                    li {
                        div.spread { (view.word("review-check", check.as_str())) (verdict_badge(view, verdict_of(*check, &bench.case.findings))) }
                        @if !found.is_empty() { ul.small { @for finding in found { li { (told(view, bench, finding)) } } } }
                    }
                }
            } }
        },
    )
}

fn told(view: &View, bench: &Bench, finding: &Finding) -> Markup {
    html! {
        strong { (field_label(view, &bench.revision.content.listing, &finding.field)) } " " (finding.message.of(view.lang))
        @if let Some((name, seller)) = finding.about.and_then(|about| bench.others.get(&about)) {
            ": " em { (view.of(name)) } ", " (seller)
        }
    }
}

/// What the checks found in one line of the listing.
pub(super) fn found_in(view: &View, bench: &Bench, path: &str) -> Markup {
    let listing = &bench.revision.content.listing;
    let own = |finding: &&Finding| {
        let field = as_listed(listing, &finding.field);
        lies_in(&field, path)
    };
    html! {
        @for finding in bench.case.findings.iter().filter(own) {
            p.small { (verdict_badge(view, finding.verdict)) " " (finding.message.of(view.lang)) }
        }
    }
}

/// The checklist, and both ways to decide.
pub(super) fn deciding(view: &View, bench: &Bench, written: &Written, mistakes: &Mistakes) -> Markup {
    let reject = format!("/operator/products/{}/rejection", bench.revision.id);
    let listing = &bench.revision.content.listing;
    let held = may_approve(bench.case.checked_at, &bench.case.findings).err();
    ui::card(
        Some(&view.t("listing-decide")),
        &html! {
            @if let Some(earlier) = Some(&bench.case.answers.0).filter(|answers| !answers.is_empty()) {
                details { summary { (view.t("review-first-answers")) } (answer_list(view, earlier)) }
            }
            div.stack id="f-answers" {
                @for point in bench.policy.review.points(listing.access_type) {
                    @let given = written.given.iter().find(|given| given.point == point.code);
                    fieldset.answer {
                        legend { (view.of(&point.text)) }
                        div.row {
                            @for said in Said::ALL {
                                label.tick {
                                    input type="radio" name={ "said " (point.code) } value=(said.as_str()) required
                                        checked[given.is_some_and(|given| given.said == *said)];
                                    (view.word("review-said", said.as_str()))
                                }
                            }
                        }
                        details open[given.is_some_and(|given| !given.note.is_empty())] {
                            summary.small { (view.t("review-note")) }
                            textarea name={ "note " (point.code) } rows="2" maxlength="500"
                                aria-label=(view.ta("review-note-on", &[("point", view.of(&point.text).into())])) {
                                (given.map_or("", |given| given.note.as_str()))
                            }
                        }
                    }
                }
                (mistakes.beside("answers"))
            }
            @if let Some(held) = &held { (notice(Tone::Warn, &html! { p { (held.text().of(view.lang)) } })) }
            button.button.primary.wide type="submit" disabled[held.is_some()] { (view.t("listing-approve")) }
            p.small.muted { (if bench.case.needs_second && bench.approved_first.is_none() { view.t("review-approve-first-hint") } else { view.t("listing-approve-hint") }) }
            button.button.danger.wide type="submit" formaction=(reject) formnovalidate { (view.t("listing-reject")) }
            p.small.muted { a href="#reject" { (view.t("listing-reject-way")) } }
        },
    )
}

/// What was answered before the decision.
pub(super) fn answers(view: &View, bench: &Bench) -> Markup {
    ui::card(
        Some(&view.t("review-answers")),
        &html! {
            @if bench.case.answers.is_empty() { p.muted { (view.t("review-answers-none")) } }
            @else { (answer_list(view, &bench.case.answers.0)) }
        },
    )
}

fn answer_list(view: &View, answers: &[KeptAnswer]) -> Markup {
    let tone = |said| match said {
        Said::Fine => Tone::Good,
        Said::NotApplicable => Tone::Plain,
        Said::Wrong => Tone::Bad,
    };
    html! {
        ul.plain.stack.small {
            @for answer in answers {
                li {
                    div { (view.of(&answer.text)) " " (badge(tone(answer.said), &view.word("review-said", answer.said.as_str()))) }
                    @if !answer.note.is_empty() { div.muted { (answer.note) } }
                }
            }
        }
    }
}

pub(super) fn history(view: &View, bench: &Bench) -> Markup {
    ui::card(
        Some(&view.t("listing-history")),
        &html! {
            ol.timeline {
                @for revision in &bench.history {
                    li {
                        span.timeline-title {
                            a href={ "/operator/products/" (revision.id) } aria-current=[(revision.id == bench.revision.id).then_some("page")] {
                                (view.ta("listing-version-n", &[("number", revision.number.into())]))
                            }
                            " " (revision_badge(view, revision.state))
                        }
                        (view.time(revision.submitted_at))
                    }
                }
            }
        },
    )
}
