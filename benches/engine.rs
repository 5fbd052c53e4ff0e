//! Engine throughput on one core: `cargo bench --bench engine`. The last column is bytes a second.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use keysweep::rule::template::{Random, Template};
use keysweep::scan::Scanner;

fn main() {
    divan::main();
}

/// Bytes of each text.
const SIZE: usize = 8 << 20;

fn scan(bencher: Bencher<'_, '_>, text: &[u8]) {
    let scanner = Scanner::builtin();
    bencher.counter(BytesCount::of_slice(text)).bench(|| scanner.scan(black_box(text)));
}

/// Lines that look like source code, with an identifier long enough to be looked at every few lines.
fn source(random: &mut Random) -> Vec<u8> {
    let line = Template::parse(
        "    let (?:total|user|entry|parsed_value|is_ready) = self\\.(?:get|map|collect_all_the_entries)\\((?:index|\"name\"|[0-9]{1,4})\\);\n|\
         // [a-z]{2,9} [a-z]{2,9} [a-z]{1,12} [a-z]{3,9} (?:and|or|of) [a-z]{4,9}\\.\n|    \\}\n\n|\
         use crate::(?:engine|report|walk)::(?:Sink|ExperimentalLanguageModelOptions|Error);\n",
    )
    .expect("a constant");
    let mut text = String::with_capacity(SIZE);
    while text.len() < SIZE {
        text.push_str(&line.generate(random).text);
    }
    text.into_bytes()
}

#[divan::bench]
fn text_without_a_key(bencher: Bencher<'_, '_>) {
    scan(bencher, &source(&mut Random::new(1)));
}

/// The floor: one literal, the rarest there is.
#[divan::bench]
fn floor_one_literal(bencher: Bencher<'_, '_>) {
    let text = source(&mut Random::new(1));
    let finder = memchr::memmem::Finder::new("T3BlbkFJ");
    bencher.counter(BytesCount::of_slice(&text)).bench(|| finder.find(black_box(&text)));
}

/// What a prefilter for a hundred providers costs elsewhere: one automaton over their prefixes.
#[divan::bench]
fn peer_aho_corasick_over_all_anchors(bencher: Bencher<'_, '_>) {
    let text = source(&mut Random::new(1));
    let anchors = keysweep::rule::builtin().iter().flat_map(|rule| rule.anchors.iter()).map(AsRef::<str>::as_ref);
    let automaton = aho_corasick::AhoCorasick::new(anchors).expect("a few hundred short literals");
    bencher.counter(BytesCount::of_slice(&text)).bench(|| automaton.find_iter(black_box(&text)).count());
}

/// A key on every fourth line.
#[divan::bench]
fn dense_keys(bencher: Bencher<'_, '_>) {
    let mut random = Random::new(2);
    let key = Template::parse("OPENAI_API_KEY=sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\n").expect("a constant");
    let plain = source(&mut random);
    let mut text = Vec::with_capacity(SIZE + SIZE / 2);
    for (i, line) in plain.split_inclusive(|&byte| byte == b'\n').enumerate() {
        text.extend_from_slice(line);
        if i % 4 == 3 {
            text.extend_from_slice(key.generate(&mut random).text.as_bytes());
        }
    }
    text.truncate(SIZE);
    scan(bencher, &text);
}

/// Minified: one line, long runs, a key at its end.
#[divan::bench]
fn one_huge_line(bencher: Bencher<'_, '_>) {
    let mut random = Random::new(3);
    let part = Template::parse(
        "function [a-z]\\([a-z],[a-z]\\)\\{return [a-z]\\.[a-z]{3,9}&&[a-z]\\(\"[A-Za-z]{4,12}\"\\);\\}",
    )
    .expect("a constant");
    let mut text = String::with_capacity(SIZE);
    while text.len() < SIZE {
        text.push_str(&part.generate(&mut random).text);
    }
    let key = Template::parse("sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}").expect("a constant");
    text.push_str(&key.generate(&mut random).text);
    scan(bencher, text.as_bytes());
}

/// Base64 without line ends: the densest input there is, every byte belongs to a run.
#[divan::bench]
fn base64_blob(bencher: Bencher<'_, '_>) {
    let mut random = Random::new(4);
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text: Vec<u8> = (0..SIZE).map(|_| *random.pick(alphabet)).collect();
    scan(bencher, &text);
}

/// Compressed or compiled.
#[divan::bench]
fn binary(bencher: Bencher<'_, '_>) {
    let mut random = Random::new(5);
    let bytes: Vec<u8> = (0..SIZE / 8).flat_map(|_| random.next().to_le_bytes()).collect();
    scan(bencher, &bytes);
}
