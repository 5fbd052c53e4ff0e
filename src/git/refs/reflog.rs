//! The suffixes `main@{2}` (an earlier value), `@{-1}` (the previously checked-out branch) and `@{upstream}`.

use bstr::{BStr, BString, ByteSlice as _};

use super::lookup::Lookup;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};
use crate::git::Id;
use crate::git::layered_config::LayeredConfig;
use crate::git::repository::{LONG, RefStorage};

impl Lookup<'_> {
    /// The object of `base@{what}`; `None` if there is none.
    pub(super) fn suffixed(&self, base: &str, what: &str) -> Result<Option<Id>> {
        if what.eq_ignore_ascii_case("upstream") || what.eq_ignore_ascii_case("u") {
            return self.upstream(base);
        }
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        if let Some(back) = what.strip_prefix('-').and_then(number).filter(|_| base.is_empty()) {
            return self.checked_out(back);
        }
        match number(what) {
            Some(back) => self.before(base, back),
            None => Err(Error::new("find revision", format!("{base}@{{{what}}}"), "@{…} takes a number or upstream")
                .hint("name the commit itself")),
        }
    }

    /// The full name of a branch; for an empty name or HEAD, the branch that is checked out.
    fn branch(&self, base: &str) -> Result<Option<BString>> {
        if matches!(base, "" | "@" | "HEAD") {
            self.symbolic("HEAD")
        } else {
            Ok(Some(format!("refs/heads/{base}").into()))
        }
    }

    /// The value of a reference `back` changes ago.
    fn before(&self, base: &str, back: usize) -> Result<Option<Id>> {
        let name = match base {
            "" => self.branch("")?.unwrap_or_else(|| "HEAD".into()),
            "@" | "HEAD" => "HEAD".into(),
            base => {
                let mut found = None;
                for form in super::forms(base.into()) {
                    if found.is_none() && form.starts_with(b"refs/") && self.has(form.as_bstr())? {
                        found = Some(form);
                    }
                }
                let Some(found) = found else { return Ok(None) };
                found
            }
        };
        let log = self.log(name.as_bstr())?;
        let lines: Vec<&[u8]> = log.lines().filter(|line| !line.is_empty()).collect();
        let id = match lines.len().checked_sub(back + 1) {
            Some(at) => lines[at].split_str(" ").nth(1),
            None if lines.len() == back => lines.first().and_then(|line| line.split_str(" ").next()),
            None => None,
        };
        Ok(id.and_then(Id::from_hex).filter(|id| !id.is_null()))
    }

    /// The commit that was checked out `back` switches ago.
    fn checked_out(&self, back: usize) -> Result<Option<Id>> {
        let log = self.log(b"HEAD".as_bstr())?;
        let from = |line: &&[u8]| {
            let (_, words) = line.split_once_str("\tcheckout: moving from ")?;
            words.split_str(" to ").next().map(<[u8]>::to_vec)
        };
        let mut names = log.lines().rev().filter_map(|line| from(&line));
        let Some(name) = back.checked_sub(1).and_then(|before| names.nth(before)) else { return Ok(None) };
        match self.object([b"refs/heads/", &name[..]].concat().as_bstr())? {
            Some(id) => Ok(Some(id)),
            None => Ok(Id::from_hex(&name)),
        }
    }

    fn log(&self, name: &BStr) -> Result<Vec<u8>> {
        let repository = self.repository;
        if repository.ref_storage == RefStorage::Reftable {
            return Err(Error::new("read the log of", name, "logs in reftables are not read for revisions")
                .hint("name the commit itself"));
        }
        let directory = if name == "HEAD" { &repository.git_dir } else { &repository.common_dir };
        let file = directory.join("logs").join(name.to_path_lossy());
        Ok(regular_file::read(&file, Links::Follow, LONG)?.unwrap_or_default())
    }

    /// The object of a branch's upstream.
    fn upstream(&self, base: &str) -> Result<Option<Id>> {
        let Some(branch) = self.branch(base)? else { return Ok(None) };
        let Some(short) = branch.strip_prefix(b"refs/heads/") else { return Ok(None) };
        let config = LayeredConfig::of(self.repository)?;
        let setting = |section: &'static str, name: &[u8], key: &str| {
            let found = config.section(section).filter(|(of, is, _)| *of == name && *is == key);
            found.map(|(.., value)| value.to_owned()).collect::<Vec<BString>>()
        };
        let (remote, merge) = (setting("branch", short, "remote").pop(), setting("branch", short, "merge").pop());
        let (Some(remote), Some(merge)) = (remote, merge) else { return Ok(None) };
        if remote == "." {
            return self.object(merge.as_bstr());
        }
        let tracking = setting("remote", &remote, "fetch").iter().find_map(|spec| mapped(spec, &merge));
        tracking.map_or(Ok(None), |name| self.object(name.as_bstr()))
    }
}

/// The destination of a reference by a refspec.
fn mapped(spec: &[u8], name: &[u8]) -> Option<BString> {
    let (from, to) = spec.strip_prefix(b"+").unwrap_or(spec).split_once_str(":")?;
    match (from.split_once_str("*"), to.split_once_str("*")) {
        (Some((start, end)), Some((before, after))) => {
            let middle = name.strip_prefix(start)?.strip_suffix(end)?;
            Some([before, middle, after].concat().into())
        }
        _ => (from == name).then(|| to.into()),
    }
}
