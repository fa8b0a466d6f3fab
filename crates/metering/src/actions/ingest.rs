//! Records come in: each is checked, those that are new are added in one statement, and those that are wrong are kept for their
//! seller to mend.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use accounts::{Permission, Seller};
use kernel::{
    Error, Result, Timestamp,
    id::{AccountId, InstanceId, UsageRefusalId},
};
use platform::{Tx, Written, vault::fingerprint};

use super::life::Bought;
use crate::{
    Metering,
    rules::{
        contract::Contract,
        record::{PARTS, RECORDS_MAX, Record, Sent, UsageCode},
        refused::MeteringRefused,
    },
    store::{
        contracts, corrections, packages,
        records::{self, Numbered},
        refusals::{self, Refusal, UsageRefusalState},
        sums::{self, Sum},
    },
};

/// What became of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Recorded now, or before.
    Recorded,
    Refused(UsageCode),
}

/// What became of the records of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// How many are new.
    pub added: u64,
    /// How many were there already.
    pub known: u64,
    /// Those that were refused, by their place in the request.
    pub refused: BTreeMap<usize, UsageCode>,
}

impl Ingested {
    pub fn told(&self, place: usize) -> Told {
        self.refused.get(&place).map_or(Told::Recorded, |code| Told::Refused(*code))
    }
}

/// What records are about, by the name that was sent.
pub(crate) type Known<'s> = HashMap<&'s str, std::result::Result<Contract, UsageCode>>;
type Meant<'s> = HashMap<&'s str, std::result::Result<InstanceId, UsageCode>>;

impl Metering {
    /// Takes in records of what customers used of a seller's products; those that are refused are kept to be mended.
    pub async fn ingest(&self, tx: &mut Tx, seller: &Seller, sent: &[Sent]) -> Result<Ingested> {
        let ingested = self.take_in(tx, seller, sent).await?;
        self.keep(tx, seller, (sent, &ingested), |_| true).await?;
        Ok(ingested)
    }

    /// The same, but what is about nothing that is known here is left to the caller.
    pub(crate) async fn ingest_known(&self, tx: &mut Tx, seller: &Seller, sent: &[Sent]) -> Result<Ingested> {
        let ingested = self.take_in(tx, seller, sent).await?;
        self.keep(tx, seller, (sent, &ingested), |code| code != UsageCode::NoInstance).await?;
        Ok(ingested)
    }

    /// Keeps what was refused with some codes, and ends what was mended by being sent again.
    async fn keep(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (sent, ingested): (&[Sent], &Ingested),
        kept: impl Fn(UsageCode) -> bool + Send + Sync,
    ) -> Result<()> {
        self.end_recorded(tx, seller.account(), (sent, ingested)).await?;
        let refused = ingested.refused.iter().filter(|(_, code)| kept(**code));
        let refused = refused.filter_map(|(place, code)| Some((sent.get(*place)?, *code)));
        self.keep_refused(tx, seller.account(), refused).await
    }

