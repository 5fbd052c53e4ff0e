//! Reading git's files directly: the repository's location, index, references and objects.
//!
//! This code runs in a commit hook, which must take only milliseconds, and in repositories that nobody trusts. It
//! starts no process, ignores settings that could hide content, takes no locks and writes nothing. Only
//! `layered_config`, which reads the configuration that git itself would use, follows includes.

pub mod alternates;
pub mod ancestry;
pub mod cache_tree;
pub(crate) mod changes;
pub mod commit;
mod commit_graph;
pub mod config;
mod delta_bases;
mod directory;
pub mod environment;
pub mod id;
pub mod index;
pub(crate) mod inflate;
pub mod layered_config;
pub(crate) mod loose;
pub(crate) mod map;
mod numbers;
pub mod objects;
pub(crate) mod pack;
mod pack_list;
pub(crate) mod quoted;
pub mod refs;
pub mod repository;
mod rev_list;
pub mod revision;
pub mod tips;
pub mod tree;
pub(crate) mod tree_diff;
mod worktrees;

pub use ancestry::{Ancestry, Node};
pub use config::GitConfig;
pub use environment::Environment;
pub use id::{Id, Kind};
pub use index::Index;
pub use layered_config::LayeredConfig;
pub use objects::Objects;
pub use refs::Refs;
pub use repository::Repository;
pub use worktrees::Submodule;
