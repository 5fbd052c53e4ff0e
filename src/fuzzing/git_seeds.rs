//! Inputs in git's formats: indexes, packs, objects, references and configuration.

use super::forms::{self, owned};
use super::git::{id, wide, zlib};
use crate::git::id::Hash;

pub(super) fn indexes() -> Vec<Vec<u8>> {
    let entries = [
        (0o100_644, id(1), &b"a"[..]),
        (0o100_755, id(2), b"d/b"),
        (0o120_000, id(3), b"d/e/c"),
        (0o040_000, id(4), b"s/"),
    ];
    let tree = [b"\x004 1\n", id(9).as_bytes(), b"d\0-1 1\n", b"e\x001 0\n", id(8).as_bytes()].concat();
    let plain = forms::index(&entries, &[(b"TREE", tree), (b"sdir", Vec::new())], Hash::Sha1);
    let wide_entries = [(0o100_644, wide(1, Hash::Sha256), &b"a"[..])];
    // Version 4: the second name takes one byte off the first.
    let mut fourth = forms::index(&[(0o100_644, id(1), b"")], &[], Hash::Sha1);
    fourth[7] = 4;
    fourth[11] = 2;
    fourth.truncate(12 + 62);
    fourth.extend(b"\0ab\0");
    let again: Vec<u8> = fourth[12..12 + 62].to_vec();
    fourth.extend([&again[..], b"\x01c\0", &[0; 20]].concat());
    vec![plain, forms::index(&wide_entries, &[], Hash::Sha256), fourth, forms::index(&[], &[], Hash::Sha1)]
}

pub(super) fn split_indexes() -> Vec<Vec<u8>> {
    let base =
        forms::index(&[(0o100_644, id(1), b"a"), (0o100_644, id(2), b"b"), (0o100_644, id(3), b"c")], &[], Hash::Sha1);
    let bitmap = |bits: u64| {
        [&3_u32.to_be_bytes()[..], &2_u32.to_be_bytes(), &(1_u64 << 33).to_be_bytes(), &bits.to_be_bytes(), &[0; 4]]
            .concat()
    };
    let link = [id(7).as_bytes(), &bitmap(1), &bitmap(2)].concat();
    let own = forms::index(&[(0o100_644, id(4), b""), (0o100_644, id(5), b"d")], &[(b"link", link)], Hash::Sha1);
    vec![[&(base.len() as u16).to_be_bytes()[..], &base, &own].concat()]
}

pub(super) fn pack_indexes() -> Vec<Vec<u8>> {
    let list = |hash| [(wide(1, hash), 12), (wide(3, hash), 100), (wide(200, hash), 0x8000_0000)];
    let mut first: Vec<u8> = (0..256_u32).flat_map(|byte| u32::from(byte >= 5).to_be_bytes()).collect();
    first.extend([&12_u32.to_be_bytes()[..], &[5; 20], &[0; 40]].concat());
    vec![forms::pack_index(&list(Hash::Sha1), Hash::Sha1), forms::pack_index(&list(Hash::Sha256), Hash::Sha256), first]
}

pub(super) fn multi_pack_indexes() -> Vec<Vec<u8>> {
    [Hash::Sha1, Hash::Sha256]
        .map(|hash| forms::multi_pack_index(&[(wide(1, hash), 12), (wide(2, hash), 40)], hash))
        .to_vec()
}

pub(super) fn packs() -> Vec<Vec<u8>> {
    let whole = [forms::entry(3, 5), zlib(b"hello")].concat();
    let delta = forms::inserts(5, b"other");
    let on_offset = [forms::entry(6, delta.len() as u64), forms::back(whole.len() as u64), zlib(&delta)].concat();
    let on_id = [&forms::entry(7, delta.len() as u64), id(0).as_bytes(), &zlib(&delta)].concat();
    let body = [&whole[..], &on_offset, &on_id].concat();
    let at = [0, whole.len(), whole.len() + on_offset.len()];
    // What stands before a pack's bytes is read from behind: a flag, a count, and where each entry is.
    let places: Vec<u8> = at.iter().flat_map(|&at| (at as u16).to_le_bytes()).collect();
    vec![[&[0, 3], &places[..], &body].concat(), [&[1, 3], &places[..], &body].concat()]
}

pub(super) fn deltas() -> Vec<Vec<u8>> {
    let delta = [10, 9, 0x91, 4, 3, 2, b'x', b'y', 0x90, 4];
    vec![[&[10], &b"0123456789"[..], &delta].concat(), [&[0][..], &forms::inserts(0, b"abc")].concat()]
}

