//! A recorded scenario as a snapshot: what the collectors would bring, without I/O.

use super::faults::Faults;
use irsa_doctor_checks::snapshot::kubernetes::{
    Event, Namespace, OpenIdConfiguration, Pod, ServerVersion, ServiceAccount, WebhookConfiguration, Workload,
};
use irsa_doctor_checks::snapshot::{
    Asked, Association, Caller, Cluster, EksCluster, Gap, Observed, RequiredAction, Snapshot, Target, TargetKind, key, kind_key,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The account that the recordings' clusters live in.
pub(crate) const CLUSTER_ACCOUNT: &str = "123456789012";

/// One scenario: its folder's files.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) setup: Value,
    pub(crate) expect: Value,
    pub(crate) iam: Value,
    pub(crate) objects: Vec<Value>,
    webhook: Value,
    common: PathBuf,
}

impl Scenario {
    /// Every recorded scenario, by name.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/recordings");
        let mut names: Vec<String> = std::fs::read_dir(&root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| root.join(name).join("scenario.json").exists())
            .collect();
        names.sort();
        names.iter().map(|name| Self::read(&root, name)).collect()
    }

    fn read(root: &Path, name: &str) -> Self {
        let file = |file: &str| json(&root.join(name).join(file));
        let setup = file("scenario.json");
        let Value::Array(objects) = file("kubernetes.json") else { panic!("{name}: no list of objects") };
        let common = root.join("common").join(text(&setup, "partition"));
        Self {
            name: name.to_owned(),
            expect: file("expect.json"),
            iam: file("iam.json"),
            webhook: file("webhook.json"),
            objects,
            common,
            setup,
        }
    }

    /// The words of the command.
    pub(crate) fn command(&self) -> Vec<&str> {
        self.setup["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
    }

    fn option(&self, name: &str) -> Option<&str> {
        let command = self.command();
        command.iter().position(|word| *word == name).map(|index| command[index + 1])
    }

    fn target(&self) -> Target {
        let namespace = self.option("-n").unwrap_or("default");
        if let Some(pod) = self.option("--pod") {
            return Target::new(TargetKind::Pod, namespace, pod);
        }
        let first = self.command()[0];
        if let Some(arn) = first.strip_prefix("role/") {
            let mut target = Target::new(TargetKind::Role, "", arn);
            target.subject = self.option("--subject").map(str::to_owned);
            return target;
        }
        let Some((kind, name)) = first.split_once('/') else { return Target::new(TargetKind::Namespace, namespace, namespace) };
        let kind = match kind {
            "deploy" => TargetKind::Deployment,
            "sa" => TargetKind::ServiceAccount,
            other => panic!("{}: kind {other}", self.name),
        };
        Target::new(kind, namespace, name)
    }

    fn asked(&self) -> Asked {
        let actions = self.option("--action").map(|action| RequiredAction {
            action: action.to_owned(),
            resource: self.option("--resource").unwrap_or("*").to_owned(),
            ..RequiredAction::default()
        });
        Asked {
            targets: vec![self.target()],
            actions: actions.into_iter().collect(),
            error: self.option("--error").map(str::to_owned),
            ..Asked::default()
        }
    }

    /// The snapshot that a run of the scenario would collect.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let faults = Faults::of(&self.setup);
        let mut snapshot = Snapshot {
            schema_version: irsa_doctor_checks::snapshot::SCHEMA_VERSION,
            collected_at: "2026-11-24T00:00:00Z".to_owned(),
            asked: self.asked(),
            ..Snapshot::default()
        };
        let caller = |account: &str| {
            Observed::Present(Caller { arn: format!("arn:aws:iam::{account}:user/me"), account: account.to_owned() })
        };
        snapshot.callers.insert("default".to_owned(), caller(CLUSTER_ACCOUNT));
        snapshot.clusters.insert("my-cluster".to_owned(), self.cluster(&faults));
        super::accounts::load(self, &faults, &mut snapshot);
        if self.option("--role-profile").is_none() {
            snapshot.accounts.retain(|id, _| id == CLUSTER_ACCOUNT);
        }
        // As a collector does it.
        irsa_doctor_checks::scan::spell_out(&mut snapshot, |_, _| true);
        snapshot
    }

    fn cluster(&self, faults: &Faults) -> Cluster {
        let region = text(&self.setup, "region");
        let partition = text(&self.setup, "partition");
        let name = text(&self.setup, "cluster");
        let arn = format!("arn:{partition}:eks:{region}:{CLUSTER_ACCOUNT}:cluster/{name}");
        let mut cluster = Cluster {
            context: Some(arn.clone()),
            name: Some(name.to_owned()),
            region: Some(region.to_owned()),
            account: Some(CLUSTER_ACCOUNT.to_owned()),
            partition: Some(partition.to_owned()),
            given_issuer: self.option("--issuer").map(str::to_owned),
            ..Cluster::default()
        };
        let eks = EksCluster {
            name: name.to_owned(),
            arn: arn.clone(),
            issuer: Some(text(&self.setup, "issuer").to_owned()),
            auto_mode: Some(false),
            on_outposts: Some(false),
            ..EksCluster::default()
        };
        if self.target().kind == TargetKind::Role {
            return cluster;
        }
        cluster.arn = Some(arn);
        cluster.eks = faults.aws("eks:DescribeCluster", || Observed::Present(eks));
        if text(&self.setup, "api_server") != "ok" {
            return cluster;
        }
        self.objects_into(&mut cluster, faults);
        self.associations_into(&mut cluster, faults);
        cluster
    }

    fn objects_into(&self, cluster: &mut Cluster, faults: &Faults) {
        let namespace = text(&self.setup, "namespace");
        let mut version: ServerVersion = parse(&json(&self.common.join("version.json")));
        if !self.setup["kubernetes"]["version"].is_null() {
            version = parse(&self.setup["kubernetes"]["version"]);
        }
        cluster.version = faults.kubernetes("/version", || Observed::Present(version));
        let issuer = text(&self.setup, "issuer").to_owned();
        cluster.openid_configuration =
            faults.kubernetes("/.well-known/openid-configuration", || Observed::Present(OpenIdConfiguration { issuer }));
        let webhooks = if self.webhook.is_null() { vec![] } else { vec![parse::<WebhookConfiguration>(&self.webhook)] };
        let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
        cluster.webhooks = faults.kubernetes(path, || Observed::Present(webhooks));
        let core = |plural: &str, name: &str| format!("/api/v1/namespaces/{namespace}/{plural}/{name}");
        let (mut pods, mut accounts, mut events) = (vec![], vec![], vec![]);
        for object in &self.objects {
            let name = text(&object["metadata"], "name").to_owned();
            let kind = text(object, "kind");
            match kind {
                "Pod" => {
                    cluster.pods.insert(
                        key(namespace, &name),
                        faults.kubernetes(&core("pods", &name), || Observed::Present(parse::<Pod>(object))),
                    );
                    pods.push(name);
                }
                "ServiceAccount" => {
                    let account =
                        faults.kubernetes(&core("serviceaccounts", &name), || Observed::Present(parse::<ServiceAccount>(object)));
                    cluster.service_accounts.insert(key(namespace, &name), account);
                    accounts.push(name);
                }
                "Namespace" => {
                    let path = format!("/api/v1/namespaces/{name}");
                    cluster.namespaces.insert(name, faults.kubernetes(&path, || Observed::Present(parse::<Namespace>(object))));
                }
                "Event" => events.push(parse::<Event>(object)),
                kind => {
                    let path = format!("/apis/apps/v1/namespaces/{namespace}/{}s/{name}", kind.to_lowercase());
                    let workload = faults.kubernetes(&path, || Observed::Present(parse::<Workload>(object)));
                    cluster.workloads.insert(kind_key(kind, namespace, &name), workload);
                }
            }
        }
        self.lists_into(cluster, faults, pods, accounts, &events);
    }

    fn lists_into(&self, cluster: &mut Cluster, faults: &Faults, pods: Vec<String>, accounts: Vec<String>, events: &[Event]) {
        let namespace = text(&self.setup, "namespace");
        let core = |plural: &str| format!("/api/v1/namespaces/{namespace}/{plural}");
        for account in self.missing_accounts(&accounts) {
            let path = format!("{}/{account}", core("serviceaccounts"));
            cluster.service_accounts.insert(key(namespace, &account), faults.kubernetes(&path, || Observed::Absent));
        }
        cluster
            .service_account_lists
            .insert(namespace.to_owned(), faults.kubernetes(&core("serviceaccounts"), || Observed::Present(accounts)));
        cluster.pod_lists.insert(namespace.to_owned(), faults.kubernetes(&core("pods"), || Observed::Present(pods)));
        let involved = |kind: &str, name: &str| {
            let about = |event: &&Event| {
                let object = event.involved_object.as_ref();
                object.is_some_and(|object| object.kind.as_deref() == Some(kind) && object.name.as_deref() == Some(name))
            };
            events.iter().filter(about).cloned().collect::<Vec<_>>()
        };
        for object in &self.objects {
            let (kind, name) = (text(object, "kind"), text(&object["metadata"], "name"));
            if matches!(kind, "Deployment" | "ReplicaSet") {
                let found = faults.kubernetes(&core("events"), || Observed::Present(involved(kind, name)));
                cluster.events.insert(kind_key(kind, namespace, name), found);
            }
        }
        let common = json(&self.common.join("objects.json"));
        let agents =
            common.as_array().unwrap().iter().filter(|object| object["kind"] == "DaemonSet").map(parse::<Workload>).collect();
        cluster.agents = faults.kubernetes("/apis/apps/v1/namespaces/kube-system/daemonsets", || Observed::Present(agents));
    }

    /// Accounts that pods or templates name and that aren't there.
    fn missing_accounts(&self, accounts: &[String]) -> Vec<String> {
        let pod = self.objects.iter().filter_map(|object| object["spec"]["serviceAccountName"].as_str());
        let template = self.objects.iter().filter_map(|object| object["spec"]["template"]["spec"]["serviceAccountName"].as_str());
        pod.chain(template).filter(|name| !accounts.iter().any(|account| account == name)).map(str::to_owned).collect()
    }

    fn associations_into(&self, cluster: &mut Cluster, faults: &Faults) {
        let names: Vec<String> = cluster.service_accounts.keys().cloned().collect();
        for account in names {
            let found = self.iam["accounts"][CLUSTER_ACCOUNT]["associations"]
                .as_array()
                .unwrap()
                .iter()
                .find(|association| key(text(association, "namespace"), text(association, "serviceAccount")) == account);
            let observed = faults.aws("eks:ListPodIdentityAssociations", || match found {
                Some(found) => Observed::Present(association(found)),
                None => Observed::Absent,
            });
            cluster.associations.insert(account, observed);
        }
    }
}

fn association(found: &Value) -> Association {
    let optional = |name: &str| found[name].as_str().map(str::to_owned);
    Association {
        id: "a-1234567890".to_owned(),
        namespace: text(found, "namespace").to_owned(),
        service_account: text(found, "serviceAccount").to_owned(),
        role_arn: text(found, "roleArn").to_owned(),
        target_role_arn: optional("targetRoleArn"),
        external_id: optional("externalId"),
        session_policy: optional("policy"),
        disable_session_tags: found["disableSessionTags"].as_bool().unwrap_or(false),
        ..Association::default()
    }
}

/// A string member that must be there.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[expect(clippy::disallowed_methods, reason = "the test reads its fixtures")]
fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// A gap as a denied call leaves it.
pub(crate) fn gap(operation: &str, cause: irsa_doctor_checks::snapshot::GapCause) -> Gap {
    Gap::new(operation, cause).remedy(format!("allow {operation}"))
}
