//! Reading the command line. To declare all commands takes longer than many a hook's run, so the commands that hooks and
//! scripts call are read by their own declaration alone. What that does not accept is read again by the whole one, which
//! knows how to help.

use std::ffi::OsString;

use clap::{Args, Parser as _};

use super::{Cli, Command, HookCommand, StagedArgs};

/// Reads the program's arguments, its own name first. The error may be a call for help or for the version.
pub fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    if let [_, only] = words
        && (only == "--version" || only == "-V")
    {
        clap::Command::new("keysweep").version(env!("CARGO_PKG_VERSION")).try_get_matches_from(words)?;
    }
    match frequent(words) {
        Some(command) => Ok(Cli { command }),
        None => Cli::try_parse_from(words),
    }
}

fn frequent(words: &[OsString]) -> Option<Command> {
    let rest = words.get(1..)?;
    Some(match rest.first()?.to_str()? {
        "staged" if rest.len() == 1 => Command::Staged(StagedArgs::default()),
        "staged" => Command::Staged(alone(rest)?),
        "scan" => Command::Scan(alone(rest)?),
        "history" => Command::History(alone(rest)?),
        "ci" => Command::Ci(alone(rest)?),
        "hook" if rest.get(1)? == "run" => Command::Hook(HookCommand::Run(alone(rest.get(1..)?)?)),
        _ => return None,
    })
}

/// The arguments of one command, whose name stands first; `None` if they are not what it takes.
fn alone<T: Args>(words: &[OsString]) -> Option<T> {
    let command = T::augment_args(clap::Command::new("keysweep"));
    T::from_arg_matches(&command.try_get_matches_from(words).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_alone_is_read_as_among_all() {
        let lines = [
            "staged",
            "staged --whole-files --format json -o a.json -o b.sarif",
            "staged --format nothing",
            "staged extra",
            "staged --help",
            "scan",
            "scan . src --no-ignore --threads 2 --fail-on high",
            "scan --agents path",
            "scan -V",
            "scan -- --no-ignore",
            "history --since yesterday --full a.git b.git",
            "history --by nothing",
            "ci --dry-run --scope tree",
            "hook run pre-commit",
            "hook run --agent claude",
            "hook run",
            "hook",
            "hook status",
            "--version",
            "-V",
            "-V staged",
            "--help",
            "stagde",
            "",
        ];
        for line in lines {
            let words: Vec<OsString> =
                std::iter::once("keysweep").chain(line.split_whitespace()).map(Into::into).collect();
            let told = |read: Result<Cli, clap::Error>| match read {
                Ok(cli) => format!("{cli:?}"),
                Err(error) => format!("{:?}: {error}", error.kind()),
            };
            assert_eq!(told(parse(&words)), told(Cli::try_parse_from(&words)), "{line}");
        }
    }
}
