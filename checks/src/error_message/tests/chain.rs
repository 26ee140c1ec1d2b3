//! What an error proves of the chain, and what it and the chain say against each other.

use super::super::proven;
use super::*;
use crate::check::Stage;
use crate::diagnose::diagnose;
use crate::snapshot::RequiredAction;
use crate::testing::{annotate, evidence, read, set_trust, trust};
use serde_json::json;

const BUCKET: &str = " on resource: \"arn:aws:s3:::my-test-bucket\"";
const NO_IDENTITY_POLICY: &str = " because no identity-based policy allows the s3:ListBucket action";

fn proven_by(text: &str) -> Option<Stage> {
    let mut snapshot = healthy();
    snapshot.asked.error = Some(text.to_owned());
    evidence(&snapshot, proven)
}

/// Whether the reading agrees with the chain, and what it says against it.
fn contradictions(mut snapshot: Snapshot, text: &str) -> (&'static str, Vec<String>) {
    snapshot.asked.error = Some(text.to_owned());
    let reading = diagnose(&snapshot).targets.remove(0).error.unwrap();
    (reading.agreement, reading.contradictions)
}

/// The healthy pod, whose role's trust policy lets another service account in.
fn distrusted() -> Snapshot {
    let mut snapshot = healthy();
    set_trust(&mut snapshot, &serde_json::from_str(&trust().to_string().replace("my-service-account", "another")).unwrap());
    snapshot
}

