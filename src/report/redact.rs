//! Masks keys in the texts of a report (paths, commits, errors, notes). The keys of the findings themselves are
//! masked when a format writes them.

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use bstr::BString;

use crate::core::coverage::Report;
use crate::core::finding::{Commit, Excerpt, Finding, Location, RuleInfo, Secret};
use crate::core::order::ListOrder as _;
use crate::report::escape;
use crate::scan::mask;

/// The minimum length of a value that is masked everywhere; shorter ones occur in text by chance.
pub(super) const SHORTEST: usize = 16;

/// Masks keys in every text of a report: those that `mask` finds (it returns the masked text), and the values of all
/// findings wherever they occur.
pub fn redact(report: &mut Report, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    let texts = Texts { mask, found: FoundSecrets::of(&report.findings) };
    for finding in &mut report.findings {
        texts.finding(finding);
    }
    let coverage = &mut report.coverage;
    coverage.skipped.iter_mut().for_each(|skipped| texts.bytes(&mut skipped.path));
    coverage.errors.iter_mut().for_each(|error| error.each_text(|text| texts.text(text)));
    coverage.notes.iter_mut().chain(&mut coverage.head).for_each(|note| texts.text(note));
    for list in &mut coverage.lists {
        list.entries.iter_mut().for_each(|(_, error)| error.each_text(|text| texts.text(text)));
    }
}

/// The values of all findings. They are masked also where no rule would find them.
struct FoundSecrets {
    automaton: AhoCorasick,
    secrets: Vec<Secret>,
}

impl FoundSecrets {
    fn of(findings: &[Finding]) -> Option<Self> {
        // A rule that only matches paths has the path as its secret.
        let is_path = |finding: &Finding| {
            finding.location.path.as_ref().is_some_and(|path| path.as_slice() == finding.secret.expose())
        };
        let long = |finding: &&Finding| finding.secret.expose().len() >= SHORTEST && !is_path(finding);
        let mut secrets: Vec<Secret> = findings.iter().filter(long).map(|finding| finding.secret.clone()).collect();
        secrets.order();
        secrets.dedup();
        if secrets.is_empty() {
            return None;
        }
        let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).to_owned();
        let automaton = builder.build(secrets.iter().map(Secret::expose)).ok()?;
        Some(Self { automaton, secrets })
    }

    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let hits = self.automaton.find_iter(text);
        mask::replace(text, hits.map(|hit| (hit.range(), self.secrets[hit.pattern().as_usize()].clone())))
    }
}

/// Masks texts.
struct Texts<'a> {
    mask: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
    found: Option<FoundSecrets>,
}

impl Texts<'_> {
    fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let seen = (self.mask)(text);
        let text = seen.as_deref().unwrap_or(text);
        self.found.as_ref().and_then(|found| found.masked(text)).or(seen)
    }

    fn bytes(&self, text: &mut BString) {
        if let Some(masked) = self.masked(text) {
            *text = masked.into();
        }
    }

    fn text(&self, text: &mut String) {
        if let Some(masked) = self.masked(text.as_bytes()) {
            *text = escape::text(&masked);
        }
    }

    fn finding(&self, finding: &mut Finding) {
        self.rule(&mut finding.rule);
        self.excerpt(&mut finding.excerpt);
        let Location { repository, path, member, .. } = &mut finding.location;
        repository.iter_mut().chain(path).chain(member).for_each(|path| self.bytes(path));
        finding.usage.name.iter_mut().for_each(|name| self.text(name));
        finding.note.iter_mut().for_each(|note| self.text(note));
        finding.suppressed.iter_mut().filter_map(|why| why.reason.as_mut()).for_each(|reason| self.text(reason));
        finding.commit.iter_mut().for_each(|commit| self.commit(commit));
        if let Some(history) = &mut finding.history {
            history.last_commit.iter_mut().chain(&mut history.removed_by).for_each(|commit| self.commit(commit));
            history.refs.iter_mut().for_each(|name| self.text(name));
        }
    }

    /// Masks texts from a rule file; the built-in rules contain no keys.
    fn rule(&self, rule: &mut RuleInfo) {
        for text in [&mut rule.id, &mut rule.provider, &mut rule.title, &mut rule.revoke, &mut rule.advice] {
            if let Cow::Owned(text) = text {
                self.text(text);
            }
        }
    }

    /// Masks the text around the key, which is itself already masked.
    fn excerpt(&self, excerpt: &mut Excerpt) {
        let Excerpt { text, mark } = excerpt;
        let (Some(before), Some(key), Some(after)) =
            (text.get(..mark.start), text.get(mark.clone()), text.get(mark.end..))
        else {
            return;
        };
        let masked = |part: &str| self.masked(part.as_bytes()).map(|masked| escape::text(&masked));
        let (left, right) = (masked(before), masked(after));
        if left.is_some() || right.is_some() {
            let left = left.unwrap_or_else(|| before.to_owned());
            let at = left.len()..left.len() + key.len();
            *text = left + key + right.as_deref().unwrap_or(after);
            *mark = at;
        }
    }

    fn commit(&self, commit: &mut Arc<Commit>) {
        let texts = [&commit.summary, &commit.author_name, &commit.author_email];
        if texts.iter().any(|text| self.masked(text.as_bytes()).is_some()) {
            let commit = Arc::make_mut(commit);
            for text in [&mut commit.summary, &mut commit.author_name, &mut commit.author_email] {
                self.text(text);
            }
        }
    }
}
