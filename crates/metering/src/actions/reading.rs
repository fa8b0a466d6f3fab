//! What buyers and sellers see of use: what was used and is not charged yet, what is free still, what was charged.

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Localized, Money, Page, Result, Thing, Timestamp,
    id::{InstanceId, UsageChargeId},
    page::PageOf,
};
use platform::Tx;
use pricing::add_exactly;
use rust_decimal::Decimal;

use super::charging::{skip_idle, uses};
use crate::{
    Metering,
    rules::{
        contract::Contract,
        rating::{self, Part, Stage},
    },
    store::{
        charges::{self, Charge, Totals},
        contracts,
    },
};

/// Hours or days that are looked at behind what is charged: as many as can be late.
const PERIODS_AHEAD: usize = 100;

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
        for _ in 0..PERIODS_AHEAD {
            skip_idle(tx, &mut ahead, at).await?;
            let period = ahead.open_period();
            if period.from > at {
                break;
            }
            let uses = uses(tx, &ahead, period).await?;
            let charged = rating::charge(&ahead.terms, (period, Stage::Over), &uses, &ahead.standing)?;
            open_exact = add_exactly(open_exact, charged.exact)?;
            open.extend(charged.parts);
            (ahead.standing, ahead.charged_until) = (charged.standing, period.until);
        }
        let gauges = gauges(&ahead, &open, at)?;
        let Totals { charged, due, records } = charges::totals(tx, contract.instance).await?;
        let money = |minor| Money::of(minor, contract.terms.currency);
        Ok(Live {
            at,
            gauges,
            open,
            open_exact,
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

fn gauges(ahead: &Contract, open: &[Part], at: Timestamp) -> Result<Vec<Gauge>> {
    let mut gauges = Vec::with_capacity(ahead.terms.prices.meters.len());
    for meter in &ahead.terms.prices.meters {
        let code = &meter.counts.code;
        let mut used = Decimal::ZERO;
        for part in open.iter().filter(|part| part.meter == *code) {
            used = add_exactly(used, part.quantity)?;
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
