//! Setting a repository up, and writing rules of one's own.

use keysweep::rule::template::{Random, Template};

use crate::project::{Project, key};

#[test]
fn init_asks_nothing_and_replaces_nothing() {
    for (file, ci) in [
        (".github/workflows/test.yml", ".github/workflows/keysweep.yml"),
        (".forgejo/workflows/test.yml", ".forgejo/workflows/keysweep.yml"),
        (".gitlab-ci.yml", ".gitlab/keysweep.yml"),
        ("README", ""),
    ] {
        let project = Project::git();
        project.write(file, "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
        let output = project.run(["init"]);
        assert_eq!(output.code, 0, "{file}: {output:?}");
        assert!(output.stdout.contains("wrote .keysweep.toml"), "{output:?}");
        assert_eq!(project.run(["config", "check"]).code, 0);
        if ci.is_empty() {
            assert!(output.stdout.contains("keysweep ci"), "{output:?}");
        } else {
            assert!(project.path(ci).is_file(), "{file}: {output:?}");
        }
        project.write("a.py", format!("k = '{}'\n", key(1))).run_git(&["add", "."]);
        let commit = project.command("git").args(["commit", "-qm", "x"]).output().unwrap();
        assert!(!commit.status.success(), "the hook is there: {commit:?}");
        project.write(".keysweep.toml", "# mine\n");
        let again = project.run(["init"]);
        assert!(again.code == 0 && again.stdout.contains(".keysweep.toml is there already"), "{again:?}");
        assert_eq!(std::fs::read_to_string(project.path(".keysweep.toml")).unwrap(), "# mine\n");
    }
    let nowhere = Project::new().run(["init"]);
    assert!(nowhere.code == 2 && nowhere.stderr.contains("git init"), "{nowhere:?}");
}

#[test]
fn what_is_commented_out_in_the_configuration_is_good() {
    let project = Project::git();
    assert_eq!(project.run(["init", "--no-hook", "--no-ci"]).code, 0);
    let text = std::fs::read_to_string(project.path(".keysweep.toml")).unwrap();
    let is_setting = |line: &&str| line.contains(" = ") || line.starts_with('[');
    let lines = text.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).filter(is_setting);
    project.write(".keysweep.toml", lines.collect::<Vec<_>>().join("\n"));
    let output = project.run(["config", "check"]);
    assert_eq!(output.code, 0, "{output:?}");
}

#[test]
fn a_drafted_rule_finds_keys_of_its_kind_and_holds_none() {
    for template in [
        "acme_live_[A-Za-z0-9]{32}",
        "ak-[0-9a-f]{40}",
        "acme-v2-[A-Za-z0-9_-]{43}",
        "[A-Za-z0-9]{40}",
        "T\\.[A-Z0-9]{24}",
    ] {
        let mut random = Random::new(7);
        let keys: Vec<String> = (0..3).map(|_| Template::parse(template).unwrap().generate(&mut random).text).collect();
        let project = Project::git();
        for stdin in [false, true] {
            let output = match stdin {
                true => project.run_with(["rules", "new", "--id", "acme-key", "--from", "-"], keys[0].as_bytes()),
                false => project.run(["rules", "new", "--id", "acme-key", "--from", &keys[0]]),
            };
            assert_eq!(output.code, 0, "{template}: {output:?}");
            assert!(!output.stdout.contains(&keys[0]), "{output:?}");
            project.write(".keysweep.toml", &output.stdout);
        }
        let check = project.run(["config", "check"]);
        assert_eq!((check.code, check.stderr.as_str()), (0, ""), "{template}: {check:?}");
        project.write("a.txt", format!("acme_key = {}\nacme_key = {}\n", keys[1], keys[2]));
        let test = project.run(["rules", "test", "acme-key", "a.txt"]);
        assert!(test.code == 1 && test.stdout.contains("2 findings."), "{template}: {test:?}");
        assert!(!test.stdout.contains(&keys[1]), "{test:?}");
    }
}

