//! Revisions and ranges: `history --range` takes the commits that `git rev-list` lists. (Where git 2.47 errs, which takes
//! any commit for `:/text` instead of the youngest, there is no case.)

use std::collections::BTreeSet;
use std::process::Output;

use super::project::{Project, Scan, key};

/// Every commit but merges adds a key. Branches, tags, remotes and reflogs that say something else each.
const SETUP: &str = r#"
N=0
c() { N=$((N+1)); eval "echo \$K$N" >"f$N"; git add .; d 2024-0$N-10; git commit -qm "$1"; }
d() { GIT_COMMITTER_DATE=$1T12:00:00+00:00; GIT_AUTHOR_DATE=$GIT_COMMITTER_DATE; export GIT_COMMITTER_DATE GIT_AUTHOR_DATE; }
c 'one: start'; c 'two, with a comma'; git tag -am x v1; c 'fix: three
a second line'
git checkout -q -b topic HEAD~1; c '!four'; c 'fix: five'; git checkout -q main; d 2024-05-20
git merge -q --no-ff -m 'Merge topic' topic; c 'six {brace}'; git reset -q --hard HEAD~1; c 'seven'; git tag -am y v2 v1
git branch gone v1; git checkout -q gone; git checkout -q main; git branch -qD gone
for R in origin fork; do git init -q --bare --object-format=$(git rev-parse --show-object-format) ../$R.git; git remote add $R ../$R.git; done
git push -q origin main~1:refs/heads/main topic:refs/heads/topic; git push -q fork topic~1:refs/heads/mine/topic
git config push.default current; git fetch -q --all
git branch -q --set-upstream-to=origin/main topic; git branch -q --set-upstream-to=origin/main main
git config branch.topic.pushRemote fork; git config remote.fork.push 'refs/heads/*:refs/heads/mine/*'
git branch -q lone v1; git checkout -q topic; git checkout -q --detach HEAD~1; git checkout -q main
"#;

const REVISIONS: &[&str] = &[
    "HEAD",
    "@",
    "main",
    "v1",
    "v2^{}",
    "v2^{commit}",
    "v1^{object}",
    "main^",
    "main^2",
    "main^2~1",
    "main^^2",
    "main^^^",
    "main~2^2",
    "main^0",
    "main^{commit}~1",
    "main^{tree}",
    "v1^{tag}",
    "none",
    "none^{commit}",
    "",
    "refs/heads/topic",
    "heads/topic",
    "origin/main",
    "origin/topic",
    "HEAD:f1",
    ":f1",
    ":0:f1",
    "v1:",
    // The reflogs, by number and by date.
    "main@{0}",
    "main@{1}",
    "main@{2}",
    "main@{3}~1",
    "main@{99}",
    "HEAD@{0}",
    "HEAD@{1}",
    "HEAD@{4}",
    "@{1}",
    "@@{1}",
    "topic@{1}",
    "refs/heads/main@{2}",
    "origin/main@{0}",
    "none@{1}",
    "v1@{1}",
    "@{-1}",
    "@{-2}",
    "@{-3}~1",
    "@{-9}",
    "@{-1}@{1}",
    "@{-2}@{u}",
    "main@{2024-02-20}",
    "main@{2024-02-10}",
    "main@{2024-03-10 11:59}",
    "main@{2024-03-10 12:00:00 +0000}",
    "main@{2024-03-10T12:00:00Z}",
    "main@{@1704888000}",
    "main@{1710072000}",
    "main@{2020-01-01}",
    "main@{now}",
    "HEAD@{yesterday}",
    "main@{5.weeks.ago}",
    "@{2.months.ago}",
    "main@{3 months}",
    "main@{one year ago}",
    "topic@{last year}",
    "main@{noon yesterday}",
    "main@{10 Mar 2024}",
    "main@{march}",
    "main@{last friday}",
    "main@{never}",
    "main@{last month}",
    "main@{2024/04/01}",
    "main@{nonsense}",
    "main@{}",
    // What a branch is compared with.
    "@{u}",
    "@{upstream}",
    "main@{U}",
    "topic@{upstream}",
    "topic@{u}@{0}",
    "@{push}",
    "main@{push}",
    "topic@{push}",
    "topic@{PUSH}~1",
    "lone@{u}",
    "lone@{push}",
    "none@{u}",
    "none@{push}",
    "v1@{u}",
    "HEAD@{u}",
    // Messages.
    ":/fix",
    ":/^fix: t",
    ":/two, with",
    ":/second line",
    ":/!!four",
    ":/!four",
    ":/nowhere",
    ":/six {brace}",
    "main^{/fix}",
    "topic^{/fix}",
    "main^{/fix}~1",
    "main^{/!-seven}",
    "main^{/}",
    "main^{/nowhere}",
    "main^{/(}",
    "main^{/o{2}}",
    "main^{/fi.*three}",
    // Ranges.
    "v1..",
    "..v1",
    "v1..main",
    "topic...main",
    "main...topic",
    "...topic",
    "main^@",
    "main^!",
    "main^^!",
    "main^-",
    "main~1^-2",
    "main~1^-1",
    "main~1^-3",
    "main~1^@",
    "main^{/fix}^!",
    "@{u}..",
    "@{-1}..@",
    "v1..none",
    "main^{/two, with a comma}..topic",
];

