//! Texts in binary records that stand after their length, next to each other: CBOR, Smile, Ion, the serializations of Python,
//! Ruby and Java, Thrift and the like. What says the length looks like a letter or a sign, so a name, a key and the next name
//! look like one word. They are written as text in which they are apart, each value with the name before it.

use std::ops::Range;

use super::identifier::{NameClass, VariableName};
use super::progress::Done;
use super::view::{Decoded, Ratio};
use super::{binary, steps};

/// The minimum length of a value.
const LEAST: usize = 16;
/// The maximum length of a text next to it.
const LONGEST: usize = 120;
/// How many bytes may be between two texts: numbers, types, marks of what is referred to.
const GAP: usize = 24;
/// How many texts before and after a value are read.
const MOST: [usize; 2] = [8, 6];

/// How the length of a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Cbor,
    Smile,
    Ion,
    /// Compiled Python.
    Marshal,
    Pickle,
    /// The first protocol of pickle, which is text: `VMISTRAL_API_KEY`, and a line with a number.
    PickleLines,
    Ruby,
    /// Two bytes, the higher first.
    Short,
    /// Four bytes, the lowest first.
    Word,
    /// Four bytes, the highest first.
    BigWord,
}

/// The bytes that stand before a length of one byte.
const MARKS: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b"xzZU\":\x00\x01\x8c\x8e\xda\xfa";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

impl Format {
    const ALL: [Self; 10] = [
        Self::Cbor,
        Self::Pickle,
        Self::Marshal,
        Self::Ion,
        Self::Ruby,
        Self::PickleLines,
        Self::Smile,
        Self::Word,
        Self::BigWord,
        Self::Short,
    ];

    /// How many bytes before the text in `range` say how long it is; `None` if they do not.
    fn head(self, text: &[u8], range: &Range<usize>) -> Option<usize> {
        let length = range.len();
        let is_word = |a: u8, b: u8, c: u8, d: u8| u32::from_le_bytes([a, b, c, d]) as usize == length;
        let is = |byte: u8, of: usize| usize::from(byte) == of;
        let found = match (self, &text[..range.start]) {
            (Self::Cbor, &[.., 0x78, n]) if length >= 24 && is(n, length) => 2,
            (Self::Cbor, &[.., 0x79, a, b]) if length > 255 && is_word(b, a, 0, 0) => 3,
            (Self::Cbor, &[.., n]) if length < 24 && is(n, 0x60 + length) => 1,
            (Self::Smile, &[.., n]) if length <= 64 && is(n, 0x7f + length) => 1,
            (Self::Smile, &[.., n]) if length <= 32 && is(n, 0x3f + length) => 1,
            (Self::Smile, &[.., n]) if (33..=64).contains(&length) && is(n, 0x60 + length - 33) => 1,
            (Self::Smile, [.., 0xe0 | 0xe4]) if text.get(range.end) == Some(&0xfc) => 1,
            (Self::Ion, &[.., n]) if length < 14 && is(n, 0x80 + length) => 1,
            (Self::Ion, &[.., 0x8e, n]) if length < 128 && is(n, 0x80 + length) => 2,
            (Self::Ion, &[.., 0x8e, a, b]) if is(a, length >> 7) && is(b, 0x80 + (length & 0x7f)) => 3,
            (Self::Marshal, &[.., b'z' | b'Z' | 0xfa | 0xda, n]) if is(n, length) => 2,
            (Self::Marshal, &[.., b'a' | b'A' | b'u' | 0xe1 | 0xc1 | 0xf5, a, b, c, d]) if is_word(a, b, c, d) => 5,
            (Self::Pickle, &[.., 0x8c | b'U', n]) if is(n, length) => 2,
            (Self::Pickle, &[.., b'X' | b'T', a, b, c, d]) if is_word(a, b, c, d) => 5,
            (Self::PickleLines, [.., b'V']) if is_numbered(&text[range.end..]) => 1,
            (Self::Ruby, &[.., b'"' | b':', n]) if length < 123 && is(n, length + 5) => 2,
            (Self::Ruby, &[.., b'"' | b':', 1, n]) if length >= 123 && is(n, length) => 3,
            (Self::Short, &[.., a, b]) if is_word(b, a, 0, 0) => 2,
            (Self::Word, &[.., a, b, c, d]) if is_word(a, b, c, d) => 4,
            (Self::BigWord, &[.., d, c, b, a]) if is_word(a, b, c, d) => 4,
            _ => return None,
        };
        Some(found)
    }

    /// The lengths that the bytes before a text may stand for.
    fn lengths(self, text: &[u8], start: usize) -> [usize; 4] {
        let rest = &text[start..text.len().min(start + 512)];
        let to = |byte: u8| memchr::memchr(byte, rest).unwrap_or(0);
        let (first, second) = match text[..start] {
            [.., second, first] => (usize::from(first), usize::from(second)),
            _ => return [0; 4],
        };
        match self {
            Self::Cbor => [first, first & 0x1f, second << 8 | first, 0],
            Self::Smile => [(first & 0x3f) + 1, (first & 0x1f) + 1, (first & 0x1f) + 33, to(0xfc)],
            Self::Ion => [first & 0x7f, first & 0x0f, second << 7 | first & 0x7f, 0],
            Self::PickleLines => [to(b'\n'), 0, 0, 0],
            Self::Ruby => [first.saturating_sub(5), first, 0, 0],
            Self::Short | Self::BigWord => [second << 8 | first, 0, 0, 0],
            Self::Marshal | Self::Pickle | Self::Word => {
                let word = text[..start].last_chunk::<4>().map_or(0, |word| u32::from_le_bytes(*word) as usize);
                [first, word, 0, 0]
            }
        }
    }

