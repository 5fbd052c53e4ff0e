//! Everything a git repository keeps, read at the speed of its packs.
//!
//! ```text
//! git::Repository, refs -> store -> catalog (all objects, numbered; packs as delta forests)
//!    -> read   blobs, commits, tags, each once, through the policy, on all threads
//!    -> trees  what is named and not there; the ways to what was found
//!    -> graph, ways, story, contain -> tell   who brought it in, where it still is
//! ```

mod audit;
mod cache;
mod commit_graph;
mod containing_refs;
mod content_pass;
mod delta_windows;
mod file_names;
mod findings;
mod introducing;
mod lfs;
mod loose;
mod map;
mod missing;
mod object;
mod object_index;
mod oid;
mod options;
mod pack;
mod pack_walk;
mod reachability;
mod refs;
mod revs;
mod secrets;
mod shard;
mod store;
mod tree_pass;
mod tree_paths;

pub use audit::audit;
pub use cache::user_directory;
pub use oid::{Kind, Oid};
pub use options::{Options, Shard};
pub use refs::Refs;
pub use revs::{Request, Selection};
