//! `keysweep ci` in recorded situations: the environment and the event file of a CI system, and a real repository. What
//! is scanned is compared with `git rev-list`, and what is found with a search of every blob that comes in.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::project::{Output, Project, key};

/// Words for the situations. `leak` adds a key in one commit and takes it out in the next, where no tree has it.
const WORDS: &str = r#"
n=0
c() { n=$((n+1)); echo "$1 $n" >"$1"; git add -- "$1"; git commit -qm "$1"; }
leak() { mkdir -p conf; echo "k = '$K'" >conf/leak; git add conf; git commit -qm 'add settings'; git rm -q conf/leak; git commit -qm 'settle'; }
id() { git rev-parse "$1^{commit}"; }
var() { printf '%s=%s\n' "$1" "$2" >>../env; }
remote() { for b in "$@"; do git update-ref "refs/remotes/origin/$b" "$b"; done; }
github() { var GITHUB_ACTIONS true; var GITHUB_EVENT_NAME "$1"; var GITHUB_SHA "$2"; var GITHUB_REF "$3"; var GITHUB_EVENT_PATH "$PWD/../event.json"
  var GITHUB_SERVER_URL https://github.example; var GITHUB_REPOSITORY a/b; }
event() { printf '%s' "$1" >../event.json; }
pull() { github "${4:-pull_request}" "$3" refs/pull/1/merge
  event "{\"pull_request\":{\"base\":{\"sha\":\"$1\",\"ref\":\"main\"},\"head\":{\"sha\":\"$2\",\"ref\":\"topic\"}},\"repository\":{\"default_branch\":\"main\"}}"; }
push() { github push "$(id "$3")" "$1"
  event "{\"ref\":\"$1\",\"before\":\"$2\",\"after\":\"$(git rev-parse "$3")\",\"repository\":{\"default_branch\":\"main\"}}"; }
gitlab() { var GITLAB_CI true; var CI_PIPELINE_SOURCE "$1"; var CI_COMMIT_SHA "$(id "$2")"; var CI_DEFAULT_BRANCH main; var CI_COMMIT_BEFORE_SHA "${3:-$Z}"; }
Z=0000000000000000000000000000000000000000
c a; c b; git branch -q first; remote main
git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
topic() { git checkout -q -b topic; c t; leak; c u; }
"#;

/// A situation, what makes it, and the revisions for `git rev-list`; empty if nothing comes in.
const SITUATIONS: &[(&str, &str, &str)] = &[
    ("github: pull request, its head checked out", "topic; pull $(id main) $(id topic) $(id topic)", "topic ^main"),
    (
        "github: pull request, the test merge checked out",
        "topic; git checkout -q --detach main; git merge -q --no-ff -m m topic; pull $(id main) $(id topic) $(id HEAD)",
        "HEAD ^main",
    ),
    (
        "github: pull request from a fork: no branch but the merge is here",
        "topic; t=$(id topic); git checkout -q --detach main; git merge -q --no-ff -m m topic; git branch -qD topic; pull $(id main) $t $(id HEAD)",
        "HEAD ^main",
    ),
    (
        "github: the run of another workflow ended, and its commit is checked out nowhere",
        "topic; git checkout -q main; github workflow_run $(id main) refs/heads/main; event \"{\\\"workflow_run\\\":{\\\"head_sha\\\":\\\"$(id topic)\\\",\\\"head_branch\\\":\\\"topic\\\"}}\"",
        "topic ^main",
    ),
    (
        "github: a comment, for which the workflow checked out a pull request",
        "topic; git checkout -q --detach; github issue_comment $(id main) refs/heads/main; event '{\"issue\":{\"number\":1}}'",
        "topic ^main",
    ),
    (
        "github: started by hand for the default branch, another is checked out",
        "topic; github workflow_dispatch $(id main) refs/heads/main; event '{\"repository\":{\"default_branch\":\"main\"}}'",
        "topic ^main",
    ),
    (
        "jenkins: a job of one branch, whose remote has another name",
        "topic; git checkout -q main; git merge -q topic; git update-ref -d refs/remotes/origin/main; git symbolic-ref -d refs/remotes/origin/HEAD; git checkout -q --detach; var JENKINS_URL x; var GIT_COMMIT $(id HEAD); var GIT_BRANCH upstream/main",
        "main",
    ),
    (
        "github: pull request whose base has moved on",
        "old=$(id main); topic; git checkout -q main; c n; remote main; git checkout -q --detach; git merge -q --no-ff -m m topic; pull $old $(id topic) $(id HEAD)",
        "HEAD ^main",
    ),
    (
        "github: pull request that was rebased",
        "topic; git checkout -q main; c n; remote main; git checkout -q topic; git rebase -q main; pull $(id main) $(id topic) $(id topic)",
        "topic ^main",
    ),
    (
        "github: pull request stacked on another branch",
        "git checkout -q -b lower; c l; remote lower; topic; pull $(id lower) $(id topic) $(id topic)",
        "topic ^lower",
    ),
    (
        "github: pull request whose base branch was deleted",
        "git checkout -q -b lower; c l; l=$(id lower); topic; git branch -qD lower; pull $l $(id topic) $(id topic)",
        "topic ^topic~4",
    ),
    (
        "github: pull request that merged its base, with a key in that merge alone",
        "git checkout -q -b topic; c t; git checkout -q main; c n; remote main; git checkout -q topic; git merge -q --no-commit main; echo $K >k; git add k; git commit -qm m; git rm -q k; git commit -qm r; pull $(id main) $(id topic) $(id topic)",
        "topic ^main",
    ),
    (
        "github: pull request with a key in an old version of a file that stays",
        "git checkout -q -b topic; echo $K >a; git commit -qam k; c a; pull $(id main) $(id topic) $(id topic)",
        "topic ^main",
    ),
    (
        "github: pull request of somebody whose review started it",
        "topic; pull $(id main) $(id topic) $(id topic) pull_request_review",
        "topic ^main",
    ),
    (
        "github: pull_request_target, the head fetched beside the base",
        "topic; git checkout -q main; pull $(id main) $(id topic) $(id main) pull_request_target",
        "topic ^main",
    ),
    (
        "github: merge queue",
        "topic; git checkout -q --detach main; git merge -q --no-ff -m m topic; github merge_group $(id HEAD) refs/heads/gh-readonly-queue/main/pr-1; event \"{\\\"merge_group\\\":{\\\"base_sha\\\":\\\"$(id main)\\\",\\\"head_sha\\\":\\\"$(id HEAD)\\\"}}\"",
        "HEAD ^main",
    ),
    (
        "github: push of several commits",
        "topic; remote topic; push refs/heads/topic $(id topic~3) topic",
        "topic ^topic~3",
    ),
    ("github: push to the default branch", "leak; remote main; push refs/heads/main $(id first) main", "main ^first"),
    ("github: push of a new branch", "topic; remote topic; push refs/heads/topic $Z topic", "topic ^main"),
    (
        "github: push of a new branch stacked on one that is pushed",
        "git checkout -q -b lower; leak; git checkout -q -b topic; c t; remote lower topic; push refs/heads/topic $Z topic",
        "topic ^main",
    ),
    (
        "github: two new branches at the same commit",
        "topic; git branch -q twin; remote topic twin; push refs/heads/topic $Z topic",
        "topic ^main",
    ),
    (
        "github: forced push, the old commits still here",
        "git checkout -q -b topic; c x; old=$(id topic); git reset -q --hard main; leak; remote topic; push refs/heads/topic $old topic",
        "topic ^main",
    ),
    (
        "github: forced push, the old commits gone",
        "topic; remote topic; push refs/heads/topic 1234567890123456789012345678901234567890 topic",
        "topic ^main",
    ),
    (
        "github: forced push to the default branch, the old commits gone",
        "leak; remote main; push refs/heads/main 1234567890123456789012345678901234567890 main",
        "main",
    ),
    ("github: first push", "leak; remote main; push refs/heads/main $Z main", "main"),
    ("github: push that changes nothing", "leak; remote main; push refs/heads/main $(id main) main", ""),
    (
        "github: push back to an older commit",
        "leak; new=$(id main); git reset -q --hard first; push refs/heads/main $new main",
        "",
    ),
    (
        "github: push that deletes a branch",
        "github push $(id main) refs/heads/x; event \"{\\\"ref\\\":\\\"refs/heads/x\\\",\\\"before\\\":\\\"$(id main)\\\",\\\"after\\\":\\\"$Z\\\",\\\"deleted\\\":true}\"",
        "",
    ),
    (
        "github: push of a merge",
        "topic; git checkout -q main; old=$(id main); c n; mid=$(id main); git merge -q --no-ff -m m topic; remote main; push refs/heads/main $mid main",
        "main ^main~1",
    ),
    (
        "github: push of an octopus merge",
        "topic; git checkout -q -b more first; c m; git checkout -q main; c n; git merge -q -m m topic more; push refs/heads/main $(id first) main",
        "main ^first",
    ),
    (
        "github: push of a history of its own",
        "git checkout -q --orphan lone; git rm -rqf .; c l; leak; remote lone; push refs/heads/lone $Z lone",
        "lone",
    ),
    ("github: push of a tag", "topic; git tag v1; git checkout -q --detach; push refs/tags/v1 $Z v1", "v1 ^main"),
    ("github: push of an annotated tag", "topic; git tag -a -m v1 v1; push refs/tags/v1 $Z v1", "topic ^main"),
    (
        "github: release",
        "topic; git tag v1; github release $(id v1) refs/tags/v1; event '{\"release\":{\"tag_name\":\"v1\"},\"repository\":{\"default_branch\":\"main\"}}'",
        "v1 ^main",
    ),
    (
        "github: started by hand on a branch",
        "topic; github workflow_dispatch $(id topic) refs/heads/topic; event '{\"repository\":{\"default_branch\":\"main\"}}'",
        "topic ^main",
    ),
    (
        "github: started by hand on the default branch",
        "leak; github workflow_dispatch $(id main) refs/heads/main; event '{\"repository\":{\"default_branch\":\"main\"}}'",
        "main",
    ),
    (
        "github: a branch was created",
        "topic; github create $(id topic) refs/heads/topic; event '{\"ref\":\"topic\",\"ref_type\":\"branch\",\"repository\":{\"default_branch\":\"main\"}}'",
        "topic ^main",
    ),
    (
        "forgejo: push",
        "topic; remote topic; push refs/heads/topic $(id topic~3) topic; var FORGEJO_ACTIONS true",
        "topic ^topic~3",
    ),
    ("gitlab: push", "topic; gitlab push topic $(id topic~3); var CI_COMMIT_BRANCH topic", "topic ^topic~3"),
    ("gitlab: push of a new branch", "topic; gitlab push topic; var CI_COMMIT_BRANCH topic", "topic ^main"),
    (
        "gitlab: merge request, detached",
        "topic; gitlab merge_request_event topic; var CI_MERGE_REQUEST_DIFF_BASE_SHA $(id main); var CI_MERGE_REQUEST_SOURCE_BRANCH_NAME topic",
        "topic ^main",
    ),
    (
        "gitlab: merge request, merged results",
        "topic; git checkout -q main; c n; remote main; git checkout -q --detach; git merge -q --no-ff -m m topic; gitlab merge_request_event HEAD; var CI_MERGE_REQUEST_EVENT_TYPE merged_result; var CI_MERGE_REQUEST_DIFF_BASE_SHA $(id first); var CI_MERGE_REQUEST_SOURCE_BRANCH_SHA $(id topic); var CI_MERGE_REQUEST_TARGET_BRANCH_SHA $(id main)",
        "HEAD ^main",
    ),
    (
        "gitlab: merge train, behind another merge request",
        "git checkout -q -b other; c o; topic2() { git checkout -q -b topic main; leak; }; topic2; git checkout -q --detach main; git merge -q --no-ff -m one other; train=$(id HEAD); git merge -q --no-ff -m two topic; gitlab merge_request_event HEAD; var CI_MERGE_REQUEST_EVENT_TYPE merge_train; var CI_MERGE_REQUEST_SOURCE_BRANCH_SHA $(id topic); var CI_MERGE_REQUEST_TARGET_BRANCH_SHA $(id main)",
        "HEAD ^HEAD~1 ^main",
    ),
    ("gitlab: tag", "topic; git tag v1; gitlab push v1; var CI_COMMIT_TAG v1", "v1 ^main"),
    ("gitlab: started in the browser", "topic; gitlab web topic; var CI_COMMIT_BRANCH topic", "topic ^main"),
    (
        "bitbucket: pull request",
        "topic; var BITBUCKET_BUILD_NUMBER 1; var BITBUCKET_COMMIT $(id topic); var BITBUCKET_BRANCH topic; var BITBUCKET_PR_ID 1; var BITBUCKET_PR_DESTINATION_BRANCH main",
        "topic ^main",
    ),
    (
        "bitbucket: push to the default branch",
        "leak; remote main; var BITBUCKET_BUILD_NUMBER 1; var BITBUCKET_COMMIT $(id main); var BITBUCKET_BRANCH main",
        "main",
    ),
    (
        "azure: pull request",
        "topic; git checkout -q --detach main; git merge -q --no-ff -m m topic; var TF_BUILD True; var BUILD_SOURCEVERSION $(id HEAD); var BUILD_SOURCEBRANCH refs/pull/1/merge; var SYSTEM_PULLREQUEST_TARGETBRANCH refs/heads/main; var SYSTEM_PULLREQUEST_SOURCECOMMITID $(id topic); var SYSTEM_PULLREQUEST_SOURCEBRANCH refs/heads/topic",
        "HEAD ^main",
    ),
    (
        "azure: push to a branch",
        "topic; var TF_BUILD True; var BUILD_REASON IndividualCI; var BUILD_SOURCEVERSION $(id topic); var BUILD_SOURCEBRANCH refs/heads/topic",
        "topic ^main",
    ),
    (
        "jenkins: change request",
        "topic; var JENKINS_URL http://ci.example; var GIT_COMMIT $(id topic); var CHANGE_TARGET main; var CHANGE_BRANCH topic",
        "topic ^main",
    ),
    (
        "jenkins: branch, since the last build that passed",
        "leak; remote main; var JENKINS_URL http://ci.example; var GIT_COMMIT $(id main); var BRANCH_NAME main; var GIT_PREVIOUS_SUCCESSFUL_COMMIT $(id first)",
        "main ^first",
    ),
    (
        "buildkite: pull request",
        "topic; var BUILDKITE true; var BUILDKITE_COMMIT $(id topic); var BUILDKITE_BRANCH topic; var BUILDKITE_PULL_REQUEST 7; var BUILDKITE_PULL_REQUEST_BASE_BRANCH main",
        "topic ^main",
    ),
    (
        "circleci: branch",
        "topic; var CIRCLECI true; var CIRCLE_SHA1 $(id topic); var CIRCLE_BRANCH topic",
        "topic ^main",
    ),
    (
        "drone: pull request",
        "topic; var DRONE true; var DRONE_BUILD_EVENT pull_request; var DRONE_COMMIT_SHA $(id topic); var DRONE_TARGET_BRANCH main; var DRONE_SOURCE_BRANCH topic",
        "topic ^main",
    ),
    (
        "drone: push",
        "leak; remote main; var DRONE true; var DRONE_BUILD_EVENT push; var DRONE_COMMIT_SHA $(id main); var DRONE_COMMIT_BEFORE $(id first); var DRONE_COMMIT_BRANCH main",
        "main ^first",
    ),
    (
        "woodpecker: pull request",
        "topic; var CI woodpecker; var CI_PIPELINE_EVENT pull_request; var CI_COMMIT_SHA $(id topic); var CI_COMMIT_TARGET_BRANCH main; var CI_COMMIT_SOURCE_BRANCH topic; var CI_REPO_DEFAULT_BRANCH main",
        "topic ^main",
    ),
    ("no CI system: a branch", "topic", "topic ^main"),
];

struct Situation {
    project: Project,
    variables: Vec<(String, String)>,
}

impl Situation {
    fn new(script: &str) -> Self {
        Self::of(Project::git(), script)
    }

    fn of(project: Project, script: &str) -> Self {
        let mut command = project.command("sh");
        command.env("K", key(1)).args(["-ec", &format!("{WORDS}\n{script}")]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        let variables = std::fs::read_to_string(project.root().join("../env")).unwrap_or_default();
        let variables = variables.lines().filter_map(|line| line.split_once('='));
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { project, variables }
    }

    fn ci(&self, args: &[&str]) -> Output {
        let mut command = self.project.command(env!("CARGO_BIN_EXE_keysweep"));
        for name in ["CIRCLECI", "TF_BUILD", "BUILDKITE", "DRONE", "JENKINS_URL", "BITBUCKET_BUILD_NUMBER"] {
            command.env_remove(name);
        }
        command.arg("ci").args(args).envs(self.variables.iter().cloned());
        let output = command.output().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn lines(&self, command: &mut Command) -> BTreeSet<String> {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    fn commits(&self, revisions: &str) -> BTreeSet<String> {
        if revisions.is_empty() {
            return BTreeSet::new();
        }
        self.lines(self.project.command("git").arg("rev-list").args(revisions.split(' ')))
    }

    /// Paths of all blobs that come in and hold the key, found without keysweep.
    fn brute(&self, revisions: &str) -> BTreeSet<String> {
        if revisions.is_empty() {
            return BTreeSet::new();
        }
        let script = "git rev-list --objects \"$@\" | while read -r id path; do \
            if [ -n \"$path\" ] && git cat-file -p \"$id\" | grep -q -F -e \"$K\"; then echo \"$path\"; fi; done";
        let mut command = self.project.command("sh");
        self.lines(command.env("K", key(1)).args(["-ec", script, "sh"]).args(revisions.split(' ')))
    }
}

fn paths(output: &Output) -> BTreeSet<String> {
    let findings = output.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    findings.filter_map(|finding| Some(finding["location"]["path"].as_str()?.to_owned())).collect()
}

#[test]
fn each_situation_is_scanned_commit_by_commit() {
    assert!(SITUATIONS.len() >= 40);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, script, revisions)) =
                    SITUATIONS.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    one(Project::git(), name, script, revisions);
                }
            });
        }
    });
}

