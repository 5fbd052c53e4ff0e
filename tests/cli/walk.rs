//! Which files are scanned, which are not, and what is said of those.

use keysweep::policy::Policy;
use keysweep::rule::template::Random;
use keysweep::scan::Match;
use keysweep::source::read::Windows;

use crate::project::{Project, Scan, key};

#[test]
fn ignored_files_are_left_out_unless_tracked_or_named() {
    let project = Project::git();
    project
        .write(".gitignore", "*.log\nbuild/\n!keep.log\n/only-here\n")
        .write("a.log", key(1))
        .write("keep.log", key(2))
        .write("build/deep/b.txt", key(3))
        .write("build/tracked.txt", key(4))
        .write("sub/only-here", key(5))
        .write("only-here", key(6))
        .write("sub/.gitignore", "inner\n")
        .write("sub/inner/c.txt", key(7))
        .write("tracked.log", key(8))
        .write(".git/info/exclude", "private\n")
        .write("private", key(9))
        .write(".ignore", "keep.log\n")
        .run_git(&["add", "-f", "build/tracked.txt", "tracked.log"]);

    let scan = project.scan(&[]);
    assert_eq!(scan.paths(), ["build/tracked.txt", "keep.log", "sub/only-here", "tracked.log"]);
    let skipped =
        ["a.log: ignored", "build/deep: ignored", "only-here: ignored", "private: ignored", "sub/inner: ignored"];
    assert_eq!(scan.skipped(), skipped);
    assert_eq!(scan.output.code, 1);

    for (args, paths) in [
        (&["a.log"][..], &["a.log"][..]),
        (&["build"], &["build/deep/b.txt", "build/tracked.txt"]),
        (&["sub"], &["sub/only-here"]),
        (&["sub/inner", "./sub//"], &["sub/inner/c.txt", "sub/only-here"]),
        (&["a.log", "a.log", "./a.log"], &["a.log"]),
        (&["--no-ignore", "sub"], &["sub/inner/c.txt", "sub/only-here"]),
    ] {
        assert_eq!(project.scan(args).paths(), paths, "{args:?}");
    }
    assert_eq!(project.scan(&["--no-ignore"]).findings.len(), 9);
}

#[test]
fn overlapping_paths_are_scanned_once() {
    let project = Project::git();
    project.write("a/b/c.txt", key(1)).write(".gitignore", "a\n");
    let scan = project.scan(&["a/b/c.txt", ".", "a", "a/b"]);
    assert_eq!(scan.paths(), ["a/b/c.txt"]);
    assert_eq!(scan.summary["coverage"]["files"], 3); // with .gitignore and .git/config
}

#[test]
fn outside_of_a_repository_nothing_is_ignored() {
    let project = Project::new();
    project.write(".gitignore", "*\n").write("a.txt", key(1));
    assert_eq!(project.scan(&[]).paths(), ["a.txt"]);
}

#[test]
fn the_users_own_excludes_do_not_count() {
    let project = Project::git();
    project.write("../home/.config/git/ignore", "*\n").write("a.txt", key(1)).run_git(&[
        "config",
        "core.excludesFile",
        "../home/.config/git/ignore",
    ]);
    assert_eq!(project.scan(&[]).paths(), ["a.txt"]);
}

#[test]
fn nested_repositories_follow_their_own_rules() {
    let project = Project::git();
    project.write(".gitignore", "*.log\n").write("in/a.log", key(1)).write("in/b.txt", key(2));
    project.run_git(&["init", "-q", "in"]);
    project.write("in/.gitignore", "b.txt\n");
    assert_eq!(project.scan(&[]).paths(), ["in/a.log"]);
    assert_eq!(project.scan(&["in"]).paths(), ["in/a.log"]);
}

#[test]
fn hidden_files_are_scanned_and_git_itself_is_not() {
    let project = Project::git();
    project.write(".env", key(1)).write(".config/x", key(2)).write(".git/description", key(3));
    assert_eq!(project.scan(&[]).paths(), [".config/x", ".env"]);
}

