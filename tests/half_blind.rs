//! People who may see a part only: an app developer without AWS, an AWS administrator without the cluster, a gate that
//! may not read one account. Each gets the most that their rights, which the servers enforce, allow; the gaps with the
//! exact permission; and whom to ask for the rest.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test: it may fail loudly")]

#[path = "half_blind/world.rs"]
mod world;

use irsa_doctor_test_support::Recording;
use world::{ANYBODY, NO_AWS, NO_CLUSTER, Seen, Who, World};

const ROLE: &str = "arn:aws:iam::123456789012:role/AppRole-68c46";
const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const POD: &str = "--pod app -n pay-68c46";

/// What an AWS administrator types.
fn role_command() -> String {
    format!("role/{ROLE} --subject pay-68c46/app --issuer {ISSUER}")
}

fn trusts_another_subject(recording: &mut Recording) {
    let roles = recording.accounts.accounts.values_mut().flat_map(|account| &mut account.roles);
    for role in roles {
        role.trust.0 = role.trust.0.replace("pay-68c46:app", "pay-68c46:web");
    }
}

// An app developer.

#[test]
fn a_developer_learns_that_it_is_not_their_side_and_whom_to_ask() {
    let world = World::recorded("plain");
    world.developer_may_get(&["pods", "serviceaccounts"]);
    let seen = world.run(ANYBODY, POD);
    assert_eq!(seen.verdict(), ("inconclusive", 3), "{}", seen.report);
    let statuses = seen.statuses();
    for check in ["pod-service-account", "service-account-annotation", "pod-injection", "cluster-issuer"] {
        assert_eq!(statuses[check], "pass", "{check}");
    }
    for check in ["oidc-provider", "role", "trust-policy", "attached-policies"] {
        assert_eq!(statuses[check], "unknown", "{check}");
    }
    assert_eq!(seen.remedy("iam:GetRole"), format!("allow iam:GetRole on {ROLE}"));
    let hand_over = seen.hand_over();
    assert!(hand_over.contains("Ask the owner of AWS account 123456789012 to allow arn:aws:iam::123456789012:user/tester"));
    assert!(hand_over.contains(&format!("iam:GetRole, iam:ListAttachedRolePolicies and iam:ListRolePolicies on {ROLE}")));
    assert!(hand_over.contains(&format!("`irsa-doctor {}`", role_command())), "{hand_over}");
    assert!(!hand_over.contains("cluster my-cluster"), "nothing is asked of who has nothing to give: {hand_over}");
}

#[test]
fn a_developers_own_fault_is_proven_without_aws() {
    let world = World::recorded("annotation-none");
    world.developer_may_get(&["pods", "serviceaccounts"]);
    let seen = world.run(ANYBODY, &format!("--pod app -n {}", world.namespace));
    assert_eq!(seen.verdict(), ("broken", 1), "{}", seen.report);
    assert_eq!(seen.target()["first_broken"], "service-account-annotation");
    assert_eq!(seen.faults(), ["annotation-missing"]);
}

#[test]
fn a_developer_who_may_not_see_the_pod_is_told_the_rule() {
    let world = World::recorded("plain");
    world.developer_may_get(&["serviceaccounts"]);
    let seen = world.run(ANYBODY, POD);
    assert_eq!(seen.verdict(), ("inconclusive", 3), "{}", seen.report);
    assert_eq!(seen.remedy("get pods"), "allow get on pods in namespace `pay-68c46` (RBAC)");
    let hand_over = seen.hand_over();
    assert!(
        hand_over
            .contains("Ask the administrators of cluster my-cluster to allow you (RBAC) get on pods in namespace pay-68c46."),
        "{hand_over}"
    );
    assert!(hand_over.contains("`irsa-doctor pod/app -n pay-68c46 --save k8s.json`"), "{hand_over}");
}

