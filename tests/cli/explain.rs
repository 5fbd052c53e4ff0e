//! `explain`: why a line is, or is not, a finding.

use crate::project::{Project, key, mask};

#[test]
fn each_fate_has_its_words() {
    let project = Project::git();
    let key = key(1);
    let mask = mask(&key);
    let placeholder = ["sk-proj-", &"X".repeat(74), "T3Blbk", "FJ", &"X".repeat(74)].concat();
    let short = ["sk-proj-abc", "T3Blbk", "FJde"].concat();
    let lines = [
        (format!("key = \"{key}\""), format!("=> openai-project-key {mask}: a finding, ")),
        (format!("key = \"{key}\" # keysweep:allow reason=fixture"), "suppressed by an inline marker (fixture)".into()),
        (format!("key = \"{key}\" # keysweep:allow until=2020-01-01"), "its marker expired on 2020-01-01".into()),
        (format!("key = \"{placeholder}\""), ": no: ".into()),
        (
            format!("key = \"{short}\""),
            "looks like: OpenAI project API key of 2024 (openai-short-project-key), at column 19, but: 3 characters \
             before the watermark T3BlbkFJ and 2 after it, but such a key has 20 on each side"
                .into(),
        ),
        ("nothing here".into(), "no rule had anything to look at".into()),
    ];
    let text: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
    project.write("a.py", text.join("\n"));
    for (index, (_, wanted)) in lines.iter().enumerate() {
        let output = project.run(["explain", &format!("a.py:{}", index + 1)]);
        assert_eq!(output.code, 0, "{output:#?}");
        assert!(output.stdout.contains(wanted.as_str()), "{wanted:?} in {}", output.stdout);
        assert!(!output.stdout.contains(&key), "no key is printed");
    }
    let piped = project.run_with(["explain", "-"], format!("{key}\n").as_bytes());
    assert!(piped.stdout.contains("openai-project-key") && piped.code == 0, "{piped:#?}");
    for (place, part) in
        [("gone.py:3", "cannot read gone.py"), ("a.py:99", "it has 6 lines"), ("a.py:0", "it has 6 lines")]
    {
        let output = project.run(["explain", place]);
        assert!(output.code == 2 && output.stderr.contains(part), "{output:#?}");
    }
}

#[test]
fn imported_rules_say_what_they_saw() {
    let project = Project::git();
    project.write("gl.toml", "[[rules]]\nid = 'acme'\nregex = 'key=([a-z]{8})'\nentropy = 2.5\nkeywords = ['key']\n");
    project.write("a.txt", "key=aaaaaaaa\nkey=abcdefgh\n");
    let explain = |line: &str| project.run(["explain", line, "--rules", "gl.toml"]).stdout;
    assert!(explain("a.txt:1").contains("acme at column 1: no: its entropy, 0.00 bits a character, is not above 2.5"));
    assert!(explain("a.txt:2").contains("acme at column 1: its regex matches\n"));
    assert!(explain("a.txt:2").contains(": a finding, high, likely"));
}

#[test]
fn the_policy_is_part_of_the_answer() {
    let project = Project::git();
    let key = key(1);
    let print = keysweep::core::finding::Fingerprint::of(key.as_bytes());
    project.write("a.py", &key).write(".keysweepignore", format!("{print} # revoked"));
    assert!(project.run(["explain", "a.py:1"]).stdout.contains("suppressed by the ignore file (revoked)"));
    project.write(".keysweep.toml", "[paths]\nexclude = ['*.py']");
    assert!(project.run(["explain", "a.py"]).stdout.contains("A scan leaves this file out: excluded."));
}

#[test]
fn an_answer_is_short_unless_all_of_it_is_asked_for() {
    let project = Project::git();
    project.write("a.py", format!("key = \"{}\"\n", key(1)));
    let short = project.run(["explain", "a.py:1"]).stdout;
    assert!(short.lines().count() <= 4, "{short}");
    assert!(short.contains(" more rules looked at this line: keysweep explain --all a.py:1\n"), "{short}");
    let all = project.run(["explain", "--all", "a.py:1"]).stdout;
    assert!(all.lines().count() > 8 && all.contains("openai-legacy-key at column "), "{all}");
    for line in short.lines().filter(|line| !line.contains("--all")) {
        assert!(all.contains(line), "{line} is not in {all}");
    }
}
