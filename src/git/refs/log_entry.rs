//! One entry of a reflog, in both storage formats.

use bstr::ByteSlice as _;

use crate::git::Id;
use crate::git::commit::Person;

/// One change of a reference.
pub(crate) struct LogEntry<'a> {
    /// The value before it; the null id if there was none.
    pub(crate) old: Id,
    /// The value after it.
    pub(crate) new: Id,
    /// When it was made, in seconds since 1970.
    pub(crate) seconds: i64,
    /// Why.
    pub(crate) message: &'a [u8],
}

impl<'a> LogEntry<'a> {
    /// Parses a line of a log file: `<old> <new> Name <email> seconds zone<TAB>message`.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (change, message) = line.split_once_str("\t").unwrap_or((line, b""));
        let mut fields = change.splitn_str(3, " ");
        let (old, new) = (Id::from_hex(fields.next()?)?, Id::from_hex(fields.next()?)?);
        Some(Self { old, new, seconds: Person::parse(fields.next()?).seconds, message })
    }
}
