//! A pod and what hangs on it: its service account, its owners, the roles of its containers.

use super::run::Run;
use futures_util::future::join_all;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::evidence::{ROLE_ANNOTATION, controller};
use irsa_doctor_checks::scan;
use irsa_doctor_checks::snapshot::kubernetes::{Metadata, Pod, PodSpec, ServiceAccount};
use irsa_doctor_checks::snapshot::{Association, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// Whether a container of the spec already has what the webhook or the Pod Identity agent would give it.
pub(super) fn is_injected(spec: &PodSpec) -> bool {
    let mut variables = spec.init_containers.iter().chain(&spec.containers).flat_map(|container| &container.env);
    variables.any(|variable| {
        matches!(variable.name.as_str(), "AWS_ROLE_ARN" | "AWS_CONTAINER_CREDENTIALS_FULL_URI") && !variable.is_empty()
    })
}

fn roles_of(spec: &PodSpec) -> BTreeSet<&str> {
    let variables = spec.init_containers.iter().chain(&spec.containers).flat_map(|container| &container.env);
    variables.filter(|variable| variable.name == "AWS_ROLE_ARN").filter_map(|variable| variable.value.as_deref()).collect()
}

/// All that of pods leads to calls: what they have in common stands once, and the pods themselves can be given away.
#[derive(Debug, Default)]
pub(super) struct Leads {
    /// Namespace and name of a service account, and whether pods of it are injected.
    pub(super) accounts: BTreeSet<(String, String, bool)>,
    /// The roles that containers name.
    pub(super) roles: BTreeSet<String>,
    /// The nodes of pods that may be Windows'.
    windows: BTreeSet<String>,
    /// The nodes of each service account's pods.
    nodes: BTreeMap<(String, String), BTreeSet<String>>,
    /// Whether kube2iam's or kiam's annotation stands on one of them.
    marked: bool,
}

impl Leads {
    /// What a pod leads to.
    pub(super) fn of(namespace: &str, pod: &Pod) -> Self {
        let mut leads = Self::default();
        leads.add(namespace, pod);
        leads
    }

    /// Adds what a pod leads to.
    pub(super) fn add(&mut self, namespace: &str, pod: &Pod) {
        let account = (namespace.to_owned(), pod.spec.account_name().to_owned());
        self.accounts.insert((account.0.clone(), account.1.clone(), is_injected(&pod.spec)));
        self.roles.extend(roles_of(&pod.spec).into_iter().map(str::to_owned));
        if let Some(node) = pod.spec.node_name.as_deref().filter(|node| !node.is_empty()) {
            if may_be_windows(&pod.spec) {
                self.windows.insert(node.to_owned());
            }
            self.nodes.entry(account).or_default().insert(node.to_owned());
        }
        self.marked |= is_marked(&pod.metadata);
    }
}

impl Run<'_> {
    /// Follows a pod in all directions at once.
    pub(super) async fn follow_pod(&self, namespace: &str, pod: &Pod) {
        let leads = Leads::of(namespace, pod);
        tokio::join!(Box::pin(self.follow_leads(&leads)), Box::pin(self.follow_owners(namespace, &pod.metadata)));
    }

    /// Follows what pods lead to, each once: service accounts, roles, nodes and agents.
    pub(super) async fn follow_leads(&self, leads: &Leads) {
        let account = |(namespace, name, injected): &'_ (String, String, bool)| {
            let (namespace, name, injected) = (namespace.clone(), name.clone(), *injected);
            Box::pin(async move { self.follow_account(&namespace, &name, Some(injected)).await })
        };
        let nodes = leads.nodes.iter().map(|((namespace, account), nodes)| {
            Box::pin(async move {
                if self.association(namespace, account).await.is_present() {
                    join_all(nodes.iter().map(|node| Box::pin(self.node(node)))).await;
                }
            })
        });
        tokio::join!(
            join_all(leads.accounts.iter().map(account)),
            join_all(leads.roles.iter().map(|role| Box::pin(self.follow_role(role)))),
            join_all(leads.windows.iter().map(|node| Box::pin(self.node(node)))),
            join_all(nodes),
            async {
                if leads.marked {
                    self.agents().await;
                }
            },
        );
    }

    /// The owners of an object, nearest first, each a call.
    pub(super) async fn follow_owners(&self, namespace: &str, metadata: &Metadata) {
        let mut owner = controller(metadata).cloned();
        // A chain of owners is at most CronJob, Job, Pod; the bound is for objects that own themselves.
        for _ in 0..5 {
            let Some(current) = owner else { return };
            if current.kind == "Pod" {
                self.pod(namespace, &current.name).await;
                return;
            }
            let Some(kind) = scan::maker(&current.kind) else { return };
            let workload = self.workload(kind, namespace, &current.name).await;
            owner = workload.present().and_then(|workload| controller(&workload.metadata).cloned());
        }
    }

    /// A service account: its annotation's role, its association's roles; `injected` says of a pod or a template that runs
    /// as it whether it has what the webhook would give it.
    pub(super) async fn follow_account(&self, namespace: &str, name: &str, injected: Option<bool>) {
        let annotation = Box::pin(self.follow_annotation(namespace, name, injected));
        tokio::join!(annotation, Box::pin(self.follow_association(namespace, name)));
    }

    async fn follow_annotation(&self, namespace: &str, name: &str, injected: Option<bool>) {
        let account = self.service_account(namespace, name).await;
        let annotated = account.present().and_then(|account| account.metadata.annotation(ROLE_ANNOTATION)).unwrap_or_default();
        let valid = RoleArn::parse(annotated).is_some();
        let addons = async {
            if account.present().is_some_and(|account| may_be_of_addon(namespace, account)) {
                self.addons().await;
            }
        };
        let hints = async {
            if !valid && injected != Some(true) {
                self.hints_without_role(namespace, name).await;
            } else if injected == Some(false) {
                self.hints_without_injection(namespace).await;
            }
        };
        tokio::join!(Box::pin(self.follow_role(annotated)), Box::pin(addons), Box::pin(hints));
    }

    /// What could be meant where an account has no role: other accounts, the namespace's annotations, roles that trust
    /// this account.
    async fn hints_without_role(&self, namespace: &str, name: &str) {
        let roles = async {
            // Not where Pod Identity gives the role.
            if !self.association(namespace, name).await.is_present()
                && let Some(account) = self.cluster_account().await
            {
                self.roles(&account).await;
            }
        };
        tokio::join!(self.service_accounts(namespace), self.namespace(namespace), roles);
    }

    /// What could keep the webhook from a pod: its namespace's labels; and whether younger pods are injected.
    async fn hints_without_injection(&self, namespace: &str) {
        let list = async |api: &crate::collect::kubernetes::Api| {
            api.pods(&crate::collect::kubernetes::Selector::namespace(namespace)).await
        };
        let pods = async {
            // A scan has listed them.
            if !self.cluster.pod_lists.answer(namespace, "list pods").is_present() {
                self.pods(namespace, list).await;
            }
        };
        tokio::join!(self.namespace(namespace), pods);
    }

    async fn follow_association(&self, namespace: &str, name: &str) {
        if let Observed::Present(Association { role_arn, target_role_arn, .. }) = self.association(namespace, name).await {
            let target = async {
                if let Some(target) = &target_role_arn {
                    Box::pin(self.follow_role(target)).await;
                }
            };
            tokio::join!(Box::pin(self.follow_role(&role_arn)), target, Box::pin(self.agents()));
        }
    }

    /// kube2iam and kiam matter where their annotation stands.
    pub(super) async fn follow_marks(&self, metadata: &Metadata) {
        if is_marked(metadata) {
            self.agents().await;
        }
    }
}

