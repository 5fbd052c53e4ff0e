//! Keys that are divided into parts: adjacent literals, strings built by several statements, wrapped lines, text runs
//! of a word processor.
//!
//! Parts are joined only at places where a key could start, or where an anchor is without a key. There [`glue`] finds
//! where the text continues, and the joined parts are scanned as a separate text. So for ordinary text this costs
//! only a look at the first three bytes of quoted text.

mod code;
mod glue;
mod lead;
mod list;
mod markup;
mod part;
mod values;
mod variables;
mod wrapped;

use std::ops::Range;

pub(super) use values::may_start;

use super::alphabet::in_key;
use super::progress::Done;
use super::seen::Scope;
use super::token::Token;
use super::view::{Decoded, Ratio, View};
use super::{Scanner, Sink, runs, steps, view};
use crate::core::finding::{Confidence, Layer};
use part::{is_address, part_end};

/// The maximum number of parts that are joined.
const MOST_PARTS: usize = 64;
/// The maximum length of the joined parts in bytes.
const MOST_BYTES: usize = 6000;
/// The maximum number of parts before an anchor.
const MOST_BEFORE: usize = 16;

/// What is known about the part that may contain a piece of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct First {
    /// Whether it contains a key.
    pub(super) is_key: bool,
    /// Whether it contains an anchor but no key.
    pub(super) is_refused: bool,
    /// Whether it contains an anchor that does not start a key, so that parts before it may belong to the key.
    pub(super) goes_left: bool,
    /// The confidence of a key that ends with the part and may continue.
    pub(super) found: Option<Confidence>,
}

impl First {
    /// Adds what is known from another anchor in the part.
    pub(super) fn add(&mut self, other: Self) {
        self.is_key |= other.is_key;
        self.is_refused |= other.is_refused;
        self.goes_left |= other.goes_left;
        self.found = self.found.max(other.found);
    }
}

