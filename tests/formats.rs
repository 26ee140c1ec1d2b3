//! Every format through the built binary: on every scenario's bundle, on scans, and on hostile text.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "formats/xml.rs"]
mod xml;

use irsa_doctor_checks::fix::acts_on_terminal;
use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Recording, Scenario, Served, TempDir, side_by_side};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// All but JSON, beside which they are held.
fn all() -> [&'static str; 11] {
    ["sarif", "junit", "github", "table", "wide", "short", "markdown", "jsonl", "yaml", "html", "mermaid"]
}

fn run(bundle: &Path, format: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.arg("--from").arg(bundle).args(["-o", format]).args(more).output().unwrap()
}

/// The text of a run without its duration, and without SARIF's rules: they are always the same, long, and held against the
/// schema by the reporter's own tests.
fn text(output: &Output) -> String {
    without_run(std::str::from_utf8(&output.stdout).unwrap())
}

fn without_run(text: &str) -> String {
    let text = without(text, "\n          \"rules\": [", "\n          ]");
    let text = without(&text, "\n    \"seconds\":", "\n");
    without(&without(&text, "\n  seconds:", "\n"), ",\"seconds\":", "}")
}

/// The text without what stands between these.
fn without(text: &str, begin: &str, end: &str) -> String {
    let found = text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    found.map_or_else(|| text.to_owned(), |(before, after)| format!("{before}{begin}{end}{after}"))
}

