//! Git hooks: installing keysweep next to existing hooks, removing it, showing which hooks run, and testing that they
//! work.
//!
//! Hooks are looked for where git runs them, according to its configuration at all levels. The processes that are
//! started are listed in [`git`]; `doctor` also runs the hook.

pub mod agent;
pub mod command;
pub mod doctor;
pub mod git;
pub mod global;
pub mod install;
pub mod last;
pub mod manager;
pub mod memory;
pub mod message;
pub mod place;
pub mod push;
pub mod repair;
pub mod shim;
mod simple_git_hooks;
mod stage;
pub mod status;
pub(crate) mod yaml;

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use clap::ValueEnum;

use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};

/// A git hook that can run keysweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum HookName {
    /// Before a commit: checks the staged files.
    PreCommit,
    /// Before the commit of `git merge`: checks the staged files.
    PreMergeCommit,
    /// Checks the commit message.
    CommitMsg,
    /// Before a push: checks the commits that the remote does not have.
    PrePush,
    /// After a rebase: checks the new commits, for which git runs no other hook.
    PostRewrite,
    /// On a server: checks the commits of an incoming push.
    PreReceive,
}

impl HookName {
    /// All hooks.
    pub const ALL: [Self; 6] =
        [Self::PreCommit, Self::PreMergeCommit, Self::CommitMsg, Self::PrePush, Self::PostRewrite, Self::PreReceive];
    /// The hooks in a clone (not on a server).
    pub const CLIENT: [Self; 5] =
        [Self::PreCommit, Self::PreMergeCommit, Self::CommitMsg, Self::PrePush, Self::PostRewrite];
    /// The hooks that are installed by default.
    pub const DEFAULT: [Self; 2] = [Self::PreCommit, Self::PreMergeCommit];

    /// The file name of the hook.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::CommitMsg => "commit-msg",
            Self::PrePush => "pre-push",
            Self::PostRewrite => "post-rewrite",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Whether git writes references or commits to the hook's standard input.
    pub const fn reads_input(self) -> bool {
        matches!(self, Self::PrePush | Self::PostRewrite | Self::PreReceive)
    }

    /// The operation that runs the hook, as a noun.
    const fn operation(self) -> &'static str {
        match self {
            Self::PreCommit | Self::PreMergeCommit | Self::CommitMsg => "commit",
            Self::PrePush | Self::PreReceive => "push",
            Self::PostRewrite => "rebase",
        }
    }
}

/// How much of a hook file is read, in bytes. It may be a program of any size; the start shows who wrote it.
const START: u64 = 1 << 20;

/// The start of a hook file; `None` if it does not exist.
fn hook_text(file: &Path) -> Result<Option<Vec<u8>>> {
    let read = regular_file::open(file, Links::Follow).and_then(|file| {
        let mut text = Vec::new();
        file.take(START).read_to_end(&mut text)?;
        Ok(text)
    });
    match read {
        Ok(text) => Ok(Some(text)),
        Err(error) if regular_file::is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("read", file.display(), error)),
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
