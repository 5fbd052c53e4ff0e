//! What keeps a finding from counting, and the proof that nothing is hidden: a suppressed finding stays in the
//! report with its reason.
//!
//! Inline [`Markers`](inline::Markers), [allowlists](allow) and the test for
//! [encrypted content](encrypted) are decided on the content while it is scanned. The [ignore file](ignore_file)
//! and the [`baseline`] know secrets by fingerprint, so [`Known`] applies them to findings, in one place, after it.

pub mod allow;
pub mod baseline;
pub mod date;
pub mod encrypted;
pub mod ignore_file;
pub mod import;

pub mod inline;
mod known;

pub use known::{Applied, Known, Stale};
