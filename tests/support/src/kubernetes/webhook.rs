//! The pod identity webhook: what it puts into a pod that is created.
//!
//! Follows <https://github.com/aws/amazon-eks-pod-identity-webhook>, `pkg/handler/handler.go`, without its region flags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::resource::Resource;
use super::selector::Labels;
use super::store::Store;

/// The way in which the webhook gives credentials: what it puts into a pod.
struct Credentials {
    volume: &'static str,
    mount: &'static str,
    file: &'static str,
    audience: String,
    env: [(&'static str, String); 2],
}

impl Credentials {
    fn web_identity(role_arn: &str, audience: &str) -> Self {
        Self {
            volume: "aws-iam-token",
            mount: "/var/run/secrets/eks.amazonaws.com/serviceaccount",
            file: "token",
            audience: audience.to_owned(),
            env: [
                ("AWS_ROLE_ARN", role_arn.to_owned()),
                ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token".to_owned()),
            ],
        }
    }

    fn pod_identity() -> Self {
        let mount = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
        Self {
            volume: "eks-pod-identity-token",
            mount,
            file: "eks-pod-identity-token",
            audience: "pods.eks.amazonaws.com".to_owned(),
            env: [
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials".to_owned()),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", format!("{mount}/eks-pod-identity-token")),
            ],
        }
    }
}

/// Takes out what the webhook put in: its volumes, their mounts, and the variables of containers that have the mount.
pub(crate) fn take_out(pod: &mut Value) {
    const VOLUMES: [&str; 2] = ["aws-iam-token", "eks-pod-identity-token"];
    const NAMES: [&str; 4] = [
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ];
    let one_of = |value: &Value, names: &[&str]| value["name"].as_str().is_some_and(|name| names.contains(&name));
    let spec = &mut pod["spec"];
    // A volume of that name that is no token was there before the webhook.
    let is_token = |volume: &Value| one_of(volume, &VOLUMES) && volume["projected"].is_object();
    if !spec["volumes"].as_array().is_some_and(|volumes| volumes.iter().any(is_token)) {
        return;
    }
    retain(&mut spec["volumes"], |volume| !is_token(volume));
    for container in containers(spec) {
        let mounts = container["volumeMounts"].as_array().cloned().unwrap_or_default();
        if mounts.iter().any(|mount| one_of(mount, &VOLUMES)) {
            retain(&mut container["volumeMounts"], |mount| !one_of(mount, &VOLUMES));
            retain(&mut container["env"], |variable| !one_of(variable, &NAMES));
        }
    }
}

pub(crate) fn retain(list: &mut Value, keep: impl Fn(&Value) -> bool) {
    if let Some(list) = list.as_array_mut() {
        list.retain(keep);
    }
}

pub(crate) fn containers(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    let lists = spec.as_object_mut().into_iter().flatten();
    let lists = lists.filter(|(field, _)| matches!(field.as_str(), "containers" | "initContainers"));
    lists.filter_map(|(_, list)| list.as_array_mut()).flatten()
}

pub(crate) fn push(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(list) => list.push(item),
        None => *list = json!([item]),
    }
}

/// Whether a webhook configuration sends this pod to its webhook.
pub(crate) fn selects(store: &Store, pod: &Value) -> bool {
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
    let namespace = Resource::of_kind("v1", "Namespace").and_then(|kind| store.get(kind, None, namespace));
    let configurations = store.objects("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", None);
    let webhooks = configurations.iter().filter_map(|configuration| configuration["webhooks"].as_array()).flatten();
    webhooks.into_iter().any(|webhook| {
        Labels::of_object(&webhook["objectSelector"]).matches(pod)
            && namespace.is_some_and(|namespace| Labels::of_object(&webhook["namespaceSelector"]).matches(namespace))
    })
}

pub(crate) fn admit(store: &Store, pod: &mut Value, associated: &[String]) {
    let account = pod["spec"]["serviceAccountName"].as_str().unwrap_or("default").to_owned();
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    let object = Resource::of_kind("v1", "ServiceAccount").and_then(|kind| store.get(kind, Some(&namespace), &account));
    let annotations: BTreeMap<String, String> =
        object.and_then(|object| serde_json::from_value(object["metadata"]["annotations"].clone()).ok()).unwrap_or_default();
    let annotation = |name: &str| annotations.get(&format!("eks.amazonaws.com/{name}")).map(String::as_str);
    let credentials = if associated.contains(&account) {
        pod["metadata"]["labels"]["eks.amazonaws.com/pod-identity"] = json!("enabled");
        Credentials::pod_identity()
    } else {
        match annotation("role-arn") {
            Some(role_arn) if !role_arn.is_empty() => {
                Credentials::web_identity(role_arn, annotation("audience").unwrap_or("sts.amazonaws.com"))
            }
            _ => return,
        }
    };
    let own = pod["metadata"]["annotations"]["eks.amazonaws.com/token-expiration"].as_str();
    let seconds = own.or(annotation("token-expiration")).and_then(|text| text.parse::<i64>().ok());
    let skip = pod["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"].as_str().unwrap_or_default();
    let skip: Vec<String> = skip.split(',').map(str::to_owned).collect();
    inject(pod, &credentials, seconds.unwrap_or(86_400).max(600), &skip);
}

fn inject(pod: &mut Value, credentials: &Credentials, seconds: i64, skip: &[String]) {
    let named = |list: &Value, name: &str| list.as_array().is_some_and(|list| list.iter().any(|item| item["name"] == name));
    let spec = &mut pod["spec"];
    if !named(&spec["volumes"], credentials.volume) {
        let source = json!({"serviceAccountToken": {
            "audience": credentials.audience, "expirationSeconds": seconds, "path": credentials.file,
        }});
        let volume = json!({"name": credentials.volume, "projected": {"sources": [source], "defaultMode": 420}});
        push(&mut spec["volumes"], volume);
    }
    // It knows Windows by these two labels of the node selector only, and changes the variable, not the mount.
    let on_windows = ["kubernetes.io/os", "beta.kubernetes.io/os"].iter().any(|label| spec["nodeSelector"][label] == "windows");
    for container in containers(spec) {
        if container["name"].as_str().is_some_and(|name| skip.iter().any(|skipped| skipped == name)) {
            continue;
        }
        if !credentials.env.iter().any(|(name, _)| named(&container["env"], name)) {
            for (name, value) in &credentials.env {
                let is_path = on_windows && name.ends_with("_FILE");
                let value = if is_path { format!("C:{}", value.replace('/', "\\")) } else { value.clone() };
                push(&mut container["env"], json!({"name": name, "value": value}));
            }
        }
        if !named(&container["volumeMounts"], credentials.volume) {
            let mount = json!({"name": credentials.volume, "readOnly": true, "mountPath": credentials.mount});
            push(&mut container["volumeMounts"], mount);
        }
    }
}
