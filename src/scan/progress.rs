//! The progress in a view, so that nothing is done twice, and limits on repeated attempts.

use std::ops::Range;

use super::anchored::Refusal;
use super::binary;
use super::density::{Density, Fitting};
use super::enclosure::Enclosure;
use super::hits::Hits;
use super::seen::Scope;
use super::tables::TableColumns;
use crate::rule::Compiled;

/// How often each rule was tried in the current token without success. If a text repeats an anchor without a break,
/// attempts become less and less frequent.
#[derive(Debug, Default)]
pub(super) struct Tries(Vec<Try>);

#[derive(Clone, Debug, Default)]
pub(super) struct Try {
    /// The start of the token.
    token: usize,
    refused: u32,
    /// The offset from which the next attempt is allowed.
    next: usize,
}

impl Tries {
    /// The number of attempts in a token that are always allowed.
    const FREE: u32 = 8;

    pub(super) fn may_try(&self, rule: usize, token: usize, at: usize) -> bool {
        self.0.get(rule).is_none_or(|known| known.token != token || at >= known.next)
    }

    pub(super) fn refused(&mut self, rule: usize, token: usize, at: usize) {
        if self.0.len() <= rule {
            self.0.resize(rule + 1, Try::default());
        }
        let known = &mut self.0[rule];
        if known.token != token {
            *known = Try { token, ..Try::default() };
        }
        known.refused += 1;
        let apart = known.refused.checked_sub(Self::FREE).map_or(0, |more| 64 << more.min(10));
        known.next = at + apart;
    }

    pub(super) fn accepted(&mut self, rule: usize) {
        if let Some(known) = self.0.get_mut(rule) {
            *known = Try::default();
        }
    }
}

/// The progress in a view, so that nothing is done again for the next run.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The offset up to which base64 was decoded.
    pub(super) base64: usize,
    /// The offset up to which hex was decoded.
    pub(super) hex: usize,
    /// The offset up to which encoded data was unpacked.
    pub(super) packed: usize,
    /// The offset up to which fields of records were put apart.
    pub(super) fields: usize,
    /// The offset up to which text was scanned without its tags.
    pub(super) tagged: usize,
    /// The offset up to which rows of SQLite were looked for.
    pub(super) rows: usize,
    /// The offset up to which texts are in no column of Arrow.
    pub(super) columns: usize,
    /// The columns of SQLite's tables, once a row was found.
    pub(super) tables: Option<Vec<TableColumns>>,
    /// The offset up to which UTF-16 was decoded.
    pub(super) wide: usize,
    /// The offset up to which UTF-32 was decoded.
    pub(super) quad: usize,
    /// The offset up to which lists of numbers were decoded.
    pub(super) numbers: usize,
    /// The offset up to which escaped slashes were decoded.
    pub(super) slashes: usize,
    /// The offset up to which anchors were searched for.
    pub(super) anchored: usize,
    /// The rules' words around the last value.
    pub(super) hits: Hits,
    /// The structure around the last value.
    pub(super) enclosure: Enclosure,
    /// The rules that were rejected in the last token, and how often.
    pub(super) tries: Tries,
    /// The offset up to which parts were joined.
    pub(super) joined: usize,
    /// Working memory for joining parts; empty in between.
    pub(super) parts: Vec<Range<usize>>,
    /// The range of the parts before a run that were examined as the start of a key.
    pub(super) opened: Range<usize>,
    /// The start of the last token that may be a value by its own text and is near a word of a rule.
    pub(super) plausible: Option<usize>,
    /// The range of the parts that were examined as those of a value.
    pub(super) valued: Range<usize>,
    /// The work that was spent on looking up variables.
    pub(super) spent: usize,
    /// The start of the last value that was rejected because of what it is assigned to.
    pub(super) refused: Option<usize>,
    /// The rules whose keys the last value can be.
    pub(super) fitting: Fitting,
    /// How dense the values are.
    pub(super) density: Density,
    /// Whether lines without a key are remembered.
    pub(super) remembers: bool,
    /// Whether the content is binary, once that was asked.
    pub(super) is_binary: Option<bool>,
    /// Whether the rejections since the last reset depend on that.
    pub(super) asked_binary: bool,
    /// What the rejections since the last reset depend on, or may depend on.
    pub(super) scope: Scope,
}

impl Done {
    /// Whether there are zero bytes near the start of the content.
    pub(super) fn is_binary(&mut self, text: &[u8]) -> bool {
        self.asked_binary = true;
        *self.is_binary.get_or_insert_with(|| binary::is_binary_file(text))
    }

    /// Whether the content is binary, if the rejections since the last reset depend on it.
    pub(super) fn binary_only(&self) -> Option<bool> {
        self.is_binary.filter(|_| self.asked_binary)
    }

    /// Records that something with the shape of `rule`'s keys was rejected. In binary data, which is told by the bytes around
    /// it, a key needs no edge.
    pub(super) fn rejected(&mut self, rule: &Compiled, why: Refusal) {
        if matches!(why, Refusal::LeftEdge | Refusal::RightEdge) && rule.has_one_length() {
            self.scope = self.scope.max(Scope::Around);
        }
    }

    /// Records that an anchor was found without a key; whether one could be on several lines.
    pub(super) fn looked_at(&mut self, may_cross_lines: bool) {
        if may_cross_lines {
            self.scope = Scope::Beyond;
        }
    }
}
