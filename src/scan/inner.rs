//! Content that is encoded inside a view: it is decoded and scanned as a view of its own.

use std::ops::Range;

use super::progress::Done;
use super::seen::Scope;
use super::view::View;
use super::{DEPTH, Scanner, Sink, decode};

/// The bytes that may say a length, or of what kind a field is.
const MAY_COUNT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte < 9 || byte == 11 || byte > 13 && byte < 32 || byte >= 128 || byte == b'@' as usize;
        byte += 1;
    }
    table
};

impl Scanner {
    /// Scans the texts that lists of numbers in a block stand for, such as `[115, 107, 45]`.
    pub(super) fn numbers(&self, view: &View<'_>, block: Range<usize>, done: &mut Done, out: &mut Sink) {
        if view.layers.len() < DEPTH && block.end > done.numbers {
            let (texts, end) = decode::numbers(view, block, done.numbers);
            done.numbers = end;
            texts.iter().for_each(|inner| self.view(inner, out));
        }
    }

    /// Scans UTF-32 text in a block.
    pub(super) fn quad(&self, view: &View<'_>, block: Range<usize>, done: &mut Done, out: &mut Sink) {
        if view.layers.len() < DEPTH
            && block.end > done.quad
            && let Some((inner, end)) = decode::utf32(view, block.start.max(done.quad)..block.end, done.quad)
        {
            done.quad = end;
            self.view(&inner, out);
        }
    }

    /// Scans UTF-16 text in a run.
    pub(super) fn wide(&self, view: &View<'_>, run: Range<usize>, done: &mut Done, out: &mut Sink) {
        if view.layers.len() < DEPTH {
            let run = view.within(run);
            // A run behind the decoded part was scanned in the outer view.
            while !run.is_empty() && done.wide < run.end {
                let (inner, end) = decode::utf16(view, run.start.max(done.wide)..run.end);
                done.wide = end;
                self.view(&inner, out);
            }
        }
    }

    /// Scans the decoded forms of a token: base32, hex and base64.
    #[inline(never)]
    pub(super) fn encoded(&self, view: &View<'_>, token: Range<usize>, done: &mut Done, out: &mut Sink) {
        if done.base64 > token.start || done.hex > token.start {
            done.scope = Scope::Beyond;
        }
        // A length of 64 looks like the sign of an address.
        let before = token.start.checked_sub(1).map_or(b' ', |at| view.bytes[at]);
        if MAY_COUNT[usize::from(before)] || done.plausible == Some(token.start) {
            self.fields(view, &token, done, out);
        }
        let token = view.within(token);
        if let Some(start) = decode::packed_start(&view.bytes[token.clone()]) {
            self.packed(view, token.start + start, done, out);
        }
        if let Some(inner) = decode::base32(view, &token) {
            done.scope = done.scope.max(Scope::Around);
            self.view(&inner, out);
        }
        // Hashes and images are finished here.
        if !decode::any_digits(&view.bytes, token.clone()) {
            return;
        }
        let mut from = token.start.max(done.hex);
        while let Some((inner, end)) = decode::find_hex(view, from..token.end.max(from)) {
            (from, done.hex) = (end, end);
            done.scope = done.scope.max(Scope::Around);
            self.view(&inner, out);
        }
        let mut from = token.start.max(done.base64);
        while let Some(group) = view.bytes.get(from..token.end).and_then(decode::find_base64) {
            let (inner, end) = decode::base64(view, from + group);
            (from, done.base64) = (end, end);
            done.scope = done.scope.max(Scope::Around);
            self.view(&inner, out);
        }
    }
}
