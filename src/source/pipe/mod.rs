//! Content that can be read only once: standard input, a FIFO, or a descriptor from the shell such as `/dev/fd/63`.

use bstr::BStr;

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "windows.rs"]
mod system;

pub(super) use system::Pipe;

/// Whether a path is one of the process's own descriptors.
pub(super) fn is_descriptor(path: &BStr) -> bool {
    let number = |prefix: &str| {
        let rest = path.strip_prefix(prefix.as_bytes());
        rest.is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
    };
    is_stdin(path) || number("/dev/fd/") || number("/proc/self/fd/")
}

/// Whether a path is standard input.
pub(super) fn is_stdin(path: &BStr) -> bool {
    ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path == name)
}
