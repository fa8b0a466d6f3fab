//! Records are corrected: by their seller, at once or when their buyer agrees; nothing that was recorded or charged is changed.

use std::collections::{BTreeMap, BTreeSet};

use accounts::{Buyer, Permission, Seller};
use kernel::{
    Error, Invalid, Page, Result, Thing, Timestamp,
    id::{InstanceId, UsageCorrectionId},
    page::PageOf,
};
use platform::Tx;
use policy::Metering as Rules;
use rust_decimal::Decimal;

use crate::{
    Metering,
    rules::{
        contract::Contract,
        correction::{self, Chain, Correction, REASON_MAX, UsageCorrectionState, Wanted, Worth},
        package::Cover,
        record::{self, FIELD_MAX, NUMBER_MAX, UsageCode},
        refused::MeteringRefused,
    },
    store::{
        contracts, corrections, packages, records,
        sums::{self, Sum},
    },
};

/// What a request has done so far.
#[derive(Default)]
pub(super) struct Made {
    /// What corrections without consent come to at most lately, by instance.
    added: BTreeMap<InstanceId, Decimal>,
    /// Of what corrections count.
    pub(super) touched: BTreeSet<InstanceId>,
}

/// What came of something that was to be corrected: the correction, and whether it is new.
pub(crate) type Corrected = (Correction, bool);

/// A correction that its seller wants, and why it is not made if it is not.
pub(crate) type Told = std::result::Result<Corrected, Error>;

impl Metering {
    /// Corrects a record of an instance, which is named by its seller's name for it or ours.
    pub(crate) async fn correct(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (instance, wanted): (&str, Wanted),
    ) -> Result<Correction> {
        let told = self.correct_all(tx, seller, &[(instance, wanted)]).await?.pop();
        told.unwrap_or(Err(Error::NotFound(Thing::Instance))).map(|(correction, _)| correction)
    }

    /// Corrects several, one after the other; what is wrong with one keeps no other out.
    pub(crate) async fn correct_all(&self, tx: &mut Tx, seller: &Seller, all: &[(&str, Wanted)]) -> Result<Vec<Told>> {
        seller.may(Permission::Integrate)?;
        let names: BTreeSet<&str> = all.iter().map(|(name, _)| *name).filter(|name| is_name(name)).collect();
        let known = self.known(tx, seller.account(), &names).await?;
        self.hold_beside(tx, known.values().flatten()).await?;
        let (mut told, mut made) = (Vec::with_capacity(all.len()), Made::default());
        let mut fresh: BTreeMap<InstanceId, (Contract, Vec<Correction>)> = BTreeMap::new();
        for (name, wanted) in all {
            let one = match known.get(name) {
                Some(Ok(contract)) => self.correct_one(tx, contract, wanted, &mut made).await,
                Some(Err(UsageCode::NotByUse)) => Err(MeteringRefused::NotByUse.into()),
                Some(Err(_)) | None => Err(Error::NotFound(Thing::Instance)),
            };
            match one {
                Ok((contract, correction, true)) => {
                    let id = contract.instance;
                    fresh.entry(id).or_insert_with(|| (contract, Vec::new())).1.push(correction.clone());
                    told.push(Ok((correction, true)));
                }
                Ok((_, correction, false)) => told.push(Ok((correction, false))),
                Err(why @ (Error::Refused(_) | Error::NotFound(_))) => told.push(Err(why)),
                Err(other) => return Err(other),
            }
        }
        self.look_at_corrected(tx, made.touched).await?;
        for (contract, some) in fresh.values() {
            self.tell_of_corrections(tx, contract, some).await?;
        }
        Ok(told)
    }

