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
use irsa_doctor_test_support::PastedError;
use irsa_doctor_test_support::generate::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Faults that say no more than that AWS refused, for which the texts have `null`.
const PLAIN_REFUSALS: [&str; 3] = ["error-access-denied", "error-trust-refused", "error-request-invalid"];

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
    let cases = PastedError::all();
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

/// What a logger, a terminal or a ticket does to a text.
fn wrappings(text: &str) -> Vec<(&'static str, String)> {
    let json = |text: &str| json!(text).to_string();
    let lines = |prefix: &str| text.lines().flat_map(|line| [prefix, line, "\n"]).collect::<String>();
    vec![
        ("a JSON log line", format!("{{\"level\":\"error\",\"ts\":1764120000.1,\"msg\":\"sync\",\"error\":{}}}", json(text))),
        (
            "a JSON log line in a JSON log line",
            format!("{{\"log\":{},\"stream\":\"stderr\"}}", json(&format!("{{\"error\":{}}}", json(text)))),
        ),
        ("logfmt", format!("time=\"2026-11-20T03:12:44Z\" level=error msg={}", json(text))),
        ("quotation marks of a mail", lines("> ")),
        ("CRLF", text.replace('\n', "\r\n")),
        ("colours", format!("\u{1b}[31m{text}\u{1b}[0m")),
        ("blank lines around it", format!("\n\n   {text}\n\n")),
        ("HTML", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")),
    ]
}

#[test]
fn what_a_logger_adds_changes_nothing() {
    const FIELDS: [&str; 6] = ["is_aws_error", "action", "resource", "whom", "layer", "reason"];
    let mut wrong = Vec::new();
    let mut count = 0;
    // A text that holds escapes itself means something else when it is escaped again or not at all.
    let plain = |case: &&PastedError| !case.text.contains(['\\', '&', '\u{1b}']);
    for case in PastedError::all().iter().filter(plain) {
        let bare = read(&case.text);
        for (how, text) in wrappings(&case.text) {
            count += 1;
            let had = read(&text);
            for field in FIELDS.iter().filter(|field| bare[*field] != had[*field]) {
                wrong.push(format!("{}, {how}: {field} is {}, and was {}", case.id, had[field], bare[field]));
            }
        }
    }
    println!("{count} wrapped texts, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A place in a list, also in an empty one.
fn below(random: &mut Random, bound: usize) -> usize {
    usize::try_from(random.below(bound.max(1) as u64)).unwrap()
}

fn damaged(text: &str, random: &mut Random) -> String {
    const SCRAPS: [&str; 10] =
        ["\u{0}", "\u{202e}", "\\u00", "\\", "arn:aws:", "<", "\u{1f980}", "User: ", " is not authorized to perform: ", "\n"];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=below(random, 4) {
        let at = below(random, chars.len());
        match below(random, 4) {
            0 => chars.truncate(at),
            1 if !chars.is_empty() => drop(chars.remove(at)),
            2 => drop(chars.splice(at..at, SCRAPS[below(random, SCRAPS.len())].chars())),
            _ => {
                let from = below(random, chars.len());
                let piece: Vec<char> = chars.iter().skip(from).take(below(random, 60)).copied().collect();
                drop(chars.splice(at..at, piece));
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_texts_are_read_without_a_panic() {
    let mut random = Random(7);
    let mut count = 0;
    for case in PastedError::all() {
        for _ in 0..12 {
            let text = damaged(&case.text, &mut random);
            let reading = irsa_doctor_checks::symptom::read(&text);
            count += 1;
            drop(reading);
        }
    }
    for long in [
        "User: ",
        "a ",
        "\\\\\"",
        "is not authorized to perform: ",
        "arn:aws:iam::1:role/",
        "&amp;",
        "(service: a; status code: 403; ",
    ] {
        drop(irsa_doctor_checks::symptom::read(&long.repeat(300_000 / long.len())));
    }
    println!("{count} damaged texts");
}
