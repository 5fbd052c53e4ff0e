//! The structure around a value: open brackets, the lines that it is indented under, the section, and table columns.
//! It is followed forward from a position that depends only on the value's position, and only as far as values are
//! examined.

use std::ops::Range;

use super::steps;

/// The size of a block in bytes. The structure is read from the start of the block before the value's block.
pub(super) const BLOCK: usize = 4096;
/// The maximum depth of brackets and indentation.
const DEEPEST: usize = 48;
/// The separators of table columns.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// The structure at a position.
#[derive(Debug, Default)]
pub(super) struct Enclosure {
    /// The block of the position; `at` is how far the text was followed.
    block: Option<usize>,
    at: usize,
    /// The open brackets, outermost first.
    pub(super) opens: Vec<OpenBracket>,
    /// The lines that the current one is indented under, and the current line itself last.
    pub(super) lines: Vec<IndentedLine>,
    /// The offset of the line `[section]`.
    pub(super) section: Option<usize>,
    /// The last pair of parentheses before `VALUES`, with the names of columns.
    pub(super) columns: Option<(usize, usize)>,
    last_group: Option<(usize, usize)>,
    /// The offset of the current line.
    pub(super) line: usize,
    /// The table that the current line belongs to, by its separators.
    table: Option<RowTable>,
    counts: [u16; SEPARATORS.len()],
}

/// An open bracket and its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenBracket {
    pub(super) at: usize,
    pub(super) byte: u8,
}

/// A line and its indentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndentedLine {
    pub(super) indent: usize,
    pub(super) start: usize,
}

/// Consecutive lines with the same number of separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowTable {
    pub(super) header: usize,
    pub(super) separator: u8,
    count: u16,
}

/// The bytes that change the structure.
const MARKS: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b"()[]{}\nvV,;\t|";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

impl Enclosure {
    /// Follows the structure up to `to`.
    pub(super) fn reach(&mut self, text: &[u8], to: usize) {
        let block = to / BLOCK;
        if self.block != Some(block) || to < self.at {
            let start = block.saturating_sub(1) * BLOCK;
            *self = Self { block: Some(block), at: start, line: start, ..Self::default() };
            self.begin_line(text, start);
        }
        steps::count(to - self.at);
        for at in self.at..to {
            let byte = text[at];
            if !MARKS[byte as usize] {
                continue;
            }
            match byte {
                b'(' | b'[' | b'{' if self.opens.len() < DEEPEST => self.opens.push(OpenBracket { at, byte }),
                b')' | b']' | b'}' => self.close(at, byte),
                b'\n' => {
                    self.end_line();
                    self.begin_line(text, at + 1);
                }
                b'v' | b'V' if text[at..].get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"values")) => {
                    self.columns = self.last_group.or(self.columns);
                }
                b',' | b';' | b'\t' | b'|' => {
                    if let Some(index) = SEPARATORS.iter().position(|separator| *separator == byte) {
                        self.counts[index] = self.counts[index].saturating_add(1);
                    }
                }
                _ => {}
            }
        }
        self.at = to;
    }

    fn close(&mut self, at: usize, byte: u8) {
        let open = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if let Some(index) = self.opens.iter().rposition(|other| other.byte == open) {
            if open == b'(' {
                self.last_group = Some((self.opens[index].at, at));
            }
            self.opens.truncate(index);
        }
    }

    fn end_line(&mut self) {
        let most = SEPARATORS.into_iter().zip(self.counts).max_by_key(|(_, count)| *count);
        let most = most.filter(|(_, count)| *count > 0);
        self.table = most.map(|(separator, count)| match self.table {
            Some(table) if table.separator == separator && table.count == count => table,
            _ => RowTable { header: self.line, separator, count },
        });
        self.counts = [0; SEPARATORS.len()];
    }

    fn begin_line(&mut self, text: &[u8], start: usize) {
        const WIDEST: usize = 64;
        self.line = start;
        let line = &text[start..text.len().min(start + WIDEST)];
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match line.get(indent) {
            None | Some(b'\n' | b'\r' | b'#') => return,
            Some(b'[') if indent == 0 && is_section(line) => self.section = Some(start),
            _ => {}
        }
        while self.lines.last().is_some_and(|last| last.indent >= indent) {
            self.lines.pop();
        }
        if self.lines.len() < DEEPEST {
            self.lines.push(IndentedLine { indent, start });
        }
    }

    /// The names of columns in `COPY t (a, b) FROM stdin;`, if that is the last pair of round brackets.
    pub(super) fn copied(&self, text: &[u8]) -> Option<(usize, usize)> {
        const FROM: &[u8] = b" from stdin";
        let (open, close) = self.last_group?;
        let next = text.get(close + 1..close + 1 + FROM.len())?;
        next.eq_ignore_ascii_case(FROM).then_some((open, close))
    }

    /// The table, if the current line is a row after the header.
    pub(super) fn table(&self) -> Option<RowTable> {
        self.table.filter(|table| table.header < self.line)
    }
}

