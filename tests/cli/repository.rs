//! Repositories of every form, and those that somebody made to stop whoever reads them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::history::by_key;
use crate::project::{Output, Project, Scan, key};

/// Runs a command of the shell, which has to succeed.
fn shell(project: &Project, script: &str) {
    let mut command = project.command("sh");
    let output = command.env("K", key(1)).env("L", key(2)).args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Runs keysweep, which has to end: one that waits for a FIFO would do so for ever. Its memory is limited where that
/// can be done, so that what fills it fails.
fn run(project: &Project, directory: &Path, args: &[&str]) -> Output {
    let mut command = project.command(if cfg!(target_os = "linux") { "sh" } else { env!("CARGO_BIN_EXE_keysweep") });
    if cfg!(target_os = "linux") {
        command.args(["-c", "ulimit -v 3000000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_keysweep")]);
    }
    command.args(args).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("keysweep {args:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `history` in the `jsonl` format.
fn history(project: &Project, directory: &str, args: &[&str]) -> Scan {
    let all = [&["history", "--format", "jsonl", "--show-secrets"], args].concat();
    Scan::of(run(project, &project.path(directory), &all))
}

/// A repository with a commit, an ignored file that is tracked, and a changed file in the index.
fn ordinary(form: &str) -> Project {
    let project = Project::new();
    shell(
        &project,
        &format!(
            "git init -q -b main {form}; git config gc.auto 0; echo '*.log' >.gitignore; echo log >a.log
             echo text >text; git add -f .; git commit -qm base; echo more >>text; git add text"
        ),
    );
    project
}

/// Whether this machine's git knows an option of `git init`: versions before 2.45 know no reftables.
fn is_known(form: &str) -> bool {
    let project = Project::new();
    let mut command = project.command("git");
    let command = command.args(["init", "-q"]).args(form.split_whitespace()).arg("known");
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Where a repository's files are read, what makes one be read there, and the commands that must say so.
#[cfg(unix)]
const FILES: &[(&str, &str, &[&str])] = &[
    (".git/config", "", &["history", "staged", "scan"]),
    (".git/config.worktree", "git config extensions.worktreeConfig true", &["history", "staged", "scan"]),
    (".git/commondir", "", &["history", "staged", "scan"]),
    (".git/HEAD", "", &["history", "staged"]),
    (".git/refs/heads/main", "", &["history", "staged"]),
    (".git/packed-refs", "git pack-refs --all", &["history", "staged"]),
    (".git/logs/HEAD", "", &["history"]),
    (".git/logs/refs/heads/main", "", &["history"]),
    (".git/ORIG_HEAD", "", &["history"]),
    (".git/FETCH_HEAD", "", &["history"]),
    (".git/MERGE_HEAD", "", &["history", "staged"]),
    (".git/AUTO_MERGE", "", &["history"]),
    (".git/index", "", &["staged", "scan"]),
    (".git/shallow", "", &["history"]),
    (".git/objects/info/alternates", "", &["history", "staged"]),
    ("LOOSE", "", &["history", "staged"]),
    ("PACK", "git repack -adq", &["history", "staged"]),
    ("IDX", "git repack -adq", &["history", "staged"]),
    (".git/reftable/tables.list", "", &["history", "staged"]),
];

#[test]
#[cfg(unix)]
fn a_fifo_or_a_device_in_the_place_of_a_file_is_an_error_and_is_not_waited_for() {
    for (place, before, commands) in FILES {
        // A directory of that name is not unusual everywhere.
        let also: &[&str] = match *place {
            ".git/config" | ".git/index" | ".git/HEAD" => &["ln -s /dev/zero", "mkdir -p"],
            ".git/packed-refs" | ".git/logs/HEAD" | ".git/objects/info/alternates" | "LOOSE" | "PACK" => {
                &["ln -s /dev/zero"]
            }
            _ => &[],
        };
        let form = if place.contains("reftable") { "--ref-format=reftable" } else { "" };
        if !is_known(form) {
            continue;
        }
        for what in [&["mkfifo"], also].concat() {
            let project = ordinary(form);
            let swap = format!(
                "LOOSE=.git/objects/$(git rev-parse HEAD | sed 's|^..|&/|')
                 {before}
                 PACK=$(ls .git/objects/pack/*.pack 2>/dev/null || true)
                 IDX=$(ls .git/objects/pack/*.idx 2>/dev/null || true)
                 P={}; mkdir -p $(dirname $P); rm -f $P; {what} $P",
                match *place {
                    "LOOSE" => "$LOOSE",
                    "PACK" => "$PACK",
                    "IDX" => "$IDX",
                    place => place,
                }
            );
            shell(&project, &swap);
            for command in *commands {
                let output = run(&project, &project.root(), &[command]);
                assert_eq!(output.code, 2, "{command} with {what} {place}: {output:#?}");
            }
        }
    }
}

/// In turn: branches, tags, what only a reflog names, what a worktree has, what leads to nothing.
const REFERENCES: &str = "
    git checkout -qb topic; echo $K >k; git add k; git commit -qm topic; git tag -am tag v1; git checkout -q main
    git commit -q --allow-empty -m lost-$L; git reset -q --hard HEAD~
    git worktree add -q --detach ../linked topic; git -C ../linked commit -q --allow-empty -m linked
    git symbolic-ref refs/heads/alias refs/heads/main; git symbolic-ref refs/heads/dangling refs/heads/none";

#[test]
fn both_forms_of_references_tell_the_same() {
    let mut told = Vec::new();
    for form in ["", "--ref-format=reftable"].into_iter().filter(|form| is_known(form)) {
        for after in
            ["", "git pack-refs --all", "for i in $(seq 40); do git tag t$i; done; git pack-refs; git tag -d t7"]
        {
            let project = ordinary(form);
            shell(&project, &format!("{REFERENCES}; {after}"));
            for directory in [".", "../linked"] {
                let scan = history(&project, directory, &["--range", "topic", "--range", "v1^{}"]);
                assert_eq!((scan.output.code, scan.findings.len()), (1, 1), "{form} {after}: {:#?}", scan.output);
                let scan = history(&project, directory, &[]);
                assert_eq!(scan.output.code, 1, "{form}: {:#?}", scan.output);
                let found = by_key(&scan);
                let about = |seed: u64| {
                    let history = &found[&key(seed)][0]["history"];
                    let refs = history["refs"].as_array().unwrap().iter();
                    let refs: Vec<String> = refs
                        .map(|name| name.as_str().unwrap().to_owned())
                        .filter(|name| !name.starts_with("refs/tags/t"))
                        .collect();
                    (history["reach"].as_str().unwrap().to_owned(), refs)
                };
                told.push((directory, about(1), about(2)));
                let staged = run(&project, &project.path(directory), &["staged"]);
                assert_eq!(staged.code, 0, "{form}: {staged:#?}");
            }
        }
    }
    told.sort();
    told.dedup();
    // One answer for each directory. The linked work tree is where the branch is checked out, detached.
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0].1.0, "ref", "{told:#?}");
    assert_eq!(told[1].1.0, "head", "{told:#?}");
    assert!(told.iter().all(|(_, _, lost)| lost == &("reflog".to_owned(), vec![])), "{told:#?}");
}

#[test]
fn sha_256_with_reftables_is_read_before_a_commit() {
    let form = "--object-format=sha256 --ref-format=reftable";
    if !is_known(form) {
        return;
    }
    let project = ordinary(form);
    assert_eq!(run(&project, &project.root(), &["staged"]).code, 0);
    shell(&project, "git commit -qm x; echo $K >>text; git add text");
    let output = run(&project, &project.root(), &["staged"]);
    assert_eq!(output.code, 1, "{output:#?}");
    shell(&project, "git commit -qm x; echo more >>text; git add text");
    assert_eq!(run(&project, &project.root(), &["staged"]).code, 0, "the key was there before");
}

#[test]
fn names_that_lead_to_nothing_are_scanned_as_names() {
    for form in ["", "--ref-format=reftable"].into_iter().filter(|form| is_known(form)) {
        for script in [
            "git commit -qm x; git symbolic-ref refs/heads/x refs/heads/$K",
            "git commit -qm x; git symbolic-ref refs/remotes/$K refs/heads/none",
            "git symbolic-ref HEAD refs/heads/$K",
        ] {
            let project = ordinary(form);
            shell(&project, script);
            let scan = history(&project, ".", &[]);
            assert_eq!((scan.output.code, scan.findings.len()), (1, 1), "{script}: {:#?}", scan.output);
            assert_eq!(scan.findings[0]["location"]["part"], "ref");
        }
    }
}

#[test]
fn alternates_are_followed_quoted_relative_chained_and_in_circles() {
    for (name, script) in [
        ("relative", "echo ../../../a/.git/objects >.git/objects/info/alternates"),
        ("quoted", "printf '\"../../../a/.git\\\\057objects\"\\n' >.git/objects/info/alternates"),
        ("a comment", "printf '# x\\n\\n../../../a/.git/objects\\n' >.git/objects/info/alternates"),
        (
            "chained",
            "git init -q ../m; echo ../../../a/.git/objects >../m/.git/objects/info/alternates
                     echo ../../../m/.git/objects >.git/objects/info/alternates",
        ),
        (
            "in a circle",
            "echo ../../../a/.git/objects >.git/objects/info/alternates
                         echo ../../../b/.git/objects >../a/.git/objects/info/alternates",
        ),
    ] {
        let project = Project::new();
        let id = "$(git -C ../a rev-parse HEAD)";
        shell(
            &project,
            &format!(
                "git init -q -b main a; cd a; echo $K >k; git add k; git commit -qm k; cd ..; git init -q -b main b; cd b
                 {script}; git update-ref refs/heads/main {id}; git reset -q --hard; echo x >>k; git add k"
            ),
        );
        let scan = history(&project, "b", &[]);
        let in_head = scan.findings.iter().filter(|finding| finding["history"]["in_head"] == true).count();
        assert_eq!((scan.output.code, in_head), (1, 1), "{name}: {:#?}", scan.output);
        let staged = run(&project, &project.path("b"), &["staged"]);
        assert_eq!(staged.code, 0, "{name}: {staged:#?}");
    }
}

type Variable = (&'static str, &'static str);

/// Where and with which variables keysweep runs, and what `staged` and `history` come to.
const DISCOVERY: &[(&str, &str, &[Variable], i32, i32)] = &[
    ("at the top", ".", &[], 1, 1),
    ("below", "deep/er", &[], 1, 1),
    ("below a ceiling", "deep/er", &[("GIT_CEILING_DIRECTORIES", "$ROOT/deep")], 2, 2),
    ("at a ceiling", ".", &[("GIT_CEILING_DIRECTORIES", "$ROOT")], 1, 1),
    ("another ceiling", "deep/er", &[("GIT_CEILING_DIRECTORIES", "/nowhere:$ROOT/deep/er")], 1, 1),
    ("a linked work tree", "../linked", &[], 0, 1),
    ("GIT_DIR", "..", &[("GIT_DIR", "work/.git"), ("GIT_WORK_TREE", "work")], 1, 1),
    ("GIT_DIR alone", "..", &[("GIT_DIR", "work/.git")], 1, 1),
    ("GIT_DIR that is none", ".", &[("GIT_DIR", "deep")], 2, 2),
    ("GIT_INDEX_FILE", ".", &[("GIT_INDEX_FILE", ".git/empty")], 0, 1),
    ("a file .git", "../moved", &[], 1, 1),
    ("GIT_OBJECT_DIRECTORY", "../borrowed", &[("GIT_OBJECT_DIRECTORY", "../work/.git/objects")], 0, 1),
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "../borrowed",
        &[("GIT_ALTERNATE_OBJECT_DIRECTORIES", "\"../work/.git\\057objects\"")],
        0,
        1,
    ),
    ("an alternate that is not there", ".", &[("GIT_ALTERNATE_OBJECT_DIRECTORIES", "../nothing")], 1, 2),
    ("without them", "../borrowed", &[], 2, 2),
    ("a bare repository", "../bare.git", &[], 0, 1),
    ("inside .git", ".git/refs", &[], 1, 1),
    ("core.worktree", "../elsewhere.git", &[], 1, 1),
];

#[test]
fn a_repository_is_found_as_git_finds_it() {
    let project = ordinary("");
    shell(
        &project,
        "echo $K >k; git add k; git commit -qm k; mkdir -p deep/er; git worktree add -q ../linked
         git clone -q --bare . ../bare.git; git init -q -b main ../borrowed
         git rev-parse HEAD >../borrowed/.git/refs/heads/main; cp .git/index ../borrowed/.git/index
         echo $L >l; git add l
         GIT_INDEX_FILE=.git/empty git read-tree HEAD
         mkdir ../moved; echo 'gitdir: ../work/.git' >../moved/.git
         cp -R .git ../elsewhere.git; git -C ../elsewhere.git config core.bare false
         git -C ../elsewhere.git config core.worktree ../work",
    );
    let root = project.root().canonicalize().unwrap().display().to_string();
    for (name, directory, variables, staged, audited) in DISCOVERY {
        for (command, expected) in [("staged", staged), ("history", audited)] {
            let mut run = project.command(env!("CARGO_BIN_EXE_keysweep"));
            for (variable, value) in *variables {
                run.env(variable, value.replace("$ROOT", &root));
            }
            let output = run.arg(command).current_dir(project.path(directory)).output().unwrap();
            assert_eq!(output.status.code(), Some(*expected), "{name}: {command}: {output:#?}");
        }
    }
    // What the environment says is about the repository here, not about one that is named.
    let mut named = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let output = named.args(["history", "../bare.git"]).env("GIT_DIR", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:#?}");
}

#[test]
fn revisions_and_dates_are_found_or_refused_in_one_line() {
    let project = ordinary("");
    shell(
        &project,
        "git commit -qm two; echo $K >k; git add k; git commit -qm three; git tag -am x v1; git tag -am y v2 v1
         ID=$(git rev-parse v1); printf 'object %s\\ntype tag\\ntag loop\\ntagger A <a@b> 1 +0000\\n\\nx' $ID >body
         python3 -c \"import zlib,sys;b=open('body','rb').read();sys.stdout.buffer.write(zlib.compress(b'tag %d\\0'%len(b)+b))\" >forged
         P=.git/objects/$(echo $ID | sed 's|^..|&/|'); git update-ref refs/tags/loop $ID; cp $P good
         git update-ref -d refs/tags/loop",
    );
    let description = Command::new("git").args(["describe", "--long"]).current_dir(project.root()).output().unwrap();
    let described = String::from_utf8(description.stdout).unwrap();
    for (range, code) in [
        ("HEAD", 1),
        ("v1", 1),
        ("v2^{commit}", 1),
        ("HEAD~..", 1),
        ("HEAD~2..v2", 1),
        ("HEAD~2...HEAD", 1),
        ("HEAD^..@", 1),
        ("HEAD~", 0),
        ("HEAD^0~1", 0),
        ("..HEAD~1", 0),
        (described.trim(), 1),
        ("HEAD~1000000000", 2),
        ("HEAD~99999999999999999999999", 2),
        ("HEAD^2", 2),
        ("HEAD^{tree}", 2),
        ("HEAD:text", 2),
        ("none", 2),
        ("", 2),
    ] {
        let output = run(&project, &project.root(), &["history", "--range", range]);
        assert_eq!(output.code, code, "{range}: {output:#?}");
        assert!(code < 2 || output.stderr.lines().count() == 1, "{range}: {output:#?}");
    }
    for (since, code) in [("2026-01-01", 1), ("10000 days ago", 1), ("yesterday", 0), ("today", 0), ("no day", 2)] {
        let output = run(&project, &project.root(), &["history", "--since", since]);
        assert_eq!(output.code, code, "{since}: {output:#?}");
    }
    // A tag whose bytes were replaced by ones that name the tag itself.
    shell(&project, "P=.git/objects/$(git rev-parse v1 | sed 's|^..|&/|'); chmod u+w $P; cp forged $P");
    for args in [&["history", "--range", "v1"][..], &["history", "--range", "v2"]] {
        let output = run(&project, &project.root(), args);
        assert_eq!(output.code, 2, "{args:?}: {output:#?}");
    }
}

/// An index with a header for so many entries, these bytes, and room for a checksum.
fn index(version: u32, entries: u32, body: &[u8]) -> Vec<u8> {
    [b"DIRC", &version.to_be_bytes()[..], &entries.to_be_bytes(), body, &[0; 20]].concat()
}

fn extension(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&name[..], &(body.len() as u32).to_be_bytes(), body].concat()
}

#[test]
fn an_index_that_lies_costs_no_memory() {
    // A shared index without entries, of which a bitmap of 2^32 bits in one run says that all are gone.
    let mut bitmap = u32::MAX.to_be_bytes().to_vec();
    bitmap.extend(1_u32.to_be_bytes());
    bitmap.extend((1_u64 | 0xffff_ffff << 1).to_be_bytes());
    bitmap.extend(0_u32.to_be_bytes());
    let link = [&[7; 20][..], &bitmap, &bitmap].concat();
    // Names of which each repeats the one before it, and a first one of 90,000 bytes.
    let entry = |name: &[u8]| [&[0; 24][..], &0o100_644_u32.to_be_bytes(), &[0; 12], &[1; 20], &[0, 0], name].concat();
    let mut names = entry(&[&[0][..], &[b'a'; 90_000], &[0]].concat());
    (0..60_000).for_each(|_| names.extend(entry(b"\0a\0")));
    for (name, bytes) in [("split", index(2, 0, &extension(b"link", &link))), ("version 4", index(4, 60_001, &names))] {
        let project = ordinary("");
        project.write(".git/index", bytes).write(format!(".git/sharedindex.{}", "07".repeat(20)), index(2, 0, b""));
        for command in ["staged", "scan"] {
            let output = run(&project, &project.root(), &[command]);
            assert_eq!(output.code, 2, "{name}, {command}: {output:#?}");
        }
    }
}

#[test]
fn a_cache_tree_of_any_depth_is_read() {
    let mut trees = Vec::new();
    for depth in 0..100_000 {
        trees.extend(if depth == 0 { &b"\0-1 1\n"[..] } else { &b"a\0-1 1\n"[..] });
    }
    trees.extend(b"a\0-1 0\n");
    let project = ordinary("");
    project.write(".git/index", index(2, 0, &extension(b"TREE", &trees)));
    for command in ["staged", "scan"] {
        let output = run(&project, &project.root(), &[command]);
        assert_eq!(output.code, 0, "{command}: {output:#?}");
    }
}

#[test]
fn what_is_tracked_is_scanned_though_ignored_and_though_the_index_is_sparse() {
    let project = ordinary("");
    shell(
        &project,
        "mkdir -p in out/of; echo x >in/x; echo $K >out/of/k.log; git add -f .; git commit -qm x
         git sparse-checkout set --cone --sparse-index in; mkdir -p out/of; echo $K >out/of/k.log",
    );
    assert_eq!(project.scan(&[]).paths(), ["out/of/k.log"]);
}

#[test]
fn the_addresses_of_remotes_are_found_however_they_are_written() {
    let project = ordinary("");
    let mut config = std::fs::OpenOptions::new().append(true).open(project.path(".git/config")).unwrap();
    writeln!(config, "[remote \"a\"] url = https://{}@example.org/x", key(1)).unwrap();
    writeln!(config, "[url \"https://{}@example.org/\"]\n\tinsteadOf = x", key(2)).unwrap();
    writeln!(config, "[remote \"b\"]\n\tpushurl = \"https://example.org/\\\n{}\" ; why", key(3)).unwrap();
    writeln!(config, "[other]\n\tsecret = {}", key(4)).unwrap();
    let scan = project.scan(&["--show-secrets"]);
    let found: Vec<&str> = scan.findings.iter().map(|finding| finding["secret"].as_str().unwrap()).collect();
    assert_eq!(found, [key(1), key(2), key(3)], "{:#?}", scan.output);
}

/// A pack that somebody cuts short while it is read, as a copy over it would, is an error and not the end of the process.
#[test]
fn a_pack_that_is_cut_short_while_it_is_read_is_an_error() {
    use keysweep::git::{Environment, Id, Kind, Objects, Repository};

    let project = Project::git();
    // Random text, so that the pack has many pages.
    for file in 0..20 {
        let text: String = (0..200).map(|line| format!("{}\n", key(1000 * file + line))).collect();
        project.write(format!("f{file}"), text);
    }
    project.run_git(&["add", "."]).run_git(&["commit", "-qm", "x"]).run_git(&["repack", "-qad"]);
    let listed = project.command("git").args(["ls-tree", "--format=%(objectname)", "HEAD"]).output().unwrap().stdout;
    let ids: Vec<Id> = listed.split(|&byte| byte == b'\n').filter_map(Id::from_hex).collect();
    assert_eq!(ids.len(), 20);
    let objects = Objects::open(&Repository::discover(&project.root(), &Environment::default()).unwrap());
    objects.read(ids[0], Kind::Blob).unwrap();
    shell(&project, "chmod u+w .git/objects/pack/*.pack; truncate -s 4096 .git/objects/pack/*.pack");
    let failed: Vec<_> = ids.iter().filter_map(|id| objects.read(*id, Kind::Blob).err()).collect();
    assert!(failed.len() > 10, "{failed:?}");
    let expected = "it was cut short while it was read";
    assert!(failed.iter().all(|error| error.to_string().contains(expected)), "{failed:?}");
}

/// Of two commits only the first has a policy that lets the key pass; git says which one a revision means.
#[test]
fn a_policy_comes_from_whatever_revision_git_understands() {
    let project = Project::git();
    shell(
        &project,
        "printf '[rules]\ndisable = [\"openai-*\"]\n' >.keysweep.toml; echo \"k = '$K'\" >file; git add .; git commit -qm with
         git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -qu origin main
         git rm -q .keysweep.toml; git commit -qm without; git checkout -q -b other HEAD~1; git checkout -q main
         git tag -am x old HEAD~1",
    );
    let with = "HEAD~1";
    let id = |rev: &str| {
        let output =
            project.command("git").args(["rev-parse", "--verify", &format!("{rev}^{{commit}}")]).output().unwrap();
        assert!(output.status.success(), "{rev}");
        output.stdout
    };
    for rev in [
        "HEAD",
        "@",
        "main",
        "other",
        "old",
        "old^{commit}",
        "@{0}",
        "@{1}",
        "main@{1}",
        "HEAD@{0}",
        "HEAD@{1}",
        "HEAD@{2}",
        "refs/heads/main@{1}",
        "@{u}",
        "@{upstream}",
        "main@{U}",
        "@{u}~0",
        "@{-1}",
        "@{-2}",
        "origin/main",
    ] {
        let expected = if id(rev) == id(with) { 0 } else { 1 };
        let output = project.run(["scan", "file", "--policy-from", rev]);
        assert_eq!(output.code, expected, "{rev}: {}", output.stderr);
    }
    for (rev, said) in [
        ("other@{u}", "no upstream is configured"),
        ("@{99}", "no reference"),
        ("@{nonsense}", "takes a number, a date"),
        ("@{-9}", "no reference"),
    ] {
        let output = project.run(["scan", "file", "--policy-from", rev]);
        assert!(output.code == 2 && output.stderr.contains(said), "{rev}: {}", output.stderr);
    }
}
