use super::*;
use crate::snapshot::{GapCause, Snapshot, Target};
use crate::testing::{self, faults, gaps};
use serde_json::json;

mod roles;

fn run_on(snapshot: &Snapshot) -> Outcome {
    testing::run(&CHECK, snapshot)
}

/// The healthy snapshot, its pod bare and run as another account.
fn running_as(account: &str) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    testing::pod(&mut snapshot).spec.service_account_name = Some(account.to_owned());
    testing::cluster(&mut snapshot).associations.insert(format!("default/{account}"), Observed::Absent);
    snapshot
}

fn denied<T>(operation: &str) -> Observed<T> {
    Observed::Unavailable(Gap::new(operation, GapCause::Denied))
}

/// A Deployment `api` whose pods run as `my-service-account`, without pods.
fn deployment() -> Snapshot {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::Deployment, "default", "api")];
    let cluster = testing::cluster(&mut snapshot);
    cluster.pods.clear();
    testing::inside(cluster.pod_lists.get_mut("default").unwrap()).clear();
    let workload = json!({
        "kind": "Deployment", "metadata": {"name": "api", "namespace": "default"},
        "spec": {"replicas": 1, "template": {"spec": {"serviceAccountName": "my-service-account", "containers": [{"name": "c"}]}}},
    });
    cluster.workloads.insert("Deployment/default/api".to_owned(), Observed::Present(testing::read(&workload)));
    snapshot
}

#[test]
fn the_healthy_pod_passes() {
    assert_eq!(run_on(&testing::healthy()).status(), crate::check::Status::Pass);
}

#[test]
fn an_account_that_is_not_there_is_missing_and_one_that_cannot_be_read_is_unknown() {
    let mut snapshot = testing::healthy();
    let key = "default/my-service-account".to_owned();
    testing::cluster(&mut snapshot).service_accounts.insert(key.clone(), Observed::Absent);
    assert_eq!(faults(&run_on(&snapshot)), ["service-account-missing"]);
    testing::cluster(&mut snapshot).service_accounts.insert(key, denied("get serviceaccounts"));
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), gaps(&outcome)), (vec![], vec![("get serviceaccounts", true)]));
}

#[test]
fn a_pod_that_cannot_be_read_is_unknown() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).pods.insert("default/awscli".to_owned(), denied("get pods"));
    assert_eq!(gaps(&run_on(&snapshot)), [("get pods", true)]);
}

#[test]
fn the_default_account_is_named_with_those_that_have_roles() {
    let snapshot = running_as("default");
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["default-service-account"]);
    let finding = &testing::findings(&outcome)[0];
    assert!(finding.detail.contains("while my-service-account does"), "{}", finding.detail);
    assert_eq!(finding.fix.as_ref().unwrap().choices, ["my-service-account"]);
}

#[test]
fn an_account_list_that_is_denied_takes_the_hint_and_is_said() {
    let mut snapshot = running_as("default");
    let cluster = testing::cluster(&mut snapshot);
    cluster.service_account_lists.insert("default".to_owned(), denied("list serviceaccounts"));
    cluster.service_accounts.remove("default/my-service-account");
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), gaps(&outcome)), (vec!["default-service-account"], vec![("list serviceaccounts", false)]));
}

#[test]
fn the_default_account_with_a_role_is_fine() {
    let mut snapshot = running_as("default");
    let default = testing::cluster(&mut snapshot).service_accounts.get_mut("default/default").unwrap();
    let key = "eks.amazonaws.com/role-arn".to_owned();
    testing::inside(default).metadata.annotations.insert(key, Some(testing::ROLE.to_owned()));
    assert_eq!(faults(&run_on(&snapshot)), [""; 0]);
    let mut associated = running_as("default");
    let association = testing::read(&json!({"role_arn": testing::ROLE}));
    testing::cluster(&mut associated).associations.insert("default/default".to_owned(), Observed::Present(association));
    assert_eq!(faults(&run_on(&associated)), [""; 0]);
}

#[test]
fn the_default_account_of_a_pod_with_a_token_of_its_own_is_fine() {
    let mut snapshot = testing::healthy();
    testing::edit(testing::pod(&mut snapshot), |pod| {
        pod["spec"]["serviceAccountName"] = json!("default");
        pod["spec"]["volumes"][0]["name"] = json!("token-amazonaws-com");
        pod["spec"]["containers"][0]["volumeMounts"][1]["name"] = json!("token-amazonaws-com");
    });
    assert_eq!(faults(&run_on(&snapshot)), [""; 0]);
}

