//! What is stopped before it is committed: situations, each with the real git, each next to a twin repository
//! whose hook does nothing but say yes or no, so that whatever keysweep leaves behind shows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::project::{Output, Project, Scan, key};

/// Set-up before the hook is there, then what somebody does, and whether it must be stopped.
///
/// Both are shell with `$K` and `$L` two keys and `$KEYSWEEP` the binary. Every repository starts with a commit of
/// `base`, a file of ten lines, unless the set-up says `fresh`.
struct Case {
    name: &'static str,
    setup: &'static str,
    action: &'static str,
    stopped: bool,
}

const fn stops(name: &'static str, setup: &'static str, action: &'static str) -> Case {
    Case { name, setup, action, stopped: true }
}

const fn passes(name: &'static str, setup: &'static str, action: &'static str) -> Case {
    Case { name, setup, action, stopped: false }
}

const CASES: &[Case] = &[
    // Ways to commit.
    stops("first commit", "fresh", "echo $K >a; git add a; git commit -qm x"),
    passes("clean first commit", "fresh", "echo a >a; git add a; git commit -qm x"),
    stops("new file", "", "echo $K >a; git add a; git commit -qm x"),
    stops("new line in an old file", "", "echo $K >>base; git add base; git commit -qm x"),
    stops("commit -a", "", "echo $K >>base; git commit -qam x"),
    stops("commit PATH", "", "echo $K >>base; git commit -qm x base"),
    passes(
        "commit another PATH",
        "echo o >other; git add other; git commit -qm o",
        "echo $K >>base; git add base; echo x >>other; git commit -qm x other",
    ),
    stops("commit -p", "", "echo $K >>base; yes | git commit -qpm x >/dev/null"),
    passes(
        "commit -p without that hunk",
        "",
        "echo $K >>base; sed -i 1s/^/x/ base; printf 'y\\nn\\n' | git commit -qpm x >/dev/null",
    ),
    stops(
        "cleaned in the work tree only",
        "",
        "echo $K >>base; git add base; git show HEAD:base >base; git commit -qm x",
    ),
    passes("in the work tree only", "", "echo x >>base; git add base; echo $K >>base; git commit -qm x"),
    passes("an untracked file", "", "echo $K >untracked; echo x >>base; git add base; git commit -qm x"),
    stops("from a subdirectory", "mkdir sub", "echo $K >a; git add a; cd sub; git commit -qm x"),
    stops("detached HEAD", "git checkout -q --detach", "echo $K >a; git add a; git commit -qm x"),
    stops("amend that adds", "", "echo $K >>base; git commit -qa --amend -m x"),
    passes("amend of the message alone", "echo $K >>base; git commit -qam k", "git commit -q --amend -m x"),
    passes("an empty commit", "", "git commit -q --allow-empty -m x"),
    passes("--no-verify", "", "echo $K >a; git add a; git commit -qnm x"),
    passes("SKIP", "", "echo $K >a; git add a; SKIP=other,keysweep git commit -qm x"),
    stops("SKIP of another", "", "echo $K >a; git add a; SKIP=keysweeper git commit -qm x"),
    stops(
        "an index of one's own",
        "",
        "export GIT_INDEX_FILE=.git/mine; git read-tree HEAD; echo $K >a; git add a; git commit -qm x",
    ),
    stops("squash merge", BRANCH, "git merge -q --squash topic; git commit -qm x"),
    stops(
        "after reset --soft",
        "echo $K >a; git add a; git commit -qm k; git reset -q --soft HEAD~1",
        "git commit -qm x",
    ),
    // What has changed.
    passes("a file is deleted", OLD, "git rm -q old; git commit -qm x"),
    passes("a file is deleted next to an untracked one", OLD, "git rm -q old; echo $L >untracked; git commit -qm x"),
    passes("a file is renamed", OLD, "git mv old new; git commit -qm x"),
    passes(
        "a directory is renamed",
        "mkdir d; echo $K >d/a; echo b >d/b; git add d; git commit -qm k",
        "git mv d e; git commit -qm x",
    ),
    passes("a file is renamed and edited elsewhere", OLD, "git mv old new; sed -i 1s/^/x/ new; git commit -qam x"),
    stops("a file is renamed and gets a key", OLD, "git mv old new; echo $L >>new; git commit -qam x"),
    stops("a file is copied", OLD, "cp old new; git add new; git commit -qm x"),
    passes("another line of a file with an old key", OLD, "sed -i 1s/^/x/ old; git commit -qam x"),
    passes("lines before an old key", OLD, "sed -i '1i new\\nlines' old; git commit -qam x"),
    stops("the line of an old key", OLD, "sed -i \"s/$K/& # x/\" old; git commit -qam x"),
    stops("an old key becomes another", OLD, "sed -i \"s/$K/$L/\" old; git commit -qam x"),
    passes("an old key goes", OLD, "sed -i \"s/$K/gone/\" old; git commit -qam x"),
    passes("line ends change", OLD, "sed -i 's/$/\\r/' old; git commit -qam x"),
    passes("the mode changes", OLD, "git update-index --chmod=+x old; git commit -qm x"),
    stops("a file becomes a directory", OLD, "git rm -q old; mkdir old; echo $L >old/a; git add old; git commit -qm x"),
    stops(
        "a directory becomes a file",
        "mkdir d; echo a >d/a; git add d; git commit -qm d",
        "git rm -qr d; echo $K >d; git add d; git commit -qm x",
    ),
    stops("a symbolic link to a key", "", "ln -s $K link; git add link; git commit -qm x"),
    stops("a file becomes a link", OLD, "ln -sf $L old; git commit -qam x"),
    passes("intent to add", "", "echo $K >a; git add -N a; echo x >>base; git add base; git commit -qm x"),
    stops("intent to add, then commit -a", "", "echo $K >a; git add -N a; git commit -qam x"),
    passes(
        "a submodule",
        "git init -q sub; git -C sub commit -q --allow-empty -m s",
        "git add sub 2>/dev/null; git commit -qm x",
    ),
    passes(
        "an LFS pointer",
        "",
        "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%064d\\nsize 9\\n' 7 >a; git add a; git commit -qm x",
    ),
    passes(
        "a clean filter takes it out",
        "git config filter.f.clean 'sed s/sk-.*/KEY/'; echo '*.py filter=f' >.gitattributes",
        "echo $K >a.py; git add a.py; git commit -qm x",
    ),
    stops(
        "a clean filter puts it in",
        "git config filter.f.clean \"sed s/KEY/$K/\"; echo '*.py filter=f' >.gitattributes",
        "echo KEY >a.py; git add a.py; git commit -qm x",
    ),
    // Settings and attributes that blind others.
    stops("color.ui always", "git config color.ui always", NEW_PY),
    stops("color.diff always", "git config color.diff always", NEW_PY),
    stops("attribute -diff", "echo '*.py -diff' >.gitattributes", NEW_PY),
    stops("attribute binary in info", "mkdir -p .git/info; echo '*.py binary' >.git/info/attributes", NEW_PY),
    stops("attribute textconv", "git config diff.t.textconv true; echo '*.py diff=t' >.gitattributes", NEW_PY),
    stops("diff.orderFile that is not there", "git config diff.orderFile /nowhere", NEW_PY),
    stops("diff.external", "git config diff.external true", NEW_PY),
    stops(
        "diff.noprefix and mnemonicPrefix",
        "git config diff.noprefix true; git config diff.mnemonicPrefix true",
        NEW_PY,
    ),
    stops(
        "diff.ignoreSubmodules, renames off",
        "git config diff.renames false; git config status.showUntrackedFiles no",
        NEW_PY,
    ),
    // Content.
    stops("a NUL byte", "", "printf '\\0%s\\n' $K >a; git add a; git commit -qm x"),
    stops(
        "UTF-16",
        "",
        "printf '\\377\\376' >a; printf %s \"key $K\" | sed 's/./&\\x00/g' >>a; git add a; git commit -qm x",
    ),
    stops("base64", "", "printf %s \"key=$K\" | base64 -w0 >a; git add a; git commit -qm x"),
    stops("gzip", "", "echo $K | gzip -n >a.gz; git add a.gz; git commit -qm x"),
    passes(
        "gzip with an old key",
        "printf \"a\\n$K\\n\" | gzip -n >a.gz; git add a.gz; git commit -qm k",
        "printf \"b\\n$K\\n\" | gzip -n >a.gz; git commit -qam x",
    ),
    stops("no line end", "", "printf %s $K >>base; git commit -qam x"),
    passes(
        "a line end after an old key",
        "printf %s $K >>base; git commit -qam k",
        "printf '\\nmore\\n' >>base; git commit -qam x",
    ),
    // Names.
    stops("a space and an umlaut in the name", "", "echo $K >'a ü b'; git add .; git commit -qm x"),
    stops("a line feed in the name", "", "echo $K >\"$(printf 'a\\nb')\"; git add .; git commit -qm x"),
    stops("a name that is not UTF-8", "", "echo $K >\"$(printf 'a\\377b')\"; git add .; git commit -qm x"),
    stops("a name like an option", "", "echo $K >--quiet; git add -- --quiet; git commit -qm x"),
    stops("a quote in the name", "", "echo $K >'a\"b'; git add .; git commit -qm x"),
    stops(
        "deep down",
        "mkdir -p a/b/c/d; echo x >a/b/c/d/e; git add a; git commit -qm d",
        "echo $K >a/b/c/d/f; git add a; git commit -qm x",
    ),
    // Merges.
    stops("a merge brings in a key that no remote has", BRANCH, "git merge -q --no-edit topic"),
    passes(
        "a merge brings in a key that a remote has",
        "git_branch; git update-ref refs/remotes/origin/topic topic",
        "git merge -q --no-edit topic",
    ),
    passes(
        "a merge into a branch with an old key",
        "git checkout -qb topic; echo t >t; git add t; git commit -qm t; git checkout -q main; echo $K >>base; git commit -qam k",
        "git merge -q --no-edit topic",
    ),
    passes("a merge of a clean branch", CLEAN_BRANCH, "git merge -q --no-edit topic"),
    passes(
        "a merge of two clean branches",
        "git_clean; git checkout -qb two HEAD~1; echo 2 >two; git add two; git commit -qm 2; git checkout -q main",
        "git merge -q --no-edit topic two",
    ),
    stops(
        "a merge with something of its own",
        CLEAN_BRANCH,
        "git merge -q --no-commit --no-ff topic; echo $K >>base; git commit -qam x",
    ),
    stops(
        "a conflict resolved with a key",
        CONFLICT,
        "git merge -q topic || echo $K >base; git add base; git commit -qm x",
    ),
    passes(
        "a conflict resolved without",
        CONFLICT,
        "git merge -q topic || echo both >base; git add base; git commit -qm x",
    ),
    passes(
        "a conflict in a file with an old key",
        "echo $K >>base; git commit -qam k; git_conflict",
        "git merge -q topic || { git show main:base >base; sed -i 1s/.*/both/ base; }; git add base; git commit -qm x",
    ),
    // Kinds of repository.
    stops(
        "packed",
        "echo $L >p; git add p; git commit -qm p; git gc -q; git pack-refs --all",
        "echo $K >>base; git commit -qam x",
    ),
    passes(
        "packed, an old key",
        "seq 999 >>base; echo $K >>base; git commit -qam p; echo x >>base; git commit -qam q; git repack -qadf",
        "sed -i 1s/^/x/ base; git commit -qam x",
    ),
    stops(
        "index version 4",
        "git update-index --index-version 4; echo b >b; git add b",
        "echo $K >a; git add a; git commit -qm x",
    ),
    stops(
        "split index",
        "git update-index --split-index; echo b >b; git add b",
        "echo $K >>base; git add base; git commit -qm x",
    ),
    passes(
        "clean split index",
        "git update-index --split-index; echo b >b; git add b",
        "echo x >>base; git rm -q --cached b; git add base; git commit -qm x",
    ),
    stops("sparse index", SPARSE, "echo $K >in/a; git add in/a; git commit -qm x"),
    passes("clean sparse index", SPARSE, "echo x >>in/b; git add in/b; git commit -qm x"),
    stops(
        "no cache-tree",
        "rm .git/index; git ls-tree -r HEAD | git update-index --index-info",
        "echo $K >a; git add a; git commit -qm x",
    ),
    stops(
        "SHA-256",
        "fresh --object-format=sha256; echo o >o; git add o; git commit -qm o",
        "echo $K >a; git add a; git commit -qm x",
    ),
    passes(
        "clean SHA-256",
        "fresh --object-format=sha256; echo $K >o; git add o; git commit -qm o",
        "echo x >>o; git add o; git commit -qm x",
    ),
    stops(
        "alternates",
        "mv .git/objects other.objects; mkdir -p .git/objects/info; echo ../../other.objects >.git/objects/info/alternates",
        "echo $K >>base; git add base; git commit -qm x",
    ),
    passes(
        "alternates, an old key",
        "echo $K >>base; git commit -qam k; mv .git/objects other.objects; mkdir -p .git/objects/info; echo ../../other.objects >.git/objects/info/alternates",
        "sed -i 1s/^/x/ base; git add base; git commit -qm x",
    ),
    stops(
        "a linked work tree",
        "git worktree add -q ../linked -b linked",
        "cd ../linked; echo $K >a; git add a; git commit -qm x",
    ),
    passes(
        "a clean linked work tree",
        "git worktree add -q ../linked -b linked",
        "cd ../linked; echo x >>base; git commit -qam x",
    ),
    stops(
        "a submodule's own commit",
        SUBMODULE,
        "cd sub; $KEYSWEEP hook install >/dev/null; echo $K >a; git add a; git commit -qm x",
    ),
    stops(
        "a work tree elsewhere",
        "mv .git ../apart.git; git --git-dir=../apart.git config core.worktree \"$PWD\"; echo gitdir: ../apart.git >.git",
        "echo $K >a; git add a; git commit -qm x",
    ),
];

