//! What is kept of Kubernetes objects: the API's own shape, so that a path into one of these holds in
//! the real object, and only the fields that some check reads.
//!
//! No type here has a field that could hold a secret. See [`EnvVar`] and [`Metadata::annotations`].

mod env;
mod metadata;

pub use env::{EnvFromSource, EnvVar, EnvVarSource, KeyRef, Literal, NameRef, READABLE_VARIABLES};
pub use metadata::{FieldsManager, Metadata, OwnerReference};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Declares slim API objects: camelCase, every field optional, nothing unknown kept.
macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name {
            $($(#[$field_doc])* #[serde(skip_serializing_if = "crate::snapshot::kubernetes::is_default")] pub $field: $kind,)*
        }
    )*};
}

/// Whether a field holds nothing that is worth writing.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

objects! {
    /// A Pod.
    Pod {
        /// `metadata`.
        metadata: Metadata,
        /// `spec`.
        spec: PodSpec,
        /// `status`.
        status: PodStatus,
    }
    /// The spec of a pod or of a pod template.
    PodSpec {
        /// The service account; `None` in a template means `default`.
        service_account_name: Option<String>,
        /// Regular containers.
        containers: Vec<Container>,
        /// Init containers, native sidecars among them (`restartPolicy: Always`).
        init_containers: Vec<Container>,
        /// Debug containers; the webhook never sees them.
        ephemeral_containers: Vec<Container>,
        /// Volumes.
        volumes: Vec<Volume>,
        /// Pod-level security settings.
        security_context: Option<SecurityContext>,
        /// The node that the pod is bound to.
        node_name: Option<String>,
        /// What the node must bear.
        node_selector: BTreeMap<String, String>,
        /// The declared operating system.
        os: Option<PodOs>,
        /// Whether the pod shares the node's network.
        host_network: Option<bool>,
        /// Whether Kubernetes' own token is mounted. It has no say in IRSA.
        automount_service_account_token: Option<bool>,
        /// The scheduler; `fargate-scheduler` on Fargate.
        scheduler_name: Option<String>,
        /// Node affinity and the like, kept as it is (it holds no secret): Windows pods are found by it.
        affinity: Option<serde_json::Value>,
    }
    /// `spec.os`.
    PodOs {
        /// `linux` or `windows`.
        name: String,
    }
    /// A pod's status.
    PodStatus {
        /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
        phase: Option<String>,
        /// A short reason, as of an evicted pod.
        reason: Option<String>,
        /// When the kubelet took it.
        start_time: Option<String>,
    }
    /// A container.
    Container {
        /// Its name.
        name: String,
        /// Its image.
        image: Option<String>,
        /// Its environment.
        env: Vec<EnvVar>,
        /// Whole config maps and secrets as environment.
        env_from: Vec<EnvFromSource>,
        /// Its mounts.
        volume_mounts: Vec<VolumeMount>,
        /// Its security settings.
        security_context: Option<SecurityContext>,
        /// `Always` makes an init container a native sidecar.
        restart_policy: Option<String>,
    }
    /// Security settings of a pod or a container, as far as they decide who can read a file.
    SecurityContext {
        /// The user id.
        run_as_user: Option<i64>,
        /// The group id.
        run_as_group: Option<i64>,
        /// Whether root is refused.
        run_as_non_root: Option<bool>,
        /// The group that owns volumes (pods only).
        fs_group: Option<i64>,
        /// Further groups (pods only).
        supplemental_groups: Vec<i64>,
        /// Whether the container's root file system is read-only.
        read_only_root_filesystem: Option<bool>,
        /// Windows' settings.
        windows_options: Option<serde_json::Value>,
    }
    /// A volume's mount.
    VolumeMount {
        /// The volume's name.
        name: String,
        /// Where.
        mount_path: String,
        /// A path inside the volume: such a mount is never refreshed.
        sub_path: Option<String>,
        /// The same, with variables.
        sub_path_expr: Option<String>,
        /// Whether it is read-only.
        read_only: Option<bool>,
    }
    /// A volume. Of the kinds that matter to no check, nothing but the name is kept.
    Volume {
        /// Its name.
        name: String,
        /// A projection of several sources.
        projected: Option<ProjectedVolume>,
        /// A secret (its name, never its data).
        secret: Option<SecretVolume>,
        /// A config map (its name, never its data).
        config_map: Option<NameRef>,
        /// An empty directory.
        empty_dir: Option<Empty>,
        /// A path of the node.
        host_path: Option<HostPath>,
        /// A CSI volume.
        csi: Option<CsiVolume>,
    }
    /// A projected volume.
    ProjectedVolume {
        /// What is projected.
        sources: Vec<ProjectionSource>,
        /// The files' mode.
        default_mode: Option<i32>,
    }
    /// One source of a projected volume.
    ProjectionSource {
        /// A service account's token.
        service_account_token: Option<TokenProjection>,
        /// A secret.
        secret: Option<NameRef>,
        /// A config map.
        config_map: Option<NameRef>,
    }
    /// A projected service account token.
    TokenProjection {
        /// The token's audience; `None` (or empty) is the API server's own.
        audience: Option<String>,
        /// Its life, in seconds.
        expiration_seconds: Option<i64>,
        /// The file's path inside the volume.
        path: String,
    }
    /// A secret as a volume.
    SecretVolume {
        /// The secret's name.
        secret_name: String,
    }
    /// A path of the node as a volume.
    HostPath {
        /// The path.
        path: String,
    }
    /// A CSI volume.
    CsiVolume {
        /// The driver.
        driver: String,
    }
    /// Something that is there and has no content of interest.
    Empty {}
    /// A ServiceAccount.
    ServiceAccount {
        /// `metadata`.
        metadata: Metadata,
        /// Whether Kubernetes' own token is mounted. It has no say in IRSA.
        automount_service_account_token: Option<bool>,
    }
    /// A Namespace.
    Namespace {
        /// `metadata`.
        metadata: Metadata,
    }
    /// A Node.
    Node {
        /// `metadata`.
        metadata: Metadata,
        /// `spec`.
        spec: NodeSpec,
        /// `status`.
        status: NodeStatus,
    }
    /// A node's spec.
    NodeSpec {
        /// `aws:///zone/i-...` on EC2.
        provider_id: Option<String>,
    }
    /// A node's status.
    NodeStatus {
        /// What the kubelet says of itself.
        node_info: Option<NodeInfo>,
    }
    /// What the kubelet says of its node.
    NodeInfo {
        /// `linux` or `windows`.
        operating_system: Option<String>,
        /// The kubelet's version.
        kubelet_version: Option<String>,
    }
    /// An Event.
    Event {
        /// `metadata`.
        metadata: Metadata,
        /// `FailedCreate`, ...
        reason: Option<String>,
        /// What happened.
        message: Option<String>,
        /// `Normal` or `Warning`.
        #[serde(rename = "type")]
        kind: Option<String>,
        /// When it was last seen.
        last_timestamp: Option<String>,
        /// What it is about.
        involved_object: Option<ObjectReference>,
    }
    /// A reference to an object.
    ObjectReference {
        /// The kind.
        kind: Option<String>,
        /// The namespace.
        namespace: Option<String>,
        /// The name.
        name: Option<String>,
    }
    /// Anything that makes pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, Argo Rollout.
    Workload {
        /// The kind.
        kind: String,
        /// `metadata`.
        metadata: Metadata,
        /// `spec`.
        spec: WorkloadSpec,
        /// `status`.
        status: WorkloadStatus,
    }
    /// A workload's spec.
    WorkloadSpec {
        /// Which pods are its own.
        selector: Option<LabelSelector>,
        /// How many pods it wants.
        replicas: Option<i32>,
        /// Whether a Deployment is paused.
        paused: Option<bool>,
        /// Whether a Job or CronJob is suspended.
        suspend: Option<bool>,
        /// How a StatefulSet or DaemonSet replaces pods (`OnDelete` doesn't).
        update_strategy: Option<UpdateStrategy>,
        /// The pods' template.
        template: Option<PodTemplate>,
        /// A CronJob's job.
        job_template: Option<JobTemplate>,
        /// The Deployment that an Argo Rollout takes its template from.
        workload_ref: Option<ObjectReference>,
    }
    /// A workload's status.
    WorkloadStatus {
        /// How many pods there are.
        replicas: Option<i32>,
        /// A StatefulSet's or Rollout's revision that pods are being moved to.
        update_revision: Option<String>,
        /// A StatefulSet's revision that pods are being moved from.
        current_revision: Option<String>,
        /// An Argo Rollout's current template hash.
        current_pod_hash: Option<String>,
        /// Pods of a DaemonSet that should run.
        desired_number_scheduled: Option<i32>,
        /// Pods of a DaemonSet that are ready.
        number_ready: Option<i32>,
    }
    /// How pods are replaced.
    UpdateStrategy {
        /// `RollingUpdate` or `OnDelete`.
        #[serde(rename = "type")]
        kind: Option<String>,
        /// How a StatefulSet or DaemonSet rolls.
        rolling_update: Option<RollingUpdate>,
    }
    /// How pods are replaced.
    RollingUpdate {
        /// Pods of a StatefulSet with a lower ordinal keep the revision before.
        partition: Option<i32>,
    }
    /// A pod template.
    PodTemplate {
        /// `metadata`.
        metadata: Metadata,
        /// `spec`.
        spec: PodSpec,
    }
    /// A CronJob's job template.
    JobTemplate {
        /// `spec`.
        spec: JobSpec,
    }
    /// A job's spec inside a CronJob.
    JobSpec {
        /// The pods' template.
        template: PodTemplate,
    }
    /// A label selector.
    LabelSelector {
        /// Labels that must have these values.
        match_labels: BTreeMap<String, String>,
        /// Further requirements.
        match_expressions: Vec<SelectorRequirement>,
    }
    /// One requirement of a label selector.
    SelectorRequirement {
        /// The label's key.
        key: String,
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        operator: String,
        /// The values.
        values: Vec<String>,
    }
    /// A MutatingWebhookConfiguration.
    WebhookConfiguration {
        /// `metadata`.
        metadata: Metadata,
        /// The webhooks.
        webhooks: Vec<Webhook>,
    }
    /// One webhook of a configuration.
    Webhook {
        /// Its name.
        name: String,
        /// Where it is called.
        client_config: WebhookClientConfig,
        /// What it is called for.
        rules: Vec<WebhookRule>,
        /// `Ignore` or `Fail`.
        failure_policy: Option<String>,
        /// Which namespaces it is called for.
        namespace_selector: Option<LabelSelector>,
        /// Which objects it is called for.
        object_selector: Option<LabelSelector>,
        /// The review versions that it understands, the preferred one first.
        admission_review_versions: Vec<String>,
        /// `Never` or `IfNeeded`.
        reinvocation_policy: Option<String>,
        /// CEL conditions (named here, not evaluated).
        match_conditions: Vec<MatchCondition>,
        /// Seconds until the API server gives up.
        timeout_seconds: Option<i32>,
    }
    /// A CEL condition of a webhook.
    MatchCondition {
        /// Its name.
        name: String,
        /// The expression.
        expression: String,
    }
    /// Where a webhook is called.
    WebhookClientConfig {
        /// A URL; EKS' own is on the control plane's loopback.
        url: Option<String>,
        /// A service of the cluster.
        service: Option<WebhookService>,
        /// The CA that signs the webhook's certificate, base64 of PEM (public).
        ca_bundle: Option<String>,
    }
    /// The service that answers a webhook.
    WebhookService {
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
        /// The path.
        path: Option<String>,
    }
    /// What a webhook is called for.
    WebhookRule {
        /// `CREATE`, ...
        operations: Vec<String>,
        /// API groups; the core group is empty.
        api_groups: Vec<String>,
        /// API versions.
        api_versions: Vec<String>,
        /// Resources.
        resources: Vec<String>,
        /// `*`, `Namespaced` or `Cluster`.
        scope: Option<String>,
    }
    /// `/version` of the API server.
    ServerVersion {
        /// `1`.
        major: String,
        /// `36`, or `18+`.
        minor: String,
        /// `v1.36.0-eks-...`.
        git_version: String,
    }
    /// `/.well-known/openid-configuration` of the API server.
    OpenIdConfiguration {
        /// The issuer that stands in tokens.
        issuer: String,
    }
}

impl Workload {
    /// The template of the workload's pods, wherever its kind keeps it.
    pub fn template(&self) -> Option<&PodTemplate> {
        self.spec.template.as_ref().or(self.spec.job_template.as_ref().map(|job| &job.spec.template))
    }
}

impl PodSpec {
    /// The service account that pods of this spec run as.
    pub fn account_name(&self) -> &str {
        self.service_account_name.as_deref().filter(|name| !name.is_empty()).unwrap_or("default")
    }
}
