//! The documents: every link between them leads somewhere, every page is in the table of contents, every command is one
//! that there is, and the examples run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::{CommandFactory as _, Parser as _};
use keysweep::cli::args::Cli;
use serde_json::Value;

use crate::project::Project;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let list = |directory: PathBuf| fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    list(root()).chain(list(root().join("docs"))).filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

/// Addresses of files of this repository, which are checked as files.
const OURS: &str = "https://github.com/keysweep/keysweep/blob/main/";

/// The lines outside of fenced blocks, without code in the line.
fn prose(text: &str) -> Vec<String> {
    let mut fenced = false;
    let outside = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    };
    let without_code = |line: &str| line.split('`').step_by(2).collect();
    text.lines().filter(outside).map(without_code).collect()
}

/// The targets of `[text](target)` and of `[text]: target`.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        links.extend(inline.map(str::to_owned));
        let named = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        links.extend(named.map(|(_, target)| target.trim().to_owned()));
    }
    links
}

/// The names that the headings of a page have in addresses; the second of two equal ones ends in `-1`.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced || !line.starts_with('#') {
            continue;
        }
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = anchors.iter().filter(|known| **known == name).count();
        anchors.push(if before == 0 { name } else { format!("{name}-{before}") });
    }
    anchors
}

/// Why a link of a page leads nowhere, here or on the site, which has the pages of `docs` alone.
fn broken(page: &Path, link: &str) -> Option<&'static str> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = page.parent().unwrap();
    let target = match path.strip_prefix(OURS) {
        Some(path) => root().join(path),
        None if path.is_empty() => page.to_owned(),
        None => folder.join(path),
    };
    if !target.exists() {
        return Some("no such file");
    }
    if folder.ends_with("docs") && path.contains("../") {
        return Some("not a page of the site: name its whole address");
    }
    let is_there = || anchors(&fs::read_to_string(&target).unwrap()).iter().any(|known| known == heading);
    (!heading.is_empty() && !is_there()).then_some("no such heading")
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut followed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let elsewhere = |link: &String| link.contains("://") && !link.starts_with(OURS) || link.starts_with("mailto:");
        for link in links(&text).into_iter().filter(|link| !elsewhere(link)) {
            assert_eq!(broken(&page, &link), None, "{}: {link}", page.display());
            followed += 1;
        }
    }
    assert!(followed > 25, "only {followed} links were found: the reader of links is broken");

    let page = root().join("docs/hooks.md");
    let cases = [
        ("nothing.md", "no such file"),
        ("ci.md#nothing", "no such heading"),
        ("#nothing", "no such heading"),
        ("../README.md", "not a page of the site: name its whole address"),
        (&format!("{OURS}nothing"), "no such file"),
        (&format!("{OURS}README.md#nothing"), "no such heading"),
    ];
    for (link, why) in cases {
        assert_eq!(broken(&page, link), Some(why), "{link}");
    }
    let text = "# A b\n[x](y) `[no](no)`\n```sh\n# no\n[no](no)\n```\n## A b\n[z]: w\n";
    assert!(links(text) == ["y", "w"] && anchors(text) == ["a-b", "a-b-1"]);
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    for page in pages() {
        let name = page.strip_prefix(root().join("docs")).ok().and_then(Path::to_str);
        if let Some(name) = name.filter(|name| *name != "SUMMARY.md") {
            assert!(summary.contains(&format!("({name})")), "docs/SUMMARY.md does not name {name}");
        }
    }
}

/// A fenced block's language and its lines; a line that ends in a backslash goes on in the next.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(fence) = lines.by_ref().find(|line| line.trim_start().starts_with("```")) {
        let language = fence.trim_start().trim_start_matches('`').to_owned();
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```")).collect();
        let body = body.join("\n").replace("\\\n", " ");
        blocks.push((language, body.lines().map(str::to_owned).collect()));
    }
    blocks
}

/// The arguments of each `keysweep <subcommand> …` in a line of a shell, a workflow or a pipeline.
fn commands(line: &str) -> Vec<Vec<String>> {
    let names: Vec<String> = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let mut rest = line;
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once("keysweep ") {
        rest = after;
        let words = words(&variables(after));
        if words.first().is_some_and(|word| names.contains(word)) {
            found.push(words);
        }
    }
    found
}

/// Values for `${{ … }}`, `$i` and `{}`.
fn variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.replace("{}", "1").replace(" $KEYSWEEP_ARGUMENTS", "");
    while let Some((before, after)) = rest.split_once('$') {
        out += before;
        out.push('1');
        rest = match after.strip_prefix("{{").and_then(|after| after.split_once("}}")) {
            Some((_, after)) => after.to_owned(),
            None => after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').to_owned(),
        };
    }
    out + &rest
}

/// Words as a shell splits them, up to the end of the command or of the string that it stands in.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            ' ' => words.extend(word.take()),
            '|' | ';' | '&' | '>' | ')' | '`' => break,
            '#' if word.is_none() => break,
            '\'' | '"' => match rest.as_str().split_once(next) {
                Some((quoted, after)) => {
                    word.get_or_insert_default().push_str(quoted);
                    rest = after.chars();
                }
                None => break,
            },
            next => word.get_or_insert_default().push(next),
        }
    }
    words.extend(word);
    words
}

