//! Large clusters and accounts for benches: the same ones for the same [`Shape`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aws::{Accounts, Cluster, Role};
use crate::recording::{ApiServer, Recording, Served};

/// How large, and how broken.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many pods.
    pub pods: usize,
    /// How many service accounts; the pods are dealt out to them in turn.
    pub service_accounts: usize,
    /// How many roles; the service accounts are dealt out to them in turn.
    pub roles: usize,
    /// Of a hundred service accounts about this many are broken.
    pub broken_percent: u64,
    /// Whether the pods of a service account are a Deployment's; else nobody owns them.
    pub deployments: bool,
    /// Which ones, and how.
    pub seed: u64,
}

/// What is wrong with a service account, and so with all its pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breakage {
    /// The role's trust policy names the other service accounts, not this one: `trust-subject-mismatch`.
    SubjectMismatch,
    /// The annotation names a role that isn't there: `role-missing`.
    RoleMissing,
    /// The annotation's key is misspelt, the pods are not injected: `annotation-key-typo`.
    KeyTypo,
    /// The pods are older than the annotation and not injected: `pod-created-before-annotation`.
    PodIsOlder,
}

/// A cluster and the account behind it.
#[derive(Debug, Clone)]
pub struct Generated {
    /// What is in the cluster, the webhook configuration too.
    pub objects: Vec<Value>,
    /// The account.
    pub accounts: Accounts,
    /// The EKS side.
    pub cluster: Cluster,
    /// What is broken, by namespace and name: pods, or the Deployments of pods.
    pub broken: BTreeMap<(String, String), Breakage>,
    /// All namespaces of pods.
    pub namespaces: BTreeSet<String>,
}

impl Generated {
    /// Starts the servers and writes the configuration files.
    pub fn serve(&self) -> Served {
        Served::with(self.objects.clone(), &self.accounts, self.cluster.clone(), ApiServer::Ok)
    }
}

const ACCOUNT: &str = "123456789012";

/// Generates. Pods, service accounts and namespaces have the shape of the recording `plain`.
///
/// # Panics
/// When there are pods but no service accounts, or service accounts but no roles.
pub fn cluster(shape: &Shape) -> Generated {
    let template = Template::load();
    let mut random = Random(shape.seed);
    let owners: Vec<Owner> = (0..shape.service_accounts).map(|index| Owner::new(index, shape, &mut random)).collect();
    let mut generated = Generated {
        objects: template.shared.clone(),
        accounts: Accounts::single(ACCOUNT, roles(shape, &owners, &template.issuer)),
        cluster: Cluster::new(&template.issuer),
        broken: BTreeMap::new(),
        namespaces: owners.iter().map(|owner| owner.namespace.clone()).collect(),
    };
    for namespace in &generated.namespaces {
        generated.objects.push(template.namespace(namespace));
    }
    generated.objects.extend(owners.iter().map(|owner| template.service_account(owner)));
    if shape.deployments {
        generated.objects.extend(owners.iter().flat_map(|owner| template.deployment(owner)));
    }
    for index in 0..shape.pods {
        let owner = &owners[index % owners.len()];
        let name =
            if shape.deployments { format!("{}-{HASH}-{index:05}", owner.name) } else { format!("{}-{index:05}", owner.name) };
        let mut pod = template.pod(owner, &name);
        if shape.deployments {
            pod["metadata"]["labels"] = json!({"app": owner.name, "pod-template-hash": HASH});
            pod["metadata"]["ownerReferences"] = owned_by("ReplicaSet", &format!("{}-{HASH}", owner.name));
        }
        generated.objects.push(pod);
        if let Some(breakage) = owner.breakage {
            let target = if shape.deployments { owner.name.clone() } else { name };
            generated.broken.insert((owner.namespace.clone(), target), breakage);
        }
    }
    generated
}

/// The hash in the names of ReplicaSets.
const HASH: &str = "5d4f8c7b9d";

fn owned_by(kind: &str, name: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": format!("uid-{name}"), "controller": true}])
}

/// A service account.
struct Owner {
    namespace: String,
    name: String,
    role: usize,
    breakage: Option<Breakage>,
}

