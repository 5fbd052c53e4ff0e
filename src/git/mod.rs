//! Git's files, read directly: where a repository keeps things, its index, its references, its objects.
//!
//! This is the path of a commit hook, where a few milliseconds are all there is. It starts no process, obeys no
//! setting that could hide content, takes no lock and writes nothing. What asks git itself (hooks, ranges) is
//! elsewhere.

mod config;
pub mod id;
pub mod index;
mod inflate;
pub(crate) mod map;
pub mod objects;
mod pack;
pub mod refs;
pub mod repository;
mod split_index;
pub mod tree;

pub use id::Id;
pub use index::Index;
pub use objects::{Kind, Objects};
pub use repository::Repository;
