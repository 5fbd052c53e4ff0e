//! Keys that their owners publish: in a browser's source code, in documentation, in tests of scanners. They give no
//! access that is not public, so they are worth knowing but not an alarm. Only their fingerprints are stored.
//!
//! gitleaks has the same list of Google keys in its allowlist; three more are shipped with Chromium and Chrome, three with
//! Google's command-line tools. The others are the samples in the documentation of OpenAI and Databricks, and in tests of
//! gitleaks, its ports and TruffleHog.

use crate::core::finding::Secret;

/// The fingerprints, sorted.
const PUBLISHED: &[&str] = &[
    "050ce2effec4e0f50d63109abaf54c2c",
    "0d9925b6997e3074aeeac5c5b736f0b0",
    "1dfec3441f8a2ee978f442d837ff60d4",
    "1f07a0314fc91852f0d624931e0dcc1d",
    "279b843df815fc1d0a7e7d40ee3e5d50",
    "31359a5986589749e6aa65550221173c",
    "4844102a5168947b5791b81468330216",
    "4d9d157cdca86c80306237df9472d1a3",
    "50471298c505902338e0822fd85b5fc6",
    "51eb828a9e72a51b6b38ef1f2f4fd6f4",
    "52c590eb08b203b17f0a135c9b1bf492",
    "534dcd3922d403e3ed1c83e1ae812c72",
    "5dfb975888a2162bed5c08e788561be4",
    "5f0456baad5ef4acdba087abac032661",
    "5f4beb8e2baa4abed2da91d92ad44074",
    "6d83bc00b561f80efa3ad89be7d8dfaa",
    "74835b351a2df370a0331c52d57f9e47",
    "767deae3674c8de9316835dd50e3e3de",
    "7be444eefd13019573812c610e643530",
    "7d504881b8c1dc8a594c4886e6a0d5e5",
    "8222c3de84e3d8904acdac539e7bf436",
    "873e9e26321efa4a0dde73e2f16ac889",
    "a726c122de94704431d4e3f1a047ebc1",
    "a982015cd614df6e398879ed750d1b03",
    "b6b2e1d7e4d644d0af47e5495e875eea",
    "c8365582237b5217a584c821b8aa25f6",
    "dc6854cff210651c797aeb63ca1a9f9e",
    "eaf61e076f33d25b805f4b94010e9751",
    "f0390d84f1ca51b3af1bc2968d01b14a",
    "f28aa37263b0e59ccf01f3dfebc4e0be",
    "f39156e9c0145b8da3c2450b7088336b",
    "ff5015f9052a3c2ce26a27608a96f830",
];

/// Whether a key is published by its owner.
pub(super) fn is_published(secret: &Secret) -> bool {
    let fingerprint = secret.fingerprint().to_string();
    PUBLISHED.binary_search(&fingerprint.as_str()).is_ok()
}

/// Words (in one case) that show that a value is an example: `…EXAMPLE`.
const SAMPLE: [&[u8]; 8] =
    [b"example", b"sample", b"dummy", b"placeholder", b"notreal", b"redacted", b"fixture", b"invalid"];

/// Whether a value contains such a word.
pub(super) fn is_sample(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    SAMPLE.iter().any(|word| memchr::memmem::find(&lower, word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::finding::{Confidence, Severity};

    /// A key of Chromium's, and one that says what it is; written so that no file here holds either.
    #[test]
    fn what_is_published_is_no_alarm() {
        let scanner = crate::scan::Scanner::builtin();
        let published: String = "wgBWqXBpO12UEyeIjIZnDW9x6-Mm4itOByS".chars().rev().collect();
        let found = scanner.scan(format!("key = \"AIza{published}\"").as_bytes());
        assert!(
            matches!(&found[..], [one] if one.severity == Severity::Info && one.confidence == Confidence::Possible)
        );
        let sample = "ELPMAXEk2Qz9Xw7Lr4Tn8Vb3Jd6Hp1Mc5".chars().rev().collect::<String>();
        let found = scanner.scan(format!("key = \"AIza{sample}Zx\"").as_bytes());
        assert!(matches!(&found[..], [one] if one.confidence == Confidence::Possible), "{}", found.len());
    }

    #[test]
    fn the_list_is_sorted_and_holds_fingerprints() {
        assert!(PUBLISHED.is_sorted());
        let is_hex = |text: &&str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(PUBLISHED.iter().all(is_hex));
    }
}
