//! Catalogue: what sellers offer, how it is reviewed, and what is on sale now.
//!
//! Owns: products, their drafts and revisions, specs, SKUs and their stable ids; the shop window around them: categories,
//! tags, the floors of the first page, favourites, what was looked at, what is recommended. Tables: `product`,
//! `product_category`, `product_picture`, `revision`, `spec`, `sku`, `category`, `category_lock`, `tag`, `product_tag`, `floor`,
//! `favourite`, `product_view`, `recommendation`, `product_sold`, `storefront_round`, `search_feed`, `product_change`,
//! `product_sale`, `product_sales`, `review_case`, `text_print`, `text_print_band`, `listing_key`, `listing_import`,
//! `listing_import_line`, `seller_attribute`, `named_account`, `removal`, `product_measure`, `private_catalogue`,
//! `approved_product`, `shelf_note`, `trial_account`, `trial_taken`, `measure_proposal`, `failed_order`,
//! `product_rating`. In the data folder of each node: the search index, which is
//! made from these tables and can be thrown away.
//! Does not own: how a price is computed (`pricing`), who is a seller (`sellers`), the files (`documents`), where sellers'
//! own systems are (`production`), what was bought (`orders`), who said what of a product (`reviews`; here are the sums of it
//! and what a page shows first).
//!
//! Invariants
//! - A submitted revision never changes; only its state moves. At most one revision of a product waits for review.
//! - What is on sale was approved: a product shows one revision, a SKU is sold as that revision says.
//! - A category's code leads somewhere for ever: to itself, or to the one that it was merged into.
//! - The search index holds what everybody may find and nothing else; what it names is looked up before it is shown.
//! - One reviewer works on a case at a time. Where two have to approve, they are two people.
//! - The same spec code and attribute values of a product keep their spec, SKU and SKU code for ever.
//! - A measure against a product carries its reasons, and nobody decides on the appeal against a measure of their own.
//! - A measure may be proposed by the site's rules; only the operator takes one. One proposal of a product and an occasion is open.
//! - An account has one trial of a spec, for ever; one that was never delivered does not count.
//! - What sellers' own systems open is reviewed and sold only when such a system was proven.
//! - What was taken off sale never comes back; a product without specs on sale is off sale itself.

mod actions;
mod api;
mod cache;
mod pages;
mod rules;
mod store;

use accounts::Accounts;
use axum::extract::FromRef;
use documents::Documents;
use ledger::Ledger;
use messages::Messages;
use platform::{App, http::Routes, search::Search};
use policy::Policies;
use production::Production;
use sellers::Sellers;

pub use actions::ListingCopy;
pub use pages::{rating_summary, review_article, stars};
pub use rules::{
    ANSWER_MAX, Asks, BuyerAnswer, CatalogueRefused, Changeable, ContactData, Limit, NoTrial, Note, Offer, Parameter,
    ParameterKind, ProductState, PurchaseRules, Rated, Rating, Replies, RevisionState, STARS_MAX, SaleTerm,
    SellerAnswer, ShownReview, Sold, UnitLimit, leads_away, sale_terms, seen_length, turns_round,
};

platform::shared! {
    pub struct Catalogue(Parts);
}

/// What all copies of [`Catalogue`] share.
pub struct Parts {
    pub app: App,
    pub policies: Policies,
    pub accounts: Accounts,
    pub messages: Messages,
    pub documents: Documents,
    pub sellers: Sellers,
    pub production: Production,
    ledger: Ledger,
    cache: cache::Releases,
    entries: cache::Entries,
    kept: actions::Kept,
    kinship: actions::KeptKinship,
    names: cache::Names,
    answers: cache::Answers,
    fronts: cache::Fronts,
    search: Search,
    follower: actions::Follower,
}

impl FromRef<Catalogue> for Accounts {
    fn from_ref(state: &Catalogue) -> Self {
        state.accounts.clone()
    }
}

/// Raised when the documents of the index change their meaning.
const INDEX_FORM: u32 = 5;

impl Catalogue {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (documents, sellers, production): (Documents, Sellers, Production),
    ) -> Self {
        let search = Search::at(app.config.data.join("search"), INDEX_FORM);
        let ledger = Ledger::new(app.clone());
        Self::of(Parts {
            app,
            policies,
            accounts,
            messages,
            documents,
            sellers,
            production,
            ledger,
            cache: cache::Releases::default(),
            entries: cache::Entries::default(),
            kept: actions::Kept::default(),
            kinship: actions::KeptKinship::default(),
            names: cache::Names::default(),
            answers: cache::Answers::default(),
            fronts: cache::Fronts::default(),
            search,
            follower: actions::Follower::default(),
        })
    }

    pub fn routes(&self) -> Routes {
        api::routes(self).and(pages::routes(self))
    }
}
