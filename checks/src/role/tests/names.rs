//! Which role is proposed for one that isn't there, and where it is to be named.

use super::*;
use crate::testing::associate;
use serde_json::json;

const RENAMED: &str = "arn:aws:iam::123456789012:role/renamed";

fn summary(name: &str, trust: Option<String>) -> RoleSummary {
    RoleSummary { arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"), name: name.to_owned(), trust_policy: trust }
}

/// The role is gone, and these are there.
fn others(snapshot: &mut Snapshot, roles: Vec<RoleSummary>) {
    gone(snapshot);
    testing::account(snapshot).role_list = Observed::Present(roles);
}

fn renamed(snapshot: &mut Snapshot) {
    others(snapshot, vec![summary("renamed", Some(testing::trust().to_string()))]);
}

fn only(outcome: &Outcome) -> (String, Fix) {
    let [finding] = testing::findings(outcome) else { panic!("{:?}", testing::faults(outcome)) };
    (finding.detail.clone(), finding.fix.clone().unwrap())
}

#[test]
fn another_name_than_the_asked_one_is_another_role() {
    let outcome = run(|snapshot| testing::role(snapshot).arn = format!("arn:aws:iam::{ACCOUNT}:role/My-Test-Role"));
    assert_eq!(testing::faults(&outcome), ["role-missing"]);
}

#[test]
fn the_nearest_role_is_named_and_whether_it_trusts_this_account() {
    let missing = format!("role my-test-role doesn't exist in account {ACCOUNT}");
    assert_eq!(only(&run(gone)).0, missing);
    assert_eq!(only(&run(renamed)).0, format!("{missing}; {RENAMED} exists and trusts this service account"));
    let near = run(|snapshot| others(snapshot, vec![summary("my-test-rolf", None)]));
    assert_eq!(only(&near).0, format!("{missing}; the nearest name is arn:aws:iam::{ACCOUNT}:role/my-test-rolf"));
}

#[test]
fn only_a_role_that_means_this_account_and_lets_it_in_is_proposed() {
    let proposed = |trust: &dyn Fn(&mut serde_json::Value)| {
        let mut document = testing::trust();
        trust(&mut document["Statement"][0]);
        let outcome = run(|snapshot| others(snapshot, vec![summary("renamed", Some(document.to_string()))]));
        !only(&outcome).1.commands.is_empty()
    };
    let subject = |statement: &mut serde_json::Value, operator: &str, value: &str| {
        let host = testing::ISSUER.trim_start_matches("https://");
        statement["Condition"] = json!({operator: {format!("{host}:sub"): value}});
    };
    assert!(proposed(&|_| {}));
    assert!(proposed(&|statement| subject(statement, "StringLike", "system:serviceaccount:default:*")));
    assert!(proposed(&|statement| subject(statement, "StringLike", "system:serviceaccount:default:my-service-accoun?")));
    assert!(!proposed(&|statement| statement["Principal"]["Federated"] = json!(format!("{}x", testing::PROVIDER))), "refuses");
    assert!(
        !proposed(&|statement| {
            statement.as_object_mut().unwrap().remove("Condition");
        }),
        "lets everybody in"
    );
}

#[test]
fn the_role_is_renamed_where_its_name_stands() {
    let by_pod = |annotated: Option<&str>| {
        let outcome = run(|snapshot| {
            renamed(snapshot);
            testing::annotate(snapshot, ROLE_ANNOTATION, annotated);
        });
        only(&outcome).1
    };
    let annotates = |fix: &Fix| fix.commands.iter().any(|command| command.shell().contains("kubectl annotate"));
    assert!(annotates(&by_pod(Some(ROLE))));
    // The annotation has the right one already: the pod is only older.
    let stale = by_pod(Some(RENAMED));
    assert!(!annotates(&stale) && stale.restart == crate::fix::Restart::Required, "{stale:?}");
    for annotated in [None, Some("arn:aws:iam::123456789012:role/third")] {
        let fix = by_pod(annotated);
        assert!(!annotates(&fix));
        let decision = fix.needs_decision.unwrap();
        assert!(decision.starts_with(&format!("whoever set the role {ROLE} must change it to {RENAMED}")), "{decision}");
    }
}

#[test]
fn an_associations_role_is_renamed_there() {
    let fix = |change: &dyn Fn(&mut Snapshot)| {
        let outcome = run(|snapshot| {
            renamed(snapshot);
            associate(snapshot, |_| {});
            testing::annotate(snapshot, ROLE_ANNOTATION, None);
            testing::uninject(snapshot);
            testing::container(snapshot).env = testing::read(&json!([
                {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
            ]));
            change(snapshot);
        });
        only(&outcome).1
    };
    let known = fix(&|_| {});
    let update = "aws eks update-pod-identity-association --cluster-name my-cluster --association-id a-1";
    assert_eq!(known.commands[0].shell(), format!("{update} --role-arn {RENAMED}"));
    let unnamed = fix(&|snapshot| testing::cluster(snapshot).name = None);
    assert!(unnamed.commands.is_empty() && unnamed.needs_decision.is_some());
}

#[test]
fn eksctl_makes_the_role_of_its_accounts_again() {
    let managed = |by: &str| {
        let outcome = run(|snapshot| {
            gone(snapshot);
            let labels = &mut testing::service_account(snapshot).metadata.labels;
            labels.insert("app.kubernetes.io/managed-by".to_owned(), by.to_owned());
        });
        only(&outcome).1
    };
    let fix = managed("eksctl");
    assert_eq!(fix.managed_by.as_deref(), Some("eksctl"));
    let delete = "eksctl delete iamserviceaccount --cluster my-cluster --namespace default --name my-service-account,";
    assert!(fix.durable.unwrap().starts_with(delete));
    assert_eq!(managed("Helm").durable, None);
}
