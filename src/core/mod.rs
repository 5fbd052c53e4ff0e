//! Plain data that every other module speaks of: findings, secrets, errors, coverage. Imports nothing of ours.

pub mod budget;
pub mod coverage;
#[cfg(feature = "cli")]
pub mod date;
pub mod error;
#[cfg(feature = "cli")]
pub mod files;
pub mod finding;
#[cfg(feature = "cli")]
pub mod json;
#[cfg(feature = "cli")]
pub mod mode;
pub mod narrow;
#[cfg(feature = "cli")]
pub mod path_bytes;
#[cfg(feature = "cli")]
pub mod regular_file;
#[cfg(feature = "cli")]
pub mod replace;
pub mod secret;
#[cfg(feature = "cli")]
pub mod shell;
#[cfg(feature = "cli")]
pub mod text;
#[cfg(feature = "cli")]
pub mod threads;
