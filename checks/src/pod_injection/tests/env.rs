//! What the environment says, and what other containers' roles come to.

use super::*;
use crate::pod_injection::env::expects_role;
use crate::snapshot::GapCause;

/// The one finding, and its fix' first command; none where somebody must decide.
fn only(snapshot: &Snapshot) -> (&'static str, Option<String>) {
    let outcome = testing::run(&CHECK, snapshot);
    let [finding] = testing::findings(&outcome) else { panic!("{:?}", testing::faults(&outcome)) };
    let fix = finding.fix.as_ref().unwrap();
    (finding.fault.id, fix.commands.first().map(|command| command.argv.join(" ")))
}

fn denied<T>(operation: &str) -> Observed<T> {
    Observed::Unavailable(Gap::new(operation, GapCause::Denied))
}

#[test]
fn the_webhook_gives_a_role_by_annotation_or_association() {
    let expects = |snapshot: &Snapshot| testing::evidence(snapshot, expects_role).ok();
    let mut snapshot = testing::healthy();
    assert_eq!(expects(&snapshot), Some(true));
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", None);
    assert_eq!(expects(&snapshot), Some(false));
    testing::cluster(&mut snapshot).service_accounts.clear();
    assert_eq!(expects(&snapshot), None);
    associate(&mut snapshot, testing::ROLE);
    assert_eq!(expects(&snapshot), Some(true), "an association needs no account to be read");
}

#[test]
fn half_a_configuration_says_what_sdks_make_of_it() {
    for (variable, effect) in [("AWS_ROLE_ARN", "for want of a role"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "fall back to the node's")]
    {
        let mut snapshot = testing::healthy();
        unset(&mut snapshot, variable);
        let outcome = testing::run(&CHECK, &snapshot);
        assert!(testing::findings(&outcome)[0].detail.contains(effect), "{variable}");
    }
}

