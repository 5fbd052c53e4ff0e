//! What a push brings to the other side, seen from either.

use crate::project::{Project, key};

/// `$K` comes with a commit and goes with the next one: it would be pushed all the same.
const LEAK: &str = "echo $K >leak; git add leak; git commit -qm leak; git rm -q leak; git commit -qm gone";

/// What is done after `main` was pushed to `origin`, and whether the push must be stopped.
const CASES: &[(&str, &str, bool)] = &[
    ("clean", "echo x >>base; git commit -qam x; git push -q", false),
    ("a key", "echo $K >>base; git commit -qam x; git push -q", true),
    ("a key that went again", "LEAK; git push -q", true),
    ("a new branch", "git checkout -qb new; LEAK; git push -q origin new", true),
    ("a clean new branch", "git checkout -qb new; git push -q origin new", false),
    (
        "several branches, the last with a key",
        "git branch one; git checkout -qb two; LEAK; git push -q origin one two",
        true,
    ),
    ("everything", "git checkout -qb two; LEAK; git checkout -q main; git push -q --all", true),
    (
        "a deleted branch",
        "git push -qn origin main:refs/heads/d >/dev/null; git push -q --no-verify origin main:d; git push -q origin :d",
        false,
    ),
    (
        "a branch with a key that stays here",
        "git checkout -qb stays; LEAK; git checkout -q main; echo x >>base; git commit -qam x; git push -q",
        false,
    ),
    ("forced", "git commit -q --amend -m other; echo $K >>base; git commit -qam x; git push -qf", true),
    ("forced and clean", "git commit -q --amend -m other; git push -qf", false),
    (
        "forced over what is not here",
        "git -C ../other commit -q --allow-empty -m theirs; git -C ../other push -q; echo $K >>base; git commit -qam x; git push -qf origin main",
        true,
    ),
    ("a lightweight tag", "LEAK; git tag t; git reset -q --hard origin/main; git push -q origin t", true),
    ("an annotated tag", "LEAK; git tag -am t t; git reset -q --hard origin/main; git push -q origin t", true),
    ("a tag's message", "git tag -am \"t $K\" t; git push -q origin t", true),
    ("a clean tag", "git tag -am t t; git push -q origin t", false),
    ("a tag of a blob", "git tag b $(echo $K | git hash-object -w --stdin); git push -q origin b", true),
    ("a tag of a gzip blob", "git tag b $(echo $K | gzip | git hash-object -w --stdin); git push -q origin b", true),
    ("a tag of a tree", "echo $K >leak; git add leak; git tag b $(git write-tree); git push -q origin b", true),
    ("a commit's message", "git commit -q --allow-empty -m \"see $K\"; git push -q", true),
    ("an author's name", "git commit -q --allow-empty --author \"$K <a@example.org>\" -m x; git push -q", true),
    ("a branch's name", "git push -q origin main:refs/heads/$K", true),
    (
        "only in a merge",
        "git checkout -qb topic; echo t >t; git add t; git commit -qm t; git checkout -q main; git merge -q --no-ff --no-commit topic; echo $K >>base; git commit -qam m; git push -q",
        true,
    ),
    (
        "on a merged branch",
        "git checkout -qb topic; LEAK; git checkout -q main; echo m >m; git add m; git commit -qm m; git merge -q -m m topic; git push -q",
        true,
    ),
    (
        "what the remote has already",
        "LEAK; git push -q --no-verify; git checkout -qb again; echo x >>base; git commit -qam x; git push -q origin again",
        false,
    ),
    (
        "an old key in a touched file",
        "echo $K >>base; git commit -qam k; git push -q --no-verify; sed -i 1s/^/x/ base; git commit -qam x; git push -q",
        false,
    ),
    (
        "another remote that has it not",
        "LEAK; git push -q --no-verify; git init -q --bare ../public.git; git remote add public ../public.git; git push -q public main",
        true,
    ),
    (
        "what only a remote below this one's name has",
        "LEAK; git init -q --bare ../public.git; git init -q --bare ../private.git; git remote add pub ../public.git; git config remote.pub/priv.url ../private.git; git config remote.pub/priv.fetch '+refs/heads/*:refs/remotes/pub/priv/*'; git push -q --no-verify pub/priv main; git push -q pub main",
        true,
    ),
    ("an address instead of a name", "git push -q \"$(git remote get-url origin)\" main:refs/heads/copy", false),
    ("an address of nobody", "LEAK; git init -q --bare ../public.git; git push -q ../public.git main", true),
    (
        "a file that is left out at one path and not at another",
        "printf '[paths]\\nexclude = [\"a/**\"]\\n' >.keysweep.toml; mkdir a b; echo $K >a/k; cp a/k b/k; git add .; git commit -qm x; git push -q",
        true,
    ),
    (
        "only left out",
        "printf '[paths]\\nexclude = [\"a/**\"]\\n' >.keysweep.toml; mkdir a; echo $K >a/k; git add .; git commit -qm x; git push -q --no-verify",
        false,
    ),
    ("a file's name and mode", "git mv base moved; git commit -qam x; git push -q", false),
    ("a detached HEAD", "git checkout -q --detach; LEAK; git push -q origin HEAD:refs/heads/d", true),
];

