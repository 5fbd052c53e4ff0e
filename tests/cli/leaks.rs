//! No key leaves the process unless somebody asks for it: a key in any argument, file name, file, environment variable
//! or input comes out masked, whatever the run makes of it.

use std::process::Stdio;

use clap::{Arg, Command, CommandFactory as _};
use keysweep::rule::template::{Random, Template};
use keysweep::scan::Scanner;

use crate::project::{Project, mask};

/// Parts of keys that are longer than what a mask shows.
const TELLING: usize = 20;

/// A key of each built-in rule that knows its keys by their shape.
fn keys(seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let scanner = Scanner::builtin();
    let mut keys = Vec::new();
    for rule in keysweep::rule::builtin().iter().filter(|rule| !rule.is_contextual()) {
        let sample = Template::parse(&rule.examples[0]).unwrap().generate(&mut random);
        let key = sample.secret().to_owned();
        // Slashes would make it several file names.
        let is_whole = matches!(&scanner.scan(key.as_bytes())[..], [only] if only.secret.expose() == key.as_bytes());
        if is_whole && key.len() > TELLING && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
            keys.push(key);
        }
    }
    assert!(keys.len() > 20, "{} kinds of keys", keys.len());
    keys
}

/// Hands out keys of all kinds in turn.
struct Supply {
    keys: Vec<String>,
    next: usize,
}

impl Supply {
    fn new(seed: u64) -> Self {
        Self { keys: keys(seed), next: 0 }
    }

    fn key(&mut self) -> String {
        self.next += 1;
        self.keys[self.next % self.keys.len()].clone()
    }
}

/// Runs a command and looks for the key in all that it says. Its exit code is what other tests are about, except that
/// it has one.
fn check(project: &Project, args: &[String], key: &str, stdin: &[u8], env: &[(&str, &str)]) -> Option<String> {
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    // `hook install --global` writes there.
    command.args(args).env("GIT_CONFIG_GLOBAL", project.path("gitconfig")).envs(env.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A run that ends before it has read all of it closes the pipe.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), stdin);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let mask = mask(key);
    let contains = |text: &[u8], part: &[u8]| memchr::memmem::find(text, part).is_some();
    let mut parts = key.as_bytes().windows(TELLING).filter(|part| !contains(mask.as_bytes(), part));
    let is_told = parts.any(|part| contains(&said, part));
    let is_whole = matches!(output.status.code(), Some(0..=2));
    (is_told || !is_whole).then(|| {
        let said = String::from_utf8_lossy(&said).into_owned();
        format!("{args:?} {env:?}: {:?}\n{said}\n", output.status.code())
    })
}

fn strings(args: &[&str]) -> Vec<String> {
    args.iter().map(ToString::to_string).collect()
}

/// The subcommands that are no groups, each with its words.
fn leaves(command: &Command, words: &[String]) -> Vec<(Vec<String>, Command)> {
    let mut all = Vec::new();
    for sub in command.get_subcommands() {
        let words: Vec<String> = words.iter().cloned().chain([sub.get_name().to_owned()]).collect();
        if sub.has_subcommands() {
            all.extend(leaves(sub, &words));
        } else {
            all.push((words, sub.clone()));
        }
    }
    all
}

/// Something that a required argument takes.
fn sound(arg: &Arg) -> String {
    let possible = arg.get_possible_values();
    possible.first().map_or_else(|| "a.txt".to_owned(), |value| value.get_name().to_owned())
}

/// Every way to put the text into an argument of the command.
fn lines(words: &[String], command: &Command, mut key: impl FnMut() -> String) -> Vec<(Vec<String>, String)> {
    let positionals: Vec<&Arg> = command.get_positionals().collect();
    let required: Vec<String> = positionals.iter().filter(|arg| arg.is_required_set()).map(|arg| sound(arg)).collect();
    let mut all = Vec::new();
    let mut add = |key: String, more: &[String], with_required: bool| {
        let required = required.iter().filter(|_| with_required);
        all.push((words.iter().chain(required).chain(more).cloned().collect(), key));
    };
    for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
        let name = arg.get_long().map_or_else(|| format!("-{}", arg.get_short().unwrap()), |long| format!("--{long}"));
        let k = key();
        add(k.clone(), &[format!("{name}={k}")], true);
        if arg.get_action().takes_values() {
            add(k.clone(), &[name.clone(), format!("a,{k} {k}/{k}")], true);
        }
    }
    for k in [key(), key()] {
        add(k.clone(), std::slice::from_ref(&k), false);
        add(k.clone(), std::slice::from_ref(&k), true);
        add(k.clone(), &[format!("a.txt:{k}")], false);
        add(k.clone(), &[format!("--{k}")], true);
        add(k.clone(), &["--".into(), k.clone(), k.clone()], true);
    }
    all
}

