//! Converts single rules and allowlists of gitleaks' TOML, and checks them as gitleaks does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::raw::{RawAllow, RawRule};
use super::{ImportedAllowlist, ImportedRegex, ImportedRule, RequiredRule};
use crate::core::finding::{Confidence, RuleInfo, Severity};
use crate::gitleaks::go_regex::translate;
use crate::gitleaks::literals;
use crate::rule::allowlist::AllowlistTarget;
use crate::rule::pattern::Pattern;

/// Why a rule cannot be imported.
pub(super) enum RuleFault {
    /// Also invalid in gitleaks.
    Wrong(String),
    /// Valid in gitleaks, but not supported here.
    Unsupported(String),
}

/// Converts and checks one rule.
pub(super) fn convert(raw: RawRule) -> Result<ImportedRule, RuleFault> {
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
    let allowlists = raw.allowlist.into_iter().chain(raw.allowlists).map(allowlist).collect::<Result<_, _>>()?;
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
            .map(|required| RequiredRule {
                id: required.id,
                lines: required.within_lines,
                columns: required.within_columns,
            })
            .collect(),
        is_part: raw.skip_report,
        strength: OnceLock::new(),
    })
}

fn shape(regex: &str) -> Result<ImportedRegex, RuleFault> {
    let bad = |why: String| RuleFault::Unsupported(format!("regex: {why}"));
    let translated = translate(regex).map_err(bad)?;
    let (pattern, tree) = Pattern::ascii(&translated).map_err(bad)?;
    Ok(ImportedRegex { pattern, needles: literals::of(&tree) })
}

fn go_pattern(field: &str, regex: &str) -> Result<Pattern, RuleFault> {
    let pattern = translate(regex).and_then(|regex| Pattern::ascii(&regex));
    pattern.map(|(pattern, _)| pattern).map_err(|why| RuleFault::Unsupported(format!("{field}: {why}")))
}

/// One pattern for all of them. Each is parsed separately first, so that an error names the invalid one.
fn pattern_of_any(field: &str, regexes: &[String]) -> Result<Option<Pattern>, RuleFault> {
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

/// Converts and checks one allowlist.
pub(super) fn allowlist(raw: RawAllow) -> Result<ImportedAllowlist, RuleFault> {
    let all = match raw.condition.to_uppercase().as_str() {
        "AND" | "&&" => true,
        "" | "OR" | "||" => false,
        _ => return Err(RuleFault::Wrong(format!("condition {:?} is neither and nor or", raw.condition))),
    };
    let target = match raw.regex_target.as_str() {
        "" | "secret" => AllowlistTarget::Secret,
        "match" => AllowlistTarget::Match,
        "line" => AllowlistTarget::Line,
        other => return Err(RuleFault::Wrong(format!("regexTarget {other:?} is not one of secret, match, line"))),
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