    async fn correct_one(
        &self,
        tx: &mut Tx,
        known: &Contract,
        wanted: &Wanted,
        made: &mut Made,
    ) -> Result<(Contract, Correction, bool)> {
        let id = known.instance;
        let mut contract = contracts::hold(tx, id).await?.ok_or(Error::NotFound(Thing::Instance))?;
        contract.closed_at = contract.closed_at.or(known.closed_at);
        let mut wrong = Invalid::default();
        wrong.length(&wanted.reason, 1, REASON_MAX, "reason");
        if let Some(number) = &wanted.number {
            wrong.length(number, 1, NUMBER_MAX, "number");
        }
        wrong.done()?;
        let wanted =
            &Wanted { number: wanted.number.as_deref().map(|number| number.trim().to_owned()), ..wanted.clone() };
        let quantity = wanted.quantity()?;
        let chain = self.chain(tx, id, wanted.corrects.trim()).await?.ok_or(MeteringRefused::CorrectsNothing)?;
        if let Some(number) = &wanted.number {
            if let Some(there) = corrections::numbered(tx, id, number).await? {
                let same = there.record == chain.record.number && there.after.quantity == quantity;
                return if same { Ok((contract, there, false)) } else { Err(MeteringRefused::CorrectionKnown.into()) };
            }
            if records::find(tx, id, number).await?.is_some() {
                return Err(MeteringRefused::CorrectionKnown.into());
            }
        }
        let (rules, now) = (self.policies.current().await?.metering, self.app.clock.now());
        let ahead = match contract.terms.package {
            Some(_) => packages::find(tx, id).await?.and_then(|held| correction::ahead(&held.package)),
            None => None,
        };
        let most = correction::check(&contract, (&chain, wanted), (quantity, ahead), (&rules, now))?;
        let added = self.added(tx, id, made).await?;
        let mut one = proposed(&contract, (&chain, wanted), (quantity, most, added), (&rules, now));
        for waiting in chain.corrections.iter().filter(|one| one.state == UsageCorrectionState::Waiting) {
            // What has lapsed stays so.
            let is_open = waiting.state_at(now) == UsageCorrectionState::Waiting;
            let state = if is_open { UsageCorrectionState::Overtaken } else { UsageCorrectionState::Lapsed };
            corrections::decide(tx, &Correction { state, decided_at: Some(now), ..waiting.clone() }).await?;
        }
        if one.asks.is_some() {
            corrections::insert(tx, &one).await?;
        } else {
            let covers = self.count(tx, &mut contract, (&chain, &mut one), made).await?;
            corrections::insert(tx, &one).await?;
            corrections::write_covers(tx, one.id, &covers).await?;
            made.added.insert(id, added.saturating_add(most));
            self.cover_others(tx, (&contract, &chain), (&one, &covers), made).await?;
        }
        Ok((contract, one, true))
    }

    /// What corrections of an instance come to at most that nobody agreed to lately.
    async fn added(&self, tx: &mut Tx, instance: InstanceId, made: &mut Made) -> Result<Decimal> {
        if let Some(added) = made.added.get(&instance) {
            return Ok(*added);
        }
        let since = correction::adding_since(self.app.clock.now());
        let before = corrections::added_since(tx, instance, since).await?;
        let added = before.into_iter().fold(Decimal::ZERO, Decimal::saturating_add);
        made.added.insert(instance, added);
        Ok(added)
    }

    /// A record by its number, or by that of a correction of it, with all corrections of it.
    pub(crate) async fn chain(&self, tx: &mut Tx, instance: InstanceId, name: &str) -> Result<Option<Chain>> {
        if !record::is_legible(name, NUMBER_MAX) {
            return Ok(None);
        }
        let found = match records::find(tx, instance, name).await? {
            Some(record) => Some(record),
            None => match corrections::numbered(tx, instance, name).await? {
                Some(correction) => records::find(tx, instance, &correction.record).await?,
                None => None,
            },
        };
        let Some(record) = found else { return Ok(None) };
        let corrections = corrections::of_record(tx, instance, &record.number).await?;
        Ok(Some(Chain { record, corrections }))
    }

    /// A correction counts from now on. The caller writes it, then what packages have covered of it.
    async fn count(
        &self,
        tx: &mut Tx,
        contract: &mut Contract,
        (chain, one): (&Chain, &mut Correction),
        made: &mut Made,
    ) -> Result<Vec<Cover>> {
        one.before = chain.now();
        let covers = self.cover_anew(tx, contract, (chain, one.after.quantity)).await?;
        one.after.covered = one.before.covered + covers.iter().map(|cover| cover.quantity).sum::<i64>();
        enter(tx, contract, one, (self.app.clock.now(), made)).await?;
        Ok(covers)
    }