#[test]
fn the_account_that_bears_the_workloads_name_is_meant() {
    for account in ["default", "plain"] {
        let mut snapshot = running_as(account);
        testing::add_account(&mut snapshot, "plain", &json!({}));
        testing::add_account(&mut snapshot, "awscli", &json!({"eks.amazonaws.com/role-arn": testing::ROLE}));
        let outcome = run_on(&snapshot);
        assert_eq!(faults(&outcome), ["wrong-service-account"], "{account}");
        assert_eq!(testing::findings(&outcome)[0].expected, Some("awscli".into()));
    }
    let mut suffixed = running_as("default");
    testing::add_account(&mut suffixed, "awscli-sa", &json!({"eks.amazonaws.com/role-arn": testing::ROLE}));
    assert_eq!(faults(&run_on(&suffixed)), ["wrong-service-account"]);
    let mut without_role = running_as("default");
    testing::add_account(&mut without_role, "awscli", &json!({}));
    assert_eq!(faults(&run_on(&without_role)), ["default-service-account"]);
}

#[test]
fn the_account_of_the_pod_that_made_this_one_is_meant() {
    let mut snapshot = running_as("plain");
    testing::add_account(&mut snapshot, "plain", &json!({}));
    let driver =
        json!({"metadata": {"name": "driver", "namespace": "default"}, "spec": {"serviceAccountName": "my-service-account"}});
    testing::cluster(&mut snapshot).pods.insert("default/driver".to_owned(), Observed::Present(testing::read(&driver)));
    testing::pod(&mut snapshot).metadata.owner_references =
        testing::read(&json!([{"kind": "Pod", "name": "driver", "controller": true}]));
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["wrong-service-account"]);
    assert_eq!(testing::findings(&outcome)[0].expected, Some("my-service-account".into()));
}

#[test]
fn another_account_than_the_expected_one_is_wrong() {
    let mut snapshot = running_as("default");
    snapshot.asked.service_account = Some("my-service-account".to_owned());
    assert_eq!(faults(&run_on(&snapshot)), ["wrong-service-account"]);
    let mut right = testing::healthy();
    right.asked.service_account = Some("my-service-account".to_owned());
    assert_eq!(faults(&run_on(&right)), [""; 0]);
}

#[test]
fn a_misspelt_key_and_a_misplaced_annotation_come_first() {
    let mut typo = running_as("default");
    let default = testing::cluster(&mut typo).service_accounts.get_mut("default/default").unwrap();
    let key = "eks.amazonaws.com/role_arn".to_owned();
    testing::inside(default).metadata.annotations.insert(key, Some(testing::ROLE.to_owned()));
    assert_eq!(faults(&run_on(&typo)), [""; 0]);
    let mut misplaced = running_as("default");
    let key = "eks.amazonaws.com/role-arn".to_owned();
    testing::pod(&mut misplaced).metadata.annotations.insert(key, Some(testing::ROLE.to_owned()));
    assert_eq!(faults(&run_on(&misplaced)), [""; 0]);
}

#[test]
fn a_workload_without_pods_says_why() {
    let mut snapshot = deployment();
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["no-pods"]);
    let event = json!({"reason": "FailedCreate", "message": "exceeded quota"});
    testing::cluster(&mut snapshot)
        .events
        .insert("Deployment/default/api".to_owned(), Observed::Present(vec![testing::read(&event)]));
    let outcome = run_on(&snapshot);
    assert!(testing::findings(&outcome)[0].detail.contains("FailedCreate: exceeded quota"));
    let key = "default/my-service-account".to_owned();
    testing::cluster(&mut snapshot).service_accounts.insert(key, Observed::Absent);
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["service-account-missing"]);
    assert!(testing::findings(&outcome)[0].detail.contains("exceeded quota"));
}

#[test]
fn a_workload_scaled_to_zero_is_no_error() {
    let mut snapshot = deployment();
    let workload = testing::cluster(&mut snapshot).workloads.get_mut("Deployment/default/api").unwrap();
    testing::inside(workload).spec.replicas = Some(0);
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), outcome.status()), (vec!["no-pods"], crate::check::Status::Pass));
}

