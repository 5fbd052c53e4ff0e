//! The arguments of `keysweep completions`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  keysweep completions bash > ~/.local/share/bash-completion/completions/keysweep
  keysweep completions zsh > ~/.zfunc/_keysweep
  keysweep completions fish > ~/.config/fish/completions/keysweep.fish
  keysweep completions powershell >> $PROFILE
  keysweep completions man --dir ~/.local/share/man/man1";

/// `keysweep completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell, or `man` for manual pages.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: CompletionTarget,
    /// With `man`: the directory for the pages.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// The target of the generated text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompletionTarget {
    /// bash.
    Bash,
    /// Elvish.
    Elvish,
    /// fish.
    Fish,
    /// Manual pages.
    Man,
    /// Nushell.
    Nushell,
    /// PowerShell.
    Powershell,
    /// zsh.
    Zsh,
}