    /// The same without keeping what is refused.
    pub(crate) async fn take_in(&self, tx: &mut Tx, seller: &Seller, sent: &[Sent]) -> Result<Ingested> {
        seller.may(Permission::Integrate)?;
        if sent.is_empty() || sent.len() > RECORDS_MAX {
            return Err(MeteringRefused::Count(RECORDS_MAX).into());
        }
        let now = self.app.clock.now();
        let rules = self.policies.current().await?.metering;
        let legible: Vec<_> = sent.iter().map(Sent::legible).collect();
        let names = sent.iter().zip(&legible).filter(|(_, legible)| legible.is_ok());
        let names = names.flat_map(|(one, _)| [one.instance.as_str(), one.package.as_str()]);
        let names = names.filter(|name| !name.is_empty()).collect();
        let known = self.known(tx, seller.account(), &names).await?;
        let mut ingested = Ingested::default();
        let mut fresh = Fresh::default();
        for (place, (one, legible)) in sent.iter().zip(legible).enumerate() {
            let checked = legible.and_then(|()| {
                let contract = meant_by(&known, &one.instance).ok_or(UsageCode::NoInstance)??;
                let package = match meant_by(&known, &one.package) {
                    Some(Ok(package)) => Some(package),
                    None if one.package.is_empty() => None,
                    Some(Err(_)) | None => return Err(UsageCode::NotByUse),
                };
                one.check((contract, package), now, &rules)
            });
            if let Err(code) = checked.and_then(|record| fresh.add(place, record)) {
                ingested.refused.insert(place, code);
            }
        }
        let corrections: HashSet<Numbered> =
            corrections::numbers_among(tx, &fresh.records).await?.into_iter().collect();
        for place in fresh.leave_out(&fresh.numbered_like(&corrections)) {
            ingested.refused.insert(place, UsageCode::Known);
        }
        let covered = self.cover(tx, &mut fresh.records).await?;
        for place in fresh.leave_out(&covered.refused) {
            ingested.refused.insert(place, UsageCode::State);
        }
        if fresh.records.is_empty() {
            return Ok(ingested);
        }
        let count = |number: usize| u64::try_from(number).map_err(Error::fault);
        let added = match records::add(tx, &fresh.records, now).await? {
            Written::All => None,
            Written::These(some) => Some(some.into_iter().collect::<HashSet<Numbered>>()),
        };
        ingested.added = count(added.as_ref().map_or(fresh.records.len(), HashSet::len))?;
        sums::add(tx, fresh.sums(added.as_ref())).await?;
        self.take_covered(tx, covered, |numbered| added.as_ref().is_none_or(|added| added.contains(numbered))).await?;
        self.look_again(tx, known, &fresh).await?;
        if ingested.added < count(fresh.records.len())? {
            let wrong = fresh.conflicts(&records::unlike(tx, &fresh.records).await?.into_iter().collect());
            ingested.refused.extend(wrong.into_iter().map(|place| (place, UsageCode::Known)));
        }
        let recorded = count(sent.len() - ingested.refused.len())?;
        ingested.known = recorded.saturating_sub(ingested.added);
        Ok(ingested)
    }

    /// What nothing more was expected of is charged with what came of it after all.
    async fn look_again(&self, tx: &mut Tx, known: Known<'_>, fresh: &Fresh) -> Result<()> {
        let used: BTreeSet<InstanceId> = fresh.records.iter().map(|record| record.instance).collect();
        let asleep = known.into_values().flatten().filter(|one| one.due_at.is_none() && used.contains(&one.instance));
        let asleep: BTreeMap<InstanceId, Contract> = asleep.map(|contract| (contract.instance, contract)).collect();
        for mut contract in asleep.into_values() {
            self.wait_for_cycle(tx, &mut contract).await?;
            contracts::save(tx, &contract).await?;
        }
        Ok(())
    }

