//! The engine: finds keys in bytes. It does no I/O, prints nothing, and cannot fail.
//!
//! One pass finds the `runs`: sequences of characters long enough to contain a key. Most content has none and is
//! finished. In a run, `anchors` finds distinctive rules, `assigned` values of contextual rules, `decode` encoded
//! text, and `joined` keys in several parts, which go through the same steps. A candidate becomes a match if its
//! rule's regex, boundaries and structure fit and it is `random`. Of overlapping matches the one with the highest
//! confidence and the most specific rule is kept.

mod anchored;
mod anchors;
mod assigned;
mod binary;
mod decode;
mod density;
mod edges;
mod enclosure;
mod evidence;
mod explain;
mod hits;
mod identifier;
mod joined;
mod joins;
mod language;
pub mod mask;
mod name_words;
mod outline;
mod owner;
mod position;
mod progress;
mod published;
mod random;
mod runs;
mod seen;
mod settings;
pub(crate) mod steps;
mod usage;
mod view;
mod words;

use std::ops::Range;

pub use anchored::Refusal;
pub use evidence::{Evidence, Witness};
pub use explain::Step;
pub use position::locate;
pub use random::Fault;
#[cfg(feature = "cli")]
pub(crate) use runs::in_class as in_run;
use seen::Scope;
pub use seen::Seen;

use crate::core::finding::{
    Confidence, Excerpt, Finding, Layer, Location, Position, RuleInfo, Secret, Severity, Suppression, Usage,
};
use crate::rule::RuleSet;
use anchored::Place;
use anchors::Anchors;
use assigned::Assigned;
use joined::First;
use progress::Done;
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
    /// Working memory for decoding escapes.
    decoded: Decoded,
}

