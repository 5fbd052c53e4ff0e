//! Opens what is packed inside encoded text, such as the base64 of a zip in a configuration, for the engine.

use std::io::{self, Read};

use super::{Limits, Packed, TooLarge, Visitor, reason, unpack_stream};
use crate::core::finding::Layer;
use crate::scan::{EmbeddedItem, EmbeddedOpener};

/// Opens the same formats as files are opened in, with stricter limits: a text may contain many of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded(Limits);

impl Embedded {
    /// With the limits of a configuration, as far as they are stricter.
    pub fn new(limits: Limits) -> Self {
        /// The maximum ratio of unpacked to packed size, plus a constant.
        const RATIO: u64 = 24;
        const FREE: u64 = 1 << 16;
        Self(Limits { size: limits.size.min(FREE), ratio: limits.ratio.min(RATIO), ..limits })
    }
}

impl EmbeddedOpener for Embedded {
    fn unpack(&self, packed: &mut dyn Read, found: &mut dyn FnMut(EmbeddedItem)) {
        let mut texts = EmbeddedTexts { names: Vec::new(), found };
        let result = unpack_stream(packed, self.0, &mut texts);
        let EmbeddedTexts { mut names, found } = texts;
        if let Some((layers, _)) = names.first() {
            let layers = layers.clone();
            let mut all = Vec::new();
            for (_, name) in &mut names {
                all.append(name);
                all.push(b'\n');
            }
            found(EmbeddedItem::Text(layers, all));
        }
        if result == Err(TooLarge) {
            found(EmbeddedItem::Unopened(reason::TOO_LARGE_IN_TEXT));
        }
    }
}

/// Passes on what is unpacked.
struct EmbeddedTexts<'a> {
    /// The names of members, which are scanned as well.
    names: Vec<(Vec<Layer>, Vec<u8>)>,
    found: &'a mut dyn FnMut(EmbeddedItem),
}

impl Visitor for EmbeddedTexts<'_> {
    fn content(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()> {
        if at.layers.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        let result = content.read_to_end(&mut text);
        if !text.is_empty() {
            (self.found)(EmbeddedItem::Text(at.layers.clone(), text));
        }
        result.map(drop)
    }

    fn name(&mut self, at: &Packed, name: &[u8]) {
        if !name.is_empty() {
            self.names.push((at.layers.clone(), name.to_vec()));
        }
    }

    /// Damage is not passed on: documentation and tests have many examples that were cut off, or only look packed.
    fn unopened(&mut self, _: &Packed, why: &'static str) {
        if why != reason::CORRUPT {
            (self.found)(EmbeddedItem::Unopened(why));
        }
    }
}
