//! EKS Pod Identity and IRSA agree.
//!
//! An association gives the pods of a service account a role through an agent on their node. New pods then get it in
//! place of the annotation's role; a pod that is there already shows by its own environment which of the two it has.
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html>

mod agent;
mod mend;
mod session;
mod trust;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::{Severity, faults};
use crate::finding::{Compared, Finding};
use crate::fix::Fix;
use crate::identity::{Mode, mode};
use crate::locus::Locus;
use crate::snapshot::{Association, Gap, Observed, TargetKind};

faults! {
    OVERRIDES: "pod-identity-overrides", Warning, Certain, "an EKS Pod Identity association gives new pods its role";
    TRUST_MISSING: "pod-identity-trust-missing", Error, Certain, "the association's role does not trust EKS Pod Identity";
    TARGET_TRUST: "pod-identity-target-trust", Error, Certain, "the association's target role does not let the first one in";
    SESSION_POLICY: "pod-identity-session-policy", Error, Certain, "the association's session policy leaves the action out";
    AGENT_MISSING: "pod-identity-agent-missing", Error, Certain, "no EKS Pod Identity agent runs on the pod's node";
    UNSUPPORTED_NODE: "pod-identity-unsupported-node", Error, Certain, "EKS Pod Identity does not work on this kind of node";
    ASSOCIATION_MISSING: "pod-identity-association-missing", Error, Certain, "the pod uses EKS Pod Identity, but its association is gone";
}

/// The check.
pub static CHECK: Check = Check {
    id: "pod-identity",
    title: "EKS Pod Identity and IRSA agree",
    stage: Stage::PodIdentity,
    scope: Scope::Pod,
    needs: &[
        Need::Pod,
        Need::ServiceAccount,
        Need::Associations,
        Need::Agents,
        Need::Node,
        Need::Role,
        Need::RolePolicies,
        Need::PolicyDocuments,
        Need::Boundary,
    ],
    faults: &[
        &OVERRIDES,
        &TRUST_MISSING,
        &TARGET_TRUST,
        &SESSION_POLICY,
        &AGENT_MISSING,
        &UNSUPPORTED_NODE,
        &ASSOCIATION_MISSING,
    ],
    run,
};

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
    gaps: Vec<FoundGap>,
}

impl Found {
    fn gap(&mut self, gap: Gap, decisive: bool) {
        self.gaps.push(FoundGap { gap, decisive });
    }

    fn outcome(self) -> Outcome {
        Outcome::Judged { findings: self.findings, gaps: self.gaps }
    }
}

fn run(evidence: &Evidence<'_>) -> Outcome {
    if evidence.target.kind == TargetKind::Role || evidence.cluster.is_none() {
        return Outcome::not_applicable("no cluster is looked at");
    }
    let exists = evidence.pod.is_present();
    let in_use = exists && evidence.containers().iter().any(|container| mode(container) == Mode::PodIdentity);
    match evidence.association() {
        Observed::Present(association) if in_use || !exists => used(evidence, association),
        Observed::Present(association) => not_used(evidence, association),
        Observed::Absent if in_use => Outcome::finding(association_missing(evidence)),
        Observed::Absent => Outcome::not_applicable("the service account has no EKS Pod Identity association"),
        Observed::Unavailable(gap) if in_use => Outcome::unknown(gap),
        // The pod's own environment says that no association took effect.
        Observed::Unavailable(gap) if exists => Outcome::pass().with_gap(gap),
        Observed::Unavailable(_) if !may_be_eks(evidence) => Outcome::not_applicable("not an EKS cluster"),
        Observed::Unavailable(gap) => Outcome::unknown(gap),
    }
}

/// Whether this may be an EKS cluster: others have no associations.
fn may_be_eks(evidence: &Evidence<'_>) -> bool {
    let Some(cluster) = evidence.cluster else { return false };
    let issuer = match evidence.issuer() {
        Observed::Present(issuer) => Some(issuer.url.contains("://oidc.eks.")),
        Observed::Absent | Observed::Unavailable(_) => None,
    };
    cluster.eks.is_present() || cluster.arn.is_some() || issuer.unwrap_or(true)
}

/// The association is what the pod uses, or what the next one will.
fn used(evidence: &Evidence<'_>, association: &Association) -> Outcome {
    let mut found = Found::default();
    if !evidence.pod.is_present() {
        found.findings.extend(overrides(evidence, association));
    }
    match agent::unsupported_node(evidence) {
        Some(finding) => found.findings.push(finding),
        None => agent::judge(evidence, &mut found),
    }
    trust::role(evidence, association, &mut found);
    trust::target(evidence, association, &mut found);
    session::judge(evidence, association, &mut found);
    found.outcome()
}

/// The pod doesn't use the association: it was made before it, or its own environment comes first.
fn not_used(evidence: &Evidence<'_>, association: &Association) -> Outcome {
    let Some(mut finding) = overrides(evidence, association) else { return Outcome::pass() };
    let mut next = Found::default();
    trust::role(evidence, association, &mut next);
    if let Some(wrong) = next.findings.first() {
        finding.detail = format!("{}; new pods will have no credentials: {}", finding.detail, wrong.detail);
    }
    Outcome::finding(finding)
}

/// New pods get the association's role; what that changes.
fn overrides(evidence: &Evidence<'_>, association: &Association) -> Option<Finding> {
    let irsa = evidence.containers().iter().find(|container| mode(container) == Mode::Irsa);
    let now = irsa.as_ref().and_then(|container| container.value("AWS_ROLE_ARN")).or(evidence.annotated_role())?;
    let subject = format!("{}/{}", evidence.namespace(), evidence.account_name().unwrap_or_default());
    let same = now == association.role_arn;
    let both = irsa.as_ref().is_some_and(|container| container.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    let how = match (same, both) {
        (_, true) => "this container has both sets of variables, and SDKs take web identity first",
        (true, false) => "which is the same role, by another way",
        (false, false) if evidence.pod.is_present() => "this pod still has the other one, by web identity",
        (false, false) => "and not the annotation's",
    };
    let detail =
        format!("an EKS Pod Identity association gives new pods of {subject} role {}: {how} ({now})", association.role_arn);
    let mut finding = Finding::new(&OVERRIDES, locus(evidence, association), detail).compared(now, association.role_arn.as_str());
    if same {
        finding = finding.severity(Severity::Info);
    }
    let fix = Fix::new(format!("association:{}", association.id), "Decide for one of the two").decision(format!(
        "whoever owns {subject} must decide for EKS Pod Identity (then the annotation can go) or for IRSA (then the association can go)"
    ));
    Some(if same { finding } else { finding.fix(fix) })
}

fn association_missing(evidence: &Evidence<'_>) -> Finding {
    let account = evidence.account_name().unwrap_or_default();
    let detail = format!(
        "pod {} has the variables of EKS Pod Identity, but service account {}/{account} has no association any more",
        evidence.pod_name().unwrap_or_default(),
        evidence.namespace()
    );
    let place = evidence.account_locus();
    let fix = mend::associate(evidence, account);
    Finding::new(&ASSOCIATION_MISSING, place, detail).compared("an association", Compared::Nothing).fix(fix)
}

/// The association's own ARN, or the service account where it isn't known.
fn locus(evidence: &Evidence<'_>, association: &Association) -> Locus {
    if association.arn.is_empty() { evidence.account_locus() } else { Locus::new(association.arn.as_str()) }
}

#[cfg(test)]
mod tests;
