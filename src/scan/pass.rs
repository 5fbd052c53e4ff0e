//! One pass over a view: each run is handled according to its kind.

use std::ops::Range;

use super::anchor::Anchor;
use super::anchored::{Key, Place};
use super::anchors::Anchors;
use super::joined::{First, may_start};
use super::letters::Letters;
use super::progress::Done;
use super::seen::{Scope, Seen};
use super::token::Token;
use super::view::View;
use super::{Candidate, DEPTH, Scanner, Sink, binary, decode, joins, runs, steps};

/// Says where the first part of a key may start: like a key, or like a random value.
#[derive(Clone, Copy, Debug)]
struct PartStarts<'a> {
    anchors: &'a Anchors,
    text: &'a [u8],
    /// Where the range starts in the text that the offsets count from.
    from: usize,
}

impl runs::Openings for PartStarts<'_> {
    #[inline(always)]
    fn may_start(&self, at: usize, is_long: bool) -> bool {
        let at = self.from + at;
        self.anchors.may_open(self.text, at) || may_start(self.text, at, is_long)
    }
}

/// The minimum length of a token that anchors are searched for in.
const LEAST_ANCHORED: usize = 8;

impl Scanner {
    /// Scans all runs of a view.
    pub(super) fn view(&self, view: &View<'_>, out: &mut Sink) {
        let mut done = Done::default();
        steps::count(view.bytes.len());
        let openings = PartStarts { anchors: &self.anchors, text: &view.bytes, from: 0 };
        runs::each(&view.bytes, &openings, &mut |run, width| {
            if width == runs::Width::Gapped && Letters::within(&view.bytes, run.clone()).is_path() {
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
    pub(super) fn unseen(&self, view: &View<'_>, part: Range<usize>, seen: &mut Seen, out: &mut Sink) {
        if self.rules.rules().is_empty() {
            return;
        }
        let mut done = Done { remembers: true, ..Done::default() };
        let mut before = out.candidates.len();
        seen.begin();
        let openings = PartStarts { anchors: &self.anchors, text: &view.bytes, from: part.start };
        runs::each(&view.bytes[part.clone()], &openings, &mut |run, width| {
            let run = part.start + run.start..part.start + run.end;
            if width == runs::Width::Gapped && Letters::within(&view.bytes, run.clone()).is_path() {
                return;
            }
            if !matches!(width, runs::Width::Narrow | runs::Width::Gapped) {
                // Whatever else is on the line, and in either order.
                let (scope, asked) = (done.scope, done.asked_binary);
                self.other(view, run, width, &mut done, out);
                (done.scope, done.asked_binary) = (scope, asked);
                return;
            }
            if seen.is_new(&run) {
                if out.candidates.len() == before {
                    seen.remember(&view.bytes, done.scope, done.binary_only());
                }
                (done.scope, done.asked_binary, before) = (Scope::Line, false, out.candidates.len());
                let is_binary = &mut done.is_binary;
                let mut is_binary = || *is_binary.get_or_insert_with(|| binary::is_binary_file(&view.bytes));
                seen.enter(&view.bytes, &run, &part, &mut is_binary);
            }
            if !seen.is_known() {
                match width {
                    runs::Width::Gapped => self.gapped(view, run, &mut done, out),
                    _ => self.run(view, run, &mut done, out),
                }
            }
        });
        if out.candidates.len() == before {
            seen.remember(&view.bytes, done.scope, done.binary_only());
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

    /// Searches for keys at the anchors that start between `from` and `to`, where dots, slashes and plus signs may
    /// occur.
    pub(super) fn anchored(&self, view: &View<'_>, from: usize, to: usize, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let (mut started, mut packed) = (None, None);
        self.anchors.inside(bytes, from, to, &mut |anchor, at| {
            if anchor.is_packed() {
                packed = packed.or(Some(at));
            }
            for own in &anchor.rules {
                let rule = &self.rules.rules()[own.rule];
                done.looked_at(rule.may_cross_lines());
                let outline = anchor.outline(own, rule);
                match (Place { rule, outline, text: bytes, anchor: at, token: None }).key() {
                    Ok(key) => {
                        started = Some(None);
                        self.claim(view, own.rule, key, out);
                    }
                    Err(why) => {
                        done.rejected(rule, why);
                        started = started.or(Some((rule.rule.lookback == 0).then_some(at)));
                    }
                }
            }
        });
        if let Some(at) = packed {
            self.packed(view, at, done, out);
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
        let token = Token::of(bytes, run);
        if let Some((rule, key, evidence)) = self.assigned.key(&self.rules, bytes, &token, done) {
            out.weighed(view, rule, key.secret.clone(), None, evidence);
            self.claim(view, rule, key, out);
        } else if out.steps.is_some() {
            let refused = self.assigned.refusals(&self.rules, bytes, &token);
            refused
                .iter()
                .for_each(|(rule, why, evidence)| out.weighed(view, *rule, token.range.clone(), Some(why), *evidence));
        }
    }

    /// Scans a plain run: its tokens, and the text that its escapes stand for.
    fn run(&self, view: &View<'_>, run: Range<usize>, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        // A key may contain dots, slashes and plus signs, and its anchor may be in a part that is too short for a
        // run.
        if run.start > 0 && joins::joins(bytes[run.start - 1]) {
            let from = joins::reach(bytes, run.start, true).max(done.anchored);
            self.anchored(view, from, bytes.len().min(run.start + 3), done, out);
        }
        // Almost every run is one token.
        let token = Token::of(bytes, run.clone());
        if token.letters.is_plain() {
            done.anchored = run.end - 3;
            return self.token(view, &token, done, out);
        }
        let mut start = run.start;
        for part in bytes[run.clone()].split(|&byte| runs::is_escape(byte)) {
            let part = start..start + part.len();
            start = part.end + 1;
            if part.len() >= LEAST_ANCHORED {
                self.token(view, &Token::of(bytes, part), done, out);
            } else if !part.is_empty() && self.anchors.may_open(bytes, part.start) {
                // Before an escape, as in `sk-\nrest`, the start of a key may be this short.
                self.parted(view, &Token::of(bytes, part), First::default(), done, out);
            }
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

    /// Scans a token: a whole run, or a longer part between escape characters.
    fn token(&self, view: &View<'_>, own: &Token, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let token = own.range.clone();
        steps::count(token.len());
        let (mut first, mut packed) = (First::default(), None);
        self.anchors.each(bytes, token.start, token.end, &mut |anchor, at| {
            if anchor.is_packed() {
                packed = packed.or(Some(at));
            } else if let (Some(common), None) = (anchor.too_short(&self.rules, token.end - at), &out.steps) {
                done.looked_at(common.may_cross_lines);
                first.is_refused = true;
                first.goes_left |= common.goes_left;
            } else {
                first.add(self.at_anchor(view, &token, (anchor, at), done, out));
            }
        });
        if let Some(at) = packed {
            self.packed(view, at, done, out);
        }
        if !first.is_key || first.found.is_some() {
            self.parted(view, own, first, done, out);
        }
        if token.len() < runs::LEAST {
            // Before an entity: `cb12&shy;ab34`.
            if bytes.get(token.end) == Some(&b'&') && !first.is_key {
                self.long_value(view, own, done, out);
            }
            return;
        }
        if out.steps.is_some() {
            let refused = self.assigned.refusals(&self.rules, bytes, own);
            refused
                .iter()
                .for_each(|(rule, why, evidence)| out.weighed(view, *rule, token.clone(), Some(why), *evidence));
        }
        if let Some((rule, key, evidence)) = self.assigned.key(&self.rules, bytes, own, done) {
            out.weighed(view, rule, key.secret.clone(), None, evidence);
            self.claim(view, rule, key, out);
        } else if done.plausible == Some(token.start) && !first.is_key {
            self.long_value(view, own, done, out);
        }
        if view.layers.len() < DEPTH {
            self.encoded(view, token, done, out);
        }
    }

    /// Tries the rules of an anchor at `at` in a token.
    fn at_anchor(
        &self,
        view: &View<'_>,
        token: &Range<usize>,
        (anchor, at): (&Anchor, usize),
        done: &mut Done,
        out: &mut Sink,
    ) -> First {
        let mut first = First::default();
        for own in &anchor.rules {
            // A rule that may not be tried again was already rejected in this token.
            if !done.tries.may_try(own.rule, token.start, at) {
                continue;
            }
            let rule = &self.rules.rules()[own.rule];
            done.looked_at(rule.may_cross_lines());
            let outline = anchor.outline(own, rule);
            let key = Place { rule, outline, text: &view.bytes, anchor: at, token: Some(token.clone()) }.key();
            out.step(view, own.rule, at..at + 1, key.as_ref().err());
            match key {
                Ok(key) => {
                    done.tries.accepted(own.rule);
                    first.is_key = true;
                    if key.secret.end == token.end && key.secret.len() < rule.longest() {
                        first.found = first.found.max(Some(key.confidence));
                    }
                    self.claim(view, own.rule, key, out);
                }
                Err(why) => {
                    done.rejected(rule, why);
                    first.is_refused = true;
                    first.goes_left |= rule.rule.lookback > 0;
                    done.tries.refused(own.rule, token.start, at);
                }
            }
        }
        first
    }

    /// Adds a candidate if the key is in the decoded part of the view.
    pub(super) fn claim(&self, view: &View<'_>, rule: usize, key: Key, out: &mut Sink) {
        let Key { secret, confidence } = key;
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
