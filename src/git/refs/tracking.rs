//! What a branch is compared with: `main@{upstream}` (where `git pull` takes from) and `main@{push}` (where `git push`
//! would send it), as the remote-tracking references that stand for it here.

use bstr::{BStr, BString, ByteSlice as _, ByteVec as _};

use super::lookup::Lookup;
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::git::config::is_true;
use crate::git::layered_config::LayeredConfig;

impl Lookup<'_> {
    /// The full name of the reference that `base@{upstream}` or `base@{push}` means; `None` if it is neither.
    pub(super) fn tracked(&self, base: &BStr, what: &BStr) -> Result<Option<BString>> {
        let is = |word: &str| what.eq_ignore_ascii_case(word.as_bytes());
        let (is_upstream, is_push) = (is("upstream") || is("u"), is("push"));
        if !is_upstream && !is_push {
            return Ok(None);
        }
        let failed = |why: &str| Error::new("find revision", format!("{base}@{{{what}}}"), why);
        let Some(name) = self.branch(base)? else { return Err(failed("no branch is checked out")) };
        let tracking = Tracking { config: LayeredConfig::of(self.repository)?, name };
        let found = if is_upstream { tracking.upstream() } else { tracking.push() };
        found.map(Some).map_err(failed)
    }
}

/// The settings of one branch.
struct Tracking {
    config: LayeredConfig,
    /// The branch's full name.
    name: BString,
}

type Found = std::result::Result<BString, &'static str>;

impl Tracking {
    fn settings<'a>(&'a self, section: &'a str, of: &'a [u8], key: &'a str) -> impl Iterator<Item = &'a BStr> {
        self.config.section(section).filter(move |(name, is, _)| *name == of && *is == key).map(|(.., value)| value)
    }

    /// The last value of `branch.<name>.<key>`.
    fn own(&self, key: &'static str) -> Option<&BStr> {
        let short = self.name.strip_prefix(b"refs/heads/")?;
        self.settings("branch", short, key).last()
    }

    fn upstream(&self) -> Found {
        const NONE: &str = "no upstream is configured for the branch";
        let short = self.name.strip_prefix(b"refs/heads/").ok_or(NONE)?;
        let merge = self.settings("branch", short, "merge").next().ok_or(NONE)?;
        let remote = self.own("remote").ok_or(NONE)?;
        if remote == "." {
            return Ok(merge.to_owned());
        }
        self.fetched(remote, merge)
    }

    /// The reference here that a remote's reference is fetched to.
    fn fetched(&self, remote: &BStr, name: &BStr) -> Found {
        mapped(self.settings("remote", remote, "fetch"), name).ok_or("the remote's branch is not fetched")
    }

    fn push(&self) -> Found {
        let (name, remote) = (self.name.as_bstr(), self.push_remote());
        let mut specs = self.settings("remote", &remote, "push").peekable();
        if specs.peek().is_some() {
            let there = mapped(specs, name).ok_or("the remote's push refspecs do not include the branch")?;
            return self.fetched(remote.as_bstr(), there.as_bstr());
        }
        if self.settings("remote", &remote, "mirror").last().is_some_and(|value| is_true(value)) {
            return self.fetched(remote.as_bstr(), name);
        }
        let same_name = || self.fetched(remote.as_bstr(), name);
        match self.config.last("push", "default").map_or(&b"simple"[..], |(_, value)| value.as_bytes()) {
            b"nothing" => Err("push.default is nothing"),
            b"matching" | b"current" => same_name(),
            b"upstream" | b"tracking" => self.upstream(),
            _ => {
                let (upstream, same) = (self.upstream()?, same_name()?);
                if upstream == same { Ok(same) } else { Err("its upstream has another name than the branch") }
            }
        }
    }

    /// The remote that the branch is pushed to.
    fn push_remote(&self) -> BString {
        let default = || self.config.last("remote", "pushdefault").map(|(_, value)| value);
        if let Some(name) = self.own("pushremote").or_else(default).or_else(|| self.own("remote")) {
            return name.to_owned();
        }
        let mut remotes: Vec<&BStr> = self.config.section("remote").map(|(name, ..)| name).collect();
        remotes.order();
        remotes.dedup();
        if let [only] = remotes[..] { only.to_owned() } else { "origin".into() }
    }
}

/// The destination of a reference by refspecs, of which one may exclude it.
fn mapped<'a>(specs: impl Iterator<Item = &'a BStr>, name: &[u8]) -> Option<BString> {
    let mut found = None;
    for spec in specs {
        if let Some(without) = spec.strip_prefix(b"^") {
            if within(without, name).is_some() {
                return None;
            }
        } else if found.is_none()
            && let Some((from, to)) = spec.strip_prefix(b"+").unwrap_or(spec).split_once_str(":")
            && let Some(middle) = within(from, name)
        {
            let mut there = BString::default();
            match to.split_once_str("*").filter(|_| from.contains(&b'*')) {
                Some((before, after)) => [before, middle, after].iter().for_each(|part| there.push_str(part)),
                None => there.push_str(to),
            }
            found = Some(there);
        }
    }
    found
}

/// The text that the `*` of a pattern stands for in a name.
fn within<'a>(pattern: &[u8], name: &'a [u8]) -> Option<&'a [u8]> {
    match pattern.split_once_str("*") {
        Some((start, end)) => name.strip_prefix(start)?.strip_suffix(end),
        None => (pattern == name).then_some(&name[..0]),
    }
}
