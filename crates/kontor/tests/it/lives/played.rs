//! One life as it is played: what its buyer does next, what the product says to that and what the model says.

use anyhow::{Context, bail, ensure};
use instances::EndCause;
use kernel::{
    Timestamp,
    time::{DAY, HOUR, MINUTE, SECOND},
};
use kontor::stage::client::{Reply, text};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    calendar::Moment,
    model::{Kind, Life, Refused, Standing, Why},
    people::{OF_ONE_BUYER, World},
};
use crate::stories::order;

/// What a buyer does with something, or asks about it.
#[derive(Clone, Copy, Debug)]
enum Act {
    Accept,
    Renew {
        months: i64,
    },
    Agree {
        months: i64,
        spare: i64,
    },
    Decide {
        policy: &'static str,
    },
    Change {
        users: i64,
    },
    Return,
    ReturnRenewal,
    Convert {
        months: i64,
    },
    /// The operator takes it away.
    TakeAway,
    /// Nothing; what has become of it is looked at.
    Look,
}

/// What happened in lives, so that a test that proves nothing is seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    lives: u32,
    done: u32,
    refused: u32,
    thawed: u32,
    outlived: u32,
    paid_back: u32,
    released: u32,
    by_itself: u32,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.lives += other.lives;
        self.done += other.done;
        self.refused += other.refused;
        self.thawed += other.thawed;
        self.outlived += other.outlived;
        self.paid_back += other.paid_back;
        self.released += other.released;
        self.by_itself += other.by_itself;
    }

    /// Enough of everything has happened.
    pub(super) fn were_lived(&self) -> anyhow::Result<()> {
        let few = self.lives / 50;
        let all = [self.done, self.refused, self.thawed, self.outlived, self.paid_back, self.released, self.by_itself];
        ensure!(self.lives < 50 || all.iter().all(|count| *count > few), "too little has happened: {self:?}");
        Ok(())
    }
}

pub(super) struct Played {
    pub(super) number: u32,
    pub(super) counts: Counts,
    rng: StdRng,
    life: Option<Life>,
    order: String,
    instance: Option<String>,
    left: u32,
    told: Vec<String>,
}

/// The answer to a question, or what was in the way.
type Came = Result<Value, String>;

fn came(reply: Reply, what: &str) -> anyhow::Result<Came> {
    match reply.status {
        200..300 => Ok(Ok(reply.body)),
        422 => Ok(Err(reply.code().to_owned())),
        _ => bail!("{what}: {} {}", reply.status, reply.body),
    }
}

fn moment(text: &Value) -> anyhow::Result<Option<Moment>> {
    match text.as_str() {
        Some(text) => Ok(Some(text.parse::<Timestamp>()?.as_micros())),
        None => Ok(None),
    }
}

impl Played {
    pub(super) fn new(seed: u64, number: u32) -> Self {
        let mut rng = StdRng::seed_from_u64((seed << 32) | u64::from(number));
        let left = rng.random_range(2..6);
        Self {
            number,
            counts: Counts { lives: 1, ..Counts::default() },
            rng,
            life: None,
            order: String::new(),
            instance: None,
            left,
            told: Vec::new(),
        }
    }

    /// When it begins, within some time of the opening; to the second, so that no two things happen at once.
    pub(super) fn begins(&mut self, within: i64) -> Moment {
        self.rng.random_range(HOUR..within) / SECOND * SECOND
    }

    pub(super) fn held(&self) -> i64 {
        self.life.as_ref().map_or(0, |life| life.paid - life.back)
    }

    /// The next thing of its life; when the one after that is.
    pub(super) async fn step(&mut self, world: &mut World, now: Moment) -> anyhow::Result<Option<Moment>> {
        let went = if self.life.is_none() { self.begin(world, now).await } else { self.go_on(world, now).await };
        went.with_context(|| format!("{:?}\n{}", self.life, self.told.join("\n")))?;
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        Ok(Some(now + self.pause(now)))
    }

