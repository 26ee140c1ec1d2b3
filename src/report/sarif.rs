//! SARIF 2.1.0, for code scanning: a rule for each fault, a result for each finding, a notification for each gap.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
//!
//! The types are our own: those of a library hold all results before the first is written, and have hundreds of fields that
//! stay empty. A test holds what is written against the published schema.

mod notification;
mod result;
mod rule;
#[cfg(test)]
mod tests;
mod uri;

use super::{Run, escape, json};
use irsa_doctor_checks::report::{Report, TargetReport};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes the log, result by result.
pub(super) fn write(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let rules = rule::Rules::new();
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: rule::Rules::all(),
    };
    let properties = properties([
        ("verdict", Some(report.verdict.as_str().into())),
        ("gate", Some(report.gate.as_str().into())),
        ("not_examined", Some(not_examined(report))),
    ]);
    let results = Each(|| report.listed().flat_map(|target| result::of(target, &rules)));
    let only = Part {
        tool: Tool { driver },
        invocations: [invocation(report, run)],
        results,
        column_kind: "unicodeCodePoints",
        properties,
    };
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    json::write(&Log { schema, version: "2.1.0", runs: [only] }, out)
}

/// A list whose items are made while they are written.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [R; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<I, R> {
    tool: Tool,
    invocations: [I; 1],
    results: R,
    column_kind: &'static str,
    properties: Map<String, Value>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<rule::Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<N> {
    /// Section 3.20.14: false where what was found may not be all.
    execution_successful: bool,
    exit_code: u8,
    exit_code_description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time_utc: Option<String>,
    tool_execution_notifications: N,
}

fn invocation<'r>(report: &'r Report, run: &Run) -> Invocation<impl Serialize + use<'r>> {
    let (exit_code, exit_code_description) = run.exit(report.gate);
    let decided = report.listed().all(|target| notification::of(target).iter().all(|notification| !notification.is_error()));
    Invocation {
        execution_successful: decided && !run.interrupted,
        exit_code,
        exit_code_description,
        end_time_utc: report.collected_at.parse::<jiff::Timestamp>().ok().map(|at| at.to_string()),
        tool_execution_notifications: Each(move || notification::all(report)),
    }
}

fn not_examined(report: &Report) -> Value {
    let layers: BTreeSet<&str> = report.listed().flat_map(|target: &TargetReport| target.not_examined.iter().copied()).collect();
    layers.into_iter().map(super::text::layer_name).collect()
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    /// Of untrusted lines. `[text](target)` would be a link, section 3.11.6, and is taken apart.
    fn new(lines: &[String]) -> Self {
        let lines: Vec<String> = lines.iter().map(|line| escape(line).replace("](", "] (")).collect();
        Self { text: lines.join("\n") }
    }
}

/// A property bag of what there is.
fn properties<const N: usize>(all: [(&str, Option<Value>); N]) -> Map<String, Value> {
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
