//! The TOML of gitleaks and betterleaks as it is written. Keys that neither knows are passed over, as both do.

use serde::Deserialize;
use toml::{Spanned, Value};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRuleFile {
    pub extend: Option<Spanned<Extend>>,
    #[serde(alias = "Rules")]
    pub rules: Vec<Spanned<RawRule>>,
    #[serde(alias = "allowList", alias = "AllowList")]
    pub allowlist: Option<Spanned<RawAllow>>,
    #[serde(alias = "allowLists", alias = "AllowLists")]
    pub allowlists: Vec<Spanned<RawAllow>>,
    pub filter: Option<Spanned<String>>,
    pub prefilter: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extend {
    pub path: String,
    #[serde(alias = "URL")]
    pub url: String,
    #[serde(alias = "useDefault", alias = "UseDefault", alias = "usedefault")]
    pub use_default: bool,
    #[serde(alias = "disabledRules", alias = "DisabledRules", alias = "disabledrules")]
    pub disabled_rules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRule {
    pub id: String,
    pub description: String,
    pub path: String,
    pub regex: String,
    #[serde(alias = "secretGroup", alias = "secretgroup", alias = "SecretGroup")]
    pub secret_group: i64,
    #[serde(deserialize_with = "number")]
    pub entropy: f64,
    pub keywords: Vec<String>,
    #[serde(alias = "allowList", alias = "AllowList")]
    pub allowlist: Option<RawAllow>,
    #[serde(alias = "allowLists", alias = "AllowLists")]
    pub allowlists: Vec<RawAllow>,
    pub required: Vec<RawRequired>,
    #[serde(alias = "skipReport", alias = "skipreport", alias = "SkipReport")]
    pub skip_report: bool,
    #[serde(alias = "tokenEfficiency", alias = "tokenefficiency")]
    pub token_efficiency: bool,
    pub filter: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRequired {
    pub id: String,
    #[serde(alias = "withinLines", alias = "withinlines")]
    pub within_lines: Option<u64>,
    #[serde(alias = "withinColumns", alias = "withincolumns")]
    pub within_columns: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAllow {
    pub description: String,
    pub condition: String,
    pub commits: Vec<String>,
    pub paths: Vec<String>,
    #[serde(alias = "regexTarget", alias = "regextarget", alias = "RegexTarget")]
    pub regex_target: String,
    pub regexes: Vec<String>,
    #[serde(alias = "stopWords", alias = "StopWords")]
    pub stopwords: Vec<String>,
    #[serde(alias = "targetRules", alias = "targetrules", alias = "TargetRules")]
    pub target_rules: Vec<String>,
}

/// `entropy = 3` and `entropy = 3.5`.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Integer(number) => Ok(number as f64),
        Value::Float(number) => Ok(number),
        other => Err(serde::de::Error::custom(format!("entropy is a number, not a {}", other.type_str()))),
    }
}
