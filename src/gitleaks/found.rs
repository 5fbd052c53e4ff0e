//! Turns a match of a regex into a finding as gitleaks does: the group with the secret, entropy, allowlists.

use std::collections::HashMap;
use std::ops::Range;

use super::codec::DecodedText;
use crate::core::finding::{Layer, SuppressedBy, Suppression};
use crate::gitleaks::{ImportedAllowlist, ImportedRule, ImportedSet};

/// A match of an imported rule.
#[derive(Clone, Debug)]
pub struct ImportedMatch<'a> {
    /// The rule that matched.
    pub rule: &'a ImportedRule,
    /// The secret, after decoding.
    pub secret: Vec<u8>,
    /// The byte range of the secret in the content; in decoded text the range of the whole match.
    pub span: Range<usize>,
    /// The encodings around it, outermost first.
    pub layers: Vec<Layer>,
    /// Why it is suppressed, if an allowlist applies.
    pub allowed: Option<Suppression>,
    /// The line where the match starts, from 0.
    pub line: u64,
    /// The byte offset of the match in that line, from 0.
    pub column: u64,
}

/// The rule's findings in these windows of a text.
pub(super) fn of<'a>(
    rule: &'a ImportedRule,
    set: &ImportedSet,
    text: &DecodedText<'_>,
    content: &[u8],
    path: Option<&[u8]>,
    windows: &[Range<usize>],
) -> Vec<ImportedMatch<'a>> {
    let Some(shape) = &rule.regex else { return Vec::new() };
    let mut found = Vec::new();
    for window in windows.iter().filter(|window| text.is_new(window)) {
        for range in shape.pattern.find_in(&text.bytes, window.clone()) {
            let candidate = RegexMatch { rule, text, content, range };
            found.extend(candidate.judge(set, path).ok());
        }
    }
    found
}

/// For `explain`: the outcome of each match of the rule in the content.
pub(super) fn outcomes<'a>(
    rule: &'a ImportedRule,
    set: &ImportedSet,
    content: &[u8],
    path: Option<&[u8]>,
) -> Vec<MatchOutcome<'a>> {
    let Some(shape) = &rule.regex else { return Vec::new() };
    let text = DecodedText::plain(content);
    let fate = |range: Range<usize>| {
        let candidate = RegexMatch { rule, text: &text, content, range: range.clone() };
        let refusal = candidate.judge(set, path).err().map(|refusal| match refusal {
            ImportedRefusal::Seen => "it was found before it was decoded".to_owned(),
            ImportedRefusal::Entropy(bits) => {
                format!("its entropy, {bits:.2} bits a character, is not above {}", rule.entropy)
            }
        });
        MatchOutcome { rule, span: range, refusal }
    };
    shape.pattern.find_in(content, 0..content.len()).map(fate).collect()
}

/// A match of an imported rule's regex, and whether it is a finding.
#[derive(Clone, Debug)]
pub struct MatchOutcome<'a> {
    /// The rule.
    pub rule: &'a ImportedRule,
    /// The byte range of the regex's whole match.
    pub span: Range<usize>,
    /// Why it is not a finding; `None` if it is one, even if suppressed.
    pub refusal: Option<String>,
}

/// Why a match is not a finding.
enum ImportedRefusal {
    /// No part of it was decoded, so that an earlier pass found it.
    Seen,
    /// The value's Shannon entropy, in bits per character, is too low.
    Entropy(f64),
}

struct RegexMatch<'a, 'b> {
    rule: &'a ImportedRule,
    text: &'b DecodedText<'b>,
    content: &'b [u8],
    range: Range<usize>,
}

impl<'a> RegexMatch<'a, '_> {
    fn judge(self, set: &ImportedSet, path: Option<&[u8]>) -> Result<ImportedMatch<'a>, ImportedRefusal> {
        let Range { start, end } = self.range.clone();
        let whole = &self.text.bytes[start..end];
        let head = whole.iter().take_while(|byte| **byte == b'\n').count();
        let tail = whole[head..].iter().rev().take_while(|byte| **byte == b'\n').count();
        let matched = &whole[head..whole.len() - tail];
        // A match in which nothing was decoded was found by the pass before.
        let place = self.text.original(&self.range).ok_or(ImportedRefusal::Seen)?;
        let group = self.secret(matched);
        let secret = &matched[group.clone()];
        if self.rule.entropy != 0.0 && entropy(secret) <= self.rule.entropy {
            return Err(ImportedRefusal::Entropy(entropy(secret)));
        }
        let line = self.text.line(self.content, &place, start..start + matched.len());
        let lists = || set.allowlists.iter().chain(&self.rule.allowlists);
        let allowed = lists().find(|list| list.allows(secret, matched, &line, path)).map(suppression);
        let span =
            if self.text.is_plain() { start + head + group.start..start + head + group.end } else { place.clone() };
        let before = &self.content[..place.start.min(self.content.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        Ok(ImportedMatch {
            rule: self.rule,
            secret: secret.to_vec(),
            span,
            layers: self.text.layers(&self.range),
            allowed,
            line: memchr::memchr_iter(b'\n', before).count() as u64,
            column: (before.len() - line_start) as u64,
        })
    }

    /// The range of the group with the secret. As gitleaks does, the regex is run again on the match alone.
    fn secret(&self, matched: &[u8]) -> Range<usize> {
        let shape = self.rule.regex.as_ref().filter(|shape| shape.pattern.groups() > 0);
        let Some(groups) = shape.and_then(|shape| shape.pattern.groups_of(matched)) else { return 0..matched.len() };
        let range = |index: usize| groups.get_group(index).map(|span| span.range());
        if self.rule.secret_group > 0 {
            return range(self.rule.secret_group).unwrap_or(0..0);
        }
        let mut all = (1..groups.group_len()).filter_map(range);
        all.find(|range| !range.is_empty()).unwrap_or(0..matched.len())
    }
}

fn suppression(list: &ImportedAllowlist) -> Suppression {
    Suppression { by: SuppressedBy::Allowlist, reason: list.reason.clone() }
}

/// The Shannon entropy in bits per character, as gitleaks computes it: over characters, with their share of the
/// bytes.
fn entropy(secret: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(secret);
    let mut counts: HashMap<char, usize> = HashMap::new();
    text.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let mut counts: Vec<usize> = counts.into_values().collect();
    // Sorted, because the last bits of a floating-point sum depend on the order.
    counts.sort_unstable();
    let length = secret.len() as f64;
    counts.into_iter().fold(0.0, |sum, count| {
        let share = count as f64 / length;
        sum - share * libm::log2(share)
    })
}

/// Removes findings of generic rules where another rule finds the same secret on the same line.
pub(super) fn without_generic(found: Vec<ImportedMatch<'_>>) -> Vec<ImportedMatch<'_>> {
    let is_generic = |found: &ImportedMatch<'_>| found.rule.info.id.to_ascii_lowercase().contains("generic");
    let better = |generic: &ImportedMatch<'_>| {
        found.iter().any(|other| {
            other.line == generic.line
                && !is_generic(other)
                && other.allowed.is_none()
                && bstr::ByteSlice::contains_str(other.secret.as_slice(), &generic.secret)
        })
    };
    let keep: Vec<bool> = found.iter().map(|found| !(is_generic(found) && better(found))).collect();
    found.into_iter().zip(keep).filter_map(|(found, keep)| keep.then_some(found)).collect()
}
