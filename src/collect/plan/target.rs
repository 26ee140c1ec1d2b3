//! The targets: each one's own plan, and what it means that one isn't there.

use super::missing::Missing;
use super::run::Run;
use crate::collect::CollectError;
use futures_util::future::join_all;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::snapshot::{Observed, Target, TargetKind};

impl Run<'_> {
    /// Follows all targets side by side; a scan's targets are spelt out. Gives the targets to judge.
    ///
    /// # Errors
    ///
    /// The first target that is known not to be there, or a scan that may not list pods.
    pub(super) async fn follow_targets(&self, targets: &[Target]) -> Result<Vec<Target>, CollectError> {
        let each = join_all(targets.iter().map(|target| Box::pin(self.follow_target(target))));
        let (each, (), (), ()) = tokio::join!(
            each,
            Box::pin(self.expected_role()),
            Box::pin(self.expected_account(targets)),
            Box::pin(self.resource_policies())
        );
        let mut found = Vec::new();
        for outcome in each {
            for target in outcome? {
                if !found.contains(&target) {
                    found.push(target);
                }
            }
        }
        Ok(found)
    }

    async fn follow_target(&self, target: &Target) -> Result<Vec<Target>, CollectError> {
        let (namespace, name) = (target.namespace.as_str(), target.name.as_str());
        match target.kind {
            TargetKind::Error => {}
            TargetKind::Namespace => Box::pin(self.scan(Some(name))).await?,
            TargetKind::Cluster => Box::pin(self.scan(None)).await?,
            TargetKind::Role => match RoleArn::parse(name) {
                Some(_) => Box::pin(self.follow_role(name)).await,
                None => return Err(not_a_role(name)),
            },
            TargetKind::Pod => match self.pod(namespace, name).await {
                Observed::Present(pod) => Box::pin(self.follow_pod(namespace, &pod)).await,
                Observed::Absent => return Err(Box::pin(self.missing(Missing::of(target))).await),
                Observed::Unavailable(_) => {}
            },
            TargetKind::ServiceAccount => match self.service_account(namespace, name).await {
                Observed::Absent => return Err(Box::pin(self.missing(Missing::of(target))).await),
                _ => Box::pin(self.follow_account(namespace, name, None)).await,
            },
            kind => match self.workload(kind, namespace, name).await {
                Observed::Present(workload) => Box::pin(self.follow_workload(target, &workload)).await,
                Observed::Absent => return Err(Box::pin(self.missing(Missing::of(target))).await),
                Observed::Unavailable(_) => {}
            },
        }
        Ok(vec![target.clone()])
    }

    /// `--role`, where it is an ARN.
    async fn expected_role(&self) {
        if let Some(role) = self.options.asked.role.as_deref().filter(|role| RoleArn::parse(role).is_some()) {
            Box::pin(self.follow_role(role)).await;
        }
    }

    /// `--service-account`, in the targets' namespaces.
    async fn expected_account(&self, targets: &[Target]) {
        let Some(name) = self.options.asked.service_account.as_deref() else { return };
        let namespaced = targets.iter().filter(|target| !target.kind.is_scan() && !super::is_outside(target));
        join_all(namespaced.map(|target| Box::pin(self.follow_account(&target.namespace, name, None)))).await;
    }
}

fn not_a_role(text: &str) -> CollectError {
    CollectError::BadArguments {
        message: format!("`{text}` is not the ARN of a role"),
        help: "write it whole: role/arn:aws:iam::123456789012:role/NAME".to_owned(),
    }
}
