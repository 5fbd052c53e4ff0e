//! Arguments for human reports of many keys.

use clap::{Args, ValueEnum};

use crate::report::{Grouping, ReportView};

/// How a human report of many keys is shown.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct ViewArgs {
    /// Show every key in detail, not only the ten most dangerous.
    #[arg(long)]
    pub full: bool,
    /// Group keys by path, provider, author or commit instead of by danger; key: csv and markdown list keys, not places.
    #[arg(long, value_name = "WHAT", value_enum, hide_possible_values = true)]
    pub by: Option<GroupBy>,
    /// Do not use a pager (`PAGER`, or less) for a long report.
    #[arg(long)]
    pub no_pager: bool,
    /// The maximum age of a key in days, after which it is due for rotation.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub max_age: Option<u32>,
}

impl ViewArgs {
    /// The same in the type of the report module.
    pub fn view(&self) -> ReportView {
        let by = match self.by {
            None | Some(GroupBy::Key) => Grouping::Key,
            Some(GroupBy::Path) => Grouping::Path,
            Some(GroupBy::Provider) => Grouping::Provider,
            Some(GroupBy::Author) => Grouping::Author,
            Some(GroupBy::Commit) => Grouping::Commit,
        };
        ReportView { full: self.full, by, tables_of_keys: self.by == Some(GroupBy::Key) }
    }

    /// The latest time, in seconds since 1970, at which an overdue key was added. `now` is in seconds since 1970.
    pub fn overdue_before(&self, now: i64) -> Option<i64> {
        self.max_age.map(|days| now - i64::from(days) * 86_400)
    }
}

/// [`ViewArgs`] of commands that know no commits.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct FilesViewArgs {
    /// Show every key in detail, not only the ten most dangerous.
    #[arg(long)]
    pub full: bool,
    /// Group keys by path or provider instead of by danger; key: csv and markdown list keys, not places.
    #[arg(long, value_name = "WHAT", value_enum, hide_possible_values = true)]
    pub by: Option<GroupFilesBy>,
    /// Do not use a pager (`PAGER`, or less) for a long report.
    #[arg(long)]
    pub no_pager: bool,
}

impl From<FilesViewArgs> for ViewArgs {
    fn from(args: FilesViewArgs) -> Self {
        let by = args.by.map(|by| match by {
            GroupFilesBy::Key => GroupBy::Key,
            GroupFilesBy::Path => GroupBy::Path,
            GroupFilesBy::Provider => GroupBy::Provider,
        });
        Self { full: args.full, by, no_pager: args.no_pager, max_age: None }
    }
}

/// How keys are grouped where no commits are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupFilesBy {
    /// Not grouped; the most dangerous key first.
    Key,
    /// By the path of the file.
    Path,
    /// By the provider.
    Provider,
}

/// How keys are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupBy {
    /// Not grouped; the most dangerous key first.
    Key,
    /// By the path of the file.
    Path,
    /// By the provider.
    Provider,
    /// By the author of the introducing commit.
    Author,
    /// By the introducing commit.
    Commit,
}