/// Before this moment, all that is in the repository happened.
const NOW: &str = "1719835200";

fn git(project: &Project, args: &[&str]) -> Output {
    project.command("git").args(args).env("GIT_TEST_DATE_NOW", NOW).env("TZ", "UTC").output().unwrap()
}

/// The commits that a range adds; `None` if it is refused, which has to be said in one line.
fn commits(project: &Project, range: &str) -> Option<BTreeSet<String>> {
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    command.args(["history", "--format", "jsonl", "--range", range]).env("SOURCE_DATE_EPOCH", NOW);
    let output = command.output().unwrap();
    if output.status.code() == Some(2) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.lines().count() <= 2 && output.stdout.is_empty(), "{range}: {output:#?}");
        return None;
    }
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    let scan = Scan::of(super::project::Output { code, stdout: text(output.stdout), stderr: text(output.stderr) });
    Some(scan.findings.iter().map(|finding| finding["commit"]["id"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn ranges_are_those_of_git_in_both_formats() {
    let others = REVISIONS.iter().filter(|revision| revision.contains('@') || revision.contains('/'));
    std::thread::scope(|scope| {
        scope.spawn(|| compare(["sha1", "files"], REVISIONS.iter()));
        scope.spawn(|| compare(["sha256", "reftable"], others));
    });
}

fn compare<'a>([hash, refs]: [&str; 2], revisions: impl Iterator<Item = &'a &'a str>) {
    let project = Project::new();
    let formats = (format!("--object-format={hash}"), format!("--ref-format={refs}"));
    project.run_git(&["init", "-q", "-b", "main", &formats.0, &formats.1]);
    let mut setup = project.command("sh");
    for n in 1..=7 {
        setup.env(format!("K{n}"), key(n));
    }
    let setup = setup.args(["-ec", SETUP]).output().unwrap();
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    let mut wrong = Vec::new();
    for range in revisions {
        // A commit alone may be excluded, or be a tree to git.
        let commit = format!("{range}^{{commit}}");
        let is_range = ["..", "^@", "^!", "^-"].iter().any(|sign| range.contains(sign)) || range.starts_with('^');
        let is_known = is_range
            || range.starts_with(":/")
            || git(&project, &["rev-parse", "--verify", "-q", &commit]).status.success();
        let list = git(&project, &["rev-list", "--no-merges", range, "--"]);
        let expected = (is_known && list.status.success())
            .then(|| String::from_utf8(list.stdout).unwrap().lines().map(str::to_owned).collect::<BTreeSet<_>>());
        let found = commits(&project, range);
        if expected != found {
            wrong.push(format!("{range}: {:?}, not {:?}", found.map(|all| all.len()), expected.map(|all| all.len())));
        }
    }
    assert!(wrong.is_empty(), "{formats:?}: {wrong:#?}");
}
