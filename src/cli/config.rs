//! `keysweep config`: what is in force, and whether it can be.

use crate::cli::args::policy::ConfigCommand;
use crate::cli::{ScanTarget, output, policy};
use crate::core::error::{Exit, Result};
use crate::policy::config::show;
use crate::report::escape;

/// Carries the command out.
pub(super) fn run(args: ConfigCommand) -> Result<Exit> {
    let target = ScanTarget::here();
    match args {
        ConfigCommand::Show { policy: args } => {
            let loaded = policy::load(&args, &target.start, &target.path)?;
            let text = show::text(&loaded.config);
            output::print(|out| {
                text.lines().try_for_each(|line| writeln!(out, "{}", escape::text(line.as_bytes())))?;
                writeln!(out, "# ignore file: {} entries", loaded.known.ignore.entries.len())
            })?;
        }
        ConfigCommand::Check { policy: args } => {
            let loaded = policy::load(&args, &target.start, &target.path)?;
            let entries = loaded.known.baseline.all()?.len();
            let imported = loaded.policy.imported.as_ref().map_or(0, |engine| engine.rules().count());
            let rules = loaded.policy.rules().rules().len() + imported;
            let file = loaded.config.file.as_deref().unwrap_or("no configuration file").to_owned();
            output::print(|out| {
                let ignored = loaded.known.ignore.entries.len();
                let file = escape::text(file.as_bytes());
                writeln!(out, "{file}: fine. {rules} rules, {ignored} ignore entries, {entries} baseline entries.")
            })?;
        }
    }
    Ok(Exit::Clean)
}