    /// The text that starts at `start`, and where what stands before it starts.
    fn at(self, text: &[u8], start: usize, least: usize) -> Option<Counted> {
        self.lengths(text, start).into_iter().filter(|length| *length >= least).find_map(|length| {
            let range = start..start.checked_add(length)?;
            let is_text = text.get(range.clone())?.iter().all(is_shown);
            let head = self.head(text, &range).filter(|_| is_text)?;
            Some(Counted { from: start - head, range })
        })
    }

    /// Whether a value ends where its length says: no letter follows, or one that belongs to the next length.
    fn ends(self, text: &[u8], value: &Counted) -> bool {
        let end = value.range.end;
        // Four bytes, or one after a byte that no text has.
        let is_sure = matches!(self, Self::Marshal | Self::Pickle | Self::Word | Self::BigWord);
        !text[value.range.clone()].contains(&b' ')
            && (is_sure
                || !text.get(end).is_some_and(u8::is_ascii_alphanumeric)
                || self.after(text, end).is_some_and(|next| next.from <= end + 2))
    }

    /// The text after `from`.
    fn after(self, text: &[u8], from: usize) -> Option<Counted> {
        const LONGEST_HEAD: usize = 5;
        // In compiled Python, functions may be between the values and the names.
        let gap = if self == Self::Marshal { 16 * GAP } else { GAP };
        let starts = from + 1..text.len().min(from + gap + LONGEST_HEAD);
        steps::count(starts.len());
        starts
            .into_iter()
            .find_map(|start| self.at(text, start, 2).filter(|next| next.from >= from && next.range.len() <= LONGEST))
    }

    /// The text before `end`.
    fn before(self, text: &[u8], end: usize) -> Option<Counted> {
        (end.saturating_sub(GAP)..=end).rev().find_map(|end| {
            let length = text[..end].iter().rev().take(LONGEST).take_while(|byte| is_shown(byte)).count();
            steps::count(length);
            (2..=length).find_map(|length| {
                let range = end - length..end;
                let head = self.head(text, &range)?;
                Some(Counted { from: range.start - head, range })
            })
        })
    }
}

/// A text, and where what says its length starts.
struct Counted {
    from: usize,
    range: Range<usize>,
}

fn is_shown(byte: &u8) -> bool {
    byte.is_ascii_graphic() || *byte == b' '
}

/// Whether a line with a number follows: `\np12`.
fn is_numbered(after: &[u8]) -> bool {
    matches!(after, [b'\n', b'p', digit, ..] if digit.is_ascii_digit())
}

/// A quick test: whether a length may stand before a token, or at its start. Next to no text has one.
#[inline]
fn may_be_counted(text: &[u8], token: &Range<usize>, done: &mut Done) -> bool {
    let [.., second, first] = text[..token.start] else { return false };
    if !first.is_ascii() || first < b' ' && !first.is_ascii_whitespace() {
        return true;
    }
    let start = text[token.start];
    let is_marked = MARKS[usize::from(second)]
        || matches!(first, b'V' | b'.' | b'/' | b'+' | b':')
        || matches!(start, b'x' | b'z' | b'Z' | b'_')
        || usize::from(start & 0x1f) + 33 == token.len() - 1;
    second == b'x' && !first.is_ascii_alphanumeric()
        || first == b'\n' && start == b'V'
        || first == b'"' && second == b'I'
        || second == b'"' && matches!(first, b'%'..=b'.')
        || is_marked && done.is_binary(text)
}

/// A record of which a token is the value.
pub(super) struct Record {
    /// The value itself.
    pub(super) value: Range<usize>,
    /// From the first text to the end of the last.
    pub(super) range: Range<usize>,
    pub(super) decoded: Decoded,
}

/// Whether a token may be the value of a record.
#[inline]
pub(super) fn is_in_record(text: &[u8], token: &Range<usize>, done: &mut Done) -> bool {
    /// A name and a value in one token are not plausible as a value, but long, and hold digits.
    const LEAST_LONG: usize = 24;
    let is_line = || text[token.start] == b'V' && text[..token.start].ends_with(b"\n");
    let is_long = || token.len() >= LEAST_LONG && text[token.clone()].iter().any(u8::is_ascii_digit);
    may_be_counted(text, token, done)
        && (done.plausible == Some(token.start) || is_long())
        && (is_line() || binary::is_binary(text, token))
}

