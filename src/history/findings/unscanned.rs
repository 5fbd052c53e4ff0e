//! Findings without paths and commits, of an audit that was interrupted; and archives that were not scanned as a whole.

use std::sync::Arc;

use bstr::BString;

use super::empty;
use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::history::content_pass::{ObjectHit, UnscannedArchive};
use crate::history::missing::Unscanned;
use crate::history::object_index::ObjectIndex;
use crate::source::content::TOO_LARGE;
use crate::source::{Collector, archive};

/// Reports the findings of an audit that was interrupted: with the object that holds each, but without paths or commits.
pub(in crate::history) fn report_interrupted(index: &ObjectIndex<'_>, hits: Vec<ObjectHit>, collector: &Collector) {
    for hit in hits {
        let object = Arc::new(empty(index.id(hit.number).to_string(), Some(hit.kind)));
        for key in hit.keys {
            let location = key.location();
            let mut finding = key.found.at(location);
            finding.commit = Some(object.clone());
            collector.finding(finding);
        }
    }
}

/// Reports the members of archives that were not scanned, and the archives that were too large.
pub(in crate::history) fn report_unscanned_archives(
    index: &ObjectIndex<'_>,
    troubles: &[UnscannedArchive],
    collector: &Collector,
    unscanned: &Unscanned<'_>,
) {
    for (number, skipped, too_large) in troubles {
        let blob = BString::from(format!("blob {}", index.id(*number)));
        for (member, reason) in skipped {
            let path = archive::shown(blob.as_ref(), member.as_ref());
            collector.skipped(Skipped { path, reason });
        }
        if *too_large {
            unscanned.report(Error::new("unpack", &blob, TOO_LARGE).hint("unpack it and scan the result"));
        }
    }
}
