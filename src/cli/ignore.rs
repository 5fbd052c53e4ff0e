//! `keysweep ignore`: accepts a finding by an entry in the ignore file. It also works where an inline marker is not
//! possible: in JSON, in a commit message, in an existing commit.

use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice as _};
use globset::GlobMatcher;

use super::output::say;
use super::output::{complain, masked};
use super::policy::{self, Loaded};
use super::{ScanTarget, staged};
use crate::cli::args::policy::{IgnoreArgs, PolicyArgs};
use crate::core::date::Date;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Fingerprint, Secret};
use crate::core::order::ListOrder as _;
use crate::core::path_bytes::without_parents;
use crate::core::replace::replace;
use crate::hook::git;
use crate::hook::last::{self, Stopped, StoppedFindings};
use crate::policy::files::{self, DiskFiles};
use crate::policy::ignore_file::{IgnoreFile, glob_of};

/// The minimum number of digits of an abbreviated fingerprint.
const SHORTEST: usize = 8;
/// The first line of a new file.
const HEADER: &str =
    "# Findings that were reviewed and accepted: [rule:]fingerprint [path] [# reason until=2027-01-31]\n";

/// A finding to accept.
struct AcceptedFinding {
    rule: Option<String>,
    fingerprint: Fingerprint,
    place: String,
    /// The path of the file, if it is known.
    path: Option<String>,
}

/// Executes the command.
pub(super) fn run(args: &IgnoreArgs) -> Result<Exit> {
    let target = ScanTarget::here();
    let policy = PolicyArgs {
        config: args.config.clone(),
        rules: args.rules.clone(),
        ignore_file: args.ignore_file.clone().filter(|file| file.exists()),
        ..PolicyArgs::default()
    };
    let loaded = policy::load(&policy, &target.start, &target.path)?;
    let comment = comment(args, &loaded)?;
    let glob = args.path.as_deref().map(|glob| Ok((glob, usable(glob)?))).transpose()?;
    let last = staged::repository().ok().map(|repository| last::read(&repository.git_dir)).transpose()?.flatten();
    let accepted = accepted(args, &loaded, last.as_ref())?;
    if let Some((text, glob)) = &glob
        && let Some(other) = accepted.iter().filter_map(|one| one.path.as_ref()).find(|path| !glob.is_match(path))
    {
        let why = format!("it does not match {other}, where the finding is");
        return Err(Error::new("ignore at", text, why).hint("a path is a glob, relative to the repository's root"));
    }
    let file = match &args.ignore_file {
        Some(file) => file.clone(),
        None => {
            let name = &loaded.config.suppress.ignore_file;
            let disk = DiskFiles { root: loaded.root.clone(), may_leave: args.config.is_some() };
            disk.resolve(name)?.unwrap_or_else(|| loaded.root.join(name))
        }
    };
    let added = add(&file, &accepted, args.path.as_deref(), &comment)?;
    for (one, is_new) in accepted.iter().zip(&added) {
        let rule = one.rule.as_deref().unwrap_or("any rule");
        let word = if *is_new { "accepted" } else { "was accepted before" };
        say(&String::from_utf8_lossy(&masked(format!("{}: {word} ({rule})", one.place).as_bytes())))?;
    }
    if added.contains(&true) {
        end(&file, &loaded.root, last.as_ref(), &accepted)?;
    }
    Ok(Exit::Clean)
}

/// The glob of the paths where a finding is accepted, if an entry can say it: in an entry, a path ends at ` #` and at the
/// end of the line.
fn usable(glob: &str) -> Result<GlobMatcher> {
    let bad = |why: String| Error::new("ignore at", glob, why).hint("a path is a glob such as docs/**");
    let matcher = glob_of(glob).map_err(bad)?;
    let text = format!("{} {glob}", Fingerprint::of(b""));
    let entries = IgnoreFile::parse("", text.as_bytes()).map(|file| file.entries).unwrap_or_default();
    match entries.as_slice() {
        [entry] if entry.path.is_some() && entry.text == text => Ok(matcher),
        _ => Err(bad("the ignore file cannot hold this path".into())),
    }
}

