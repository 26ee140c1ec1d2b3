//! Whether a webhook's selectors select a pod.

use super::find::Candidate;
use super::judge::{Problem, locus, owner};
use super::{WEBHOOK_EXCLUDES_POD, WEBHOOK_SKIP_LABEL};
use crate::evidence::Evidence;
use crate::finding::Compared;
use crate::fix::commands::kubectl_cluster;
use crate::locus::Locus;
use crate::selector;
use crate::snapshot::kubernetes::{LabelSelector, Metadata};
use crate::snapshot::{Gap, Observed};
use std::collections::BTreeMap;

/// The labels that the webhook's object selector sees: the pod's, or the template's where there is no pod.
fn object<'a>(evidence: &Evidence<'a>) -> Option<(Locus, &'a Metadata)> {
    Some((evidence.template_locus().key("metadata"), evidence.pod_metadata()?))
}

/// What the webhook's object selector has against the pod.
pub(super) fn object_selector<'a>(evidence: &Evidence<'a>, candidate: Candidate<'a>) -> Option<Problem> {
    let selector = candidate.webhook.object_selector.as_ref()?;
    let (place, metadata) = object(evidence)?;
    if selector::matches(selector, &metadata.labels) != Some(false) {
        return None;
    }
    let skip = skip_label(selector, &metadata.labels);
    Some(match skip {
        Some(label) => skipped(evidence, place, label),
        None => object_excluded(candidate, selector, &metadata.labels),
    })
}

/// The label by which the pod asks to be skipped, where the selector honours it. Any value will do.
fn skip_label<'a>(selector: &'a LabelSelector, labels: &BTreeMap<String, String>) -> Option<&'a str> {
    let requirements =
        selector.match_expressions.iter().filter(|requirement| requirement.key.ends_with("/skip-pod-identity-webhook"));
    let mut broken = requirements.filter(|requirement| selector::holds(requirement, labels) == Some(false));
    broken.next().map(|requirement| requirement.key.as_str())
}

/// The label by which a manifest asks to be skipped, where its service account names a role: EKS' own webhook honours it.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook#pod-identity-webhook>
pub(super) fn skip_label_of_files(evidence: &Evidence<'_>) -> Option<Problem> {
    const LABEL: &str = "eks.amazonaws.com/skip-pod-identity-webhook";
    evidence.annotated_role()?;
    let (place, metadata) = object(evidence)?;
    metadata.labels.contains_key(LABEL).then(|| skipped(evidence, place, LABEL))
}

fn skipped(evidence: &Evidence<'_>, metadata: Locus, label: &str) -> Problem {
    let what = evidence.pod_name().map_or_else(|| evidence.target.to_string(), |name| format!("pod {name}"));
    Problem {
        fault: &WEBHOOK_SKIP_LABEL,
        locus: metadata.keys(&["labels", label]),
        detail: format!("{what} carries the label {label}, whose mere presence, whatever its value, makes the webhook skip it"),
        compared: None,
        remedy: format!("Remove the label {label} from the pod's manifest or its workload's template, and make the pod anew."),
        command: None,
        decides: Some("whoever owns the workload: the label may be meant".to_owned()),
    }
}

fn object_excluded(candidate: Candidate<'_>, selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Problem {
    let unmet = unmet(selector, labels);
    Problem {
        fault: &WEBHOOK_EXCLUDES_POD,
        locus: locus(candidate).key("objectSelector"),
        detail: format!(
            "webhook {} leaves this pod out: its objectSelector wants {}",
            candidate.webhook.name,
            unmet.join(" and ")
        ),
        compared: Some((Compared::from(unmet), had(selector, labels))),
        remedy: "Give the pods the labels that the selector wants, or change the selector.".to_owned(),
        command: None,
        decides: Some(owner(candidate)),
    }
}