/// Repositories of other formats know their commits as well.
#[test]
fn situations_are_the_same_with_other_ids_and_other_references() {
    let formats: [&[&str]; 3] =
        [&["--object-format=sha256"], &["--ref-format=reftable"], &["--object-format=sha256", "--ref-format=reftable"]];
    std::thread::scope(|scope| {
        for (at, format) in formats.into_iter().enumerate() {
            scope.spawn(move || {
                for (name, script, revisions) in SITUATIONS.iter().skip(at).step_by(7) {
                    let project = Project::new();
                    let init = [&["init", "-q", "-b", "main"], format].concat();
                    if !project.command("git").args(&init).status().unwrap().success() {
                        assert!(format.iter().any(|option| option.contains("reftable")), "git knows no {format:?}");
                        // Older versions of git have no such references.
                        return;
                    }
                    one(project, &format!("{name}, {format:?}"), script, revisions);
                }
            });
        }
    });
}

fn one(project: Project, name: &str, script: &str, revisions: &str) {
    let situation = Situation::of(project, script);
    let dry = situation.ci(&["--dry-run"]);
    assert_eq!(dry.code, 0, "{name}: {dry:?}");
    let commits = dry.stdout.lines().filter_map(|line| line.strip_prefix("commit   "));
    assert_eq!(commits.map(str::to_owned).collect::<BTreeSet<_>>(), situation.commits(revisions), "{name}: {dry:?}");
    let output = situation.ci(&["-f", "jsonl"]);
    let brute = situation.brute(revisions);
    assert_eq!(paths(&output), brute, "{name}: {output:?}");
    assert_eq!(output.code, i32::from(!revisions.is_empty()), "{name}: {output:?}");
    assert_eq!(brute.is_empty(), revisions.is_empty(), "{name}: no key comes in, so nothing is shown by it");
    if !revisions.is_empty() {
        let tree = situation.ci(&["--scope", "tree", "-f", "jsonl"]);
        assert_eq!(paths(&tree), BTreeSet::new(), "{name}: a scan of the tree misses it: {tree:?}");
    }
}