fn play(action: &str, install: &str) -> (bool, String) {
    let project = Project::git();
    let script = format!(
        "leak() {{ {LEAK}; }}\n\
         git init -q --bare -b main ../origin.git; echo base >base; git add base; git commit -qm base\n\
         git remote add origin ../origin.git; git push -qu origin main; git clone -q ../origin.git ../other\n\
         {install} >/dev/null\n{}",
        action.replace("LEAK", "leak")
    );
    let mut command = project.command("sh");
    command.env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep")).env("K", key(1)).args(["-ec", &script]);
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn a_push_is_stopped_for_what_the_remote_has_not() {
    for (name, action, stopped) in CASES {
        let (passed, text) = play(action, "$KEYSWEEP hook install pre-push");
        assert_eq!(!passed, *stopped, "{name}: {text}");
        assert_eq!(text.contains("This push was stopped"), *stopped, "{name}: {text}");
        assert!(!text.contains(&key(1)) || *name == "a branch's name", "{name}: the key is printed: {text}");
    }
}

#[test]
fn a_server_rejects_what_is_new_to_it() {
    for (name, action, stopped) in CASES {
        // These are about what this side knows of the other, which has its own hook here.
        if action.contains("--no-verify") || action.contains("public") {
            continue;
        }
        let (passed, text) = play(action, "(cd ../origin.git; $KEYSWEEP hook install pre-receive)");
        assert_eq!(!passed, *stopped, "{name}: {text}");
        assert_eq!(text.contains("remote: This push was rejected"), *stopped, "{name}: {text}");
    }
}

#[test]
fn what_a_push_makes_a_server_do_is_limited() {
    // Ten trees of ten entries each, all the same: ten thousand million paths in twelve objects.
    let bomb = |leaf: &str| {
        format!(
            "tree=$(for i in 0 1 2 3 4 5 6 7 8 9; do echo \"{leaf}\"; done | git mktree --missing); \
             for level in 1 2 3 4 5 6 7 8 9; do \
             tree=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\t%s\\n' $tree $i; done | git mktree); done; \
             git push -q origin $(git commit-tree -p HEAD -m bomb $tree):refs/heads/bomb"
        )
    };
    let blob = "$(printf '100644 blob %s\\t%s' $(echo x | git hash-object -w --stdin) $i)";
    let submodule = "$(printf '160000 commit %s\\t%s' $(git rev-parse HEAD) $i)";
    for (name, limit, action) in [
        ("a blob at very many paths", "4MB", bomb(blob)),
        ("a submodule at very many paths", "4MB", bomb(submodule)),
        (
            "much content",
            "100KB",
            "yes T3Blbk''FJ | head -c 1000000 | tr -d '\\n' >base; git commit -qam x; git push -q".into(),
        ),
        (
            "a long message",
            "100KB",
            "yes words | head -c 200000 | git commit -q --allow-empty -F -; git push -q".into(),
        ),
    ] {
        let install = format!(
            "(cd ../origin.git; printf '[hook]\\nreceive-limit = \"{limit}\"\\n' >.keysweep.toml; $KEYSWEEP hook install pre-receive)"
        );
        let (passed, text) = play(&action, &install);
        assert!(!passed, "{name}: {text}");
        let said = text.lines().filter(|line| line.contains("more work than the limit of")).count();
        assert_eq!(said, 1, "{name}: {text}");
    }
}

#[test]
fn a_pushers_marker_counts_only_if_the_server_says_so() {
    let action = "echo \"$K # keysweep:allow\" >>base; git commit -qam x; git push -q";
    let server = "cd ../origin.git; $KEYSWEEP hook install pre-receive";
    for (install, stopped) in [
        ("$KEYSWEEP hook install pre-push".to_owned(), false),
        (format!("({server})"), true),
        (format!("({server}; printf '[hook]\\nreceive-markers = true\\n' >.keysweep.toml)"), false),
    ] {
        let (passed, text) = play(action, &install);
        assert_eq!(!passed, stopped, "{install}: {text}");
        assert_eq!(text.contains("markers in pushed files do not count here"), stopped, "{install}: {text}");
    }
}

/// What `pre-push` says of a commit of this tree.
fn pushed_tree(project: &Project, repository: &git2::Repository, tree: git2::Oid) -> crate::project::Output {
    let tree = tree.to_string();
    let commit = project.command("git").args(["commit-tree", "-m", "x", &tree]).output().unwrap();
    // git itself may refuse to look into such a tree.
    let commit = match commit.status.success() {
        true => String::from_utf8(commit.stdout).unwrap(),
        false => {
            let who = git2::Signature::now("Ada", "ada@example.org").unwrap();
            let text = format!("tree {tree}\nauthor {who} 0 +0000\ncommitter {who} 0 +0000\n\nx\n");
            repository.odb().unwrap().write(git2::ObjectType::Commit, text.as_bytes()).unwrap().to_string()
        }
    };
    let input = format!("refs/heads/x {} refs/heads/x {}\n", commit.trim(), "0".repeat(40));
    project.run_with(["hook", "run", "pre-push"], input.as_bytes())
}

#[test]
fn a_tree_may_be_as_deep_as_it_likes() {
    let project = Project::git();
    let repository = git2::Repository::open(project.root()).unwrap();
    let odb = repository.odb().unwrap();
    let mut id = odb.write(git2::ObjectType::Blob, format!("k = '{}'\n", key(1)).as_bytes()).unwrap();
    let mut mode = "100644";
    for _ in 0..6000 {
        let entry = [format!("{mode} d\0").as_bytes(), id.as_bytes()].concat();
        id = odb.write(git2::ObjectType::Tree, &entry).unwrap();
        mode = "40000";
    }
    let output = pushed_tree(&project, &repository, id);
    assert!(output.code == 1 && output.stdout.contains("This push was stopped"), "{output:?}");
}

#[test]
fn a_tree_that_holds_itself_is_an_error() {
    let project = Project::git();
    let repository = git2::Repository::open(project.root()).unwrap();
    let id = repository.odb().unwrap().write(git2::ObjectType::Tree, b"").unwrap();
    let (first, rest) = (&id.to_string()[..2], &id.to_string()[2..]);
    let entry = [&b"40000 d\0"[..], id.as_bytes()].concat();
    let object = [format!("tree {}\0", entry.len()).as_bytes(), &entry].concat();
    let mut loose = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut loose, &object).unwrap();
    let file = project.path(format!(".git/objects/{first}/{rest}"));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, loose.finish().unwrap()).unwrap();
    let output = pushed_tree(&project, &repository, id);
    assert!(output.code == 2 && output.stderr.contains("cannot read"), "{output:?}");
}

#[test]
fn a_server_gives_up_in_time_and_says_so() {
    let project = Project::git();
    project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    let head = project.command("git").args(["rev-parse", "HEAD"]).output().unwrap().stdout;
    let head = String::from_utf8(head).unwrap();
    let input = format!("{} {} refs/heads/x\n", "0".repeat(40), head.trim());
    let output = project.run_with(["hook", "run", "pre-receive", "--timeout", "0"], input.as_bytes());
    assert!(output.code == 2 && output.stderr.contains("it took longer than 0 seconds"), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    project.write(".keysweep.toml", "[hook]\nreceive-timeout = 0\n");
    let configured = project.run_with(["hook", "run", "pre-receive"], input.as_bytes());
    assert_eq!(configured, output);
    std::fs::remove_file(project.path(".keysweep.toml")).unwrap();
    let output = project.run_with(["hook", "run", "pre-receive"], b"nonsense\n");
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("git wrote \"nonsense\" to standard input"), "{output:?}");
}
