//! The life of packages of use, and what both sides see of them.

use std::collections::BTreeSet;

use accounts::{Buyer, Permission, Seller};
use instances::{EndCause, State};
use kernel::{Error, Page, Result, Thing, Timestamp, id::InstanceId, page::PageOf, time::Period};
use platform::Tx;
use pricing::Package;
use rust_decimal::Decimal;

use crate::{
    Metering,
    rules::{
        contract::Contract,
        package::{Again, Held, PackageState, Watch},
        record,
        refused::MeteringRefused,
    },
    store::{
        charges,
        packages::{self, Key},
    },
};

/// How a package stands at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) held: Held,
    pub(crate) state: PackageState,
    /// From one filling to the next: the present one, or the last.
    pub(crate) filling: Period,
    pub(crate) left: Decimal,
    pub(crate) used: Decimal,
}

impl Standing {
    /// As its seller sees it.
    pub(crate) fn forget_watch(&mut self) {
        self.held.watch = Watch::default();
    }
}

pub(super) fn key_of(held: &Held) -> Key {
    (held.account, held.product, held.meter().to_owned())
}

impl Metering {
    /// A package was delivered: it covers what is used from now on, and what was frozen because others are used up goes on.
    pub(super) async fn begin_package(
        &self,
        tx: &mut Tx,
        contract: &Contract,
        (package, term): (Package, Period),
    ) -> Result<()> {
        let now = self.app.clock.now();
        let Contract { instance, account, seller, product, line, title, .. } = contract;
        let mut held = Held {
            instance: *instance,
            account: *account,
            seller: *seller,
            product: *product,
            line: *line,
            title: title.clone(),
            package,
            zone: contract.terms.zone.clone(),
            term,
            ended_at: None,
            returned: false,
            stopped_at: None,
            watch: Watch::default(),
            again: None,
            noticed: None,
            due_at: None,
        };
        // What its buyer wanted of the one in whose place it was bought holds for it too.
        if let Some(before) = packages::bought_again_by(tx, held.line).await? {
            let again = before.watch.again;
            let again = again.map(|again| Again { tried: None, bought_at: Some(now), order: None, ..again });
            held.watch = Watch { alarm: before.watch.alarm, told_in: None, again };
        }
        if !packages::insert(tx, &held, now).await? {
            return Ok(());
        }
        self.wake_others(tx, key_of(&held)).await?;
        self.look_after(tx, held.instance).await
    }

    /// The instance of a package is released: it covers nothing from then on.
    pub(super) async fn end_package(&self, tx: &mut Tx, id: InstanceId, at: Timestamp) -> Result<()> {
        let Some(held) = self.hold_package(tx, id).await? else { return Ok(()) };
        let ended_at = Some(held.ended_at.map_or(at, |ended| ended.min(at)));
        let State::Released { cause, .. } = self.instances.find(tx, id).await?.state else { return Ok(()) };
        let returned = held.returned || (cause == EndCause::Refund && !packages::is_used(tx, id).await?);
        let key = key_of(&held);
        packages::save(tx, &Held { ended_at, returned, due_at: None, ..held }).await?;
        self.wake_others(tx, key).await
    }

    /// A package covers nothing any more: what is to be done about those that cover the same is done.
    async fn wake_others(&self, tx: &mut Tx, key: Key) -> Result<()> {
        let now = self.app.clock.now();
        for pool in self.hold_pools(tx, &BTreeSet::from([key]), now).await?.values_mut() {
            self.wake(tx, pool, now).await?;
        }
        Ok(())
    }

    /// One package, held until the transaction ends with those that cover the same.
    pub(super) async fn hold_package(&self, tx: &mut Tx, id: InstanceId) -> Result<Option<Held>> {
        let Some(found) = packages::find(tx, id).await? else { return Ok(None) };
        let held = packages::hold(tx, &BTreeSet::from([key_of(&found)]), found.term.from).await?;
        Ok(held.into_iter().find(|one| one.instance == id))
    }

