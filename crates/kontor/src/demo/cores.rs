//! One core for acts that follow each other. Each statement goes to a thread of SQLite's connection and back; waking a
//! thread of another core takes longer than most statements do.

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// Does something on one thread and one core. What goes on beside it, pictures and passwords, may run anywhere.
pub async fn on_one_core<T: Send + 'static>(
    doing: impl AsyncFnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let apart = std::thread::spawn(move || {
        let cores = Cores::keep_to_one();
        let mut one = tokio::runtime::Builder::new_current_thread();
        one.enable_all().on_thread_start(move || cores.free()).build()?.block_on(doing())
    });
    tokio::task::spawn_blocking(move || apart.join())
        .await?
        .unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
}

/// Where the threads of this process may run.
struct Cores {
    #[cfg(target_os = "linux")]
    all: Option<CpuSet>,
}

impl Cores {
    /// Keeps this thread, and those that it starts, to the core that it is on, where the system can be asked to.
    fn keep_to_one() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            all: sched_getaffinity(None).ok().inspect(|_| {
                let mut one = CpuSet::new();
                one.set(sched_getcpu());
                // It is only faster.
                let _ = sched_setaffinity(None, &one);
            }),
        }
    }

    /// Lets this thread run anywhere again.
    fn free(&self) {
        #[cfg(target_os = "linux")]
        if let Some(all) = &self.all {
            let _ = sched_setaffinity(None, all);
        }
    }
}
