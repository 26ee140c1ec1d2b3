//! Associations: used, not used, and each way in which they fail.

use super::*;
use crate::check::Status;
use crate::snapshot::{GapCause, RequiredAction, RoleEvidence, Snapshot};
use crate::testing::{self, ACCOUNT, ROLE, associate};
use serde_json::{Value, json};

mod cluster;
mod said;

const TARGET: &str = "arn:aws:iam::123456789012:role/target";

fn trust(actions: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions},
    ]})
}

/// The healthy pod, with EKS Pod Identity in place of IRSA.
fn healthy() -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, crate::evidence::ROLE_ANNOTATION, None);
    testing::uninject(&mut snapshot);
    testing::container(&mut snapshot).env = testing::read(&json!([
        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
        {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"},
    ]));
    associate(&mut snapshot, |_| {});
    testing::set_trust(&mut snapshot, &trust(&json!(["sts:AssumeRole", "sts:TagSession"])));
    testing::cluster(&mut snapshot).agents = Observed::Present(vec![testing::read(&json!({
        "kind": "DaemonSet", "metadata": {"name": "eks-pod-identity-agent", "namespace": "kube-system"},
        "status": {"desiredNumberScheduled": 3, "numberReady": 3},
    }))]);
    snapshot
}

fn run(change: impl FnOnce(&mut Snapshot)) -> Outcome {
    let mut snapshot = healthy();
    change(&mut snapshot);
    testing::run(&CHECK, &snapshot)
}

fn faults(change: impl FnOnce(&mut Snapshot)) -> Vec<&'static str> {
    testing::faults(&run(change))
}

fn none() -> Vec<&'static str> {
    Vec::new()
}

/// A target role with this trust policy.
fn target(snapshot: &mut Snapshot, external_id: Option<&str>, trust: &Value) {
    associate(snapshot, |association| {
        association.target_role_arn = Some(TARGET.to_owned());
        association.external_id = external_id.map(str::to_owned);
    });
    let mut role = testing::role(snapshot).clone();
    TARGET.clone_into(&mut role.arn);
    "target".clone_into(&mut role.name);
    role.trust_policy = trust.to_string();
    let evidence = RoleEvidence { role: Observed::Present(role), ..RoleEvidence::default() };
    testing::account(snapshot).roles.insert("target".to_owned(), evidence);
}

fn target_trust(principal: &str, actions: &Value, condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Condition": condition},
    ]})
}

#[test]
fn a_pod_that_uses_a_sound_association_passes() {
    assert_eq!(run(|_| {}).status(), Status::Pass);
}

#[test]
fn no_association_is_no_link() {
    let outcome = testing::run(&CHECK, &testing::healthy());
    assert_eq!(outcome.status(), Status::NotApplicable);
}

#[test]
fn an_association_beside_irsa_is_a_warning_if_the_roles_differ() {
    let mut snapshot = testing::healthy();
    associate(&mut snapshot, |association| association.role_arn = format!("arn:aws:iam::{ACCOUNT}:role/other"));
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!((testing::faults(&outcome), outcome.status()), (vec!["pod-identity-overrides"], Status::Warn));
    // The same role, which doesn't trust EKS Pod Identity: new pods will be without, and that is said.
    associate(&mut snapshot, |_| {});
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!((testing::faults(&outcome), outcome.status()), (vec!["pod-identity-overrides"], Status::Pass));
    assert!(testing::findings(&outcome)[0].detail.contains("will have no credentials"));
    let mut both = testing::trust();
    let pods = trust(&json!(["sts:AssumeRole", "sts:TagSession"]))["Statement"][0].clone();
    both["Statement"].as_array_mut().unwrap().push(pods);
    testing::set_trust(&mut snapshot, &both);
    let outcome = testing::run(&CHECK, &snapshot);
    assert!(!testing::findings(&outcome)[0].detail.contains("will have no credentials"));
}

