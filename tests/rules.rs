//! Every built-in rule, as data and through the real pipeline. A rule is added by adding it to `rules/`: nothing
//! here names one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keysweep::core::finding::{Confidence, Secret};
use keysweep::rule::spec::{RuleFile, RuleSpec};
use keysweep::rule::template::{Random, Template};
use keysweep::rule::{Strength, Structure, builtin, check};
use keysweep::scan::{Match, Scanner};
use regex::bytes::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

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

fn claims(scanner: &Scanner, text: &[u8]) -> Vec<check::ExampleMatch> {
    let found = scanner.scan(text).into_iter();
    found.map(|found| check::ExampleMatch { rule: found.rule.id, secret: found.secret }).collect()
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
    let bits: Vec<f64> = (0..first.len()).map(|at| libm::log2(distinct(at) as f64)).collect();
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

/// How many keys of each rule are tried; `KEYSWEEP_KEYS=10000` for a thorough run.
fn keys() -> usize {
    std::env::var("KEYSWEEP_KEYS").map_or(200, |count| count.parse().expect("KEYSWEEP_KEYS is a number"))
}

/// A random text that a regex matches, its repeats without a limit at their least; `None` where it looks around.
fn generate(hir: &Hir, random: &mut Random, text: &mut Vec<u8>) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(Class::Bytes(class)) => {
            let all: Vec<u8> = class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect();
            text.push(*random.pick(&all));
        }
        HirKind::Class(Class::Unicode(_)) | HirKind::Look(_) => return None,
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 8).min(repetition.min + 60);
            let count = repetition.min as usize + random.below((most - repetition.min) as usize + 1);
            for _ in 0..count {
                generate(&repetition.sub, random, text)?;
            }
        }
        HirKind::Capture(capture) => generate(&capture.sub, random, text)?,
        HirKind::Concat(parts) => {
            for part in parts {
                generate(part, random, text)?;
            }
        }
        HirKind::Alternation(parts) => generate(random.pick(parts), random, text)?,
    }
    Some(())
}

fn parsed(regex: &str) -> Hir {
    regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex).unwrap()
}

/// A key of a rule: random over all that its regex matches, or, where there is more to a key than that, of its example.
fn key_of(rule: &RuleSpec, shape: &Hir, random: &mut Random) -> Option<String> {
    if rule.secret_group > 0 {
        return None;
    }
    if rule.structure.is_some() || rule.regex.contains(",}") {
        let sample = template(&rule.id, &rule.examples[0]).generate(random);
        return Some(sample.secret().to_owned());
    }
    let mut text = Vec::new();
    generate(shape, random, &mut text)?;
    String::from_utf8(text).ok()
}

/// On the line where it is easiest, a random key is found, whatever characters it starts and ends with.
#[test]
fn random_keys_of_every_rule_are_found_on_a_plain_line() {
    let scanner = Scanner::builtin();
    let mut faults = Vec::new();
    let (mut planted, mut missed) = ([0, 0], [0, 0]);
    for rule in rules() {
        let (shape, mut random) = (parsed(&rule.regex), Random::new(9));
        let contextual = usize::from(rule.anchors.is_empty());
        let name = rule.names.first().map_or("some", String::as_str);
        let mut lost = Vec::new();
        for _ in 0..keys() {
            let Some(key) = key_of(&rule, &shape, &mut random) else { break };
            let text = format!("{name}_api_key = \"{key}\"\n");
            let found = scanner.scan(text.as_bytes());
            planted[contextual] += 1;
            if !found.iter().any(|one| one.secret.expose() == key.as_bytes()) {
                let outline = |byte: char| {
                    if byte.is_ascii_digit() {
                        '0'
                    } else if byte.is_ascii_uppercase() {
                        'A'
                    } else if byte.is_ascii_lowercase() {
                        'a'
                    } else {
                        byte
                    }
                };
                lost.push(format!("{}: {}", key.chars().map(outline).collect::<String>(), shown(&found)));
            }
        }
        missed[contextual] += lost.len();
        let may_miss = if contextual == 1 { keys() / 1000 + 1 } else { keys() / 10_000 + 1 };
        // In keys of any length with dots in them two dots in a row, or one at the start, are told as marks.
        let may_miss =
            if rule.regex.contains("._") || rule.regex.contains("_.-]") { keys() / 100 + 1 } else { may_miss };
        if lost.len() > may_miss {
            faults.push(format!("{}: {} of {} lost, as in {}", rule.id, lost.len(), keys(), lost[0]));
        }
    }
    println!("distinctive: {} of {} lost; contextual: {} of {} lost", missed[0], planted[0], missed[1], planted[1]);
    none(&faults);
}

