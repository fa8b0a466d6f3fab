//! The life of what is metered: from its delivery to its end.

use accounts::{Buyer, Permission};
use delivery::Outcome;
use instances::{EndCause, State};
use kernel::{
    Error, Event, Result, Thing,
    id::{DeliveryId, InstanceId},
    time::Period,
};
use platform::{Tx, jobs};
use pricing::{Overage, Package};

use crate::{
    Metering,
    rules::{
        contract::{Charges, Contract, OfPackage, Terms},
        package,
        rating::Standing,
        refused::MeteringRefused,
    },
    store::contracts,
};

/// A package that was bought, with its term, and what it is metered by.
pub(super) type Bought = (Contract, (Package, Period));

impl Metering {
    /// Something was delivered: if it is paid by use, or a package of use, its use counts from now on.
    pub async fn on_delivered(&self, tx: &mut Tx, id: DeliveryId) -> Result<()> {
        let Outcome::Delivered { instance, .. } = self.deliveries.find(tx, id).await?.outcome else { return Ok(()) };
        self.begin_counting(tx, instance).await
    }

    /// Begins to count what is used of an instance, if that is what is paid for.
    pub(crate) async fn begin_counting(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        match self.begin_contract(tx, id).await? {
            Some((contract, bought)) => self.begin_package(tx, &contract, bought).await,
            None => Ok(()),
        }
    }

    /// The same without the package, if it is one, which the caller begins: all instances are held before any package.
    pub(super) async fn begin_contract(&self, tx: &mut Tx, id: InstanceId) -> Result<Option<Bought>> {
        let instance = self.instances.find(tx, id).await?;
        let line = self.orders.line(tx, instance.line).await?;
        let bought = line.content.package.clone();
        let Some(prices) = line.content.by_use.or_else(|| bought.as_ref().map(package::beyond)) else {
            return Ok(None);
        };
        let (package, term) = match (bought, instance.expires_at) {
            (Some(bought), Some(until)) => {
                let of = OfPackage { until, stops: bought.overage == Overage::Stop };
                (Some(of), Some((bought, Period { from: instance.activated_at, until })))
            }
            (Some(_), None) => return Err(Error::fault("a package has an end")),
            (None, _) => (None, None),
        };
        let name = self.deliveries.name_at_seller(tx, instance.id).await?;
        let policy = self.policies.current().await?;
        let terms = Terms {
            currency: line.amount.currency(),
            zone: policy.site.zone.clone(),
            prices,
            fee_basis_points: line.content.terms.fee_basis_points,
            package,
        };
        let mut contract = Contract {
            instance: instance.id,
            account: instance.account,
            seller: instance.seller,
            product: instance.product,
            line: instance.line,
            title: instance.title,
            name: name.unwrap_or_else(|| instance.id.to_string()),
            charged_until: terms.period(instance.activated_at).from,
            terms,
            began_at: instance.activated_at,
            closed_at: None,
            standing: Standing::default(),
            charged: Charges::default(),
            unpaid_since: None,
            frozen_at: None,
            thawed: Vec::new(),
            corrections: 0,
            due_at: None,
        };
        if !contracts::insert(tx, &contract).await? {
            return Ok(None);
        }
        self.wait_for_cycle(tx, &mut contract).await?;
        contracts::save(tx, &contract).await?;
        Ok(term.map(|bought| (contract, bought)))
    }

    /// Sets the timer of the next charge; the caller saves the contract.
    pub(crate) async fn wait_for_cycle(&self, tx: &mut Tx, contract: &mut Contract) -> Result<()> {
        let now = self.app.clock.now();
        let rules = self.policies.current().await?.metering;
        let due = contract.open_period().until.plus_seconds(contract.terms.lag_seconds(&rules));
        let due = due.max(now);
        contract.due_at = Some(due);
        jobs::schedule(tx, now, due, &Event::UsageCycleDue { instance: contract.instance }).await
    }

    /// It has ended: what was used until then can still be recorded for a while.
    pub async fn on_instance_released(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let State::Released { at, .. } = self.instances.find(tx, id).await?.state else { return Ok(()) };
        let Some(contract) = contracts::hold(tx, id).await? else { return Ok(()) };
        self.end_package(tx, id, at).await?;
        contracts::save(tx, &Contract { closed_at: Some(at), ..contract }).await
    }

    /// The buyer wants no more of it. What was used is charged with its hour or day.
    pub async fn close(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<()> {
        buyer.may(Permission::Buy)?;
        let instance = self.instances.find_for(tx, buyer.account(), id).await?;
        let contract = contracts::find(tx, id).await?;
        // What was paid in advance is used up, or lapses.
        contract.filter(|contract| contract.terms.package.is_none()).ok_or(MeteringRefused::NotByUse)?;
        match instance.state {
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => {
                self.instances.end(tx, instance, EndCause::Buyer).await
            }
            State::Released { .. } => Err(MeteringRefused::Ended.into()),
        }
    }

    pub(crate) async fn contract_for(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Contract> {
        buyer.may(Permission::View)?;
        let found = contracts::find(tx, id).await?.filter(|contract| contract.account == buyer.account());
        found.ok_or(Error::NotFound(Thing::Instance))
    }
}
