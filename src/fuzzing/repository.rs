//! A whole repository put together from an input: blobs, trees, commits and tags that name each other, also in circles,
//! loose and packed, references and an index. Everything that keysweep looks at in a repository is looked at in it.

use std::path::Path;
use std::time::Instant;

use arbitrary::{Result, Unstructured};

use super::disk::{self, write};
use super::git::{HASHES, opened, wide, zlib};
use super::{forms, packs, seeds};
use crate::core::budget::Budget;
use crate::git::id::Hash;
use crate::git::{Ancestry, Id, Kind, Objects, Repository};
use crate::history::{self, AuditOptions};
use crate::policy::Policy;
use crate::source::commits::CommitsScanned;
use crate::source::staged::{Staged, StagedOptions};
use crate::source::{Collector, commits};

/// Makes the repository, audits it, and scans what is staged in it and what its commits bring.
pub(super) fn repository(data: &[u8]) {
    let directory = disk::directory();
    let mut input = Unstructured::new(data);
    let made = MadeRepository::of(&mut input);
    made.write(directory.path(), &mut input);
    let Some(repository) = opened(directory.path()) else { return };
    let policy = Policy::builtin();
    let audited = [1, 2].map(|threads| audit(&repository, &policy, threads));
    assert_eq!(audited[0], audited[1], "the same report for any number of threads");
    let budget = || Collector::within(Budget::new(Instant::now(), None, Some(64 << 20)).into());
    if let Ok(staged) = Staged::open(&repository) {
        let collector = budget();
        let _ = staged.scan(&policy, &collector, &StagedOptions { threads: 1, ..StagedOptions::default() });
    }
    let objects = Objects::open(&repository);
    let collector = budget();
    for object in made.objects.iter().filter(|object| object.kind == Kind::Commit) {
        commits::whole(&objects, &policy, &collector, object.id);
        commits::message(&objects, &policy, &collector, object.id);
        let others = [made.objects[0].id];
        commits::between_trees(&objects, &policy, &collector, (object.id, &others), &CommitsScanned::default());
        let Ok(mut ancestry) = Ancestry::of(&repository, &objects, collector.budget()) else { continue };
        if let Ok(commits) = ancestry.list(&[object.id], &others) {
            commits::scan(&objects, &policy, &collector, &commits);
        }
        let _ = ancestry.merge_bases(object.id, others[0]);
    }
}

/// An audit's report, in a form that can be compared.
fn audit(repository: &Repository, policy: &Policy, threads: usize) -> String {
    let collector = Collector::default();
    let options = AuditOptions { threads, file_names: true, ..AuditOptions::default() };
    let ended = history::audit(repository, &options, policy, &collector);
    format!("{:?} {:?}", ended.err(), collector.into_report())
}

/// The objects of the repository.
struct MadeRepository {
    hash: Hash,
    objects: Vec<MadeObject>,
}

struct MadeObject {
    id: Id,
    kind: Kind,
    content: Vec<u8>,
}

const KINDS: [Kind; 8] =
    [Kind::Tree, Kind::Blob, Kind::Tree, Kind::Commit, Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag];
const NAMES: [&[u8]; 10] = [b"a", b"b.py", b"c", b".gitmodules", b"..", b"", b"d.zip", b"a/b", b".git", b"\xff"];
const MODES: [&str; 7] = ["100644", "40000", "40000", "120000", "160000", "100755", "0"];

impl MadeRepository {
    fn of(input: &mut Unstructured<'_>) -> Self {
        let hash = HASHES[usize::from(input.arbitrary().unwrap_or(false))];
        let count = input.int_in_range(2..=20_u8).unwrap_or(2);
        // An id that is no hash of the content can be named before the content is known: circles.
        let forged: u32 = input.arbitrary::<u32>().unwrap_or_default() & input.arbitrary::<u32>().unwrap_or_default();
        let mut made = Self { hash, objects: Vec::new() };
        for number in 0..count {
            let kind = input.choose(&KINDS).copied().unwrap_or(Kind::Blob);
            let names = Nameable { made: &made, forged, count };
            let content = names.content(kind, input).unwrap_or_default();
            let id = if forged >> number & 1 == 1 { wide(number, hash) } else { hash.id_of(kind, &content) };
            made.objects.push(MadeObject { id, kind, content });
        }
        made
    }

