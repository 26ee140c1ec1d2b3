//! The role: there, gone, elsewhere, unseen.

use super::*;
use crate::check::Status;
use crate::snapshot::{Account, GapCause, RoleEvidence, RoleSummary, Snapshot, Target, TargetKind};
use crate::testing::{self, ACCOUNT, ROLE};

mod names;

const OTHER: &str = "210987654321";

fn run(change: impl FnOnce(&mut Snapshot)) -> Outcome {
    let mut snapshot = testing::healthy();
    change(&mut snapshot);
    testing::run(&CHECK, &snapshot)
}

/// Makes pod and annotation name another role.
fn name(snapshot: &mut Snapshot, arn: &str) {
    testing::annotate(snapshot, ROLE_ANNOTATION, Some(arn));
    let container = testing::container(snapshot);
    container.env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap().value = Some(arn.to_owned());
}

fn gone(snapshot: &mut Snapshot) {
    testing::role_evidence(snapshot).role = Observed::Absent;
    testing::account(snapshot).role_list = Observed::Present(Vec::new());
}

fn other_account(snapshot: &mut Snapshot, role: Observed<Role>) {
    name(snapshot, &ROLE.replace(ACCOUNT, OTHER));
    let role = RoleEvidence { role, ..RoleEvidence::default() };
    let roles = [("my-test-role".to_owned(), role)].into();
    snapshot.accounts.insert(OTHER.to_owned(), Account { roles, ..Account::default() });
}

#[test]
fn a_role_that_is_there_passes() {
    assert_eq!(run(|_| {}).status(), Status::Pass);
}

#[test]
fn a_missing_role_without_a_near_one_is_somebodys_decision() {
    let outcome = run(gone);
    assert_eq!(testing::faults(&outcome), ["role-missing"]);
    assert!(testing::findings(&outcome)[0].fix.as_ref().unwrap().needs_decision.is_some());
}

#[test]
fn a_role_that_trusts_this_account_is_proposed_and_others_are_choices() {
    let summary = |name: &str, trust: Option<String>| RoleSummary {
        arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        name: name.to_owned(),
        trust_policy: trust,
    };
    let outcome = run(|snapshot| {
        gone(snapshot);
        let roles = vec![summary("renamed", Some(testing::trust().to_string())), summary("my-test-rolf", None)];
        testing::account(snapshot).role_list = Observed::Present(roles);
    });
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(fix.commands[0].shell().contains("eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/renamed"));
    let outcome = run(|snapshot| {
        gone(snapshot);
        testing::account(snapshot).role_list =
            Observed::Present(vec![summary("my-test-rolf", None), summary("quite-another", None)]);
    });
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert_eq!(fix.choices, [format!("arn:aws:iam::{ACCOUNT}:role/my-test-rolf")]);
}

#[test]
fn a_path_that_was_left_out_is_no_missing_role() {
    let outcome = run(|snapshot| testing::role(snapshot).arn = format!("arn:aws:iam::{ACCOUNT}:role/service/my-test-role"));
    assert_eq!(testing::faults(&outcome), ["role-path-mismatch"]);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(fix.commands[0].shell().contains(":role/service/my-test-role"), "{fix:?}");
}

#[test]
fn the_clusters_account_may_have_the_role_that_is_meant() {
    let outcome = run(|snapshot| other_account(snapshot, Observed::Absent));
    assert_eq!(testing::faults(&outcome), ["role-account-mismatch"]);
    assert_eq!(outcome.status(), Status::Fail);
    // Where the other account can't be read, it is only likely: a warning beside the gap.
    let gap = Gap::new("iam:GetRole", GapCause::Denied);
    let outcome = run(|snapshot| other_account(snapshot, Observed::Unavailable(gap)));
    assert_eq!((testing::faults(&outcome), outcome.status()), (vec!["role-account-mismatch"], Status::Unknown));
}

