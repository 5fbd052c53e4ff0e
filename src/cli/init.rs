//! `keysweep init`: writes the configuration, the hook and the CI file of a repository. It asks nothing and replaces
//! nothing.

use std::path::Path;

use clap::Parser as _;

use super::output::complain;
use super::output::say;
use super::{hook, staged};
use crate::cli::args::{Cli, Command, InitArgs};
use crate::core::error::{Error, Exit, Result};
use crate::core::regular_file;
use crate::git::Repository;
use crate::policy::config;

const CONFIG: &str = "\
# keysweep's configuration. What is commented out is the default. `keysweep config check` checks it, `keysweep config
# schema` prints its schema for editors, and docs/configuration.md of keysweep describes every setting.

# [rules]
# disable = ['groq-*']                  # rules, by id or pattern; `keysweep rules list` prints them
# min-severity = 'medium'               # info, low, medium, high, critical
# min-confidence = 'likely'             # possible, likely, certain

# [paths]
# exclude = ['third_party/**', '*.lock']

# What is no key. For a single finding, `keysweep ignore PATH:LINE` is easier.
# [[allowlist]]
# reason = 'keys of the documentation'
# paths = ['docs/**']
# stopwords = ['example']

# [suppress]
# require-reason = true                 # a marker or an entry has to say why

# Your own kind of key; `keysweep rules new --from -` drafts one.
# [[rule]]
# id = 'acme-key'
# title = 'ACME key'
# severity = 'high'
# confidence = 'certain'
# anchors = ['acme_live_']
# regex = 'acme_live_[A-Za-z0-9]{32}'
# examples = ['«acme_live_[A-Za-z0-9]{32}»']
# non-examples = ['acme_live_[A-Za-z0-9]{8}']
";

const GITHUB: &str = "\
# Scans what a change brings in, commit by commit, and all of the history once a week.
name: keysweep
on:
  pull_request:
  push:
  schedule:
    - cron: '17 4 * * 1'
permissions: {}
concurrency:
  group: keysweep-${{ github.ref }}
jobs:
  keysweep:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0
          persist-credentials: false
      - run: pipx install keysweep
      - run: keysweep ci
";

const GITLAB: &str = include_str!("../../ci-templates/gitlab.yml");

/// Executes the command.
pub(super) fn run(args: &InitArgs) -> Result<Exit> {
    let repository = staged::repository().map_err(|error| error.hint("make one with git init, then run this again"))?;
    let top = repository.top();
    write(&top.join(config::NAME), config::NAME, CONFIG)?;
    let mut exit = Exit::Clean;
    if !args.no_hook {
        let cli = Cli::try_parse_from(["keysweep", "hook", "install"]);
        if let Ok(Cli { command: Command::Hook(install) }) = cli {
            match hook::run(install) {
                Ok(code) => exit = code,
                Err(error) => {
                    complain(&error.to_string());
                    exit = Exit::Incomplete;
                }
            }
        }
    }
    if !args.no_ci {
        ci(&repository, top)?;
    }
    say("\nCommit what was written. `keysweep history` says what is in the repository already.")?;
    Ok(exit)
}

/// Writes the CI file for the CI system of this repository, which is recognised by its files or its remotes.
fn ci(repository: &Repository, top: &Path) -> Result<()> {
    // The name of the host anywhere in git's configuration is enough; an unneeded file can be deleted.
    let settings = String::from_utf8_lossy(repository.config.text()).into_owned();
    let has_remote = |host: &str| settings.contains(host);
    let places = [
        (".forgejo/workflows", GITHUB, false),
        (".gitea/workflows", GITHUB, false),
        (".github/workflows", GITHUB, has_remote("github.com")),
    ];
    let is_gitlab = top.join(".gitlab-ci.yml").exists() || has_remote("gitlab.");
    for (directory, text, is_remote) in places {
        if top.join(directory).is_dir() || is_remote && !is_gitlab {
            let name = format!("{directory}/keysweep.yml");
            return write(&top.join(&name), &name, text);
        }
    }
    if is_gitlab {
        let name = ".gitlab/keysweep.yml";
        write(&top.join(name), name, &GITLAB.replace("ci-templates/gitlab.yml", name))?;
        return say(&format!("include it in .gitlab-ci.yml:\n  include:\n    - local: {name}"));
    }
    say("no known CI system is used here: in any job, run `keysweep ci` to scan a change")
}

/// Writes a file unless it exists.
fn write(path: &Path, name: &str, text: &str) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return say(&format!("{name} is there already; nothing changed"));
    }
    let failed = |error| Error::new("write", name, regular_file::system_text(&error));
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes())).map_err(failed)?;
    say(&format!("wrote {name}"))
}
