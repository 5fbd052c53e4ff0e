//! How far a run has come in work whose size is known beforehand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Work done and work to do, in whatever unit the work is measured. Counted only while somebody watches.
#[derive(Debug, Default)]
pub struct Progress {
    is_watched: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// From now on somebody watches.
    pub fn watch(&self) {
        self.is_watched.store(true, Ordering::Relaxed);
    }

    /// Whether counting is of any use.
    pub fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Relaxed)
    }

    /// More work than was known.
    pub fn expect(&self, work: u64) {
        self.total.fetch_add(work, Ordering::Relaxed);
    }

    /// Some of it is done.
    pub fn advance(&self, work: u64) {
        self.done.fetch_add(work, Ordering::Relaxed);
    }

    /// How many thousandths are done; `None` as long as nobody knows how much there is.
    pub fn thousandths(&self) -> Option<u64> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        (total > 0).then(|| done.min(total).saturating_mul(1000) / total)
    }
}
