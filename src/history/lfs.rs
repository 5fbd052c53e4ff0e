//! Scans content that Git LFS keeps beside the objects, as far as it is in this clone.

use std::path::Path;

use super::content_pass::{ContentPass, ObjectHit};
use crate::core::error::Error;
use crate::core::order::ListOrder as _;
use crate::git::Kind;
use crate::policy::Policy;
use crate::source::Collector;
use crate::source::content::ContentScan;

/// Scans the content that pointers name and that is here, as if it were in the pointers' blobs. The pointers that are
/// left in `read` are those without content.
pub(super) fn read_local(common_dir: &Path, policy: &Policy, collector: &Collector, read: &mut ContentPass) {
    let scan = ContentScan::new(policy, None).until(collector.stop_flag());
    let pointers = std::mem::take(&mut read.pointers);
    for (number, pointer) in pointers {
        let content = match scan.lfs(common_dir, &pointer) {
            Ok(Some(content)) => content,
            Ok(None) => {
                read.pointers.push((number, pointer));
                continue;
            }
            Err(error) => {
                collector.failed(error);
                continue;
            }
        };
        collector.scanned(0, content.length);
        read.external.insert(number);
        if let Some(why) = content.failed {
            collector.failed(Error::new("read", pointer.path(common_dir).display(), why));
        }
        if content.too_large || !content.unopened.is_empty() {
            read.unscanned_archives.push((number, content.unopened, content.too_large));
        }
        if !content.keys.is_empty() {
            read.hits.push(ObjectHit { number, kind: Kind::Blob, keys: content.keys, bytes: Vec::new() });
        }
    }
    read.hits.order_by_key(|hit| hit.number);
}
