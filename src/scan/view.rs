//! Content, or what came out of decoding a part of it, and where each of its bytes came from.

use std::borrow::Cow;
use std::ops::Range;

use super::steps;
use crate::core::finding::Layer;

/// How much of what surrounds encoded text is kept around the decoded text, as context for what is found in it.
const LEFT: usize = 240;
const RIGHT: usize = 120;

/// Bytes and where each came from.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// How this was decoded, outermost first.
    pub(super) layers: Vec<Layer>,
    /// The decoded part: around it stands what surrounds the encoded text, for context.
    pub(super) own: Range<usize>,
    origin: Option<Origin<'a>>,
}

/// The view that a decoded view was made from, and which part of it each part was made from.
#[derive(Debug)]
struct Origin<'a> {
    outer: &'a View<'a>,
    parts: Vec<ViewPart>,
}

/// A stretch of decoded bytes, up to the next part.
#[derive(Clone, Copy, Debug)]
pub(super) struct ViewPart {
    /// Where it starts among the decoded bytes.
    pub(super) at: usize,
    /// Where what it was decoded from starts in the outer view.
    pub(super) from: usize,
    pub(super) ratio: Ratio,
}

/// How many encoded bytes stand for how many decoded ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ratio {
    /// Each stands for itself.
    One,
    /// Two for one: hex and UTF-16.
    Two,
    /// Four for one: UTF-32.
    Four,
    /// Four for three: base64.
    FourThirds,
    /// So many in all for so many, and nobody knows which for which: what was compressed.
    Share {
        /// Decoded bytes.
        from: u32,
        /// Encoded bytes.
        to: u32,
    },
}

impl ViewPart {
    /// Where the byte that stands `offset` after this part's start was decoded from.
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

/// Bytes that were decoded, in parts by place.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) parts: Vec<ViewPart>,
}

impl Decoded {
    /// Empties it for the next text.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
    }

    /// The next decoded byte will be the first of what was decoded from `from`.
    pub(super) fn start(&mut self, from: usize, ratio: Ratio) {
        self.parts.push(ViewPart { at: self.bytes.len(), from, ratio });
    }

    /// Where the decoded byte at `at` came from, in the view that was decoded.
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

    /// Where the byte at `at` (or the end) stands in the content.
    pub(super) fn place(&self, at: usize) -> usize {
        let (mut view, mut at) = (self, at);
        while let Some(origin) = &view.origin {
            (at, view) = (place(&origin.parts, at), origin.outer);
        }
        at
    }

    /// Where in the content the bytes of `range` were decoded from.
    pub(super) fn span(&self, range: &Range<usize>) -> Range<usize> {
        let plain = || self.place(range.start)..self.place(range.end);
        let Some(Origin { outer, parts }) = self.origin.as_ref().filter(|_| self.layers.last() == Some(&Layer::Joined))
        else {
            return plain();
        };
        // Parts that were put together end where their last byte does, and may stand in another order.
        let ends = parts.iter().skip(1).map(|part| part.at).chain([self.bytes.len()]);
        let within = parts.iter().zip(ends).filter_map(|(part, end)| {
            let (from, to) = (range.start.max(part.at), range.end.min(end));
            (from < to).then(|| (part.from + (from - part.at), part.from + (to - part.at)))
        });
        let whole = within.reduce(|whole, part| (whole.0.min(part.0), whole.1.max(part.1)));
        whole.map_or_else(plain, |(start, end)| outer.place(start)..outer.place(end))
    }

    /// Whether it holds parts that were put together.
    pub(super) fn is_joined(&self) -> bool {
        self.layers.contains(&Layer::Joined)
    }

    /// Whether what stands in `range` goes over the edge of two parts, if this is where they were put together.
    pub(super) fn goes_over_edges(&self, range: &Range<usize>) -> bool {
        let Some(Origin { parts, .. }) = self.origin.as_ref().filter(|_| self.layers.last() == Some(&Layer::Joined))
        else {
            return true;
        };
        parts.iter().any(|part| range.start < part.at && part.at < range.end)
    }

    /// What of a range is decoded here. The rest was looked at one layer up; if it were decoded here as well, it would
    /// be for each piece that it surrounds, and again at each layer.
    pub(super) fn within(&self, range: Range<usize>) -> Range<usize> {
        let start = range.start.max(self.own.start);
        start..range.end.min(self.own.end).max(start)
    }

    /// This view with `range` decoded.
    pub(super) fn inner(&'a self, layer: Layer, range: Range<usize>, decoded: &Decoded) -> Self {
        let left = range.start.saturating_sub(LEFT)..range.start;
        let right = range.end..self.bytes.len().min(range.end + RIGHT);
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
