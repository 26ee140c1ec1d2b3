//! A scenario's bundle, served: the objects and accounts that somebody would have collected it from.

use irsa_doctor_test_support::{
    Account, Accounts, ApiServer, Association, Cluster, Document, Effect, Fault, Provider, Response, Role, Served,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Serves what a bundle was collected from, as far as it says.
pub(crate) fn serve(bundle: &Value) -> Served {
    let (_, cluster) = bundle["clusters"].as_object().unwrap().iter().next().unwrap();
    let cloud = eks(cluster, &own_account(bundle, cluster));
    let served = Served::with(objects(cluster), &accounts(bundle), cloud, ApiServer::Ok);
    if cluster["version"]["present"].is_object() {
        served.kubernetes.set_version(&cluster["version"]["present"]);
    }
    served.aws.set_faults(resource_policies(&bundle["resource_policies"]));
    served
}

/// The accounts of a bundle.
pub(crate) fn accounts(bundle: &Value) -> Accounts {
    let (_, cluster) = bundle["clusters"].as_object().unwrap().iter().next().unwrap();
    let mut world = Accounts::default();
    for (id, evidence) in bundle["accounts"].as_object().unwrap() {
        world.accounts.insert(id.clone(), account(evidence));
    }
    let own = world.accounts.entry(own_account(bundle, cluster)).or_default();
    own.associations = present_values(&cluster["associations"]).map(association).collect();
    own.addons = cluster["addons"]["present"].as_object().map(|addons| addons.values().filter_map(addon).collect());
    world
}

/// The pods of a bundle.
pub(crate) fn pods(bundle: &Value) -> Vec<Value> {
    let clusters = bundle["clusters"].as_object().unwrap().values();
    clusters.flat_map(|cluster| present_values(&cluster["pods"])).cloned().collect()
}

/// The answers about buckets and keys; what else bears a policy is not served.
fn resource_policies(read: &Value) -> Vec<Fault> {
    let mut answers = Vec::new();
    for (arn, seen) in read.as_object().into_iter().flatten() {
        let mut answer = |operation: &str, response| answers.push(Fault::new(&format!("{operation}$"), Effect::Reply(response)));
        let text = seen["policy"]["present"].as_str();
        if arn.contains(":s3:") {
            let none = "<Error><Code>NoSuchBucketPolicy</Code></Error>";
            let (status, body) = text.map_or((404, none), |text| (200, text));
            answer("s3:GetBucketPolicy", Response::new(status, "application/xml", body));
        } else if arn.contains(":kms:") {
            answer("kms:GetKeyPolicy", Response::json(200, &json!({"Policy": text, "PolicyName": "default"})));
            let key = seen["key"]["present"].as_str().unwrap_or(arn);
            answer(
                "kms:DescribeKey",
                Response::json(200, &json!({"KeyMetadata": {"Arn": key, "KeyId": key.rsplit('/').next()}})),
            );
        }
    }
    answers
}

fn own_account(bundle: &Value, cluster: &Value) -> String {
    let caller = bundle["callers"]["default"]["present"]["account"].as_str();
    cluster["account"].as_str().or(caller).unwrap_or("123456789012").to_owned()
}

fn eks(cluster: &Value, account: &str) -> Cluster {
    let issuer =
        [&cluster["eks"]["present"]["issuer"], &cluster["openid_configuration"]["present"]["issuer"], &cluster["given_issuer"]];
    let issuer = issuer.into_iter().find_map(Value::as_str).unwrap_or("https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE");
    let mut eks = Cluster::new(issuer);
    account.clone_into(&mut eks.account);
    for (field, key) in [(&mut eks.name, "name"), (&mut eks.region, "region"), (&mut eks.partition, "partition")] {
        if let Some(text) = cluster[key].as_str() {
            text.clone_into(field);
        }
    }
    let seen = &cluster["eks"]["present"];
    if seen["auto_mode"] == true {
        eks.extra.insert("computeConfig".to_owned(), json!({"enabled": true}));
    }
    if let Some(authority) = seen["certificate_authority"].as_str() {
        eks.extra.insert("certificateAuthority".to_owned(), json!({"data": authority}));
    }
    eks
}

/// The values of a map of answers that are there.
fn present_values(answers: &Value) -> impl Iterator<Item = &Value> {
    answers.as_object().into_iter().flat_map(Map::values).filter_map(|answer| answer.get("present"))
}

fn objects(cluster: &Value) -> Vec<Value> {
    let mut objects = Vec::new();
    let mut add = |kind: &str, object: &Value| {
        let mut object = object.clone();
        object["apiVersion"] = json!(api_version(kind));
        object["kind"] = json!(kind);
        objects.push(object);
    };
    for (key, kind) in [("namespaces", "Namespace"), ("service_accounts", "ServiceAccount"), ("nodes", "Node"), ("pods", "Pod")] {
        present_values(&cluster[key]).for_each(|object| add(kind, &written(object)));
    }
    for workload in present_values(&cluster["workloads"]) {
        add(workload["kind"].as_str().unwrap(), &written(workload));
    }
    let list = |key: &str| cluster[key]["present"].as_array().cloned().unwrap_or_default();
    for object in list("webhooks") {
        add("MutatingWebhookConfiguration", &object);
    }
    for mut agent in list("agents") {
        if agent["spec"]["template"].is_null() {
            agent["spec"]["template"] = json!({"spec": {"containers": [{"name": "agent", "image": "agent"}]}});
        }
        add("DaemonSet", &agent);
    }
    // What a list names is there, though nobody looked closer.
    for (namespace, names) in cluster["service_account_lists"].as_object().into_iter().flatten() {
        for name in names["present"].as_array().into_iter().flatten() {
            let key = format!("{namespace}/{}", name.as_str().unwrap());
            if cluster["service_accounts"].get(&key).is_none() {
                add("ServiceAccount", &json!({"metadata": {"name": name, "namespace": namespace}}));
            }
        }
    }
    objects
}

fn api_version(kind: &str) -> &'static str {
    match kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => "apps/v1",
        "Job" | "CronJob" => "batch/v1",
        "Rollout" => "argoproj.io/v1alpha1",
        "MutatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        _ => "v1",
    }
}

