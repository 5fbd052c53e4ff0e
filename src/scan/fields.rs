//! Fields of binary records that stand directly next to each other, so that a name, a key and an address look like one word:
//! rows of SQLite, texts after their lengths (Avro, LevelDB), UTF-16 after a length. They are scanned once more as text in
//! which they are apart, with the names of their columns.

use std::ops::Range;

use super::alphabet::in_name;
use super::counted::{self, Record};
use super::identifier::{NameClass, VariableName};
use super::progress::Done;
use super::seen::Scope;
use super::steps;
use super::tables::{TableColumns, tables};
use super::view::{Context, Decoded, Ratio, View};
use super::{Scanner, Sink, arrow, binary, plist};
use crate::core::finding::Layer;

/// The minimum length of a value.
const LEAST: usize = 16;

impl Scanner {
    /// Scans the fields of the record that a token is in, if that is one of a binary file.
    #[cold]
    #[inline(never)]
    pub(super) fn fields(&self, view: &View<'_>, token: &Range<usize>, done: &mut Done, out: &mut Sink) {
        let text: &[u8] = &view.bytes;
        if done.plausible == Some(token.start) {
            self.tagged(view, token, done, out);
        }
        // What is around a decoded part was looked at where it stands.
        if token.start < done.fields || token.end <= view.own.start || token.start >= view.own.end {
            return;
        }
        if counted::is_in_record(text, token, done)
            && self.assigned.has_words(&self.rules, text, token, done)
            && let Some(record) = counted::record(text, token)
        {
            self.record(view, &record, done, out);
        }
        let before = text[..token.start].last().copied().unwrap_or_default();
        if !before.is_ascii() && done.plausible != Some(token.start) {
            return;
        }
        let is_utf16 = matches!(view.layers.last(), Some(Layer::Utf16Le | Layer::Utf16Be));
        if !is_utf16 && !binary::is_control(before) && !done.is_binary(text) {
            return;
        }
        let (decoded, range) = if let Some(list) = plist::written(text) {
            list
        } else if let Some(columns) = arrow::written(text, token, &mut done.columns) {
            columns
        } else if let Some(row) = Row::around(text, token, &mut done.rows) {
            let tables = done.tables.get_or_insert_with(|| tables(text));
            (row.written(text, tables), row.range)
        } else if let Some(pair) = pair(text, token, is_utf16) {
            let range = pair.start..pair.value.end;
            (pair.written(text), range)
        } else {
            return;
        };
        done.fields = range.end;
        self.apart(view, range, &decoded, out);
    }

    /// Scans a record of texts after their lengths.
    #[cold]
    fn record(&self, view: &View<'_>, record: &Record, done: &mut Done, out: &mut Sink) {
        done.scope = Scope::Beyond;
        let before = out.candidates.len();
        self.apart(view, record.range.clone(), &record.decoded, out);
        // With what says its length, it looked like a longer value.
        let span = view.span(&record.value);
        if out.candidates[before..].iter().any(|candidate| candidate.span == span) {
            let is_longer = |other: &Range<usize>| other.start < span.end && span.start < other.end && *other != span;
            let is_contextual = |rule: usize| self.rules.rules()[rule].rule.is_contextual();
            out.candidates.retain(|candidate| !is_longer(&candidate.span) || !is_contextual(candidate.rule));
        }
    }

    /// Scans fields that were put apart. Where they are in another order, only what is within one of them counts.
    fn apart(&self, view: &View<'_>, range: Range<usize>, decoded: &Decoded, out: &mut Sink) {
        let before = out.candidates.len();
        let mut inner = view.inner_within(Layer::Bytes, range, decoded, Context { before: 0, after: 0 });
        // They are only apart, not decoded.
        inner.layers.pop();
        self.view(&inner, out);
        if !decoded.parts.is_sorted_by_key(|part| part.from) {
            let mut index = 0;
            out.candidates.retain(|candidate| {
                index += 1;
                index <= before || candidate.span.len() == candidate.secret.expose().len()
            });
        }
    }
}

/// A name and its value, of which a length stands before each, or before the value.
struct Pair {
    start: usize,
    name: usize,
    value: Range<usize>,
}

impl Pair {
    fn written(&self, text: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        add(&mut decoded, text, self.start..self.name, b"\": \"", b"\"");
        add(&mut decoded, text, self.value.clone(), b"\"\n", b"");
        decoded
    }
}

/// The pair that a token consists of, or is the value of: the length of the value looks like a letter or a sign between
/// them.
fn pair(text: &[u8], token: &Range<usize>, is_utf16: bool) -> Option<Pair> {
    let first = token.start.checked_sub(1)?;
    if is_utf16 {
        // LevelDB counts the type with the length of the bytes.
        let split = |at: &usize| usize::from(text[*at]) == 2 * (token.end - at - 1) + 1;
        let at = (token.start + 4..token.end.saturating_sub(LEAST)).find(split)?;
        let is_name = text[token.start..at].iter().all(|&byte| in_name(byte));
        return is_name.then_some(Pair { start: token.start, name: at, value: at + 1..token.end });
    }
    let before = text[..first].iter().rev().take(64).take_while(|&&byte| in_name(byte)).count();
    // The name is in the token, or directly before it.
    let inside = lengths(text[first]).map(|length| (token.start, token.start + length));
    let starts = inside.into_iter().chain([(first - before, first)]).filter(|(start, name)| {
        let is_counted = start.checked_sub(1).is_some_and(|at| lengths(text[at]).contains(&(name - start)));
        is_counted && *name < token.end && name - start > 3 && text[*start..*name].iter().all(|&byte| in_name(byte))
    });
    let mut pairs = starts.flat_map(|(start, name)| {
        lengths(text[name]).map(|length| Pair { start, name, value: name + 1..name + 1 + length })
    });
    pairs.find(|Pair { value, .. }| {
        let is_text = || text.get(value.clone()).is_some_and(|value| value.iter().all(u8::is_ascii_graphic));
        value.len() >= LEAST && value.end >= token.end && is_text()
    })
}

