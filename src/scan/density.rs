//! Short cuts for text with many values: which rules fit, and whether to look for words first.

/// A cache: which rules' keys the current value can be.
#[derive(Debug, Default)]
pub(super) struct Fitting {
    /// For each rule: the value it was last computed for, and the answer in the lowest bit.
    answers: Vec<u32>,
    value: u32,
}

impl Fitting {
    /// Starts with the next value.
    pub(super) fn clear(&mut self, rules: usize) {
        self.value += 2;
        if self.answers.len() < rules || self.value >= u32::MAX - 2 {
            *self = Self { answers: vec![0; rules], value: 2 };
        }
    }

    pub(super) fn get_or(&mut self, rule: usize, ask: impl FnOnce() -> bool) -> bool {
        let answer = &mut self.answers[rule];
        if *answer & !1 != self.value {
            *answer = self.value | u32::from(ask());
        }
        *answer & 1 == 1
    }
}

/// Whether values are so dense that finding the words around all of them is cheaper than finding the owner of each.
#[derive(Debug, Default)]
pub(super) struct Density {
    block: usize,
    /// How many values are in the block so far.
    values: u32,
    /// The first block in which words are searched for again, after some were found.
    next: usize,
    /// How many consecutive blocks had words.
    worded: u32,
}

impl Density {
    /// Counts another value in `block`; returns whether to search for words first.
    pub(super) fn is_dense(&mut self, block: usize) -> bool {
        const DENSE: u32 = 12;
        if self.block != block {
            // If one block is dense, the next one usually is too.
            let (values, next) = (self.values / 2, if block < self.block { 0 } else { self.next });
            *self = Self { block, values, next, ..*self };
        }
        self.values += 1;
        self.values > DENSE && block >= self.next
    }

    /// Records whether words were found.
    pub(super) fn looked(&mut self, has_words: bool) {
        self.worded = if has_words { (self.worded + 1).min(8) } else { 0 };
        self.next = if has_words { self.block + (1 << self.worded) } else { 0 };
    }
}
