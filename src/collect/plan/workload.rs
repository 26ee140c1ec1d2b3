//! A workload: what makes its pods now, the pods, and, where there are none, the events that say why.

use super::pod::is_injected;
use super::run::Run;
use crate::collect::kubernetes::{Api, Selector};
use futures_util::future::join_all;
use irsa_doctor_checks::evidence::controller;
use irsa_doctor_checks::scan::is_over;
use irsa_doctor_checks::snapshot::kubernetes::{Metadata, Pod, Workload};
use irsa_doctor_checks::snapshot::{Observed, Target, TargetKind, kind_key};

fn is_owned_by(metadata: &Metadata, kind: &str, name: &str) -> bool {
    controller(metadata).is_some_and(|owner| owner.kind == kind && owner.name == name)
}

impl Run<'_> {
    /// Follows a workload that is there.
    pub(super) async fn follow_workload(&self, target: &Target, workload: &Workload) {
        let namespace = target.namespace.as_str();
        let template = async {
            if let Some(template) = workload.template() {
                let spec = &template.spec;
                let account = Box::pin(self.follow_account(namespace, spec.account_name(), Some(is_injected(spec))));
                tokio::join!(account, self.follow_marks(&template.metadata));
            }
        };
        let reference = async {
            if let Some(name) = workload.spec.workload_ref.as_ref().and_then(|reference| reference.name.as_deref()) {
                let deployment = self.workload(TargetKind::Deployment, namespace, name).await;
                if let Some(template) = deployment.present().and_then(Workload::template) {
                    let spec = &template.spec;
                    Box::pin(self.follow_account(namespace, spec.account_name(), Some(is_injected(spec)))).await;
                }
            }
        };
        tokio::join!(
            template,
            reference,
            Box::pin(self.follow_pods(target, workload)),
            Box::pin(self.follow_owners(namespace, &workload.metadata))
        );
    }

    async fn follow_pods(&self, target: &Target, workload: &Workload) {
        let makers = self.makers(target, workload);
        let (makers, pods) = if target.kind == TargetKind::CronJob {
            // A CronJob selects nothing: its jobs' pods bear the jobs' names.
            let makers = makers.await;
            let pods = self.pods_of_jobs(target, &makers).await;
            (makers, pods)
        } else {
            tokio::join!(makers, self.selected_pods(target, workload))
        };
        let Observed::Present(pods) = pods else { return };
        let current: Vec<&Pod> = pods.iter().filter(|pod| !is_over(pod)).collect();
        if current.is_empty() {
            let own = self.events(target.kind.kind(), &target.namespace, &target.name);
            let of_makers = makers.iter().map(|(kind, name)| self.events(kind.kind(), &target.namespace, name));
            tokio::join!(own, join_all(of_makers));
        }
        join_all(current.iter().map(|pod| Box::pin(self.follow_pod(&target.namespace, pod)))).await;
        if current.iter().any(|pod| !is_injected(&pod.spec)) {
            self.namespace(&target.namespace).await;
        }
    }

    /// The ReplicaSets or Jobs between the workload and its pods.
    async fn makers(&self, target: &Target, workload: &Workload) -> Vec<(TargetKind, String)> {
        let kind = match target.kind {
            TargetKind::Deployment | TargetKind::Rollout => TargetKind::ReplicaSet,
            TargetKind::CronJob => TargetKind::Job,
            _ => return Vec::new(),
        };
        let selector = selector(target, workload).unwrap_or_else(|| Selector::namespace(&target.namespace));
        let Ok(api) = self.api().await else { return Vec::new() };
        let Observed::Present(found) = api.workloads(kind, &selector).await.items else { return Vec::new() };
        let own = found.into_iter().filter(|maker| is_owned_by(&maker.metadata, target.kind.kind(), &target.name));
        own.map(|maker| {
            let name = maker.metadata.name.clone();
            self.cluster.workloads.put(&kind_key(kind.kind(), &target.namespace, &name), maker);
            (kind, name)
        })
        .collect()
    }

    async fn selected_pods(&self, target: &Target, workload: &Workload) -> Observed<Vec<Pod>> {
        let selector = selector(target, workload).unwrap_or_else(|| Selector::namespace(&target.namespace));
        let key = kind_key(target.kind.kind(), &target.namespace, &target.name);
        self.pods(&key, async |api: &Api| api.pods(&selector).await).await
    }

    async fn pods_of_jobs(&self, target: &Target, jobs: &[(TargetKind, String)]) -> Observed<Vec<Pod>> {
        let names: Vec<&str> = jobs.iter().map(|(_, name)| name.as_str()).collect();
        let key = kind_key(target.kind.kind(), &target.namespace, &target.name);
        let selector = if names.is_empty() {
            // No pod has this label without a value: an empty list, and the proof that it may be read.
            Selector::namespace(&target.namespace).labels("job-name=")
        } else {
            Selector::namespace(&target.namespace).labels(format!("job-name in ({})", names.join(",")))
        };
        self.pods(&key, async |api: &Api| api.pods(&selector).await).await
    }
}

/// The workload's own selector; `None` where it has none that the API could take.
fn selector(target: &Target, workload: &Workload) -> Option<Selector> {
    let selector = workload.spec.selector.as_ref()?;
    let selects = !selector.match_labels.is_empty() || !selector.match_expressions.is_empty();
    if selects { Selector::of(target.namespace.as_str(), selector) } else { None }
}
