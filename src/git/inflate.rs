//! Inflating objects, which is nearly all that a large commit costs: with libdeflate, as it is the fastest and the whole
//! of a stream is always at hand.

use std::cell::RefCell;

use libdeflater::{DecompressionError, Decompressor};

/// What deflate can make of one byte at the most.
const BEST_RATIO: usize = 1032;
/// What a loose object is taken to inflate to at first, as a multiple of its size.
const USUAL_RATIO: usize = 5;

thread_local! {
    /// One inflater's tables for all objects of a thread.
    static INFLATER: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// The `size` bytes that `compressed` starts with; nothing says where it ends.
pub(super) fn exact(compressed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let mut bytes = room(size, compressed.len())?;
    match INFLATER.with_borrow_mut(|inflater| inflater.zlib_decompress(compressed, &mut bytes)) {
        Ok(length) if length == size => Ok(bytes),
        Ok(_) => Err("it is cut off".into()),
        Err(error) => Err(words(error).into()),
    }
}

/// All of what `compressed` holds, whose size it says itself, inside.
pub(super) fn all(compressed: &[u8]) -> Result<Vec<u8>, String> {
    let most = compressed.len().saturating_mul(BEST_RATIO);
    let mut size = compressed.len().saturating_mul(USUAL_RATIO).max(4096).min(most);
    loop {
        let mut bytes = room(size, compressed.len())?;
        match INFLATER.with_borrow_mut(|inflater| inflater.zlib_decompress(compressed, &mut bytes)) {
            Ok(length) => {
                bytes.truncate(length);
                return Ok(bytes);
            }
            Err(DecompressionError::InsufficientSpace) if size < most => size = size.saturating_mul(8).min(most),
            Err(error) => return Err(words(error).into()),
        }
    }
}

fn words(error: DecompressionError) -> &'static str {
    match error {
        DecompressionError::BadData => "its compressed data is corrupt",
        DecompressionError::InsufficientSpace => "it is longer than it says",
    }
}

/// Zeros for `size` bytes: a size that the compressed form cannot yield is a lie, not an allocation.
fn room(size: usize, compressed: usize) -> Result<Vec<u8>, String> {
    if size / BEST_RATIO > compressed {
        return Err("its size is wrong".into());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| format!("there is no memory for its {size} bytes"))?;
    bytes.resize(size, 0);
    Ok(bytes)
}