/// What the webhook's namespace selector has against the namespace.
pub(super) fn namespace_excluded<'a>(evidence: &Evidence<'a>, candidate: Candidate<'a>) -> Problem {
    let empty = LabelSelector::default();
    let selector = candidate.webhook.namespace_selector.as_ref().unwrap_or(&empty);
    let (labels, _) = namespace_labels(evidence);
    let unmet = unmet(selector, &labels);
    let label = wanted_label(selector, &labels);
    let namespace = evidence.namespace();
    let command = label.map(|label| kubectl_cluster(evidence, &["label", "namespace", namespace, &label]));
    Problem {
        fault: &WEBHOOK_EXCLUDES_POD,
        locus: locus(candidate).key("namespaceSelector"),
        detail: format!(
            "webhook {} leaves namespace {namespace} out: its namespaceSelector wants {}",
            candidate.webhook.name,
            unmet.join(" and ")
        ),
        compared: Some((Compared::from(unmet), had(selector, &labels))),
        remedy: "Give the namespace the label that the selector wants, or change the selector.".to_owned(),
        decides: if command.is_some() { None } else { Some(owner(candidate)) },
        command,
    }
}

/// The one label that would make the selector fit, where it wants a label of one value and nothing else.
fn wanted_label(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Option<String> {
    let mut missing = selector.match_labels.iter().filter(|(key, value)| labels.get(*key) != Some(*value));
    let expressions_hold =
        selector.match_expressions.iter().all(|requirement| selector::holds(requirement, labels) == Some(true));
    match (missing.next(), missing.next()) {
        (Some((key, value)), None) if expressions_hold && !labels.contains_key(key) => Some(format!("{key}={value}")),
        _ => None,
    }
}

/// The namespace's labels, and why they aren't known. Every namespace bears its own name as a label.
/// <https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>
fn namespace_labels(evidence: &Evidence<'_>) -> (BTreeMap<String, String>, Option<Gap>) {
    let name = evidence.namespace();
    let namespaces = evidence.cluster.map(|cluster| &cluster.namespaces);
    let namespace = crate::evidence::lookup(namespaces, name, "get namespaces");
    let mut labels = namespace.present().map(|namespace| namespace.metadata.labels.clone()).unwrap_or_default();
    labels.entry(NAME_LABEL.to_owned()).or_insert_with(|| name.to_owned());
    let gap = match namespace {
        Observed::Unavailable(gap) => Some(gap),
        Observed::Present(_) | Observed::Absent => None,
    };
    (labels, gap)
}

const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Whether the namespace is selected; the gap where its labels decide and aren't known.
pub(super) fn namespace_selected(evidence: &Evidence<'_>, candidate: Candidate<'_>) -> Result<bool, Gap> {
    let Some(selector) = candidate.webhook.namespace_selector.as_ref() else { return Ok(true) };
    let (labels, gap) = namespace_labels(evidence);
    match gap {
        None => Ok(selector::matches(selector, &labels) != Some(false)),
        Some(gap) => {
            let by_name = name_part(selector);
            if selector::matches(&by_name, &labels) == Some(false) {
                Ok(false)
            } else if selector::keys(selector).all(|key| key == NAME_LABEL) {
                Ok(true)
            } else {
                Err(gap)
            }
        }
    }
}

/// The part of a selector that looks at the namespace's name only.
fn name_part(selector: &LabelSelector) -> LabelSelector {
    let mut part = selector.clone();
    part.match_labels.retain(|key, _| key == NAME_LABEL);
    part.match_expressions.retain(|requirement| requirement.key == NAME_LABEL);
    part
}

/// What a selector wants and these labels don't have, in words.
fn unmet(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Vec<String> {
    let equal = selector.match_labels.iter().filter(|(key, value)| labels.get(*key) != Some(*value));
    let broken = selector.match_expressions.iter().filter(|requirement| selector::holds(requirement, labels) == Some(false));
    let expressions = broken.map(|requirement| {
        let values = requirement.values.join(", ");
        let values = if values.is_empty() { String::new() } else { format!(" ({values})") };
        format!("{} {}{values}", requirement.key, requirement.operator)
    });
    equal.map(|(key, value)| format!("{key}={value}")).chain(expressions).collect()
}

/// The labels that the selector looks at, as they are.
fn had(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> Compared {
    let mut found: Vec<String> =
        selector::keys(selector).filter_map(|key| labels.get(key).map(|value| format!("{key}={value}"))).collect();
    found.sort();
    found.dedup();
    Compared::from(found)
}
