//! Parsing revisions as gitrevisions(7) describes them: `main`, `v1~3`, `a1b2c3d`, `topic^{tree}`, `@{upstream}`,
//! `main@{yesterday}`, `:/fix`, and ranges of them. What names a file (`HEAD:file`) is refused, because commits and
//! their trees are all that is ever asked for.

mod message;
mod range;

use std::collections::HashSet;

use bstr::BStr;

use super::commit::{ParsedCommit, ParsedTag};
use super::refs::Lookup;
use super::{Id, Kind, Objects};
use crate::core::error::{Error, ErrorKind, Result};

pub use range::Range;

/// The maximum number of tags that point to tags.
const DEEPEST: usize = 64;

/// Resolves revisions in a repository.
pub struct Revisions<'a> {
    refs: &'a Lookup<'a>,
    objects: &'a Objects,
}

impl<'a> Revisions<'a> {
    /// Uses these references and objects.
    pub fn new(refs: &'a Lookup<'a>, objects: &'a Objects) -> Self {
        Self { refs, objects }
    }

    /// The commit of a revision.
    pub fn commit(&self, text: &str) -> Result<Id> {
        self.peeled(text, Kind::Commit)
    }

    /// The tree of a revision's commit.
    pub fn tree(&self, text: &str) -> Result<Id> {
        self.peeled(text, Kind::Tree)
    }

    fn peeled(&self, text: &str, kind: Kind) -> Result<Id> {
        let id = self.object(text, kind)?;
        let (id, _) =
            self.peel(id, Some(kind))?.ok_or_else(|| failed(text, &format!("it does not name a {}", kind.word())))?;
        Ok(id)
    }

    /// Resolves a name followed by any number of `^`, `^2`, `~`, `~3`, `^{commit}`, `^{/text}`. An abbreviated id that
    /// fits several objects means the one of the wanted kind.
    fn object(&self, text: &str, wanted: Kind) -> Result<Id> {
        if let Some(wanted) = text.strip_prefix(":/") {
            let tips = self.refs.below(b"refs/")?.into_iter().map(|(_, id)| id);
            return self.with_message(text, tips.chain(self.refs.named("HEAD".into())?), wanted);
        }
        if outside_braces(text, ":").is_some() {
            return Err(failed(text, "it names a file, not a commit"));
        }
        let (name, mut rest) = outside_braces(text, "^")
            .into_iter()
            .chain(outside_braces(text, "~"))
            .min()
            .and_then(|end| text.split_at_checked(end))
            .unwrap_or((text, ""));
        let wanted = if rest.is_empty() { wanted } else { Kind::Commit };
        let unknown = || failed(text, "no reference and no single object has this name").of_kind(ErrorKind::NotFound);
        let mut id = self.name(name, wanted)?.ok_or_else(unknown)?;
        while !rest.is_empty() {
            if let Some((what, next)) = rest.strip_prefix("^{").and_then(|inside| {
                let end = outside_braces(rest, "}").and_then(|end| end.checked_sub(2))?;
                Some((inside.get(..end)?, inside.get(end + 1..)?))
            }) {
                id = self.braced(text, id, what)?;
                rest = next;
                continue;
            }
            let is_ancestor = rest.starts_with('~');
            let tail = rest.strip_prefix(['~', '^']).ok_or_else(|| failed(text, "only ^ and ~ may follow a name"))?;
            let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let (number, next) = tail.split_at_checked(digits).unwrap_or((tail, ""));
            let number: u64 = match number {
                "" => 1,
                number => number.parse().map_err(|_| failed(text, "its number is too large"))?,
            };
            rest = next;
            id = if is_ancestor { self.ancestor(text, id, number)? } else { self.parent(text, id, number)? };
        }
        Ok(id)
    }

    /// The object of `id^{what}`.
    fn braced(&self, text: &str, id: Id, what: &str) -> Result<Id> {
        if let Some(wanted) = what.strip_prefix('/') {
            return self.with_message(text, [id].into_iter(), wanted);
        }
        let kind = match what {
            "object" => return Ok(id),
            "" => None,
            "commit" => Some(Kind::Commit),
            "tree" => Some(Kind::Tree),
            "tag" => Some(Kind::Tag),
            "blob" => Some(Kind::Blob),
            _ => return Err(failed(text, "^{…} takes commit, tree, blob, tag, object or /text")),
        };
        let peeled = self.peel(id, kind)?.ok_or_else(|| failed(text, "it does not name an object of that kind"))?;
        Ok(peeled.0)
    }

