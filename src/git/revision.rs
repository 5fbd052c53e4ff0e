//! Parsing revisions and ranges: `main`, `v1~3`, `a1b2c3d`, `topic^{tree}`, `@{upstream}`, `A..B`, `A...B`, `^A`.

use std::collections::HashSet;

use bstr::{BStr, ByteSlice as _};

use super::objects::Objects;
use super::refs::NamedRefs;
use super::{Id, Kind};
use crate::core::error::{Error, Result};

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

/// The maximum number of tags that point to tags.
const DEEPEST: usize = 64;

/// Resolves revisions in a repository.
pub struct Revisions<'a> {
    names: &'a dyn NamedRefs,
    objects: &'a Objects,
}

impl<'a> Revisions<'a> {
    /// Uses these references and objects.
    pub fn new(names: &'a dyn NamedRefs, objects: &'a Objects) -> Self {
        Self { names, objects }
    }

    /// Adds `A..B`, `A...B`, `^A`, or a single revision, to a range. A missing side is `HEAD`.
    pub fn range(&mut self, text: &str, range: &mut Range) -> Result<()> {
        let end = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        if let Some((a, b)) = text.split_once("...") {
            let (a, b) = (self.commit(&end(a))?, self.commit(&end(b))?);
            range.include.extend([a, b]);
            range.between.push((a, b));
        } else if let Some((a, b)) = text.split_once("..") {
            range.exclude.push(self.commit(&end(a))?);
            range.include.push(self.commit(&end(b))?);
        } else if let Some(name) = text.strip_prefix('^') {
            range.exclude.push(self.commit(name)?);
        } else {
            range.include.push(self.commit(text)?);
        }
        Ok(())
    }

    /// The commit of a revision.
    pub fn commit(&mut self, text: &str) -> Result<Id> {
        self.peeled(text, Kind::Commit)
    }

    /// The tree of a revision's commit.
    pub fn tree(&mut self, text: &str) -> Result<Id> {
        self.peeled(text, Kind::Tree)
    }

    fn peeled(&mut self, text: &str, kind: Kind) -> Result<Id> {
        let id = self.object(text)?;
        let (id, _) =
            self.peel(id, Some(kind))?.ok_or_else(|| failed(text, &format!("it does not name a {kind:?}")))?;
        Ok(id)
    }

    /// Resolves a name followed by any number of `^`, `^2`, `~`, `~3`, `^{commit}`.
    fn object(&mut self, text: &str) -> Result<Id> {
        let end = text.find(['^', '~']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let mut id = self.name(name)?.ok_or_else(|| failed(text, "no reference and no single object has this name"))?;
        while !rest.is_empty() {
            if let Some((kind, next)) = rest.strip_prefix("^{").and_then(|rest| rest.split_once('}')) {
                let kind = match kind {
                    "" => None,
                    "commit" => Some(Kind::Commit),
                    "tree" => Some(Kind::Tree),
                    "tag" => Some(Kind::Tag),
                    "blob" => Some(Kind::Blob),
                    _ => return Err(failed(text, "^{…} takes commit, tree, blob or tag")),
                };
                id = self.peel(id, kind)?.ok_or_else(|| failed(text, "it does not name an object of that kind"))?.0;
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

    /// The ancestor that is `generations` first-parent steps away. Detects cycles, which only a forged history has.
    fn ancestor(&mut self, text: &str, id: Id, generations: u64) -> Result<Id> {
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
    fn parent(&mut self, text: &str, id: Id, number: u64) -> Result<Id> {
        let (id, bytes) = self.peel(id, Some(Kind::Commit))?.ok_or_else(|| failed(text, "it is not a commit"))?;
        let Some(skipped) = number.checked_sub(1) else { return Ok(id) };
        let mut parents = headers(&bytes).filter_map(|line| line.strip_prefix(b"parent ")).filter_map(Id::from_hex);
        let nth = usize::try_from(skipped).ok().and_then(|skipped| parents.nth(skipped));
        nth.ok_or_else(|| failed(text, "it has no such parent"))
    }

    /// Follows tags, and for a wanted tree a commit, until the object has the wanted type; `None` means any type
    /// except tag.
    fn peel(&mut self, id: Id, wanted: Option<Kind>) -> Result<Option<(Id, Vec<u8>)>> {
        let mut id = id;
        for _ in 0..DEEPEST {
            let Some((kind, bytes)) = self.objects.find(id)? else {
                return Err(Error::new("read object", id, "it is not in the repository").hint("fetch it first"));
            };
            let link = match kind {
                kind if wanted.map_or(kind != Kind::Tag, |wanted| wanted == kind) => return Ok(Some((id, bytes))),
                Kind::Tag => &b"object "[..],
                Kind::Commit if wanted == Some(Kind::Tree) => b"tree ",
                Kind::Commit | Kind::Tree | Kind::Blob => return Ok(None),
            };
            let next = headers(&bytes).find_map(|line| line.strip_prefix(link)).and_then(Id::from_hex);
            match next {
                Some(next) => id = next,
                None => return Ok(None),
            }
        }
        Err(Error::new("follow tag", id, "it leads from tag to tag without end").hint("run `git fsck` there"))
    }

    /// The object of a reference, an id, an abbreviated id, or the output of `git describe`.
    fn name(&mut self, name: &str) -> Result<Option<Id>> {
        if let Some((base, what)) = name.strip_suffix('}').and_then(|name| name.rsplit_once("@{")) {
            return self.names.at(base, what);
        }
        // A whole id is an id in git too, even if a reference has that name.
        if let Some(id) = Id::from_hex(name.to_ascii_lowercase().as_bytes()) {
            return Ok(Some(id));
        }
        if let Some(id) = self.names.named(BStr::new(name))? {
            return Ok(Some(id));
        }
        let is_hex = |digits: &&str| digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let described = || name.rsplit_once("-g").map(|(_, digits)| digits);
        let Some(digits) = Some(name).filter(is_hex).or_else(|| described().filter(is_hex)) else { return Ok(None) };
        let digits = digits.to_ascii_lowercase();
        if let Some(id) = Id::from_hex(digits.as_bytes()) {
            return Ok(Some(id));
        }
        let ids = self.objects.with_prefix(&digits)?;
        Ok(if let [id] = ids[..] { Some(id) } else { None })
    }
}

fn headers(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.lines().take_while(|line| !line.is_empty())
}

fn failed(text: &str, why: &str) -> Error {
    Error::new("find revision", text, why)
}
