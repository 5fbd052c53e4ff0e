//! Combines settings from several sources. The environment wins over the repository's file, that over the user's
//! file, and that over the defaults. Lists of rules, allowlists and words are combined; for other settings the first
//! source that has a value wins.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;

use super::{Config, load};
use crate::core::error::{Error, Result};

/// The user's own file, relative to the user's configuration directory.
pub const USER_FILE: &str = "keysweep/config.toml";
/// The environment variable with the path of the user's own file; empty for no file.
pub const USER_ENV: &str = "KEYSWEEP_USER_CONFIG";

/// How the text of an environment variable is written as TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VariableKind {
    /// `true` or `false`.
    Flag,
    /// A number, or a text with a unit.
    Number,
    /// A text.
    Text,
    /// Texts separated by commas.
    List,
}

/// The settings that have an environment variable: `rules.min-severity` is `KEYSWEEP_RULES_MIN_SEVERITY`.
const SETTINGS: &[(&str, VariableKind)] = &[
    ("known-keys", VariableKind::List),
    ("rules.builtin", VariableKind::Flag),
    ("rules.enable", VariableKind::List),
    ("rules.disable", VariableKind::List),
    ("rules.min-severity", VariableKind::Text),
    ("rules.min-confidence", VariableKind::Text),
    ("rules.skip-unsupported", VariableKind::Flag),
    ("paths.include", VariableKind::List),
    ("paths.exclude", VariableKind::List),
    ("suppress.inline", VariableKind::Flag),
    ("suppress.foreign-markers", VariableKind::Flag),
    ("suppress.require-reason", VariableKind::Flag),
    ("suppress.ignore-file", VariableKind::Text),
    ("suppress.baseline", VariableKind::Text),
    ("suppress.fail-on-stale", VariableKind::Flag),
    ("limits.max-file-size", VariableKind::Number),
    ("limits.threads", VariableKind::Number),
    ("limits.archives", VariableKind::Text),
    ("limits.archive-size", VariableKind::Number),
    ("limits.archive-ratio", VariableKind::Number),
    ("limits.archive-depth", VariableKind::Number),
    ("limits.archive-members", VariableKind::Number),
    ("output.format", VariableKind::Text),
    ("output.color", VariableKind::Text),
    ("output.hyperlinks", VariableKind::Text),
    ("output.show-suppressed", VariableKind::Flag),
    ("hook.whole-files", VariableKind::Flag),
    ("hook.commit-message", VariableKind::Flag),
    ("hook.receive-timeout", VariableKind::Number),
    ("hook.receive-limit", VariableKind::Number),
    ("hook.receive-markers", VariableKind::Flag),
];

/// The environment variable of a setting.
pub fn variable(key: &str) -> String {
    format!("KEYSWEEP_{}", key.replace(['.', '-'], "_").to_ascii_uppercase())
}

/// The keys of all settings that have an environment variable.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|(key, _)| *key)
}

/// The settings in the environment; `None` if there are none. A variable with the prefix of a section but without a
/// setting is an error, because otherwise nobody would notice that it has no effect.
pub fn of_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Option<Config>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with("KEYSWEEP_")) else { continue };
        if value.is_empty() {
            continue;
        }
        let fault = |why: &str| Error::new("read the environment variable", name, why);
        if keys().any(|key| variable(key) == name) {
            let value = value.into_string().map_err(|_| fault("it is not UTF-8"))?;
            found.insert(name.to_owned(), value);
        } else if SECTIONS.iter().any(|section| name.starts_with(section)) {
            let near = keys().map(variable).min_by_key(|key| strsim::damerau_levenshtein(key, name));
            return Err(fault("there is no such setting").hint(format!("did you mean {}?", near.unwrap_or_default())));
        }
    }
    let mut whole: Option<Config> = None;
    for (key, kind) in SETTINGS {
        let name = variable(key);
        let Some(value) = found.get(&name) else { continue };
        let config = load::parse(&name, toml(key, *kind, value).as_bytes())?;
        whole = Some(match whole {
            Some(before) => with_fallback(config, before),
            None => config,
        });
    }
    Ok(whole)
}

const SECTIONS: [&str; 6] = [
    "KEYSWEEP_RULES_",
    "KEYSWEEP_PATHS_",
    "KEYSWEEP_SUPPRESS_",
    "KEYSWEEP_LIMITS_",
    "KEYSWEEP_OUTPUT_",
    "KEYSWEEP_HOOK_",
];

/// One variable as a line of TOML. A value that is not a flag or number is quoted, and the configuration parser
/// rejects it.
fn toml(key: &str, kind: VariableKind, value: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let value = value.trim();
    let right = match kind {
        VariableKind::Flag => match value {
            "1" | "true" | "yes" | "on" => "true".to_owned(),
            "0" | "false" | "no" | "off" => "false".to_owned(),
            other => quoted(other),
        },
        VariableKind::Number if value.bytes().all(|byte| byte.is_ascii_digit()) => value.to_owned(),
        VariableKind::Number | VariableKind::Text => quoted(value),
        VariableKind::List => {
            let mut list = String::from("[");
            for one in value.split(',').map(str::trim).filter(|one| !one.is_empty()) {
                write!(list, "{}, ", quoted(one)).expect("writing to a string");
            }
            list + "]"
        }
    };
    format!("{key} = {right}\n")
}

