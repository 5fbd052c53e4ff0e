//! Selects the rules of a run from a configuration.

use std::path::Path;

use super::{Config, LocatedText, own};
use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::text::{Source, nearest};
use crate::gitleaks::{self, ImportedRules};
use crate::policy::files;
use crate::rule::id_pattern::fits;
use crate::rule::{self, Rule, SharedRule};

/// The rules of a run.
#[derive(Debug, Default)]
pub struct Selected {
    /// Built-in and own rules, with the configured severities and context words.
    pub rules: Vec<SharedRule>,
    /// Rules from gitleaks or betterleaks files.
    pub imported: ImportedRules,
    /// Unsupported features of those files that were left out (`skip-unsupported`).
    pub left_out: Vec<String>,
}

/// Loads the rule files that a configuration names, and those of the command line (`more`), and returns the rules
/// that are enabled. Errors: a missing or invalid file, an id that is used twice, a pattern that matches no rule.
pub fn select(config: &Config, files: &dyn Files, more: &[LocatedText], skip_unsupported: bool) -> Result<Selected> {
    let mut own: Vec<Rule> = config.own.clone();
    let mut imported = ImportedRules::default();
    let mut left_out = Vec::new();
    let skip = skip_unsupported || config.rules.skip_unsupported;
    let read_named = |file: &LocatedText| (file.text.clone(), files::read_named(Path::new(&file.text)));
    let read_ours = |file: &LocatedText| (files.name(&file.text), files.read(&file.text));
    let ours = config.extends.iter().map(|file| (file, read_ours(file)));
    for (file, (name, content)) in ours.chain(more.iter().map(|file| (file, read_named(file)))) {
        let Some(content) = content? else {
            return Err(Error::new("read rules", name, "no such file").hint(format!("{} names it", file.at)));
        };
        let text = std::str::from_utf8(&content).map_err(|_| Error::new("read rules", &name, "not UTF-8"))?;
        let source = Source { name: &name, text };
        if gitleaks::is_gitleaks_format(text) {
            let loaded = gitleaks::load(source, files, skip)?;
            left_out.extend(loaded.left_out.iter().map(ToString::to_string));
            imported.add(loaded);
        } else {
            own.extend(own::file(source)?);
        }
    }
    let mut rules: Vec<SharedRule> = Vec::new();
    if config.rules.builtin {
        rules.extend(rule::builtin().iter().map(SharedRule::from));
    }
    for rule in own {
        if rules.iter().any(|known| known.id == rule.id) || imported.has(&rule.id) {
            let fault = Error::new("read rules", &rule.id, "there are two rules of this id");
            return Err(fault.hint("ids are unique among built-in, own and imported rules; rename yours"));
        }
        rules.push(rule.into());
    }
    known_names(config, &rules, &imported)?;
    let on = |id: &str| {
        let listed = |list: &[LocatedText]| list.iter().any(|pattern| fits(&pattern.text, id));
        (config.rules.enable.is_empty() || listed(&config.rules.enable)) && !listed(&config.rules.disable)
    };
    imported.keep(&on);
    rules.retain(|rule| on(&rule.id));
    if let Some(last) = config.rules.disable.last()
        && rules.is_empty()
        && imported.ids().next().is_none()
    {
        let fault = Error::new("read configuration", &last.at, "this leaves no rule");
        return Err(fault.hint("name the rules that are not wanted; to leave out files use paths.exclude"));
    }
    rules.iter_mut().for_each(|rule| adapt(config, rule));
    Ok(Selected { rules, imported, left_out })
}

/// Sets the configured severity and adds the configured context words. A built-in rule without changes is not copied.
fn adapt(config: &Config, rule: &mut SharedRule) {
    if let Some((_, severity)) = config.rules.severity.iter().rfind(|(pattern, _)| fits(&pattern.text, &rule.id)) {
        *rule = Rule { severity: *severity, ..Rule::clone(rule) }.into();
    }
    for (name, words) in &config.context {
        let takes_words = rule.is_contextual() || !rule.context.is_empty();
        if takes_words && (*name == rule.provider || *name == rule.id) {
            let more = words.iter().map(|word| word.to_lowercase().into());
            let context = rule.context.iter().cloned().chain(more).collect();
            *rule = Rule { context, ..Rule::clone(rule) }.into();
        }
    }
}

/// Checks that every pattern matches a rule: a misspelled one would silently leave a rule on or off.
fn known_names(config: &Config, rules: &[SharedRule], imported: &ImportedRules) -> Result<()> {
    let ids = || rules.iter().map(|rule| rule.id.as_ref()).chain(imported.ids());
    let severities = config.rules.severity.iter().map(|(pattern, _)| pattern);
    for pattern in config.rules.enable.iter().chain(&config.rules.disable).chain(severities) {
        if ids().any(|id| fits(&pattern.text, id)) {
            continue;
        }
        let fault = Error::new("read configuration", &pattern.at, format!("no rule is called {:?}", pattern.text));
        return Err(match nearest(&pattern.text, ids()) {
            Some(id) => fault.hint(format!("did you mean {id}?")),
            None => fault.hint("keysweep rules list shows every id"),
        });
    }
    for name in config.context.keys() {
        let known = rules.iter().any(|rule| *name == rule.provider || *name == rule.id);
        if !known {
            let at = config.settings.iter().find(|setting| setting.key == format!("context.{name}"));
            let at = at.map_or("", |setting| &setting.from);
            let fault = Error::new("read configuration", at, format!("no provider or rule is called {name:?}"));
            let names = rules.iter().flat_map(|rule| [rule.provider.as_ref(), rule.id.as_ref()]);
            return Err(match nearest(name, names) {
                Some(name) => fault.hint(format!("did you mean {name}?")),
                None => fault.hint("keysweep rules list shows every provider"),
            });
        }
    }
    Ok(())
}
