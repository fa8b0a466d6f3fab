//! What programs sign in with: API tokens and pairs of keys. Their secrets are on the page that made them and nowhere else.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{
    Timestamp,
    id::{AccessKeyId, TokenId},
    page::{LIMIT_MAX, PageOf},
};
use maud::{Markup, html};
use platform::http::{Access, Answer, Form, IfMatch, Once, PathParam, Problem, Routes};
use serde::Deserialize;
use ui::{Field, Mistakes, Page, Place, Table, Tone, View};

use super::parts::danger;
use crate::{
    Accounts, Buyer, Permission, Visit,
    actions::credentials::{CREDENTIAL_NAME_MAX, NewAccessKey, NewToken, TOKEN_DAYS_MAX},
    store::credential::{AccessKey, Token},
};

const PLACE: Place = Place::Console("keys");

#[derive(Default, Deserialize)]
struct TokenForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<Permission>,
    #[serde(default)]
    days: String,
}

#[derive(Default, Deserialize)]
struct KeyForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<Permission>,
}

#[derive(Deserialize)]
struct SwitchForm {
    version: i64,
    active: bool,
}

async fn list(State(accounts): State<Accounts>, visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    let view = &visit.view;
    let title = view.t("keys-title");
    if buyer.may(Permission::ManageTeam).is_err() {
        return Ok(ui::page(
            view,
            PLACE,
            &title,
            &html! {
                (ui::header(&title, Some(&view.t("keys-lead")), &html! {}))
                (ui::empty(&view.t("keys-not-yours"), &view.t("keys-not-yours-text"), &html! {}))
            },
        ));
    }
    let tx = &mut accounts.app.db.read();
    let page = || PageOf { before: None, limit: LIMIT_MAX };
    let (tokens, keys) = (accounts.tokens(tx, &buyer, page()).await?, accounts.keys(tx, &buyer, page()).await?);
    let now = accounts.app.clock.now();
    Ok(ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("keys-lead")), &html! { a href="/api/v1/openapi.json" { (view.t("keys-api")) } }))
            section.card {
                div.spread { h2 { (view.t("tokens-title")) } (ui::button_link("/console/keys/new-token", &view.t("tokens-new"), true)) }
                p.muted { (view.t("tokens-lead")) }
                (tokens_table(view, &tokens.items, now))
            }
            section.card {
                div.spread { h2 { (view.t("access-keys-title")) } (ui::button_link("/console/keys/new-key", &view.t("access-keys-new"), true)) }
                p.muted { (view.t("access-keys-lead")) }
                (keys_table(view, &keys.items))
            }
        },
    ))
}

fn scopes(view: &View, scopes: &[Permission]) -> Markup {
    let names: Vec<String> = scopes.iter().map(|scope| view.word("account-permission", scope.as_str())).collect();
    html! { (names.join(&view.t("keys-and"))) }
}

fn used(view: &View, at: Option<Timestamp>) -> Markup {
    html! { @if let Some(at) = at { (view.time(at)) } @else { span.muted { (view.t("team-never")) } } }
}

fn tokens_table(view: &View, tokens: &[Token], now: Timestamp) -> Markup {
    let over = |token: &Token| token.revoked_at.is_some() || token.expires_at <= now;
    let state = |token: &Token| match (token.revoked_at, token.expires_at <= now) {
        (Some(_), _) => ui::badge(Tone::Plain, &view.t("tokens-revoked")),
        (None, true) => ui::badge(Tone::Plain, &view.t("tokens-expired")),
        (None, false) => ui::badge(Tone::Good, &view.t("keys-active")),
    };
    Table::new(view, view.t("tokens-title"), tokens)
        .column(view.t("keys-name"), |token| html! { (token.name) })
        .column(view.t("keys-scopes"), |token| scopes(view, &token.scopes.0))
        .column(view.t("tokens-until"), |token| view.date(token.expires_at))
        .column(view.t("keys-used"), |token| used(view, token.last_used_at))
        .column(view.t("team-state"), state)
        .column(view.t("account-actions"), |token| html! {
            @if !over(token) {
                (danger(view, &format!("/console/keys/tokens/{}/end", token.id), (&view.t("tokens-revoke"), &view.t("tokens-revoke-title"), &view.t("tokens-revoke-text"))))
            }
        })
        .empty(ui::empty(&view.t("tokens-none"), &view.t("tokens-none-text"), &html! {}))
        .render()
}

