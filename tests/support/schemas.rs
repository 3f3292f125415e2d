//! The schemas of docs/json.md.
#![allow(dead_code)] // every test file uses a part

use serde_json::Value;

/// The schema of that title, with the definitions.
pub fn schema(title: &str) -> Value {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let blocks: Vec<Value> = text
        .split("```json\n")
        .skip(1)
        .map(|block| serde_json::from_str(block.split("```").next().unwrap()).unwrap())
        .collect();
    let find = |title: &str| {
        let mut found = blocks.iter().filter(|block| block["title"] == title);
        let schema = found
            .next()
            .unwrap_or_else(|| panic!("docs/json.md has no {title}"));
        assert!(found.next().is_none(), "{title} is there twice");
        schema.clone()
    };
    let mut schema = find(title);
    schema["$defs"] = find("definitions")["$defs"].clone();
    schema
}

/// Holds a document against a schema.
#[track_caller]
pub fn holds(schema: &Value, document: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let wrong: Vec<_> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
