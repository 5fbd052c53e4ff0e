//! The progress display on a terminal: nothing for half a second, then files, bytes, rate and time; if the amount of
//! work is known, also a bar, the percentage and the time left.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::numbers::{counted, size};
use crate::source::Collector;

const PATIENCE: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(100);

/// Runs `work`, and meanwhile shows the progress of `collector` on standard error if `shown`.
pub(super) fn during<T>(collector: &Collector, shown: bool, work: impl FnOnce() -> T) -> T {
    if !shown {
        return work();
    }
    collector.progress().watch();
    thread::scope(|scope| {
        // If no thread can be started, no progress is shown.
        let Ok((done, watch)) = watch(scope, collector) else { return work() };
        let result = work();
        drop(done);
        // An error of the progress display does not affect the scan.
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
        let bar = ProgressBar::new(1000);
        let mut is_measured = None;
        loop {
            let share = collector.progress().thousandths();
            if is_measured != Some(share.is_some()) {
                is_measured = Some(share.is_some());
                let template = if share.is_some() { "{spinner} [{bar:24}] {msg}" } else { "{spinner} {msg}" };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.progress_chars("=> "));
                }
            }
            let (files, bytes) = collector.so_far();
            bar.set_position(share.unwrap_or(0));
            bar.set_message(message(files, bytes, share, start.elapsed()));
            bar.tick();
            if ended.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                return bar.finish_and_clear();
            }
        }
    };
    Ok((sender, thread::Builder::new().spawn_scoped(scope, show)?))
}

/// The text of the display: `37 %, 1,204 files, 12 MB, 24 MB/s, 12 s, 20 s left`. The rate is the average since the
/// start.
fn message(files: u64, bytes: u64, share: Option<u64>, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = bytes.saturating_mul(1000) / millis;
    let text = format!("{}, {}, {}/s, {} s", counted(files, "file"), size(bytes), size(rate), millis / 1000);
    match share {
        None => text,
        // What remains cannot be measured: finding the introducing commits.
        Some(1000) => format!("100 %, {text}, finding the commits that introduced the keys"),
        // No estimate before some of the work is done.
        Some(share) if share < 20 || millis < 2000 => format!("{} %, {text}", share / 10),
        Some(share) => {
            let left = millis.saturating_mul(1000 - share) / share / 1000;
            format!("{} %, {text}, {left} s left", share / 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_the_whole_run() {
        assert_eq!(message(1, 0, None, Duration::ZERO), "1 file, 0 B, 0 B/s, 0 s");
        assert_eq!(message(1204, 12_000_000, None, Duration::from_millis(1500)), "1,204 files, 12.0 MB, 8.0 MB/s, 1 s");
    }

    #[test]
    fn the_time_that_is_left_is_told_once_it_can_be_known() {
        let at = |share, seconds| message(0, 0, Some(share), Duration::from_secs(seconds));
        assert_eq!(at(250, 10), "25 %, 0 files, 0 B, 0 B/s, 10 s, 30 s left");
        assert_eq!(at(10, 10), "1 %, 0 files, 0 B, 0 B/s, 10 s");
        assert!(at(1000, 10).starts_with("100 %"));
    }
}
