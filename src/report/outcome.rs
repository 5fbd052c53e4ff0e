//! What came of a run, in a line each: the result, and what was scanned.

use std::collections::BTreeMap;

use crate::core::coverage::is_unopened;
use crate::core::order::ListOrder as _;
use crate::report::escape;
use crate::report::model::{Document, JsonCoverage, JsonSkipped, Summary};
use crate::report::numbers::{counted, grouped, size};

/// The maximum number of names of ignored items; machine formats have all of them.
const SKIPPED_NAMES: usize = 3;

/// The coverage in one line: `Scanned 12 files, 1.2 MB, 20 commits; skipped 3 ignored (a, b, c)`.
pub(super) fn scanned(coverage: &JsonCoverage<'_>) -> String {
    let mut text = format!("Scanned {}, {}", counted(coverage.files, "file"), size(coverage.bytes));
    if let (Some(part), Some(parts)) = (coverage.counts.get("shard"), coverage.counts.get("shards")) {
        text += &format!(", part {part} of {parts}");
    }
    for (name, number) in coverage.counts.iter().filter(|(name, _)| !name.starts_with("shard")) {
        let name = escape::text(name.replace('_', " ").as_bytes());
        text += &match (number, name.strip_suffix("ies"), name.strip_suffix('s')) {
            (1, Some(stem), _) => format!(", 1 {stem}y"),
            (1, None, Some(one)) => format!(", 1 {one}"),
            _ => format!(", {} {name}", grouped(*number)),
        };
    }
    text + &skipped(coverage)
}

/// The result in one line: `2 keys found at 3 places, 1 suppressed (1 inline).`
pub(super) fn verdict(document: &Document<'_>) -> String {
    let mut keys: Vec<&str> = document.active().map(|entry| entry.fingerprint.as_ref()).collect();
    let places = keys.len();
    keys.order();
    keys.dedup();
    let mut text = match places {
        0 if document.summary.exit_code == 2 && document.summary.coverage.bytes == 0 => "Not completed".to_owned(),
        0 if document.summary.exit_code == 2 => "Not completed: no keys in what was scanned".to_owned(),
        0 => "No keys found".to_owned(),
        places if places == keys.len() => counted(places as u64, "key") + " found",
        places => format!("{} found at {}", counted(keys.len() as u64, "key"), counted(places as u64, "place")),
    };
    let Summary { suppressed, suppressed_by, failing, findings, .. } = &document.summary;
    if *suppressed > 0 {
        let list: Vec<String> = suppressed_by.iter().map(|(by, number)| format!("{} {by}", grouped(*number))).collect();
        text += &format!(", {} suppressed ({})", grouped(*suppressed), list.join(", "));
    }
    if let Some(failing) = failing.filter(|failing| failing < findings) {
        text += &format!(", {} below --fail-on", grouped(findings - failing));
    }
    text + "."
}

/// The skipped items: `; not opened: 1 encrypted (a.zip); skipped 10 ignored (node_modules, dist, .env, ...), 2
/// symlink (a, b)`.
fn skipped(coverage: &JsonCoverage<'_>) -> String {
    let (unopened, others): (Vec<&JsonSkipped<'_>>, Vec<&JsonSkipped<'_>>) =
        coverage.skipped.iter().partition(|skipped| is_unopened(&skipped.reason));
    let part = |word: &str, list: String| if list.is_empty() { list } else { format!("; {word} {list}") };
    part("not opened:", by_reason(&unopened)) + &part("skipped", by_reason(&others))
}

fn by_reason(skipped: &[&JsonSkipped<'_>]) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in skipped {
        reasons.entry(&skipped.reason).or_default().push(&skipped.path);
    }
    let list: Vec<String> = reasons
        .iter()
        .map(|(reason, paths)| {
            let mut names: Vec<String> =
                paths.iter().take(SKIPPED_NAMES).map(|path| escape::text(path.as_bytes())).collect();
            if paths.len() > SKIPPED_NAMES {
                names.push("...".into());
            }
            format!("{} {reason} ({})", grouped(paths.len() as u64), names.join(", "))
        })
        .collect();
    list.join(", ")
}
