//! The binary, as people run it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test that panics is a test that fails"
)]

mod adversarial;
mod agents;
mod ancestry;
mod archive;
mod baseline;
mod ci;
mod config;
mod docs;
mod environment;
mod exit;
mod explain;
mod fix;
mod foreign;
mod formats;
mod history;
mod hook;
mod hooks_path;
#[cfg(unix)]
mod hostile;
mod house;
mod ignore;
mod keys;
mod known_keys;
mod leaks;
mod loaders;
mod managers;
mod modes;
mod packaging;
mod page;
mod project;
mod push;
mod report;
mod repository;
mod revisions;
mod setup;
#[cfg(unix)]
mod special_files;
mod staged;
mod suppress;
mod terminal;
mod threads;
#[cfg(unix)]
mod unreadable;
mod walk;
