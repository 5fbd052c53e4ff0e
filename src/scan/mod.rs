//! The engine: bytes in, matches out. No I/O, no printing, and it cannot fail.

use std::ops::Range;

use crate::finding::{
    Confidence, Excerpt, Finding, Layer, Location, Position, RuleInfo, Secret, Severity, Suppression,
};

/// One key in one piece of content; where that content stands is the source's to say.
#[derive(Clone, Debug)]
pub struct Match {
    /// The rule.
    pub rule: RuleInfo,
    /// If it is live.
    pub severity: Severity,
    /// That it is a key.
    pub confidence: Confidence,
    /// The exact value, decoded.
    pub secret: Secret,
    /// Where it (or its encoded form) stands in the content, in bytes.
    pub span: Range<usize>,
    /// The same as lines and columns.
    pub position: Position,
    /// How the text was reached.
    pub layers: Vec<Layer>,
    /// For people.
    pub excerpt: Excerpt,
    /// Set by an inline marker.
    pub suppressed: Option<Suppression>,
}

impl Match {
    /// A finding at a place; its position is this match's.
    pub fn at(self, location: Location) -> Finding {
        Finding {
            fingerprint: self.secret.fingerprint(),
            rule: self.rule,
            severity: self.severity,
            confidence: self.confidence,
            secret: self.secret,
            location: Location { position: self.position, ..location },
            layers: self.layers,
            excerpt: self.excerpt,
            suppressed: self.suppressed,
            commit: None,
            history: None,
        }
    }
}

/// Finds keys. Immutable, shared by all threads.
#[derive(Debug, Default)]
pub struct Scanner {}

impl Scanner {
    /// Every key in `bytes`, by position, one match for each place.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Match> {
        let _ = bytes;
        Vec::new()
    }
}
