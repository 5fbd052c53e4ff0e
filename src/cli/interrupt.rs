//! Ctrl-C, or SIGTERM: the first asks a run to end and to report what it has. What has not ended by itself a moment later,
//! or at the second signal, is ended: the report of what was found until then is written all the same.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::core::error::{Error, Exit};
use crate::source::Collector;

/// Who writes the report: the run when it has ended, or the signal that ends it; never both.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicBool);

impl Turn {
    /// Whether it is the caller's turn; true once.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

/// Runs `work`. If a signal ends it early, `report` is called with what `collector` holds, and the process ends.
pub(super) fn guard<T>(collector: &Collector, report: impl Fn() -> Exit + Sync, work: impl FnOnce() -> T) -> T {
    let turn = Turn::default();
    let result = system::during(collector, || turn.take().then(&report), work);
    if !turn.take() {
        // The report is being written; the process ends with it.
        loop {
            std::thread::park();
        }
    }
    result
}

/// Runs `work`, during which Ctrl-C is for another program of this terminal.
pub(super) fn ignored<T>(work: impl FnOnce() -> T) -> T {
    system::ignored(work)
}

/// What a report says of a run that was interrupted.
pub(super) fn error() -> Error {
    Error::new("finish", "the scan", "it was interrupted")
        .hint("what was found so far is reported; run it again to complete the scan")
}

#[cfg(unix)]
mod system {
    use std::io::{ErrorKind, Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::low_level;

    use super::{Collector, Exit};

    /// How long a run may take to end by itself.
    const PATIENCE: Duration = Duration::from_millis(600);

    /// Runs `work` beside a thread that waits for signals. Where the system does not allow that, a signal ends the process
    /// as ever.
    pub(super) fn during<T>(
        collector: &Collector,
        finish: impl Fn() -> Option<Exit> + Sync,
        work: impl FnOnce() -> T,
    ) -> T {
        let Ok((reader, mut writer)) = UnixStream::pair() else { return work() };
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let wait = || wait(&reader, &ended, collector, &finish);
            if thread::Builder::new().spawn_scoped(scope, wait).is_err() {
                return work();
            }
            // Not before there is a thread: a handler that was registered once keeps a signal from ending the process.
            let handlers: Vec<_> = [SIGINT, SIGTERM]
                .into_iter()
                .filter_map(|signal| low_level::pipe::register(signal, writer.try_clone().ok()?).ok())
                .collect();
            let result = work();
            ended.store(true, Ordering::SeqCst);
            handlers.into_iter().for_each(|handler| {
                low_level::unregister(handler);
            });
            // Wakes the thread; that it has ended already is as good.
            let _ = writer.write_all(b"-");
            result
        })
    }

    /// Runs `work` while a handler takes Ctrl-C and does nothing with it.
    pub(super) fn ignored<T>(work: impl FnOnce() -> T) -> T {
        let handler = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
        let result = work();
        if let Ok(handler) = handler {
            low_level::unregister(handler);
        }
        result
    }

    #[allow(clippy::exit, reason = "the other threads would go on; the report is written")]
    fn wait(
        mut signals: &UnixStream,
        ended: &AtomicBool,
        collector: &Collector,
        finish: &(impl Fn() -> Option<Exit> + Sync),
    ) {
        let mut byte = [0];
        if signals.read_exact(&mut byte).is_err() || ended.load(Ordering::SeqCst) {
            return;
        }
        collector.stop();
        let _ = signals.set_read_timeout(Some(PATIENCE));
        while let Err(error) = signals.read_exact(&mut byte) {
            if error.kind() != ErrorKind::Interrupted {
                break;
            }
        }
        if !ended.load(Ordering::SeqCst)
            && let Some(exit) = finish()
        {
            std::process::exit(exit.code().into());
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Collector, Exit};

    /// A signal ends the process as ever.
    pub(super) fn during<T>(_: &Collector, _: impl Fn() -> Option<Exit> + Sync, work: impl FnOnce() -> T) -> T {
        work()
    }

    /// Ctrl-C ends both programs.
    pub(super) fn ignored<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// Ends the process at once, while a thread is in the middle of something that does not end in time.
#[allow(clippy::exit, reason = "there is no other way out of work that does not look at the clock")]
pub(super) fn end(exit: Exit) -> ! {
    std::process::exit(exit.code().into())
}
