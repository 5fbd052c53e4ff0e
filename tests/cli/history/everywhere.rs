//! A key in every place that git keeps: each is found, with the right commit, path, line and reach.

use keysweep::rule::template::{Random, Template};

use super::{Repo, by_key};
use crate::project::key;

/// What a finding has to say.
struct Expected {
    what: &'static str,
    key: String,
    path: Option<&'static str>,
    part: Option<&'static str>,
    commit: String,
    reach: &'static str,
    line: u64,
}

struct Places {
    repo: Repo,
    expected: Vec<Expected>,
    seed: u64,
}

impl Places {
    fn key(&mut self) -> String {
        self.seed += 1;
        key(self.seed)
    }

    fn in_file(&mut self, what: &'static str, key: String, path: &'static str, commit: &str, reach: &'static str) {
        let commit = commit.to_owned();
        self.expected.push(Expected { what, key, path: Some(path), part: None, commit, reach, line: 2 });
    }

    fn in_text(&mut self, what: &'static str, key: String, part: &'static str, object: &str, reach: &'static str) {
        let (part, commit) = (Some(part), object.to_owned());
        self.expected.push(Expected { what, key, path: None, part, commit, reach, line: 1 });
    }

    /// Commits a file with a key in line 2.
    fn plant(&mut self, what: &'static str, path: &'static str, reach: &'static str) -> String {
        let key = self.key();
        self.repo.write(path, format!("# settings\nOPENAI_API_KEY={key}\n"));
        let commit = self.repo.commit(what);
        self.in_file(what, key, path, &commit, reach);
        commit
    }

    fn check(&self, packed: &str) {
        let scan = self.repo.history(&[]);
        let found = by_key(&scan);
        for expected in &self.expected {
            let what = format!("{} ({packed})", expected.what);
            let finding = found.get(&expected.key).unwrap_or_else(|| panic!("{what}: not found"))[0];
            let location = &finding["location"];
            assert_eq!(location["path"].as_str(), expected.path, "{what}: {finding}");
            assert_eq!(location["part"].as_str(), expected.part, "{what}: {finding}");
            assert_eq!(finding["commit"]["id"], expected.commit, "{what}: {finding}");
            assert_eq!(finding["history"]["reach"], expected.reach, "{what}: {finding}");
            assert_eq!(location["line"], expected.line, "{what}: {finding}");
        }
        assert_eq!(found.len(), self.expected.len(), "{packed}");
        assert_eq!(scan.output.code, 1, "{packed}: {:?}", scan.output.stderr);
    }
}

#[test]
fn a_key_is_found_wherever_git_keeps_it() {
    let mut places = Places { repo: Repo::new(), expected: Vec::new(), seed: 1000 };
    on_branches(&mut places);
    on_other_refs(&mut places);
    in_text(&mut places);
    off_the_map(&mut places);
    places.check("loose");
    places.repo.git(&["repack", "-q", "-a", "-d", "-k"]);
    places.check("packed");
    places.repo.git(&["multi-pack-index", "write"]);
    places.repo.git_with(&["hash-object", "-w", "--stdin"], b"late");
    places.check("packed, loose, and a multi-pack-index");
}

