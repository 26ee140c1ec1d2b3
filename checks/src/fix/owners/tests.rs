//! Each owner's own marks, and nothing that only looks like one.

use super::*;
use crate::snapshot::{Observed, Snapshot, TargetKind};
use crate::testing;
use serde_json::{Value, json};

mod subject;
mod terms;

/// The owner of the healthy service account with these labels, annotations and the like.
fn of_account(metadata: &Value) -> Option<String> {
    let mut snapshot = testing::healthy();
    let mut whole = serde_json::to_value(&testing::service_account(&mut snapshot).metadata).unwrap();
    for (key, value) in metadata.as_object().unwrap() {
        whole[key] = value.clone();
    }
    testing::service_account(&mut snapshot).metadata = testing::read(&whole);
    testing::evidence(&snapshot, |evidence| {
        cluster::owner(evidence, "ServiceAccount", "my-service-account").map(|owner| owner.to_string())
    })
}

/// The owner of the healthy role with these tags.
fn of_role(tags: &Value) -> Option<String> {
    let mut snapshot = testing::healthy();
    testing::role(&mut snapshot).tags = testing::read(tags);
    testing::evidence(&snapshot, |evidence| account::of_role(evidence, testing::ROLE).map(|owner| owner.to_string()))
}

#[test]
fn marks_of_owners_in_the_cluster() {
    let manager = |name: &str| json!([{"manager": name, "operation": "Apply"}]);
    let helm = json!({"meta.helm.sh/release-name": "api", "meta.helm.sh/release-namespace": "shop"});
    for (metadata, owner) in [
        (json!({}), None),
        (json!({"annotations": helm}), Some("Helm release shop/api")),
        (
            json!({"annotations": helm, "managedFields": manager("terraform-provider-helm_v2.17.0_x5")}),
            Some("Helm release shop/api, installed by Terraform"),
        ),
        (
            json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ServiceAccount:default/my-service-account"}}),
            Some("Argo CD Application shop"),
        ),
        (json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:default/api"}}), None),
        (json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ServiceAccount:default/other"}}), None),
        (json!({"labels": {"argocd.argoproj.io/instance": "shop"}}), Some("Argo CD Application shop")),
        (json!({"labels": {"app.kubernetes.io/instance": "shop"}}), None),
        (
            json!({"labels": {"app.kubernetes.io/instance": "shop"}, "managedFields": manager("argocd-controller")}),
            Some("Argo CD Application shop, most likely"),
        ),
        (
            json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}),
            Some("Flux Kustomization flux-system/apps"),
        ),
        (
            json!({"annotations": helm,
                   "labels": {"helm.toolkit.fluxcd.io/name": "api", "helm.toolkit.fluxcd.io/namespace": "shop"}}),
            Some("Flux HelmRelease shop/api"),
        ),
        (
            json!({"labels": {"app.kubernetes.io/managed-by": "eksctl"}}),
            Some("eksctl, for service account default/my-service-account"),
        ),
        (
            json!({"labels": {"app.kubernetes.io/managed-by": "EKS", "app.kubernetes.io/name": "aws-ebs-csi-driver"}}),
            Some("EKS add-on aws-ebs-csi-driver"),
        ),
        (
            json!({"labels": {"app.kubernetes.io/name": "aws-ebs-csi-driver"}, "managedFields": manager("eks")}),
            Some("EKS add-on aws-ebs-csi-driver"),
        ),
        (json!({"labels": {"app.kubernetes.io/name": "aws-ebs-csi-driver"}}), None),
        (
            json!({"labels": {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "api-1.2.3"}}),
            Some("a Helm chart (api-1.2.3), rendered by something else than Helm"),
        ),
        (json!({"managedFields": manager("HashiCorp")}), Some("Terraform (field manager HashiCorp)")),
        (
            json!({"managedFields": manager("terraform-provider-kubernetes_v2.38.0_x5")}),
            Some("Terraform (field manager terraform-provider-kubernetes_v2.38.0_x5)"),
        ),
        (json!({"managedFields": manager("pulumi-kubernetes-ab12")}), Some("Pulumi (field manager pulumi-kubernetes-ab12)")),
        (json!({"managedFields": manager("kubectl-client-side-apply")}), None),
        (
            json!({"ownerReferences": [{"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "Kafka", "name": "main", "controller": true}]}),
            Some("Kafka main (owner reference)"),
        ),
        (json!({"ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "main", "controller": true}]}), None),
    ] {
        assert_eq!(of_account(&metadata).as_deref(), owner, "{metadata}");
    }
}

#[test]
fn marks_of_owners_in_iam() {
    for (tags, owner) in [
        (json!({}), None),
        (json!({"Name": "terraform-state-reader", "team": "pulumi"}), None),
        (json!({"Environment": "prod", "managed": "true"}), None),
        (json!({"ManagedBy": "Terraform"}), Some("Terraform, most likely (tag ManagedBy=Terraform)")),
        (json!({"managed-by": "terragrunt"}), Some("Terraform, most likely (tag managed-by=terragrunt)")),
        (json!({"terraform": "true"}), Some("Terraform, most likely (tag terraform=true)")),
        (json!({"terraform": "false"}), None),
        (json!({"terraform:stack": "iam"}), Some("Terraform, most likely (tag terraform:stack=iam)")),
        (json!({"IaC": "OpenTofu"}), Some("Terraform, most likely (tag IaC=OpenTofu)")),
        (json!({"pulumi": "true"}), Some("Pulumi, most likely (tag pulumi=true)")),
        (json!({"ManagedBy": "Pulumi"}), Some("Pulumi, most likely (tag ManagedBy=Pulumi)")),
        (json!({"Provisioner": "aws-cdk"}), Some("AWS CDK, most likely (tag Provisioner=aws-cdk)")),
        (json!({"created_by": "ansible"}), Some("Ansible, most likely (tag created_by=ansible)")),
        (json!({"aws:cloudformation:stack-name": "iam"}), Some("CloudFormation stack iam")),
        (
            json!({"aws:cloudformation:stack-name": "eksctl-c-addon-x", "alpha.eksctl.io/cluster-name": "c",
                   "alpha.eksctl.io/iamserviceaccount-name": "shop/api"}),
            Some("eksctl, for service account shop/api"),
        ),
        (
            json!({"crossplane-kind": "role.iam.aws.upbound.io", "crossplane-name": "api"}),
            Some("Crossplane (role.iam.aws.upbound.io api)"),
        ),
        (
            json!({"services.k8s.aws/controller-version": "iam-v1.3.0", "services.k8s.aws/namespace": "shop"}),
            Some("AWS Controllers for Kubernetes (iam-v1.3.0, namespace shop)"),
        ),
        (json!({"red-hat-managed": "true"}), Some("Red Hat (ROSA)")),
    ] {
        assert_eq!(of_role(&tags).as_deref(), owner, "{tags}");
    }
}

#[test]
fn names_that_tools_make_up() {
    let owner = |name: &str| {
        let mut snapshot = testing::healthy();
        testing::role(&mut snapshot).name = name.to_owned();
        testing::evidence(&snapshot, |evidence| account::of_role(evidence, testing::ROLE).map(|owner| owner.to_string()))
    };
    assert_eq!(owner("eksctl-c-addon-iamserviceaccount-shop-api-Role1-AB12").as_deref(), Some("eksctl, most likely"));
    assert_eq!(owner("terraform-20260101000000000000000001").as_deref(), Some("Terraform, most likely (the generated name)"));
    for name in ["terraform-runner", "terraform-20260101", "terraform-abcdefghijklmnopqrstuvwxyz"] {
        assert_eq!(owner(name), None, "{name}");
    }
    assert_eq!(owner("eksctl-runner"), None);
    assert_eq!(owner("my-addon-iamserviceaccount-api"), None);
}

#[test]
fn an_addon_owns_its_association_and_aws_its_roles() {
    let mut snapshot = testing::healthy();
    let association =
        json!({"id": "a", "owner_arn": "arn:aws:eks:us-east-1:123456789012:addon/my-cluster/aws-ebs-csi-driver/4ac2"});
    testing::cluster(&mut snapshot)
        .associations
        .insert("default/my-service-account".into(), Observed::Present(testing::read(&association)));
    testing::role(&mut snapshot).path = "/aws-service-role/eks.amazonaws.com/".into();
    testing::evidence(&snapshot, |evidence| {
        assert_eq!(cluster::of_association(evidence), Some(Owner::Addon { name: "aws-ebs-csi-driver".into() }));
        assert_eq!(account::of_role(evidence, testing::ROLE), Some(Owner::Vendor { name: "AWS" }));
        assert_eq!(account::of_policy(evidence, "arn:aws:iam::aws:policy/X"), Some(Owner::Vendor { name: "AWS" }));
    });
}

#[test]
fn a_providers_tags_name_its_owner() {
    let mut snapshot = testing::healthy();
    let provider = testing::inside(testing::account(&mut snapshot).providers.get_mut(testing::PROVIDER).unwrap());
    provider.tags.insert("aws:cloudformation:stack-name".into(), "iam".into());
    let stack = Owner::CloudFormation { stack: "iam".into(), resource: None };
    testing::evidence(&snapshot, |evidence| assert_eq!(account::of_provider(evidence, testing::PROVIDER), Some(stack)));
}

#[test]
fn an_addon_owns_its_account_without_a_label_and_no_other() {
    let mut snapshot = testing::healthy();
    snapshot.asked.targets = vec![crate::snapshot::Target::new(TargetKind::ServiceAccount, "kube-system", "aws-node")];
    let cluster = testing::cluster(&mut snapshot);
    let object = |name: &str| json!({"metadata": {"name": name, "namespace": "kube-system"}});
    for name in ["aws-node", "other"] {
        let key = format!("kube-system/{name}");
        cluster.service_accounts.insert(key, Observed::Present(testing::read(&object(name))));
    }
    let daemons = Observed::Present(testing::read(&object("aws-node")));
    cluster.workloads.insert("DaemonSet/kube-system/aws-node".into(), daemons);
    cluster.addons = testing::read(&json!({"present": {"vpc-cni": {"present": {"name": "vpc-cni"}}}}));
    testing::evidence(&snapshot, |evidence| {
        let addon = Some(Owner::Addon { name: "vpc-cni".into() });
        assert_eq!(cluster::owner(evidence, "ServiceAccount", "aws-node"), addon);
        assert_eq!(cluster::owner(evidence, "ServiceAccount", "other"), None);
        assert_eq!(cluster::owner(evidence, "DaemonSet", "aws-node"), None);
    });
}

#[test]
fn a_pod_and_a_webhook_are_found_by_their_names() {
    let mut snapshot = testing::healthy();
    let helm = |release: &str| json!({"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "shop"});
    testing::pod(&mut snapshot).metadata.annotations = testing::read(&helm("api"));
    let mut other = testing::webhook(&mut snapshot).clone();
    testing::webhook(&mut snapshot).metadata.annotations = testing::read(&helm("webhook"));
    other.metadata.name = "other".into();
    other.metadata.annotations = testing::read(&helm("other"));
    testing::inside(&mut testing::cluster(&mut snapshot).webhooks).push(other);
    testing::evidence(&snapshot, |evidence| {
        let owner = |kind: &str, name: &str| cluster::owner(evidence, kind, name).map(|owner| owner.to_string());
        assert_eq!(owner("Pod", "awscli").as_deref(), Some("Helm release shop/api"));
        assert_eq!(owner("Pod", "other"), None);
        let webhook = "MutatingWebhookConfiguration";
        assert_eq!(owner(webhook, "pod-identity-webhook").as_deref(), Some("Helm release shop/webhook"));
        assert_eq!(owner(webhook, "other").as_deref(), Some("Helm release shop/other"));
    });
}
