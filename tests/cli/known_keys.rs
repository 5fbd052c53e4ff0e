//! The known-key guard: exactly the keys that this machine holds, and no word of them anywhere else.

use crate::project::{Output, Project, Scan};

/// A key without any shape.
fn value(seed: u64) -> String {
    let template = keysweep::rule::template::Template::parse("[a-z]{12}[0-9]{6}[a-z]{9}").unwrap();
    template.generate(&mut keysweep::rule::template::Random::new(seed)).text
}

fn scan(project: &Project, env: &[(&str, &str)], args: &[&str]) -> Scan {
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    command.args(["scan", "--format", "jsonl"]).args(args).envs(env.iter().copied());
    let output = command.output().unwrap();
    Scan::of(Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

#[test]
fn a_key_without_a_shape_is_found_plain_and_encoded() {
    let value = value(1);
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let texts = [value.clone(), format!("x{value}y"), hex.to_uppercase(), hex];
    for text in
        texts.iter().cloned().chain((0..3).map(|shift| base64(&format!("{}{value} tail", &"ab"[..shift.min(2)]))))
    {
        let project = Project::git();
        project.write("a.txt", format!("{text}\n"));
        assert_eq!(scan(&project, &[], &[]).findings.len(), 0, "{text}: no shape");
        let found = scan(&project, &[("ACME_API_KEY", &value)], &["--known-keys", "env"]);
        assert_eq!(found.findings.len(), 1, "{text}: {:#?}", found.output);
        assert_eq!(found.findings[0]["rule"], "known-key");
        assert_eq!(found.findings[0]["title"], "Value from ACME_API_KEY");
        let everything = format!("{}{}", found.output.stdout, found.output.stderr);
        assert!(!everything.contains(&value), "never printed");
    }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).for_each(|i| out.push(DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char));
    }
    out
}

#[test]
fn env_files_are_read_and_only_key_like_values_count() {
    let (key, other) = (value(1), value(2));
    let project = Project::git();
    project.write(
        "a.txt",
        format!("{key}\n{other}\n/usr/share/long/path/name\nhttps://example.org/x/y\nchangeme-changeme-1\n"),
    );
    project.write(".gitignore", ".env\n").write(
        ".env",
        format!("# c\nexport MY_SECRET=\"{key}\" # x\nNAME={other}\nKEY_PATH=/usr/share/long/path/name\nAPI_URL_KEY=https://example.org/x/y\nDB_PASSWORD=changeme-changeme-1\nFLAG_KEY=true\n"),
    );
    let found = scan(&project, &[], &["--known-keys", ".env"]);
    let lines: Vec<u64> = found.findings.iter().map(|finding| finding["location"]["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1], "the key's own line");
    project.write(".keysweep.toml", "known-keys = ['.env']\n");
    assert_eq!(scan(&project, &[], &[]).findings.len(), 1);
    let missing = project.run(["scan", "--known-keys", "gone.env"]);
    assert!(missing.code == 2 && missing.stderr.contains("gone.env: no such file"), "{missing:#?}");
}

#[test]
fn a_value_that_could_be_guessed_has_a_fingerprint_of_this_machine_alone() {
    let password = "Correct-Horse-7-Battery";
    let fingerprint = |project: &Project, shared: Option<&str>| {
        project.write(".env", format!("DB_PASSWORD={password}\n")).write("a.txt", format!("x {password} y\n"));
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        command.args(["scan", "--known-keys", ".env", "--format", "jsonl", "a.txt"]);
        command.envs(shared.map(|shared| ("KEYSWEEP_FINGERPRINT_KEY", shared)));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let line = String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned();
        let finding: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(finding["secret"], "\u{2026}", "nothing of it is shown");
        finding["fingerprint"].as_str().unwrap().to_owned()
    };
    let (here, there) = (Project::git(), Project::git());
    let one = fingerprint(&here, None);
    assert_eq!(one, fingerprint(&here, None), "it stays the same on a machine");
    assert_ne!(one, keysweep::core::finding::Fingerprint::of(password.as_bytes()).to_string());
    assert_ne!(one, fingerprint(&there, None), "another machine makes another");
    assert_eq!(fingerprint(&here, Some("ours")), fingerprint(&there, Some("ours")), "unless they share a key");
    let kept = here.path("../home/.local/state/keysweep/fingerprint-key");
    assert_eq!(std::fs::read(&kept).unwrap().len(), 32);
    // Nothing of it gets into what is committed.
    here.write(".gitignore", ".env\n");
    let created = here.run(["baseline", "create", "--yes", "--known-keys", ".env"]);
    assert_eq!(created.code, 0, "{created:?}");
    assert!(created.stderr.contains("a.txt:1: no entry for known-key"), "{created:?}");
    assert_eq!(std::fs::read_dir(here.path(".keysweep-baseline")).map_or(0, Iterator::count), 0);
}

#[test]
fn where_the_key_of_fingerprints_cannot_be_kept_one_line_says_so() {
    let project = Project::git();
    project.write(".env", "DB_PASSWORD=Correct-Horse-7-Battery\n").write("a.txt", "x Correct-Horse-7-Battery y\n");
    // A file where its directory would be.
    project.write("state", "");
    for (variable, warns) in [("XDG_STATE_HOME", true), ("KEYSWEEP_FINGERPRINT_KEY", false)] {
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        command.args(["scan", "--known-keys", ".env", "a.txt"]).env(variable, project.path("state"));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.lines().count(), usize::from(warns), "{said}");
        assert_eq!(said.contains("fingerprints of short values differ from run to run"), warns, "{said}");
    }
}
