//! What tells that a pod runs on Windows, and how its container is wired.

use super::*;
use crate::pod_injection::state::{is_windows, state};

fn windows(snapshot: &Snapshot) -> Option<bool> {
    testing::evidence(snapshot, is_windows)
}

#[test]
fn only_an_affinity_that_leaves_nothing_else_says_windows() {
    let with = |terms: &Value| {
        let mut snapshot = testing::healthy();
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        edit_pod(&mut snapshot, |pod| pod["spec"]["affinity"] = json!({"nodeAffinity": required}));
        windows(&snapshot)
    };
    let term = |key: &str, operator: &str, values: Value| json!({"matchExpressions": [{"key": "zone", "operator": "Exists"}, {"key": key, "operator": operator, "values": values}]});
    let only = term("kubernetes.io/os", "In", json!(["windows"]));
    let beta = term("beta.kubernetes.io/os", "In", json!(["windows"]));
    assert_eq!(with(&json!([only])), Some(true));
    assert_eq!(with(&json!([only, beta])), Some(true));
    for terms in [
        json!([]),
        json!([only, term("zone", "In", json!(["a"]))]),
        json!([term("kubernetes.io/os", "NotIn", json!(["windows"]))]),
        json!([term("kubernetes.io/os", "In", json!(["windows", "linux"]))]),
        json!([term("kubernetes.io/arch", "In", json!(["windows"]))]),
    ] {
        assert_eq!(with(&terms), Some(false), "{terms}");
    }
}

#[test]
fn an_empty_variable_is_there_for_the_webhook_and_not_for_sdks() {
    let wired = |role: &str, token: &str, agent: &str| {
        let mut snapshot = testing::healthy();
        let env = json!([
            {"name": "AWS_ROLE_ARN", "value": role},
            {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": token},
            {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": agent},
        ]);
        edit(&mut snapshot, |container| container["env"] = env);
        testing::evidence(&snapshot, |evidence| state(&evidence.containers()[0]))
    };
    assert!(matches!(wired("r", "t", ""), State::Irsa));
    assert!(matches!(wired("r", "t", "http://a"), State::Irsa), "web identity comes first");
    assert!(matches!(wired("", "", "http://a"), State::PodIdentity));
    assert!(matches!(wired("r", "", ""), State::Half("AWS_ROLE_ARN")));
    assert!(matches!(wired("r", "", "http://a"), State::Half("AWS_ROLE_ARN")));
    assert!(matches!(wired("", "t", "http://a"), State::Half("AWS_WEB_IDENTITY_TOKEN_FILE")));
    assert!(matches!(wired("", "", ""), State::Half("AWS_ROLE_ARN")));
}

#[test]
fn a_session_name_has_two_characters_at_least() {
    let mut snapshot = testing::healthy();
    set(&mut snapshot, "AWS_ROLE_SESSION_NAME", "ab");
    assert!(judged(&snapshot).is_empty());
}
