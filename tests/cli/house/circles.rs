//! No two files of the source use each other, on whatever way round: read from the paths in `src/`.
//!
//! A path is followed to the file that defines what it names, through what a `mod.rs` hands on. What a `mod.rs` only
//! hands on, it does not use; and what it defines itself, the files below it may use, since they are its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Arrows = BTreeSet<(String, String)>;
/// Files by their names, each with its text.
type Tree<'a> = &'a [(&'a str, &'a str)];

#[test]
fn files_use_each_other_one_way_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    for path in super::rust_files(&src) {
        let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        files.insert(name, fs::read_to_string(&path).unwrap());
    }
    let arrows = arrows(&files);
    let is_there = |from: &str, to: &str| arrows.contains(&(from.to_owned(), to.to_owned()));
    assert!(arrows.len() > 1000, "{} arrows", arrows.len());
    assert!(is_there("report/human.rs", "report/audit/mod.rs") && is_there("scan/words/mod.rs", "scan/identifier.rs"));
    // Through what report/model/mod.rs hands on.
    assert!(is_there("report/csv.rs", "report/model/finding.rs"));
    assert!(circles(&arrows).is_empty(), "files use each other:\n{}", shown(&circles(&arrows)));
}

#[test]
fn circles_are_found() {
    let folder = ("a/mod.rs", "mod b;\nmod c;\npub use b::{B, Both};\npub(crate) use c::Cee as Sea;\n");
    let cases: &[(&str, Tree<'_>, &str)] = &[
        ("none", &[folder, ("a/b.rs", "use super::c::Cee;\n"), ("a/c.rs", "//! See [`super::b`].\n")], ""),
        ("two", &[folder, ("a/b.rs", "use super::c::Cee;\n"), ("a/c.rs", "use crate::a::b::B;\n")], "a/b.rs a/c.rs"),
        (
            "a path in the code",
            &[folder, ("a/b.rs", "use super::c::Cee;\n"), ("a/c.rs", "fn f() { super::b::f(1) }\n")],
            "a/b.rs a/c.rs",
        ),
        (
            "through what is handed on, renamed and in braces",
            &[folder, ("a/b.rs", "use crate::{core::X, a::{\n    Sea,\n}};\n"), ("a/c.rs", "use crate::a::B;\n")],
            "a/b.rs a/c.rs",
        ),
        (
            "three, over a folder",
            &[
                folder,
                ("a/b.rs", "use crate::d::D;\n"),
                ("a/c.rs", "use super::Both;\n"),
                ("d.rs", "use crate::a::Sea as Other;\n"),
            ],
            "a/b.rs a/c.rs d.rs",
        ),
        (
            "a folder that uses its part, which uses a user of the folder",
            &[
                ("a/mod.rs", "mod b;\npub struct A(b::B);\n"),
                ("a/b.rs", "use crate::d;\nfn f() { d::f() }\n"),
                ("d.rs", "use crate::a::A;\n"),
            ],
            "a/b.rs a/mod.rs d.rs",
        ),
        (
            "a part and its folder",
            &[("a/mod.rs", "mod b;\nuse b::B;\npub struct A;\n"), ("a/b.rs", "use super::A;\n")],
            "",
        ),
        (
            "in tests only",
            &[
                folder,
                ("a/b.rs", "use super::c::Cee;\n"),
                ("a/c.rs", "struct C;\n#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}\n"),
            ],
            "",
        ),
    ];
    for (name, files, expected) in cases {
        let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let circles = circles(&arrows(&files));
        let found: BTreeSet<&str> = circles.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>().join(" "), *expected, "{name}");
    }
}

/// The arrows that are left without all that lead to a file that uses none, or from one that none uses.
fn circles(arrows: &Arrows) -> Arrows {
    let mut left = arrows.clone();
    loop {
        let users: BTreeSet<String> = left.iter().map(|(from, _)| from.clone()).collect();
        let used: BTreeSet<String> = left.iter().map(|(_, to)| to.clone()).collect();
        let before = left.len();
        left.retain(|(from, to)| used.contains(from) && users.contains(to));
        if left.len() == before {
            return left;
        }
    }
}

fn shown(arrows: &Arrows) -> String {
    arrows.iter().map(|(from, to)| format!("  {from} uses {to}\n")).collect()
}

/// Which file uses which.
fn arrows(files: &BTreeMap<String, String>) -> Arrows {
    let modules: BTreeMap<Vec<&str>, Module<'_>> =
        files.iter().map(|(file, text)| (path_of(file), Module::of(file, text))).collect();
    let mut arrows = Arrows::new();
    for (path, module) in &modules {
        let handed_on = |import: &&Import<'_>| import.is_public && !module.words.contains(import.name);
        let imports = module.imports.iter().filter(|import| !handed_on(import)).map(|import| &import.path);
        for named in imports.chain(&module.paths) {
            let Some(named) = absolute(&modules, path, named) else { continue };
            let Some(used) = definer(&modules, &named, 0) else { continue };
            if !path.starts_with(used) {
                arrows.insert((module.file.to_owned(), modules[used].file.to_owned()));
            }
        }
    }
    arrows
}

