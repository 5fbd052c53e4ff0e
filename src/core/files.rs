//! Reads the files of a policy from a directory or from a commit.

use crate::core::error::Result;

/// A tree of files that policy is read from: a directory, or a commit.
pub trait Files {
    /// Reads a file; `None` if it does not exist. `path` is relative to the root of the tree, or absolute.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;
    /// The name of a file of this tree in messages.
    fn name(&self, path: &str) -> String;
}
