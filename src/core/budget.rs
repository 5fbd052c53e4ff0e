//! Limits on the time and the work of a run. A person who pushes to a server chooses what the server reads, so every
//! loop over pushed content asks here whether it may continue.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::error::{Error, Result};

/// A limit on time and work, shared by all threads of a run. Without limits it still carries the request to stop.
#[derive(Debug, Default)]
pub struct Budget {
    deadline: Option<(Instant, Duration)>,
    work: Option<(AtomicU64, u64)>,
    stopped: Arc<AtomicBool>,
    exceeded: OnceLock<Error>,
}

impl Budget {
    /// The cost of one more file or directory in addition to its bytes, in bytes: reading an object and storing its
    /// path.
    pub const ITEM: u64 = 4096;

    /// A budget that is used up when `time` has passed since `start`, or when `work` bytes were read and compared.
    pub fn new(start: Instant, time: Option<Duration>, work: Option<u64>) -> Self {
        Self {
            deadline: time.map(|time| (start + time, time)),
            work: work.map(|work| (AtomicU64::new(work), work)),
            ..Self::default()
        }
    }

    /// Takes `work` bytes from the budget. It is an error if less is left, the time is over, or the run was stopped.
    pub fn spend(&self, work: u64) -> Result<()> {
        if let Some((left, all)) = &self.work {
            let take = |left: u64| left.checked_sub(work);
            if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
                return Err(self.exceed(&format!("it is more work than the limit of {all} bytes")));
            }
        }
        if let Some((end, _)) = &self.deadline
            && Instant::now() >= *end
        {
            return Err(self.expire());
        }
        match self.is_stopped() {
            true => Err(Error::new("finish", "the scan", "it was stopped")),
            false => Ok(()),
        }
    }

    /// Stops the run because its time is over, and returns the error to report.
    pub fn expire(&self) -> Error {
        let seconds = self.deadline.map_or(0, |(_, time)| time.as_secs());
        self.exceed(&format!("it took longer than {seconds} seconds"))
    }

    /// The time that is left; `None` without a time limit.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|(end, _)| end.saturating_duration_since(Instant::now()))
    }

    fn exceed(&self, why: &str) -> Error {
        let error = || {
            Error::new("check", "all that is pushed", why)
                .hint("push less at once; hook.receive-timeout, hook.receive-limit and --timeout set the limits")
        };
        // Each thread may get here; the first one's reason is the one that is reported.
        let error = self.exceeded.get_or_init(error).clone();
        self.stop();
        error
    }

    /// Asks all threads to stop soon.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether all threads were asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The flag that [`stop`](Self::stop) sets, for a signal handler.
    pub fn stop_flag(&self) -> &Arc<AtomicBool> {
        &self.stopped
    }

    /// The error of the limit that was reached, if one was.
    pub fn exceeded(&self) -> Option<&Error> {
        self.exceeded.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_time_end_and_the_first_reason_stays() {
        let budget = Budget::new(Instant::now(), None, Some(10));
        assert!(budget.spend(4).is_ok() && budget.spend(6).is_ok() && budget.exceeded().is_none());
        let error = budget.spend(1).unwrap_err();
        assert!(error.to_string().contains("limit of 10 bytes") && budget.is_stopped(), "{error}");
        assert_eq!(budget.expire(), error);
        let late = Budget::new(Instant::now(), Some(Duration::ZERO), None);
        assert!(late.spend(0).unwrap_err().to_string().contains("longer than 0 seconds"));
        let stopped = Budget::default();
        stopped.stop();
        assert!(stopped.spend(0).is_err() && stopped.exceeded().is_none());
    }
}