/// The lengths that a byte may stand for: in Avro, half of it.
fn lengths(byte: u8) -> [usize; 2] {
    let length = usize::from(byte);
    [length, if length % 2 == 0 { length / 2 } else { length }]
}

/// A row of SQLite.
struct Row {
    /// From its first value to the end of its last.
    range: Range<usize>,
    /// The columns that are texts, by index; a few have no value.
    columns: Vec<Option<Range<usize>>>,
}

impl Row {
    /// The row around a token. Offsets before `looked` were examined before.
    fn around(text: &[u8], token: &Range<usize>, looked: &mut usize) -> Option<Self> {
        /// How far before a value the start of its row is looked for.
        const BEFORE: usize = 400;
        // The last column types may look like the start of the value.
        let last = token.end.min(token.start + 16);
        let starts = token.start.saturating_sub(BEFORE).max(*looked)..last;
        *looked = last;
        starts.rev().find_map(|at| Self::at(text, at).filter(|row| row.range.end >= token.end))
    }

    /// The row whose header is at `at`: the length of the header, and the type of each column. The length of both stands
    /// before, and mostly a row's number after that.
    fn at(text: &[u8], at: usize) -> Option<Self> {
        /// A longer header starts with a byte of which text is full.
        const HEADERS: std::ops::RangeInclusive<usize> = 3..=31;
        let header = usize::from(text[at]);
        if !HEADERS.contains(&header) || at + header > text.len() || at < 2 {
            return None;
        }
        steps::count(header);
        let end = at + header;
        // Next to nothing that looks like a header is one, so the columns are not kept yet.
        let place = Self::columns(&text[at + 1..end], end, |_| {}).filter(|place| *place - at < 1 << 20)?;
        let is_sized = |before: usize| {
            let Some((size, length)) = at.checked_sub(before).and_then(|from| varint(&text[from..at])) else {
                return false;
            };
            let rest = &text[at - before + length..at];
            size == place - at && (rest.is_empty() || varint(rest).is_some_and(|(_, length)| length == rest.len()))
        };
        if !(1..=7).any(is_sized) {
            return None;
        }
        let mut columns = Vec::new();
        Self::columns(&text[at + 1..end], end, |column| columns.push(column))?;
        // What goes on in another page is cut off here.
        let stop = place.min(text.len());
        columns.iter_mut().for_each(|column| *column = column.take().filter(|range| range.end <= stop));
        columns.iter().flatten().next().is_some().then_some(Self { range: end..stop, columns })
    }

    /// Calls `found` for each column of these types, with the range of its value if that is a text; the first value is at
    /// `place`. Returns the end of the last one.
    fn columns(types: &[u8], mut place: usize, mut found: impl FnMut(Option<Range<usize>>)) -> Option<usize> {
        let mut next = 0;
        while next < types.len() {
            let (kind, length) = varint(&types[next..])?;
            next += length;
            let (length, is_text) = match kind {
                0 | 8 | 9 => (0, false),
                1..=4 => (kind, false),
                5 => (6, false),
                6 | 7 => (8, false),
                10 | 11 => return None,
                _ => ((kind - 12) / 2, kind % 2 == 1),
            };
            found(Some(place..place + length).filter(|_| is_text && length > 0));
            place += length;
        }
        Some(place)
    }

    /// The row as text: as an object with the names of its columns, and its values in pairs where one names the next.
    fn written(&self, text: &[u8], tables: &[TableColumns]) -> Decoded {
        let class = |name: &Range<usize>| VariableName::of(&text[name.clone()]).class();
        let fitting = tables.iter().filter(|names| names.len() == self.columns.len());
        let named = fitting.max_by_key(|names| names.iter().any(|name| class(name) == NameClass::Credential));
        let mut decoded = Decoded::default();
        decoded.start(self.range.start, Ratio::One);
        decoded.bytes.push(b'{');
        for (index, column) in self.columns.iter().enumerate() {
            let Some(column) = column else { continue };
            if let Some(name) = named.map(|names| &text[names[index].clone()]) {
                decoded.bytes.extend([b"\"", name, b"\": "].concat());
            }
            add(&mut decoded, text, column.clone(), b"\", ", b"\"");
        }
        decoded.bytes.extend(b"}\n");
        for pair in self.columns.windows(2) {
            if let [Some(name), Some(value)] = pair
                && class(name) == NameClass::Credential
            {
                add(&mut decoded, text, name.clone(), b"\": ", b"\"");
                add(&mut decoded, text, value.clone(), b"\"\n", b"\"");
            }
        }
        decoded
    }
}

/// Adds a field with what stands before and after it.
fn add(decoded: &mut Decoded, text: &[u8], field: Range<usize>, after: &[u8], before: &[u8]) {
    decoded.bytes.extend(before);
    decoded.start(field.start, Ratio::One);
    decoded.bytes.extend(&text[field]);
    decoded.bytes.extend(after);
}

/// A number of SQLite: seven bits a byte, the highest first. Also returns its length, which is at most four here.
fn varint(text: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, &byte) in text.iter().take(4).enumerate() {
        value = value << 7 | usize::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}
