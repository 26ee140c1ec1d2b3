//! Results: every finding, also those that don't count for the gate.

use super::rule::{Rules, level};
use super::{Message, properties, uri};
use crate::report::escape;
use crate::report::text::{compared_and_mended, target_in_cluster};
use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::locus::Locus;
use irsa_doctor_checks::report::{FoundFinding, TargetReport};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A finding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: [Value; 1],
    partial_fingerprints: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
    properties: Map<String, Value>,
}

/// The findings of a target, and those that new pods would have.
pub(super) fn of<'r>(target: &'r TargetReport, rules: &'r Rules) -> impl Iterator<Item = Found> + use<'r> {
    let name = target_in_cluster(&target.target);
    let now = target.findings.iter().map(|found| (found, None));
    let later = target.after_restart.iter().flat_map(|after| {
        let role = after.role_arn.as_str();
        after.findings.iter().map(move |found| (found, Some(role)))
    });
    now.chain(later).map(move |(found, role)| one(found, role, &name, rules))
}

fn one(found: &FoundFinding, role: Option<&str>, target: &str, rules: &Rules) -> Found {
    let finding = &found.finding;
    // What new pods would have isn't so yet.
    let severity = if role.is_some() { finding.severity.min(Severity::Warning) } else { finding.severity };
    let suppressed = found.suppressed.iter();
    let fingerprint = Value::from(format!("{}{}", found.fingerprint, if role.is_some() { "-after-restart" } else { "" }));
    Found {
        rule_id: finding.fault.id,
        rule_index: rules.index(finding.fault),
        kind: "fail",
        level: level(severity),
        message: Message::new(&lines(found, role, target)),
        locations: [location(&finding.locus)],
        // The second is the only one that GitHub looks at; its own would be of the source, of which there is none.
        partial_fingerprints: properties([
            ("irsaDoctor/v1", Some(fingerprint.clone())),
            ("primaryLocationLineHash", Some(fingerprint)),
        ]),
        suppressions: suppressed
            .map(|reason| json!({"kind": "external", "status": "accepted", "justification": escape(reason)}))
            .collect(),
        properties: properties([
            ("check", Some(found.check.into())),
            ("confidence", Some(finding.confidence.as_str().into())),
            ("target", Some(escape(target).into())),
            ("after_restart_as", role.map(|role| escape(role).into())),
        ]),
    }
}

fn lines(found: &FoundFinding, role: Option<&str>, target: &str) -> Vec<String> {
    let finding = &found.finding;
    let mut lines = vec![finding.detail.clone(), format!("target: {target}")];
    lines.extend(role.map(|role| format!("so it would be after a restart, as {role}")));
    lines.extend(compared_and_mended(finding));
    lines
}

/// GitHub wants a file: the resource's own name stands for one.
fn location(locus: &Locus) -> Value {
    let document = locus.document.as_ref().map(|document| format!(" {document}")).unwrap_or_default();
    let name = format!("{}{document} {}", locus.resource, locus.path);
    let kind = if locus.path == "$" { "object" } else { "property" };
    let region = |(start, column): (u32, Option<u32>)| match column {
        Some(column) => json!({"startLine": start.max(1), "startColumn": column.max(1)}),
        None => json!({"startLine": start.max(1)}),
    };
    let (uri, line) = match &locus.file {
        Some(file) => (uri::of_file(&file.path), Some((file.line, Some(file.column)))),
        None => (uri::of(locus), locus.line.map(|line| (line, locus.column))),
    };
    let mut physical = json!({"artifactLocation": {"uri": uri}});
    if let (Some(line), Some(physical)) = (line, physical.as_object_mut()) {
        physical.insert("region".to_owned(), region(line));
    }
    json!({
        "physicalLocation": physical,
        "logicalLocations": [{"fullyQualifiedName": escape(&name), "kind": kind}],
    })
}
