//! The report is what the schema says, and the schema stays what it was.

use super::*;
use crate::collect::Calls as Counted;
use crate::report::fixture::{assert_snapshot, broken, healthy, two};
use crate::report::{Run as Figures, json};
use serde_json::{Value, json};
use std::path::Path;

fn report(report: &irsa_doctor_checks::report::Report) -> Value {
    let figures = Figures { calls: Counted { kubernetes: 4, aws: 9 }, seconds: 0.412_345, interrupted: false };
    serde_json::to_value(Report::new(report, &figures)).unwrap()
}

fn schema_value() -> Value {
    serde_json::to_value(schema()).unwrap()
}

#[test]
fn looks_as_it_did() {
    let mut out = Vec::new();
    json::write(&report(&broken()), &mut out).unwrap();
    assert_snapshot("report-v1.json", &String::from_utf8(out).unwrap());
}

#[test]
fn every_document_is_as_the_schema_says() {
    let validator = jsonschema::validator_for(&schema_value()).unwrap();
    let error = crate::error::Error::usage("m", "h").document();
    for document in [report(&broken()), report(&healthy()), report(&two()), serde_json::to_value(error).unwrap()] {
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{document}");
    }
    assert!(!validator.is_valid(&json!({"schema_version": 1})), "the schema says something");
}

#[test]
fn nothing_that_varies_stands_outside_run() {
    let mut one = report(&broken());
    let mut other = serde_json::to_value(Report::new(&broken(), &Figures::default())).unwrap();
    assert_ne!(one, other);
    for document in [&mut one, &mut other] {
        document.as_object_mut().unwrap().remove("run");
    }
    assert_eq!(one, other);
}

/// Version 1 as it was first published. This file never changes.
#[test]
fn version_1_only_grows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema/report-v1-first.json");
    let first: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(breaks(&first, &schema_value()), Vec::<String>::new());
}

#[test]
fn what_would_break_consumers_is_seen() {
    let old = json!({"properties": {"a": {"type": "string"}, "b": {"enum": ["x", "y"]}}, "required": ["a"]});
    let new = |change: fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        breaks(&old, &new).len()
    };
    assert_eq!(new(|schema| schema["properties"]["c"] = json!({"type": "string"})), 0, "a new field is fine");
    assert_eq!(new(|schema| schema["properties"]["a"]["description"] = json!("other words")), 0, "prose is prose");
    assert_eq!(new(|schema| schema["properties"] = json!({"a": {"type": "string"}})), 1, "a field is gone");
    assert_eq!(new(|schema| schema["properties"]["a"]["type"] = json!("integer")), 1, "a type is another");
    assert_eq!(new(|schema| schema["properties"]["a"]["type"] = json!(["string", "null"])), 1, "null was never there");
    assert_eq!(new(|schema| schema["required"] = json!(["a", "b"])), 1, "an older report may lack it");
    assert_eq!(new(|schema| schema["required"] = json!([])), 1, "it was always there");
}

/// What of `old` does not hold in `new`: a path for each.
fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(old, new, "$", &mut found);
    found
}

fn compare(old: &Value, new: &Value, path: &str, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let may_grow = path.ends_with(".properties") || path.ends_with(".$defs");
            for (key, value) in old.iter().filter(|(key, _)| may_grow || *key != "description") {
                match new.get(key) {
                    Some(now) => compare(value, now, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key}")),
                }
            }
            if !may_grow {
                // A schema that says more is a schema that allows less.
                let more = new.keys().filter(|key| !old.contains_key(*key) && *key != "description" && *key != "properties");
                found.extend(more.map(|key| format!("{path}.{key}")));
            }
        }
        (old, new) if old == new => {}
        _ => found.push(path.to_owned()),
    }
}
