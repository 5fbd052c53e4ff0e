//! keysweep finds leaked AI API keys: fast, offline, and saying exactly what was and was not scanned.
//!
//! ```text
//! cli -> config -> RuleSet -> Scanner, Suppressions          built once, shared by reference
//! source pushes content -> Scanner::scan -> Suppressions     on the source's own threads
//!    -> Collector -> Report (sorted) -> Reporter -> exit code
//! ```
//!
//! The library is the engine: [`scan::Scanner`] takes bytes and returns [`scan::Match`]es, without I/O and
//! without failing. The binary is a thin wrapper around [`source`], [`report`] and [`error::Exit`].

pub mod advice;
pub mod cli;
pub mod config;
pub mod error;
pub mod finding;
pub mod git;
pub mod hook;
pub mod interrupt;
pub mod known_keys;
pub mod progress;
pub mod report;
pub mod rule;
pub mod run;
pub mod scan;
pub mod source;
pub mod suppress;

pub use error::{Error, Exit, Result};
