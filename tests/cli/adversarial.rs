//! Content that somebody wrote to make a scanner slow or to end it: the keys beside it are found all the same.

use crate::project::{Project, key};

/// A key behind text that older versions could not get past: they ran out of stack, or took minutes.
#[test]
fn a_key_is_found_whatever_stands_before_it() {
    let project = Project::new();
    let line = |text: &str| format!("{text}\n");
    let base64 = base64_of(&"key words in plain English text\n".repeat(20_000));
    let texts = [
        ("backslashes", "\\".repeat(1 << 20)),
        ("escaped backslashes", "\\\\x5c".repeat(100_000)),
        ("percent signs", "%25".repeat(300_000)),
        ("marks", "T3Blbk\u{46}J".repeat(60_000)),
        ("starts of keys", "sk-proj-T3Blbk\u{46}J".repeat(30_000)),
        ("starts of other keys", "sk-ant-".repeat(60_000)),
        ("base64", base64),
        ("zero bytes", "a\0".repeat(300_000)),
    ];
    for (number, (name, text)) in texts.iter().enumerate() {
        project.write(format!("{number} {name}.txt"), format!("{}{}\n", line(text), key(1)));
    }
    let scan = project.scan(&[]);
    assert_eq!(scan.output.code, 1, "{}", scan.output.stderr);
    let wanted: Vec<String> =
        texts.iter().enumerate().map(|(number, (name, _))| format!("{number} {name}.txt")).collect();
    assert_eq!(scan.paths(), wanted);
}

/// A rule of gitleaks' format is tried at each of its literals, here 200,000 on a line, and reads that line to its end.
#[test]
fn an_imported_rule_reads_a_line_a_few_times() {
    let project = Project::new();
    project.write("many.txt", "acme_".repeat(200_000));
    project.write("rules.toml", "[[rules]]\nid = 'acme'\nregex = 'acme_(.*a){30}'\nkeywords = ['acme_']\n");
    let scan = project.scan(&["--rules", "rules.toml"]);
    assert_eq!(scan.output.code, 1, "{}", scan.output.stderr);
    assert_eq!(scan.paths(), ["many.txt"]);
}

/// Markers in content are patterns that a stranger wrote.
#[test]
fn a_marker_of_stars_is_no_puzzle() {
    let project = Project::new();
    let stars = "*".repeat(64);
    project.write("a.txt", format!("{} # keysweep:allow[{stars}Z]\n{} # keysweep:allow[{stars}y]\n", key(1), key(2)));
    let scan = project.scan(&[]);
    let status: Vec<&str> = scan.findings.iter().map(|finding| finding["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["active", "suppressed"], "{:#?}", scan.output);
}

/// A reason belongs to the marker that it follows.
#[test]
fn a_marker_ends_where_the_next_one_starts() {
    let project = Project::new();
    project.write("a.txt", format!("{} # keysweep:allow[openai-*] keysweep:allow[other] reason=theirs\n", key(1)));
    let scan = project.scan(&["--show-suppressed"]);
    assert_eq!(scan.findings[0]["status"], "suppressed", "{:#?}", scan.output);
    assert!(scan.findings[0]["suppressed_reason"].is_null(), "{:#?}", scan.output);
}

fn base64_of(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = |group: &[u8; 3]| u32::from_be_bytes([0, group[0], group[1], group[2]]);
    let groups = text.as_bytes().as_chunks::<3>().0.iter().map(bits);
    groups.flat_map(|bits| [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))).collect()
}
