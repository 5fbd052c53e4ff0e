//! Turns `[[allowlist]]` tables into allowlists; rejects those that could never apply.

use toml::Spanned;

use super::DOING;
use super::raw::{Condition, RawAllowlist, RawTarget};
use crate::core::error::Result;
use crate::core::text::Source;
use crate::policy::ignore_file::glob_of;
use crate::rule::allowlist::{self, Allowlist};
use crate::rule::pattern::Pattern;

/// The maximum number of patterns in a list. All are compiled, most of them into one automaton; a hundred times as
/// many, which a hostile repository could contain, would take a minute.
const MOST: usize = 2_000;

/// Returns an error for a list that is too long.
pub(super) fn not_too_many<T>(source: Source<'_>, list: &[Spanned<T>]) -> Result<()> {
    let Some(first_too_many) = list.get(MOST) else { return Ok(()) };
    let why = format!("there are {} entries in this list, and the most is {MOST}", list.len());
    Err(source.error(DOING, first_too_many.span().start, why).hint("name directories or patterns instead of files"))
}

/// The allowlists of a configuration.
pub(super) fn allowlists(source: Source<'_>, raw: &[Spanned<RawAllowlist>]) -> Result<Vec<Allowlist>> {
    not_too_many(source, raw)?;
    raw.iter().map(|list| allowlist(source, list)).collect()
}

fn allowlist(source: Source<'_>, raw: &Spanned<RawAllowlist>) -> Result<Allowlist> {
    let list = raw.get_ref();
    for texts in [&list.regexes, &list.paths, &list.stopwords] {
        not_too_many(source, texts)?;
    }
    let fault = |text: &Spanned<String>, why: String| source.error(DOING, text.span().start, why);
    let mut regexes = Vec::new();
    for text in &list.regexes {
        let pattern = Pattern::new(text.get_ref());
        let pattern = pattern.map_err(|why| {
            fault(text, format!("bad regex: {why}"))
                .hint("the syntax is that of Rust's regex crate, without look-around")
        })?;
        if text.get_ref().is_empty() || pattern.matches_empty() {
            return Err(fault(text, "this regex matches everything".into())
                .hint("name what is allowed; to stop a rule use rules.disable"));
        }
        regexes.push(pattern);
    }
    let mut paths = Vec::new();
    for text in &list.paths {
        paths.push(glob_of(text.get_ref()).map_err(|why| fault(text, why).hint("globs are like docs/**, *.lock"))?);
    }
    let mut stopwords = Vec::new();
    for word in &list.stopwords {
        if word.get_ref().is_empty() {
            return Err(fault(word, "an empty stopword is in every value".into()).hint("name a word, or leave it out"));
        }
        stopwords.push(word.get_ref().to_lowercase());
    }
    if regexes.is_empty() && paths.is_empty() && stopwords.is_empty() {
        let fault = source.error(DOING, raw.span().start, "this allowlist allows nothing");
        return Err(fault.hint("give it regexes, paths or stopwords"));
    }
    Ok(Allowlist {
        reason: list.reason.clone().filter(|reason| !reason.trim().is_empty()),
        rules: list.rules.iter().map(|rule| rule.get_ref().clone()).collect(),
        target: match list.target {
            RawTarget::Secret => allowlist::AllowlistTarget::Secret,
            RawTarget::Match => allowlist::AllowlistTarget::Match,
            RawTarget::Line => allowlist::AllowlistTarget::Line,
        },
        regexes,
        stopwords,
        paths,
        all: matches!(list.condition, Condition::All),
    })
}
