//! Parse, run, map to an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use keysweep::{Exit, cli};

fn main() -> ExitCode {
    let exit = match cli::args::Cli::try_parse() {
        Ok(cli) => cli::run(cli),
        Err(error) => usage(&error),
    };
    ExitCode::from(exit.code())
}

/// Help goes where clap sends it; a mistake becomes one line and a hint.
fn usage(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe has seen enough of the help.
            let _ = write!(std::io::stdout(), "{}", error.render());
            Exit::Clean
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = write!(std::io::stderr(), "{}", error.render());
            Exit::Incomplete
        }
        _ => {
            let text = error.render().to_string();
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let lines: Vec<&str> = lines.take_while(|line| !line.starts_with("Usage:")).collect();
            let message = lines.join("; ").replace(":; ", ": ");
            let message = message.strip_prefix("error: ").unwrap_or(&message);
            cli::usage(&format!(
                "{}; see keysweep --help",
                message.trim_end_matches("; For more information, try '--help'.")
            ))
        }
    }
}