/// A repository with a commit, so that every command has something to do.
fn repository() -> Project {
    let project = Project::git();
    project.write("a.txt", "nothing here\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "one"]);
    project
}

#[test]
fn arguments() {
    let root = keysweep::cli::args::Cli::command();
    let mut supply = Supply::new(1);
    let mut told = Vec::new();
    let leaves = leaves(&root, &[]);
    assert!(leaves.len() >= 20, "{leaves:#?}");
    for (words, command) in leaves {
        let project = repository();
        for (args, key) in lines(&words, &command, || supply.key()) {
            told.extend(check(&project, &args, &key, b"", &[]));
        }
    }
    let key = supply.key();
    for args in [vec![key.clone()], vec![format!("--{key}")], strings(&["hook", &key]), strings(&["help", &key])] {
        told.extend(check(&repository(), &args, &key, b"", &[]));
    }
    assert!(told.is_empty(), "{} of them:\n{}", told.len(), told.concat());
}

/// Files that a run reads, with K where a key stands, and the commands that read them.
const POLICY: &[&str] = &["scan --format json -v", "config show", "config check", "explain a.txt", "rules list"];
const GIT: &[&str] = &[
    "scan --format json",
    "history",
    "staged",
    "hook status",
    "hook status --format json",
    "hook doctor",
    "hook install",
    "hook run pre-commit",
];

#[test]
fn policy_files() {
    let mut supply = Supply::new(2);
    let mut told = Vec::new();
    let rule = "[[rule]]\nid = \"own-a\"\ntitle = \"t\"\nseverity = \"high\"\nconfidence = \"likely\"\n\
                anchors = [\"abc\"]\nalphabet = \"a-z\"\nleft = \"any\"\nregex = \"abc[a-z]{20}\"\n\
                examples = [\"«abc[a-z]{20}»\"]\nnon-examples = [\"abc\"]\n";
    for (file, content) in [
        ("K", "K = 1"),
        ("KEYSWEEP", "x = \"K\""),
        ("KEYSWEEP", "K"),
        ("KEYSWEEP", "[K]\nx = 1"),
        ("KEYSWEEP", "extends = [\"K\"]"),
        ("KEYSWEEP", "known-keys = [\"K\"]"),
        ("KEYSWEEP", "[rules]\nenable = [\"K\"]"),
        ("KEYSWEEP", "[rules]\nmin-severity = \"K\""),
        ("KEYSWEEP", "[rules]\nK = true"),
        ("KEYSWEEP", "[rules.severity]\n\"K\" = \"low\""),
        ("KEYSWEEP", "[paths]\nexclude = [\"K\"]"),
        ("KEYSWEEP", "[paths]\nexclude = [\"{K\"]"),
        ("KEYSWEEP", "[[allowlist]]\nreason = \"K\"\npaths = [\"a\"]"),
        ("KEYSWEEP", "[[allowlist]]\nregexes = [\"(K\"]"),
        ("KEYSWEEP", "[[allowlist]]\nK = 1"),
        ("KEYSWEEP", "[context]\n\"K\" = [\"a\"]"),
        ("KEYSWEEP", "[suppress]\nignore-file = \"K\""),
        ("KEYSWEEP", "[suppress]\nbaseline = \"K\""),
        ("KEYSWEEP", "[limits]\nmax-file-size = \"K\""),
        ("KEYSWEEP", "[output]\nformat = \"K\""),
        ("KEYSWEEP", "[output]\ncolor = \"K\""),
        ("KEYSWEEP", "R[rule.structure]\nchecksum = \"K\""),
        ("KEYSWEEP", "RK = 1"),
        ("KEYSWEEP", "[[rule]]\nid = \"K\""),
        ("KEYSWEEP", "[[rule]]\nid = \"a\"\ntitle = \"t\"\nregex = \"(K\"\nexamples = [\"«K\"]"),
        (".keysweepignore", "K"),
        (".keysweepignore", "own:K"),
        (".keysweepignore", "0123456789abcdef0123456789abcdef {K"),
        (".keysweepignore", "0123456789abcdef0123456789abcdef a # until=K"),
        (".keysweepignore", "K:0123456789abcdef0123456789abcdef K # K"),
        (".keysweep-baseline", "K"),
        (".keysweep-baseline", "0123456789abcdef0123456789abcdef K"),
        (".keysweep-baseline", "0123456789abcdef0123456789abcdef a %K"),
        (".keysweep-baseline/0123456789abcdef0123456789abcdef", "K"),
        (".gitleaksignore", "K:rule:1"),
        (".secrets.baseline", "{\"results\": {\"K\": [{\"hashed_secret\": \"K\", \"type\": \"K\"}]}}"),
        (".secrets.baseline", "{\"K\": 1}"),
        (".secretsignore", "K\n[secrets]\n(K"),
        ("gitleaks-baseline.json", "[{\"RuleID\": \"K\", \"File\": \"K\", \"Secret\": \"K\"}]"),
    ] {
        let key = supply.key();
        let text = content.replace('R', if content.starts_with('R') { rule } else { "R" });
        let text = text.replace('K', &key);
        let file = file.replace("KEYSWEEP", ".keysweep.toml");
        let file = if file == "K" { key.clone() } else { file };
        let project = repository();
        project.write(&file, &text);
        for line in POLICY.iter().chain(&["baseline import", "baseline check"]) {
            let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
            told.extend(check(&project, &line, &key, b"", &[]));
        }
    }
    assert!(told.is_empty(), "{} of them:\n{}", told.len(), told.concat());
}

#[test]
fn files_that_the_command_line_names() {
    let mut supply = Supply::new(3);
    let mut told = Vec::new();
    let finding = "{\"type\":\"finding\",\"rule\":\"K\",\"secret\":\"K\",\"fingerprint\":\"K\",\"status\":\"active\",\
                   \"location\":{\"path\":\"K\",\"line\":1,\"column\":1,\"end_line\":1,\"end_column\":9}}\n";
    let summary = "{\"type\":\"summary\",\"coverage\":{\"files\":1,\"bytes\":1,\"skipped\":[],\"notes\":[\"K\"],\
                   \"errors\":[{\"item\":\"K\",\"message\":\"K\"}]}}\n";
    for (line, content) in [
        ("scan --rules F", "K"),
        ("scan --rules F", "[[rules]]\nid = \"K\"\nregex = \"(K\""),
        ("scan --rules F", "[[rules]]\nid = \"K\"\nregex = \"K\"\nentropy = \"K\""),
        ("scan --rules F", "[extend]\npath = \"K\""),
        ("rules explain a --rules F", "[[rules]]\nid = \"a\"\ndescription = \"K\"\nregex = \"K\"\nkeywords = [\"K\"]"),
        ("rules list --rules F", "[[rules]]\nid = \"K\"\ndescription = \"K\"\nregex = \"K\"\n"),
        ("rules show K --rules F", "[[rules]]\nid = \"K\"\ndescription = \"K\"\nregex = \"K\"\n"),
        ("scan --config F", "K"),
        ("scan --ignore-file F", "K"),
        ("scan --baseline F", "K"),
        ("scan --known-keys F", "API_PASSWORD=K\nOTHER_SECRET=\"K"),
        ("report merge F", "K"),
        ("report merge F", "{\"type\":\"K\"}"),
        ("report merge F", "{\"K\":\"K\"}"),
        ("report merge F", &format!("{finding}{summary}")),
        ("baseline import F", "[{\"RuleID\": \"K\", \"File\": \"K\", \"Secret\": \"K\"}]"),
        ("baseline import F", "{\"results\": {\"K\": [{\"hashed_secret\": \"K\"}]}}"),
        ("explain F", "API_PASSWORD=K\n"),
        ("explain F:1", &format!("{}K{}K", "x ".repeat(180), " y".repeat(9))),
        ("scan F", "x K K K"),
        ("scan F --format json", "K K # keysweep:allow K"),
        ("scan F --show-suppressed", "K K # keysweep:allow K"),
        ("hook run commit-msg -- F", "K\n\nK\n"),
    ] {
        let key = supply.key();
        let project = repository();
        project.write("f", content.replace('K', &key));
        let line = line.replace('F', "f").replace('K', &key);
        let args: Vec<String> = line.split(' ').map(|word| word.replace("FILE", "f")).collect();
        told.extend(check(&project, &args, &key, b"", &[]));
        let report: Vec<String> = args.iter().cloned().chain(strings(&["-o", "report"])).collect();
        told.extend(check(&project, &report, &key, b"", &[]));
        let written = std::fs::read(project.path("report")).unwrap_or_default();
        assert!(memchr::memmem::find(&written, key.as_bytes()).is_none(), "{report:?}");
    }
    assert!(told.is_empty(), "{} of them:\n{}", told.len(), told.concat());
}

#[test]
fn names_and_git_files() {
    let mut supply = Supply::new(4);
    let mut told = Vec::new();
    // What is put into the repository, as lines for a shell.
    for setup in [
        "echo x > K",
        "mkdir K && echo x > K/K",
        "echo x > K.zip && echo x > K.gz && echo x > K.tar",
        "printf 'PK\\003\\004' > K.zip && printf '\\037\\213\\010' > K.gz",
        "mkfifo K && ln -s K K.link && ln -s /dev/zero K.zero",
        "echo K > .gitignore && echo x > K",
        "git checkout -q -b K",
        "git tag K && git tag -a -m K with-message",
        "git remote add K https://user:K@example.org/K && git update-ref refs/remotes/K/main HEAD",
        "git config core.hooksPath K && mkdir K && echo '#!/bin/sh' > K/pre-commit && chmod +x K/pre-commit",
        "git config core.hooksPath ../K",
        "git config core.attributesFile K; git config K.K K",
        "git config user.name K && git commit -q --author 'K <K@example.org>' --allow-empty -m K",
        "echo K > .git/HEAD",
        "echo 'ref: refs/heads/K' > .git/HEAD",
        "echo K > .git/config",
        "echo '[core' K > .git/config",
        "echo K > .git/packed-refs",
        "echo K > .git/refs/heads/main",
        "echo K > .git/index",
        "echo K > .git/shallow",
        "echo K > .git/objects/info/alternates",
        "echo K > .git/MERGE_HEAD",
        "echo 'gitdir: K' > sub && git add sub",
        "echo K > b.txt && git add . && rm b.txt && find .git/objects -type f -exec chmod 600 {} + -exec sh -c 'echo K > $1' _ {} ';'",
        "echo 'repos: [{repo: K, hooks: [{id: K}]}]' > .pre-commit-config.yaml",
        "echo 'K: K' > lefthook.yml && mkdir .husky && echo K > .husky/pre-commit",
        "mkdir -p .git/hooks && echo 'exec K' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit",
        "mkdir -p .git/hooks && ln -s K .git/hooks/pre-commit",
        "git submodule add -q ./ K; echo x > K.py; git add -A",
        "git mv a.txt K && git commit -qm K && git rm -q K && git commit -qm K",
    ] {
        let key = supply.key();
        let project = repository();
        project.command("sh").args(["-c", &setup.replace('K', &key)]).output().unwrap();
        for line in GIT {
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            told.extend(check(&project, &args, &key, b"", &[]));
        }
    }
    assert!(told.is_empty(), "{} of them:\n{}", told.len(), told.concat());
}

#[test]
fn standard_input_and_environment() {
    let mut supply = Supply::new(5);
    let mut told = Vec::new();
    let project = repository();
    let zero = "0".repeat(40);
    for (line, input) in [
        ("scan -", "K".to_owned()),
        ("scan - --stdin-path K", "x".into()),
        ("scan - --stdin-path K --format json", "K".into()),
        ("explain -", "K x K".into()),
        ("hook run pre-push -- K K", "K".into()),
        ("hook run pre-push -- origin K", format!("refs/heads/K {zero} refs/heads/K {zero}\n")),
        ("hook run pre-push -- origin K", format!("refs/heads/K K refs/heads/K {zero}\n")),
        ("hook run pre-push -- K", format!("HEAD {} refs/heads/K {zero}\n", "1".repeat(40))),
        ("hook run pre-receive", format!("{zero} {} refs/heads/K\n", "1".repeat(40))),
        ("hook run pre-receive", "K K K\n".into()),
        ("hook run commit-msg -- K", String::new()),
        ("hook run pre-commit --framework -- K", String::new()),
        ("history K", String::new()),
        ("history --range K..K", String::new()),
    ] {
        let key = supply.key();
        let args: Vec<String> = line.split(' ').map(|word| word.replace('K', &key)).collect();
        told.extend(check(&project, &args, &key, input.replace('K', &key).as_bytes(), &[]));
    }
    for name in [
        "KEYSWEEP_CONFIG",
        "KEYSWEEP_TODAY",
        "GITLEAKS_CONFIG",
        "GIT_DIR",
        "GIT_COMMON_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CEILING_DIRECTORIES",
        "GIT_EDITOR",
        "GIT_REFLOG_ACTION",
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "OPENAI_API_KEY",
        "PRE_COMMIT_FROM_REF",
        "PRE_COMMIT_TO_REF",
        "PRE_COMMIT_LOCAL_BRANCH",
        "PRE_COMMIT_REMOTE_BRANCH",
        "PRE_COMMIT_REMOTE_NAME",
        "SKIP",
    ] {
        for line in GIT.iter().chain(&[
            "scan --known-keys env",
            "history --cache",
            "hook install --global",
            "hook run pre-push --framework",
            "hook run pre-commit --framework -- a.txt",
        ]) {
            let key = supply.key();
            let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
            told.extend(check(&project, &args, &key, b"", &[(name, &key)]));
        }
    }
    assert!(told.is_empty(), "{} of them:\n{}", told.len(), told.concat());
}
