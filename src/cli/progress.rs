//! What shows on a terminal while a scan lasts: nothing for the first half second, then files, bytes, rate and time.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::numbers::{counted, size};
use crate::source::Collector;

const PATIENCE: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(100);

/// Runs `work` and shows how far `collector` has come, on standard error, if `shown`.
pub(super) fn during<T>(collector: &Collector, shown: bool, work: impl FnOnce() -> T) -> T {
    if !shown {
        return work();
    }
    thread::scope(|scope| {
        // Without a thread to show it there is no progress to be seen.
        let Ok((done, watch)) = watch(scope, collector) else { return work() };
        let result = work();
        drop(done);
        // A spinner that failed has nothing to say about the scan.
        let _ = watch.join();
        result
    })
}

fn watch<'s>(scope: &'s Scope<'s, '_>, collector: &'s Collector) -> io::Result<(Sender<()>, ScopedJoinHandle<'s, ()>)> {
    let (sender, ended) = mpsc::channel::<()>();
    let start = Instant::now();
    let show = move || {
        if ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        loop {
            let (files, bytes) = collector.so_far();
            bar.set_message(message(files, bytes, start.elapsed()));
            bar.tick();
            if ended.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                return bar.finish_and_clear();
            }
        }
    };
    Ok((sender, thread::Builder::new().spawn_scoped(scope, show)?))
}

/// `1,204 files, 12 MB, 24 MB/s, 1 s`: the rate is that of the whole run so far.
fn message(files: u64, bytes: u64, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = bytes.saturating_mul(1000) / millis;
    format!("{}, {}, {}/s, {} s", counted(files, "file"), size(bytes), size(rate), millis / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_the_whole_run() {
        assert_eq!(message(1, 0, Duration::ZERO), "1 file, 0 B, 0 B/s, 0 s");
        assert_eq!(message(1204, 12_000_000, Duration::from_millis(1500)), "1,204 files, 12.0 MB, 8.0 MB/s, 1 s");
    }
}
