//! `kontor simulate`: random buyers, sellers and operators on the real use cases, under a turned clock, with deliveries and
//! jobs that fail and processes that restart; everything that must always hold is checked after each step.

mod acts;
mod checks;
mod saying;
mod using;
mod world;

use std::fmt;

use anyhow::Context;
use kernel::time::{DAY, HOUR};
use rand::RngExt;

use crate::stage::Stage;
use world::World;

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    pub steps: u32,
    pub orders: u32,
    pub trials: u32,
    pub conversions: u32,
    /// Private offers that were accepted.
    pub offers: u32,
    pub refunds: u32,
    pub renewals: u32,
    /// Renewals that nobody asked for at that moment.
    pub automatic: u32,
    /// Changes of specification that were paid.
    pub changes: u32,
    /// Records of use that were taken in, each once.
    pub records: u32,
    /// Corrections of them that count.
    pub corrections: u32,
    /// Reviews that were written, for the first time or anew.
    pub reviews: u32,
    pub refusals: u32,
    pub job_faults: u32,
    pub restarts: u32,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            steps,
            orders,
            trials,
            conversions,
            offers,
            refunds,
            renewals,
            automatic,
            changes,
            records,
            corrections,
            reviews,
            refusals,
            job_faults,
            restarts,
        } = self;
        write!(
            f,
            "{steps} steps, {orders} orders, {trials} trials of which {conversions} bought, {offers} offers accepted, {renewals} renewals by hand, {automatic} automatic, {changes} changes, {refunds} refunds, {records} records of use, {corrections} corrections of them, {reviews} reviews, {refusals} refusals, {job_faults} failed jobs, {restarts} restarts; all in order"
        )
    }
}

/// Acts a day at most.
const ACTS_PER_DAY: u32 = 8;

/// One run in a scratch database of its own. An error says at which step what did not hold.
pub async fn run(seed: u64, days: u32, database_url: Option<&str>) -> anyhow::Result<Summary> {
    let stage = Stage::turned(database_url, "simulation").await?;
    let mut world = World::new(stage, seed)?;
    let outcome = play(&mut world, days).await;
    world.stage.close().await?;
    outcome.map(|()| world.summary())
}

async fn play(world: &mut World, days: u32) -> anyhow::Result<()> {
    world.open_shops().await.context("setting the scene")?;
    for day in 0..days {
        let acts = world.rng.random_range(1..=ACTS_PER_DAY);
        for _ in 0..acts {
            let act = world.pick();
            world.step(act).await.with_context(|| format!("day {day}, step {}, {act:?}", world.steps()))?;
            let pause = world.rng.random_range(0..2 * DAY / i64::from(acts).max(1));
            world.stage.kontor.app.clock.turn(pause.min(DAY));
        }
        world.stage.kontor.app.clock.turn(HOUR);
    }
    world.end_all_use().await?;
    world.settle().await.context("after the last day")
}
