//! Converts gitleaks' TOML, with the files that it extends, to rules.

use std::fmt;

use toml::Spanned;

use super::ImportedSet;
use super::convert::{RuleFault, allowlist, convert};
use super::loose::lower_keys;
use super::raw::{RawAllow, RawRule, RawRuleFile};
use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::text::Source;

const DOING: &str = "import rules";
/// The environment variable with the path of gitleaks' default configuration, for files that extend it. keysweep
/// contains no copy of another tool's rules.
pub const DEFAULT_ENV: &str = "KEYSWEEP_GITLEAKS_DEFAULT";
/// The maximum depth of files that extend each other; the same as in gitleaks.
const MOST_FILES: usize = 3;

/// The rules of a file, and what was left out.
#[derive(Debug, Default)]
pub struct LoadedRules {
    /// The rules.
    pub set: ImportedSet,
    /// Unsupported features that were left out.
    pub left_out: Vec<Unsupported>,
}

/// A feature of a rule file that keysweep does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The file and line.
    pub at: String,
    /// The rule's id, or the name of the section.
    pub what: String,
    /// The reason, as a clause.
    pub why: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is left out: {}", self.at, self.what, self.why)
    }
}

/// Parses a rule file. An unsupported feature is an error, or with `skip` an entry of [`LoadedRules::left_out`].
pub fn load(source: Source<'_>, files: &dyn Files, skip: bool) -> Result<LoadedRules> {
    let mut loader = Loader { files, skip, left_out: Vec::new() };
    let draft = loader.file(source, 1)?;
    let set = loader.finish(draft)?;
    Ok(LoadedRules { set, left_out: loader.left_out })
}

/// The rules of a file and of the files that it extends, before they are checked.
#[derive(Default)]
struct Draft {
    /// Each rule with its position; ids are unique.
    rules: Vec<(RawRule, String)>,
    allowlists: Vec<(RawAllow, String)>,
}

struct Loader<'a> {
    files: &'a dyn Files,
    skip: bool,
    left_out: Vec<Unsupported>,
}

