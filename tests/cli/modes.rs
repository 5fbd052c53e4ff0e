//! The same thing gets the same answer, whatever looks at it: one table over all modes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use serde_json::Value;

use crate::project::{Project, key};

const MODES: [&str; 6] = ["scan", "staged", "history", "pre-push", "ci", "pre-receive"];

/// A thing that holds `$K`, how it comes into a repository after the commit `$BASE`, and which modes can see it: `x`
/// for those that must, `-` for those that have no such thing to look at.
const THINGS: &[(&str, &str, &str)] = &[
    ("a file", "echo \"k = '$K'\" >file; commit", "xxxxxx"),
    ("a file's name", "echo x >\"$K.txt\"; commit", "xxxxxx"),
    ("a directory's name", "mkdir $K; echo x >$K/file; commit", "xxxxxx"),
    ("a gzip file", "echo \"k = '$K'\" | gzip -n >file.gz; commit", "xxxxxx"),
    ("a UTF-16 file", "printf \"k = '$K'\\n\" | iconv -t UTF-16LE >file; commit", "xxxxxx"),
    ("a symbolic link's target", "ln -s $K link; commit", "xxxxxx"),
    (
        "an object of Git LFS",
        "echo \"k = '$K'\" >object; id=$(sha256sum object | cut -d' ' -f1); d=.git/lfs/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-4)
         mkdir -p $d; size=$(($(wc -c <object))); mv object $d/$id
         printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' $id $size >file; commit",
        "xxxxxx",
    ),
    ("a submodule's path", "git update-index --add --cacheinfo 160000,$BASE,$K; git commit -qm x", "-xxxxx"),
    ("a submodule's address", "printf '[submodule \"s\"]\\n\\tpath = s\\n\\turl = https://x:%s@example.org/s\\n' $K >.gitmodules; commit", "xxxxxx"),
    ("a commit's message", "git commit -q --allow-empty -m \"title\" -m \"see $K\"", "--xxxx"),
    ("a commit's title", "git commit -q --allow-empty -m \"see $K\"", "--xxxx"),
    ("an author", "git commit -q --allow-empty -m x --author \"$K <a@example.org>\"", "--xxxx"),
    ("a committer", "GIT_COMMITTER_EMAIL=$K git commit -q --allow-empty -m x", "--xxxx"),
    ("a signature's header", "git commit -q --allow-empty -m x; header \"gpgsig $K\"", "--xxxx"),
    ("a header of many lines", "git commit -q --allow-empty -m x; header \"mergetag object\\n $K\"", "--xxxx"),
    ("a header that nobody knows", "git commit -q --allow-empty -m x; header \"odd $K\"", "--xxxx"),
    ("a tag's message", "git tag -a -m \"see $K\" t; REF=refs/tags/t", "--xxxx"),
    ("a tagger", "GIT_COMMITTER_NAME=$K git tag -a -m x t; REF=refs/tags/t", "--xxxx"),
    ("an annotated tag's name", "git tag -a -m x $K; REF=refs/tags/$K", "--xxxx"),
    ("a light tag's name", "git tag $K; REF=refs/tags/$K", "--xxxx"),
    ("a branch's name", "git branch $K; REF=refs/heads/$K", "--xxxx"),
];

/// Makes the thing, then lets each mode look at it. The server has the objects and no reference to what is new.
const SCRIPT: &str = r#"
commit() { git add -A .; git commit -qm x; }
header() {
    new=$(git cat-file commit HEAD | sed "s|^committer .*|&\n$1|" | git hash-object --literally -t commit -w --stdin)
    git update-ref HEAD $new
}
BASE=$(git rev-parse HEAD); REF=refs/heads/main
THING
NEW=$(git rev-parse $REF); none=$(echo $BASE | tr '0-9a-f' 0)
case $REF in refs/heads/main) OLD=$BASE;; *) OLD=$none;; esac
look() { mode=$1; shift; "$KEYSWEEP" "$@" --format jsonl --show-secrets >../$mode.jsonl 2>../$mode.err || [ $? = 1 ] ||
    # Only history promises to have looked at everything, submodules too.
    grep -v 'cannot scan submodule' ../$mode.err >&2 || true
}
look scan scan
look history history --file-names
git update-ref refs/remotes/origin/main $BASE; git config remote.origin.url https://example.org/x
git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'
echo "$REF $NEW $REF $OLD" | look pre-push hook run pre-push origin https://example.org/x
git init -q --bare ../server; cp -r .git/objects ../server/; cp -r .git/lfs ../server/ 2>/dev/null || true
git -C ../server update-ref refs/heads/main $BASE
(cd ../server; echo "$OLD $NEW $REF" | look pre-receive hook run pre-receive)
printf '{"ref": "%s", "before": "%s", "after": "%s"}' "$REF" $OLD $NEW >../event.json
GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH=$PWD/../event.json GITHUB_REF=$REF GITHUB_SHA=$NEW look ci ci
git update-ref refs/heads/main $BASE; look staged staged
"#;

fn look(project: &Project, thing: &str) -> Output {
    project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    let mut command = project.command("sh");
    command.env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep")).env("K", key(1));
    command.args(["-ec", &SCRIPT.replace("THING", thing)]).output().unwrap()
}

/// What a mode says of each finding of the key, but for the commit: a work tree has none.
fn answers(project: &Project, mode: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(project.path(format!("../{mode}.jsonl"))).unwrap_or_default();
    let findings = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let findings = findings.filter(|line| line["type"] == "finding" && line["secret"] == key(1));
    findings
        .map(|found| format!("{} {} {} {}", found["rule"], found["location"], found["layers"], found["status"]))
        .collect()
}

#[test]
fn the_same_thing_gets_the_same_answer() {
    let mut wrong = Vec::new();
    for (name, thing, sees) in THINGS {
        let project = Project::git();
        let output = look(&project, thing);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{name}: {said}");
        let mut distinct: BTreeMap<BTreeSet<String>, Vec<&str>> = BTreeMap::new();
        for (mode, sees) in MODES.into_iter().zip(sees.chars()) {
            let found = answers(&project, mode);
            if found.is_empty() == (sees == 'x') {
                wrong.push(format!("{name}: {mode} says {found:?}"));
            }
            if sees == 'x' {
                distinct.entry(found).or_default().push(mode);
            }
        }
        if distinct.len() > 1 {
            wrong.push(format!("{name}: {distinct:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
