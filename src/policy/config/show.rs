//! `keysweep config show`: every setting as TOML, with its origin.

use std::fmt::Write as _;

use super::Config;

/// The text to print. The origins are aligned in one column.
pub fn text(config: &Config) -> String {
    let mut text = match &config.file {
        Some(file) => format!("# {file}\n"),
        None => "# no configuration file: every default holds\n".to_owned(),
    };
    let line = |setting: &super::EffectiveSetting| format!("{} = {}", setting.key, setting.value);
    let width = config.settings.iter().map(|setting| line(setting).chars().count()).filter(|width| *width < 60).max();
    let width = width.unwrap_or_default();
    for setting in &config.settings {
        writeln!(text, "{:width$}  # {}", line(setting), setting.from).expect("writing to a string");
    }
    text
}
