//! A short run of every target that is the same each time: its seeds, the inputs that once were faults, and some
//! hundreds of changes of them. What no target may do is watched here: end the program, or take memory out of
//! proportion.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use super::{FuzzTarget, memory, target};
use crate::rule::template::Random;

/// Inputs are no longer than this; [`memory::peak`] may be no more than [`MEMORY`] for any of them.
const LONGEST: usize = 64 << 10;
/// Two objects of the size that may be of any proportion, and an archive's window.
const MEMORY: usize = 320 << 20;

/// Runs one target.
pub(super) fn short_run(name: &str) {
    let target = target(name).expect("a name of the table");
    let mut seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    // Inputs that were faults once are tried first.
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut files: Vec<_> = fs::read_dir(kept).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    seeds.extend(files.iter().map(|file| fs::read(file).expect("a seed")));
    seeds.iter().for_each(|seed| try_input(target, seed));
    // For more of them, and others: how many times as many.
    let times: u32 = std::env::var("KEYSWEEP_FUZZ").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let mut random = Random::new(times.into());
    for _ in 0..target.rounds.saturating_mul(times) {
        let mut input = random.pick(&seeds).clone();
        for _ in 0..=random.below(4) {
            change(&mut input, target, &seeds, &mut random);
        }
        input.truncate(LONGEST);
        try_input(target, &input);
    }
}

/// The input of a failure is kept in a file, as it may be long, or hold a key.
fn try_input(target: &FuzzTarget, input: &[u8]) {
    memory::start();
    let ended = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let peak = memory::peak();
    if ended.is_ok() && peak <= MEMORY {
        return;
    }
    let file = std::env::temp_dir().join(format!("keysweep-fuzz-{}", target.name));
    let kept = fs::write(&file, input).map_or_else(|error| error.to_string(), |()| file.display().to_string());
    panic!(
        "{}: an input of {} bytes fails, or takes {peak} bytes of memory; it is in {kept}",
        target.name,
        input.len()
    );
}

/// One change, as fuzzers make them.
fn change(input: &mut Vec<u8>, target: &FuzzTarget, seeds: &[Vec<u8>], random: &mut Random) {
    const NUMBERS: [u32; 9] = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    let at = random.below(input.len() + 1);
    let end = (at + random.below(17)).min(input.len());
    match random.below(9) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 if at < input.len() => input[at] = random.next() as u8,
        2 => input.truncate(at),
        3 => drop(input.drain(at..end)),
        4 => {
            let part = input[at..end].repeat(1 + random.below(8));
            drop(input.splice(at..at, part));
        }
        5 if !target.words.is_empty() => {
            let word = random.pick(target.words);
            drop(input.splice(at..at, word.iter().copied()));
        }
        6 if !target.words.is_empty() => {
            let word = random.pick(target.words);
            let end = (at + word.len()).min(input.len());
            drop(input.splice(at..end, word.iter().copied()));
        }
        7 => {
            let number = random.pick(&NUMBERS).to_be_bytes();
            let width = 1 << random.below(3);
            let end = (at + width).min(input.len());
            drop(input.splice(at..end, number[4 - width..].iter().copied()));
        }
        _ => {
            let other = random.pick(seeds);
            let from = random.below(other.len() + 1);
            input.truncate(at);
            input.extend(&other[from..]);
        }
    }
}