impl Owner {
    /// Ten service accounts share a namespace.
    fn new(index: usize, shape: &Shape, random: &mut Random) -> Self {
        let breakage = (random.below(100) < shape.broken_percent).then(|| match random.below(4) {
            0 => Breakage::SubjectMismatch,
            1 => Breakage::RoleMissing,
            2 => Breakage::KeyTypo,
            _ => Breakage::PodIsOlder,
        });
        Self {
            namespace: format!("team-{:03}", index / 10),
            name: format!("app-{index:04}"),
            role: index % shape.roles,
            breakage,
        }
    }

    fn role_arn(&self) -> String {
        let gone = if self.breakage == Some(Breakage::RoleMissing) { "-gone" } else { "" };
        format!("arn:aws:iam::{ACCOUNT}:role/{}{gone}", role_name(self.role))
    }

    fn is_injected(&self) -> bool {
        !matches!(self.breakage, Some(Breakage::KeyTypo | Breakage::PodIsOlder))
    }
}

fn role_name(index: usize) -> String {
    format!("app-role-{index:04}")
}

/// Each role trusts its service accounts by name and may read one bucket.
fn roles(shape: &Shape, owners: &[Owner], issuer: &str) -> Vec<Role> {
    let host = issuer.trim_start_matches("https://");
    let mut subjects = vec![Vec::new(); shape.roles];
    for owner in owners.iter().filter(|owner| owner.breakage != Some(Breakage::SubjectMismatch)) {
        subjects[owner.role].push(format!("system:serviceaccount:{}:{}", owner.namespace, owner.name));
    }
    let role = |(index, mut subjects): (usize, Vec<String>)| {
        // Nobody is left: the role trusts somebody who isn't there.
        if subjects.is_empty() {
            subjects.push("system:serviceaccount:team-000:retired".to_owned());
        }
        let name = role_name(index);
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{host}:aud"): "sts.amazonaws.com",
                format!("{host}:sub"): subjects,
            }},
        }]});
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")],
        }]});
        Role::new(&name, trust).attach(&format!("{name}-policy"), policy)
    };
    subjects.into_iter().enumerate().map(role).collect()
}

/// The objects of the recording `plain`, as text in which names are exchanged.
struct Template {
    shared: Vec<Value>,
    issuer: String,
    old_namespace: String,
    old_role: String,
    texts: BTreeMap<&'static str, String>,
}

impl Template {
    fn load() -> Self {
        let plain = Recording::load("plain");
        let text = |kind: &'static str| {
            let object = plain.objects.iter().find(|object| object["kind"] == kind);
            (kind, object.expect("the recording `plain` has one of each").to_string())
        };
        let old_role = plain.expect.identity.role_arn.clone().expect("the recording `plain` expects a role");
        let others = plain.cluster_objects().into_iter();
        Self {
            shared: others.filter(|object| !plain.objects.contains(object)).collect(),
            issuer: plain.scenario.issuer.clone(),
            old_namespace: plain.scenario.namespace.clone(),
            old_role,
            texts: BTreeMap::from([text("Pod"), text("ServiceAccount"), text("Namespace")]),
        }
    }

    fn object(&self, kind: &str, namespace: &str, role: &str) -> Value {
        let text = self.texts[kind].replace(&self.old_role, role).replace(&self.old_namespace, namespace);
        serde_json::from_str(&text).expect("JSON stays JSON when names change")
    }

    fn namespace(&self, namespace: &str) -> Value {
        let mut object = self.object("Namespace", namespace, "");
        object["metadata"]["creationTimestamp"] = json!("2026-11-01T00:00:00Z");
        object
    }

    fn service_account(&self, owner: &Owner) -> Value {
        let mut object = self.object("ServiceAccount", &owner.namespace, &owner.role_arn());
        let typo = owner.breakage == Some(Breakage::KeyTypo);
        let key = if typo { "eks.amazonaws.com/role_arn" } else { "eks.amazonaws.com/role-arn" };
        object["metadata"]["name"] = json!(owner.name);
        object["metadata"]["annotations"] = json!({key: owner.role_arn()});
        object
    }

    /// A Deployment and its ReplicaSet.
    fn deployment(&self, owner: &Owner) -> [Value; 2] {
        let mut template = self.pod(owner, &owner.name);
        take_out_injection(&mut template);
        let template = json!({"metadata": {"labels": {"app": owner.name}}, "spec": template["spec"]});
        let object = |kind: &str, name: &str, labels: Value| {
            json!({
                "apiVersion": "apps/v1", "kind": kind,
                "metadata": {"name": name, "namespace": owner.namespace, "labels": labels, "uid": format!("uid-{name}"),
                    "creationTimestamp": "2026-11-21T00:00:00Z", "annotations": {"deployment.kubernetes.io/revision": "1"}},
                "spec": {"replicas": 5, "selector": {"matchLabels": labels}, "template": template},
                "status": {"replicas": 5},
            })
        };
        let deployment = object("Deployment", &owner.name, json!({"app": owner.name}));
        let labels = json!({"app": owner.name, "pod-template-hash": HASH});
        let mut replica_set = object("ReplicaSet", &format!("{}-{HASH}", owner.name), labels);
        replica_set["metadata"]["ownerReferences"] = owned_by("Deployment", &owner.name);
        [deployment, replica_set]
    }

    fn pod(&self, owner: &Owner, name: &str) -> Value {
        let mut pod = self.object("Pod", &owner.namespace, &owner.role_arn());
        pod["metadata"]["name"] = json!(name);
        for field in ["serviceAccountName", "serviceAccount"] {
            pod["spec"][field] = json!(owner.name);
        }
        if !owner.is_injected() {
            take_out_injection(&mut pod);
        }
        if owner.breakage == Some(Breakage::PodIsOlder) {
            pod["metadata"]["creationTimestamp"] = json!("2026-11-20T00:00:00Z");
        }
        pod
    }
}

