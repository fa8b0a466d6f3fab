//! One core for acts that follow each other. Each statement goes to a thread of SQLite's connection and back; waking a
//! thread of another core takes longer than most statements do.

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// Where the threads of this process may run.
#[derive(Clone)]
pub struct Cores {
    #[cfg(target_os = "linux")]
    all: Option<CpuSet>,
}

impl Cores {
    /// Keeps this thread, and those that it starts, to the core that it is on, where the system can be asked to.
    pub fn keep_to_one() -> Self {
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
    pub fn free(&self) {
        #[cfg(target_os = "linux")]
        if let Some(all) = &self.all {
            let _ = sched_setaffinity(None, all);
        }
    }
}
