//! The TOML format of gitleaks and betterleaks, with all keys in lower case ([`loose`](super::loose)). Unknown keys
//! are ignored, as both tools do.

use serde::Deserialize;
use toml::Spanned;

use super::loose;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRuleFile {
    pub extend: Option<Spanned<Extend>>,
    pub rules: Vec<Spanned<RawRule>>,
    pub allowlist: Option<Spanned<RawAllow>>,
    pub allowlists: Vec<Spanned<RawAllow>>,
    pub filter: Option<Spanned<String>>,
    pub prefilter: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Extend {
    #[serde(deserialize_with = "loose::text")]
    pub path: String,
    #[serde(deserialize_with = "loose::text")]
    pub url: String,
    #[serde(rename = "usedefault", deserialize_with = "loose::flag")]
    pub use_default: bool,
    #[serde(rename = "disabledrules", deserialize_with = "loose::list")]
    pub disabled_rules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRule {
    #[serde(deserialize_with = "loose::text")]
    pub id: String,
    #[serde(deserialize_with = "loose::text")]
    pub description: String,
    #[serde(deserialize_with = "loose::text")]
    pub path: String,
    #[serde(deserialize_with = "loose::text")]
    pub regex: String,
    #[serde(rename = "secretgroup", deserialize_with = "loose::integer")]
    pub secret_group: i64,
    #[serde(deserialize_with = "loose::number")]
    pub entropy: f64,
    #[serde(deserialize_with = "loose::list")]
    pub keywords: Vec<String>,
    pub allowlist: Option<RawAllow>,
    pub allowlists: Vec<RawAllow>,
    pub required: Vec<RawRequired>,
    #[serde(rename = "skipreport", deserialize_with = "loose::flag")]
    pub skip_report: bool,
    #[serde(rename = "tokenefficiency", deserialize_with = "loose::flag")]
    pub token_efficiency: bool,
    pub filter: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawRequired {
    #[serde(deserialize_with = "loose::text")]
    pub id: String,
    #[serde(rename = "withinlines")]
    pub within_lines: Option<u64>,
    #[serde(rename = "withincolumns")]
    pub within_columns: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAllow {
    #[serde(deserialize_with = "loose::text")]
    pub description: String,
    #[serde(deserialize_with = "loose::text")]
    pub condition: String,
    #[serde(deserialize_with = "loose::list")]
    pub commits: Vec<String>,
    #[serde(deserialize_with = "loose::list")]
    pub paths: Vec<String>,
    #[serde(rename = "regextarget", deserialize_with = "loose::text")]
    pub regex_target: String,
    #[serde(deserialize_with = "loose::list")]
    pub regexes: Vec<String>,
    #[serde(deserialize_with = "loose::list")]
    pub stopwords: Vec<String>,
    #[serde(rename = "targetrules", deserialize_with = "loose::list")]
    pub target_rules: Vec<String>,
}
