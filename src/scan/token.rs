//! A token: consecutive bytes of which a key may consist, counted once for all who ask what it is.

use std::ops::Range;

use super::letters::Letters;
use super::random;

/// A part of a text, and what it consists of.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    pub(super) letters: Letters,
}

impl Token {
    #[inline]
    pub(super) fn of(text: &[u8], range: Range<usize>) -> Self {
        let letters = Letters::within(text, range.clone());
        Self { range, letters }
    }

    /// A quick test: words have no digit and few changes of case, and checksums are labelled as such.
    #[inline]
    pub(super) fn may_be_value(&self, text: &[u8]) -> bool {
        random::may_be_value(&text[self.range.clone()], &self.letters)
    }
}
