//! Text inside text: UTF-16, base64, hex and escapes, decoded only where the encoded form could hold a key.
//!
//! Base64 and hex of ASCII text are recognised by their digits: a byte below 128 leaves one bit of each of three
//! sextets zero, so six groups in a row that fit are text once in a quarter of a million at random. That finds an
//! encoded key at any alignment and to any depth without decoding anything else.

use std::ops::Range;

use super::anchors::in_key;
use crate::core::finding::Layer;

/// Bytes and where each came from.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) bytes: std::borrow::Cow<'a, [u8]>,
    /// For each byte, and for the end, the offset in the content; `None`: the same.
    places: Option<Vec<usize>>,
    pub(super) layers: Vec<Layer>,
    /// The decoded part: around it stands what surrounds the encoded text, for context.
    pub(super) own: Range<usize>,
}

impl<'a> View<'a> {
    /// The content itself.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.into(), places: None, layers: Vec::new(), own: 0..bytes.len() }
    }

    /// Where the byte at `at` (or the end) stands in the content.
    pub(super) fn place(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| places[at])
    }

    /// This view with `range` decoded: each of `decoded` is a byte and its offset in this view.
    fn inner(&self, layer: Layer, range: Range<usize>, decoded: &[(u8, usize)]) -> View<'static> {
        const LEFT: usize = 240;
        const RIGHT: usize = 120;
        let left = range.start.saturating_sub(LEFT)..range.start;
        let right = range.end..self.bytes.len().min(range.end + RIGHT);
        let mut bytes = Vec::with_capacity(left.len() + decoded.len() + right.len());
        let mut places = Vec::with_capacity(bytes.capacity() + 1);
        let outside = |range: Range<usize>, bytes: &mut Vec<u8>, places: &mut Vec<usize>| {
            bytes.extend_from_slice(&self.bytes[range.clone()]);
            places.extend(range.map(|at| self.place(at)));
        };
        outside(left.clone(), &mut bytes, &mut places);
        bytes.extend(decoded.iter().map(|(byte, _)| byte));
        places.extend(decoded.iter().map(|(_, at)| self.place(*at)));
        outside(right.clone(), &mut bytes, &mut places);
        places.push(self.place(right.end));
        let own = left.len()..left.len() + decoded.len();
        let layers = self.layers.iter().copied().chain([layer]).collect();
        View { bytes: bytes.into(), places: Some(places), layers, own }
    }
}

/// The most that is decoded at a time, in encoded characters: bounds the memory that an encoded gigabyte takes.
const MOST: usize = 1 << 16;
/// What two pieces share, so that a key on their border is whole in one of them.
const SHARED: usize = 1 << 13;

/// A long range in pieces.
pub(super) fn pieces(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(MOST - SHARED).map(move |start| start..end.min(start + MOST))
}

/// The text around a run of characters that alternate with zero bytes, and where it ends.
pub(super) fn utf16(view: &View<'_>, run: Range<usize>) -> (View<'static>, usize) {
    let bytes = &view.bytes;
    // One parity holds the characters, the other the zeros.
    let first = if bytes[run.start] != 0 { run.start } else { run.start + 1 };
    let little = match bytes.get(..2) {
        Some([0xff, 0xfe]) => true,
        Some([0xfe, 0xff]) => false,
        _ => first % 2 == 0,
    };
    let zero = |at: usize| if little { at + 1 } else { at.wrapping_sub(1) };
    let mut start = first;
    while start >= 2 && first - start < SHARED && bytes.get(zero(start - 2)) == Some(&0) && bytes[start - 2] != 0 {
        start -= 2;
    }
    let mut end = first;
    while end - first < MOST && bytes.get(zero(end)) == Some(&0) && bytes.get(end).is_some_and(|&byte| byte != 0) {
        end += 2;
    }
    let done = end - first < MOST;
    let unit = |at: usize| if little { at } else { at - 1 };
    // The last character of a file that was cut in two may lack its zero.
    if end + 1 == bytes.len() && little && in_key(bytes[end]) {
        end += 2;
    }
    let decoded: Vec<(u8, usize)> = (start..end).step_by(2).map(|at| (bytes[at], unit(at))).collect();
    let layer = if little { Layer::Utf16Le } else { Layer::Utf16Be };
    let end = unit(end).min(bytes.len());
    (view.inner(layer, unit(start)..end, &decoded), if done { end.max(run.end) } else { end - SHARED })
}

