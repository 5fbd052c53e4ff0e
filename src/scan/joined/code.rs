//! What stands between two literals of one expression, or of statements that build one string: operators, brackets,
//! comments, and the few words that say "append". No grammar of any language: what comes out has to be a key.

use super::super::steps;
use super::glue::{Glue, in_part};

/// The longest glue in code, in bytes.
const LONGEST: usize = 200;
/// So many words that say nothing may stand in it: `self.client.key += "…"`.
const MOST_WORDS: usize = 6;

/// The length of the quote that `text` starts with, however it is escaped.
pub(super) fn quote(text: &[u8]) -> Option<usize> {
    const ENTITIES: &[&[u8]] = &[b"&quot;", b"&#34;", b"&#39;", b"&#x27;", b"&#x22;", b"&apos;"];
    let slashes = text.iter().take(8).take_while(|&&byte| byte == b'\\').count();
    match text.get(slashes)? {
        b'"' | b'\'' | b'`' => Some(slashes + 1),
        b'u' if slashes > 0 => {
            let code = text.get(slashes + 1..slashes + 5)?;
            matches!(code, b"0022" | b"0027").then_some(slashes + 5)
        }
        b'&' if slashes == 0 => ENTITIES.iter().find(|entity| text.starts_with(entity)).map(|entity| entity.len()),
        _ => None,
    }
}

/// The length of the tag that `text` starts with.
pub(super) fn tag(text: &[u8]) -> Option<usize> {
    let [b'<', next, ..] = text else { return None };
    (next.is_ascii_alphabetic() || matches!(next, b'/' | b'!')).then_some(())?;
    memchr::memchr3(b'>', b'\n', b'<', &text[1..]).filter(|&at| text[1 + at] == b'>').map(|at| at + 2)
}

/// How many letters at the start of `text` belong to the literal that starts behind them: `f"`, `rb'`, `u8"`.
pub(super) fn literal_prefix(text: &[u8]) -> usize {
    let letters = text.iter().take(3).take_while(|byte| b"bBfFrRuULN8".contains(byte)).count();
    if quote(&text[letters..]).is_some() { letters } else { 0 }
}

/// What was read so far.
#[derive(Debug, Default)]
struct Read<'a> {
    /// Something that puts strings together: an operator, or nothing between two literals.
    has_other_reading: bool,
    /// `+=`, `.append(`, `<<`.
    appends: bool,
    /// `=`.
    assigns: bool,
    /// Words that say nothing.
    words: usize,
    /// The last two of them.
    last: [&'a [u8]; 2],
}

impl<'a> Read<'a> {
    fn word(&mut self, word: &'a [u8]) {
        const APPENDING: &[&[u8]] = &[
            b"append", b"push", b"concat", b"cat", b"add", b"write", b"join", b"insert", b"put", b"ascii", b"db",
            b"extend", b"paste", b"feed",
        ];
        const NEUTRAL: &[&[u8]] = &[
            b"str",
            b"string",
            b"std",
            b"self",
            b"this",
            b"new",
            b"of",
            b"text",
            b"tostring",
            b"to_string",
            b"to_owned",
            b"into",
            b"from",
            b"sb",
            b"n",
        ];
        let lower = word.to_ascii_lowercase();
        let says = |part: &&[u8]| lower.windows(part.len()).any(|window| window == *part);
        if APPENDING.iter().any(says) {
            self.appends = true;
        } else if !NEUTRAL.contains(&lower.as_slice()) {
            self.words += 1;
            self.last = [self.last[1], word];
        }
    }

    /// What it says of the literals on both sides: `None` if they do not belong together.
    fn is_strong(&self) -> Option<bool> {
        let [before, last] = self.last;
        // `key = key + "…"`, `KEY="${KEY}…"`.
        let extends = self.assigns && self.words >= 2 && before == last;
        let joins = self.appends || extends || !self.assigns && self.words == 0;
        (joins && self.words <= MOST_WORDS).then_some(!self.has_other_reading && !self.assigns && self.words == 0)
    }
}

/// The glue behind a part that ends at `end`, where a quote or its escape starts.
pub(super) fn between(text: &[u8], end: usize) -> Option<Glue> {
    let limit = text.len().min(end + LONGEST);
    let text = &text[..limit];
    let closing = quote(&text[end..])?;
    let mut read = Read::default();
    let mut at = end + closing;
    // `{'…'}rest`: the end of a literal within a literal.
    if let Some(rest) = interpolation_end(text, at) {
        return Some(Glue { range: end..rest, is_strong: true });
    }
    // A notebook keeps each line of its code as a string of its own, whose quotes are not the code's.
    let is_escaped = text[end] == b'\\';
    while at < limit {
        steps::count(1);
        let is_line_edge = is_escaped && matches!(text[at], b'"' | b',');
        if is_line_edge || text[at] == b'`' && matches!(text.get(at + 1), Some(b'\n' | b'\r')) {
            at += 1;
            continue;
        }
        if let Some(length) = quote(&text[at..]) {
            match opening(text, at, length, &mut read) {
                Opening::Part(next) => {
                    return read.is_strong().map(|is_strong| Glue { range: end..next, is_strong });
                }
                Opening::Empty(next) => at = next,
                Opening::Other => return None,
            }
            continue;
        }
        at += token(text, at, &mut read)?;
    }
    None
}

