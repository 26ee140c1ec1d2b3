//! Pasted errors: what is read out of each text of `tests/errors/`, and what isn't.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: it may fail loudly, and says how many texts it read"
)]

use irsa_doctor_checks::diagnose::diagnose;
use irsa_doctor_checks::report::TargetReport;
use irsa_doctor_checks::snapshot::{Asked, Snapshot, Target, TargetKind};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Faults that say no more than that AWS refused, for which the texts have `null`.
const PLAIN_REFUSALS: [&str; 3] = ["error-access-denied", "error-trust-refused", "error-request-invalid"];

/// A text, and what must be read out of it: a field that isn't there is not compared.
struct Case {
    id: String,
    text: String,
    want: Map<String, Value>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |path| -> Vec<Value> { serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() };
    let case = |case: Value| Case {
        id: case["id"].as_str().unwrap().to_owned(),
        text: case["text"].as_str().unwrap().to_owned(),
        want: case["want"].as_object().unwrap().clone(),
    };
    files.into_iter().flat_map(read).map(case).collect()
}

/// The error alone, as the command line has it.
fn alone(text: &str) -> TargetReport {
    let target = Target::new(TargetKind::Error, "", "error");
    let asked = Asked { targets: vec![target], error: Some(text.to_owned()), ..Asked::default() };
    diagnose(&Snapshot { asked, ..Snapshot::default() }).targets.remove(0)
}

/// What was read, in the words of the cases.
fn read(text: &str) -> BTreeMap<&'static str, Value> {
    let report = alone(text);
    let reading = report.error.unwrap();
    let fault = report.findings.iter().map(|found| found.finding.fault.id).find(|id| !PLAIN_REFUSALS.contains(id));
    let whom = reading
        .whom
        .as_ref()
        .map(|whom| json!({"kind": whom.kind.as_str(), "role": whom.role, "session": whom.session, "account": whom.account}));
    BTreeMap::from([
        ("is_aws_error", json!(reading.is_aws)),
        ("code", json!(reading.code)),
        ("status", json!(reading.status)),
        ("service", json!(reading.service)),
        ("operation", json!(reading.operation)),
        ("request_id", json!(reading.request_id)),
        ("action", json!(reading.action)),
        ("resource", json!(reading.resource)),
        ("layer", json!(reading.layer)),
        ("reason", json!(reading.reason)),
        ("policy", json!(reading.policy)),
        ("whom", json!(whom)),
        ("fault", json!(fault)),
    ])
}

/// Of an object only what is wanted of it is compared.
fn fits(wanted: &Value, had: &Value) -> bool {
    match (wanted, had) {
        (Value::Object(wanted), Value::Object(had)) => {
            wanted.iter().all(|(key, value)| had.get(key).unwrap_or(&Value::Null) == value)
        }
        _ => wanted == had,
    }
}

#[test]
fn each_text_is_read_as_it_is_meant() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let had = read(&case.text);
        for (field, wanted) in &case.want {
            let Some(found) = had.get(field.as_str()) else { panic!("{}: no field is called {field}", case.id) };
            if !fits(wanted, found) {
                wrong.push(format!("{}: {field} is {found}, wanted {wanted}", case.id));
            }
        }
    }
    let strangers = cases.iter().filter(|case| case.want["is_aws_error"] == false).count();
    println!("{} texts, {strangers} of them no error of AWS, {} wrong", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
