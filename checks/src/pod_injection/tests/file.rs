//! Tokens that are no token for STS, and the fix of an audience.

use super::token::{PATH, at, with_token};
use super::*;

#[test]
fn what_a_path_of_windows_is() {
    use crate::pod_injection::token::is_windows_path;
    assert!(is_windows_path("C:/token") && is_windows_path("var\\token"));
    assert!(!is_windows_path("/var/token") && !is_windows_path(""));
}

/// Makes the token one without an audience, in a volume of this name, mounted here.
fn for_the_api_server(volume: &str, path: &str, others: &Value) -> Snapshot {
    let mut snapshot = at(&format!("{path}/token"));
    edit_pod(&mut snapshot, |pod| {
        let mut sources = vec![json!({"serviceAccountToken": {"path": "token"}})];
        sources.extend(others.as_array().unwrap().iter().cloned());
        pod["spec"]["volumes"] = json!([{"name": volume, "projected": {"sources": sources}}]);
        pod["spec"]["containers"][0]["volumeMounts"] = json!([{"name": volume, "mountPath": path}]);
    });
    snapshot
}

#[test]
fn any_sign_tells_kubernetes_own_token() {
    let own = [("token-file-path-wrong", Severity::Error)];
    let map = |name: &str| json!([{"configMap": {"name": name}}]);
    assert_eq!(judged(&for_the_api_server("mine", "/tokens", &map("kube-root-ca.crt"))), own);
    assert_eq!(judged(&for_the_api_server("mine", "/var/run/secrets/kubernetes.io/serviceaccount", &json!([]))), own);
    assert_eq!(judged(&for_the_api_server("kube-api-access-x", "/tokens", &json!([]))), own);
    // Without one it is somebody's own, with an audience that they forgot.
    let odd = [("token-audience-mismatch", Severity::Error)];
    assert_eq!(judged(&for_the_api_server("mine", "/tokens", &map("other"))), odd);
}

#[test]
fn kubernetes_own_path_is_named_as_such() {
    let detail = |snapshot: &Snapshot| testing::findings(&testing::run(&CHECK, snapshot))[0].detail.clone();
    let mut snapshot = at("C:\\var\\run\\secrets\\kubernetes.io\\serviceaccount\\token");
    assert!(detail(&snapshot).contains("Kubernetes' own token"), "{}", detail(&snapshot));
    snapshot = at("/run/secrets/kubernetes.io/serviceaccount/token");
    assert!(detail(&snapshot).contains("Kubernetes' own token"), "{}", detail(&snapshot));
}

#[test]
fn a_volume_that_something_may_write_to_is_only_likely_wrong() {
    let confidence = |source: &Value| {
        let mut snapshot = at("/run/mine/token");
        edit_pod(&mut snapshot, |pod| {
            let mut volume = source.clone();
            volume["name"] = json!("mine");
            pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
            let mounts = pod["spec"]["containers"][0]["volumeMounts"].as_array_mut().unwrap();
            mounts.push(json!({"name": "mine", "mountPath": "/run/mine"}));
        });
        let outcome = testing::run(&CHECK, &snapshot);
        assert_eq!(testing::faults(&outcome), ["token-file-path-wrong"]);
        testing::findings(&outcome)[0].confidence
    };
    assert_eq!(confidence(&json!({"emptyDir": {}})), Confidence::Likely);
    assert_eq!(confidence(&json!({"projected": {"sources": [{"configMap": {"name": "x"}}]}})), Confidence::Certain);
}

#[test]
fn a_token_that_no_container_mounts() {
    let unmounted = |path: &str, change: &dyn Fn(&mut Value)| {
        let mut snapshot = at(path);
        edit_pod(&mut snapshot, |pod| {
            pod["spec"]["containers"][0]["volumeMounts"].as_array_mut().unwrap().pop();
            change(pod);
        });
        judged(&snapshot)[0].0
    };
    assert_eq!(unmounted("/tmp/token", &|_| {}), "token-mount-missing", "the pod has a token for somebody");
    let none = |pod: &mut Value| pod["spec"]["volumes"] = json!([]);
    assert_eq!(unmounted(PATH, &none), "token-mount-missing", "it is the webhook's path");
    assert_eq!(unmounted("/tmp/token", &none), "token-file-path-wrong");
    let token = |audience: Value| {
        move |pod: &mut Value| {
            let token = json!({"serviceAccountToken": {"path": "token", "audience": audience}});
            pod["spec"]["volumes"] = json!([{"name": "mine", "projected": {"sources": [token]}}]);
        }
    };
    assert_eq!(unmounted("/tmp/token", &token(json!("vault"))), "token-mount-missing");
    assert_eq!(unmounted("/tmp/token", &token(json!(""))), "token-file-path-wrong", "that is the API server's");
    let taken = |pod: &mut Value| pod["spec"]["volumes"] = json!([{"name": "aws-iam-token", "emptyDir": {}}]);
    assert_eq!(unmounted(PATH, &taken), "token-volume-collision");
    let other = |pod: &mut Value| pod["spec"]["volumes"] = json!([{"name": "other", "emptyDir": {}}]);
    assert_eq!(unmounted(PATH, &other), "token-mount-missing");
}

/// The fix of a token for this audience, the account's annotation being that, where the provider asks for a third.
fn audience_fix(token: &str, annotated: Option<&str>, wanted: &str) -> Vec<String> {
    let mut snapshot = with_token(|value| value["audience"] = json!(token));
    testing::annotate(&mut snapshot, "eks.amazonaws.com/audience", annotated);
    let provider = testing::account(&mut snapshot).providers.get_mut(testing::PROVIDER).unwrap();
    testing::inside(provider).client_ids = vec![wanted.to_owned()];
    let trust = testing::trust().to_string().replace("\"sts.amazonaws.com\"", &format!("\"{wanted}\""));
    testing::role(&mut snapshot).trust_policy = trust;
    owned(&mut snapshot, &json!([]));
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!(testing::faults(&outcome), ["token-audience-mismatch"]);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    fix.commands.iter().map(|command| command.argv[1..].iter().take(4).cloned().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_audiences_fix_depends_on_where_it_came_from() {
    let annotated = |value: &str| format!("annotate serviceaccount my-service-account eks.amazonaws.com/audience{value}");
    let restart = "rollout restart deployment/api --context";
    let sts = "sts.amazonaws.com";
    assert_eq!(audience_fix("vault", Some("vault"), sts), [annotated("-"), restart.to_owned()]);
    assert_eq!(audience_fix("vault", Some("vault"), "mine"), [annotated("=mine"), restart.to_owned()]);
    assert_eq!(audience_fix("vault", Some("mine"), "mine"), [restart], "it has been mended since");
    assert_eq!(audience_fix(sts, None, "mine"), [annotated("=mine"), restart.to_owned()]);
    assert_eq!(audience_fix("vault", None, sts), [""; 0], "it stands in the manifest");
    assert_eq!(audience_fix("vault", Some("third"), sts), [""; 0]);
}
