//! Statements about who sees and buys what: on `named_account`, and on those columns of `product` and `spec`.

use std::collections::BTreeSet;

use kernel::{
    Error, Page, Result, Thing, Timestamp, args,
    id::{AccountId, ProductId, RevisionId, SkuId, SpecId, UserId},
    page::PageOf,
};
use platform::Tx;
use uuid::Uuid;

use crate::rules::{
    Approval, Audience, BuysFrom, Customers, ProductState, Reach, Regions, Showing, Sight, Standing, Who,
};

/// How a product stands on the shelf, whatever its state.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct OnShelf {
    pub(crate) id: ProductId,
    pub(crate) state: ProductState,
    pub(crate) revision_id: Option<RevisionId>,
    #[sqlx(flatten)]
    settings: Settings,
}

/// How a spec stands on the shelf.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SpecOnShelf {
    pub(crate) id: SpecId,
    pub(crate) code: String,
    /// When it was taken off sale for good.
    pub(crate) removed_at: Option<Timestamp>,
    #[sqlx(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(crate) struct Settings {
    hidden: bool,
    reach: Reach,
    customers: Customers,
    regions: Regions,
}

impl Settings {
    /// How a product of that state stands, or a spec of it.
    pub(crate) fn standing(self, state: ProductState) -> Standing {
        let Self { hidden, reach, customers, regions } = self;
        let frozen = state == ProductState::Frozen;
        Standing { frozen, hidden, audience: Audience { reach, customers, regions } }
    }
}

impl OnShelf {
    pub(crate) fn standing(&self) -> Standing {
        self.settings.standing(self.state)
    }
}

impl SpecOnShelf {
    /// What somebody may know of it within its product.
    pub(crate) fn sight(&self, who: &Who, seller: AccountId) -> Sight {
        match self.removed_at {
            Some(_) => Sight::Unseen,
            None => self.standing().sight_of_spec(who, seller, self.id),
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.settings.standing(ProductState::OnSale)
    }
}

/// The products and specs for which an account is named.
pub(crate) async fn named(tx: &mut Tx, account: AccountId) -> Result<BTreeSet<Uuid>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        target: Uuid,
    }
    let sql = "select target from named_account where account_id = $1";
    let rows: Vec<Row> = tx.fetch_all(sql, args![account]).await?;
    Ok(rows.into_iter().map(|row| row.target).collect())
}

/// The products on sale that are meant for named accounts, this one among them; the latest first.
pub(crate) async fn named_on_sale(tx: &mut Tx, account: AccountId) -> Result<Vec<super::Shown>> {
    let sql = "select p.id, p.account_id, p.revision_id, p.listed_at, p.shown_version, p.rated_count, p.rated_stars, p.state, p.hidden, p.reach, p.customers, \
               p.regions from named_account n join product p on p.id = n.target \
               where n.account_id = $1 and p.state = 'on_sale' and not p.hidden and p.reach = 'named' order by p.id desc limit 200";
    tx.fetch_all(sql, args![account]).await
}

pub(crate) async fn on_shelf(tx: &mut Tx, seller: AccountId, product: ProductId) -> Result<OnShelf> {
    let sql = "select id, state, revision_id, hidden, reach, customers, regions from product \
               where account_id = $1 and id = $2";
    tx.fetch_optional(sql, args![seller, product]).await?.ok_or(Error::NotFound(Thing::Product))
}

#[derive(sqlx::FromRow)]
struct OfProduct {
    product_id: ProductId,
}

pub(crate) async fn product_of_spec(tx: &mut Tx, spec: SpecId) -> Result<Option<ProductId>> {
    let row: Option<OfProduct> = tx.fetch_optional("select product_id from spec where id = $1", args![spec]).await?;
    Ok(row.map(|row| row.product_id))
}

/// All specs that a product has had, in the order of their making.
pub(crate) async fn specs_on_shelf(tx: &mut Tx, product: ProductId) -> Result<Vec<SpecOnShelf>> {
    let sql =
        "select id, code, removed_at, hidden, reach, customers, regions from spec where product_id = $1 order by id";
    tx.fetch_all(sql, args![product]).await
}

/// The specs that are not simply shown to whoever sees their product.
pub(crate) async fn special_specs(tx: &mut Tx, product: ProductId) -> Result<Vec<SpecOnShelf>> {
    let sql = "select id, code, removed_at, hidden, reach, customers, regions from spec where product_id = $1 and (hidden \
               or removed_at is not null or reach <> 'public' or customers <> 'all' or regions <> 'everywhere')";
    tx.fetch_all(sql, args![product]).await
}

