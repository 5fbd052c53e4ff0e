//! From gitleaks' TOML to rules, with what it extends.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use toml::Spanned;

use super::loose::lower_keys;
use super::raw::{RawAllow, RawRule, RawRuleFile};
use super::{ImportedAllowlist, ImportedRegex, ImportedRule, Required, Set};
use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::finding::{Confidence, RuleInfo, Severity};
use crate::core::text::Source;
use crate::gitleaks::go_regex::translate;
use crate::gitleaks::literals;
use crate::rule::allowlist::AllowlistTarget;
use crate::rule::pattern::Pattern;

const DOING: &str = "import rules";
/// Names gitleaks' default configuration, for files that extend it: keysweep carries no copy of another's rules.
pub const DEFAULT_ENV: &str = "KEYSWEEP_GITLEAKS_DEFAULT";
/// How many files may extend each other; gitleaks follows as many.
const MOST_FILES: usize = 3;

/// What came out of a file.
#[derive(Debug, Default)]
pub struct LoadedRules {
    /// The rules.
    pub set: Set,
    /// What was asked for and is left out.
    pub left_out: Vec<Unsupported>,
}

/// Something that cannot be done as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The files.
    pub at: String,
    /// The rule's id, or the file's part.
    pub what: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is left out: {}", self.at, self.what, self.why)
    }
}

/// Reads a file. What cannot be honoured is an error, or with `skip` an entry of [`LoadedRules::left_out`].
pub fn load(source: Source<'_>, files: &dyn Files, skip: bool) -> Result<LoadedRules> {
    let mut loader = Loader { files, skip, left_out: Vec::new() };
    let draft = loader.file(source, 1)?;
    let set = loader.finish(draft)?;
    Ok(LoadedRules { set, left_out: loader.left_out })
}

/// The rules of a file and of what it extends, before they are checked.
#[derive(Default)]
struct Draft {
    /// In order; ids are unique.
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

    /// gitleaks takes the path from where it runs, which is the root; many write it from the file's own directory.
    fn read(&self, source: Source<'_>, path: &str, at: &str) -> Result<(String, Vec<u8>)> {
        let beside = std::path::Path::new(source.name).with_file_name(path);
        for candidate in [path, &beside.to_string_lossy()] {
            if let Some(content) = self.files.read(candidate)? {
                return Ok((self.files.name(candidate), content));
            }
        }
        Err(Error::new(DOING, self.files.name(path), "no such file").hint(format!("{at} extends it")))
    }

