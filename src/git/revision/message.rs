//! The youngest commit with a text in its message: `:/text` among all references, `v2^{/text}` among the ancestors of
//! one. The text is a regular expression; `!-text` means without it, and `!!text` the text `!text`.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use regex::bytes::RegexBuilder;

use super::{Revisions, failed};
use crate::core::error::Result;
use crate::git::commit::ParsedCommit;
use crate::git::{Id, Kind};

/// The maximum size of a compiled expression, in bytes.
const LARGEST: usize = 1 << 20;

impl Revisions<'_> {
    /// The youngest commit, among these and their ancestors, whose message matches. `text` is the whole revision.
    pub(super) fn with_message(&self, text: &str, tips: impl Iterator<Item = Id>, wanted: &str) -> Result<Id> {
        let (pattern, is_absent) = match wanted.strip_prefix('!') {
            None => (wanted, false),
            Some(after) => match (after.strip_prefix('-'), after.starts_with('!')) {
                (Some(pattern), _) => (pattern, true),
                (None, true) => (after, false),
                (None, false) => return Err(failed(text, "after `/!` comes `-` or another `!`")),
            },
        };
        let regex = RegexBuilder::new(pattern).unicode(false).dot_matches_new_line(true).size_limit(LARGEST).build();
        let regex = regex.map_err(|_| failed(text, "its text is not a regular expression"))?;
        let (mut seen, mut queue) = (HashSet::new(), BinaryHeap::new());
        let mut add = |queue: &mut BinaryHeap<_>, id: Id| -> Result<()> {
            if seen.insert(id)
                && let Some((commit, bytes)) = self.peel(id, Some(Kind::Commit))?
                && (commit == id || seen.insert(commit))
            {
                let seconds = ParsedCommit::parse(&bytes).committer.seconds;
                queue.push((seconds, Reverse(seen.len()), commit));
            }
            Ok(())
        };
        for id in tips {
            add(&mut queue, id)?;
        }
        while let Some((.., id)) = queue.pop() {
            let bytes = self.objects.read(id, Kind::Commit)?;
            let commit = ParsedCommit::parse(&bytes);
            if regex.is_match(commit.message) != is_absent {
                return Ok(id);
            }
            for parent in commit.parents {
                add(&mut queue, parent)?;
            }
        }
        Err(failed(text, "no commit has such a message"))
    }
}
