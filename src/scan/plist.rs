//! Apple's binary property lists: texts that objects refer to by number, so that a name is nowhere near its value.

use std::ops::Range;

use super::steps;
use super::view::{Decoded, Ratio};

/// A list with more objects, or a longer text of it, is read up to here.
const MOST: usize = 50_000;
const LONGEST: usize = 1 << 20;
/// The maximum length of the text of a list, as a multiple of the list's.
const MOST_TIMES: usize = 8;

/// What a list is read with.
struct List<'a> {
    text: &'a [u8],
    /// The range of the offsets of its objects, and how many bytes each has.
    offsets: Range<usize>,
    offset_size: usize,
    /// How many bytes a reference has.
    reference_size: usize,
}

/// What is still to be written.
enum Unwritten {
    Object(usize),
    Text(&'static [u8]),
}

/// A binary property list as text: its objects with the names of their values.
pub(super) fn written(text: &[u8]) -> Option<(Decoded, Range<usize>)> {
    const TRAILER: usize = 32;
    if !text.starts_with(b"bplist00") || text.len() <= TRAILER + 8 {
        return None;
    }
    let trailer = &text[text.len() - TRAILER..];
    let (offset_size, reference_size) = (usize::from(trailer[6]), usize::from(trailer[7]));
    let (count, top, table) = (number(&trailer[8..16])?, number(&trailer[16..24])?, number(&trailer[24..32])?);
    let end = table.checked_add(count.checked_mul(offset_size)?)?;
    if !(1..=8).contains(&offset_size) || !(1..=8).contains(&reference_size) || end > text.len() {
        return None;
    }
    let list = List { text, offsets: table..end, offset_size, reference_size };
    let mut decoded = Decoded::default();
    decoded.start(0, Ratio::One);
    let mut next = vec![Unwritten::Object(top)];
    // Objects may be referred to many times, also by themselves.
    let longest = LONGEST.min(text.len().saturating_mul(MOST_TIMES));
    for _ in 0..MOST.min(text.len()) {
        if decoded.bytes.len() > longest {
            break;
        }
        match next.pop() {
            Some(Unwritten::Text(text)) => decoded.bytes.extend(text),
            Some(Unwritten::Object(object)) => list.write(object, &mut decoded, &mut next),
            None => break,
        }
    }
    steps::count(decoded.bytes.len());
    Some((decoded, 0..text.len()))
}

/// A number, the highest byte first.
fn number(bytes: &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    for byte in bytes {
        value = value.checked_mul(256)?.checked_add(usize::from(*byte))?;
    }
    Some(value)
}

impl List<'_> {
    /// Writes an object, or what it consists of to `next`, the last first. What is damaged is left out.
    fn write(&self, object: usize, decoded: &mut Decoded, next: &mut Vec<Unwritten>) {
        let Some((kind, range, count)) = self.object(object) else { return };
        match kind {
            0x5 => {
                decoded.bytes.push(b'"');
                decoded.start(range.start, Ratio::One);
                decoded.bytes.extend(&self.text[range]);
                decoded.bytes.push(b'"');
            }
            0x6 => {
                decoded.bytes.push(b'"');
                decoded.start(range.start, Ratio::Two);
                decoded
                    .bytes
                    .extend(self.text[range].chunks_exact(2).map(|unit| if unit[0] == 0 { unit[1] } else { b'?' }));
                decoded.bytes.push(b'"');
            }
            0xa | 0xc | 0xd => {
                let is_object = kind == 0xd;
                let reference = |at: usize| {
                    let start = range.start + at * self.reference_size;
                    number(&self.text[start..start + self.reference_size])
                };
                next.push(Unwritten::Text(if is_object { b"}" } else { b"]" }));
                // Each of them is up to four that are still to be written.
                for index in (0..count.min(MOST.saturating_sub(next.len()) / 4)).rev() {
                    let (name, value) = if is_object { (reference(index), count + index) } else { (None, index) };
                    let Some(value) = reference(value) else { continue };
                    next.extend([Unwritten::Text(b",\n"), Unwritten::Object(value)]);
                    if let Some(name) = name {
                        next.extend([Unwritten::Text(b": "), Unwritten::Object(name)]);
                    }
                }
                decoded.bytes.push(if is_object { b'{' } else { b'[' });
            }
            _ => decoded.bytes.push(b'0'),
        }
    }

    /// The kind of an object, the range of its content, and of how many parts that consists.
    fn object(&self, object: usize) -> Option<(u8, Range<usize>, usize)> {
        let place = self.offsets.start.checked_add(object.checked_mul(self.offset_size)?)?;
        let place = place..place.checked_add(self.offset_size)?;
        let at = number(self.text.get(place).filter(|_| object < self.offsets.len() / self.offset_size)?)?;
        let mark = *self.text.get(at)?;
        let (kind, mut count, mut start) = (mark >> 4, usize::from(mark & 0x0f), at + 1);
        if count == 0x0f && matches!(kind, 0x5 | 0x6 | 0xa | 0xc | 0xd) {
            let size = 1_usize << (self.text.get(start)? & 0x03);
            count = number(self.text.get(start + 1..start + 1 + size)?)?;
            start += 1 + size;
        }
        let size = match kind {
            0x5 => 1,
            0x6 => 2,
            0xa | 0xc => self.reference_size,
            0xd => self.reference_size.checked_mul(2)?,
            _ => 0,
        };
        let end = start.checked_add(count.checked_mul(size)?).filter(|end| *end <= self.text.len())?;
        Some((kind, start..end, count))
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    /// One array of as many objects, all of them itself.
    fn referring_to_itself(count: u32) -> Vec<u8> {
        let mut list = [b"bplist00\xaf\x12", &count.to_be_bytes()[..], &vec![0; count as usize]].concat();
        let table = list.len() as u64;
        list.push(8);
        list.extend([0, 0, 0, 0, 0, 0, 1, 1]);
        [1, 0, table].iter().for_each(|number| list.extend(number.to_be_bytes()));
        list
    }

    #[test]
    fn a_list_that_refers_to_itself_ends() {
        // If each of its parts were remembered each time, this would take gigabytes.
        for count in [16, 1000, 400_000] {
            let list = referring_to_itself(count);
            let (decoded, range) = written(&list).expect("a list");
            assert_eq!(range, 0..list.len());
            assert!(decoded.bytes.len() <= list.len() * 8 + 8, "{count}: {}", decoded.bytes.len());
        }
    }
}
