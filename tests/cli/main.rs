//! The binary, as people run it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a test that panics is a test that fails")]

mod archive;
mod exit;
mod hook;
mod managers;
mod history;
mod project;
mod push;
mod report;
mod staged;
mod walk;
