//! A product's page: what it is, who sells it, what it looks like, its editions side by side, its price, its support.

use std::{collections::BTreeMap, sync::Arc};

use accounts::Visit;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use documents::Document;
use kernel::{
    Localized, Timestamp,
    id::{AccountId, ProductId},
};
use maud::{Markup, html};
use platform::http::{Access, PathParam, Problem, Query, Routes};
use policy::Policy;
use pricing::TaxPresentation;
use ui::{Head, Place, View, facts};

use super::{
    configure::configurator,
    described,
    editions::editions,
    gallery::gallery,
    marked::{self, Hearts, heart},
    particulars::{self, paper_path},
    pieces::{compare_path, delivery, from_price, hearted, tile, window},
};
use crate::{
    Catalogue, actions,
    pages::ratings,
    rules::{Chosen, Entry, Listing, Parts, Rated, Sight, Spec, Who},
};

/// A listing as buyers see it, on sale or as it will be.
pub(crate) struct About<'l> {
    pub(crate) listing: &'l Listing,
    pub(crate) seller: &'l str,
    pub(crate) policy: &'l Policy,
    /// The codes of the categories that it is shown in, as they stand now.
    pub(crate) stands_in: &'l [String],
    /// The products that it is made of.
    pub(crate) parts: &'l Parts,
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(id): PathParam<ProductId>,
    headers: HeaderMap,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let view = &visit.view;
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let page = catalogue.show(tx, &who, id, fields.get("spec").map(String::as_str)).await?;
    let hearts = catalogue.hearts(&visit).await?;
    let alike = catalogue.alike(tx, &who, id).await?;
    let approval = super::private::note(&catalogue, tx, &visit, id).await?;
    let seen = catalogue.seen_by(&visit, &headers).await?;
    let noted = catalogue.note_seen(&visit, &headers, id).await?;
    let lowered = catalogue.notes_on(tx, &page.shown).await?;
    let policy = catalogue.site().await?;
    let (rating, first) = catalogue.rating_of(tx, id).await?;
    let actions::Page {
        shown,
        release,
        seller,
        agreement,
        sold_later: _,
        modes_later,
        audiences,
        supervised: _,
        parts,
    } = page;
    let listing = &release.listing;
    let purse = catalogue.purse(tx, visit.member.as_ref(), &release).await?;
    let chosen = release.choose(&fields, &purse);
    let (rules, trial) = match &chosen {
        Some(chosen) => {
            (catalogue.rules_for(tx, chosen).await?, catalogue.trial_of(tx, visit.member.as_ref(), chosen).await?)
        }
        None => (None, None),
    };
    let later = chosen.as_ref().and_then(|chosen| modes_later.get(&chosen.spec.billing_mode?));
    let asked = chosen.as_ref().and_then(|chosen| audiences.get(&chosen.spec.code));
    let buyers = super::sold_to::note_on_edition(view, (shown.audience(), asked), &seller.regions);
    let way = super::sold_to::Way { later, rules, is_frozen: shown.is_frozen(), trial, buyers };
    let stands_in: Vec<String> =
        catalogue.tree().await?.own(&listing.categories).into_iter().map(|own| own.code.clone()).collect();
    let about = About { listing, seller: &seller.name, policy: &policy, stands_in: &stands_in, parts: &parts };
    let returned = chosen.as_ref().is_none_or(Chosen::is_returned);
    let return_hours = if returned { policy.return_hours(listing.access_type) } else { 0 };
    let body = html! {
        (head(view, &about, Some((id, shown.account_id, shown.rated(), &hearts))))
        div.with-aside.product-body {
            div.stack.product-first {
                (gallery(view, listing, Some(id)))
                (particulars::highlights(view, listing))
                (description(view, listing))
                (particulars::type_card(view, listing, &policy, &parts))
                (particulars::cases(view, listing))
            }
            aside.stack #configure aria-label=(view.t("storefront-buy")) {
                @if shown.is_frozen() { (ui::notice(ui::Tone::Warn, &html! { p { (view.t("storefront-frozen")) } })) }
                (super::sold_to::note(view, shown.audience(), &seller.regions))
                (approval)
                @if let Some(chosen) = &chosen { (configurator(view, (id, &release, &policy), (chosen, &way))) }
                (coupons(view, id, &lowered))
                @if return_hours > 0 { (promise(view, return_hours, policy.refunds.no_reason_per_year)) }
                (seller_card(view, &seller))
            }
            div.stack.product-rest {
                (editions(view, (listing, &policy), Some(id)))
                (particulars::service(view, Some(id), listing, &policy))
                (particulars::asked(view, listing))
                (support(view, listing))
                (papers(view, id, listing, &agreement, shown.listed_at))
                (ratings::slot(view, &policy.reviews, id, (&rating, &first)))
            }
        }
        (recommended(view, &view.t("storefront-also-bought"), &alike.also_bought, &hearts))
        (recommended(view, &view.t("storefront-similar"), &alike.similar, &hearts))
        (marked::row(view, &seen, Some(id)))
    };
    let described = match shown.sight(&Who::Nobody) {
        Sight::Listed => described::of_product(view, id, &about, (&release, shown.account_id, (&rating, &first))),
        Sight::ByLink | Sight::Unseen => described::of_unlisted(view, id, listing),
    };
    Ok(whole(view, listing, (&described, &body), noted))
}

