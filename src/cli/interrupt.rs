//! Ctrl-C: the first one asks a scan to end and to report what it has, the second one ends the process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Lets an interrupt set `stopped`. Where the system does not allow it, an interrupt ends the process as ever.
pub(super) fn watch(stopped: &Arc<AtomicBool>) {
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The second one finds the flag set. 128 and its number is what a shell says of a process that it ended.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, stopped.clone());
        let _ = signal_hook::flag::register(signal, stopped.clone());
    }
    #[cfg(not(unix))]
    let _ = stopped;
}
