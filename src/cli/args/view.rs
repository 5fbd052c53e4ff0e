//! Arguments that say how much people want to see, and how.

use clap::{Args, ValueEnum};

use crate::report::{Grouping, ReportView};

/// What people see of many keys.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "For people")]
pub struct ViewArgs {
    /// Tell every key in detail, not only the worst ten.
    #[arg(long)]
    pub full: bool,
    /// List keys by path, provider, author or commit instead of by danger.
    #[arg(long, value_name = "WHAT", value_enum)]
    pub by: Option<By>,
    /// Write to the terminal at once, even if it is more than a screen.
    #[arg(long)]
    pub no_pager: bool,
    /// Say which keys still stand and are older than this many days: they are due for rotation.
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<u32>,
}

impl ViewArgs {
    /// The same for the report.
    pub fn view(&self) -> ReportView {
        let by = match self.by {
            None | Some(By::Key) => Grouping::Key,
            Some(By::Path) => Grouping::Path,
            Some(By::Provider) => Grouping::Provider,
            Some(By::Author) => Grouping::Author,
            Some(By::Commit) => Grouping::Commit,
        };
        ReportView { full: self.full, by }
    }

    /// The moment before which a key that still stands must not have come in, `now` being in seconds since 1970.
    pub fn overdue_before(&self, now: i64) -> Option<i64> {
        self.max_age.map(|days| now - i64::from(days) * 86_400)
    }
}

/// By what keys are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// One after the other, the most dangerous first.
    Key,
    /// By the files that hold them.
    Path,
    /// By whose keys they are.
    Provider,
    /// By who brought them in.
    Author,
    /// By the commit that brought them in.
    Commit,
}
