use super::*;
use crate::check::Status;
use crate::snapshot::Snapshot;
use crate::testing;
use serde_json::json;

/// The healthy pod with more in its container's environment.
fn with(variables: &Value) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::edit(testing::container(&mut snapshot), |container| {
        container["env"].as_array_mut().unwrap().extend(variables.as_array().unwrap().iter().cloned());
    });
    snapshot
}

fn judged(snapshot: &Snapshot) -> Vec<(&'static str, Severity)> {
    let outcome = testing::run(&CHECK, snapshot);
    testing::findings(&outcome).iter().map(|finding| (finding.fault.id, finding.severity)).collect()
}

fn keys(id: &Value, secret: &Value) -> Value {
    let mut variables = vec![id.clone(), secret.clone()];
    variables[0]["name"] = json!("AWS_ACCESS_KEY_ID");
    variables[1]["name"] = json!("AWS_SECRET_ACCESS_KEY");
    Value::Array(variables)
}

#[test]
fn the_healthy_pod_passes() {
    assert_eq!(testing::run(&CHECK, &testing::healthy()).status(), Status::Pass);
}

#[test]
fn keys_come_before_the_role() {
    let set = json!({"value": "x"});
    assert_eq!(judged(&with(&keys(&set, &set))), [("static-keys-in-env", Severity::Error)]);
    let secret = json!({"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}});
    assert_eq!(judged(&with(&keys(&secret, &secret))), [("static-keys-in-env", Severity::Error)]);
    let optional = json!({"valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": true}}});
    assert_eq!(judged(&with(&keys(&optional, &optional))), [("static-keys-in-env", Severity::Warning)]);
    assert_eq!(judged(&with(&keys(&set, &json!({"value": ""})))), [("static-keys-in-env", Severity::Warning)]);
    assert_eq!(judged(&with(&keys(&json!({"value": ""}), &json!({})))), [("static-keys-in-env", Severity::Info)]);
}

#[test]
fn keys_for_something_else_than_aws_are_a_warning() {
    let set = json!({"value": "x"});
    let mut minio = with(&keys(&set, &set));
    testing::container(&mut minio).image = Some("minio/mc:1".to_owned());
    assert_eq!(judged(&minio), [("static-keys-in-env", Severity::Warning)]);
    for (name, value) in [("AWS_ENDPOINT_URL", "http://minio:9000"), ("S3_ENDPOINT", "x"), ("MINIO_ROOT_USER", "x")] {
        let mut snapshot = with(&keys(&set, &set));
        testing::edit(testing::container(&mut snapshot), |container| {
            container["env"].as_array_mut().unwrap().push(json!({"name": name, "value": value}));
        });
        assert_eq!(judged(&snapshot), [("static-keys-in-env", Severity::Warning)], "{name}");
    }
    // An endpoint of AWS itself changes nothing.
    let mut aws = with(&keys(&set, &set));
    testing::edit(testing::container(&mut aws), |container| {
        let url = "https://vpce-0a.s3.us-east-1.vpce.amazonaws.com";
        container["env"].as_array_mut().unwrap().push(json!({"name": "AWS_ENDPOINT_URL_S3", "value": url}));
    });
    assert_eq!(judged(&aws), [("static-keys-in-env", Severity::Error)]);
}

#[test]
fn a_container_that_nobody_asked_about_is_a_warning() {
    let set = json!({"value": "x"});
    let mut snapshot = with(&keys(&set, &set));
    snapshot.asked.container = Some("other".to_owned());
    // A container that isn't there was mistyped.
    assert_eq!(judged(&snapshot), [("static-keys-in-env", Severity::Error)]);
    testing::edit(testing::pod(&mut snapshot), |pod| {
        pod["spec"]["containers"].as_array_mut().unwrap().push(json!({"name": "other"}));
    });
    assert_eq!(judged(&snapshot), [("static-keys-in-env", Severity::Warning)]);
}

#[test]
fn a_secret_of_aws_credentials_as_environment() {
    let from = |source: Value| {
        let mut snapshot = testing::healthy();
        testing::edit(testing::container(&mut snapshot), |container| container["envFrom"] = json!([source]));
        judged(&snapshot)
    };
    let expected = [("static-keys-in-env-from", Severity::Warning)];
    assert_eq!(from(json!({"secretRef": {"name": "aws-credentials"}})), expected);
    assert_eq!(from(json!({"configMapRef": {"name": "s3-access-keys"}})), expected);
    assert!(from(json!({"secretRef": {"name": "database-credentials"}})).is_empty());
    assert!(from(json!({"configMapRef": {"name": "aws-config"}})).is_empty());
    assert!(from(json!({"prefix": "BACKUP_", "secretRef": {"name": "aws-credentials"}})).is_empty());
}

