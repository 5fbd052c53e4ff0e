//! A rule that several rule sets and threads share.

use std::ops::Deref;
use std::sync::Arc;

use super::Rule;

/// A shared rule: a built-in one is part of the program; a loaded one is freed with its last user.
#[derive(Clone, Debug)]
pub enum SharedRule {
    /// Built into the program.
    Builtin(&'static Rule),
    /// Read from a file, or made by a user of the library.
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
