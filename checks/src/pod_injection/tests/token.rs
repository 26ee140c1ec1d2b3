use super::*;

pub(super) const PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";

pub(super) fn at(path: &str) -> Snapshot {
    let mut snapshot = testing::healthy();
    unset(&mut snapshot, "AWS_ROLE_ARN");
    set(&mut snapshot, "AWS_ROLE_ARN", testing::ROLE);
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
    snapshot
}

/// Changes the projected token of the volume.
pub(super) fn with_token(change: impl FnOnce(&mut Value)) -> Snapshot {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| change(&mut pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]));
    snapshot
}

#[test]
fn kubernetes_own_token_is_not_for_sts() {
    let expected = [("token-file-path-wrong", Severity::Error)];
    assert_eq!(judged(&at("/var/run/secrets/kubernetes.io/serviceaccount/token")), expected);
    let mut unmounted = at("/var/run/secrets/kubernetes.io/serviceaccount/token");
    edit(&mut unmounted, |container| {
        container["volumeMounts"].as_array_mut().unwrap().retain(|mount| mount["name"] == "aws-iam-token");
    });
    assert_eq!(judged(&unmounted), expected);
}

#[test]
fn a_path_that_is_not_under_the_token() {
    let snapshot = at("/tmp/token");
    assert_eq!(judged(&snapshot), [("token-file-path-wrong", Severity::Error)]);
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!(testing::findings(&outcome)[0].expected, Some(crate::finding::Compared::One(PATH.to_owned())));
    let beside = at("/var/run/secrets/eks.amazonaws.com/serviceaccount/tokens");
    assert_eq!(judged(&beside), [("token-file-path-wrong", Severity::Error)]);
}

#[test]
fn a_path_may_be_written_in_several_ways() {
    for same in [
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/../serviceaccount/token",
        "/var/./run//secrets/eks.amazonaws.com/serviceaccount/token",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/..data/token",
    ] {
        assert_eq!(judged(&at(same)), [], "{same}");
    }
    // In nearly every image /var/run is a link to /run.
    let run = at("/run/secrets/eks.amazonaws.com/serviceaccount/token");
    assert_eq!(judged(&run), [("token-file-path-wrong", Severity::Warning)]);
    let other = at("/secrets/eks.amazonaws.com/serviceaccount/token");
    assert_eq!(judged(&other), [("token-file-path-wrong", Severity::Error)]);
}

#[test]
fn a_path_of_ones_own_is_left_to_the_webhook() {
    let mut snapshot = testing::healthy();
    owned(&mut snapshot, &json!([]));
    set(&mut snapshot, "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token");
    let outcome = testing::run(&CHECK, &snapshot);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    let both = "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE";
    assert_eq!(fix.summary, format!("remove {both} from container awscli: the webhook then adds both, and the mount"));
    let command = fix.commands[0].shell();
    assert!(command.contains(" AWS_ROLE_ARN- AWS_WEB_IDENTITY_TOKEN_FILE- "), "{command}");
}

#[test]
fn a_mount_elsewhere_leaves_the_webhooks_path_empty() {
    let mut snapshot = testing::healthy();
    edit(&mut snapshot, |container| container["volumeMounts"][1]["mountPath"] = json!("/tokens"));
    assert_eq!(judged(&snapshot), [("token-file-path-wrong", Severity::Error)]);
}

#[test]
fn variables_without_the_mount() {
    let mut snapshot = testing::healthy();
    edit(&mut snapshot, |container| {
        container["volumeMounts"].as_array_mut().unwrap().pop();
    });
    assert_eq!(judged(&snapshot), [("token-mount-missing", Severity::Error)]);
}

#[test]
fn a_volume_of_that_name_that_is_something_else() {
    let mut empty = testing::healthy();
    edit_pod(&mut empty, |pod| pod["spec"]["volumes"][0] = json!({"name": "aws-iam-token", "emptyDir": {}}));
    assert_eq!(judged(&empty), [("token-volume-collision", Severity::Error)]);
    let other_path = with_token(|token| token["path"] = json!("jwt"));
    assert_eq!(judged(&other_path), [("token-volume-collision", Severity::Error)]);
}

#[test]
fn a_volume_is_taken_out_of_the_owners_template() {
    let mut snapshot = testing::healthy();
    edit_pod(&mut snapshot, |pod| pod["spec"]["volumes"][0] = json!({"name": "aws-iam-token", "emptyDir": {}}));
    owned(&mut snapshot, &json!([]));
    let deployment = testing::cluster(&mut snapshot).workloads.get_mut("Deployment/default/api").unwrap();
    testing::edit(testing::inside(deployment), |deployment| {
        let mounts = json!([{"name": "aws-iam-token", "mountPath": "/tokens"}, {"name": "other", "mountPath": "/other"}]);
        deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = mounts;
    });
    let outcome = testing::run(&CHECK, &snapshot);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    let argv = &fix.commands[0].argv;
    assert_eq!(argv[..5], ["kubectl", "patch", "deployment", "api", "--type=strategic"]);
    let patch: Value = serde_json::from_str(&argv[6]).unwrap();
    let spec = &patch["spec"]["template"]["spec"];
    assert_eq!(spec["volumes"], json!([{"name": "aws-iam-token", "$patch": "delete"}]));
    let mounts = json!([{"mountPath": "/tokens", "$patch": "delete"}]);
    assert_eq!(spec["containers"], json!([{"name": "awscli", "volumeMounts": mounts}]));
}

