//! Everything a git repository keeps, read at the speed of its packs.
//!
//! ```text
//! git::Repository, refs -> store -> object_index (all objects, numbered; packs as delta chains)
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
mod missing;
mod object_index;
mod options;
mod pack_walk;
mod reachability;
mod revs;
mod secrets;
mod shard;
mod tree_pass;
mod tree_paths;

pub use audit::audit;
pub use cache::user_directory;

pub use options::{Options, Shard};
pub use revs::{Request, Selection};
