//! Reading the files of a policy, wherever they are kept.

use crate::core::error::Result;

/// A tree of files that policy is read from: a directory, or a commit.
pub trait Files {
    /// The content of a file; `None` if there is none. `path` is relative to the root of the tree, or absolute.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;
    /// What messages call a file of this tree.
    fn name(&self, path: &str) -> String;
}
