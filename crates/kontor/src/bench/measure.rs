//! Many callers at once for some time: rate, latencies, CPU.

use std::time::{Duration, Instant};

use super::{Row, cpu};

/// What some seconds of work came to.
pub(super) struct Measured {
    count: u64,
    elapsed_us: u64,
    cpu_us: u64,
    latencies_us: Vec<u64>,
}

/// Lets each client repeat its work until the time is over or it has nothing left to do.
pub(super) async fn measure<W>(works: Vec<W>, time: Duration) -> anyhow::Result<Measured>
where
    W: Work + Send + 'static,
{
    let (cpu, begun) = (cpu::used_us(), Instant::now());
    let tasks: Vec<_> = works
        .into_iter()
        .map(|mut work| {
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while begun.elapsed() < time {
                    let started = Instant::now();
                    if !work.once().await? {
                        break;
                    }
                    latencies.push(micros(started.elapsed()));
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    let mut latencies_us = Vec::new();
    for task in tasks {
        latencies_us.extend(task.await??);
    }
    let (elapsed_us, cpu_us) = (micros(begun.elapsed()), cpu::used_us().saturating_sub(cpu));
    latencies_us.sort_unstable();
    let count = u64::try_from(latencies_us.len())?;
    Ok(Measured { count, elapsed_us, cpu_us, latencies_us })
}

/// Lets clients work at a given rate together, whether the work before is done or not: a latency begins when its turn has
/// come, so that waiting counts.
pub(super) async fn measure_at<W>(rate: u64, works: Vec<W>, time: Duration) -> anyhow::Result<Measured>
where
    W: Work + Send + 'static,
{
    let (cpu, begun) = (cpu::used_us(), Instant::now());
    let (rate, clients) = (rate.max(1), u64::try_from(works.len())?);
    let tasks: Vec<_> = (0..clients)
        .zip(works)
        .map(|(client, mut work)| {
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                for turn in 0.. {
                    let due = Duration::from_micros((client + turn * clients) * 1_000_000 / rate);
                    if due >= time {
                        break;
                    }
                    tokio::time::sleep_until((begun + due).into()).await;
                    if !work.once().await? {
                        break;
                    }
                    latencies.push(micros(begun.elapsed().saturating_sub(due)));
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    let mut latencies_us = Vec::new();
    for task in tasks {
        latencies_us.extend(task.await??);
    }
    let (elapsed, used) = (begun.elapsed(), cpu::used_us().saturating_sub(cpu));
    Ok(Measured::of(u64::try_from(latencies_us.len())?, elapsed, used, latencies_us))
}

/// One operation of a measured kind. False: nothing is left to do.
pub(super) trait Work {
    fn once(&mut self) -> impl Future<Output = anyhow::Result<bool>> + Send;
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Measured {
    pub(super) fn of(count: u64, elapsed: Duration, cpu_us: u64, mut latencies_us: Vec<u64>) -> Self {
        latencies_us.sort_unstable();
        Self { count, elapsed_us: micros(elapsed), cpu_us, latencies_us }
    }

    /// Two measurements of the same thing as one.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.count += other.count;
        self.elapsed_us += other.elapsed_us;
        self.cpu_us += other.cpu_us;
        self.latencies_us.extend(other.latencies_us);
        self.latencies_us.sort_unstable();
        self
    }

    pub(super) fn rate(&self) -> u64 {
        self.count * 1_000_000 / self.elapsed_us.max(1)
    }

    fn percentile(&self, percent: usize) -> u64 {
        let last = self.latencies_us.len().saturating_sub(1);
        self.latencies_us.get(last * percent / 100).copied().unwrap_or_default()
    }

    fn cpu_per_1000(&self) -> String {
        thousandths(self.cpu_us * 1_000 / self.count.max(1) / 1_000)
    }

    /// The row of a measurement beside its floor.
    pub(super) fn beside(&self, floor: &Self, name: String, engine: &'static str) -> Row {
        Row {
            name,
            engine,
            rate: self.rate(),
            floor: floor.rate(),
            ratio: thousandths(self.rate() * 1_000 / floor.rate().max(1)),
            p50_us: self.percentile(50),
            p99_us: self.percentile(99),
            cpu_s_per_1000: self.cpu_per_1000(),
            floor_cpu_s_per_1000: floor.cpu_per_1000(),
            rss_kb: None,
        }
    }
}

/// A number of thousandths as a decimal: 1234 is `1.234`.
fn thousandths(number: u64) -> String {
    format!("{}.{:03}", number / 1_000, number % 1_000)
}