/// Two keys that a slash joins are two, unless the slash may be the first one's own: behind padding it is not.
#[test]
fn two_keys_side_by_side_are_both_found() {
    let scanner = Scanner::builtin();
    let mut faults = Vec::new();
    for rule in rules().iter().filter(|rule| !rule.anchors.is_empty()) {
        let (shape, mut random) = (parsed(&rule.regex), Random::new(11));
        let pair = || Some((key_of(rule, &shape, &mut random)?, key_of(rule, &shape, &mut random)?));
        let ends = |one: &str| !rule.regex.contains('/') || one.ends_with('=');
        for (one, other) in std::iter::from_fn(pair).take(8).filter(|(one, _)| ends(one)) {
            let found = scanner.scan(format!("x {one}/{other} y\n").as_bytes());
            let has = |key: &str| found.iter().any(|match_| match_.secret.expose() == key.as_bytes());
            if !has(&one) || !has(&other) {
                faults.push(format!("{}: {}", rule.id, shown(&found)));
                break;
            }
        }
    }
    none(&faults);
}

/// The chance that a random byte of `alphabet` fits, over all bytes that a regex matches.
fn chance(hir: &Hir, alphabet: f64) -> f64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1.0,
        HirKind::Literal(literal) => alphabet.recip().powi(literal.0.len() as i32),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().map(|range| f64::from(range.end() - range.start()) + 1.0).sum::<f64>() / alphabet
        }
        HirKind::Class(Class::Unicode(_)) => 1.0,
        // The fewest repeats are the likeliest.
        HirKind::Repetition(repetition) => {
            let one = chance(&repetition.sub, alphabet);
            let most = repetition.max.unwrap_or(repetition.min + 64);
            (repetition.min..=most).map(|count| one.powi(count as i32)).sum::<f64>().min(1.0)
        }
        HirKind::Capture(capture) => chance(&capture.sub, alphabet),
        HirKind::Concat(parts) => parts.iter().map(|part| chance(part, alphabet)).product(),
        HirKind::Alternation(parts) => parts.iter().map(|part| chance(part, alphabet)).sum::<f64>().min(1.0),
    }
}

/// The bytes that a regex can match.
fn bytes_of(hir: &Hir, bytes: &mut BTreeSet<u8>) {
    match hir.kind() {
        HirKind::Literal(literal) => bytes.extend(literal.0.iter()),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().for_each(|range| bytes.extend(range.start()..=range.end()));
        }
        HirKind::Repetition(repetition) => bytes_of(&repetition.sub, bytes),
        HirKind::Capture(capture) => bytes_of(&capture.sub, bytes),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|part| bytes_of(part, bytes)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => {}
    }
}

