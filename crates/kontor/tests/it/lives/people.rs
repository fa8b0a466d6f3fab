//! The world of the lives: sellers who deliver in five ways, buyers with much and with little money, and a clock that stops whenever
//! something is due.

use std::ops::Range;

use anyhow::{Context, ensure};
use kernel::Timestamp;
use kontor::{
    kit::Manner,
    stage::{
        Person, Stage,
        client::{Reply, Sent},
    },
};
use production::ResultCode;
use serde_json::{Value, json};

use super::{
    calendar::Moment,
    model::{Kind, Purse},
};
use crate::{
    acceptance,
    saas::{self, System},
    stories::{ask, wallet},
};

/// So many lives have one buyer, who has as much money as all of them need; of twenty-five lives, the last one has a buyer of its
/// own, who has little.
pub(super) const OF_ONE_BUYER: u32 = 25;

/// A buyer, and what the model says of the money.
pub(super) struct Buyer {
    pub(super) person: Person,
    pub(super) purse: Purse,
}

pub(super) struct World {
    pub(super) stage: Stage,
    first: u32,
    /// By life: those who are rich, and those who are not.
    buyers: Vec<[Option<Buyer>; 2]>,
    /// What is sold, by the way in which it is delivered.
    skus: Vec<(Kind, String)>,
    systems: Vec<System>,
}

/// What has nothing to do with lives and happens every day: probes, recommendations, reminders. And some days of grace, which a site
/// does not give unless it says so.
const QUIET: [(&str, &str); 5] = [
    ("[probing]\non = true", "[probing]\non = false"),
    ("recommendations_hours = 24", "recommendations_hours = 8760"),
    ("notice_days = [30, 15, 7, 3, 1]", "notice_days = [1]"),
    ("reminder_days = [15, 7, 3, 1]\nreminder_hour", "reminder_days = [1]\nreminder_hour"),
    ("grace_days = 0", "grace_days = 4"),
];

/// What somebody has who has little.
fn little(seed: u64, group: u32) -> i64 {
    let drawn = (seed.wrapping_mul(31) + u64::from(group)).wrapping_mul(2_654_435_761) % 8;
    i64::try_from(drawn).unwrap_or(0) * 25_000 + 60_000
}

impl World {
    /// `other`: a rule of the site that is another one than the model knows.
    pub(super) async fn open(
        url: Option<&str>,
        (seed, lives): (u64, &Range<u32>),
        other: Option<(&str, &str)>,
    ) -> anyhow::Result<Self> {
        let stage = Stage::turned(url, "lives").await?;
        let mut rules = policy::DEFAULT.to_owned();
        for (rule, instead) in QUIET.into_iter().chain(other) {
            ensure!(rules.contains(rule), "there is no rule {rule}");
            rules = rules.replace(rule, instead);
        }
        let people = &stage.people;
        people.client.post(&people.operator().await?, "/api/v1/operator/policy", json!({ "rules": rules })).await?;
        let groups = lives.start / OF_ONE_BUYER..lives.end.div_ceil(OF_ONE_BUYER);
        let mut world = Self { first: groups.start, stage, buyers: Vec::new(), skus: Vec::new(), systems: Vec::new() };
        world.open_shops().await?;
        for group in groups {
            world.welcome(seed, group, lives).await?;
        }
        Ok(world)
    }

    async fn open_shops(&mut self) -> anyhow::Result<()> {
        let people = self.stage.people.clone();
        let seller = people.seller("Cloudco Software").await?;
        let product = people.product(&seller, "Log Search").await?;
        self.skus.push((Kind::Licence, product.skus[0].clone()));
        for (kind, name, manner) in [
            (Kind::Hosted, "Willing", Manner::Well),
            (Kind::Fixed, "Fixed", Manner::Fixed),
            (Kind::Unwilling, "Unwilling", Manner::Refuses(ResultCode::SoldOut)),
        ] {
            let seller = people.seller(&format!("{name} Software")).await?;
            let system = System::start(&self.stage.kontor.app.clock).await?;
            saas::connect(&people, &seller, &system, "").await?;
            let product = people.hosted(&seller, &format!("{name} Lens")).await?;
            let path = format!("/api/v1/seller/products/{}/changes", product.id);
            let any = json!({ "specs": { "server": "any" } });
            ask(&people.client, &seller.token, "PUT", &path, Some(any)).await?.good(&path)?;
            system.kit.behave(manner);
            self.skus.push((kind, product.skus[0].clone()));
            self.systems.push(system);
        }
        self.open_after_acceptance().await
    }

