//! Every format through the built binary: on every scenario's bundle, on scans, and on hostile text.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "formats/xml.rs"]
mod xml;

use irsa_doctor_checks::fix::acts_on_terminal;
use irsa_doctor_test_support::{Scenario, TempDir};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const FORMATS: [&str; 10] = ["table", "wide", "short", "markdown", "json", "jsonl", "yaml", "sarif", "junit", "github"];

fn run(bundle: &Path, format: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.arg("--from").arg(bundle).args(["-o", format]).args(more).output().unwrap()
}

/// The text of a run whose time and duration say nothing.
fn text(output: &Output) -> String {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let varies = |line: &&str| !line.trim_start().starts_with("\"seconds\"") && !line.trim_start().starts_with("seconds:");
    let text: String = text.lines().filter(varies).flat_map(|line| [line, "\n"]).collect();
    match (text.find("\"seconds\":"), text.lines().next().unwrap_or_default().contains("\"type\":\"run\"")) {
        (Some(at), true) => {
            let (before, after) = text.split_at(at);
            format!("{before}{}", &after[after.find(['}', ',']).unwrap()..])
        }
        _ => text,
    }
}

/// The published schema; one of its patterns, of languages, is no regular expression.
fn sarif_schema() -> jsonschema::Validator {
    let schema = include_str!("schema/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

/// What is wrong with what a format wrote.
fn problem(format: &str, text: &str, verdict: &str, schema: &jsonschema::Validator) -> Option<String> {
    let bad = text.chars().find(|&c| c != '\n' && acts_on_terminal(c));
    if let Some(bad) = bad {
        return Some(format!("{bad:?}"));
    }
    let words = verdict.replace('_', " ");
    match format {
        "sarif" => {
            let mut log: Value = serde_json::from_str(text).unwrap();
            // Always the same, and long: held against the schema in the reporter's own tests.
            let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
            log["runs"][0]["tool"]["driver"]["rules"] = Value::from(rules.as_array().map_or(&[][..], |rules| &rules[..1]));
            let errors: Vec<String> =
                schema.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
            let run = &log["runs"][0];
            let successful = run["invocations"][0]["executionSuccessful"] == true;
            let unsaid = (verdict == "inconclusive" && successful)
                || (verdict == "broken" && !run["results"].as_array().unwrap().iter().any(|result| result["level"] == "error"));
            (!errors.is_empty() || unsaid).then(|| format!("{errors:?}, unsaid: {unsaid}"))
        }
        "junit" => xml::problem(text).or_else(|| {
            let unsaid =
                (verdict == "inconclusive" && !text.contains("<error ")) || (verdict == "broken" && !text.contains("<failure "));
            unsaid.then(|| format!("{verdict} is not said"))
        }),
        "github" => {
            let unsaid = ["broken", "inconclusive"].contains(&verdict) && !text.contains("\n::error ");
            unsaid.then(|| format!("{verdict} is not said"))
        }
        "json" | "jsonl" | "yaml" => (!text.contains(verdict)).then(|| format!("{verdict} is not said")),
        _ => (!text.contains(&format!("verdict: {words}"))).then(|| format!("{verdict} is not said")),
    }
}

/// All that is wrong with a bundle's reports.
fn problems(bundle: &Path, more: &[&str], schema: &jsonschema::Validator) -> Vec<String> {
    let json = run(bundle, "json", more);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    let verdict = report["verdict"].as_str().unwrap();
    let (mut wrong, mut codes) = (Vec::new(), vec![json.status.code()]);
    for format in FORMATS.into_iter().filter(|format| *format != "json") {
        let output = run(bundle, format, more);
        let text = text(&output);
        codes.push(output.status.code());
        if text.is_empty() {
            wrong.push(format!("{format}: nothing was written: {}", String::from_utf8_lossy(&output.stderr)));
        }
        wrong.extend(problem(format, &text, verdict, schema).map(|problem| format!("{format}: {problem}")));
    }
    if codes.iter().any(|code| *code != codes[0]) {
        wrong.push(format!("the exit codes differ: {codes:?}"));
    }
    wrong
}

#[test]
fn every_scenario_in_every_format() {
    let folder = TempDir::new();
    let scenarios = Scenario::all();
    let (next, wrong, schema) = (AtomicUsize::new(0), Mutex::new(Vec::new()), sarif_schema());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let bundle = folder.write(&scenario.name.replace('/', "-"), &scenario.bundle.to_string());
                    let found = problems(&bundle, &[], &schema);
                    wrong.lock().unwrap().extend(found.into_iter().map(|problem| format!("{}: {problem}", scenario.name)));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn two_runs_write_the_same() {
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command/demo.json");
    for format in FORMATS {
        assert_eq!(text(&run(&bundle, format, &[])), text(&run(&bundle, format, &[])), "{format}");
    }
}
