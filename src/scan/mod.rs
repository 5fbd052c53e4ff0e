//! The engine: finds keys in bytes. It does no I/O, prints nothing, and cannot fail.
//!
//! One pass finds the `runs`: sequences of characters long enough to contain a key. Most content has none and is
//! finished. In a run, `anchors` finds distinctive rules, `assigned` values of contextual rules, `decode` encoded
//! text, and `joined` keys in several parts, which go through the same steps. A candidate becomes a match if its
//! rule's regex, boundaries and structure fit and it is `random`. Of overlapping matches the one with the highest
//! confidence and the most specific rule is kept.

mod alphabet;
mod anchor;
mod anchored;
mod anchors;
mod arrow;
mod assigned;
mod binary;
mod block;
mod counted;
mod decode;
mod density;
mod edges;
mod enclosure;
mod evidence;
mod exits;
mod explain;
mod fields;
mod hits;
mod identifier;
mod inner;
mod joined;
mod joins;
mod language;
mod letters;
pub mod mask;
mod name_roles;
mod name_words;
mod names_before;
mod outline;
mod owner;
mod packed;
mod pass;
mod placed;
mod plist;
mod position;
mod progress;
mod published;
mod random;
mod reviewed;
mod runs;
mod seeker;
mod seen;
mod settings;
mod starts;
pub(crate) mod steps;
mod surroundings;
mod tables;
mod tagged;
mod token;
mod usage;
mod value;
mod view;
mod whole_word;
mod words;

use std::ops::Range;

pub use anchored::Refusal;
pub use evidence::{Evidence, Witness};
pub use explain::Step;
pub use packed::{EmbeddedItem, EmbeddedOpener};
pub use position::locate;
pub use random::Fault;
#[cfg(feature = "cli")]
pub(crate) use runs::{any as has_runs, in_class as in_run};
pub use seen::Seen;

use crate::core::finding::{
    Confidence, Excerpt, Finding, Layer, Location, Position, RuleInfo, Secret, Severity, Suppression, Usage,
};
use crate::rule::RuleSet;
use anchors::Anchors;
use assigned::Assigned;
use view::{Decoded, View};

/// The maximum number of nested encodings that are decoded.
const DEPTH: usize = 4;

/// A key in one piece of content. The source adds the location of the content.
#[derive(Clone, Debug)]
pub struct Match {
    /// The rule that matched.
    pub rule: RuleInfo,
    /// How bad it is if the key is valid.
    pub severity: Severity,
    /// Likelihood that this is a key.
    pub confidence: Confidence,
    /// The exact value, after decoding.
    pub secret: Secret,
    /// The byte range in the content of the key, or of its encoded form.
    pub span: Range<usize>,
    /// The same range as lines and columns.
    pub position: Position,
    /// The encodings around the key, outermost first.
    pub layers: Vec<Layer>,
    /// The masked line, for people.
    pub excerpt: Excerpt,
    /// How the key is used there.
    pub usage: Usage,
    /// Why it is suppressed, if an inline marker or an allowlist applies.
    pub suppressed: Option<Suppression>,
    /// A remark for people, for example that an inline marker has expired.
    pub note: Option<String>,
}

impl Match {
    /// The finding at a location; its position is that of this match.
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
            usage: self.usage,
            suppressed: self.suppressed,
            note: self.note,
            commit: None,
            history: None,
        }
    }
}

/// Finds keys in bytes with a set of rules. Immutable and shared by all threads.
#[derive(Debug)]
pub struct Scanner {
    rules: RuleSet,
    anchors: Anchors,
    assigned: Assigned,
    /// Opens what is packed inside encoded text.
    unpacker: Option<Box<dyn EmbeddedOpener>>,
}

/// A possible match, before overlapping ones are resolved.
#[derive(Debug)]
struct Candidate {
    rule: usize,
    confidence: Confidence,
    secret: Secret,
    span: Range<usize>,
    layers: Vec<Layer>,
}

/// Collects the candidates, and for `explain` every step.
#[derive(Debug, Default)]
struct Sink {
    candidates: Vec<Candidate>,
    steps: Option<Vec<Step>>,
    /// Why something that is packed inside encoded text was not opened.
    unopened: Vec<&'static str>,
    /// Working memory for decoding escapes.
    decoded: Decoded,
}

impl Sink {
    fn is_empty(&self) -> bool {
        self.candidates.is_empty() && self.unopened.is_empty()
    }
}

impl Scanner {
    /// A scanner with these rules.
    pub fn new(rules: RuleSet) -> Self {
        Self { anchors: Anchors::of(&rules), assigned: Assigned::of(&rules), rules, unpacker: None }
    }