#[test]
fn a_profile_is_a_warning_where_a_file_is_mounted() {
    let profile = json!([{"name": "AWS_PROFILE", "value": "dev"}]);
    assert_eq!(judged(&with(&profile)), [("shared-config-overrides", Severity::Info)]);
    let mounted = |path: &str, volume: Value, variables: &Value| {
        let mut snapshot = with(variables);
        testing::edit(testing::pod(&mut snapshot), |pod| {
            pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
            let mounts = pod["spec"]["containers"][0]["volumeMounts"].as_array_mut().unwrap();
            mounts.push(json!({"name": "config", "mountPath": path}));
        });
        judged(&snapshot)
    };
    let secret = json!({"name": "config", "secret": {"secretName": "s"}});
    let expected = [("shared-config-overrides", Severity::Warning)];
    assert_eq!(mounted("/root/.aws", secret.clone(), &profile), expected);
    assert_eq!(mounted("/root/.aws", secret.clone(), &json!([])), expected);
    let file = json!([{"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/credentials/cloud"}]);
    assert_eq!(mounted("/credentials", secret.clone(), &file), expected);
    assert_eq!(mounted("/elsewhere", secret, &file), [("shared-config-overrides", Severity::Info)]);
    assert!(mounted("/root/.aws", json!({"name": "config", "emptyDir": {}}), &json!([])).is_empty());
    assert!(judged(&with(&json!([{"name": "AWS_CONFIG_FILE", "value": "/dev/null"}]))).is_empty());
}

#[test]
fn an_endpoint_sends_sts_elsewhere() {
    let url = |name: &str, value: &str| with(&json!([{"name": name, "value": value}]));
    assert_eq!(judged(&url("AWS_ENDPOINT_URL", "http://minio.data:9000")), [("endpoint-override", Severity::Warning)]);
    assert_eq!(judged(&url("AWS_ENDPOINT_URL_STS", "http://localhost:4566")), [("endpoint-override", Severity::Warning)]);
    assert!(judged(&url("AWS_ENDPOINT_URL_STS", "https://sts.eu-west-1.amazonaws.com")).is_empty());
    assert!(judged(&url("AWS_ENDPOINT_URL_S3", "http://minio.data:9000")).is_empty());
    let own = json!([
        {"name": "AWS_ENDPOINT_URL", "value": "http://minio.data:9000"},
        {"name": "AWS_ENDPOINT_URL_STS", "value": "https://sts.us-east-1.amazonaws.com"},
    ]);
    assert!(judged(&with(&own)).is_empty());
    let ignored = json!([
        {"name": "AWS_ENDPOINT_URL", "value": "http://minio.data:9000"},
        {"name": "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "value": "true"},
    ]);
    assert!(judged(&with(&ignored)).is_empty());
}

#[test]
fn kube2iams_annotation_weighs_more_where_it_runs() {
    let mut snapshot = testing::healthy();
    let annotations = &mut testing::pod(&mut snapshot).metadata.annotations;
    annotations.insert("iam.amazonaws.com/role".to_owned(), Some("my-role".to_owned()));
    assert_eq!(judged(&snapshot), [("kube2iam-annotation", Severity::Info)]);
    let agent = testing::read(&json!({"kind": "DaemonSet", "metadata": {"name": "kube2iam", "namespace": "kube-system"}}));
    testing::cluster(&mut snapshot).agents = Observed::Present(vec![agent]);
    assert_eq!(judged(&snapshot), [("kube2iam-annotation", Severity::Warning)]);
    testing::cluster(&mut snapshot).agents = Observed::default();
    let outcome = testing::run(&CHECK, &snapshot);
    assert_eq!(testing::gaps(&outcome).len(), 1);
    assert_eq!(outcome.status(), Status::Pass);
}

#[test]
fn a_region_is_wanted() {
    let mut snapshot = testing::healthy();
    testing::container(&mut snapshot).env.retain(|variable| !variable.name.contains("REGION"));
    assert_eq!(judged(&snapshot), [("region-missing", Severity::Warning)]);
    testing::edit(testing::container(&mut snapshot), |container| {
        container["envFrom"] = json!([{"configMapRef": {"name": "settings"}}]);
    });
    assert_eq!(judged(&snapshot), [("region-missing", Severity::Info)]);
    // A container without a role needs none.
    testing::uninject(&mut snapshot);
    assert!(judged(&snapshot).is_empty());
}

#[test]
fn keys_are_an_error_only_beside_a_role() {
    let set = json!({"value": "x"});
    let bare = |change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = testing::healthy();
        testing::uninject(&mut snapshot);
        testing::annotate(&mut snapshot, crate::evidence::ROLE_ANNOTATION, None);
        testing::container(&mut snapshot).env = testing::read(&keys(&set, &set));
        change(&mut snapshot);
        judged(&snapshot).into_iter().find(|(id, _)| *id == "static-keys-in-env")
    };
    let severity = |severity| Some(("static-keys-in-env", severity));
    assert_eq!(bare(&|_| {}), severity(Severity::Warning), "nobody gave it a role");
    let annotated = |snapshot: &mut Snapshot| {
        testing::annotate(snapshot, crate::evidence::ROLE_ANNOTATION, Some(testing::ROLE));
    };
    assert_eq!(bare(&annotated), severity(Severity::Error));
    let associated = |snapshot: &mut Snapshot| {
        let association = crate::snapshot::Association { role_arn: testing::ROLE.to_owned(), ..Default::default() };
        let associations = &mut testing::cluster(snapshot).associations;
        associations.insert("default/my-service-account".to_owned(), crate::snapshot::Observed::Present(association));
    };
    assert_eq!(bare(&associated), severity(Severity::Error));
    let unread = |snapshot: &mut Snapshot| {
        let gap = crate::snapshot::Gap::not_collected("get serviceaccounts");
        let account = testing::cluster(snapshot).service_accounts.get_mut("default/my-service-account").unwrap();
        *account = crate::snapshot::Observed::Unavailable(gap);
    };
    assert_eq!(bare(&unread), severity(Severity::Error), "it may have one");
}

