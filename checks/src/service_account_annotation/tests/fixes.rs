//! What mends an annotation, and why there is nothing to mend.

use super::*;

const OTHER: &str = "arn:aws:iam::123456789012:role/other";
const WHICH: &str = "whoever owns the workload must say which role the service account is to have";

fn fix(outcome: &Outcome) -> Fix {
    testing::findings(outcome)[0].fix.clone().unwrap()
}

/// A second role that trusts the account.
fn add_role(snapshot: &mut Snapshot) {
    let mut other = testing::role_evidence(snapshot).clone();
    testing::inside(&mut other.role).arn = OTHER.to_owned();
    testing::account(snapshot).roles.insert("other".to_owned(), other);
}

/// No role trusts the account: none is known to be meant.
fn distrust(snapshot: &mut Snapshot) {
    testing::set_trust(snapshot, &json!({"Version": "2012-10-17", "Statement": []}));
    testing::account(snapshot).role_list = Observed::Absent;
}

fn is_open(fix: &Fix) -> bool {
    let annotates = fix.commands.iter().any(|command| command.shell().contains("role-arn="));
    fix.choices == [ROLE, OTHER] && !annotates && fix.needs_decision.as_deref().is_some_and(|who| who.contains(WHICH))
}

#[test]
fn two_roles_that_may_be_meant_are_a_choice() {
    let choice = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = without_role();
        add_role(&mut snapshot);
        change(&mut snapshot);
        fix(&run_on(&snapshot))
    };
    let id = "ServiceAccount default/my-service-account eks.amazonaws.com/role-arn";
    for fix in [
        choice(&|_| {}),
        choice(&|snapshot| testing::annotate(snapshot, "eks.amazonaws.com/role_arn", Some("x"))),
        choice(&|snapshot| testing::annotate(snapshot, ROLE_ANNOTATION, Some("arn:aws:iam::1:role/x"))),
    ] {
        assert!(is_open(&fix), "{fix:?}");
        assert_eq!(fix.id, id, "all of one account's annotation are one");
    }
}

#[test]
fn a_value_that_is_found_elsewhere_moves_to_the_account() {
    let moved = |value: &str, account: &str| {
        let mut snapshot = without_role();
        add_role(&mut snapshot);
        let pod = testing::pod(&mut snapshot);
        pod.metadata.annotations.insert(ROLE_ANNOTATION.to_owned(), Some(value.to_owned()));
        pod.spec.service_account_name = Some(account.to_owned());
        testing::cluster(&mut snapshot).associations.insert(format!("default/{account}"), Observed::Absent);
        fix(&run_on(&snapshot))
    };
    let command = |fix: &Fix| fix.commands[0].shell();
    let own = moved(OTHER, "my-service-account");
    let annotate = "kubectl annotate serviceaccount";
    assert!(command(&own).starts_with(&format!("{annotate} my-service-account {ROLE_ANNOTATION}={OTHER} ")), "{own:?}");
    let shared = "service account default is shared by every pod that names none: an account of its own is safer";
    assert!(!own.notes.iter().any(|note| note == shared));
    assert!(is_open(&moved("no-arn", "my-service-account")));
    let default = moved(OTHER, "default");
    assert!(command(&default).starts_with(&format!("{annotate} default {ROLE_ANNOTATION}={OTHER} ")), "{default:?}");
    assert!(default.notes.iter().any(|note| note == shared));
}

#[test]
fn a_name_that_is_no_arn_is_looked_up_among_the_roles() {
    let looked_up = |read: bool, listed: bool| {
        let mut snapshot = with_value_of("team/other");
        distrust(&mut snapshot);
        add_role(&mut snapshot);
        if !read {
            testing::account(&mut snapshot).roles.remove("other");
        }
        if listed {
            let summary = |arn: &str, name: &str| json!({"arn": arn, "name": name});
            testing::account(&mut snapshot).role_list =
                testing::read(&json!({"present": [summary(ROLE, "my-test-role"), summary(OTHER, "other")]}));
        }
        fix(&run_on(&snapshot))
    };
    for (read, listed) in [(true, false), (false, true), (true, true)] {
        let fix = looked_up(read, listed);
        assert!(fix.commands[0].shell().contains(&format!("{ROLE_ANNOTATION}={OTHER} ")), "{read} {listed}: {fix:?}");
    }
    let unknown = looked_up(false, false);
    assert_eq!((unknown.commands.len(), unknown.choices), (0, vec![]));
}

#[test]
fn a_value_that_is_longer_than_any_arn_was_not_kept() {
    let mut snapshot = testing::healthy();
    testing::service_account(&mut snapshot).metadata.annotations.insert(ROLE_ANNOTATION.to_owned(), None);
    let outcome = run_on(&snapshot);
    assert_eq!(faults(&outcome), ["annotation-invalid-arn"]);
    let detail = "service account my-service-account names a role by a value that is longer than any ARN";
    assert!(testing::findings(&outcome)[0].detail.starts_with(detail));
}

#[test]
fn a_bad_value_is_a_warning_only_where_the_pod_has_another_good_one() {
    let bad = "arn:aws:iam::123456789012:policy/p";
    let judged = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = testing::healthy();
        testing::annotate(&mut snapshot, ROLE_ANNOTATION, Some(bad));
        change(&mut snapshot);
        let outcome = run_on(&snapshot);
        (outcome.status(), testing::findings(&outcome)[0].detail.clone())
    };
    let what = format!("service account my-service-account names a policy, {bad}, where a role's ARN belongs");
    let earlier = format!("{what}; this pod still has an earlier role, the next one will not");
    assert_eq!(judged(&|_| {}), (Status::Warn, earlier));
    let given = |snapshot: &mut Snapshot| {
        testing::edit(testing::container(snapshot), |container| container["env"][3]["value"] = json!("my-test-role"));
    };
    assert_eq!(judged(&given), (Status::Fail, what.clone()), "the pod's own is no ARN either");
    assert_eq!(judged(&testing::uninject), (Status::Fail, what.clone()), "the pod has none");
    let without_mount = |snapshot: &mut Snapshot| testing::container(snapshot).volume_mounts.clear();
    assert_eq!(judged(&without_mount), (Status::Fail, what), "the pod has no token");
}

#[test]
fn why_no_annotation_is_needed_is_said() {
    let reason = |snapshot: &Snapshot| match run_on(snapshot) {
        Outcome::NotApplicable(reason) => reason,
        judged @ Outcome::Judged { .. } => panic!("{judged:?}"),
    };
    let pod_identity = "EKS Pod Identity gives the pod its role";
    let another_way = "the pod has its role in another way than by the annotation";
    for annotated in [None, Some(""), Some(ROLE)] {
        let mut agent = without_role();
        testing::annotate(&mut agent, ROLE_ANNOTATION, annotated);
        testing::edit(testing::container(&mut agent), |container| {
            container["env"] =
                json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]);
        });
        assert_eq!(reason(&agent), pod_identity, "{annotated:?}");
        let mut next = without_role();
        testing::annotate(&mut next, ROLE_ANNOTATION, annotated);
        testing::associate(&mut next, |_| {});
        assert_eq!(reason(&next), pod_identity, "{annotated:?}");
    }
    for annotated in [None, Some("")] {
        let mut mapped = testing::healthy();
        testing::annotate(&mut mapped, ROLE_ANNOTATION, annotated);
        assert_eq!(reason(&mapped), another_way, "{annotated:?}");
    }
}
