//! Beside whatever is there: putting keysweep into git's hooks, taking it out again, saying what runs, and
//! proving that it does.
//!
//! Everything here asks git itself where its hooks are, because what counts is what git will run.

pub mod agent;
pub mod doctor;
pub mod git;
pub mod global;
pub mod install;
pub mod manager;
pub mod message;
pub mod place;
pub mod push;
pub mod shim;
pub mod status;
pub(crate) mod yaml;

use std::fmt;

use clap::ValueEnum;

/// A hook that keysweep can be run by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum HookName {
    /// Before a commit: what is staged.
    PreCommit,
    /// Before the commit that `git merge` makes.
    PreMergeCommit,
    /// The commit's message.
    CommitMsg,
    /// What a push brings to the remote.
    PrePush,
    /// On a server: what a push brings in.
    PreReceive,
}

impl HookName {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PreCommit, Self::PreMergeCommit, Self::CommitMsg, Self::PrePush, Self::PreReceive];
    /// Those of somebody who works in a repository.
    pub const CLIENT: [Self; 4] = [Self::PreCommit, Self::PreMergeCommit, Self::CommitMsg, Self::PrePush];
    /// Those that are installed when none is named.
    pub const DEFAULT: [Self; 2] = [Self::PreCommit, Self::PreMergeCommit];

    /// The name of git's hook file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::CommitMsg => "commit-msg",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Whether git writes the references to the hook's standard input.
    pub const fn reads_input(self) -> bool {
        matches!(self, Self::PrePush | Self::PreReceive)
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
