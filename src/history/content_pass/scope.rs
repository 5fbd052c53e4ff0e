//! Which objects the first pass scans.

use crate::git::{Id, Kind};
use crate::history::missing::Unscanned;
use crate::policy::Policy;
use crate::source::Collector;

/// Which objects the pass scans, with what, and where to it reports.
pub(in crate::history) struct ContentScope<'a> {
    pub(in crate::history) policy: &'a Policy,
    /// Which objects are read at all; `None`: all of them.
    pub(in crate::history) part: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    /// What to do with a blob, commit or tag, by its number and id.
    pub(in crate::history) decide: &'a (dyn Fn(u32, &Id, Kind) -> ScanDecision + Sync),
    /// Whether a blob's id has to be checked because the cache will remember it if it is clean.
    pub(in crate::history) remembers: &'a (dyn Fn(u32) -> bool + Sync),
    pub(in crate::history) collector: &'a Collector,
    pub(in crate::history) unscanned: &'a Unscanned<'a>,
}

impl ContentScope<'_> {
    /// Whether an object is read here, not in another part of the audit.
    pub(super) fn has(&self, number: u32) -> bool {
        self.part.is_none_or(|part| part(number))
    }
}

/// What to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::history) enum ScanDecision {
    /// Scan it.
    Scan,
    /// Leave it out: an earlier run scanned it and found nothing.
    KnownClean,
    /// Leave it out: no commit that is asked for brings it in, or another part of the audit scans it.
    Elsewhere,
}
