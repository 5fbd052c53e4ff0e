//! Which files are scanned, which are not, and what is said of those.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

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
fn special_files_are_left_out_with_the_reason() {
    let project = Project::new();
    project.write("a.txt", key(1)).write("dir/b.txt", key(2));
    symlink("..", project.path("dir/loop")).unwrap();
    symlink("a.txt", project.path("link")).unwrap();
    symlink("/etc", project.path("out")).unwrap();
    symlink("nowhere", project.path("dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(project.path("fifo")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(project.path("socket")).unwrap();

    let scan = project.scan(&[]);
    assert_eq!(scan.paths(), ["a.txt", "dir/b.txt"]);
    let skipped =
        ["dangling: symlink", "dir/loop: symlink", "fifo: fifo", "link: symlink", "out: symlink", "socket: socket"];
    assert_eq!(scan.skipped(), skipped);
    assert_eq!(scan.output.code, 1);

    let scan = project.scan(&["fifo", "link", "/dev/zero"]);
    assert_eq!(scan.paths(), ["link"]);
    assert_eq!(scan.skipped(), ["/dev/zero: device", "fifo: fifo"]);
}

#[test]
fn odd_names_are_scanned_and_shown_harmlessly() {
    let project = Project::new();
    let odd: [(&[u8], &str, Option<&str>); 5] = [
        (b"a b\tc.txt", "a b\tc.txt", None),
        (b"caf\xe9.txt", "caf\\xE9.txt", Some("636166e92e747874")),
        (b"line\nbreak", "line\nbreak", None),
        (b"\x1b[31mred", "\x1b[31mred", None),
        ("\u{202e}txt.exe".as_bytes(), "\u{202e}txt.exe", None),
    ];
    for (i, (name, _, _)) in odd.iter().enumerate() {
        project.write(OsStr::from_bytes(name), key(i as u64));
    }
    let scan = project.scan(&[]);
    assert_eq!(scan.findings.len(), odd.len());
    for (_, path, bytes) in odd {
        let finding = scan.findings.iter().find(|finding| finding["location"]["path"] == path).expect(path);
        assert_eq!(finding["location"]["path_bytes"].as_str(), bytes, "{path:?}");
    }
    let human = project.run(["scan"]);
    assert!(!human.stdout.contains(['\x1b', '\t', '\u{202e}']), "{}", human.stdout);
    assert!(human.stdout.contains("line\\nbreak\n"), "{}", human.stdout);
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

    project.write("locked/b.txt", key(2));
    std::fs::set_permissions(project.path("locked"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let scan = project.scan(&[]);
    let readable = std::fs::read_dir(project.path("locked")).is_ok(); // by root, for instance
    std::fs::set_permissions(project.path("locked"), std::fs::Permissions::from_mode(0o755)).unwrap();
    if !readable {
        assert_eq!(scan.paths(), ["a.txt"]);
        assert_eq!(scan.errors(), ["cannot read locked: permission denied; run keysweep as a user who may read it"]);
        assert_eq!(scan.output.code, 2);
    }
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
        let bytes = windows.scan(&policy, "x".into(), &mut Vec::new(), fill, |one| found.push(one)).unwrap();
        assert_eq!(bytes, text.len() as u64);
        let essence = |one: &Match| (one.span.clone(), one.position, one.secret.clone(), one.confidence);
        let (found, whole): (Vec<_>, Vec<_>) =
            (found.iter().map(essence).collect(), whole.iter().map(essence).collect());
        assert_eq!(found, whole, "round {round}, {windows:?}");
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

#[test]
fn nothing_is_written_into_the_tree() {
    let project = Project::git();
    project.write(".gitignore", "a\n").write("a", "x").write("b", "y").run_git(&["add", "b"]);
    let state = || Command::new("find").args([".", "-printf", "%p %s %T@ %C@\n"]).current_dir(project.root()).output();
    let before = state().unwrap().stdout;
    project.scan(&[]);
    assert_eq!(before, state().unwrap().stdout);
}