#[test]
fn the_role_must_trust_pods_and_their_tags() {
    let only_assume = trust(&json!("sts:AssumeRole"));
    assert_eq!(faults(|snapshot| testing::set_trust(snapshot, &only_assume)), ["pod-identity-trust-missing"]);
    assert_eq!(faults(|snapshot| testing::set_trust(snapshot, &testing::trust())), ["pod-identity-trust-missing"]);
    let without_tags = run(|snapshot| {
        testing::set_trust(snapshot, &only_assume);
        associate(snapshot, |association| association.disable_session_tags = true);
    });
    assert_eq!(without_tags.status(), Status::Pass);
    assert_eq!(faults(|snapshot| testing::role(snapshot).trust_policy = "{".to_owned()).len(), 1);
}

#[test]
fn the_fix_adds_a_statement_and_works() {
    let outcome = run(|snapshot| testing::set_trust(snapshot, &testing::trust()));
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    let document: Value = serde_json::from_str(&fix.commands[0].argv[6]).unwrap();
    assert_eq!(document["Statement"][0], testing::trust()["Statement"][0]);
    assert_eq!(run(|snapshot| testing::set_trust(snapshot, &document)).status(), Status::Pass);
}

#[test]
fn conditions_on_the_pods_tags_are_judged() {
    let tagged = |namespace: &str| {
        let mut trust = trust(&json!(["sts:AssumeRole", "sts:TagSession"]));
        trust["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": namespace}});
        faults(|snapshot| testing::set_trust(snapshot, &trust))
    };
    assert_eq!(tagged("default"), none());
    assert_eq!(tagged("other"), ["pod-identity-trust-missing"]);
}

#[test]
fn the_target_role_must_let_the_first_one_in() {
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let judge = |id: Option<&str>, trust: &Value| {
        let outcome = run(|snapshot| target(snapshot, id, trust));
        (testing::faults(&outcome), outcome.status())
    };
    let fail = (vec!["pod-identity-target-trust"], Status::Fail);
    let pass = (vec![], Status::Pass);
    assert_eq!(judge(None, &target_trust(ROLE, &both, &json!({}))), pass);
    assert_eq!(judge(None, &target_trust("arn:aws:iam::123456789012:root", &both, &json!({}))), fail, "its own policies decide");
    assert_eq!(judge(None, &target_trust("arn:aws:iam::123456789012:role/someone-else", &both, &json!({}))), fail);
    assert_eq!(judge(None, &target_trust(ROLE, &json!("sts:AssumeRole"), &json!({}))), fail);
    let id = json!({"StringEquals": {"sts:ExternalId": "id-1"}});
    assert_eq!(judge(Some("id-1"), &target_trust(ROLE, &both, &id)), pass);
    assert_eq!(judge(Some("id-2"), &target_trust(ROLE, &both, &id)), fail);
    // Whether an id that wasn't read fits can't be said.
    assert_eq!(judge(None, &target_trust(ROLE, &both, &id)), (vec![], Status::Unknown));
}

/// The verdict, and what was found, where the first role has these statements and the target role is in this account.
fn chained(account: &str, principal: &str, statements: &Value) -> (Status, Vec<String>) {
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let outcome = run(|snapshot| {
        target(snapshot, None, &target_trust(principal, &both, &json!({})));
        let arn = TARGET.replace("123456789012", account);
        associate(snapshot, |association| association.target_role_arn = Some(arn.clone()));
        let mut role = testing::account(snapshot).roles.remove("target").unwrap();
        let Observed::Present(inside) = &mut role.role else { panic!("it was put there") };
        inside.arn = arn;
        snapshot.accounts.entry(account.to_owned()).or_default().roles.insert("target".to_owned(), role);
        testing::set_policy(snapshot, &json!({"Version": "2012-10-17", "Statement": statements}));
    });
    let said = testing::findings(&outcome).iter().map(|finding| finding.detail.clone()).collect();
    (outcome.status(), said)
}

