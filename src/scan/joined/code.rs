//! Source code between two literals of one expression, or of statements that build one string: operators, brackets,
//! comments, and words that mean "append". It follows no language's grammar; the result has to be a key anyway.

use super::super::steps;
use super::part::{Glue, in_part, part_end};

/// The maximum length in bytes.
const LONGEST: usize = 200;
/// The maximum number of words without a meaning in it: `self.client.key += "…"`.
const MOST_WORDS: usize = 6;

/// The length of the quote at the start of `text`, in any escaped form.
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

/// The length of the tag at the start of `text`.
pub(super) fn tag(text: &[u8]) -> Option<usize> {
    let [b'<', next, ..] = text else { return None };
    (next.is_ascii_alphabetic() || matches!(next, b'/' | b'!')).then_some(())?;
    memchr::memchr3(b'>', b'\n', b'<', &text[1..]).filter(|&at| text[1 + at] == b'>').map(|at| at + 2)
}

/// The length of a literal's prefix at the start of `text`: `f"`, `rb'`, `u8"`.
pub(super) fn literal_prefix(text: &[u8]) -> usize {
    let letters = text.iter().take(3).take_while(|byte| b"bBfFrRuULN8".contains(byte)).count();
    if quote(&text[letters..]).is_some() { letters } else { 0 }
}

/// The state of reading.
#[derive(Debug, Default)]
struct Read<'a> {
    /// Whether it may also separate two values, such as a comma.
    has_other_reading: bool,
    /// Whether there is `+=`, `.append(` or `<<`.
    appends: bool,
    /// Whether there is `=`.
    assigns: bool,
    /// The number of words without a meaning.
    words: usize,
    /// The last two words.
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
        let says = |at: usize| {
            let (first, rest) = (word[at].to_ascii_lowercase(), &word[at..]);
            let starts = |part: &&[u8]| {
                part[0] == first && rest.get(..part.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(part))
            };
            APPENDING.iter().any(starts)
        };
        if (0..word.len()).any(says) {
            self.appends = true;
        } else if !NEUTRAL.iter().any(|neutral| word.eq_ignore_ascii_case(neutral)) {
            self.words += 1;
            self.last = [self.last[1], word];
        }
    }

    /// Whether the literals certainly belong together; `None` if they do not belong together.
    fn is_strong(&self) -> Option<bool> {
        let [before, last] = self.last;
        // `key = key + "…"`, `KEY="${KEY}…"`.
        let extends = self.assigns && self.words >= 2 && before == last;
        let joins = self.appends || extends || !self.assigns && self.words == 0;
        (joins && self.words <= MOST_WORDS).then_some(!self.has_other_reading && !self.assigns && self.words == 0)
    }
}

/// What joins a part that ends at `end`, where a quote or its escape starts, to the next part.
pub(super) fn between(text: &[u8], end: usize) -> Option<Glue> {
    let whole = text;
    let limit = text.len().min(end + LONGEST);
    let text = &text[..limit];
    let closing = quote(&text[end..])?;
    let mut read = Read::default();
    let mut at = end + closing;
    // `{'…'}rest`: the end of a literal inside a literal.
    if let Some(rest) = interpolation_end(text, at) {
        return Some(Glue { range: end..rest, is_strong: true });
    }
    // A notebook stores each line of code as a JSON string, whose quotes do not belong to the code.
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
                Opening::Part(next) if read.has_other_reading && is_field(whole, next) => return None,
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

/// Whether the literal whose text starts at `at` is the name of a field: `"name": …`, `'name' => …`.
fn is_field(text: &[u8], at: usize) -> bool {
    let end = part_end(text, at);
    let Some(closing) = quote(&text[end..]) else { return false };
    let rest = &text[end + closing..];
    let blanks = rest.iter().take(4).take_while(|&&byte| byte == b' ').count();
    rest[blanks..].starts_with(b":") || rest[blanks..].starts_with(b"=>")
}

enum Opening {
    /// The literal's text starts at this offset.
    Part(usize),
    /// It is an empty literal, or one of three quotes.
    Empty(usize),
    /// It is not a part of the key.
    Other,
}

/// Reads the literal whose opening quote is at `at`.
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
        // `"""text`: three quotes open one literal; `"" + "text"`: two are an empty literal.
        Some(&byte) if in_part(byte) && next == at + 3 * length => Opening::Part(next),
        _ if is_empty => Opening::Empty(next),
        _ => Opening::Other,
    }
}

/// The variable that a literal starts with: `${KEY}…`, `{key}…`, `#{key}…`. (`$KEY…` cannot be separated from what
/// follows.)
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

/// The offset after `}`, if that is here.
fn interpolation_end(text: &[u8], at: usize) -> Option<usize> {
    let blanks = text[at..].iter().take(4).take_while(|&&byte| byte == b' ').count();
    let next = at + blanks + 1;
    (text.get(at + blanks) == Some(&b'}') && text.get(next).is_some_and(|&byte| in_part(byte))).then_some(next)
}

/// The length of the token at `at`, if it may be between two literals.
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
        // An item of a YAML list.
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
            // In Visual Basic, an underscore at the end continues a line.
            if length > 1 || byte != b'_' {
                read.word(&rest[..length]);
            }
            Some(length)
        }
        _ => None,
    }
}
