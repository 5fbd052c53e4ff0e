//! From one audit to the next: what changed by key, who took a key out, tables of keys, what a screen holds, a plan of many
//! paths.

use serde_json::Value;

use super::Repo;
use crate::project::{Output, key};

fn report(repo: &Repo, file: &str) {
    repo.history_to(file, &[]);
}

fn convert(repo: &Repo, args: &[&str]) -> Output {
    repo.project.run(["report", "convert", "../audit.jsonl"].iter().chain(args))
}

fn keys(repo: &Repo) -> Vec<Value> {
    let json: Value = serde_json::from_str(&convert(repo, &["-f", "json"]).stdout).unwrap();
    json["keys"].as_array().unwrap().clone()
}

#[test]
fn audits_are_compared_by_key() {
    let repo = Repo::new();
    repo.write("a.env", key(7000)).write("b.env", key(7001)).write("c.env", key(7002)).commit("three");
    report(&repo, "../old.jsonl");
    // One moves, one leaves HEAD, one is accepted, one is new, at two places.
    repo.git(&["mv", "a.env", "moved.env"]);
    repo.git(&["rm", "-q", "b.env"]);
    repo.write("c.env", format!("{} # keysweep:allow a test\n", key(7002)));
    repo.write("d.env", key(7003)).write("e.env", key(7003)).commit("later");
    report(&repo, "../new.jsonl");
    let diff = |args: &[&str]| repo.project.run(["report", "diff", "--by", "key"].iter().chain(args));
    let output = diff(&["-f", "json", "../old.jsonl", "../new.jsonl"]);
    assert_eq!(output.code, 1, "{output:?}");
    let json: Value = serde_json::from_str(&output.stdout).unwrap();
    let secrets = |name: &str| -> Vec<String> {
        json[name].as_array().unwrap().iter().map(|key| key["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let fingerprint = |n: u64| {
        let text = std::fs::read_to_string(repo.project.path("../new.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = lines.into_iter().find(|line| line["secret"] == key(n)).unwrap();
        found["fingerprint"].as_str().unwrap().to_owned()
    };
    assert_eq!(secrets("new"), [fingerprint(7003)]);
    assert_eq!(secrets("gone"), [fingerprint(7002)]);
    let mut still = vec![fingerprint(7000), fingerprint(7001)];
    still.sort();
    let mut found = secrets("unchanged");
    found.sort();
    assert_eq!(found, still);
    let human = diff(&["../old.jsonl", "../new.jsonl"]).stdout;
    for text in ["+ ", "now accepted", "HEAD, now history", "1 new key, 1 gone, 2 still there, 1 of them live."] {
        assert!(human.contains(text), "{text}: {human}");
    }
    assert_eq!(diff(&["../new.jsonl", "../new.jsonl"]).code, 0);
    assert!((7000..7004).all(|n| !human.contains(&key(n)) && !output.stdout.contains(&key(n))));
}

#[test]
fn who_took_a_key_out_is_said() {
    let repo = Repo::new();
    repo.write("a.env", key(7100)).write("still.env", key(7101)).commit("bring");
    repo.write("a.env", format!("{}\n", key(7100))).commit("touch");
    let last = repo.git(&["rev-parse", "HEAD"]);
    repo.write("other.txt", "x").commit("other");
    repo.git(&["config", "user.name", "Bob"]);
    let removal = repo.write("a.env", "gone\n").commit("use a vault");
    repo.write("other.txt", "y").commit("later");
    report(&repo, "../audit.jsonl");
    let keys = keys(&repo);
    let gone = keys.iter().find(|key| key["state"] == "history").unwrap();
    assert_eq!(gone["removed_by"]["id"], removal);
    assert_ne!(gone["last_commit"]["id"], last, "the commit before the removal still had it");
    let live = keys.iter().find(|key| key["state"] == "head").unwrap();
    assert!(live.get("removed_by").is_none());
    let human = convert(&repo, &[]).stdout;
    assert!(human.contains(&format!("in {}: use a vault", &removal[..10])), "{human}");
    for key in &keys {
        let short = &key["fingerprint"].as_str().unwrap()[..12];
        assert!(human.contains(&format!("fingerprint {short}")), "{short}: {human}");
    }
    assert!(convert(&repo, &["-f", "html"]).stdout.contains("use a vault"));
}

#[test]
fn tables_are_of_keys_where_that_is_asked() {
    let repo = Repo::new();
    repo.write("a.env", key(7200)).write("b/a.env", key(7200)).write("c.env", key(7201)).commit("keys");
    report(&repo, "../audit.jsonl");
    let csv = convert(&repo, &["-f", "csv", "--by", "key"]).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "{csv}");
    let columns = |line: &str| line.matches(',').count();
    assert!(lines[0].contains("removed_by") && columns(lines[0]) == 27, "{csv}");
    assert_eq!(convert(&repo, &["-f", "csv"]).stdout.lines().count(), 4, "of places by default");
    let markdown = convert(&repo, &["-f", "markdown", "--by", "key"]).stdout;
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| critical")).count(), 2, "{markdown}");
    assert!(markdown.contains("and 1 more | "), "{markdown}");
}

#[test]
fn the_branch_of_head_is_first() {
    let repo = Repo::new();
    repo.write("a.env", key(7300)).commit("key");
    for name in ["aaa", "main2", "zzz"] {
        repo.git(&["branch", name]);
    }
    repo.git(&["update-ref", "refs/remotes/origin/zzz", "HEAD"]);
    repo.git(&["checkout", "-q", "zzz"]);
    report(&repo, "../audit.jsonl");
    assert_eq!(keys(&repo)[0]["refs"].as_array().unwrap()[..2], ["refs/heads/zzz", "refs/remotes/origin/zzz"]);
}

#[test]
fn five_hundred_keys_fit_on_three_screens() {
    let repo = Repo::new();
    for n in 0..500 {
        let name = format!("services/a-rather-long-service-name-{}/config/production/settings-{n}.env", n % 7);
        repo.write(&name, format!("OPENAI_API_KEY={}\nOTHER_NAME_{n}={}\n", key(20_000 + n), key(20_000 + n)));
    }
    repo.commit(&"a subject that is long enough to fill more than one line of a terminal ".repeat(3));
    report(&repo, "../audit.jsonl");
    let screens = convert(&repo, &[]).stdout;
    let lines = screens.lines().count();
    assert!(lines <= 150, "{lines} lines: {screens}");
    // What to do first is said at once, and nothing is wider than a terminal but commands.
    assert!(screens.lines().take(10).any(|line| line.contains("500")), "{screens}");
}

#[test]
fn a_plan_of_many_paths_has_them_in_a_list_at_its_end() {
    let repo = Repo::new();
    for n in 0..300 {
        let content = [b"\0\0\x01".as_slice(), key(7400).as_bytes(), b"\0\0"].concat();
        repo.write(&format!("cache/tmp/{}/it's {n}.pkl", n % 3), content);
    }
    repo.write("-odd\u{1b}.pkl", [b"\0\0\x01".as_slice(), key(7401).as_bytes(), b"\0\0"].concat()).commit("pickles");
    report(&repo, "../audit.jsonl");
    let plan = convert(&repo, &["-f", "plan"]).stdout;
    let at = plan.lines().position(|line| line == "# --- paths ---").expect("the list has a head");
    assert!(at < 100, "{at} lines before the list");
    let list: Vec<&str> = plan.lines().skip(at + 1).collect();
    assert_eq!(list.len(), 300);
    assert!(list.iter().all(|line| line.starts_with("literal:cache/tmp/")));
    assert!(plan.contains("   300  cache/tmp\n"), "{plan}");
    assert!(!plan.contains('\u{1b}') && plan.contains("--path $'./-odd\\033.pkl'"), "{plan}");
    // The script is one that a shell reads, and it cuts off its own list.
    repo.write("../plan.sh", &plan);
    let run = |args: &[&str]| repo.project.command("bash").args(args).output().unwrap();
    assert!(run(&["-n", "../plan.sh"]).status.success());
    let cut = plan.lines().find(|line| line.starts_with("sed ")).unwrap().replace("> ../paths.txt", "");
    let output = run(&["-c", &format!("script=../plan.sh; {cut}")]);
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().collect::<Vec<_>>(), list);
}
