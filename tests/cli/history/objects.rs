//! Objects in every form in which git keeps them, and in forms in which it does not.

use std::io::Write as _;

use serde_json::Value;
use sha1::{Digest as _, Sha1};

use super::Repo;
use crate::project::{Scan, key};

/// A history with keys in files, in a message, in a tag and in a name, some of them gone again.
fn history_of(repo: &Repo) {
    let text = "a line of some length that is there in each version\n".repeat(40);
    for n in 0..6_u64 {
        repo.write("src/settings.py", format!("{text}n = {n}\nkey = '{}'\n{text}", key(5000 + n / 2)));
        repo.write(&format!("docs/{n}/page.md"), format!("{n}\n{text}"));
        repo.commit(&if n == 3 { format!("message with {}", key(5010)) } else { format!("version {n}") });
    }
    repo.git(&["rm", "-q", "src/settings.py"]);
    repo.commit("gone");
    repo.git(&["tag", "-a", "-m", &format!("tag {}", key(5011)), "v1"]);
    repo.git(&["branch", "topic", "HEAD~3"]);
}

/// Findings without ids, which differ between object formats.
fn without_ids(scan: &Scan) -> Vec<Value> {
    let strip = |finding: &Value| {
        let mut finding = finding.clone();
        finding["commit"]["id"].take();
        for commit in ["last_commit", "removed_by"] {
            if finding["history"][commit].is_object() {
                finding["history"][commit]["id"].take();
            }
        }
        finding
    };
    scan.findings.iter().map(strip).collect()
}

#[test]
fn both_object_formats_in_every_form_tell_the_same() {
    let mut expected: Option<Vec<Value>> = None;
    let steps: &[(&str, &[&[&str]])] = &[
        ("loose", &[]),
        ("packed", &[&["repack", "-q", "-a", "-d"]]),
        ("index of version 1", &[&["-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-F"]]),
        ("deltas by id", &[&["-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-F"]]),
        ("two packs", &[&["branch", "more"], &["commit", "-q", "--allow-empty", "-m", "x"], &["repack", "-q", "-d"]]),
        ("multi-pack-index", &[&["multi-pack-index", "write"]]),
    ];
    for format in ["sha1", "sha256"] {
        let repo = Repo::with_format(format);
        history_of(&repo);
        for (step, commands) in steps {
            commands.iter().for_each(|command| drop(repo.git(command)));
            if *step == "multi-pack-index" {
                remove(&repo, "idx");
            }
            let scan = repo.history(&[]);
            assert_eq!((scan.output.code, scan.errors().len()), (1, 0), "{format}, {step}: {scan:?}");
            assert_eq!(scan.findings.len(), 5, "{format}, {step}: {:?}", scan.findings);
            let found = without_ids(&scan);
            // What follows HEAD's date moves with the commit that a step makes.
            let secrets = |found: &[Value]| -> Vec<Value> { found.iter().map(|f| f["secret"].clone()).collect() };
            if *step == "two packs" || *step == "multi-pack-index" {
                assert_eq!(secrets(&found), secrets(expected.as_ref().unwrap()), "{format}, {step}");
            } else {
                assert_eq!(&found, expected.get_or_insert_with(|| found.clone()), "{format}, {step}");
            }
        }
    }
}

/// Removes what packs have with this extension.
fn remove(repo: &Repo, extension: &str) {
    let mut removed = 0;
    for file in std::fs::read_dir(repo.project.path(".git/objects/pack")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|own| own == extension) {
            std::fs::remove_file(path).unwrap();
            removed += 1;
        }
    }
    assert!(removed > 0, "no .{extension}");
}

/// Compressed as git does it.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes a loose object whose name is its hash, and returns that.
fn object(repo: &Repo, kind: &str, content: &[u8]) -> String {
    let bytes = [format!("{kind} {}\0", content.len()).as_bytes(), content].concat();
    let id: String = Sha1::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    repo.write(&format!(".git/objects/{}/{}", &id[..2], &id[2..]), zlib(&bytes));
    id
}