const OLD: &str = "seq 9 >old; echo \"k = '$K'\" >>old; seq 9 >>old; git add old; git commit -qm k";
const NEW_PY: &str = "echo \"k = '$K'\" >a.py; git add a.py; git commit -qm x";
const BRANCH: &str = "git_branch";
const CLEAN_BRANCH: &str = "git_clean";
const CONFLICT: &str = "git_conflict";
const SPARSE: &str = "mkdir in out; echo b >in/b; seq 9 >out/o; git add .; git commit -qm d; \
    git sparse-checkout set --cone --sparse-index in";
const SUBMODULE: &str = "git init -q ../module; git -C ../module commit -q --allow-empty -m s; \
    git -c protocol.file.allow=always submodule --quiet add \"$PWD/../module\" sub; git commit -qm s";

const PREAMBLE: &str = r#"
fresh() { cd "$ROOT"; rm -rf work; mkdir work; cd work; git init -q -b main "$@"; }
git_branch() { git checkout -qb topic; echo $K >t; git add t; git commit -qm t; git checkout -q main; echo m >m; git add m; git commit -qm m; }
git_clean() { git checkout -qb topic; echo t >t; git add t; git commit -qm t; git checkout -q main; echo m >m; git add m; git commit -qm m; }
git_conflict() { git checkout -qb topic; sed -i 1s/.*/t/ base; git commit -qam t; git checkout -q main; sed -i 1s/.*/m/ base; git commit -qam m; }
seq 10 >base; git add base; git commit -qm base
"#;

