//! Values of contextual rules in parts. Their prefixes say nothing, so the search starts at literals that look random,
//! and joins them only if an operator of strings follows or the name of a credential is before them.

use std::ops::Range;

use super::super::alphabet::in_key;
use super::super::letters::Letters;
use super::super::progress::Done;
use super::super::seen::Scope;
use super::super::token::Token;
use super::super::view::View;
use super::super::{Scanner, Sink, language, random, runs, steps};
use super::part::in_part;
use super::wrapped::line_end;
use super::{Joint, MOST_BEFORE, Weak, glue, lead, list, variables};

/// The minimum length of a part that the search starts at.
const LEAST: usize = 6;
/// The maximum length of a part that is too short for a run.
const LONGEST: usize = 48;

/// How much work may be spent on looking up variables in any text, in bytes.
const LOOK_UPS: usize = 1 << 13;

/// One in each byte of a word.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The top bit of each byte.
const TOP: u64 = EACH << 7;
/// The top bit of each of the first six bytes.
const FIRST_SIX: u64 = TOP & 0xffff_ffff_ffff;

/// Whether a random value, or the dash before a folded block of YAML, may start at `at`. `is_long` says whether its first six
/// bytes may be in a value. Among the first eight there are letters and digits, or many changes of case; or, after a
/// prefix, a digit is in the next eight. Most words of programs are told so. So are a few values; those are found from
/// their next part.
#[inline(always)]
pub(in super::super) fn may_start(text: &[u8], at: usize, is_long: bool) -> bool {
    const FOUR: u64 = 0xffff_ffff;
    let Some(&first) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) else { return false };
    let first = u64::from_le_bytes(first);
    let marks = between(first & FOUR, b'-', b'-') | between(first & FOUR, b'_', b'_');
    let may_be = is_long & ((digits(first) | marks != 0) | changes_case(first));
    // Almost all are words, so there is one branch for the rest.
    may_be | (first & 0xff == u64::from(b'-')) && is_start(text, at, first, may_be)
}

/// The rest of the test.
#[inline(never)]
fn is_start(text: &[u8], at: usize, first: u64, may_be: bool) -> bool {
    may_be && is_value(first, text.get(at + 8..)) || text[at] == b'-' && block(text, at).is_some()
}

/// The start of the text of a folded YAML block whose head ends with the dash at `at`: `key: >-`.
fn block(text: &[u8], at: usize) -> Option<usize> {
    const LONGEST_INDENT: usize = 40;
    let rest = text[at..].strip_prefix(b"-")?;
    let line = line_end(rest);
    let indent = rest[line..].iter().take(LONGEST_INDENT).take_while(|&&byte| byte == b' ').count();
    (text[..at].ends_with(b": >") && line > 0 && indent > 0).then(|| at + 1 + line + indent)
}

#[inline(always)]
fn digits(word: u64) -> u64 {
    between(word, b'0', b'9')
}

/// The top bit of each byte that is at least `first` and at most `last`.
#[inline(always)]
fn between(word: u64, first: u8, last: u8) -> u64 {
    let from = |byte: u8| (word | TOP) - u64::from(byte) * EACH;
    from(first) & !from(last + 1) & TOP & !word
}

/// Whether letters often change between small and capital, if they are letters.
#[inline(always)]
fn changes_case(word: u64) -> bool {
    const LEAST: u32 = 4;
    ((word ^ word >> 8) & (EACH << 5 >> 8)).count_ones() >= LEAST
}

/// Whether the first six bytes may be in a value, and one of eight is a letter. Without a digit and changes of case they
/// must be a prefix, and a digit in the first eight of the `rest`.
fn is_value(word: u64, rest: Option<&[u8]>) -> bool {
    let lower = word | (0x20 * EACH);
    let letters = between(lower, b'a', b'z') & !word;
    let marks = [b'-', b'/', b'+', b'_'].iter().fold(0, |marks, &mark| marks | between(word, mark, mark));
    let digits_here = digits(word);
    if (digits_here | letters | marks) & FIRST_SIX != FIRST_SIX || letters == 0 {
        return false;
    }
    let next = || rest.and_then(<[u8]>::first_chunk::<8>).map_or(0, |&next| u64::from_le_bytes(next));
    digits_here != 0 || if marks == 0 { changes_case(word) } else { digits(next()) != 0 }
}

