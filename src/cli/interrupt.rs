//! Ctrl-C and SIGTERM. The first signal asks the run to stop and to report its results. If the run has not ended
//! shortly afterwards, or at the second signal, the findings so far are reported and the process ends.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::core::error::{Error, Exit};
use crate::source::Collector;

/// Decides who writes the report: the run, or the signal that ends it; never both.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicBool);

impl Turn {
    /// Claims the right to write the report; true only for the first caller.
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

/// Runs `work`. If a signal ends it early, `report` writes what `collector` has, and the process exits.
pub(super) fn guard<T>(collector: &Collector, report: impl Fn() -> Exit + Sync, work: impl FnOnce() -> T) -> T {
    let turn = Turn::default();
    let result = system::during(collector, || turn.take().then(&report), work);
    if !turn.take() {
        // The other thread is writing the report; the process ends with it.
        loop {
            std::thread::park();
        }
    }
    result
}

/// Runs `work` while Ctrl-C is ignored, because another program of this terminal handles it.
pub(super) fn ignored<T>(work: impl FnOnce() -> T) -> T {
    system::ignored(work)
}

/// Makes writing past the limit of `ulimit -f` an error instead of the end of the process, which would say nothing.
pub(super) fn survive_file_size_limit() {
    system::survive_file_size_limit();
}

/// The error in the report of an interrupted run.
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

    use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::low_level;

    use super::{Collector, Exit};

    /// How long a run may take to stop.
    const PATIENCE: Duration = Duration::from_millis(600);

    /// Runs `work` while a thread waits for signals. If the system does not allow that, a signal ends the process as
    /// usual.
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
            // Only after the thread exists: with a registered handler, a signal no longer ends the process.
            let handlers: Vec<_> = [SIGINT, SIGTERM]
                .into_iter()
                .filter_map(|signal| low_level::pipe::register(signal, writer.try_clone().ok()?).ok())
                .collect();
            let result = work();
            ended.store(true, Ordering::SeqCst);
            handlers.into_iter().for_each(|handler| {
                low_level::unregister(handler);
            });
            // Wakes the thread; an error means that it has already ended.
            let _ = writer.write_all(b"-");
            result
        })
    }

    /// Runs `work` while a handler ignores Ctrl-C.
    pub(super) fn ignored<T>(work: impl FnOnce() -> T) -> T {
        let handler = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
        let result = work();
        if let Ok(handler) = handler {
            low_level::unregister(handler);
        }
        result
    }

    /// A handler, as programs that this one starts would inherit it if the signal were ignored.
    pub(super) fn survive_file_size_limit() {
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
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

    /// A signal ends the process as usual.
    pub(super) fn during<T>(_: &Collector, _: impl Fn() -> Option<Exit> + Sync, work: impl FnOnce() -> T) -> T {
        work()
    }

    /// There is no such limit.
    pub(super) fn survive_file_size_limit() {}

    /// Ctrl-C ends both programs.
    pub(super) fn ignored<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// Exits immediately, if a thread does not stop in time.
#[allow(clippy::exit, reason = "there is no other way out of work that does not look at the clock")]
pub(super) fn end(exit: Exit) -> ! {
    std::process::exit(exit.code().into())
}