    /// Whether use of something was ever paid.
    pub async fn has_charged(&self, tx: &mut Tx, id: InstanceId) -> Result<bool> {
        charges::is_any_paid(tx, id).await
    }

    /// Whether something is a package of which anything was used.
    pub async fn is_package_used(&self, tx: &mut Tx, id: InstanceId) -> Result<bool> {
        packages::is_used(tx, id).await
    }

    /// A package is given back: unless something of it was used, it covers nothing from now on, nor what comes late. What is no
    /// package is left as it is.
    pub async fn give_package_back(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let Some(held) = self.hold_package(tx, id).await? else { return Ok(()) };
        if packages::is_used(tx, id).await? {
            return Err(MeteringRefused::PackageUsed.into());
        }
        let (ended_at, key) = (Some(self.app.clock.now()), key_of(&held));
        packages::save(tx, &Held { ended_at, returned: true, due_at: None, ..held }).await?;
        self.wake_others(tx, key).await
    }

    /// The packages of the buyer, newest first.
    pub(crate) async fn packages(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Standing>> {
        buyer.may(Permission::View)?;
        let found = packages::of_buyer(tx, buyer.account(), page).await?;
        Ok(Page { items: self.standings(tx, found.items).await?, next_cursor: found.next_cursor })
    }

    /// The packages that the seller's customers bought, newest first.
    pub(crate) async fn sold_packages(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Standing>> {
        seller.may(Permission::View)?;
        let found = packages::of_seller(tx, seller.account(), page).await?;
        let mut items = self.standings(tx, found.items).await?;
        items.iter_mut().for_each(Standing::forget_watch);
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// How a package of the buyer's stands.
    pub(crate) async fn package(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Standing> {
        buyer.may(Permission::View)?;
        let found = packages::find(tx, id).await?.filter(|held| held.account == buyer.account());
        let held = found.ok_or(Error::NotFound(Thing::Instance))?;
        self.standings(tx, vec![held]).await?.pop().ok_or(Error::NotFound(Thing::Instance))
    }

    /// The packages that may cover what is used of something, in the order in which they are taken from.
    pub(crate) async fn packages_for(&self, tx: &mut Tx, contract: &Contract) -> Result<Vec<Standing>> {
        let now = self.app.clock.now();
        let held = packages::of_pool(tx, (contract.account, contract.product), now).await?;
        let mut covering = Vec::new();
        for pool in self.pools(tx, held, now).await?.into_values() {
            let order = pool.in_order(now, Some(contract.instance));
            covering.extend(order.into_iter().filter_map(|place| pool.held.get(place).cloned()));
        }
        let counted = |held: &Held| contract.terms.prices.meter(held.meter()).is_some();
        self.standings(tx, covering.into_iter().filter(counted).collect()).await
    }

    async fn standings(&self, tx: &mut Tx, all: Vec<Held>) -> Result<Vec<Standing>> {
        let now = self.app.clock.now();
        // Of what is over, the last filling is shown.
        let moment = |held: &Held| now.min(held.ends().plus_micros(-1)).max(held.term.from);
        let Some(first) = all.iter().map(moment).min() else { return Ok(Vec::new()) };
        let fillings = packages::fillings(tx, all.iter().map(|held| held.instance), first).await?;
        let standing = |held: Held| {
            let filling = held.filling(moment(&held));
            let of = |(id, one): &&(InstanceId, crate::rules::package::Filling)| {
                *id == held.instance && one.period.from == filling.from
            };
            let taken = fillings.iter().find(of).map_or(0, |(_, one)| one.taken);
            let left = (held.amount() - taken).max(0);
            Standing {
                state: held.state(left, now),
                filling,
                left: record::count(left),
                used: record::count(taken),
                held,
            }
        };
        Ok(all.into_iter().map(standing).collect())
    }
}