    /// What the names in a request stand for, held until the transaction ends.
    pub(crate) async fn known<'s>(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        names: &BTreeSet<&'s str>,
    ) -> Result<Known<'s>> {
        let mut begun = Vec::new();
        let meant = self.meant(tx, (seller, names), &mut begun).await?;
        let ids: BTreeSet<InstanceId> = meant.values().filter_map(|told| told.ok()).collect();
        let held = contracts::hold_all(tx, ids.clone()).await?;
        if !begun.is_empty() {
            // All that may be taken from, in the one order in which packages are held.
            let meters = |one: &Contract| {
                let codes: Vec<String> = one.terms.meters().iter().map(|meter| meter.counts.code.clone()).collect();
                codes.into_iter().map(|code| (one.account, one.product, code)).collect::<Vec<_>>()
            };
            packages::hold(tx, &held.iter().flat_map(meters).collect(), Timestamp::from_micros(0)).await?;
        }
        for (contract, bought) in begun {
            self.begin_package(tx, &contract, bought).await?;
        }
        // What follows from their end may still be on its way.
        let ended = self.instances.ended_among(tx, &ids).await?;
        let held = held.into_iter().map(|contract| {
            let closed_at = contract.closed_at.or_else(|| ended.get(&contract.instance).copied());
            (contract.instance, Contract { closed_at, ..contract })
        });
        let held: HashMap<InstanceId, Contract> = held.collect();
        let contract = |id: InstanceId| held.get(&id).cloned().ok_or(UsageCode::NoInstance);
        Ok(meant.into_iter().map(|(name, told)| (name, told.and_then(contract))).collect())
    }

    /// What names mean: those that a seller gave, our own ids, else what is wrong with them. All are asked for at once. Packages
    /// that are metered from now on are left to the caller to begin.
    async fn meant<'s>(
        &self,
        tx: &mut Tx,
        (seller, names): (AccountId, &BTreeSet<&'s str>),
        begun: &mut Vec<Bought>,
    ) -> Result<Meant<'s>> {
        let mut meant: Meant<'s> = names.iter().map(|name| (*name, Err(UsageCode::NoInstance))).collect();
        for found in contracts::named(tx, seller, names).await? {
            if let Some(told) = meant.get_mut(found.name.as_str()) {
                *told = Ok(found.instance_id);
            }
        }
        let unknown = meant.iter().filter(|(_, told)| told.is_err());
        let (own, others): (BTreeSet<&'s str>, BTreeSet<&'s str>) =
            unknown.map(|(name, _)| *name).partition(|name| name.parse::<InstanceId>().is_ok());
        for name in contracts::given(tx, &others).await? {
            if let Some(told) = meant.get_mut(name.as_str()) {
                *told = Err(UsageCode::NotYours);
            }
        }
        let taken = self.deliveries.named(tx, seller, &others).await?;
        let by_use = self.orders.by_use_among(tx, &taken.iter().map(|one| one.line_id).collect()).await?;
        for one in taken {
            let Some(told) = meant.get_mut(one.remote_id.as_str()) else { continue };
            *told = Err(UsageCode::NotByUse);
            // It was delivered just now, and what follows from that is on its way.
            if by_use.contains(&one.line_id) {
                begun.extend(self.begin_contract(tx, one.instance_id).await?);
                *told = Ok(one.instance_id);
            }
        }
        meant.extend(self.by_id(tx, seller, own).await?);
        Ok(meant)
    }

    /// The same of what are our own ids.
    async fn by_id<'s>(&self, tx: &mut Tx, seller: AccountId, names: BTreeSet<&'s str>) -> Result<Meant<'s>> {
        let own = names.into_iter().filter_map(|name| Some((name, name.parse::<InstanceId>().ok()?)));
        let own: Vec<(&'s str, InstanceId)> = own.collect();
        let ids: BTreeSet<InstanceId> = own.iter().map(|(_, id)| *id).collect();
        let metered = contracts::among(tx, &ids).await?;
        let sellers: HashMap<InstanceId, AccountId> =
            metered.into_iter().map(|found| (found.instance_id, found.seller_id)).collect();
        let sold = self.instances.sold_among(tx, seller, &ids).await?;
        let told = |id: InstanceId| match sellers.get(&id) {
            Some(of) if *of == seller => Ok(id),
            Some(_) => Err(UsageCode::NotYours),
            None if sold.contains(&id) => Err(UsageCode::NotByUse),
            None => Err(UsageCode::NoInstance),
        };
        Ok(own.into_iter().map(|(name, id)| (name, told(id))).collect())
    }

    /// What was refused before and sent again as it was is mended, if it is recorded now.
    async fn end_recorded(&self, tx: &mut Tx, seller: AccountId, (sent, ingested): (&[Sent], &Ingested)) -> Result<()> {
        if ingested.refused.len() == sent.len() || !refusals::any_open(tx, seller).await? {
            return Ok(());
        }
        let recorded = sent.iter().enumerate().filter(|(place, _)| ingested.told(*place) == Told::Recorded);
        let prints = recorded.map(|(_, one)| print(one)).collect::<Result<BTreeSet<_>>>()?;
        refusals::end_recorded(tx, seller, prints.into_iter().collect(), self.app.clock.now()).await
    }

    /// Keeps what was refused, each different record once.
    pub(crate) async fn keep_refused(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        refused: impl Iterator<Item = (&Sent, UsageCode)> + Send,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let mut rows = BTreeMap::new();
        for (sent, code) in refused {
            let print = print(sent)?;
            let refusal = Refusal {
                id: UsageRefusalId::new(now),
                seller,
                sent: sent.kept(),
                code,
                count: 1,
                first_at: now,
                last_at: now,
                state: UsageRefusalState::Open,
            };
            rows.insert(print, refusal);
        }
        if rows.is_empty() {
            return Ok(());
        }
        refusals::add(tx, seller, rows.into_iter().map(|(print, refusal)| (refusal, print)).collect()).await
    }
}