impl Scanner {
    /// Examines what follows a quote: it may be the first part of a key, too short for a run.
    pub(super) fn opening(&self, view: &View<'_>, at: usize, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        if at < done.opened.end || at < view.own.start || at >= view.own.end || view.is_joined() {
            return;
        }
        if !self.anchors.may_open(bytes, at) || !self.anchors.opens(bytes, at) {
            if may_start(bytes, at, true) {
                self.short_value(view, at, done, out);
            }
            return;
        }
        let part = at..part_end(bytes, at);
        // Longer parts are examined as runs.
        if bytes[part.clone()].split(|&byte| !in_key(byte)).all(|run| run.len() < runs::LEAST) {
            let before = out.candidates.len();
            let end = self.join(view, part, First::default(), done, out);
            done.opened = at..end;
            if out.candidates.len() == before && may_start(bytes, at, true) {
                self.short_value(view, at, done, out);
            }
        }
    }

    /// Examines a token in which no key was found, or one that may continue.
    pub(super) fn parted(&self, view: &View<'_>, token: &Token, first: First, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let (start, end) = (token.range.start, token.range.end);
        if start < done.joined || done.opened.contains(&start) || view.is_joined() {
            return;
        }
        let is_open = first.is_refused || first.found.is_some();
        if is_open || self.anchors.may_open(bytes, start) {
            let part = start..part_end(bytes, end);
            if is_open || self.anchors.opens(bytes, start) {
                done.joined = self.join(view, part, first, done, out);
                return;
            }
        }
        // Words are no parts of a key, but for its first one.
        if token.range.len() < runs::LEAST || !token.may_be_value(bytes) {
            return;
        }
        // The key may start in the short part before it.
        let may_open =
            |at: usize| at >= done.joined && self.anchors.may_open(bytes, at) && self.anchors.opens(bytes, at);
        if let Some((before, is_near)) = glue::short_before(bytes, start, &may_open) {
            // Another line could have this part.
            done.scope = done.scope.max(if is_near { Scope::Around } else { Scope::Line });
            if let Some(before) = before {
                done.joined = self.join(view, before, first, done, out);
                return;
            }
        }
        if glue::is_expression(bytes, end) {
            self.join_value(view, token.range.clone(), done, out);
        } else if let Some(part) = glue::literal_before(bytes, start) {
            self.join_value(view, part, done, out);
        }
    }

    /// Examines an incomplete key that starts at `at`, before a run.
    pub(super) fn started(&self, view: &View<'_>, at: usize, done: &mut Done, out: &mut Sink) {
        if at >= done.joined && !view.is_joined() {
            let part = at..part_end(&view.bytes, at);
            done.joined = self.join(view, part, First { is_refused: true, ..First::default() }, done, out);
        }
    }

    /// Joins the literals of an expression that may be a value of a contextual rule.
    fn join_value(&self, view: &View<'_>, part: Range<usize>, done: &mut Done, out: &mut Sink) {
        let mut parts = vec![part];
        self.extend(&view.bytes, &mut parts, true);
        if parts.len() > 1 {
            done.scope = Scope::Beyond;
            done.joined = self.look(view, &Joint::of_value(&view.bytes, &parts), done, out);
        }
    }

    /// Joins `part` with those around it, and searches for keys that cross their borders. Returns the offset up to
    /// which this need not be repeated.
    fn join(&self, view: &View<'_>, part: Range<usize>, first: First, done: &mut Done, out: &mut Sink) -> usize {
        let bytes: &[u8] = &view.bytes;
        done.scope = Scope::Beyond;
        let own_end = part.end;
        let mut parts = std::mem::take(&mut done.parts);
        parts.push(part);
        let starts_key = |part: &Range<usize>| {
            self.anchors.may_open(bytes, part.start) && self.anchors.opens_whole(bytes, part.start)
        };
        while first.goes_left && parts.len() < MOST_BEFORE && !starts_key(&parts[0]) {
            let Some(before) = glue::before(bytes, parts[0].start) else { break };
            parts.insert(0, before);
        }
        let (mut weak, until_tag) = self.extend(bytes, &mut parts, false);
        let before = out.candidates.len();
        let mut end = if weak.is_line && first.found.is_none() {
            self.look_at_lines(view, &parts, done, out)
        } else {
            // Behind lines that were wrapped, a tag more likely ends the key than continues it.
            let wrapped = until_tag.map_or(0, |(count, _)| self.look(view, &Joint::of(&parts[..count]), done, out));
            match until_tag {
                Some((_, of_wrapped)) if out.candidates.len() > before => {
                    weak = of_wrapped;
                    wrapped
                }
                _ => self.look(view, &Joint::of(&parts), done, out),
            }
        };
        let is_word = bytes[parts[0].clone()].iter().all(u8::is_ascii_lowercase);
        if out.candidates.len() == before && first.found.is_none() && !is_word {
            parts.truncate(1);
            if let Some(expression) = variables::expression(bytes, &parts[0], &mut done.spent) {
                parts.extend(expression.parts);
                self.look(view, &Joint::of(&parts), done, out);
            }
            end = end.max(own_end);
        }
        parts.clear();
        done.parts = parts;
        let is_surer = |confidence: Confidence| match first.found {
            Some(found) if weak.is_any() => confidence > found,
            Some(found) => confidence >= found,
            None => true,
        };
        let mut index = 0;
        out.candidates.retain(|candidate| {
            index += 1;
            let value = candidate.secret.expose();
            index <= before || is_surer(candidate.confidence) && !self.is_faint(candidate.rule, value, weak)
        });
        end.max(own_end)
    }

    /// Examines parts that are separated by line ends; the text may continue with another word after the key.
    fn look_at_lines(&self, view: &View<'_>, parts: &[Range<usize>], done: &mut Done, out: &mut Sink) -> usize {
        /// The maximum number of lines of a wrapped key, unless all of them belong to it.
        const MOST_LINES: usize = 5;
        let before = out.candidates.len();
        for count in 2..parts.len().min(MOST_LINES) {
            let end = self.look(view, &Joint::of(&parts[..count]), done, out);
            let next = &view.bytes[parts[count].clone()];
            if out.candidates.len() > before && next.iter().all(u8::is_ascii_lowercase) {
                return end;
            }
        }
        self.look(view, &Joint::of(parts), done, out)
    }

    /// Examines parts as one text. Returns the offset up to which this need not be repeated.
    fn look(&self, view: &View<'_>, joint: &Joint<'_>, done: &mut Done, out: &mut Sink) -> usize {
        const FREE: usize = 1 << 16;
        let Joint { parts, range, .. } = joint;
        let length: usize = parts.iter().map(Range::len).sum();
        if parts.len() < 2 || length < runs::LEAST {
            return 0;
        }
        let start = parts.iter().map(|part| part.start).min().unwrap_or(0);
        let end = parts.iter().map(|part| part.end).max().unwrap_or(start);
        let is_cut = parts.len() >= MOST_PARTS || length >= MOST_BYTES;
        let looked_at = if is_cut { parts[parts.len() / 4 * 3].start } else { end };
        // Limits the work for texts with very many starts of keys.
        if done.spent > FREE + start * 8 {
            return looked_at;
        }
        let context = if joint.is_value { view::WIDE } else { view::NARROW };
        done.spent += context.before + context.after + length;
        let mut decoded = Decoded::default();
        decoded.start(range.start, Ratio::One);
        decoded.bytes.extend_from_slice(joint.opening);
        for part in *parts {
            decoded.start(part.start, Ratio::One);
            decoded.bytes.extend_from_slice(&view.bytes[part.clone()]);
        }
        self.view(&view.inner_within(Layer::Joined, range.clone(), &decoded, context), out);
        looked_at
    }

    /// Whether a value may consist of several words in a row: those have any length, and a prefix of three letters or
    /// a text without digits proves nothing.
    fn is_faint(&self, rule: usize, value: &[u8], weak: Weak) -> bool {
        let rule = &self.rules.rules()[rule];
        let is_short = weak.is_line && rule.rule.anchors.iter().any(|anchor| anchor.len() <= 3);
        // Two entries of a list, around a mark in the middle of a shape that says little.
        let is_loose = weak.is_other && rule.rule.lookback > 0 && rule.rule.confidence == Confidence::Possible;
        weak.is_any()
            && !rule.has_one_length()
            && (is_short || is_loose || !value[value.len() / 3..].iter().any(u8::is_ascii_digit))
    }

    /// Adds the parts that follow the last one. Returns which of the joins are uncertain; and, if other glue is before the
    /// first tag, how many parts there are before that, and which of their joins are uncertain.
    fn extend(&self, bytes: &[u8], parts: &mut Vec<Range<usize>>, only_strong: bool) -> (Weak, Option<(usize, Weak)>) {
        let mut weak = Weak::default();
        let (mut until_tag, mut parts_by_tags, mut is_soft): (_, Option<bool>, _) = (None, None, false);
        let mut length: usize = parts.iter().map(Range::len).sum();
        while parts.len() < MOST_PARTS && length < MOST_BYTES {
            let Some(last) = parts.last_mut() else { break };
            let glue = glue::after(bytes, last.end).filter(|glue| glue.is_strong || !only_strong);
            let Some(glue) = glue else { break };
            let is_line = matches!(bytes[glue.range.start], b'\n' | b'\r' | b'\\');
            // Where soft line breaks are marked, others are ends of lines.
            if is_soft && is_line && !glue.is_strong {
                break;
            }
            is_soft |= bytes[glue.range.start] == b'=';
            // Another key starts here.
            if self.anchors.may_open(bytes, glue.range.end) && self.anchors.opens_whole(bytes, glue.range.end) {
                break;
            }
            let part = glue.range.end..part_end(bytes, glue.range.end);
            // Marks of the text, an address, or the next setting.
            let digits = &bytes[part.clone()];
            let is_setting = || glue.is_strong && in_key(bytes[last.end - 1]) && is_setting(digits);
            if !digits.iter().any(u8::is_ascii_alphanumeric) || is_address(digits) || is_setting() {
                break;
            }
            last.end = glue.range.start;
            let is_tag = bytes[glue.range.start] == b'<';
            if is_tag && parts_by_tags.is_some_and(|by_tags| !by_tags) && until_tag.is_none() {
                until_tag = Some((parts.len(), weak));
            }
            parts_by_tags.get_or_insert(is_tag);
            weak.is_line |= !glue.is_strong && is_line;
            weak.is_other |= !glue.is_strong && !is_line;
            length += part.len();
            steps::count(part.len());
            parts.push(part);
        }
        (weak, until_tag)
    }
}