#[test]
fn a_session_of_the_pods_role_proves_the_trust_and_a_judged_token_the_injection() {
    let of_pod_identity = POD.replace("botocore-session-1", "eks-my-cluster-awscli-0123abcd-0123-0123-0123-0123456789ab");
    for (text, stage) in [
        (refused(POD, ""), Some(Stage::Trust)),
        (refused(&of_pod_identity, ""), Some(Stage::Trust)),
        (refused(&POD.replace("botocore-session-1", "shop"), ""), Some(Stage::Trust)),
        (refused(&POD.replace("my-test-role", "other"), ""), None),
        (refused(&NODE.replace("/node/", "/my-test-role/"), ""), None),
        (refused(ROLE, ""), None),
        (web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"), Some(Stage::Injection)),
        (web_identity("InvalidIdentityToken", "Incorrect token audience"), Some(Stage::Injection)),
        (web_identity("ThrottlingException", "Rate exceeded"), None),
        ("Unable to locate credentials".to_owned(), None),
        ("something went wrong".to_owned(), None),
    ] {
        assert_eq!(proven_by(&text), stage, "{text}");
    }
}

#[test]
fn what_the_error_proves_to_work_contradicts_what_is_found_broken_there() {
    let (agreement, all) = contradictions(distrusted(), &refused(POD, BUCKET));
    assert_eq!(agreement, "contradicts");
    assert_eq!(all, ["trust-subject-mismatch is contradicted by the error: that link worked (another pod, another time?)"]);
    // A token that was judged says nothing of the trust policy; what is broken there explains the refusal.
    let refusal = web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    assert_eq!(contradictions(distrusted(), &refusal), ("agrees", Vec::new()));
    // What comes after the proven stage may be broken, and what is no error may be there before it.
    let mut later = healthy();
    annotate(&mut later, "eks.amazonaws.com/token-expiration", Some("1"));
    let another = refused(POD, &BUCKET.replace("my-test-bucket", "another"));
    assert_eq!(contradictions(later, &another), ("agrees", Vec::new()));
    assert_eq!(contradictions(healthy(), &refusal), ("open", Vec::new()));
}

#[test]
fn a_refusal_by_the_roles_own_policies_contradicts_policies_that_allow_it() {
    let text = refused(POD, &format!("{BUCKET}{NO_IDENTITY_POLICY}"));
    let (agreement, all) = contradictions(healthy(), &text);
    assert_eq!(agreement, "contradicts");
    assert_eq!(
        all,
        [
            "the error says that s3:ListBucket was not allowed, the role's own policies allow it now (changed since, or another pod?)"
        ]
    );
    let none = |snapshot: Snapshot, text: &str| assert!(contradictions(snapshot, text).1.is_empty(), "{text}");
    // Another layer may refuse what the role's own policies allow.
    none(healthy(), &refused(POD, BUCKET));
    none(healthy(), &refused(POD, &format!("{BUCKET} with an explicit deny in a service control policy")));
    // Another role's policies are not the pod's.
    none(healthy(), &refused(&POD.replace("my-test-role", "other"), &format!("{BUCKET}{NO_IDENTITY_POLICY}")));
    // They leave it out, as the error says.
    none(healthy(), &text.replace("my-test-bucket", "another-bucket"));
    // Another action that is allowed says nothing of the refused one.
    let mut asked = healthy();
    asked.asked.actions =
        vec![read::<RequiredAction>(&json!({"action": "s3:GetObject", "resource": "arn:aws:s3:::my-test-bucket/x"}))];
    none(asked, &text);
}

#[test]
fn what_another_policy_refused_is_what_broke() {
    let refusal = |action: &str, resource: &str, layer: &str| {
        let mut snapshot = healthy();
        let because = format!(" on resource: {resource} because no {layer} policy allows the {action} action");
        snapshot.asked.error = Some(refused_to_pod(action, &because));
        let report = diagnose(&snapshot).targets.remove(0);
        let errors = report.findings.iter().filter(|found| found.finding.severity == crate::fault::Severity::Error);
        (report.first_broken, errors.map(|found| found.finding.fault.id).collect::<Vec<_>>())
    };
    let (key, queue) = ("arn:aws:kms:us-east-1:123456789012:key/1234abcd", "arn:aws:sqs:us-east-1:123456789012:q");
    let of_key = refusal("kms:Decrypt", key, "resource-based");
    assert_eq!(of_key, (Some("error-message"), vec!["action-not-allowed", "error-kms-key"]));
    let of_queue = refusal("sqs:SendMessage", queue, "resource-based");
    assert_eq!(of_queue, (Some("error-message"), vec!["action-not-allowed", "error-resource-policy"]));
    let of_role = refusal("kms:Decrypt", key, "identity-based");
    assert_eq!(of_role, (Some("required-actions"), vec!["action-not-allowed"]));
}

#[test]
fn a_call_for_credentials_that_failed_is_never_no_fault() {
    let of_eks = |rest: &str| {
        format!(
            "operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 400, RequestID: 1a2b, {rest}"
        )
    };
    let agent = refused(NODE, "").replace("s3:ListBucket", "eks-auth:AssumeRoleForPodIdentity");
    for (text, fault, words) in [
        (
            of_eks("ResourceNotFoundException: No association found for service account: my-account"),
            "error-no-credentials",
            "EKS has no Pod Identity association for the pod's service account: No association found",
        ),
        (
            of_eks("InvalidTokenException: The token included in the request is invalid."),
            "error-token-malformed",
            "what was sent to EKS as the token is not one",
        ),
        (
            of_eks("AccessDeniedException: Unauthorized Exception! EKS does not have permissions to assume the associated role."),
            "error-trust-refused",
            "EKS may not assume the role of the Pod Identity association: its trust policy does not let pods.eks.amazonaws.com in",
        ),
        (of_eks("InternalServerException: no"), "error-no-credentials", "EKS gave no credentials (InternalServerException)"),
        (web_identity("InternalFailure", "no"), "error-no-credentials", "STS gave no credentials (InternalFailure)"),
        (agent, "error-access-denied", "the node's role node may not ask EKS for the pods' credentials"),
    ] {
        for mut snapshot in [healthy(), alone()] {
            snapshot.asked.error = Some(text.clone());
            let report = diagnose(&snapshot).targets.remove(0);
            assert!(
                !report.sentence.contains("let the call in") && !report.sentence.starts_with("HEALTHY"),
                "{}",
                report.sentence
            );
        }
        let (id, detail) = said(&text);
        assert_eq!(id, fault, "{text}");
        assert!(detail.starts_with(words), "{detail}");
    }
}