fn keys_table(view: &View, keys: &[AccessKey]) -> Markup {
    let state = |key: &AccessKey| {
        if key.active {
            ui::badge(Tone::Good, &view.t("keys-active"))
        } else {
            ui::badge(Tone::Plain, &view.t("access-keys-off"))
        }
    };
    Table::new(view, view.t("access-keys-title"), keys)
        .column(view.t("keys-name"), |key| html! { (key.name) })
        .column(view.t("access-keys-ak"), |key| ui::copyable(view, &key.access))
        .column(view.t("keys-scopes"), |key| scopes(view, &key.scopes.0))
        .column(view.t("keys-used"), |key| used(view, key.last_used_at))
        .column(view.t("team-state"), state)
        .column(view.t("account-actions"), |key| html! {
            div.actions {
                (switch(view, key))
                (danger(view, &format!("/console/keys/access-keys/{}/end", key.id), (&view.t("access-keys-delete"), &view.t("access-keys-delete-title"), &view.t("access-keys-delete-text"))))
            }
        })
        .empty(ui::empty(&view.t("access-keys-none"), &view.t("access-keys-none-text"), &html! {}))
        .render()
}

fn switch(view: &View, key: &AccessKey) -> Markup {
    let text = if key.active { view.t("access-keys-switch-off") } else { view.t("access-keys-switch-on") };
    ui::form(
        view,
        &format!("/console/keys/access-keys/{}", key.id),
        &html! {
            input type="hidden" name="version" value=(key.version);
            input type="hidden" name="active" value=(!key.active);
            button.button type="submit" { (text) }
        },
    )
}

/// What the new credential may do; never more than its maker.
fn scope_boxes(view: &View, buyer: &Buyer, chosen: &[Permission], mistakes: &Mistakes) -> Markup {
    html! {
        fieldset.choices #f-scopes {
            legend { (view.t("keys-scopes")) }
            div.choice-cards {
                @for scope in Permission::ALL.iter().filter(|scope| buyer.may(**scope).is_ok()) {
                    label.choice {
                        input type="checkbox" name="scopes" value=(scope) checked[chosen.contains(scope)];
                        span.choice-text { (view.word("account-permission", scope.as_str())) }
                        span.choice-hint { (view.word("permission-hint", scope.as_str())) }
                    }
                }
            }
            @if let Some(wrong) = mistakes.at("scopes") { p.wrong { (wrong) } }
        }
    }
}

async fn new_token(visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    buyer.may(Permission::ManageTeam).map_err(kernel::Error::from)?;
    let form = TokenForm { scopes: vec![Permission::View], days: "90".to_owned(), ..TokenForm::default() };
    Ok(token_page(&visit.view, &buyer, &form, &Mistakes::none()))
}

fn token_page(view: &View, buyer: &Buyer, form: &TokenForm, mistakes: &Mistakes) -> Page {
    let title = view.t("tokens-new");
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("tokens-lead")), &html! {}))
            (ui::card(None, &ui::form(view, "/console/keys/new-token", &html! {
                (mistakes.summary(view))
                div.fields {
                    (name_field(view, &form.name, mistakes))
                    (Field::input("number", "days", &view.t("tokens-days")).value(&form.days).required().with("min", "1").with("max", TOKEN_DAYS_MAX.to_string()).render(view, mistakes))
                }
                (scope_boxes(view, buyer, &form.scopes, mistakes))
                (make_or_not(view))
            })))
        },
    )
}

fn name_field(view: &View, name: &str, mistakes: &Mistakes) -> Markup {
    let label = view.t("keys-name");
    Field::text("name", &label)
        .value(name)
        .hint(view.t("keys-name-hint"))
        .required()
        .with("maxlength", CREDENTIAL_NAME_MAX.to_string())
        .render(view, mistakes)
}

fn make_or_not(view: &View) -> Markup {
    html! {
        div.row {
            button.button.primary type="submit" { (view.t("keys-make")) }
            (ui::button_link("/console/keys", &view.t("ui-cancel"), false))
        }
    }
}