    fn write(&self, root: &Path, input: &mut Unstructured<'_>) {
        disk::empty_repository(root);
        if self.hash == Hash::Sha256 {
            write(root, "config", b"[core]\nrepositoryformatversion = 1\n[extensions]\nobjectformat = sha256\n");
        }
        self.store(root, input).unwrap_or_default();
        let last = |kind| self.objects.iter().rfind(|object| object.kind == kind);
        let mut refs = String::new();
        for (number, object) in self.objects.iter().enumerate().filter(|(number, _)| number % 3 == 1) {
            refs += &format!("{} refs/tags/t{number}\n", object.id);
        }
        if let Some(commit) = last(Kind::Commit) {
            refs += &format!("{} refs/heads/main\n", commit.id);
            write(root, "logs/HEAD", format!("{} {} A <a> 1 +0000\tx\n", commit.id, self.objects[0].id).as_bytes());
        }
        write(root, "packed-refs", refs.as_bytes());
        let mut entries: Vec<(u32, Id, &[u8])> = Vec::new();
        for object in self.objects.iter().take(6) {
            let path: &[u8] = input.choose(&[b"a".as_slice(), b"a/b", b"b", b"c/d/e", b"f/"]).copied().unwrap_or(b"z");
            let is_directory = path.ends_with(b"/");
            entries.push((if is_directory { 0o040_000 } else { 0o100_644 }, object.id, path));
        }
        entries.sort_by_key(|(_, _, path)| *path);
        let tree = last(Kind::Tree).map(|tree| [b"\x006 0\n", tree.id.as_bytes()].concat());
        let extensions: Vec<_> =
            tree.filter(|_| input.arbitrary().unwrap_or(false)).map(|tree| (b"TREE", tree)).into_iter().collect();
        write(root, "index", &forms::index(&entries, &extensions, self.hash));
    }

    /// Each object as a loose file, in a pack, as a delta in it, or in two places.
    fn store(&self, root: &Path, input: &mut Unstructured<'_>) -> Result<()> {
        let (mut body, mut places): (Vec<u8>, Vec<(Id, u64, usize)>) = (Vec::new(), Vec::new());
        for MadeObject { id, kind, content } in &self.objects {
            let way = input.int_in_range(0..=5_u8).unwrap_or(1);
            if matches!(way, 0 | 5) {
                let name = id.to_string();
                let (fan, rest) = name.split_at(2);
                let file = [format!("{} {}\0", kind.word(), content.len()).as_bytes(), content].concat();
                write(root, &format!("objects/{fan}/{rest}"), &zlib(&file));
            }
            let at = 12 + body.len() as u64;
            match (way, places.last()) {
                (0, _) => continue,
                (2, Some(&(_, base, length))) => {
                    let delta = forms::inserts(length, content);
                    body.extend([forms::entry(6, delta.len() as u64), forms::back(at - base), zlib(&delta)].concat());
                }
                (3, _) => {
                    let base = input.choose(&self.objects).map_or(*id, |base| base.id);
                    let length = self.objects.iter().find(|object| object.id == base).map_or(0, |o| o.content.len());
                    let delta = forms::inserts(length, content);
                    let head = forms::entry(7, delta.len() as u64);
                    body.extend([&head, base.as_bytes(), &zlib(&delta)].concat());
                }
                _ => body.extend([forms::entry(*kind as u8, content.len() as u64), zlib(content)].concat()),
            }
            places.push((*id, at, content.len()));
        }
        if !places.is_empty() {
            let list: Vec<(Id, u64)> = places.iter().map(|&(id, at, _)| (id, at)).collect();
            write(root, "objects/pack/pack-1.pack", &forms::pack(places.len(), &body, self.hash));
            write(root, "objects/pack/pack-1.idx", &forms::pack_index(&list, self.hash));
        }
        Ok(())
    }
}

/// What an object can name.
struct Nameable<'a> {
    made: &'a MadeRepository,
    forged: u32,
    count: u8,
}

impl Nameable<'_> {
    fn id(&self, input: &mut Unstructured<'_>) -> Result<Id> {
        let number = input.int_in_range(0..=self.count)?;
        Ok(match self.made.objects.get(usize::from(number)) {
            Some(object) => object.id,
            // It comes later, or never.
            None if self.forged.checked_shr(number.into()).is_some_and(|bits| bits & 1 == 1) => {
                wide(number, self.made.hash)
            }
            None => wide(200, self.made.hash),
        })
    }

    fn content(&self, kind: Kind, input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
        if input.ratio(1, 12)? {
            return packs::content(input);
        }
        let mut content = Vec::new();
        match kind {
            Kind::Blob => {
                if input.arbitrary()? {
                    content.extend(seeds::key(input.arbitrary()?).into_bytes());
                }
                content.extend(packs::content(input)?);
            }
            Kind::Tree => {
                for _ in 0..input.int_in_range(0..=8_u8)? {
                    let (mode, name) = (input.choose(&MODES)?, input.choose(&NAMES)?);
                    content.extend([mode.as_bytes(), b" ", name, b"\0", self.id(input)?.as_bytes()].concat());
                }
            }
            Kind::Commit => {
                content.extend(format!("tree {}\n", self.id(input)?).into_bytes());
                for _ in 0..input.int_in_range(0..=3_u8)? {
                    content.extend(format!("parent {}\n", self.id(input)?).into_bytes());
                }
                let time = input.arbitrary::<i32>()?;
                content.extend(format!("author A <a@b.c> {time} +0000\ncommitter A <a@b.c> {time} +0000\n").bytes());
                content.extend([b"\n", &packs::content(input)?[..]].concat());
            }
            Kind::Tag => {
                let kind = input.choose(&KINDS)?.word();
                content.extend(
                    format!("object {}\ntype {kind}\ntag v\ntagger A <a> 1 +0000\n\n", self.id(input)?).bytes(),
                );
                content.extend(packs::content(input)?);
            }
        }
        Ok(content)
    }
}
