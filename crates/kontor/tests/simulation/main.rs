//! The simulation over many seeds; a failure names the seed that repeats it.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it saw and fails loudly"
)]

#[path = "../it/postgres.rs"]
mod postgres;

use kontor::simulate;

const DAYS: u32 = 60;

/// Plays seeds on two threads at once.
fn play(seeds: &std::ops::Range<u64>, database_url: Option<&str>) {
    let play = async move |seed: u64, url: Option<String>| {
        let outcome = simulate::run(seed, DAYS, url.as_deref()).await;
        let summary = outcome.unwrap_or_else(|failure| {
            panic!("seed {seed}: {failure:#}\nrepeat it with: kontor simulate --seed {seed} --days {DAYS}")
        });
        println!("seed {seed}: {summary}");
    };
    std::thread::scope(|threads| {
        for parity in 0..2 {
            let (seeds, url, play) = (seeds.clone(), database_url.map(str::to_owned), &play);
            threads.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                for seed in seeds.filter(|seed| seed % 2 == parity) {
                    runtime.block_on(play(seed, url.clone()));
                }
            });
        }
    });
}

#[test]
fn fifty_seeds_of_sixty_days_keep_everything_in_order_on_sqlite() {
    play(&(1..51), None);
}

#[test]
fn some_seeds_keep_everything_in_order_on_postgresql() {
    if let Some(url) = postgres::database() {
        play(&(101..107), Some(&url));
    }
}
