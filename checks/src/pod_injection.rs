//! What the webhook gave the pod's containers, and whether it works: judged container by container.
//!
//! The pod's own spec decides: it is what the kubelet runs, whoever wrote it. The webhook acts on the creation of pods
//! only, so an annotation that came later has no say.
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html>

mod awaited;
mod env;
mod missing;
pub(crate) mod state;
mod token;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::{ContainerView, Evidence};
use crate::fault::{Severity, faults};
use crate::finding::Finding;
use crate::skip_containers;
use crate::snapshot::{Gap, GapCause, Observed};
use state::State;

faults! {
    CREATED_BEFORE_ANNOTATION: "pod-created-before-annotation", Error, Likely,
        "the service account was annotated after the pod was made";
    ROLE_STALE: "pod-role-stale", Warning, Certain, "the pod uses an older role than the annotation's";
    NOT_INJECTED: "pod-not-injected", Error, Likely, "the webhook did not change the pod, though all seems right";
    CONTAINER_NOT_INJECTED: "container-not-injected", Info, Certain, "one container was not given the role, others were";
    CONTAINER_SKIPPED: "container-skipped", Warning, Certain, "skip-containers names the container";
    SKIP_MISUSED: "skip-containers-misused", Warning, Certain, "skip-containers names a container that isn't there";
    ENV_BLOCKS: "env-blocks-injection", Error, Certain, "the spec sets one of role and token file, so neither was injected";
    HARD_CODED: "env-role-arn-hardcoded", Warning, Certain, "the spec itself sets the role: the annotation has no say";
    PATH_WRONG: "token-file-path-wrong", Error, Certain, "the token file isn't the projected token";
    MOUNT_MISSING: "token-mount-missing", Error, Certain, "the token's variables are set, its mount isn't";
    VOLUME_COLLISION: "token-volume-collision", Error, Certain, "a volume aws-iam-token that isn't the projected token";
    AUDIENCE_MISMATCH: "token-audience-mismatch", Error, Certain,
        "the token's audience isn't what provider and trust policy ask for";
    WINDOWS_PATH: "windows-token-path", Error, Certain, "a Windows pod with a Unix token path";
    SUBPATH: "token-subpath-mount", Warning, Certain, "the token is mounted by subPath and never refreshed";
    SESSION_NAME: "role-session-name-invalid", Error, Certain, "AWS_ROLE_SESSION_NAME isn't one that STS takes";
}

/// `pod-injection`.
pub static CHECK: Check = Check {
    id: "pod-injection",
    title: "every container was given the role and the token",
    stage: Stage::Injection,
    scope: Scope::Pod,
    needs: &[
        Need::Pod,
        Need::ServiceAccount,
        Need::Associations,
        Need::Webhooks,
        Need::Workload,
        Need::Node,
        Need::Issuer,
        Need::Role,
        Need::Providers,
    ],
    faults: &[
        &CREATED_BEFORE_ANNOTATION,
        &ROLE_STALE,
        &NOT_INJECTED,
        &CONTAINER_NOT_INJECTED,
        &CONTAINER_SKIPPED,
        &SKIP_MISUSED,
        &ENV_BLOCKS,
        &HARD_CODED,
        &PATH_WRONG,
        &MOUNT_MISSING,
        &VOLUME_COLLISION,
        &AUDIENCE_MISMATCH,
        &WINDOWS_PATH,
        &SUBPATH,
        &SESSION_NAME,
    ],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    if evidence.snapshot.from_files {
        return written(evidence);
    }
    match &evidence.pod {
        Observed::Present(_) => judge(evidence),
        Observed::Absent if evidence.target.kind.is_workload() => Outcome::not_applicable("it has no pods"),
        Observed::Absent => Outcome::not_applicable("no pod is looked at"),
        Observed::Unavailable(gap) => Outcome::unknown(gap.clone()),
    }
}

/// What each of the pod's containers bears; where the one that matters most bears nothing, why.
fn judge(evidence: &Evidence<'_>) -> Outcome {
    let containers = evidence.containers();
    if containers.is_empty() {
        let pod = evidence.pod_name().unwrap_or_default();
        return Outcome::unknown(Gap::new("get pods", GapCause::Malformed).about(pod).detail("the pod has no containers"));
    }
    if let Some(gap) = without_asked(evidence, containers) {
        return Outcome::unknown(gap);
    }
    let wired = |container: &ContainerView<'_>| matches!(state::state(container), State::Irsa | State::PodIdentity);
    if !missing::is_untouched(evidence) {
        return each(evidence, containers);
    }
    // A container that wires itself says nothing about the one that matters, and is judged for itself.
    let itself: Vec<ContainerView<'_>> = containers.iter().filter(|container| wired(container)).cloned().collect();
    match missing::judge(evidence) {
        whole if itself.is_empty() => whole,
        // Nothing was to be given: of the container that was asked about it is to be said all the same.
        Outcome::NotApplicable(_) if lacks_what_others_wire(evidence) => {
            let asked = evidence.asked_container().cloned();
            each(evidence, &itself.into_iter().chain(asked).collect::<Vec<_>>())
        }
        Outcome::NotApplicable(_) => each(evidence, &itself),
        Outcome::Judged { mut findings, mut gaps } => {
            if let Outcome::Judged { findings: more, gaps: more_gaps } = each(evidence, &itself) {
                findings.extend(more);
                gaps.extend(more_gaps);
            }
            Outcome::Judged { findings, gaps }
        }
    }
}