/// Flags that the documents name are flags that there are.
#[test]
fn every_command_in_the_documents_is_understood() {
    let mut understood = 0;
    let mut check = |place: &Path, line: &str| {
        for words in commands(line) {
            let parsed = Cli::try_parse_from(std::iter::once("keysweep".to_owned()).chain(words.clone()));
            let error = parsed.err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(error, "", "{}: {line}: {words:?}", place.display());
            understood += 1;
        }
    };
    for page in pages() {
        for (language, lines) in blocks(&fs::read_to_string(&page).unwrap()) {
            if matches!(&*language, "sh" | "console" | "yaml" | "groovy" | "text") {
                lines.iter().for_each(|line| check(&page, line));
            }
        }
    }
    for file in ["ci-templates/gitlab.yml", ".pre-commit-hooks.yaml"] {
        let path = root().join(file);
        fs::read_to_string(&path).unwrap().lines().for_each(|line| check(&path, line));
    }
    assert!(understood > 60, "only {understood} commands were found: the reader of commands is broken");
    assert!(Cli::try_parse_from(["keysweep", "ci", "--no-such-flag"]).is_err());
}

/// What the remedy for a shallow clone names is what the recipes use.
#[test]
fn recipes_clone_all_that_is_needed() {
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    for setting in ["fetch-depth: 0", "GIT_DEPTH: \"0\"", "fetchDepth: 0", "method: full"] {
        let is_in_a_recipe = |(_, lines): &(String, Vec<String>)| lines.iter().any(|line| line.contains(setting));
        assert!(blocks(&page).iter().any(is_in_a_recipe), "{setting}");
    }
}

/// A repository in which the documents' examples make sense.
fn example() -> Project {
    let project = Project::git();
    let script = "mkdir src; echo x >src/a.py; echo Y=1 >.env; echo .env >.gitignore; echo '# none' >.gitleaksignore; git add -A; git commit -qm base
        git clone -q --bare . ../project.git; git remote add origin ../project.git; git fetch -q origin
        git branch release; git checkout -q -b topic; echo y >src/b.py; git add -A; git commit -qm topic
        keysweep scan -o last-week.jsonl; for f in keys today; do cp last-week.jsonl $f.jsonl; done; printf '*.jsonl\\n' >>.git/info/exclude
        printf '.\\n../project.git\\n' >mirrors.txt";
    let output = shell(&project, script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    project
}

fn shell(project: &Project, script: &str) -> std::process::Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_keysweep")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(binary.to_owned()).chain(std::env::split_paths(&path))).unwrap();
    project.command("sh").env("PATH", path).args(["-ec", script]).stdin(Stdio::null()).output().unwrap()
}

/// The examples for a shell, each page's in a repository of its own, one after the other.
#[test]
fn examples_for_a_shell_run() {
    // Of other machines: a mirror on a server, agents that are installed, a bare repository's hook. What needs a key
    // that is typed, or a finding, is run in setup.rs and ignore.rs.
    let elsewhere = [
        "/srv/",
        "--agent",
        "pre-receive",
        "report merge",
        "| jq",
        "keysweep ignore",
        "rules new --from -",
        "rules test acme",
    ];
    let mut ran = 0;
    let guides = ["README", "ci", "history", "report", "hooks", "configuration"].map(|name| format!("docs/{name}.md"));
    for page in std::iter::once("README.md".to_owned()).chain(guides) {
        let project = example();
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for (language, lines) in blocks(&text) {
            for line in lines.iter().filter(|_| matches!(&*language, "sh" | "console")) {
                let line = line.strip_prefix("$ ").unwrap_or(line);
                let is_ours = ["keysweep ", "git fetch ", "git show "].iter().any(|start| line.starts_with(start));
                if !is_ours || elsewhere.iter().any(|word| line.contains(word)) {
                    continue;
                }
                let output = shell(&project, line);
                let code = output.status.code().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(matches!(code, 0 | 1), "{page}: {line}: {code} {said}");
                ran += 1;
            }
        }
    }
    assert!(ran > 35, "only {ran} examples ran: the reader of examples is broken");
}