    /// The ancestor that is `generations` first-parent steps away. Detects cycles, which only a forged history has.
    fn ancestor(&self, text: &str, id: Id, generations: u64) -> Result<Id> {
        let mut id = self.parent(text, id, 0)?;
        let mut seen = HashSet::from([id]);
        for _ in 0..generations {
            id = self.parent(text, id, 1)?;
            if !seen.insert(id) {
                return Err(failed(text, "its parents form a loop").hint("run `git fsck` there"));
            }
        }
        Ok(id)
    }

    /// The parent with this number, from 1; 0 is the commit itself.
    fn parent(&self, text: &str, id: Id, number: u64) -> Result<Id> {
        let (id, bytes) = self.peel(id, Some(Kind::Commit))?.ok_or_else(|| failed(text, "it is not a commit"))?;
        let Some(skipped) = number.checked_sub(1) else { return Ok(id) };
        let parents = ParsedCommit::parse(&bytes).parents;
        let nth = usize::try_from(skipped).ok().and_then(|skipped| parents.get(skipped).copied());
        nth.ok_or_else(|| failed(text, "it has no such parent"))
    }

    /// Follows tags, and for a wanted tree a commit, until the object has the wanted type; `None` means any type
    /// except tag.
    fn peel(&self, id: Id, wanted: Option<Kind>) -> Result<Option<(Id, Vec<u8>)>> {
        let mut id = id;
        for _ in 0..DEEPEST {
            let Some((kind, bytes)) = self.objects.find(id)? else {
                let missing = Error::new("read object", id, "it is not in the repository").hint("fetch it first");
                return Err(missing.of_kind(ErrorKind::NotFound));
            };
            let next = match kind {
                kind if wanted.map_or(kind != Kind::Tag, |wanted| wanted == kind) => return Ok(Some((id, bytes))),
                Kind::Tag => ParsedTag::parse(&bytes).target,
                Kind::Commit if wanted == Some(Kind::Tree) => ParsedCommit::parse(&bytes).tree,
                Kind::Commit | Kind::Tree | Kind::Blob => None,
            };
            match next {
                Some(next) => id = next,
                None => return Ok(None),
            }
        }
        Err(Error::new("follow tag", id, "it leads from tag to tag without end").hint("run `git fsck` there"))
    }

    /// The object of a reference, an id, an abbreviated id, or the output of `git describe`.
    fn name(&self, name: &str, wanted: Kind) -> Result<Option<Id>> {
        // A whole id is an id in git too, even if a reference has that name.
        if let Some(id) = Id::from_hex(name.to_ascii_lowercase().as_bytes()) {
            return Ok(Some(id));
        }
        if let Some(id) = self.refs.named(BStr::new(name))? {
            return Ok(Some(id));
        }
        let is_hex = |digits: &&str| digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let described = || name.rsplit_once("-g").map(|(_, digits)| digits);
        let Some(digits) = Some(name).filter(is_hex).or_else(|| described().filter(is_hex)) else { return Ok(None) };
        let digits = digits.to_ascii_lowercase();
        if let Some(id) = Id::from_hex(digits.as_bytes()) {
            return Ok(Some(id));
        }
        let mut ids = self.objects.with_prefix(&digits)?;
        if ids.len() > 1 {
            ids.retain(|&id| matches!(self.peel(id, Some(wanted)), Ok(Some(_))));
        }
        Ok(if let [id] = ids[..] { Some(id) } else { None })
    }
}

/// The offset of a text in a revision, outside of `{…}`. A `}` that ends one counts as outside.
fn outside_braces(revision: &str, wanted: &str) -> Option<usize> {
    let mut depth = 0_usize;
    revision.char_indices().find_map(|(at, c)| {
        if c == '}' {
            depth = depth.saturating_sub(1);
        }
        let is_it = depth == 0 && revision.get(at..).is_some_and(|rest| rest.starts_with(wanted));
        if c == '{' {
            depth += 1;
        }
        is_it.then_some(at)
    })
}

fn failed(text: &str, why: &str) -> Error {
    Error::new("find revision", text, why)
}
