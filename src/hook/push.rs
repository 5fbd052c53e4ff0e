//! What a push brings: the references that git names, and the commits which the other side has not.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bstr::{BString, ByteSlice};

use super::git;
use crate::core::budget::Budget;
use crate::core::error::{Error, Result};
use crate::git::{Id, Kind, Objects};
use crate::source::commits::{self, Node};

/// One reference that a push sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What it will point to.
    pub new: Id,
    /// What it points to on the other side; `None` if it is new there.
    pub old: Option<Id>,
    /// Its name on the other side.
    pub name: BString,
}

/// Reads a hook's standard input: `pre-push` gets `<local ref> <new> <remote ref> <old>`, `pre-receive` gets
/// `<old> <new> <ref>`. What a push deletes brings nothing.
pub fn updates(input: &[u8], is_receive: bool) -> Result<Vec<Update>> {
    let mut updates = Vec::new();
    for line in input.lines().filter(|line| !line.trim_ascii().is_empty()) {
        let fields: Vec<&[u8]> = line.split_str(" ").collect();
        let fields = match fields.as_slice() {
            [old, new, name] if is_receive => Some((*old, *new, *name)),
            [_, new, name, old] if !is_receive => Some((*old, *new, *name)),
            _ => None,
        };
        let parsed = fields.and_then(|(old, new, name)| Some((Id::from_hex(old)?, Id::from_hex(new)?, name)));
        let (old, new, name) = parsed.ok_or_else(|| {
            Error::new("read", "what is pushed", format!("git wrote {:?} to standard input", line.as_bstr()))
                .hint("this is for git to run, as a hook")
        })?;
        if !new.is_null() {
            updates.push(Update { new, old: Some(old).filter(|old| !old.is_null()), name: name.into() });
        }
    }
    Ok(updates)
}

/// What the other side is known to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    /// The remote-tracking references of this remote.
    Remote {
        /// Its name.
        name: BString,
        /// Remotes whose references stand below those of this one: `pub/private` below `pub`.
        below: Vec<BString>,
    },
    /// All references here: this is the other side.
    AllHere,
    /// Nothing beyond what the updates say.
    Unknown,
}

/// What is known of a remote, which git names as it is configured or, if it is not, by its address.
pub fn remote(dir: &Path, name: &[u8]) -> Result<Has> {
    let names = git::answer(dir, ["remote"])?.unwrap_or_default();
    let has = |name: &[u8]| {
        let start = [name, b"/"].concat();
        let below = names.lines().filter(|other| other.starts_with(&start)).map(BString::from).collect();
        Has::Remote { name: name.into(), below }
    };
    if names.lines().any(|known| known == name) {
        return Ok(has(name));
    }
    let addresses =
        git::answer(dir, ["config", "-z", "--get-regexp", r"^remote\..*\.(url|pushurl)$"])?.unwrap_or_default();
    let known = addresses.split_str(b"\0").find_map(|setting| {
        let (key, address) = setting.split_once_str("\n")?;
        let remote = key.strip_prefix(b"remote.")?;
        (address == name).then(|| &remote[..remote.rfind_byte(b'.').unwrap_or(remote.len())])
    });
    Ok(known.map_or(Has::Unknown, has))
}

/// What is pushed: commits, oldest first, and the objects on the way to them that are none.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    /// Commits that the other side has not.
    pub commits: Vec<Node>,
    /// Annotated tags.
    pub tags: Vec<Id>,
    /// Trees and blobs that a reference or a tag names.
    pub bare: Vec<(Kind, Id, BString)>,
}

/// Works out what these updates bring.
pub fn pushed(dir: &Path, objects: &Objects, updates: &[Update], has: &Has, budget: &Budget) -> Result<Pushed> {
    let mut pushed = Pushed::default();
    let mut revisions = Vec::new();
    for update in updates {
        if let Some(commit) = peel(objects, update, &mut pushed, budget)? {
            revisions.push(commit.to_string());
        }
        // After a forced push by somebody else, what the other side has may not be here.
        if let Some(old) = update.old
            && objects.find(old)?.is_some_and(|(kind, _)| matches!(kind, Kind::Commit | Kind::Tag))
        {
            revisions.push(format!("^{old}"));
        }
    }
    if revisions.iter().any(|revision| !revision.starts_with('^')) {
        let not = match has {
            Has::Remote { name, below } => {
                let excluded = below.iter().map(|other| option("--exclude=", &[other, &b"/*"[..]].concat()));
                let mut not = excluded.collect::<Result<Vec<_>>>()?;
                not.insert(0, "--not".into());
                not.push(option("--remotes=", name)?);
                not
            }
            Has::AllHere => vec!["--not".into(), "--all".into()],
            Has::Unknown => Vec::new(),
        };
        pushed.commits = rev_list(dir, &revisions, &not, budget)?;
    }
    Ok(pushed)
}

