//! Checks rules with their own examples and non-examples, which are scanned like any content.
//!
//! `keysweep rules check` and the tests run this same code. All problems are reported, not only the first.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::core::error::Error;
use crate::core::finding::Secret;
use crate::rule::template::{Random, Sample, Template};
use crate::rule::{Rule, compile};

/// How many texts are generated from each template. They are random, and a rule must hold for all of them.
const SAMPLES: usize = 12;

/// A key that the scan finds in a rule's example.
#[derive(Clone, Debug)]
pub struct ExampleMatch {
    /// The id of the rule that matched.
    pub rule: Cow<'static, str>,
    /// The value of the key.
    pub secret: Secret,
}

/// Scans a text with all rules that are on.
pub type ScanFn<'s> = &'s dyn Fn(&[u8]) -> Vec<ExampleMatch>;

/// The problems of these rules. `scan` must be a scanner with these rules.
pub fn all<'a>(rules: impl IntoIterator<Item = &'a Rule>, scan: ScanFn<'_>) -> Vec<Error> {
    let mut problems = Vec::new();
    let mut ids = HashSet::new();
    for rule in rules {
        if !ids.insert(&rule.id) {
            problems.push(problem(rule, "another rule has the same id").hint("give it one of its own"));
        }
        one(rule, scan, &mut problems);
    }
    problems
}

fn one(rule: &Rule, scan: ScanFn<'_>, problems: &mut Vec<Error>) {
    if !rule.id.starts_with(rule.provider.as_ref()) {
        problems.push(problem(rule, format!("its id does not start with its provider, {}", rule.provider)));
    }
    match compile(&rule.regex, false, false) {
        Err(error) => return problems.push(problem(rule, error)),
        Ok(regex) if usize::from(rule.secret_group) >= regex.captures_len() => {
            return problems.push(problem(rule, format!("its regex has no group {}", rule.secret_group)));
        }
        Ok(_) => {}
    }
    if rule.examples.is_empty() || rule.non_examples.is_empty() {
        problems.push(problem(rule, "it needs at least one example and one non-example"));
    }
    let mut random = Random::new(crc(rule));
    for text in rule.examples.iter() {
        samples(rule, text, &mut random, problems, |sample| example(rule, scan, sample));
    }
    for text in rule.non_examples.iter() {
        samples(rule, text, &mut random, problems, |sample| non_example(rule, scan, sample));
    }
}

/// Generates texts from a template and reports the first one in which `fault` finds a problem; the others would
/// repeat it.
fn samples(
    rule: &Rule,
    text: &str,
    random: &mut Random,
    problems: &mut Vec<Error>,
    fault: impl Fn(&Sample) -> Option<String>,
) {
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(bad) => return problems.push(problem(rule, format!("template `{text}`: {bad}"))),
    };
    if let Some(fault) = (0..SAMPLES).find_map(|_| fault(&template.generate(random))) {
        problems.push(problem(rule, format!("`{text}`: {fault}")));
    }
}

fn example(rule: &Rule, scan: ScanFn<'_>, sample: &Sample) -> Option<String> {
    if sample.secret().is_empty() {
        return Some("an example needs « and » around its secret".into());
    }
    let found = scan(sample.text.as_bytes());
    match found.as_slice() {
        [] => Some("nothing is found in it".into()),
        [only] if only.rule != rule.id => Some(format!("{} matches it instead", only.rule)),
        [only] if only.secret.expose() != sample.secret().as_bytes() => {
            let (found, wanted) = (only.secret.expose().len(), sample.secret().len());
            Some(format!("a secret of {found} characters is found instead of the one of {wanted}"))
        }
        [_] => None,
        several => {
            let ids: Vec<&str> = several.iter().map(|found| found.rule.as_ref()).collect();
            Some(format!("found more than once: {}", ids.join(", ")))
        }
    }
}

fn non_example(rule: &Rule, scan: ScanFn<'_>, sample: &Sample) -> Option<String> {
    let found = scan(sample.text.as_bytes());
    found.iter().any(|found| found.rule == rule.id).then(|| "it is found".into())
}

fn problem(rule: &Rule, why: impl std::fmt::Display) -> Error {
    Error::new("accept rule", &rule.id, why)
}

/// A seed that depends on the rule's id only, so that another rule's examples do not change this rule's texts.
fn crc(rule: &Rule) -> u64 {
    crc32fast::hash(rule.id.as_bytes()).into()
}
