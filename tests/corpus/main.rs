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
    let (share, missed) = found_by_place(&parts(seed()));
    println!("seed {}: {:.2} % found, {missed}", seed(), share * 100.0);
    assert!(share >= 0.94, "seed {}: {:.2} % found, {missed}", seed(), share * 100.0);
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