enum Opening {
    /// The literal's text starts here.
    Part(usize),
    /// It is empty, or one of three quotes.
    Empty(usize),
    /// It is no part.
    Other,
}

/// The literal whose opening quote stands at `at`.
fn opening<'a>(text: &'a [u8], at: usize, length: usize, read: &mut Read<'a>) -> Opening {
    let mut next = at + length;
    let mut is_empty = false;
    while next < text.len() && text[next..].starts_with(&text[at..at + length]) {
        next += length;
        is_empty = true;
    }
    let inner = interpolation(&text[next..]);
    if let Some((name, length)) = inner {
        read.words += 1;
        read.last = [read.last[1], name];
        next += length;
        if text.get(next).is_some_and(|&byte| in_part(byte)) {
            return Opening::Part(next);
        }
        return Opening::Other;
    }
    match text.get(next) {
        Some(&byte) if in_part(byte) && !is_empty => Opening::Part(next),
        // `"""text`: three quotes open one literal; `"" + "text"`: two are one that is empty.
        Some(&byte) if in_part(byte) && next == at + 3 * length => Opening::Part(next),
        _ if is_empty => Opening::Empty(next),
        _ => Opening::Other,
    }
}

/// The name that a literal starts with: `${KEY}…`, `$KEY…` is not told from what follows, `{key}…`, `#{key}…`.
fn interpolation(text: &[u8]) -> Option<(&[u8], usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'$' | b'#' | b'\\')));
    let open = text.get(sign)?;
    let close = match open {
        b'{' => b'}',
        b'(' if sign == 1 => b')',
        _ => return None,
    };
    let name = text[sign + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let end = sign + 1 + name;
    (name > 0 && text.get(end) == Some(&close)).then(|| (&text[sign + 1..end], end + 1))
}

/// Where the text goes on behind `}`, if that is what stands here.
fn interpolation_end(text: &[u8], at: usize) -> Option<usize> {
    let blanks = text[at..].iter().take(4).take_while(|&&byte| byte == b' ').count();
    let next = at + blanks + 1;
    (text.get(at + blanks) == Some(&b'}') && text.get(next).is_some_and(|&byte| in_part(byte))).then_some(next)
}

/// The length of what stands at `at`, if it can stand between two literals.
fn token<'a>(text: &'a [u8], at: usize, read: &mut Read<'a>) -> Option<usize> {
    let rest = &text[at..];
    let to_line_end = || memchr::memchr2(b'\n', b'\r', rest);
    let is_before_quote = |skipped: usize| {
        let blanks = rest[skipped..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        quote(&rest[skipped + blanks..]).is_some()
    };
    match *rest {
        [byte, ..] if byte.is_ascii_whitespace() => Some(1),
        [b'/', b'/', ..] if !is_before_quote(2) => to_line_end(),
        [b'/', b'/', ..] => Some(2),
        [b'/', b'*', ..] => memchr::memmem::find(rest, b"*/").map(|at| at + 2),
        [b'#', b'{', ..] => Some(1),
        [b'#', ..] => to_line_end(),
        [b'<', b'<' | b'>', ..] => {
            read.appends |= rest[1] == b'<';
            Some(2)
        }
        [b'<', ..] => Some(tag(rest).unwrap_or(1)),
        [b'-', b'-', ..] => to_line_end(),
        [b'-', b'>', ..] => Some(2),
        // An item of a list in YAML.
        [b'-', b' ', ..] if text[..at].trim_ascii_end().len() < text[..at].len() => {
            read.has_other_reading = true;
            Some(1)
        }
        [b':', b':', ..] => Some(2),
        [b':', b'=', ..] => {
            read.assigns = true;
            Some(2)
        }
        [b'=', b'=' | b'>' | b'~', ..] => None,
        [b'=', ..] => {
            let is_append = at > 0 && matches!(text[at - 1], b'+' | b'.' | b'&' | b'~' | b'|' | b'<');
            read.appends |= is_append;
            read.assigns |= !is_append;
            Some(1)
        }
        [b'\\', b'\n' | b'\r', ..] => Some(1),
        [b'\\', b'n', ..] if quote(&rest[2..]).is_some() => Some(2),
        [b'\\', ..] if rest.iter().take(8).find(|&&byte| byte != b'\\') == Some(&b'n') => {
            Some(rest.iter().take_while(|&&byte| byte == b'\\').count() + 1)
        }
        [b'+' | b'.' | b'&' | b'~' | b'^' | b'(' | b')' | b'@' | b'$', ..] => Some(1),
        [b',' | b';' | b'|' | b'>' | b'[' | b']' | b'{' | b'}' | b'*' | b'!', ..] => {
            read.has_other_reading = true;
            Some(1)
        }
        [byte, ..] if byte.is_ascii_alphanumeric() || byte == b'_' => {
            let prefix = literal_prefix(rest);
            if prefix > 0 {
                return Some(prefix);
            }
            let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            // Visual Basic ends a line that goes on in an underscore.
            if length > 1 || byte != b'_' {
                read.word(&rest[..length]);
            }
            Some(length)
        }
        _ => None,
    }
}