/// By which the same record is known again.
fn print(sent: &Sent) -> Result<String> {
    Ok(fingerprint(&serde_json::to_string(sent).map_err(Error::fault)?))
}

/// The records of a request that may be new, with their places in it. Whether a time is taken is left to the database: what
/// would take it may be refused itself.
#[derive(Default)]
struct Fresh {
    records: Vec<Record>,
    /// Each record's, and those of its repeats.
    places: Vec<Vec<usize>>,
    numbers: HashMap<(InstanceId, String), usize>,
}

impl Fresh {
    fn add(&mut self, place: usize, record: Record) -> std::result::Result<(), UsageCode> {
        let number = (record.instance, record.number.clone());
        if let Some(index) = self.numbers.get(&number).copied() {
            let same = self.records.get(index).is_some_and(|earlier| earlier.says_the_same(&record));
            let places = self.places.get_mut(index).filter(|_| same);
            places.ok_or(UsageCode::NumberTwice)?.push(place);
            return Ok(());
        }
        self.numbers.insert(number, self.records.len());
        self.records.push(record);
        self.places.push(vec![place]);
        Ok(())
    }

    /// Which have one of some numbers.
    fn numbered_like(&self, some: &HashSet<Numbered>) -> Vec<usize> {
        if some.is_empty() {
            return Vec::new();
        }
        let found = self.records.iter().enumerate().filter(|(_, record)| some.contains(&numbered(record)));
        found.map(|(index, _)| index).collect()
    }

    /// Leaves some out, and gives the places of what is refused with them.
    fn leave_out(&mut self, refused: &[usize]) -> Vec<usize> {
        if refused.is_empty() {
            return Vec::new();
        }
        let gone: HashSet<usize> = refused.iter().copied().collect();
        let records = std::mem::take(&mut self.records).into_iter().zip(std::mem::take(&mut self.places));
        let mut left_out = Vec::new();
        for (index, (record, places)) in records.enumerate() {
            if gone.contains(&index) {
                left_out.extend(places);
            } else {
                self.records.push(record);
                self.places.push(places);
            }
        }
        left_out
    }

    /// What those that are new, or all, add to the hours and days that they will be charged with.
    fn sums(&self, added: Option<&HashSet<Numbered>>) -> Vec<(InstanceId, Timestamp, Sum)> {
        let mut sums: BTreeMap<(InstanceId, Timestamp, &str, bool), Sum> = BTreeMap::new();
        for record in &self.records {
            if added.is_some_and(|added| !added.contains(&numbered(record))) {
                continue;
            }
            let from = record.late_in.unwrap_or(record.period);
            let key = (record.instance, from, record.meter.as_str(), record.late_in.is_some());
            let sum = sums.entry(key).or_default();
            let charged = record.quantity - record.covered;
            sum.whole += charged / PARTS;
            sum.rest += charged % PARTS;
            sum.records += 1;
        }
        let of = |((instance, from, meter, late), sum): ((_, _, &str, _), Sum)| {
            (instance, from, Sum { meter: meter.to_owned(), late, ..sum })
        };
        sums.into_iter().map(of).collect()
    }

