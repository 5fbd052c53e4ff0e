//! Beside whatever is there: putting keysweep into git's hooks, taking it out again, saying what runs, and
//! proving that it does.
//!
//! What counts is what git will run, so its hooks are looked for where its configuration says, at all levels. Which
//! processes are started is said in [`git`]; `doctor` runs the hook itself.

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
    /// After a rebase: the commits that it made, of which git asks no other hook.
    PostRewrite,
    /// On a server: what a push brings in.
    PreReceive,
}

impl HookName {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::PreCommit, Self::PreMergeCommit, Self::CommitMsg, Self::PrePush, Self::PostRewrite, Self::PreReceive];
    /// Those of somebody who works in a repository.
    pub const CLIENT: [Self; 5] =
        [Self::PreCommit, Self::PreMergeCommit, Self::CommitMsg, Self::PrePush, Self::PostRewrite];
    /// Those that are installed when none is named.
    pub const DEFAULT: [Self; 2] = [Self::PreCommit, Self::PreMergeCommit];

    /// The name of git's hook file.
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

    /// What git is doing when it runs the hook.
    const fn act(self) -> &'static str {
        match self {
            Self::PreCommit | Self::PreMergeCommit | Self::CommitMsg => "commit",
            Self::PrePush | Self::PreReceive => "push",
            Self::PostRewrite => "rebase",
        }
    }
}

/// A hook may be a program of any size; what says whose it is stands at its start.
const START: u64 = 1 << 20;

/// The start of a hook file, or all of it; `None` if there is none.
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
