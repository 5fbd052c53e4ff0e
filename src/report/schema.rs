//! Keeps `keysweep.report.schema.json` equal to the types of [`super::model`]. `keysweep report schema` prints it.

use schemars::JsonSchema;
use serde::Serialize;

use super::keys::JsonKey;
use super::model::{JsonFinding, Summary};

/// The path of the schema.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/keysweep.report.schema.json");

/// A line of jsonl, or a whole json report.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is of use")]
enum Any {
    /// A line of jsonl: one secret at one place.
    Finding(Box<JsonFinding<'static>>),
    /// The last line of jsonl.
    Summary(Box<Summary<'static>>),
    /// A whole json report.
    Document {
        /// All findings, suppressed ones too.
        findings: Vec<JsonFinding<'static>>,
        /// The distinct keys of the findings, the most dangerous first.
        keys: Vec<JsonKey<'static>>,
        /// What was scanned and what came of it.
        summary: Box<Summary<'static>>,
    },
}

#[test]
fn the_schema_is_current() {
    let mut schema = schemars::schema_for!(Any);
    schema.insert("title".into(), "keysweep report (json, or a line of jsonl)".into());
    let wanted = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    if std::env::var_os("KEYSWEEP_WRITE_SCHEMA").is_some() {
        std::fs::write(PATH, &wanted).expect("the repository is writable");
    }
    let found = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(found == wanted, "keysweep.report.schema.json is stale: run KEYSWEEP_WRITE_SCHEMA=1 cargo test schema");
}
