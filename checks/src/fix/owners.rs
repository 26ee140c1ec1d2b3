//! Who owns what a fix changes, and the change in the owner's own terms: the commands are then a stop-gap.
//!
//! One pass over all fixes, so that no check has to think of owners. An owner is named only by marks that it leaves
//! itself: labels, annotations, owner references, field managers, tags; what is a habit and no mark is "most likely".

mod account;
mod cluster;
mod durable;
mod target;

use crate::evidence::Evidence;
use crate::finding::Finding;
use target::{Change, Subject, Target};

/// Who owns an object of a cluster or of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    /// An Application of Argo CD; `likely` where only a label says so that others use too.
    ArgoCd { application: String, likely: bool },
    /// A Kustomization of Flux.
    Kustomization { namespace: String, name: String },
    /// A `HelmRelease` of Flux.
    HelmRelease { namespace: String, name: String },
    /// A release of Helm, perhaps installed by Terraform.
    Helm { namespace: String, release: String, by_terraform: bool },
    /// A chart that somebody rendered: its labels say so, and no release does.
    Chart { name: Option<String> },
    /// An EKS add-on.
    Addon { name: String },
    /// eksctl, for a service account where the mark says which.
    Eksctl { cluster: Option<String>, account: Option<String>, likely: bool },
    /// A stack of `CloudFormation`, and the resource's name in it.
    CloudFormation { stack: String, resource: Option<String> },
    /// Terraform or a tool of its kind, and what says so.
    Code { tool: &'static str, mark: String, likely: bool },
    /// A resource of Crossplane or of AWS Controllers for Kubernetes.
    Controller { tool: &'static str, resource: String },
    /// A custom resource, by an owner reference.
    Operator { kind: String, name: String },
    /// AWS or Red Hat itself.
    Vendor { name: &'static str },
}

/// Names the owner of what the finding's fix changes, and the change to make there, where one is known.
pub(super) fn name(evidence: &Evidence<'_>, finding: &mut Finding) {
    let target = target::of(evidence, finding);
    let Some(fix) = finding.fix.as_mut().filter(|fix| fix.managed_by.is_none()) else { return };
    let Some(target) = target else { return };
    let owner = match &target.subject {
        Subject::Object { kind, name } => cluster::owner(evidence, kind, name),
        Subject::Role(arn) => account::of_role(evidence, arn),
        Subject::Policy(arn) => account::of_policy(evidence, arn),
        Subject::Provider(arn) => account::of_provider(evidence, arn),
        Subject::Association => cluster::of_association(evidence),
    };
    let Some(owner) = owner else { return };
    fix.managed_by = Some(owner.to_string());
    // What only a person can name has an owner, and no words yet.
    if target.change != Change::Other || matches!(owner, Owner::Vendor { .. }) {
        fix.durable = Some(sentence(evidence, &owner, &target));
    }
}

/// The change in the owner's terms, and what becomes of the commands, which there are where the change can be named.
fn sentence(evidence: &Evidence<'_>, owner: &Owner, target: &Target) -> String {
    let change = durable::change(evidence, owner, target);
    match owner.writes_back() {
        Some(when) => format!("{change}; {when}"),
        None => change,
    }
}

impl Owner {
    /// When the owner writes its own state back over a change that was made past it.
    fn writes_back(&self) -> Option<&'static str> {
        match self {
            Self::ArgoCd { .. } => Some("with selfHeal on, Argo CD undoes the command at once, else at its next sync"),
            Self::Kustomization { .. } => Some("Flux undoes the command at its next reconciliation"),
            Self::HelmRelease { .. } => {
                Some("Flux may undo the command at its next upgrade, with drift detection at its next reconciliation")
            }
            Self::Helm { by_terraform: false, .. } => Some("the next helm upgrade may undo the command"),
            Self::Helm { by_terraform: true, .. } => Some("the next terraform apply may undo the command"),
            Self::Addon { .. } => Some("the next update of the add-on may undo the command"),
            Self::CloudFormation { .. } => Some("the stack drifts, and its next update of the resource undoes the command"),
            Self::Code { tool: "Pulumi", .. } => Some("the next pulumi up may undo the command"),
            Self::Code { tool: "Terraform", .. } => Some("the next terraform apply undoes the command"),
            Self::Controller { .. } | Self::Operator { .. } => Some("its controller may undo the command at any time"),
            Self::Code { .. } | Self::Chart { .. } | Self::Eksctl { .. } | Self::Vendor { .. } => None,
        }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let maybe = |likely: &bool| if *likely { ", most likely" } else { "" };
        match self {
            Self::ArgoCd { application, likely } => write!(f, "Argo CD Application {application}{}", maybe(likely)),
            Self::Kustomization { namespace, name } => write!(f, "Flux Kustomization {namespace}/{name}"),
            Self::HelmRelease { namespace, name } => write!(f, "Flux HelmRelease {namespace}/{name}"),
            Self::Helm { namespace, release, by_terraform: false } => write!(f, "Helm release {namespace}/{release}"),
            Self::Helm { namespace, release, by_terraform: true } => {
                write!(f, "Helm release {namespace}/{release}, installed by Terraform")
            }
            Self::Chart { name: Some(name) } => write!(f, "a Helm chart ({name}), rendered by something else than Helm"),
            Self::Chart { name: None } => f.write_str("a Helm chart, rendered by something else than Helm"),
            Self::Addon { name } => write!(f, "EKS add-on {name}"),
            Self::Eksctl { account: Some(account), likely, .. } => {
                write!(f, "eksctl, for service account {account}{}", maybe(likely))
            }
            Self::Eksctl { account: None, likely, .. } => write!(f, "eksctl{}", maybe(likely)),
            Self::CloudFormation { stack, .. } => write!(f, "CloudFormation stack {stack}"),
            Self::Code { tool, mark, likely } => write!(f, "{tool}{} ({mark})", maybe(likely)),
            Self::Controller { tool, resource } => write!(f, "{tool} ({resource})"),
            Self::Operator { kind, name } => write!(f, "{kind} {name} (owner reference)"),
            Self::Vendor { name } => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests;
