//! Decoding base64 of gzip: Helm stores releases in this form (even twice), as do many configurations.

use super::super::steps;
use super::super::view::{Decoded, Ratio, View, ViewPart};
use super::base64::line_join;
use super::sextet::SEXTET;
use crate::core::finding::Layer;

/// The start of base64 of gzip.
pub(in crate::scan) const START: &str = "H4sI";
/// The maximum length of the encoded text in bytes; a Helm release has up to a megabyte.
const LONGEST: usize = 4 << 20;

/// Decodes and decompresses the base64 text at `start` as far as possible; also returns its end. Positions in the
/// result can only be mapped back proportionally.
pub(in crate::scan) fn gzip<'a>(view: &'a View<'a>, start: usize) -> Option<(View<'a>, usize)> {
    let bytes: &[u8] = &view.bytes;
    let mut packed = Vec::new();
    let mut at = start;
    let (mut bits, mut count) = (0u32, 0);
    while at - start < LONGEST {
        let Some(&digit) = bytes.get(at) else { break };
        let sextet = SEXTET[usize::from(digit)];
        if sextet < 64 {
            bits = bits << 6 | u32::from(sextet);
            count += 1;
            if count % 4 == 0 {
                packed.extend_from_slice(&bits.to_be_bytes()[1..]);
            }
            at += 1;
        } else if let Some(next) = line_join(bytes, at) {
            at = next;
        } else {
            break;
        }
    }
    let rest = count % 4;
    if rest > 1 {
        packed.extend_from_slice(&(bits << (6 * (4 - rest))).to_be_bytes()[1..rest]);
    }
    at += bytes[at..].iter().take_while(|&&byte| byte == b'=').count();
    let mut decoded = Decoded { bytes: unpacked(&packed), parts: Vec::new() };
    steps::count(at - start + decoded.bytes.len());
    let (from, to) = (u32::try_from(decoded.bytes.len()).ok()?, u32::try_from(at - start).ok()?);
    if from == 0 {
        return None;
    }
    decoded.parts.push(ViewPart { at: 0, from: start, ratio: Ratio::Share { from, to } });
    let mut inner = view.inner(Layer::Gzip, start..at, &decoded);
    inner.layers.insert(view.layers.len(), Layer::Base64);
    Some((inner, at))
}

/// Decompresses a gzip stream up to its end, to an error, or to a disproportionate size.
#[cfg(feature = "cli")]
fn unpacked(packed: &[u8]) -> Vec<u8> {
    use std::io::Read as _;

    /// The maximum ratio of decompressed to compressed size, plus a constant.
    const RATIO: usize = 24;
    const FREE: usize = 1 << 16;
    let most = FREE + packed.len() * RATIO;
    let mut text = Vec::new();
    let mut piece = [0; 1 << 14];
    let mut decoder = flate2::read::GzDecoder::new(packed);
    while text.len() < most {
        match decoder.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(count) => text.extend_from_slice(&piece[..count]),
        }
    }
    text
}

/// Without the feature `cli`, the engine does not decompress.
#[cfg(not(feature = "cli"))]
fn unpacked(_: &[u8]) -> Vec<u8> {
    Vec::new()
}