const REFUSE: &str = "hooks=$(git rev-parse --git-path hooks); mkdir -p $hooks; for h in pre-commit pre-merge-commit; do \
    printf '#!/bin/sh\\nexit 1\\n' >$hooks/$h; chmod +x $hooks/$h; done";

/// A repository in which a case was played, and how that went.
struct Played {
    project: Project,
    code: i32,
    text: String,
}

/// Plays a case with `hooks` as what is run once the set-up is done.
fn play(case: &Case, hooks: &str) -> Played {
    let project = Project::git();
    let shell = |script: &str| {
        let mut command = project.command("sh");
        command.env("K", key(1)).env("L", key(2)).env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep"));
        command.env("ROOT", project.root().parent().unwrap()).env("EDITOR", "true");
        command.args(["-c", script]).output().unwrap()
    };
    let setup = shell(&format!("set -e; {PREAMBLE}\n{}\n{hooks}", case.setup));
    assert!(setup.status.success(), "{}: set-up: {}", case.name, String::from_utf8_lossy(&setup.stderr));
    let output = shell(&format!("{}\n{}", PREAMBLE.split("seq 10").next().unwrap(), case.action));
    let text = [output.stdout, output.stderr].concat();
    Played { code: output.status.code().unwrap(), text: String::from_utf8_lossy(&text).into_owned(), project }
}

