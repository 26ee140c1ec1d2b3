//! The plans of the two best-known Terraform modules for IRSA, and what is typically done wrong with them.
//!
//! The plans are in `tests/lint/plans`; a misuse is what the module makes of a wrong input.

use super::*;

const COMMUNITY: &str = "plans/irsa-module.json";
const CLOUD_POSSE: &str = "plans/cloudposse-module.json";
const HOST: &str = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const PROVIDER: &str =
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

/// The report on a plan of which each text was replaced by another one.
fn changed(plan: &str, changes: &[(&str, &str)], args: &[&str]) -> (Value, Option<i32>) {
    let mut text = std::fs::read_to_string(kept(plan)).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let manifests = kept("manifests").display().to_string();
    let all = [&["-", manifests.as_str(), "-o", "json"], args].concat();
    let output = lint_with(&kept(""), &all, &text);
    (report_of(&output), output.status.code())
}

/// The errors and warnings; the exit code is 1 exactly where there is an error.
fn wrong(plan: &str, changes: &[(&str, &str)], args: &[&str]) -> Vec<String> {
    let (report, code) = changed(plan, changes, args);
    let broken = report["verdict"] == "broken";
    assert_eq!(code, Some(i32::from(broken)), "{report:#}");
    faults(&report).into_iter().map(str::to_owned).collect()
}

#[test]
fn both_modules_used_well_have_no_fault() {
    let issuer = ["--issuer", ISSUER];
    assert!(wrong(COMMUNITY, &[], &issuer).is_empty());
    // The role of the annotation is the module's own here.
    let own = "eg-ue2-prod-checkout@shop";
    let (report, code) = changed(CLOUD_POSSE, &[(own, "checkout")], &issuer);
    // Cloud Posse's module asks for no audience; that is worth knowing and no more.
    assert_eq!((faults(&report), code), (vec!["trust-no-audience"], Some(0)));
    assert_eq!(status(&report, "trust-policy"), "pass");
}

#[test]
fn a_typo_in_the_service_account() {
    for name in ["shops:checkout", "shop:chekout", "default:checkout"] {
        let new = format!("system:serviceaccount:{name}");
        let changes = [("system:serviceaccount:shop:checkout", new.as_str())];
        assert_eq!(wrong(COMMUNITY, &changes, &["--issuer", ISSUER]), ["trust-subject-mismatch"], "{name}");
        // Nothing has to be said of the issuer: it refuses, whichever it is.
        assert_eq!(wrong(COMMUNITY, &changes, &[]), ["trust-subject-mismatch"], "{name}");
    }
    let (report, _) = changed(COMMUNITY, &[("shop:checkout", "shop:chekout")], &[]);
    let file = place(&report, "trust-subject-mismatch");
    assert_eq!((file["path"].as_str(), file["address"].as_str()), (Some("-"), Some("module.checkout_irsa.aws_iam_role.this[0]")));
}

#[test]
fn a_wildcard_with_string_equals() {
    let changes = [("system:serviceaccount:shop:checkout", "system:serviceaccount:shop:*")];
    assert_eq!(wrong(COMMUNITY, &changes, &["--issuer", ISSUER]), ["trust-wildcard-literal"]);
    let like = [changes[0], ("StringEquals", "StringLike")];
    assert_eq!(wrong(COMMUNITY, &like, &["--issuer", ISSUER]), ["trust-wide-subject"]);
}

#[test]
fn the_issuer_where_the_providers_arn_belongs() {
    // `provider_arn = module.eks.oidc_provider`: the host and path alone, for principal and keys.
    let host = [(PROVIDER, HOST)];
    assert_eq!(wrong(COMMUNITY, &host, &["--issuer", ISSUER]), ["trust-federated-not-provider"]);
    // `provider_arn = module.eks.cluster_oidc_issuer_url`: a URL, for principal and keys.
    let keys = format!("{HOST}:");
    let with_scheme = format!("https://{HOST}:");
    let url = [(PROVIDER, ISSUER), (keys.as_str(), with_scheme.as_str())];
    let found = wrong(COMMUNITY, &url, &["--issuer", ISSUER]);
    assert!(
        found.contains(&"trust-federated-not-provider".to_owned()) && found.contains(&"trust-key-has-scheme".to_owned()),
        "{found:?}"
    );
    // `eks_cluster_oidc_issuer_url = module.eks.oidc_provider_arn` of the other module.
    let keys = [(HOST, PROVIDER), ("eg-ue2-prod-checkout@shop", "checkout")];
    let found = wrong(CLOUD_POSSE, &keys, &["--issuer", ISSUER]);
    assert!(found.contains(&"trust-key-is-arn".to_owned()), "{found:?}");
}

#[test]
fn the_provider_of_another_cluster() {
    let other = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    let found = wrong(COMMUNITY, &[], &["--issuer", other]);
    assert!(found.contains(&"trust-other-cluster".to_owned()), "{found:?}");
}

#[test]
fn another_account_than_the_providers() {
    let (own, other) = ("iam::123456789012:oidc-provider", "iam::210987654321:oidc-provider");
    let changes = [(own, other), ("eg-ue2-prod-checkout@shop", "checkout")];
    let args = ["--issuer", ISSUER, "--account", "123456789012"];
    assert!(wrong(CLOUD_POSSE, &changes, &args).contains(&"trust-other-account".to_owned()));
}

#[test]
fn policies_that_were_forgotten() {
    let mut plan: Value = serde_json::from_str(&std::fs::read_to_string(kept(COMMUNITY)).unwrap()).unwrap();
    let module = &mut plan["planned_values"]["root_module"]["child_modules"][0]["resources"];
    module.as_array_mut().unwrap().retain(|resource| resource["type"] == "aws_iam_role");
    let lint = |args: &[&str]| {
        let output = lint_with(&kept(""), &[&["-", "--issuer", ISSUER, "-o", "json"], args].concat(), &plan.to_string());
        (report_of(&output), output.status.code())
    };
    let (report, code) = lint(&[]);
    assert_eq!((faults(&report), code), (vec!["no-policies"], Some(0)));
    let (_, code) = lint(&["--action", "s3:GetObject", "--resource", "arn:aws:s3:::checkout-orders/1"]);
    assert_eq!(code, Some(1));
}

#[test]
fn a_role_is_judged_without_any_manifest() {
    let text = std::fs::read_to_string(kept(CLOUD_POSSE)).unwrap();
    let output = lint_with(&kept(""), &["-", "--issuer", ISSUER, "-o", "json"], &text);
    let report = report_of(&output);
    assert_eq!(report["targets"][0]["target"]["subject"], "shop/checkout");
    assert_eq!((status(&report, "trust-policy"), output.status.code()), ("pass", Some(0)));
    let wrong = text.replace("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole");
    let output = lint_with(&kept(""), &["-", "--issuer", ISSUER, "-o", "json"], &wrong);
    assert_eq!((faults(&report_of(&output)), output.status.code()), (vec!["trust-not-web-identity"], Some(1)));
}
