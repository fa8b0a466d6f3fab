//! What an account owns. The page of one instance stands in `refunds`, which knows all that can be done with it.

use accounts::{Buyer, Visit};
use axum::{extract::State as Given, response::Response};
use kernel::{Error, PageQuery};
use maud::{Markup, html};
use platform::http::{Access, Problem, Query, Routes};
use serde::Deserialize;
use ui::{Choice, Field, Mistakes, Page, Place, Sheet, Table, Tone, View};

use crate::{
    Filter, Instances,
    rules::{Instance, InstanceState, State},
};

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter { state: self.state.parse().ok(), product: None }
    }
}

/// A state in a word and its colour.
pub fn instance_badge(view: &View, state: InstanceState) -> Markup {
    let tone = match state {
        InstanceState::Active => Tone::Good,
        InstanceState::Pending | InstanceState::Grace | InstanceState::Expired => Tone::Warn,
        InstanceState::Released => Tone::Plain,
    };
    ui::badge(tone, &view.word("instance-state", state.as_str()))
}

/// That it is a trial.
pub fn trial_badge(view: &View) -> Markup {
    ui::badge(Tone::Info, &view.t("instance-trial"))
}

async fn list(
    Given(instances): Given<Instances>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Page, Problem> {
    let page = PageQuery { cursor: asked.cursor.clone(), limit: None }.checked().map_err(Error::from)?;
    let mut tx = instances.app.db.read();
    let found = instances.list(&mut tx, &buyer, asked.filter(), page).await?;
    let sellers = instances.accounts.names(&mut tx, found.items.iter().map(|row| row.seller).collect()).await?;
    let view = &visit.view;
    let title = view.t("instances-title");
    let none = if asked.filter().state.is_none() {
        ui::empty(
            &view.t("instances-none"),
            &view.t("instances-none-text"),
            &ui::button_link("/", &view.t("instances-none-go"), true),
        )
    } else {
        ui::empty(&view.t("instances-none-such"), &view.t("instances-none-such-text"), &html! {})
    };
    let mut states = vec![Choice::new("all", view.t("instance-state-all"))];
    let word = |state: &InstanceState| view.word("instance-state", state.as_str());
    states.extend(InstanceState::ALL.iter().map(|state| Choice::new(state.as_str(), word(state))));
    let label = view.t("instance-state-label");
    let csv = asked.filter().state.map(|state| format!("?state={state}")).unwrap_or_default();
    let table = Table::new(view, &title, &found.items)
        .column(view.t("instance-name"), |row| {
            html! {
                a href={ "/console/instances/" (row.id) } { (view.of(&row.title)) }
                @if row.is_trial { " " (trial_badge(view)) }
            }
        })
        .column(view.t("instance-seller"), |row| html! { (sellers.get(&row.seller).map_or("", String::as_str)) })
        .column(view.t("instance-state-label"), |row| instance_badge(view, row.state.name()))
        .column(view.t("instance-since"), |row| view.date(row.activated_at))
        .column(view.t("instance-until"), |row| expiry(view, row))
        .filters(Field::select("state", &label, &states).value(&asked.state).required().render(view, &Mistakes::none()))
        .empty(none)
        .next(found.next_cursor.as_deref())
        .csv(format!("/console/instances.csv{csv}"))
        .render();
    Ok(ui::page(
        view,
        Place::Console("instances"),
        &title,
        &html! {
            (ui::header(&title, Some(&view.t("instances-lead")), &html! {}))
            (table)
        },
    ))
}

fn expiry(view: &View, instance: &Instance) -> Markup {
    let unlimited = || html! { span.muted { (view.t("instance-unlimited")) } };
    match instance.state {
        State::Pending { .. } => html! { span.muted { (view.t("instance-after-acceptance")) } },
        State::Active | State::Grace { .. } | State::Expired { .. } | State::Released { .. } => {
            instance.expires_at.map_or_else(unlimited, |end| view.date(end))
        }
    }
}

async fn file(
    Given(instances): Given<Instances>,
    visit: Visit,
    buyer: Buyer,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let (view, tx) = (&visit.view, &mut instances.app.db.read());
    let titles =
        ["instance-id", "instance-name", "instance-seller", "instance-state-label", "instance-since", "instance-until"];
    let mut sheet = Sheet::new(view, &titles);
    while let Some(page) = sheet.wants() {
        let found = instances.list(tx, &buyer, asked.filter(), page).await?;
        let sellers = instances.accounts.names(tx, found.items.iter().map(|row| row.seller).collect()).await?;
        let cells = |row: &Instance| {
            vec![
                row.id.to_string(),
                view.of(&row.title).to_owned(),
                sellers.get(&row.seller).cloned().unwrap_or_default(),
                view.word("instance-state", row.state.name().as_str()),
                row.activated_at.to_string(),
                row.expires_at.map(|end| end.to_string()).unwrap_or_default(),
            ]
        };
        sheet.add(found.next_cursor, found.items.iter().map(cells));
    }
    Ok(sheet.download("purchased"))
}

pub(crate) fn routes(instances: &Instances) -> Routes {
    Routes::of(instances.clone())
        .page("/console/instances", list, Access::Buyer)
        .page("/console/instances.csv", file, Access::Buyer)
        .done()
}
