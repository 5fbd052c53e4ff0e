//! Rules in the format of gitleaks or betterleaks. Files are loaded unchanged, and rules match as in gitleaks.
//!
//! `raw` and `load` handle the TOML, [`go_regex`] the regex syntax, and [`Engine`] runs the rules over content.

mod codec;
mod convert;
mod decoders;
mod engine;
mod found;
pub mod go_regex;
pub mod literals;
mod load;
mod loose;
mod raw;
mod words;

use std::sync::OnceLock;

use bstr::ByteSlice as _;

pub use engine::Engine;
pub use found::{ImportedMatch, MatchOutcome};
pub use load::{DEFAULT_ENV, LoadedRules, Unsupported, load};

use crate::core::finding::{Confidence, RuleInfo, Secret, Severity};
use crate::gitleaks::literals::RequiredLiterals;
use crate::rule::Strength;
use crate::rule::pattern::Pattern;

/// Imported rules: one set for each file, together with the files that it extends.
#[derive(Clone, Debug, Default)]
pub struct ImportedRules {
    /// The sets in the order in which the files were named.
    pub sets: Vec<ImportedSet>,
}

/// The rules of one file, and the allowlists that apply to all of them.
#[derive(Clone, Debug, Default)]
pub struct ImportedSet {
    /// The rules.
    pub rules: Vec<ImportedRule>,
    /// Applied to findings of every rule, and to paths before a file is read.
    pub allowlists: Vec<ImportedAllowlist>,
}

/// One rule with the semantics of gitleaks.
#[derive(Clone, Debug)]
pub struct ImportedRule {
    /// The parts of the rule that findings carry.
    pub info: RuleInfo,
    /// The severity, which gitleaks does not have: high, or less for a generic rule.
    pub severity: Severity,
    /// The confidence, which gitleaks does not have.
    pub confidence: Confidence,
    /// The shape; `None` for a rule that looks only at paths.
    pub regex: Option<ImportedRegex>,
    /// The paths that the rule applies to; all if `None`.
    pub path: Option<Pattern>,
    /// Keywords in lower case. Content that contains none of them is not searched; no keywords: all content is.
    pub keywords: Vec<String>,
    /// The Shannon entropy, in bits per character, that a value must exceed; 0: no test.
    pub entropy: f64,
    /// The group with the secret; 0: the first group that is not empty.
    pub secret_group: usize,
    /// The allowlists of this rule.
    pub allowlists: Vec<ImportedAllowlist>,
    /// Rules that must also match nearby.
    pub required: Vec<RequiredRule>,
    /// Whether its own matches are not reported (`skipReport`), but only used by rules that require it.
    pub is_part: bool,
    /// The random bits of its matches, computed on first use.
    pub strength: OnceLock<Strength>,
}

impl ImportedRule {
    /// Makes a secret from a value that this rule matched, with the characters that its mask may show.
    pub fn secret(&self, value: &[u8]) -> Secret {
        let strength = self.strength.get_or_init(|| match &self.regex {
            Some(shape) => {
                Strength::of_regex(shape.pattern.as_str(), self.secret_group.max(shape.pattern.groups().min(1)))
            }
            None => Strength::default(),
        });
        Secret::new(value).showing(strength.visible(value))
    }
}

/// A regex, and the literals that its matches contain.
#[derive(Clone, Debug)]
pub struct ImportedRegex {
    /// The regex, translated from Go's syntax.
    pub pattern: Pattern,
    /// The literals that each match contains; `None` if there are none.
    pub needles: Option<RequiredLiterals>,
}

/// Another rule that must also match nearby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredRule {
    /// The id of that rule.
    pub id: String,
    /// The maximum distance in lines; `None` if unlimited.
    pub lines: Option<u64>,
    /// The maximum distance in columns; `None` if unlimited.
    pub columns: Option<u64>,
}

/// An allowlist with the semantics of gitleaks.
#[derive(Clone, Debug, Default)]
pub struct ImportedAllowlist {
    /// The reason, shown with each suppressed finding.
    pub reason: Option<String>,
    /// Whether all the kinds of condition that are given must hold; otherwise one is enough.
    pub all: bool,
    /// Full commit ids, in lower case.
    pub commits: Vec<String>,
    /// A pattern that matches any of the paths.
    pub paths: Option<Pattern>,
    /// A pattern that matches any of the regexes.
    pub regexes: Option<Pattern>,
    /// The text that the regexes are tried on.
    pub target: crate::rule::allowlist::AllowlistTarget,
    /// Words in lower case; one of them must be in the value.
    pub stopwords: Vec<String>,
}

impl ImportedRules {
    /// Adds the rules of a file.
    pub fn add(&mut self, loaded: LoadedRules) {
        self.sets.push(loaded.set);
    }

    /// The rules' ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.rules().map(|rule| rule.info.id.as_ref())
    }

    /// Every rule.
    pub fn rules(&self) -> impl Iterator<Item = &ImportedRule> {
        self.sets.iter().flat_map(|set| &set.rules)
    }

    /// Whether there is a rule with this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.sets.iter().all(|set| set.rules.is_empty())
    }

    /// Keeps the enabled rules. A disabled rule that an enabled one requires is kept too, but not reported.
    pub fn keep(&mut self, on: &impl Fn(&str) -> bool) {
        for set in &mut self.sets {
            let required: Vec<String> = set
                .rules
                .iter()
                .filter(|rule| on(&rule.info.id))
                .flat_map(|rule| rule.required.iter().map(|required| required.id.clone()))
                .collect();
            set.rules.retain_mut(|rule| {
                let is_on = on(&rule.info.id);
                rule.is_part |= !is_on;
                is_on || required.iter().any(|id| *id == rule.info.id)
            });
        }
    }
}

/// Whether a rule file is in gitleaks' format rather than keysweep's.
pub fn is_gitleaks_format(text: &str) -> bool {
    const HEADS: [&str; 5] = ["[[rules]]", "[[rules.", "[extend]", "[allowlist]", "[[allowlists]]"];
    text.lines().any(|line| {
        let line: String = line.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        HEADS.iter().any(|head| line.starts_with(head))
    })
}

impl ImportedAllowlist {
    /// Whether a path is allowed, before its content is read.
    pub fn allows_path(&self, path: Option<&[u8]>) -> bool {
        let path_holds = self.paths.as_ref().is_some_and(|paths| path.is_some_and(|path| paths.is_match(path)));
        if !self.all {
            return path_holds;
        }
        let only_paths = self.regexes.is_none() && self.stopwords.is_empty() && self.commits.is_empty();
        only_paths && path_holds
    }

    /// Whether a finding is allowed.
    pub fn allows(&self, secret: &[u8], matched: &[u8], line: &[u8], path: Option<&[u8]>) -> bool {
        use crate::rule::allowlist::AllowlistTarget;
        let text = match self.target {
            AllowlistTarget::Secret => secret,
            AllowlistTarget::Match => matched,
            AllowlistTarget::Line => line,
        };
        let regex = self.regexes.as_ref().map(|regexes| !text.is_empty() && regexes.is_match(text));
        let word = (!self.stopwords.is_empty()).then(|| {
            let lower = secret.to_ascii_lowercase();
            self.stopwords.iter().any(|word| lower.contains_str(word))
        });
        if !self.all {
            return regex == Some(true) || word == Some(true);
        }
        let paths = self.paths.as_ref().map(|paths| path.is_some_and(|path| paths.is_match(path)));
        let commit = (!self.commits.is_empty()).then_some(false);
        [commit, paths, regex, word].into_iter().flatten().all(|holds| holds)
    }
}
