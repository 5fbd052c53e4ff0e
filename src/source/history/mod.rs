//! Everything a git repository keeps, read at the speed of its packs.
//!
//! ```text
//! repo, refs -> store -> catalog (all objects, numbered; packs as delta forests)
//!    -> read   blobs, commits, tags, each once, through the scanner, on all threads
//!    -> trees  what is named and not there; the ways to what was found
//!    -> graph, ways, story, contain -> tell   who brought it in, where it still is
//! ```

mod audit;
mod catalog;
mod contain;
mod gaps;
mod graph;
mod loose;
mod map;
mod object;
mod oid;
mod pack;
mod read;
mod refs;
mod repo;
mod store;
mod story;
mod tell;
mod trees;
mod walk;
mod ways;

pub use audit::{Options, audit};
pub use oid::{Kind, Oid};
pub use refs::Refs;
pub use repo::Repository;
