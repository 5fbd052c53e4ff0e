//! Exit codes and the one line that says why.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::project::{Project, key};

#[test]
fn exit_codes() {
    let project = Project::new();
    project.write("clean/a.txt", "nothing here\n").write("leak/a.txt", key(1)).write("x.json", "{}");
    for (args, code) in [
        (&["scan", "clean"][..], 0),
        (&["scan", "leak"], 1),
        (&["scan"], 1),
        (&["scan", "leak", "-q"], 1),
        (&["scan", "leak", "--format", "json"], 1),
        (&["scan", "leak", "--color", "always"], 1),
        (&["scan", "leak", "--exit-zero"], 0),
        (&["scan", "leak", "missing"], 2),
        (&["scan", "leak", "missing", "--exit-zero"], 2),
        (&["scan", "leak", "--severity", "critical", "--confidence", "certain"], 1),
        (&["scan", "leak", "-o", "report.json", "--format", "json"], 1),
        (&["scan", "leak", "-o", "no/such/dir/report"], 2),
        (&["--version"], 0),
        (&["--help"], 0),
        (&["scan", "--help"], 0),
        (&[], 2),
        (&["scna"], 2),
        (&["scan", "--fromat", "json"], 2),
        (&["scan", "--format", "yaml"], 2),
        (&["scan", "--severity", "huge"], 2),
        (&["scan", "--threads", "many"], 2),
        (&["rules", "list"], 0),
        (&["rules", "list", "--format", "json"], 0),
        (&["rules", "check"], 0),
        (&["rules", "show", "openai-project-key"], 0),
        (&["rules", "show", "no-such-rule"], 2),
    ] {
        let output = project.run(args);
        assert_eq!(output.code, code, "{args:?}: {output:#?}");
        if code == 2 && !args.is_empty() {
            assert_eq!(output.stderr.lines().count(), 1, "{args:?}: {}", output.stderr);
            assert!(output.stderr.starts_with("keysweep: "), "{args:?}: {}", output.stderr);
        }
    }
}

#[test]
fn mistakes_are_explained_in_one_line() {
    let project = Project::new();
    for (args, message) in [
        (
            &["scan", "--fromat", "json"][..],
            "unexpected argument '--fromat' found; tip: a similar argument exists: '--format'; see keysweep scan --help",
        ),
        (&["scan", "missing.txt"], "cannot read missing.txt: it does not exist"),
        (
            &["rules", "show", "nope"],
            "cannot show rule nope: there is no rule with this id; keysweep rules list prints them all",
        ),
    ] {
        assert_eq!(project.run(args).stderr, format!("keysweep: {message}\n"));
    }
}

#[test]
fn a_closed_pipe_keeps_the_exit_code() {
    let project = Project::new();
    for i in 0..600 {
        project.write(format!("{i}.txt"), key(i));
    }
    for format in ["human", "json", "jsonl"] {
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        let mut child = command.args(["scan", "--format", format]).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}

#[test]
fn a_full_disk_is_not_a_success() {
    let project = Project::new();
    let full = std::fs::File::options().write(true).open("/dev/full");
    let Ok(full) = full else { return }; // only Linux has it
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let output = command.arg("scan").stdout(full.try_clone().unwrap()).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let output = command.arg("--version").stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    // The limit of a shell, whose signal would end the process without a word.
    for arguments in ["scan -o report.html", "scan -f html >report.html"] {
        let script = format!("ulimit -f 1; \"$0\" {arguments}");
        let output = project.command("sh").args(["-c", &script, env!("CARGO_BIN_EXE_keysweep")]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with("keysweep: cannot write "), "{said}");
        let left: Vec<_> =
            std::fs::read_dir(project.root()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert!(left.iter().all(|name| name == "report.html"), "{left:?}");
    }
}

/// Ctrl-C: what was found until then is reported, and nobody takes it for all there is.
#[test]
fn an_interrupted_scan_reports_what_it_found() {
    let project = Project::new();
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let mut child = command
        .args(["scan", "--exit-zero", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: once all is written, the scan is under way.
    let rest = "no key in this line\n".repeat(50_000);
    stdin.write_all(format!("{}{rest}", key(1)).as_bytes()).unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report}");
}

/// Also where the scan waits for input that does not come, with SIGTERM, and at the second signal: the process ends by
/// itself.
#[test]
fn a_signal_ends_a_scan_that_waits() {
    for signals in [&["-INT"][..], &["-TERM"], &["-INT", "-INT"]] {
        let project = Project::new();
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.args(["scan", "-", "--format", "json"]).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // More than is scanned at a time.
        let rest = "no key in this line\n".repeat(250_000);
        stdin.write_all(format!("{}{rest}", key(1)).as_bytes()).unwrap();
        for signal in signals {
            assert!(Command::new("kill").args([signal, &child.id().to_string()[..]]).status().unwrap().success());
        }
        let ended = (0..600).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            child.try_wait().unwrap().is_some()
        });
        if !ended {
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        assert!(ended, "{signals:?} does not end it");
        assert_eq!(output.status.code(), Some(2));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        // The second signal may come before anything was found.
        let found = report["findings"].as_array().map_or(0, Vec::len);
        assert!(found == 1 || signals.len() > 1, "{report}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    }
}