#[test]
fn pods_that_may_not_be_listed_are_not_none() {
    let mut snapshot = deployment();
    testing::cluster(&mut snapshot).pod_lists.insert("default".to_owned(), denied("list pods"));
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), gaps(&outcome)), (vec![], vec![("list pods", true)]));
    let key = "Deployment/default/api".to_owned();
    testing::cluster(&mut snapshot).workloads.insert(key, denied("get deployments"));
    assert_eq!(gaps(&run_on(&snapshot)), [("get deployments", true)]);
}

#[test]
fn a_named_account_needs_no_pod() {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
    assert_eq!(run_on(&snapshot).status(), crate::check::Status::Pass);
    snapshot.asked.targets[0].name = "gone".to_owned();
    testing::cluster(&mut snapshot).service_accounts.insert("default/gone".to_owned(), Observed::Absent);
    assert_eq!(faults(&run_on(&snapshot)), ["service-account-missing"]);
}

#[test]
fn a_pod_that_is_not_there_is_unknown() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).pods.insert("default/awscli".to_owned(), Observed::Absent);
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), gaps(&outcome)), (vec![], vec![("get pods", true)]));
}

#[test]
fn an_unread_account_matters_unless_an_error_stands_anyway() {
    let mut snapshot = deployment();
    let key = "default/my-service-account".to_owned();
    testing::cluster(&mut snapshot).service_accounts.insert(key, denied("get serviceaccounts"));
    let outcome = run_on(&snapshot);
    assert_eq!((faults(&outcome), gaps(&outcome)), (vec!["no-pods"], vec![("get serviceaccounts", false)]));
}

#[test]
fn the_expected_account_is_of_no_interest_where_an_account_is_named() {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::ServiceAccount, "default", "my-service-account")];
    snapshot.asked.service_account = Some("other".to_owned());
    assert_eq!(run_on(&snapshot).status(), crate::check::Status::Pass);
}

#[test]
fn what_runs_as_another_account_is_said() {
    let mut snapshot = running_as("default");
    snapshot.asked.service_account = Some("my-service-account".to_owned());
    let detail = |snapshot: &Snapshot| testing::findings(&run_on(snapshot)).last().unwrap().detail.clone();
    assert!(detail(&snapshot).starts_with("pod awscli runs as service account default, not as my-service-account as"));
    let mut workload = deployment();
    workload.asked.service_account = Some("other".to_owned());
    assert!(detail(&workload).starts_with("deployment/api runs as service account my-service-account"), "{}", detail(&workload));
    let mut named = testing::healthy();
    named.asked.targets = vec![Target::new(TargetKind::ServiceAccount, "default", "gone")];
    testing::cluster(&mut named).service_accounts.insert("default/gone".to_owned(), Observed::Absent);
    assert_eq!(detail(&named), "namespace default has no service account gone");
}

#[test]
fn an_account_is_set_by_command_where_kubectl_can() {
    let mut snapshot = deployment();
    snapshot.asked.service_account = Some("other".to_owned());
    let fix = |snapshot: &Snapshot| testing::findings(&run_on(snapshot)).last().unwrap().fix.clone().unwrap();
    assert!(fix(&snapshot).commands[0].shell().starts_with("kubectl set serviceaccount deployment/api other"));
    let mut job = running_as("default");
    job.asked.service_account = Some("my-service-account".to_owned());
    testing::pod(&mut job).metadata.owner_references =
        testing::read(&json!([{"kind": "Job", "name": "once", "controller": true}]));
    let fix = fix(&job);
    assert!(!fix.commands.iter().any(|command| command.shell().contains("set serviceaccount")), "{fix:?}");
    assert!(fix.needs_decision.unwrap().contains("Job once"));
}

#[test]
fn the_place_of_an_accounts_name_is_where_it_stands_or_is_missing() {
    let path = |account: Option<&str>| {
        let mut snapshot = running_as("default");
        testing::pod(&mut snapshot).spec.service_account_name = account.map(str::to_owned);
        testing::findings(&run_on(&snapshot))[0].locus.clone()
    };
    assert!(path(Some("default")).path.ends_with("['serviceAccountName']"));
    for none in [None, Some("")] {
        assert!(!path(none).path.contains("serviceAccountName"), "{none:?}");
    }
}
