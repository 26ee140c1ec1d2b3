//! One change, one fault; each fix lets the token in; and what looks wrong and isn't.

mod judged;
mod keys;
mod near;
mod unread;
mod words;

use super::*;
use crate::check::Status;
use crate::finding::Compared;
use crate::snapshot::{GapCause, Snapshot};
use crate::testing::{self, ACCOUNT, ISSUER, PROVIDER};
use serde_json::{Value, json};

const OLD: &str = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
const SUBJECT: &str = "system:serviceaccount:default:my-service-account";

fn host() -> &'static str {
    ISSUER.trim_start_matches("https://")
}

fn key(claim: &str) -> String {
    format!("{}:{claim}", host())
}

fn provider(issuer: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}")
}

/// An Allow statement for a provider, with a condition.
fn allow(provider: &str, condition: &Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
    })
}

fn claims(sub: &str, aud: &str) -> Value {
    json!({"StringEquals": {key("aud"): aud, key("sub"): sub}})
}

fn of(issuer: &str, sub: &str) -> Value {
    json!({"StringEquals": {format!("{issuer}:aud"): "sts.amazonaws.com", format!("{issuer}:sub"): sub}})
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn snapshot(document: &Value) -> Snapshot {
    let mut snapshot = testing::healthy();
    testing::set_trust(&mut snapshot, document);
    snapshot
}

fn run(document: &Value) -> Outcome {
    testing::run(&CHECK, &snapshot(document))
}

/// The document that the findings' one fix writes.
fn fixed(outcome: &Outcome) -> Value {
    let fixes: Vec<_> = testing::findings(outcome).iter().map(|finding| finding.fix.clone().unwrap()).collect();
    assert!(fixes.windows(2).all(|pair| pair[0] == pair[1]), "one document, one fix: {fixes:?}");
    let argv = &fixes[0].commands[0].argv;
    assert_eq!(argv[..6], ["aws", "iam", "update-assume-role-policy", "--role-name", "my-test-role", "--policy-document"]);
    let change = fixes[0].document.as_ref().unwrap();
    assert_eq!(change.backup.as_ref().unwrap().stdout.as_deref(), Some("trust-123456789012-my-test-role-20261124T120000Z.json"));
    serde_json::from_str(&argv[6]).unwrap()
}

/// Exactly these faults, and a fix after which the check passes. Gives the new document.
fn mends(document: &Value, faults: &[&str]) -> Value {
    let outcome = run(document);
    assert_eq!(testing::faults(&outcome), faults, "{document}");
    let new = fixed(&outcome);
    assert_eq!(run(&new).status(), Status::Pass, "{new}");
    new
}

#[test]
fn the_right_policy_passes() {
    assert_eq!(run(&testing::trust()).status(), Status::Pass);
}

#[test]
fn another_subject_is_kept_beside_the_new_one() {
    for sub in [
        "system:serviceaccount:other:my-service-account",
        "system:serviceaccount:default:my-service-account-a954c5d1f0e2",
        "system:serviceaccount:Default:my-service-account",
    ] {
        let new = mends(&document(&[allow(PROVIDER, &claims(sub, "sts.amazonaws.com"))]), &["trust-subject-mismatch"]);
        assert_eq!(new["Statement"][0]["Condition"]["StringEquals"][key("sub")], json!([sub, SUBJECT]));
    }
    let list = json!(["system:serviceaccount:a:b", "system:serviceaccount:c:d"]);
    let condition = json!({"StringLike": {key("sub"): list}, "StringEquals": {key("aud"): "sts.amazonaws.com"}});
    let new = mends(&document(&[allow(PROVIDER, &condition)]), &["trust-subject-mismatch"]);
    assert_eq!(new["Statement"][0]["Condition"]["StringLike"][key("sub")][2], SUBJECT);
}

#[test]
fn the_place_is_the_value_with_line_and_column() {
    let text =
        serde_json::to_string_pretty(&document(&[allow(PROVIDER, &claims("system:serviceaccount:a:b", "sts.amazonaws.com"))]))
            .unwrap();
    let mut snapshot = testing::healthy();
    testing::role(&mut snapshot).trust_policy.clone_from(&text);
    let outcome = testing::run(&CHECK, &snapshot);
    let finding = &testing::findings(&outcome)[0];
    assert_eq!(finding.locus.path, format!("$['Statement'][0]['Condition']['StringEquals']['{}']", key("sub")));
    let line = text.lines().nth(finding.locus.line.unwrap() as usize - 1).unwrap();
    assert!(line.contains("system:serviceaccount:a:b"), "{line}");
    assert_eq!(finding.expected, Some(Compared::One(SUBJECT.to_owned())));
    assert_eq!(finding.actual, Some(Compared::One("system:serviceaccount:a:b".to_owned())));
    // The document keeps its own style: only this line changes.
    let fix = finding.fix.clone().unwrap();
    let changed = text.lines().zip(fix.commands[0].argv[6].lines()).filter(|(old, new)| old != new).count();
    assert_eq!(changed, 1);
}

#[test]
fn a_subject_that_is_none_is_replaced() {
    for sub in [
        "default:my-service-account",
        "system:serviceaccount:default/my-service-account",
        "system:serviceaccount:default:my-service-account ",
        "system:serviceaccounts:default:my-service-account",
        "system:serviceaccount:my-service-account",
        "system:serviceaccount:<namespace>:my-service-account",
        "",
    ] {
        let new = mends(&document(&[allow(PROVIDER, &claims(sub, "sts.amazonaws.com"))]), &["trust-subject-malformed"]);
        assert_eq!(new["Statement"][0]["Condition"]["StringEquals"][key("sub")], SUBJECT);
    }
}

#[test]
fn wildcards_under_string_equals_are_plain_characters() {
    for sub in ["system:serviceaccount:default:*", "system:serviceaccount:*:my-service-account", "*"] {
        let new = mends(&document(&[allow(PROVIDER, &claims(sub, "sts.amazonaws.com"))]), &["trust-wildcard-literal"]);
        assert_eq!(new["Statement"][0]["Condition"]["StringEquals"][key("sub")], SUBJECT);
    }
    mends(&document(&[allow(PROVIDER, &claims(SUBJECT, "sts.*"))]), &["trust-wildcard-literal"]);
    // One that would not match as a pattern either is just another subject.
    let other = claims("system:serviceaccount:other:*", "sts.amazonaws.com");
    mends(&document(&[allow(PROVIDER, &other)]), &["trust-subject-mismatch"]);
}

#[test]
fn another_audience() {
    let new = mends(&document(&[allow(PROVIDER, &claims(SUBJECT, "sts.amazonaws.com.cn"))]), &["trust-audience-mismatch"]);
    assert_eq!(new["Statement"][0]["Condition"]["StringEquals"][key("aud")], "sts.amazonaws.com");
}

#[test]
fn claims_that_are_swapped() {
    mends(&document(&[allow(PROVIDER, &claims("sts.amazonaws.com", SUBJECT))]), &["trust-claims-swapped"]);
    mends(&document(&[allow(PROVIDER, &claims(SUBJECT, SUBJECT))]), &["trust-claims-swapped"]);
    // Swapped, and of another account at that: one thing.
    let other = claims("sts.amazonaws.com", "system:serviceaccount:a:b");
    mends(&document(&[allow(PROVIDER, &other)]), &["trust-claims-swapped"]);
}

#[test]
fn two_independent_things_are_two_findings_with_one_fix() {
    let both = claims("system:serviceaccount:a:b", "sts.amazonaws.com.cn");
    let outcome = run(&document(&[allow(PROVIDER, &both)]));
    let mut faults = testing::faults(&outcome);
    faults.sort_unstable();
    assert_eq!(faults, ["trust-audience-mismatch", "trust-subject-mismatch"]);
    assert_eq!(run(&fixed(&outcome)).status(), Status::Pass);
}

#[test]
fn the_old_clusters_statement_stays() {
    let old = allow(&provider(OLD), &of(OLD, SUBJECT));
    let new = mends(&document(std::slice::from_ref(&old)), &["trust-other-cluster"]);
    assert_eq!(new["Statement"][0], old);
    assert_eq!(new["Statement"][1]["Principal"]["Federated"], PROVIDER);
    // Whatever else it says is for the old cluster's pods.
    mends(&document(&[allow(&provider(OLD), &of(OLD, "system:serviceaccount:a:b"))]), &["trust-other-cluster"]);
    let github = "token.actions.githubusercontent.com";
    let foreign = allow(&provider(github), &json!({"StringLike": {format!("{github}:sub"): "repo:me/it:*"}}));
    mends(&document(&[foreign]), &["trust-other-cluster"]);
}

#[test]
fn the_principal_alone_may_be_old_and_a_registered_issuer_is_no_typo() {
    mends(&document(&[allow(&provider(OLD), &claims(SUBJECT, "sts.amazonaws.com"))]), &["trust-other-cluster"]);
    let near = host().replace("EXAMPLED5", "EXAMPLEC5");
    let document = document(&[allow(&provider(&near), &of(&near, SUBJECT))]);
    assert_eq!(testing::faults(&run(&document)), ["trust-issuer-typo"]);
    let mut registered = snapshot(&document);
    testing::account(&mut registered).provider_arns =
        crate::snapshot::Observed::Present(vec![PROVIDER.to_owned(), provider(&near)]);
    assert_eq!(testing::faults(&testing::run(&CHECK, &registered)), ["trust-other-cluster"]);
}

#[test]
fn misspelt_issuers() {
    for issuer in [
        "oidc.us-east-1.eks.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
        "oidc.eks.us-east-1.amazonaws.com/id/exampled539d4633e53de1b71example",
        "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633",
        "oidc-eks.us-east-1.api.aws/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
    ] {
        let new = mends(&document(&[allow(&provider(issuer), &of(issuer, SUBJECT))]), &["trust-issuer-typo"]);
        // Mended in place; keys that differ in case alone are right as they are.
        assert_eq!(new.to_string().to_lowercase(), testing::trust().to_string().to_lowercase());
    }
}

#[test]
fn the_right_issuer_in_another_account() {
    let elsewhere = PROVIDER.replace(ACCOUNT, "111122223333");
    let new = mends(&document(&[allow(&elsewhere, &claims(SUBJECT, "sts.amazonaws.com"))]), &["trust-other-account"]);
    assert_eq!(new["Statement"][0]["Principal"]["Federated"], PROVIDER);
    assert_eq!(new["Statement"].as_array().unwrap().len(), 1);
}

#[test]
fn a_federated_principal_that_is_no_provider() {
    for federated in [host(), ISSUER, "arn:aws:iam::123456789012:saml-provider/okta", "cognito-identity.amazonaws.com"] {
        mends(&document(&[allow(federated, &claims(SUBJECT, "sts.amazonaws.com"))]), &["trust-federated-not-provider"]);
    }
}

#[test]
fn no_web_identity_at_all() {
    let service = |name: &str| json!({"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"});
    mends(&document(&[service("ec2.amazonaws.com")]), &["trust-not-web-identity"]);
    mends(&document(&[service("ec2.amazonaws.com"), service("pods.eks.amazonaws.com")]), &["trust-not-web-identity"]);
    let nobody = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"});
    mends(&document(&[nobody]), &["trust-not-web-identity"]);
    mends(&document(&[service("pods.eks.amazonaws.com")]), &["trust-pod-identity-only"]);
    // Statement is an object: it becomes a list.
    let single = json!({"Version": "2012-10-17", "Statement": service("ec2.amazonaws.com")});
    assert_eq!(mends(&single, &["trust-not-web-identity"])["Statement"].as_array().unwrap().len(), 2);
    let mut wrong_action = allow(PROVIDER, &claims(SUBJECT, "sts.amazonaws.com"));
    wrong_action["Action"] = json!("sts:AssumeRole");
    let new = mends(&document(&[wrong_action]), &["trust-not-web-identity"]);
    assert_eq!(new["Statement"].as_array().unwrap().len(), 1);
    let everything = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:*"});
    mends(&document(&[everything]), &["trust-not-web-identity"]);
}

#[test]
fn the_nearest_statement_explains() {
    // Another app of this cluster comes nearer than this app's statement for the old one.
    let old = allow(&provider(OLD), &of(OLD, SUBJECT));
    let here = allow(PROVIDER, &claims("system:serviceaccount:default:my-service-accoun", "sts.amazonaws.com"));
    let node = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    mends(&document(&[node.clone(), old.clone(), here]), &["trust-subject-mismatch"]);
    mends(&document(&[node, old]), &["trust-other-cluster"]);
}
