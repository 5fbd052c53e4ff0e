//! Git LFS: the pointer file that is committed instead of a large file, and where the large file is stored.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

/// A Git LFS pointer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pointer {
    /// The SHA-256 of the file, in hexadecimal.
    pub(crate) id: String,
    /// The size of the file in bytes.
    pub(crate) size: Option<u64>,
}

impl Pointer {
    /// Parses a pointer; `None` if the content is not one.
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        if content.len() > 1024 || !content.starts_with(b"version https://git-lfs.github.com/spec/") {
            return None;
        }
        let field = |name: &str| content.lines().find_map(|line| line.strip_prefix(name.as_bytes()));
        let id = field("oid sha256:")?.to_str().ok()?;
        let is_id = id.len() == 64 && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let size = field("size ").and_then(|size| size.to_str().ok()?.parse().ok());
        is_id.then(|| Self { id: id.to_owned(), size })
    }

    /// The path of the file in a repository with this common directory.
    pub(crate) fn path(&self, common_dir: &Path) -> PathBuf {
        let mut path = common_dir.join("lfs/objects");
        path.extend([self.id.get(..2), self.id.get(2..4), Some(self.id.as_str())].into_iter().flatten());
        path
    }

    /// The error if the stored file has another length.
    pub(crate) fn fault(&self, length: u64) -> Option<String> {
        let size = self.size.filter(|&size| size != length)?;
        Some(format!("its pointer says {size} bytes, but the LFS object has {length}; git lfs fsck says more"))
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn a_pointer_is_recognised_by_its_version_and_id() {
        let id = "0a".repeat(32);
        let text = |id: &str| format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 12\n");
        assert_eq!(Pointer::parse(text(&id).as_bytes()), Some(Pointer { id: id.clone(), size: Some(12) }));
        for no in [
            text("../../../../etc/passwd"),
            text(&"g".repeat(64)),
            text(&id).replace("version", "version "),
            String::new(),
        ] {
            assert_eq!(Pointer::parse(no.as_bytes()), None, "{no}");
        }
    }
}
