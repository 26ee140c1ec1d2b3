//! What is taken from plans of Terraform and templates of `CloudFormation` besides roles.

use super::*;
use serde_json::json;

pub(super) fn planned(resources: &Value, changes: &Value) -> String {
    json!({
        "format_version": "1.2", "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": resources}}, "resource_changes": changes,
    })
    .to_string()
}

pub(super) fn resource(kind: &str, name: &str, values: &Value) -> Value {
    json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "values": values})
}

pub(super) fn linted(text: &str, args: &[&str]) -> (Value, Option<i32>) {
    let output = lint_with(&kept(""), &[&["-", "-o", "json"], args].concat(), text);
    (report_of(&output), output.status.code())
}

pub(super) fn trust() -> String {
    std::fs::read_to_string(kept("policies/trust.json")).unwrap()
}

#[test]
fn a_chart_is_known_as_far_as_its_values_are_literal() {
    let role = resource("aws_iam_role", "app", &json!({"name": "app", "path": "/", "assume_role_policy": trust()}));
    let chart = |values: Value| resource("helm_release", "app", &values);
    let by_values = chart(json!({
        "name": "app", "namespace": "store",
        "values": ["serviceAccount:\n  name: checkout\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/app\n"],
    }));
    let by_set = chart(json!({
        "name": "app", "namespace": "store",
        "set": [
            {"name": "serviceAccount.name", "value": "checkout"},
            {"name": "serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn", "value": "arn:aws:iam::123456789012:role/app"},
        ],
    }));
    for chart in [by_values, by_set] {
        let (report, code) = linted(&planned(&json!([role, chart]), &json!([])), &[]);
        // The chart goes to another namespace than the role trusts.
        assert_eq!((faults(&report), code), (vec!["trust-subject-mismatch", "no-policies"], Some(1)), "{chart}");
    }
}

#[test]
fn a_manifest_that_terraform_applies_is_one() {
    let manifest = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "app", "namespace": "shop", "annotations": {"eks.amazonaws.com/role-arn": "app"}},
    });
    let (report, _) =
        linted(&planned(&json!([resource("kubernetes_manifest", "app", &json!({"manifest": manifest}))]), &json!([])), &[]);
    assert_eq!(faults(&report), ["annotation-invalid-arn"]);
    assert_eq!(place(&report, "annotation-invalid-arn")["address"], "kubernetes_manifest.app");
}

#[test]
fn an_association_is_judged_for_its_role() {
    let association = json!({"cluster_name": "shop", "namespace": "shop", "service_account": "app", "role_arn": "arn:aws:iam::123456789012:role/app"});
    let role = |trust: String| json!({"name": "app", "path": "/", "arn": "arn:aws:iam::123456789012:role/app", "assume_role_policy": trust});
    let plan = |trust: String| {
        let all = json!([
            resource("aws_iam_role", "app", &role(trust)),
            resource("aws_eks_pod_identity_association", "app", &association),
        ]);
        planned(&all, &json!([]))
    };
    let (report, code) = linted(&plan(trust()), &[]);
    assert_eq!((faults(&report)[0], code), ("pod-identity-trust-missing", Some(1)));
    let pods = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
    }});
    let (report, code) = linted(&plan(pods.to_string()), &[]);
    let errors = report["targets"][0]["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
    assert_eq!((errors.count(), code), (0, Some(0)), "{report:#}");
    // Another cluster's association says nothing of this one.
    let (report, _) = linted(&plan(trust()), &["--cluster", "other"]);
    assert!(!faults(&report).contains(&"pod-identity-trust-missing"));
}

#[test]
fn a_state_knows_its_cluster() {
    let cluster = json!({
        "name": "shop", "arn": "arn:aws:eks:eu-west-1:123456789012:cluster/shop", "version": "1.34",
        "identity": [{"oidc": [{"issuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"}]}],
    });
    let role =
        json!({"name": "checkout", "path": "/", "assume_role_policy": trust(), "arn": "arn:aws:iam::123456789012:role/checkout"});
    let state = json!({
        "format_version": "1.0", "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": [resource("aws_eks_cluster", "this", &cluster), resource("aws_iam_role", "app", &role)]}},
    });
    let (report, code) = linted(&state.to_string(), &[]);
    assert!(faults(&report).contains(&"trust-other-cluster"), "{:?}", faults(&report));
    assert_eq!((report["cluster"]["name"].as_str(), code), (Some("shop"), Some(1)));
}

#[test]
fn an_unknown_of_a_plan_is_never_taken_for_absent() {
    let role = json!({"name": "app", "path": "/"});
    let changes = json!([{"address": "aws_iam_role.app", "change": {"actions": ["create"], "after_unknown": {"assume_role_policy": true, "arn": true}}}]);
    let account = json!({"metadata": [{"name": "app", "namespace": "shop", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/app"}}]});
    let all = json!([resource("aws_iam_role", "app", &role), resource("kubernetes_service_account", "app", &account)]);
    let (report, code) = linted(&planned(&all, &changes), &[]);
    assert_eq!((faults(&report), code), (vec!["no-policies"], Some(3)), "{report:#}");
    // An annotation that will be a reference to something that isn't in the plan.
    let account = json!({"metadata": [{"name": "app", "namespace": "shop"}]});
    let changes = json!([{"address": "kubernetes_service_account.app", "change": {"actions": ["create"], "after_unknown": {"metadata": [{"annotations": true}]}}}]);
    let (report, code) = linted(&planned(&json!([resource("kubernetes_service_account", "app", &account)]), &changes), &[]);
    assert_eq!((faults(&report).len(), code), (0, Some(3)), "{report:#}");
}

#[test]
fn a_template_is_literal_or_unknown() {
    let template = std::fs::read_to_string(kept("cloudformation/role.yaml")).unwrap();
    let known = ["--account", "123456789012", "--issuer", ISSUER];
    let wrong = template.replace("serviceaccount:shop:checkout", "serviceaccount:shop");
    let manifests = kept("manifests").display().to_string();
    let with_manifests = [&known[..], &[manifests.as_str()]].concat();
    let (report, code) = linted(&wrong, &with_manifests);
    assert_eq!((faults(&report), code), (vec!["trust-subject-malformed"], Some(1)));
    let file = place(&report, "trust-subject-malformed");
    assert_eq!((&file["line"], file["address"].as_str()), (&14.into(), Some("CheckoutRole")));
    // Without the account the policy can't be put together.
    let (report, code) = linted(&template, &["--issuer", ISSUER]);
    assert_eq!((faults(&report).len(), code), (0, Some(3)), "{report:#}");
    // A parameter may be anything.
    let parameter = template.replace("serviceaccount:shop:checkout", "serviceaccount:${Namespace}:checkout");
    assert_eq!(linted(&parameter, &known).1, Some(3));
    // A policy's document has lines of its own.
    let typo = template.replace("s3:PutObject", "s3:PutObjekt");
    let (report, _) = linted(&typo, &with_manifests);
    assert_eq!(place(&report, "policy-unknown-action")["line"], 38);
    // The same as JSON, the functions written out.
    let json = json!({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": "checkout",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":oidc-provider/", ISSUER.trim_start_matches("https://")]]}},
            "Condition": {"StringEquals": {format!("{}:sub", ISSUER.trim_start_matches("https://")): "system:serviceaccount:shop:checkout"}},
        }]},
    }}}});
    let (report, code) = linted(&json.to_string(), &with_manifests);
    assert_eq!((status(&report, "trust-policy"), code), ("pass", Some(0)), "{report:#}");
}