    /// Soon, in some days, or near the end, where most is decided.
    fn pause(&mut self, now: Moment) -> i64 {
        let end = self.life.as_ref().map_or(now, Life::end);
        let pause = match self.rng.random_range(0..100) {
            0..25 => self.rng.random_range(MINUTE..4 * HOUR),
            25..50 => self.rng.random_range(HOUR..6 * DAY),
            50..85 => end + self.rng.random_range(-8 * DAY..21 * DAY) - now,
            _ => self.rng.random_range(DAY..40 * DAY),
        };
        (pause / SECOND * SECOND).max(MINUTE)
    }

    async fn begin(&mut self, world: &mut World, now: Moment) -> anyhow::Result<()> {
        let users = self.rng.random_range(1..15);
        // The first one of a buyer is tried: there is one trial for everybody.
        if self.number.is_multiple_of(OF_ONE_BUYER) {
            return self.begin_trial(world, users, now).await;
        }
        let poor = self.number % OF_ONE_BUYER == OF_ONE_BUYER - 1;
        let kind = match self.rng.random_range(0..100) {
            0..70 => Kind::Licence,
            70..79 => Kind::Hosted,
            79..84 => Kind::Accepted,
            84..95 => Kind::Fixed,
            _ => Kind::Unwilling,
        };
        let months = if poor { 1 } else { [1, 1, 1, 1, 2, 3, 12][self.rng.random_range(0..7)] };
        let sku = world.sku(kind)?;
        let buyer = world.buyer(self.number)?;
        let life = Life::bought(kind, (users, months), &mut buyer.purse, now);
        self.told.push(format!("{} bought {kind:?}: {users} users, {months} months", Timestamp::from_micros(now)));
        self.life = Some(life);
        let person = buyer.person.clone();
        let wanted = json!({ "sku": sku, "quantities": { "users": users }, "periods": months });
        let placed = order(&world.stage.people, &person, wanted, true).await?;
        text(&placed, "id")?.clone_into(&mut self.order);
        self.arrive(world, now).await
    }

    async fn begin_trial(&mut self, world: &mut World, users: i64, now: Moment) -> anyhow::Result<()> {
        let body = json!({ "sku": world.sku(Kind::Hosted)?, "quantities": { "users": users } });
        let token = world.buyer(self.number)?.person.token.clone();
        self.told.push(format!("{} tried: {users} users", Timestamp::from_micros(now)));
        self.life = Some(Life::tried(users, now));
        let placed = world.call(&token, ("POST", "/api/v1/trials"), Some(body.clone())).await?.good("a trial")?;
        text(&placed, "id")?.clone_into(&mut self.order);
        self.arrive(world, now).await?;
        let again = came(world.call(&token, ("POST", "/api/v1/trials"), Some(body)).await?, "another trial")?;
        ensure!(again == Err("trial.tried".to_owned()), "it was tried twice: {again:?}");
        Ok(())
    }

    /// What was ordered is there.
    async fn arrive(&mut self, world: &mut World, now: Moment) -> anyhow::Result<()> {
        world.settle().await?;
        let token = world.buyer(self.number)?.person.token.clone();
        let list = world.call(&token, ("GET", "/api/v1/instances?limit=1"), None).await?.good("instances")?;
        let newest = &list["items"][0];
        if newest["order"] == self.order.as_str() {
            self.instance = Some(text(newest, "id")?.to_owned());
        }
        self.compared(world, now).await
    }

    async fn go_on(&mut self, world: &mut World, now: Moment) -> anyhow::Result<()> {
        self.compared(world, now).await?;
        if self.instance.is_none() {
            return Ok(());
        }
        let act = self.draw();
        self.told.push(format!("{} {act:?}", Timestamp::from_micros(now)));
        let did = self.act(world, act, now).await.with_context(|| format!("{act:?}"))?;
        if let Some(last) = self.told.last_mut() {
            last.push_str(if did { ": done" } else { ": refused" });
        }
        *(if did { &mut self.counts.done } else { &mut self.counts.refused }) += 1;
        world.settle().await?;
        self.compared(world, now).await?;
        // What else its buyer could do now is the same too.
        let question = self.draw();
        self.ask(world, question, now).await.with_context(|| format!("asked whether {question:?}")).map(drop)
    }

