//! The name of the session that a pod asks for.

use super::*;

#[test]
fn a_session_name_must_be_one_that_sts_takes() {
    let name = |value: &str| {
        let mut snapshot = testing::healthy();
        set(&mut snapshot, "AWS_ROLE_SESSION_NAME", value);
        judged(&snapshot)
    };
    let wrong = [("role-session-name-invalid", Severity::Error)];
    assert!(name("my-app_1+=,.@-").is_empty());
    assert_eq!(name("$(POD_NAME)"), wrong, "no such variable is set, so it stays as it is");
    assert!(name("").is_empty());
    assert_eq!(name("shop/api"), wrong);
    assert_eq!(name("$(NAMESPACE)/$(POD_NAME)"), wrong);
    assert_eq!(name("a"), wrong);
    assert_eq!(name(&"a".repeat(65)), wrong);
    assert!(name(&"a".repeat(64)).is_empty());
    assert_eq!(name("bücher"), wrong);
}

#[test]
fn a_session_name_may_be_the_pods_own() {
    let mut snapshot = testing::healthy();
    edit(&mut snapshot, |container| {
        let field = json!({"fieldRef": {"fieldPath": "metadata.name"}});
        container["env"].as_array_mut().unwrap().push(json!({"name": "AWS_ROLE_SESSION_NAME", "valueFrom": field}));
    });
    assert_eq!(status(&snapshot), Status::Pass);
    let long = "a".repeat(65);
    let mut pod = testing::pod(&mut snapshot).clone();
    pod.metadata.name.clone_from(&long);
    testing::cluster(&mut snapshot).pods.insert(format!("default/{long}"), Observed::Present(pod));
    snapshot.asked.targets[0].name = long;
    assert_eq!(judged(&snapshot), [("role-session-name-invalid", Severity::Error)]);
}

#[test]
fn references_are_left_out_where_kubernetes_replaces_them() {
    let name = |value: &str, before: &str, from: Value| {
        let mut snapshot = testing::healthy();
        edit(&mut snapshot, |container| {
            container["env"].as_array_mut().unwrap().insert(0, json!({"name": before, "value": "x"}));
            container["envFrom"] = from;
        });
        set(&mut snapshot, "AWS_ROLE_SESSION_NAME", value);
        judged(&snapshot).len()
    };
    assert_eq!(name("$(POD_NAME)", "POD_NAME", json!([])), 0);
    assert_eq!(name("$(POD_NAME)", "POD", json!([])), 1);
    assert_eq!(name("$(POD)/$(POD_NAME)", "POD", json!([])), 1);
    assert_eq!(name("$(POD_NAME)", "POD", json!([{"configMapRef": {"name": "c"}}])), 0, "it may come from there");
    assert_eq!(name("$(API_SERVICE_HOST)", "POD", json!([])), 0, "a service's");
}
