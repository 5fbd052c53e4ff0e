//! Runs one target of `keysweep::fuzzing` under libFuzzer: the one that `TARGET` names. With `SEEDS`, writes the inputs
//! to start from and the dictionary into that directory instead.
#![no_main]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;
use std::{env, fs, io, process};

use keysweep::fuzzing::{TARGETS, FuzzTarget, target};

static CHOSEN: OnceLock<&FuzzTarget> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = env::var("TARGET").unwrap_or_default();
        let Some(found) = target(&name) else {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            println!("{}", names.join("\n"));
            process::exit(if name.is_empty() { 0 } else { 2 });
        };
        if let Some(directory) = env::var_os("SEEDS") {
            write_seeds(found, Path::new(&directory)).expect("seeds are written");
            process::exit(0);
        }
        CHOSEN.set(found).expect("set once");
    },
    |data: &[u8]| (CHOSEN.wait().run)(data)
);

/// Writes `DIRECTORY/seeds/1…` and `DIRECTORY/dictionary`.
fn write_seeds(target: &FuzzTarget, directory: &Path) -> io::Result<()> {
    let seeds = directory.join("seeds");
    fs::create_dir_all(&seeds)?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(seeds.join(number.to_string()), seed)?;
    }
    let mut dictionary = String::new();
    for word in target.words {
        let escaped = word.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\x{byte:02x}");
            text
        });
        let _ = writeln!(dictionary, "\"{escaped}\"");
    }
    fs::write(directory.join("dictionary"), dictionary)
}