    fn draw(&mut self) -> Act {
        let months = [1, 1, 2, 3, 12][self.rng.random_range(0..5)];
        let (is_trial, users) = self.life.as_ref().map_or((false, 1), |life| (life.is_trial, life.users));
        let is_pending = self.life.as_ref().is_some_and(Life::is_pending);
        match self.rng.random_range(0..100) {
            0..40 if is_trial => Act::Convert { months },
            0..50 if is_pending => Act::Accept,
            0..25 => Act::Renew { months },
            25..42 => Act::Agree { months: 1, spare: [-100, 0, 0, 100_000][self.rng.random_range(0..4)] },
            42..46 => Act::Decide { policy: ["manual", "end"][self.rng.random_range(0..2)] },
            46..68 => Act::Change { users: (users + self.rng.random_range(-2..6)).max(1) },
            68..78 => Act::Return,
            78..88 => Act::ReturnRenewal,
            88..91 => Act::Convert { months },
            91..94 => Act::TakeAway,
            94..96 => Act::Accept,
            _ => Act::Look,
        }
    }

    fn life(&mut self) -> anyhow::Result<&mut Life> {
        self.life.as_mut().context("it has begun")
    }

    /// Asks what an act would do: both sides allow it or refuse it, for the same price. What was seen of it.
    async fn ask(&mut self, world: &mut World, act: Act, now: Moment) -> anyhow::Result<Option<Value>> {
        let instance = self.instance.clone().context("it is there")?;
        let number = self.number;
        let life = self.life()?;
        let at = |what: &str| format!("/api/v1/instances/{instance}/{what}");
        let purse = world.buyer(number)?.purse.clone();
        let (expected, field, asked): (Result<i64, Refused>, &str, _) = match act {
            Act::Renew { months } => {
                let expected = life.may_renew(months).map(|(cost, _)| cost);
                (expected, "total", ("GET", at(&format!("renewal?periods={months}")), None))
            }
            Act::Change { users } => {
                let body = json!({ "quantities": { "users": users } });
                (life.may_change(users, now), "total", ("POST", at("change-preview"), Some(body)))
            }
            Act::Return => (life.may_return(&purse, now), "amount", ("GET", at("return"), None)),
            Act::ReturnRenewal => (life.may_return_renewal(now), "amount", ("GET", at("renewal/return"), None)),
            Act::Convert { months } => {
                let path = at(&format!("conversion?periods={months}&period_unit=month"));
                (life.may_convert(months), "total", ("GET", path, None))
            }
            Act::Accept | Act::Agree { .. } | Act::Decide { .. } | Act::TakeAway | Act::Look => return Ok(None),
        };
        let (method, path, body) = asked;
        let token = world.buyer(number)?.person.token.clone();
        let came = came(world.call(&token, (method, &path), body).await?, &path)?;
        agree(&expected, &came)?;
        let (Ok(cost), Ok(shown)) = (expected, came) else { return Ok(None) };
        ensure!(shown[field]["minor"] == cost, "{path} says {}, and it comes to {cost}", shown[field]);
        if let (Act::Renew { months }, life) = (act, self.life()?) {
            let until = life.may_renew(months).map(|(_, until)| until).unwrap_or_default();
            ensure!(moment(&shown["term"]["until"])? == Some(until), "another end: {}", shown["term"]);
        }
        Ok(Some(shown))
    }