/// A run with its numeric escapes decoded, if any of them stands for a character that could belong to a key or
/// to its assignment.
pub(super) fn escapes(view: &View<'_>, run: Range<usize>) -> Option<View<'static>> {
    let bytes = &view.bytes[..run.end];
    let mut decoded = Vec::new();
    let mut layer = None;
    let mut at = run.start;
    while at < run.end {
        let (byte, length, kind) = match escape(&bytes[at..]) {
            Some((byte, length, kind)) => (byte, length, Some(kind)),
            None => (bytes[at], 1, None),
        };
        if kind.is_some() && (in_key(byte) || matches!(byte, b'=' | b':' | b'/' | b'.' | b'"')) {
            layer = layer.or(kind);
        }
        decoded.push((byte, at));
        at += length;
    }
    Some(view.inner(layer?, run, &decoded))
}

/// The numeric escape at the start of `text`: the byte, the escape's length, its kind.
fn escape(text: &[u8]) -> Option<(u8, usize, Layer)> {
    match text {
        [b'%', a, b, ..] => Some((hex(*a)? << 4 | hex(*b)?, 3, Layer::Percent)),
        [b'\\', b'x', a, b, ..] => Some((hex(*a)? << 4 | hex(*b)?, 4, Layer::Unicode)),
        [b'\\', b'u', b'0', b'0', a, b, ..] => Some((hex(*a)? << 4 | hex(*b)?, 6, Layer::Unicode)),
        // In JSON within JSON the backslash itself is escaped.
        [b'\\', rest @ ..] if rest.starts_with(b"\\") => {
            let (byte, length, kind) = escape(rest)?;
            (kind == Layer::Unicode).then_some((byte, length + 1, kind))
        }
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(8).position(|&byte| byte == b';')?;
            let digits = std::str::from_utf8(&rest[..end]).ok()?;
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            Some((u8::try_from(number).ok()?, end + 3, Layer::Html))
        }
        _ => None,
    }
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

/// Groups of four base64 digits in a row that must fit ASCII text.
const LEAST_GROUPS: usize = 6;

/// The value of a base64 digit of either alphabet; 64: none.
const SEXTET: [u8; 256] = {
    let mut table = [64; 256];
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[digits[i] as usize] = i as u8;
        i += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Bit `i` says whether a base64 digit can be the one at place `i` of a group that encodes three bytes below 128.
const FITS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = SEXTET[byte];
        if value < 64 {
            let first = (value & 0x20 == 0) as u8;
            let second = (value & 0x08 == 0) as u8;
            let third = (value & 0x02 == 0) as u8;
            table[byte] = first | second << 1 | third << 2 | 8;
        }
        byte += 1;
    }
    table
};

/// Whether four digits can encode three bytes below 128.
fn fits_ascii(group: &[u8]) -> bool {
    let &[a, b, c, d, ..] = group else { return false };
    FITS[a as usize] & 1 != 0 && FITS[b as usize] & 2 != 0 && FITS[c as usize] & 4 != 0 && FITS[d as usize] & 8 != 0
}

/// Where in `token` (bytes of keys) base64 of ASCII text stands: the start of a group of it.
pub(super) fn find_base64(token: &[u8]) -> Option<usize> {
    const STRIDE: usize = (LEAST_GROUPS - 1) * 4;
    // A stretch that is long enough covers a whole group at one of these places, at one of four alignments. At a
    // wrong alignment text may fit for a while too: the longest stretch is the right one.
    (0..token.len()).step_by(STRIDE).find_map(|at| {
        let stretches = (at..at + 4).filter_map(|phase| stretch(token, phase));
        stretches
            .max_by_key(|(groups, _)| *groups)
            .filter(|(groups, _)| *groups >= LEAST_GROUPS)
            .map(|(_, start)| start)
    })
}

/// How many groups in a row fit around the one at `at`, and where they start.
fn stretch(token: &[u8], at: usize) -> Option<(usize, usize)> {
    let fits = |at: usize| token.get(at..at + 4).is_some_and(fits_ascii);
    if !fits(at) {
        return None;
    }
    let before = (1..=at / 4).take_while(|back| fits(at - back * 4)).count();
    let start = at - before * 4;
    let groups = (start..token.len()).step_by(4).take_while(|at| fits(*at)).count();
    Some((groups, start))
}