fn is_marked(metadata: &Metadata) -> bool {
    metadata.annotations.contains_key("iam.amazonaws.com/role")
}

/// Whether something says Windows, without anything saying which operating system it is.
fn may_be_windows(spec: &PodSpec) -> bool {
    let containers = spec.containers.iter().chain(&spec.init_containers);
    let settings = containers.filter_map(|container| container.security_context.as_ref()).chain(&spec.security_context);
    let affinity = spec.affinity.as_ref().is_some_and(|affinity| affinity.to_string().contains("windows"));
    let selector = spec.node_selector.iter().any(|(key, value)| key.contains("windows") || value == "windows");
    let mut settings = settings;
    affinity
        || selector
        || spec.os.as_ref().is_some_and(|os| os.name == "windows")
        || settings.any(|settings| settings.windows_options.is_some())
}

/// Whether an EKS add-on could own the account: by its namespace, or by who wrote it.
fn may_be_of_addon(namespace: &str, account: &ServiceAccount) -> bool {
    let metadata = &account.metadata;
    let label = metadata.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by.eq_ignore_ascii_case("eks"));
    let system = namespace == "kube-system" || namespace.starts_with("amazon-") || namespace.starts_with("aws-");
    system || label || metadata.managed_fields.iter().any(|manager| manager.manager == "eks")
}
