//! For whom a product is meant, as its seller says it: how it is displayed, whom it reaches, who is named.

use accounts::Seller;
use axum::{Json, extract::State};
use kernel::{
    Page, PageQuery, Timestamp,
    id::{AccountId, ProductId, SpecId},
};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Catalogue, ProductState,
    actions::Shelf,
    rules::{Audience, Customers, Reach, Regions, Showing},
    store::visibility::NamedAccount,
};

/// How a product stands on the shelf. What was never submitted has no specs here.
#[derive(Debug, Serialize, ToSchema)]
struct ShelfJson {
    product: ProductId,
    state: ProductState,
    /// What is hidden stands in no list and can be bought by its link.
    hidden: bool,
    audience: Audience,
    specs: Vec<ShelfSpec>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ShelfSpec {
    id: SpecId,
    code: String,
    hidden: bool,
    /// Beside the product's own: both have to fit.
    audience: Audience,
}

impl From<Shelf> for ShelfJson {
    fn from(shelf: Shelf) -> Self {
        let Shelf { product, specs } = shelf;
        let spec = |spec: crate::store::visibility::SpecOnShelf| {
            let standing = spec.standing();
            ShelfSpec { id: spec.id, code: spec.code, hidden: standing.hidden, audience: standing.audience }
        };
        let standing = product.standing();
        Self {
            product: product.id,
            state: product.state,
            hidden: standing.hidden,
            audience: standing.audience,
            specs: specs.into_iter().map(spec).collect(),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"showing": "hidden"}))]
struct ShowingChange {
    /// The code of a spec; without it, the whole product.
    #[serde(default)]
    spec: Option<String>,
    showing: Showing,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reach": "named", "customers": "enterprise", "regions": "everywhere"}))]
struct AudienceChange {
    /// The code of a spec, which can only be narrower than its product; without it, the whole product.
    #[serde(default)]
    spec: Option<String>,
    reach: Reach,
    customers: Customers,
    regions: Regions,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"account": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Analytical Engines"}))]
struct NewNamedAccount {
    /// The code of a spec; without it, the whole product.
    #[serde(default)]
    spec: Option<String>,
    account: AccountId,
    /// The name of the account, as a check against a mistyped id.
    #[schema(max_length = 200)]
    name: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfSpec {
    /// The code of a spec; without it, the whole product.
    spec: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct NamedQuery {
    /// The code of a spec; without it, the whole product.
    spec: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct NamedJson {
    account: AccountId,
    name: String,
    added_at: Timestamp,
}

impl From<NamedAccount> for NamedJson {
    fn from(named: NamedAccount) -> Self {
        let NamedAccount { account_id, name, added_at } = named;
        Self { account: account_id, name, added_at }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/seller/products/{product}/shelf",
            show,
            seller("See how a product is displayed and for whom it is meant").gives::<ShelfJson>(200),
        )
        .put(
            "/api/v1/seller/products/{product}/showing",
            set_showing,
            seller("Hide a product or a spec, or display it again").takes::<ShowingChange>().gives::<ShelfJson>(200),
        )
        .put(
            "/api/v1/seller/products/{product}/audience",
            set_audience,
            seller("Say for whom a product or a spec is meant").takes::<AudienceChange>().gives::<ShelfJson>(200),
        )
        .get(
            "/api/v1/seller/products/{product}/named-accounts",
            named,
            seller("List the accounts that are named for a product or a spec")
                .query::<NamedQuery>()
                .gives::<Page<NamedJson>>(200),
        )
        .post(
            "/api/v1/seller/products/{product}/named-accounts",
            name,
            seller("Name an account for a product or a spec").takes::<NewNamedAccount>().gives::<NamedJson>(201),
        )
        .delete(
            "/api/v1/seller/products/{product}/named-accounts/{account}",
            unname,
            seller("Take an account from those that are named; it can no longer see or buy").query::<OfSpec>(),
        )
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Reply<ShelfJson> {
    Ok(Json(catalogue.own_shelf(&mut catalogue.app.db.read(), &seller, id).await?.into()))
}

async fn set_showing(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<ShowingChange>,
) -> Result<Answer, Problem> {
    let ShowingChange { spec, showing } = input;
    once.run(&catalogue.app, async |tx| {
        let shelf = catalogue.set_showing(tx, &seller, (id, spec.as_deref()), showing).await?;
        Ok(Answer::ok(&ShelfJson::from(shelf)))
    })
    .await
}

async fn set_audience(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<AudienceChange>,
) -> Result<Answer, Problem> {
    let AudienceChange { spec, reach, customers, regions } = input;
    let audience = Audience { reach, customers, regions };
    once.run(&catalogue.app, async |tx| {
        let shelf = catalogue.set_audience(tx, &seller, (id, spec.as_deref()), audience).await?;
        Ok(Answer::ok(&ShelfJson::from(shelf)))
    })
    .await
}

async fn named(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(wanted): Query<NamedQuery>,
) -> Reply<Page<NamedJson>> {
    let NamedQuery { spec, cursor, limit } = wanted;
    let page = PageQuery { cursor, limit }.checked().map_err(kernel::Error::from)?;
    let tx = &mut catalogue.app.db.read();
    Ok(Json(catalogue.named_accounts(tx, &seller, (id, spec.as_deref()), page).await?.map(NamedJson::from)))
}

async fn name(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(input): Body<NewNamedAccount>,
) -> Result<Answer, Problem> {
    let NewNamedAccount { spec, account, name } = input;
    once.run(&catalogue.app, async |tx| {
        let named = catalogue.name_account(tx, &seller, (id, spec.as_deref()), (account, &name)).await?;
        Ok(Answer::created(&NamedJson::from(named)))
    })
    .await
}

async fn unname(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam((id, account)): PathParam<(ProductId, AccountId)>,
    Query(of): Query<OfSpec>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.unname_account(tx, &seller, (id, of.spec.as_deref()), account).await?;
        Ok(Answer::empty())
    })
    .await
}