/// Whether the line is `[section]` or `[[section]]` and nothing else.
fn is_section(line: &[u8]) -> bool {
    let end = line.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(line.len());
    let name = line[..end].trim_ascii_end();
    name.ends_with(b"]") && name.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'[' | b'"'))
}

/// The index of the column at the end of `before`, from 0.
pub(super) fn column(before: &[u8], separator: u8) -> usize {
    memchr::memchr_iter(separator, before).count()
}

/// The byte range of a column in a row.
pub(super) fn cell(text: &[u8], row: Range<usize>, separator: u8, column: usize) -> Option<Range<usize>> {
    let ends = memchr::memchr_iter(separator, &text[row.clone()]).map(|at| row.start + at).chain([row.end]);
    let starts = std::iter::once(row.start)
        .chain(memchr::memchr_iter(separator, &text[row.clone()]).map(|at| row.start + at + 1));
    starts.zip(ends).map(|(start, end)| start..end).nth(column)
}

impl Enclosure {
    /// The list item at the position.
    pub(super) fn item(&self, text: &[u8]) -> Option<ListItem> {
        let index = self.lines.iter().rposition(|line| text[line.start + line.indent..].starts_with(b"- "))?;
        let list = index.checked_sub(1).map_or(0, |above| self.lines[above].start);
        Some(ListItem { list, start: self.lines[index].start })
    }
}

/// An item of a list in which each item starts a line.
pub(super) struct ListItem {
    /// The offset of the line above the list.
    pub(super) list: usize,
    /// The offset of the line that starts the item.
    pub(super) start: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_open() {
        let text = b"a(b)\nservers:\n  - name: x\n    env: { one: [1, 2], two: [";
        let mut enclosure = Enclosure::default();
        enclosure.reach(text, text.len());
        let open: Vec<u8> = enclosure.opens.iter().map(|open| open.byte).collect();
        assert_eq!(open, b"{[");
        let starts: Vec<usize> = enclosure.lines.iter().map(|line| line.start).collect();
        assert_eq!(starts, [5, 14, 26]);
    }

    #[test]
    fn finds_the_header_of_a_table_and_the_columns_of_an_insert() {
        let text = b"title\nid,provider,key\n1,a,k\n2,b,";
        let mut enclosure = Enclosure::default();
        enclosure.reach(text, text.len());
        assert_eq!(enclosure.table().map(|table| table.header), Some(6));
        assert_eq!(cell(text, 6..21, b',', column(b"2,b,", b',')), Some(18..21));
        let text = b"INSERT INTO t (id, provider, key) VALUES\n (1, 'a', 'k'),\n (2, 'b', '";
        let mut enclosure = Enclosure::default();
        enclosure.reach(text, text.len());
        assert_eq!(enclosure.columns, Some((14, 32)));
    }

    #[test]
    fn the_way_there_does_not_matter() {
        let text: Vec<u8> = b"{ a: [1,2],\n b: (c)\n".iter().copied().cycle().take(3 * BLOCK).collect();
        let mut followed = Enclosure::default();
        for to in (0..text.len()).step_by(97) {
            followed.reach(&text, to);
            let mut fresh = Enclosure::default();
            fresh.reach(&text, to);
            assert_eq!((&followed.opens, &followed.lines), (&fresh.opens, &fresh.lines));
            assert_eq!((followed.columns, followed.table), (fresh.columns, fresh.table));
        }
    }
}