/// Takes out what the webhook put in.
fn take_out_injection(pod: &mut Value) {
    let is_token = |value: &Value| value["name"] == "aws-iam-token";
    let is_ours = |value: &Value| value["name"].as_str().is_some_and(|name| name.starts_with("AWS_"));
    let spec = &mut pod["spec"];
    if let Some(volumes) = spec["volumes"].as_array_mut() {
        volumes.retain(|volume| !is_token(volume));
    }
    for container in spec["containers"].as_array_mut().into_iter().flatten() {
        for (field, drop) in [("volumeMounts", &is_token as &dyn Fn(&Value) -> bool), ("env", &is_ours)] {
            if let Some(list) = container[field].as_array_mut() {
                list.retain(|value| !drop(value));
            }
        }
    }
}

/// `SplitMix64` (<https://prng.di.unimi.it/splitmix64.c>): small, and the same everywhere.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number below a bound that isn't 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::get;

    const SHAPE: Shape = Shape { pods: 200, service_accounts: 100, roles: 20, broken_percent: 30, deployments: false, seed: 7 };

    #[test]
    fn the_same_shape_gives_the_same_cluster() {
        let (one, two) = (cluster(&SHAPE), cluster(&SHAPE));
        assert_eq!((&one.objects, &one.broken), (&two.objects, &two.broken));
        assert_ne!(one.broken, cluster(&Shape { seed: 8, ..SHAPE }).broken);
        let kinds: BTreeSet<Breakage> = one.broken.values().copied().collect();
        assert_eq!(kinds.len(), 4);
        assert!((30..90).contains(&one.broken.len()), "{}", one.broken.len());
        assert!(cluster(&Shape { broken_percent: 0, ..SHAPE }).broken.is_empty());
    }

    #[test]
    fn what_is_generated_is_served_and_broken_as_told() {
        let generated = cluster(&SHAPE);
        let served = generated.serve();
        let api = &served.kubernetes;
        assert_eq!(get(&api.url(), "/api/v1/pods").json()["items"].as_array().unwrap().len(), SHAPE.pods);
        let roles = &generated.accounts.accounts[ACCOUNT].roles;
        for pod in generated.objects.iter().filter(|object| object["kind"] == "Pod") {
            let text = |field: &str| pod["metadata"][field].as_str().unwrap().to_owned();
            let broken = generated.broken.get(&(text("namespace"), text("name")));
            let injected = pod.to_string().contains("AWS_ROLE_ARN");
            assert_eq!(injected, !matches!(broken, Some(Breakage::KeyTypo | Breakage::PodIsOlder)));
            let account = pod["spec"]["serviceAccountName"].as_str().unwrap();
            let trusted = roles.iter().any(|role| role.trust.0.contains(&format!(":{account}\"")));
            assert_eq!(trusted, broken != Some(&Breakage::SubjectMismatch), "{account}");
        }
    }
}
