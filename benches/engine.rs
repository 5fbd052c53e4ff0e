//! Engine throughput on one core by class of content: `cargo bench --bench engine`. The last column is bytes a second.

#[path = "classes.rs"]
mod classes;

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

/// Without a key.
#[divan::bench(args = classes::ALL.iter().map(|(name, _)| *name))]
fn class(bencher: Bencher<'_, '_>, name: &str) {
    let (_, generate) = classes::ALL.iter().find(|(known, _)| *known == name).expect("one of the arguments");
    scan(bencher, &generate(&mut Random::new(1), SIZE));
}

/// The floor: one literal, the rarest there is.
#[divan::bench]
fn floor_one_literal(bencher: Bencher<'_, '_>) {
    let text = classes::source(&mut Random::new(1), SIZE);
    let finder = memchr::memmem::Finder::new("T3BlbkFJ");
    bencher.counter(BytesCount::of_slice(&text)).bench(|| finder.find(black_box(&text)));
}

/// What a prefilter for a hundred providers costs elsewhere: one automaton over their prefixes.
#[divan::bench]
fn peer_aho_corasick_over_all_anchors(bencher: Bencher<'_, '_>) {
    let text = classes::source(&mut Random::new(1), SIZE);
    let anchors = keysweep::rule::builtin().iter().flat_map(|rule| rule.anchors.iter()).map(AsRef::<str>::as_ref);
    let automaton = aho_corasick::AhoCorasick::new(anchors).expect("a few hundred short literals");
    bencher.counter(BytesCount::of_slice(&text)).bench(|| automaton.find_iter(black_box(&text)).count());
}

/// A key on every fourth line.
#[divan::bench]
fn dense_keys(bencher: Bencher<'_, '_>) {
    let mut random = Random::new(2);
    let key = Template::parse("OPENAI_API_KEY=sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\n").expect("a constant");
    let plain = classes::source(&mut random, SIZE);
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
