//! Users' own rules: in the same TOML as the built-in rules, from `[[rule]]` tables or from files.

use std::borrow::Cow;

use serde::Deserialize;
use toml::Spanned;

use crate::core::error::{Error, Result};
use crate::core::finding::{Confidence, Severity};
use crate::core::text::{Source, nearest};
use crate::rule::pattern::Pattern;
use crate::rule::spec::{RuleSpec, StructureSpec};
use crate::rule::template::Template;
use crate::rule::{Left, Rule, Structure};

/// A rule file: like [`RuleFile`](crate::rule::spec::RuleFile), with the position of each rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OwnRuleFile {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    revoke: String,
    #[serde(default)]
    advice: String,
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<RuleSpec>>,
}

/// Parses a rule file in keysweep's format.
pub(super) fn file(source: Source<'_>) -> Result<Vec<Rule>> {
    const DOING: &str = "read rules";
    let file: OwnRuleFile = toml::from_str(source.text).map_err(|error| source.syntax(DOING, &error))?;
    if file.rules.is_empty() {
        let fault = Error::new(DOING, source.name, "there is no [[rule]] in it");
        return Err(fault.hint("a rule file holds [[rule]] tables, or gitleaks' [[rules]]"));
    }
    let defaults = Defaults { provider: file.provider, revoke: file.revoke, advice: file.advice };
    rules(source, DOING, file.rules, Some(defaults))
}

/// The values that the rules of a file share.
pub(super) struct Defaults {
    provider: String,
    revoke: String,
    advice: String,
}

/// Checks rules and converts them to [`Rule`].
pub(super) fn rules(
    source: Source<'_>,
    doing: &str,
    raw: Vec<Spanned<RuleSpec>>,
    defaults: Option<Defaults>,
) -> Result<Vec<Rule>> {
    let defaults =
        defaults.unwrap_or(Defaults { provider: String::new(), revoke: String::new(), advice: String::new() });
    let mut rules: Vec<Rule> = Vec::with_capacity(raw.len());
    for spec in raw {
        let table = spec.span();
        let spec = spec.into_inner();
        let fail = |fault: KeyFault| {
            let why = if spec.id.is_empty() { fault.why } else { format!("rule {}: {}", spec.id, fault.why) };
            source.error(doing, source.key(&table, fault.key), why).hint(fault.hint)
        };
        check(&spec).map_err(fail)?;
        if rules.iter().any(|rule| rule.id == spec.id) {
            return Err(fail(KeyFault::new(
                "id",
                "this id is taken by a rule above",
                "ids are unique; choose another",
            )));
        }
        let structure = structure(spec.structure.as_ref()).map_err(fail)?;
        let (severity, confidence) = worth(&spec).map_err(fail)?;
        rules.push(rule(spec, structure, severity, confidence, &defaults));
    }
    Ok(rules)
}

/// A mistake in a rule, with the key that it is in.
struct KeyFault {
    key: &'static str,
    why: String,
    hint: String,
}

impl KeyFault {
    fn new(key: &'static str, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { key, why: why.into(), hint: hint.into() }
    }
}

fn check(spec: &RuleSpec) -> std::result::Result<(), KeyFault> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if spec.id.is_empty() || !spec.id.chars().all(valid) || !spec.id.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(KeyFault::new("id", "no usable id", "ids are lower-case words joined by -, such as acme-api-key"));
    }
    if spec.title.trim().is_empty() {
        return Err(KeyFault::new("title", "an empty title", "say what kind of key it finds"));
    }
    if let Some(short) = spec.anchors.iter().find(|anchor| anchor.len() < 3) {
        let why = format!("the anchor {short:?} is shorter than three bytes");
        return Err(KeyFault::new(
            "anchors",
            why,
            "an anchor is rare text that every such key holds; names does without",
        ));
    }
    if spec.anchors.is_empty() && spec.names.is_empty() && spec.context.is_empty() {
        let hint = "give it anchors (text in every such key), or names of variables that hold one";
        return Err(KeyFault::new("anchors", "neither anchors nor names, so it would look nowhere", hint));
    }
    let hint = "the syntax is that of Rust's regex crate, without look-around, over bytes";
    let (pattern, tree) =
        Pattern::ascii(&spec.regex).map_err(|why| KeyFault::new("regex", format!("bad regex: {why}"), hint))?;
    if pattern.matches_empty() {
        return Err(KeyFault::new("regex", "this regex matches the empty text", "describe the whole key"));
    }
    let groups = tree.properties().explicit_captures_len();
    if usize::from(spec.secret_group) > groups {
        let why = format!("secret-group {} of a regex with {groups} groups", spec.secret_group);
        return Err(KeyFault::new("secret-group", why, "groups count from 1; 0 is the whole match"));
    }
    let class = format!("[{}]", spec.alphabet);
    Pattern::ascii(&class).map_err(|why| {
        KeyFault::new("alphabet", format!("bad alphabet: {why}"), "write it as inside of [...]: A-Za-z0-9_-")
    })?;
    if !(0.0..=8.0).contains(&spec.entropy) {
        return Err(KeyFault::new(
            "entropy",
            "entropy is between 0 and 8 bits a character",
            "3.0 is usual for random text",
        ));
    }
    for (key, templates) in [("examples", &spec.examples), ("non-examples", &spec.non_examples)] {
        for template in templates {
            let hint = "a template is text with [A-Z]{20} for random parts and \\ before special characters";
            Template::parse(template).map_err(|bad| KeyFault::new(key, format!("{template:?}: {bad}"), hint))?;
        }
    }
    Ok(())
}

