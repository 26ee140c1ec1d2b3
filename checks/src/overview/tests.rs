use super::Overview;
use crate::diagnose::diagnose;
use crate::report::Verdict;
use crate::snapshot::{Observed, Target, TargetKind, key};
use crate::testing::healthy;

/// The healthy pod and copies of it, in namespaces of their own where `namespaces` says so.
fn scanned(change: impl FnOnce(&mut crate::snapshot::Snapshot)) -> (Verdict, Overview) {
    let mut snapshot = healthy();
    for name in ["twin", "triplet"] {
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        let mut pod = cluster.pods[&key("default", "awscli")].present().unwrap().clone();
        pod.metadata.name = name.to_owned();
        cluster.pods.insert(key("default", name), Observed::Present(pod));
        snapshot.asked.targets.push(Target::new(TargetKind::Pod, "default", name));
    }
    for target in &mut snapshot.asked.targets {
        target.scanned = true;
    }
    change(&mut snapshot);
    let report = diagnose(&snapshot);
    (report.verdict, report.overview.unwrap())
}

fn trust(snapshot: &mut crate::snapshot::Snapshot, from: &str, to: &str) {
    let account = snapshot.accounts.get_mut("123456789012").unwrap();
    let Observed::Present(role) = &mut account.roles.get_mut("my-test-role").unwrap().role else { panic!("a role") };
    role.trust_policy = role.trust_policy.replace(from, to);
}

#[test]
fn one_line_for_an_account_and_one_cause_for_all() {
    let (verdict, all) = scanned(|snapshot| trust(snapshot, "default:my-service-account", "default:gone"));
    assert_eq!(verdict, Verdict::Broken);
    let [line] = all.accounts.as_slice() else { panic!("{:?}", all.accounts) };
    assert_eq!((line.name.as_str(), line.pods, line.verdict), ("my-service-account", 3, Verdict::Broken));
    assert_eq!(line.first_broken, Some("trust-policy"));
    let errors: Vec<_> = all.causes.iter().map(|cause| (cause.found.finding.fault.id, cause.victims.len())).collect();
    assert_eq!(errors, [("trust-subject-mismatch", 3)]);
    let role = "role arn:aws:iam::123456789012:role/my-test-role";
    assert_eq!(
        all.remarks,
        [
            format!("{role} does not let in the one service account here that asks for it"),
            format!("{role} trusts service accounts that aren't there: default/gone"),
        ]
    );
}

#[test]
fn an_unused_account_is_said_only_where_all_pods_were_listed() {
    let annotate = |snapshot: &mut crate::snapshot::Snapshot| {
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        let mut account = cluster.service_accounts[&key("default", "my-service-account")].present().unwrap().clone();
        account.metadata.name = "idle".to_owned();
        cluster.service_accounts.insert(key("default", "idle"), Observed::Present(account));
    };
    let (verdict, all) = scanned(annotate);
    assert_eq!((verdict, all.without_intent), (Verdict::Healthy, 0));
    assert_eq!(all.remarks, ["1 service account names a role, and no pod runs as it: default/idle"]);
    let (_, all) = scanned(|snapshot| {
        annotate(snapshot);
        snapshot.clusters.values_mut().next().unwrap().pod_lists.clear();
    });
    assert!(all.remarks.is_empty(), "{:?}", all.remarks);
}

#[test]
fn what_asks_for_nothing_is_counted() {
    let (verdict, all) = scanned(|snapshot| {
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        for pod in cluster.pods.values_mut() {
            let Observed::Present(pod) = pod else { continue };
            pod.spec.service_account_name = Some("default".to_owned());
            for container in &mut pod.spec.containers {
                container.env.clear();
                container.volume_mounts.clear();
            }
            pod.spec.volumes.clear();
        }
    });
    assert_eq!((verdict, all.without_intent, all.accounts.len()), (Verdict::NotApplicable, 3, 0));
}

#[test]
fn the_worst_cause_comes_first() {
    let (_, all) = scanned(|snapshot| {
        trust(snapshot, "default:my-service-account", "default:gone");
        // Without a region every call fails, or an SDK guesses: a warning.
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        for pod in cluster.pods.values_mut() {
            let Observed::Present(pod) = pod else { continue };
            let container = pod.spec.containers.first_mut().unwrap();
            container.env.retain(|variable| !variable.name.ends_with("REGION"));
        }
    });
    let severities: Vec<_> = all.causes.iter().map(|cause| cause.found.finding.severity).collect();
    let mut sorted = severities.clone();
    sorted.sort_by(|one, other| other.cmp(one));
    assert_eq!(severities, sorted);
    assert!(severities.first() != severities.last(), "{severities:?}");
}
