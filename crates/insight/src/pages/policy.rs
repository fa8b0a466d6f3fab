//! `/operator/policy`: the rules that hold, their versions, and what others would have meant.

use accounts::{Operator, StaffPermission, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Thing, Timestamp, id::PolicyId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, Once, PathParam, Problem, Query, Routes};
use policy::{Policy, Version};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View, badge, button_link, card, facts, form, header, stat};

use super::policy_words;
use crate::{Insight, rules::Effect};

/// Other values than those that hold, to see what they would have meant.
#[derive(Default, Deserialize)]
struct Asked {
    fee: Option<String>,
    hours: Option<String>,
}

async fn show(
    State(insight): State<Insight>,
    visit: Visit,
    operator: Operator,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    operator.may_staff(StaffPermission::View).map_err(Error::from)?;
    let view = &visit.view;
    let versions = insight.policies.versions().await?;
    let now = insight.app.clock.now();
    let policy = insight.policies.current().await?;
    let number =
        |text: &Option<String>, most: u32| text.as_deref()?.trim().parse().ok().filter(|number| *number <= most);
    let fee = number(&asked.fee, 10_000);
    let hours = number(&asked.hours, 8_760).unwrap_or(policy.refunds.no_reason_hours);
    let effect = insight.try_rules(&mut insight.app.db.read(), &operator, |_| fee, hours).await?;
    let title = view.t("policy-title");
    let holds = versions.iter().find(|version| version.effective_from <= now);
    Ok(ui::page(
        view,
        Place::Operator("policy"),
        &title,
        &html! {
            (header(&title, Some(&view.t("policy-lead")), &button_link("/operator/policy/publish", &view.t("policy-publish"), true)))
            (held_back(view, &policy.held_back()))
            (what_if(view, (fee, hours), &effect))
            (list(view, &versions, holds, now))
            @if let Some(version) = holds { (rules(view, &version.source.toml)) }
        },
    ))
}

/// What the program could sell, and the rules do not let it.
fn held_back(view: &View, rules: &[String]) -> Markup {
    html! {
        @if !rules.is_empty() {
            (ui::notice(Tone::Info, &html! {
                p { (view.t("policy-held-back")) }
                ul { @for rule in rules { li { code { (rule) } } } }
            }))
        }
    }
}

fn what_if(view: &View, (fee_is, hours_are): (Option<u32>, u32), effect: &Effect) -> Markup {
    let (fee, hours) = (view.t("policy-if-fee"), view.t("policy-if-hours"));
    let (fee_is, hours_are) = (fee_is.map(|fee| fee.to_string()).unwrap_or_default(), hours_are.to_string());
    card(
        Some(&view.t("policy-if")),
        &html! {
            (sold(view, effect))
            form.filters method="get" action="/operator/policy" {
                (Field::input("number", "fee", &fee).value(&fee_is).with("placeholder", view.t("policy-if-own-fee")).with("min", "0").with("max", "10000").render(view, &Mistakes::none()))
                (Field::input("number", "hours", &hours).value(&hours_are).required().with("min", "0").with("max", "8760").render(view, &Mistakes::none()))
                button.button type="submit" { (view.t("policy-if-try")) }
            }
            (meant(view, effect))
        },
    )
}

/// Of which orders it is said.
fn sold(view: &View, effect: &Effect) -> Markup {
    let lines = i64::try_from(effect.lines).unwrap_or(i64::MAX);
    html! { p.muted { (view.ta("policy-if-what", &[("count", lines.into())])) " " (view.money(effect.sold)) } }
}

fn meant(view: &View, effect: &Effect) -> Markup {
    let returns = |count: usize| view.ta("policy-if-returns", &[("count", count.into())]);
    html! {
        div.stats {
            (stat(&view.t("policy-if-commission"), &view.money(effect.commission), Some(&html! { (view.t("policy-if-as-it-was")) })))
            (stat(&view.t("policy-if-commission"), &view.money(effect.commission_instead), Some(&html! { (view.t("policy-if-instead")) })))
            (stat(&view.t("policy-if-returned"), &view.money(effect.returned), Some(&html! { (returns(effect.returns)) })))
            (stat(&view.t("policy-if-returned"), &view.money(effect.returned_instead), Some(&html! { (returns(effect.returns_instead)) " · " (view.t("policy-if-instead")) })))
        }
    }
}

