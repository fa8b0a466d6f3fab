//! What is on sale, for whoever may see it; signing in is not needed for what everybody may.

use std::collections::BTreeMap;

use accounts::Member;
use axum::{Json, extract::State, response::Response};
use kernel::{
    Currency, Invalid, Localized, Money, Page, PageQuery, Timestamp,
    id::{AccountId, DocumentId, ProductId, RevisionId, SkuId, SpecId},
};
use platform::http::{Access, Body, Op, PathParam, Problem, Query, Reply, Routes};
use policy::{AccessType, BillingMode};
use pricing::{Choice, PeriodUnit, Plan, Quote, QuoteLine, Tax, TaxPresentation};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Catalogue, Offer, actions,
    rules::{
        Attribute, Audience, ContactData, Entry, FieldValue, Opening, Parameter, Point, Seo, Service, Spec, Support,
        Usage,
    },
};

/// Which products are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ShelfQuery {
    /// The code of a category; what stands below it is in it too.
    category: Option<String>,
    /// One seller's products only.
    seller: Option<AccountId>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CategoryJson {
    code: String,
    /// The category that it stands below.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    name: Localized,
}

#[derive(Debug, Serialize, ToSchema)]
struct CategoriesJson {
    items: Vec<CategoryJson>,
}

/// A product in the list.
#[derive(Debug, Serialize, ToSchema)]
struct ShelfItem {
    id: ProductId,
    access_type: AccessType,
    name: Localized,
    summary: Localized,
    categories: Vec<String>,
    seller: AccountId,
    seller_name: String,
    /// Its picture is at `/pictures/{logo}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<DocumentId>,
    /// The least that any choice costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Money>,
    listed_at: Timestamp,
}

impl From<&Entry> for ShelfItem {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.product,
            access_type: entry.access_type,
            name: entry.name.clone(),
            summary: entry.summary.clone(),
            categories: entry.categories.clone(),
            seller: entry.seller,
            seller_name: entry.seller_name.clone(),
            logo: entry.logo,
            from: entry.from,
            listed_at: entry.listed_at,
        }
    }
}

