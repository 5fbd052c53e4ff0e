//! Explains why something is a finding or not: the same pass as a scan, with every step recorded.

use std::ops::Range;

use super::view::View;
use super::{Evidence, Refusal, Scanner, Sink};
use crate::core::finding::Layer;
use crate::core::order::ListOrder as _;

/// One rule that was tried at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The index of the rule in the scanner's rule set.
    pub rule: usize,
    /// The byte range in the content.
    pub span: Range<usize>,
    /// The encodings around the text, outermost first.
    pub layers: Vec<Layer>,
    /// The test that failed; `None` if all passed.
    pub refusal: Option<Refusal>,
    /// For a contextual rule: the evidence.
    pub evidence: Option<Evidence>,
}

impl Sink {
    /// Records a step, if steps are wanted.
    #[inline]
    pub(super) fn step(&mut self, view: &View<'_>, rule: usize, place: Range<usize>, refusal: Option<&Refusal>) {
        self.weighed(view, rule, place, refusal, None);
    }

    /// The same with the evidence for the rule.
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
    /// Every step of a scan of `bytes`, sorted by position.
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
    /// How likely the place contains a key of the rule; 0 is most likely. A rule with much evidence comes before one
    /// with only a fitting shape, and that before one without a fitting shape.
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
    /// The reason, as a clause after "no:".
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
