//! Replaces every key in a text by its mask, for output to people and logs.

use std::ops::Range;

use super::Scanner;
use crate::core::finding::Secret;

impl Scanner {
    /// `text` with every key in it masked; `None` if there is no key.
    ///
    /// ```
    /// # use keysweep::scan::Scanner;
    /// let scanner = Scanner::builtin();
    /// assert_eq!(scanner.masked(b"no key in here"), None);
    /// ```
    pub fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        replace(text, self.find(text).into_iter().map(|found| (found.span, found.secret)))
    }

    /// The same for generated text such as a report: only keys of distinctive rules are masked. A contextual rule
    /// could take a fingerprint or a commit id for a key.
    pub fn masked_by_shape(&self, text: &[u8]) -> Option<Vec<u8>> {
        let contextual =
            |id: &str| self.rules().rules().iter().any(|own| own.rule.id == id && own.rule.is_contextual());
        let found = self.find(text).into_iter().filter(|found| !contextual(&found.rule.id));
        replace(text, found.map(|found| (found.span, found.secret)))
    }
}

/// `text` with each byte range replaced by the mask of its secret; `None` if there are none. The ranges must be
/// sorted by their start; one that starts inside the previous one is merged with it.
pub fn replace(text: &[u8], secrets: impl Iterator<Item = (Range<usize>, Secret)>) -> Option<Vec<u8>> {
    let mut masked = Vec::new();
    let mut done = None;
    for (span, secret) in secrets {
        let from = done.unwrap_or(0);
        if span.start >= from {
            masked.extend_from_slice(&text[from..span.start]);
            masked.extend_from_slice(secret.mask().as_bytes());
        }
        done = Some(from.max(span.end));
    }
    done.map(|done| {
        masked.extend_from_slice(&text[done..]);
        masked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_overlap_leave_nothing_of_either() {
        let text = format!("a {} b", "0123456789abcdef0123456789abcdef");
        let secret = |range: Range<usize>| (range.clone(), Secret::new(&text.as_bytes()[range]));
        let mask = String::from_utf8(replace(text.as_bytes(), [secret(2..30), secret(10..34)].into_iter()).unwrap());
        assert_eq!(mask.unwrap(), format!("a {} b", secret(2..30).1.mask()));
        assert_eq!(replace(text.as_bytes(), std::iter::empty()), None);
    }
}
