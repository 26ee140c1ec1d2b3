//! The EKS add-on that owns a service account.

use super::{ADDON_ROLE_DRIFT, ROLE_ANNOTATION};
use crate::check::Outcome;
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::fix::commands::aws;
use crate::fix::{Effect, Fix};
use crate::snapshot::{Addon, Observed};

/// The service accounts of EKS add-ons: add-on, namespace, account.
/// <https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html>
const ACCOUNTS: &[(&str, &str, &str)] = &[
    ("vpc-cni", "kube-system", "aws-node"),
    ("aws-ebs-csi-driver", "kube-system", "ebs-csi-controller-sa"),
    ("aws-efs-csi-driver", "kube-system", "efs-csi-controller-sa"),
    ("aws-efs-csi-driver", "kube-system", "efs-csi-node-sa"),
    ("aws-fsx-csi-driver", "kube-system", "fsx-csi-controller-sa"),
    ("aws-mountpoint-s3-csi-driver", "kube-system", "s3-csi-driver-sa"),
    ("amazon-cloudwatch-observability", "amazon-cloudwatch", "cloudwatch-agent"),
    ("adot", "opentelemetry-operator-system", "adot-collector"),
    ("aws-network-flow-monitoring-agent", "amazon-network-flow-monitor", "aws-network-flow-monitor-agent-service-account"),
    ("external-dns", "external-dns", "external-dns"),
    ("cert-manager", "cert-manager", "cert-manager"),
    ("amazon-sagemaker-hyperpod-taskgovernance", "kueue-system", "kueue-controller-manager"),
];

/// The name of the add-on that owns the judged account, by the known names or by the account's own labels.
fn addon_name<'a>(evidence: &Evidence<'a>) -> Option<&'a str> {
    let (namespace, name) = (evidence.namespace(), evidence.account_name()?);
    let known = ACCOUNTS.iter().find(|(_, its_namespace, account)| *its_namespace == namespace && *account == name);
    if let Some((addon, ..)) = known {
        return Some(addon);
    }
    let account = *evidence.service_account().present()?;
    let labels = &account.metadata.labels;
    let managed = labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by.eq_ignore_ascii_case("eks"));
    labels.get("app.kubernetes.io/name").map(String::as_str).filter(|_| managed)
}

fn addon<'a>(evidence: &Evidence<'a>) -> Option<Observed<&'a Addon>> {
    let name = addon_name(evidence)?;
    let cluster = evidence.cluster?;
    match &cluster.addons {
        Observed::Present(addons) => addons.get(name).map(Observed::as_ref),
        Observed::Absent => None,
        Observed::Unavailable(gap) => Some(Observed::Unavailable(gap.clone())),
    }
}

/// The add-on that owns the judged account, where EKS has it.
pub(crate) fn addon_of<'a>(evidence: &Evidence<'a>) -> Option<&'a Addon> {
    addon(evidence)?.present().copied()
}

/// The role that an add-on gives the judged account.
pub(super) fn role_of_addon<'a>(evidence: &Evidence<'a>) -> Option<&'a str> {
    addon(evidence)?.present().and_then(|addon| addon.service_account_role_arn.as_deref())
}

/// Adds the warning that the owning add-on names another role, or the gap that it could not be read.
pub(super) fn add_drift(evidence: &Evidence<'_>, annotated: &str, outcome: Outcome) -> Outcome {
    match addon(evidence) {
        Some(Observed::Unavailable(gap)) => outcome.with_gap(gap),
        Some(Observed::Present(addon)) => match drift(evidence, addon, annotated) {
            Some(finding) => with_finding(outcome, finding),
            None => outcome,
        },
        _ => outcome,
    }
}

fn with_finding(outcome: Outcome, finding: Finding) -> Outcome {
    match outcome {
        Outcome::Judged { mut findings, gaps } => {
            findings.push(finding);
            Outcome::Judged { findings, gaps }
        }
        Outcome::NotApplicable(_) => outcome,
    }
}

fn drift(evidence: &Evidence<'_>, addon: &Addon, annotated: &str) -> Option<Finding> {
    let wanted = addon.service_account_role_arn.as_deref().filter(|role| *role != annotated)?;
    let name = evidence.account_name()?;
    let detail = format!(
        "service account {name} names {annotated}, but EKS add-on {}, which owns it, names {wanted}: the next update of the add-on writes that back",
        addon.name
    );
    let cluster = evidence.cluster;
    let cluster_name = cluster.and_then(|cluster| cluster.name.as_deref()).unwrap_or("CLUSTER");
    let account = cluster.and_then(|cluster| cluster.account.as_deref()).unwrap_or_default();
    let mut args = vec!["eks", "update-addon", "--cluster-name", cluster_name, "--addon-name", &addon.name];
    args.extend(["--service-account-role-arn", annotated, "--resolve-conflicts", "PRESERVE"]);
    if let Some(region) = cluster.and_then(|cluster| cluster.region.as_deref()) {
        args.extend(["--region", region]);
    }
    let fix =
        Fix::new(format!("addon {}", addon.name), format!("Tell add-on {} the role that its account should have.", addon.name))
            .command(Effect::WritesEks, aws(evidence, account, &args))
            .decision("whoever owns the add-on must say which of the two roles is meant");
    let fix = Fix { choices: vec![annotated.to_owned(), wanted.to_owned()], ..fix };
    Some(
        Finding::new(&ADDON_ROLE_DRIFT, evidence.account_annotation_locus(ROLE_ANNOTATION), detail)
            .compared(wanted, annotated)
            .fix(fix),
    )
}
