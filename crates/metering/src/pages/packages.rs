//! Packages of use: what is left of them, and what their buyers want of them.

use accounts::{Buyer, Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Currency, Error, Invalid, PageQuery, Result, id::InstanceId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form as Fields, Once, PathParam, Problem, Query, Routes};
use rust_decimal::Decimal;
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use crate::{
    Metering,
    actions::{
        packages::Standing,
        watching::{Wanted, WantedAgain, came_of},
    },
    rules::package::{PackageState, Threshold},
};

const PLACE: Place = Place::Console("packages");

pub(super) fn routes(metering: &Metering) -> Routes {
    Routes::of(metering.clone())
        .page("/console/packages", list, Access::Buyer)
        .page("/console/instances/{instance}/package", show, Access::Buyer)
        .form("/console/instances/{instance}/package", set, Access::Buyer)
        .page("/seller/packages", sold, Access::Seller)
        .done()
}

fn badge(view: &View, one: &Standing) -> Markup {
    let tone = match one.state {
        PackageState::Open => Tone::Good,
        PackageState::UsedUp => Tone::Warn,
        PackageState::Ended | PackageState::Returned => Tone::Plain,
    };
    ui::badge(tone, &view.word("package-state", one.state.as_str()))
}

/// What is left of how much.
fn left(view: &View, one: &Standing) -> Markup {
    let counts = &one.held.package.counts;
    html! { (one.left) " / " (one.held.package.amount.normalize()) " " (view.of(&counts.unit)) }
}

fn full_again(view: &View, one: &Standing) -> Markup {
    html! {
        @if one.held.package.reset.is_some() { (view.time(one.filling.until)) }
        @else { span.muted { (view.t("package-once")) } }
    }
}

/// The packages that cover the use of something, in the order in which they are taken from.
pub(super) fn covering(view: &View, packages: &[Standing]) -> Markup {
    if packages.is_empty() {
        return html! {};
    }
    html! {
        (Table::new(view, view.t("package-covering"), packages)
            .column(view.t("package-name"), |one: &Standing| html! {
                a href={ "/console/instances/" (one.held.instance) "/package" } { (view.of(&one.held.title)) }
            })
            .number(view.t("package-left"), |one| left(view, one))
            .column(view.t("package-full-again"), |one| full_again(view, one))
            .column(view.t("package-until"), |one| view.time(one.held.ends()))
            .column(view.t("package-stands"), |one| badge(view, one))
            .render())
    }
}

async fn list(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let page = page.checked().map_err(Error::from)?;
    let found = metering.packages(&mut metering.app.db.read(), &buyer, page).await?;
    let title = view.t("package-title");
    let table = Table::new(view, &title, &found.items)
        .column(view.t("package-name"), |one: &Standing| {
            html! {
                a href={ "/console/instances/" (one.held.instance) "/package" } { (view.of(&one.held.title)) }
            }
        })
        .number(view.t("package-left"), |one| left(view, one))
        .column(view.t("package-full-again"), |one| full_again(view, one))
        .column(view.t("package-until"), |one| view.time(one.held.ends()))
        .column(view.t("package-stands"), |one| badge(view, one))
        .empty(ui::empty(&view.t("package-none"), &view.t("package-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("package-lead")), &html! {}))
            (table)
        },
    ))
}

async fn sold(
    State(metering): State<Metering>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let page = page.checked().map_err(Error::from)?;
    let mut tx = metering.app.db.read();
    let found = metering.sold_packages(&mut tx, &seller, page).await?;
    let open = metering.refused_open(&mut tx, &seller).await?;
    let buyers = found.items.iter().map(|one| one.held.account).collect();
    let buyers = metering.accounts.names(&mut tx, buyers).await?;
    let title = view.t("package-sold");
    let table = Table::new(view, &title, &found.items)
        .column(view.t("package-name"), |one: &Standing| {
            html! {
                (view.of(&one.held.title)) br; code.small { (one.held.instance) }
            }
        })
        .column(view.t("metering-buyer"), |one| {
            html! { (buyers.get(&one.held.account).map_or("", String::as_str)) }
        })
        .number(view.t("package-left"), |one| left(view, one))
        .column(view.t("package-full-again"), |one| full_again(view, one))
        .column(view.t("package-until"), |one| view.time(one.held.ends()))
        .column(view.t("package-stands"), |one| badge(view, one))
        .empty(ui::empty(&view.t("package-sold-none"), &view.t("package-sold-none-text"), &html! {}))
        .next(found.next_cursor.as_deref())
        .render();
    Ok(ui::page(
        view,
        Place::Seller("usage"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("package-sold-lead")), &html! {}))
            (super::seller::tabs(view, "packages", open))
            (table)
        },
    ))
}

