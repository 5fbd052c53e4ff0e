//! Content that is scanned: the engine, encodings, inline markers, archives.

use std::io::{self, Cursor, Read};
use std::sync::OnceLock;

use arbitrary::Unstructured;

use super::seeds;
use crate::core::date::Date;
use crate::core::files::Files;
use crate::core::finding::Layer;
use crate::core::text::Source;
use crate::gitleaks::{self, Engine, ImportedRules};
use crate::policy::Policy;
use crate::policy::config::ArchiveLimits;
use crate::policy::encrypted::EncryptedParts;
use crate::policy::inline::{self, MarkerWords, Markers};
use crate::scan::{Match, Scanner, Seen, steps};
use crate::source::archive::{self, Embedded, Packed, Visitor};
use crate::source::content::ContentScan;

/// The engine with the built-in rules, in each of the ways in which it is called.
pub(super) fn engine(data: &[u8]) {
    let scanner = &policy().scanner;
    steps::take();
    let found = scanner.scan(data);
    let steps = steps::take();
    // Each decoded piece, of six bytes or more, is looked at with 360 bytes around it, several times, in up to four layers; and
    // where bytes are around it that no text has, as a record of each format.
    assert!(steps <= 3072 * data.len() as u64 + (1 << 16), "{steps} steps for {} bytes", data.len());
    for found in &found {
        assert!(found.span.start < found.span.end && found.span.end <= data.len(), "{:?}", found.span);
        assert!(found.position.line >= 1 && found.position.column >= 1);
        assert!(!found.secret.expose().is_empty());
    }
    assert!(found.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "matches overlap");
    assert_eq!(found.is_empty(), scanner.sees_nothing(data));
    let unseen = scanner.find_unseen(data, 0..data.len(), &mut Seen::default());
    assert_eq!(secrets(&found), secrets(&unseen), "a line that was not seen before is looked at");
}

fn secrets(found: &[Match]) -> Vec<(&str, &[u8])> {
    let mut secrets: Vec<(&str, &[u8])> =
        found.iter().map(|found| (found.rule.id.as_ref(), found.secret.expose())).collect();
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}

/// A key in up to four encodings, between text of the input's choice.
pub(super) fn encoded(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let key = seeds::key(input.arbitrary().unwrap_or_default());
    let layers = input.int_in_range(0..=5).unwrap_or_default();
    let mut text = key.into_bytes();
    for _ in 0..layers {
        let way = input.arbitrary::<u8>().unwrap_or_default();
        let around = input.int_in_range(0..=40).unwrap_or_default();
        let before = input.bytes(around.min(input.len())).unwrap_or_default();
        text = seeds::encode(way, &[before, &text, b" "].concat());
        if text.len() > 1 << 16 {
            break;
        }
    }
    let rest = input.take_rest();
    engine(&[rest, &text, rest].concat());
}

/// Rules of gitleaks' form, which decode and match in their own way.
pub(super) fn imported(data: &[u8]) {
    static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let source = Source { name: "rules.toml", text: seeds::GITLEAKS };
        let mut rules = ImportedRules::default();
        rules.add(gitleaks::load(source, &EmptyTree, true).expect("a good file"));
        Engine::new(rules)
    });
    let Some(engine) = engine else { return };
    for found in engine.scan(data, Some("src/a.py".into())) {
        assert!(found.span.start <= found.span.end && !found.secret.is_empty());
    }
    engine.explain(data, None);
}

/// A tree without files.
struct EmptyTree;

impl Files for EmptyTree {
    fn read(&self, _: &str) -> crate::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn name(&self, path: &str) -> String {
        path.into()
    }
}

/// Markers around a match: the first two bytes say where that stands.
pub(super) fn markers(data: &[u8]) {
    let Some(([start, length], text)) = data.split_first_chunk::<2>() else { return };
    let start = text.len() * usize::from(*start) / 256;
    let span = start..(start + usize::from(*length)).min(text.len());
    let today = Date::parse("2026-06-01").expect("a date");
    let words = MarkerWords::around(text, span.clone());
    for foreign in [false, true] {
        let markers = Markers { enabled: true, foreign, require_reason: foreign, today };
        let verdict = markers.judge(text, span.clone(), "openai-project-key");
        assert!(verdict.is_none() || words.are_near(&span), "a marker has a word of one");
        for next_line in [false, true] {
            for marker in inline::markers_in(text, next_line, foreign) {
                let rules = marker.rules.unwrap_or_default();
                assert!(rules.iter().map(String::len).sum::<usize>() <= 3 * text.len());
            }
        }
    }
    EncryptedParts::around(text, span.clone()).contain(&span);
}

