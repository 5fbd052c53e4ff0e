//! Parsing and applying deltas of a pack: copy and insert instructions.

use super::super::inflate::Corrupt;

/// A delta with parsed header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delta<'a> {
    /// The size of the base in bytes.
    pub(crate) base_size: usize,
    /// The size of the result in bytes.
    pub(crate) size: usize,
    instructions: &'a [u8],
}

/// One instruction of a delta.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op<'a> {
    /// Copy these bytes of the base.
    Copy { from: usize, len: usize },
    /// Insert these bytes.
    Insert(&'a [u8]),
}

impl<'a> Delta<'a> {
    /// Parses the header of a decompressed delta.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        let mut rest = bytes;
        let base_size = varint(&mut rest).ok_or("its delta has a broken header")?;
        let size = varint(&mut rest).ok_or("its delta has a broken header")?;
        Ok(Self { base_size, size, instructions: rest })
    }

    /// Whether the instructions produce as many bytes as the header says. Checked before memory is allocated.
    pub(crate) fn check_size(&self) -> Result<(), Corrupt> {
        let length = |op: Option<Op<'_>>| match op? {
            Op::Copy { len, .. } => Some(len),
            Op::Insert(bytes) => Some(bytes.len()),
        };
        let sum = self.ops().try_fold(0_usize, |sum, op| sum.checked_add(length(op)?));
        if sum == Some(self.size) { Ok(()) } else { Err("its delta makes more or less than its header says") }
    }

    /// The instructions in the order of the result's bytes; `None` is a broken one.
    pub(crate) fn ops(&self) -> Ops<'a> {
        Ops { rest: self.instructions }
    }

    /// Writes the result into `out`, which must be `size` bytes long.
    #[inline]
    pub(crate) fn apply(&self, base: &[u8], out: &mut [u8]) -> Result<(), Corrupt> {
        const BROKEN: Corrupt = "its delta does not fit its base";
        /// Most copies are at most this long. A copy of fixed length takes few instructions, and the next copy
        /// overwrites what was written too much.
        const SHORT: usize = 64;
        if base.len() != self.base_size || out.len() != self.size {
            return Err(BROKEN);
        }
        let mut at = 0;
        for op in self.ops() {
            let bytes = match op.ok_or("its delta has a broken instruction")? {
                Op::Copy { from, len } => {
                    if len <= SHORT
                        && let (Some(old), Some(new)) = (base.get(from..from + SHORT), out.get_mut(at..at + SHORT))
                    {
                        new.copy_from_slice(old);
                        at += len;
                        continue;
                    }
                    base.get(from..from + len).ok_or(BROKEN)?
                }
                Op::Insert(bytes) => bytes,
            };
            out.get_mut(at..at + bytes.len()).ok_or(BROKEN)?.copy_from_slice(bytes);
            at += bytes.len();
        }
        if at == out.len() { Ok(()) } else { Err(BROKEN) }
    }
}

/// Iterates over a delta's instructions.
pub(crate) struct Ops<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Ops<'a> {
    type Item = Option<Op<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let op = if first & 0x80 != 0 {
            self.copy(first)
        } else {
            // 0 is a reserved instruction.
            let len = usize::from(first);
            self.rest.split_at_checked(len).filter(|_| len > 0).map(|(bytes, rest)| {
                self.rest = rest;
                Op::Insert(bytes)
            })
        };
        if op.is_none() {
            self.rest = &[];
        }
        Some(op)
    }
}

impl<'a> Ops<'a> {
    /// A copy instruction. The bits of `flags` say which bytes of the offset (four) and the length (three) follow.
    #[inline]
    fn copy(&mut self, flags: u8) -> Option<Op<'a>> {
        let mut number = |bits: std::ops::Range<u32>| {
            let mut value = 0;
            for (shift, bit) in bits.enumerate() {
                if flags >> bit & 1 != 0 {
                    let (&byte, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    value |= usize::from(byte) << (shift * 8);
                }
            }
            Some(value)
        };
        let from = number(0..4)?;
        let len = number(4..7)?;
        Some(Op::Copy { from, len: if len == 0 { 0x1_0000 } else { len } })
    }
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, Corrupt> {
        let delta = Delta::parse(delta)?;
        let mut out = vec![0; delta.size];
        delta.apply(base, &mut out)?;
        Ok(out)
    }

    #[test]
    fn copies_and_inserts() {
        let delta = [10, 9, 0x91, 4, 3, 2, b'x', b'y', 0x90, 4];
        assert_eq!(apply(b"0123456789", &delta).expect("a good delta"), b"456xy0123");
    }

    #[test]
    fn every_broken_delta_is_an_error() {
        let bad: &[&[u8]] = &[
            &[],
            &[10],
            &[0xff; 12],
            &[9, 1, 1, b'x'],
            &[10, 2, 1, b'x'],
            &[10, 1, 2, b'x', b'y'],
            &[10, 1, 0],
            &[10, 1, 5, b'x'],
            &[10, 3, 0x91, 9, 3],
            &[10, 3, 0x91, 9],
            &[10, 1, 0xff],
        ];
        for delta in bad {
            assert!(apply(b"0123456789", delta).is_err(), "{delta:?}");
        }
    }
}
