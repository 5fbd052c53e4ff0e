//! Earlier values of references, by their logs: `main@{2}` (two changes ago), `main@{yesterday}`, `@{-1}` (the
//! previously checked-out branch).

use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _};

use super::log_entry::LogEntry;
use super::lookup::Lookup;
use crate::core::date;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};
use crate::git::Id;
use crate::git::repository::{LONG, RefStorage};

/// What a name with `@{…}` asks for.
enum Earlier {
    /// The value so many changes ago.
    Changes(usize),
    /// The value at a time.
    Time(i64),
}

/// The parts of `name@{what}`.
fn suffix(name: &BStr) -> Option<(&BStr, &BStr)> {
    let inside = name.strip_suffix(b"}")?;
    let at = inside.rfind("@{")?;
    Some((inside[..at].as_bstr(), inside[at + 2..].as_bstr()))
}

/// The number of switches in `@{-2}`.
fn switches(base: &BStr, what: &BStr) -> Option<usize> {
    what.strip_prefix(b"-").filter(|_| base.is_empty())?.to_str().ok()?.parse().ok()
}

impl Lookup<'_> {
    /// The object of a reference, by any name that git accepts for it, also with `@{…}` behind it; `None` if there is
    /// none.
    pub fn named(&self, name: &BStr) -> Result<Option<Id>> {
        match suffix(name) {
            Some((base, what)) => self.suffixed(base, what),
            None => self.full_name(name)?.map_or(Ok(None), |name| self.object(name.as_bstr())),
        }
    }

    /// The object of `base@{what}`.
    fn suffixed(&self, base: &BStr, what: &BStr) -> Result<Option<Id>> {
        if switches(base, what).is_some() {
            let Some(name) = self.checked_out(base, what)? else { return Ok(None) };
            let branch = self.object([b"refs/heads/", &name[..]].concat().as_bstr())?;
            return Ok(branch.or_else(|| Id::from_hex(&name)));
        }
        if let Some(destination) = self.tracked(base, what)? {
            return self.object(destination.as_bstr());
        }
        let said = || format!("{base}@{{{what}}}");
        let refused = || {
            Error::new("find revision", said(), "@{…} takes a number, a date, upstream or push")
                .hint("a date is 2026-01-31, yesterday or 2.days.ago")
        };
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let text = what.to_str().map_err(|_| refused())?;
        let earlier = match number(text) {
            Some(changes) if changes < 100_000_000 => Earlier::Changes(changes),
            // As in git, a larger number is a time.
            Some(seconds) => Earlier::Time(i64::try_from(seconds).unwrap_or(i64::MAX)),
            None => Earlier::Time(date::approximate(text, date::now()).ok_or_else(refused)?),
        };
        self.before(base, &earlier)
    }

    /// The full name of the branch `base`; for an empty name or HEAD, of the branch that is checked out.
    pub(super) fn branch(&self, base: &BStr) -> Result<Option<BString>> {
        let named = |short: &[u8]| Some([b"refs/heads/", short].concat().into());
        if base.is_empty() || base == "@" || base == "HEAD" {
            return self.symbolic("HEAD");
        }
        Ok(match suffix(base) {
            Some((before, what)) => self.checked_out(before, what)?.and_then(|name| named(&name)),
            None => named(base),
        })
    }

    /// The name of the reference whose log is asked for, and its present value.
    fn logged(&self, base: &BStr) -> Result<Option<(BString, Id)>> {
        let name = match suffix(base) {
            Some((before, what)) => match self.tracked(before, what)? {
                Some(name) => Some(name),
                None => self.branch(base)?,
            },
            None if base.is_empty() => self.branch(base)?.or_else(|| Some("HEAD".into())),
            None => self.full_name(base)?,
        };
        let Some(name) = name else { return Ok(None) };
        Ok(self.object(name.as_bstr())?.map(|id| (name, id)))
    }

    /// An earlier value of a reference.
    fn before(&self, base: &BStr, earlier: &Earlier) -> Result<Option<Id>> {
        let Some((name, mut value)) = self.logged(base)? else { return Ok(None) };
        let (mut passed, mut found, mut first) = (0, None, None);
        self.log(name.as_bstr(), |entry| {
            passed += 1;
            let is_it = match *earlier {
                Earlier::Changes(0) => passed == 1,
                Earlier::Changes(back) => passed == back,
                Earlier::Time(time) => entry.seconds <= time,
            };
            if is_it && found.is_none() {
                found = Some(match *earlier {
                    Earlier::Changes(0) => entry.new,
                    Earlier::Changes(_) => entry.old,
                    // The newest entry may be older than the value, if a log was switched off since.
                    Earlier::Time(time) if passed == 1 && entry.seconds != time => value,
                    Earlier::Time(_) => entry.new,
                });
            }
            first = Some(if entry.old.is_null() { entry.new } else { entry.old });
        })?;
        match (earlier, found, first) {
            (_, Some(id), _) => value = id,
            // As in git, the log may start later.
            (Earlier::Time(_), None, Some(first)) => value = first,
            (Earlier::Changes(0), None, None) if base.is_empty() => {}
            _ => return Ok(None),
        }
        Ok(Some(value).filter(|id| !id.is_null()))
    }

    /// What was checked out so many switches ago: the name of a branch, or an id.
    fn checked_out(&self, base: &BStr, what: &BStr) -> Result<Option<BString>> {
        let Some(mut left) = switches(base, what) else { return Ok(None) };
        let mut found = None;
        self.log(b"HEAD".as_bstr(), |entry| {
            if let Some(names) = entry.message.strip_prefix(b"checkout: moving from ") {
                left = left.wrapping_sub(1);
                if left == 0 {
                    found = names.split_str(" to ").next().map(BString::from);
                }
            }
        })?;
        Ok(found)
    }

    /// Passes on the entries of a reference's log, the newest first.
    fn log(&self, name: &BStr, mut each: impl FnMut(LogEntry<'_>)) -> Result<()> {
        let repository = self.repository;
        let is_own = name == "HEAD";
        if repository.ref_storage == RefStorage::Reftable {
            let [own, shared] = self.tables()?;
            // A reference that was made without a log has an entry of two null ids.
            let of_name = |key: &[u8], entry: LogEntry<'_>| {
                if key == name && !(entry.old.is_null() && entry.new.is_null()) {
                    each(entry);
                }
            };
            return if is_own { own } else { shared }.logged(of_name);
        }
        let directory = if is_own { &repository.git_dir } else { &repository.common_dir };
        let file = directory.join("logs").join::<&Path>(&name.to_path_lossy());
        let log = regular_file::read(&file, Links::Follow, LONG)?.unwrap_or_default();
        log.lines().rev().filter_map(LogEntry::parse).for_each(each);
        Ok(())
    }
}
