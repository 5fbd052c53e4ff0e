//! Recall and precision over a generated corpus: every kind of key × every surrounding and encoding, and
//! look-alikes. `KEYSWEEP_SEED=n` takes other keys; `cargo run --example corpus -- DIR [SEED]` writes the files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

mod binary;
mod contexts;
mod encodings;
mod kinds;
mod look_alikes;
mod parts;
mod plant;
mod surroundings;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use keysweep::rule::template::Random;
use keysweep::scan::Scanner;
use kinds::expand;
use plant::{Case, binaries, look_alikes, parts, plants};

fn seed() -> u64 {
    std::env::var("KEYSWEEP_SEED").map_or(1, |seed| seed.parse().expect("KEYSWEEP_SEED is a number"))
}

/// Of one kind: how many were planted, and the places where the key was not found exactly.
#[derive(Default)]
struct Recall {
    planted: usize,
    missed: Vec<String>,
}

fn is_found(scanner: &Scanner, case: &Case) -> bool {
    let wanted = case.secret.as_deref().unwrap_or_default().as_bytes();
    scanner.scan(&case.content).iter().any(|found| found.secret.expose() == wanted)
}

fn recall(distinctive: bool) -> BTreeMap<String, Recall> {
    let scanner = Scanner::builtin();
    let mut kinds: BTreeMap<String, Recall> = BTreeMap::new();
    for case in plants(seed()).iter().filter(|case| case.distinctive == distinctive) {
        let kind = kinds.entry(case.kind.clone()).or_default();
        kind.planted += 1;
        if !is_found(&scanner, case) {
            kind.missed.push(case.place.clone());
        }
    }
    kinds
}

/// A line for each kind that was missed somewhere, and the share that was found.
fn table(kinds: &BTreeMap<String, Recall>) -> (String, f64) {
    let mut text = String::new();
    for (kind, recall) in kinds.iter().filter(|(_, recall)| !recall.missed.is_empty()) {
        let found = recall.planted - recall.missed.len();
        writeln!(text, "{kind:30} {found:3} of {:3}  {}", recall.planted, recall.missed.join(" | ")).unwrap();
    }
    let planted: usize = kinds.values().map(|recall| recall.planted).sum();
    let missed: usize = kinds.values().map(|recall| recall.missed.len()).sum();
    (text, (planted - missed) as f64 / planted as f64)
}

#[test]
fn every_distinctive_key_is_found_everywhere() {
    let (table, share) = table(&recall(true));
    assert!(table.is_empty(), "seed {}: {:.2} % found\n{table}", seed(), share * 100.0);
}

#[test]
fn contextual_keys_are_found_where_a_name_says_whose_they_are() {
    let kinds = recall(false);
    let (table, share) = table(&kinds);
    println!("seed {}: {:.2} % found\n{table}", seed(), share * 100.0);
    assert!(share >= 0.95, "seed {}: {:.2} % found\n{table}", seed(), share * 100.0);
    // A short key with `+` and `/` in it has no run of twenty in half of all cases; no kind fares worse.
    for (kind, recall) in &kinds {
        let missed = recall.missed.len() * 3 > recall.planted * 2;
        assert!(!missed, "{kind}: missed in most places: {}", recall.missed.join(" | "));
    }
}

/// Where no name on the key's line says whose it is, what stands around does.
#[test]
fn what_stands_around_a_key_says_whose_it_is() {
    let (scanner, mut random) = (Scanner::builtin(), Random::new(seed()));
    let mut missed: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut planted = 0;
    let mut plant = |place: String, text: &str, key: String, word: &'static str| {
        planted += 1;
        let found = scanner.scan(text.as_bytes());
        if !found.iter().any(|one| one.secret.expose() == key.as_bytes()) {
            missed.entry(place).or_default().push(word);
        }
    };
    for (place, text) in contexts::CONTEXTS {
        for provider in &contexts::PROVIDERS {
            let key = expand(provider.key, &mut random);
            plant((*place).into(), &contexts::fill(text, provider, &key), key, provider.word);
        }
    }
    for (template, text) in contexts::SINGLE {
        let key = expand(template, &mut random);
        plant(text.replace('\n', " "), &text.replace("{K}", &key), key, "");
    }
    let lines: Vec<String> = missed.iter().map(|(place, words)| format!("{place}: {}", words.join(" "))).collect();
    let count: usize = missed.values().map(Vec::len).sum();
    assert!(lines.is_empty(), "seed {}: {count} of {planted} missed\n{}", seed(), lines.join("\n"));
}

