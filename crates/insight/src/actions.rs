//! What the overviews and the boards show.

use std::sync::Arc;

use accounts::{Buyer, Operator, Permission, Seller, StaffPermission};
use kernel::{
    Currency, Error, Localized, Money, Result, Thing, Timestamp,
    id::{AnnouncementId, InstanceId, JobId, ProductId},
};
use ledger::{Checked, Difference};
use platform::{
    Tx,
    jobs::{self, Backlog},
};
use policy::{AccessType, Version};
use renewals::Outlook;
use serde_json::json;
use tokio::sync::Mutex;

use crate::{
    Insight,
    rules::{Announcing, Bucket, Effect, Moved, Sold, by_day, by_month, total, what_if},
    store::{self, Announcement, Ending, Needed, Owned, Standing, Tasks, Unpaid, Waiting},
};

const DAYS: i64 = 30;
const MONTHS: i64 = 12;
const YEAR_DAYS: i64 = 365;

/// An instance that ends within so many days is worth a word.
const SOON_DAYS: i64 = 30;

/// Deliveries that were given up are looked at for so many days.
const GIVEN_UP_DAYS: i64 = 7;

/// The books are derived again, and the sales of the site read again, when what was seen is older.
const BOARD_SECONDS: i64 = 60;

/// What a buyer sees first.
pub(crate) struct BuyerOverview {
    pub(crate) unpaid: Vec<Unpaid>,
    pub(crate) needed: Vec<Needed>,
    /// What ends, and what is to happen then.
    pub(crate) ending: Vec<(Ending, Option<Outlook>)>,
    pub(crate) newest: Vec<Owned>,
    pub(crate) in_use: i64,
    pub(crate) unread: i64,
    pub(crate) wallet: Vec<Money>,
    pub(crate) months: Vec<Bucket>,
    pub(crate) this_month: Money,
}

/// What a seller sees first.
pub(crate) struct SellerOverview {
    pub(crate) days: Vec<Bucket>,
    pub(crate) sold: Money,
    pub(crate) orders: usize,
    pub(crate) in_use: i64,
    pub(crate) standings: Vec<Standing>,
    pub(crate) tasks: Vec<Tasks>,
    pub(crate) may_publish: bool,
    pub(crate) best: Vec<(ProductId, Localized, Money, i64)>,
}

/// What the operator sees first.
pub(crate) struct SiteOverview {
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) days: Vec<Bucket>,
    pub(crate) sold: Money,
    pub(crate) orders: usize,
}

/// The books as they were derived last: how much was found in order, or the first difference.
#[derive(Clone)]
pub struct Derived {
    pub at: Timestamp,
    pub outcome: std::result::Result<Checked, Difference>,
}

/// What must always hold, and whether it does.
pub struct Invariants {
    pub derived: Derived,
    pub backlog: Backlog,
    pub sealed_at: Option<Timestamp>,
}

/// What the whole site has sold, and when it was read.
type Sales = (Timestamp, Vec<Moved>);

/// What is read or derived at most once a minute, however many look.
#[derive(Clone, Default)]
pub(crate) struct Board {
    books: Arc<Mutex<Option<Derived>>>,
    sold: Arc<Mutex<Option<Sales>>>,
}

impl Insight {
    /// The currency that the overviews add up in: the site's first.
    pub(crate) async fn currency(&self) -> Result<Currency> {
        let policy = self.policies.current().await?;
        Ok(policy.site.currencies.first().copied().unwrap_or(Currency::CNY))
    }