#[test]
fn the_first_roles_own_policies_have_a_say() {
    let (here, there) = ("123456789012", "210987654321");
    let root = "arn:aws:iam::123456789012:root";
    let allow = json!({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"});
    let only_assume = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": "sts:*", "Resource": "*"});
    let other = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    for (account, principal, statements, wanted) in [
        (here, ROLE, json!([other]), Status::Pass),
        (here, ROLE, json!([other, deny]), Status::Fail),
        (here, root, json!([other]), Status::Fail),
        (here, root, json!([allow]), Status::Pass),
        (there, ROLE, json!([other]), Status::Fail),
        (there, ROLE, json!([only_assume]), Status::Fail),
        (there, ROLE, json!([allow]), Status::Pass),
        (there, root, json!([allow]), Status::Pass),
        (there, ROLE, json!([allow, deny]), Status::Fail),
    ] {
        let (status, said) = chained(account, principal, &statements);
        assert_eq!(status, wanted, "{account} {principal} {statements}: {said:?}");
    }
    let target = TARGET.replace(here, there);
    let (_, said) = chained(there, ROLE, &json!([only_assume]));
    assert_eq!(said, [format!("the policies of role my-test-role do not allow it sts:TagSession on {target}")]);
    let (_, said) = chained(there, "arn:aws:iam::123456789012:role/someone-else", &json!([other]));
    assert_eq!(said.len(), 2, "both sides refuse: {said:?}");
}

#[test]
fn what_was_not_read_of_the_first_roles_policies_may_refuse() {
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let outcome = run(|snapshot| {
        target(snapshot, None, &target_trust(ROLE, &both, &json!({})));
        let gap = crate::snapshot::Gap::new("iam:ListRolePolicies", crate::snapshot::GapCause::Denied);
        testing::role_evidence(snapshot).inline_names = Observed::Unavailable(gap);
    });
    assert_eq!(outcome.status(), Status::Unknown);
    assert_eq!(testing::gaps(&outcome), [("iam:ListRolePolicies", true)]);
}

#[test]
fn the_session_policy_limits_what_was_asked_for() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]});
    let ask = |action: &str| {
        faults(|snapshot| {
            associate(snapshot, |association| association.session_policy = Some(policy.to_string()));
            let resource = "arn:aws:s3:::my-test-bucket".to_owned();
            snapshot.asked.actions = vec![RequiredAction { action: action.to_owned(), resource, ..RequiredAction::default() }];
        })
    };
    assert_eq!(ask("s3:ListBucket"), ["pod-identity-session-policy"]);
    assert_eq!(ask("s3:GetBucketLocation"), none());
}

#[test]
fn an_agent_must_run() {
    let agents = |status: &Value| {
        let agent = json!({"kind": "DaemonSet", "metadata": {"name": "eks-pod-identity-agent", "namespace": "kube-system"}, "status": status});
        Observed::Present(vec![testing::read(&agent)])
    };
    let missing = ["pod-identity-agent-missing"];
    assert_eq!(faults(|snapshot| testing::cluster(snapshot).agents = Observed::Present(Vec::new())), missing);
    let none_ready = agents(&json!({"desiredNumberScheduled": 3, "numberReady": 0}));
    let outcome = run(|snapshot| testing::cluster(snapshot).agents = none_ready);
    assert_eq!(testing::faults(&outcome), missing);
    let auto = faults(|snapshot| {
        let cluster = testing::cluster(snapshot);
        cluster.agents = Observed::Present(Vec::new());
        testing::inside(&mut cluster.eks).auto_mode = Some(true);
    });
    assert_eq!(auto, none());
    let hybrid =
        json!({"kind": "DaemonSet", "metadata": {"name": "eks-pod-identity-agent-hybrid"}, "status": {"numberReady": 1}});
    let hybrid = Observed::Present(vec![testing::read(&hybrid)]);
    assert_eq!(faults(|snapshot| testing::cluster(snapshot).agents = hybrid), none());
}