fn on_branches(places: &mut Places) {
    places.plant("plain file", "src/config.py", "head");
    places.repo.write(".gitattributes", "*.bin binary\n*.txt -diff\n");
    places.plant("file with the binary attribute", "data.bin", "head");
    places.plant("file with the -diff attribute", "notes.txt", "head");
    let key = places.key();
    places.repo.write("blob.dat", [b"\0\x01\xff\n", key.as_bytes(), b"\0"].concat());
    let commit = places.repo.commit("binary");
    places.in_file("binary content", key, "blob.dat", &commit, "head");
    let key = places.key();
    let wide: Vec<u8> = format!("\u{feff}a\n{key}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    places.repo.write("wide.txt", wide);
    let commit = places.repo.commit("wide");
    places.in_file("UTF-16", key, "wide.txt", &commit, "head");
    places.plant("deleted file", "gone.py", "ref");
    places.repo.git(&["rm", "-q", "gone.py"]);
    places.repo.commit("delete");
    places.plant("odd name", "dir with space/ümläut \n.env", "head");

    places.repo.git(&["checkout", "-q", "-b", "topic"]);
    places.plant("other branch", "topic.py", "ref");
    places.repo.git(&["checkout", "-q", "main"]);
    places.repo.write("main.txt", "x").commit("diverge");
    places.repo.git(&["merge", "-q", "--no-ff", "--no-commit", "-s", "ours", "topic"]);
    places.plant("only in the merge commit", "merge.py", "head");
}

fn on_other_refs(places: &mut Places) {
    for (what, name, path) in [
        ("remote-tracking branch", "refs/remotes/origin/x", "remote.py"),
        ("pull request", "refs/pull/7/head", "pull.py"),
        ("tag only", "refs/tags/v1", "tagged.py"),
        ("replace ref", "refs/replace/0123456789012345678901234567890123456789", "replaced.py"),
    ] {
        places.repo.git(&["checkout", "-q", "--detach", "main"]);
        let commit = places.plant(what, path, "ref");
        places.repo.git(&["update-ref", name, &commit]);
        places.repo.git(&["checkout", "-q", "main"]);
    }
    let key = places.key();
    places.repo.git(&["notes", "add", "-m", &format!("note\n{key}"), "HEAD"]);
    let notes = places.repo.git(&["rev-parse", "refs/notes/commits"]);
    let path: &'static str = places.repo.git(&["ls-tree", "-r", "--name-only", &notes]).leak();
    places.in_file("note", key, path, &notes, "ref");
    let key = places.key();
    places.repo.write("src/config.py", format!("# settings\nstashed = '{key}'\n"));
    places.repo.git(&["stash", "-q"]);
    let stash = places.repo.git(&["rev-parse", "refs/stash"]);
    places.in_file("stash", key, "src/config.py", &stash, "ref");
}

fn in_text(places: &mut Places) {
    let key = places.key();
    let commit = places.repo.commit(&format!("use {key}"));
    places.in_text("commit message", key, "message", &commit, "head");
    let key = places.key();
    places.repo.git(&["tag", "-a", "-m", &format!("key: {key}"), "annotated"]);
    let tag = places.repo.git(&["rev-parse", "refs/tags/annotated"]);
    places.in_text("tag message", key, "tag", &tag, "ref");
    let key = places.key();
    places.repo.git(&["commit", "-q", "--allow-empty", "-m", "x", &format!("--author={key} <a@b.c>")]);
    let commit = places.repo.git(&["rev-parse", "HEAD"]);
    places.in_text("author", key, "author", &commit, "head");
    let key_in_ref = places.key();
    let head = places.repo.git(&["rev-parse", "HEAD"]);
    places.repo.git(&["update-ref", &format!("refs/heads/fix-{key_in_ref}"), &head]);
    places.in_text("ref name", key_in_ref, "ref", &head, "ref");
}

fn off_the_map(places: &mut Places) {
    let before = places.repo.git(&["rev-parse", "HEAD"]);
    places.plant("amended away", "amended.py", "reflog");
    places.repo.git(&["reset", "-q", "--hard", &before]);
    places.repo.git(&["checkout", "-q", "-b", "doomed"]);
    places.plant("deleted branch", "doomed.py", "reflog");
    places.repo.git(&["checkout", "-q", "main"]);
    places.repo.git(&["branch", "-q", "-D", "doomed"]);
    // As git notes what was given to `git pull`, twice.
    let key = places.key();
    let head = places.repo.git(&["rev-parse", "HEAD"]);
    for (branch, to) in [("main", &before), ("main", &head), ("other", &head)] {
        let message = format!("pull https://u:{key}@example.org/x: Fast-forward");
        places.repo.git(&["update-ref", "-m", &message, &format!("refs/heads/{branch}"), to]);
    }
    places.in_text("address of a pull", key, "reflog", &head, "reflog");
    let key = places.key();
    let blob = places.repo.git_with(&["hash-object", "-w", "--stdin"], format!("a\n{key}\n").as_bytes());
    places.expected.push(Expected {
        what: "dangling blob",
        key,
        path: None,
        part: None,
        commit: blob,
        reach: "unreachable",
        line: 2,
    });
    let key = places.key();
    let blob = places.repo.git_with(&["hash-object", "-w", "--stdin"], format!("a\n{key}\n").as_bytes());
    let tree = places.repo.git_with(&["mktree"], format!("100644 blob {blob}\tnamed.py\n").as_bytes());
    places.in_file("dangling tree", key, "named.py", &tree, "unreachable");
    let key = places.key();
    places.repo.write("staged.py", format!("a\n{key}\n"));
    places.repo.git(&["add", "staged.py"]);
    let blob = places.repo.git(&["rev-parse", ":staged.py"]);
    places.in_file("staged only", key, "staged.py", &blob, "unreachable");
    let key = places.key();
    let blob = places.repo.git_with(&["hash-object", "-w", "--stdin"], format!("a\n{key}\n").as_bytes());
    places.repo.git(&["update-ref", "refs/tags/blob", &blob]);
    places.expected.push(Expected {
        what: "ref to a blob",
        key,
        path: None,
        part: None,
        commit: blob,
        reach: "ref",
        line: 2,
    });
}

/// What a line holds may depend on whether its file is binary: there the name behind a value counts too.
#[test]
fn a_line_without_a_key_in_text_is_scanned_again_in_a_binary_file() {
    let repo = Repo::new();
    let value = Template::parse("[A-Za-z0-9]{32}").unwrap().generate(&mut Random::new(5)).text;
    let line = format!("A {value} MISTRAL_API_KEY\n");
    for number in 0..24 {
        repo.write(&format!("{number}.txt"), format!("{number}\n{line}"));
    }
    repo.write("setting.bin", format!("\0\0\n{line}"));
    repo.commit("both");
    let scan = repo.history(&["--threads", "1"]);
    assert_eq!(scan.paths(), ["setting.bin"], "{scan:?}");
    assert_eq!(scan.findings[0]["secret"], value);
}
