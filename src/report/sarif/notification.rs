//! Notifications: what could not be read.

use super::{Message, properties};
use crate::report::text::{gap_line, target_in_cluster};
use irsa_doctor_checks::report::{Report, TargetReport, Verdict};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// One thing that could not be read.
#[derive(Serialize)]
pub(super) struct Notification {
    descriptor: Value,
    level: &'static str,
    message: Message,
    properties: Map<String, Value>,
}

impl Notification {
    /// Whether a verdict hangs on it.
    pub(super) fn is_error(&self) -> bool {
        self.level == "error"
    }
}

/// Those of the listed targets; what several met stands once.
pub(super) fn all(report: &Report) -> impl Iterator<Item = Notification> + use<'_> {
    let mut known = BTreeSet::new();
    report.listed().flat_map(of).filter(move |one| known.insert((one.is_error(), one.message.text.clone())))
}

/// Those of a target.
pub(super) fn of(target: &TargetReport) -> Vec<Notification> {
    let mut all: Vec<Notification> = target
        .gaps
        .iter()
        .map(|gap| Notification {
            descriptor: json!({"id": format!("gap/{}", gap.found.gap.cause.as_str())}),
            level: if gap.holds_up() { "error" } else { "note" },
            message: Message::new(&[format!("{}: {}", gap.check, gap_line(&gap.found.gap))]),
            properties: properties([("check", Some(gap.check.into())), ("decisive", Some(gap.found.decisive.into()))]),
        })
        .collect();
    let is_told = target.gaps.iter().any(|gap| gap.found.decisive);
    if target.verdict == Verdict::Inconclusive && !is_told {
        all.push(Notification {
            descriptor: json!({"id": "gap/inconclusive"}),
            level: "error",
            message: Message::new(&[format!("{}: {}", target_in_cluster(&target.target), target.sentence)]),
            properties: properties([("decisive", Some(true.into()))]),
        });
    }
    all
}
