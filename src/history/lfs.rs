//! Content that Git LFS keeps beside the objects: scanned where it is here.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;

use bstr::BStr;

use super::content::Key;
use super::content_pass::{Hit, Read};
use super::oid::Kind;
use crate::core::error::Error;
use crate::policy::Policy;
use crate::source::Collector;
use crate::source::archive::{self, Unpacked};
use crate::source::read::Windows;

/// Scans the content of all pointers that is here, as if it stood in their blobs; they are pointers no more.
pub(super) fn read_local(common_dir: &Path, policy: &Policy, collector: &Collector, read: &mut Read) {
    let pointers = std::mem::take(&mut read.pointers);
    for (number, id) in pointers {
        let fans = id.get(..2).zip(id.get(2..4));
        let path = fans.map(|(a, b)| common_dir.join("lfs/objects").join(a).join(b).join(&id));
        let Some((path, mut file)) = path.and_then(|path| File::open(&path).ok().map(|file| (path, file))) else {
            read.pointers.push((number, id));
            continue;
        };
        match keys(policy, &mut file) {
            Ok((keys, bytes)) => {
                collector.scanned(0, bytes);
                read.elsewhere.insert(number);
                if !keys.is_empty() {
                    read.hits.push(Hit { number, kind: Kind::Blob, keys, bytes: Vec::new() });
                }
            }
            Err(why) => collector.failed(Error::new("read", path.display(), why)),
        }
    }
    read.hits.sort_by_key(|hit| hit.number);
}

fn keys(policy: &Policy, file: &mut File) -> std::io::Result<(Vec<Key>, u64)> {
    let mut keys = Vec::new();
    let plain: &BStr = Default::default();
    let found = |found| keys.push(Key { found, member: None });
    let fill = |buffer: &mut Vec<u8>| std::io::copy(&mut (&*file).take(1 << 18), buffer).map(|count| count as usize);
    let bytes = Windows::default().scan(policy, plain, &mut Vec::new(), fill, found)?;
    file.rewind()?;
    let mut head = Vec::new();
    (&*file).take(512).read_to_end(&mut head)?;
    file.rewind()?;
    if let Some(kind) = archive::kind(&head) {
        let mut push = |unpacked| {
            if let Unpacked::Found(found, member) = unpacked {
                keys.push(Key { found: *found, member });
            }
        };
        archive::unpack(policy, plain, kind, &*file, bytes, &mut push)
            .map_err(|_| std::io::Error::other("it unpacks to more than 200 times its size"))?;
    }
    Ok((keys, bytes))
}
