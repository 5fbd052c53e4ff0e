//! The binary, as people run it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a test that panics is a test that fails")]

mod baseline;
mod config;
mod exit;
mod explain;
mod foreign;
mod known_keys;
mod loaders;
mod project;
mod report;
mod suppress;
mod walk;
