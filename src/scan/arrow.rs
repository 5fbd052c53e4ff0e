//! Columns of texts in Apache Arrow's files: the offsets of the texts, and after them the texts without anything between
//! them.

use std::ops::Range;

use super::identifier::{NameClass, VariableName};
use super::steps;
use super::view::{Decoded, Ratio};

/// The maximum number of rows, and how far before a column another one is looked for.
const MOST_ROWS: usize = 4096;
const FARTHEST: usize = 1 << 15;
/// How many texts between zeros may be tried as its texts.
const MOST_TRIES: usize = 64;

/// A column: where its offsets start, where its texts do, and the offsets.
struct Column {
    start: usize,
    texts: usize,
    offsets: Vec<usize>,
}

impl Column {
    /// The column whose texts start at `texts`.
    fn at(text: &[u8], texts: usize) -> Option<Self> {
        /// Buffers start at a multiple of this many bytes.
        const STEP: usize = 64;
        let int = |at: usize| Some(u32::from_le_bytes(*text.get(at..at + 4)?.first_chunk()?) as usize);
        let length = text[texts..].iter().take_while(|byte| **byte != 0).count();
        // Between the offsets and the texts there are zeros.
        (0..STEP / 4).find_map(|gap| {
            let end = texts.checked_sub(4 * gap)?;
            if text[end..texts].iter().any(|byte| *byte != 0) {
                return None;
            }
            let mut at = end.checked_sub(4)?;
            let last = int(at).filter(|last| *last > 0 && *last <= length)?;
            let mut offsets = vec![last];
            while offsets.last() != Some(&0) {
                at = at.checked_sub(4)?;
                let next = int(at)?;
                if Some(&next) > offsets.last() || offsets.len() > MOST_ROWS {
                    return None;
                }
                offsets.push(next);
            }
            offsets.reverse();
            steps::count(offsets.len());
            Some(Self { start: at, texts, offsets })
        })
    }

    fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    fn cell(&self, row: usize) -> Range<usize> {
        self.texts + self.offsets[row]..self.texts + self.offsets[row + 1]
    }

    fn end(&self) -> usize {
        self.texts + self.offsets.last().copied().unwrap_or(0)
    }

    /// The column with as many rows that ends before this one.
    fn before(&self, text: &[u8]) -> Option<Self> {
        let floor = self.start.saturating_sub(FARTHEST);
        let mut at = self.start;
        for _ in 0..MOST_TRIES {
            if at <= floor {
                return None;
            }
            let end = at - text[floor..at].iter().rev().take_while(|byte| **byte == 0).count();
            let start = end - text[floor..end].iter().rev().take_while(|byte| **byte != 0).count();
            steps::count(at - start);
            if start == at || start <= floor {
                return None;
            }
            if let Some(column) = Self::at(text, start).filter(|column| column.rows() == self.rows()) {
                return Some(column);
            }
            at = start;
        }
        None
    }
}

/// The column that a token is in as text, a row on each line, with the column before it and the name of the column of
/// credentials. `refused` is where texts end that are in no column.
pub(super) fn written(text: &[u8], token: &Range<usize>, refused: &mut usize) -> Option<(Decoded, Range<usize>)> {
    let is_file = text.starts_with(b"ARROW1") || text.starts_with(b"\xff\xff\xff\xff");
    if !is_file || token.start < *refused {
        return None;
    }
    let start = memchr::memrchr(0, &text[..token.start]).map_or(0, |zero| zero + 1);
    steps::count(token.start - start);
    let Some(column) = Column::at(text, start).filter(|column| token.start < column.end()) else {
        *refused = memchr::memchr(0, &text[token.start..]).map_or(text.len(), |zero| token.start + zero);
        return None;
    };
    let names = column.before(text);
    let label = label(text);
    let mut decoded = Decoded::default();
    for row in 0..column.rows() {
        decoded.bytes.extend(b"{\"");
        let mut is_named = false;
        if let Some(name) = names.as_ref().map(|names| names.cell(row)) {
            decoded.start(name.start, Ratio::One);
            decoded.bytes.extend(&text[name.clone()]);
            is_named = VariableName::of(&text[name]).class() == NameClass::Credential;
            decoded.bytes.extend(if is_named { &b"\": \""[..] } else { b"\", \"" });
        }
        if !is_named {
            decoded.start(column.start, Ratio::One);
            decoded.bytes.extend(&text[label.clone()]);
            decoded.bytes.extend(if label.is_empty() { &b"value\": \""[..] } else { b"\": \"" });
        }
        let cell = column.cell(row);
        decoded.start(cell.start, Ratio::One);
        decoded.bytes.extend(&text[cell]);
        decoded.bytes.extend(b"\"}\n");
    }
    Some((decoded, column.start..column.end()))
}

/// The only name of a column in the schema that is a credential's.
fn label(text: &[u8]) -> Range<usize> {
    const SCHEMA: usize = 4096;
    let schema = &text[..text.len().min(SCHEMA)];
    steps::count(schema.len());
    let is_counted = |range: &Range<usize>| {
        let length = range.start.checked_sub(4).and_then(|at| text[at..].first_chunk::<4>());
        length.is_some_and(|length| u32::from_le_bytes(*length) as usize == range.len())
    };
    let mut start = 0;
    let ends = memchr::memchr_iter(0, schema);
    let mut names = ends.map(|end| std::mem::replace(&mut start, end + 1)..end);
    let is_key = |name: &Range<usize>| {
        is_counted(name) && VariableName::of(&text[name.clone()]).class() == NameClass::Credential
    };
    let name = names.find(is_key).unwrap_or(0..0);
    if names.any(|other| is_key(&other)) { 0..0 } else { name }
}
