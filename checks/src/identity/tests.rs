use super::*;
use crate::snapshot::{Association, Observed, Snapshot};
use crate::testing;
use serde_json::{Value, json};

fn all(snapshot: &Snapshot) -> Vec<Identity> {
    testing::evidence(snapshot, identities)
}

fn first(snapshot: &Snapshot) -> (Mode, Option<String>, String) {
    let identity = all(snapshot).remove(0);
    (identity.mode, identity.role_arn, identity.reason)
}

fn with_env(env: &Value) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::edit(testing::container(&mut snapshot), |container| container["env"] = env.clone());
    snapshot
}

#[test]
fn web_identity_is_the_rule() {
    let (mode, role, reason) = first(&testing::healthy());
    assert_eq!((mode, role.as_deref()), (Mode::Irsa, Some(testing::ROLE)));
    assert!(reason.contains("web identity"), "{reason}");
}

#[test]
fn keys_come_first_and_empty_ones_do_not() {
    let mut snapshot = testing::healthy();
    testing::edit(testing::container(&mut snapshot), |container| {
        let env = container["env"].as_array_mut().unwrap();
        env.push(json!({"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"}));
        env.push(json!({"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}));
    });
    let passed =
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set; every SDK takes them before web identity, which is passed over";
    assert_eq!(first(&snapshot), (Mode::Static, None, passed.to_owned()));
    testing::edit(testing::container(&mut snapshot), |container| {
        let env = container["env"].as_array_mut().unwrap();
        *env.last_mut().unwrap() = json!({"name": "AWS_SECRET_ACCESS_KEY", "value": ""});
    });
    assert_eq!(first(&snapshot).0, Mode::Irsa);
}

#[test]
fn pod_identity_ends_as_the_target_role() {
    let mut snapshot =
        with_env(&json!([{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}]));
    assert_eq!((first(&snapshot).0, first(&snapshot).1), (Mode::PodIdentity, None));
    let target = "arn:aws:iam::999999999999:role/target".to_owned();
    let mut association = Association { role_arn: testing::ROLE.to_owned(), ..Association::default() };
    let key = "default/my-service-account".to_owned();
    testing::cluster(&mut snapshot).associations.insert(key.clone(), Observed::Present(association.clone()));
    assert_eq!(first(&snapshot).1.as_deref(), Some(testing::ROLE));
    association.target_role_arn = Some(target.clone());
    testing::cluster(&mut snapshot).associations.insert(key, Observed::Present(association));
    assert_eq!(first(&snapshot).1, Some(target));
}

#[test]
fn a_container_without_anything_gets_nothing_or_the_nodes_role() {
    let mut snapshot = with_env(&json!([]));
    let (mode, role, reason) = first(&snapshot);
    assert_eq!((mode, role), (Mode::None, None));
    assert!(reason.contains("node's role if it can reach"), "{reason}");
    testing::pod(&mut snapshot).spec.host_network = Some(true);
    assert!(first(&snapshot).2.contains("shares the node's network"));
    testing::pod(&mut snapshot).spec.scheduler_name = Some("fargate-scheduler".to_owned());
    assert!(first(&snapshot).2.contains("Fargate has no instance metadata"));
    let half = with_env(&json!([{"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/t"}]));
    assert!(first(&half).2.contains("half a configuration"));
    let half = with_env(&json!([{"name": "AWS_ROLE_ARN", "value": testing::ROLE}]));
    let passed = "AWS_ROLE_ARN without AWS_WEB_IDENTITY_TOKEN_FILE is half a configuration, which SDKs pass over: it gets the";
    assert!(first(&half).2.starts_with(passed), "{}", first(&half).2);
    let profile = with_env(&json!([{"name": "AWS_PROFILE", "value": "dev"}]));
    assert!(first(&profile).2.contains("AWS_PROFILE names dev"));
}

#[test]
fn regular_containers_come_first_and_debug_containers_last() {
    let mut snapshot = testing::healthy();
    testing::edit(testing::pod(&mut snapshot), |pod| {
        pod["spec"]["initContainers"] = json!([{"name": "init"}]);
        pod["spec"]["ephemeralContainers"] = json!([{"name": "debugger"}]);
    });
    let names: Vec<String> = all(&snapshot).into_iter().map(|identity| identity.container).collect();
    assert_eq!(names, ["awscli", "init", "debugger"]);
    assert!(all(&snapshot)[2].reason.contains("debug container"));
}

#[test]
fn keys_alone_pass_nothing_over() {
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| json!({"name": name, "value": "x"}));
    let reason = first(&with_env(&json!(keys))).2;
    assert_eq!(reason, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set; every SDK takes them before web identity");
}

#[test]
fn a_manifest_has_what_the_webhook_will_give() {
    let mut snapshot = with_env(&json!([]));
    snapshot.from_files = true;
    let annotated = "the webhook gives new pods the annotation's role".to_owned();
    assert_eq!(first(&snapshot), (Mode::Irsa, Some(testing::ROLE.to_owned()), annotated));
    let target = "arn:aws:iam::999999999999:role/target";
    let associated = "new pods get the association's role".to_owned();
    testing::associate(&mut snapshot, |_| {});
    assert_eq!(first(&snapshot), (Mode::PodIdentity, Some(testing::ROLE.to_owned()), associated.clone()));
    testing::associate(&mut snapshot, |association| association.target_role_arn = Some(target.to_owned()));
    assert_eq!(first(&snapshot), (Mode::PodIdentity, Some(target.to_owned()), associated));
    let mut keys = with_env(&json!([{"name": "AWS_PROFILE", "value": "dev"}, {"name": "AWS_ACCESS_KEY_ID", "value": "x"},
                                    {"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}]));
    keys.from_files = true;
    assert_eq!(first(&keys).0, Mode::Static, "keys of its own come first in a manifest too");
}

#[test]
fn each_mode_has_its_word() {
    let words = [Mode::Irsa, Mode::PodIdentity, Mode::Static, Mode::None].map(Mode::as_str);
    assert_eq!(words, ["irsa", "pod_identity", "static", "none"]);
}