/// All that a product's page shows.
#[derive(Debug, Serialize, ToSchema)]
struct ShelfPage {
    id: ProductId,
    revision: RevisionId,
    access_type: AccessType,
    /// When it can be bought; absent: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_later: Option<Localized>,
    name: Localized,
    summary: Localized,
    description: Localized,
    version: String,
    categories: Vec<String>,
    industries: Vec<String>,
    /// The marks that it has proven, by their codes.
    certifications: Vec<String>,
    highlights: Vec<Point>,
    cases: Vec<Point>,
    /// Its bytes are at `/api/v1/products/{product}/papers/{paper}`, and so are those of the service's templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_guide: Option<DocumentId>,
    /// Whether people deliver it under the site's eyes.
    supervised: bool,
    /// When its term begins.
    opening: Opening,
    service: Service,
    /// What the buyer is asked for when ordering.
    parameters: Vec<Parameter>,
    /// What it says in the fields of its access type, by their codes; of other products those that the reader may see.
    fields: BTreeMap<String, FieldValue>,
    /// Which contact data its buyers have to agree to hand on.
    contacts: ContactData,
    seo: Seo,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo: Option<DocumentId>,
    /// Their pictures are at `/pictures/{document}`, and so is the logo.
    screenshots: Vec<DocumentId>,
    support: Support,
    /// Whether its prices are stated with their tax.
    tax: TaxPresentation,
    delivery_days: u32,
    seller: ShelfSeller,
    agreement: ShelfAgreement,
    specs: Vec<SpecJson>,
    /// For whom it is meant.
    audience: Audience,
    listed_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct ShelfSeller {
    account: AccountId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introduction: Option<String>,
}

/// Its bytes are at `/api/v1/products/{product}/agreement`.
#[derive(Debug, Serialize, ToSchema)]
struct ShelfAgreement {
    id: DocumentId,
    name: String,
    size: i64,
    sha256: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct SpecJson {
    id: SpecId,
    code: String,
    name: Localized,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_mode: Option<BillingMode>,
    /// When it can be bought; absent: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_later: Option<Localized>,
    /// For how many days it can be tried for nothing; who may is at `/api/v1/products/{product}/trials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<u32>,
    /// For whom it is meant among those for whom the product is.
    audience: Audience,
    attributes: Vec<Attribute>,
    skus: Vec<SkuJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SkuJson {
    id: SkuId,
    sku_code: String,
    /// The chosen value of each enum attribute.
    values: BTreeMap<String, String>,
    /// Its prices as they are stated: see `tax` of the product.
    plan: Plan,
    /// The least of them, as it is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Money>,
}

impl From<&Offer> for SkuJson {
    fn from(offer: &Offer) -> Self {
        Self {
            id: offer.sku,
            sku_code: offer.sku_code.clone(),
            values: offer.attributes.clone(),
            plan: offer.plan.clone(),
            from: offer.plan.cheapest().ok(),
        }
    }
}

impl From<actions::Page> for ShelfPage {
    fn from(page: actions::Page) -> Self {
        let actions::Page { shown, release, seller, agreement, sold_later, modes_later, audiences, supervised, parts } =
            page;
        let listing = &release.listing;
        let spec = |spec: &Spec| {
            let offers = || release.offers.values().filter(|offer| offer.spec_code == spec.code);
            Some(SpecJson {
                id: offers().next()?.spec,
                code: spec.code.clone(),
                name: spec.name.clone(),
                billing_mode: spec.billing_mode,
                sold_later: spec.billing_mode.and_then(|mode| modes_later.get(&mode)).cloned(),
                trial_days: spec.trial_days,
                audience: audiences.get(&spec.code).copied().unwrap_or(Audience::OPEN),
                attributes: spec.attributes.clone(),
                skus: offers().map(|offer| SkuJson::from(offer.as_ref())).collect(),
            })
        };
        Self {
            id: shown.id,
            revision: shown.revision_id,
            access_type: listing.access_type,
            sold_later,
            name: listing.name.clone(),
            summary: listing.summary.clone(),
            description: listing.description.clone(),
            version: listing.version.clone(),
            categories: listing.categories.clone(),
            industries: listing.industries.clone(),
            certifications: listing.certifications.iter().map(|mark| mark.code.clone()).collect(),
            highlights: listing.highlights.clone(),
            cases: listing.cases.clone(),
            user_guide: listing.user_guide,
            supervised,
            opening: listing.opening,
            service: listing.service.clone(),
            parameters: listing.parameters.clone(),
            fields: parts.of(&listing.fields),
            contacts: listing.contacts,
            seo: listing.seo.clone(),
            logo: listing.logo,
            screenshots: listing.screenshots.clone(),
            support: listing.support.clone(),
            tax: listing.tax,
            delivery_days: listing.delivery_days.unwrap_or(0),
            seller: ShelfSeller {
                account: shown.account_id,
                name: seller.name,
                website: seller.website,
                introduction: seller.introduction,
            },
            agreement: ShelfAgreement {
                id: agreement.id,
                name: agreement.name,
                size: agreement.size,
                sha256: agreement.sha256,
            },
            specs: listing.specs.iter().filter_map(spec).collect(),
            audience: shown.audience(),
            listed_at: shown.listed_at,
        }
    }
}

/// A SKU and what is wanted of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "quantities": {"users": 25}, "periods": 12}))]
struct PricePreview {
    sku: SkuId,
    #[serde(default)]
    quantities: BTreeMap<String, u64>,
    /// How many days, months or years; 1 for a price that is not per period.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 366, default = 1)]
    periods: u32,
    /// Needed where there are prices for several kinds of periods.
    #[serde(default)]
    period_unit: Option<PeriodUnit>,
    /// What is paid in, where there are prices in several currencies; the product's own without it.
    #[serde(default)]
    currency: Option<Currency>,
    /// For what is paid by use: how much, by the codes of the meters. The price is then what that use would come to in one
    /// cycle of each meter, beside what a package costs.
    #[serde(default)]
    #[schema(example = json!({"minutes": "8"}))]
    usage: BTreeMap<String, String>,
}

fn one() -> u32 {
    1
}

/// A price that is not kept.
#[derive(Debug, Serialize, ToSchema)]
struct PriceJson {
    total: Money,
    /// They sum to the total.
    lines: Vec<QuoteLine>,
    /// What a period is; absent when the price is paid once.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<PeriodUnit>,
    periods: u32,
    /// What holds beside the lines and has no amount now: what use will cost, a locked rate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Localized>,
    /// The tax in the total: part of the lines where prices are stated with it, a line of its own where it comes on top.
    #[serde(skip_serializing_if = "Option::is_none")]
    tax: Option<Tax>,
    /// The whole computation as one text.
    explanation: Localized,
}

impl From<Quote> for PriceJson {
    fn from(quote: Quote) -> Self {
        let explanation = quote.explanation();
        // A preview is of the list: what is taken off is known when somebody buys.
        let Quote { total, lines, unit, periods, notes, adjustments: _, tax } = quote;
        Self { total, lines, unit, periods, notes, tax, explanation }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let public = |summary| Op::does(Access::Public, summary);
    let agreement = public("Download the agreement of a product on sale").gives_text("application/octet-stream");
    Routes::of(catalogue.clone())
        .get("/api/v1/categories", categories, public("List the site's categories").gives::<CategoriesJson>(200))
        .get(
            "/api/v1/products",
            list,
            public("List the products on sale").query::<ShelfQuery>().gives::<Page<ShelfItem>>(200),
        )
        .get(
            "/api/v1/products/{product}",
            show,
            public("See a product on sale").query::<LinkedSpec>().gives::<ShelfPage>(200),
        )
        .get("/api/v1/products/{product}/agreement", self::agreement, agreement)
        .get(
            "/api/v1/products/{product}/papers/{paper}",
            paper,
            public("Download the guide or a template of a product on sale").gives_text("application/octet-stream"),
        )
        .post(
            "/api/v1/price-preview",
            preview,
            public("Compute and explain a price without keeping it").takes::<PricePreview>().gives::<PriceJson>(200),
        )
        .done()
}

async fn categories(State(catalogue): State<Catalogue>) -> Reply<CategoriesJson> {
    let tree = catalogue.tree().await?;
    let items = tree.shown().into_iter().map(|(category, _)| CategoryJson {
        code: category.code.clone(),
        parent: category.parent.clone(),
        name: category.name.clone(),
    });
    Ok(Json(CategoriesJson { items: items.collect() }))
}

async fn list(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    Query(wanted): Query<ShelfQuery>,
) -> Reply<Page<ShelfItem>> {
    let ShelfQuery { category, seller, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    let shelf = catalogue.shelf(tx, &who, (category.as_deref(), seller), page).await?;
    Ok(Json(shelf.map(|entry| ShelfItem::from(entry.as_ref()))))
}

/// A spec that is not displayed, by its code.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LinkedSpec {
    /// The code of a spec: it is shown although it is hidden or unlisted.
    spec: Option<String>,
}

async fn show(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    PathParam(id): PathParam<ProductId>,
    Query(linked): Query<LinkedSpec>,
) -> Reply<ShelfPage> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    Ok(Json(catalogue.show(tx, &who, id, linked.spec.as_deref()).await?.into()))
}

async fn agreement(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    PathParam(id): PathParam<ProductId>,
) -> Result<Response, Problem> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    let (document, bytes) = catalogue.agreement(tx, &who, id).await?;
    Ok(documents::download(&document, bytes))
}

async fn paper(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    PathParam((product, paper)): PathParam<(ProductId, DocumentId)>,
) -> Result<Response, Problem> {
    let tx = &mut catalogue.app.db.read();
    let who = catalogue.who(tx, member.as_ref()).await?;
    let (document, bytes) = catalogue.paper(tx, &who, product, paper).await?;
    Ok(documents::download(&document, bytes))
}

async fn preview(
    State(catalogue): State<Catalogue>,
    member: Option<Member>,
    Body(wanted): Body<PricePreview>,
) -> Reply<PriceJson> {
    let PricePreview { sku, quantities, periods, period_unit, currency, usage } = wanted;
    let choice = Choice { quantities, periods, period_unit, currency };
    let usage = read_usage(&usage)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.preview(tx, member.as_ref(), sku, (&choice, &usage)).await?.into()))
}

fn read_usage(typed: &BTreeMap<String, String>) -> Result<Usage, kernel::Error> {
    let mut wrong = Invalid::default();
    let mut usage = Usage::new();
    for (code, count) in typed {
        let hint = ("must be a number in quotes, such as \"8\" or \"0.5\"", "须为带引号的数字，例如 \"8\" 或 \"0.5\"");
        let count = wrong.keep(count.trim().parse().map_err(|_| hint), format!("usage.{code}"));
        usage.extend(count.map(|count| (code.clone(), count)));
    }
    wrong.done()?;
    Ok(usage)
}
