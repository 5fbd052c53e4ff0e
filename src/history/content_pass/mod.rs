//! The first pass: every blob, commit and tag, once, through the policy.

mod found;
mod scope;
mod visitor;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

use super::object_index::ObjectIndex;
use super::pack_walk::{ObjectVisitor as _, PackWalk};
use crate::git::Kind;
use crate::git::inflate::Corrupt;
use crate::git::objects::unreadable;
use visitor::ContentVisitor;

pub(super) use found::{ContentPass, ObjectHit, UnscannedArchive};
pub(super) use scope::{ContentScope, ScanDecision};

/// Scans what the scope says. An object of which no copy can be read is reported.
pub(super) fn read(index: &ObjectIndex<'_>, scope: &ContentScope<'_>) -> ContentPass {
    // All commits are read, as the graph needs them; and all copies of an object, as they may differ.
    let wanted = |number: u32| {
        if !scope.has(number) {
            return false;
        }
        let Some(kind) = index.kind(number).filter(|&kind| kind != Kind::Tree) else { return false };
        kind != Kind::Blob
            || index.has_copies(number)
            || (scope.decide)(number, &index.id(number), kind) == ScanDecision::Scan
    };
    let walk = PackWalk::new(index.members(), &wanted, scope.collector);
    let visitors = walk.run(|| ContentVisitor::new(index, scope));
    let mut read = ContentPass::default();
    for visitor in read_loose(index, scope, visitors) {
        read.append(visitor.read);
    }
    let mut failed = std::mem::take(&mut read.failed);
    failed.extend(index.broken());
    read.is_sound = failed.is_empty();
    read.append(retry(index, scope, failed));
    read.append(rescan_misnamed(index, scope, &read));
    let misnamed: HashSet<u32> = read.misnamed.iter().map(|(number, _)| *number).collect();
    read.clean.retain(|number| !misnamed.contains(number));
    read.is_sound &= misnamed.is_empty();
    read.sort();
    read
}

/// Scans loose objects, on all threads.
fn read_loose<'a>(
    index: &ObjectIndex<'_>,
    scope: &ContentScope<'_>,
    visitors: Vec<ContentVisitor<'a>>,
) -> Vec<ContentVisitor<'a>> {
    let next = AtomicU32::new(index.loose().start);
    let work = |mut visitor: ContentVisitor<'a>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if !index.loose().contains(&number) || scope.collector.is_stopped() {
                return visitor;
            }
            scope.collector.progress().advance(LOOSE);
            match index.read(number) {
                Ok(Some((kind, bytes))) => {
                    visitor.read.kinds.push((number, kind));
                    if scope.has(number) {
                        visitor.read_checked(number, kind, &bytes);
                    }
                }
                // It went into a pack since it was listed, or away.
                Ok(None) => visitor.read.failed.push((number, GONE)),
                Err(why) => visitor.failed(number, why),
            }
        }
    };
    if index.loose().is_empty() {
        return visitors;
    }
    scope.collector.progress().expect(LOOSE * index.loose().len() as u64);
    visitors.into_par_iter().with_max_len(1).map(work).collect()
}

/// Scans another copy of objects that could not be read: there may be one, also in a pack that was made meanwhile.
fn retry(index: &ObjectIndex<'_>, scope: &ContentScope<'_>, failed: Vec<(u32, Corrupt)>) -> ContentPass {
    let mut visitor = ContentVisitor::new(index, scope);
    let mut done = HashSet::new();
    for (number, why) in failed {
        let id = index.id(number);
        if !done.insert(id) {
            continue;
        }
        match index.store.find(id) {
            Ok(Some((kind, bytes))) => {
                if index.kind(number).is_none() {
                    visitor.read.kinds.push((number, kind));
                }
                if scope.has(number) {
                    visitor.read_if_selected(number, kind, &bytes);
                }
            }
            // A gc drops only what nothing needs.
            Ok(None) if why == GONE => {}
            Ok(None) => scope.unscanned.report_once(unreadable(&id, why)),
            Err(error) => scope.unscanned.report_once(error),
        }
    }
    visitor.read
}

/// Scans another copy of objects whose first copy has wrong content.
fn rescan_misnamed(index: &ObjectIndex<'_>, scope: &ContentScope<'_>, read: &ContentPass) -> ContentPass {
    let mut visitor = ContentVisitor::new(index, scope);
    for &(number, kind) in &read.misnamed {
        if let Ok(Some((_, bytes))) = index.store.find(index.id(number)) {
            visitor.scan_misnamed(number, kind, &bytes);
        }
    }
    visitor.read
}

/// What a loose object counts for beside the bytes of packs, in a display of progress.
const LOOSE: u64 = 4096;

const GONE: Corrupt = "it went away while it was read";