/// The path of a file's module: `report::model` of `report/model/mod.rs`.
fn path_of(file: &str) -> Vec<&str> {
    let stem = file.strip_suffix(".rs").unwrap();
    stem.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect()
}

/// A path from the crate's root; `None` if it is of another crate, or of a name that the file imports.
fn absolute<'a>(
    modules: &BTreeMap<Vec<&'a str>, Module<'a>>,
    own: &[&'a str],
    named: &[&'a str],
) -> Option<Vec<&'a str>> {
    let ups = named.iter().take_while(|part| **part == "super").count();
    match named.first()? {
        &"crate" => Some(named[1..].to_vec()),
        &"self" => Some([own, &named[1..]].concat()),
        &"super" => Some([&own[..own.len().saturating_sub(ups)], &named[ups..]].concat()),
        first => modules.contains_key(&[own, &[*first]].concat()).then(|| [own, named].concat()),
    }
}

/// The module that defines what a path names.
fn definer<'m, 'a>(
    modules: &'m BTreeMap<Vec<&'a str>, Module<'a>>,
    named: &[&'a str],
    depth: usize,
) -> Option<&'m Vec<&'a str>> {
    let prefix = (0..=named.len()).rev().find_map(|length| modules.get_key_value(&named[..length]));
    let (path, module) = prefix?;
    let Some(name) = named.get(path.len()) else { return Some(path) };
    let imported = module.imports.iter().find(|import| import.name == *name);
    match imported.and_then(|import| absolute(modules, path, &import.path)) {
        Some(further) if depth < 8 => definer(modules, &[&further[..], &named[path.len() + 1..]].concat(), depth + 1),
        _ => Some(path),
    }
}

/// What a file says of others.
struct Module<'a> {
    file: &'a str,
    imports: Vec<Import<'a>>,
    /// The paths in its code.
    paths: Vec<Vec<&'a str>>,
    /// All first words of its paths and names, without those of `use`.
    words: BTreeSet<&'a str>,
}

struct Import<'a> {
    path: Vec<&'a str>,
    /// What the file calls it.
    name: &'a str,
    is_public: bool,
}

impl<'a> Module<'a> {
    fn of(file: &'a str, text: &'a str) -> Self {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut module = Self { file, imports: Vec::new(), paths: Vec::new(), words: BTreeSet::new() };
        // An unfinished `use`: what stands before its open braces, and whether it is public.
        let mut open: Option<(Vec<Vec<&'a str>>, bool)> = None;
        for line in text.lines().map(|line| line.split("//").next().unwrap().trim()) {
            let (visibility, rest) = line.split_at(line.find("use ").unwrap_or(0));
            let starts = line.starts_with("use ") || visibility.starts_with("pub") && rest.starts_with("use ");
            if starts && (visibility.is_empty() || visibility.ends_with([' '])) {
                open = Some((vec![Vec::new()], !visibility.is_empty()));
                let is_finished = module.import(&rest["use ".len()..], open.as_mut().unwrap());
                open = open.filter(|_| !is_finished);
            } else if let Some(unfinished) = &mut open {
                if module.import(line, unfinished) {
                    open = None;
                }
            } else {
                for path in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':') {
                    let parts: Vec<&str> = path.split(':').filter(|part| !part.is_empty()).collect();
                    module.words.extend(parts.first());
                    if path.contains("::") && parts.len() > 1 {
                        module.paths.push(parts);
                    }
                }
            }
        }
        module
    }

    /// Reads a line of a `use`; returns whether it ends there.
    fn import(&mut self, line: &'a str, (before, is_public): &mut (Vec<Vec<&'a str>>, bool)) -> bool {
        for item in line.split_inclusive(['{', '}', ',', ';']) {
            let (text, end) = item.split_at(item.len() - usize::from(item.ends_with(['{', '}', ',', ';'])));
            let (path, renamed) = text.split_once(" as ").unwrap_or((text, ""));
            let parts = path.split("::").map(str::trim).filter(|part| !part.is_empty());
            let mut path: Vec<&str> = before.last().unwrap().iter().copied().chain(parts).collect();
            if end == "{" {
                before.push(path);
                continue;
            }
            if !text.trim().is_empty() {
                if path.last() == Some(&"self") && path.len() > 1 {
                    path.pop();
                }
                let name = if renamed.is_empty() { path.last().unwrap() } else { renamed.trim() };
                self.imports.push(Import { path, name, is_public: *is_public });
            }
            if end == "}" {
                before.pop();
            }
            if end == ";" {
                return true;
            }
        }
        false
    }
}
