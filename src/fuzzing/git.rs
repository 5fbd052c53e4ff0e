//! Git's files, each as the bytes of the file alone.

use std::path::Path;
use std::sync::Arc;

use arbitrary::Unstructured;
use flate2::Crc;

use super::disk::{self, mapped};
use crate::core::budget::Budget;
use crate::git::id::Hash;
use crate::git::index::{Data, Index, split};
use crate::git::pack::{Delta, DeltaChains, Pack, PackIndex, multi_index};
use crate::git::refs::Lookup;
use crate::git::refs::reftable::Stack;
use crate::git::tree::TreeEntries;
use crate::git::tree_diff;
use crate::git::{GitConfig, Id, Kind, Objects, Refs, Repository, commit as commits, loose as loose_object};
use crate::git::{quoted, refs as references};

pub(super) const HASHES: [Hash; 2] = [Hash::Sha1, Hash::Sha256];

/// An index, in both object formats, compared with an empty commit.
pub(super) fn index(data: &[u8]) {
    for hash in HASHES {
        if let Ok((index, _)) = Index::decode(Data::Held(data.to_vec()), hash) {
            walk(&index, data.len());
        }
    }
}

fn walk(index: &Index, size: usize) {
    let names: usize = index.entries().iter().map(|entry| index.path(entry).len()).sum();
    assert!(names <= 128 * size + 4096 && index.entries().len() <= size, "{names} bytes of names in {size}");
    for entry in index.entries().iter().take(64) {
        let path = index.path(entry);
        if index.is_sorted() {
            assert!(index.tracks(path, false));
        }
        let directory = path.split(|&byte| byte == b'/').next().unwrap_or_default();
        index.tracks(directory, true);
        index.root().and_then(|root| index.subtree(root, directory)).map(|at| index.tree(at).valid);
    }
    if index.is_sorted() {
        with_objects(|objects| {
            let budget = Budget::default();
            let _ = tree_diff::changes(index, objects, &[], &budget);
            let _ = tree_diff::changes(index, objects, &[id(0); 2], &budget);
        });
    }
}

thread_local! {
    static EMPTY: (tempfile::TempDir, Repository, Objects) = {
        let directory = disk::directory();
        disk::empty_repository(directory.path());
        let repository = Repository::open(directory.path().to_owned()).expect("an empty repository");
        let objects = Objects::open(&repository);
        (directory, repository, objects)
    };
}

/// Calls with a store that has no objects.
fn with_objects(each: impl FnOnce(&Objects)) {
    EMPTY.with(|(_, _, objects)| each(objects));
}

/// Both halves of a split index: the first two bytes say how long the shared one is.
pub(super) fn split_index(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return };
    let (base, own) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes(*length))));
    for hash in HASHES {
        let Ok((half, Some(link))) = Index::decode(Data::Held(own.to_vec()), hash) else { continue };
        let body = own.get(link).unwrap_or_default();
        let _ = split::base(body, hash);
        let Ok((base, _)) = Index::decode(Data::Held(base.to_vec()), hash) else { continue };
        let Ok(link) = split::Link::parse(body, hash, base.entries().len()) else { continue };
        if let Ok(joined) = split::join(base, half, &link) {
            walk(&joined, data.len());
        }
    }
}

/// A pack's index.
pub(super) fn pack_index(data: &[u8]) {
    for hash in HASHES {
        if let Ok(index) = PackIndex::of_file(mapped(data), hash) {
            assert!(index.count() as usize <= data.len());
            for position in 0..index.count() {
                let id = index.id(position);
                index.offset(position);
                if let Some(found) = index.find(&id) {
                    assert_eq!(index.id(found), id);
                }
            }
            index.find(&id(7));
            assert!(index.with_prefix("00").len() <= index.count() as usize);
        }
    }
}

/// One index of several packs.
pub(super) fn multi_pack_index(data: &[u8]) {
    for hash in HASHES {
        let mut names = Vec::new();
        let Ok(lists) = multi_index::objects(data, hash, &mut names) else { continue };
        for (pack, list) in lists {
            assert!((pack as usize) < names.len());
            let length = list.len();
            let index = PackIndex::of_list(list.into_iter(), hash);
            assert_eq!(index.count() as usize, length);
            for position in 0..index.count() {
                assert!(index.find(&index.id(position)).is_some());
            }
        }
    }
}