/// Combines two configurations. A setting of `lower` is used where `upper` has none.
pub fn with_fallback(mut upper: Config, lower: Config) -> Config {
    upper.extends.extend(lower.extends);
    upper.allowlists.extend(lower.allowlists);
    // If several patterns match a rule, the last one wins.
    upper.rules.severity.splice(..0, lower.rules.severity);
    upper.own.extend(lower.own);
    for (name, words) in lower.context {
        upper.context.entry(name).or_default().extend(words);
    }
    let is_said = |config: &[super::EffectiveSetting], key: &str| {
        config.iter().any(|setting| setting.key == key && setting.from != "default")
    };
    let mut more = Vec::new();
    for setting in lower.settings {
        let is_single = keys().any(|key| key == setting.key);
        if !is_single {
            if setting.from != "default" {
                more.push(setting);
            }
            continue;
        }
        if setting.from == "default" || is_said(&upper.settings, &setting.key) {
            continue;
        }
        macro_rules! take {
            ($($key:literal => $($field:ident).+;)*) => {
                match setting.key.as_str() {
                    $($key => upper.$($field).+ = lower.$($field).+.clone(),)*
                    _ => {}
                }
            };
        }
        take! {
            "known-keys" => known_keys;
            "rules.builtin" => rules.builtin;
            "rules.enable" => rules.enable;
            "rules.disable" => rules.disable;
            "rules.min-severity" => rules.min_severity;
            "rules.min-confidence" => rules.min_confidence;
            "rules.skip-unsupported" => rules.skip_unsupported;
            "paths.include" => paths.include;
            "paths.exclude" => paths.exclude;
            "suppress.inline" => suppress.inline;
            "suppress.foreign-markers" => suppress.foreign_markers;
            "suppress.require-reason" => suppress.require_reason;
            "suppress.ignore-file" => suppress.ignore_file;
            "suppress.baseline" => suppress.baseline;
            "suppress.fail-on-stale" => suppress.fail_on_stale;
            "limits.max-file-size" => limits.max_file_size;
            "limits.threads" => limits.threads;
            "limits.archives" => limits.strict_archives;
            "limits.archive-size" => limits.archives.size;
            "limits.archive-ratio" => limits.archives.ratio;
            "limits.archive-depth" => limits.archives.depth;
            "limits.archive-members" => limits.archives.members;
            "output.format" => output.format;
            "output.color" => output.color;
            "output.hyperlinks" => output.hyperlinks;
            "output.show-suppressed" => output.show_suppressed;
            "hook.whole-files" => hook.whole_files;
            "hook.commit-message" => hook.commit_message;
            "hook.receive-timeout" => hook.receive_timeout;
            "hook.receive-limit" => hook.receive_limit;
            "hook.receive-markers" => hook.receive_markers;
        }
        if let Some(own) = upper.settings.iter_mut().find(|own| own.key == setting.key) {
            *own = setting;
        }
    }
    upper.settings.extend(more);
    upper
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_variable_and_a_place_in_the_layers() {
        let shown = load::default().expect("defaults");
        let single = |key: &str| !matches!(key, "extends");
        let all: Vec<&str> =
            shown.settings.iter().map(|setting| setting.key.as_str()).filter(|key| single(key)).collect();
        for key in &all {
            assert!(keys().any(|known| known == *key), "{key} has no variable");
        }
        // Each takes effect: what `config show` prints of it changes with it.
        for (key, kind) in SETTINGS {
            let value = match (*key, kind) {
                ("rules.min-severity", _) => "high",
                ("rules.min-confidence", _) => "certain",
                ("limits.archives", _) => "strict",
                ("output.format", _) => "json",
                ("output.color" | "output.hyperlinks", _) => "always",
                (_, VariableKind::Flag) => match shown.settings.iter().find(|setting| setting.key == *key) {
                    Some(setting) if setting.value == "true" => "off",
                    _ => "on",
                },
                (_, VariableKind::Number) => "3",
                (_, VariableKind::List) => "a*, b*",
                (_, VariableKind::Text) => "elsewhere",
            };
            let variables = [(variable(key).into(), value.into())];
            let config = of_environment(variables.into_iter()).expect("a good value").expect("a setting");
            let whole = with_fallback(load::default().expect("defaults"), config);
            let setting = whole.settings.iter().find(|setting| setting.key == *key).expect("it is there");
            assert!(setting.from.starts_with(&variable(key)), "{key}: {setting:?}");
        }
    }
}