/// The first finding of this fault.
fn first(snapshot: &Snapshot, fault: &str) -> Finding {
    let outcome = testing::run(&CHECK, snapshot);
    testing::findings(&outcome).iter().find(|finding| finding.fault.id == fault).cloned().unwrap()
}

#[test]
fn either_variable_is_a_region() {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let mut snapshot = testing::healthy();
        testing::container(&mut snapshot).env.retain(|variable| variable.name == name || !variable.name.contains("REGION"));
        assert!(judged(&snapshot).is_empty(), "{name}");
    }
}

#[test]
fn half_a_way_to_a_role_is_none() {
    for name in ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"] {
        let mut snapshot = testing::healthy();
        testing::container(&mut snapshot).env.retain(|variable| variable.name == name);
        assert!(judged(&snapshot).is_empty(), "it calls no STS, whatever its region: {name}");
    }
}

#[test]
fn keys_are_named() {
    let set = json!({"value": "x"});
    let finding = first(&with(&keys(&set, &set)), "static-keys-in-env");
    let both = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    assert_eq!(finding.detail, format!("container awscli sets {both}: SDKs use these keys and not the role"));
    assert_eq!(finding.fix.unwrap().summary, format!("remove {both} from container awscli"));
}

#[test]
fn a_name_may_say_credentials_without_saying_aws() {
    for (name, speaks) in [("aws", true), ("cloud-credentials", true), ("credentials", false), ("aws-config", false)] {
        let mut snapshot = testing::healthy();
        testing::edit(testing::container(&mut snapshot), |container| {
            container["envFrom"] = json!([{"secretRef": {"name": name}}]);
        });
        assert_eq!(judged(&snapshot).len(), usize::from(speaks), "{name}");
    }
}

#[test]
fn an_endpoint_for_all_services_gets_one_of_sts_beside_it() {
    let decision = |name: &str, region: Option<&str>| {
        let mut snapshot = with(&json!([{"name": name, "value": "http://minio.data:9000"}]));
        testing::cluster(&mut snapshot).region = region.map(str::to_owned);
        first(&snapshot, "endpoint-override").fix.unwrap().needs_decision.unwrap()
    };
    let keeper = "whoever keeps the manifest of pod awscli must";
    let place = "env of container awscli in the pod template";
    let set = |url: &str| format!("{keeper} set AWS_ENDPOINT_URL_STS={url} in the {place}");
    let remove = |name: &str| format!("{keeper} remove {name} from the {place}");
    assert_eq!(decision("AWS_ENDPOINT_URL", Some("us-east-1")), set("https://sts.us-east-1.amazonaws.com"));
    assert_eq!(decision("AWS_ENDPOINT_URL", Some("cn-north-1")), set("https://sts.cn-north-1.amazonaws.com.cn"));
    assert_eq!(decision("AWS_ENDPOINT_URL", None), remove("AWS_ENDPOINT_URL"));
    assert_eq!(decision("AWS_ENDPOINT_URL_STS", Some("us-east-1")), remove("AWS_ENDPOINT_URL_STS"));
}

#[test]
fn keys_under_other_names_count_for_some_sdks() {
    let both = json!([{"name": "AWS_ACCESS_KEY", "value": "a"}, {"name": "AWS_SECRET_KEY", "value": "b"}]);
    assert_eq!(judged(&with(&both)), [("static-keys-in-env", Severity::Warning)]);
    assert_eq!(judged(&with(&json!([{"name": "AWS_ACCESS_KEY", "value": "a"}]))), []);
}
