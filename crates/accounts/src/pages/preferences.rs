//! How this browser wants its pages: language, brightness and time zone. And the gallery of the components, in development.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use kernel::{Error, text::Lang};
use platform::{
    config::Environment,
    http::{Access, Form, Keep, Problem, Routes, set_cookie},
};
use serde::Deserialize;
use ui::Theme;

use crate::{
    Accounts, Visit,
    visit::{LANG, OWN_ZONE, THEME, known_zone, onward},
};

const YEAR: Keep = Keep::Seconds(365 * 86_400);

#[derive(Deserialize)]
struct Chosen {
    lang: Option<String>,
    theme: Option<String>,
    /// Empty: the device's.
    zone: Option<String>,
    back: Option<String>,
}

async fn choose(Form(chosen): Form<Chosen>) -> Response {
    let Chosen { lang, theme, zone, back } = chosen;
    let lang = lang.and_then(|lang| lang.parse::<Lang>().ok());
    let zone = zone.and_then(|zone| match zone.as_str() {
        "" => set_cookie(OWN_ZONE, "", Keep::Forget, false),
        name => known_zone(name).and_then(|_| set_cookie(OWN_ZONE, name, YEAR, false)),
    });
    let cookies = [
        zone,
        lang.and_then(|lang| set_cookie(LANG, lang.as_str(), YEAR, false)),
        theme.and_then(|theme| set_cookie(THEME, Theme::of(&theme).as_str(), YEAR, false)),
    ];
    let mut response = Redirect::to(&onward(back.as_deref(), "/")).into_response();
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn gallery(State(accounts): State<Accounts>, visit: Visit) -> Result<ui::Page, Problem> {
    match accounts.app.config.environment {
        Environment::Development => Ok(ui::gallery(&visit.view)),
        Environment::Production => Err(Error::NotFound(kernel::Thing::Page).into()),
    }
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone())
        .form("/preferences", choose, Access::Public)
        .page("/dev/ui", gallery, Access::Public)
        .done()
}