#[test]
fn a_driver_may_bring_a_token() {
    let mut snapshot = at("/run/spire/token");
    edit_pod(&mut snapshot, |pod| {
        pod["spec"]["volumes"].as_array_mut().unwrap().push(json!({"name": "spire", "csi": {"driver": "csi.spiffe.io"}}));
        let mounts = pod["spec"]["containers"][0]["volumeMounts"].as_array_mut().unwrap();
        mounts.push(json!({"name": "spire", "mountPath": "/run/spire"}));
    });
    assert_eq!(judged(&snapshot), [("token-file-path-wrong", Severity::Warning)]);
}

#[test]
fn the_audience_is_named_where_the_token_is_the_odd_one() {
    assert_eq!(judged(&with_token(|token| token["audience"] = json!("vault"))), [("token-audience-mismatch", Severity::Error)]);
    let none = with_token(|token| {
        token.as_object_mut().unwrap().remove("audience");
    });
    assert_eq!(judged(&none), [("token-audience-mismatch", Severity::Error)]);
    let mut provider = testing::healthy();
    testing::inside(testing::account(&mut provider).providers.get_mut(testing::PROVIDER).unwrap()).client_ids =
        vec!["sts.amazonaws.com.cn".to_owned()];
    assert!(judged(&provider).is_empty());
}

#[test]
fn an_empty_annotation_is_a_fault_of_the_account() {
    let mut snapshot = with_token(|token| {
        token.as_object_mut().unwrap().remove("audience");
    });
    testing::annotate(&mut snapshot, "eks.amazonaws.com/audience", Some(""));
    assert!(judged(&snapshot).is_empty());
}

#[test]
fn the_audiences_fix_is_where_it_comes_from() {
    let mut snapshot = with_token(|token| token["audience"] = json!("vault"));
    testing::annotate(&mut snapshot, "eks.amazonaws.com/audience", Some("vault"));
    let outcome = testing::run(&CHECK, &snapshot);
    let fix = testing::findings(&outcome)[0].fix.clone().unwrap();
    assert!(
        fix.commands[0].shell().starts_with("kubectl annotate serviceaccount my-service-account eks.amazonaws.com/audience-")
    );
}

#[test]
fn a_token_for_the_api_server_works_where_the_provider_takes_it() {
    let mut snapshot = with_token(|token| {
        token.as_object_mut().unwrap().remove("audience");
    });
    let api = "https://kubernetes.default.svc";
    testing::inside(testing::account(&mut snapshot).providers.get_mut(testing::PROVIDER).unwrap()).client_ids =
        vec![api.to_owned()];
    let trust = testing::trust().to_string().replace("\"sts.amazonaws.com\"", &format!("\"{api}\""));
    testing::role(&mut snapshot).trust_policy = trust;
    assert!(judged(&snapshot).is_empty());
}

#[test]
fn windows_wants_its_own_path() {
    let expected = [("windows-token-path", Severity::Error)];
    let windows = |change: fn(&mut Value)| {
        let mut snapshot = testing::healthy();
        edit_pod(&mut snapshot, change);
        snapshot
    };
    assert_eq!(judged(&windows(|pod| pod["spec"]["os"] = json!({"name": "windows"}))), expected);
    let affinity = windows(|pod| {
        let expression = json!({"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]});
        pod["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [expression]}],
        }}});
    });
    assert_eq!(judged(&affinity), expected);
    let mut selector = at("C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token");
    testing::pod(&mut selector).spec.node_selector.insert("kubernetes.io/os".to_owned(), "windows".to_owned());
    assert!(judged(&selector).is_empty());
}

#[test]
fn a_node_says_whether_it_runs_windows() {
    let mut snapshot = testing::healthy();
    let node = json!({"metadata": {"name": "ip-192-0-2-10.ec2.internal", "labels": {"kubernetes.io/os": "windows"}}});
    let name = "ip-192-0-2-10.ec2.internal".to_owned();
    testing::cluster(&mut snapshot).nodes.insert(name, Observed::Present(testing::read(&node)));
    assert_eq!(judged(&snapshot), [("windows-token-path", Severity::Error)]);
    // Where the spec hints at it and the node can't be read, only the node could say.
    testing::cluster(&mut snapshot).nodes.clear();
    assert_eq!(status(&snapshot), Status::Pass);
    edit_pod(&mut snapshot, |pod| pod["spec"]["securityContext"] = json!({"windowsOptions": {"runAsUserName": "x"}}));
    assert_eq!(status(&snapshot), Status::Unknown);
}

#[test]
fn a_sub_path_is_never_refreshed() {
    let mut snapshot = testing::healthy();
    edit(&mut snapshot, |container| {
        container["volumeMounts"][1]["subPath"] = json!("token");
        container["volumeMounts"][1]["mountPath"] = json!(PATH);
    });
    assert_eq!(judged(&snapshot), [("token-subpath-mount", Severity::Warning)]);
    edit(&mut snapshot, |container| {
        let mount = container["volumeMounts"][1].as_object_mut().unwrap();
        mount.remove("subPath");
        mount.insert("subPathExpr".to_owned(), json!("$(FILE)"));
    });
    assert_eq!(judged(&snapshot), [("token-subpath-mount", Severity::Warning)]);
}
