//! `keysweep config`: what is in force, and whether it can be.

use crate::cli::policy::Config;
use crate::config::show;
use crate::error::{Exit, Result};
use crate::report::escape;
use crate::run::{Target, output, policy};

/// Carries the command out.
pub(super) fn run(args: Config) -> Result<Exit> {
    let target = Target::here();
    match args {
        Config::Show { policy: args } => {
            let loaded = policy::load(&args, &target.start, &target.path)?;
            let text = show::text(&loaded.config);
            output::write(None, false, |out| {
                text.lines().try_for_each(|line| writeln!(out, "{}", escape::text(line.as_bytes())))?;
                writeln!(out, "# ignore file: {} entries", loaded.known.ignore.entries.len())
            })?;
        }
        Config::Check { policy: args } => {
            let loaded = policy::load(&args, &target.start, &target.path)?;
            let entries = loaded.known.baseline.all()?.len();
            let foreign = loaded.scanner.policy().foreign.as_ref().map_or(0, |engine| engine.rules().count());
            let rules = loaded.scanner.rules().rules().len() + foreign;
            let file = loaded.config.file.as_deref().unwrap_or("no configuration file").to_owned();
            output::write(None, false, |out| {
                let ignored = loaded.known.ignore.entries.len();
                let file = escape::text(file.as_bytes());
                writeln!(out, "{file}: fine. {rules} rules, {ignored} ignore entries, {entries} baseline entries.")
            })?;
        }
    }
    Ok(Exit::Clean)
}
