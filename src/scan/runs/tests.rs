//! Runs are what their definition says, with and without vector instructions.

use super::*;
use crate::rule::template::Random;

fn maximal(bytes: &[u8], least: usize, fits: &dyn Fn(usize) -> bool, found: &mut dyn FnMut(Range<usize>)) {
    let mut start = 0;
    for i in 0..=bytes.len() {
        if i == bytes.len() || !fits(i) {
            if i - start >= least {
                found(start..i);
            }
            start = i + 1;
        }
    }
}

/// The definition, one byte at a time.
fn by_definition(bytes: &[u8]) -> Vec<(Range<usize>, bool)> {
    let mut runs = Vec::new();
    maximal(bytes, LEAST, &|i| IN_CLASS[bytes[i] as usize], &mut |run| runs.push((run, false)));
    for parity in [0, 1] {
        let fits = |i: usize| if i % 2 == parity { IN_CLASS[bytes[i] as usize] } else { bytes[i] == 0 };
        maximal(bytes, LEAST * 2 - 1, &fits, &mut |run| runs.push((run, true)));
    }
    runs.sort_by_key(|(run, wide)| (run.start, run.end, *wide));
    runs
}

#[test]
fn finds_the_runs_of_the_definition() {
    let mut random = Random::new(7);
    for round in 0..4000 {
        let length = random.below(400);
        let kinds: &[u8] = if round % 2 == 0 { b"aZ0_-%\\&#; .//++.\n\xe9\"'`(=>" } else { b"a\0a\0b\0a\0 " };
        let rare = random.below(30) + 1;
        let mut bytes: Vec<u8> = Vec::new();
        while bytes.len() < length {
            let byte = if random.below(rare) == 0 { *random.pick(kinds) } else { b'k' };
            bytes.push(byte);
            if round % 2 == 1 && random.below(40) > 0 {
                bytes.push(0);
            }
        }
        let mut runs = Vec::new();
        let (mut openings, mut gapped) = (Vec::new(), Vec::new());
        each(&bytes, &Everywhere, &mut |run, width| match width {
            Width::Opening => openings.push(run.start),
            Width::Gapped => gapped.push(run),
            Width::Numbers | Width::Quad => {}
            Width::Narrow | Width::Wide => runs.push((run, width == Width::Wide)),
        });
        let in_both = |byte: u8| IN_CLASS[byte as usize] && IN_GAPPED[byte as usize];
        let opens = |at: &usize| *at > 0 && OPENS[bytes[at - 1] as usize] && in_both(bytes[*at]);
        assert_eq!(openings, (0..bytes.len()).filter(opens).collect::<Vec<_>>());
        runs.sort_by_key(|(run, wide)| (run.start, run.end, *wide));
        let definition = by_definition(&bytes);
        let narrow = |run: &Range<usize>| {
            let overlaps = |other: &Range<usize>| other.end > run.start && other.start < run.end;
            definition.iter().any(|(other, wide)| !wide && overlaps(other))
        };
        let mut wanted = Vec::new();
        maximal(&bytes, LEAST_GAPPED, &|i| IN_GAPPED[bytes[i] as usize], &mut |run| wanted.push(run));
        wanted.retain(|run| !narrow(run));
        gapped.retain(|run| !narrow(run));
        assert_eq!(gapped, wanted, "{}", String::from_utf8_lossy(&bytes));
        assert_eq!(runs, definition, "{bytes:?}");
    }
}

/// Runs that a way of making the masks finds.
fn found(
    bytes: &[u8],
    blocks: impl FnOnce(&[u8], &mut State, &mut dyn FnMut(Range<usize>, Width)),
) -> Vec<(Range<usize>, Width)> {
    let (mut state, mut runs) = (State::default(), Vec::new());
    blocks(bytes, &mut state, &mut |run, width| runs.push((run, width)));
    state.finish(bytes.len(), &mut |run, width| runs.push((run, width)));
    runs
}

#[test]
fn with_and_without_vectors_are_the_same() {
    let mut random = Random::new(8);
    let bytes: Vec<u8> = (0..10_000).map(|_| *random.pick(b"abcdefghijklmnopqrstuvwxyz_-ABC0123+/\"'= \0")).collect();
    let expected = found(&bytes, |bytes, state, mut found| {
        let whole = bytes.len() / 64 * 64;
        for base in (0..whole).step_by(64) {
            state.block(base, masks(&bytes[base..base + 64]), &Everywhere, &mut found);
        }
        state.tail(bytes, whole, &Everywhere, &mut found);
    });
    #[cfg(target_arch = "x86_64")]
    for kind in vector::Vectors::known() {
        assert_eq!(
            found(&bytes, |bytes, state, mut found| kind.blocks(bytes, state, &Everywhere, &mut found)),
            expected,
            "{kind:?}"
        );
    }
    let mut runs = Vec::new();
    each(&bytes, &Everywhere, &mut |run, width| runs.push((run, width)));
    assert_eq!(runs, expected);
}

#[test]
fn the_last_block_ends_with_the_content() {
    let quads: Vec<u8> = (0..15).flat_map(|_| *b"a\0\0\0").collect();
    for (bytes, wanted) in [(b"115,".repeat(15), Width::Numbers), (quads, Width::Quad)] {
        let mut ends = Vec::new();
        each(&bytes, &Everywhere, &mut |run, width| ends.push((width, run.end)));
        assert!(ends.iter().any(|(width, _)| *width == wanted), "{wanted:?}");
        assert!(ends.iter().all(|(_, end)| *end <= bytes.len()), "{ends:?}");
    }
}