fn list(view: &View, versions: &[Version], holds: Option<&Version>, now: Timestamp) -> Markup {
    let title = view.t("policy-versions");
    let state = |version: &Version| match holds {
        Some(present) if present.id == version.id => badge(Tone::Good, &view.t("policy-holds")),
        _ if version.effective_from > now => badge(Tone::Info, &view.t("policy-later")),
        _ => badge(Tone::Plain, &view.t("policy-past")),
    };
    card(
        Some(&title),
        &Table::new(view, title.as_str(), versions)
            .column(view.t("policy-from"), |version| holds_from(view, version))
            .column(view.t("policy-published"), |version| view.time(version.published_at))
            .column(view.t("policy-by"), |version| html! { (publisher(view, version)) })
            .column(view.t("policy-state"), state)
            .column("", |version| html! { a href={ "/operator/policy/" (version.id) } { (view.t("policy-read")) } })
            .render(),
    )
}

/// Who published a version; the first one came with the program.
fn publisher(view: &View, version: &Version) -> String {
    if version.effective_from.as_micros() == 0 { view.t("policy-first-by") } else { version.published_by.clone() }
}

/// From when a version holds; the first one has always held.
fn holds_from(view: &View, version: &Version) -> Markup {
    if version.effective_from.as_micros() == 0 {
        html! { (view.t("policy-first")) }
    } else {
        view.time(version.effective_from)
    }
}

fn rules(view: &View, text: &str) -> Markup {
    card(Some(&view.t("policy-rules")), &policy_words::rules(view, text))
}

async fn version(
    State(insight): State<Insight>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<PolicyId>,
) -> Result<Page, Problem> {
    operator.may_staff(StaffPermission::View).map_err(Error::from)?;
    let view = &visit.view;
    let versions = insight.policies.versions().await?;
    let at = versions.iter().position(|version| version.id == id).ok_or(Error::NotFound(Thing::Page))?;
    let (version, before) = (&versions[at], versions.get(at + 1));
    let title = view.t("policy-version");
    Ok(ui::page(
        view,
        Place::Operator("policy"),
        &title,
        &html! {
            (header(&title, None, &button_link("/operator/policy", &view.t("policy-back"), false)))
            (facts(&[
                (view.t("policy-from"), holds_from(view, version)),
                (view.t("policy-published"), view.time(version.published_at)),
                (view.t("policy-by"), html! { (publisher(view, version)) }),
            ]))
            @if let Some(before) = before { (card(Some(&view.t("policy-changes")), &policy_words::changes(view, &before.source.toml, &version.source.toml))) }
            (rules(view, &version.source.toml))
        },
    ))
}

#[derive(Deserialize)]
struct Publishing {
    rules: String,
    #[serde(default)]
    effective_from: String,
    /// `look`: what it would change is shown and nothing is published.
    #[serde(default)]
    act: String,
}

impl Publishing {
    fn text(&self) -> String {
        self.rules.replace("\r\n", "\n")
    }
}

async fn edit(State(insight): State<Insight>, visit: Visit, operator: Operator) -> Result<Page, Problem> {
    operator.may_staff(StaffPermission::RunSite).map_err(Error::from)?;
    let wrote = Publishing { rules: insight.rules_now().await?, effective_from: String::new(), act: String::new() };
    Ok(editor(&visit.view, &wrote, &html! {}, &Mistakes::none()))
}

impl Insight {
    /// The rules that hold, as a file.
    async fn rules_now(&self) -> Result<String, Error> {
        let now = self.app.clock.now();
        let versions = self.policies.versions().await?;
        let holds = versions.iter().find(|version| version.effective_from <= now);
        Ok(holds.map_or_else(|| policy::DEFAULT.to_owned(), |version| version.source.toml.clone()))
    }

