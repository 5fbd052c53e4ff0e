//! What all matches of a regex have in common, as a quick test before it is compiled or run.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A set of bytes.
type ByteSet = [bool; 256];

/// What can be where in a match of a rule's regex.
#[derive(Debug)]
pub(super) struct Outside {
    /// The text that each match starts with.
    lead: Vec<u8>,
    /// The bytes that may follow it.
    rest: ByteSet,
    /// The bytes that a match may end with, if all have one length.
    last: Option<ByteSet>,
    /// The minimum length of a match in bytes.
    shortest: usize,
}

impl Outside {
    /// That of a regex, whose shortest and longest match are known.
    pub(super) fn of(regex: &str, (shortest, longest): (usize, usize)) -> Self {
        let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex);
        let Ok(hir) = parsed else {
            return Self { lead: Vec::new(), rest: [true; 256], last: None, shortest };
        };
        let mut parts = match hir.kind() {
            HirKind::Concat(parts) => parts,
            _ => std::slice::from_ref(&hir),
        };
        let last = parts.last().filter(|last| shortest == longest && last.properties().minimum_len() == Some(1));
        let last = last.map(|last| bytes_of(std::slice::from_ref(last)));
        let mut lead = Vec::new();
        if let [first, others @ ..] = parts
            && let HirKind::Literal(literal) = first.kind()
        {
            (lead, parts) = (literal.0.to_vec(), others);
        }
        Self { shortest: shortest.max(lead.len()), rest: bytes_of(parts), lead, last }
    }

    /// The byte that each match starts with, if there is only one.
    pub(super) fn first_byte(&self) -> Option<u8> {
        self.lead.first().copied()
    }

    /// Whether a match may start where `text` starts.
    pub(super) fn may_match(&self, text: &[u8]) -> bool {
        let Some((head, last)) = text.get(..self.shortest).map(|head| (head, head.last())) else { return false };
        if let (Some(can_be), Some(&last)) = (&self.last, last)
            && !can_be[last as usize]
        {
            return false;
        }
        let (lead, rest) = head.split_at(self.lead.len());
        (lead.is_empty() || lead == self.lead) && rest.iter().all(|&byte| self.rest[byte as usize])
    }
}

/// The bytes that can occur in a match of these parts of a regex.
fn bytes_of(parts: &[Hir]) -> ByteSet {
    let mut bytes = [false; 256];
    let mut parts: Vec<&Hir> = parts.iter().collect();
    while let Some(part) = parts.pop() {
        match part.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| bytes[byte as usize] = true),
            HirKind::Class(Class::Bytes(class)) => {
                class.ranges().iter().for_each(|range| bytes[range.start() as usize..=range.end() as usize].fill(true));
            }
            HirKind::Class(Class::Unicode(_)) => return [true; 256],
            HirKind::Repetition(repetition) => parts.push(&repetition.sub),
            HirKind::Capture(capture) => parts.push(&capture.sub),
            HirKind::Concat(subs) | HirKind::Alternation(subs) => parts.extend(subs),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::Outside;

    #[test]
    fn what_cannot_match_is_refused() {
        let cases: &[(&str, (usize, usize), &str, bool)] = &[
            ("ab[0-9]{3}", (5, 5), "ab123", true),
            ("ab[0-9]{3}", (5, 5), "ab123x", true),
            ("ab[0-9]{3}", (5, 5), "ab12", false),
            ("ab[0-9]{3}", (5, 5), "a1123", false),
            ("ab[0-9]{3}", (5, 5), "abb23", false),
            ("[0-9]{3}[ab]", (4, 4), "123b", true),
            ("[0-9]{3}[ab]", (4, 4), "1233", false),
            // The last byte of a match is not known.
            ("[0-9]{3}[ab]?", (3, 4), "123", true),
            ("a(?:b{2}|c)", (2, 3), "acd", true),
            ("(?i)ab[0-9]", (3, 3), "AB1", true),
            ("abc", (3, 3), "abc", true),
            ("abc", (3, 3), "ab", false),
            ("abc$", (0, usize::MAX), "abc", true),
            ("(", (0, usize::MAX), "any", true),
        ];
        for &(regex, lengths, text, may) in cases {
            assert_eq!(Outside::of(regex, lengths).may_match(text.as_bytes()), may, "{regex} {text}");
        }
    }
}