/// What is typed of what a buyer wants.
#[derive(Clone, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    alarm: String,
    #[serde(default)]
    alarm_count: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    again_count: String,
    #[serde(default)]
    price_max: String,
}

const NEVER: &str = "never";
const USED_UP: &str = "used_up";

fn typed_threshold(threshold: Option<Threshold>, none: &str) -> (String, String) {
    match threshold {
        None => (none.to_owned(), String::new()),
        Some(Threshold::Share { percent }) => ("share".to_owned(), percent.to_string()),
        Some(Threshold::Amount { quantity }) => ("amount".to_owned(), quantity.to_string()),
    }
}

/// Reads a threshold; nothing else than a share or an amount has a count.
fn threshold((by, count): (&str, &str), field: &str, wrong: &mut Invalid) -> Option<Threshold> {
    match by {
        "share" => {
            let percent = count.trim().parse().map_err(|_| ("must be a whole number", "须为整数"));
            wrong.keep(percent, field).map(|percent| Threshold::Share { percent })
        }
        "amount" => {
            let quantity = Decimal::from_str_exact(count.trim()).map_err(|_| ("must be a number", "须为数字"));
            wrong.keep(quantity, field).map(|quantity| Threshold::Amount { quantity })
        }
        _ => None,
    }
}

impl Typed {
    fn of(one: &Standing, paid: String) -> Self {
        let (alarm, alarm_count) = typed_threshold(one.held.watch.alarm, NEVER);
        // What came of an earlier consent is not consented to again.
        let open = one.held.watch.again.as_ref().filter(|again| again.order.is_none());
        let (again, again_count) =
            open.map_or((NEVER.to_owned(), String::new()), |again| typed_threshold(again.at, USED_UP));
        let price_max = open.map_or(paid, |again| ui::plain_amount(again.price_max));
        Self { alarm, alarm_count, again, again_count, price_max }
    }

    fn wanted(&self, currency: Currency) -> Result<Wanted> {
        let mut wrong = Invalid::default();
        let alarm = threshold((&self.alarm, &self.alarm_count), "alarm_count", &mut wrong);
        let at = threshold((&self.again, &self.again_count), "again_count", &mut wrong);
        let price_max = match self.again.as_str() {
            NEVER | "" => None,
            _ => {
                let hint = ("must be an amount such as 1000 or 99.50", "须为金额，例如 1000 或 99.50");
                wrong.keep(payments::typed_amount(&self.price_max, currency).ok_or(hint), "price_max")
            }
        };
        wrong.done()?;
        Ok(Wanted { alarm, again: price_max.map(|price_max| WantedAgain { at, price_max }) })
    }
}

async fn show(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
) -> Result<Page, Problem> {
    let mut tx = metering.app.db.read();
    let one = metering.package(&mut tx, &buyer, id).await?;
    let paid = metering.orders.line(&mut tx, one.held.line).await?.amount;
    let typed = Typed::of(&one, ui::plain_amount(paid));
    let asked = Asked::of(&metering, &buyer, paid.currency()).await?;
    Ok(page(&visit.view, (&one, asked), (&typed, &Mistakes::none())))
}

async fn set(
    State(metering): State<Metering>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<InstanceId>,
    once: Once,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let done = once.run(&metering.app, async |tx| {
        let present = metering.package(tx, &buyer, id).await?;
        let currency = metering.orders.line(tx, present.held.line).await?.amount.currency();
        metering.set_watch(tx, &buyer, id, typed.wanted(currency)?).await?;
        Ok(Answer::see_other(format!("/console/instances/{id}/package?done=package-watched")))
    });
    match done.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let mut tx = metering.app.db.read();
            let present = metering.package(&mut tx, &buyer, id).await?;
            let paid = metering.orders.line(&mut tx, present.held.line).await?.amount;
            let asked = Asked::of(&metering, &buyer, paid.currency()).await?;
            Ok(page(&visit.view, (&present, asked), (&typed, &mistakes)).refused().into_response())
        }
    }
}

