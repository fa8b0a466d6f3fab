//! What buyers and sellers see of use: what was used and is not charged yet, what is free still, what was charged.

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

use super::charging::{bill, skip_idle};
use crate::{
    Metering,
    rules::{
        contract::Contract,
        rating::{self, Charged, Part, Stage},
    },
    store::{
        charges::{self, Charge, Totals},
        contracts,
        sums::{self, Sum},
    },
};

/// Hours or days that are looked at behind what is charged: as many as can be late.
const PERIODS_AHEAD: usize = 100;

/// So many records that have to be priced one by one are looked at for who only looks.
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
    pub(crate) records: i64,
}

impl Metering {
    /// How something of the buyer's stands now.
    pub(crate) async fn live(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Live> {
        let contract = self.contract_for(tx, buyer, id).await?;
        self.standing(tx, contract).await
    }

    pub(crate) async fn standing(&self, tx: &mut Tx, contract: Contract) -> Result<Live> {
        let at = self.app.clock.now();
        let mut ahead = contract.clone();
        let (mut open, mut open_exact): (Vec<Part>, Decimal) = (Vec::new(), Decimal::ZERO);
        let (mut unpriced, mut beside) = (None, Vec::new());
        for _ in 0..PERIODS_AHEAD {
            skip_idle(tx, &mut ahead, at).await?;
            let period = ahead.open_period();
            if period.from > at {
                break;
            }
            let sums = sums::of(tx, ahead.instance, period).await?;
            // What follows costs what it does only behind all that was before.
            let priced = match unpriced {
                Some(why) => Err(why),
                None => look(tx, &ahead, period, &sums).await?,
            };
            match priced {
                Ok(charged) => {
                    open_exact = add_exactly(open_exact, charged.exact)?;
                    open.extend(charged.parts);
                    ahead.standing = charged.standing;
                }
                Err(why) => {
                    unpriced = Some(why);
                    beside.extend(sums);
                }
            }
            ahead.charged_until = period.until;
        }
        let gauges = gauges(&ahead, (&open, &beside), at)?;
        let Totals { charged, due, records } = charges::totals(tx, contract.instance).await?;
        let money = |minor| Money::of(minor, contract.terms.currency);
        Ok(Live {
            at,
            gauges,
            open,
            open_exact,
            unpriced,
            carried: contract.standing.carry.exact(),
            charged: money(charged),
            due: money(due),
            records,
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
            items.push(self.standing(tx, contract).await?);
        }
        Ok(Page { items, next_cursor: found.next_cursor })
    }

    /// What the seller's customers were charged for use, newest first.
    pub(crate) async fn sold_charges(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Charge>> {
        seller.may(Permission::View)?;
        charges::of_seller(tx, seller.account(), page).await
    }
}

/// What would be charged for an open period.
async fn look(
    tx: &mut Tx,
    contract: &Contract,
    period: Period,
    sums: &[Sum],
) -> Result<std::result::Result<Charged, Unpriced>> {
    let by_itself = |sum: &&Sum| {
        sum.late || contract.terms.prices.meter(&sum.meter).is_some_and(|meter| !rating::is_additive(meter))
    };
    let records: i64 = sums.iter().filter(by_itself).map(|sum| sum.records).sum();
    if records >= LOOKED_AT {
        return Ok(Err(Unpriced::Many));
    }
    match bill(tx, contract, (period, Stage::Over), sums).await {
        Ok(charged) => Ok(Ok(charged)),
        Err(Error::Refused(_)) => Ok(Err(Unpriced::TooMuch)),
        Err(other) => Err(other),
    }
}

/// How each meter stands; what is not priced is counted all the same.
fn gauges(ahead: &Contract, (open, beside): (&[Part], &[Sum]), at: Timestamp) -> Result<Vec<Gauge>> {
    let mut gauges = Vec::with_capacity(ahead.terms.prices.meters.len());
    for meter in &ahead.terms.prices.meters {
        let code = &meter.counts.code;
        let mut used = Decimal::ZERO;
        for part in open.iter().filter(|part| part.meter == *code) {
            used = add_exactly(used, part.quantity)?;
        }
        for sum in beside.iter().filter(|sum| sum.meter == *code) {
            used = add_exactly(used, sum.quantity())?;
        }
        let free = meter.allowance.map(|allowance| {
            let taken = ahead.standing.free_used(meter, &ahead.terms, at);
            (allowance.quantity, (allowance.quantity - taken).max(Decimal::ZERO))
        });
        let counted = meter.accumulation.map(|_| ahead.standing.counted(meter, &ahead.terms, at));
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
