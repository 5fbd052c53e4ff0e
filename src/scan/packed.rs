//! Compressed data and archives that are encoded inside content. The engine finds and decodes them; what is packed in them
//! is unpacked by an [`EmbeddedOpener`], so that the engine alone needs no decompressor.

use std::fmt::Debug;
use std::io::Read;

use super::decode::EncodedBytes;
use super::progress::Done;
use super::seen::Scope;
use super::view::{Decoded, Ratio, View, ViewPart};
use super::{DEPTH, Scanner, Sink};
use crate::core::finding::Layer;

/// Opens compressed data and archives.
pub trait EmbeddedOpener: Debug + Send + Sync {
    /// Unpacks content of any format that it opens, as far as possible, and does nothing with other content. The work must be
    /// bounded in proportion to what it reads of `packed`.
    fn unpack(&self, packed: &mut dyn Read, found: &mut dyn FnMut(EmbeddedItem));
}

/// What an [`EmbeddedOpener`] found.
#[derive(Clone, Debug)]
pub enum EmbeddedItem {
    /// The content of a compressed file or of an archive's member, and the formats that it was in.
    Text(Vec<Layer>, Vec<u8>),
    /// The reason why something was not opened, or not to its end.
    Unopened(&'static str),
}

impl Scanner {
    /// Scans what is packed in encoded text that starts at `at`, once for each place.
    #[cold]
    pub(super) fn packed(&self, view: &View<'_>, at: usize, done: &mut Done, out: &mut Sink) {
        let Some(unpacker) = &self.unpacker else { return };
        // What was unpacked already is not opened again: a small text could unpack to very much.
        if at < done.packed || view.layers.len() >= DEPTH || view.is_unpacked() {
            return;
        }
        let Some(mut encoded) = EncodedBytes::of(&view.bytes, at) else { return };
        done.scope = Scope::Beyond;
        let (mut texts, mut unopened) = (Vec::new(), Vec::new());
        unpacker.unpack(&mut encoded, &mut |unpacked| match unpacked {
            EmbeddedItem::Text(layers, text) => texts.push((layers, text)),
            EmbeddedItem::Unopened(reason) => unopened.push(reason),
        });
        let range = encoded.range();
        out.unopened.append(&mut unopened);
        if texts.is_empty() {
            return;
        }
        done.packed = range.end;
        // Which part of the encoded text a key comes from is known only by proportion.
        let whole = texts.iter().map(|(_, text)| text.len()).sum::<usize>().max(1);
        let place = |before: usize| range.start + share(range.len(), before, whole);
        let mut before = 0;
        for (layers, text) in texts {
            let (start, end) = (place(before), place(before + text.len()));
            before += text.len();
            let (Ok(from), Ok(to)) = (u32::try_from(text.len()), u32::try_from(end - start)) else { continue };
            let part = ViewPart { at: 0, from: start, ratio: Ratio::Share { from, to } };
            let mut inner = view.inner(encoded.layer(), range.clone(), &Decoded { bytes: text, parts: vec![part] });
            inner.layers.extend(layers);
            self.view(&inner, out);
        }
    }
}

/// `length * part / whole`.
fn share(length: usize, part: usize, whole: usize) -> usize {
    let share = length as u128 * part as u128 / whole.max(1) as u128;
    usize::try_from(share).unwrap_or(length)
}