pub(super) fn objects() -> Vec<Vec<u8>> {
    vec![b"blob 5\0hello".to_vec(), zlib(b"blob 5\0hello"), zlib(b"tag 1\0x"), b"commit 99999999999\0".to_vec()]
}

pub(super) fn trees() -> Vec<Vec<u8>> {
    let entry =
        |mode: &str, name: &str, hash| [format!("{mode} {name}\0").as_bytes(), wide(4, hash).as_bytes()].concat();
    let tree = |hash| {
        ["100644 a", "40000 b", "120000 c", "160000 d", "0 e"].map(|text| {
            let (mode, name) = text.split_once(' ').unwrap_or_default();
            entry(mode, name, hash)
        })
    };
    vec![tree(Hash::Sha1).concat(), tree(Hash::Sha256).concat()]
}

pub(super) fn commits() -> Vec<Vec<u8>> {
    let commit = format!(
        "tree {0}\nparent {0}\nauthor A U Thor <a@b.c> 1700000000 -0130\ncommitter B <b@c.d> 1700000001 +0200\n\
         gpgsig -----BEGIN PGP SIGNATURE-----\n abc\n -----END PGP SIGNATURE-----\nencoding x\n\nSubject\n\nBody\n",
        id(5)
    );
    let tag = format!("object {}\ntype commit\ntag v1\ntagger A <a> 12 +0000\n\nText\n", wide(6, Hash::Sha256));
    vec![commit.into_bytes(), tag.into_bytes(), b"author > a < b > 1 2\n\nx".to_vec()]
}

pub(super) fn refs() -> Vec<Vec<u8>> {
    let (a, b) = (id(1), id(2));
    let packed = format!("# pack-refs with: peeled fully-peeled sorted\n{a} refs/heads/x\n{b} refs/tags/v1\n^{a}\n");
    let fetch = format!("{a}\tnot-for-merge\tbranch 'x' of y\n{b}\t\tz\n");
    let log = format!("{a} {b} A <a@b.c> 1700000000 +0000\tcommit: x\n");
    vec![
        format!("ref: refs/heads/main\n\0{packed}\0{a}\n\0{fetch}\0{log}").into_bytes(),
        format!("{a}\n\0{packed}\0ref: refs/heads/x\n\0\0").into_bytes(),
        b"ref: refs/heads/main\n\0\0ref: HEAD\n".to_vec(),
    ]
}

pub(super) fn reftables() -> Vec<Vec<u8>> {
    let record =
        |shared: u8, suffix: &[u8], kind: u8| [&[shared, (suffix.len() as u8) << 3 | kind], suffix, &[0]].concat();
    let block = |kind: u8, before: usize, records: &[u8]| {
        let length = (before + 4 + records.len() + 2) as u32;
        [&[kind], &length.to_be_bytes()[1..], records, &[0, 0]].concat()
    };
    let ids = [id(1), id(2)];
    let refs = [
        [record(0, b"HEAD", 3), b"\x0frefs/heads/main".to_vec()].concat(),
        [record(0, b"refs/heads/x", 1), ids[0].as_bytes().to_vec()].concat(),
        [record(11, b"y", 2), ids[0].as_bytes().to_vec(), ids[1].as_bytes().to_vec()].concat(),
        record(11, b"z", 0),
    ];
    let refs = block(b'r', 24, &refs.concat());
    let log =
        [&[0, 5 << 3 | 1], &b"x\0abc"[..], ids[0].as_bytes(), ids[1].as_bytes(), b"\x01A\x01a\x05\0\0\x01m"].concat();
    let whole = [&log[..], &[0, 0]].concat();
    let logs = [b"g", &(4 + whole.len() as u32).to_be_bytes()[1..], &zlib(&whole)].concat();
    // The target takes the first two bytes for where logs start.
    let at = (24 + refs.len()) as u16;
    vec![[&at.to_be_bytes()[..], &refs, &logs].concat(), [&[0, 0][..], &refs].concat(), [&[0, 0][..], &logs].concat()]
}

pub(super) fn git_configs() -> Vec<Vec<u8>> {
    owned(&[
        "[core]\n\tbare = false\n\tworktree = \"../a b\" ; why\n[extensions]\n\tObjectFormat = sha256\n\trefStorage = reftable\n",
        "[remote \"o\\\"] x\"] url = u\\\\\n\tfetch = +refs/*:refs/*\n\tmirror\n[a.b] c = d \\\n  e # f\n",
        "[core] worktree2 = ..\\\n/x # y\n[extensions]\nworktreeconfig = true\n[broken\n",
    ])
}

pub(super) fn alternates() -> Vec<Vec<u8>> {
    owned(&["../objects\n# no\n\"a\\042\\101\\t\"\n", "a:\"b:c\":d", "pack\n\n."])
}
