//! What a rule's regex requires of the text around its anchor. It rejects most anchors with one or two comparisons: a
//! file may have an anchor at every eighth byte, and running a regex takes microseconds.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::alphabet::in_key;

/// Where a match with an anchor can start, and its minimum length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    /// The minimum and maximum distance from the start of a match to the anchor.
    before: (usize, usize),
    /// The text that a match starts with, in lower case; compared in any case.
    lead: Vec<u8>,
    /// Whether everything before the anchor consists of key bytes.
    is_key_before: bool,
    /// The minimum number of consecutive key bytes from the start of the anchor.
    after: usize,
}

impl Outline {
    /// The outline of a regex for one of its anchors; `None` if the anchor is not a literal in the regex, or if the
    /// text before it has no maximum length.
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

    /// The minimum number of consecutive key bytes from the start of the anchor.
    pub(super) fn after(&self) -> usize {
        self.after
    }

    /// Whether no match can contain the anchor at `at`, whose token ends at `end`.
    pub(super) fn is_too_short(&self, at: usize, end: usize) -> bool {
        end - at < self.after
    }

    /// The offsets, ascending, at which a match with the anchor at `at` can start; `token` is the start of the
    /// anchor's token.
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

    /// Whether only a few offsets pass [`starts`](Self::starts).
    pub(super) fn is_narrow(&self) -> bool {
        !self.lead.is_empty() || self.before.0 == self.before.1
    }
}

/// Flattens a regex to a list of consecutive parts.
fn flatten<'a>(hir: &'a Hir, items: &mut Vec<&'a Hir>) {
    match hir.kind() {
        HirKind::Concat(parts) => parts.iter().for_each(|part| flatten(part, items)),
        HirKind::Capture(capture) => flatten(&capture.sub, items),
        _ => items.push(hir),
    }
}

/// Whether a part matches only key bytes.
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

/// The letter of a class that contains it in both cases, such as `(?i:a)`.
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
