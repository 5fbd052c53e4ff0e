//! Every built-in rule, as data and through the real pipeline. A rule is added by adding it to `rules/`: nothing
//! here names one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keysweep::core::finding::Secret;
use keysweep::rule::spec::{RuleFile, RuleSpec};
use keysweep::rule::template::{Random, Template};
use keysweep::rule::{Strength, Structure, builtin, check};
use keysweep::scan::{Match, Scanner};
use regex::bytes::Regex;

/// How many texts each template is expanded to.
const SEEDS: u64 = 12;

fn files() -> Vec<(PathBuf, RuleFile)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, file)
    };
    paths.into_iter().map(read).collect()
}

fn rules() -> Vec<RuleSpec> {
    files().into_iter().flat_map(|(_, file)| file.rules).collect()
}

fn template(owner: &str, text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|error| panic!("{owner}: {error}: {text}"))
}

/// Panics with all of `faults`, one a line, if there are any.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_file_is_named_after_its_provider_and_ids_are_unique_and_start_with_it() {
    let mut ids = BTreeSet::new();
    for (path, file) in files() {
        assert_eq!(path.file_stem().unwrap().to_str(), Some(file.provider.as_str()));
        let named = file.rules.iter().map(|rule| &rule.id).chain(file.identifiers.iter().map(|id| &id.id));
        for id in named {
            let rest = id.strip_prefix(&file.provider).and_then(|rest| rest.strip_prefix('-'));
            assert!(rest.is_some_and(|rest| !rest.is_empty()), "{id} does not start with {}-", file.provider);
            assert!(id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{id}");
            assert!(ids.insert(id.clone()), "{id} is there twice");
        }
    }
    assert!(ids.len() > 180, "rules went missing: {}", ids.len());
}

#[test]
fn the_built_in_rules_are_those_of_the_files() {
    let built: BTreeSet<String> = builtin().iter().map(|rule| rule.id.to_string()).collect();
    let written: BTreeSet<String> = rules().into_iter().map(|rule| rule.id).collect();
    assert_eq!(built, written);
}

#[test]
fn every_rule_is_complete() {
    let mut faults = Vec::new();
    for (_, file) in files() {
        for rule in &file.rules {
            let mut check = |good: bool, what: &str| {
                if !good {
                    faults.push(format!("{}: {what}", rule.id));
                }
            };
            check(matches!(&*rule.severity, "info" | "low" | "medium" | "high" | "critical"), "unknown severity");
            check(matches!(&*rule.confidence, "possible" | "likely" | "certain"), "unknown confidence");
            check(matches!(&*rule.left, "any" | "boundary"), "unknown left");
            check(!rule.title.is_empty() && !rule.title.ends_with('.'), "title");
            check(!rule.sources.is_empty(), "no source");
            check(rule.examples.len() >= 2, "fewer than two examples");
            check(rule.non_examples.len() >= 2, "fewer than two non-examples");
            let revoke = rule.revoke.as_ref().unwrap_or(&file.revoke);
            let advice = rule.advice.as_ref().unwrap_or(&file.advice);
            check(revoke.is_empty() || revoke.starts_with("https://"), "the revoke address is no address");
            check(!revoke.is_empty() || !advice.is_empty(), "neither revoke address nor advice");
            check(advice.is_empty() || advice.ends_with('.'), "the advice is no sentence");
            check(rule.anchors.iter().all(|anchor| anchor.len() >= 3), "an anchor is short");
            check(rule.anchors.is_empty() || rule.names.is_empty(), "a rule has anchors or names");
            let is_wordless = rule.anchors.is_empty() && rule.names.is_empty();
            let lead = rule.regex.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
            check(!is_wordless || lead >= 3 && rule.confidence == "possible", "a rule without words has a lead");
            check(rule.names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric())), "a name is no word");
        }
    }
    none(&faults);
}

#[test]
fn every_shape_compiles_and_matches_the_examples_from_the_anchor_on() {
    let mut faults = Vec::new();
    for rule in rules() {
        let shape =
            Regex::new(&format!(r"\A(?:{})", rule.regex)).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        Regex::new(&format!("[{}]", rule.alphabet)).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        for example in &rule.examples {
            for seed in 0..SEEDS {
                let sample = template(&rule.id, example).generate(&mut Random::new(seed));
                let secret = sample.secret.clone().unwrap_or_else(|| panic!("{}: no «secret»: {example}", rule.id));
                let starts = |at: &usize| {
                    shape.captures(&sample.text.as_bytes()[*at..]).is_some_and(|found| {
                        found.get(rule.secret_group.into()).is_some_and(|group| at + group.start() == secret.start)
                    })
                };
                let found = if rule.anchors.is_empty() {
                    starts(&secret.start)
                } else {
                    let lookback = usize::from(rule.lookback);
                    let places = rule.anchors.iter().flat_map(|anchor| sample.text.match_indices(anchor.as_str()));
                    places.into_iter().any(|(at, _)| (at.saturating_sub(lookback)..=at).any(|start| starts(&start)))
                };
                if !found {
                    faults.push(format!("{}: {example}", rule.id));
                    break;
                }
            }
        }
    }
    none(&faults);
}