#[test]
fn a_schedule_looks_at_everything_and_the_scope_can_be_chosen() {
    for script in [
        "topic; git checkout -q main; github schedule $(id main) refs/heads/main; event '{}'",
        "topic; git checkout -q main; gitlab schedule main; var CI_COMMIT_BRANCH main",
    ] {
        let situation = Situation::new(script);
        let output = situation.ci(&["-f", "jsonl"]);
        assert_eq!((output.code, paths(&output)), (1, BTreeSet::from(["conf/leak".to_owned()])), "{output:?}");
        let tree = situation.ci(&["--scope", "tree", "-f", "jsonl"]);
        assert_eq!(tree.code, 0, "{tree:?}");
    }
}

#[test]
fn what_stands_in_no_file_is_found() {
    for (part, script) in [
        (
            "message",
            "git checkout -q -b topic; echo x >x; git add x; git commit -qm \"m $K\"; pull $(id main) $(id topic) $(id topic)",
        ),
        (
            "author",
            "git checkout -q -b topic; GIT_AUTHOR_NAME=$K git commit -q --allow-empty -m m; pull $(id main) $(id topic) $(id topic)",
        ),
        ("tag", "git tag -a -m \"t $K\" v1; push refs/tags/v1 $Z v1"),
        ("ref", "git checkout -q -b x-$K; c x; push refs/heads/x-$K $Z HEAD"),
    ] {
        let situation = Situation::new(script);
        let output = situation.ci(&["-f", "jsonl"]);
        let finding: Value = serde_json::from_str(output.stdout.lines().next().unwrap()).unwrap();
        assert_eq!((output.code, finding["location"]["part"].as_str()), (1, Some(part)), "{output:?}");
        assert!(!output.stdout.contains(&key(1)), "{part}: {output:?}");
    }
}

