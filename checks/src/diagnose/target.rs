//! One target: which pods and roles are judged, and what the chain comes to.

use super::chain::{self, Link};
use super::merge;
use super::sentence::{self, Told};
use crate::check::FoundGap;
use crate::evidence::{ContainerGroup, ContainerView, Evidence, RoleSource, RoleUnderJudgement, lookup};
use crate::fix::finish::finish;
use crate::identity::{self, Identity, Mode};
use crate::policies::Policies;
use crate::report::{AfterRestart, ReportedGap, TargetReport, Verdict};
use crate::snapshot::kubernetes::Pod;
use crate::snapshot::{Gap, Observed, Snapshot, Target, TargetKind, key};
use crate::suppress::{self, Rules};
use crate::{actions, audience, error_message, hand_over, intent, second_opinion, usage, workload};

/// What stands in the place of a check where a scan could not read all of what it was to look at.
pub(super) const SCAN: &str = "scan";

/// The evidence of a target before a pod or a role is chosen: its first pod, and no role.
pub(super) fn evidence<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>, target: &'a Target) -> Evidence<'a> {
    let mut evidence = Evidence::new(snapshot, policies, target);
    match target.kind {
        TargetKind::Pod => {
            let pods = evidence.cluster.map(|cluster| &cluster.pods);
            let pod = lookup(pods, &key(&target.namespace, &target.name), "get pods");
            evidence.pods = pod.present().copied().into_iter().collect();
            evidence.with_pod(pod)
        }
        kind if kind.is_workload() => {
            evidence.pods = workload::current_pods(&evidence).pods;
            evidence.with_pod(evidence.pods.first().map_or(Observed::Absent, |pod| Observed::Present(*pod)))
        }
        _ => evidence,
    }
}

/// The evidence of a target as its first pod and first role are judged.
#[cfg(test)]
pub(super) fn first_evidence<'a>(snapshot: &'a Snapshot, policies: &'a Policies<'a>, target: &'a Target) -> Evidence<'a> {
    let pods = for_each_pod(&evidence(snapshot, policies, target));
    let role = roles_in_use(&pods).into_iter().next().flatten();
    pods.first().expect("one at least").with_role(role)
}

/// Judges one target.
pub(super) fn diagnose<'a>(
    snapshot: &'a Snapshot,
    policies: &'a Policies<'a>,
    target: &'a Target,
    rules: &Rules,
) -> TargetReport {
    let base = evidence(snapshot, policies, target);
    if let Some(gaps) = scan_gaps(&base) {
        return partly_read(target, &gaps);
    }
    let pods = for_each_pod(&base);
    let mut identities: Vec<Identity> = merge::identities(pods.iter().map(identity::identities));
    // The one that was asked about is the one that is spoken of.
    let asked = snapshot.asked.container.as_deref();
    identities.sort_by_key(|identity| asked.is_some_and(|name| identity.container != name));
    let Some(intent) = pods.iter().find_map(intent::intent) else {
        return without_intent(target, identities);
    };
    let roles = roles_in_use(&pods);
    let alone = target.kind == TargetKind::Error;
    let links = if alone { chain::run_error(&base) } else { chain::run(&pods, &roles) };
    let mut findings = chain::findings(target, &links);
    let mut gaps = chain::gaps(&links);
    let (verdict, first_broken) = (chain::verdict(&links), chain::first_broken(&links, error_message::passed(&base)));
    let first_unknown = chain::first_unknown(&links, first_broken);
    let first = pods.first().unwrap_or(&base);
    let judged = first.with_role(roles.first().cloned().flatten());
    let mut after_restart = after_restart(first, &roles, target);
    for found in &mut findings {
        finish(&judged, after_restart.as_ref(), &mut found.finding);
    }
    if let Some(after) = &mut after_restart {
        for found in &mut after.findings {
            finish(&judged, None, &mut found.finding);
        }
    }
    // Whom to ask is for what runs: of files it is known who writes them.
    let hand_over = if snapshot.from_files { Vec::new() } else { hand_over::hand_over(&judged, &gaps, &findings) };
    let sentence = sentence::sentence(&Told {
        target,
        verdict,
        broken: first_broken,
        unknown: first_unknown,
        findings: &findings,
        gaps: &gaps,
        identities: &identities,
        from_files: snapshot.from_files,
    });
    let used = with_next(&roles, first);
    gaps.extend(usage::gaps(&judged, &used));
    gaps.extend(second_opinion::gaps(&judged));
    let mut report = TargetReport {
        target: target.clone(),
        verdict,
        first_broken,
        first_unknown,
        sentence,
        intent: Some(intent),
        service_account: first.account_name().map(str::to_owned),
        role: judged.role.as_ref().map(|role| role.arn.clone()),
        pods: base.pods.iter().map(|pod| pod.metadata.name.clone()).collect(),
        identities,
        error: error_message::reading(&judged, &chain::seen(&links)).map(Box::new),
        decisions: actions::decisions(&judged),
        not_examined: actions::not_examined(&judged),
        notes: workload::notes(&base),
        hand_over,
        usage: usage::usage(&judged, &used, chain::credentials(&links)),
        checks: links.iter().map(Link::result).collect(),
        findings,
        gaps,
        after_restart: after_restart.map(Box::new),
    };
    suppress::apply(&mut report, &base, rules);
    report
}

