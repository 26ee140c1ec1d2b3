//! What happens when pods are made anew: the controllers' part. The webhook's is in `webhook`.

use serde_json::{Value, json};

use super::resource::Resource;
use super::store::Store;
use super::webhook::{admit, containers, push, selects, take_out};
use super::write::time;
use crate::encoding::hash;

/// Makes each pod of a namespace anew, as after `kubectl rollout restart` or the deletion of a bare pod: from its
/// Deployment's template if it has one, else from its own spec, and then through the webhook as it is configured now.
/// `associated` are the service accounts with a Pod Identity association.
pub(crate) fn recreate_pods(store: &mut Store, namespace: &str, associated: &[String]) {
    let pods = store.objects("v1", "Pod", Some(namespace));
    for mut pod in pods {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if let Some(pods) = Resource::of_kind("v1", "Pod") {
            store.remove(pods, Some(namespace), &name);
        }
        take_out(&mut pod);
        if let Some(deployment) = deployment_of(store, &pod) {
            from_template(store, &mut pod, &deployment);
        }
        if let Some(metadata) = pod["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        if selects(store, &pod) {
            admit(store, &mut pod, associated);
        }
        let revision = store.next_revision();
        pod["metadata"]["uid"] = json!(format!("00000000-0000-4000-8000-{revision:012x}"));
        pod["metadata"]["creationTimestamp"] = json!(time(revision));
        pod["metadata"]["resourceVersion"] = json!(revision.to_string());
        store.insert(pod);
    }
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

/// Makes the pod one of the Deployment's current revision: template, hash, and a `ReplicaSet` of that hash.
fn from_template(store: &mut Store, pod: &mut Value, deployment: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, namespace) = (text(&deployment["metadata"]["name"]), text(&deployment["metadata"]["namespace"]));
    let template = &deployment["spec"]["template"];
    let sets = store.objects("apps/v1", "ReplicaSet", Some(&namespace));
    let current = sets.iter().find(|set| {
        let mut own = set["spec"]["template"].clone();
        if let Some(labels) = own["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        own == *template && set["metadata"]["ownerReferences"][0]["name"] == *name
    });
    let set = current.cloned().unwrap_or_else(|| {
        let revision = store.next_revision();
        let set = new_replica_set(deployment, revision, sets.len() + 1);
        store.insert(set.clone());
        set
    });
    let volumes = pod["spec"]["volumes"].clone();
    pod["metadata"]["labels"] = set["spec"]["template"]["metadata"]["labels"].clone();
    match template["metadata"]["annotations"].as_object() {
        Some(annotations) => pod["metadata"]["annotations"] = json!(annotations),
        None => drop(pod["metadata"].as_object_mut().map(|metadata| metadata.remove("annotations"))),
    }
    pod["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set["metadata"]["name"], "uid": set["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }]);
    let api_access = |volume: &&Value| text(&volume["name"]).starts_with("kube-api-access");
    let token = volumes.as_array().and_then(|volumes| volumes.iter().find(api_access)).cloned();
    pod["spec"] = template["spec"].clone();
    if pod["spec"]["serviceAccountName"].is_null() {
        pod["spec"]["serviceAccountName"] = json!("default");
    }
    if let Some(volume) = token {
        push(&mut pod["spec"]["volumes"], volume.clone());
        for container in containers(&mut pod["spec"]) {
            let mount =
                json!({"name": volume["name"], "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
            push(&mut container["volumeMounts"], mount);
        }
    }
}

fn new_replica_set(deployment: &Value, revision: u64, number: usize) -> Value {
    let metadata = &deployment["metadata"];
    let template_hash = format!("{:010x}", hash(&deployment["spec"]["template"].to_string()) & 0xff_ffff_ffff);
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = json!(template_hash);
    let labels = template["metadata"]["labels"].clone();
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{template_hash}", metadata["name"].as_str().unwrap_or_default()),
            "namespace": metadata["namespace"], "uid": format!("00000000-0000-4000-8000-{revision:012x}"),
            "resourceVersion": revision.to_string(), "generation": 1, "creationTimestamp": time(revision), "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": (number + 1).to_string()},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"],
                "controller": true, "blockOwnerDeletion": true,
            }],
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
    fn nothing_is_injected_where_the_webhook_does_not_look() {
        for name in ["webhook-skip-label", "webhook-deleted", "webhook-namespace-selector", "annotation-none"] {
            assert_eq!(variable(&recreated(name, |_| (), &[]), "AWS_ROLE_ARN"), None, "{name}");
        }
    }
}
