//! The one place where keys in texts that a scanned repository chose (paths, names of commits, errors) are masked.

use std::sync::Arc;

use bstr::BString;

use crate::core::coverage::Report;
use crate::core::finding::Commit;
use crate::report::escape;

/// Passes every text that the scanned content's owner chose through `mask`, which returns what to put in its
/// place if it holds a key: a path, a commit's summary. Keys themselves are masked where they are written.
pub fn redact(report: &mut Report, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    let bytes = |text: &mut BString| {
        if let Some(masked) = mask(text) {
            *text = masked.into();
        }
    };
    for finding in &mut report.findings {
        finding.location.path.iter_mut().chain(&mut finding.location.member).for_each(bytes);
        if let Some(commit) = &mut finding.commit {
            redact_commit(commit, mask);
        }
        if let Some(history) = &mut finding.history {
            history.last_commit.iter_mut().for_each(|commit| redact_commit(commit, mask));
            history.refs.iter_mut().for_each(|name| redact_text(name, mask));
        }
    }
    report.coverage.skipped.iter_mut().for_each(|skipped| bytes(&mut skipped.path));
    report.coverage.errors.iter_mut().for_each(|error| error.each_text(|text| redact_text(text, mask)));
    report.coverage.notes.iter_mut().for_each(|note| redact_text(note, mask));
}

fn redact_commit(commit: &mut Arc<Commit>, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    let texts = [&commit.summary, &commit.author_name, &commit.author_email];
    if texts.iter().any(|text| mask(text.as_bytes()).is_some()) {
        let commit = Arc::make_mut(commit);
        redact_text(&mut commit.summary, mask);
        redact_text(&mut commit.author_name, mask);
        redact_text(&mut commit.author_email, mask);
    }
}

fn redact_text(text: &mut String, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    if let Some(masked) = mask(text.as_bytes()) {
        *text = escape::text(&masked);
    }
}
