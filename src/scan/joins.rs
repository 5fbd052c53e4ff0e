//! Which bytes join the parts of a value, and where such a value starts.

/// The start of the value that contains byte `at`, where dots, slashes and plus signs join its parts; with `escaped`
/// also backslashes.
pub(super) fn reach(text: &[u8], at: usize, escaped: bool) -> usize {
    let limit = at.saturating_sub(FARTHEST);
    let most = if escaped { Joins::Escape } else { Joins::Mark };
    let mut start = at;
    while start > limit && JOINS[text[start - 1] as usize] <= most {
        start -= 1;
    }
    let skipped = text[start..at].iter().take_while(|&&byte| JOINS[byte as usize] != Joins::Letter).count();
    start + skipped
}

/// How far to the left the start of a value is searched for, in bytes.
const FARTHEST: usize = 128;

/// Whether the value continues further to the left: in a megabyte of base64 any start is arbitrary.
pub(super) fn is_cut(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(FARTHEST + 1).and_then(|from| text.get(from..at));
    before.is_some_and(|before| before.iter().all(|&byte| JOINS[byte as usize] <= Joins::Mark))
}

/// Whether a value may continue to the left of `byte`.
pub(super) fn joins(byte: u8) -> bool {
    JOINS[byte as usize] <= Joins::Escape
}

/// How a byte joins the parts of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Joins {
    /// A letter or digit.
    Letter,
    Mark,
    Escape,
    Never,
}

#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const JOINS: [Joins; 256] = {
    let mut table = [Joins::Never; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() {
            table[byte] = Joins::Letter;
        } else if matches!(b, b'_' | b'-' | b'.' | b'/' | b'+') {
            table[byte] = Joins::Mark;
        } else if b == b'\\' {
            table[byte] = Joins::Escape;
        }
        byte += 1;
    }
    table
};
