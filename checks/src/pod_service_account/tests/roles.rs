//! Roles that were named themselves, that an account is made with, and pods whose workload is unread.

use super::*;

#[test]
fn a_role_that_was_named_itself_has_no_pod() {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![Target::new(TargetKind::Role, "", testing::ROLE)];
    let outcome = run_on(&snapshot);
    assert!(matches!(&outcome, Outcome::NotApplicable(why) if why == "there is no pod in question"), "{outcome:?}");
}

#[test]
fn a_workload_that_cannot_be_read_matters_only_without_a_pod() {
    let mut snapshot = deployment();
    testing::cluster(&mut snapshot).workloads.insert("Deployment/default/api".to_owned(), denied("get deployments"));
    assert_eq!(gaps(&run_on(&snapshot)), [("get deployments", true)]);
    let mut with_pod = testing::healthy();
    with_pod.asked.targets = snapshot.asked.targets;
    testing::pod(&mut with_pod).metadata.owner_references =
        testing::read(&json!([{"kind": "Deployment", "name": "api", "controller": true}]));
    testing::cluster(&mut with_pod).workloads.insert("Deployment/default/api".to_owned(), denied("get deployments"));
    testing::evidence(&with_pod, |evidence| assert_eq!(evidence.pod_name(), Some("awscli")));
    assert_eq!(run_on(&with_pod).status(), crate::check::Status::Pass);
}

#[test]
fn an_account_that_is_made_gets_its_role_or_somebody_must_name_one() {
    let fix = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = testing::healthy();
        testing::cluster(&mut snapshot).service_accounts.insert("default/my-service-account".to_owned(), Observed::Absent);
        change(&mut snapshot);
        testing::findings(&run_on(&snapshot))[0].fix.clone().unwrap()
    };
    let known = fix(&|_| {});
    assert!(known.commands[0].shell().starts_with("kubectl create serviceaccount my-service-account "));
    let annotate = "kubectl annotate serviceaccount my-service-account eks.amazonaws.com/role-arn=";
    assert!(known.commands[1].shell().starts_with(&format!("{annotate}{} ", testing::ROLE)), "{:?}", known.commands);
    let other = testing::ROLE.replace("my-test-role", "other");
    let two = fix(&|snapshot| {
        let mut role = testing::role_evidence(snapshot).clone();
        testing::inside(&mut role.role).arn.clone_from(&other);
        testing::account(snapshot).roles.insert("other".to_owned(), role);
    });
    assert_eq!(two.choices, [testing::ROLE, &other]);
    let decision = "whoever owns the workload must say which role the service account is to have";
    assert!(two.needs_decision.unwrap().contains(decision));
}
