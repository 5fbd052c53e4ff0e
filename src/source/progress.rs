//! The progress of work whose amount is known in advance.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The done and the total work, in any unit. Counted only if somebody watches.
#[derive(Debug, Default)]
pub struct Progress {
    is_watched: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    /// The finished repositories and all of them; 0 in all if there is only one.
    repositories: (AtomicU64, AtomicU64),
}

impl Progress {
    /// Turns counting on.
    pub fn watch(&self) {
        self.is_watched.store(true, Ordering::Relaxed);
    }

    /// Whether counting is on.
    pub fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Relaxed)
    }

    /// Adds to the total work.
    pub fn expect(&self, work: u64) {
        self.total.fetch_add(work, Ordering::Relaxed);
    }

    /// Adds to the work that is done.
    pub fn advance(&self, work: u64) {
        self.done.fetch_add(work, Ordering::Relaxed);
    }

    /// Starts the next of `all` repositories, of which `done` are finished.
    pub fn begin_repository(&self, done: u64, all: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(0, Ordering::Relaxed);
        self.repositories.0.store(done, Ordering::Relaxed);
        self.repositories.1.store(all, Ordering::Relaxed);
    }

    /// The progress in thousandths; `None` while the total is unknown. Of several repositories, each counts the same,
    /// because the size of the next one is not known.
    pub fn thousandths(&self) -> Option<u64> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let share = (total > 0).then(|| done.min(total).saturating_mul(1000) / total);
        let (behind, all) = (self.repositories.0.load(Ordering::Relaxed), self.repositories.1.load(Ordering::Relaxed));
        if all == 0 {
            return share;
        }
        // 1000 is for the end of the run; the last repository may still be in work.
        Some((behind.saturating_mul(1000).saturating_add(share.unwrap_or(0)) / all).min(999))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_repositories_count_the_same() {
        let progress = Progress::default();
        assert_eq!(progress.thousandths(), None);
        progress.expect(10);
        progress.advance(5);
        assert_eq!(progress.thousandths(), Some(500));
        progress.begin_repository(1, 4);
        assert_eq!(progress.thousandths(), Some(250));
        progress.expect(100);
        progress.advance(50);
        assert_eq!(progress.thousandths(), Some(375));
        progress.begin_repository(3, 4);
        progress.expect(1);
        progress.advance(1);
        assert_eq!(progress.thousandths(), Some(999));
    }
}
