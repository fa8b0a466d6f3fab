//! The people of an account.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{id::UserId, text::Lang};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::{
    parts::{button, given, languages, new_password, page_of},
    people::{People, act},
};
use crate::{
    Account, Accounts, Buyer, Permission, Visit,
    actions::team::{NewUser, UserEdit},
    rules::TeamRole,
    store::user::User,
};

const PLACE: Place = Place::Console("team");

const TEAM: People = People { at: "/console/team", role: "account-role", disable_text: "team-disable-text" };

#[derive(Deserialize)]
pub(super) struct Cursor {
    pub(super) cursor: Option<String>,
}

#[derive(Default, Deserialize)]
struct NewUserForm {
    #[serde(default)]
    name: String,
    role: Option<TeamRole>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    mobile: String,
    lang: Option<Lang>,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
struct EditForm {
    role: TeamRole,
    #[serde(default)]
    email: String,
    #[serde(default)]
    mobile: String,
    lang: Lang,
    version: i64,
}

async fn list(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    Query(query): Query<Cursor>,
) -> Result<Page, Problem> {
    let (view, tx) = (&visit.view, &mut accounts.app.db.read());
    let users = accounts.users(tx, &buyer, page_of(query.cursor)?).await?;
    let account = accounts.find(tx, buyer.account()).await?;
    let title = view.t("team-title");
    let add = html! {
        @if buyer.may(Permission::ManageTeam).is_ok() { (ui::button_link("/console/team/new", &view.t("team-add"), true)) }
    };
    let table = Table::new(view, title.as_str(), &users.items)
        .column(view.t("team-name"), |user| TEAM.link(user))
        .column(view.t("team-role"), |user| TEAM.role(view, user))
        .column(
            view.t("sign-up-email"),
            |user| html! { @if !user.by_email { (user.email.as_deref().unwrap_or_default()) } },
        );
    let table = People::columns(view, table).next(users.next_cursor.as_deref());
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("team-lead")), &add))
            (table.render())
            (sign_in_help(view, &account))
        },
    ))
}

/// Where the others sign in, to be handed on.
fn sign_in_help(view: &View, account: &Account) -> Markup {
    ui::card(
        Some(&view.t("team-sign-in")),
        &html! {
            p { (view.t("team-sign-in-text")) }
            (ui::facts(&[
                (view.t("team-sign-in-page"), html! { a href=(account.sign_in_path()) { (account.sign_in_path()) } }),
                (view.t("team-short-name"), ui::copyable(view, &account.slug)),
                (view.t("team-account-name"), html! { (account.name) }),
                (view.t("team-account-id"), ui::copyable(view, &account.id.to_string())),
            ]))
        },
    )
}

async fn new(State(accounts): State<Accounts>, visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    buyer.may(Permission::ManageTeam).map_err(kernel::Error::from)?;
    Ok(new_page(&visit.view, &NewUserForm::default(), &Mistakes::none(), accounts.password_length().await?))
}

async fn create(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<NewUserForm>,
) -> Result<Response, Problem> {
    let wanted = NewUser {
        name: form.name.trim().to_lowercase(),
        role: form.role.unwrap_or(TeamRole::ReadOnly),
        email: given(&form.email),
        mobile: given(&form.mobile),
        lang: form.lang.unwrap_or(visit.view.lang),
        password: Some(form.password.clone()).filter(|password| !password.is_empty()),
    };
    let created = once.run_after(&accounts.app, accounts.check_user(&buyer, &wanted), async |tx, new| {
        let user = accounts.create_user(tx, &buyer, &new).await?;
        Ok(Answer::see_other(format!("/console/team/{}?done=user-added", user.id)))
    });
    match created.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let length = accounts.password_length().await?;
            Ok(new_page(&visit.view, &form, &mistakes, length).refused().into_response())
        }
    }
}

/// The roles with what each may do.
fn roles(view: &View) -> Vec<Choice> {
    let choice = |role: &TeamRole| {
        Choice::new(role.as_str(), view.word("account-role", role.as_str())).hint(view.word("role-hint", role.as_str()))
    };
    TeamRole::ALL.iter().map(choice).collect()
}

fn new_page(view: &View, form: &NewUserForm, mistakes: &Mistakes, length: u32) -> Page {
    let title = view.t("team-add");
    let role = form.role.unwrap_or(TeamRole::Developer);
    let lang = form.lang.unwrap_or(view.lang);
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("team-add-lead")), &html! {}))
            (ui::card(None, &ui::form(view, "/console/team/new", &html! {
                (mistakes.summary(view))
                (ui::choice_cards(&view.t("team-role"), "role", &roles(view), role.as_str(), mistakes))
                div.fields {
                    (Field::text("name", &view.t("team-name")).value(&form.name).hint(view.t("team-name-hint")).required().with("autocapitalize", "none").with("maxlength", "32").render(view, mistakes))
                    (Field::input("email", "email", &view.t("sign-up-email")).value(&form.email).hint(view.t("team-email-hint")).render(view, mistakes))
                    (Field::input("tel", "mobile", &view.t("account-mobile")).value(&form.mobile).render(view, mistakes))
                    (Field::select("lang", &view.t("security-lang"), &languages()).value(lang.as_str()).required().render(view, mistakes))
                }
                details open[mistakes.at("password").is_some()] {
                    summary { (view.t("team-set-password")) }
                    (new_password(view, &view.t("sign-in-password"), length).render(view, mistakes))
                }
                div.row {
                    button.button.primary type="submit" { (view.t("team-add")) }
                    (ui::button_link("/console/team", &view.t("ui-cancel"), false))
                }
            })))
        },
    )
}

