//! What buyers and sellers see of use: what was used and is not charged yet, what is free still, what was charged.

use std::collections::BTreeMap;

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Localized, Money, Page, Result, Thing, Timestamp, choices,
    id::{InstanceId, UsageChargeId},
    page::PageOf,
    time::Period,
};
use platform::Tx;
use pricing::add_exactly;
use rust_decimal::Decimal;

use super::{charging::bill, packages::Standing, rerating};
use crate::{
    Metering,
    rules::{
        contract::{self, Contract},
        rating::{self, Charged, Part, Stage},
    },
    store::{
        charges::{self, Charge},
        contracts,
        sums::{self, Sum},
    },
};

/// For who only looks, no more lines of hours and days are read, and no more records priced one by one.
const LINES_MAX: usize = 1_000;
const LOOKED_AT: i64 = 10_000;

choices! {
    /// Why what was used is not priced before it is charged.
    pub(crate) enum Unpriced {
        /// So many records are priced one by one when their hour or day is over.
        Many = "many",
        /// It comes to more than can be computed.
        TooMuch = "too_much",
    }
}

/// How one meter stands.
#[derive(Clone, Debug)]
pub(crate) struct Gauge {
    pub(crate) code: String,
    pub(crate) name: Localized,
    pub(crate) unit: Localized,
    /// What was used and is not charged yet.
    pub(crate) open: Decimal,
    /// What is free in the present cycle of the allowance, and what of it remains.
    pub(crate) free: Option<(Decimal, Decimal)>,
    /// What counts for the ranges of the price in the present cycle.
    pub(crate) counted: Option<Decimal>,
}

/// How an instance stands at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) contract: Contract,
    pub(crate) at: Timestamp,
    pub(crate) gauges: Vec<Gauge>,
    /// What would be charged for what is not charged yet.
    pub(crate) open: Vec<Part>,
    pub(crate) open_exact: Decimal,
    /// Why there is more than that, if there is.
    pub(crate) unpriced: Option<Unpriced>,
    /// The fraction of what was charged that is not posted yet.
    pub(crate) carried: Decimal,
    pub(crate) charged: Money,
    pub(crate) due: Money,
    /// When what is frozen is released unless everything is paid.
    pub(crate) release_at: Option<Timestamp>,
    pub(crate) records: i64,
    /// The packages that cover its use before anything is charged, in their order.
    pub(crate) packages: Vec<Standing>,
}