/// Every file below a directory.
fn files(directory: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                files.insert(entry.path().strip_prefix(directory).unwrap().to_owned());
            }
        }
    }
    files
}

/// What is left of a repository and the directories beside it, without the hooks themselves.
fn left(played: &Played) -> BTreeSet<PathBuf> {
    let mut files = files(played.project.root().parent().unwrap());
    // What keysweep remembers in the git directory: its hooks, and what it stopped last.
    let own = ["hooks", "keysweep-hooks", "keysweep"];
    files.retain(|file| !file.components().any(|part| own.iter().any(|own| part.as_os_str() == *own)));
    // git names these by what they hold, and they hold times.
    let unnamed = |file: PathBuf| match file.file_name().unwrap().to_string_lossy().starts_with("sharedindex.") {
        true => file.with_file_name("sharedindex"),
        false => file,
    };
    files.into_iter().map(unnamed).collect()
}

#[test]
fn commits_are_stopped_or_pass_and_nothing_is_left_behind() {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        while let Some(case) = CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(why) = fault(case) {
                wrong.lock().unwrap().push(format!("{}: {why}", case.name));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is wrong with how keysweep plays a case.
fn fault(case: &Case) -> Option<String> {
    let real = play(case, "\"$KEYSWEEP\" hook install >/dev/null");
    let said = real.text.contains("This commit was stopped");
    if (real.code != 0, said) != (case.stopped, case.stopped) {
        return Some(format!("exit {}, {}", real.code, real.text));
    }
    if [key(1), key(2)].iter().any(|key| real.text.contains(key)) {
        return Some(format!("the key is printed: {}", real.text));
    }
    // Where keysweep is installed during the action, a twin has no hook there that could refuse.
    if case.action.contains("hook install") {
        return None;
    }
    let twin = play(case, if case.stopped { REFUSE } else { "" });
    if (twin.code != 0) != case.stopped {
        return Some(format!("the twin exits with {}: {}", twin.code, twin.text));
    }
    let (real, twin) = (left(&real), left(&twin));
    // The installation is remembered; nothing else is.
    let is_other = |path: &&_| !format!("{path:?}").contains("/keysweep-hooks");
    let difference: Vec<_> = real.symmetric_difference(&twin).filter(is_other).collect();
    (!difference.is_empty()).then(|| format!("left behind, or gone: {difference:?}"))
}

fn jsonl(project: &Project, args: &[&str]) -> Scan {
    Scan::of(project.run(["staged", "--format", "jsonl"].iter().chain(args)))
}

/// Paths and contents of everything in a directory.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let read = |file: PathBuf| {
        let content = std::fs::read(directory.join(&file)).unwrap_or_default();
        (file, content)
    };
    files(directory).into_iter().map(read).collect()
}

