//! Blocks of 64 bytes, which the engine classifies at once.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256i, _mm256_loadu_si256};

/// What `classify` says of the block that starts with `rest`, a text's last bytes that are too few for a block, in the text
/// that starts there. What follows them in that text is in the block as well, or zeros are.
#[inline(always)]
pub(super) fn last<R>(rest: &[u8], text: &[u8], classify: impl Fn(&[u8; 64]) -> R) -> R {
    match text.first_chunk::<64>() {
        Some(block) => classify(block),
        None => classify(&std::array::from_fn(|i| rest.get(i).copied().unwrap_or(0))),
    }
}

/// A mask shifted by `by` places, filled with the end of that of the block before.
#[inline(always)]
pub(super) fn shifted(mask: u64, before: u64, by: u32) -> u64 {
    mask << by | before >> (64 - by)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn load_256(bytes: &[u8; 32]) -> __m256i {
    #[allow(unsafe_code, reason = "the unaligned load takes a pointer")]
    // SAFETY: the reference is to 32 readable bytes, and the load needs no alignment.
    unsafe {
        _mm256_loadu_si256(bytes.as_ptr().cast())
    }
}
