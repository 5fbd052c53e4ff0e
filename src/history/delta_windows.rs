//! Finds the parts of a delta's object that have to be searched if nothing was found in its base.
//!
//! Nine tenths of what a pack decodes to are copies of a base in which the engine found nothing. Whether it finds
//! something at a place depends on the unbroken text there and on a few hundred bytes around it. So if it found nothing
//! in the base, it can find something in the delta's object only near what is new: inserted bytes, and the seams between
//! copies. The engine searches these windows, with all of the object at hand. If it sees anything there, the whole object
//! is scanned, so that the report never depends on how git packed an object.

use std::ops::Range;

use crate::git::pack::Delta;
use crate::git::pack::delta::Op;
use crate::scan::in_run;

/// How far behind a key, or behind text that encodes one, the engine reads for context: 160 bytes, and some more to find
/// the end of the key.
const AFTER_KEY: usize = 256;
/// How far before a key it reads: 300 bytes of context before a value that may start 128 bytes before its last part.
const BEFORE_KEY: usize = 512;

/// The parts of a delta's object that have to be searched; `None`: all of it.
pub(super) fn windows(bytes: &[u8], delta: &Delta<'_>) -> Option<Vec<Range<usize>>> {
    let mut windows = DeltaWindows { bytes, list: Vec::new(), unbroken: 0..0, run: 0..0 };
    // What is new, with copies between that are no longer than the context.
    let mut new: Option<Range<usize>> = None;
    let mut add = |range: Range<usize>| match &mut new {
        Some(new) if range.start <= new.end + BEFORE_KEY + AFTER_KEY => new.end = range.end,
        _ => {
            if let Some(last) = new.replace(range) {
                windows.add(last);
            }
        }
    };
    let mut at = 0;
    let mut next = Some(0);
    for op in delta.ops() {
        match op? {
            Op::Copy { from, len } => {
                if next != Some(from) {
                    add(at..at);
                }
                next = Some(from + len);
                at += len;
            }
            Op::Insert(bytes) => {
                add(at..at + bytes.len());
                next = None;
                at += bytes.len();
            }
        }
    }
    if next != Some(delta.base_size) {
        add(at..at);
    }
    if let Some(last) = new {
        windows.add(last);
    }
    // In UTF-16 what a byte is depends on how the file starts.
    let is_wide = |window: &Range<usize>| memchr::memchr(0, &bytes[window.clone()]).is_some();
    if windows.list.iter().any(is_wide) { None } else { Some(windows.list) }
}

/// Makes windows from left to right. A window is widened over unbroken text, which may be long; each byte is looked at a
/// fixed number of times all the same, as a search leftwards ends at the last window, and one rightwards is not repeated
/// inside of the range of the last one.
struct DeltaWindows<'a> {
    bytes: &'a [u8],
    list: Vec<Range<usize>>,
    /// The range of the last search for the end of unbroken text.
    unbroken: Range<usize>,
    /// The range of the last search for the end of a run.
    run: Range<usize>,
}

impl DeltaWindows<'_> {
    /// Adds the window around a new part, widened to whole runs.
    fn add(&mut self, new: Range<usize>) {
        let searched = self.list.last().map_or(0, |last| last.end);
        let end = self.unbroken_end(new.end).saturating_add(BEFORE_KEY).min(self.bytes.len());
        let end = self.run_end(end);
        let start = self.unbroken_start(new.start, searched).saturating_sub(AFTER_KEY);
        let start = self.run_start(start, searched);
        match self.list.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => self.list.push(start..end),
        }
    }

    /// Where the unbroken text that ends at `at` starts, but no less than `least`.
    fn unbroken_start(&self, at: usize, least: usize) -> usize {
        let text = self.bytes.get(least..at).unwrap_or_default();
        let unbroken =
            text.iter().enumerate().rev().take_while(|(i, byte)| continues(self.bytes, least + i, **byte)).count();
        at - unbroken
    }

    /// Where the unbroken text that starts at `at` ends.
    fn unbroken_end(&mut self, at: usize) -> usize {
        if !self.unbroken.contains(&at) {
            let text = self.bytes[at..].iter().enumerate();
            let unbroken = text.take_while(|(i, byte)| continues(self.bytes, at + i, **byte)).count();
            self.unbroken = at..at + unbroken;
        }
        self.unbroken.end
    }

    fn run_start(&self, at: usize, least: usize) -> usize {
        let text = self.bytes.get(least..at).unwrap_or_default();
        at - text.iter().rev().take_while(|byte| in_run(**byte)).count()
    }

    fn run_end(&mut self, at: usize) -> usize {
        if !self.run.contains(&at) {
            self.run = at..at + self.bytes[at..].iter().take_while(|byte| in_run(**byte)).count();
        }
        self.run.end
    }
}