impl Loader<'_> {
    fn unsupported(&mut self, at: String, what: &str, why: String) -> Result<()> {
        if !self.skip {
            let fault = Error::new(DOING, at, format!("{what}: {why}"));
            return Err(fault.hint("with --skip-unsupported it is listed and skipped"));
        }
        self.left_out.push(Unsupported { at, what: what.to_owned(), why });
        Ok(())
    }

    fn file(&mut self, source: Source<'_>, depth: usize) -> Result<Draft> {
        let raw: RawRuleFile =
            toml::from_str(&lower_keys(source.text)).map_err(|error| source.syntax(DOING, &error))?;
        for (key, given) in [("filter", &raw.filter), ("prefilter", &raw.prefilter)] {
            if let Some(filter) = given.as_ref().filter(|filter| !filter.get_ref().trim().is_empty()) {
                let why = "an expression of betterleaks, which keysweep does not run; findings it would drop are kept";
                self.unsupported(source.at(filter.span().start), key, why.into())?;
            }
        }
        let mut draft = Draft::default();
        for rule in raw.rules {
            let at = source.at(rule.span().start);
            draft.rules.retain(|(known, _)| rule.get_ref().id.is_empty() || known.id != rule.get_ref().id);
            draft.rules.push((rule.into_inner(), at));
        }
        if let (Some(old), false) = (&raw.allowlist, raw.allowlists.is_empty()) {
            let fault = source.error(DOING, old.span().start, "[allowlist] beside [[allowlists]]");
            return Err(fault.hint("gitleaks refuses it too; write the old one as a second [[allowlists]]"));
        }
        for list in raw.allowlist.into_iter().chain(raw.allowlists) {
            let at = source.at(list.span().start);
            draft.allowlists.push((list.into_inner(), at));
        }
        if let Some(extend) = raw.extend.filter(|_| depth < MOST_FILES) {
            self.extend(source, &extend, &mut draft, depth)?;
        }
        Ok(draft)
    }

    fn extend(
        &mut self,
        source: Source<'_>,
        extend: &Spanned<super::raw::Extend>,
        draft: &mut Draft,
        depth: usize,
    ) -> Result<()> {
        let at = source.at(extend.span().start);
        let extend = extend.get_ref();
        if !extend.path.is_empty() && extend.use_default {
            let fault = Error::new(DOING, at, "[extend] has both path and useDefault");
            return Err(fault.hint("gitleaks refuses it too; keep one"));
        }
        if !extend.url.is_empty() {
            return self.unsupported(
                at,
                "[extend] url",
                "keysweep opens no network connection; save the file and use path".into(),
            );
        }
        let path = if extend.use_default {
            match std::env::var(DEFAULT_ENV).ok().filter(|path| !path.is_empty()) {
                Some(path) => path,
                None => {
                    let why = format!(
                        "gitleaks' default configuration is not part of keysweep; save config/gitleaks.toml of the \
                         gitleaks release and name it in {DEFAULT_ENV}, or in [extend] path"
                    );
                    return self.unsupported(at, "[extend] useDefault", why);
                }
            }
        } else if extend.path.is_empty() {
            return Ok(());
        } else {
            extend.path.clone()
        };
        let (name, content) = self.read(source, &path, &at)?;
        let text = std::str::from_utf8(&content).map_err(|_| Error::new(DOING, &name, "not UTF-8"))?;
        let base = self.file(Source { name: &name, text }, depth + 1)?;
        merge(draft, base, &extend.disabled_rules);
        Ok(())
    }

    /// Reads a file that is extended. gitleaks resolves the path from its working directory, which is the root; many
    /// people write it relative to the file, so both are tried.
    fn read(&self, source: Source<'_>, path: &str, at: &str) -> Result<(String, Vec<u8>)> {
        let beside = std::path::Path::new(source.name).with_file_name(path);
        for candidate in [path, &beside.to_string_lossy()] {
            if let Some(content) = self.files.read(candidate)? {
                return Ok((self.files.name(candidate), content));
            }
        }
        Err(Error::new(DOING, self.files.name(path), "no such file").hint(format!("{at} extends it")))
    }

    fn finish(&mut self, draft: Draft) -> Result<ImportedSet> {
        let mut set = ImportedSet::default();
        let ids: Vec<String> = draft.rules.iter().map(|(rule, _)| rule.id.clone()).collect();
        for (rule, at) in draft.rules {
            let id = rule.id.clone();
            if id.trim().is_empty() {
                return Err(Error::new(DOING, at, "a rule without id").hint("gitleaks refuses it too; give it one"));
            }
            for required in &rule.required {
                if !ids.contains(&required.id) {
                    let fault =
                        Error::new(DOING, &at, format!("{id}: it requires {:?}, which is not a rule", required.id));
                    return Err(fault.hint("gitleaks refuses it too; name a rule of the same file"));
                }
            }
            if let Some(why) = unsupported(&rule) {
                self.unsupported(at, &id, why)?;
                continue;
            }
            match convert(rule) {
                Ok(rule) => set.rules.push(rule),
                Err(RuleFault::Unsupported(why)) => self.unsupported(at, &id, why)?,
                Err(RuleFault::Wrong(why)) => return Err(Error::new(DOING, at, format!("{id}: {why}"))),
            }
        }
        for (list, at) in draft.allowlists {
            let targets = list.target_rules.clone();
            let list = match allowlist(list) {
                Ok(list) => list,
                Err(RuleFault::Unsupported(why)) => {
                    self.unsupported(at, "allowlist", why)?;
                    continue;
                }
                Err(RuleFault::Wrong(why)) => return Err(Error::new(DOING, at, format!("allowlist: {why}"))),
            };
            if targets.is_empty() {
                set.allowlists.push(list);
                continue;
            }
            for target in targets {
                if !ids.contains(&target) {
                    let fault =
                        Error::new(DOING, &at, format!("allowlist: targetRules names {target:?}, which is not a rule"));
                    return Err(fault.hint("gitleaks refuses it too"));
                }
                let targeted = set.rules.iter_mut().filter(|rule| rule.info.id == target);
                targeted.for_each(|rule| rule.allowlists.push(list.clone()));
            }
        }
        Ok(set)
    }
}

/// Why keysweep does not support this rule; `None` if it does.
fn unsupported(rule: &RawRule) -> Option<String> {
    if !rule.filter.trim().is_empty() {
        return Some("its filter is an expression of betterleaks, which keysweep does not run".into());
    }
    rule.token_efficiency.then(|| "tokenEfficiency needs betterleaks' tokenizer".into())
}

/// Merges in the rules of an extended file. As in gitleaks, the extending file's rules win, field by field.
fn merge(draft: &mut Draft, base: Draft, disabled: &[String]) {
    for (mut rule, at) in base.rules {
        if disabled.contains(&rule.id) {
            continue;
        }
        let Some((own, own_at)) = draft.rules.iter_mut().find(|(own, _)| own.id == rule.id) else {
            draft.rules.push((rule, at));
            continue;
        };
        let over = std::mem::take(own);
        for (mine, theirs) in [
            (over.description, &mut rule.description),
            (over.regex, &mut rule.regex),
            (over.path, &mut rule.path),
            (over.filter, &mut rule.filter),
        ] {
            if !mine.is_empty() {
                *theirs = mine;
            }
        }
        if over.entropy != 0.0 {
            rule.entropy = over.entropy;
        }
        if over.secret_group != 0 {
            rule.secret_group = over.secret_group;
        }
        rule.keywords.extend(over.keywords);
        rule.allowlists.extend(rule.allowlist.take());
        rule.allowlists.extend(over.allowlist.into_iter().chain(over.allowlists));
        *own = rule;
        own_at.push_str(&format!(" (extends {at})"));
    }
    draft.allowlists.extend(base.allowlists);
}
