//! Where the text after a value leaves what the value is in.

use super::enclosure::Enclosure;
use super::steps;

/// How many levels of brackets further out a host still counts.
pub(super) const LEVELS: usize = 5;

/// Where the text after a value leaves the structure that the value is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exits {
    pub(super) brackets: [usize; Self::MOST],
    pub(super) item: usize,
}

impl Exits {
    const MOST: usize = LEVELS;
    /// In binary data a bracket is a byte like any other.
    pub(super) const NONE: Self = Self { brackets: [usize::MAX; Self::MOST], item: usize::MAX };

    /// Computes the exits for a value that ends at `from`; text after `to` is ignored.
    pub(super) fn of(text: &[u8], from: usize, to: usize, enclosure: &Enclosure) -> Self {
        let mut exits = Self::NONE;
        let to = to.min(text.len());
        steps::count(to.saturating_sub(from));
        let own = enclosure.lines.last().map_or(0, |line| line.indent);
        let (mut open, mut left) = (0_usize, 0);
        for at in from..to {
            match text[at] {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' if open > 0 => open -= 1,
                b')' | b']' | b'}' if left < Self::MOST => {
                    exits.brackets[left] = at;
                    left += 1;
                }
                b'\n' if own > 0 && exits.item == usize::MAX => {
                    let line = &text[at + 1..text.len().min(at + 1 + own)];
                    let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    if indent < own && !matches!(line.get(indent), None | Some(b'\n' | b'\r')) {
                        exits.item = at;
                    }
                }
                _ => {}
            }
        }
        exits
    }
}
