//! Why a webhook isn't called for a pod, or its call fails.

use super::ca_bundle;
use super::find::Candidate;
use super::selectors::{namespace_excluded, namespace_selected, object_selector};
use super::{WEBHOOK_REVIEW_VERSION, WEBHOOK_RULES_WRONG, condition_gap};
use crate::evidence::Evidence;
use crate::fault::Fault;
use crate::finding::Compared;
use crate::locus::Locus;
use crate::snapshot::kubernetes::WebhookRule;
use crate::snapshot::{Gap, Observed};

/// What is wrong with the webhook that comes nearest, and what could not be seen.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// What is wrong; `None` where a webhook is called and answers.
    pub(super) problem: Option<Problem>,
    /// What could not be seen, and whether the verdict hangs on it.
    pub(super) gaps: Vec<(Gap, bool)>,
}

/// What is wrong with one webhook.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) fault: &'static Fault,
    pub(super) locus: Locus,
    pub(super) detail: String,
    pub(super) compared: Option<(Compared, Compared)>,
    pub(super) remedy: String,
    pub(super) command: Option<Vec<String>>,
    pub(super) decides: Option<String>,
}

impl Problem {
    /// The same for all that is wrong at one place.
    pub(super) fn fix_id(&self) -> String {
        format!("{} {}", self.locus.resource, self.fault.id)
    }
}

/// The best of several webhooks: one that is called and answers, else one that could, else the one that comes furthest.
pub(super) fn verdict<'a>(evidence: &Evidence<'a>, candidates: &[Candidate<'a>]) -> Verdict {
    let judged = candidates.iter().map(|candidate| judge(evidence, *candidate));
    judged
        .min_by_key(|(stage, verdict)| {
            let rank = match (&verdict.problem, verdict.gaps.iter().any(|(_, decides)| *decides)) {
                (None, false) => 0,
                (None, true) => 1,
                (Some(_), _) => 2,
            };
            (rank, std::cmp::Reverse(*stage))
        })
        .map(|(_, verdict)| verdict)
        .unwrap_or_default()
}

/// How far a call of this webhook comes (rules, selectors, review version, certificate), and what stops it.
fn judge<'a>(evidence: &Evidence<'a>, candidate: Candidate<'a>) -> (u8, Verdict) {
    let webhook = candidate.webhook;
    let stopped = |problem| Verdict { problem: Some(problem), gaps: Vec::new() };
    if !webhook.rules.iter().any(is_for_new_pods) {
        return (0, stopped(rules_wrong(candidate)));
    }
    if let Some(problem) = object_selector(evidence, candidate) {
        return (1, stopped(problem));
    }
    match namespace_selected(evidence, candidate) {
        Ok(true) => {}
        Ok(false) => return (2, stopped(namespace_excluded(evidence, candidate))),
        Err(gap) => return (2, Verdict { problem: None, gaps: vec![(gap, true)] }),
    }
    let mut verdict = Verdict::default();
    if !webhook.match_conditions.is_empty() {
        verdict.gaps.push((condition_gap(&webhook.name), false));
    }
    // Whether its calls fail matters only to a pod that a call would have injected.
    let (problem, gap) = ca_bundle::problem(evidence, candidate);
    if evidence.annotated_role().is_none() && !evidence.association().is_present() {
        if let (Observed::Unavailable(unread), true) = (evidence.service_account(), problem.is_some()) {
            verdict.gaps.push((unread, true));
        }
        return (5, verdict);
    }
    verdict.gaps.extend(gap.map(|gap| (gap, false)));
    if problem.is_some() {
        return (4, Verdict { problem, ..verdict });
    }
    verdict.problem = review_version(candidate);
    (if verdict.problem.is_some() { 3 } else { 5 }, verdict)
}

/// Whether a rule matches the creation of a pod.
/// <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules>
fn is_for_new_pods(rule: &WebhookRule) -> bool {
    let any = |list: &[String], wanted: &[&str]| list.iter().any(|item| wanted.contains(&item.as_str()));
    any(&rule.operations, &["CREATE", "*"])
        && any(&rule.api_groups, &["", "*"])
        && any(&rule.api_versions, &["v1", "*"])
        && any(&rule.resources, &["pods", "*", "*/*"])
        && matches!(rule.scope.as_deref(), None | Some("*" | "Namespaced" | ""))
}

/// The place of a webhook in its configuration.
pub(super) fn locus(candidate: Candidate<'_>) -> Locus {
    let configuration = Locus::object("MutatingWebhookConfiguration", "", &candidate.configuration.metadata.name);
    configuration.key("webhooks").index(candidate.index)
}

/// The one who may change a webhook: a change in it concerns every pod of the cluster.
pub(super) fn owner(candidate: Candidate<'_>) -> String {
    format!(
        "whoever owns the cluster's webhook configuration {}: it decides for every pod",
        candidate.configuration.metadata.name
    )
}

fn rules_wrong(candidate: Candidate<'_>) -> Problem {
    let name = &candidate.webhook.name;
    let rules: Vec<String> = candidate.webhook.rules.iter().map(in_words).collect();
    let place = locus(candidate);
    Problem {
        fault: &WEBHOOK_RULES_WRONG,
        locus: if rules.is_empty() { place.missing("rules") } else { place.key("rules") },
        detail: format!("webhook {name} is not called when a pod is created: no rule of it is for CREATE of v1 pods"),
        compared: Some((Compared::from("CREATE v1 pods"), Compared::from(rules))),
        remedy: "Give the webhook a rule for CREATE of v1 pods.".to_owned(),
        command: None,
        decides: Some(owner(candidate)),
    }
}

/// A rule in words: `CREATE,UPDATE apps/v1 deployments`.
fn in_words(rule: &WebhookRule) -> String {
    let groups: Vec<&str> = rule.api_groups.iter().map(String::as_str).filter(|group| !group.is_empty()).collect();
    let versions = rule.api_versions.join(",");
    let group = if groups.is_empty() { versions } else { format!("{}/{versions}", groups.join(",")) };
    let scope = rule.scope.as_deref().filter(|scope| *scope == "Cluster").map_or(String::new(), |scope| format!(" ({scope})"));
    format!("{} {group} {}{scope}", rule.operations.join(","), rule.resources.join(","))
}

/// The API server sends the first version that it knows; releases up to 0.6.17 answer `v1` in a form that it refuses.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook/pull/310>
fn review_version(candidate: Candidate<'_>) -> Option<Problem> {
    let versions = &candidate.webhook.admission_review_versions;
    let first = versions.iter().find(|version| matches!(version.as_str(), "v1" | "v1beta1"))?;
    (first == "v1").then(|| Problem {
        fault: &WEBHOOK_REVIEW_VERSION,
        locus: locus(candidate).key("admissionReviewVersions"),
        detail: format!(
            "webhook {} is called with review version v1, which its releases up to 0.6.17 answer in a form that the API server refuses",
            candidate.webhook.name
        ),
        compared: Some((Compared::from("v1beta1 first"), Compared::from(versions.clone()))),
        remedy: "Put v1beta1 first in admissionReviewVersions, or run a later release of the webhook.".to_owned(),
        command: None,
        decides: Some(owner(candidate)),
    })
}