#[test]
fn no_id_beside_a_provider_is_found() {
    let (scanner, mut random) = (Scanner::builtin(), Random::new(seed()));
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    for provider in &contexts::PROVIDERS {
        for (place, text) in contexts::look_alikes(provider, &mut random) {
            for found in scanner.scan(text.as_bytes()) {
                let (line, id) = (found.position.line, found.rule.id);
                *faults.entry(format!("{id} on line {line} of {place:?}")).or_default() += 1;
            }
        }
    }
    let lines: Vec<String> = faults.iter().map(|(line, times)| format!("{times} × {line}")).collect();
    assert!(lines.is_empty(), "seed {}: {} faults\n{}", seed(), lines.len(), lines.join("\n"));
}

/// The share of `cases` that was found, and what was missed, by place.
fn found_by_place(cases: &[Case]) -> (f64, String) {
    let scanner = Scanner::builtin();
    let mut missed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in cases.iter().filter(|case| !is_found(&scanner, case)) {
        missed.entry(&case.place).or_default().push(&case.kind);
    }
    let count: usize = missed.values().map(Vec::len).sum();
    let lines: Vec<String> =
        missed.iter().map(|(place, kinds)| format!("{place}: {} of {}", kinds.len(), kinds.join(" "))).collect();
    (1.0 - count as f64 / cases.len() as f64, format!("{} cases\n{}", cases.len(), lines.join("\n")))
}

#[test]
fn keys_in_parts_are_put_together() {
    for (distinctive, least) in [(true, 0.94), (false, 0.90)] {
        let (share, missed) = found_by_place(&parts(seed(), distinctive));
        println!("seed {}: {:.2} % found, {missed}", seed(), share * 100.0);
        assert!(share >= least, "seed {}: {:.2} % found, {missed}", seed(), share * 100.0);
    }
}

#[test]
fn keys_in_binary_files_need_no_edge() {
    let (share, missed) = found_by_place(&binaries(seed()));
    println!("seed {}: {:.2} % found, {missed}", seed(), share * 100.0);
    assert!(share >= 0.95, "seed {}: {:.2} % found, {missed}", seed(), share * 100.0);
}

#[test]
fn no_look_alike_is_found() {
    let scanner = Scanner::builtin();
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    for case in look_alikes(seed()) {
        for found in scanner.scan(&case.content) {
            *faults.entry(format!("{}: {} found in {}", case.kind, found.rule.id, case.place)).or_default() += 1;
        }
    }
    let lines: Vec<String> = faults.iter().map(|(line, times)| format!("{times} × {line}")).collect();
    assert!(lines.is_empty(), "seed {}: {} faults\n{}", seed(), lines.len(), lines.join("\n"));
}

#[test]
fn the_corpus_is_the_same_for_the_same_seed() {
    let contents = |seed| plants(seed).into_iter().map(|case| case.content).collect::<Vec<_>>();
    assert_eq!(contents(5), contents(5));
    assert_ne!(contents(5), contents(6));
}

