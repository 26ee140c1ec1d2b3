//! Each owner's own marks, and nothing that only looks like one.

use super::*;
use crate::snapshot::Snapshot;
use crate::testing;
use serde_json::{Value, json};

mod subject;

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
            json!({"labels": {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "api-1.2.3"}}),
            Some("a Helm chart (api-1.2.3), rendered by something else than Helm"),
        ),
        (json!({"managedFields": manager("HashiCorp")}), Some("Terraform (field manager HashiCorp)")),
        (json!({"managedFields": manager("pulumi-kubernetes-ab12")}), Some("Pulumi (field manager pulumi-kubernetes-ab12)")),
        (json!({"managedFields": manager("kubectl-client-side-apply")}), None),
        (
            json!({"ownerReferences": [{"apiVersion": "kafka.strimzi.io/v1beta2", "kind": "Kafka", "name": "main", "controller": true}]}),
            Some("Kafka main (owner reference)"),
        ),
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
    assert_eq!(owner("terraform-runner"), None);
}

#[test]
fn an_addon_owns_its_association_and_aws_its_roles() {
    let mut snapshot = testing::healthy();
    let association =
        json!({"id": "a", "owner_arn": "arn:aws:eks:us-east-1:123456789012:addon/my-cluster/aws-ebs-csi-driver/4ac2"});
    testing::cluster(&mut snapshot)
        .associations
        .insert("default/my-service-account".into(), crate::snapshot::Observed::Present(testing::read(&association)));
    testing::role(&mut snapshot).path = "/aws-service-role/eks.amazonaws.com/".into();
    testing::evidence(&snapshot, |evidence| {
        assert_eq!(cluster::of_association(evidence), Some(Owner::Addon { name: "aws-ebs-csi-driver".into() }));
        assert_eq!(account::of_role(evidence, testing::ROLE), Some(Owner::Vendor { name: "AWS" }));
        assert_eq!(account::of_policy(evidence, "arn:aws:iam::aws:policy/X"), Some(Owner::Vendor { name: "AWS" }));
    });
}

/// The change that an owner is told to make.
fn told(snapshot: &Snapshot, owner: &Owner, subject: Subject, change: Change) -> String {
    testing::evidence(snapshot, |evidence| durable::change(evidence, owner, &Target { subject, change }))
}

fn annotation() -> (Subject, Change) {
    (
        Subject::Object { kind: "ServiceAccount".into(), name: "my-service-account".into() },
        Change::Annotation { key: "eks.amazonaws.com/role-arn".into(), value: Some(testing::ROLE.into()) },
    )
}

#[test]
fn an_annotation_in_each_owners_terms() {
    let snapshot = testing::healthy();
    let told = |owner: &Owner| {
        let (subject, change) = annotation();
        told(&snapshot, owner, subject, change)
    };
    let helm = Owner::Helm { namespace: "shop".into(), release: "api".into(), by_terraform: false };
    let command = "helm upgrade api CHART --version VERSION -n shop --reuse-values --set-string 'serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn=arn:aws:iam::123456789012:role/my-test-role' --kube-context arn:aws:eks:us-east-1:123456789012:cluster/my-cluster`";
    assert!(told(&helm).contains(command), "{}", told(&helm));
    let addon = told(&Owner::Addon { name: "vpc-cni".into() });
    assert_eq!(
        addon,
        "tell the add-on: `aws eks update-addon --cluster-name my-cluster --addon-name vpc-cni --service-account-role-arn arn:aws:iam::123456789012:role/my-test-role --resolve-conflicts PRESERVE --region us-east-1`"
    );
    let eksctl = told(&Owner::Eksctl { cluster: None, account: Some("shop/api".into()), likely: false });
    assert!(eksctl.contains("--approve --region us-east-1`"), "{eksctl}");
    assert!(
        eksctl.contains("eksctl create iamserviceaccount --cluster my-cluster --namespace shop --name api --attach-role-arn"),
        "{eksctl}"
    );
    let terraform = told(&Owner::Code { tool: "Terraform", mark: String::new(), likely: false });
    assert!(
        terraform.contains("kubernetes_service_account_v1")
            && terraform.contains("metadata.annotations[\"eks.amazonaws.com/role-arn\"]"),
        "{terraform}"
    );
    let argo = told(&Owner::ArgoCd { application: "shop".into(), likely: false });
    assert!(argo.contains("Git source of Application shop") && argo.contains(testing::ROLE), "{argo}");
}

#[test]
fn a_trust_policy_in_each_owners_terms() {
    let snapshot = testing::healthy();
    let told = |owner: &Owner| told(&snapshot, owner, Subject::Role(testing::ROLE.into()), Change::Trust);
    let terraform = told(&Owner::Code { tool: "Terraform", mark: String::new(), likely: true });
    assert!(terraform.contains("assume_role_policy") && terraform.contains("namespace_service_accounts"), "{terraform}");
    let stack = told(&Owner::CloudFormation { stack: "iam".into(), resource: Some("ApiRole".into()) });
    assert!(stack.contains("AssumeRolePolicyDocument of resource ApiRole in the template of stack iam"), "{stack}");
    let crossplane = told(&Owner::Controller { tool: "Crossplane", resource: "role api".into() });
    assert!(crossplane.contains("spec.forProvider.assumeRolePolicy of role api"), "{crossplane}");
}

#[test]
fn what_hostile_names_bring_is_quoted() {
    let snapshot = testing::healthy();
    let (subject, _) = annotation();
    let helm = Owner::Helm { namespace: "n".into(), release: "a; rm -rf / #".into(), by_terraform: false };
    let change = Change::Annotation { key: "k".into(), value: Some("x,y\\z$(id)".into()) };
    let said = told(&snapshot, &helm, subject, change);
    assert!(said.contains("helm upgrade 'a; rm -rf / #' CHART"), "{said}");
    assert!(said.contains("--set-string 'serviceAccount.annotations.k=x\\,y\\\\z$(id)'"), "{said}");
}

#[test]
fn the_first_write_says_what_is_changed() {
    let mut snapshot = testing::healthy();
    testing::annotate(&mut snapshot, "eks.amazonaws.com/audience", Some(""));
    testing::annotate(&mut snapshot, "meta.helm.sh/release-name", Some("api"));
    let report = crate::diagnose::diagnose(&snapshot);
    let fix = report.targets[0].findings[0].finding.fix.clone().unwrap();
    assert_eq!(fix.managed_by.as_deref(), Some("Helm release default/api"));
    let durable = fix.durable.unwrap();
    assert!(durable.contains("--set 'serviceAccount.annotations.eks\\.amazonaws\\.com/audience=null'"), "{durable}");
    assert!(durable.ends_with("the next helm upgrade may undo the command"), "{durable}");
}

#[test]
fn an_annotation_goes_in_terraforms_terms() {
    let snapshot = testing::healthy();
    let (subject, _) = annotation();
    let owner = Owner::Code { tool: "Terraform", mark: String::new(), likely: false };
    let change = Change::Annotation { key: "eks.amazonaws.com/audience".into(), value: None };
    let said = told(&snapshot, &owner, subject, change);
    assert!(said.contains("in Terraform: no metadata.annotations[\"eks.amazonaws.com/audience\"] in the resource"), "{said}");
}
