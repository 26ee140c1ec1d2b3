//! The pod identity webhook sees this pod.
//!
//! It is found by its rules and its address; its name is only a hint. What a webhook is called for:
//! <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>

mod ca_bundle;
mod certificate;
mod find;
mod judge;
mod selectors;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::{Confidence, Severity, faults};
use crate::finding::Finding;
use crate::fix::Fix;
use crate::fix::commands::restart;
use crate::skip_containers::skips_the_default;
use crate::snapshot::{Gap, Observed, TargetKind};
use crate::wiring::{Wiring, wiring};
use judge::Verdict;

faults! {
    WEBHOOK_MISSING: "webhook-missing", Error, Certain, "there is no pod identity webhook";
    WEBHOOK_RULES_WRONG: "webhook-rules-wrong", Error, Certain, "the webhook is not called when pods are created";
    WEBHOOK_EXCLUDES_POD: "webhook-excludes-pod", Error, Certain, "the webhook's selectors leave this pod out";
    WEBHOOK_SKIP_LABEL: "webhook-skip-label", Error, Certain, "the pod's label tells the webhook to skip it";
    WEBHOOK_REVIEW_VERSION: "webhook-review-version", Warning, Likely, "the webhook is called with a review version that its releases up to 0.6.17 answer wrongly";
    WEBHOOK_CA_BUNDLE: "webhook-ca-bundle", Error, Likely, "the API server can't trust the webhook's certificate";
}

/// The check.
pub static CHECK: Check = Check {
    id: "webhook",
    title: "the pod identity webhook sees this pod",
    stage: Stage::Injection,
    scope: Scope::Pod,
    needs: &[Need::Webhooks, Need::Pod, Need::Namespace, Need::EksCluster],
    faults: &[
        &WEBHOOK_MISSING,
        &WEBHOOK_RULES_WRONG,
        &WEBHOOK_EXCLUDES_POD,
        &WEBHOOK_SKIP_LABEL,
        &WEBHOOK_REVIEW_VERSION,
        &WEBHOOK_CA_BUNDLE,
    ],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    if matches!(evidence.target.kind, TargetKind::Role | TargetKind::Namespace | TargetKind::Cluster | TargetKind::ServiceAccount)
    {
        return Outcome::not_applicable("there is no pod in question");
    }
    let Some(cluster) = evidence.cluster.filter(|_| evidence.pod_spec().is_some()) else {
        return Outcome::not_applicable("not reached: the pod is not known");
    };
    let seen = wiring(evidence);
    if evidence.snapshot.from_files {
        let skipped = selectors::skip_label_of_files(evidence).filter(|_| seen == Wiring::Bare);
        return match skipped {
            Some(problem) => Outcome::finding(explained(evidence, problem).confidence(Confidence::Likely)),
            None => Outcome::not_applicable("no cluster is looked at"),
        };
    }
    if seen == Wiring::Bare && skips_the_default(evidence) {
        return Outcome::not_applicable("the pod tells the webhook to skip the container: see pod-injection");
    }
    let webhooks = match &cluster.webhooks {
        Observed::Present(webhooks) => webhooks.as_slice(),
        Observed::Absent => &[],
        // A pod that is injected was seen by the webhook, whoever may list webhooks.
        Observed::Unavailable(gap) if seen != Wiring::Bare => return Outcome::pass().with_gap(gap.clone()),
        Observed::Unavailable(gap) => return Outcome::unknown(gap.clone()),
    };
    let candidates = find::candidates(webhooks);
    match (seen, candidates.is_empty()) {
        (Wiring::SelfWired, _) | (Wiring::Webhook | Wiring::PodIdentity, false) => Outcome::pass(),
        (Wiring::Webhook | Wiring::PodIdentity, true) => Outcome::finding(missing(evidence, true)),
        (Wiring::Bare, true) => Outcome::finding(missing(evidence, false)),
        (Wiring::Bare, false) => judge::verdict(evidence, &candidates).outcome(evidence),
    }
}

/// Whether the webhook explains why the judged pod was not injected: one of this check's errors holds.
/// `pod-injection` asks this before it names a cause of its own.
pub fn explains(evidence: &Evidence<'_>) -> bool {
    let outcome = run(evidence);
    matches!(&outcome, Outcome::Judged { findings, .. } if findings.iter().any(|finding| finding.severity == Severity::Error))
}

/// Whether a manifest bears the label that makes the webhook skip its pods.
pub fn is_skipped_by_label(evidence: &Evidence<'_>) -> bool {
    selectors::skip_label_of_files(evidence).is_some()
}

impl Verdict {
    fn outcome(self, evidence: &Evidence<'_>) -> Outcome {
        let findings = self.problem.map(|problem| explained(evidence, problem)).into_iter().collect();
        let gaps = self.gaps.into_iter().map(|(gap, decisive)| FoundGap { gap, decisive }).collect();
        Outcome::Judged { findings, gaps }
    }
}

fn explained(evidence: &Evidence<'_>, problem: judge::Problem) -> Finding {
    let fix = match &problem.command {
        Some(command) => {
            Fix::new(problem.fix_id(), problem.remedy.clone()).command(crate::fix::Effect::WritesCluster, command.clone())
        }
        None => Fix::new(problem.fix_id(), problem.remedy.clone()),
    };
    let fix = restart(evidence, fix);
    let fix = match problem.decides {
        Some(who) => fix.decision(who),
        None => fix,
    };
    let finding = Finding::new(problem.fault, problem.locus, problem.detail).fix(fix);
    match problem.compared {
        Some((expected, actual)) => finding.compared(expected, actual),
        None => finding,
    }
}

/// No webhook at all. A pod that is injected still works; the next one won't be.
fn missing(evidence: &Evidence<'_>, injected: bool) -> Finding {
    let what = "no MutatingWebhookConfiguration of the cluster is the pod identity webhook's";
    let detail = if injected {
        format!("{what}: this pod was injected, the next one will not be")
    } else {
        format!("{what}, so no pod is injected")
    };
    let fix = Fix::new("pod identity webhook", "Restore the webhook configuration.")
        .decision("whoever owns the cluster: recreate the configuration from the manifest at https://repost.aws/knowledge-center/eks-troubleshoot-irsa-errors (on EKS) or from the release that installed it");
    let fix = restart(evidence, fix);
    let severity = if injected { Severity::Warning } else { WEBHOOK_MISSING.severity };
    // The place is the pod that nobody injects: there is no configuration to point into.
    Finding::new(&WEBHOOK_MISSING, evidence.pod_locus(), detail).severity(severity).fix(fix)
}

/// What a webhook's condition in CEL leaves open.
fn condition_gap(name: &str) -> Gap {
    Gap::not_collected("evaluate matchConditions").about(name).detail("conditions in CEL are not evaluated")
}

#[cfg(test)]
mod tests;