/// The record that a token stands in.
#[cold]
pub(super) fn record(text: &[u8], token: &Range<usize>) -> Option<Record> {
    /// A length has at most two bytes that look like letters.
    const INSIDE: usize = 3;
    /// Where the name and the value are one token, the value starts up to here.
    const FARTHEST: usize = 64;
    // A value may hold dots and slashes.
    let left = text[..token.start].iter().rev().take(FARTHEST).take_while(|byte| byte.is_ascii_graphic()).count();
    let is_part = matches!(text[..token.start], [.., b'.' | b'/' | b'+' | b':']);
    let first = if is_part { token.start - left } else { token.start };
    let starts = first..token.end.min(token.start + FARTHEST);
    let is_binary = binary::is_binary(text, token);
    let found = Format::ALL.into_iter().flat_map(|format| {
        let values = starts.clone().filter_map(move |start| format.at(text, start, LEAST));
        values.filter_map(move |value| {
            let holds = value.range.end > token.start && format.ends(text, &value);
            if !holds || format != Format::PickleLines && !is_binary {
                return None;
            }
            let name = format.before(text, value.from);
            let is_next = name.as_ref().is_some_and(|name| name.range.end == value.from);
            let is_inside = value.range.start > token.start + INSIDE;
            let is_named = name.as_ref().is_some_and(|name| class(text, &name.range) == NameClass::Credential);
            let rank = (is_named, value.range.end >= token.end, value.range.len());
            (is_next || !is_inside).then_some((rank, format, value, name))
        })
    });
    let (_, format, value, name) = found.max_by_key(|(rank, ..)| *rank)?;
    let before = std::iter::successors(name, |next| format.before(text, next.from));
    let mut texts: Vec<Range<usize>> = before.take(MOST[0]).map(|counted| counted.range).collect();
    texts.reverse();
    let place = texts.len();
    texts.push(value.range.clone());
    let next = format.after(text, value.range.end);
    let after = std::iter::successors(next, |next| format.after(text, next.range.end));
    texts.extend(after.take(MOST[1]).map(|counted| counted.range));
    (texts.len() > 1).then(|| written(text, &texts, place))
}

/// What a text shows as a name; several words are none.
fn class(text: &[u8], range: &Range<usize>) -> NameClass {
    let name = &text[range.clone()];
    if name.contains(&b' ') { NameClass::Other } else { VariableName::of(name).class() }
}

/// The texts of a record as those of an object, of which the one at `place` is the value.
fn written(text: &[u8], texts: &[Range<usize>], place: usize) -> Record {
    let is_named = place.checked_sub(1).is_some_and(|name| {
        matches!(class(text, &texts[name]), NameClass::Credential | NameClass::Secret | NameClass::Id)
    });
    // Where values and names are apart, it is mostly the next one.
    let after = texts[place + 1..].iter();
    let label = after.chain(texts[..place].iter().rev()).find(|range| class(text, range) == NameClass::Credential);
    let mut decoded = Decoded::default();
    decoded.start(texts[0].start, Ratio::One);
    decoded.bytes.extend(b"{");
    for (index, range) in texts.iter().enumerate() {
        if index == place && !is_named {
            decoded.bytes.push(b'"');
            if let Some(label) = label {
                decoded.start(label.start, Ratio::One);
            }
            decoded.bytes.extend(label.map_or(&b"value"[..], |label| &text[label.clone()]));
            decoded.bytes.extend(b"\": ");
        }
        decoded.bytes.push(b'"');
        decoded.start(range.start, Ratio::One);
        decoded.bytes.extend(&text[range.clone()]);
        decoded.bytes.extend(if is_named && index + 1 == place { &b"\": "[..] } else { b"\", " });
    }
    decoded.bytes.extend(b"}\n");
    let end = texts.last().map_or(0, |last| last.end);
    Record { value: texts[place].clone(), range: texts[0].start..end, decoded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_with_its_name() {
        let value = b"Yx3Qf8Zr1Lw0Tn5Vb7Kd2Gh9Jm4Pc6Se";
        let cases: [(&[u8], &[u8]); 6] = [
            (b"\xa1\x67api_key\x78\x20", b""),
            (b":)\n\x03\xfa\x86api_key\x5f", b"\xfb"),
            (b"\x80\x04\x95\x8c\x07api_key\x94\x8c\x20", b"\x94s."),
            (b"\x80\x02}q\0X\x07\0\0\0api_keyq\x01X\x20\0\0\0", b"q\x02u."),
            (b"\x04\x08{\x06I\"\x0capi_key\x06:\x06ETI\"\x25", b"\x06;\0T"),
            (b"\xac\xed\0\x05t\0\x07api_keyt\0\x20", b"t\0\x04mode"),
        ];
        for (before, after) in cases {
            let text = [before, value, after].concat();
            // The token may start with what says its length.
            let left = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            let token = before.len() - left..before.len() + value.len();
            let record = record(&text, &token).map(|record| record.decoded.bytes);
            let written = [&b"\"api_key\": \""[..], value, b"\""].concat();
            let holds = record.as_ref().is_some_and(|record| memchr::memmem::find(record, &written).is_some());
            assert!(
                holds,
                "{:?}: {:?}",
                before.escape_ascii().to_string(),
                record.map(|r| r.escape_ascii().to_string())
            );
        }
    }
}