/// The page with its head, and the mark of having seen it.
fn whole(view: &View, listing: &Listing, (described, body): (&Head, &Markup), noted: Option<HeaderValue>) -> Response {
    let told = view.of(&listing.seo.title);
    let title = if told.is_empty() { view.of(&listing.name) } else { told };
    let page = ui::page_with(view, Place::Storefront("product"), (title, described), body);
    let mut response = page.into_response();
    if let Some(cookie) = noted {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn recommended(view: &View, title: &str, entries: &[Arc<Entry>], hearts: &Hearts) -> Markup {
    html! { @if !entries.is_empty() { section.stack { h2 { (title) } (hearted(view, entries, false, hearts)) } } }
}

/// All of a listing that does not depend on its being on sale: how its seller and the reviewer see it beforehand.
pub(crate) fn about(view: &View, about: &About<'_>) -> Markup {
    html! {
        (head(view, about, None))
        div.stack {
            (gallery(view, about.listing, None))
            (particulars::highlights(view, about.listing))
            (description(view, about.listing))
            (particulars::type_card(view, about.listing, about.policy, about.parts))
            (particulars::cases(view, about.listing))
            (editions(view, (about.listing, about.policy), None))
            (particulars::service(view, None, about.listing, about.policy))
            (particulars::asked(view, about.listing))
            (support(view, about.listing))
        }
    }
}

/// What a head shows of a product on sale: which it is, whose, how it is rated, whose hearts.
type OnSale<'h> = (ProductId, AccountId, Rated, &'h Hearts);

fn head(view: &View, about: &About<'_>, on_sale: Option<OnSale<'_>>) -> Markup {
    let listing = about.listing;
    let least =
        listing.specs.iter().filter_map(|spec| listing.least_of(spec, about.policy)).min_by_key(|price| price.minor());
    html! {
        header.product-head {
            (tile(view, listing.logo, &listing.name, true))
            div.stack {
                h1 { (view.of(&listing.name)) }
                p.lead { (view.of(&listing.summary)) }
                p.row.small {
                    span { (view.t("storefront-by")) " "
                        @match on_sale {
                            Some((_, account, ..)) => a href={ "/sellers/" (account) } { (about.seller) },
                            None => strong { (about.seller) },
                        }
                    }
                    span.chip.quiet { (view.of(&about.policy.access_name(listing.access_type))) }
                    @for known in about.policy.catalogue.categories.iter().filter(|known| about.stands_in.contains(&known.code)) {
                        a.chip href={ "/search?category=" (known.code) } { (view.of(&known.name)) }
                    }
                }
                @if let Some((_, _, rated, _)) = on_sale && rated.count > 0 { p { a.rated-link href="#reviews" { (ratings::rated(view, rated)) } } }
                (particulars::marks(view, listing, about.policy))
            }
            @if let Some((product, _, _, hearts)) = on_sale {
                div.product-actions {
                    strong.product-price {
                        @if least.is_none() && listing.specs.iter().any(Spec::is_by_use) { (view.t("storefront-by-use")) }
                        @else { (from_price(view, least)) }
                    }
                    (tax_note(view, about))
                    a.button.primary.large href="#configure" { (view.t("storefront-choose")) }
                    div.product-more {
                        a.button.quiet href=(compare_path(&[product])) { (view.t("storefront-compare-this")) }
                        (heart(view, hearts, product, view.of(&listing.name)))
                    }
                }
            }
        }
    }
}

/// Whether the prices are stated with their tax, in a few words beside the first of them.
fn tax_note(view: &View, about: &About<'_>) -> Markup {
    let taxed = |spec: &Spec| about.listing.tax_rule(spec.billing_mode?, about.policy);
    let name = [("name", view.of(&about.policy.site.tax_name).into())];
    html! {
        @if about.listing.specs.iter().find_map(taxed).is_some() {
            p.muted.small {
                @match about.listing.tax {
                    TaxPresentation::Inclusive => (view.ta("storefront-tax-inclusive", &name)),
                    TaxPresentation::Exclusive => (view.ta("storefront-tax-exclusive", &name)),
                }
            }
        }
    }
}

fn description(view: &View, listing: &Listing) -> Markup {
    html! {
        section.card {
            h2 { (view.t("storefront-about")) }
            div.prose { (ui::rich(view.of(&listing.description))) }
        }
    }
}

pub(super) fn number(view: &View, count: u64) -> String {
    i64::try_from(count).map_or_else(|_| count.to_string(), |count| view.count(count))
}

fn support(view: &View, listing: &Listing) -> Markup {
    let support = &listing.support;
    let (content, hours) = (view.of(&support.content), view.of(&support.hours));
    let (phone, email) = (support.hotline.as_str(), support.email.as_str());
    let rows = [
        (view.t("storefront-support-content"), content, html! { (content) }),
        (view.t("storefront-support-hours"), hours, html! { (hours) }),
        (view.t("storefront-support-hotline"), phone, html! { a href={ "tel:" (phone.replace(' ', "")) } { (phone) } }),
        (view.t("storefront-support-email"), email, html! { a href={ "mailto:" (email) } { (email) } }),
    ];
    // A draft that is looked at before it is whole may lack some.
    let given: Vec<_> =
        rows.into_iter().filter(|(_, text, _)| !text.is_empty()).map(|(name, _, shown)| (name, shown)).collect();
    ui::card(Some(&view.t("storefront-support")), &facts(&given))
}

fn papers(view: &View, id: ProductId, listing: &Listing, agreement: &Document, listed_at: Timestamp) -> Markup {
    let mut rows = vec![
        (view.t("storefront-version"), html! { (listing.version) }),
        (view.t("storefront-delivery"), html! { (delivery(view, listing.delivery_days.unwrap_or(0))) }),
        (view.t("storefront-listed"), view.date(listed_at)),
        (
            view.t("storefront-agreement"),
            html! { a href={ "/products/" (id) "/agreement" } download { (agreement.name) } " " span.muted.small { (view.size(agreement.size)) } },
        ),
    ];
    if let Some(guide) = listing.user_guide {
        let link = html! { a href=(paper_path(id, guide)) download { (view.t("storefront-user-guide-file")) } };
        rows.push((view.t("storefront-user-guide"), link));
    }
    ui::card(Some(&view.t("storefront-facts")), &facts(&rows))
}

/// What lowers the price, and where it is to be had.
fn coupons(view: &View, id: ProductId, notes: &[Localized]) -> Markup {
    html! {
        @if !notes.is_empty() {
            section.card {
                h2 { (view.t("storefront-coupons")) }
                ul { @for note in notes { li { (view.of(note)) } } }
                p { a.button href={ "/products/" (id) "/coupons" } { (view.t("storefront-coupons-get")) } }
            }
        }
    }
}

fn promise(view: &View, hours: u32, per_year: u32) -> Markup {
    let window = window(view, hours);
    html! {
        section.card.promise {
            h2 { (view.ta("storefront-try", &[("window", window.clone().into())])) }
            p { (view.ta("storefront-try-text", &[("window", window.into()), ("count", per_year.into())])) }
            p { a href="/help/refunds" { (view.t("storefront-try-more")) } }
        }
    }
}

fn seller_card(view: &View, seller: &sellers::SellerProfile) -> Markup {
    html! {
        section.card {
            h2 { (view.t("storefront-seller")) }
            p { a href={ "/sellers/" (seller.account) } { strong { (seller.name) } } }
            @if let Some(text) = &seller.introduction { p.muted.clamp { (text) } }
            p.muted.small { (view.t("storefront-since")) " " (view.date(seller.admitted_at)) }
        }
    }
}

async fn agreement(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(id): PathParam<ProductId>,
) -> Result<Response, Problem> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, visit.member.as_ref()).await?;
    let (document, bytes) = catalogue.agreement(tx, &who, id).await?;
    Ok(documents::download(&document, bytes))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/products/{product}", show, Access::Public)
        .page("/products/{product}/agreement", agreement, Access::Public)
        .done()
}
