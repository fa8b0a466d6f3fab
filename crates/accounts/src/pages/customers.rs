//! The accounts of the site, as the operator finds and sees them.

use axum::extract::State;
use kernel::id::{AccountId, UserId};
use maud::{Markup, html};
use platform::http::{Access, Answer, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, Tone, View};

use super::{
    audit::entries,
    parts::{chosen, danger, named, page_of, two_step_state, user_state},
};
use crate::{
    Account, AccountKind, Accounts, Operator, StaffPermission, Visit,
    actions::{
        account::Search,
        audit::{AuditSearch, NamedEntry},
    },
    rules::VerificationState,
    store::{user::User, verification::Verification},
};

const PLACE: Place = Place::Operator("accounts");

#[derive(Deserialize)]
struct AccountsQuery {
    q: Option<String>,
    kind: Option<String>,
    cursor: Option<String>,
}

async fn search(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    Query(query): Query<AccountsQuery>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let text = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let kind: Option<AccountKind> = chosen(query.kind.as_deref());
    let search = Search { text: text.map(str::to_owned), kind };
    let found = accounts.search(&mut accounts.app.db.read(), &operator, &search, page_of(query.cursor)?).await?;
    let title = view.word("nav-operator", "accounts");
    let mut kinds = vec![Choice::new("", view.t("account-kind-any"))];
    kinds.extend(
        AccountKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), view.word("account-kind", kind.as_str()))),
    );
    let filters = html! {
        (Field::input("search", "q", &view.t("customers-search")).value(text.unwrap_or_default()).with("placeholder", view.t("customers-search-hint")).render(view, &Mistakes::none()))
        (Field::select("kind", &view.t("account-kind"), &kinds).value(kind.map_or("", AccountKind::as_str)).render(view, &Mistakes::none()))
    };
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("customers-lead")), &html! {}))
            (Table::new(view, title.as_str(), &found.items)
                .column(view.t("sign-in-account"), |account| html! { a href={ "/operator/accounts/" (account.id) } { (account.name) } })
                .column(view.t("team-short-name"), |account| html! { code { (account.slug) } })
                .column(view.t("account-kind"), |account| html! { (view.word("account-kind", account.kind.as_str())) })
                .column(view.t("team-state"), |account| standing(view, account))
                .column(view.t("account-since"), |account| view.date(account.created_at))
                .filters(filters)
                .empty(ui::empty(&view.t("customers-none"), &view.t("customers-none-text"), &html! {}))
                .next(found.next_cursor.as_deref())
                .render())
        },
    ))
}

fn standing(view: &View, account: &Account) -> Markup {
    html! {
        span.row {
            @if account.verified { (ui::badge(Tone::Good, &view.t("account-verified"))) } @else { (ui::badge(Tone::Plain, &view.t("account-unverified"))) }
            @if account.seller { (ui::badge(Tone::Info, &view.t("account-seller"))) }
        }
    }
}

async fn show(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<AccountId>,
) -> Result<Page, Problem> {
    let (view, tx) = (&visit.view, &mut accounts.app.db.read());
    let (account, users) = accounts.look_at(tx, &operator, id).await?;
    let verifications = accounts.verifications_of(tx, &operator, id).await?;
    let log = if operator.may_staff(StaffPermission::Support).is_ok() {
        let search = AuditSearch { account: Some(id), action: None };
        let page = accounts.audit_log(tx, &operator, &search, page_of(None)?).await?;
        Some(accounts.named_log(tx, page.items).await?)
    } else {
        None
    };
    let ends = operator.may_staff(StaffPermission::RunSite).is_ok();
    Ok(ui::page(
        view,
        PLACE,
        &account.name,
        &html! {
            (ui::header(&account.name, None, &standing(view, &account)))
            div.columns {
                (ui::card(Some(&view.t("sign-in-account")), &facts(view, &account)))
                (verifications_card(view, &verifications))
            }
            (ui::card(Some(&view.t("customers-users")), &users_table(view, &users, ends)))
            @if let Some(log) = &log { (log_card(view, id, log)) }
        },
    ))
}

fn facts(view: &View, account: &Account) -> Markup {
    ui::facts(&[
        (view.t("account-kind"), html! { (view.word("account-kind", account.kind.as_str())) }),
        (view.t("account-verified-name"), html! { (account.verified_name.as_deref().unwrap_or("–")) }),
        (view.t("team-short-name"), html! { code { (account.slug) } }),
        (view.t("account-id"), ui::copyable(view, &account.id.to_string())),
        (view.t("account-since"), view.date(account.created_at)),
    ])
}

fn verifications_card(view: &View, verifications: &[Verification]) -> Markup {
    let tone = |state| match state {
        VerificationState::Pending => Tone::Warn,
        VerificationState::Approved => Tone::Good,
        VerificationState::Rejected => Tone::Bad,
    };
    ui::card(
        Some(&view.word("nav-operator", "verifications")),
        &html! {
            @if verifications.is_empty() { p.muted { (view.t("customers-no-verification")) } } @else {
                ul.plain {
                    @for one in verifications {
                        li.spread {
                            a href={ "/operator/verifications/" (one.id) } { (one.name) }
                            span.row { (view.date(one.submitted_at)) (ui::badge(tone(one.state), &view.word("verification-state", one.state.as_str()))) }
                        }
                    }
                }
            }
        },
    )
}

fn users_table(view: &View, users: &[User], ends: bool) -> Markup {
    let ended = |user: &User| ends && user.is_owner() && user.totp_confirmed_at.is_some();
    Table::new(view, view.t("customers-users"), users)
        .column(view.t("team-name"), |user| named(&user.name, user.email.as_deref()))
        .column(view.t("team-role"), |user| html! { (view.word("account-role", &user.role)) })
        .column(view.t("two-step-title"), |user| two_step_state(view, user))
        .column(view.t("team-last"), |user| html! { @if let Some(at) = user.last_sign_in_at { (view.time(at)) } @else { span.muted { (view.t("team-never")) } } })
        .column(view.t("team-state"), |user| user_state(view, user))
        .column(view.t("account-actions"), |user| html! {
            @if ended(user) {
                (danger(view, &format!("/operator/accounts/{}/users/{}/two-step-off", user.account_id, user.id), (&view.t("two-step-end"), &view.t("team-two-step-title"), &view.t("customers-two-step-text"))))
            }
        })
        .render()
}

fn log_card(view: &View, account: AccountId, log: &[NamedEntry]) -> Markup {
    ui::card(
        Some(&view.word("nav-operator", "audit")),
        &html! {
            (entries(view, log, false).render())
            p { a href={ "/operator/audit?account=" (account) } { (view.t("customers-whole-log")) } }
        },
    )
}

async fn end_two_step(
    State(accounts): State<Accounts>,
    operator: Operator,
    once: Once,
    PathParam((account, user)): PathParam<(AccountId, UserId)>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.staff_disable_totp(tx, &operator, user).await?;
        Ok(Answer::see_other(format!("/operator/accounts/{account}?done=two-step-ended")))
    })
    .await
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/operator/accounts", search, Access::Operator)
        .page("/operator/accounts/{account}", show, Access::Operator)
        .form("/operator/accounts/{account}/users/{user}/two-step-off", end_two_step, Access::Operator)
        .done()
}
