//! What shows on a terminal while a scan lasts: nothing for the first half second, then files, bytes and rate.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

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
    let show = move || {
        if ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {binary_bytes} ({binary_bytes_per_sec})") {
            bar.set_style(style);
        }
        loop {
            let (files, bytes) = collector.so_far();
            bar.set_message(format!("{files} files"));
            bar.set_position(bytes);
            bar.tick();
            if ended.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                return bar.finish_and_clear();
            }
        }
    };
    Ok((sender, thread::Builder::new().spawn_scoped(scope, show)?))
}