/// Archives, read as streams and with a way back.
pub(super) fn archive(data: &[u8]) {
    let limits = ArchiveLimits { size: 4 << 20, ratio: 200, depth: 6, members: 500 };
    let mut reader = Unpacked::default();
    let _ = archive::unpack_stream(&mut &*data, limits, &mut reader);
    reader.check(data.len(), limits);
    let layer = match archive::kind(&data[..data.len().min(archive::HEAD)]) {
        Some(archive::Container::Known(layer)) => layer,
        _ if archive::zip_end(data).is_some() => Layer::Zip,
        _ => return,
    };
    let mut reader = Unpacked::default();
    let _ = archive::unpack(layer, Cursor::new(data), data.len() as u64, limits, &mut reader);
    reader.check(data.len(), limits);
}

/// Reads all that is unpacked.
#[derive(Default)]
struct Unpacked {
    bytes: u64,
    members: u64,
    /// What stands between the streams of documents, and the chunks of pictures.
    pieces: u64,
    unopened: u64,
}

impl Unpacked {
    fn check(&self, size: usize, limits: ArchiveLimits) {
        let most = limits.size.max(size as u64 * limits.ratio) + size as u64 + (1 << 20);
        assert!(self.bytes <= most, "{} bytes of {size}", self.bytes);
        // Each layer of a member can have a rest behind it. A piece is of no member, but ends at a keyword that was read.
        let rests = u64::from(limits.depth) + 2;
        assert!(self.members <= rests * (limits.members + 1), "{} members", self.members);
        assert!(self.pieces <= most / 6, "{} pieces", self.pieces);
        assert!(self.unopened <= 8 * limits.members + 64, "{} things not opened", self.unopened);
    }
}

impl Visitor for Unpacked {
    fn content(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()> {
        match at.layers.last() {
            Some(Layer::Pdf | Layer::Png) => self.pieces += 1,
            _ => self.members += 1,
        }
        self.between(at, content)
    }

    fn between(&mut self, _: &Packed, content: &mut dyn Read) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            match content.read(&mut buffer)? {
                0 => return Ok(()),
                count => self.bytes += count as u64,
            }
        }
    }

    fn name(&mut self, _: &Packed, name: &[u8]) {
        self.bytes += name.len() as u64;
    }

    fn unopened(&mut self, _: &Packed, _: &'static str) {
        self.unopened += 1;
    }
}

/// The way that all content takes, whether it is in memory, a file or a stream: the same keys are found.
pub(super) fn packed(data: &[u8]) {
    let policy = policy();
    let scan = ContentScan::new(policy, Some("a.bin".into()));
    let whole = scan.bytes(data, None);
    let stream = scan.stream(&mut &*data);
    let mut rest = data;
    let next = |buffer: &mut Vec<u8>| {
        let (part, after) = rest.split_at(rest.len().min(1000));
        buffer.extend_from_slice(part);
        rest = after;
        Ok(part.len())
    };
    let file = scan.file(data.len() as u64, next, || Ok(Cursor::new(data)));
    assert!(file.failed.is_none() && whole.failed.is_none());
    for other in [&stream, &file] {
        let sorted = |content: &crate::source::content::Content| {
            let mut keys: Vec<Vec<u8>> = content.keys.iter().map(|key| key.found.secret.expose().to_vec()).collect();
            keys.sort();
            keys.dedup();
            keys
        };
        // A stream cannot be read from its end, and says so of what would have to be; so it does of what is damaged.
        let is_whole = !whole.too_large && !other.too_large && whole.unopened.is_empty() && other.unopened.is_empty();
        if is_whole {
            assert_eq!(sorted(&whole), sorted(other), "the same keys, however content is read");
        }
    }
}

fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| {
        let archives = ArchiveLimits { size: 1 << 20, ratio: 50, depth: 4, members: 100 };
        let scanner = Scanner::builtin().with_unpacker(Embedded::new(archives));
        Policy { archives, ..Policy::plain(scanner) }
    })
}
