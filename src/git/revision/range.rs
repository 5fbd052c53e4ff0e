//! Ranges of commits: `A..B`, `A...B`, `^A`, and the short forms around a commit and its parents `A^@`, `A^!`, `A^-`.

use super::{Revisions, failed, outside_braces};
use crate::core::error::Result;
use crate::git::commit::ParsedCommit;
use crate::git::{Id, Kind};

/// A range of commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The commits that are included with their ancestors.
    pub include: Vec<Id>,
    /// The commits that are excluded with their ancestors.
    pub exclude: Vec<Id>,
    /// Pairs of which the common ancestors are excluded (`A...B`).
    pub between: Vec<(Id, Id)>,
}

impl Range {
    fn add(&mut self, ids: impl IntoIterator<Item = Id>, is_excluded: bool) {
        if is_excluded { &mut self.exclude } else { &mut self.include }.extend(ids);
    }
}

impl Revisions<'_> {
    /// Adds ranges or single revisions with commas between them to a range. A missing side of `..` is `HEAD`.
    pub fn ranges(&self, text: &str, range: &mut Range) -> Result<()> {
        let mut rest = text;
        // A text to look for may contain commas.
        while let Some(comma) = outside_braces(rest, ",").filter(|_| !rest.trim_start().starts_with(":/")) {
            let (one, after) = rest.split_at_checked(comma).unwrap_or((rest, ""));
            self.range(one.trim(), range)?;
            rest = after.strip_prefix(',').unwrap_or_default();
        }
        self.range(rest.trim(), range)
    }

    fn range(&self, text: &str, range: &mut Range) -> Result<()> {
        let dots = outside_braces(text, "..").filter(|_| !text.starts_with(":/"));
        if let Some((before, after)) = dots.and_then(|at| text.split_at_checked(at)) {
            let end = |name: &str| self.commit(if name.is_empty() { "HEAD" } else { name });
            if let Some(after) = after.strip_prefix("...") {
                let (one, other) = (end(before)?, end(after)?);
                range.include.extend([one, other]);
                range.between.push((one, other));
            } else {
                range.exclude.push(end(before)?);
                range.include.push(end(after.trim_start_matches('.'))?);
            }
            return Ok(());
        }
        let (name, is_excluded) = text.strip_prefix('^').map_or((text, false), |name| (name, true));
        if let Some(child) = name.strip_suffix("^@") {
            range.add(self.parents(child)?, is_excluded);
        } else if let Some(child) = name.strip_suffix("^!") {
            range.add(self.parents(child)?, !is_excluded);
            range.add([self.commit(child)?], is_excluded);
        } else if let Some((child, number)) = name.rsplit_once("^-").filter(|(_, after)| is_number(after)) {
            let number = if number.is_empty() { Ok(1) } else { number.parse::<usize>() };
            let parent = number.ok().and_then(|number| number.checked_sub(1));
            let parents = self.parents(child)?;
            let parent = parent.and_then(|at| parents.get(at)).ok_or_else(|| failed(text, "it has no such parent"))?;
            range.add([*parent], !is_excluded);
            range.add([self.commit(child)?], is_excluded);
        } else {
            range.add([self.commit(name)?], is_excluded);
        }
        Ok(())
    }

    fn parents(&self, text: &str) -> Result<Vec<Id>> {
        let id = self.commit(text)?;
        Ok(ParsedCommit::parse(&self.objects.read(id, Kind::Commit)?).parents)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