/// An object with its variables as a cluster has them: a value that a bundle leaves out gets one.
fn written(object: &Value) -> Value {
    match object {
        Value::Object(members) if members.contains_key("literal") && members.contains_key("name") => {
            let mut variable = json!({"name": members["name"]});
            if let Some(from) = members.get("valueFrom") {
                variable["valueFrom"] = from.clone();
            } else if members["literal"] == "set" {
                variable["value"] = members.get("value").cloned().unwrap_or_else(|| json!("kept-out-of-bundles"));
            }
            variable
        }
        Value::Object(members) => members.iter().map(|(key, member)| (key.clone(), written(member))).collect(),
        Value::Array(items) => items.iter().map(written).collect(),
        other => other.clone(),
    }
}

fn account(evidence: &Value) -> Account {
    let mut account = Account::default();
    for (arn, policy) in evidence["policies"].as_object().into_iter().flatten() {
        // The policies of AWS are the stand-in's own.
        if !arn.contains(":iam::aws:policy/")
            && let Some(document) = default_document(policy)
        {
            let name = arn.split_once(":policy/").map_or(arn.as_str(), |(_, name)| name);
            account.policies.insert(name.to_owned(), document);
        }
    }
    for listed in evidence["policy_list"]["present"].as_array().into_iter().flatten() {
        let (arn, name) = (listed["arn"].as_str().unwrap(), listed["name"].as_str().unwrap());
        if !arn.contains(":iam::aws:policy/") && evidence["policies"].get(arn).is_none() {
            let nothing =
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}"#;
            account.policies.insert(name.to_owned(), Document::from(nothing));
        }
    }
    account.roles = evidence["roles"].as_object().into_iter().flatten().filter_map(|(_, evidence)| role(evidence)).collect();
    for summary in evidence["role_list"]["present"].as_array().into_iter().flatten() {
        let name = summary["name"].as_str().unwrap();
        if !account.roles.iter().any(|role| role.name == name)
            && evidence["roles"].get(name).is_none_or(|role| role["role"] != "absent")
        {
            account.roles.push(Role::new(name, summary["trust_policy"].as_str().unwrap_or("{}")));
        }
    }
    account.providers = Some(providers(evidence));
    account
}