fn worth(spec: &RuleSpec) -> std::result::Result<(Severity, Confidence), KeyFault> {
    use Severity::{Critical, High, Info, Low, Medium};
    let choose = |key, word: &str, names: Vec<&'static str>| {
        let index = names.iter().position(|name| *name == word);
        index.ok_or_else(|| {
            let hint = match nearest(word, names.iter().copied()) {
                Some(name) => format!("did you mean {name}?"),
                None => format!("one of {}", names.join(", ")),
            };
            KeyFault::new(key, format!("{word:?} is no {key}"), hint)
        })
    };
    let severities = [Info, Low, Medium, High, Critical];
    let severity = choose("severity", &spec.severity, severities.map(Severity::as_str).to_vec())?;
    let confidences = [Confidence::Possible, Confidence::Likely, Confidence::Certain];
    let confidence = choose("confidence", &spec.confidence, confidences.map(Confidence::as_str).to_vec())?;
    choose("left", &spec.left, vec!["any", "boundary"])?;
    Ok((severities[severity], confidences[confidence]))
}

fn structure(spec: Option<&StructureSpec>) -> std::result::Result<Structure, KeyFault> {
    let Some(spec) = spec else { return Ok(Structure::Shape) };
    let given = [!spec.halves.is_empty(), spec.watermark.is_some(), spec.checksum.is_some(), spec.decoded.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        let hint = "give it one of halves = [20], watermark = \"...\", checksum = \"crc32-base62\", decoded = \"...\"";
        return Err(KeyFault::new("structure", "a structure is one thing", hint));
    }
    if let Some(watermark) = &spec.watermark {
        return Ok(Structure::Watermark(watermark.as_str().into()));
    }
    if let Some(decoded) = &spec.decoded {
        return Ok(Structure::Decoded(decoded.as_str().into()));
    }
    match spec.checksum.as_deref() {
        None => Ok(Structure::Halves { lengths: Cow::Owned(spec.halves.clone()), ending: spec.ending.as_str().into() }),
        Some("crc32-base62") => Ok(Structure::Crc32Base62),
        Some(other) => Err(KeyFault::new("structure", format!("{other:?} is not a checksum"), "known: crc32-base62")),
    }
}

fn rule(spec: RuleSpec, structure: Structure, severity: Severity, confidence: Confidence, shared: &Defaults) -> Rule {
    Rule {
        id: spec.id.into(),
        provider: shared.provider.clone().into(),
        title: spec.title.into(),
        severity,
        confidence,
        anchors: spec.anchors.into_iter().collect(),
        lookback: spec.lookback,
        regex: spec.regex.into(),
        secret_group: spec.secret_group,
        alphabet: spec.alphabet.into(),
        left: if spec.left == "any" { Left::Any } else { Left::Boundary },
        structure,
        entropy: spec.entropy,
        names: spec.names.into_iter().collect(),
        context: spec.context.into_iter().collect(),
        revoke: spec.revoke.unwrap_or_else(|| shared.revoke.clone()).into(),
        advice: spec.advice.unwrap_or_else(|| shared.advice.clone()).into(),
        examples: spec.examples.into_iter().collect(),
        non_examples: spec.non_examples.into_iter().collect(),
    }
}