/// Says how a product or one of its specs is displayed, and for whom it is meant.
pub(crate) async fn set_showing(tx: &mut Tx, product: ProductId, spec: Option<SpecId>, showing: Showing) -> Result<()> {
    let hidden = showing.hides();
    if let Some(spec) = spec {
        let sql = "update spec set hidden = $1 where id = $2 and product_id = $3";
        tx.execute_one(sql, args![hidden, spec, product], || Error::NotFound(Thing::Spec)).await?;
    } else {
        let sql = "update product set hidden = $1 where id = $2";
        tx.execute_one(sql, args![hidden, product], || Error::NotFound(Thing::Product)).await?;
    }
    shown_anew(tx, product).await
}

pub(crate) async fn set_audience(
    tx: &mut Tx,
    product: ProductId,
    spec: Option<SpecId>,
    audience: Audience,
) -> Result<()> {
    let Audience { reach, customers, regions } = audience;
    if let Some(spec) = spec {
        let sql = "update spec set reach = $1, customers = $2, regions = $3 where id = $4 and product_id = $5";
        let values = args![reach, customers, regions, spec, product];
        tx.execute_one(sql, values, || Error::NotFound(Thing::Spec)).await?;
    } else {
        let sql = "update product set reach = $1, customers = $2, regions = $3 where id = $4";
        tx.execute_one(sql, args![reach, customers, regions, product], || Error::NotFound(Thing::Product)).await?;
    }
    shown_anew(tx, product).await
}

/// What was kept of how the product looks in lists is old, and so is what the search index holds of it.
pub(crate) async fn shown_anew(tx: &mut Tx, product: ProductId) -> Result<()> {
    let sql = "update product set shown_version = shown_version + 1 where id = $1";
    tx.execute_one(sql, args![product], || Error::NotFound(Thing::Product)).await?;
    super::search::note_changes(tx, &[product]).await
}

/// False: the account was named before.
pub(crate) async fn name_account(
    tx: &mut Tx,
    (product, target): (ProductId, Uuid),
    account: AccountId,
    by: UserId,
    now: Timestamp,
) -> Result<bool> {
    let sql = "insert into named_account (target, account_id, product_id, added_at, added_by) values ($1, $2, $3, $4, $5) \
               on conflict (target, account_id) do nothing";
    Ok(tx.execute(sql, args![target, account, product, now, by]).await? == 1)
}

pub(crate) async fn unname_account(tx: &mut Tx, target: Uuid, account: AccountId) -> Result<()> {
    let sql = "delete from named_account where target = $1 and account_id = $2";
    tx.execute_one(sql, args![target, account], || Error::NotFound(Thing::Account)).await
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct NamedAccount {
    pub(crate) account_id: AccountId,
    pub(crate) name: String,
    pub(crate) added_at: Timestamp,
}

/// The accounts that are named for a product or a spec, the youngest first.
pub(crate) async fn named_accounts(tx: &mut Tx, target: Uuid, page: PageOf) -> Result<Page<NamedAccount>> {
    let rows = tx
        .fetch_all(
            "select n.account_id, a.name, n.added_at from named_account n join account a on a.id = n.account_id \
             where n.target = $1 and ($2 is null or n.account_id < $2) order by n.account_id desc limit $3",
            args![target, page.before, page.fetch()],
        )
        .await?;
    Ok(page.page(rows, |row: &NamedAccount| row.account_id.uuid()))
}

#[derive(sqlx::FromRow)]
struct Count {
    count: i64,
}

/// Whether an account is named for a product or any of its specs.
pub(crate) async fn is_named(tx: &mut Tx, product: ProductId, account: AccountId) -> Result<bool> {
    let sql = "select count(*) as count from named_account where product_id = $1 and account_id = $2";
    Ok(tx.fetch_one::<Count>(sql, args![product, account]).await?.count > 0)
}

#[derive(sqlx::FromRow)]
struct OfAccount {
    account_id: AccountId,
}

/// The accounts that are named for a product or any of its specs.
pub(crate) async fn named_for(tx: &mut Tx, product: ProductId) -> Result<Vec<AccountId>> {
    let sql = "select distinct account_id from named_account where product_id = $1 order by account_id";
    let rows: Vec<OfAccount> = tx.fetch_all(sql, args![product]).await?;
    Ok(rows.into_iter().map(|row| row.account_id).collect())
}

pub(crate) async fn count_named(tx: &mut Tx, target: Uuid) -> Result<i64> {
    let sql = "select count(*) as count from named_account where target = $1";
    Ok(tx.fetch_one::<Count>(sql, args![target]).await?.count)
}

/// A SKU on sale as a buyer comes to it.
#[derive(Clone, Debug)]
pub(crate) struct SkuOnShelf {
    /// As which it is on sale; none where its product's latest revision does not sell it.
    pub(crate) revision: Option<RevisionId>,
    pub(crate) product: (ProductId, Standing),
    pub(crate) spec: (SpecId, Standing),
    pub(crate) seller: AccountId,
    /// The products and specs, of these two, for which the buyer is named.
    pub(crate) named: BTreeSet<Uuid>,
    /// Whether the buyer's organisation lets its members buy it.
    pub(crate) approval: Approval,
}

/// A SKU as somebody comes to it who has it already, however it stands on the shelf.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SkuOwned {
    /// As which it is on sale; none where its product's latest revision does not sell it.
    pub(crate) revision_id: Option<RevisionId>,
    pub(crate) state: ProductState,
    sku_removed_at: Option<Timestamp>,
    spec_removed_at: Option<Timestamp>,
}

