//! Text between tags: of Word, PowerPoint and OpenDocument, of pages and drawings. What is read as one line or table stands
//! there in many elements, with settings of how it looks between them. It is scanned once more without its tags.

use std::ops::Range;

use super::progress::Done;
use super::view::{Context, Decoded, Ratio, View};
use super::{Scanner, Sink, steps};
use crate::core::finding::Layer;

/// How far before and after a value the text is read, in bytes.
const BEFORE: usize = 2000;
const AFTER: usize = 4000;
/// The maximum length of a tag.
const LONGEST: usize = 400;

/// Elements of text, by their names without a namespace: a part of a line, the cell of a table, and all others, which are
/// lines of their own.
const PARTS: &[&[u8]] = &[
    b"a", b"b", b"code", b"em", b"font", b"i", b"is", b"kbd", b"mark", b"r", b"rPr", b"s", b"samp", b"small", b"span",
    b"strong", b"sub", b"sup", b"t", b"tspan", b"tt", b"u", b"v", b"var", b"wbr",
];
const CELLS: &[&[u8]] = &[b"c", b"dt", b"tab", b"table-cell", b"tc", b"td", b"th"];
const LINES: &[&[u8]] = &[
    b"blockquote",
    b"body",
    b"br",
    b"dd",
    b"div",
    b"dl",
    b"h",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"html",
    b"li",
    b"line-break",
    b"ol",
    b"p",
    b"pre",
    b"row",
    b"section",
    b"table",
    b"table-row",
    b"tbl",
    b"tbody",
    b"text",
    b"thead",
    b"tr",
    b"txBody",
    b"ul",
];

impl Scanner {
    /// Scans the text around a token without its tags, if the token stands behind one.
    #[inline]
    pub(super) fn tagged(&self, view: &View<'_>, token: &Range<usize>, done: &mut Done, out: &mut Sink) {
        if token.start >= done.tagged
            && let [.., b'>'] | [.., b'>', b' '] = view.bytes[..token.start]
        {
            self.untagged(view, token, done, out);
        }
    }

    #[cold]
    #[inline(never)]
    fn untagged(&self, view: &View<'_>, token: &Range<usize>, done: &mut Done, out: &mut Sink) {
        let text: &[u8] = &view.bytes;
        let is_found = out.candidates.last().is_some_and(|last| last.span.end > view.place(token.start));
        if is_found || !is_in_text(text, token.start) || !self.assigned.has_words(&self.rules, text, token, done) {
            return;
        }
        let from = token.start.saturating_sub(BEFORE);
        let from = memchr::memchr(b'<', &text[from..token.start]).map_or(token.start, |at| from + at);
        let to = text.len().min(token.end + AFTER);
        let to = memchr::memrchr(b'>', &text[token.end..to]).map_or(token.end, |at| token.end + at + 1);
        let decoded = without_tags(text, from..to);
        done.tagged = to;
        let before = out.candidates.len();
        let mut inner = view.inner_within(Layer::Bytes, from..to, &decoded, Context { before: 0, after: 0 });
        // It is only apart, not decoded.
        inner.layers.pop();
        self.view(&inner, out);
        let mut index = 0;
        out.candidates.retain(|candidate| {
            index += 1;
            let is_whole = || candidate.span.len() == candidate.secret.expose().len();
            let is_contextual = || self.rules.rules()[candidate.rule].rule.is_contextual();
            index <= before || is_contextual() && is_whole()
        });
    }
}

/// The name of a tag without its namespace, and whether it is an end tag; the tag is without its brackets.
fn name(tag: &[u8]) -> &[u8] {
    let tag = tag.strip_prefix(b"/").unwrap_or(tag);
    let length = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-')).count();
    tag[..length].rsplit(|byte| *byte == b':').next().unwrap_or_default()
}

/// Whether a line ends at a tag: not at one that only says how text looks.
fn is_line(name: &[u8], is_empty: bool) -> bool {
    LINES.contains(&name) || !is_empty && !PARTS.contains(&name) && !name.ends_with(b"Pr")
}

/// Whether the tag directly before `at` is that of an element of text.
fn is_in_text(text: &[u8], at: usize) -> bool {
    let near = text[at.saturating_sub(LONGEST)..at].trim_ascii_end();
    steps::count(near.len());
    let Some(open) = memchr::memrchr(b'<', near) else { return false };
    let name = name(&near[open + 1..]);
    [PARTS, CELLS, LINES].iter().any(|names| names.contains(&name))
}

/// The text of a range: lines, and in them cells.
fn without_tags(text: &[u8], range: Range<usize>) -> Decoded {
    steps::count(range.len());
    let mut decoded = Decoded::default();
    let mut at = range.start;
    while at < range.end {
        let next = memchr::memchr(b'<', &text[at..range.end]).map_or(range.end, |next| at + next);
        if next > at {
            decoded.start(at, Ratio::One);
            decoded.bytes.extend(&text[at..next]);
        }
        let window = &text[next..range.end.min(next + LONGEST)];
        let Some(end) = memchr::memchr(b'>', window) else {
            decoded.bytes.push(b' ');
            at = next + 1;
            continue;
        };
        let tag = name(&window[1.min(end)..end]);
        let last = decoded.bytes.last().copied();
        if CELLS.contains(&tag) {
            // The lines in a cell are no rows.
            while let Some(b'\n' | b'\t') = decoded.bytes.last().filter(|_| window[1] == b'/') {
                decoded.bytes.pop();
            }
            if window[1] == b'/' || window[end - 1] == b'/' {
                decoded.bytes.push(b'\t');
            }
        } else if is_line(tag, window[end - 1] == b'/') && !matches!(last, None | Some(b'\n' | b'\t')) {
            decoded.bytes.push(b'\n');
        } else if matches!(tag, b"tr" | b"row" | b"table-row") && last == Some(b'\t') {
            decoded.bytes.pop();
            decoded.bytes.push(b'\n');
        } else if tag == b"s" && window[end - 1] == b'/' {
            decoded.bytes.push(b' ');
        }
        at = next + end + 1;
    }
    decoded
}
