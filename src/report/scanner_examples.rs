//! Keys in other secret scanners' files: the tests of a detector, the samples of a rule. They are meant to look like
//! keys, so only their path shows that they are examples. None of them is `certain`.

use bstr::{BStr, ByteSlice as _};

use crate::core::coverage::Report;
use crate::core::finding::Confidence;

/// The note on such a finding.
const NOTE: &str = "an example of a secret scanner's own, by its path";

/// Sets the confidence of findings in such files to `possible`.
pub fn rate(report: &mut Report) {
    for finding in &mut report.findings {
        let is_example = finding.location.path.as_ref().is_some_and(|path| is_scanner_example(path.as_ref()));
        if is_example && finding.confidence > Confidence::Possible {
            finding.confidence = Confidence::Possible;
            finding.note.get_or_insert_with(|| NOTE.into());
        }
    }
}

/// Whether a path is a test in a directory of detectors or rules, or a rule file with samples:
/// `pkg/detectors/groq/groq_test.go`, `tests/rules/test_openai.py`, `config/rules/openai.go`.
fn is_scanner_example(path: &BStr) -> bool {
    const SCANNERS: [&str; 8] =
        ["detectors", "detector", "decoders", "rules", "scanners", "scanner", "secret_scanner", "secret-scanning"];
    const TESTS: [&str; 6] = ["test", "tests", "testdata", "__tests__", "fixtures", "spec"];
    let path = path.to_str_lossy().to_ascii_lowercase();
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let folders: Vec<&str> = folders.split('/').collect();
    if !folders.iter().any(|folder| SCANNERS.contains(folder)) {
        return false;
    }
    let (stem, _) = file.split_once('.').unwrap_or((file, ""));
    let is_test = stem.ends_with("_test")
        || stem.starts_with("test_")
        || stem.ends_with("_spec")
        || [".test.", ".spec."].iter().any(|part| file.contains(part))
        || folders.iter().any(|folder| TESTS.contains(folder));
    let is_rule = folders.windows(2).any(|pair| matches!(pair, ["config" | "data", "rules"]));
    is_test || is_rule
}
