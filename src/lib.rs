//! keysweep finds leaked AI API keys: fast, offline, and saying exactly what was and was not scanned.
//!
//! Modules, each of which may use those above it and no other (a test holds them to it):
//!
//! | module | what is in it |
//! |---|---|
//! | [`core`] | findings, secrets, errors, coverage, dates: plain data |
//! | [`rule`] | what a key looks like, as data: the built-in tables, templates, allowlists |
//! | [`scan`] | the engine: bytes in, matches out; no I/O, and it cannot fail |
//! | `gitleaks` | rules that were written for gitleaks, matched as gitleaks matches |
//! | `git` | the reader of git's files: repository, configuration, references, index, objects (uses `core` alone) |
//! | `policy` | what counts: configuration, allowlists, markers, ignore file, baseline; wraps the engine |
//! | `source` | where content comes from: files, archives, standard input, the index, pushed commits |
//! | `history` | the audit of everything that a repository keeps |
//! | `report` | one file for each format |
//! | `fix` | taking keys out of files: each language's environment lookup, and what replaces a literal by it |
//! | `hook` | installing hooks of git and of coding agents, and proving that they run |
//! | `cli` | the command line: one file a subcommand |
//!
//! The engine alone is the library with `default-features = false`: no command line, no git, no archives, no threads.
//!
//! ```
//! use keysweep::scan::Scanner;
//!
//! # let key = keysweep::rule::template::Template::parse(&keysweep::rule::builtin()[0].examples[0])
//! #     .unwrap().generate(&mut keysweep::rule::template::Random::new(1)).text;
//! let scanner = Scanner::builtin();
//! for found in scanner.scan(key.as_bytes()) {
//!     println!("{}:{} {} {}", found.position.line, found.position.column, found.rule.id, found.secret.mask());
//! }
//! # assert_eq!(scanner.scan(key.as_bytes()).len(), 1);
//! ```
//!
//! With the feature `cli`, which is on by default, come files and repositories (see `examples/`), and:
//!
//! ```text
//! cli -> policy (configuration, rules) -> Scanner      built once, shared by reference
//! source or history pushes content -> Policy::scan     on the source's own threads
//!    -> Collector -> Report (sorted, redacted once) -> report::Format::write -> exit code
//! ```

#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap))]

#[cfg(feature = "cli")]
pub mod cli;
pub mod core;
#[cfg(feature = "cli")]
pub mod fix;
#[cfg(any(feature = "fuzzing", all(test, feature = "cli")))]
#[doc(hidden)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "its files are made to hold any number")]
pub mod fuzzing;
#[cfg(feature = "cli")]
pub mod git;
#[cfg(feature = "cli")]
pub mod gitleaks;
#[cfg(feature = "cli")]
pub mod history;
#[cfg(feature = "cli")]
pub mod hook;
#[cfg(feature = "cli")]
pub mod policy;
#[cfg(feature = "cli")]
pub mod report;
pub mod rule;
pub mod scan;
#[cfg(feature = "cli")]
pub mod source;

pub use crate::core::error::{Error, ErrorKind, Exit, Result};