fn raw(id: &str) -> Vec<u8> {
    (0..20).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// A number as packs and deltas write it, seven bits a byte.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A pack's entry: its kind's number, the size that it claims, what stands before the data, and the data.
fn entry(kind: u8, size: usize, before: &[u8], data: &[u8]) -> Vec<u8> {
    let more = if size > 15 { 0x80 } else { 0 };
    let mut bytes = vec![more | kind << 4 | size as u8 & 15];
    if size > 15 {
        bytes.extend(number(size >> 4));
    }
    [&bytes, before, &zlib(data)].concat()
}

/// Ids and entries.
type Pack = Vec<(String, Vec<u8>)>;

/// Writes a pack with these ids and entries, and its index. Nothing is checked.
fn pack(repo: &Repo, name: &str, entries: &[(String, Vec<u8>)]) {
    let mut data = [&b"PACK\0\0\0\x02"[..], &(entries.len() as u32).to_be_bytes()].concat();
    let mut list = Vec::new();
    for (id, entry) in entries {
        list.push((raw(id), data.len() as u32));
        data.extend(entry);
    }
    data.extend([0; 20]);
    list.sort();
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255 {
        index.extend((list.iter().filter(|(id, _)| id[0] <= first).count() as u32).to_be_bytes());
    }
    list.iter().for_each(|(id, _)| index.extend(id));
    list.iter().for_each(|_| index.extend([0; 4]));
    list.iter().for_each(|(_, offset)| index.extend(offset.to_be_bytes()));
    index.extend([0; 40]);
    repo.write(&format!(".git/objects/pack/pack-{name}.pack"), data);
    repo.write(&format!(".git/objects/pack/pack-{name}.idx"), index);
}

#[test]
fn hostile_packs_cost_an_error_and_nothing_else() {
    let ids = ["a".repeat(40), "b".repeat(40)];
    let delta = |base: usize, size: usize, ops: &[u8]| [&number(base)[..], &number(size), ops].concat();
    let to = |id: &str, delta: &[u8]| entry(7, delta.len(), &raw(id), delta);
    let zeros = vec![0; 80 << 20];
    let copies: Vec<u8> = (0..4000).flat_map(|_| [0xf0, 0, 0, 16]).collect();
    let circle = delta(9, 9, &[0x90, 9]);
    let cases: [(&str, Pack, Pack, &str); 5] = [
        (
            "a circle of deltas through two packs",
            vec![(ids[0].clone(), to(&ids[1], &circle))],
            vec![(ids[1].clone(), to(&ids[0], &circle))],
            "chain of deltas",
        ),
        (
            "a header that promises too much",
            vec![(ids[0].clone(), entry(3, 3 << 30, &[], b"small"))],
            vec![],
            "promises more than its data can hold",
        ),
        ("zeros", vec![(ids[0].clone(), entry(3, zeros.len(), &[], &zeros))], vec![], "200 times its size"),
        (
            "a delta that copies again and again",
            vec![
                (ids[0].clone(), entry(3, 1 << 20, &[], &zeros[..1 << 20])),
                (ids[1].clone(), to(&ids[0], &delta(1 << 20, 4000 << 20, &copies))),
            ],
            vec![],
            "200 times its size",
        ),
        (
            "a delta that lies about its size",
            vec![
                (ids[0].clone(), entry(3, 4, &[], b"base")),
                (ids[1].clone(), to(&ids[0], &delta(4, 4000 << 20, &[0x90, 4]))),
            ],
            vec![],
            "more or less than its header says",
        ),
    ];
    for (name, first, second, expected) in cases {
        let repo = Repo::new();
        repo.write("key.env", key(5100)).commit("first");
        pack(&repo, "1", &first);
        if !second.is_empty() {
            pack(&repo, "2", &second);
        }
        let broken = if first.len() > 1 { &ids[1] } else { &ids[0] };
        let scan = repo.history(&[]);
        let errors = scan.errors().join("\n");
        assert_eq!((scan.output.code, scan.findings.len()), (2, 1), "{name}: {scan:?}");
        assert!(errors.contains(expected) && errors.contains(broken.as_str()), "{name}: {errors}");
        // The same in the index: what the next commit would hold cannot be read.
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{broken},broken")]);
        let staged = repo.project.run(["staged"]);
        assert_eq!(staged.code, 2, "{name}: {staged:?}");
        assert!(staged.stderr.contains("broken"), "{name}: {staged:?}");
    }
}

#[test]
fn content_under_another_objects_id_hides_nothing() {
    let leak = format!("{}\n", key(5200));
    // Loose, it is not what its id says; the right content is in a pack.
    let repo = Repo::new();
    repo.write("key.env", &leak).commit("first");
    let id = repo.git(&["rev-parse", "HEAD:key.env"]);
    repo.git(&["repack", "-q", "-a", "-d"]);
    repo.write(&format!(".git/objects/{}/{}", &id[..2], &id[2..]), zlib(b"blob 6\0clean\n"));
    let scan = repo.history(&[]);
    assert_eq!((scan.output.code, scan.findings.len()), (2, 1), "{scan:?}");
    assert_eq!(scan.findings[0]["location"]["path"], "key.env", "{scan:?}");
    assert!(scan.errors()[0].contains(&format!("{id}: its content does not match its id")), "{scan:?}");
    // The other way round: the pack is clean, the loose object leaks.
    let repo = Repo::new();
    repo.write("clean.txt", "clean\n").commit("first");
    let id = repo.git(&["rev-parse", "HEAD:clean.txt"]);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let bytes = [format!("blob {}\0", leak.len()).as_bytes(), leak.as_bytes()].concat();
    repo.write(&format!(".git/objects/{}/{}", &id[..2], &id[2..]), zlib(&bytes));
    let scan = repo.history(&[]);
    assert_eq!((scan.output.code, scan.findings.len()), (2, 1), "{scan:?}");
}

#[test]
fn a_cache_believes_no_id() {
    let leak = format!("{}\n", key(5300));
    let good = Repo::new();
    good.write("key.env", &leak).commit("first");
    let id = good.git(&["rev-parse", "HEAD:key.env"]);
    good.git(&["repack", "-q", "-a", "-d"]);
    let cache = good.project.root().join("../cache");
    let cached = format!("--cache={}", cache.display());
    // A pack that has clean content under the id of the leak.
    let bad = Repo::new();
    pack(&bad, "1", &[(id.clone(), entry(3, 6, &[], b"clean\n"))]);
    let scan = bad.history(&[&cached]);
    assert_eq!(scan.output.code, 2, "{scan:?}");
    assert!(scan.errors()[0].contains("does not match its id"), "{scan:?}");
    for run in 0..2 {
        let scan = good.history(&[&cached]);
        assert_eq!((scan.output.code, scan.findings.len()), (1, 1), "run {run}: {scan:?}");
    }
    // A pack that has the leak under the id of something clean that is remembered.
    let clean = Repo::new();
    clean.write("clean.txt", "clean\n").commit("first");
    clean.git(&["repack", "-q", "-a", "-d"]);
    assert_eq!(clean.history(&[&cached]).output.code, 0);
    let second = clean.history(&[&cached]);
    assert_eq!(second.summary["coverage"]["files"], 0, "nothing is read again: {second:?}");
    let id = clean.git(&["rev-parse", "HEAD:clean.txt"]);
    let bad = Repo::new();
    pack(&bad, "1", &[(id, entry(3, leak.len(), &[], leak.as_bytes()))]);
    assert_eq!(bad.history(&[&cached]).findings.len(), 1);
}

#[test]
fn a_blob_at_very_many_paths_is_told_of_at_some() {
    let repo = Repo::new();
    let blob = object(&repo, "blob", key(5400).as_bytes());
    let mut tree = object(&repo, "tree", &[b"100644 a\0", &raw(&blob)[..]].concat());
    for _ in 0..40 {
        let entry = |name: &str| [format!("40000 {name}\0").into_bytes(), raw(&tree)].concat();
        tree = object(&repo, "tree", &[entry("a"), entry("b")].concat());
    }
    let commit = format!("tree {tree}\nauthor A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nbomb\n");
    let commit = object(&repo, "commit", commit.as_bytes());
    repo.write(".git/refs/heads/main", format!("{commit}\n"));
    let scan = repo.history(&[]);
    assert_eq!(scan.output.code, 1, "{:?}", scan.errors());
    assert!((1..=1000).contains(&scan.findings.len()), "{}", scan.findings.len());
    let said = format!("{} paths in one commit", 1_u64 << 40);
    assert!(scan.summary["coverage"]["notes"].to_string().contains(&said), "{}", scan.summary["coverage"]["notes"]);
}

#[test]
fn an_index_without_its_pack_and_a_damaged_index_are_errors() {
    for extension in ["pack", "idx"] {
        let repo = Repo::new();
        repo.write("key.env", key(5500)).commit("first");
        repo.git(&["repack", "-q", "-a", "-d"]);
        repo.write("other.env", key(5501)).commit("second");
        remove(&repo, extension);
        let scan = repo.history(&[]);
        assert_eq!((scan.output.code, scan.findings.len()), (2, 1), "without {extension}: {scan:?}");
        assert!(scan.errors().iter().any(|error| error.contains("pack-")), "without {extension}: {scan:?}");
    }
}

/// Judging each key by scanning its file again would take hours here.
#[test]
fn a_blob_of_thousands_of_keys_is_judged_once() {
    let repo = Repo::new();
    let keys: Vec<String> = (0..3000).map(|n| key(7000 + n)).collect();
    repo.write("keys.txt", keys.join(" "));
    repo.commit("keys");
    assert_eq!(repo.history(&[]).findings.len(), keys.len());
}