/// Whether a part is a name with its value: `"KEY=…" "PORT=80"`.
fn is_setting(part: &[u8]) -> bool {
    let name = part.iter().take_while(|&&byte| byte.is_ascii_uppercase() || byte == b'_').count();
    name > 1 && matches!(part[name..], [b'=', value, ..] if value != b'=')
}

/// Parts that are examined as one text.
#[derive(Debug)]
struct Joint<'p> {
    parts: &'p [Range<usize>],
    /// The range of the text that they replace.
    range: Range<usize>,
    /// What is written before them.
    opening: &'static [u8],
    /// Whether they may be a value of a contextual rule, for which the text around them matters.
    is_value: bool,
}

impl<'p> Joint<'p> {
    /// Parts that replace the text from the first of them to the last.
    fn of(parts: &'p [Range<usize>]) -> Self {
        let start = parts.iter().map(|part| part.start).min().unwrap_or(0);
        let end = parts.iter().map(|part| part.end).max().unwrap_or(start);
        Self { parts, range: start..end, opening: b"", is_value: false }
    }
}

/// Which joins between parts are uncertain.
#[derive(Clone, Copy, Debug, Default)]
struct Weak {
    /// A line end.
    is_line: bool,
    /// A comma or a tag.
    is_other: bool,
}

impl Weak {
    fn is_any(self) -> bool {
        self.is_line || self.is_other
    }
}