#[test]
fn what_cannot_be_seen_is_never_passed() {
    let shallow =
        "topic; cd ..; git clone -q --depth 1 --branch topic \"file://$PWD/work\" s; rm -rf work; mv s work; cd work; ";
    let by_hand = "git remote set-branches origin '*' && git fetch --unshallow";
    for (script, remedy) in [
        (format!("{shallow} pull 1234567890123456789012345678901234567890 $(id HEAD) $(id HEAD)"), "`fetch-depth: 0`"),
        (format!("{shallow} gitlab push HEAD 1234567890123456789012345678901234567890; var CI_COMMIT_BRANCH topic"), "`GIT_DEPTH: 0`"),
        (format!("{shallow} var TF_BUILD True; var BUILD_SOURCEVERSION $(id HEAD); var SYSTEM_PULLREQUEST_TARGETBRANCH main"), "`fetchDepth: 0`"),
        (shallow.to_owned(), by_hand),
        ("topic; t=$(id topic); git checkout -q --detach main; git merge -q --no-ff -m m topic; git update-ref refs/pull/1/merge HEAD; m=$(id HEAD); b=$(id main); git init -q ../s; cd ../s; git fetch -q --depth 1 \"file://$PWD/../work\" refs/pull/1/merge; git checkout -q --detach FETCH_HEAD; cd ..; rm -rf work; mv s work; cd work; pull $b $t $m".to_owned(), "`fetch-depth: 0`"),
        ("topic; pull 1234567890123456789012345678901234567890 $(id topic) $(id topic)".to_owned(), "--base"),
        ("topic; gitlab push topic; var CI_COMMIT_TAG v1".to_owned(), "git fetch --tags"),
        ("git tag v1 main:a; gitlab push main; var CI_COMMIT_TAG v1".to_owned(), "keysweep history"),
        ("topic; git checkout -q main; pull $(id main) 1234567890123456789012345678901234567890 $(id main) pull_request_target".to_owned(), "git fetch origin 1234567890"),
        ("topic; git update-ref -d refs/remotes/origin/main; git branch -qD main; push refs/heads/topic $Z topic".to_owned(), "--base"),
    ] {
        let situation = Situation::new(&script);
        let output = situation.ci(&[]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{script}: {output:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        assert!(output.stderr.contains(remedy) && output.stderr.contains(" clone"), "{remedy}: {output:?}");
    }
    let situation = Situation::new("topic; var JENKINS_URL x; var GIT_COMMIT $(id topic); var CHANGE_TARGET rel");
    #[cfg(unix)]
    {
        let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"rel\xff");
        let mut command = situation.project.command(env!("CARGO_BIN_EXE_keysweep"));
        let output = command.args(["ci", "--dry-run"]).envs(situation.variables.clone()).env("CHANGE_TARGET", name);
        assert_eq!(output.output().unwrap().status.code(), Some(2), "a branch whose name is not UTF-8");
    }
    assert_eq!(situation.ci(&["--dry-run"]).code, 2);
    for option in ["--base", "--head", "--policy-from"] {
        let unset = situation.ci(&[option, ""]);
        assert!(unset.code == 2 && unset.stderr.contains(&format!("a value is required for '{option} ")), "{unset:?}");
    }
    let nothing = Situation::new("topic; git checkout -q main").ci(&["--base", "topic", "--head", "main"]);
    assert!(nothing.code == 0 && nothing.stdout.contains("no commit is new"), "{nothing:?}");
    let partial = "topic; git config uploadpack.allowFilter true; b=$(id main); t=$(id topic); cd ..; \
                   git clone -q --filter=blob:none --branch topic \"file://$PWD/work\" s; rm -rf work; mv s work; cd work; pull $b $t $t";
    let situation = Situation::new(partial);
    let output = situation.ci(&["-f", "jsonl"]);
    assert_eq!((output.code, output.stderr.lines().count()), (2, 1), "{output:?}");
    assert!(output.stderr.contains("of its objects are not in this partial clone"), "{output:?}");
    assert!(output.stderr.contains("--refetch --no-filter"), "{output:?}");
    let situation = Situation::new(&format!("{shallow} pull $Z $(id HEAD) $(id HEAD)"));
    let output = situation.ci(&["--allow-shallow"]);
    assert!(output.code == 0 && output.stdout.contains("incomplete, as --allow-shallow allows"), "{output:?}");
}

#[test]
fn the_policy_is_the_base_s() {
    let change = "pull $(id main) $(id topic) $(id topic)";
    for (name, script) in [
        ("a marker", "echo \"$K # keysweep:allow\" >k"),
        ("a marker above", "printf '# keysweep:allow-next-line\\n%s\\n' \"$K\" >k"),
        ("an ignore file", "echo $K >k; echo FINGERPRINT >.keysweepignore"),
        ("an exclusion", "echo $K >k; printf '[paths]\\nexclude = [\"k\"]\\n' >.keysweep.toml"),
    ] {
        let fingerprint = keysweep::core::finding::Fingerprint::of(key(1).as_bytes()).to_string();
        let script = script.replace("FINGERPRINT", &fingerprint);
        // Another commit moves the lines, so that no line number of the tree is that of the commit.
        let moved = "git add -A; git commit -qm k; sed -i '1i x' k; git commit -qam moved";
        let situation = Situation::new(&format!("git checkout -q -b topic; {script}; {moved}; {change}"));
        let output = situation.ci(&["-f", "human"]);
        assert_eq!(output.code, 1, "{name}: {output:?}");
        assert!(output.stdout.contains("this change adds a suppression, which does not count"), "{name}: {output:?}");
        let own = situation.ci(&["--policy-from", "none"]);
        assert_ne!(own.code, 1, "{name}: its own policy would pass it: {own:?}");
    }
    let accepted = "echo \"$K # keysweep:allow\" >k; git add k; git commit -qm k; remote main; git checkout -q -b topic; \
                    sed -i 's/ #/  #/' k; git commit -qam spaces";
    let situation = Situation::new(&format!("{accepted}; {change}"));
    let output = situation.ci(&["-f", "human"]);
    assert_eq!(output.code, 0, "what the base accepts stays accepted: {output:?}");
}

#[test]
fn a_change_of_which_nothing_was_scanned_does_not_pass() {
    let exclude = "printf '[paths]\\nexclude = [\"**\"]\\n' >.keysweep.toml; git add -A; git commit -qm c; remote main";
    let situation = Situation::new(&format!("{exclude}; topic; pull $(id main) $(id topic) $(id topic)"));
    let output = situation.ci(&[]);
    assert!(output.code == 2 && output.stderr.contains("files that it changes was scanned"), "{output:?}");
    let output = situation.ci(&["--allow-empty"]);
    assert_eq!(output.code, 0, "{output:?}");
}

#[test]
fn each_system_gets_what_it_shows() {
    let situation = Situation::new(
        "topic; pull $(id main) $(id topic) $(id topic); var GITHUB_STEP_SUMMARY $PWD/../summary.md; echo before >../summary.md",
    );
    let output = situation.ci(&["--comment-file", "comment.md", "-o", "keys.sarif"]);
    assert_eq!(output.code, 1, "{output:?}");
    let human = output.stdout.find("1 key found").unwrap();
    assert!(output.stdout.find("\n::error file=conf/leak,line=1").unwrap() > human, "{output:?}");
    let read = |path: &str| std::fs::read_to_string(situation.project.root().join(path)).unwrap();
    assert!(read("../summary.md").starts_with("before\n<!-- keysweep report -->\n### keysweep: 1 key found"));
    assert!(read("comment.md").starts_with("<!-- keysweep report -->\n"));
    #[cfg(unix)]
    {
        situation.project.command("mkfifo").arg("../fifo").status().unwrap();
        let mut command = situation.project.command(env!("CARGO_BIN_EXE_keysweep"));
        command.arg("ci").envs(situation.variables.clone()).env("GITHUB_STEP_SUMMARY", "../fifo");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("cannot write the job summary ../fifo: it is a FIFO"), "{said}");
    }
    let sarif: Value = serde_json::from_str(&read("keys.sarif")).unwrap();
    let provenance = &sarif["runs"][0]["versionControlProvenance"][0];
    assert_eq!(provenance["repositoryUri"], "https://github.example/a/b", "{sarif:#}");
    // Elsewhere than in CI, too: the address of the remote, without a password.
    situation.project.run_git(&["remote", "add", "origin", "https://ada:word@git.example/a/b.git"]);
    let head = situation.lines(situation.project.command("git").args(["rev-parse", "HEAD"])).into_iter().next();
    for command in ["scan", "history"] {
        let output = situation.project.run([command, "-f", "sarif"]);
        let sarif: Value = serde_json::from_str(&output.stdout).unwrap();
        let provenance = &sarif["runs"][0]["versionControlProvenance"][0];
        assert_eq!(provenance["repositoryUri"], "https://git.example/a/b.git", "{command}: {provenance}");
        assert_eq!(provenance["branch"], "topic", "{command}");
        assert_eq!(provenance["revisionId"].as_str(), head.as_deref(), "{command}");
    }
    let plain = situation.ci(&["-f", "json"]);
    let report: Value = serde_json::from_str(&plain.stdout).unwrap();
    let change = &report["summary"]["change"];
    assert_eq!(
        (change["system"].as_str(), change["kind"].as_str()),
        (Some("github"), Some("pull-request")),
        "{change}"
    );

    let situation = Situation::new("topic; gitlab push topic; var CI_COMMIT_BRANCH topic");
    let output = situation.ci(&[]);
    assert!(output.code == 1 && !output.stdout.contains("::error"), "{output:?}");
    let report = std::fs::read_to_string(situation.project.path("gl-secret-detection-report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["vulnerabilities"][0]["location"]["file"], "conf/leak");
    #[cfg(unix)]
    {
        // The change could have brought it.
        std::fs::remove_file(situation.project.path("gl-secret-detection-report.json")).unwrap();
        situation.project.write("../other", "other");
        std::os::unix::fs::symlink("../other", situation.project.path("gl-secret-detection-report.json")).unwrap();
        let output = situation.ci(&[]);
        assert!(output.code == 2 && output.stderr.contains("it is a symbolic link"), "{output:?}");
        assert_eq!(std::fs::read_to_string(situation.project.path("../other")).unwrap(), "other");
    }
}

/// The workflows of `docs/ci.md` and the action, by the linters that people have.
#[test]
fn workflows_pass_their_linters_where_those_are_installed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/ci.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let workflows: Vec<&str> = blocks.filter(|block| block.starts_with("name: ")).collect();
    assert_eq!(workflows.len(), 2);
    let project = Project::git();
    for (number, workflow) in workflows.iter().enumerate() {
        assert!(workflow.contains("fetch-depth: 0") && workflow.contains("permissions: {}"), "{workflow}");
        project.write(format!(".github/workflows/{number}.yml"), workflow);
    }
    project.write("action.yml", std::fs::read_to_string(root.join("action.yml")).unwrap());
    for (tool, arguments) in [("actionlint", &[][..]), ("zizmor", &["--offline", "."])] {
        // A machine without it has nothing to say.
        let Ok(output) = project.command(tool).args(arguments).output() else { continue };
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&text));
    }
}