#[test]
fn the_table_says_each_thing_once() {
    let world = World::recorded("plain");
    world.developer_may_get(&["pods", "serviceaccounts"]);
    let table = world.table(ANYBODY, POD);
    assert_eq!(table.matches("Ask the owner of AWS account 123456789012").count(), 1, "{table}");
    assert_eq!(table.matches("is not authorized to").count(), 0, "that it was denied is said in one word: {table}");
    let command = format!("`irsa-doctor {}`", role_command());
    assert!(table.contains(&command), "a command stands on one line, to be copied: {table}");
    let (asked, not_read) = (table.find("\n  Hand-over\n").unwrap(), table.find("\n  Not read\n").unwrap());
    assert!(not_read < asked, "{table}");
}

// An AWS administrator without the cluster.

#[test]
fn an_administrator_judges_the_role_for_a_subject() {
    let world = World::recorded("plain");
    let seen = world.run(NO_CLUSTER, &role_command());
    assert_eq!(seen.verdict(), ("healthy", 0), "{}", seen.report);
    assert_eq!(seen.hand_over(), "");
    assert_eq!(seen.target()["gaps"], serde_json::json!([]), "what isn't needed is not missed");

    let world = World::changed(trusts_another_subject);
    let seen = world.run(NO_CLUSTER, &role_command());
    assert_eq!((seen.verdict(), seen.faults()), (("broken", 1), vec!["trust-subject-mismatch"]), "{}", seen.report);

    let world = World::changed(|recording| recording.accounts.accounts.values_mut().for_each(|account| account.roles.clear()));
    let seen = world.run(NO_CLUSTER, &role_command());
    assert_eq!((seen.verdict(), seen.faults()), (("broken", 1), vec!["role-missing"]), "{}", seen.report);
}

/// Runs as the person who may see everything.
fn full(change: impl FnOnce(&mut Recording)) -> (Vec<String>, Vec<(String, String)>) {
    let seen = World::changed(change).run(ANYBODY, POD);
    outcome(&seen)
}

/// The faults, and what every check came to.
fn outcome(seen: &Seen) -> (Vec<String>, Vec<(String, String)>) {
    let statuses = seen.statuses().into_iter().map(|(id, status)| (id.to_owned(), status.to_owned())).collect();
    (seen.faults().into_iter().map(str::to_owned).collect(), statuses)
}

#[test]
fn an_administrator_completes_a_developers_half() {
    for (change, verdict) in [((|_| ()) as fn(&mut Recording), ("healthy", 0)), (trusts_another_subject, ("broken", 1))] {
        let world = World::changed(change);
        world.developer_may_get(&["pods", "serviceaccounts"]);
        let half = world.path("half.json");
        assert_eq!(world.run(ANYBODY, &format!("{POD} --save {half}")).verdict(), ("inconclusive", 3));
        world.administrator();
        let seen = world.run(NO_CLUSTER, &format!("--from {half} --with-aws"));
        assert_eq!(seen.verdict(), verdict, "{}", seen.report);
        assert_eq!(outcome(&seen), full(change));
        assert_eq!(seen.report["run"]["calls"]["kubernetes"], 0, "the cluster isn't asked");
        let offline = world.run(NO_CLUSTER, &format!("--from {half}"));
        assert_eq!(offline.verdict(), ("inconclusive", 3), "without --with-aws nothing is asked at all");
        assert_eq!(offline.report["run"]["calls"]["aws"], 0);
    }
}

#[test]
fn two_saved_halves_are_a_whole() {
    for (change, verdict) in [((|_| ()) as fn(&mut Recording), ("healthy", 0)), (trusts_another_subject, ("broken", 1))] {
        let world = World::changed(change);
        world.developer_may_get(&["pods", "serviceaccounts"]);
        let (k8s, aws) = (world.path("k8s.json"), world.path("aws.json"));
        world.run(ANYBODY, &format!("{POD} --save {k8s}"));
        world.administrator();
        world.run(NO_CLUSTER, &format!("{} --save {aws}", role_command()));
        // Whether Pod Identity has a say is known only to who may ask EKS about this cluster: an injected pod needs no answer.
        let (faults, mut statuses) = full(change);
        statuses.retain(|(id, _)| id != "pod-identity");
        for words in [format!("--from {k8s} --from {aws}"), format!("--from {aws} --from {k8s}")] {
            let seen = world.run(NO_CLUSTER, &words);
            assert_eq!(seen.verdict(), verdict, "{words}: {}", seen.report);
            let (found, mut seen) = outcome(&seen);
            seen.retain(|(id, _)| id != "pod-identity");
            assert_eq!((found, seen), (faults.clone(), statuses.clone()), "{words}");
        }
    }
}

