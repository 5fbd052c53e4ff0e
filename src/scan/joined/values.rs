//! Values of contextual rules in parts. Their prefixes say nothing, so the search starts at literals that look random,
//! and joins them only if an operator of strings follows or the name of a credential is before them.

use std::ops::Range;

use super::super::anchors::in_key;
use super::super::progress::Done;
use super::super::seen::Scope;
use super::super::view::View;
use super::super::{Scanner, Sink, assigned, language, runs, steps};
use super::{Joint, MOST_BEFORE, Weak, glue, lead, list, variables};

/// The minimum length of a part that the search starts at.
const LEAST: usize = 6;
/// The maximum length of a part that is too short for a run.
const LONGEST: usize = 48;

/// How much work may be spent on looking up variables in any text, in bytes.
const LOOK_UPS: usize = 1 << 13;

/// Whether a random value may start at `at`, by its first eight bytes: there are letters and digits, or many changes
/// of case.
#[inline]
pub(in super::super) fn may_start(text: &[u8], at: usize) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = EACH << 7;
    const FIRST_SIX: u64 = TOP & 0xffff_ffff_ffff;
    const LEAST_CHANGES: u32 = 4;
    let Some(&first) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) else { return false };
    let word = u64::from_le_bytes(first);
    let (high, lower) = (word | TOP, word | (0x20 * EACH) | TOP);
    // The top bit of each byte says whether it is at least `byte`.
    let from = |bytes: u64, byte: u8| bytes - u64::from(byte) * EACH;
    let between = |bytes: u64, first: u8, last: u8| from(bytes, first) & !from(bytes, last + 1) & TOP & !word;
    let digits = between(high, b'0', b'9');
    let letters = between(lower, b'a', b'z');
    let marks = [b'-', b'/', b'+', b'_'].iter().fold(0, |marks, &mark| marks | between(high, mark, mark));
    if (digits | letters | marks) & FIRST_SIX != FIRST_SIX || letters == 0 {
        return false;
    }
    let next = || text.get(at + 8..).and_then(<[u8]>::first_chunk::<8>);
    if digits == 0
        && marks != 0
        && let Some(&next) = next()
    {
        // The first ones may be a prefix: `app-`.
        let word = u64::from_le_bytes(next);
        return (from(word | TOP, b'0') & !from(word | TOP, b'9' + 1) & TOP & !word) != 0;
    }
    let capitals = letters & !(word << 2);
    let changes = (capitals ^ capitals >> 8) & (letters & letters >> 8);
    digits != 0 || changes.count_ones() >= LEAST_CHANGES
}

