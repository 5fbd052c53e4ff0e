//! The binary, as people run it.

mod exit;
mod project;
mod report;
mod walk;