    pub(crate) async fn buyer_overview(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        zone: &jiff::tz::TimeZone,
    ) -> Result<BuyerOverview> {
        buyer.may(Permission::View)?;
        let (now, currency, account) = (self.app.clock.now(), self.currency().await?, buyer.account());
        let spent = store::spent(tx, account, now.plus_days(-31 * MONTHS)).await?;
        let months = by_month(&spent, currency, now, MONTHS, zone)?;
        let this_month = months.last().map_or(Money::zero(currency), |month| month.sum);
        let ending = store::ending(tx, account, now.plus_days(SOON_DAYS)).await?;
        let ids: Vec<InstanceId> = ending.iter().map(|one| one.id).collect();
        let mut plans = self.renewals.outlooks(tx, &ids).await?;
        Ok(BuyerOverview {
            unpaid: store::unpaid(tx, account).await?,
            needed: store::needs(tx, account).await?,
            ending: ending
                .into_iter()
                .map(|one| {
                    let plan = plans.remove(&one.id);
                    (one, plan)
                })
                .collect(),
            newest: store::newest(tx, account).await?,
            in_use: store::in_use(tx, account).await?,
            unread: self.messages.unread(tx, buyer).await?,
            wallet: self.payments.wallets(tx, buyer).await?,
            months,
            this_month,
        })
    }

    pub(crate) async fn seller_overview(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        zone: &jiff::tz::TimeZone,
    ) -> Result<SellerOverview> {
        seller.may(Permission::View)?;
        let (now, currency, account) = (self.app.clock.now(), self.currency().await?, seller.account());
        let from = now.plus_days(-DAYS - 1);
        let sold = store::sold_by(tx, account, from).await?;
        let mut best = Vec::new();
        for row in store::best(tx, account, from).await? {
            let name = self.catalogue.product_name(tx, row.product_id).await?;
            best.push((row.product_id, name, Money::of(row.amount, row.currency), row.count));
        }
        Ok(SellerOverview {
            days: by_day(&sold, currency, now, DAYS, zone)?,
            sold: total(&sold, currency)?,
            orders: sold.len(),
            in_use: store::in_use_of(tx, account).await?,
            standings: store::standings(tx, account).await?,
            tasks: store::tasks(tx, account, now).await?,
            may_publish: may(self.sellers.may_publish(tx, account).await)?,
            best,
        })
    }

    pub(crate) async fn site_overview(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        zone: &jiff::tz::TimeZone,
    ) -> Result<SiteOverview> {
        operator.may_staff(StaffPermission::View)?;
        let (now, currency) = (self.app.clock.now(), self.currency().await?);
        let sold = self.sold_lately(tx, now).await?;
        Ok(SiteOverview {
            waiting: store::waiting(tx, now.plus_days(-GIVEN_UP_DAYS)).await?,
            days: by_day(&sold, currency, now, DAYS, zone)?,
            sold: total(&sold, currency)?,
            orders: sold.len(),
        })
    }