impl Metering {
    /// How something of the buyer's stands now.
    pub(crate) async fn live(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Live> {
        let contract = self.contract_for(tx, buyer, id).await?;
        self.standing(tx, contract).await
    }

    pub(crate) async fn standing(&self, tx: &mut Tx, contract: Contract) -> Result<Live> {
        let at = self.app.clock.now();
        let ahead = look_ahead(tx, &contract).await?;
        let gauges = gauges(&ahead, at)?;
        let due = charges::due(tx, contract.instance).await?;
        let rules = self.policies.current().await?.metering;
        let frozen = contract.frozen_at.filter(|_| contract.closed_at.is_none());
        let packages = self.packages_for(tx, &contract).await?;
        let money = |minor| Money::of(minor, contract.terms.currency);
        Ok(Live {
            at,
            gauges,
            open: ahead.open,
            open_exact: ahead.exact,
            unpriced: ahead.unpriced,
            carried: contract.standing.carry.exact(),
            charged: money(contract.charged.minor),
            due: money(due.max(0)),
            release_at: frozen.map(|frozen| contract::released_at(frozen, &rules)),
            records: contract.charged.records,
            packages,
            contract,
        })
    }

    /// The charges of an instance of the buyer's, newest first.
    pub(crate) async fn charges(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        id: InstanceId,
        page: PageOf,
    ) -> Result<Page<Charge>> {
        let contract = self.contract_for(tx, buyer, id).await?;
        charges::of_instance(tx, contract.instance, page).await
    }

    pub(crate) async fn charge(&self, tx: &mut Tx, buyer: &Buyer, id: UsageChargeId) -> Result<(Charge, Contract)> {
        buyer.may(Permission::View)?;
        let gone = || Error::NotFound(Thing::UsageCharge);
        let charge = charges::find_for(tx, buyer.account(), id).await?.ok_or_else(gone)?;
        let contract = contracts::find(tx, charge.instance).await?.ok_or_else(gone)?;
        Ok((charge, contract))
    }

    /// What the seller's customers use, instance by instance.
    pub(crate) async fn sold(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Live>> {
        seller.may(Permission::View)?;
        let found = contracts::of_seller(tx, seller.account(), page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for contract in found.items {
            let mut live = self.standing(tx, contract).await?;
            // What its buyer wants to be told, and agreed to pay, is nobody else's.
            live.packages.iter_mut().for_each(Standing::forget_watch);
            items.push(live);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// What the seller's customers were charged for use, newest first.
    pub(crate) async fn sold_charges(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Charge>> {
        seller.may(Permission::View)?;
        charges::of_seller(tx, seller.account(), page).await
    }
}

/// How something stands as if all that was used were charged.
struct Ahead {
    contract: Contract,
    open: Vec<Part>,
    exact: Decimal,
    unpriced: Option<Unpriced>,
    /// What is counted and not priced.
    beside: Vec<Sum>,
}

/// Prices what was used and is not charged, from the sums of each hour or day.
async fn look_ahead(tx: &mut Tx, contract: &Contract) -> Result<Ahead> {
    let mut ahead = Ahead {
        contract: contract.clone(),
        open: Vec::new(),
        exact: Decimal::ZERO,
        unpriced: None,
        beside: Vec::new(),
    };
    let lines = i64::try_from(LINES_MAX).map_err(Error::fault)? + 1;
    let mut periods: BTreeMap<Timestamp, Vec<Sum>> = BTreeMap::new();
    let found = sums::open(tx, contract.instance, lines).await?;
    if found.len() > LINES_MAX {
        let beside = sums::totals(tx, contract.instance).await?;
        return Ok(Ahead { unpriced: Some(Unpriced::Many), beside, ..ahead });
    }
    for sums::Open { period_from, sum } in found {
        periods.entry(period_from).or_default().push(sum);
    }
    if let Some(waits) = rerating::waits_from(tx, contract).await? {
        periods.entry(waits).or_default();
    }
    let mut left = LOOKED_AT;
    for (from, sums) in periods {
        let period = contract.terms.period(from);
        // What follows costs what it does only behind all that was before.
        let priced = match ahead.unpriced {
            Some(why) => Err(why),
            None => look(tx, &ahead.contract, (period, &sums), &mut left).await?,
        };
        match priced {
            Ok(charged) => {
                ahead.exact = add_exactly(ahead.exact, charged.exact)?;
                ahead.open.extend(charged.parts);
                ahead.contract.standing = charged.standing;
            }
            Err(why) => {
                ahead.unpriced = Some(why);
                ahead.beside.extend(sums);
            }
        }
    }
    Ok(ahead)
}

/// What would be charged for an open period; so many records more may be priced one by one.
async fn look(
    tx: &mut Tx,
    contract: &Contract,
    (period, sums): (Period, &[Sum]),
    left: &mut i64,
) -> Result<std::result::Result<Charged, Unpriced>> {
    let by_itself = |sum: &&Sum| {
        sum.late || contract.terms.prices.meter(&sum.meter).is_some_and(|meter| !rating::is_additive(meter))
    };
    *left -= sums.iter().filter(by_itself).map(|sum| sum.records).sum::<i64>();
    // What was charged is priced again to know what corrections change of it.
    if rerating::waits_from(tx, contract).await? == Some(period.from) {
        *left -= contract.charged.records;
    }
    if *left <= 0 {
        return Ok(Err(Unpriced::Many));
    }
    match bill(tx, contract, (period, Stage::Over), sums).await {
        Ok(charged) => Ok(Ok(charged)),
        Err(Error::Refused(_)) => Ok(Err(Unpriced::TooMuch)),
        Err(other) => Err(other),
    }
}

/// How each meter stands; what is not priced is counted all the same.
fn gauges(ahead: &Ahead, at: Timestamp) -> Result<Vec<Gauge>> {
    let Ahead { contract, open, beside, .. } = ahead;
    let mut gauges = Vec::with_capacity(contract.terms.prices.meters.len());
    for meter in &contract.terms.prices.meters {
        let code = &meter.counts.code;
        let mut used = Decimal::ZERO;
        for part in open.iter().filter(|part| part.meter == *code) {
            used = add_exactly(used, part.quantity)?;
        }
        for sum in beside.iter().filter(|sum| sum.meter == *code) {
            used = add_exactly(used, sum.quantity())?;
        }
        let free = meter.allowance.map(|allowance| {
            let taken = contract.standing.free_used(meter, &contract.terms, at);
            (allowance.quantity, (allowance.quantity - taken).max(Decimal::ZERO))
        });
        let counted = meter.accumulation.map(|_| contract.standing.counted(meter, &contract.terms, at));
        gauges.push(Gauge {
            code: code.clone(),
            name: meter.counts.name.clone(),
            unit: meter.counts.unit.clone(),
            open: used,
            free,
            counted,
        });
    }
    Ok(gauges)
}
