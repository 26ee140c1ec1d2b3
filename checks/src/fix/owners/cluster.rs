//! Owners of objects in the cluster.

use super::Owner;
use crate::evidence::{Evidence, controller};
use crate::service_account_annotation::addon_of;
use crate::snapshot::kubernetes::Metadata;

/// Who owns an object of the target's namespace.
pub(super) fn owner(evidence: &Evidence<'_>, kind: &str, name: &str) -> Option<Owner> {
    let metadata = metadata(evidence, kind, name)?;
    operator(metadata)
        .or_else(|| addon(evidence, kind, name, metadata))
        .or_else(|| flux(metadata))
        .or_else(|| argo_cd(metadata, kind, evidence.namespace(), name))
        .or_else(|| helm(metadata))
        .or_else(|| eksctl(evidence, kind, name, metadata))
        .or_else(|| managers(metadata))
        .or_else(|| chart(metadata))
}

/// The add-on that owns the Pod Identity association.
pub(super) fn of_association(evidence: &Evidence<'_>) -> Option<Owner> {
    let association = evidence.association();
    // arn:aws:eks:REGION:ACCOUNT:addon/CLUSTER/NAME/ID
    let owner = association.present()?.owner_arn.as_deref()?;
    let name = owner.split(":addon/").nth(1)?.split('/').nth(1)?;
    Some(Owner::Addon { name: name.to_owned() })
}

fn metadata<'a>(evidence: &Evidence<'a>, kind: &str, name: &str) -> Option<&'a Metadata> {
    match kind {
        "ServiceAccount" => evidence.service_account_of(name).present().map(|account| &account.metadata),
        "Pod" => {
            let pod = evidence.pod.present().filter(|pod| pod.metadata.name == name)?;
            // Whoever owns the workload owns its pods.
            let owners = evidence.owners();
            match owners.last() {
                Some((.., workload)) => workload.present().map(|workload| &workload.metadata),
                None => Some(&pod.metadata),
            }
        }
        "Namespace" => {
            let namespace = evidence.cluster?.namespaces.get(name)?;
            namespace.present().map(|namespace| &namespace.metadata)
        }
        "MutatingWebhookConfiguration" => {
            let all = evidence.cluster?.webhooks.present()?;
            all.iter().map(|webhook| &webhook.metadata).find(|metadata| metadata.name == name)
        }
        kind => evidence.workload_of(kind, name).present().map(|workload| &workload.metadata),
    }
}

fn operator(metadata: &Metadata) -> Option<Owner> {
    let owner = controller(metadata)?;
    // What Kubernetes' own controllers make is owned through their owners.
    let own = ["apps/", "batch/", "v1"].iter().any(|group| owner.api_version.starts_with(group));
    (!own).then(|| Owner::Operator { kind: owner.kind.clone(), name: owner.name.clone() })
}

fn label<'m>(metadata: &'m Metadata, key: &str) -> Option<&'m str> {
    metadata.labels.get(key).map(String::as_str).filter(|value| !value.is_empty())
}

/// <https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html>
fn addon(evidence: &Evidence<'_>, kind: &str, name: &str, metadata: &Metadata) -> Option<Owner> {
    if kind == "ServiceAccount"
        && Some(name) == evidence.account_name()
        && let Some(addon) = addon_of(evidence)
    {
        return Some(Owner::Addon { name: addon.name.clone() });
    }
    let managed = label(metadata, "app.kubernetes.io/managed-by").is_some_and(|by| by.eq_ignore_ascii_case("eks"));
    let written = metadata.managed_fields.iter().any(|manager| manager.manager == "eks");
    let name = label(metadata, "app.kubernetes.io/name").filter(|_| managed || written)?;
    Some(Owner::Addon { name: name.to_owned() })
}

