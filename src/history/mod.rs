//! The audit of everything that a git repository keeps, read at the speed of its packs.
//!
//! ```text
//! git::{Repository, Refs, Objects}
//!    -> object_index   all objects, numbered; packs as delta chains
//!    -> content_pass   each blob, commit and tag once, through the policy, on all threads (pack_walk, delta_windows)
//!    -> tree_pass      each tree once: what is missing, and which trees lead to a finding
//!    -> commit_graph   commits in order, and what references and reflogs reach
//!    -> introducing    per secret and path the introducing commit and the last one (tree_paths: tree diffs)
//!    -> containing_refs, findings   the report
//! ```
//!
//! Objects, file names, paths and secrets are numbers in here: those of objects are handed out by `object_index`, of
//! file names by `tree_pass`, of paths by `tree_paths`, of secrets by `secrets`. A commit's place in the graph, which is
//! called a node, is yet another number.

mod audit;
mod audited;
mod cache;
mod commit_graph;
mod containing_refs;
mod content_pass;
mod delta_windows;
mod division;
mod file_names;
mod findings;
mod incomplete;
mod introducing;
mod lfs;
mod missing;
mod narrowed;
mod object_index;
mod options;
mod own_reach;
mod pack_walk;
mod part;
mod reachability;
mod records;
mod reflogs;
mod revs;
mod secrets;
mod shard;
mod tree_pass;
mod tree_paths;
mod work_queue;

pub use audit::audit;
pub use cache::{rules_identity, user_directory};
pub use division::identity;
pub use options::{AuditOptions, Shard};
pub use revs::{CommitSelection, Request};
