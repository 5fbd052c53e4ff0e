//! Numeric escapes: `%41`, `\x41`, `\u0041`, `\101`, `&#65;`; and underscores that Markdown and LaTeX escape.

use std::ops::Range;

use super::super::anchors::in_key;
use super::super::view::{Decoded, Ratio, View};
use super::super::{runs, steps};
use super::hex_digit;
use crate::core::finding::Layer;

/// An escape: the byte that it stands for, its length, its kind.
type Escape = (u8, usize, Layer);

/// A run with its numeric escapes decoded, if any of them stands for a character that could belong to a key or
/// to its assignment, and what comes out could hold a key; `decoded` is room to work in.
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
        // Backslashes that escape nothing numeric are no escapes one by one either.
        at += slashes.max(1);
        steps::count(slashes);
    }
    None
}

/// Whether some key, or a key encoded once more, can stand in the bytes of a run. The bytes around a run belong to no
/// key, so what is too short here is too short there.
fn could_hold_key(decoded: &[u8]) -> bool {
    let mut length = 0;
    let is_long = |&byte: &u8| {
        length = if in_key(byte) { length + 1 } else { 0 };
        length >= runs::LEAST
    };
    decoded.iter().any(is_long) || next(decoded, 0).is_some()
}

/// The numeric escape at `at`, where so many backslashes stand: in JSON within JSON the backslash itself is escaped.
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

/// What stands behind `&#`.
fn html(rest: &[u8]) -> Option<Escape> {
    let end = rest.iter().take(8).position(|&byte| byte == b';')?;
    let digits = std::str::from_utf8(&rest[..end]).ok()?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some((u8::try_from(number).ok()?, end + 3, Layer::Html))
}
