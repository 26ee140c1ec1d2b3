//! A borrowed view of a snapshot for one target: the only thing that a check sees.

mod container;
mod issuer;
mod role;

pub use container::{ContainerGroup, ContainerView, TokenFile, is_same_file};
pub use issuer::{Issuer, IssuerSource};
pub use role::{RoleSource, RoleUnderJudgement};

use crate::locus::Locus;
use crate::policies::Policies;
use crate::snapshot::kubernetes::{Metadata, Pod, PodSpec, ServiceAccount, Workload};
use crate::snapshot::{
    Account, Asked, Association, Cluster, Gap, Observed, RequiredAction, Snapshot, Target, TargetKind, key, kind_key,
};
use crate::symptom::{Reading, Symptom};
use std::cell::OnceCell;
use std::rc::Rc;

/// The annotation that names the role.
pub const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// What a check sees: one target, one of its pods (if it has any), one role under judgement.
///
/// `diagnose` makes one for each pod of the target and each role that its containers use; a check
/// reads, and never loops over targets, pods or roles itself.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// Everything that was collected.
    pub snapshot: &'a Snapshot,
    /// Policies, parsed once.
    pub policies: &'a Policies<'a>,
    /// The target.
    pub target: &'a Target,
    /// The cluster, unless the target is a role without one.
    pub cluster: Option<&'a Cluster>,
    /// The pod that is being judged; `Absent` where the target has (or needs) none.
    pub pod: Observed<&'a Pod>,
    /// All pods of the target that count: of its current revision, neither finished nor terminating unless named.
    pub pods: Vec<&'a Pod>,
    /// The role under judgement, where there is one.
    pub role: Option<RoleUnderJudgement>,
    /// The containers of the spec, once they were asked for.
    views: Views<'a>,
}

/// What is worked out once for a pod, whatever role is judged.
type Views<'a> = Rc<OnceCell<Vec<ContainerView<'a>>>>;

impl<'a> Evidence<'a> {
    /// A target, without a pod and without a role.
    pub fn new(snapshot: &'a Snapshot, policies: &'a Policies<'a>, target: &'a Target) -> Self {
        let cluster = snapshot.cluster_of(target);
        let (pod, pods, role) = (Observed::Absent, Vec::new(), None);
        Self { snapshot, policies, target, cluster, pod, pods, role, views: Views::default() }
    }

    /// The same with another pod.
    #[must_use]
    pub fn with_pod(&self, pod: Observed<&'a Pod>) -> Self {
        Self { pod, views: Views::default(), ..self.clone() }
    }

    /// The same with another role under judgement.
    #[must_use]
    pub fn with_role(&self, role: Option<RoleUnderJudgement>) -> Self {
        Self { role, ..self.clone() }
    }

    /// What tells the target's cluster from all others of the snapshot, as long as that lives: its place in memory.
    pub(crate) fn cluster_address(&self) -> usize {
        self.cluster.map_or(0, |cluster| std::ptr::from_ref(cluster).addr())
    }

