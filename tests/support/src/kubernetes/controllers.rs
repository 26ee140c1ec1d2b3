//! What happens when pods are made anew: the controllers' part. The webhook's is in `webhook`.

use serde_json::{Value, json};

use super::resource::Resource;
use super::store::Store;
use super::webhook::{admit, containers, push, retain, selects, take_out};
use super::write::time;
use crate::encoding::hash;

/// Makes each pod of a namespace anew, as after `kubectl rollout restart` or the deletion of a bare pod: from its
/// Deployment's template if it has one, else from its own spec, and then through the webhook as it is configured now.
/// A Deployment without pods gets one if its service account is there. `associated` are the service accounts with a Pod
/// Identity association.
pub(crate) fn recreate_pods(store: &mut Store, namespace: &str, associated: &[String]) {
    for mut pod in store.objects("v1", "Pod", Some(namespace)) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        take_out(&mut pod);
        if let Some(deployment) = deployment_of(store, &pod) {
            from_template(store, &mut pod, &deployment);
        }
        if let Some(metadata) = pod["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        if let Some(pods) = Resource::of_kind("v1", "Pod") {
            store.remove(pods, Some(namespace), &name);
        }
        create(store, pod, associated);
    }
    for deployment in store.objects("apps/v1", "Deployment", Some(namespace)) {
        if lacks_pods(store, namespace, &deployment) {
            let mut pod = json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace}, "spec": {},
                "status": {"phase": "Pending", "qosClass": "BestEffort"},
            });
            let set = from_template(store, &mut pod, &deployment);
            pod["metadata"]["name"] = json!(format!("{set}-00001"));
            create(store, pod, associated);
        }
    }
}

/// Makes a bare pod one of a Deployment that bears its name.
pub(crate) fn adopt(store: &mut Store, namespace: &str, name: &str) {
    let Some(mut pod) = Resource::of_kind("v1", "Pod").and_then(|pods| store.remove(pods, Some(namespace), name)) else { return };
    let mut template = pod.clone();
    take_out(&mut template);
    let is_access = |named: &Value| named["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access"));
    retain(&mut template["spec"]["volumes"], |volume| !is_access(volume));
    for container in containers(&mut template["spec"]) {
        retain(&mut container["volumeMounts"], |mount| !is_access(mount));
    }
    if let Some(spec) = template["spec"].as_object_mut() {
        spec.remove("nodeName");
    }
    pod["metadata"]["labels"]["app"] = json!(name);
    let (labels, annotations) = (&pod["metadata"]["labels"], &pod["metadata"]["annotations"]);
    let mut head = json!({"labels": labels});
    if annotations.is_object() {
        head["annotations"] = annotations.clone();
    }
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("deployment-{name}"), "generation": 1,
            "creationTimestamp": pod["metadata"]["creationTimestamp"], "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": head, "spec": template["spec"]}},
        "status": {"replicas": 1, "observedGeneration": 1},
    });
    store.insert(deployment.clone());
    let mut set = new_replica_set(&deployment, 1);
    set["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    set["metadata"]["creationTimestamp"] = pod["metadata"]["creationTimestamp"].clone();
    pod["metadata"]["labels"] = set["spec"]["template"]["metadata"]["labels"].clone();
    pod["metadata"]["ownerReferences"] = owner("ReplicaSet", &set);
    store.insert(set);
    store.insert(pod);
}

/// The DaemonSet that the add-on of the Pod Identity agent makes, if there is none.
pub(crate) fn add_agent(store: &mut Store) {
    const LABEL: &str = "app.kubernetes.io/name";
    const AGENT: &str = "eks-pod-identity-agent";
    let all = store.objects("apps/v1", "DaemonSet", Some("kube-system"));
    if all.iter().any(|set| set["metadata"]["labels"][LABEL] == AGENT) {
        return;
    }
    store.insert(json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": AGENT, "namespace": "kube-system", "labels": {LABEL: AGENT}, "generation": 1},
        "spec": {
            "selector": {"matchLabels": {LABEL: AGENT}},
            "template": {"metadata": {"labels": {LABEL: AGENT}}, "spec": {"containers": [{"name": AGENT, "image": AGENT}]}},
        },
        "status": {"desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1, "numberMisscheduled": 0},
    }));
}

/// Whether a controller would make a pod for this Deployment: it wants one, has none, and the service account is there.
fn lacks_pods(store: &Store, namespace: &str, deployment: &Value) -> bool {
    let name = &deployment["metadata"]["name"];
    let pods = store.objects("v1", "Pod", Some(namespace));
    let own = |pod: &Value| deployment_of(store, pod).is_some_and(|owner| owner["metadata"]["name"] == *name);
    let account = deployment["spec"]["template"]["spec"]["serviceAccountName"].as_str().unwrap_or("default");
    let accounts = Resource::of_kind("v1", "ServiceAccount");
    deployment["spec"]["replicas"] != 0
        && !pods.iter().any(own)
        && accounts.is_some_and(|accounts| store.get(accounts, Some(namespace), account).is_some())
}

