//! The layout of the source: which module may use which, read from the `crate::` paths in `src/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

mod circles;

/// Each module with the modules that it may use. `lib.rs` and `main.rs` stand above all of them.
const MAY_USE: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("rule", &["core"]),
    ("scan", &["core", "rule"]),
    ("gitleaks", &["core", "rule", "scan"]),
    ("git", &["core"]),
    ("policy", &["core", "rule", "scan", "gitleaks", "git"]),
    ("source", &["core", "rule", "scan", "gitleaks", "git", "policy"]),
    ("history", &["core", "rule", "scan", "gitleaks", "git", "policy", "source"]),
    ("report", &["core", "rule", "scan", "gitleaks", "git", "policy", "source"]),
    ("fix", &["core", "rule", "scan", "gitleaks", "git", "policy", "source"]),
    ("hook", &["core", "rule", "scan", "gitleaks", "git", "policy", "source", "history", "report", "fix"]),
    ("cli", &["core", "rule", "scan", "gitleaks", "git", "policy", "source", "history", "report", "fix", "hook"]),
    // No part of the program: its targets call what they are for, wherever that is.
    (
        "fuzzing",
        &["core", "rule", "scan", "gitleaks", "git", "policy", "source", "history", "report", "fix", "hook", "cli"],
    ),
];

#[test]
fn imports_point_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut arrows = BTreeSet::new();
    for path in rust_files(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap();
        if relative.components().count() == 1 {
            assert!(matches!(module, "lib.rs" | "main.rs"), "src/{module} belongs to no module");
            continue;
        }
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| *name == module).expect("every folder is in the table");
        let text = fs::read_to_string(&path).unwrap();
        // What tests use ships with nobody.
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
        for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used = used.split(|byte: char| !byte.is_ascii_lowercase() && byte != '_').next().unwrap();
                if used.is_empty() || used == module {
                    continue;
                }
                arrows.insert((module.to_owned(), used.to_owned()));
                if !allowed.contains(&used) {
                    wrong.push(format!("{}:{}: {module} may not use {used}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The reader of the lines above works: these arrows are there for certain.
    assert!(arrows.contains(&("cli".into(), "policy".into())) && arrows.contains(&("scan".into(), "core".into())));
}

#[test]
fn one_file_writes_to_standard_output_and_standard_error() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let writers =
        ["stdout()", "stderr()", "print!(", "println!(", "stdout_raw", "Stdio::inherit", "/dev/stdout", "/dev/stderr"];
    let mut found = BTreeSet::new();
    for path in rust_files(&src) {
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().take_while(|line| *line != "#[cfg(test)]").map(str::trim_start);
        if lines.any(|line| !line.starts_with("//") && writers.iter().any(|writer| line.contains(writer))) {
            found.insert(path.strip_prefix(&src).unwrap().to_owned());
        }
    }
    // main.rs has a constant to say when no memory is left.
    let expected = BTreeSet::from([PathBuf::from("cli/output.rs"), PathBuf::from("main.rs")]);
    assert_eq!(found, expected, "everything else leaves through cli/output.rs");
}

#[test]
fn every_file_says_what_it_is_for() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in rust_files(&src) {
        assert!(fs::read_to_string(&path).unwrap().starts_with("//!"), "{} has no module doc", path.display());
    }
}

#[test]
fn a_type_name_has_one_meaning() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in rust_files(&src) {
        // The same thing for another system.
        let file =
            path.strip_prefix(&src).unwrap().display().to_string().replace('\\', "/").replace("windows.rs", "unix.rs");
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(name) = defined_type(line) {
                let files = defined.entry(name.to_owned()).or_default();
                if !files.contains(&file) {
                    files.push(file.clone());
                }
            }
        }
    }
    assert!(defined.len() > 300 && defined["Finding"] == ["core/finding.rs"], "the reader of definitions works");
    let twice: Vec<_> = defined.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// The type that a line at the top level of a file defines.
fn defined_type(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.strip_prefix(' ')?,
        None => line,
    };
    let (keyword, rest) = line.split_once(' ')?;
    let is_type = matches!(keyword, "struct" | "enum" | "trait" | "type" | "union");
    is_type.then(|| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut open = vec![directory.to_owned()];
    let mut files = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => open.push(path),
                Some(ending) if ending == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    files
}