/// What is written into a manifest by hand: the webhook has yet to come, and leaves such containers as they are, and those
/// that it is told to skip.
fn written(evidence: &Evidence<'_>) -> Outcome {
    let is_left = |container: &&ContainerView<'_>| {
        state::state(container) != State::Bare || skip_containers::is_skipped(evidence, container.name())
    };
    let by_hand: Vec<ContainerView<'_>> = evidence.containers().iter().filter(is_left).cloned().collect();
    if by_hand.is_empty() && missing::misused(evidence).is_none() {
        return Outcome::not_applicable("files have no pods: the webhook acts when pods are made");
    }
    each(evidence, &by_hand)
}

/// The container that was asked about, where the pod has none of that name: of what isn't there nothing can be said.
fn without_asked(evidence: &Evidence<'_>, containers: &[ContainerView<'_>]) -> Option<Gap> {
    let asked = evidence.asked().container.as_deref()?;
    if containers.iter().any(|container| container.name() == asked) {
        return None;
    }
    let names: Vec<&str> = containers.iter().map(ContainerView::name).collect();
    let pod = evidence.pod_name().unwrap_or_default();
    let detail = format!("pod {pod} has no container {asked} (it has {})", names.join(", "));
    // No right to look would help.
    let gap = Gap::not_collected(format!("container {asked}"));
    Some(gap.detail(detail).remedy("name one of its containers with --container"))
}

/// Whether the container that was asked about has nothing, in a pod whose account names no role and whose others wire themselves.
fn lacks_what_others_wire(evidence: &Evidence<'_>) -> bool {
    let unnamed = evidence.service_account().is_present() && evidence.annotated_role().is_none();
    unnamed && !evidence.association().is_present() && evidence.asked_without_role().is_some()
}

/// Each of these containers, and the annotation that names containers.
fn each(evidence: &Evidence<'_>, containers: &[ContainerView<'_>]) -> Outcome {
    let mut findings = Vec::new();
    let mut gaps: Vec<FoundGap> = Vec::new();
    for container in containers {
        let found = match state::state(container) {
            State::Irsa => irsa(evidence, container, &mut gaps),
            State::PodIdentity => token::pod_identity(evidence, container).into_iter().collect(),
            State::Half(set) => known(env::half(evidence, container, set), &mut gaps),
            State::Bare => known(missing::bare(evidence, container), &mut gaps),
        };
        findings.extend(found.into_iter().map(|finding| weighed(evidence, container, finding)));
    }
    findings.extend(missing::misused(evidence));
    gaps.extend(windows_gap(evidence, containers).map(|gap| FoundGap { gap, decisive: true }));
    Outcome::Judged { findings, gaps }
}

/// What was found, where that could be said; the verdict hangs on what couldn't be read.
fn known(found: Result<Option<Finding>, Gap>, gaps: &mut Vec<FoundGap>) -> Vec<Finding> {
    match found {
        Ok(found) => found.into_iter().collect(),
        Err(gap) => {
            gaps.push(FoundGap { gap, decisive: true });
            Vec::new()
        }
    }
}

/// All about a container with a role and a token file.
fn irsa(evidence: &Evidence<'_>, container: &ContainerView<'_>, gaps: &mut Vec<FoundGap>) -> Vec<Finding> {
    let decisive = !evidence.is_beside_the_point(container);
    gaps.extend(env::unseen(evidence, container).into_iter().map(|gap| FoundGap { gap, decisive }));
    let awaited = match awaited::mount(evidence, container) {
        Ok(awaited) => awaited,
        Err(gap) => {
            gaps.push(FoundGap { gap, decisive: true });
            true
        }
    };
    let mut findings: Vec<Finding> = token::web_identity(evidence, container).filter(|_| !awaited).into_iter().collect();
    if findings.is_empty() {
        findings.extend(token::audience(evidence, container));
    }
    findings.extend(token::sub_path(evidence, container));
    findings.extend(env::session_name(evidence, container));
    match env::role(evidence, container) {
        Ok(Some(finding)) => {
            // Another role than the annotation's is an error only if it is of no use, which an unread one may be.
            let unread = env::unread_role(evidence, container).filter(|_| finding.severity == Severity::Warning);
            gaps.extend(unread.map(|gap| FoundGap { gap, decisive: true }));
            findings.push(finding);
        }
        Ok(None) => {}
        // A pod that works is not the worse for an account that can't be read.
        Err(gap) => gaps.push(FoundGap { gap, decisive: env::uses_unusable_role(evidence, container) }),
    }
    gaps.dedup();
    findings
}

/// What is wrong with a container that nobody asked about is no more than a warning where one was asked about.
fn weighed(evidence: &Evidence<'_>, container: &ContainerView<'_>, finding: Finding) -> Finding {
    if evidence.is_beside_the_point(container) { finding.at_most(Severity::Warning) } else { finding }
}

/// The node, where only it could say whether a Unix path is right.
fn windows_gap(evidence: &Evidence<'_>, containers: &[ContainerView<'_>]) -> Option<Gap> {
    let unix = |container: &ContainerView<'_>| {
        container.value("AWS_WEB_IDENTITY_TOKEN_FILE").is_some_and(|path| !token::is_windows_path(path))
    };
    let undecided = state::is_windows(evidence).is_none() && containers.iter().any(unix);
    let node = evidence.pod_spec()?.node_name.as_deref().unwrap_or_default();
    let gap =
        || Gap::not_collected("get nodes").about(node).remedy("allow get on nodes: only the node says whether it runs Windows");
    undecided.then(|| match evidence.cluster.and_then(|cluster| cluster.nodes.get(node)) {
        Some(Observed::Unavailable(seen)) => seen.clone(),
        _ => gap(),
    })
}

/// Whether this is the container that matters most: the asked one, the default one, or the only one.
fn matters_most(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> bool {
    evidence.default_container().is_some_and(|default| default.name() == container.name())
}

#[cfg(test)]
mod tests;
