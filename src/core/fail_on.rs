//! Which findings cost exit code 1, where `--fail-on` says that not all do.

use std::fmt;

use super::finding::{Confidence, Severity};

const SEVERITIES: [Severity; 5] = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
const CONFIDENCES: [Confidence; 3] = [Confidence::Possible, Confidence::Likely, Confidence::Certain];

/// The least that a finding must be worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// The least severity.
    pub severity: Severity,
    /// The least confidence.
    pub confidence: Confidence,
}

impl FailOn {
    /// Reads `high`, `certain`, or both with a comma.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut least = Self { severity: Severity::Info, confidence: Confidence::Possible };
        for word in text.split(',') {
            let severity = SEVERITIES.iter().find(|severity| severity.as_str() == word);
            let confidence = CONFIDENCES.iter().find(|confidence| confidence.as_str() == word);
            match (severity, confidence) {
                (Some(severity), _) => least.severity = *severity,
                (_, Some(confidence)) => least.confidence = *confidence,
                _ => {
                    return Err(
                        "a severity (info, low, medium, high, critical) or a confidence (possible, likely, certain)"
                            .into(),
                    );
                }
            }
        }
        Ok(least)
    }

    /// Whether a finding of this worth costs exit code 1.
    pub fn holds(self, severity: Severity, confidence: Confidence) -> bool {
        severity >= self.severity && confidence >= self.confidence
    }
}

/// As [`FailOn::parse`] reads it.
impl fmt::Display for FailOn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{},{}", self.severity, self.confidence)
    }
}