#[test]
fn an_agent_that_was_not_seen_is_a_gap_unless_its_addon_is_active() {
    let denied = || Observed::Unavailable(Gap::new("list daemonsets", GapCause::Denied));
    assert_eq!(testing::gaps(&run(|snapshot| testing::cluster(snapshot).agents = denied())), [("list daemonsets", true)]);
    let outcome = run(|snapshot| {
        let cluster = testing::cluster(snapshot);
        cluster.agents = denied();
        let addon = testing::read(&json!({"present": {"name": "eks-pod-identity-agent", "status": "ACTIVE"}}));
        testing::inside(&mut cluster.addons).insert("eks-pod-identity-agent".to_owned(), addon);
    });
    assert_eq!(outcome.status(), Status::Pass);
}

#[test]
fn fargate_and_windows_have_no_agent() {
    let unsupported = ["pod-identity-unsupported-node"];
    let fargate = faults(|snapshot| testing::pod(snapshot).spec.scheduler_name = Some("fargate-scheduler".to_owned()));
    assert_eq!(fargate, unsupported);
    let windows = faults(|snapshot| {
        testing::pod(snapshot).spec.node_selector.insert("kubernetes.io/os".to_owned(), "windows".to_owned());
    });
    assert_eq!(windows, unsupported);
    let label = |snapshot: &mut Snapshot| {
        testing::pod(snapshot).metadata.labels.insert("eks.amazonaws.com/fargate-profile".to_owned(), "p".to_owned());
    };
    assert_eq!(faults(label), unsupported);
    assert_eq!(faults(|snapshot| testing::pod(snapshot).spec.node_name = Some("fargate-ip-10-0-0-1".to_owned())), unsupported);
}

#[test]
fn an_association_that_is_gone_or_unseen() {
    let set = |association: Observed<Association>| {
        run(|snapshot| {
            let associations = &mut testing::cluster(snapshot).associations;
            associations.insert("default/my-service-account".to_owned(), association);
        })
    };
    assert_eq!(testing::faults(&set(Observed::Absent)), ["pod-identity-association-missing"]);
    let gap = || Gap::new("eks:ListPodIdentityAssociations", GapCause::Denied);
    assert_eq!(set(Observed::Unavailable(gap())).status(), Status::Unknown);
    // A pod with IRSA's variables shows that no association took effect.
    let mut snapshot = testing::healthy();
    let associations = &mut testing::cluster(&mut snapshot).associations;
    associations.insert("default/my-service-account".to_owned(), Observed::Unavailable(gap()));
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!((outcome.status(), testing::gaps(&outcome)), (Status::Pass, vec![("eks:ListPodIdentityAssociations", false)]));
}

#[test]
fn a_role_that_was_not_read_is_a_gap() {
    let gap = Gap::new("iam:GetRole", GapCause::Denied);
    let outcome = run(|snapshot| testing::role_evidence(snapshot).role = Observed::Unavailable(gap));
    assert_eq!(testing::gaps(&outcome), [("iam:GetRole", true)]);
}

#[test]
fn what_is_added_to_the_trust_policy_is_for_this_account_alone() {
    let added = |change: &dyn Fn(&mut Snapshot)| {
        let outcome = run(|snapshot| {
            testing::set_trust(snapshot, &testing::trust());
            change(snapshot);
        });
        let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
        let new: Value = serde_json::from_str(&fix.commands[0].argv[6]).unwrap();
        let fixed = run(|snapshot| {
            testing::set_trust(snapshot, &new);
            change(snapshot);
        });
        assert_eq!(fixed.status(), Status::Pass, "{new}");
        new["Statement"][1]["Condition"].clone()
    };
    let cluster = testing::cluster(&mut healthy()).arn.clone().unwrap();
    let tags = json!({"StringEquals": {
        "aws:RequestTag/eks-cluster-arn": cluster,
        "aws:RequestTag/kubernetes-namespace": "default",
        "aws:RequestTag/kubernetes-service-account": "my-service-account",
    }});
    assert_eq!(added(&|_| {}), tags);
    let without_tags = added(&|snapshot| associate(snapshot, |association| association.disable_session_tags = true));
    assert_eq!(without_tags, json!({"StringEquals": {"aws:SourceArn": cluster}}));
}
