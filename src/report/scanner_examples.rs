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
/// `pkg/detectors/groq/groq_test.go`, `tests/rules/test_openai.py`, `config/rules/openai.go`; or data of tests that says
/// that it is a leak.
fn is_scanner_example(path: &BStr) -> bool {
    const SCANNERS: [&str; 16] = [
        "detectors",
        "detector",
        "decoders",
        "rules",
        "scanners",
        "scanner",
        "secret_scanner",
        "secret-scanning",
        "gitleaks",
        "trufflehog",
        "betterleaks",
        "kingfisher",
        "noseyparker",
        "secretlint",
        "detect_secrets",
        "ripsecrets",
    ];
    const TESTS: [&str; 7] = ["test", "tests", "testdata", "test_data", "__tests__", "fixtures", "spec"];
    let path = path.to_str_lossy();
    let is_camel_test = path.rsplit('/').next().and_then(|file| file.split('.').next());
    let is_camel_test = is_camel_test.is_some_and(|stem| stem.ends_with("Test") || stem.ends_with("Tests"));
    let path = path.to_ascii_lowercase();
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let folders: Vec<&str> = folders.split('/').collect();
    let (stem, _) = file.split_once('.').unwrap_or((file, ""));
    let in_tests = folders.iter().any(|folder| TESTS.contains(folder));
    // What says of itself that it is a leak, among data of tests.
    let is_data = folders.iter().any(|folder| matches!(*folder, "testdata" | "test_data" | "fixtures"));
    let is_leak = is_data && stem.split(['_', '-']).any(|word| matches!(word, "leak" | "leaks"));
    if !is_leak && !folders.iter().any(|folder| SCANNERS.contains(folder)) {
        return false;
    }
    let is_test = stem.ends_with("_test")
        || stem.starts_with("test_")
        || stem.ends_with("_spec")
        || is_camel_test
        || [".test.", ".spec."].iter().any(|part| file.contains(part))
        || in_tests;
    let is_rule = folders.windows(2).any(|pair| matches!(pair, ["config" | "data", "rules"]));
    is_test || is_rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_scanners_examples_are_told_from_others() {
        for (path, is_example) in [
            ("pkg/detectors/groq/groq_test.go", true),
            ("tests/rules/test_openai.py", true),
            ("config/rules/openai.go", true),
            ("src/commonTest/kotlin/org/acme/gitleaks/matcher/MatcherTest.kt", true),
            ("test_data/test_dir_one_google_leak.json", true),
            ("testdata/leaks/a.txt", false),
            ("pkg/detectors/groq/groq.go", false),
            ("tests/test_openai.py", false),
            ("src/rules/billing.ts", false),
            ("docs/gitleaks/setup.md", false),
            ("tests/memory_leaks.py", false),
        ] {
            assert_eq!(is_scanner_example(path.into()), is_example, "{path}");
        }
    }
}