    /// What the user asked.
    pub fn asked(&self) -> &'a Asked {
        &self.snapshot.asked
    }

    /// What the pod must be allowed: what was asked, else what the pasted error says was refused.
    pub fn required(&self) -> &'a [RequiredAction] {
        &self.policies.pasted(self.snapshot).required
    }

    /// The pasted error, where one was given and AWS said it.
    pub fn symptom(&self) -> Option<&'a Symptom> {
        match self.policies.pasted(self.snapshot).reading.as_ref()? {
            Reading::Aws(symptom) => Some(symptom),
            Reading::NotAnAwsError(_) => None,
        }
    }

    /// What the pasted text is, where one was given.
    pub fn pasted(&self) -> Option<&'a Reading> {
        self.policies.pasted(self.snapshot).reading.as_ref()
    }

    /// The target's namespace; of a role, that of its `--subject`.
    pub fn namespace(&self) -> &'a str {
        match (&self.target.kind, &self.target.subject) {
            (TargetKind::Role, Some(subject)) => subject.split_once('/').map_or("", |(namespace, _)| namespace),
            _ => &self.target.namespace,
        }
    }

    /// The judged pod's name.
    pub fn pod_name(&self) -> Option<&'a str> {
        self.pod.present().map(|pod| pod.metadata.name.as_str())
    }

    /// The workload that the target is, where it is one.
    pub fn workload(&self) -> Option<Observed<&'a Workload>> {
        let target = self.target;
        target.kind.is_workload().then(|| self.workload_of(target.kind.kind(), &target.name))
    }

    /// A workload of the target's namespace.
    pub fn workload_of(&self, kind: &str, name: &str) -> Observed<&'a Workload> {
        lookup(self.cluster.map(|cluster| &cluster.workloads), &kind_key(kind, self.namespace(), name), "get workloads")
    }

    /// The spec that pods are made of: the judged pod's own, else the workload's template.
    pub fn pod_spec(&self) -> Option<&'a PodSpec> {
        if let Some(pod) = self.pod.present() {
            return Some(&pod.spec);
        }
        let workload = self.workload()?;
        workload.present().and_then(|workload| workload.template()).map(|template| &template.spec)
    }

    /// The metadata of pods of [`Evidence::pod_spec`]: the judged pod's own, else the template's.
    pub fn pod_metadata(&self) -> Option<&'a Metadata> {
        if let Some(pod) = self.pod.present() {
            return Some(&pod.metadata);
        }
        let workload = self.workload()?;
        workload.present().and_then(|workload| workload.template()).map(|template| &template.metadata)
    }

    /// The chain of owners of the judged pod, nearest first, as far as it was read: (kind, name, object).
    pub fn owners(&self) -> Vec<(&'a str, &'a str, Observed<&'a Workload>)> {
        let mut owners = Vec::new();
        let mut metadata: Option<&Metadata> = self.pod.present().map(|pod| &pod.metadata);
        // A chain of owners is at most CronJob, Job, Pod; the bound is for objects that own themselves.
        while let Some(owner) = metadata.and_then(controller).filter(|_| owners.len() < 5) {
            let workload = self.workload_of(&owner.kind, &owner.name);
            metadata = workload.present().map(|workload| &workload.metadata);
            owners.push((owner.kind.as_str(), owner.name.as_str(), workload));
        }
        owners
    }

    /// The service account's name: the pod's, the template's, or the target's own.
    pub fn account_name(&self) -> Option<&'a str> {
        match self.target.kind {
            TargetKind::ServiceAccount => Some(&self.target.name),
            TargetKind::Role => self.target.subject.as_deref()?.split_once('/').map(|(_, name)| name),
            _ => self.pod_spec().map(PodSpec::account_name),
        }
    }

    /// The service account, as it was read.
    pub fn service_account(&self) -> Observed<&'a ServiceAccount> {
        match self.account_name() {
            Some(name) => self.service_account_of(name),
            None => Observed::Unavailable(self.pod.gap().cloned().unwrap_or_else(|| Gap::not_collected("get serviceaccounts"))),
        }
    }

    /// Another service account of the namespace.
    pub fn service_account_of(&self, name: &str) -> Observed<&'a ServiceAccount> {
        lookup(self.cluster.map(|cluster| &cluster.service_accounts), &key(self.namespace(), name), "get serviceaccounts")
    }

    /// The `eks.amazonaws.com/role-arn` of the service account; an empty value is none to the webhook.
    pub fn annotated_role(&self) -> Option<&'a str> {
        match self.service_account() {
            Observed::Present(account) => account.metadata.annotation(ROLE_ANNOTATION).filter(|arn| !arn.is_empty()),
            Observed::Absent | Observed::Unavailable(_) => None,
        }
    }

    /// The Pod Identity association of the service account.
    pub fn association(&self) -> Observed<&'a Association> {
        match self.account_name() {
            Some(name) => {
                let associations = self.cluster.map(|cluster| &cluster.associations);
                match lookup(associations, &key(self.namespace(), name), "eks:ListPodIdentityAssociations") {
                    // Files have an association or they don't: of those that they don't have they can't be said to lack one.
                    Observed::Unavailable(_) if self.snapshot.from_files => Observed::Absent,
                    association => association,
                }
            }
            None => Observed::Unavailable(Gap::not_collected("eks:ListPodIdentityAssociations")),
        }
    }

    /// The subject that stands in this service account's tokens.
    pub fn subject(&self) -> Option<String> {
        // A manifest without a namespace goes wherever it is applied to.
        if self.snapshot.from_files && self.namespace().is_empty() {
            return None;
        }
        self.account_name().map(|name| format!("system:serviceaccount:{}:{name}", self.namespace()))
    }

    /// The containers of the judged pod (or of the template): init containers first, as they run.
    /// Debug containers are not among them: the webhook never sees those.
    pub fn containers(&self) -> &[ContainerView<'a>] {
        let views = || self.pod_spec().map(|spec| ContainerView::all(spec, &self.pod_spec_locus())).unwrap_or_default();
        self.views.get_or_init(views)
    }

    /// The container that matters most: the asked one, the declared default, else the first.
    pub fn default_container(&self) -> Option<&ContainerView<'a>> {
        let containers = self.containers();
        let named = self
            .asked()
            .container
            .as_deref()
            .or_else(|| self.pod_metadata()?.annotation("kubectl.kubernetes.io/default-container"));
        let position = named
            .and_then(|name| containers.iter().position(|container| container.name() == name))
            .or_else(|| containers.iter().position(|container| container.group == ContainerGroup::Regular))?;
        containers.get(position)
    }

    /// Whether another container was asked about: what is wrong with this one is then no more than a warning.
    pub fn is_beside_the_point(&self, container: &ContainerView<'_>) -> bool {
        self.asked_container().is_some_and(|asked| asked.name() != container.name())
    }

    /// The place of the judged pod, or of the workload where there is no pod.
    pub fn pod_locus(&self) -> Locus {
        match self.pod.present() {
            Some(pod) => Locus::object("Pod", self.namespace(), &pod.metadata.name),
            None => Locus::object(self.target.kind.kind(), self.namespace(), &self.target.name),
        }
    }

    /// The place of the spec that [`Evidence::pod_spec`] gives.
    pub fn pod_spec_locus(&self) -> Locus {
        self.template_locus().key("spec")
    }

    /// The place of what has this spec, and metadata beside it: the pod, else the workload's template.
    pub fn template_locus(&self) -> Locus {
        let locus = self.pod_locus();
        if self.pod.is_present() || !self.target.kind.is_workload() {
            locus
        } else if self.target.kind == TargetKind::CronJob {
            locus.keys(&["spec", "jobTemplate", "spec", "template"])
        } else {
            locus.keys(&["spec", "template"])
        }
    }

    /// The place of the service account.
    pub fn account_locus(&self) -> Locus {
        Locus::object("ServiceAccount", self.namespace(), self.account_name().unwrap_or_default())
    }

    /// The place of one of the service account's annotations; where it is missing, the nearest parent.
    pub fn account_annotation_locus(&self, name: &str) -> Locus {
        match self.service_account() {
            Observed::Present(account) => annotation_locus(self.account_locus(), &account.metadata, name),
            Observed::Absent | Observed::Unavailable(_) => self.account_locus(),
        }
    }

    /// An account by its id; `None` where nothing of it was read.
    pub fn account(&self, id: &str) -> Option<&'a Account> {
        self.snapshot.accounts.get(id)
    }
}

/// The place of an annotation; where it is missing, the nearest parent that is there, with the missing key.
pub fn annotation_locus(object: Locus, metadata: &Metadata, name: &str) -> Locus {
    let metadata_locus = object.key("metadata");
    if metadata.annotations.contains_key(name) {
        metadata_locus.keys(&["annotations", name])
    } else if metadata.annotations.is_empty() {
        metadata_locus.missing(format!("annotations.{name}"))
    } else {
        metadata_locus.key("annotations").missing(name)
    }
}

/// The owner that controls an object.
pub fn controller(metadata: &Metadata) -> Option<&crate::snapshot::kubernetes::OwnerReference> {
    metadata.owner_references.iter().find(|owner| owner.controller == Some(true)).or_else(|| metadata.owner_references.first())
}

/// What a map of a snapshot says of a key; what isn't in it was not collected.
pub fn lookup<'a, T>(
    map: Option<&'a std::collections::BTreeMap<String, Observed<T>>>,
    key: &str,
    operation: &str,
) -> Observed<&'a T> {
    match map.and_then(|map| map.get(key)) {
        Some(observed) => observed.as_ref(),
        None => Observed::Unavailable(Gap::not_collected(operation).about(key)),
    }
}

#[cfg(test)]
mod tests;