#[test]
fn half_a_configuration_blocks_nothing_where_the_webhook_is_why() {
    let mut snapshot = testing::healthy();
    testing::uninject(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", testing::ROLE);
    testing::cluster(&mut snapshot).webhooks = Observed::Present(Vec::new());
    assert!(judged(&snapshot).is_empty(), "it never came as far as the env");
}

#[test]
fn a_composed_role_is_one_whose_name_the_annotation_has() {
    for (annotated, faults) in [
        ("my-test-role", vec![]),
        ("test-role", vec!["pod-role-stale"]),
        ("other", vec!["pod-role-stale"]),
        ("arn:aws:iam::123456789012:role/other", vec!["pod-role-stale"]),
    ] {
        let mut snapshot = testing::healthy();
        testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", Some(annotated));
        assert_eq!(testing::faults(&testing::run(&CHECK, &snapshot)), faults, "{annotated}");
    }
    // What is no role's ARN was not composed.
    let mut snapshot = testing::healthy();
    set(&mut snapshot, "AWS_ROLE_ARN", "x:role/my-test-role");
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    testing::annotate(&mut snapshot, "eks.amazonaws.com/role-arn", Some("my-test-role"));
    assert_eq!(judged(&snapshot), [("pod-role-stale", Severity::Error)]);
}

#[test]
fn the_associations_role_is_what_new_pods_get() {
    let mut snapshot = testing::healthy();
    add_old_role(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", OLD);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    associate(&mut snapshot, OLD);
    assert!(judged(&snapshot).is_empty());
    let mut hard_coded = snapshot.clone();
    let env = json!([{"name": "AWS_ROLE_ARN", "value": OLD}]);
    owned(&mut hard_coded, &env);
    assert_eq!(judged(&hard_coded), [("env-role-arn-hardcoded", Severity::Warning)]);
    testing::account(&mut snapshot).roles.get_mut("old-role").unwrap().role = Observed::Absent;
    assert_eq!(judged(&snapshot), [("pod-role-stale", Severity::Error)], "it is of no use to anybody");
}

#[test]
fn another_role_that_can_not_be_read_leaves_it_open() {
    let mut snapshot = testing::healthy();
    add_old_role(&mut snapshot);
    set(&mut snapshot, "AWS_ROLE_ARN", OLD);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    testing::account(&mut snapshot).roles.get_mut("old-role").unwrap().role = denied("iam:GetRole");
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!((testing::faults(&outcome), testing::gaps(&outcome)), (vec!["pod-role-stale"], vec![("iam:GetRole", true)]));
}

#[test]
fn an_unread_account_matters_where_the_role_is_of_no_use() {
    let mut snapshot = testing::healthy();
    testing::cluster(&mut snapshot).service_accounts.clear();
    testing::role_evidence(&mut snapshot).role = Observed::Absent;
    assert_eq!(testing::gaps(&testing::run(&CHECK, &snapshot)), [("get serviceaccounts", true)]);
}

#[test]
fn a_bad_session_name_is_cleaned_or_taken_out() {
    let fixed = |value: &str| {
        let mut snapshot = testing::healthy();
        owned(&mut snapshot, &json!([]));
        set(&mut snapshot, "AWS_ROLE_SESSION_NAME", value);
        only(&snapshot).1.unwrap()
    };
    assert!(fixed("shop/api").contains(" AWS_ROLE_SESSION_NAME=shop-api "));
    assert!(fixed("a_b/+=,.@-").contains(" AWS_ROLE_SESSION_NAME=a_b-+=,.@- "));
    assert!(fixed("//").contains(" AWS_ROLE_SESSION_NAME=-- "), "two characters will do");
    assert!(fixed("/").contains(" AWS_ROLE_SESSION_NAME- "), "one will not");
}

#[test]
fn a_session_name_that_is_a_field_of_the_pod_is_read_there() {
    let mut snapshot = testing::healthy();
    owned(&mut snapshot, &json!([]));
    edit_pod(&mut snapshot, |pod| {
        pod["metadata"]["uid"] = json!("u/1");
        // One character is a name to Kubernetes, and not to STS.
        pod["metadata"]["namespace"] = json!("n");
        pod["spec"]["serviceAccountName"] = json!("a");
        pod["spec"]["nodeName"] = json!("n/1");
    });
    let field = |snapshot: &mut Snapshot, path: &str| {
        edit(snapshot, |container| {
            let mut env = container["env"].as_array().cloned().unwrap();
            env.retain(|variable| variable["name"] != "AWS_ROLE_SESSION_NAME");
            env.push(json!({"name": "AWS_ROLE_SESSION_NAME", "valueFrom": {"fieldRef": {"fieldPath": path}}}));
            container["env"] = Value::Array(env);
        });
        let outcome = testing::run(&CHECK, snapshot);
        let first = testing::findings(&outcome).first().cloned();
        first.map(|finding| (finding.actual, finding.fix.unwrap().commands[0].argv.join(" ")))
    };
    for (path, value) in
        [("metadata.uid", "u/1"), ("spec.nodeName", "n/1"), ("metadata.namespace", "n"), ("spec.serviceAccountName", "a")]
    {
        let (actual, command) = field(&mut snapshot, path).unwrap();
        assert_eq!(actual, Some(value.into()));
        assert!(command.contains(" AWS_ROLE_SESSION_NAME- "), "no value of the template's own: {command}");
    }
    edit_pod(&mut snapshot, |pod| pod["metadata"]["namespace"] = json!("default"));
    assert_eq!(field(&mut snapshot, "metadata.namespace"), None);
    assert_eq!(field(&mut snapshot, "status.podIP"), None);
}

#[test]
fn a_role_or_a_token_file_that_the_spec_does_not_show_is_unknown() {
    let unseen = |name: &str, rest: Value| {
        let mut snapshot = testing::healthy();
        edit(&mut snapshot, |container| {
            let env = container["env"].as_array_mut().unwrap();
            let variable = env.iter_mut().find(|variable| variable["name"] == name).unwrap();
            *variable = rest;
            variable["name"] = json!(name);
        });
        snapshot
    };
    let key = json!({"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}});
    for name in ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
        for rest in [key.clone(), json!({"value": "$(AWS_REGION)"})] {
            let snapshot = unseen(name, rest);
            assert_eq!(status(&snapshot), Status::Unknown, "{name}");
            let Outcome::Judged { gaps, .. } = testing::run(&CHECK, &snapshot) else { panic!("it is judged") };
            assert_eq!(gaps[0].gap.operation, format!("value of {name}"));
        }
    }
    // Nothing is said of the annotation's role in its place.
    let mut snapshot = unseen("AWS_ROLE_ARN", key.clone());
    let report = crate::diagnose::diagnose(&snapshot);
    let target = &report.targets[0];
    assert_eq!((target.verdict, target.role.as_deref()), (crate::report::Verdict::Inconclusive, None));
    // Another container is asked about.
    testing::edit(testing::pod(&mut snapshot), |pod| {
        let mut other = pod["spec"]["containers"][0].clone();
        other["name"] = json!("other");
        other["env"][3] = json!({"name": "AWS_ROLE_ARN", "value": testing::ROLE});
        pod["spec"]["containers"].as_array_mut().unwrap().push(other);
    });
    snapshot.asked.container = Some("other".to_owned());
    assert_eq!(status(&snapshot), Status::Pass);
}