#[test]
fn a_role_of_another_account_that_trusts_somebody_else_is_not_meant() {
    let outcome = run(|snapshot| {
        testing::set_trust(snapshot, &serde_json::json!({"Version": "2012-10-17", "Statement": []}));
        testing::account(snapshot).role_list = Observed::Absent;
        other_account(snapshot, Observed::Absent);
    });
    assert_eq!(testing::faults(&outcome), ["role-missing"]);
}

#[test]
fn an_account_that_nobody_asked_is_a_gap() {
    let outcome = run(|snapshot| {
        name(snapshot, &format!("arn:aws:iam::{OTHER}:role/elsewhere"));
    });
    assert_eq!((testing::faults(&outcome), testing::gaps(&outcome)), (vec![], vec![("iam:GetRole", true)]));
}

#[test]
fn a_deleted_principal_is_a_warning() {
    let mut trust = testing::trust();
    let gone = serde_json::json!({"Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE999"}, "Action": "sts:AssumeRole"});
    trust["Statement"].as_array_mut().unwrap().push(gone);
    let outcome = run(|snapshot| testing::set_trust(snapshot, &trust));
    assert_eq!((testing::faults(&outcome), outcome.status()), (vec!["role-recreated-principal"], Status::Warn));
    for principal in [
        serde_json::json!({"AWS": "210987654321"}),
        serde_json::json!({"AWS": "arn:aws:iam::210987654321:role/AROA"}),
        serde_json::json!({"Service": "AROAEXAMPLEEXAMPLE999"}),
    ] {
        trust["Statement"][1]["Principal"] = principal.clone();
        let outcome = run(|snapshot| testing::set_trust(snapshot, &trust));
        assert_eq!(testing::faults(&outcome), [""; 0], "{principal}");
    }
}

#[test]
fn another_partition_is_somebody_elses_finding() {
    let outcome = run(|snapshot| name(snapshot, &ROLE.replace("arn:aws:", "arn:aws-cn:")));
    assert_eq!(outcome.status(), Status::NotApplicable);
}

#[test]
fn a_given_role_that_cannot_be_looked_up_is_unknown() {
    for arn in ["my-test-role", "arn:aws:iam::1:role/x", "arn:aws-cn:iam::123456789012:role/my-test-role"] {
        let outcome = run(|snapshot| snapshot.asked.targets = vec![Target::new(TargetKind::Role, "", arn)]);
        assert_eq!((outcome.status(), testing::gaps(&outcome)), (Status::Unknown, vec![("iam:GetRole", true)]), "{arn}");
    }
}

/// The roles that are named as choices for a missing `my-test-role`, of those that there are.
fn choices(wanted: &str, names: &[&str]) -> Vec<String> {
    let outcome = run(|snapshot| {
        let arn = ROLE.replace("my-test-role", wanted);
        name(snapshot, &arn);
        let account = testing::account(snapshot);
        account.roles.insert(wanted.to_owned(), RoleEvidence { role: Observed::Absent, ..RoleEvidence::default() });
        let summary = |name: &&str| RoleSummary {
            arn: format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            name: (*name).to_owned(),
            trust_policy: None,
        };
        account.role_list = Observed::Present(names.iter().map(summary).collect());
    });
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    fix.choices.iter().map(|arn| arn.rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn a_quarter_of_a_name_may_be_mistaken_and_five_characters_at_most() {
    assert_eq!(choices("twelve-chars", &["twelve-chaxyz", "twelve-cxyzw"]), ["twelve-chaxyz"]);
    assert_eq!(choices("abc", &["abd", "axy"]), ["abd"], "one may be in any case");
    let long = "a-name-of-more-than-twenty-four-characters";
    assert_eq!(choices(long, &[&long.replace("twenty", "xxxxxy"), &long.replace("twenty", "xxxxxx")]).len(), 1);
}

#[test]
fn what_begins_like_it_may_be_meant_unless_it_is_short() {
    assert_eq!(choices("orders", &["orders-in-production", "production-orders"]), ["orders-in-production"]);
    assert_eq!(choices("orders-in-production", &["orders"]), ["orders"]);
    assert_eq!(choices("order", &["order-in-production"]), ["order-in-production"], "five characters");
    assert_eq!(choices("orde", &["orde-in-production"]), [""; 0]);
}
