use super::Overview;
use crate::diagnose::diagnose;
use crate::report::Verdict;
use crate::snapshot::{Gap, GapCause, Observed, Target, TargetKind, key};
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

/// All of it in a second cluster, too.
fn twice(snapshot: &mut crate::snapshot::Snapshot) {
    let (name, cluster) = snapshot.clusters.pop_first().unwrap();
    snapshot.clusters.insert("other".to_owned(), cluster.clone());
    snapshot.clusters.insert(name.clone(), cluster);
    let targets = std::mem::take(&mut snapshot.asked.targets);
    for of in [&name, "other"] {
        let cluster = Some(of.to_owned());
        let here = targets.iter().map(|target| Target { cluster: cluster.clone(), ..target.clone() });
        snapshot.asked.targets.extend(here);
    }
}

/// Takes the region away from every pod: each call fails, or an SDK guesses.
fn without_region(snapshot: &mut crate::snapshot::Snapshot) {
    let cluster = snapshot.clusters.values_mut().next().unwrap();
    for pod in cluster.pods.values_mut() {
        let Observed::Present(pod) = pod else { continue };
        let container = pod.spec.containers.first_mut().unwrap();
        container.env.retain(|variable| !variable.name.ends_with("REGION"));
    }
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
    assert_eq!(line.roles, ["arn:aws:iam::123456789012:role/my-test-role"], "once, though three pods ask for it");
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
    let idle = "1 service account names a role, and no pod runs as it: default/idle";
    let annotate = |snapshot: &mut crate::snapshot::Snapshot| {
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        let mut account = cluster.service_accounts[&key("default", "my-service-account")].present().unwrap().clone();
        account.metadata.name = "idle".to_owned();
        cluster.service_accounts.insert(key("default", "idle"), Observed::Present(account));
    };
    let (verdict, all) = scanned(annotate);
    assert_eq!((verdict, all.without_intent), (Verdict::Healthy, 0));
    assert_eq!(all.remarks, [idle]);
    let (_, all) = scanned(|snapshot| {
        annotate(snapshot);
        twice(snapshot);
    });
    let cluster = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster";
    assert_eq!(all.remarks, [format!("in cluster {cluster}, {idle}"), format!("in cluster other, {idle}")]);
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
        without_region(snapshot);
    });
    let severities: Vec<_> = all.causes.iter().map(|cause| cause.found.finding.severity).collect();
    let mut sorted = severities.clone();
    sorted.sort_by(|one, other| other.cmp(one));
    assert_eq!(severities, sorted);
    assert!(severities.first() != severities.last(), "{severities:?}");
}

#[test]
fn the_first_of_the_worst_names_the_broken_link() {
    let (_, all) = scanned(|snapshot| {
        trust(snapshot, "default:my-service-account", "default:gone");
        let cluster = snapshot.clusters.values_mut().next().unwrap();
        let Some(Observed::Present(pod)) = cluster.pods.get_mut("default/triplet") else { panic!("a pod") };
        pod.spec.volumes.clear();
        pod.spec.containers[0].env.clear();
        pod.spec.containers[0].volume_mounts.clear();
    });
    let [line] = all.accounts.as_slice() else { panic!("{:?}", all.accounts) };
    assert!(all.causes.iter().any(|cause| cause.victims.iter().all(|victim| victim.name == "triplet")), "it breaks earlier");
    assert_eq!(line.first_broken, Some("trust-policy"));
}

#[test]
fn what_is_wrong_in_aws_is_one_cause_for_all_clusters_and_what_is_in_each_its_own() {
    let (_, all) = scanned(|snapshot| {
        trust(snapshot, "default:my-service-account", "default:gone");
        without_region(snapshot);
        twice(snapshot);
    });
    let mut causes: Vec<_> = all.causes.iter().map(|cause| (cause.found.check, cause.victims.len())).collect();
    causes.sort_unstable();
    assert_eq!(causes, [("pod-credentials", 3), ("pod-credentials", 3), ("trust-policy", 6)]);
}

#[test]
fn the_pods_of_all_clusters_are_counted() {
    let (_, all) = scanned(|snapshot| {
        twice(snapshot);
        for (cluster, pods) in snapshot.clusters.values_mut().zip([5, 7]) {
            cluster.scan = Some(crate::snapshot::Scan { pods, over: pods - 4, ..Default::default() });
        }
    });
    assert_eq!((all.pods, all.over), (12, 4));
}

#[test]
fn a_role_of_three_namespaces_is_shared() {
    let shared = |namespaces: [&str; 2]| {
        let (_, all) = scanned(|snapshot| {
            let cluster = snapshot.clusters.values_mut().next().unwrap();
            for (name, namespace) in ["twin", "triplet"].into_iter().zip(namespaces) {
                let Some(Observed::Present(mut pod)) = cluster.pods.remove(&key("default", name)) else { panic!("a pod") };
                pod.metadata.namespace = Some(namespace.to_owned());
                cluster.pods.insert(key(namespace, name), Observed::Present(pod));
                for target in snapshot.asked.targets.iter_mut().filter(|target| target.name == name) {
                    namespace.clone_into(&mut target.namespace);
                }
            }
        });
        all.remarks.into_iter().find(|remark| remark.contains("is used from"))
    };
    let role = "role arn:aws:iam::123456789012:role/my-test-role";
    assert_eq!(shared(["shop", "web"]), Some(format!("{role} is used from 3 namespaces: default, shop, web")));
    assert_eq!(shared(["shop", "shop"]), None);
}

#[test]
fn associations_that_could_not_be_read_are_a_remark() {
    let (_, all) = scanned(|snapshot| {
        let associations = &mut snapshot.clusters.values_mut().next().unwrap().associations;
        let gap = Gap::new("eks:ListPodIdentityAssociations", GapCause::Denied);
        associations.insert("default/my-service-account".to_owned(), Observed::Unavailable(gap));
    });
    assert_eq!(
        all.remarks,
        ["EKS Pod Identity associations of 1 service accounts could not be read (denied): a pod that is older than its \
          association counts as one that asks nothing of AWS"]
    );
}

#[test]
fn nobody_is_gone_from_where_nobody_looked() {
    let gone = |subject: &str, listed: &str| {
        let (_, all) = scanned(|snapshot| {
            trust(snapshot, "default:my-service-account", subject);
            let lists = &mut snapshot.clusters.values_mut().next().unwrap().service_account_lists;
            let Some(Observed::Present(names)) = lists.get_mut("default") else { panic!("a list") };
            names.push(listed.to_owned());
        });
        all.remarks.iter().any(|remark| remark.contains("aren't there"))
    };
    assert!(gone("default:gone", "other"));
    assert!(!gone("elsewhere:gone", "other"), "its namespace was not listed");
    assert!(!gone("default:unread", "unread"), "it was listed, and not read");
}
