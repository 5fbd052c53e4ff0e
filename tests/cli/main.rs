//! The binary, as people run it.

mod baseline;
mod config;
mod exit;
mod explain;
mod known_keys;
mod project;
mod report;
mod suppress;
mod walk;
