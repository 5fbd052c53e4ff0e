//! The changed lines of a file, with all keys masked.

use bstr::ByteSlice as _;

use super::{FileFix, Rewrite};

impl FileFix {
    /// The changed lines before and after, with all keys masked.
    pub fn diff(&self) -> String {
        let mut out = String::new();
        let mut index = 0;
        while let Some((first, _)) = self.replacements.get(index) {
            let start = self.old[..first.start].rfind_byte(b'\n').map_or(0, |end| end + 1);
            let mut end = line_end(&self.old, first.end);
            let from = index;
            while let Some((at, _)) = self.replacements.get(index).filter(|(at, _)| at.start < end || index == from) {
                end = end.max(line_end(&self.old, at.end));
                index += 1;
            }
            let old = &self.old[start..end];
            let shifted = self.replacements[from..index]
                .iter()
                .map(|(at, with)| (at.start - start..at.end - start, with.clone()))
                .collect();
            let new = Rewrite { replacements: shifted, ..Rewrite::default() }.apply(old);
            let number = memchr::memchr_iter(b'\n', &self.old[..start]).count() + 1;
            out += &format!("@@ {}:{number}\n", self.shown);
            let (old, new) = (self.masked(old), self.masked(&new));
            for (mark, text) in [('-', &old), ('+', &new)] {
                for line in text.lines().filter(|line| !(old.contains(line) && new.contains(line))) {
                    let short: String = line.chars().take(200).collect();
                    out += &format!("{mark}{short}{}\n", if short.len() < line.len() { "…" } else { "" });
                }
            }
        }
        out
    }

    fn masked(&self, text: &[u8]) -> String {
        let mut text = text.to_vec();
        for key in &self.removed {
            let at: Vec<usize> = memchr::memmem::find_iter(&text, key.secret.expose()).collect();
            for at in at.into_iter().rev() {
                text.splice(at..at + key.secret.expose().len(), key.secret.mask().into_bytes());
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].find_byte(b'\n').map_or(text.len(), |length| at + length + 1)
}