/// A pack's entries at any places in any bytes.
pub(super) fn pack(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let hash = HASHES[usize::from(input.arbitrary::<bool>().unwrap_or_default())];
    let count = input.int_in_range(0..=32_u8).unwrap_or_default();
    let offsets: Vec<u16> = (0..count).map(|_| input.arbitrary::<u16>().unwrap_or_default()).collect();
    let body = input.take_rest();
    let file = [&b"PACK\0\0\0\x02\0\0\0\0"[..], body, &[0; 32][..hash.width()]].concat();
    let mut list: Vec<(Id, u64)> = offsets
        .iter()
        .map(|&at| 12 + u64::from(at) % (body.len() as u64 + 2))
        .enumerate()
        .map(|(number, at)| (wide(number as u8, hash), at))
        .collect();
    list.sort_unstable();
    let index = PackIndex::of_list(list.into_iter(), hash);
    if let Ok(pack) = Pack::of(mapped(&file), index, hash) {
        decode_all(pack);
    }
}

/// Goes along the delta chains of a pack and decodes each entry for itself.
pub(super) fn decode_all(pack: Pack) {
    let chains = DeltaChains::of(&pack);
    let pack = Arc::new(pack);
    for entry in 0..chains.len() as u32 {
        assert!(chains.position(entry) < pack.index.count());
        // What hangs on a chain that bites its own tail has no kind, and nobody asks what hangs on it.
        if chains.kind(entry).is_some() {
            assert!(chains.descendants(entry).len() <= chains.len());
            assert!(chains.is_root(entry) || chains.base(entry).is_some_and(|base| chains.kind(base).is_some()));
        }
    }
    // A store keeps each pack that it has decoded from, so this pack has one of its own.
    EMPTY.with(|(_, repository, _)| {
        let objects = Objects::open(repository);
        for position in 0..pack.index.count() {
            let _ = objects.decode(&pack, pack.index.offset(position));
        }
    });
}

/// A delta: the first byte says how long its base is.
pub(super) fn delta(data: &[u8]) {
    let Some((&length, rest)) = data.split_first() else { return };
    let (base, delta) = rest.split_at(rest.len().min(length.into()));
    let Ok(delta) = Delta::parse(delta) else { return };
    assert!(delta.ops().count() <= data.len());
    if delta.check_size().is_ok() && delta.size <= 1 << 24 {
        let mut out = vec![0; delta.size];
        let _ = delta.apply(base, &mut out);
    }
    let mut short = vec![0; data.len()];
    let _ = delta.apply(base, &mut short);
}

/// A loose object, as the file's bytes and as what these would inflate to.
pub(super) fn loose(data: &[u8]) {
    let _ = loose_object::parse(data);
    if let Ok((kind, content)) = loose_object::parse(&zlib(data)) {
        assert!(content.len() <= data.len());
        assert_eq!(HASHES.map(|hash| hash.id_of(kind, &content).is_null()), [false; 2]);
    }
}

/// Compressed as git does it.
pub(super) fn zlib(data: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).and_then(|()| encoder.finish()).expect("writing to memory")
}

/// A tree's entries.
pub(super) fn tree(data: &[u8]) {
    for hash in HASHES {
        let mut length = 0;
        for entry in TreeEntries::new(data, hash).flatten() {
            length += entry.name.len() + hash.width();
        }
        assert!(length <= data.len());
    }
}

/// A commit or tag.
pub(super) fn commit(data: &[u8]) {
    let read = commits::ParsedCommit::parse(data);
    for person in [read.author, read.committer, commits::ParsedTag::parse(data).tagger] {
        assert!(person.name.len() + person.email.len() <= data.len());
        person.date();
    }
    assert!(commits::leading_ids(data) <= data.len());
    for kind in [Kind::Commit, Kind::Tag] {
        commits::described(id(1), kind, data);
        let mut end = 0;
        for (_, range) in commits::parts(kind, data) {
            assert!(range.start >= end && range.end <= data.len(), "{range:?} after {end}");
            end = range.end;
        }
    }
}