/// Stores a new pod once the webhook has seen it.
fn create(store: &mut Store, mut pod: Value, associated: &[String]) {
    if selects(store, &pod) {
        admit(store, &mut pod, associated);
    }
    let revision = store.next_revision();
    pod["metadata"]["uid"] = json!(format!("00000000-0000-4000-8000-{revision:012x}"));
    pod["metadata"]["creationTimestamp"] = json!(time(revision));
    pod["metadata"]["resourceVersion"] = json!(revision.to_string());
    store.insert(pod);
}

/// The Deployment that a pod belongs to, through its `ReplicaSet`.
fn deployment_of(store: &Store, pod: &Value) -> Option<Value> {
    let namespace = pod["metadata"]["namespace"].as_str();
    let owner = |object: &Value, kind: &str| {
        let owners = object["metadata"]["ownerReferences"].as_array()?;
        owners.iter().find(|owner| owner["kind"] == kind)?["name"].as_str().map(str::to_owned)
    };
    let set = store.get(Resource::of_kind("apps/v1", "ReplicaSet")?, namespace, &owner(pod, "ReplicaSet")?)?;
    store.get(Resource::of_kind("apps/v1", "Deployment")?, namespace, &owner(set, "Deployment")?).cloned()
}

/// Makes the pod one of the Deployment's current revision: template, hash, and a `ReplicaSet` of that hash, whose name
/// is returned.
fn from_template(store: &mut Store, pod: &mut Value, deployment: &Value) -> String {
    let set = current_set(store, deployment);
    let template = &deployment["spec"]["template"];
    let volumes = pod["spec"]["volumes"].as_array().cloned().unwrap_or_default();
    let is_access = |volume: &Value| volume["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access"));
    let access = volumes.into_iter().find(is_access).unwrap_or_else(api_access);
    pod["metadata"]["labels"] = set["spec"]["template"]["metadata"]["labels"].clone();
    match template["metadata"]["annotations"].as_object() {
        Some(annotations) => pod["metadata"]["annotations"] = json!(annotations),
        None => drop(pod["metadata"].as_object_mut().map(|metadata| metadata.remove("annotations"))),
    }
    pod["metadata"]["ownerReferences"] = owner("ReplicaSet", &set);
    pod["spec"] = template["spec"].clone();
    if pod["spec"]["serviceAccountName"].is_null() {
        pod["spec"]["serviceAccountName"] = json!("default");
    }
    for container in containers(&mut pod["spec"]) {
        let path = "/var/run/secrets/kubernetes.io/serviceaccount";
        push(&mut container["volumeMounts"], json!({"name": access["name"], "readOnly": true, "mountPath": path}));
    }
    push(&mut pod["spec"]["volumes"], access);
    set["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

/// The volume that every pod gets for its token of the API server.
fn api_access() -> Value {
    let namespace = json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
    json!({"name": "kube-api-access-00001", "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]}})
}

fn owner(kind: &str, object: &Value) -> Value {
    json!([{
        "apiVersion": "apps/v1", "kind": kind, "name": object["metadata"]["name"], "uid": object["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// The `ReplicaSet` of the Deployment's template; a new one, and the older ones at zero, if the template has changed.
fn current_set(store: &mut Store, deployment: &Value) -> Value {
    const REVISION: &str = "deployment.kubernetes.io/revision";
    let namespace = deployment["metadata"]["namespace"].as_str();
    let mut sets = store.objects("apps/v1", "ReplicaSet", namespace);
    sets.retain(|set| set["metadata"]["ownerReferences"][0]["name"] == deployment["metadata"]["name"]);
    let number = |set: &Value| set["metadata"]["annotations"][REVISION].as_str().and_then(|text| text.parse::<u64>().ok());
    let newest = sets.iter().filter_map(number).max().unwrap_or(0);
    let current = sets.iter().find(|set| {
        let mut own = set["spec"]["template"].clone();
        if let Some(labels) = own["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        own == deployment["spec"]["template"] && number(set) == Some(newest)
    });
    if let Some(current) = current {
        return current.clone();
    }
    for mut set in sets {
        set["spec"]["replicas"] = json!(0);
        set["status"] = json!({"replicas": 0, "observedGeneration": set["metadata"]["generation"]});
        store.insert(set);
    }
    let mut set = new_replica_set(deployment, store.next_revision());
    let number = json!((newest + 1).to_string());
    set["metadata"]["annotations"] = json!({REVISION: number});
    store.insert(set.clone());
    let mut deployment = deployment.clone();
    deployment["metadata"]["annotations"][REVISION] = number;
    store.insert(deployment);
    set
}

fn new_replica_set(deployment: &Value, revision: u64) -> Value {
    let name = deployment["metadata"]["name"].as_str().unwrap_or_default();
    let mut template = deployment["spec"]["template"].clone();
    let template_hash = format!("{:010x}", hash(&template.to_string()) & 0xff_ffff_ffff);
    template["metadata"]["labels"]["pod-template-hash"] = json!(template_hash);
    let labels = template["metadata"]["labels"].clone();
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{name}-{template_hash}"), "namespace": deployment["metadata"]["namespace"],
            "uid": format!("00000000-0000-4000-8000-{revision:012x}"), "resourceVersion": revision.to_string(),
            "generation": 1, "creationTimestamp": time(revision), "labels": labels,
            "ownerReferences": owner("Deployment", deployment),
        },
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        "status": {"replicas": 1, "fullyLabeledReplicas": 1, "observedGeneration": 1},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;

    fn recreated(name: &str, change: impl Fn(&mut Value), associated: &[String]) -> Value {
        let recording = Recording::load(name);
        let mut store = Store::default();
        for mut object in recording.cluster_objects() {
            change(&mut object);
            store.insert(object);
        }
        let namespace = &recording.scenario.namespace;
        recreate_pods(&mut store, namespace, associated);
        store.objects("v1", "Pod", Some(namespace)).remove(0)
    }

    fn variable<'p>(pod: &'p Value, name: &str) -> Option<&'p str> {
        let env = pod["spec"]["containers"][0]["env"].as_array()?;
        env.iter().find(|variable| variable["name"] == name)?["value"].as_str()
    }

    #[test]
    fn a_healthy_pod_comes_back_as_it_was() {
        let plain = Recording::load("plain");
        let before = plain.objects.iter().find(|object| object["kind"] == "Pod").unwrap();
        let after = recreated("plain", |_| (), &[]);
        for name in ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_REGION"] {
            assert_eq!(variable(&after, name), variable(before, name));
        }
        let token = |pod: &Value| {
            let volumes = pod["spec"]["volumes"].as_array().unwrap();
            volumes.iter().find(|volume| volume["name"] == "aws-iam-token").cloned()
        };
        assert_eq!(token(&after), token(before));
        assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
    }

    #[test]
    fn the_annotation_of_now_is_injected() {
        let annotate = |object: &mut Value| {
            if object["kind"] == "ServiceAccount" {
                object["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": "arn:new"});
            }
        };
        for name in ["plain", "annotation-none", "created-before-annotation", "role-stale", "rollout-half-way"] {
            let pod = recreated(name, annotate, &[]);
            assert_eq!(variable(&pod, "AWS_ROLE_ARN"), Some("arn:new"), "{name}");
        }
        let pod = recreated("plain", annotate, &["app".to_owned()]);
        assert_eq!(variable(&pod, "AWS_ROLE_ARN"), None);
        assert!(variable(&pod, "AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some());
    }

    #[test]
    fn deployments_go_on_to_a_new_revision() {
        let relabel = |object: &mut Value| {
            if object["kind"] == "Deployment" {
                object["spec"]["template"]["metadata"]["annotations"]["restarted"] = json!("now");
            }
        };
        let pod = recreated("rollout-half-way", relabel, &[]);
        assert_eq!(pod["metadata"]["annotations"]["restarted"], "now");
        let hash = pod["metadata"]["labels"]["pod-template-hash"].as_str().unwrap();
        assert_eq!(pod["metadata"]["ownerReferences"][0]["name"], format!("app-{hash}"));

        let mut account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app"}});
        let recording = Recording::load("deployment-without-pods");
        let namespace = &recording.scenario.namespace;
        let mut store = Store::default();
        recording.cluster_objects().into_iter().for_each(|object| store.insert(object));
        recreate_pods(&mut store, namespace, &[]);
        assert!(store.objects("v1", "Pod", Some(namespace)).is_empty());
        account["metadata"]["namespace"] = json!(namespace);
        let deployment = &store.objects("apps/v1", "Deployment", Some(namespace))[0];
        account["metadata"]["name"] = deployment["spec"]["template"]["spec"]["serviceAccountName"].clone();
        store.insert(account);
        recreate_pods(&mut store, namespace, &[]);
        recreate_pods(&mut store, namespace, &[]);
        assert_eq!(store.objects("v1", "Pod", Some(namespace)).len(), 1);
    }

    #[test]
    fn nothing_is_injected_where_the_webhook_does_not_look() {
        for name in ["webhook-skip-label", "webhook-deleted", "webhook-namespace-selector", "annotation-none"] {
            assert_eq!(variable(&recreated(name, |_| (), &[]), "AWS_ROLE_ARN"), None, "{name}");
        }
    }
}
