//! Mutations of every file that keysweep loads: whatever they hold, no panic, and exit code 2 has a message.
//!
//! A short run is part of the suite; `KEYSWEEP_FUZZ_SECONDS=3600 cargo test --release loaders` runs as long as it says.

use std::time::{Duration, Instant};

use keysweep::core::files::Files;
use keysweep::policy::baseline::Baseline;
use keysweep::policy::ignore_file::IgnoreFile;
use keysweep::policy::import::{ListFormat, import};
use keysweep::rule::template::Random;

/// One file, whatever it is called.
struct One(Vec<u8>);

impl Files for One {
    fn read(&self, path: &str) -> keysweep::Result<Option<Vec<u8>>> {
        Ok((path == "f" || path == "base.toml").then(|| self.0.clone()))
    }

    fn name(&self, path: &str) -> String {
        path.to_owned()
    }
}

const CONFIG: &str = "extends = ['base.toml']\n[rules]\ndisable = ['openai-*']\nmin-severity = 'low'\n[paths]\n\
    exclude = ['docs/**', '{a,b}[c-d]?']\n[[allowlist]]\nreason = 'x'\nregexes = ['^a(b|c){2,5}\\d+$']\npaths = ['x']\n\
    [suppress]\ninline = true\n[limits]\nmax-file-size = '20MB'\n[[rule]]\nid = 'acme-key'\ntitle = 'A'\nseverity = 'low'\n\
    confidence = 'likely'\nanchors = ['acme_']\nregex = 'acme_[a-z]{20}'\nexamples = ['«acme_[a-z]{20}»']\n";
const GITLEAKS: &str = "[extend]\npath = 'base.toml'\n[allowlist]\npaths = ['a\\.b$']\nregexes = ['(?i)^x|y$']\n[[rules]]\n\
    id = 'a'\nregex = '''(?i)[\\w.-]{0,50}?(?:acme)(?:[ \\t\\w.-]{0,20})=\\Qa.b\\E([a-z0-9[:alpha:]]{32})(?:[\\x60'\"\\s;]|\\\\[nr]|$)'''\n\
    entropy = 3.5\nsecretGroup = 1\nkeywords = ['acme']\n[[rules.allowlists]]\ncondition = 'AND'\nstopwords = ['x']\n\
    regexes = ['\\pL{^}']\n[[rules.required]]\nid = 'a'\nwithinLines = 3\n";

fn mutate(text: &[u8], random: &mut Random) -> Vec<u8> {
    const PIECES: [&[u8]; 20] = [
        b"[",
        b"]",
        b"{",
        b"}",
        b"(",
        b")",
        b"\\",
        b"'",
        b"\"",
        b"=",
        b"\n",
        b"*",
        b"?",
        b"{1000}",
        b"|",
        b"\xff",
        b"(?i)",
        b"[[",
        b"\0",
        "«é".as_bytes(),
    ];
    let mut bytes = text.to_vec();
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(8)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.splice(at..at, random.pick(&PIECES).iter().copied())),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            _ if at < bytes.len() => bytes[at] = (random.next() & 0xff) as u8,
            _ => {}
        }
    }
    bytes
}

#[test]
fn no_file_makes_a_loader_panic() {
    let seconds = std::env::var("KEYSWEEP_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut random = Random::new(seconds.unwrap_or(1));
    let ignore = "# c\nopenai-*:0123456789abcdef0123456789abcdef docs/** # why until=2027-01-31\n";
    let baseline = "0123456789abcdef0123456789abcdef openai-project-key a%20b\n";
    let json = "[{\"RuleID\":\"a\",\"File\":\"b\",\"StartLine\":3,\"Secret\":\"c\"}]";
    let secrets = "{\"results\":{\"a\":[{\"type\":\"k\",\"hashed_secret\":\"00\",\"line_number\":1}]}}";
    let lists = "src/\n/a*\n[secrets]\n^x(y)\n";
    let mut rounds = 0_u64;
    while until.map_or(rounds < 400, |until| Instant::now() < until) {
        rounds += 1;
        let place = One(mutate(CONFIG.as_bytes(), &mut random));
        if let Ok(config) = keysweep::policy::config::load(&place, "f") {
            let rules = One(mutate(GITLEAKS.as_bytes(), &mut random));
            let skip = random.below(2) == 0;
            if let Ok(selected) = keysweep::policy::config::select(&config, &rules, &[], skip)
                && let Some(engine) = keysweep::gitleaks::Engine::new(selected.imported)
            {
                engine.scan(b"x acme_key=a.b0123456789abcdef0123456789abcdef; y", Some("a".into()));
            }
        }
        let text = mutate(ignore.as_bytes(), &mut random);
        let _ = IgnoreFile::parse("f", &text);
        let text = mutate(baseline.as_bytes(), &mut random);
        let _ = Baseline::from_files("f", std::iter::once(("f".to_owned(), text.as_slice())));
        for (kind, text) in [
            (ListFormat::GitleaksIgnore, "a:b:3\nc:a:b:4\n"),
            (ListFormat::GitleaksReport, json),
            (ListFormat::DetectSecrets, secrets),
            (ListFormat::Ripsecrets, lists),
        ] {
            let _ = import(kind, "f", &mutate(text.as_bytes(), &mut random), &[]);
        }
    }
    eprintln!("{rounds} rounds");
}