/// A rule that says `certain` does not say so once by chance in 10 GB of random text of its own alphabet, in lines of base64's
/// usual lengths: who stands beside more such text than `scan` lets pass is not certain, so few places of a line remain.
#[test]
fn no_rule_is_certain_by_chance() {
    const SIZE: f64 = 1e10;
    const FREE: usize = 7;
    let mut faults = Vec::new();
    for rule in rules().iter().filter(|rule| rule.confidence == "certain") {
        let shape = parsed(&rule.regex);
        let mut bytes = BTreeSet::new();
        bytes_of(&shape, &mut bytes);
        let structure = match rule.structure.as_ref() {
            Some(structure) if structure.checksum.is_some() => 62_f64.powi(-6),
            _ => 1.0,
        };
        let least = shape.properties().minimum_len().unwrap_or(1);
        // A letter or digit beside it would be a part of it.
        let edge = bytes.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count() as f64 / bytes.len() as f64;
        let left = |before: usize| if before == 0 || rule.left == "any" { 1.0 } else { edge };
        let right = |after: usize| if after == 0 { 1.0 } else { edge };
        let in_lines_of = |line: usize| {
            let places = (0..=line.checked_sub(least)?).map(|before| (before, line - least - before));
            let places = places.filter(|(before, after)| *before < FREE && *after < FREE);
            Some(places.map(|(before, after)| left(before) * right(after)).sum::<f64>() / (line + 1) as f64)
        };
        let share = [64, 76].into_iter().filter_map(in_lines_of).fold(0.0, f64::max);
        let expected = SIZE * chance(&shape, bytes.len() as f64) * structure * share;
        if expected >= 1.0 {
            faults.push(format!("{}: {expected:.1} in 10 GB", rule.id));
        }
    }
    none(&faults);
}

/// What that calculation rests on: in the middle of random text a key of fixed shape is not certain.
#[test]
fn a_key_in_the_middle_of_random_text_is_not_certain() {
    let scanner = Scanner::builtin();
    let mut faults = Vec::new();
    for rule in rules().iter().filter(|rule| rule.confidence == "certain" && rule.structure.is_none()) {
        let (shape, mut random) = (parsed(&rule.regex), Random::new(5));
        let around = template("", "[A-Za-z0-9_-]{40}");
        for _ in 0..20 {
            let Some(key) = key_of(rule, &shape, &mut random) else { break };
            let text = format!("{}-{key}-{}", around.generate(&mut random).text, around.generate(&mut random).text);
            let found = scanner.scan(text.as_bytes());
            if found.iter().any(|one| one.rule.id == rule.id && one.confidence == Confidence::Certain) {
                faults.push(rule.id.clone());
                break;
            }
        }
    }
    none(&faults);
}

/// The entry that takes a false alarm away must not be one: a fingerprint has the shape of some keys.
#[test]
fn an_entry_of_the_ignore_file_or_the_baseline_is_no_key() {
    let scanner = Scanner::builtin();
    let mut random = Random::new(11);
    let mut faults = Vec::new();
    for rule in rules() {
        let fingerprint = template("", "[0-9a-f]{32}").generate(&mut random).text;
        for entry in [
            format!("{}:{fingerprint}", rule.id),
            format!("# reviewed\n{}:{fingerprint} docs/** # a sample until=2027-01-31\n", rule.id),
            format!("{}-*:{fingerprint}\r\n", rule.id.split('-').next().unwrap_or_default()),
            format!("{fingerprint} {} src/a.py\n", rule.id),
        ] {
            if !scanner.scan(entry.as_bytes()).is_empty() {
                faults.push(format!("{}: {entry}", rule.id));
            }
        }
    }
    none(&faults);
    // With a blank, or among other settings, it is a setting.
    let key = template("", "[0-9a-f]{32}").generate(&mut random).text;
    for text in ["azure-openai-key: KEY\n", "port:80\nazure-openai-key:KEY\n", "azure-openai-key:KEY\nport=80\n"] {
        assert!(!scanner.scan(text.replace("KEY", &key).as_bytes()).is_empty(), "{text}");
    }
    let file = format!(
        "# x\r\n \n{key} docs/**\nazure-openai-key:{key} # x\n{key}\n  # y\nmistral-*:{key}\nazure-openai-key:{key}"
    );
    assert!(scanner.scan(file.as_bytes()).is_empty());
}