    /// What the whole site has sold in the last thirty days.
    async fn sold_lately(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<Moved>> {
        let mut kept = self.board.sold.lock().await;
        if let Some((at, sold)) = kept.as_ref()
            && is_fresh(*at, now)
        {
            return Ok(sold.clone());
        }
        let sold = store::sold(tx, now.plus_days(-DAYS - 1)).await?;
        *kept = Some((now, sold.clone()));
        Ok(sold)
    }

    /// What must always hold. The books are derived at most once a minute, however many look.
    pub async fn invariants(&self, operator: &Operator) -> Result<Invariants> {
        operator.may_staff(StaffPermission::View)?;
        let now = self.app.clock.now();
        let mut kept = self.board.books.lock().await;
        let derived = match kept.clone().filter(|derived| is_fresh(derived.at, now)) {
            Some(derived) => derived,
            None => Derived { at: now, outcome: (self.audit)().await? },
        };
        *kept = Some(derived.clone());
        drop(kept);
        let tx = &mut self.app.db.read();
        let backlog = jobs::backlog(tx, now).await?;
        Ok(Invariants { derived, backlog, sealed_at: self.ledger.sealed_at(tx).await? })
    }

    /// What the last thirty days would have meant under another fee of each kind of product, and another window. None: the
    /// fee that each order was sold under.
    pub(crate) async fn try_rules(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        fee: impl Fn(AccessType) -> Option<u32>,
        no_reason_hours: u32,
    ) -> Result<Effect> {
        operator.may_staff(StaffPermission::View)?;
        let currency = self.currency().await?;
        let lines = store::sold_lines(tx, self.app.clock.now().plus_days(-DAYS)).await?;
        let sold = lines.into_iter().map(|line| {
            let own = line.content.terms.fee_basis_points;
            Sold {
                amount: Money::of(line.amount, line.currency),
                fee_basis_points: own,
                fee_instead: fee(line.content.access_type).unwrap_or(own),
                returned_after: line.returned_at.map(|at| at.micros_since(line.delivered_at.unwrap_or(at))),
            }
        });
        what_if(&sold.collect::<Vec<_>>(), currency, no_reason_hours)
    }

    /// Publishes rules that hold from a moment on; now, unless told.
    pub async fn publish_policy(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        rules: &str,
        from: Option<Timestamp>,
    ) -> Result<Version> {
        operator.may_staff(StaffPermission::RunSite)?;
        let version = self.policies.publish(tx, rules, from, &operator.user().to_string()).await?;
        let detail = json!({ "effective_from": version.effective_from });
        self.accounts.audit(tx, operator, "policy.published", &version.id.to_string(), &detail).await?;
        Ok(version)
    }

    /// What is recommended beside products is made anew: a round begins with what was bought within a year.
    pub async fn on_recommendations_due(&self, tx: &mut Tx, after: Option<ProductId>) -> Result<()> {
        if after.is_none() {
            let bought = store::bought(tx, self.app.clock.now().plus_days(-YEAR_DAYS)).await?;
            self.catalogue.learn_bought(tx, &bought).await?;
        }
        self.catalogue.on_recommendations_due(tx, after).await
    }

    /// Tries a job again that was given up.
    pub async fn restart(&self, tx: &mut Tx, operator: &Operator, job: JobId) -> Result<()> {
        operator.may_staff(StaffPermission::Support)?;
        if !jobs::restart(tx, self.app.clock.now(), job).await? {
            return Err(Error::NotFound(Thing::DeadLetter));
        }
        self.accounts.audit(tx, operator, "job.restarted", &job.to_string(), &json!({})).await
    }

    pub(crate) async fn announce(&self, tx: &mut Tx, operator: &Operator, said: &Announcing) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        said.check()?;
        let now = self.app.clock.now();
        let id = AnnouncementId::new(now);
        store::announce(tx, id, said, operator.user(), now).await?;
        let detail = json!({ "title": said.title, "days": said.days });
        self.accounts.audit(tx, operator, "announcement.made", &id.to_string(), &detail).await
    }

    pub(crate) async fn end_announcement(&self, tx: &mut Tx, operator: &Operator, id: AnnouncementId) -> Result<()> {
        operator.may_staff(StaffPermission::RunSite)?;
        if !store::end_announcement(tx, id, self.app.clock.now()).await? {
            return Err(Error::NotFound(Thing::Announcement));
        }
        self.accounts.audit(tx, operator, "announcement.ended", &id.to_string(), &json!({})).await
    }

    /// What is announced now, the newest first.
    pub(crate) async fn announced(&self, tx: &mut Tx) -> Result<Vec<Announcement>> {
        store::announcements(tx, self.app.clock.now()).await
    }

    /// What was announced in the last year.
    pub(crate) async fn all_announcements(&self, tx: &mut Tx, operator: &Operator) -> Result<Vec<Announcement>> {
        operator.may_staff(StaffPermission::View)?;
        store::announcements(tx, self.app.clock.now().plus_days(-365)).await
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    now.micros_since(at) < BOARD_SECONDS * 1_000_000
}

/// A refusal is a no; anything else stays an error.
fn may(outcome: Result<()>) -> Result<bool> {
    match outcome {
        Ok(()) => Ok(true),
        Err(Error::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
