//! Content, or the result of decoding a part of it, with the origin of each byte.

use std::borrow::Cow;
use std::ops::Range;

use super::steps;
use crate::core::finding::Layer;

/// How many bytes before and after encoded text are kept around the decoded text, as context.
pub(super) const NARROW: Context = Context { before: 240, after: 120 };
/// The same around a value that only the text around it shows to be a key.
pub(super) const WIDE: Context = Context { before: 2000, after: 500 };

/// A number of bytes before and after a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) before: usize,
    pub(super) after: usize,
}

/// Bytes, and where each came from.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// The encodings, outermost first.
    pub(super) layers: Vec<Layer>,
    /// The range of the decoded part; around it is the context of the encoded text.
    pub(super) own: Range<usize>,
    origin: Option<Origin<'a>>,
}

/// The outer view, and the parts of it that a decoded view was made from.
#[derive(Debug)]
struct Origin<'a> {
    outer: &'a View<'a>,
    parts: Vec<ViewPart>,
}

/// A sequence of decoded bytes, up to the next part.
#[derive(Clone, Copy, Debug)]
pub(super) struct ViewPart {
    /// Its offset in the decoded bytes.
    pub(super) at: usize,
    /// The offset in the outer view that it was decoded from.
    pub(super) from: usize,
    pub(super) ratio: Ratio,
}

/// The ratio of encoded to decoded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ratio {
    /// One byte for each.
    One,
    /// Two for one: hex and UTF-16.
    Two,
    /// Four for one: UTF-32.
    Four,
    /// Four for three: base64.
    FourThirds,
    /// Only the totals are known, because the text was compressed.
    Share {
        /// The number of decoded bytes.
        from: u32,
        /// The number of encoded bytes.
        to: u32,
    },
}

impl ViewPart {
    /// The offset that the byte `offset` after the start of this part was decoded from.
    fn place(self, offset: usize) -> usize {
        self.from
            + match self.ratio {
                Ratio::One => offset,
                Ratio::Two => offset * 2,
                Ratio::Four => offset * 4,
                Ratio::FourThirds => offset / 3 * 4 + offset % 3,
                Ratio::Share { from, to } => {
                    let place = offset as u64 * u64::from(to) / u64::from(from.max(1));
                    usize::try_from(place).unwrap_or(usize::MAX)
                }
            }
    }
}

/// Decoded bytes in parts, sorted by position.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) parts: Vec<ViewPart>,
}

impl Decoded {
    /// Clears it for the next text.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
    }

    /// Starts a part: the next decoded byte will be the first one that comes from `from`.
    pub(super) fn start(&mut self, from: usize, ratio: Ratio) {
        self.parts.push(ViewPart { at: self.bytes.len(), from, ratio });
    }

    /// The offset in the decoded view that the byte at `at` came from.
    pub(super) fn place(&self, at: usize) -> usize {
        place(&self.parts, at)
    }
}

fn place(parts: &[ViewPart], at: usize) -> usize {
    let after = parts.partition_point(|part| part.at <= at);
    after.checked_sub(1).map_or(at, |last| parts[last].place(at - parts[last].at))
}

impl<'a> View<'a> {
    /// The content itself.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.into(), layers: Vec::new(), own: 0..bytes.len(), origin: None }
    }

    /// The offset in the content of the byte at `at` (or of the end).
    pub(super) fn place(&self, at: usize) -> usize {
        let (mut view, mut at) = (self, at);
        while let Some(origin) = &view.origin {
            (at, view) = (place(&origin.parts, at), origin.outer);
        }
        at
    }

    /// The byte range in the content that `range` was decoded from.
    pub(super) fn span(&self, range: &Range<usize>) -> Range<usize> {
        // Fields that were put apart may be in another order.
        let ordered = |start: usize, end: usize| if end < start { start..start + range.len() } else { start..end };
        let plain = || ordered(self.place(range.start), self.place(range.end));
        let Some(Origin { outer, parts }) = self.origin.as_ref().filter(|_| self.layers.last() == Some(&Layer::Joined))
        else {
            return plain();
        };
        // The end of joined parts is that of their last byte; they may be in another order.
        let ends = parts.iter().skip(1).map(|part| part.at).chain([self.bytes.len()]);
        let within = parts.iter().zip(ends).filter_map(|(part, end)| {
            let (from, to) = (range.start.max(part.at), range.end.min(end));
            (from < to).then(|| (part.from + (from - part.at), part.from + (to - part.at)))
        });
        let whole = within.reduce(|whole, part| (whole.0.min(part.0), whole.1.max(part.1)));
        whole.map_or_else(plain, |(start, end)| ordered(outer.place(start), outer.place(end)))
    }

    /// Whether it was unpacked from compressed data or an archive.
    pub(super) fn is_unpacked(&self) -> bool {
        self.layers.iter().any(|layer| layer.is_packed())
    }

    /// Whether it contains joined parts.
    pub(super) fn is_joined(&self) -> bool {
        self.layers.contains(&Layer::Joined)
    }

    /// Whether `range` crosses the border of two parts, if parts were joined in this view.
    pub(super) fn goes_over_edges(&self, range: &Range<usize>) -> bool {
        let Some(Origin { parts, .. }) = self.origin.as_ref().filter(|_| self.layers.last() == Some(&Layer::Joined))
        else {
            return true;
        };
        parts.iter().any(|part| range.start < part.at && part.at < range.end)
    }

    /// The part of a range that was decoded in this view. The rest was scanned in the outer view; scanning it again
    /// would repeat the work for each piece and each layer.
    pub(super) fn within(&self, range: Range<usize>) -> Range<usize> {
        let start = range.start.max(self.own.start);
        start..range.end.min(self.own.end).max(start)
    }

    /// This view with `range` replaced by its decoded form.
    pub(super) fn inner(&'a self, layer: Layer, range: Range<usize>, decoded: &Decoded) -> Self {
        self.inner_within(layer, range, decoded, NARROW)
    }

    /// The same with this many bytes before and after it.
    pub(super) fn inner_within(
        &'a self,
        layer: Layer,
        range: Range<usize>,
        decoded: &Decoded,
        context: Context,
    ) -> Self {
        let left = range.start.saturating_sub(context.before)..range.start;
        let right = range.end..self.bytes.len().min(range.end + context.after);
        steps::count(left.len() + decoded.bytes.len() + right.len());
        let own = left.len()..left.len() + decoded.bytes.len();
        let bytes = [&self.bytes[left.clone()], &decoded.bytes, &self.bytes[right.clone()]].concat();
        let moved = decoded.parts.iter().map(|part| ViewPart { at: part.at + own.start, ..*part });
        let before = ViewPart { at: 0, from: left.start, ratio: Ratio::One };
        let after = ViewPart { at: own.end, from: right.start, ratio: Ratio::One };
        let parts = std::iter::once(before).chain(moved).chain([after]).collect();
        let layers = self.layers.iter().copied().chain([layer]).collect();
        View { bytes: bytes.into(), layers, own, origin: Some(Origin { outer: self, parts }) }
    }
}