/// The blocks of a language in a page.
fn fenced<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    page.split(&start).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// Every example in YAML, and the files of this repository in it: they parse, and have the parts that their readers ask
/// for.
#[test]
fn examples_in_yaml_are_what_their_readers_take() {
    let mut texts: Vec<(String, String)> = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        texts.extend(fenced(&text, "yaml").into_iter().map(|block| (page.display().to_string(), block.to_owned())));
    }
    assert!(texts.len() >= 7, "{} examples were found", texts.len());
    let workflows = fs::read_dir(root().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path());
    let files = ["action.yml", "ci-templates/gitlab.yml", ".pre-commit-hooks.yaml"].map(|file| root().join(file));
    for file in files.into_iter().chain(workflows) {
        texts.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
    }
    for (place, text) in &texts {
        let value: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"));
        if let Err(why) = structure(&value) {
            panic!("{place}: {why}\n{text}");
        }
    }
}

/// What is missing of whatever this is.
fn structure(value: &Value) -> Result<(), String> {
    let has = |value: &Value, key: &str| value.get(key).is_some_and(|value| !value.is_null());
    let needs = |value: &Value, keys: &[&str]| match keys.iter().find(|key| !has(value, key)) {
        Some(key) => Err(format!("no {key} in {value}")),
        None => Ok(()),
    };
    if let Some(hooks) = value.as_array() {
        return hooks.iter().try_for_each(|hook| needs(hook, &["id", "name", "entry", "language"]));
    }
    if let Some(repositories) = value["repos"].as_array() {
        return repositories.iter().try_for_each(|repository| {
            needs(repository, &["repo", "hooks"])?;
            let is_local = repository["repo"] == "local";
            if is_local { Ok(()) } else { needs(repository, &["rev"]) }
        });
    }
    if has(value, "apiVersion") {
        return needs(value, &["kind", "metadata", "spec"]);
    }
    if has(value, "runs") {
        needs(value, &["name", "description", "inputs"])?;
        return steps(&value["runs"]["steps"], &["run", "uses"]);
    }
    let jobs = value["jobs"].as_object();
    if has(value, "workflows") {
        // CircleCI
        return jobs.ok_or("no jobs")?.values().try_for_each(|job| needs(job, &["docker", "steps"]));
    }
    if let Some(jobs) = jobs {
        let names: Vec<&String> = jobs.keys().collect();
        return jobs.values().try_for_each(|job| {
            let needed = job["needs"].as_array().map_or_else(|| vec![&job["needs"]], |needed| needed.iter().collect());
            let unknown =
                needed.into_iter().filter_map(Value::as_str).find(|needed| !names.iter().any(|n| n == needed));
            if let Some(unknown) = unknown {
                return Err(format!("no job {unknown}"));
            }
            if has(job, "uses") {
                return Ok(());
            }
            needs(job, &["runs-on"])?;
            steps(&job["steps"], &["run", "uses"])
        });
    }
    if has(value, "steps") {
        // Azure
        needs(value, &["trigger", "pool"])?;
        return steps(&value["steps"], &["script", "checkout", "task", "publish"]);
    }
    // GitLab: jobs at the top, those with a dot and some words aside.
    let top = value.as_object().ok_or("it is no mapping")?;
    let is_job = |name: &str| !matches!(name, "spec" | "stages" | "variables" | "include" | "default" | "workflow");
    let mut found = 0;
    for (_, job) in top.iter().filter(|(name, _)| is_job(name)) {
        needs(job, &["script"])?;
        found += 1;
    }
    if found > 0 { Ok(()) } else { Err("no job".into()) }
}

/// Each step does exactly one of these; actions have a version and their inputs are a mapping.
fn steps(steps: &Value, actions: &[&str]) -> Result<(), String> {
    let steps = steps.as_array().filter(|steps| !steps.is_empty()).ok_or("no steps")?;
    steps.iter().try_for_each(|step| {
        let does = actions.iter().filter(|action| step.get(**action).is_some()).count();
        let is_pinned = step["uses"].as_str().is_none_or(|action| action.contains('@') || action.starts_with("./"));
        let has_inputs = step.get("with").is_none_or(Value::is_object);
        if does == 1 && is_pinned && has_inputs { Ok(()) } else { Err(format!("not a step: {step}")) }
    })
}
