//! Turns `rules/*.toml` into static tables, so that no TOML is parsed and nothing is allocated at start-up.

#![allow(clippy::panic, reason = "a build that cannot go on says so by panicking")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rule/spec.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library's own file")]
mod spec;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rule/spec.rs");
    link_unwinder();
    let mut paths: Vec<PathBuf> = fs::read_dir("rules")
        .expect("rules/ stands beside build.rs")
        .map(|entry| entry.expect("rules/ is readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();

    let mut rules = String::from("pub(super) static RULES: &[Rule] = &[\n");
    let mut identifiers = String::from("pub(super) static IDENTIFIERS: &[Identifier] = &[\n");
    let mut texts = Texts::default();
    for path in &paths {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: spec::RuleFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(Some(file.provider.as_str()), path.file_stem().and_then(|stem| stem.to_str()), "{}", path.display());
        for rule in &file.rules {
            write_rule(&mut rules, &mut texts, path, &file, rule);
        }
        for identifier in &file.identifiers {
            let spec::IdentifierSpec { id, title, regex, examples } = identifier;
            let (id, title, regex) = (texts.one(id), texts.one(title), texts.one(regex));
            let examples = texts.list(examples);
            writeln!(identifiers, "Identifier {{ id: {id}, title: {title}, regex: {regex}, examples: {examples} }},")
                .expect("writing to a string");
        }
    }
    rules.push_str("];\n");
    identifiers.push_str("];\n");

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("builtin.txt"), &texts.text).expect("OUT_DIR is writable");
    let listed = format!("static TEXTS: &[Text] = &[\n{}];\n", texts.listed);
    fs::write(out.join("texts.rs"), listed).expect("OUT_DIR is writable");
    fs::write(out.join("builtin.rs"), rules + &identifiers).expect("OUT_DIR is writable");
}

/// Takes what walks the stack from GCC's static library, which lies beside the shared one. To load that takes 0.1 ms at each
/// start, and it is used for nothing else. (The linkers that read libraries in order load it nevertheless.)
fn link_unwinder() {
    let target = ["OS", "ENV", "ARCH"].map(|part| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default());
    let is_program = env::var_os("CARGO_FEATURE_CLI").is_some();
    if is_program && target == ["linux", "gnu", "x86_64"] {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// All texts of rules, one after the other. A rule refers to them by their places, as `src/rule/text.rs` says why.
#[derive(Default)]
struct Texts {
    text: String,
    known: HashMap<String, usize>,
    /// The texts of lists, as source.
    listed: String,
    count: usize,
}

impl Texts {
    /// The source for one text. A text that was there before is not repeated.
    fn one(&mut self, text: &str) -> String {
        let start = *self.known.entry(text.to_owned()).or_insert_with(|| {
            let start = self.text.len();
            self.text.push_str(text);
            start
        });
        format!("Text::builtin({start}, {})", text.len())
    }

    /// The source for a list.
    fn list(&mut self, items: &[String]) -> String {
        let start = self.count;
        for item in items {
            let one = self.one(item);
            writeln!(self.listed, "{one},").expect("writing to a string");
        }
        self.count += items.len();
        format!("TextList::builtin({start}, {})", items.len())
    }
}

fn write_rule(out: &mut String, texts: &mut Texts, path: &Path, file: &spec::RuleFile, rule: &spec::RuleSpec) {
    let known = |kind: &str, word: &str, words: &[&str]| {
        let found = words.iter().find(|known| known.eq_ignore_ascii_case(word));
        found
            .unwrap_or_else(|| panic!("{}: {}: {kind} {word:?} is none of {words:?}", path.display(), rule.id))
            .to_string()
    };
    writeln!(
        out,
        "Rule {{ id: {}, provider: {}, title: {}, severity: Severity::{}, confidence: Confidence::{}, anchors: {}, \
         lookback: {}, regex: {}, secret_group: {}, alphabet: {}, left: Left::{}, structure: {}, entropy: {:?}_f32, \
         names: {}, context: {}, revoke: {}, advice: {}, examples: {}, non_examples: {} }},",
        texts.one(&rule.id),
        texts.one(&file.provider),
        texts.one(&rule.title),
        known("severity", &rule.severity, &["Info", "Low", "Medium", "High", "Critical"]),
        known("confidence", &rule.confidence, &["Possible", "Likely", "Certain"]),
        texts.list(&rule.anchors),
        rule.lookback,
        texts.one(&rule.regex),
        rule.secret_group,
        texts.one(&rule.alphabet),
        known("left", &rule.left, &["Any", "Boundary"]),
        structure(texts, path, rule),
        rule.entropy,
        texts.list(&rule.names),
        texts.list(&rule.context),
        texts.one(rule.revoke.as_ref().unwrap_or(&file.revoke)),
        texts.one(rule.advice.as_ref().unwrap_or(&file.advice)),
        texts.list(&rule.examples),
        texts.list(&rule.non_examples),
    )
    .expect("writing to a string");
}

fn structure(texts: &mut Texts, path: &Path, rule: &spec::RuleSpec) -> String {
    let Some(structure) = &rule.structure else { return "Structure::Shape".into() };
    match (structure.halves.as_slice(), &structure.watermark, structure.checksum.as_deref(), &structure.decoded) {
        ([], Some(watermark), None, None) => format!("Structure::Watermark({})", texts.one(watermark)),
        ([], None, Some("crc32-base62"), None) => "Structure::Crc32Base62".into(),
        ([], None, None, Some(decoded)) => format!("Structure::Decoded({})", texts.one(decoded)),
        (halves @ [_, ..], None, None, None) => {
            let ending = texts.one(&structure.ending);
            format!("Structure::Halves {{ lengths: Cow::Borrowed(&{halves:?}), ending: {ending} }}")
        }
        _ => panic!("{}: {}: a structure is one of halves, watermark, checksum, decoded", path.display(), rule.id),
    }
}
