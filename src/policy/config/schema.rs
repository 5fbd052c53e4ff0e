//! Keeps `keysweep.schema.json` what the types of [`super::raw`] say. Editors read it; the binary never does.

use super::raw::RawConfig;

/// Where the schema stands.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/keysweep.schema.json");

#[test]
fn the_schema_is_current() {
    let mut schema = schemars::schema_for!(RawConfig);
    schema.insert("title".into(), "keysweep configuration (.keysweep.toml)".into());
    let wanted = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
    if std::env::var_os("KEYSWEEP_WRITE_SCHEMA").is_some() {
        std::fs::write(PATH, &wanted).expect("the repository is writable");
    }
    let found = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(found == wanted, "keysweep.schema.json is stale: run KEYSWEEP_WRITE_SCHEMA=1 cargo test schema");
}