/// <https://fluxcd.io/flux/components/kustomize/kustomizations/> and <https://fluxcd.io/flux/components/helm/helmreleases/>
fn flux(metadata: &Metadata) -> Option<Owner> {
    let pair = |prefix: &str| {
        let name = label(metadata, &format!("{prefix}/name"))?;
        let namespace = label(metadata, &format!("{prefix}/namespace"))?;
        Some((namespace.to_owned(), name.to_owned()))
    };
    pair("helm.toolkit.fluxcd.io")
        .map(|(namespace, name)| Owner::HelmRelease { namespace, name })
        .or_else(|| pair("kustomize.toolkit.fluxcd.io").map(|(namespace, name)| Owner::Kustomization { namespace, name }))
}

/// The tracking id names the object that it stands on: a copy of it, on an object that was made from that one, says nothing.
/// <https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/>
fn argo_cd(metadata: &Metadata, kind: &str, namespace: &str, name: &str) -> Option<Owner> {
    let tracked = metadata.annotation("argocd.argoproj.io/tracking-id").and_then(|id| {
        let (application, object) = id.split_once(':')?;
        let (its_kind, its_name) = object.split_once(':')?;
        let is_it = its_kind.rsplit('/').next() == Some(kind) && its_name == format!("{namespace}/{name}");
        (is_it && !application.is_empty()).then_some(application)
    });
    let instance = || {
        let key = "argocd.argoproj.io/instance";
        metadata.annotation(key).or_else(|| label(metadata, key))
    };
    if let Some(application) = tracked.or_else(instance) {
        return Some(Owner::ArgoCd { application: application.to_owned(), likely: false });
    }
    // Charts use the same label for the release's name: only what Argo CD wrote is its own.
    let written = metadata.managed_fields.iter().any(|manager| manager.manager.starts_with("argocd-"));
    let application = label(metadata, "app.kubernetes.io/instance").filter(|_| written)?;
    Some(Owner::ArgoCd { application: application.to_owned(), likely: true })
}

/// <https://helm.sh/docs/topics/charts_tips_and_tricks/>
fn helm(metadata: &Metadata) -> Option<Owner> {
    let release = metadata.annotation("meta.helm.sh/release-name").filter(|name| !name.is_empty())?;
    let namespace = metadata.annotation("meta.helm.sh/release-namespace").or(metadata.namespace.as_deref());
    let by_terraform = metadata.managed_fields.iter().any(|manager| manager.manager.starts_with("terraform-provider-helm"));
    Some(Owner::Helm { namespace: namespace.unwrap_or("default").to_owned(), release: release.to_owned(), by_terraform })
}

fn eksctl(evidence: &Evidence<'_>, kind: &str, name: &str, metadata: &Metadata) -> Option<Owner> {
    let managed = label(metadata, "app.kubernetes.io/managed-by") == Some("eksctl") && kind == "ServiceAccount";
    let cluster = evidence.cluster.and_then(|cluster| cluster.name.clone());
    let account = Some(format!("{}/{name}", evidence.namespace()));
    managed.then_some(Owner::Eksctl { cluster, account, likely: false })
}

/// Tools that leave no mark but their name among the field managers.
fn managers(metadata: &Metadata) -> Option<Owner> {
    let tool = |manager: &str| match manager {
        "HashiCorp" | "Terraform" => Some("Terraform"),
        manager if manager.starts_with("terraform-provider-kubernetes") => Some("Terraform"),
        manager if manager.starts_with("pulumi-") => Some("Pulumi"),
        _ => None,
    };
    metadata.managed_fields.iter().find_map(|manager| {
        let mark = format!("field manager {}", manager.manager);
        Some(Owner::Code { tool: tool(&manager.manager)?, mark, likely: false })
    })
}

/// Labels of a chart without a release: `helm template`, or a controller that renders charts.
fn chart(metadata: &Metadata) -> Option<Owner> {
    let managed = label(metadata, "app.kubernetes.io/managed-by") == Some("Helm");
    managed.then(|| Owner::Chart { name: label(metadata, "helm.sh/chart").map(str::to_owned) })
}
