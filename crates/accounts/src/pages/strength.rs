//! How good a password is, said beside its field while it is typed. What is refused is decided when it is sent.

use maud::{Markup, html};
use platform::http::{Access, Form, Routes};
use serde::Deserialize;

use crate::{
    Accounts, Visit,
    rules::{Strength, strength},
};

pub(super) const PATH: &str = "/password-strength";

/// The password, and what it should not be made from.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    password: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

async fn say(visit: Visit, Form(typed): Form<Typed>) -> Markup {
    let view = &visit.view;
    let found = strength(&typed.password, &[&typed.name, &typed.email]);
    let place = Strength::ALL.iter().position(|one| *one == found).unwrap_or_default() + 1;
    let said = view.word("password-strength", found.as_str());
    html! {
        p.strength.small {
            meter.meter.full[found == Strength::Strong] min="0" max=(Strength::ALL.len()) value=(place) aria-hidden="true" {}
            " " (said)
        }
    }
}

pub(super) fn routes(accounts: &Accounts) -> Routes {
    Routes::of(accounts.clone()).form(PATH, say, Access::Public).done()
}