impl SkuOwned {
    /// Whether it, its spec or its product was taken off sale for good, or by the operator.
    pub(crate) fn is_removed(&self) -> bool {
        let gone = self.sku_removed_at.is_some() || self.spec_removed_at.is_some();
        match self.state {
            ProductState::Delisted | ProductState::OffSale => true,
            ProductState::Draft | ProductState::OnSale | ProductState::Frozen => gone,
        }
    }
}

pub(crate) async fn sku_owned(tx: &mut Tx, sku: SkuId) -> Result<Option<SkuOwned>> {
    let sql = "select k.revision_id, p.state, k.removed_at as sku_removed_at, s.removed_at as spec_removed_at \
               from sku k join product p on p.id = k.product_id join spec s on s.id = k.spec_id where k.id = $1";
    tx.fetch_optional(sql, args![sku]).await
}

#[derive(sqlx::FromRow)]
struct SkuRow {
    revision_id: Option<RevisionId>,
    product_id: ProductId,
    spec_id: SpecId,
    account_id: AccountId,
    state: ProductState,
    hidden: bool,
    reach: Reach,
    customers: Customers,
    regions: Regions,
    spec_hidden: bool,
    spec_reach: Reach,
    spec_customers: Customers,
    spec_regions: Regions,
    product_named: Option<AccountId>,
    spec_named: Option<AccountId>,
    buys_from: Option<BuysFrom>,
    approved_for: Option<AccountId>,
}

/// What a SKU is sold as now, and what stands between it and an account; without one, nobody is named. Nothing is found of
/// what has left the shelf.
pub(crate) async fn sku_on_shelf(tx: &mut Tx, sku: SkuId, account: Option<AccountId>) -> Result<Option<SkuOnShelf>> {
    let row: Option<SkuRow> = tx
        .fetch_optional(
            "select k.revision_id, k.product_id, k.spec_id, p.account_id, p.state, p.hidden, p.reach, p.customers, \
             p.regions, s.hidden as spec_hidden, s.reach as spec_reach, s.customers as spec_customers, s.regions as spec_regions, \
             np.account_id as product_named, ns.account_id as spec_named, pc.buys_from, ap.account_id as approved_for \
             from sku k join product p on p.id = k.product_id join spec s on s.id = k.spec_id \
             left join named_account np on np.target = p.id and np.account_id = $2 \
             left join named_account ns on ns.target = s.id and ns.account_id = $2 \
             left join private_catalogue pc on pc.account_id = $2 \
             left join approved_product ap on ap.account_id = $2 and ap.product_id = p.id \
             where k.id = $1 and k.removed_at is null and p.state in ('on_sale', 'frozen')",
            args![sku, account],
        )
        .await?;
    Ok(row.map(|row| {
        let of_product =
            Settings { hidden: row.hidden, reach: row.reach, customers: row.customers, regions: row.regions };
        let of_spec = Settings {
            hidden: row.spec_hidden,
            reach: row.spec_reach,
            customers: row.spec_customers,
            regions: row.spec_regions,
        };
        let named = [row.product_named.map(|_| row.product_id.uuid()), row.spec_named.map(|_| row.spec_id.uuid())];
        SkuOnShelf {
            revision: row.revision_id,
            product: (row.product_id, of_product.standing(row.state)),
            spec: (row.spec_id, of_spec.standing(ProductState::OnSale)),
            seller: row.account_id,
            named: named.into_iter().flatten().collect(),
            approval: Approval::of(row.buys_from, row.approved_for),
        }
    }))
}