    /// Does it on both sides; whether it was done.
    async fn act(&mut self, world: &mut World, act: Act, now: Moment) -> anyhow::Result<bool> {
        let instance = self.instance.clone().context("it is there")?;
        let token = world.buyer(self.number)?.person.token.clone();
        let at = |what: &str| format!("/api/v1/instances/{instance}/{what}");
        match act {
            Act::Look => return Ok(true),
            Act::Accept => {
                let came = came(world.call(&token, ("POST", &at("acceptance")), None).await?, "accept")?;
                let expected = self.life()?.may_accept();
                agree(&expected, &came)?;
                if expected.is_ok() {
                    self.life()?.accept(now);
                }
                return Ok(expected.is_ok());
            }
            Act::TakeAway => return self.take_away(world, &instance).await,
            Act::Agree { months, spare } => {
                return self.agree(world, (&at("expiry"), &token), (months, spare), now).await;
            }
            Act::Decide { policy } => {
                let body = Some(json!({ "policy": policy }));
                let came = came(world.call(&token, ("PUT", &at("expiry")), body).await?, "decide")?;
                let expected = self.life()?.may_decide();
                agree(&expected, &came)?;
                if expected.is_ok() {
                    self.life()?.disagree();
                }
                return Ok(expected.is_ok());
            }
            Act::Renew { .. } | Act::Change { .. } | Act::Return | Act::ReturnRenewal | Act::Convert { .. } => {}
        }
        let Some(shown) = self.ask(world, act, now).await? else { return Ok(false) };
        let (path, body) = match act {
            Act::Renew { months } => (at("renewal"), json!({ "periods": months, "seen": shown["seen"] })),
            Act::Change { users } => {
                (at("changes"), json!({ "quantities": { "users": users }, "seen": shown["seen"] }))
            }
            Act::Convert { months } => {
                let body = json!({ "periods": months, "period_unit": "month", "seen": shown["seen"] });
                (at("conversion"), body)
            }
            Act::Return => (at("return"), json!({ "reason": "It is not what it says." })),
            Act::Accept | Act::ReturnRenewal | Act::Agree { .. } | Act::Decide { .. } | Act::TakeAway | Act::Look => {
                (at("renewal/return"), json!({}))
            }
        };
        let came = came(world.call(&token, ("POST", &path), Some(body)).await?, &path)?;
        let cost = shown["total"]["minor"].as_i64().unwrap_or(0);
        let purse = &mut world.buyer(self.number)?.purse;
        if cost > purse.holds {
            agree(&Err::<(), _>(vec!["ledger.insufficient_funds"]), &came)?;
            return Ok(false);
        }
        agree(&Ok(()), &came)?;
        let life = self.life.as_mut().context("it has begun")?;
        let was = life.standing;
        match act {
            Act::Renew { months } => life.renew(months, purse),
            Act::Change { users } => life.change((users, cost), purse, now),
            Act::Convert { months } => life.convert(months, purse, now),
            Act::Return => life.give_back(purse, now),
            Act::ReturnRenewal => life.give_renewal_back(purse),
            Act::Accept | Act::Agree { .. } | Act::Decide { .. } | Act::TakeAway | Act::Look => {}
        }
        self.counts.thawed += u32::from(was == Standing::Frozen && life.standing == Standing::Active);
        self.counts.paid_back += u32::from(matches!(act, Act::Return | Act::ReturnRenewal));
        Ok(true)
    }

    async fn agree(
        &mut self,
        world: &mut World,
        (path, token): (&str, &str),
        (months, spare): (i64, i64),
        now: Moment,
    ) -> anyhow::Result<bool> {
        let life = self.life.as_mut().context("it has begun")?;
        let most = (super::model::price(life.users, months) + spare).max(1);
        let max = json!({ "minor": most, "currency": "CNY" });
        let wish = json!({ "policy": "automatic", "periods": months, "period_unit": "month", "price_max": max });
        let came = came(world.call(token, ("PUT", path), Some(wish)).await?, path)?;
        let expected = life.may_agree(months, most);
        agree(&expected, &came)?;
        if expected.is_ok() {
            life.agree((months, most), &mut world.buyer(self.number)?.purse, now);
        }
        Ok(expected.is_ok())
    }

