//! Allowlists: findings that match one of them are suppressed, by text, path or word.

use std::collections::BTreeMap;

use bstr::ByteSlice;
use globset::GlobMatcher;

use crate::core::finding::{SuppressedBy, Suppression};
use crate::rule::id_pattern::fits;
use crate::rule::pattern::Pattern;

/// The text that an allowlist's regexes are tried on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowlistTarget {
    /// The key's value.
    #[default]
    Secret,
    /// Everything that the rule matched.
    Match,
    /// The line on which the key starts.
    Line,
}

/// One `[[allowlist]]` table.
#[derive(Clone, Debug, Default)]
pub struct Allowlist {
    /// The reason, shown with each suppressed finding.
    pub reason: Option<String>,
    /// Patterns of the rule ids that it is limited to; every rule if empty.
    pub rules: Vec<String>,
    /// What `regexes` are tried on.
    pub target: AllowlistTarget,
    /// It applies if one of these matches.
    pub regexes: Vec<Pattern>,
    /// It applies if the value contains one of these words (in lower case).
    pub stopwords: Vec<String>,
    /// It applies if one of these globs matches the path.
    pub paths: Vec<GlobMatcher>,
    /// Whether all the kinds of condition that are given must hold; otherwise one is enough.
    pub all: bool,
}

/// The parts of a finding that an allowlist is applied to.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The key's value.
    pub secret: &'a [u8],
    /// Everything that the rule matched.
    pub matched: &'a [u8],
    /// The line on which the key starts.
    pub line: &'a [u8],
    /// The path, relative to the configuration's directory.
    pub path: Option<&'a [u8]>,
}

/// A cache for one line, which may hold many keys: whether the regexes of each allowlist (by its index) match the
/// line.
#[derive(Debug, Default)]
pub struct AllowedLine(BTreeMap<usize, bool>);

/// The suppression by the first allowlist that applies. `line` is the cache for the subject's line; use a new one for
/// each line.
pub fn judge(allowlists: &[Allowlist], subject: Subject<'_>, line: &mut AllowedLine) -> Option<Suppression> {
    let mut holds = |number: usize, list: &Allowlist| {
        list.holds(subject, |text| {
            let matches = || list.regexes.iter().any(|regex| regex.is_match(text));
            if list.target == AllowlistTarget::Line { *line.0.entry(number).or_insert_with(matches) } else { matches() }
        })
    };
    let (_, allowed) = allowlists.iter().enumerate().find(|(number, list)| holds(*number, list))?;
    Some(Suppression { by: SuppressedBy::Allowlist, reason: allowed.reason.clone() })
}

impl Allowlist {
    /// Whether it can be decided from the finding and its path alone, without the content around the finding.
    pub fn is_about_findings(&self) -> bool {
        !self.paths.is_empty() && (self.regexes.is_empty() || self.target == AllowlistTarget::Secret)
    }

    /// Whether it applies to a finding. `matches` says whether one of its regexes matches a text.
    fn holds(&self, subject: Subject<'_>, matches: impl FnOnce(&[u8]) -> bool) -> bool {
        if !self.rules.is_empty() && !self.rules.iter().any(|pattern| fits(pattern, subject.rule)) {
            return false;
        }
        let text = match self.target {
            AllowlistTarget::Secret => subject.secret,
            AllowlistTarget::Match => subject.matched,
            AllowlistTarget::Line => subject.line,
        };
        let tests = [
            (!self.paths.is_empty()).then(|| {
                subject.path.is_some_and(|path| self.paths.iter().any(|glob| glob.is_match(path.to_path_lossy())))
            }),
            (!self.regexes.is_empty()).then(|| matches(text)),
            (!self.stopwords.is_empty()).then(|| {
                let value = subject.secret.to_ascii_lowercase();
                self.stopwords.iter().any(|word| value.contains_str(word))
            }),
        ];
        let mut given = tests.into_iter().flatten().peekable();
        if self.all { given.peek().is_some() && given.all(|holds| holds) } else { given.any(|holds| holds) }
    }
}