    fn finish(&mut self, draft: Draft) -> Result<Set> {
        let mut set = Set::default();
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

/// What keysweep cannot do that the rule asks for.
fn unsupported(rule: &RawRule) -> Option<String> {
    if !rule.filter.trim().is_empty() {
        return Some("its filter is an expression of betterleaks, which keysweep does not run".into());
    }
    rule.token_efficiency.then(|| "tokenEfficiency needs betterleaks' tokenizer".into())
}

/// A file's rules win over those it extends, field by field, as in gitleaks.
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

enum RuleFault {
    /// Wrong in gitleaks too.
    Wrong(String),
    /// Right there, but not to be had here.
    Unsupported(String),
}

fn convert(raw: RawRule) -> std::result::Result<ImportedRule, RuleFault> {
    if raw.regex.is_empty() && raw.path.is_empty() {
        return Err(RuleFault::Wrong("neither regex nor path, so it finds nothing".into()));
    }
    if raw.allowlist.is_some() && !raw.allowlists.is_empty() {
        return Err(RuleFault::Wrong("[rules.allowlist] beside [[rules.allowlists]]; keep one form".into()));
    }
    let regex = (!raw.regex.is_empty()).then(|| shape(&raw.regex)).transpose()?;
    let path = (!raw.path.is_empty()).then(|| go_pattern("path", &raw.path)).transpose()?;
    let groups = regex.as_ref().map_or(0, |shape| shape.pattern.groups());
    let secret_group = usize::try_from(raw.secret_group).unwrap_or(usize::MAX);
    if regex.is_some() && secret_group > groups {
        return Err(RuleFault::Wrong(format!("secretGroup {} of a regex with {groups} groups", raw.secret_group)));
    }
    let allowlists =
        raw.allowlist.into_iter().chain(raw.allowlists).map(allowlist).collect::<std::result::Result<_, _>>()?;
    let is_generic = raw.id.to_ascii_lowercase().contains("generic");
    Ok(ImportedRule {
        info: RuleInfo {
            title: Cow::Owned(if raw.description.is_empty() { raw.id.clone() } else { raw.description }),
            id: Cow::Owned(raw.id),
            provider: Cow::Borrowed(""),
            revoke: Cow::Borrowed(""),
            advice: Cow::Borrowed(""),
        },
        severity: if is_generic { Severity::Medium } else { Severity::High },
        confidence: if is_generic { Confidence::Possible } else { Confidence::Likely },
        regex,
        path,
        keywords: raw.keywords.iter().map(|word| word.to_lowercase()).filter(|word| !word.is_empty()).collect(),
        entropy: raw.entropy,
        secret_group,
        allowlists,
        required: raw
            .required
            .into_iter()
            .map(|required| Required {
                id: required.id,
                lines: required.within_lines,
                columns: required.within_columns,
            })
            .collect(),
        is_part: raw.skip_report,
        strength: OnceLock::new(),
    })
}

fn shape(regex: &str) -> std::result::Result<ImportedRegex, RuleFault> {
    let bad = |why: String| RuleFault::Unsupported(format!("regex: {why}"));
    let translated = translate(regex).map_err(bad)?;
    let (pattern, tree) = Pattern::ascii(&translated).map_err(bad)?;
    Ok(ImportedRegex { pattern, needles: literals::of(&tree) })
}

fn go_pattern(field: &str, regex: &str) -> std::result::Result<Pattern, RuleFault> {
    let pattern = translate(regex).and_then(|regex| Pattern::ascii(&regex));
    pattern.map(|(pattern, _)| pattern).map_err(|why| RuleFault::Unsupported(format!("{field}: {why}")))
}

/// All of them as one pattern; each is tried by itself first, so that an error names the one at fault.
fn pattern_of_any(field: &str, regexes: &[String]) -> std::result::Result<Option<Pattern>, RuleFault> {
    if regexes.is_empty() {
        return Ok(None);
    }
    let mut translated = BTreeMap::new();
    for (index, regex) in regexes.iter().enumerate() {
        let pattern = go_pattern(field, regex)?;
        translated.insert(index, pattern.as_str().to_owned());
    }
    let texts: Vec<&str> = translated.values().map(String::as_str).collect();
    Pattern::any(&texts).map(Some).map_err(|why| RuleFault::Unsupported(format!("{field}: {why}")))
}

fn allowlist(raw: RawAllow) -> std::result::Result<ImportedAllowlist, RuleFault> {
    let all = match raw.condition.to_uppercase().as_str() {
        "AND" | "&&" => true,
        "" | "OR" | "||" => false,
        _ => return Err(RuleFault::Wrong(format!("condition {:?} is neither and nor or", raw.condition))),
    };
    let target = match raw.regex_target.as_str() {
        "" | "secret" => AllowlistTarget::Secret,
        "match" => AllowlistTarget::Match,
        "line" => AllowlistTarget::Line,
        other => return Err(RuleFault::Wrong(format!("regexTarget {other:?} is none of secret, match, line"))),
    };
    if raw.commits.is_empty() && raw.paths.is_empty() && raw.regexes.is_empty() && raw.stopwords.is_empty() {
        return Err(RuleFault::Wrong("an allowlist without commits, paths, regexes or stopwords".into()));
    }
    Ok(ImportedAllowlist {
        reason: Some(raw.description).filter(|reason| !reason.is_empty()),
        all,
        commits: raw.commits.iter().map(|commit| commit.trim().to_lowercase()).collect(),
        paths: pattern_of_any("paths", &raw.paths)?,
        regexes: pattern_of_any("regexes", &raw.regexes)?,
        target,
        stopwords: raw.stopwords.iter().map(|word| word.to_lowercase()).collect(),
    })
}
