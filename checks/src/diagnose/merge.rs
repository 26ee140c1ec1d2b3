//! Several judgements of one link, made one.

use crate::check::{FoundGap, Outcome};
use crate::finding::Finding;
use crate::identity::Identity;
use crate::snapshot::Target;

/// Merges the outcomes of one check for several pods or roles: what any of them found, each once.
/// It doesn't apply only where it applies to none.
pub(super) fn outcomes(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    let mut merged: Option<(Vec<Finding>, Vec<FoundGap>)> = None;
    let mut reason: Option<String> = None;
    for outcome in outcomes {
        match outcome {
            Outcome::NotApplicable(why) => reason = reason.or(Some(why)),
            Outcome::Judged { findings, gaps } => {
                let (all, all_gaps) = merged.get_or_insert_with(Default::default);
                for finding in findings {
                    if !all.iter().any(|known| same(known, &finding)) {
                        all.push(finding);
                    }
                }
                for gap in gaps {
                    if !all_gaps.contains(&gap) {
                        all_gaps.push(gap);
                    }
                }
            }
        }
    }
    match (merged, reason) {
        (Some((mut findings, gaps)), _) => {
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            Outcome::Judged { findings, gaps }
        }
        (None, reason) => Outcome::NotApplicable(reason.unwrap_or_else(|| "nothing to judge".to_owned())),
    }
}

/// Whether two findings are one: pods of one workload share a spec, so what is wrong at the same
/// path in two of them is one thing, said once.
fn same(a: &Finding, b: &Finding) -> bool {
    let pod = |finding: &Finding| finding.locus.resource.starts_with("Pod ");
    let same_place = a.locus.path == b.locus.path && a.locus.document == b.locus.document && a.locus.missing == b.locus.missing;
    a.fault.id == b.fault.id && same_place && (a.locus.resource == b.locus.resource || (pod(a) && pod(b))) && a.actual == b.actual
}

/// The identities of all pods; those of sibling pods that say the same stand once.
pub(super) fn identities(pods: impl Iterator<Item = Vec<Identity>>) -> Vec<Identity> {
    let mut all: Vec<Identity> = Vec::new();
    for identity in pods.flatten() {
        let known = |other: &Identity| {
            other.container == identity.container && other.mode == identity.mode && other.role_arn == identity.role_arn
        };
        if !all.iter().any(known) {
            all.push(identity);
        }
    }
    all.shrink_to_fit();
    all
}

/// A fingerprint that stays the same from run to run: fault, target and place, without the hash in a pod's name.
/// FNV-1a: it identifies, it doesn't protect.
pub(super) fn fingerprint(target: &Target, finding: &Finding) -> String {
    let resource = if finding.locus.resource.starts_with("Pod ") { "Pod" } else { &finding.locus.resource };
    let cluster = target.cluster.iter().map(String::as_str);
    let parts = [
        finding.fault.id,
        target.kind.as_str(),
        &target.namespace,
        &target.name,
        resource,
        finding.locus.document.as_deref().unwrap_or_default(),
        &finding.locus.path,
        finding.locus.missing.as_deref().unwrap_or_default(),
    ];
    let bytes = parts.into_iter().chain(cluster).flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Mode;
    use crate::locus::Locus;
    use crate::registry;

    fn finding(resource: &str, actual: &str) -> Finding {
        Finding::new(fault(0), Locus::new(resource).at("$['a']"), "").compared("x", actual)
    }

    fn fault(at: usize) -> &'static crate::fault::Fault {
        registry::ALL.iter().flat_map(|check| check.faults).nth(at).unwrap()
    }

    #[test]
    fn the_same_place_in_two_pods_is_one_finding_and_elsewhere_two() {
        let one = finding("Pod default/a", "y");
        assert!(same(&one, &finding("Pod default/a", "y")));
        assert!(same(&one, &finding("Pod default/b", "y")));
        assert!(!same(&one, &finding("Pod default/b", "z")), "another value");
        assert!(!same(&one, &finding("ServiceAccount default/a", "y")), "another kind");
        assert!(!same(&finding("ServiceAccount default/a", "y"), &finding("ServiceAccount default/b", "y")));
        let with = |change: fn(&mut Finding)| {
            let mut other = one.clone();
            change(&mut other);
            same(&one, &other)
        };
        assert!(!with(|other| other.locus.path = "$['b']".to_owned()));
        assert!(!with(|other| other.locus.document = Some("v1".to_owned())));
        assert!(!with(|other| other.locus.missing = Some("env".to_owned())));
        assert!(!with(|other| other.fault = fault(1)));
    }

    #[test]
    fn fingerprints_tell_findings_apart_and_no_pods_of_a_workload() {
        let target = Target::new(crate::snapshot::TargetKind::Pod, "default", "a");
        let print = |finding: &Finding| fingerprint(&target, finding);
        let one = print(&finding("Pod default/a", "y"));
        assert_eq!(one, print(&finding("Pod default/b", "z")));
        assert_ne!(one, print(&finding("ServiceAccount default/a", "y")));
        let elsewhere = Finding::new(fault(0), Locus::new("Pod default/a").at("$['b']"), "");
        assert_ne!(one, print(&elsewhere));
        assert_eq!(one.len(), 16);
    }

    #[test]
    fn a_fingerprint_is_the_one_that_is_in_the_baselines_of_earlier_versions() {
        let target = Target::new(crate::snapshot::TargetKind::Pod, "default", "a");
        let fault = registry::fault("role-missing").unwrap().1;
        let finding = Finding::new(fault, Locus::new("Pod default/a").at("$['a']"), "");
        assert_eq!(fingerprint(&target, &finding), "72c72390e161afb7");
    }

    #[test]
    fn identities_that_say_the_same_stand_once() {
        let identity = |container: &str, mode, role: Option<&str>| Identity {
            container: container.to_owned(),
            pod: None,
            mode,
            role_arn: role.map(str::to_owned),
            reason: String::new(),
        };
        let irsa = || identity("app", Mode::Irsa, Some("r"));
        let others = [
            identity("sidecar", Mode::Irsa, Some("r")),
            identity("app", Mode::PodIdentity, Some("r")),
            identity("app", Mode::Irsa, Some("s")),
        ];
        let pods = [vec![irsa()], vec![irsa()], others.to_vec()];
        let all = identities(pods.into_iter());
        assert_eq!(all, std::iter::once(irsa()).chain(others).collect::<Vec<_>>());
    }
}
