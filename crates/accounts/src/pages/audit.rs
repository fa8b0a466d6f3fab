//! The log of privileged acts, for the operator and for the owner of an account.

use axum::{extract::State, response::Response};
use kernel::id::AccountId;
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Sheet, Table, View};

use super::parts::{chosen, named, page_of};
use crate::{
    Accounts, Buyer, Operator, Visit,
    actions::audit::{AuditSearch, NamedEntry},
    store::audit::AuditEntry,
};

#[derive(Deserialize)]
struct LogQuery {
    account: Option<String>,
    action: Option<String>,
    cursor: Option<String>,
}

impl LogQuery {
    fn search(&self) -> AuditSearch {
        let account: Option<AccountId> = chosen(self.account.as_deref().map(str::trim));
        AuditSearch { account, action: self.action() }
    }

    fn action(&self) -> Option<String> {
        self.action.as_deref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

async fn log(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    Query(query): Query<LogQuery>,
) -> Result<Page, Problem> {
    let (view, tx) = (&visit.view, &mut accounts.app.db.read());
    let search = query.search();
    let found = accounts.audit_log(tx, &operator, &search, page_of(query.cursor)?).await?;
    let rows = accounts.named_log(tx, found.items).await?;
    let title = view.word("nav-operator", "audit");
    let account = search.account.map(|id| id.to_string()).unwrap_or_default();
    let action = search.action.unwrap_or_default();
    let filters = html! {
        (Field::text("action", &view.t("audit-action")).value(&action).with("placeholder", "verification.decided").render(view, &Mistakes::none()))
        (Field::text("account", &view.t("account-id")).value(&account).with("placeholder", "acc_…").render(view, &Mistakes::none()))
    };
    Ok(ui::page(
        view,
        Place::Operator("audit"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("audit-lead")), &html! {}))
            (entries(view, &rows, true)
                .filters(filters)
                .empty(ui::empty(&view.t("audit-none"), &view.t("audit-none-text"), &html! {}))
                .next(found.next_cursor.as_deref())
                .csv(format!("/operator/audit.csv?account={}&action={}", ui::escaped(&account), ui::escaped(&action)))
                .render())
        },
    ))
}

async fn own(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    Query(query): Query<LogQuery>,
) -> Result<Page, Problem> {
    let (view, tx) = (&visit.view, &mut accounts.app.db.read());
    let action = query.action();
    let found = accounts.own_audit_log(tx, &buyer, action.as_deref(), page_of(query.cursor)?).await?;
    let rows = accounts.named_log(tx, found.items).await?;
    let title = view.t("audit-own-title");
    Ok(ui::page(
        view,
        Place::Console("security"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("audit-own-lead")), &html! {}))
            (entries(view, &rows, false)
                .empty(ui::empty(&view.t("audit-none"), &view.t("audit-own-none-text"), &html! {}))
                .next(found.next_cursor.as_deref())
                .render())
        },
    ))
}

/// An act in words; as it is named when there are none yet.
fn act(view: &View, action: &str) -> String {
    let said = view.word("audit-act", action);
    if said.starts_with("audit-act-") { action.to_owned() } else { said }
}

/// What was acted on: a link in the operator's log, when it has a page there.
fn target(view: &View, entry: &AuditEntry, whole: bool) -> Markup {
    let id = entry.target.as_str();
    let page = if entry.action.starts_with("staff.") && id.starts_with("usr_") {
        Some(format!("/operator/staff/{id}"))
    } else {
        ui::operator_page(id)
    };
    let kind = id.split_once('_').map(|(kind, _)| view.word("thing", kind)).filter(|said| !said.starts_with("thing-"));
    html! {
        span.named {
            @match (page.filter(|_| whole), kind) {
                (Some(href), kind) => a href=(href) { (kind.unwrap_or_else(|| id.to_owned())) },
                (None, Some(kind)) => (kind),
                (None, None) => "",
            }
            code.small.muted { (id) }
        }
    }
}

/// The table of a log; the operator's names the accounts too.
pub(super) fn entries<'a>(view: &'a View, rows: &'a [NamedEntry], whole: bool) -> Table<'a, NamedEntry> {
    let table = Table::new(view, view.t("audit-entries"), rows)
        .column(view.t("audit-at"), |log| view.time(log.entry.at))
        .column(view.t("audit-action"), move |log| html! {
            span.named {
                (act(view, &log.entry.action))
                @if whole { a.small href={ "/operator/audit?action=" (log.entry.action) } { code { (log.entry.action) } } }
            }
        })
        .column(view.t("audit-who"), move |log| {
            let name = log.user.clone().unwrap_or_else(|| view.t("audit-system"));
            named(&name, log.account.as_deref().filter(|_| whole))
        })
        .column(view.t("audit-target"), move |log| target(view, &log.entry, whole));
    table
        .column(view.t("audit-detail"), |log| {
            let text = log.entry.detail.0.to_string();
            html! { @if text != "{}" { details { summary { (view.t("ui-show")) } code.small { (text) } } } }
        })
        .column(view.t("sessions-from"), |log| html! { span.small { (view.address(&log.entry.from_address)) } })
}

async fn csv(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut accounts.app.db.read());
    let search = query.search();
    let titles = [
        "audit-at",
        "audit-action",
        "account-id",
        "audit-who",
        "audit-credential",
        "audit-target",
        "audit-detail",
        "sessions-from",
    ];
    let mut sheet = Sheet::new(view, &titles);
    while let Some(page) = sheet.wants() {
        let found = accounts.audit_log(tx, &operator, &search, page).await?;
        sheet.add(found.next_cursor, found.items.into_iter().map(cells));
    }
    Ok(sheet.download("audit"))
}

fn cells(entry: AuditEntry) -> Vec<String> {
    let AuditEntry { id: _, account_id, user_id, actor, action, target, detail, from_address, at } = entry;
    let account = account_id.map(|id| id.to_string()).unwrap_or_default();
    let user = user_id.map(|id| id.to_string()).unwrap_or_default();
    vec![at.to_string(), action, account, user, actor, target, detail.0.to_string(), from_address]
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/operator/audit", log, Access::Operator)
        .page("/operator/audit.csv", csv, Access::Operator)
        .page("/console/security/activity", own, Access::Buyer)
        .done()
}