fn default_document(policy: &Value) -> Option<Document> {
    let version = policy["policy"]["present"]["default_version_id"].as_str()?;
    policy["documents"][version]["present"].as_str().map(Document::from)
}

fn role(evidence: &Value) -> Option<Role> {
    let seen = evidence["role"].get("present")?;
    let mut role = Role::new(seen["name"].as_str()?, seen["trust_policy"].as_str()?);
    seen["path"].as_str().unwrap_or("/").clone_into(&mut role.path);
    role.boundary = seen["permissions_boundary"].as_str().map(str::to_owned);
    role.tags = texts(&seen["tags"]);
    role.last_used = seen["last_used"].as_str().map(str::to_owned);
    if let Some(seconds) = seen["max_session_duration"].as_u64() {
        role.max_session_duration = u32::try_from(seconds).unwrap();
    }
    let arns = evidence["attached"]["present"].as_array().into_iter().flatten();
    role.attached.arns = arns.map(|policy| policy["arn"].as_str().unwrap().to_owned()).collect();
    for (name, text) in evidence["inline"].as_object().into_iter().flatten() {
        if let Some(text) = text["present"].as_str() {
            role.inline.insert(name.clone(), Document::from(text));
        }
    }
    Some(role)
}

fn texts(map: &Value) -> BTreeMap<String, String> {
    let text = |(key, value): (&String, &Value)| (key.clone(), value.as_str().unwrap().to_owned());
    map.as_object().into_iter().flatten().map(text).collect()
}

/// The providers that were got, and those that are only listed.
fn providers(evidence: &Value) -> Vec<Provider> {
    let mut providers: Vec<Provider> = present_values(&evidence["providers"])
        .map(|seen| Provider {
            url: format!("https://{}", seen["url"].as_str().unwrap().trim_start_matches("https://")),
            client_ids: serde_json::from_value(seen["client_ids"].clone()).unwrap(),
            thumbprints: serde_json::from_value(seen["thumbprints"].clone()).unwrap(),
            tags: texts(&seen["tags"]),
        })
        .collect();
    for arn in evidence["provider_arns"]["present"].as_array().into_iter().flatten() {
        let url = format!("https://{}", arn.as_str().unwrap().split_once("oidc-provider/").unwrap().1);
        if !providers.iter().any(|provider| provider.url == url) {
            let client_ids = vec!["sts.amazonaws.com".to_owned()];
            providers.push(Provider { url, client_ids, thumbprints: Vec::new(), tags: BTreeMap::new() });
        }
    }
    providers
}

fn association(seen: &Value) -> Association {
    let text = |key: &str| seen[key].as_str().unwrap_or_default().to_owned();
    let mut fields = Map::new();
    for (ours, theirs) in [
        ("role_arn", "roleArn"),
        ("target_role_arn", "targetRoleArn"),
        ("external_id", "externalId"),
        ("session_policy", "policy"),
        ("disable_session_tags", "disableSessionTags"),
        ("owner_arn", "ownerArn"),
        ("id", "associationId"),
        ("arn", "associationArn"),
    ] {
        if let Some(value) = seen.get(ours).filter(|value| !value.is_null()) {
            fields.insert(theirs.to_owned(), value.clone());
        }
    }
    Association { namespace: text("namespace"), service_account: text("service_account"), fields }
}

fn addon(answer: &Value) -> Option<Value> {
    let seen = answer.get("present").unwrap_or(answer);
    let mut addon = json!({"addonName": seen["name"].as_str()?});
    for (ours, theirs) in [("service_account_role_arn", "serviceAccountRoleArn"), ("status", "status")] {
        if let Some(text) = seen[ours].as_str() {
            addon[theirs] = json!(text);
        }
    }
    Some(addon)
}
