//! Everything a git repository keeps, read at the speed of its packs.
//!
//! ```text
//! repo, refs -> store -> catalog (all objects, numbered; packs as delta forests)
//!    -> read   blobs, commits, tags, each once, through the scanner, on all threads
//!    -> trees  what is named and not there; the ways to what was found
//!    -> graph, ways, story, contain -> tell   who brought it in, where it still is
//! ```

mod audit;
mod cache;
mod catalog;
mod census;
mod contain;
mod content;
mod fresh;
mod gaps;
mod graph;
mod lfs;
mod loose;
mod map;
mod names;
mod object;
mod oid;
mod options;
mod pack;
mod read;
mod refs;
mod repo;
mod revs;
mod secrets;
mod shard;
mod store;
mod story;
mod tell;
mod trees;
mod walk;
mod ways;

pub use audit::audit;
pub use cache::user_directory;
pub use oid::{Kind, Oid};
pub use options::{Options, Shard};
pub use refs::Refs;
pub use repo::Repository;
pub use revs::{Request, Selection};