    /// What rules would change of those that hold, and what the last orders would have meant under them.
    async fn preview(&self, view: &View, operator: &Operator, text: &str) -> Result<Markup, Error> {
        operator.may_staff(StaffPermission::RunSite)?;
        let rules = Policy::parse(text)?;
        let fee = |access_type| rules.access(access_type).map(|rules| rules.fee_basis_points);
        let effect = self.try_rules(&mut self.app.db.read(), operator, fee, rules.refunds.no_reason_hours).await?;
        let changes = policy_words::changes(view, &self.rules_now().await?, text);
        Ok(html! {
            (card(Some(&view.t("policy-would-change")), &changes))
            (card(Some(&view.t("policy-if")), &html! { (sold(view, &effect)) (meant(view, &effect)) }))
        })
    }
}

/// `preview`: what it would change; before it has been looked at there is nothing to press but the way to it.
fn editor(view: &View, wrote: &Publishing, preview: &Markup, mistakes: &Mistakes) -> Page {
    let (title, rules, from) = (view.t("policy-publish"), view.t("policy-file"), view.t("policy-from"));
    let looked = !preview.0.is_empty();
    ui::page(
        view,
        Place::Operator("policy"),
        &title,
        &html! {
            (header(&title, Some(&view.t("policy-publish-lead")), &button_link("/operator/policy", &view.t("policy-back"), false)))
            (preview)
            (form(view, "/operator/policy/publish", &html! {
                (mistakes.summary(view))
                (Field::area("rules", &rules, 28).value(&wrote.rules).required().with("spellcheck", "false").with("class", "mono").render(view, mistakes))
                (Field::text("effective_from", &from).value(&wrote.effective_from).hint(view.t("policy-from-hint")).with("placeholder", "2027-01-01T00:00:00Z").render(view, mistakes))
                div.row {
                    button.button.primary[!looked] type="submit" name="act" value="look" { (view.t("policy-look")) }
                    @if looked { button.button.primary type="submit" name="act" value="publish" { (title) } }
                }
            }))
        },
    )
}

async fn publish(
    State(insight): State<Insight>,
    visit: Visit,
    operator: Operator,
    once: Once,
    Form(wrote): Form<Publishing>,
) -> Result<Response, Problem> {
    if wrote.act == "look" {
        return match insight.preview(&visit.view, &operator, &wrote.text()).await {
            Ok(preview) => Ok(editor(&visit.view, &wrote, &preview, &Mistakes::none()).into_response()),
            Err(error) => {
                let mistakes = visit.view.retry(error.into())?;
                Ok(editor(&visit.view, &wrote, &html! {}, &mistakes).refused().into_response())
            }
        };
    }
    let done = once.run(&insight.app, async |tx| {
        operator.may_staff(StaffPermission::RunSite)?;
        let from = Some(wrote.effective_from.trim()).filter(|text| !text.is_empty()).map(str::parse::<Timestamp>);
        let wrong = |_| {
            kernel::Invalid::one(
                "effective_from",
                ("must be a time like 2027-01-01T00:00:00Z", "应为 2027-01-01T00:00:00Z 这样的时间"),
            )
        };
        let from = from.transpose().map_err(wrong)?;
        insight.publish_policy(tx, &operator, &wrote.text(), from).await?;
        Ok(Answer::see_other("/operator/policy?done=policy-published"))
    });
    match done.await {
        Ok(answer) => {
            insight.policies.forget_cached();
            Ok(answer.into_response())
        }
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(editor(&visit.view, &wrote, &html! {}, &mistakes).refused().into_response())
        }
    }
}

pub(super) fn routes(insight: &Insight) -> Routes {
    Routes::of(insight.clone())
        .page("/operator/policy", show, Access::Operator)
        .page("/operator/policy/publish", edit, Access::Operator)
        .form("/operator/policy/publish", publish, Access::Operator)
        .page("/operator/policy/{policy}", version, Access::Operator)
        .done()
}
