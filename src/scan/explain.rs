//! Why something is, or is not, a finding: the same pass as a scan, with every step written down.

use std::ops::Range;

use super::view::View;
use super::{Refusal, Scanner, Sink};
use crate::core::finding::Layer;

/// A rule looked at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The rule's index in the scanner's set.
    pub rule: usize,
    /// The place, in bytes of the content.
    pub span: Range<usize>,
    /// How the text was reached.
    pub layers: Vec<Layer>,
    /// Which test it failed; `None` if it passed all.
    pub refusal: Option<Refusal>,
}

impl Sink {
    /// Writes a step down, if somebody asks.
    #[inline]
    pub(super) fn step(&mut self, view: &View<'_>, rule: usize, place: Range<usize>, refusal: Option<&Refusal>) {
        if let Some(steps) = &mut self.steps {
            let span = view.place(place.start)..view.place(place.end);
            steps.push(Step { rule, span, layers: view.layers.clone(), refusal: refusal.copied() });
        }
    }
}

impl Scanner {
    /// Every step of a scan of `bytes`, by place.
    pub fn explain(&self, bytes: &[u8]) -> Vec<Step> {
        let mut sink = Sink { steps: Some(Vec::new()), ..Sink::default() };
        self.view(&View::of(bytes), &mut sink);
        let mut steps = sink.steps.unwrap_or_default();
        steps.sort_by_key(|step| (step.span.start, step.span.end, step.rule, step.layers.len()));
        steps.dedup();
        steps
    }
}

impl Refusal {
    /// In words, behind "no:".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "its regex does not match here",
            Self::LeftEdge => "a letter or digit stands directly left of it, so it is part of a word",
            Self::RightEdge => "it goes on where a key of this kind ends",
            Self::Identifier => "it is a public id, not a secret",
            Self::NotRandom(fault) => fault.as_str(),
            Self::Context => "nothing near it says whose key it is",
        }
    }
}
