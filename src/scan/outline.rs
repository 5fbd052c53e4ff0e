//! What a rule's regex says about the text around its anchor, so that most places where an anchor stands are refused
//! by a comparison or two: an anchor may stand at every eighth byte of a file, and running a regex costs microseconds.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::anchors::in_key;

/// Where a match of a regex that holds an anchor can start, and how long it is at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    /// The least and the greatest distance from a match's start to the anchor.
    before: (usize, usize),
    /// What a match starts with, in lower case; it is compared in any case.
    lead: Vec<u8>,
    /// Whether all that stands before the anchor is bytes of keys.
    is_key_before: bool,
    /// How many bytes of keys follow each other from the anchor's start on, at least.
    after: usize,
}

impl Outline {
    /// Of a regex and one of its anchors; `None` where the anchor is not written out in the regex, or what stands before
    /// it has no limit.
    pub(super) fn of(regex: &str, anchor: &[u8]) -> Option<Self> {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex).ok()?;
        let mut items = Vec::new();
        flatten(&hir, &mut items);
        let (index, inside) = items.iter().enumerate().find_map(|(index, item)| {
            let HirKind::Literal(literal) = item.kind() else { return None };
            Some((index, literal.0.windows(anchor.len()).position(|part| part == anchor)?))
        })?;
        let HirKind::Literal(literal) = items[index].kind() else { return None };
        let (left, right) = (&items[..index], &items[index + 1..]);
        let mut before = (inside, inside);
        for item in left {
            let properties = item.properties();
            before = (before.0 + properties.minimum_len()?, before.1.checked_add(properties.maximum_len()?)?);
        }
        let is_key_before =
            left.iter().all(|item| is_key(item)) && literal.0[..inside].iter().all(|&byte| in_key(byte));
        let mut after = literal.0[inside..].iter().take_while(|&&byte| in_key(byte)).count();
        if after == literal.0.len() - inside {
            let keys = right.iter().take_while(|item| is_key(item));
            after += keys.filter_map(|item| item.properties().minimum_len()).sum::<usize>();
        }
        let mut lead = Vec::new();
        for item in &items[..=index] {
            match item.kind() {
                HirKind::Literal(literal) => lead.extend(literal.0.to_ascii_lowercase()),
                _ => match letter(item) {
                    Some(letter) => lead.push(letter),
                    None => break,
                },
            }
        }
        Some(Self { before, lead, is_key_before, after })
    }

    /// Whether no match can hold the anchor at `at`, which stands in a stretch of key bytes that ends at `end`.
    pub(super) fn is_too_short(&self, at: usize, end: usize) -> bool {
        end - at < self.after
    }

    /// Where a match that holds the anchor at `at` can start, in order, not before `floor`; `token` is where the stretch
    /// of key bytes starts that the anchor stands in.
    pub(super) fn starts<'a>(
        &'a self,
        text: &'a [u8],
        at: usize,
        token: Option<usize>,
    ) -> impl Iterator<Item = usize> + 'a {
        let floor = token.filter(|_| self.is_key_before).unwrap_or(0);
        let first = at.saturating_sub(self.before.1).max(floor);
        let last = at.checked_sub(self.before.0);
        let range = last.filter(|&last| last >= first).map_or(0..0, |last| first..last + 1);
        super::steps::count(range.len());
        range.filter(move |&start| {
            let head = text.get(start..start + self.lead.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(&self.lead))
        })
    }

    /// Whether few places pass [`starts`](Self::starts).
    pub(super) fn is_narrow(&self) -> bool {
        !self.lead.is_empty() || self.before.0 == self.before.1
    }
}

/// The parts of a regex that follow each other.
fn flatten<'a>(hir: &'a Hir, items: &mut Vec<&'a Hir>) {
    match hir.kind() {
        HirKind::Concat(parts) => parts.iter().for_each(|part| flatten(part, items)),
        HirKind::Capture(capture) => flatten(&capture.sub, items),
        _ => items.push(hir),
    }
}

/// Whether it matches bytes of keys alone.
fn is_key(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty => true,
        HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.iter().all(|&byte| in_key(byte)),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().all(|range| (range.start()..=range.end()).all(in_key))
        }
        HirKind::Class(Class::Unicode(_)) => false,
        HirKind::Repetition(repetition) => is_key(&repetition.sub),
        HirKind::Capture(capture) => is_key(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_key),
    }
}

/// The letter that a class is in both cases, as `(?i:a)` is.
fn letter(hir: &Hir) -> Option<u8> {
    let HirKind::Class(Class::Bytes(class)) = hir.kind() else { return None };
    match class.ranges() {
        [upper, lower] if upper.start() == upper.end() && lower.start() == lower.end() => {
            let letter = upper.start().to_ascii_lowercase();
            (letter == lower.start() && letter.is_ascii_lowercase()).then_some(letter)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_stands_around_the_anchor() {
        let cases = [
            ("sk-proj-([A-Za-z0-9_-]{74}|[A-Za-z0-9_-]{58})MARK([A-Za-z0-9_-]{46,})", (66, 82), "sk-proj-", true, 50),
            ("[A-Za-z0-9]{52}MARK[A-L]{3}", (52, 52), "", true, 7),
            ("(?i:private[_.-]?key)[^a-z]{1,16}(----- MARK-----x)", (17, 33), "private", false, 10),
            ("MARK[0-9a-f]{32}\\.[a-z]{9}", (0, 0), "mark", true, 36),
        ];
        for (regex, before, lead, is_key_before, after) in cases {
            let wanted = Outline { before, lead: lead.into(), is_key_before, after };
            assert_eq!(Outline::of(regex, b"MARK"), Some(wanted), "{regex}");
        }
        assert_eq!(Outline::of("(?:MARK|other)x", b"MARK"), None);
        assert_eq!(Outline::of("a+MARK", b"MARK"), None);
    }
}