    async fn take_away(&mut self, world: &mut World, instance: &str) -> anyhow::Result<bool> {
        let kontor = &world.stage.kontor;
        let mut tx = kontor.app.db.begin().await?;
        let read = kontor.instances.find(&mut tx, instance.parse()?).await?;
        kontor.instances.end(&mut tx, read, EndCause::Operator).await?;
        tx.commit().await?;
        let purse = &mut world.buyer(self.number)?.purse;
        self.life.as_mut().context("it has begun")?.take_away(purse);
        Ok(true)
    }

    /// Both sides have come to the same until now.
    pub(super) async fn compare(&mut self, world: &mut World, now: Moment) -> anyhow::Result<()> {
        let compared = self.compared(world, now).await;
        compared.with_context(|| format!("{:?}\n{}", self.life, self.told.join("\n")))
    }

    async fn compared(&mut self, world: &mut World, now: Moment) -> anyhow::Result<()> {
        let buyer = world.buyer(self.number)?;
        let token = buyer.person.token.clone();
        let life = self.life.as_mut().context("it has begun")?;
        let (paid, was) = (life.paid, life.standing);
        life.pass(&mut buyer.purse, now);
        self.counts.by_itself += u32::from(life.paid > paid);
        self.counts.released += u32::from(was != life.standing && matches!(life.standing, Standing::Released(_)));
        let Some(instance) = &self.instance else {
            let path = format!("/api/v1/orders/{}", self.order);
            let shown = world.call(&token, ("GET", &path), None).await?.good(&path)?;
            let expected = if life.standing == Standing::NeverCame { "refunded" } else { "paid" };
            ensure!(shown["state"] == expected, "its order is {}, and should be {expected}", shown["state"]);
            ensure!(life.kind == Kind::Unwilling, "it did not come");
            return Ok(());
        };
        let path = format!("/api/v1/instances/{instance}");
        let shown = world.call(&token, ("GET", &path), None).await?.good(&path)?;
        let (state, cause) = match life.standing {
            Standing::Pending => ("pending", None),
            Standing::Active => ("active", None),
            Standing::Grace => ("grace", None),
            Standing::Frozen => ("expired", None),
            Standing::Released(Why::Expiry) => ("released", Some("expiry")),
            Standing::Released(Why::Refund) => ("released", Some("refund")),
            Standing::Released(Why::Operator) => ("released", Some("operator")),
            Standing::Awaited | Standing::NeverCame => bail!("it has come, and should not have"),
        };
        ensure!(shown["state"] == state, "it is {}, and should be {state}", shown["state"]);
        ensure!(shown["end_cause"].as_str() == cause, "it ended by {}, and not by {cause:?}", shown["end_cause"]);
        self.counts.outlived += u32::from(life.standing == Standing::Grace);
        let end = Some(life.end()).filter(|_| life.has_begun());
        let ends = (end, life.freeze_at(), life.release_at());
        let expected = (ends, life.users, life.is_trial, life.is_changing());
        let found = (
            (moment(&shown["expires_at"])?, moment(&shown["freeze_at"])?, moment(&shown["release_at"])?),
            shown["quantities"]["users"].as_i64().unwrap_or_default(),
            shown["is_trial"] == true,
            shown["changing"].is_string(),
        );
        ensure!(
            found == expected,
            "ends (of term, grace and all), users, trial, changing: {found:?}, and should be {expected:?}"
        );
        Ok(())
    }
}

/// Both allow it, or both refuse it, and the refusal names something that is in the way.
fn agree<T: std::fmt::Debug>(expected: &Result<T, Refused>, came: &Came) -> anyhow::Result<()> {
    let same = match (expected, came) {
        (Ok(_), Ok(_)) => true,
        (Err(reasons), Err(code)) => reasons.contains(&code.as_str()),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    };
    ensure!(same, "the model says {expected:?}, and the product {came:?}");
    Ok(())
}