    /// What nothing more was expected of is charged, or paid back, after all; so is what could not be priced. Once for a request.
    async fn look_at_corrected(&self, tx: &mut Tx, some: BTreeSet<InstanceId>) -> Result<()> {
        let now = self.app.clock.now();
        for mut contract in contracts::hold_all(tx, some).await? {
            if contract.due_at.is_none_or(|due| due <= now) {
                self.wait_for_cycle(tx, &mut contract).await?;
                contracts::save(tx, &contract).await?;
            }
        }
        Ok(())
    }

    /// The buyer agrees that a record counts more.
    pub(crate) async fn agree(&self, tx: &mut Tx, buyer: &Buyer, id: UsageCorrectionId) -> Result<Correction> {
        let (mut contract, mut one) = self.waiting(tx, buyer, id).await?;
        let chain = self.chain(tx, contract.instance, &one.record).await?.ok_or(MeteringRefused::CorrectsNothing)?;
        if !correction::is_still_as_told(&contract, &chain, &one) {
            return Err(MeteringRefused::CorrectionOutdated.into());
        }
        let mut made = Made::default();
        let covers = self.count(tx, &mut contract, (&chain, &mut one), &mut made).await?;
        corrections::decide(tx, &one).await?;
        corrections::write_covers(tx, one.id, &covers).await?;
        self.cover_others(tx, (&contract, &chain), (&one, &covers), &mut made).await?;
        self.look_at_corrected(tx, made.touched).await?;
        self.tell_of_decision(tx, &contract, &one).await?;
        Ok(one)
    }

    /// The buyer does not agree: the record counts what it counted.
    pub(crate) async fn decline(&self, tx: &mut Tx, buyer: &Buyer, id: UsageCorrectionId) -> Result<Correction> {
        let (contract, one) = self.waiting(tx, buyer, id).await?;
        let (state, decided_at) = (UsageCorrectionState::Declined, Some(self.app.clock.now()));
        let one = Correction { state, decided_at, ..one };
        corrections::decide(tx, &one).await?;
        self.tell_of_decision(tx, &contract, &one).await?;
        Ok(one)
    }

    /// A correction that waits for its buyer, with its instance held.
    async fn waiting(&self, tx: &mut Tx, buyer: &Buyer, id: UsageCorrectionId) -> Result<(Contract, Correction)> {
        buyer.may(Permission::Pay)?;
        let found = corrections::find_for(tx, buyer.account(), id).await?;
        let gone = Error::NotFound(Thing::UsageCorrection);
        let contract = contracts::hold(tx, found.instance).await?.ok_or(gone)?;
        self.hold_beside(tx, [&contract].into_iter()).await?;
        // Nobody else decides from here on.
        let one = corrections::find_for(tx, buyer.account(), id).await?;
        match one.state_at(self.app.clock.now()) {
            UsageCorrectionState::Waiting => Ok((contract, one)),
            UsageCorrectionState::Counted
            | UsageCorrectionState::Declined
            | UsageCorrectionState::Overtaken
            | UsageCorrectionState::Lapsed => Err(MeteringRefused::CorrectionDecided.into()),
        }
    }

    /// A correction of something of the buyer's.
    pub(crate) async fn correction_of(&self, tx: &mut Tx, buyer: &Buyer, id: UsageCorrectionId) -> Result<Correction> {
        buyer.may(Permission::View)?;
        corrections::find_for(tx, buyer.account(), id).await
    }