#[test]
fn staged_reads_and_writes_nothing() {
    let project = Project::git();
    project.write("old.txt", format!("a\n{}\n", key(1))).run_git(&["add", "."]).run_git(&["commit", "-qm", "old"]);
    project.write("old.txt", format!("b\n{}\n", key(1))).write("new.py", format!("k = '{}'\n", key(2)));
    project.run_git(&["add", "."]);
    let before = contents(&project.root());
    let scan = jsonl(&project, &[]);
    assert_eq!(contents(&project.root()), before);
    assert_eq!((scan.output.code, scan.paths()), (1, vec!["new.py"]));
    let notes = &scan.summary["coverage"]["notes"];
    assert!(notes[0].as_str().unwrap().starts_with("old.txt:2: sk-proj-"), "{notes}");
    let whole = jsonl(&project, &["--whole-files"]);
    assert_eq!((whole.output.code, whole.paths()), (1, vec!["new.py", "old.txt"]));
}

/// All of the next commit counts, wherever one stands in the work tree.
#[test]
fn a_directory_to_start_from_leaves_nothing_out() {
    let project = Project::git();
    project.write("a.env", key(1)).write("sub/deep/b.txt", "nothing\n").run_git(&["add", "."]);
    for directory in [".", "sub", "sub/deep"] {
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        let output = command.current_dir(project.path(directory)).arg("staged").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{directory}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("a.env"), "{directory}: {output:?}");
    }
}

