//! Why something is, or is not, a finding: the same pass as a scan, with every step written down.

use std::ops::Range;

use super::view::View;
use super::{Evidence, Refusal, Scanner, Sink};
use crate::core::finding::Layer;
use crate::core::order::ListOrder as _;

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
    /// Of a contextual rule: what speaks for it.
    pub evidence: Option<Evidence>,
}

impl Sink {
    /// Writes a step down, if somebody asks.
    #[inline]
    pub(super) fn step(&mut self, view: &View<'_>, rule: usize, place: Range<usize>, refusal: Option<&Refusal>) {
        self.weighed(view, rule, place, refusal, None);
    }

    /// The same with what speaks for the rule.
    #[inline]
    pub(super) fn weighed(
        &mut self,
        view: &View<'_>,
        rule: usize,
        place: Range<usize>,
        refusal: Option<&Refusal>,
        evidence: Option<Evidence>,
    ) {
        if let Some(steps) = &mut self.steps {
            let span = view.place(place.start)..view.place(place.end);
            steps.push(Step { rule, span, layers: view.layers.clone(), refusal: refusal.copied(), evidence });
        }
    }
}

impl Scanner {
    /// Every step of a scan of `bytes`, by place.
    pub fn explain(&self, bytes: &[u8]) -> Vec<Step> {
        let mut sink = Sink { steps: Some(Vec::new()), ..Sink::default() };
        self.view(&View::of(bytes), &mut sink);
        let mut steps = sink.steps.unwrap_or_default();
        steps.order_by_key(|step| (step.span.start, step.span.end, step.rule, step.layers.len()));
        steps.dedup();
        steps
    }
}

impl Step {
    /// How likely the place holds a key of the rule: 0 is surest. A rule that much speaks for comes before one whose shape
    /// fits alone, and a shape that fits before one that does not.
    pub fn rank(&self) -> u8 {
        const MUCH: u8 = 8;
        let sum = self.evidence.map_or(0, |evidence| evidence.sum());
        match self.refusal {
            None => 0,
            Some(Refusal::RightEdge | Refusal::LeftEdge | Refusal::NotRandom(_) | Refusal::Identifier) if sum > 0 => 1,
            Some(_) if sum >= MUCH => 2,
            Some(Refusal::Context) if sum > 0 => 3,
            Some(Refusal::RightEdge | Refusal::LeftEdge | Refusal::NotRandom(_) | Refusal::Identifier) => 4,
            Some(Refusal::Lesser) => 5,
            Some(Refusal::Shape) => 6,
            Some(Refusal::Owner | Refusal::Context) => 7,
        }
    }
}

impl Refusal {
    /// In words, behind "no:".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "its regex does not match",
            Self::LeftEdge => "it is part of a longer word: a letter or digit is directly before it",
            Self::RightEdge => "the value is longer than this kind of key",
            Self::Identifier => "it is a public identifier, not a secret",
            Self::NotRandom(fault) => fault.as_str(),
            Self::Context => "too few words near it say that it is a key of this kind",
            Self::Owner => "the variable that it is assigned to is for something else",
            Self::Lesser => "another rule fits better",
        }
    }
}
