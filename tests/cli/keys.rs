//! Reports by key: one entry for each distinct key, the most dangerous first, and the totals that people see of many.

use serde_json::{Value, json};

use crate::history::Repo;
use crate::project::{Project, key};

/// The `keys` of a json report.
fn keys(repo: &Repo, args: &[&str]) -> Vec<Value> {
    let output = repo.project.run(["history", "-f", "json"].iter().chain(args));
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    report["keys"].as_array().unwrap().clone()
}

fn fingerprint(key: &str) -> String {
    keysweep::core::finding::Fingerprint::of(key.as_bytes()).to_string()
}

fn of<'a>(keys: &'a [Value], key: &str) -> &'a Value {
    keys.iter().find(|found| found["fingerprint"] == fingerprint(key)).unwrap_or_else(|| panic!("not found: {keys:#?}"))
}

/// All steps of a key as one text.
fn steps(key: &Value) -> String {
    let text =
        |step: &Value| format!("{} {}\n", step["text"].as_str().unwrap(), step["command"].as_str().unwrap_or(""));
    key["next_steps"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn a_key_is_one_entry_with_all_its_places() {
    let repo = Repo::new();
    repo.write("a.py", format!("OPENAI_API_KEY = '{}'\n", key(1)));
    let first = repo.commit("begin");
    repo.write("b/c.py", format!("token = \"{}\"\n", key(1)))
        .write("a.py", format!("\nOPENAI_API_KEY = '{}'\n", key(1)));
    repo.commit("copy");
    repo.git(&["config", "user.name", "Grace"]);
    repo.write("d.py", key(2));
    repo.commit("other");
    repo.git(&["rm", "-q", "d.py"]);
    let last = repo.git(&["rev-parse", "HEAD"]);
    repo.commit("remove");
    let found = keys(&repo, &[]);
    assert_eq!(found.len(), 2, "{found:#?}");
    let key1 = of(&found, &key(1));
    assert_eq!(
        (&key1["places"], &key1["versions"], &key1["state"], &key1["on_remote"], &key1["days_exposed"]),
        (&json!(2), &json!(3), &json!("head"), &json!(false), &json!(3))
    );
    assert_eq!(key1["first_commit"]["id"], first);
    assert_eq!(key1["last_commit"], Value::Null);
    assert_eq!(key1["brought_in_by"], json!({"name": "Ada", "email": "ada@example.org"}));
    assert_eq!(key1["refs"], json!(["refs/heads/main"]));
    assert_eq!(
        key1["uses"],
        json!([{"name": "OPENAI_API_KEY", "paths": ["a.py"], "paths_total": 1},
            {"name": "token", "paths": ["b/c.py"], "paths_total": 1}])
    );
    assert_eq!(key1["reuse"], "one key in 2 files: a.py and b/c.py");
    let key2 = of(&found, &key(2));
    assert_eq!((&key2["state"], &key2["last_commit"]["id"]), (&json!("history"), &json!(last)));
    assert!(steps(key2).contains("git rebase -i "), "{key2:#}");
    assert_eq!(found[0]["fingerprint"], fingerprint(&key(1)), "what is live stands before what is in history only");
}

#[test]
fn the_most_dangerous_come_first() {
    let repo = Repo::new();
    repo.write("pushed-live.txt", key(1)).write("pushed-gone.txt", key(2));
    repo.commit("both");
    repo.git(&["rm", "-q", "pushed-gone.txt"]);
    repo.commit("one");
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.write("local-live.txt", key(3));
    repo.commit("local");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side.txt", key(4));
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("gone.txt", key(5));
    repo.commit("amended");
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    repo.git_with(&["hash-object", "-w", "--stdin"], key(6).as_bytes());
    let found = keys(&repo, &[]);
    let order: Vec<(&str, bool)> =
        found.iter().map(|key| (key["state"].as_str().unwrap(), key["on_remote"].as_bool().unwrap())).collect();
    assert_eq!(
        order,
        [
            ("head", true),
            ("history", true),
            ("head", false),
            ("branch", false),
            ("reflog", false),
            ("unreachable", false)
        ]
    );
    for (at, command) in [(4, "git reflog expire"), (5, "git gc --prune=now")] {
        assert!(steps(&found[at]).contains(command), "{:#}", found[at]);
    }
    let output = repo.project.run(["history"]);
    for line in [
        "6 keys found; 4 commits by 1 person.\n",
        "1 key is live and pushed: revoke it first.\n",
        "State     1 HEAD pushed, 1 HEAD, 1 branch, 1 history pushed, 1 reflog, 1\n",
        "Provider  6 openai\n",
    ] {
        assert!(output.stdout.contains(line), "{line}{}", output.stdout);
    }
}

#[test]
fn rotation_and_reuse_are_said() {
    let repo = Repo::new();
    repo.write("config.py", format!("KEY = '{}'\nOTHER = '{}'\n", key(1), key(9)));
    repo.write(".env.production", format!("OPENAI_API_KEY={}\n", key(3)));
    repo.write(".env.staging", format!("OPENAI_API_KEY={}\n", key(3)));
    repo.write("services/a/x.yml", format!("k: {}\n", key(4))).write("services/b/x.yml", format!("k: {}\n", key(4)));
    repo.commit("begin");
    repo.write("config.py", format!("KEY = '{}'\nOTHER = '{}'\n", key(2), key(9)));
    repo.commit("rotate");
    let found = keys(&repo, &["--max-age", "30"]);
    let (old, new, other) = (of(&found, &key(1)), of(&found, &key(2)), of(&found, &key(9)));
    assert_eq!(old["replaced_by"]["fingerprint"], fingerprint(&key(2)));
    assert_eq!(old["replaced_by"]["path"], "config.py");
    assert_eq!((&new["replaced_by"], &other["replaced_by"]), (&Value::Null, &Value::Null));
    assert!(steps(old).starts_with("Revoke the old key at "), "{}", steps(old));
    let both = of(&found, &key(3));
    assert_eq!(both["reuse"], "one key for production (.env.production) and staging (.env.staging)");
    assert!(steps(both).contains("Make a key for each environment (production, staging)"), "{}", steps(both));
    assert_eq!(both["origin"], "environment-file");
    assert_eq!(of(&found, &key(4))["reuse"], "one key for the services a and b");
    assert!(new["overdue_days"].as_u64().unwrap() > 30, "{new:#}");
    assert_eq!(old["overdue_days"], Value::Null, "it does not stand any more");
    let human = repo.project.run(["history", "--full", "--max-age", "30"]).stdout;
    for part in ["replaced on 2023-11-16 by sk-proj-", "one key for production", "overdue for rotation: it is "] {
        assert!(human.contains(part), "{part}: {human}");
    }
}

#[test]
fn what_clients_get_is_rated_up_with_the_reason() {
    let project = Project::new();
    // A kind of key that is not rated as bad as can be.
    let key = |seed| {
        let template = keysweep::rule::template::Template::parse(&["gs", "k_[A-Za-z0-9]{52}"].concat()).unwrap();
        template.generate(&mut keysweep::rule::template::Random::new(seed)).text
    };
    let files: Vec<(&str, String, Option<&str>)> = vec![
        ("plain.env", format!("GROQ_API_KEY={}\n", key(1)), None),
        ("web.env", format!("NEXT_PUBLIC_GROQ={}\n", key(2)), Some("public-name")),
        ("dist/app.js", format!("a=\"{}\"", key(3)), Some("bundle")),
        ("dist/app.js.map", format!("a=\"{}\"", key(4)), Some("source-map")),
        ("page.html", format!("<script>a=\"{}\"</script>", key(5)), Some("html")),
        (
            "chat.ts",
            format!("new Groq({{\n  apiKey: '{}',\n  dangerouslyAllowBrowser: true,\n}})", key(6)),
            Some("browser-client"),
        ),
        ("res/values/keys.xml", format!("<string name=\"groq\">{}</string>", key(7)), Some("android")),
        ("App/Info.plist", format!("<key>GROQ</key>\n<string>{}</string>", key(8)), Some("ios")),
    ];
    for (path, text, _) in &files {
        project.write(path, text);
    }
    let scan = project.scan(&[]);
    for (path, _, exposure) in &files {
        let finding = scan.findings.iter().find(|finding| finding["location"]["path"] == *path).unwrap();
        let found = finding["usage"]["exposure"].as_str();
        assert_eq!(
            (found, &finding["severity"]),
            (*exposure, &json!(if exposure.is_some() { "critical" } else { "high" })),
            "{path}"
        );
    }
    let human = project.run(["scan", "--full"]).stdout;
    assert!(human.contains("public: it is in a source map, which browsers get"), "{human}");
    assert!(human.contains("Call the provider from a server of your own"), "{human}");
}

#[test]
fn samples_of_a_scanner_are_possible_and_the_report_says_why() {
    let project = Project::new();
    let cases = [
        ("pkg/detectors/groq/groq_test.go", "possible"),
        ("src/detectors/openai.test.ts", "possible"),
        ("tests/rules/test_openai.py", "possible"),
        ("cmd/generate/config/rules/openai.go", "possible"),
        ("pkg/detectors/groq/groq.go", "certain"),
        ("tests/test_openai.py", "certain"),
        ("config/rules.go", "certain"),
    ];
    for (number, (path, _)) in (1..).zip(cases) {
        project.write(path, format!("key = \"{}\"\n", key(number)));
    }
    let scan = project.scan(&[]);
    for (path, confidence) in cases {
        let finding = scan.findings.iter().find(|finding| finding["location"]["path"] == path).unwrap();
        assert_eq!(finding["confidence"], confidence, "{path}");
        let note = finding["note"].as_str().unwrap_or_default();
        assert_eq!(note.contains("secret scanner's own"), confidence == "possible", "{path}: {note}");
    }
}

#[test]
fn keys_in_urls_have_their_own_advice() {
    let project = Project::new();
    project.write("a.sh", format!("curl 'https://api.example.com/v1?api_key={}'\n", key(1)));
    project.write("b.sh", format!("curl -H 'Authorization: Bearer {}' https://api.example.com\n", key(2)));
    project.write("c.txt", format!("https://user:{}@example.com/\n", key(3)));
    let report: Value = serde_json::from_str(&project.run(["scan", "-f", "json"]).stdout).unwrap();
    let found = report["keys"].as_array().unwrap().clone();
    for (seed, carrier) in [(1, "url-query"), (2, "header"), (3, "url-userinfo")] {
        let found = of(&found, &key(seed));
        assert_eq!(found["carriers"], json!([carrier]));
        assert_eq!(steps(found).contains("Send the new key in a header"), carrier != "header", "{found:#}");
    }
}

/// 500 keys in history: what is worst, on three screens, and nothing wider than asked for.
#[test]
fn five_hundred_keys_fit_on_three_screens() {
    use unicode_width::UnicodeWidthStr as _;
    let repo = Repo::new();
    for i in 0..500 {
        let path = format!("a/rather/long/path/to/the/file/number/{i}/with-鍵/settings.production.py");
        repo.write(&path, format!("OPENAI_API_KEY = '{}'\n", key(i)));
    }
    repo.commit(&"all of them, and a message that goes on and on ".repeat(5));
    for columns in ["60", "80", "132"] {
        let run = |args: &[&str]| {
            let mut command = repo.project.command(env!("CARGO_BIN_EXE_keysweep"));
            let output = command.arg("history").args(args).env("COLUMNS", columns).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let page = run(&[]);
        let lines: Vec<&str> = page.lines().collect();
        assert!(page.starts_with("500 keys found; 1 commit by 1 person.\n"), "{page}");
        if columns != "60" {
            assert!(lines.len() <= 150, "{} lines\n{page}", lines.len());
        }
        let listed = lines.iter().filter(|line| line.contains("critical HEAD  sk-proj-")).count();
        let more = 500 - listed;
        assert!(listed >= 10 && page.contains(&format!("and {more} more keys: {more} ")), "{page}");
        for by in ["path", "provider", "author", "commit"].into_iter().filter(|_| columns == "60") {
            let page = run(&["--by", by]);
            assert!(page.lines().all(|line| line.width() <= columns.parse().unwrap()), "{by}: {page}");
        }
        // Commands are for copying.
        let wide = lines.iter().find(|line| line.width() > columns.parse().unwrap() && !line.contains("git "));
        assert_eq!(wide, None, "{columns}");
    }
    let full = repo.project.run(["history", "--full"]).stdout;
    assert_eq!(full.matches("brought in with ").count(), 500);
}

#[test]
fn a_scan_of_many_places_is_told_by_key_and_one_of_few_by_place() {
    let project = Project::new();
    for i in 0..20 {
        project.write(format!("{i}.txt"), format!("{}\n", key(i % 3)));
    }
    let few = project.run(["scan"]).stdout;
    assert!(few.contains("^^^^") && !few.contains("State "), "{few}");
    project.write("20.txt", key(0));
    let many = project.run(["scan"]).stdout;
    assert!(many.starts_with("3 keys found at 21 places.\nState     3 files\n") && !many.contains("^^^^"), "{many}");
    let by_path = project.run(["scan", "--by", "path"]).stdout;
    // Files are of no commit.
    let refused = project.run(["scan", "--by", "author"]);
    assert!(refused.code == 2 && refused.stderr.contains("--by"), "{refused:?}");
    assert!(by_path.contains("\n20.txt  1 key\n"), "{by_path}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_a_pager() {
    let project = Project::new();
    project.write("a.txt", key(1));
    let on_terminal = |pager: &str, args: &str| {
        let mut command = project.command("script");
        let line = format!("{} scan {args}", env!("CARGO_BIN_EXE_keysweep"));
        command.args(["-qec", &line, "/dev/null"]).env("PAGER", pager).env("TERM", "xterm");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, paged) = on_terminal("sed s/^/paged:/", "");
    assert!(code == Some(1) && paged.contains("paged:") && paged.contains("1 key found"), "{paged}");
    for (pager, args) in
        [("sed s/^/paged:/", "--no-pager"), ("cat", ""), ("", ""), ("no-such-pager-here", ""), ("false", "-f json")]
    {
        let (code, plain) = on_terminal(pager, args);
        assert!(
            code == Some(1) && !plain.contains("paged:") && plain.contains("OpenAI project API key"),
            "{pager}: {plain}"
        );
    }
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let output = command.arg("scan").env("PAGER", "sed s/^/paged:/").output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("paged:"), "no terminal, no pager");
}

#[test]
fn a_plan_is_a_script_for_this_repository_and_leaves_out_what_is_accepted() {
    let repo = Repo::new();
    repo.write("it's a name\n.py", format!("K = '{}'\n", key(1)))
        .write("x.pkl", [b"\0\x01", key(2).as_bytes()].concat());
    repo.write("known.py", key(3)).write(".keysweepignore", format!("{} # a fixture\n", fingerprint(&key(3))));
    repo.commit(&format!("see {}", key(4)));
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    let output = repo.project.run(["history", "--plan", "-o", "plan.sh", "--write-replacements", "replacements.txt"]);
    assert_eq!(output.code, 1, "{output:?}");
    let script = std::fs::read_to_string(repo.project.path("plan.sh")).unwrap();
    for part in [
        "git clone --mirror \"$REMOTE\"",
        "--replace-text ../replacements.txt --replace-message ../replacements.txt\n",
        "--invert-paths \\\n    --path x.pkl\n",
        "#    keysweep fix -- $'it\\'s a name\\012.py'\n",
        "#    refs/pull/7/head\n",
        "#    Ada <ada@example.org>\n",
        "git push --force --mirror \"$REMOTE\"",
    ] {
        assert!(script.contains(part), "{part}\n{script}");
    }
    assert!(!script.contains("known.py"), "{script}");
    let checked = repo.project.command("bash").args(["-n", "plan.sh"]).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let replaced = std::fs::read_to_string(repo.project.path("replacements.txt")).unwrap();
    let has = |seed| replaced.contains(&key(seed));
    assert!(has(1) && has(4) && !has(3), "what is accepted is left out");
}

#[test]
fn a_branch_the_first_commit_and_a_tree_are_told_as_what_they_are() {
    let repo = Repo::new();
    repo.write("a.txt", key(1));
    repo.commit("root");
    repo.git(&["checkout", "-q", "-b", "release"]);
    repo.write("b.txt", key(2));
    repo.commit("release");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("c.txt", key(3));
    repo.commit("last");
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], key(4).as_bytes());
    repo.git_with(&["mktree"], format!("100644 blob {blob}\tnamed.py\n").as_bytes());
    let found = keys(&repo, &[]);
    assert!(steps(of(&found, &key(1))).contains("git rebase -i --root"), "{:#}", of(&found, &key(1)));
    assert_eq!(of(&found, &key(2))["state"], "branch");
    assert!(steps(of(&found, &key(3))).contains("git commit --amend"), "{:#}", of(&found, &key(3)));
    let tree = of(&found, &key(4));
    assert_eq!((&tree["first_commit"]["object"], &tree["state"]), (&json!("tree"), &json!("unreachable")));
}
