//! Content by class, generated: what people's trees hold beside source code, and what somebody could write to make a
//! scanner slow. `benches/engine.rs` times the engine on each; as a program it writes them to files, so that
//! `benches/compare.sh` can time other scanners beside it: `cargo run --release --example classes -- DIR [MIB]`.

use std::path::Path;
use std::process::ExitCode;

use keysweep::rule::template::{Random, Template};

/// One class: its name, and a text of it of about so many bytes.
type Class = (&'static str, fn(&mut Random, usize) -> Vec<u8>);

/// Every class.
pub(crate) const ALL: &[Class] = &[
    ("source", source),
    ("escaped-json", escaped_json),
    ("utf-16", utf16),
    ("minified", minified),
    ("lock-file", lock_file),
    ("percent-encoded", percent),
    ("base64-folded", |random, size| folded(&base64(&random_bytes(random, size)), 76, size)),
    ("base64-one-line", |random, size| cut(base64(&random_bytes(random, size)), size)),
    ("base64-of-text", |random, size| folded(&base64(&source(random, size)), 76, size)),
    ("base64-of-text-one-line", |random, size| cut(base64(&source(random, size)), size)),
    ("notebook", notebook),
    ("hex", |random, size| folded(&hex(&random_bytes(random, size / 2)), 80, size)),
    ("hashes", |random, size| folded(&hex(&random_bytes(random, size / 2)), 64, size)),
    ("uuids", uuids),
    ("identifiers", identifiers),
    ("key-names", key_names),
    ("random-bytes", random_bytes),
    ("zeros", |_, size| vec![0; size]),
    ("watermarks", |_, size| repeated("T3BlbkFJ", size)),
    ("watermarked-lines", watermarked),
    ("watermarked-one-line", |_, size| repeated("sk-proj-T3BlbkFJ", size)),
    ("backslashes", |_, size| repeated("\\", size)),
    ("percent-25", |_, size| repeated("%25", size)),
    ("markers", |_, size| repeated("x = 1  # keysweep:allow[***********Z] reason=none\n", size)),
];

#[allow(dead_code, reason = "the bench includes this file and does not run it")]
#[allow(clippy::print_stderr, reason = "it is a program of its own")]
fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(directory) = arguments.next() else {
        eprintln!("usage: classes DIR [MIB]");
        return ExitCode::from(2);
    };
    let mib: usize = arguments.next().and_then(|text| text.to_str()?.parse().ok()).unwrap_or(32);
    match write(Path::new(&directory), mib << 20) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write the classes: {error}");
            ExitCode::from(2)
        }
    }
}

fn write(directory: &Path, size: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (number, (name, generate)) in ALL.iter().enumerate() {
        std::fs::write(directory.join(name), generate(&mut Random::new(number as u64), size))?;
    }
    Ok(())
}

fn cut(mut text: Vec<u8>, size: usize) -> Vec<u8> {
    text.truncate(size);
    text
}

fn repeated(text: &str, size: usize) -> Vec<u8> {
    text.bytes().cycle().take(size).collect()
}

fn random_bytes(random: &mut Random, size: usize) -> Vec<u8> {
    (0..size.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()).take(size).collect()
}

/// Many texts of a template, one after another.
fn lines(random: &mut Random, size: usize, template: &str) -> Vec<u8> {
    let line = Template::parse(template).expect("a constant");
    // Generating is slower than scanning: a few thousand different lines in random order do.
    let pool: Vec<String> = (0..8192).map(|_| line.generate(random).text).collect();
    let mut text = Vec::with_capacity(size + 256);
    while text.len() < size {
        text.extend_from_slice(random.pick(&pool).as_bytes());
    }
    cut(text, size)
}

/// Lines that look like source code, with an identifier long enough to be looked at every few lines.
pub(crate) fn source(random: &mut Random, size: usize) -> Vec<u8> {
    lines(
        random,
        size,
        "    let (?:total|user|entry|parsed_value|is_ready) = self\\.(?:get|map|collect_all_the_entries)\\((?:index|\"name\"|[0-9]{1,4})\\);\n|\
         // [a-z]{2,9} [a-z]{2,9} [a-z]{1,12} [a-z]{3,9} (?:and|or|of) [a-z]{4,9}\\.\n|    \\}\n\n|\
         use crate::(?:engine|report|walk)::(?:Sink|ExperimentalLanguageModelOptions|Error);\n",
    )
}

/// Source code as a string in JSON in JSON.
fn escaped_json(random: &mut Random, size: usize) -> Vec<u8> {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let text = String::from_utf8(source(random, size)).expect("ASCII");
    let lines: Vec<String> = text.lines().map(|line| escape(&format!("{{\"line\":\"{}\"}}", escape(line)))).collect();
    cut(format!("{{\"text\":\"{}\"}}", lines.join("\\n")).into_bytes(), size)
}

fn utf16(random: &mut Random, size: usize) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(source(random, size / 2).into_iter().flat_map(|byte| [byte, 0])).collect()
}