async fn show(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    PathParam(id): PathParam<UserId>,
) -> Result<Page, Problem> {
    let user = accounts.user(&mut accounts.app.db.read(), &buyer, id).await?;
    Ok(user_page(&visit.view, &buyer, &user, &Mistakes::none()))
}

async fn edit(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<UserId>,
    Form(form): Form<EditForm>,
) -> Result<Response, Problem> {
    let edit = UserEdit {
        role: Some(form.role),
        email: Some(form.email.trim().to_owned()),
        mobile: Some(form.mobile.trim().to_owned()),
        lang: Some(form.lang),
    };
    let edited = once.run(&accounts.app, async |tx| {
        accounts.edit_user(tx, &buyer, (id, IfMatch(form.version)), &edit).await?;
        Ok(Answer::see_other(format!("/console/team/{id}?done=saved")))
    });
    match edited.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let user = accounts.user(&mut accounts.app.db.read(), &buyer, id).await?;
            let typed = User {
                role: form.role.to_string(),
                email: edit.email,
                mobile: edit.mobile,
                lang: form.lang,
                version: form.version,
                ..user
            };
            Ok(user_page(&visit.view, &buyer, &typed, &mistakes).refused().into_response())
        }
    }
}

fn user_page(view: &View, buyer: &Buyer, user: &User, mistakes: &Mistakes) -> Page {
    let managed = buyer.may(Permission::ManageTeam).is_ok() && !user.is_owner() && user.id != buyer.user();
    let contacts = vec![
        (view.t("sign-up-email"), html! { (user.email.as_deref().unwrap_or("–")) }),
        (view.t("account-mobile"), html! { (user.mobile.as_deref().unwrap_or("–")) }),
    ];
    let link = html! {
        @if user.email.is_some() { (button(view, &format!("{}/{}/link", TEAM.at, user.id), &view.t("team-send-link"))) }
    };
    ui::page(
        view,
        PLACE,
        &user.name,
        &html! {
            (ui::header(&user.name, None, &html! {}))
            div.columns {
                (TEAM.facts(view, user, contacts))
                @if managed { (edit_card(view, user, mistakes)) }
            }
            @if managed { (TEAM.acts(view, user, &link)) }
            @if user.id == buyer.user() { p { a href="/console/security" { (view.t("team-yourself")) } } }
        },
    )
}

fn edit_card(view: &View, user: &User, mistakes: &Mistakes) -> Markup {
    ui::card(
        Some(&view.t("team-edit")),
        &ui::form(
            view,
            &format!("/console/team/{}", user.id),
            &html! {
                (mistakes.summary(view))
                input type="hidden" name="version" value=(user.version);
                (Field::select("role", &view.t("team-role"), &roles(view)).value(&user.role).required().render(view, mistakes))
                (Field::input("email", "email", &view.t("sign-up-email")).value(user.email.as_deref().unwrap_or_default()).render(view, mistakes))
                (Field::input("tel", "mobile", &view.t("account-mobile")).value(user.mobile.as_deref().unwrap_or_default()).render(view, mistakes))
                (Field::select("lang", &view.t("security-lang"), &languages()).value(user.lang.as_str()).required().render(view, mistakes))
                div.row { button.button.primary type="submit" { (view.t("account-save")) } }
            },
        ),
    )
}

act!(disable, Buyer, disable_user, TEAM, "user-disabled");
act!(enable, Buyer, enable_user, TEAM, "user-enabled");
act!(send_link, Buyer, send_link, TEAM, "link-sent");
act!(end_two_step, Buyer, disable_totp_of, TEAM, "two-step-ended");

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/console/team", list, Access::Buyer)
        .page("/console/team/new", new, Access::Buyer)
        .form("/console/team/new", create, Access::Buyer)
        .page("/console/team/{user}", show, Access::Buyer)
        .form("/console/team/{user}", edit, Access::Buyer)
        .form("/console/team/{user}/disable", disable, Access::Buyer)
        .form("/console/team/{user}/enable", enable, Access::Buyer)
        .form("/console/team/{user}/link", send_link, Access::Buyer)
        .form("/console/team/{user}/two-step-off", end_two_step, Access::Buyer)
        .done()
}
