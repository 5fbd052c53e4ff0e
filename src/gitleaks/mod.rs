//! Rules that a team wrote for gitleaks or betterleaks, loaded unchanged and matched as gitleaks matches.
//!
//! `raw` and `load` know the TOML, [`go_regex`] the regex syntax, [`Engine`] runs the rules over content.

mod codec;
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
pub use found::{Fate, ImportedMatch};
pub use load::{DEFAULT_ENV, LoadedRules, Unsupported, load};

use crate::core::finding::{Confidence, RuleInfo, Secret, Severity};
use crate::gitleaks::literals::Needles;
use crate::rule::Strength;
use crate::rule::pattern::Pattern;

/// Imported rules, one set a file with what it extends.
#[derive(Clone, Debug, Default)]
pub struct ImportedRules {
    /// The files, in the order they were named.
    pub sets: Vec<Set>,
}

/// The rules of one file and the allowlists that hold for all of them.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// The rules.
    pub rules: Vec<ImportedRule>,
    /// Tried on findings of every rule, and on paths before anything is read.
    pub allowlists: Vec<ImportedAllowlist>,
}

/// One rule, as gitleaks understands it.
#[derive(Clone, Debug)]
pub struct ImportedRule {
    /// What findings say of it.
    pub info: RuleInfo,
    /// gitleaks has none: high, unless the rule is a generic one.
    pub severity: Severity,
    /// Likewise.
    pub confidence: Confidence,
    /// The shape; `None` for a rule that looks at paths alone.
    pub regex: Option<ImportedRegex>,
    /// The paths it looks at.
    pub path: Option<Pattern>,
    /// Words in lower case; content without any of them is not searched.
    pub keywords: Vec<String>,
    /// A value whose Shannon entropy is not above this is none; 0: not asked.
    pub entropy: f64,
    /// The group that holds the secret; 0: the first that is not empty.
    pub secret_group: usize,
    /// What it lets pass.
    pub allowlists: Vec<ImportedAllowlist>,
    /// Rules that must find something nearby.
    pub required: Vec<Required>,
    /// Whether its findings are only there for other rules to require.
    pub is_part: bool,
    /// How much of what it finds is random, once it is asked.
    pub strength: OnceLock<Strength>,
}

impl ImportedRule {
    /// A key of this rule, with what may be shown of it.
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

/// A regex and what is known of its matches.
#[derive(Clone, Debug)]
pub struct ImportedRegex {
    /// The regex, translated from Go's syntax.
    pub pattern: Pattern,
    /// What each match contains; `None` if nothing is known.
    pub needles: Option<Needles>,
}

/// Another rule that must find something nearby.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Its id.
    pub id: String,
    /// How many lines away, at most.
    pub lines: Option<u64>,
    /// How many columns away, at most.
    pub columns: Option<u64>,
}

/// An allowlist, as gitleaks understands it.
#[derive(Clone, Debug, Default)]
pub struct ImportedAllowlist {
    /// Shown with what it lets pass.
    pub reason: Option<String>,
    /// Whether each kind of test that is given must hold.
    pub all: bool,
    /// Full commit ids, in lower case.
    pub commits: Vec<String>,
    /// Any of the paths.
    pub paths: Option<Pattern>,
    /// Any of the regexes.
    pub regexes: Option<Pattern>,
    /// What the regexes are tried on.
    pub target: crate::rule::allowlist::AllowlistTarget,
    /// Words in lower case, any of them in the value.
    pub stopwords: Vec<String>,
}

impl ImportedRules {
    /// Adds a file's rules.
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

    /// Whether there is a rule of this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }

    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.sets.iter().all(|set| set.rules.is_empty())
    }

    /// Keeps the rules that are on; one that another requires stays as a part of it.
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

/// Whether a rule file is written for gitleaks rather than for keysweep.
pub fn is_one(text: &str) -> bool {
    const HEADS: [&str; 5] = ["[[rules]]", "[[rules.", "[extend]", "[allowlist]", "[[allowlists]]"];
    text.lines().any(|line| {
        let line: String = line.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
        HEADS.iter().any(|head| line.starts_with(head))
    })
}

impl ImportedAllowlist {
    /// Whether a path (or commit) is let pass before its content is looked at.
    pub fn allows_path(&self, path: Option<&[u8]>) -> bool {
        let path_holds = self.paths.as_ref().is_some_and(|paths| path.is_some_and(|path| paths.is_match(path)));
        if !self.all {
            return path_holds;
        }
        let only_paths = self.regexes.is_none() && self.stopwords.is_empty() && self.commits.is_empty();
        only_paths && path_holds
    }

    /// Whether a finding is let pass.
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