#[test]
fn with_aws_needs_a_half() {
    let world = World::recorded("plain");
    let seen = world.run(ANYBODY, &format!("{POD} --with-aws"));
    assert_eq!((seen.code, &seen.report["error"]["code"]), (2, &"usage".into()), "{}", seen.report);
}

// A gate that may not read one account.

#[test]
fn a_gate_without_the_roles_account() {
    let world = World::recorded("cross-account-role");
    let pod = format!("--pod app -n {}", world.namespace);
    let seen = world.run(ANYBODY, &pod);
    assert_eq!(seen.verdict(), ("inconclusive", 3), "{}", seen.report);
    assert!(seen.remedy("iam:GetRole").contains("--role-profile"), "{}", seen.remedy("iam:GetRole"));
    let hand_over = seen.hand_over();
    assert!(hand_over.contains("Ask the owner of AWS account 210987654321 for a profile"), "{hand_over}");
    assert!(hand_over.contains("irsa-doctor role/arn:aws:iam::210987654321:role/"), "{hand_over}");

    let unknown: Vec<&str> = seen.statuses().into_iter().filter(|(_, status)| *status == "unknown").map(|(id, _)| id).collect();
    let allowed = world.run(ANYBODY, &format!("{pod} --allow-unknown={}", unknown.join(",")));
    assert_eq!((allowed.verdict(), &allowed.report["gate"]), (("inconclusive", 0), &"pass".into()), "{}", allowed.report);
    assert_eq!(world.run(ANYBODY, &format!("{pod} --allow-unknown")).code, 0);
    assert_eq!(world.run(ANYBODY, &format!("{pod} --allow-unknown=role")).code, 3, "only that one was allowed");

    assert_eq!(world.run(ANYBODY, &format!("{pod} --role-profile other")).verdict(), ("healthy", 0));
}

// One side that isn't there at all.

#[test]
fn without_credentials_the_cluster_is_judged() {
    let world = World::recorded("plain");
    let seen = world.run(NO_AWS, POD);
    assert_eq!(seen.verdict(), ("inconclusive", 3), "{}", seen.report);
    assert_eq!(seen.statuses()["pod-injection"], "pass");
    assert!(seen.hand_over().contains("for credentials that are allowed"), "{}", seen.hand_over());
    let world = World::recorded("annotation-none");
    let seen = world.run(NO_AWS, &format!("--pod app -n {}", world.namespace));
    assert_eq!((seen.verdict(), seen.faults()), (("broken", 1), vec!["annotation-missing"]), "{}", seen.report);
}

#[test]
fn without_the_cluster_the_role_is_judged() {
    let world = World::dark();
    for words in [role_command(), format!("role/{ROLE} --subject pay-68c46/app")] {
        assert_eq!(world.run(ANYBODY, &words).verdict(), ("healthy", 0), "{words}");
    }
    let cluster = format!("role/{ROLE} --subject pay-68c46/app --cluster my-cluster --region us-east-1");
    assert_eq!(world.run(NO_CLUSTER, &cluster).verdict(), ("healthy", 0), "EKS knows the issuer");
}

#[test]
fn without_either_it_says_so() {
    let neither = Who { no_credentials: true, no_kubeconfig: true };
    let world = World::dark();
    for (who, words) in [(NO_AWS, POD.to_owned()), (neither, POD.to_owned()), (neither, role_command())] {
        let seen = world.run(who, &words);
        assert_eq!(seen.code, 4, "{words}: {}", seen.report);
        assert!(!seen.report["error"]["help"].as_str().unwrap().is_empty());
    }
}
