//! The prices of a spec in the other currencies of the site, at rates that its seller locks.

use accounts::{Seller, Visit};
use axum::{extract::State, response::Response};
use kernel::{Invalid, id::ProductId};
use maud::{Markup, html};
use platform::http::{Access, Form, Once, PathParam, Problem, Routes};
use ui::{Field, Mistakes, Page, View};

use super::{Typed, answer, carried, path, prices, save, usage};
use crate::{
    Catalogue,
    actions::Desk,
    rules::{Listing, Section, Shared, Spec},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).form("/seller/products/{product}/prices/currencies", write, Access::Seller).done()
}

async fn write(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let typed = Typed::of(pairs);
    let index: usize = typed.text("spec").parse().unwrap_or_default();
    let next = format!("{}?spec={index}&done=listing-saved", path(id, Section::Prices));
    let policy = catalogue.policies.current().await?;
    let saved = save(&catalogue, &seller, once, id, &typed, |listing: &mut Listing| {
        let own = listing.currency;
        let Some(spec) = listing.specs.get_mut(index) else { return Ok(next) };
        let mut wrong = Invalid::default();
        for currency in policy.site.currencies.iter().filter(|currency| Some(**currency) != own) {
            let rate = typed.price(&format!("rate.{currency}"), &mut wrong);
            // Prices that were written for a currency stay as long as nothing is typed for it.
            let shown = spec.shared_in(*currency);
            if rate.map_or(Shared::Nothing, Shared::Rate) != shown && !(rate.is_none() && shown == Shared::Own) {
                spec.sell_in(*currency, rate);
            }
        }
        wrong.done()?;
        Ok(next)
    });
    answer(&catalogue, &visit, &seller, id, saved.await, |view, desk, mistakes| again(view, desk, index, mistakes))
        .await
}

fn again(view: &View, desk: &Desk, index: usize, mistakes: &Mistakes) -> Page {
    if desk.listing().specs.get(index).is_some_and(Spec::is_by_use) {
        return usage::stored(view, desk, (index, 0));
    }
    prices::stored(view, desk, index, mistakes)
}

/// One field for each currency that the site has beside the listing's own.
pub(super) fn rates(view: &View, desk: &Desk, index: usize, mistakes: &Mistakes) -> Markup {
    let (Some(own), Some(spec)) = (desk.listing().currency, desk.listing().specs.get(index)) else { return html! {} };
    let others: Vec<_> = desk.policy.site.currencies.iter().filter(|currency| **currency != own).collect();
    if others.is_empty() {
        return html! {};
    }
    let action = format!("/seller/products/{}/prices/currencies", desk.product.id);
    html! {
        details.card open[others.iter().any(|currency| spec.shared_in(**currency) != Shared::Nothing)] {
            summary { h2 { (view.t("usage-currencies")) } }
            p.muted { (view.t("usage-currencies-lead")) }
            (ui::form(view, &action, &html! {
                (carried(desk))
                input type="hidden" name="spec" value=(index);
                div.fields {
                    @for currency in &others {
                        @let name = format!("rate.{currency}");
                        @let label = view.ta("usage-currency-rate", &[("own", own.code().into()), ("other", currency.code().into())]);
                        @let (value, hint) = match spec.shared_in(**currency) {
                            Shared::Nothing => (String::new(), None),
                            Shared::Rate(rate) => (rate.to_string(), None),
                            Shared::Own => (String::new(), Some(view.t("usage-currency-own"))),
                        };
                        @let field = Field::text(&name, &label).value(&value).with("inputmode", "decimal").with("autocomplete", "off");
                        @let field = if let Some(hint) = hint { field.hint(hint) } else { field };
                        (field.render(view, mistakes))
                    }
                }
                div.row { button.button type="submit" { (view.t("usage-currencies-save")) } }
            }))
        }
    }
}
