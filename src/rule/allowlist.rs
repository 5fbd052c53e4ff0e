//! Allowlists of the configuration: what is found and does not count, by text, path or word.

use std::collections::BTreeMap;

use bstr::ByteSlice;
use globset::GlobMatcher;

use crate::core::finding::{SuppressedBy, Suppression};
use crate::rule::id_pattern::fits;
use crate::rule::pattern::Pattern;

/// What an allowlist's regexes are tried on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowlistTarget {
    /// The key's value.
    #[default]
    Secret,
    /// All that the rule matched.
    Match,
    /// The line that the key starts on.
    Line,
}

/// One `[[allowlist]]`.
#[derive(Clone, Debug, Default)]
pub struct Allowlist {
    /// Why; shown with each finding it takes out.
    pub reason: Option<String>,
    /// Patterns of rule ids it is limited to; every rule if empty.
    pub rules: Vec<String>,
    /// What `regexes` are tried on.
    pub target: AllowlistTarget,
    /// Any of them.
    pub regexes: Vec<Pattern>,
    /// Any of these words, in lower case, in the value.
    pub stopwords: Vec<String>,
    /// Any of these globs.
    pub paths: Vec<GlobMatcher>,
    /// Whether each kind that is given must hold, instead of any.
    pub all: bool,
}

/// A finding as an allowlist sees it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The key's value.
    pub secret: &'a [u8],
    /// All that the rule matched.
    pub matched: &'a [u8],
    /// The line that the key starts on.
    pub line: &'a [u8],
    /// Where, from the configuration's directory.
    pub path: Option<&'a [u8]>,
}

/// Which allowlists' regexes match a line, as far as that has been asked: a line may hold many keys. By the allowlist's
/// place in the list.
#[derive(Debug, Default)]
pub struct AllowedLine(BTreeMap<usize, bool>);

/// Asks each allowlist in turn. `line` belongs to the subject's line and has to be a new one for another line.
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
    /// Whether a finding and its path are enough to judge it; else it takes the content around the finding.
    pub fn is_about_findings(&self) -> bool {
        !self.paths.is_empty() && (self.regexes.is_empty() || self.target == AllowlistTarget::Secret)
    }

    /// Whether it covers a finding; `matches` says whether one of its regexes matches a text.
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