impl Scanner {
    /// A scanner with these rules.
    pub fn new(rules: RuleSet) -> Self {
        Self { anchors: Anchors::of(&rules), assigned: Assigned::of(&rules), rules }
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

    /// Whether the rules find nothing in `bytes`, not even a suppressed key.
    pub fn sees_nothing(&self, bytes: &[u8]) -> bool {
        let mut out = Sink::default();
        self.view(&View::of(bytes), &mut out);
        out.candidates.is_empty()
    }

    /// The same for some ranges of `bytes`, which must be sorted and must not start or end inside a run. Lines in
    /// `seen` are not scanned again.
    pub fn sees_nothing_in(&self, bytes: &[u8], windows: &[Range<usize>], seen: &mut Seen) -> bool {
        let mut out = Sink::default();
        let view = View::of(bytes);
        windows.iter().all(|window| {
            self.unseen(&view, window.clone(), seen, &mut out);
            out.candidates.is_empty()
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

    fn view(&self, view: &View<'_>, out: &mut Sink) {
        let mut done = Done::default();
        steps::count(view.bytes.len());
        runs::each(&view.bytes, &mut |run, width| {
            if width == runs::Width::Opening && !self.anchors.may_open(&view.bytes, run.start)
                || width == runs::Width::Gapped && language::is_path(&view.bytes[run.clone()])
            {
                return;
            }
            // The text around a decoded part is only context; it was scanned in the outer view.
            if width != runs::Width::Opening && (run.end <= view.own.start || run.start >= view.own.end) {
                return;
            }
            match width {
                runs::Width::Narrow => self.run(view, run, &mut done, out),
                runs::Width::Gapped => self.gapped(view, run, &mut done, out),
                width => self.other(view, run, width, &mut done, out),
            }
        });
    }

    /// Scans the runs in a part of a view, except in lines that were seen before. The part must not start or end
    /// inside a run.
    fn unseen(&self, view: &View<'_>, part: Range<usize>, seen: &mut Seen, out: &mut Sink) {
        if self.rules.rules().is_empty() {
            return;
        }
        let mut done = Done { remembers: true, ..Done::default() };
        let mut before = out.candidates.len();
        seen.begin();
        runs::each(&view.bytes[part.clone()], &mut |run, width| {
            let run = part.start + run.start..part.start + run.end;
            if width == runs::Width::Opening && !self.anchors.may_open(&view.bytes, run.start)
                || width == runs::Width::Gapped && language::is_path(&view.bytes[run.clone()])
            {
                return;
            }
            if !matches!(width, runs::Width::Narrow | runs::Width::Gapped) {
                // Whatever else is on the line, and in either order.
                let scope = done.scope;
                self.other(view, run, width, &mut done, out);
                done.scope = scope;
                return;
            }
            if seen.is_new(&run) {
                if out.candidates.len() == before {
                    seen.remember(&view.bytes, done.scope);
                }
                (done.scope, before) = (Scope::Line, out.candidates.len());
                seen.enter(&view.bytes, &run, &part);
            }
            if !seen.is_known() {
                match width {
                    runs::Width::Gapped => self.gapped(view, run, &mut done, out),
                    _ => self.run(view, run, &mut done, out),
                }
            }
        });
        if out.candidates.len() == before {
            seen.remember(&view.bytes, done.scope);
        }
    }

    /// Handles the other kinds of runs, which are rare.
    #[cold]
    fn other(&self, view: &View<'_>, found: Range<usize>, width: runs::Width, done: &mut Done, out: &mut Sink) {
        match width {
            runs::Width::Opening => self.opening(view, found.start, done, out),
            runs::Width::Wide => self.wide(view, found, done, out),
            runs::Width::Numbers => self.numbers(view, found, done, out),
            runs::Width::Quad => self.quad(view, found, done, out),
            runs::Width::Narrow | runs::Width::Gapped => {}
        }
    }

    /// Scans the decompressed content of base64 text at `at`, once for each place.
    fn gzip(&self, view: &View<'_>, at: usize, done: &mut Done, out: &mut Sink) {
        let is_packed = view.layers.contains(&Layer::Gzip);
        if view.layers.len() < DEPTH
            && at >= done.gzip
            && !is_packed
            && let Some((inner, end)) = decode::gzip(view, at)
        {
            (done.gzip, done.scope) = (end, Scope::Beyond);
            self.view(&inner, out);
        }
    }

    fn numbers(&self, view: &View<'_>, block: Range<usize>, done: &mut Done, out: &mut Sink) {
        if view.layers.len() < DEPTH && block.end > done.numbers {
            let (texts, end) = decode::numbers(view, block, done.numbers);
            done.numbers = end;
            texts.iter().for_each(|inner| self.view(inner, out));
        }
    }

    fn quad(&self, view: &View<'_>, block: Range<usize>, done: &mut Done, out: &mut Sink) {
        if view.layers.len() < DEPTH
            && block.end > done.quad
            && let Some((inner, end)) = decode::utf32(view, block.start.max(done.quad)..block.end, done.quad)
        {
            done.quad = end;
            self.view(&inner, out);
        }
    }

    fn wide(&self, view: &View<'_>, run: Range<usize>, done: &mut Done, out: &mut Sink) {
        if view.layers.len() < DEPTH {
            let run = view.within(run);
            while done.wide < run.end {
                let (inner, end) = decode::utf16(view, run.start.max(done.wide)..run.end);
                done.wide = end;
                self.view(&inner, out);
            }
        }
    }

    /// Searches for keys at the anchors that start between `from` and `to`, where dots, slashes and plus signs may
    /// occur.
    fn anchored(&self, view: &View<'_>, from: usize, to: usize, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let (mut started, mut gzip) = (None, None);
        self.anchors.inside(bytes, from, to, &mut |probe, at| {
            if probe.rule == anchors::GZIP {
                gzip = gzip.or(Some(at));
                return;
            }
            let rule = &self.rules.rules()[probe.rule];
            done.looked_at(rule);
            let outline = probe.outline(rule);
            match (Place { rule, outline, text: bytes, anchor: at, token: None }).key() {
                Ok(key) => {
                    started = Some(None);
                    self.claim(view, probe.rule, key, out);
                }
                Err(_) => started = started.or(Some((rule.rule.lookback == 0).then_some(at))),
            }
        });
        if let Some(at) = gzip {
            self.gzip(view, at, done, out);
        }
        if let Some(Some(at)) = started {
            self.started(view, at, done, out);
        }
    }

    /// Handles a run with gaps that contains no other run.
    #[cold]
    fn gapped(&self, view: &View<'_>, run: Range<usize>, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        steps::count(run.len());
        self.anchored(view, run.start.max(done.anchored), run.end - 3, done, out);
        done.anchored = run.end - 3;
        if let Some((rule, key, evidence)) = self.assigned.key(&self.rules, bytes, run.clone(), done) {
            out.weighed(view, rule, key.secret.clone(), None, evidence);
            self.claim(view, rule, key, out);
        } else if out.steps.is_some() {
            let refused = self.assigned.refusals(&self.rules, bytes, &run);
            refused
                .iter()
                .for_each(|(rule, why, evidence)| out.weighed(view, *rule, run.clone(), Some(why), *evidence));
        }
    }

    fn run(&self, view: &View<'_>, run: Range<usize>, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        // A key may contain dots, slashes and plus signs, and its anchor may be in a part that is too short for a
        // run.
        if run.start > 0 && joins::joins(bytes[run.start - 1]) {
            let from = joins::reach(bytes, run.start, true).max(done.anchored);
            self.anchored(view, from, bytes.len().min(run.start + 3), done, out);
        }
        // Almost every run is one token.
        if !bytes[run.clone()].iter().fold(false, |any, &byte| any | runs::is_escape(byte)) {
            done.anchored = run.end - 3;
            return self.token(view, run, done, out);
        }
        let mut start = run.start;
        for part in bytes[run.clone()].split(|&byte| runs::is_escape(byte)) {
            self.token(view, start..start + part.len(), done, out);
            start += part.len() + 1;
        }
        if view.layers.len() < DEPTH {
            for piece in decode::pieces(view.within(run.clone())) {
                if let Some(inner) = decode::escapes(view, piece, &mut out.decoded) {
                    done.scope = done.scope.max(Scope::Around);
                    self.view(&inner, out);
                }
            }
            if run.end > done.slashes
                && let Some((inner, end)) = decode::slashes(view, run, done.slashes, &mut out.decoded)
            {
                (done.slashes, done.scope) = (end, done.scope.max(Scope::Around));
                self.view(&inner, out);
            }
        }
    }

    /// Scans a token: a whole run, or a part between escape characters.
    fn token(&self, view: &View<'_>, token: Range<usize>, done: &mut Done, out: &mut Sink) {
        const LEAST_ANCHORED: usize = 8;
        let bytes: &[u8] = &view.bytes;
        if token.len() < LEAST_ANCHORED {
            // Before an escape, as in `sk-\nrest`, the start of a key may be this short.
            if self.anchors.may_open(bytes, token.start) {
                self.parted(view, &token, First::default(), done, out);
            }
            return;
        }
        steps::count(token.len());
        let mut first = First::default();
        let (mut is_key, mut gzip) = (false, None);
        self.anchors.each(bytes, token.start, token.end, &mut |probe, at| {
            if probe.rule == anchors::GZIP {
                gzip = gzip.or(Some(at));
                return;
            }
            // A rule that may not be tried again was already rejected in this token.
            if !done.tries.may_try(probe.rule, token.start, at) {
                return;
            }
            let rule = &self.rules.rules()[probe.rule];
            done.looked_at(rule);
            let outline = probe.outline(rule);
            let key = Place { rule, outline, text: bytes, anchor: at, token: Some(token.clone()) }.key();
            out.step(view, probe.rule, at..at + 1, key.as_ref().err());
            match key {
                Ok(key) => {
                    done.tries.accepted(probe.rule);
                    is_key = true;
                    if key.secret.end == token.end && key.secret.len() < rule.longest() {
                        first.found = first.found.max(Some(key.confidence));
                    }
                    self.claim(view, probe.rule, key, out);
                }
                Err(_) => {
                    first.is_refused = true;
                    first.goes_left |= rule.rule.lookback > 0;
                    done.tries.refused(probe.rule, token.start, at);
                }
            }
        });
        if let Some(at) = gzip {
            self.gzip(view, at, done, out);
        }
        if !is_key || first.found.is_some() {
            self.parted(view, &token, first, done, out);
        }
        if token.len() < runs::LEAST {
            return;
        }
        if out.steps.is_some() {
            let refused = self.assigned.refusals(&self.rules, bytes, &token);
            refused
                .iter()
                .for_each(|(rule, why, evidence)| out.weighed(view, *rule, token.clone(), Some(why), *evidence));
        }
        if let Some((rule, key, evidence)) = self.assigned.key(&self.rules, bytes, token.clone(), done) {
            out.weighed(view, rule, key.secret.clone(), None, evidence);
            self.claim(view, rule, key, out);
        }
        if view.layers.len() < DEPTH {
            self.encoded(view, token, done, out);
        }
    }

    fn encoded(&self, view: &View<'_>, token: Range<usize>, done: &mut Done, out: &mut Sink) {
        if done.base64 > token.start || done.hex > token.start {
            done.scope = Scope::Beyond;
        }
        let token = view.within(token);
        if let Some(inner) = decode::base32(view, &token) {
            done.scope = done.scope.max(Scope::Around);
            self.view(&inner, out);
        }
        // Hashes and images are finished here.
        if !decode::any_digits(&view.bytes[token.clone()]) {
            return;
        }
        let mut from = token.start.max(done.hex);
        while let Some((inner, end)) = decode::find_hex(view, from..token.end.max(from)) {
            (from, done.hex) = (end, end);
            done.scope = done.scope.max(Scope::Around);
            self.view(&inner, out);
        }
        let mut from = token.start.max(done.base64);
        while let Some(group) = view.bytes.get(from..token.end).and_then(decode::find_base64) {
            let (inner, end) = decode::base64(view, from + group);
            (from, done.base64) = (end, end);
            done.scope = done.scope.max(Scope::Around);
            self.view(&inner, out);
        }
    }

    fn claim(&self, view: &View<'_>, rule: usize, key: anchored::Key, out: &mut Sink) {
        let anchored::Key { secret, confidence } = key;
        // A key completely outside of the decoded part was found in the outer view.
        if secret.end <= view.own.start || secret.start >= view.own.end {
            return;
        }
        if !view.goes_over_edges(&secret) {
            return;
        }
        let span = view.span(&secret);
        let secret = self.rules.rules()[rule].secret(&view.bytes[secret]);
        out.candidates.push(Candidate { rule, confidence, secret, span, layers: view.layers.clone() });
    }
}