async fn make_token(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<TokenForm>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let wanted = NewToken {
        name: form.name.clone(),
        scopes: form.scopes.clone(),
        // What is no number is refused with those that are too small.
        days: form.days.trim().parse().unwrap_or(0),
    };
    let made = once.run(&accounts.app, async |tx| {
        let (_, secret) = accounts.issue_token(tx, &buyer, &wanted).await?;
        Ok(Answer::created(&[secret]).secret())
    });
    match made.await {
        Ok(answer) => {
            let token = answer.body()[0].as_str().unwrap_or_default();
            let shown = html! {
                (ui::code(view, &view.t("tokens-one"), token))
                (ui::code(view, &view.t("tokens-try"), &format!("curl -H \"Authorization: Bearer {token}\" {}/api/v1/me", accounts.app.config.public_url())))
            };
            Ok(made_page(view, &view.t("tokens-made"), &shown).into_response())
        }
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(token_page(view, &buyer, &form, &mistakes).refused().into_response())
        }
    }
}

/// The only page that ever shows the secret.
fn made_page(view: &View, title: &str, shown: &Markup) -> Page {
    ui::page(
        view,
        PLACE,
        title,
        &html! {
            (ui::header(title, None, &html! {}))
            (ui::notice(Tone::Warn, &html! { p { (view.t("keys-once")) } }))
            (shown)
            div.row { (ui::button_link("/console/keys", &view.t("keys-kept"), true)) }
        },
    )
}

async fn new_key(visit: Visit, buyer: Buyer) -> Result<Page, Problem> {
    buyer.may(Permission::ManageTeam).map_err(kernel::Error::from)?;
    let form = KeyForm { scopes: vec![Permission::Integrate], ..KeyForm::default() };
    Ok(key_page(&visit.view, &buyer, &form, &Mistakes::none()))
}

fn key_page(view: &View, buyer: &Buyer, form: &KeyForm, mistakes: &Mistakes) -> Page {
    let title = view.t("access-keys-new");
    ui::page(
        view,
        PLACE,
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("access-keys-lead")), &html! {}))
            (ui::card(None, &ui::form(view, "/console/keys/new-key", &html! {
                (mistakes.summary(view))
                (name_field(view, &form.name, mistakes))
                (scope_boxes(view, buyer, &form.scopes, mistakes))
                (make_or_not(view))
            })))
        },
    )
}

async fn make_key(
    State(accounts): State<Accounts>,
    visit: Visit,
    buyer: Buyer,
    once: Once,
    Form(form): Form<KeyForm>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let wanted = NewAccessKey { name: form.name.clone(), scopes: form.scopes.clone() };
    let made = once.run(&accounts.app, async |tx| {
        let (key, secret) = accounts.create_key(tx, &buyer, &wanted).await?;
        Ok(Answer::created(&[key.access, secret]).secret())
    });
    match made.await {
        Ok(answer) => {
            let text = |at: usize| answer.body()[at].as_str().unwrap_or_default();
            let shown = html! {
                (ui::code(view, &view.t("access-keys-ak"), text(0)))
                (ui::code(view, &view.t("access-keys-sk"), text(1)))
            };
            Ok(made_page(view, &view.t("access-keys-made"), &shown).into_response())
        }
        Err(problem) => {
            let mistakes = view.retry(problem)?;
            Ok(key_page(view, &buyer, &form, &mistakes).refused().into_response())
        }
    }
}

async fn end_token(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<TokenId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.revoke_token(tx, &buyer, id).await?;
        Ok(Answer::see_other("/console/keys?done=token-revoked"))
    })
    .await
}

async fn switch_key(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<AccessKeyId>,
    Form(form): Form<SwitchForm>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.edit_key(tx, &buyer, (id, IfMatch(form.version)), (None, Some(form.active))).await?;
        Ok(Answer::see_other("/console/keys?done=saved"))
    })
    .await
}

async fn end_key(
    State(accounts): State<Accounts>,
    buyer: Buyer,
    once: Once,
    PathParam(id): PathParam<AccessKeyId>,
) -> Result<Answer, Problem> {
    once.run(&accounts.app, async |tx| {
        accounts.delete_key(tx, &buyer, id).await?;
        Ok(Answer::see_other("/console/keys?done=key-deleted"))
    })
    .await
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .page("/console/keys", list, Access::Buyer)
        .page("/console/keys/new-token", new_token, Access::Buyer)
        .form("/console/keys/new-token", make_token, Access::Buyer)
        .page("/console/keys/new-key", new_key, Access::Buyer)
        .form("/console/keys/new-key", make_key, Access::Buyer)
        .form("/console/keys/tokens/{token}/end", end_token, Access::Buyer)
        .form("/console/keys/access-keys/{access_key}", switch_key, Access::Buyer)
        .form("/console/keys/access-keys/{access_key}/end", end_key, Access::Buyer)
        .done()
}