/// What whoever looks can say of a package.
#[derive(Clone, Copy)]
struct Asked {
    currency: Currency,
    watches: bool,
    pays: bool,
    /// From one automatic purchase to the next at least.
    hours: u32,
}

impl Asked {
    async fn of(metering: &Metering, buyer: &Buyer, currency: Currency) -> Result<Self> {
        let watches = buyer.may(Permission::Buy).is_ok();
        let pays = watches && buyer.may(Permission::Pay).is_ok();
        Ok(Self { currency, watches, pays, hours: metering.policies.current().await?.packages.again_hours })
    }
}

fn page(view: &View, (one, asked): (&Standing, Asked), (typed, mistakes): (&Typed, &Mistakes)) -> Page {
    let held = &one.held;
    let title = view.of(&held.title).to_owned();
    let here = format!("/console/instances/{}", held.instance);
    let unit = view.of(&held.package.counts.unit);
    let facts = [
        (view.t("package-counts"), html! { (view.of(&held.package.counts.name)) }),
        (view.t("package-left"), left(view, one)),
        (view.t("package-used"), html! { (one.used) " " (unit) }),
        (view.t("package-full-again"), full_again(view, one)),
        (view.t("package-from"), view.time(held.term.from)),
        (view.t("package-until"), view.time(held.ends())),
        (
            view.t("package-beyond"),
            html! { (view.t(if held.stops() { "package-beyond-stop" } else { "package-beyond-charged" })) },
        ),
    ];
    let open = matches!(one.state, PackageState::Open | PackageState::UsedUp);
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            p { a href=(here) { "← " (view.t("package-instance")) } }
            (ui::header(&title, Some(&view.t("package-lead")), &html! { (badge(view, one)) }))
            (mistakes.summary(view))
            section.card { (ui::facts(&facts)) }
            (came(view, one))
            @if open && asked.watches {
                section.card {
                    h2 { (view.t("package-watch")) }
                    (watching(view, (one, asked), (typed, mistakes)))
                }
            }
        },
    )
}

/// What came of buying it again.
fn came(view: &View, one: &Standing) -> Markup {
    let Some(again) = &one.held.watch.again else { return html! {} };
    match came_of(again) {
        (Some(order), _) => ui::notice(
            Tone::Good,
            &html! {
                p { (view.t("package-bought-again")) " " a href={ "/console/orders/" (order) } { (view.t("package-order")) } }
            },
        ),
        (None, Some((trouble, at))) => ui::notice(
            Tone::Warn,
            &html! {
                p { (view.word("package-trouble", trouble.as_str())) " (" (view.time_text(at)) ")" }
            },
        ),
        (None, None) => html! {},
    }
}

fn watching(view: &View, (one, asked): (&Standing, Asked), (typed, mistakes): (&Typed, &Mistakes)) -> Markup {
    let choice = |word: &'static str| Choice::new(word, view.word("package-at", word));
    let alarms = [NEVER, "share", "amount"].map(choice);
    let agains = [NEVER, USED_UP, "share", "amount"].map(choice);
    let count = view.ta("package-count-hint", &[("unit", view.of(&one.held.package.counts.unit).to_owned().into())]);
    let max = view.ta("package-price-max-hint", &[("currency", asked.currency.code().into())]);
    let number = |name: &'static str, label: &str, value: &str, hint: String| {
        Field::text(name, label)
            .value(value)
            .hint(hint)
            .with("inputmode", "decimal")
            .with("autocomplete", "off")
            .render(view, mistakes)
    };
    ui::form(
        view,
        &format!("/console/instances/{}/package", one.held.instance),
        &html! {
            (Field::select("alarm", &view.t("package-alarm"), &alarms).value(&typed.alarm).required().render(view, mistakes))
            (number("alarm_count", &view.t("package-alarm-count"), &typed.alarm_count, count.clone()))
            @if one.held.again.is_none() && asked.pays {
                (Field::select("again", &view.t("package-again"), &agains).value(&typed.again).required().render(view, mistakes))
                (number("again_count", &view.t("package-again-count"), &typed.again_count, count))
                (number("price_max", &view.t("package-price-max"), &typed.price_max, max))
                p.small.muted { (view.ta("package-again-text", &[("hours", asked.hours.into())])) }
            }
            div.row { button.button.primary type="submit" { (view.t("package-save")) } }
        },
    )
}