/// What stands beside a field in a binary file, in whichever order, says whose key it holds.
#[test]
fn names_in_binary_files_say_whose_a_key_is() {
    let scanner = Scanner::builtin();
    let mut random = Random::new(seed());
    let kinds = [("mistral", "[A-Za-z0-9]{32}"), ("deepgram", "[0-9a-f]{40}"), ("assemblyai", "[a-z0-9]{32}")];
    for (word, template) in kinds {
        let key = expand(template, &mut random);
        let (name, length) = (format!("{}_API_KEY", word.to_uppercase()), u8::try_from(key.len()).unwrap());
        let (one, four) = ([length], [length, 0, 0, 0]);
        let setting = format!("{word}_api_key");
        let files: [(&str, Vec<&[u8]>); 5] = [
            (
                "pyc",
                vec![
                    b"\xa7\r\r\n\0\0\0\0c\0\0\0\0)\x03\xe9\0\0\0\0Nz",
                    &one,
                    key.as_bytes(),
                    b")\x02\xda\x02os\xda",
                    &one,
                    name.as_bytes(),
                ],
            ),
            (
                "pickle",
                vec![b"\x80\x02}q\0(X\x0f\0\0\0", setting.as_bytes(), b"q\x01X", &four, key.as_bytes(), b"q\x02u."],
            ),
            ("cbor", vec![b"\0\xa2o", name.as_bytes(), b"x", &one, key.as_bytes(), b"emodel"]),
            (
                "protobuf",
                vec![b"\x0a\x03cfg\x12\x0f\0", name.as_bytes(), b"\x1a", &one, key.as_bytes(), b"\"\x05large"],
            ),
            (
                "class",
                vec![
                    b"\xca\xfe\xba\xbe\0\0\0\x3d\x01\0\x06",
                    name.as_bytes(),
                    b"\x01\0\x12Ljava/lang/String;\x01\0",
                    &one,
                    key.as_bytes(),
                    b"\x01\0\x04Code",
                ],
            ),
        ];
        let files = files.map(|(format, parts)| (format, parts.concat()));
        for (format, content) in files.into_iter().chain(records(word, &name, &key)) {
            let found = scanner.scan(&content);
            assert!(found.iter().any(|found| found.secret.expose() == key.as_bytes()), "{word}: {format}");
        }
        // An id or a checksum beside a credential's name is none.
        for id in ["commit", "md5", "run_id"] {
            let content = format!("\x16\0\0{name}\0\x06\0{id}\0\0{key}\0\x01");
            assert!(scanner.scan(content.as_bytes()).is_empty(), "{word}: {id}");
        }
    }
}

/// Records in which fields stand directly next to each other.
fn records(word: &str, name: &str, key: &str) -> [(&'static str, Vec<u8>); 6] {
    let length = u8::try_from(key.len()).unwrap();
    let column = |text: &str| u8::try_from(text.len() * 2 + 13).unwrap();
    let setting = format!("{word}_api_key");
    let url = format!("https://api.{word}.com/v1");
    let columns = [column(&setting), column(key)];
    let payload = [u8::try_from(3 + setting.len() + key.len()).unwrap()];
    let row = [&[5, 0][..], &[column(word), column(key), column(&url)]].concat();
    let row_payload = [u8::try_from(row.len() + word.len() + key.len() + url.len()).unwrap(), 1];
    let wide = |text: &str| text.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>();
    let (twice, wide_length) = ([2 * name.len() as u8, 2 * length], [2 * length + 1, 0]);
    let (and_type, long) = ([length + 1, 1], [8, 0, 0, 0, length, 0, 0, 0, 0, 0, 0, 0]);
    let (wide_name, wide_key) = (wide(&setting), wide(key));
    let files: [(&str, Vec<&[u8]>); 6] = [
        (
            "sqlite, two columns",
            vec![
                b"SQLite format 3\0\x10\0",
                &payload,
                b"\x05\x03",
                &columns,
                setting.as_bytes(),
                key.as_bytes(),
                b"\x06\x04",
            ],
        ),
        (
            "sqlite, a table of providers",
            vec![
                b"SQLite format 3\0CREATE TABLE p(id integer primary key, name text, api_key text, url text)\0",
                &row_payload,
                &row,
                word.as_bytes(),
                key.as_bytes(),
                url.as_bytes(),
            ],
        ),
        ("avro", vec![b"Obj\x01\0", &twice[..1], name.as_bytes(), &twice[1..], key.as_bytes(), b"\x04a\x02"]),
        ("leveldb", vec![b"\0\x01_http://localhost\0\x01", setting.as_bytes(), &and_type, key.as_bytes(), b"8\xc4"]),
        ("leveldb, utf-16", vec![b"\x01_http://localhost\0\0", &wide_name, &wide_length, &wide_key, b"\x0b\xd2"]),
        ("gguf", vec![b"GGUF\x03\0\0\0", name.as_bytes(), &long, key.as_bytes(), b"u\xee"]),
    ];
    files.map(|(format, parts)| (format, parts.concat()))
}
