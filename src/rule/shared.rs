//! A rule as several rule sets and threads hold it.

use std::ops::Deref;
use std::sync::Arc;

use super::Rule;

/// A rule to share: a built-in one, which is part of the program, or one that was loaded and is freed with its last user.
#[derive(Clone, Debug)]
pub enum SharedRule {
    /// Part of the program.
    Builtin(&'static Rule),
    /// Read from a file, or made by a caller of the library.
    Loaded(Arc<Rule>),
}

impl Deref for SharedRule {
    type Target = Rule;

    fn deref(&self) -> &Rule {
        match self {
            Self::Builtin(rule) => rule,
            Self::Loaded(rule) => rule,
        }
    }
}

impl From<&'static Rule> for SharedRule {
    fn from(rule: &'static Rule) -> Self {
        Self::Builtin(rule)
    }
}

impl From<Rule> for SharedRule {
    fn from(rule: Rule) -> Self {
        Self::Loaded(Arc::new(rule))
    }
}
