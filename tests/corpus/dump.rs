//! Writes the corpus to a directory, so that other scanners can be measured on the same files:
//! `cargo run --example corpus -- DIR [SEED]`. `manifest.json` says what is where, without the keys themselves.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "it is a program of its own"
)]

mod binary;
mod encodings;
mod kinds;
mod look_alikes;
mod parts;
mod plant;
mod surroundings;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sha2::{Digest as _, Sha256};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let seed = |text: std::ffi::OsString| text.to_str().and_then(|text| text.parse().ok());
    let (directory, seed) = match (arguments.next().map(PathBuf::from), arguments.next().map(seed)) {
        (Some(directory), None) => (directory, 1),
        (Some(directory), Some(Some(seed))) => (directory, seed),
        _ => {
            eprintln!("usage: corpus DIR [SEED]");
            return ExitCode::from(2);
        }
    };
    match write(&directory, seed) {
        Ok(files) => {
            println!("{files} files in {}", directory.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write the corpus to {}: {error}", directory.display());
            ExitCode::from(2)
        }
    }
}

fn write(directory: &Path, seed: u64) -> std::io::Result<usize> {
    let parts = [true, false].into_iter().flat_map(|distinctive| plant::parts(seed, distinctive));
    let keys = plant::plants(seed).into_iter().chain(parts).chain(plant::binaries(seed));
    let cases = keys.chain(plant::look_alikes(seed));
    let mut manifest = Vec::new();
    for (number, case) in cases.enumerate() {
        let folder = if case.secret.is_some() { "keys" } else { "look-alikes" };
        let path = format!("{folder}/{:03}/{number:05}.txt", number / 100);
        let file = directory.join(&path);
        fs::create_dir_all(file.parent().unwrap_or(directory))?;
        fs::write(&file, &case.content)?;
        let hash = case.secret.map(|secret| {
            Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        });
        manifest.push(serde_json::json!({
            "path": path, "kind": case.kind, "distinctive": case.distinctive, "place": case.place, "sha256": hash,
        }));
    }
    let count = manifest.len();
    fs::write(directory.join("manifest.json"), serde_json::to_string_pretty(&manifest)?)?;
    Ok(count)
}
