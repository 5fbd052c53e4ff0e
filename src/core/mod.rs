//! Plain data that every other module uses: findings, secrets, errors, coverage. It uses no other module.

pub mod budget;
pub mod coverage;
#[cfg(feature = "cli")]
pub mod date;
pub mod error;
pub mod fail_on;
#[cfg(feature = "cli")]
pub mod files;
pub mod finding;
mod history;
#[cfg(feature = "cli")]
pub mod json;
mod layer;
#[cfg(feature = "cli")]
pub mod mode;
mod names;
pub mod narrow;
pub mod order;
pub mod part;
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
mod usage;