/// What was found, without the raw value: where, how long, and by which rule.
fn shown(matches: &[Match]) -> String {
    let one =
        |found: &Match| format!("{} ({} bytes at {})", found.rule.id, found.secret.expose().len(), found.span.start);
    matches.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_example_is_found_once_by_its_rule_and_exactly() {
    let scanner = Scanner::builtin();
    let mut faults = Vec::new();
    for rule in rules() {
        for example in &rule.examples {
            let example_template = template(&rule.id, example);
            for seed in 0..SEEDS {
                let sample = example_template.generate(&mut Random::new(seed));
                let found = scanner.scan(sample.text.as_bytes());
                let right = matches!(&found[..], [one]
                    if one.rule.id == rule.id && one.secret.expose() == sample.secret().as_bytes());
                if !right {
                    let wanted = sample.secret.clone().unwrap_or_default();
                    let wanted = format!("{} bytes at {}", wanted.len(), wanted.start);
                    faults.push(format!("{} seed {seed}, wanted {wanted}: {example}: {}", rule.id, shown(&found)));
                    break;
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn no_non_example_is_found_by_its_rule() {
    let scanner = Scanner::builtin();
    let mut faults = Vec::new();
    for rule in rules() {
        for text in &rule.non_examples {
            let text_template = template(&rule.id, text);
            for seed in 0..SEEDS {
                let found = scanner.scan(text_template.generate(&mut Random::new(seed)).text.as_bytes());
                if found.iter().any(|one| one.rule.id == rule.id) {
                    faults.push(format!("{} seed {seed}: {text}: {}", rule.id, shown(&found)));
                    break;
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn identifiers_are_no_findings() {
    let scanner = Scanner::builtin();
    let mut faults = Vec::new();
    for identifier in files().into_iter().flat_map(|(_, file)| file.identifiers) {
        let shape = Regex::new(&identifier.regex).unwrap_or_else(|error| panic!("{}: {error}", identifier.id));
        assert!(!identifier.title.is_empty() && !identifier.examples.is_empty(), "{}", identifier.id);
        for example in &identifier.examples {
            for seed in 0..SEEDS {
                let text = template(&identifier.id, example).generate(&mut Random::new(seed)).text;
                assert!(shape.is_match(text.as_bytes()), "{}: {example}", identifier.id);
                let found = scanner.scan(text.as_bytes());
                if !found.is_empty() {
                    faults.push(format!("{} seed {seed}: {example}: {}", identifier.id, shown(&found)));
                    break;
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn no_rule_file_holds_a_key() {
    let scanner = Scanner::builtin();
    for (path, _) in files() {
        let found = scanner.scan(&std::fs::read(&path).unwrap());
        assert!(found.is_empty(), "{}: {}", path.display(), shown(&found));
    }
}

#[test]
fn the_check_that_users_run_passes() {
    let scanner = Scanner::builtin();
    let problems: Vec<String> =
        check::all(builtin(), &|text| claims(&scanner, text)).iter().map(ToString::to_string).collect();
    none(&problems);
}

fn claims(scanner: &Scanner, text: &[u8]) -> Vec<check::Claim> {
    let found = scanner.scan(text).into_iter();
    found.map(|found| check::Claim { rule: found.rule.id, secret: found.secret }).collect()
}

/// About how many bits each place of an example's values holds, and one of them: seen in many values, without a look at
/// the rule's regex.
fn places(example: &str) -> Option<(Vec<f64>, Vec<u8>)> {
    let template = Template::parse(example).ok()?;
    let mut random = Random::new(96);
    let values: Vec<Vec<u8>> = (0..600).map(|_| template.generate(&mut random).secret().as_bytes().to_vec()).collect();
    let first = values[0].clone();
    let same: Vec<&Vec<u8>> = values.iter().filter(|value| value.len() == first.len()).collect();
    let distinct = |at: usize| same.iter().map(|value| value[at]).collect::<BTreeSet<u8>>().len();
    let bits: Vec<f64> = (0..first.len()).map(|at| (distinct(at) as f64).log2()).collect();
    (same.len() > 300).then_some((bits, first))
}

#[test]
fn what_a_mask_hides_cannot_be_searched_for() {
    let mut seen = 0;
    for rule in builtin() {
        for example in rule.examples.iter() {
            let Some((bits, value)) = places(example) else { continue };
            let visible = Strength::of(rule).visible(&value);
            let name = format!("{}: {visible:?} of {example}", rule.id);
            // `[ac]k_` is a provider's: which of a few kinds of key it is.
            let public: f64 = bits[..visible.prefix].iter().sum();
            assert!(public < 3.0, "no random character is taken for the provider's: {name}");
            assert!(visible.random <= 4, "{name}");
            let random = usize::from(visible.random);
            let hidden: f64 = bits[visible.prefix + random..value.len() - random].iter().sum();
            let checksum = if matches!(rule.structure, Structure::Crc32Base62) { 32.0 } else { 0.0 };
            // 600 values do not show all of 64 characters at a place, so this is a little less than there is.
            assert!(random == 0 || hidden - checksum >= 90.0, "{name}: only {hidden:.0} bits are hidden");
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
}

#[test]
fn every_builtin_rule_finds_values_that_a_fingerprint_protects_or_says_so() {
    for rule in builtin() {
        for example in rule.examples.iter() {
            let Some((bits, value)) = places(example) else { continue };
            let secret = Secret::new(&value);
            let bits: f64 = bits.iter().sum();
            assert!(bits >= 60.0 || secret.is_guessable(), "{}: {bits:.0} bits of {example}", rule.id);
        }
    }
}