/// Whether the byte at `at` may be inside of unbroken text: a key, base64 of any number of lines, or a private key.
fn continues(bytes: &[u8], at: usize, byte: u8) -> bool {
    match CONTINUATION[byte as usize] {
        Continuation::Never => false,
        Continuation::Always => true,
        // Indentation of a line of base64; inside a line, only what a private key has: `BEGIN PRIVATE KEY`, or blanks
        // in place of its line ends.
        Continuation::Blank => match bytes[..at].last_chunk::<2>() {
            Some([_, b' ' | b'\t' | b'\n' | b'\r' | b'A'..=b'Z'] | [b'\\', b'n' | b'r']) | None => true,
            Some(_) => bytes[at.saturating_sub(LONG)..at]
                .iter()
                .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')),
        },
    }
}

/// A word of so many characters may be the end of a line of base64.
const LONG: usize = 20;

#[derive(Clone, Copy)]
enum Continuation {
    Never,
    Always,
    Blank,
}

/// For each byte, whether unbroken text continues over it.
#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const CONTINUATION: [Continuation; 256] = {
    let mut table = [Continuation::Never; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = match b {
            b' ' | b'\t' => Continuation::Blank,
            b'+' | b'/' | b'=' | b'.' | b':' | b',' | b'\r' | b'\n' => Continuation::Always,
            _ if in_run(b) => Continuation::Always,
            _ => Continuation::Never,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
#[allow(clippy::string_slice, reason = "the texts are ASCII")]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::rule::template::{Random, Template};
    use crate::scan::Seen;

    /// Pieces of text: what is put between, and parts that only together are a key, or base64 or escapes of one, or a
    /// value and what says whose key it is.
    fn pieces(random: &mut Random) -> (Vec<Vec<u8>>, Vec<[Vec<u8>; 2]>) {
        let marked = ["[A-Za-z0-9_-]{73}[A-Za-z0-9]T3Blbk", "FJ[A-Za-z0-9_-]{72}[AEIM]A"].concat();
        let key = Template::parse(&format!("sk-proj-{marked}")).expect("a template").generate(random).text;
        let value = Template::parse("[A-Za-z0-9]{32}").expect("a template").generate(random).text;
        let mut encoded = String::new();
        for three in key.as_bytes().chunks(3) {
            let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let bits = three.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
            encoded.extend((0..4).map(|i| digits[(bits >> (18 - 6 * i) & 63) as usize] as char));
        }
        let wrapped: Vec<String> = encoded.as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l).into()).collect();
        let escaped: Vec<String> = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let between: Vec<String> = vec![
            "\n".into(),
            "\n}\n".into(),
            "let x = f(y);\n".repeat(1 + random.below(100)),
            "words and words without any mark\n".repeat(1 + random.below(60)),
            "Zm9vYmFyIGJheiBxdXV4IGZvb2JhciBiYXogcXV1eCBmb29iYXIgYmF6IHF1dXgg\n".repeat(1 + random.below(40)),
            " ".repeat(random.below(40)),
        ];
        let gap = "# a line\n".repeat(random.below(40));
        let halves: Vec<[String; 2]> = vec![
            [key[..60].into(), key[60..].into()],
            [encoded[..100].into(), encoded[100..].into()],
            [wrapped[..2].join("\n") + "\n", wrapped[2..].join("\n")],
            [escaped[..38].concat(), escaped[38..].concat()],
            ["MISTRAL_API_KEY=\"".into(), value.clone() + "\"\n"],
            [format!("mistral\n{gap}"), format!("api_key: {value}\n")],
            [format!("api_key: {value}\n"), "# for mistral\n".into()],
        ];
        let bytes = |text: String| text.into_bytes();
        (between.into_iter().map(bytes).collect(), halves.into_iter().map(|pair| pair.map(bytes)).collect())
    }

    fn number(mut value: usize, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    /// A delta that copies its base in pieces of this length, with a byte between them.
    fn in_pieces(base: &[u8], length: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut ops, mut object) = (Vec::new(), Vec::new());
        for (at, piece) in base.chunks(length).enumerate() {
            ops.push(0xff);
            ops.extend_from_slice(&((at * length) as u32).to_le_bytes());
            ops.extend_from_slice(&(piece.len() as u32).to_le_bytes()[..3]);
            ops.extend_from_slice(b"\x01x");
            object.extend_from_slice(piece);
            object.push(b'x');
        }
        let mut delta = Vec::new();
        number(base.len(), &mut delta);
        number(object.len(), &mut delta);
        delta.extend(ops);
        (delta, object)
    }

    #[test]
    fn windows_of_text_that_holds_together_are_one_and_cost_no_more() {
        // 8 MB with 8,000 changes: looked at from each of them to both ends this would be 64 G steps.
        let base = b"word\nanother\n".repeat(600_000);
        let (delta, object) = in_pieces(&base, 1000);
        let windows = windows(&object, &Delta::parse(&delta).unwrap()).unwrap();
        assert_eq!((windows.len(), windows[0].clone()), (1, 0..object.len()));
    }

    #[test]
    fn windows_see_whatever_the_whole_shows() {
        let policy = Policy::builtin();
        let mut seen = Seen::default();
        let (mut narrow, mut shown) = (0, 0);
        for seed in 0..3000 {
            let mut random = Random::new(seed);
            let (between, halves) = pieces(&mut random);
            // A half of a pair at most stands in the base; what is made of it may add the other.
            let mut base = Vec::new();
            let mut ends = vec![0];
            for _ in 0..10 {
                let half = &random.pick(&halves)[random.below(2)];
                let piece: &Vec<u8> = if random.below(3) == 0 { half } else { random.pick(&between) };
                base.extend_from_slice(piece);
                ends.push(base.len());
            }
            if !policy.scanner.sees_nothing(&base) {
                continue;
            }
            let mut raw = Vec::new();
            let mut object = Vec::new();
            for piece in ends.windows(2).filter(|piece| piece[0] < piece[1]) {
                if random.below(4) == 0 {
                    // Inserts hold 127 bytes at most.
                    let new = &random.pick(&halves)[random.below(2)];
                    for new in new.chunks(100) {
                        raw.push(new.len() as u8);
                        raw.extend_from_slice(new);
                        object.extend_from_slice(new);
                    }
                }
                if random.below(8) > 0 {
                    raw.push(0xff);
                    raw.extend_from_slice(&(piece[0] as u32).to_le_bytes());
                    raw.extend_from_slice(&((piece[1] - piece[0]) as u32).to_le_bytes()[..3]);
                    object.extend_from_slice(&base[piece[0]..piece[1]]);
                }
            }
            let mut whole = Vec::new();
            number(base.len(), &mut whole);
            number(object.len(), &mut whole);
            whole.extend(raw);
            let delta = Delta::parse(&whole).expect("a good delta");
            let Some(windows) = windows(&object, &delta) else { continue };
            narrow += 1;
            let nothing_new = policy.scanner.sees_nothing_in(&object, &windows, &mut seen);
            let nothing = policy.scanner.sees_nothing(&object);
            shown += usize::from(!nothing);
            assert!(!nothing_new || nothing, "seed {seed}: the whole shows what no window does");
        }
        assert!(narrow > 1000 && shown > 100, "{narrow} narrow, {shown} with something to see");
    }
}
