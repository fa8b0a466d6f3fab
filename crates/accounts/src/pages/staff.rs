//! The operator's staff.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{id::UserId, text::Lang};
use maud::html;
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Table, View};

use super::{
    parts::{languages, page_of},
    people::{People, act},
    team::Cursor,
};
use crate::{Accounts, Operator, StaffPermission, StaffRole, Visit, actions::team::NewStaff, store::user::User};

const PLACE: Place = Place::Operator("staff");

const STAFF: People = People { at: "/operator/staff", role: "staff-role", disable_text: "staff-disable-text" };

#[derive(Default, Deserialize)]
struct NewStaffForm {
    #[serde(default)]
    email: String,
    role: Option<StaffRole>,
    lang: Option<Lang>,
}

#[derive(Deserialize)]
struct RoleForm {
    role: StaffRole,
    version: i64,
}

async fn list(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    Query(query): Query<Cursor>,
) -> Result<Page, Problem> {
    let view = &visit.view;
    let title = view.word("nav-operator", "staff");
    if operator.may_staff(StaffPermission::RunSite).is_err() {
        return Ok(ui::page(
            view,
            PLACE,
            &title,
            &html! {
                (ui::header(&title, None, &html! {}))
                (ui::empty(&view.t("staff-not-yours"), &view.t("staff-not-yours-text"), &html! {}))
            },
        ));
    }
    let staff = accounts.staff_list(&mut accounts.app.db.read(), &operator, page_of(query.cursor)?).await?;
    let add = ui::button_link("/operator/staff/new", &view.t("staff-add"), true);
    let table = Table::new(view, title.as_str(), &staff.items)
        .column(view.t("sign-up-email"), |user| STAFF.link(user))
        .column(view.t("team-role"), |user| STAFF.role(view, user));
    let table = People::columns(view, table).next(staff.next_cursor.as_deref());
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("staff-lead")), &add))
            (table.render())
        },
    ))
}

/// The roles with what each may do.
fn roles(view: &View) -> Vec<Choice> {
    let choice = |role: &StaffRole| {
        Choice::new(role.as_str(), view.word("staff-role", role.as_str())).hint(view.word("staff-hint", role.as_str()))
    };
    StaffRole::ALL.iter().map(choice).collect()
}

async fn new(visit: Visit, operator: Operator) -> Result<Page, Problem> {
    operator.may_staff(StaffPermission::RunSite).map_err(kernel::Error::from)?;
    Ok(new_page(&visit.view, &NewStaffForm::default(), &Mistakes::none()))
}

fn new_page(view: &View, form: &NewStaffForm, mistakes: &Mistakes) -> Page {
    let title = view.t("staff-add");
    let role = form.role.unwrap_or(StaffRole::Reviewer);
    let lang = form.lang.unwrap_or(view.lang);
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("staff-add-lead")), &html! {}))
            (ui::card(None, &ui::form(view, "/operator/staff/new", &html! {
                (mistakes.summary(view))
                div.fields {
                    (Field::input("email", "email", &view.t("sign-up-email")).value(&form.email).required().render(view, mistakes))
                    (Field::select("lang", &view.t("security-lang"), &languages()).value(lang.as_str()).required().render(view, mistakes))
                }
                (ui::choice_cards(&view.t("team-role"), "role", &roles(view), role.as_str(), mistakes))
                div.row {
                    button.button.primary type="submit" { (view.t("staff-add")) }
                    (ui::button_link("/operator/staff", &view.t("ui-cancel"), false))
                }
            })))
        },
    )
}

async fn create(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    once: Once,
    Form(form): Form<NewStaffForm>,
) -> Result<Response, Problem> {
    let wanted = NewStaff {
        email: form.email.clone(),
        role: form.role.unwrap_or(StaffRole::Reviewer),
        lang: form.lang.unwrap_or(visit.view.lang),
    };
    let created = once.run(&accounts.app, async |tx| {
        let user = accounts.create_staff(tx, &operator, &wanted).await?;
        Ok(Answer::see_other(format!("/operator/staff/{}?done=user-added", user.id)))
    });
    match created.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            Ok(new_page(&visit.view, &form, &mistakes).refused().into_response())
        }
    }
}

async fn show(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    PathParam(id): PathParam<UserId>,
) -> Result<Page, Problem> {
    let user = accounts.staff_member(&mut accounts.app.db.read(), &operator, id).await?;
    Ok(member_page(&visit.view, &operator, &user, &Mistakes::none()))
}

async fn edit(
    State(accounts): State<Accounts>,
    visit: Visit,
    operator: Operator,
    once: Once,
    PathParam(id): PathParam<UserId>,
    Form(form): Form<RoleForm>,
) -> Result<Response, Problem> {
    let edited = once.run(&accounts.app, async |tx| {
        accounts.edit_staff(tx, &operator, (id, IfMatch(form.version)), form.role).await?;
        Ok(Answer::see_other(format!("/operator/staff/{id}?done=saved")))
    });
    match edited.await {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let user = accounts.staff_member(&mut accounts.app.db.read(), &operator, id).await?;
            Ok(member_page(&visit.view, &operator, &user, &mistakes).refused().into_response())
        }
    }
}

fn member_page(view: &View, operator: &Operator, user: &User, mistakes: &Mistakes) -> Page {
    let oneself = user.id == operator.user();
    ui::page(
        view,
        PLACE,
        &user.name,
        &html! {
            (ui::header(&user.name, None, &html! {}))
            div.columns {
                (STAFF.facts(view, user, Vec::new()))
                @if !oneself {
                    (ui::card(Some(&view.t("team-role")), &ui::form(view, &format!("/operator/staff/{}", user.id), &html! {
                        (mistakes.summary(view))
                        input type="hidden" name="version" value=(user.version);
                        (ui::choice_cards(&view.t("staff-role"), "role", &roles(view), &user.role, mistakes))
                        div.row { button.button.primary type="submit" { (view.t("account-save")) } }
                    })))
                }
            }
            @if oneself { p { a href="/console/security" { (view.t("team-yourself")) } } } @else { (STAFF.acts(view, user, &html! {})) }
        },
    )
}

act!(disable, Operator, disable_staff, STAFF, "user-disabled");
act!(enable, Operator, enable_staff, STAFF, "user-enabled");
act!(end_two_step, Operator, staff_disable_totp, STAFF, "two-step-ended");

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/operator/staff", list, Access::Operator)
        .page("/operator/staff/new", new, Access::Operator)
        .form("/operator/staff/new", create, Access::Operator)
        .page("/operator/staff/{user}", show, Access::Operator)
        .form("/operator/staff/{user}", edit, Access::Operator)
        .form("/operator/staff/{user}/disable", disable, Access::Operator)
        .form("/operator/staff/{user}/enable", enable, Access::Operator)
        .form("/operator/staff/{user}/two-step-off", end_two_step, Access::Operator)
        .done()
}