    /// The places of those that are not recorded as they were sent.
    fn conflicts(&self, unlike: &HashSet<Numbered>) -> Vec<usize> {
        let wrong = self.places.iter().zip(&self.records).filter(|(_, record)| unlike.contains(&numbered(record)));
        wrong.flat_map(|(places, _)| places.iter().copied()).collect()
    }
}

/// What a name stands for; none: it was not sent.
fn meant_by<'k>(known: &'k Known<'_>, name: &str) -> Option<std::result::Result<&'k Contract, UsageCode>> {
    known.get(name).map(|meant| meant.as_ref().map_err(|code| *code))
}

fn numbered(record: &Record) -> Numbered {
    Numbered { instance_id: record.instance, number: record.number.clone() }
}

#[cfg(test)]
mod tests {
    use kernel::id::ProductId;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// What the database does: a number and a time are there once, what comes later is left out.
    fn insert(table: &mut Vec<Record>, fresh: &Fresh) {
        for record in &fresh.records {
            let same_time = |there: &Record| {
                !there.apart
                    && !record.apart
                    && (there.begin, there.end, &there.meter) == (record.begin, record.end, &record.meter)
            };
            if !table.iter().any(|there| there.number == record.number || same_time(there)) {
                table.push(record.clone());
            }
        }
    }

    /// What becomes of each record of a request.
    fn send(table: &mut Vec<Record>, batch: &[Record]) -> Vec<bool> {
        let mut fresh = Fresh::default();
        let mut recorded: Vec<bool> =
            batch.iter().enumerate().map(|(place, record)| fresh.add(place, record.clone()).is_ok()).collect();
        insert(table, &fresh);
        let there =
            |record: &Record| table.iter().any(|there| there.number == record.number && there.says_the_same(record));
        let unlike = fresh.records.iter().filter(|record| !there(record)).map(numbered).collect();
        for place in fresh.conflicts(&unlike) {
            recorded[place] = false;
        }
        recorded
    }

    fn record() -> impl Strategy<Value = Record> {
        (0_u8..6, 1_i64..3, 0_i64..3, 1_i64..3, prop::bool::weighted(0.3)).prop_map(
            |(number, quantity, begin, long, apart)| Record {
                account: AccountId::from_uuid(uuid(1)),
                instance: InstanceId::from_uuid(uuid(2)),
                // Events and pushed records have numbers of their own.
                number: format!("{}{number}", if apart { "e" } else { "p" }),
                meter: "calls".to_owned(),
                quantity,
                covered: 0,
                begin: at(begin),
                end: at(begin + long),
                apart,
                period: at(begin),
                late_in: None,
                product: ProductId::from_uuid(uuid(3)),
                package: None,
                stops: false,
            },
        )
    }

    fn uuid(number: u128) -> sqlx::types::Uuid {
        sqlx::types::Uuid::from_u128(number)
    }

    proptest! {
        #[test]
        fn a_record_counts_once_whatever_is_sent_again(batches in prop::collection::vec(prop::collection::vec(record(), 1..12), 1..8)) {
            let mut table = Vec::new();
            for batch in &batches {
                let recorded = send(&mut table, batch);
                for (record, recorded) in batch.iter().zip(&recorded) {
                    let there = table.iter().find(|there| there.number == record.number);
                    if *recorded {
                        prop_assert!(there.is_some_and(|there| there.says_the_same(record)), "said to be recorded: {record:?}");
                    }
                }
                // The same request again, its answer was lost: what was recorded is said to be, and nothing is added.
                let before = table.clone();
                let again = send(&mut table, batch);
                prop_assert_eq!(&table, &before);
                for (first, second) in recorded.iter().zip(&again) {
                    prop_assert!(!first || *second, "recorded once, it stays so");
                }
            }
            let numbers: BTreeSet<&str> = table.iter().map(|record| record.number.as_str()).collect();
            prop_assert_eq!(numbers.len(), table.len());
            let times: Vec<_> = table.iter().filter(|record| !record.apart).map(|record| (record.begin, record.end)).collect();
            prop_assert_eq!(times.iter().collect::<BTreeSet<_>>().len(), times.len());
        }
    }
}