/// References as files, which zero bytes part: `HEAD`, `packed-refs`, a branch, `FETCH_HEAD`, a reflog.
pub(super) fn refs(data: &[u8]) {
    const FILES: [&str; 5] = ["HEAD", "packed-refs", "refs/heads/main", "FETCH_HEAD", "logs/HEAD"];
    let directory = disk::directory();
    let root = directory.path();
    disk::empty_repository(root);
    for (path, text) in FILES.iter().zip(data.split(|&byte| byte == 0)) {
        disk::write(root, path, text);
    }
    let Ok(repository) = Repository::open(root.to_owned()) else { return };
    let all = Refs::read(&repository);
    assert!(all.list.len() + all.dangling.len() + all.logged.len() <= 4 * data.len() + 4);
    let _ = references::head(&repository);
    let lookup = Lookup::new(&repository);
    for name in ["main", "main@{1}", "@{yesterday}", "@{-1}", "main@{u}", "main@{push}"] {
        let _ = lookup.named(name.into());
    }
}

/// A table of references, as it is and with the checksum that it needs.
pub(super) fn reftable(data: &[u8]) {
    let mut made = Vec::new();
    for (version, hash) in [(1, Hash::Sha1), (2, Hash::Sha256)] {
        let mut header = vec![b'R', b'E', b'F', b'T', version, 0, 0, 0];
        header.extend([0; 16]);
        header.extend(if version == 2 { &b"s256"[..] } else { b"" });
        let (logs, body) =
            data.split_first_chunk::<2>().map_or((0, data), |(at, body)| (u16::from_be_bytes(*at), body));
        let mut footer = [&header[..], &[0; 24], &u64::from(logs).to_be_bytes(), &[0; 8]].concat();
        let mut crc = Crc::new();
        crc.update(&footer);
        footer.extend(crc.sum().to_be_bytes());
        made.push((hash, [&header[..], body, &footer].concat()));
        made.push((hash, data.to_vec()));
    }
    for (hash, table) in made {
        let size = table.len();
        let stack = Stack::of(vec![("2".into(), table.clone()), ("1".into(), table)], hash);
        if let Ok(refs) = stack.refs() {
            let names: usize = refs.keys().map(|name| name.len()).sum();
            assert!(names <= 128 * size);
            if let Some(name) = refs.keys().next() {
                let _ = stack.find(name);
            }
        }
        let mut logged = 0;
        let _ = stack.logged(|_, _| logged += 1);
        assert!(logged <= 1032 * size);
    }
}

/// A repository's configuration, and a repository that has it.
pub(super) fn config(data: &[u8]) {
    let config = GitConfig::new(data.to_vec());
    let mut settings = 0;
    for setting in config.settings() {
        assert!(setting.span.start <= setting.span.end && setting.span.end <= data.len(), "{:?}", setting.span);
        assert!(setting.value().len() <= data.len() + 4);
        settings += 1;
    }
    assert!(settings <= data.len());
    let directory = disk::directory();
    disk::empty_repository(directory.path());
    disk::write(directory.path(), "config", data);
    if let Ok(repository) = Repository::open(directory.path().to_owned()) {
        let _ = references::head(&repository);
        let _ = repository.is_mirror();
    }
}

/// Lists of paths, and a repository that has them as its alternates.
pub(super) fn alternates(data: &[u8]) {
    for separator in [b'\n', b':'] {
        let paths = quoted::paths(data, separator);
        assert!(paths.iter().map(|path| path.as_os_str().len()).sum::<usize>() <= 3 * data.len());
    }
    // No path of this machine.
    if data.contains(&b'/') || data.contains(&b'\\') {
        return;
    }
    let directory = disk::directory();
    disk::empty_repository(directory.path());
    disk::write(directory.path(), "objects/info/alternates", data);
    if let Ok(repository) = Repository::open(directory.path().to_owned()) {
        let _ = Objects::open(&repository).find(id(3));
    }
}

/// An id that is the same byte all along.
pub(super) fn id(byte: u8) -> Id {
    wide(byte, Hash::Sha1)
}

/// The same in either object format.
pub(super) fn wide(byte: u8, hash: Hash) -> Id {
    Id::from_bytes(&[byte; 32][..hash.width()]).expect("a hash's width")
}

/// The repository in a directory.
pub(super) fn opened(root: &Path) -> Option<Repository> {
    Repository::open(root.to_owned()).ok()
}