/// The commits reachable from these revisions, and not from those with a `^`: parents first.
pub fn commits(dir: &Path, revisions: &[String]) -> Result<Vec<Node>> {
    rev_list(dir, revisions, &[], &Budget::default())
}

/// The commits reachable from `to` and not from `from`.
pub fn range(dir: &Path, from: Option<&str>, to: &str) -> Result<Vec<Node>> {
    let mut revisions = vec![to.to_owned()];
    revisions.extend(from.map(|from| format!("^{from}")));
    rev_list(dir, &revisions, &[], &Budget::default())
}

fn option(name: &str, value: &[u8]) -> Result<OsString> {
    let mut option = OsString::from(name);
    option.push(value.to_os_str().map_err(|error| Error::new("name", "the remote", error))?);
    Ok(option)
}

/// Tags of tags are followed no further.
const LONGEST: usize = 64;

/// Follows tags to a commit; `None` if they lead to something else, which is noted.
fn peel(objects: &Objects, update: &Update, pushed: &mut Pushed, budget: &Budget) -> Result<Option<Id>> {
    let mut id = update.new;
    let before = pushed.tags.len();
    loop {
        budget.spend(Budget::ITEM)?;
        let missing = || Error::new("read", &update.name, format!("its object {id} is not here"));
        let (kind, bytes) = objects.find(id)?.ok_or_else(missing)?;
        match kind {
            Kind::Commit => return Ok(Some(id)),
            Kind::Tree | Kind::Blob => {
                pushed.bare.push((kind, id, update.name.clone()));
                return Ok(None);
            }
            // Whoever forges objects can let a tag name itself.
            Kind::Tag if pushed.tags[before..].contains(&id) || pushed.tags.len() - before > LONGEST => {
                return Err(Error::new("follow tag", id, "it leads from tag to tag without end"));
            }
            Kind::Tag => {
                pushed.tags.push(id);
                let target = bytes.strip_prefix(b"object ").and_then(|rest| rest.lines().next());
                id = target.and_then(Id::from_hex).ok_or_else(|| Error::new("read tag", id, "it names no object"))?;
            }
        }
    }
}

/// Asks git, which knows about shallow clones, alternates and its own quarantine. It is ended when the budget is.
fn rev_list(dir: &Path, revisions: &[String], not: &[OsString], budget: &Budget) -> Result<Vec<Node>> {
    let failed = |why: String| {
        Error::new("list", "the commits", why).hint("in a shallow or partial clone, git fetch --unshallow may help")
    };
    let mut child = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["rev-list", "--topo-order", "--reverse", "--parents", "--stdin"])
        .args(not)
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let input = revisions.join("\n") + "\n";
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (fed, listed, said) = std::thread::scope(|scope| {
        let feeder = scope.spawn(move || stdin.map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes())));
        let reader = scope.spawn(move || all(stdout));
        let errors = scope.spawn(move || all(stderr));
        while !reader.is_finished() || !errors.is_finished() {
            if budget.spend(0).is_err() {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        (feeder.join(), reader.join(), errors.join())
    });
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    budget.spend(0)?;
    let broken = || failed("reading what git says failed".into());
    let said = said.map_err(|_| broken())?.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(said.trim_ascii().to_str_lossy().into_owned()));
    }
    fed.map_err(|_| broken())?.map_err(|error| failed(error.to_string()))?;
    let listed = listed.map_err(|_| broken())?.map_err(|error| failed(error.to_string()))?;
    listed.lines().map(commits::node).collect()
}

/// All that comes through a pipe.
fn all(pipe: Option<impl Read>) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut text))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_writes_is_read_and_nothing_else() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let push =
            format!("refs/heads/x {a} refs/heads/y {b}\n(delete) {none} refs/heads/z {b}\nHEAD {a} refs/n {none}\n");
        let read = updates(push.as_bytes(), false).unwrap();
        let old: Vec<bool> = read.iter().map(|update| update.old.is_some()).collect();
        assert_eq!((read.len(), old), (2, vec![true, false]));
        assert_eq!(updates(format!("{a} {b} refs/heads/y\n").as_bytes(), true).unwrap()[0].name, "refs/heads/y");
        assert!(updates(b"", true).unwrap().is_empty());
        assert!(updates(b"nonsense\n", true).is_err());
    }
}