    async fn open_after_acceptance(&mut self) -> anyhow::Result<()> {
        let people = self.stage.people.clone();
        let seller = people.seller("Patient Software").await?;
        let system = System::start(&self.stage.kontor.app.clock).await?;
        let address = saas::connect(&people, &seller, &system, "").await?;
        acceptance::accepts(&people, &seller, (&address, "koogallery_v2")).await?;
        let product = people.listed(&seller, acceptance::listing(&people, &seller, "Patient Lens").await?).await?;
        let path = format!("/api/v1/seller/products/{}/changes", product.id);
        ask(&people.client, &seller.token, "PUT", &path, Some(json!({ "specs": { "server": "any" } })))
            .await?
            .good(&path)?;
        self.skus.push((Kind::Accepted, product.skus[0].clone()));
        self.systems.push(system);
        Ok(())
    }

    /// The buyers of some lives.
    async fn welcome(&mut self, seed: u64, group: u32, lives: &Range<u32>) -> anyhow::Result<()> {
        let last = group * OF_ONE_BUYER + OF_ONE_BUYER - 1;
        let mut both = [None, None];
        for (place, name, holds) in [(0, "Rich", 1_000_000_000), (1, "Poor", little(seed, group))] {
            let needed = if place == 1 { lives.contains(&last) } else { lives.start < last };
            if needed {
                let person = self.stage.people.buyer(&format!("{name} {}", letters(group))).await?;
                self.stage.people.top_up(&person, holds).await?;
                both[place] = Some(Buyer { person, purse: Purse { holds, ..Purse::default() } });
            }
        }
        self.buyers.push(both);
        Ok(())
    }

    /// The buyer of a life.
    pub(super) fn buyer(&mut self, life: u32) -> anyhow::Result<&mut Buyer> {
        let group = usize::try_from(life / OF_ONE_BUYER - self.first)?;
        let place = usize::from(life % OF_ONE_BUYER == OF_ONE_BUYER - 1);
        self.buyers[group][place].as_mut().context("everybody has a buyer")
    }

    pub(super) fn sku(&self, kind: Kind) -> anyhow::Result<String> {
        let found = self.skus.iter().find(|(known, _)| *known == kind);
        Ok(found.context("all kinds are sold")?.1.clone())
    }

    /// Turns the clock, and stops whenever something is due.
    pub(super) async fn turn_to(&self, at: Moment) -> anyhow::Result<()> {
        let kontor = &self.stage.kontor;
        let at = Timestamp::from_micros(at);
        loop {
            let due = kontor.run_due_jobs().await?.filter(|due| *due <= at);
            let now = kontor.app.clock.now();
            match due {
                Some(due) => kontor.app.clock.turn(due.micros_since(now)),
                None if now < at => kontor.app.clock.turn(at.micros_since(now)),
                None => return Ok(()),
            }
        }
    }

    /// Everything that follows at the present moment.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        self.stage.kontor.run_due_jobs().await?;
        Ok(())
    }

    pub(super) async fn call(
        &self,
        token: &str,
        (method, path): (&str, &str),
        body: Option<Value>,
    ) -> anyhow::Result<Reply> {
        let sent = Sent { token: Some(token), body, ..Sent::default() };
        self.stage.people.client.call(method, path, sent).await
    }

    pub(super) async fn compare_wallets(&self) -> anyhow::Result<()> {
        for Buyer { person, purse } in self.buyers.iter().flatten().flatten() {
            let holds = wallet(&self.stage.people, person).await?;
            ensure!(holds == purse.holds, "{} has {holds} and should have {}", person.name, purse.holds);
        }
        Ok(())
    }
}

/// A number in letters: names of people have no digits.
fn letters(number: u32) -> String {
    let letter = |number: u32| char::from(b'A' + u8::try_from(number % 26).unwrap_or(0));
    format!("{}{}", letter(number / 26), letter(number))
}