#[test]
fn an_old_key_is_mentioned_and_does_not_block() {
    let project = Project::git();
    project.write("old.txt", format!("a\n{}\n", key(1))).run_git(&["add", "."]).run_git(&["commit", "-qm", "old"]);
    project.write("old.txt", format!("b\n{}\n", key(1))).run_git(&["add", "."]);
    let output = project.run(["hook", "run", "pre-commit"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.lines().count()), (0, "", 1), "{output:?}");
    assert!(output.stderr.contains("old.txt:2") && !output.stderr.contains(&key(1)), "{output:?}");
}

#[test]
fn what_a_person_sees_fits_a_screen_and_says_what_to_do() {
    let project = Project::git();
    project.write("base", "x").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    project.write("src/a b.py", format!("client = OpenAI(api_key='{}')\n", key(1))).run_git(&["add", "."]);
    let Output { code, stdout, stderr } = project.run(["hook", "run", "pre-commit"]);
    assert_eq!((code, stderr.as_str()), (1, ""));
    assert!(stdout.lines().count() < 20, "{stdout}");
    for part in [
        "src/a b.py",
        "1:26",
        "OpenAI project API key",
        "os.environ[\"OPENAI_API_KEY\"]",
        "git restore --staged -- 'src/a b.py'",
        "keysweep:allow",
    ] {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
    assert!(!stdout.contains(&key(1)));
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    for (setup, message) in [
        ("printf DIRC >.git/index", "cannot read the index"),
        ("printf garbage-garbage >.git/index", "it is not an index"),
        ("git config extensions.objectFormat sha3", "object format sha3 is not known"),
        (
            "id=$(git rev-parse :a); rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)",
            "it is not in the repository",
        ),
        (
            "id=$(git rev-parse HEAD^{tree}); rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)",
            "it is not in the repository",
        ),
        (
            "id=$(git rev-parse :a); f=.git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-); chmod +w $f; head -c 9 $f >t; cp t $f",
            "cannot read object",
        ),
        ("rm -rf .git", "cannot find a git repository"),
    ] {
        let project = Project::git();
        project.write("base", "x").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
        project.write("a", "some content").run_git(&["add", "."]);
        let status = project.command("sh").args(["-ec", setup]).status().unwrap();
        assert!(status.success(), "{setup}");
        let output = project.run(["staged", "-q"]);
        assert_eq!(output.code, 2, "{setup}: {output:?}");
        assert!(output.stderr.contains(message) && output.stderr.lines().count() == 1, "{setup}: {output:?}");
    }
}

#[test]
fn large_commits_are_the_same_for_any_number_of_threads() {
    let project = Project::git();
    for file in 0..200 {
        let content = if file % 50 == 7 { key(file) } else { format!("content {file}") };
        project.write(format!("d{}/f{file}", file % 9), format!("{content}\n"));
    }
    project.run_git(&["add", "."]);
    let one = project.run(["staged", "--format", "jsonl", "--threads", "1"]);
    let four = project.run(["staged", "--format", "jsonl", "--threads", "4"]);
    assert_eq!(one, four);
    assert_eq!(Scan::of(one).findings.len(), 4);
}

/// A pre-commit configuration may name no files (`pass_filenames: false`) and give arguments of its own.
#[test]
fn a_framework_may_name_no_files_and_give_arguments() {
    let project = Project::git();
    project.write("-n", format!("{}\n", key(1))).run_git(&["add", "--", "-n"]);
    for (name, args, code) in [
        ("no file names", &["--framework"][..], 1),
        ("an argument and no file names", &["--framework", "--format", "jsonl"], 1),
        ("an argument and a file", &["--framework", "--quiet", "--", "-n"], 1),
        ("what the old entry ended in", &["--framework", "--", "-n"], 1),
        ("a policy that lets it pass", &["--framework", "--exit-zero", "--", "-n"], 0),
    ] {
        let output = project.run(["hook", "run", "pre-commit"].iter().chain(args));
        assert_eq!(output.code, code, "{name}: {output:?}");
    }
}
