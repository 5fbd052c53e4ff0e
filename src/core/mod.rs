//! Plain data that every other module speaks of: findings, secrets, errors, coverage. Imports nothing of ours.

pub mod budget;
pub mod coverage;
pub mod date;
pub mod error;
pub mod files;
pub mod finding;
pub mod json;
pub mod regular_file;
pub mod replace;
pub mod shell;
pub mod text;