impl Scanner {
    /// Examines what follows a quote: it may be a part of a value, too short for a run.
    pub(super) fn short_value(&self, view: &View<'_>, at: usize, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let at = block(bytes, at).unwrap_or(at);
        if is_field(bytes, at) || done.valued.contains(&at) || view.is_joined() || !self.assigned.has_rules() {
            return;
        }
        let length = bytes[at..].iter().take(LONGEST).take_while(|&&byte| in_part(byte)).count();
        let part = at..at + length;
        let is_other = matches!(bytes.get(part.end), Some(b'@' | b'?' | b'('));
        if !(LEAST..LONGEST).contains(&length) || is_other {
            return;
        }
        let is_short = bytes[part.clone()].split(|&byte| !in_key(byte)).all(|run| run.len() < runs::LEAST);
        let digits = &bytes[part.clone()];
        let may_be_value = || random::may_be_value(digits, &Letters::of(digits));
        if is_short && may_be_value() && !is_numbered_word(digits) && !lead::is_argument(bytes, &part) {
            self.value(view, part, done, out);
        }
    }

    /// Examines a token that is no key: it may be a part of a value, and only its name says whose.
    pub(in super::super) fn long_value(&self, view: &View<'_>, token: &Token, done: &mut Done, out: &mut Sink) {
        let bytes: &[u8] = &view.bytes;
        let Token { range, letters } = token;
        if done.valued.contains(&range.start) || view.is_joined() {
            return;
        }
        let rest = bytes[range.end..].iter().take(LONGEST).take_while(|&&byte| in_part(byte)).count();
        steps::count(rest);
        let part = range.start..range.end + rest;
        if rest == LONGEST || !list::may_go_on(bytes, &part) {
            return;
        }
        let digits = &bytes[range.clone()];
        let is_plausible =
            range.len() >= runs::LEAST || token.may_be_value(bytes) && !language::is_identifier(digits, letters);
        if is_plausible && !is_numbered_word(digits) {
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
        if may_extend(bytes, part.end) && glue::after(bytes, part.end).is_some() {
            self.extend(bytes, &mut parts, true);
            let last = parts.last().map_or(part.end, |part| part.end);
            if (parts.len() == 1 || weak.is_any()) && list::may_go_over(bytes, last) {
                let (more, _) = self.extend(bytes, &mut parts, false);
                weak.is_line |= more.is_line;
                weak.is_other |= more.is_other;
            }
        }
        if weak.is_any() {
            // Words in a list are no parts of a key.
            let first = parts.iter().position(|own| own.start == part.start).unwrap_or(0);
            let is_word = |part: &Range<usize>| !Token::of(bytes, part.clone()).may_be_value(bytes);
            parts.truncate(first + 1 + parts[first + 1..].iter().position(is_word).unwrap_or(parts.len()));
            parts.drain(..parts[..first].iter().rposition(is_word).map_or(0, |word| word + 1));
        }
        if parts.len() > 1 {
            done.scope = Scope::Beyond;
            done.valued.end = parts.iter().map(|part| part.end).max().unwrap_or(part.end);
            let is_named = !weak.is_any() || lead::is_named(bytes, parts[0].start);
            if is_named && self.assigned.has_words(&self.rules, bytes, &part, done) {
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
        if !self.assigned.has_words(&self.rules, bytes, part, done) {
            return;
        }
        let mut parts = vec![part.clone()];
        parts.extend(expression.parts);
        self.look(view, &Joint::of_expression(bytes, &parts, expression.range), done, out);
    }
}

/// Whether a literal that starts at `at` is the whole value of a field, as in JSON.
fn is_field(text: &[u8], at: usize) -> bool {
    let quote = match text[..at] {
        [.., b':', quote @ (b'"' | b'\'')] | [.., b':', b' ', quote @ (b'"' | b'\'')] => quote,
        _ => return false,
    };
    let literal = &text[at..text.len().min(at + LONGEST)];
    let Some(length) = memchr::memchr3(quote, b'\n', b'\\', literal) else { return false };
    let end = at + length;
    text[end] == quote
        && matches!(text.get(end + 1), Some(b',' | b'}' | b'\n' | b'\r'))
        && !glue::is_expression(text, end)
}

/// Whether another part may follow a part that ends at `end`: after a literal, no word, and nothing that says that the
/// literal is a name.
fn may_extend(text: &[u8], end: usize) -> bool {
    const LONGEST_GAP: usize = 64;
    let [b'"' | b'\'' | b'`', rest @ ..] = &text[end..] else { return true };
    let blanks = rest.iter().take(LONGEST_GAP).take_while(|byte| byte.is_ascii_whitespace()).count();
    let (blank, rest) = rest.split_at(blanks);
    match rest.first() {
        // A statement, or an item of a list.
        Some(b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'$') if blank.contains(&b'\n') => true,
        Some(b':' | b'=' | b'(' | b'[' | b'{' | b'?' | b'-' | b'!') | None => false,
        Some(byte) if byte.is_ascii_alphanumeric() => {
            blank.is_empty() || rest.iter().take(3).any(|byte| matches!(byte, b'"' | b'\'' | b'`'))
        }
        Some(_) => true,
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
            assert_eq!(may_start(text.as_bytes(), 0, true), may, "{text}");
        }
    }
}