#[test]
fn a_key_in_a_remotes_address_is_found_with_its_place() {
    let project = Project::git();
    let config = format!("[core]\n\ta = {}\n[remote \"o\"]\n\turl = https://x:{}@host/r.git\n", key(1), key(2));
    project.write(".git/config", config);
    let scan = project.scan(&[]);
    assert_eq!(scan.paths(), [".git/config"]);
    assert_eq!(scan.findings[0]["location"]["line"], 4);
    assert_eq!(scan.findings[0]["location"]["column"], 18);

    project.write("a", "x").run_git(&["add", "a"]).run_git(&["commit", "-qm", "a"]);
    project.run_git(&["worktree", "add", "-q", "linked"]);
    assert_eq!(project.scan(&["linked"]).paths(), ["linked/.git/config"]);
}

#[test]
fn a_closed_standard_input_is_no_clean_scan() {
    let project = Project::new();
    let keysweep = env!("CARGO_BIN_EXE_keysweep");
    for (args, redirection, code) in [
        ("scan -", "<&-", 2),
        ("scan /dev/stdin", "<&-", 2),
        ("scan -", "</dev/null", 0),
        // As services and containers get it.
        ("scan -", "<>/dev/null", 0),
        ("scan .", "<&-", 0),
    ] {
        let script = format!("{keysweep} {args} {redirection}");
        let output = project.command("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args} {redirection}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn trees_of_any_depth_are_scanned() {
    let project = Project::new();
    // No call takes a path of more than 4096 bytes: two halves are made, and one is moved into the other.
    let half = vec!["d".repeat(19); 150];
    for top in ["a", "b"] {
        for depth in 0..150 {
            project.write(format!("{top}/{}/side/key.txt", half[..=depth].join("/")), key(1));
        }
    }
    std::fs::rename(project.path("b"), project.path(format!("a/{}/b", half.join("/")))).unwrap();
    let limited = format!("ulimit -n 128; exec {} scan --format jsonl", env!("CARGO_BIN_EXE_keysweep"));
    let output = project.command("sh").args(["-c", &limited]).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.matches("\"type\":\"finding\"").count(), 300, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_bare_repository_says_who_looks_at_its_objects() {
    let project = Project::git();
    project.write("a.txt", key(1)).run_git(&["add", "."]).run_git(&["commit", "-qm", "a"]);
    project.run_git(&["clone", "-q", "--bare", ".", "../bare.git"]);
    let scan = project.scan(&["../bare.git"]);
    let objects = "../bare.git/objects: git objects; keysweep history looks into them";
    assert_eq!((scan.findings.len(), scan.skipped()), (0, vec![objects.to_owned()]));
    let human = project.run(["scan", "../bare.git"]);
    assert!(human.stdout.contains("git objects; keysweep history looks into them"), "{}", human.stdout);
}

#[test]
fn a_tracked_file_counts_where_the_index_names_only_its_directory() {
    let project = Project::git();
    project.write(".gitignore", "*.log\n").write("in/a.txt", "x").write("out/deep/b.log", key(1));
    project.run_git(&["add", "-f", "."]).run_git(&["commit", "-qm", "a"]);
    project.run_git(&["sparse-checkout", "init", "--cone", "--sparse-index"]).run_git(&[
        "sparse-checkout",
        "set",
        "in",
    ]);
    assert!(!project.path("out").exists());
    project.write("out/deep/b.log", key(2)).write("in/c.log", key(3));
    let scan = project.scan(&[]);
    assert_eq!((scan.paths(), scan.skipped()), (vec!["out/deep/b.log"], vec!["in/c.log: ignored".to_owned()]));
}

#[test]
fn names_of_files_and_directories_are_searched() {
    let project = Project::new();
    project.write(format!("{}/x", key(1)), "x").write(format!("a/{}.txt", key(2)), "x");
    let scan = project.scan(&[]);
    assert_eq!(scan.findings.len(), 2, "{:#?}", scan.output);
    assert!(scan.findings.iter().all(|finding| finding["location"]["part"] == "name"), "{:#?}", scan.output);
    assert!(![1, 2].iter().any(|&seed| scan.output.stdout.contains(&key(seed))), "{:#?}", scan.output);
}

#[test]
fn files_kept_by_git_lfs_are_the_content_of_their_pointers() {
    let text = format!("k = {}\n", key(1));
    let id = "0123456789abcdef".repeat(4);
    let pointer = |size: usize| format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {size}\n");
    let kept = format!(".git/lfs/objects/01/23/{id}");
    type Case<'a> = (&'a str, Option<&'a [u8]>, usize, usize, &'a str);
    let cases: [Case<'_>; 4] = [
        ("kept", Some(text.as_bytes()), text.len(), 1, ""),
        ("absent", None, 5, 0, "f.bin: lfs-pointer"),
        ("shorter", Some(text.as_bytes()), text.len() + 1, 1, "its pointer says"),
        ("bundle", Some(b"Rar!\x1a\x07\x01\0"), 8, 0, "f.bin: unsupported format: rar"),
    ];
    for (case, content, size, found, said) in cases {
        let project = Project::git();
        project.write("f.bin", pointer(size)).run_git(&["add", "f.bin"]);
        if let Some(content) = content {
            project.write(&kept, content);
        }
        let staged = Scan::of(project.run(["staged", "--format", "jsonl"]));
        for (mode, scan) in [("scan", project.scan(&[])), ("staged", staged)] {
            let mut all = scan.skipped();
            all.extend(scan.errors().into_iter().map(str::to_owned));
            assert_eq!(scan.findings.len(), found, "{case}, {mode}: {:#?}", scan.output);
            assert_eq!(all.len(), usize::from(!said.is_empty()), "{case}, {mode}: {all:?}");
            assert!(all.iter().all(|line| line.contains(said)), "{case}, {mode}: {all:?}");
            assert_eq!(scan.output.code, if case == "shorter" { 2 } else { i32::from(found > 0) }, "{case}, {mode}");
        }
    }
}

#[test]
fn what_cannot_be_read_costs_the_exit_code_and_nothing_else() {
    let project = Project::new();
    project.write("a.txt", key(1));
    let scan = project.scan(&["a.txt", "missing\n.txt", "also-missing"]);
    assert_eq!(scan.paths(), ["a.txt"]);
    assert_eq!(scan.output.code, 2);
    assert_eq!(scan.errors().len(), 2);
    assert_eq!(scan.output.stderr.lines().count(), 2, "{}", scan.output.stderr);
}

#[test]
fn a_file_larger_than_a_window_is_scanned_to_its_end() {
    const WINDOW: usize = 2 << 20;
    let project = Project::new();
    let key = key(1);
    for (filler, at) in [("é\n", WINDOW - key.len() / 2), ("é ", WINDOW - (64 << 10) - 3), ("é\n", WINDOW + WINDOW / 2)]
    {
        let mut text = filler.repeat(WINDOW * 3 / 2 / filler.len() + 50).into_bytes();
        let at = at - at % filler.len();
        text.splice(at..at, key.bytes());
        project.write("large.txt", &text);
        let scan = project.scan(&[]);
        assert_eq!(scan.paths(), ["large.txt"], "at {at}");
        let units = at / filler.len();
        let (line, column) = if filler == "é " { (1, 2 * units + 1) } else { (units + 1, 1) };
        assert_eq!(scan.findings[0]["location"]["line"], line, "at {at}");
        assert_eq!(scan.findings[0]["location"]["column"], column, "at {at}");
        assert_eq!(scan.findings[0]["location"]["end_column"], column + key.len() - 1, "at {at}");
        assert_eq!(scan.summary["coverage"]["bytes"], text.len());
    }
}

#[test]
fn windows_of_any_size_find_the_same() {
    let policy = Policy::builtin();
    let mut random = Random::new(7);
    for round in 0..12 {
        let mut text = Vec::new();
        let pieces = [" lorem ipsum", "\n", "\r\n", "é鍵", "\0", "=", "0123456789abcdef", "\u{1f511} "];
        for _ in 0..60 {
            for _ in 0..random.below(150) {
                text.extend_from_slice(random.pick(&pieces).as_bytes());
            }
            text.extend_from_slice(b"\nK=");
            text.extend_from_slice(key(random.next()).as_bytes());
            text.push(b'\n');
        }
        let whole = policy.scan(&text);
        assert_eq!(whole.len(), 60);
        let mut found = Vec::new();
        let mut rest = text.as_slice();
        let windows = Windows::new(2048 + random.below(20_000), 1024 + random.below(2000));
        let fill = |buffer: &mut Vec<u8>| {
            let (now, later) = rest.split_at(rest.len().min(1 + random.below(4000)));
            buffer.extend_from_slice(now);
            rest = later;
            Ok(now.len())
        };
        let bytes = windows.scan(&policy, "x".into(), &mut Vec::new(), fill, |one| found.extend(one.key())).unwrap();
        assert_eq!(bytes, text.len() as u64);
        let essence = |one: &Match| (one.span.clone(), one.position, one.secret.clone(), one.confidence);
        let (found, whole): (Vec<_>, Vec<_>) =
            (found.iter().map(essence).collect(), whole.iter().map(essence).collect());
        assert_eq!(found, whole, "round {round}, {windows:?}");
    }
}

/// As many threads as there are, or one: the same bytes come out, in order and once each.
#[test]
fn a_large_file_is_the_same_for_any_number_of_threads() {
    let project = Project::new();
    let mut random = Random::new(9);
    let mut text = Vec::new();
    while text.len() < 24 << 20 {
        text.extend_from_slice("é lorem ipsum 0123456789 ".repeat(1 + random.below(1 << 13)).as_bytes());
        if random.below(3) == 0 {
            text.push(b'\n');
        }
        text.extend_from_slice(format!(" k={} ", key(random.next())).as_bytes());
    }
    project.write("large.txt", &text);
    let one = project.run(["scan", "--format", "jsonl", "--threads", "1", "large.txt"]);
    assert_eq!(one.code, 1, "{}", one.stderr);
    assert!(one.stdout.lines().count() > 100);
    for threads in ["2", "5"] {
        let many = project.run(["scan", "--format", "jsonl", "--threads", threads, "large.txt"]);
        assert!(one.stdout == many.stdout, "{threads} threads");
        let tree = project.run(["scan", "--format", "jsonl", "--threads", threads]);
        assert!(one.stdout == tree.stdout, "{threads} threads, by the walk");
    }
}

#[test]
fn nul_bytes_hide_nothing() {
    let project = Project::new();
    project.write("a.bin", [b"\0\x01\xff\0", key(1).as_bytes(), b"\0\0\xfe"].concat());
    assert_eq!(project.scan(&[]).paths(), ["a.bin"]);
}

#[test]
fn standard_input_is_one_path_among_others() {
    let project = Project::new();
    project.write("a.txt", key(1));
    for (args, paths) in [
        (&["-"][..], &["<stdin>"][..]),
        (&["-", "a.txt", "--stdin-path", "b/c.py"], &["a.txt", "b/c.py"]),
        (&["-", "-"], &["<stdin>"]),
    ] {
        let args = ["scan", "--format", "jsonl"].iter().chain(args);
        assert_eq!(Scan::of(project.run_with(args, key(2).as_bytes())).paths(), paths);
    }
}

#[test]
fn a_broken_index_is_an_error_not_a_crash() {
    let project = Project::git();
    project.write(".gitignore", "a.txt\n").write("a.txt", key(1)).write("b.txt", key(2));
    for index in [&b"DIRC\0\0\0\x02\0\0\xff\xff"[..], b"", b"no index"] {
        project.write(".git/index", index);
        let scan = project.scan(&[]);
        assert_eq!(scan.paths(), ["b.txt"]);
        assert_eq!(scan.output.code, 2, "{index:?}");
    }
}