/// The base64 text around a group that starts at `group`, decoded, and where it ends. It may go on over line ends,
/// as in mail and PEM.
pub(super) fn base64(view: &View<'_>, group: usize) -> (View<'static>, usize) {
    let bytes = &view.bytes;
    let digit = |at: usize| SEXTET[bytes[at] as usize] < 64;
    let mut start = group;
    // Back to the start of the text: a group more than what fits, since its first bytes may not be ASCII.
    let mut spare = 1;
    while start >= 4 && group - start < SHARED && (start - 4..start).all(digit) {
        if !fits_ascii(&bytes[start - 4..start]) {
            if spare == 0 {
                break;
            }
            spare -= 1;
        }
        start -= 4;
    }
    let mut digits = Vec::new();
    let mut at = start;
    let mut misfits = 0;
    while at < bytes.len() && digits.len() < MOST {
        if digit(at) {
            digits.push((SEXTET[bytes[at] as usize], at));
            at += 1;
            if digits.len() % 4 == 0 {
                let group: Vec<u8> = digits[digits.len() - 4..].iter().map(|&(_, at)| bytes[at]).collect();
                misfits = if fits_ascii(&group) { 0 } else { misfits + 1 };
                if misfits > 8 {
                    break;
                }
            }
        } else {
            match line_join(bytes, at) {
                Some(next) if digits.len() % 4 == 0 && digits.len() >= 40 => at = next,
                _ => break,
            }
        }
    }
    while at < bytes.len() && bytes[at] == b'=' {
        at += 1;
    }
    let mut decoded = Vec::with_capacity(digits.len());
    for group in digits.chunks(4) {
        let sextet = |i: usize| group.get(i).map_or(0, |(value, _)| *value);
        let three = [sextet(0) << 2 | sextet(1) >> 4, sextet(1) << 4 | sextet(2) >> 2, sextet(2) << 6 | sextet(3)];
        for (i, byte) in three.into_iter().enumerate().take(group.len().saturating_sub(1)) {
            decoded.push((byte, group[i].1));
        }
    }
    let done = if digits.len() < MOST { at } else { digits[MOST - SHARED].1 };
    (view.inner(Layer::Base64, start..at, &decoded), done)
}

/// If a line ends at `at` and another line of base64 follows: where that starts.
fn line_join(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let end = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"].into_iter().find(|end| rest.starts_with(end))?;
    let next = at + end.len();
    let indent = bytes[next..].iter().take(64).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line =
        bytes[next + indent..].iter().take_while(|&&byte| SEXTET[byte as usize] < 64 || byte == b'=').take(8).count();
    // The last line may be as short as one group.
    let ends = bytes.get(next + indent + line).is_none_or(|byte| matches!(byte, b'\r' | b'\n' | b'\\'));
    let follows = line == 8 || line == 4 && ends;
    (follows && bytes.len() > next + indent).then_some(next + indent)
}

/// Hex digits in a row that encode printable text, decoded; `token` holds bytes of keys.
pub(super) fn find_hex(view: &View<'_>, token: Range<usize>) -> Option<(View<'static>, usize)> {
    const LEAST: usize = 40;
    const LEAST_TEXT: usize = 16;
    let bytes = &view.bytes;
    let mut at = token.start;
    while at + LEAST <= token.end {
        // Whatever run of digits is long enough covers each of its places; look at its last one first.
        if !bytes[at + LEAST - 1].is_ascii_hexdigit() {
            at += LEAST;
            continue;
        }
        let length = bytes[at..token.end].iter().take(MOST).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if length >= LEAST {
            for shift in 0..2 {
                let pairs = bytes[at + shift..at + length].as_chunks::<2>().0;
                if pairs.chunk_by(|a, b| is_text(*a) && is_text(*b)).any(|stretch| stretch.len() >= LEAST_TEXT) {
                    let start = at + shift;
                    let decoded: Vec<(u8, usize)> = pairs
                        .iter()
                        .enumerate()
                        .filter_map(|(i, pair)| Some((hex(pair[0])? << 4 | hex(pair[1])?, start + i * 2)))
                        .collect();
                    let end = start + decoded.len() * 2;
                    let done = if length < MOST { at + length } else { end - SHARED };
                    return Some((view.inner(Layer::Hex, start..end, &decoded), done));
                }
            }
        }
        at += length.max(1);
    }
    None
}

/// Whether two hex digits encode a character from `space` to `~` (or DEL).
fn is_text(pair: [u8; 2]) -> bool {
    matches!(pair[0], b'2'..=b'7')
}