/// The published schema; one of its patterns, of languages, is no regular expression.
fn sarif_schema() -> jsonschema::Validator {
    let schema = include_str!("schema/sarif-2.1.0.json").replace("{2}]?$", "{2}$");
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

/// What reports are held against.
struct Schemas {
    /// Ours.
    report: jsonschema::Validator,
    /// SARIF's.
    sarif: jsonschema::Validator,
}

impl Schemas {
    fn load() -> Self {
        let report = serde_json::from_str(include_str!("../docs/schema/report-v1.json")).unwrap();
        Self { report: jsonschema::validator_for(&report).unwrap(), sarif: sarif_schema() }
    }
}

/// What is wrong with what a format wrote.
fn problem(format: &str, text: &str, verdict: &str, schema: Option<&jsonschema::Validator>) -> Option<String> {
    let bad = text.chars().find(|&c| c != '\n' && acts_on_terminal(c));
    if let Some(bad) = bad {
        return Some(format!("{bad:?}"));
    }
    let words = verdict.replace('_', " ");
    match format {
        "sarif" => {
            let log: Value = serde_json::from_str(text).unwrap();
            let errors: Vec<String> = schema
                .into_iter()
                .flat_map(|schema| schema.iter_errors(&log))
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
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

/// All that is wrong with a bundle's reports, written in one run.
fn problems(bundle: &Path, more: &[&str], schemas: &Schemas, sarif: bool) -> Vec<String> {
    let folder = TempDir::new();
    let file = |format: &str| folder.path().join(format);
    let files: Vec<String> =
        all().iter().flat_map(|format| ["-o".to_owned(), format!("{format}={}", file(format).display())]).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let output = run(bundle, "json", &files);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = report["verdict"].as_str().unwrap();
    let wanted = match report["gate"].as_str().unwrap() {
        "pass" => 0,
        "fail" => 1,
        _ => 3,
    };
    let mut wrong: Vec<String> =
        (output.status.code() != Some(wanted)).then(|| format!("exit {:?}", output.status)).into_iter().collect();
    wrong.extend(schemas.report.iter_errors(&report).map(|error| format!("json: {}: {error}", error.instance_path())));
    let schema = Some(&schemas.sarif).filter(|_| sarif);
    for format in all() {
        let text = without_run(&std::fs::read_to_string(file(format)).unwrap());
        if text.is_empty() {
            wrong.push(format!("{format}: nothing was written: {}", String::from_utf8_lossy(&output.stderr)));
        }
        wrong.extend(problem(format, &text, verdict, schema).map(|problem| format!("{format}: {problem}")));
    }
    wrong
}

#[test]
fn every_scenario_in_every_format() {
    let folder = TempDir::new();
    let scenarios: Vec<(usize, Scenario)> = Scenario::all().into_iter().enumerate().collect();
    let schemas = Schemas::load();
    let threads = std::thread::available_parallelism().map_or(2, Into::into);
    let wrong = side_by_side(&scenarios, threads, |(number, scenario)| {
        // The schema is large, and holding a log against it takes as long as all the runs.
        let checked = number % 8 == 0;
        let bundle = folder.write(&scenario.name.replace('/', "-"), &scenario.bundle.to_string());
        let found = problems(&bundle, &[], &schemas, checked);
        found.into_iter().map(|problem| format!("{}: {problem}", scenario.name)).collect()
    });
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn two_runs_write_the_same() {
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command/demo.json");
    for format in all() {
        assert_eq!(text(&run(&bundle, format, &[])), text(&run(&bundle, format, &[])), "{format}");
    }
}

/// A scan with broken, healthy and unreadable pods, saved as a bundle.
fn scanned(served: &Served) -> PathBuf {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(["-A", "--save", "scan.json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    served.folder().path().join("scan.json")
}

#[test]
fn a_scan_in_every_format() {
    let shape = Shape { pods: 60, service_accounts: 30, roles: 10, broken_percent: 30, deployments: false, seed: 7 };
    let mut generated = cluster(&shape);
    let namespace = generated.namespaces.first().unwrap().clone();
    generated.objects.push(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "odd", "namespace": namespace}, "spec": {"containers": 7}}));
    let served = generated.serve();
    let bundle = scanned(&served);
    let schemas = Schemas::load();
    for more in [&[][..], &["--only", "broken"], &["--only", "healthy"]] {
        // What of the pods could not be read is said, whatever is listed.
        let wrong = if more.contains(&"healthy") { Vec::new() } else { problems(&bundle, more, &schemas, true) };
        assert!(wrong.is_empty(), "{more:?}: {wrong:#?}");
        for format in all() {
            assert!(text(&run(&bundle, format, more)).contains("list pods"), "{format} {more:?}");
        }
    }
    let broken: Vec<&String> = generated.broken.keys().map(|(_, name)| name).collect();
    for format in ["jsonl", "yaml", "sarif", "junit"] {
        let text = text(&run(&bundle, format, &[]));
        let unsaid: Vec<_> = broken.iter().filter(|name| !text.contains(name.as_str())).collect();
        assert!(unsaid.is_empty(), "{format}: {unsaid:?}");
    }
}

const HOSTILE: &str = "x\u{1b}[2J\u{9b}31m\u{202e}y\u{200b}\r\nverdict: healthy\n::error::z\n  ::add-mask::a##[add-mask]b]]></testcase> | ![i](https://e.example) @all %0A `c` <img>";

#[test]
fn hostile_text_is_harmless_in_every_format() {
    let mut recording = Recording::load("plain");
    for object in &mut recording.objects {
        if let Some(Value::Object(annotations)) = object.pointer_mut("/metadata/annotations") {
            annotations.values_mut().for_each(|value| *value = json!(format!("{}{HOSTILE}", value.as_str().unwrap_or_default())));
            annotations.insert(format!("eks.amazonaws.com/{HOSTILE}"), json!(HOSTILE));
        }
        if let Some(containers) = object.pointer_mut("/spec/containers") {
            containers[0]["name"] = json!(HOSTILE);
        }
    }
    let served = recording.serve();
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(["--pod", "app", "-n", "pay-68c46", "--error", HOSTILE, "--role", HOSTILE, "--save", "hostile.json"]);
    let output = command.output().unwrap();
    let bundle = served.folder().path().join("hostile.json");
    assert!(bundle.exists(), "{}", String::from_utf8_lossy(&output.stderr));
    let wrong = problems(&bundle, &[], &Schemas::load(), true);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for format in all() {
        let text = text(&run(&bundle, format, &[]));
        assert!(text.contains("add-mask"), "{format}: the hostile name isn't there at all");
        // The table wraps: where a line begins says nothing there.
        if ["table", "wide"].contains(&format) {
            continue;
        }
        let smuggled = text.lines().find(|line| {
            let line = line.trim_start();
            line == "verdict: healthy" || line.starts_with("::error::") || line.starts_with("::add-mask")
        });
        assert_eq!(smuggled, None, "{format}");
    }
    assert!(!text(&run(&bundle, "github", &[])).contains("##["));
    let markdown = text(&run(&bundle, "markdown", &[]));
    let active = Parser::new_ext(&markdown, Options::ENABLE_TABLES).find(|event| {
        matches!(event, Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. }))
    });
    assert_eq!(active, None, "{markdown}");
}