    /// What was corrected of something of the buyer's, newest first.
    pub(crate) async fn corrections(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, page): (InstanceId, PageOf),
    ) -> Result<(Contract, Page<Correction>)> {
        let contract = self.contract_for(tx, buyer, id).await?;
        Ok((contract, corrections::of_instance(tx, id, page).await?))
    }

    /// What the seller has corrected, newest first.
    pub(crate) async fn sold_corrections(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        page: PageOf,
    ) -> Result<Page<Correction>> {
        seller.may(Permission::View)?;
        corrections::of_seller(tx, seller.account(), page).await
    }

    /// Whether anything of an instance was corrected, or should be.
    pub(crate) async fn is_corrected(&self, tx: &mut Tx, id: InstanceId) -> Result<bool> {
        Ok(!corrections::of_instance(tx, id, PageOf { before: None, limit: 1 }).await?.items.is_empty())
    }

    /// An instance of the seller's customers by its id.
    pub(crate) async fn sold_one(&self, tx: &mut Tx, seller: &Seller, id: InstanceId) -> Result<Contract> {
        seller.may(Permission::View)?;
        let found = contracts::find(tx, id).await?.filter(|contract| contract.seller == seller.account());
        found.ok_or(Error::NotFound(Thing::Instance))
    }

    /// The records of an instance of the seller's customers with what was made of them, those that begin last first; or one of them.
    pub(crate) async fn sold_records(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (id, asked): (InstanceId, Asked),
    ) -> Result<(Contract, Vec<Chain>)> {
        let contract = self.sold_one(tx, seller, id).await?;
        let found = match asked {
            Asked::One(number) => self.chain(tx, id, &number).await?.into_iter().collect(),
            Asked::Behind(behind, most) => {
                let mut chains = Vec::new();
                for record in records::of_instance(tx, id, behind, most).await? {
                    let corrections = match contract.corrections {
                        0 => Vec::new(),
                        _ => corrections::of_record(tx, id, &record.number).await?,
                    };
                    chains.push(Chain { record, corrections });
                }
                chains
            }
        };
        Ok((contract, found))
    }
}

/// A correction before anything of it counts. `added` is what others come to that nobody agreed to.
fn proposed(
    contract: &Contract,
    (chain, wanted): (&Chain, &Wanted),
    (quantity, most, added): (i64, Decimal, Decimal),
    (rules, now): (&Rules, Timestamp),
) -> Correction {
    let asks = correction::consent(contract, chain, (quantity, most, added), (rules, now));
    let id = UsageCorrectionId::new(now);
    let present = chain.now();
    Correction {
        id,
        account: contract.account,
        seller: contract.seller,
        instance: contract.instance,
        number: wanted.number.clone().unwrap_or_else(|| id.to_string()),
        record: chain.record.number.clone(),
        meter: chain.record.meter.clone(),
        begin: chain.record.begin,
        charged_with: chain.record.charged_with(&contract.terms),
        late: chain.record.late_in.is_some(),
        before: present,
        after: Worth { quantity, covered: present.covered },
        reason: wanted.reason.trim().to_owned(),
        state: UsageCorrectionState::Waiting,
        turn: None,
        asks,
        lapses_at: asks.map(|_| now.plus_days(i64::from(rules.consent_days))),
        most,
        known_in: None,
        corrected_at: now,
        decided_at: None,
    }
}

/// It counts with the hour or day of its record while that is open, else with the next one. Its instance is held, so that its turn is
/// the order in which corrections are made, whatever clocks say.
pub(super) async fn enter(
    tx: &mut Tx,
    contract: &mut Contract,
    one: &mut Correction,
    (now, made): (Timestamp, &mut Made),
) -> Result<()> {
    contract.corrections += 1;
    (one.state, one.decided_at, one.turn) = (UsageCorrectionState::Counted, Some(now), Some(contract.corrections));
    let is_open = one.charged_with >= contract.charged_until;
    one.known_in = (!is_open).then_some(contract.charged_until);
    if is_open {
        let (whole, rest) = correction::pieces(one.delta());
        let sum = Sum { meter: one.meter.clone(), late: one.late, whole, rest, records: 0 };
        sums::add(tx, vec![(contract.instance, one.charged_with, sum)]).await?;
    }
    made.touched.insert(contract.instance);
    contracts::save(tx, contract).await
}

/// Whether a text can name an instance.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && record::is_legible(text, FIELD_MAX)
}

/// Which records are asked for.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The one of a number, or of a correction of it.
    One(String),
    /// So many behind a moment and a number.
    Behind(Option<(Timestamp, String)>, i64),
}