/// What of a scan could not be read, where a target stands for the scan itself. `None`: all of it was.
fn scan_gaps(evidence: &Evidence<'_>) -> Option<Vec<Gap>> {
    if !evidence.target.kind.is_scan() {
        return None;
    }
    match evidence.cluster.and_then(|cluster| cluster.scan.as_ref()) {
        Some(scan) if scan.gaps.is_empty() => None,
        Some(scan) => Some(scan.gaps.clone()),
        None => Some(vec![Gap::not_collected("list pods").detail("nothing says which pods there are")]),
    }
}

/// The clusters of scanned targets of which not all was read, and that no target stands for.
pub(super) fn unread_places(snapshot: &Snapshot) -> Vec<TargetReport> {
    let targets = &snapshot.asked.targets;
    let mut places = Vec::new();
    for (key, cluster) in &snapshot.clusters {
        let gaps = cluster.scan.as_ref().map(|scan| scan.gaps.as_slice()).unwrap_or_default();
        let here = |target: &&Target| snapshot.cluster_of(target).is_some_and(|of| std::ptr::eq(of, cluster));
        let mut own = targets.iter().filter(here);
        if !gaps.is_empty() && own.clone().any(|target| target.scanned) && !own.any(|target| target.kind.is_scan()) {
            let name = (snapshot.clusters.len() > 1).then(|| key.clone());
            places.push(partly_read(&Target { scanned: true, cluster: name, ..Target::new(TargetKind::Cluster, "", "") }, gaps));
        }
    }
    places
}

/// What stands for all that was not read of a place: more may be wrong there than was found.
fn partly_read(target: &Target, gaps: &[Gap]) -> TargetReport {
    let gap = |gap: &Gap| ReportedGap { check: SCAN, found: FoundGap { gap: gap.clone(), decisive: true } };
    let why = gaps.first().map(|gap| format!(": {}", gap.detail)).unwrap_or_default();
    TargetReport {
        verdict: Verdict::Inconclusive,
        sentence: format!("not all of {} could be read{why}", target.place()),
        intent: Some("it was asked about".to_owned()),
        checks: chain::all_not_applicable("not all of it could be read"),
        gaps: gaps.iter().map(gap).collect(),
        ..without_intent(target, Vec::new())
    }
}

fn without_intent(target: &Target, identities: Vec<Identity>) -> TargetReport {
    TargetReport {
        target: target.clone(),
        verdict: Verdict::NotApplicable,
        first_broken: None,
        first_unknown: None,
        sentence: format!("{target} asks nothing of AWS"),
        intent: None,
        service_account: None,
        role: None,
        pods: Vec::new(),
        identities,
        error: None,
        checks: chain::all_not_applicable("it asks nothing of AWS"),
        findings: Vec::new(),
        decisions: Vec::new(),
        gaps: Vec::new(),
        not_examined: Vec::new(),
        after_restart: None,
        notes: Vec::new(),
        hand_over: Vec::new(),
        usage: None,
    }
}

/// The first pod's evidence with the first role under judgement, and all roles that the target's pods may ask for.
pub(super) fn used<'a>(
    snapshot: &'a Snapshot,
    policies: &'a Policies<'a>,
    target: &'a Target,
) -> Option<(Evidence<'a>, Vec<RoleUnderJudgement>)> {
    let base = evidence(snapshot, policies, target);
    let pods = for_each_pod(&base);
    pods.iter().find_map(intent::intent)?;
    let roles = roles_in_use(&pods);
    let first = pods.first().unwrap_or(&base);
    Some((first.with_role(roles.first().cloned().flatten()), with_next(&roles, first)))
}

/// The roles in use, and the one that new pods get: pods of both may be about.
fn with_next(roles: &[Option<RoleUnderJudgement>], first: &Evidence<'_>) -> Vec<RoleUnderJudgement> {
    let mut all: Vec<RoleUnderJudgement> = roles.iter().flatten().cloned().collect();
    let next = role_of_next_pod(first).filter(|next| !all.iter().any(|known| known.arn == next.arn && known.mode == next.mode));
    all.extend(next);
    all
}