/// Prints where the entries are, and stages the file if a commit was stopped.
fn end(file: &Path, root: &Path, last: Option<&StoppedFindings>, accepted: &[AcceptedFinding]) -> Result<()> {
    let name = file.strip_prefix(root).unwrap_or(file).display();
    let was_stopped = last.is_some_and(|last| {
        last.stopped == Stopped::Commit
            && last.findings.iter().any(|one| accepted.iter().any(|this| one.fingerprint() == Some(this.fingerprint)))
    });
    let in_repository = git::answer(root, ["rev-parse", "--is-inside-work-tree"])?.is_some();
    if in_repository && (was_stopped || git::answer(root, ["diff", "--cached", "--quiet"])?.is_none()) {
        let added = git::answer(root, [std::ffi::OsStr::new("add"), "--".as_ref(), file.as_os_str()])?;
        if added.is_some() {
            return say(&format!("{name} is staged: commit again."));
        }
        complain(&Error::new("stage", name, "git add failed").hint("see git status").to_string());
        return Ok(());
    }
    say(&format!("Commit {name}, so that it works for everybody."))
}

/// The text of an entry after `#`.
fn comment(args: &IgnoreArgs, loaded: &Loaded) -> Result<String> {
    let reason = args.reason.as_deref().unwrap_or_default();
    let reason = reason.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let words: Vec<&str> = reason.collect();
    if words.iter().any(|word| word.starts_with("until=")) {
        return Err(Error::new("ignore", "", "a day is not given in the reason").hint("use --until 2027-01-31"));
    }
    if words.is_empty() && loaded.config.suppress.require_reason {
        return Err(Error::new("ignore", "", "suppress.require-reason is set").hint("say why with --reason"));
    }
    let text = words.join(" ");
    if matches!(masked(text.as_bytes()), std::borrow::Cow::Owned(_)) {
        return Err(Error::new("ignore", "", "the reason contains a key").hint("say why without it"));
    }
    let until = match &args.until {
        None => String::new(),
        Some(day) => {
            let date = Date::parse(day).ok_or_else(|| {
                Error::new("ignore until", day, "it is not a date").hint("write the last day as 2027-01-31")
            })?;
            if date < Date::today() {
                return Err(Error::new("ignore until", day, "that day is over"));
            }
            format!("until={date}")
        }
    };
    Ok([text, until].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
}

/// The findings that the arguments select.
fn accepted(args: &IgnoreArgs, loaded: &Loaded, last: Option<&StoppedFindings>) -> Result<Vec<AcceptedFinding>> {
    let shown = last.map_or(&[][..], |last| &last.findings);
    let of_last = |one: &last::LastFinding| {
        let fingerprint = one.fingerprint()?;
        Some(AcceptedFinding { rule: Some(one.rule.clone()), fingerprint, place: one.place.clone(), path: None })
    };
    let Some(what) = &args.what else {
        let mut all: Vec<AcceptedFinding> = shown.iter().filter_map(of_last).collect();
        all.order_by(|a, b| (&a.rule, a.fingerprint).cmp(&(&b.rule, b.fingerprint)));
        all.dedup_by(|a, b| (&a.rule, a.fingerprint) == (&b.rule, b.fingerprint));
        if all.is_empty() {
            return Err(Error::new(
                "ignore",
                "the last findings",
                "no commit or push was stopped here since one passed",
            )
            .hint("name a place: keysweep ignore PATH:LINE"));
        }
        return Ok(all);
    };
    let digits = what.to_string_lossy();
    let is_hex = digits.len() >= SHORTEST && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex && !Path::new(what).exists() {
        if let Some(one) = shown.iter().find(|one| one.fingerprint.starts_with(&*digits)).and_then(of_last) {
            return Ok(vec![one]);
        }
        let fingerprint = Fingerprint::parse(&digits).ok_or_else(|| {
            Error::new("ignore", &digits, "the last stopped commit or push had no finding with this fingerprint")
                .hint("give all 32 digits, from a report in json, or PATH:LINE")
        })?;
        return Ok(vec![AcceptedFinding { rule: None, fingerprint, place: digits.into_owned(), path: None }]);
    }
    at_place(&digits, loaded)
}

/// The findings on a line of a file, in the work tree or else in the index.
fn at_place(place: &str, loaded: &Loaded) -> Result<Vec<AcceptedFinding>> {
    let (path, line) = match place.rsplit_once(':') {
        Some((path, line)) if !Path::new(place).exists() && line.parse::<u64>().is_ok() => {
            (path, line.parse::<u64>().ok())
        }
        _ => (place, None),
    };
    // Hooks print paths relative to the repository's root.
    let candidates = [PathBuf::from(path), loaded.root.join(path)];
    let real = candidates.iter().find(|path| path.is_file()).unwrap_or(&candidates[0]);
    let here = std::env::current_dir().unwrap_or_default();
    let whole = without_parents(&here.join(real));
    let shown = whole.strip_prefix(&loaded.root).unwrap_or(real).to_string_lossy().into_owned();
    let mut found = Vec::new();
    let mut others = Vec::new();
    let on_disk = files::read_named(real)?;
    let staged = git::answer(&loaded.root, ["show".to_owned(), format!(":{shown}")]).ok().flatten();
    if on_disk.is_none() && staged.is_none() {
        return Err(Error::new("ignore at", place, "no such file").hint("name PATH:LINE, a fingerprint, or --last"));
    }
    for content in on_disk.iter().map(Vec::as_slice).chain(staged.iter().map(|text| text.as_bytes())) {
        for one in loaded.policy.scan_at(content, Some(BStr::new(&shown))) {
            let at = one.position;
            if line.is_none_or(|line| (at.line..=at.end_line).contains(&line)) {
                unguessable(&one.secret, &format!("{shown}:{}", at.line))?;
                let fingerprint = one.secret.fingerprint();
                found.push(AcceptedFinding {
                    rule: Some(one.rule.id.to_string()),
                    fingerprint,
                    place: format!("{shown}:{}", at.line),
                    path: Some(shown.clone()),
                });
            } else {
                others.push(at.line.to_string());
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found.dedup_by(|a, b| (&a.rule, a.fingerprint) == (&b.rule, b.fingerprint));
    if found.is_empty() {
        others.dedup();
        let fault = Error::new("ignore at", place, "nothing is found there");
        return Err(match others.as_slice() {
            [] => fault.hint("in an archive or a message, give the fingerprint of the finding"),
            lines => fault.hint(format!("there are findings on line {}", lines.join(", "))),
        });
    }
    Ok(found)
}

/// Rejects a guessable value, because the ignore file is committed.
fn unguessable(secret: &Secret, place: &str) -> Result<()> {
    if !secret.is_guessable() {
        return Ok(());
    }
    Err(Error::new("ignore at", place, "its value is short enough to be found by its fingerprint")
        .hint("put keysweep:allow in a comment on its line, or allow the path in .keysweep.toml"))
}

/// Adds the missing entries; returns for each whether it is new.
fn add(file: &Path, accepted: &[AcceptedFinding], path: Option<&str>, comment: &str) -> Result<Vec<bool>> {
    let name = file.display().to_string();
    let old = files::read_named(file)?;
    let known = IgnoreFile::parse(&name, old.as_deref().unwrap_or_default())?;
    let mut new = old.clone().unwrap_or_else(|| HEADER.into());
    if !new.is_empty() && !new.ends_with(b"\n") {
        new.push(b'\n');
    }
    let mut added = Vec::new();
    for one in accepted {
        let rule = one.rule.as_deref().map(|rule| format!("{rule}:")).unwrap_or_default();
        let text = format!("{rule}{}{}", one.fingerprint, path.map(|path| format!(" {path}")).unwrap_or_default());
        let is_known = known.entries.iter().any(|entry| {
            let holds = entry.until.is_none_or(|until| until >= Date::today());
            holds
                && (entry.text == text
                    || entry.path.is_none()
                        && entry.covers(one.rule.as_deref().unwrap_or_default(), one.fingerprint, None))
        });
        added.push(!is_known);
        if !is_known {
            let comment = if comment.is_empty() { String::new() } else { format!(" # {comment}") };
            new.extend_from_slice(format!("{text}{comment}\n").as_bytes());
        }
    }
    if added.contains(&true) {
        replace(file, old.as_deref(), &new, 0o644)?;
    }
    Ok(added)
}
