//! The capabilities of the terminal, according to environment variables.

use std::env;
use std::ffi::OsString;

/// Whether to use colours: `NO_COLOR` wins over `CLICOLOR_FORCE` and `FORCE_COLOR`, and these over the terminal.
pub(super) fn is_colorful(is_terminal: bool) -> bool {
    let text = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
    if text("NO_COLOR").is_some() {
        return false;
    }
    let is_forced = ["CLICOLOR_FORCE", "FORCE_COLOR"].into_iter().filter_map(text).any(|value| value != "0");
    let is_off = ["CLICOLOR", "FORCE_COLOR"].into_iter().filter_map(text).any(|value| value == "0");
    let is_capable = text("TERM").is_none_or(|term| term != "dumb");
    is_forced || is_terminal && is_capable && !is_off
}

/// The values of `TERM_PROGRAM` of terminals that support hyperlinks.
const PROGRAMS: [&str; 9] =
    ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "WarpTerminal", "Tabby", "rio", "terminology"];

/// The prefixes of `TERM` of terminals that support hyperlinks.
const TERMS: [&str; 6] = ["xterm-kitty", "alacritty", "foot", "xterm-ghostty", "contour", "wezterm"];

/// The first version of VTE (the library of GNOME Terminal and others) with reliable hyperlinks.
const VTE: u32 = 5002;

/// Whether the terminal is known to support hyperlinks. Others may ignore them or print the whole URL.
pub(super) fn has_links(variable: impl Fn(&str) -> Option<String>) -> bool {
    let text = |name: &str| variable(name).filter(|value| !value.is_empty());
    let term = text("TERM").unwrap_or_default();
    // What runs over ssh names files of another machine, and a multiplexer stands between.
    let is_far = text("SSH_CONNECTION").is_some() || term.starts_with("screen") || term.starts_with("tmux");
    if text("NO_COLOR").is_some() || text("CI").is_some() || term == "dumb" || is_far {
        return false;
    }
    text("TERM_PROGRAM").is_some_and(|program| PROGRAMS.contains(&program.as_str()))
        || TERMS.iter().any(|known| term.starts_with(known))
        || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "KITTY_WINDOW_ID"].into_iter().any(|name| text(name).is_some())
        || text("VTE_VERSION").and_then(|version| version.parse().ok()).is_some_and(|version: u32| version >= VTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_for_terminals_that_are_known_to_have_them() {
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[], false),
            (&[("TERM", "xterm-256color")], false),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "6003")], true),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "4900")], false),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "vscode")], true),
            (&[("TERM", "xterm-kitty")], true),
            (&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], false),
            (&[("TERM", "dumb"), ("TERM_PROGRAM", "vscode")], false),
            (&[("TERM", "xterm-kitty"), ("SSH_CONNECTION", "1")], false),
        ];
        for (variables, expected) in cases {
            let of = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(has_links(of), expected, "{variables:?}");
        }
    }
}
