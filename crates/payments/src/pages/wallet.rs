//! What the wallet holds, and every movement in plain words.

use accounts::{Buyer, Permission, Visit};
use axum::{extract::State, response::Response};
use kernel::{
    Error, Money, PageQuery,
    id::{OrderId, RefundId, TopUpId, UsageChargeId},
    page::{LIMIT_MAX, PageOf},
};
use ledger::{JournalLine, Recipe};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Sheet, Table, View};

use super::badge;
use crate::{
    Payments,
    rules::{TopUp, TopUpState},
};

/// Which movements are wanted. Whatever is no kind of them means all.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    kind: String,
    cursor: Option<String>,
}

impl Asked {
    fn recipe(&self) -> Option<Recipe> {
        self.kind.parse().ok()
    }
}

const PLACE: Place = Place::Console("wallet");

/// What a movement belongs to: its own page, where it has one, and its number.
fn subject(line: &JournalLine) -> (Option<String>, String) {
    match line.recipe {
        Recipe::TopUp | Recipe::DevelopmentTopUp => {
            let id = TopUpId::from_uuid(line.subject);
            (Some(format!("/console/wallet/top-ups/{id}")), id.to_string())
        }
        Recipe::Sale | Recipe::Renewal | Recipe::Change => {
            let id = OrderId::from_uuid(line.subject);
            (Some(format!("/console/orders/{id}")), id.to_string())
        }
        Recipe::Refund => {
            let id = RefundId::from_uuid(line.subject);
            (Some(format!("/console/refunds/{id}")), id.to_string())
        }
        Recipe::Usage | Recipe::UsageCredit => {
            let id = UsageChargeId::from_uuid(line.subject);
            (Some(format!("/console/usage-charges/{id}")), id.to_string())
        }
    }
}

async fn show(
    State(payments): State<Payments>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let (view, tx) = (&visit.view, &mut payments.app.db.read());
    let mut balances = payments.wallets(tx, &buyer).await?;
    if balances.is_empty() {
        let policy = payments.policies.current().await?;
        balances.extend(policy.site.currencies.first().map(|currency| Money::zero(*currency)));
    }
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let lines = payments.wallet_lines(tx, &buyer, asked.recipe(), page).await?;
    let top_ups = payments.top_ups(tx, &buyer, PageOf { before: None, limit: LIMIT_MAX }).await?.items;
    let pending: Vec<&TopUp> = top_ups.iter().filter(|one| one.outcome.state() == TopUpState::Declared).collect();
    let title = view.t("wallet-title");
    let act = html! {
        @if buyer.may(Permission::Pay).is_ok() { (ui::button_link("/console/wallet/top-up", &view.t("wallet-top-up"), true)) }
    };
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("wallet-lead")), &act))
            div.stats { @for balance in &balances { (ui::stat(&view.ta("wallet-balance", &[("currency", balance.currency().code().into())]), &view.money(*balance), Some(&html! { (view.t("wallet-spendable")) }))) } }
            @if !pending.is_empty() { (waiting(view, &pending)) }
            (ui::card(Some(&view.t("wallet-lines")), &movements(view, &asked, &lines)))
        },
    ))
}

fn waiting(view: &View, pending: &[&TopUp]) -> Markup {
    ui::card(
        Some(&view.t("wallet-pending")),
        &html! {
            ul.plain {
                @for top_up in pending {
                    li.spread {
                        a href={ "/console/wallet/top-ups/" (top_up.id) } { (top_up.reference) }
                        span.row { (view.money(top_up.declared)) (badge(view, top_up.outcome.state())) }
                    }
                }
            }
        },
    )
}

fn movements(view: &View, asked: &Asked, lines: &kernel::Page<JournalLine>) -> Markup {
    let what = |line: &JournalLine| {
        let said = view.word("wallet-line", line.recipe.as_str());
        html! { @if let (Some(href), _) = subject(line) { a href=(href) { (said) } } @else { (said) } }
    };
    let mut kinds = vec![Choice::new("all", view.t("wallet-all"))];
    kinds.extend(Recipe::ALL.iter().map(|one| Choice::new(one.as_str(), view.word("wallet-line", one.as_str()))));
    let label = view.t("wallet-what");
    let chosen = asked.recipe().map_or("all", Recipe::as_str);
    let filter = Field::select("kind", &label, &kinds).value(chosen).required().render(view, &Mistakes::none());
    let file = asked.recipe().map(|recipe| format!("?kind={recipe}")).unwrap_or_default();
    let (none, none_text, act) = match asked.recipe() {
        Some(_) => ("wallet-none-such", "wallet-none-such-text", html! {}),
        None => (
            "wallet-none",
            "wallet-none-text",
            ui::button_link("/console/wallet/top-up", &view.t("wallet-top-up"), true),
        ),
    };
    Table::new(view, view.t("wallet-lines"), &lines.items)
        .column(view.t("wallet-when"), |line| view.time(line.booked_at))
        .column(view.t("wallet-what"), what)
        .number(view.t("wallet-amount"), |line| view.money(Money::of(line.amount, line.currency)))
        .filters(filter)
        .empty(ui::empty(&view.t(none), &view.t(none_text), &act))
        .next(lines.next_cursor.as_deref())
        .csv(format!("/console/wallet/lines.csv{file}"))
        .render()
}

async fn file(
    State(payments): State<Payments>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut payments.app.db.read());
    let mut sheet =
        Sheet::new(view, &["wallet-when", "wallet-what", "wallet-number", "wallet-amount", "wallet-currency"]);
    while let Some(page) = sheet.wants() {
        let found = payments.wallet_lines(tx, &buyer, asked.recipe(), page).await?;
        sheet.add(found.next_cursor, found.items.iter().map(|line| cells(view, line)));
    }
    Ok(sheet.download("wallet"))
}

fn cells(view: &View, line: &JournalLine) -> Vec<String> {
    vec![
        line.booked_at.to_string(),
        view.word("wallet-line", line.recipe.as_str()),
        subject(line).1,
        ui::plain_amount(Money::of(line.amount, line.currency)),
        line.currency.code().to_owned(),
    ]
}

pub(super) fn routes(payments: &Payments) -> Routes {
    Routes::of(payments.clone())
        .page("/console/wallet", show, Access::Buyer)
        .page("/console/wallet/lines.csv", file, Access::Buyer)
        .done()
}
