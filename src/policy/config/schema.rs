//! Keeps `keysweep.schema.json` equal to the types of [`super::raw`]. Editors read the schema; the binary does not.

use super::raw::RawConfig;

/// The path of the schema.
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

#[test]
fn every_setting_is_described() {
    let schema = serde_json::to_value(schemars::schema_for!(RawConfig)).expect("a schema is JSON");
    let mut missing = Vec::new();
    let mut stack = vec![(String::new(), &schema)];
    while let Some((at, value)) = stack.pop() {
        let Some(members) = value.as_object() else { continue };
        for (name, property) in members.get("properties").and_then(|all| all.as_object()).into_iter().flatten() {
            // A reference has the description of the type that it refers to.
            let is_described = property.get("description").is_some() || property.get("$ref").is_some();
            if !is_described {
                missing.push(format!("{at}/{name}"));
            }
        }
        stack.extend(members.iter().map(|(name, value)| (format!("{at}/{name}"), value)));
    }
    assert!(missing.is_empty(), "{missing:?}");
}