/// The evidence once for each pod that counts; once where there is none.
pub(super) fn for_each_pod<'a>(base: &Evidence<'a>) -> Vec<Evidence<'a>> {
    if base.pods.is_empty() {
        return vec![base.clone()];
    }
    let pod = |pod: &&'a Pod| base.with_pod(Observed::Present(*pod));
    base.pods.iter().map(pod).collect()
}

/// The roles that the containers use now, each once, the default container's first; where none uses
/// one, the role that the association or the annotation names. At least one entry, `None` without a role.
fn roles_in_use(pods: &[Evidence<'_>]) -> Vec<Option<RoleUnderJudgement>> {
    let mut roles: Vec<RoleUnderJudgement> = Vec::new();
    for evidence in pods {
        for role in roles_of_pod(evidence) {
            if !roles.iter().any(|known| known.arn == role.arn && known.mode == role.mode) {
                roles.push(role);
            }
        }
    }
    if roles.is_empty() {
        let unseen =
            pods.iter().any(|evidence| containers_in_use(evidence).iter().any(|used| identity::mode(used) == Mode::Irsa));
        // A role that the spec doesn't show is some role, and not the annotation's.
        return vec![pods.first().filter(|_| !unseen).and_then(role_of_next_pod)];
    }
    roles.into_iter().map(Some).collect()
}

/// The containers whose roles are judged: the asked one, or the default container first, then the others as they stand,
/// init containers last.
fn containers_in_use<'e, 'a>(evidence: &'e Evidence<'a>) -> Vec<&'e ContainerView<'a>> {
    if !evidence.pod.is_present() {
        return Vec::new();
    }
    let asked = evidence.asked().container.as_deref();
    let default = evidence.default_container().map(ContainerView::name);
    let mut containers: Vec<_> = evidence.containers().iter().collect();
    containers.retain(|container| asked.is_none_or(|name| container.name() == name));
    containers.sort_by_key(|container| (Some(container.name()) != default, container.group == ContainerGroup::Init));
    containers
}

fn roles_of_pod(evidence: &Evidence<'_>) -> Vec<RoleUnderJudgement> {
    containers_in_use(evidence)
        .into_iter()
        .filter_map(|container| match identity::mode(container) {
            Mode::Irsa => Some(RoleUnderJudgement {
                arn: container.value("AWS_ROLE_ARN")?.to_owned(),
                source: RoleSource::Container(container.name().to_owned()),
                mode: Mode::Irsa,
            }),
            Mode::PodIdentity => association_role(evidence),
            Mode::Static | Mode::None => None,
        })
        .collect()
}

fn association_role(evidence: &Evidence<'_>) -> Option<RoleUnderJudgement> {
    evidence.association().present().map(|association| RoleUnderJudgement::associated(association))
}

/// The role that a pod would get if it were made now: the association's before the annotation's.
fn role_of_next_pod(evidence: &Evidence<'_>) -> Option<RoleUnderJudgement> {
    if evidence.target.kind == TargetKind::Role {
        return Some(RoleUnderJudgement { arn: evidence.target.name.clone(), source: RoleSource::Given, mode: Mode::Irsa });
    }
    association_role(evidence).or_else(|| {
        let arn = evidence.annotated_role()?.to_owned();
        Some(RoleUnderJudgement { arn, source: RoleSource::Annotation, mode: Mode::Irsa })
    })
}

/// The links that depend on the role, judged for the role that new pods would get, where that is another one.
fn after_restart(evidence: &Evidence<'_>, roles: &[Option<RoleUnderJudgement>], target: &Target) -> Option<AfterRestart> {
    if !evidence.pod.is_present() {
        return None;
    }
    let next = role_of_next_pod(evidence)?;
    let now = roles.iter().flatten().next()?;
    let is_same = now.arn == next.arn && now.mode == next.mode;
    let changes = || next.source == RoleSource::Annotation && audience::changes(&evidence.with_role(Some(now.clone())));
    if is_same && !changes() {
        return None;
    }
    let role_arn = next.arn.clone();
    let links = chain::run_role_links(&evidence.with_role(Some(next)));
    // Another audience that is as good as this one changes nothing.
    if is_same && chain::verdict(&links) != Verdict::Broken {
        return None;
    }
    Some(AfterRestart {
        role_arn,
        // A role that can't even be looked up, as what new pods get is no role's ARN or of another partition.
        verdict: if chain::is_judged(&links, "role") { chain::verdict(&links) } else { Verdict::Broken },
        checks: links.iter().map(Link::result).collect(),
        findings: chain::findings(target, &links),
    })
}

#[cfg(test)]
mod tests;
