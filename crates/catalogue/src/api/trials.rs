//! Trials: to whom sellers offer them, and what a buyer may try.

use accounts::{Buyer, Seller};
use axum::{Json, extract::State};
use kernel::{
    Localized, Page, PageQuery, Timestamp,
    id::{AccountId, ProductId, SpecId},
};
use platform::{
    Tx,
    http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Catalogue,
    actions::Tryable,
    rules::{Spec, TrialsFor},
    store::visibility::NamedAccount,
};

/// The trials of a product as its seller sees them.
#[derive(Debug, Serialize, ToSchema)]
struct TrialsJson {
    offered_to: TrialsFor,
    /// The specs on sale that have a trial.
    specs: Vec<TrialSpec>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TrialSpec {
    code: String,
    days: Option<u32>,
}

impl From<Spec> for TrialSpec {
    fn from(spec: Spec) -> Self {
        Self { code: spec.code, days: spec.trial_days }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"offered_to": "listed"}))]
struct TrialsChange {
    offered_to: TrialsFor,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"account": "acc_01jd8kx2v9e5jtf6xw4sz3q7ab", "name": "Analytical Engines"}))]
struct NewTrialAccount {
    account: AccountId,
    /// The name of the account, as a check against a mistyped id.
    #[schema(max_length = 200)]
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct TrialAccountJson {
    account: AccountId,
    name: String,
    added_at: Timestamp,
}

impl From<NamedAccount> for TrialAccountJson {
    fn from(listed: NamedAccount) -> Self {
        let NamedAccount { account_id, name, added_at } = listed;
        Self { account: account_id, name, added_at }
    }
}

/// The trials of a product for the account that asks.
#[derive(Debug, Serialize, ToSchema)]
struct TryableJson {
    items: Vec<TryableSpec>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TryableSpec {
    spec: SpecId,
    code: String,
    name: Localized,
    days: u32,
    may_start: bool,
    /// The stable code of why it cannot be started, such as `trial.tried`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Localized>,
}

impl From<Tryable> for TryableSpec {
    fn from(tryable: Tryable) -> Self {
        let Tryable { offer, days, refused } = tryable;
        let may_start = refused.is_none();
        let (refusal, reason) = refused.unzip();
        let (code, name) = (offer.spec_code.clone(), offer.spec_name.clone());
        Self { spec: offer.spec, code, name, days, may_start, refusal, reason }
    }
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/products/{product}/trials",
            tryable,
            Op::does(Access::Buyer, "See what of a product the account may try, and why not").gives::<TryableJson>(200),
        )
        .get(
            "/api/v1/seller/products/{product}/trials",
            show,
            seller("See to whom a product's trials are offered").gives::<TrialsJson>(200),
        )
        .put(
            "/api/v1/seller/products/{product}/trials",
            offer,
            seller("Offer a product's trials to everybody, or to listed accounts alone")
                .takes::<TrialsChange>()
                .gives::<TrialsJson>(200),
        )
        .get(
            "/api/v1/seller/products/{product}/trial-accounts",
            listed,
            seller("List the accounts that may try a product")
                .query::<PageQuery>()
                .gives::<Page<TrialAccountJson>>(200),
        )
        .post(
            "/api/v1/seller/products/{product}/trial-accounts",
            list,
            seller("List an account for the trials of a product")
                .takes::<NewTrialAccount>()
                .gives::<TrialAccountJson>(201),
        )
        .delete(
            "/api/v1/seller/products/{product}/trial-accounts/{account}",
            unlist,
            seller("Take an account from the list; a trial that it has begun goes on"),
        )
        .done()
}

impl Catalogue {
    async fn trials_json(&self, tx: &mut Tx, seller: &Seller, id: ProductId) -> kernel::Result<TrialsJson> {
        let own = self.own_trials(tx, seller, id).await?;
        let specs = own.specs.into_iter().map(TrialSpec::from).collect();
        Ok(TrialsJson { offered_to: own.offered_to, specs })
    }
}

async fn tryable(
    State(catalogue): State<Catalogue>,
    buyer: Buyer,
    PathParam(id): PathParam<ProductId>,
) -> Reply<TryableJson> {
    let found = catalogue.trials_for(&mut catalogue.app.db.read(), &buyer, id).await?;
    Ok(Json(TryableJson { items: found.into_iter().map(TryableSpec::from).collect() }))
}

async fn show(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
) -> Reply<TrialsJson> {
    Ok(Json(catalogue.trials_json(&mut catalogue.app.db.read(), &seller, id).await?))
}

async fn offer(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(TrialsChange { offered_to }): Body<TrialsChange>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.offer_trials_to(tx, &seller, id, offered_to).await?;
        Ok(Answer::ok(&catalogue.trials_json(tx, &seller, id).await?))
    })
    .await
}

async fn listed(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    Query(page): Query<PageQuery>,
) -> Reply<Page<TrialAccountJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    let found = catalogue.trial_accounts(&mut catalogue.app.db.read(), &seller, id, page).await?;
    Ok(Json(found.map(TrialAccountJson::from)))
}

async fn list(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ProductId>,
    once: Once,
    Body(NewTrialAccount { account, name }): Body<NewTrialAccount>,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        let listed = catalogue.list_for_trials(tx, &seller, id, (account, &name)).await?;
        Ok(Answer::created(&TrialAccountJson::from(listed)))
    })
    .await
}

async fn unlist(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam((id, account)): PathParam<(ProductId, AccountId)>,
    once: Once,
) -> Result<Answer, Problem> {
    once.run(&catalogue.app, async |tx| {
        catalogue.unlist_for_trials(tx, &seller, id, account).await?;
        Ok(Answer::empty())
    })
    .await
}