/// One line.
fn minified(random: &mut Random, size: usize) -> Vec<u8> {
    lines(
        random,
        size,
        "function [a-z]\\([a-z],[a-z]\\)\\{return [a-z]\\.[a-z]{3,9}&&[a-z]\\(\"[A-Za-z]{4,12}\"\\);\\}|\
         [a-zA-Z]=[a-z]\\?\\.[a-z]{3,12}_[a-z]{4,12}_[a-z]{4,12}\\?void 0:[a-z]\\[[0-9]{1,4}\\],|\
         exports\\.(?:unstable_|experimental)?[A-Z][a-z]{5,9}[A-Z][a-z]{5,9}[A-Z][a-z]{5,9}=[a-zA-Z]{1,2};",
    )
}

fn lock_file(random: &mut Random, size: usize) -> Vec<u8> {
    lines(
        random,
        size,
        "    \"node_modules/[a-z]{3,9}-[a-z]{3,9}\": \\{\n      \"version\": \"[0-9]\\.[0-9]{1,2}\\.[0-9]\",\n      \
         \"resolved\": \"https://registry\\.example\\.org/[a-z]{3,9}-[a-z]{3,9}/-/[a-z]{3,9}-[a-z]{3,9}-[0-9]\\.[0-9]{1,2}\\.[0-9]\\.tgz\",\n      \
         \"integrity\": \"sha512-[A-Za-z0-9+/]{85}[AQgw]==\",\n      \"dev\": true,\n      \
         \"engines\": \\{\n        \"node\": \">=(?:10|12|14|16)\"\n      \\}\n    \\},\n",
    )
}

/// Form data and addresses.
fn percent(random: &mut Random, size: usize) -> Vec<u8> {
    lines(
        random,
        size,
        "name=[A-Z][a-z]{3,9}%20[A-Z][a-z]{3,9}&city=[A-Z][a-z]{3,9}%2C%20[A-Z]{2}&note=[a-z]{3,9}%0A[a-z]{3,9}%3A%22[a-z]{3,9}%22&\
         url=https%3A%2F%2F[a-z]{3,9}\\.example%2F[a-z]{3,9}%2F[0-9]{4}&",
    )
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> Vec<u8> {
    let (groups, _) = bytes.as_chunks::<3>();
    let digits = |[a, b, c]: &[u8; 3]| {
        let bits = u32::from_be_bytes([0, *a, *b, *c]);
        [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift & 63) as usize])
    };
    groups.iter().flat_map(digits).collect()
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[digit as usize]).collect()
}

fn folded(text: &[u8], width: usize, size: usize) -> Vec<u8> {
    let lines = text.chunks(width).flat_map(|line| line.iter().copied().chain([b'\n']));
    lines.take(size).collect()
}

/// Cells of code, each with a picture of 64 KiB as a string.
fn notebook(random: &mut Random, size: usize) -> Vec<u8> {
    let mut text = b"{\n \"cells\": [\n".to_vec();
    while text.len() < size {
        text.extend_from_slice(b"  {\n   \"cell_type\": \"code\",\n   \"source\": [\n");
        for line in source(random, 2000).split(|&byte| byte == b'\n') {
            text.extend_from_slice(format!("    {:?},\n", String::from_utf8_lossy(line)).as_bytes());
        }
        text.extend_from_slice(b"   ],\n   \"outputs\": [{\"data\": {\"image/png\": \"iVBORw0KGgoAAAANSUhEUgAA");
        text.extend_from_slice(&base64(&random_bytes(random, 48 << 10)));
        text.extend_from_slice(b"\\n\"}}]\n  },\n");
    }
    cut(text, size)
}

fn uuids(random: &mut Random, size: usize) -> Vec<u8> {
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    lines(random, size, &format!("{uuid},{uuid},[a-z]{{4,9}}@example\\.org,[0-9]{{1,6}}\n"))
}

fn identifiers(random: &mut Random, size: usize) -> Vec<u8> {
    lines(
        random,
        size,
        "(?:get|set|make|convert)(?:Language|Experimental|Provider|Message|Response|Options|Context){2,5}\\(\
         (?:default|with|from)(?:Language|Experimental|Provider|Message|Response|Options|Context){2,4}[0-9]?\\);\n|\
         (?:max|least|current|previous)_(?:language|experimental|provider|message|response|options|context){1}_\
         (?:language|experimental|provider|message|response|options|context){1}_(?:count|index|[0-9]{1,3}) = [0-9]{1,3};\n",
    )
}

/// What a contextual rule has to look at, on every line.
fn key_names(random: &mut Random, size: usize) -> Vec<u8> {
    lines(
        random,
        size,
        "(?:api_key|OPENAI_API_KEY|mistral_key|authToken|client_secret|password)(?: = |: |=)\
         (?:\"your-[a-z]{4,9}-key-goes-here\"|os\\.environ\\[\"[A-Z]{4,9}_API_KEY\"\\]|\"\\$\\{[A-Z]{4,9}_KEY\\}\"|\
         \"[a-z]{4,9}-[a-z]{4,9}-[a-z]{4,9}-[0-9]{2}\"|None)\n",
    )
}

/// A value with OpenAI's mark on every line that is no key: too short, or nothing behind the mark.
fn watermarked(random: &mut Random, size: usize) -> Vec<u8> {
    lines(random, size, "sk-proj-(?:(?:[A-Za-z0-9]{3}|[A-Za-z0-9]{15}){1,2}T3BlbkFJ|[a-z]{1,3}T3BlbkFJ-[a-z]{1,5})\n")
}
