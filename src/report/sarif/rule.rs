//! Rules: every fault of the registry, in its order.

use super::properties;
use irsa_doctor_checks::check::Check;
use irsa_doctor_checks::fault::{Confidence, Fault, Severity};
use irsa_doctor_checks::registry;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where each fault's rule is.
pub(super) struct Rules(BTreeMap<&'static str, usize>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: Map<String, Value>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

/// Of the registry, each fault with its check.
fn faults() -> impl Iterator<Item = (&'static Check, &'static Fault)> {
    registry::ALL.iter().flat_map(|check| check.faults.iter().map(|fault| (*check, *fault)))
}

impl Rules {
    pub(super) fn new() -> Self {
        Self(faults().enumerate().map(|(index, (_, fault))| (fault.id, index)).collect())
    }

    /// The rules themselves.
    pub(super) fn all() -> Vec<Rule> {
        faults().map(|(check, fault)| rule(check, fault)).collect()
    }

    /// Where the rule of this fault is.
    pub(super) fn index(&self, fault: &Fault) -> Option<usize> {
        self.0.get(fault.id).copied()
    }
}

fn rule(check: &Check, fault: &'static Fault) -> Rule {
    let precision = if fault.confidence == Confidence::Certain { "very-high" } else { "high" };
    // GitHub's own words; it reads both. <https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning>
    let severity = if fault.severity == Severity::Info { "recommendation" } else { fault.severity.as_str() };
    Rule {
        id: fault.id,
        name: pascal(fault.id),
        short_description: Text { text: fault.title.to_owned() },
        full_description: Text { text: first_paragraph(fault) },
        help: Help { text: fault.page, markdown: fault.page },
        default_configuration: Configuration { level: level(fault.severity) },
        properties: properties([
            ("check", Some(check.id.into())),
            ("stage", Some(check.stage.as_str().into())),
            ("tags", Some(json!(["eks", "iam", "irsa", check.stage.as_str()]))),
            ("precision", Some(precision.into())),
            ("problem.severity", Some(severity.into())),
        ]),
    }
}

/// What the page says first, below its title, in one line.
fn first_paragraph(fault: &Fault) -> String {
    let below = fault.page.lines().skip_while(|line| line.starts_with('#') || line.is_empty());
    let lines: Vec<&str> = below.take_while(|line| !line.is_empty()).collect();
    if lines.is_empty() { fault.title.to_owned() } else { lines.join(" ") }
}

/// `trust-subject-mismatch` as `TrustSubjectMismatch`.
fn pascal(id: &str) -> String {
    let words = id.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

/// Section 3.27.10.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
