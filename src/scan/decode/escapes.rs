//! Decoding numeric escapes (`%41`, `\x41`, `\u0041`, `\101`, `&#65;`), and underscores escaped for Markdown and
//! LaTeX.

use std::ops::Range;

use super::super::alphabet::in_key;
use super::super::view::{Decoded, Ratio, View};
use super::super::{runs, steps};
use super::hex_digit;
use crate::core::finding::Layer;

/// An escape: its byte value, its length, and its kind.
type Escape = (u8, usize, Layer);

/// Decodes the numeric escapes in a run. `None` if no escape gives a character of a key or an assignment, or if the
/// result cannot contain a key. `decoded` is working memory.
pub(in crate::scan) fn escapes<'a>(view: &'a View<'a>, run: Range<usize>, decoded: &mut Decoded) -> Option<View<'a>> {
    let bytes = &view.bytes[..run.end];
    decoded.clear();
    let mut layer = None;
    let mut done = run.start;
    while let Some((at, (byte, length, kind))) = next(bytes, done) {
        if in_key(byte) || matches!(byte, b'=' | b':' | b'/' | b'.' | b'"' | b'%' | b'\\' | b'&') {
            layer = layer.or(Some(kind));
        }
        decoded.start(done, Ratio::One);
        decoded.bytes.extend_from_slice(&bytes[done..at]);
        decoded.start(at, Ratio::One);
        decoded.bytes.push(byte);
        done = at + length;
    }
    let layer = layer?;
    decoded.start(done, Ratio::One);
    decoded.bytes.extend_from_slice(&bytes[done..]);
    could_hold_key(&decoded.bytes).then(|| view.inner(layer, run, decoded))
}

/// The next escape at or after `from`.
fn next(bytes: &[u8], from: usize) -> Option<(usize, Escape)> {
    let mut at = from;
    while let Some(more) = bytes[at..].iter().position(|&byte| matches!(byte, b'%' | b'\\' | b'&')) {
        steps::count(more + 1);
        at += more;
        let slashes = bytes[at..].iter().take_while(|&&byte| byte == b'\\').count();
        if let Some(escape) = escape(bytes, at, slashes) {
            return Some((at, escape));
        }
        // If backslashes do not form a numeric escape, none of them does on its own.
        at += slashes.max(1);
        steps::count(slashes);
    }
    None
}

/// Whether a key, or another encoding of one, can be in the decoded bytes of a run. The bytes around the run do not
/// belong to a key, so they do not matter.
fn could_hold_key(decoded: &[u8]) -> bool {
    let mut length = 0;
    let is_long = |&byte: &u8| {
        length = if in_key(byte) { length + 1 } else { 0 };
        length >= runs::LEAST
    };
    decoded.iter().any(is_long) || next(decoded, 0).is_some()
}

/// The numeric escape at `at`, with this many backslashes: in JSON inside JSON the backslash itself is escaped.
#[inline]
fn escape(bytes: &[u8], at: usize, slashes: usize) -> Option<Escape> {
    let text = &bytes[at + slashes..];
    let (byte, length, kind) = match (slashes, text) {
        (0, [b'%', a, b, ..]) => (hex_digit(*a)? << 4 | hex_digit(*b)?, 3, Layer::Percent),
        (0, [b'&', b'#', rest @ ..]) => html(rest)?,
        (1.., [b'x', a, b, ..]) => (hex_digit(*a)? << 4 | hex_digit(*b)?, 3, Layer::Unicode),
        (1.., [b'u', b'0', b'0', a, b, ..]) => (hex_digit(*a)? << 4 | hex_digit(*b)?, 5, Layer::Unicode),
        (1.., [a @ b'0'..=b'1', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
            ((a & 7) << 6 | (b & 7) << 3 | c & 7, 3, Layer::Unicode)
        }
        (1.., [byte @ (b'_' | b'-'), ..]) if at > 0 && in_key(bytes[at - 1]) => (*byte, 1, Layer::Joined),
        _ => return None,
    };
    Some((byte, slashes + length, kind))
}

/// Decodes what follows `&#`.
fn html(rest: &[u8]) -> Option<Escape> {
    let end = rest.iter().take(8).position(|&byte| byte == b';')?;
    let digits = std::str::from_utf8(&rest[..end]).ok()?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some((u8::try_from(number).ok()?, end + 3, Layer::Html))
}
