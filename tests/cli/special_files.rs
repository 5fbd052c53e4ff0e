//! Links, FIFOs, sockets, devices, modes, holes and names that are no text: what only Unix has.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use crate::project::{Project, key};

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

    let scan = project.scan(&["socket", "link", "/dev/zero"]);
    assert_eq!(scan.paths(), ["link"]);
    assert_eq!(scan.skipped(), ["/dev/zero: device", "socket: socket"]);
}

#[test]
fn what_is_named_is_read_whatever_it_is() {
    let project = Project::new();
    project.write("key.txt", key(1));
    assert!(Command::new("mkfifo").arg(project.path("fifo")).status().unwrap().success());
    let keysweep = env!("CARGO_BIN_EXE_keysweep");
    for (script, path) in [
        ("cat key.txt | K scan /dev/stdin", "/dev/stdin"),
        ("K scan /dev/stdin < key.txt", "/dev/stdin"),
        ("K scan /dev/fd/3 3< key.txt", "/dev/fd/3"),
        ("cat key.txt > fifo & K scan fifo", "fifo"),
        ("(sleep 0.2; cat key.txt) > fifo & K scan fifo", "fifo"),
        ("gzip -c key.txt > fifo & K scan key.txt fifo", "fifo"),
        ("exec 4> fifo & cat key.txt > fifo & K scan /proc/self/fd/5 5< fifo", "/proc/self/fd/5"),
    ] {
        let script = script.replace("K scan", &format!("{keysweep} scan --format jsonl"));
        let output = project.command("sh").args(["-c", &script]).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(&format!("\"path\":\"{path}\"")), "{script}: {stdout}");
        assert_eq!(output.status.code(), Some(1), "{script}: {stdout}");
    }
}

#[test]
fn a_directory_swapped_for_a_link_is_never_followed() {
    let project = Project::new();
    project.write("../outside/deep/key.txt", key(1)).write("../outside/.gitignore", "mine.txt\n");
    for n in 0..40 {
        project.write(format!("tree/{n}/swapped/deep/mine.txt"), key(2));
    }
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for n in 0..40 {
                    let (path, aside) =
                        (project.path(format!("tree/{n}/swapped")), project.path(format!("tree/{n}/aside")));
                    std::fs::rename(&path, &aside).unwrap();
                    symlink("../../../outside", &path).unwrap();
                    std::fs::remove_file(&path).unwrap();
                    std::fs::rename(&aside, &path).unwrap();
                }
            }
        });
        let runs: Vec<_> = (0..12).map(|_| project.scan(&["--show-secrets"])).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for scan in runs {
            assert!(!scan.output.stdout.contains(&key(1)), "{:#?}", scan.output);
        }
    });
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
fn holes_are_not_read_and_places_stay_right() {
    let project = Project::new();
    project.write("sparse", format!("k = {}\n", key(1)));
    let file = std::fs::OpenOptions::new().write(true).open(project.path("sparse")).unwrap();
    let far = 3_u64 << 36;
    std::os::unix::fs::FileExt::write_all_at(&file, key(2).as_bytes(), far).unwrap();
    file.set_len(far * 2).unwrap();
    let scan = project.scan(&[]);
    let column = far + 1 - (key(1).len() as u64 + 5);
    let places: Vec<_> =
        scan.findings.iter().map(|f| (f["location"]["line"].clone(), f["location"]["column"].clone())).collect();
    assert_eq!(places, [(json!(1), json!(5)), (json!(2), json!(column))]);
    assert_eq!(scan.summary["coverage"]["bytes"], far * 2);
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
