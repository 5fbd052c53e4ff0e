//! How far a run has come in work whose size is known beforehand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Work done and work to do, in whatever unit the work is measured. Counted only while somebody watches.
#[derive(Debug, Default)]
pub struct Progress {
    is_watched: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    /// Where the work is of several repositories: those that are done, and how many there are.
    repositories: (AtomicU64, AtomicU64),
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

    /// The work begins on the next of several repositories, `done` of which are behind.
    pub fn begin_repository(&self, done: u64, all: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(0, Ordering::Relaxed);
        self.repositories.0.store(done, Ordering::Relaxed);
        self.repositories.1.store(all, Ordering::Relaxed);
    }

    /// How many thousandths are done; `None` as long as nobody knows how much there is. Of several repositories each
    /// counts the same, since the size of the next is not known.
    pub fn thousandths(&self) -> Option<u64> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let share = (total > 0).then(|| done.min(total).saturating_mul(1000) / total);
        let (behind, all) = (self.repositories.0.load(Ordering::Relaxed), self.repositories.1.load(Ordering::Relaxed));
        if all == 0 {
            return share;
        }
        // Only the last one's end is the end.
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
