//! The keys that were found in content, and what of the content was not scanned.

use std::io;

use bstr::{BStr, BString};

use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::core::finding::{Finding, Location, Part};
use crate::scan::Match;
use crate::source::Collector;
use crate::source::archive;
use crate::source::lfs::Pointer;
use crate::source::open;
use crate::source::read::WindowFinding;

/// A key in content, or in a member of an archive.
#[derive(Clone, Debug)]
pub(crate) struct ContentKey {
    pub(crate) found: Match,
    /// The path inside the archive.
    pub(crate) member: Option<BString>,
    /// Whether it was unpacked, so that its byte range does not refer to the content itself.
    pub(crate) is_unpacked: bool,
    /// `Name` if the key is in the name of the file or member.
    pub(crate) part: Option<Part>,
}

impl ContentKey {
    /// A key in the content itself.
    pub(crate) fn plain(found: Match) -> Self {
        Self { found, member: None, is_unpacked: false, part: None }
    }

    /// The finding at a path.
    pub(crate) fn at(self, path: &BStr) -> Finding {
        let location = Location { path: Some(path.to_owned()), ..self.location() };
        self.found.at(location)
    }

    /// Its location without the path.
    pub(crate) fn location(&self) -> Location {
        Location { member: self.member.clone(), part: self.part, ..Location::default() }
    }
}

/// The result of scanning content.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) keys: Vec<ContentKey>,
    /// The members that were not opened, and why.
    pub(crate) unopened: Vec<(Option<BString>, &'static str)>,
    /// Whether it unpacks to too much data, and not all of that was scanned.
    pub(crate) too_large: bool,
    /// The error that ended reading early.
    pub(crate) failed: Option<io::Error>,
    /// The number of bytes that were read.
    pub(crate) length: u64,
    /// The Git LFS pointer, if the content is one.
    pub(crate) pointer: Option<Pointer>,
}

/// The error message for an archive that unpacks to too much data.
pub(crate) const TOO_LARGE: &str = "it unpacks to more than limits.archive-size and limits.archive-ratio allow";

impl Content {
    /// Adds a result for a window of the content itself.
    pub(crate) fn add(&mut self, found: WindowFinding) {
        match found {
            WindowFinding::Key(found) => self.keys.push(ContentKey::plain(*found)),
            WindowFinding::Unopened(reason) => self.add_unopened(reason),
        }
    }

    /// Adds the reason why something that is packed inside encoded text was not opened, once.
    pub(crate) fn add_unopened(&mut self, reason: &'static str) {
        if !self.unopened.contains(&(None, reason)) {
            self.unopened.push((None, reason));
        }
    }

    /// Reports the whole result for a path.
    pub(crate) fn report(mut self, collector: &Collector, path: &BStr) {
        if self.failed.is_none() {
            collector.scanned(1, self.length);
        }
        self.report_faults(collector, path);
        self.keys.into_iter().for_each(|key| collector.finding(key.at(path)));
    }

    /// Reports errors, and what was not opened.
    pub(crate) fn report_faults(&mut self, collector: &Collector, path: &BStr) {
        if let Some(error) = self.failed.take() {
            collector.failed(Error::new("read", path, open::why(&error)));
        }
        for (member, reason) in self.unopened.drain(..) {
            collector.skipped(Skipped { path: archive::shown(path, member.as_ref()), reason });
        }
        if self.too_large {
            collector.failed(Error::new("unpack", path, TOO_LARGE).hint("unpack it and scan the result"));
        }
    }
}