    /// This scanner, which also scans what is packed inside encoded text, such as the base64 of a zip.
    #[must_use]
    pub fn with_unpacker(self, unpacker: impl EmbeddedOpener + 'static) -> Self {
        Self { unpacker: Some(Box::new(unpacker)), ..self }
    }

    /// A scanner with all built-in rules.
    pub fn builtin() -> Self {
        Self::new(RuleSet::builtin())
    }

    /// The rules of this scanner.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Every key in `bytes`, sorted by position, one match for each place.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Match> {
        let mut matches = self.find(bytes);
        locate(bytes, &mut matches);
        matches
    }

    /// The same without positions and excerpts; [`locate`] adds them when all matches are known.
    pub fn find(&self, bytes: &[u8]) -> Vec<Match> {
        let mut out = Sink::default();
        self.view(&View::of(bytes), &mut out);
        self.matches(out)
    }

    /// Like [`find`](Self::find), and why something that is packed inside encoded text was not opened. With `seen`, as
    /// [`find_unseen`](Self::find_unseen).
    pub fn find_all(&self, bytes: &[u8], seen: Option<&mut Seen>) -> (Vec<Match>, Vec<&'static str>) {
        let mut out = Sink::default();
        match seen {
            Some(seen) => self.unseen(&View::of(bytes), 0..bytes.len(), seen, &mut out),
            None => self.view(&View::of(bytes), &mut out),
        }
        let unopened = std::mem::take(&mut out.unopened);
        (self.matches(out), unopened)
    }

    /// Like [`find`](Self::find), for content whose lines were often seen before: scans the range `part` of `bytes`,
    /// which must not start or end inside a run, except for the lines that are in `seen`.
    pub fn find_unseen(&self, bytes: &[u8], part: Range<usize>, seen: &mut Seen) -> Vec<Match> {
        let mut out = Sink::default();
        self.unseen(&View::of(bytes), part, seen, &mut out);
        self.matches(out)
    }

    fn matches(&self, out: Sink) -> Vec<Match> {
        if out.candidates.is_empty() {
            return Vec::new();
        }
        self.surest(out.candidates).into_iter().map(|candidate| self.matched(candidate)).collect()
    }

    /// Whether the rules find nothing in `bytes`, not even a suppressed key, and all of it was opened.
    pub fn sees_nothing(&self, bytes: &[u8]) -> bool {
        let mut out = Sink::default();
        self.view(&View::of(bytes), &mut out);
        out.is_empty()
    }

    /// The same for some ranges of `bytes`, which must be sorted and must not start or end inside a run. Lines in
    /// `seen` are not scanned again.
    pub fn sees_nothing_in(&self, bytes: &[u8], windows: &[Range<usize>], seen: &mut Seen) -> bool {
        let mut out = Sink::default();
        let view = View::of(bytes);
        windows.iter().all(|window| {
            self.unseen(&view, window.clone(), seen, &mut out);
            out.is_empty()
        })
    }

    fn matched(&self, candidate: Candidate) -> Match {
        let rule = &self.rules.rules()[candidate.rule].rule;
        let is_published = published::is_published(&candidate.secret);
        let is_sample = is_published || published::is_sample(candidate.secret.expose());
        let most = if is_sample { Confidence::Possible } else { Confidence::Certain };
        Match {
            rule: rule.info(),
            severity: if is_published { Severity::Info } else { rule.severity },
            confidence: candidate.confidence.min(most),
            secret: candidate.secret,
            span: candidate.span,
            position: Position::default(),
            layers: candidate.layers,
            excerpt: Excerpt::default(),
            usage: Usage::default(),
            suppressed: None,
            note: None,
        }
    }

    /// Resolves overlaps: one candidate for each place, sorted by position.
    fn surest(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        candidates.sort_by_key(|candidate| {
            let contextual = self.rules.rules()[candidate.rule].rule.is_contextual();
            let Candidate { rule, confidence, secret, span, layers } = candidate;
            let longest = std::cmp::Reverse(secret.expose().len());
            (std::cmp::Reverse(*confidence), contextual, longest, layers.len(), *rule, span.start)
        });
        let mut taken = std::collections::BTreeMap::new();
        candidates.retain(|candidate| {
            let Range { start, end } = candidate.span;
            let before: Option<(&usize, &usize)> = taken.range(..end).next_back();
            let free = before.is_none_or(|(_, &taken_end)| taken_end <= start);
            if free {
                taken.insert(start, end);
            }
            free
        });
        candidates.sort_by_key(|candidate| candidate.span.start);
        candidates
    }
}