impl Scanner {
    /// Examines what follows a quote: it may be a part of a value, too short for a run.
    pub(super) fn short_value(&self, view: &View<'_>, at: usize, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        if done.valued.contains(&at) || view.is_joined() || !self.assigned.has_rules() {
            return;
        }
        let length = bytes[at..].iter().take(LONGEST).take_while(|&&byte| glue::in_part(byte)).count();
        let part = at..at + length;
        let is_short = bytes[part.clone()].split(|&byte| !in_key(byte)).all(|run| run.len() < runs::LEAST);
        let digits = &bytes[part.clone()];
        if (LEAST..LONGEST).contains(&length) && is_short && assigned::may_be_value(digits) && !is_numbered_word(digits)
        {
            self.value(view, part, done, out);
        }
    }

    /// Examines a token that is no key: it may be a part of a value, and only its name says whose.
    pub(in super::super) fn long_value(&self, view: &View<'_>, token: &Range<usize>, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        if done.valued.contains(&token.start) || view.is_joined() {
            return;
        }
        let rest = bytes[token.end..].iter().take(LONGEST).take_while(|&&byte| glue::in_part(byte)).count();
        steps::count(rest);
        let part = token.start..token.end + rest;
        if rest == LONGEST || !list::may_go_on(bytes, &part) {
            return;
        }
        let digits = &bytes[token.clone()];
        if assigned::may_be_value(digits) && !language::is_identifier(digits) {
            self.value(view, part, done, out);
        }
    }

    /// Joins the parts of a value.
    fn value(&self, view: &View<'_>, part: Range<usize>, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let before = out.candidates.len();
        done.valued = part.clone();
        let mut parts = vec![part.clone()];
        let mut weak = Weak::default();
        while parts.len() < MOST_BEFORE
            && let Some((before, is_strong)) = list::value_before(bytes, parts[0].start)
        {
            weak.is_other |= !is_strong;
            parts.insert(0, before);
        }
        self.extend(bytes, &mut parts, true);
        let last = parts.last().map_or(part.end, |part| part.end);
        if (parts.len() == 1 || weak.is_any()) && list::may_go_over(bytes, last) {
            let more = self.extend(bytes, &mut parts, false);
            weak.is_line |= more.is_line;
            weak.is_other |= more.is_other;
        }
        if weak.is_any() {
            // Words in a list are no parts of a key.
            let first = parts.iter().position(|own| own.start == part.start).unwrap_or(0);
            let is_word = |part: &Range<usize>| !assigned::may_be_value(&bytes[part.clone()]);
            parts.truncate(first + 1 + parts[first + 1..].iter().position(is_word).unwrap_or(parts.len()));
            parts.drain(..parts[..first].iter().rposition(is_word).map_or(0, |word| word + 1));
        }
        if parts.len() > 1 {
            done.scope = Scope::Beyond;
            done.valued.end = parts.iter().map(|part| part.end).max().unwrap_or(part.end);
            if !weak.is_any() || lead::is_named(bytes, parts[0].start) {
                let end = self.look(view, &Joint::of_value(bytes, &parts), done, out);
                done.valued.end = end.max(part.end);
            }
        }
        let mut index = 0;
        out.candidates.retain(|candidate| {
            index += 1;
            index <= before || !self.is_faint(candidate.rule, candidate.secret.expose(), weak)
        });
        if out.candidates.len() == before && (parts.len() == 1 || weak.is_any()) {
            self.variables(view, &part, done, out);
        }
    }

    /// Joins a part with others in variables, where an expression puts them together.
    fn variables(&self, view: &View<'_>, part: &Range<usize>, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        // What is assigned to a name is often a version or a word with a number.
        if done.spent > LOOK_UPS + part.start / 16 {
            return;
        }
        let Some(expression) = variables::expression(bytes, part, &mut done.spent) else { return };
        done.scope = Scope::Beyond;
        let mut parts = vec![part.clone()];
        parts.extend(expression.parts);
        self.look(view, &Joint::of_expression(bytes, &parts, expression.range), done, out);
    }
}

/// Whether it consists of small letters and a number at the end: `gpt-4`, `part-two-12`.
fn is_numbered_word(text: &[u8]) -> bool {
    let number = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    text[..text.len() - number]
        .iter()
        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
}

impl<'p> Joint<'p> {
    /// Parts that are where the value belongs.
    pub(super) fn of_value(text: &[u8], parts: &'p [Range<usize>]) -> Self {
        let joint = Self::of(parts);
        match parts.first().and_then(|first| lead::of(text, first.start)) {
            Some(lead) => Self { range: lead.from..joint.range.end, opening: lead.opening, is_value: true, ..joint },
            None => Self { is_value: true, ..joint },
        }
    }

    /// Parts from elsewhere, which an expression in `range` puts together.
    fn of_expression(text: &[u8], parts: &'p [Range<usize>], range: Range<usize>) -> Self {
        let before = &text[range.start.saturating_sub(LONGEST)..range.start];
        let line = before.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let is_literal = line.iter().filter(|byte| matches!(byte, b'"' | b'\'' | b'`')).count() % 2 > 0;
        let lead = lead::of(text, range.start).filter(|_| !is_literal);
        let (from, opening): (usize, &'static [u8]) = match lead {
            Some(lead) => (lead.from, lead.opening),
            None if is_literal => (range.start, b""),
            None => (range.start, b"\""),
        };
        Self { parts, range: from..range.end, opening, is_value: true }
    }
}

#[cfg(test)]
mod tests {
    use super::may_start;

    #[test]
    fn random_text_has_digits_or_changes_of_case() {
        for (text, may) in [
            ("a1b2c3d4", true),
            ("f00dcafe\"", true),
            ("aBcDeFgh", true),
            ("abcdefgh", false),
            ("getElement", false),
            ("20240101", false),
            ("ab1\" + \"", false),
            ("x1-y2_z3", true),
            ("a1b2c3d", false),
        ] {
            assert_eq!(may_start(text.as_bytes(), 0), may, "{text}");
        }
    }
}
