//! The corpus: every kind of key in every surrounding and encoding, and look-alikes; the same for the same seed.

use keysweep::rule::template::Random;

use crate::binary::FORMATS;
use crate::encodings::{FILES, PARTS};
use crate::kinds::{Kind, expand, kinds};
use crate::look_alikes::TEXTS;
use crate::parts::{PARTS as IN_PARTS, split};
use crate::surroundings::{BARE, NAMED, fill};

/// One file of the corpus.
#[derive(Debug)]
pub(crate) struct Case {
    /// The kind's id; `look-alike`s have the id of what they look like.
    pub(crate) kind: String,
    /// Whether the kind is recognisable in itself.
    pub(crate) distinctive: bool,
    /// What the key stands in: surrounding and encoding.
    pub(crate) place: String,
    /// The file.
    pub(crate) content: Vec<u8>,
    /// The key; `None` in a look-alike.
    pub(crate) secret: Option<String>,
}

/// Every planted key.
pub(crate) fn plants(seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed);
    let mut cases = Vec::new();
    for kind in kinds() {
        if kind.distinctive {
            for place in &BARE {
                add(&mut cases, &kind, place, &mut random, &[]);
            }
            for encoding in &PARTS {
                add(&mut cases, &kind, &NAMED[2], &mut random, std::slice::from_ref(encoding));
            }
        }
        for place in &NAMED {
            add(&mut cases, &kind, place, &mut random, &[]);
        }
        for encoding in &FILES {
            add(&mut cases, &kind, &NAMED[1], &mut random, std::slice::from_ref(encoding));
            add(&mut cases, &kind, &NAMED[27], &mut random, std::slice::from_ref(encoding));
        }
    }
    cases
}

/// Every key of the distinctive kinds, or of the others where a name says whose it is, in parts.
pub(crate) fn parts(seed: u64, distinctive: bool) -> Vec<Case> {
    let mut random = Random::new(seed ^ 0x7061_7274);
    let mut cases = Vec::new();
    let is_named = |text: &str| ["{N}", "{s}", "{c}", "{P}", "{d}"].iter().any(|name| text.contains(name));
    for kind in kinds().iter().filter(|kind| kind.distinctive == distinctive) {
        for (place, text) in IN_PARTS.iter().filter(|(_, text)| distinctive || is_named(text)) {
            let after = text.rsplit('}').next().and_then(|rest| rest.chars().next());
            let key = kind.key(&mut random);
            // Such a key has no end in a text, and one with other characters is no single stretch.
            if after.is_some_and(|next| kind.goes_on_with(next)) || kind.is_long() || key.contains(';') {
                continue;
            }
            let name = random.pick(&kind.names).clone();
            let count = if text.contains("{3}") { 3 } else { 2 };
            let mut filled = fill(text, &name, "");
            for (number, part) in split(&key, count, distinctive, &mut random).iter().enumerate() {
                filled = filled.replace(&format!("{{{}}}", number + 1), part);
            }
            let place = (*place).to_owned();
            let content = filled.into_bytes();
            cases.push(Case { kind: kind.id.clone(), distinctive, place, content, secret: Some(key) });
        }
    }
    cases
}

/// Every key of a distinctive kind that has one length, in binary files.
pub(crate) fn binaries(seed: u64) -> Vec<Case> {
    let mut random = Random::new(seed ^ 0x6269_6e61);
    let mut cases = Vec::new();
    for kind in kinds().iter().filter(|kind| kind.distinctive && kind.has_one_length()) {
        for (place, write) in FORMATS {
            let key = kind.key(&mut random);
            if key.len() < 256 {
                let (place, content) = ((*place).to_owned(), write(key.as_bytes()));
                cases.push(Case { kind: kind.id.clone(), distinctive: true, place, content, secret: Some(key) });
            }
        }
    }
    cases
}

fn add(
    cases: &mut Vec<Case>,
    kind: &Kind,
    &(place, text): &(&str, &str),
    random: &mut Random,
    encoding: &[crate::encodings::Encoding],
) {
    let after = text.split("{K}").nth(1).and_then(|rest| rest.chars().next());
    if after.is_some_and(|next| kind.goes_on_with(next)) || place == "glued" && !kind.glued {
        return;
    }
    let key = kind.key(random);
    let name = random.pick(&kind.names).clone();
    let filled = fill(text, &name, &key);
    let content = encoding.first().map_or_else(|| filled.clone().into_bytes(), |(_, encode)| encode(&filled));
    let place = encoding.first().map_or_else(|| place.into(), |(encoded, _)| format!("{place}; {encoded}"));
    let case = Case { kind: kind.id.clone(), distinctive: kind.distinctive, place, content, secret: Some(key) };
    cases.push(case);
}

/// Every look-alike: a few of each template, alone and as the value of a neutral name.
pub(crate) fn look_alikes(seed: u64) -> Vec<Case> {
    const EACH: usize = 4;
    let mut random = Random::new(seed ^ 0x6c6f_6f6b);
    let mut cases = Vec::new();
    let mut look_alike = |kind: &str, template: &str, text: String| {
        let place = template.trim_end().to_string();
        let case = Case { kind: kind.into(), distinctive: false, place, content: text.into_bytes(), secret: None };
        cases.push(case);
    };
    for kind in kinds() {
        for near in &kind.near {
            for _ in 0..EACH {
                look_alike(&kind.id, near, expand(near, &mut random) + "\n");
                if !near.contains(['=', ':', ' ', '"']) {
                    look_alike(&kind.id, near, format!("const fixture = \"{}\";\n", expand(near, &mut random)));
                }
            }
        }
    }
    for text in TEXTS {
        for _ in 0..EACH {
            look_alike("-", text, expand(text, &mut random));
        }
    }
    cases
}