/// What one example lacks by chance, the next key may have.
#[test]
fn a_drafted_rule_allows_for_what_its_example_lacks_by_chance() {
    let sample = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0xF".to_owned();
    for (example, other, said) in [
        (format!("acme_{sample}"), format!("acme_-{}_", &sample[2..]), "no `-` and `_`"),
        (format!("acme_{}-", &sample[1..]), format!("acme_{}_", &sample[1..]), "no `_`"),
        (format!("acme.{}+", &sample[1..]), format!("acme.{}/", &sample[1..]), "no `/`"),
        (format!("acme_{}", "ab".repeat(16)), String::new(), ""),
    ] {
        let project = Project::git();
        let draft = project.run(["rules", "new", "--id", "acme-key", "--from", &example]);
        assert_eq!(draft.code, 0, "{draft:?}");
        assert_eq!(draft.stdout.contains("another key may"), !said.is_empty(), "{}", draft.stdout);
        assert!(draft.stdout.contains(said), "{}", draft.stdout);
        project.write(".keysweep.toml", &draft.stdout).write("a.txt", format!("k = \"{other}\"\n"));
        assert_eq!(project.run(["config", "check"]).code, 0, "{}", draft.stdout);
        let test = project.run(["rules", "test", "acme-key", "a.txt"]);
        assert_eq!(test.code, i32::from(!other.is_empty()), "{}: {test:?}", draft.stdout);
    }
}

#[test]
fn names_that_are_mistyped_are_guessed() {
    let project = Project::git();
    for (args, said) in [
        (&["rules", "list", "opnai"][..], "did you mean openai?"),
        (&["rules", "show", "openai-projectkey"], "did you mean openai-project-key?"),
        (&["rules", "explain", "grok-api-key-nowhere-near"], "rules list"),
        (&["rules", "test", "openai-project-kye", "x"], "did you mean openai-project-key?"),
    ] {
        let output = project.run(args);
        assert!(output.code == 2 && output.stderr.contains(said), "{args:?}: {output:?}");
    }
    let list = project.run(["rules", "list", "openai"]);
    assert!(list.code == 0 && list.stdout.lines().all(|line| line.starts_with("openai-") || line.ends_with("rules.")));
}

#[test]
fn the_configuration_check_sees_rules_that_find_nothing() {
    let rule = |more: &str| {
        format!("[[rule]]\nid = 'own-key'\ntitle = 'own'\nseverity = 'high'\nconfidence = 'certain'\n{more}\n")
    };
    for (text, code, said) in [
        (rule("anchors = ['own_']\nregex = 'own_[a-z0-9]{24}'\nexamples = ['«own_[a-z0-9]{24}»']"), 0, ""),
        (rule("anchors = ['own_']\nregex = 'own_[a-z0-9]{24}'"), 0, "has no examples"),
        (rule("anchors = ['mine_']\nregex = 'own_[a-z0-9]{24}'"), 0, "the anchor \"mine_\" is in neither"),
        (
            rule("anchors = ['own_']\nregex = 'own_[a-z0-9]{24}'\nexamples = ['«own_[a-z]{9}»']"),
            2,
            "nothing is found in it",
        ),
        (rule("anchors = ['own_']\nregex = '(own_[a-z0-9]{24})?'"), 2, "matches the empty text"),
        (rule("regex = 'own_[a-z0-9]{24}'"), 2, "it would look nowhere"),
        ("[[rules]]\nid = 'x'\nregex = 'x'\n".into(), 2, "[[rules]] is a table of gitleaks"),
        ("[allowlist]\npaths = ['x']\n".into(), 2, "an allowlist here is [[allowlist]]"),
    ] {
        let project = Project::git();
        project.write(".keysweep.toml", &text);
        let output = project.run(["config", "check"]);
        assert_eq!(output.code, code, "{text}: {output:?}");
        assert!(output.stderr.contains(said) && output.stderr.is_empty() == said.is_empty(), "{text}: {output:?}");
    }
    let schema = Project::new().run(["config", "schema"]);
    let document: serde_json::Value = serde_json::from_str(&schema.stdout).unwrap();
    assert!(document["properties"]["rules"].is_object() && schema.code == 0);
}
