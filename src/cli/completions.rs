//! `keysweep completions`: shell completions and manual pages, generated from clap's description.

use std::fs;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete_nushell::Nushell;

use crate::cli::args::Cli;
use crate::cli::args::completions::{CompletionTarget, Completions};
use crate::cli::output;
use crate::core::error::{Error, Exit, Result};

pub(super) fn run(args: &Completions) -> Result<Exit> {
    if let Some(directory) = args.dir.as_ref().filter(|_| args.shell != CompletionTarget::Man) {
        let fault = Error::new("use --dir", directory.display(), "it is for manual pages");
        return Err(fault.hint("completions go to standard output: redirect it to a file"));
    }
    let mut command = Cli::command();
    let shell = match args.shell {
        CompletionTarget::Man => return pages(args, command),
        CompletionTarget::Bash => Some(Shell::Bash),
        CompletionTarget::Elvish => Some(Shell::Elvish),
        CompletionTarget::Fish => Some(Shell::Fish),
        CompletionTarget::Powershell => Some(Shell::PowerShell),
        CompletionTarget::Zsh => Some(Shell::Zsh),
        CompletionTarget::Nushell => None,
    };
    let mut text = Vec::new();
    match shell {
        Some(shell) => clap_complete::generate(shell, &mut command, NAME, &mut text),
        None => clap_complete::generate(Nushell, &mut command, NAME, &mut text),
    }
    output::print(|out| out.write_all(&text))?;
    Ok(Exit::Clean)
}

const NAME: &str = "keysweep";

/// Writes one manual page for each subcommand: `keysweep.1`, `keysweep-scan.1`.
fn pages(args: &Completions, command: clap::Command) -> Result<Exit> {
    let Some(directory) = &args.dir else {
        let fault = Error::new("write", "manual pages", "no directory is given");
        return Err(fault.hint("add --dir DIR: there is one page for each subcommand"));
    };
    let failed = |error| Error::new("write manual pages to", directory.display(), error).hint("--dir names it");
    fs::create_dir_all(directory).map_err(failed)?;
    clap_mangen::generate_to(command, directory).map_err(failed)?;
    Ok(Exit::Clean)
}
