//! What mends an error, and who must decide where no command does.

use super::*;
use crate::fix::Fix;
use crate::snapshot::RequiredAction;
use crate::testing::{read, set_policy};
use serde_json::json;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const SCP: &str = "arn:aws:organizations::123456789012:policy/o-1/service_control_policy/p-1";

fn fix(text: &str) -> Fix {
    fix_in(healthy(), text)
}

fn fix_in(snapshot: Snapshot, text: &str) -> Fix {
    found_in(snapshot, text).fix.unwrap()
}

/// A text that the role is not allowed this, whose own policies leave it out.
fn left_out(action: &str, resource: &str) -> String {
    refused_to_pod(action, &format!(" on resource: {resource} because no identity-based policy allows the {action} action"))
}

fn shell(fix: &Fix) -> Vec<String> {
    fix.commands.iter().map(crate::fix::FixCommand::shell).collect()
}

#[test]
fn each_layer_has_its_own_owner() {
    let bucket = " on resource: \"arn:aws:s3:::b\"";
    for (text, id, summary, who) in [
        (
            refused(POD, &format!("{bucket} with an explicit deny in a service control policy: {SCP}")),
            "error error-service-control-policy",
            "Have the service control policy changed, if it is not meant for this role",
            format!("whoever administers the organization: service control policy {SCP}"),
        ),
        (
            refused(POD, &format!("{bucket} with an explicit deny in a resource control policy")),
            "error error-resource-control-policy",
            "Have the resource control policy changed, if it is not meant for this role",
            "whoever administers the resource's organization: resource control policy".to_owned(),
        ),
        (
            refused(POD, &format!("{bucket} with an explicit deny in a resource-based policy")),
            "error error-resource-policy",
            "Let the role in by the resource's own policy",
            "whoever owns arn:aws:s3:::b: its policy must allow it to the role (not to its session)".to_owned(),
        ),
        (
            refused(POD, &format!("{bucket} because no session policy allows the s3:ListBucket action")),
            "error error-session-policy",
            "Widen the session policy, or pass none",
            "whoever owns the program or the Pod Identity association that passes the session policy".to_owned(),
        ),
        (
            refused(POD, &format!("{bucket} with an explicit deny in a VPC endpoint policy")),
            "error error-vpc-endpoint-policy",
            "Let the call through the VPC endpoint",
            "whoever owns the VPC's endpoints: endpoint policy".to_owned(),
        ),
        (
            refused(POD, bucket),
            "error error-access-denied",
            "Find out which policy refuses the call",
            "whoever owns the role, and whoever owns the resource: see the candidates".to_owned(),
        ),
    ] {
        let fix = fix(&text);
        assert_eq!((fix.id.as_str(), fix.summary.as_str(), fix.needs_decision), (id, summary, Some(who)), "{text}");
        assert!(fix.commands.is_empty(), "no command changes what others own");
    }
}

#[test]
fn a_caller_that_is_not_the_pods_role_is_the_workloads_to_mend() {
    for (text, who) in [
        (refused(NODE, ""), "whoever owns the image: an SDK of the minimum version or later"),
        ("Unable to locate credentials".to_owned(), "whoever owns the image: an SDK of the minimum version or later"),
        (refused("arn:aws:iam::123456789012:user/me", ""), "whoever owns the workload: where do these credentials come from"),
        (refused(&POD.replace("my-test-role", "other"), ""), "whoever owns the workload: remove the role from the program's"),
        (
            refused_to_pod("sts:AssumeRole", &format!(" on resource: {ROLE}")),
            "whoever owns the application's configuration: remove the role_arn",
        ),
        (
            "ClientError: To use web identity tokens, the 'sts' service module must be on the class path.".to_owned(),
            "whoever owns the image: Java needs software.amazon.awssdk:sts on the class path",
        ),
    ] {
        let who_does = fix(&text).needs_decision.unwrap();
        assert!(who_does.starts_with(who), "{text}: {who_does}");
    }
}

#[test]
fn each_failure_of_a_token_has_its_own_remedy() {
    let invalid = |parameter: &str| {
        let words = format!("1 validation error detected: Value 'x' at '{parameter}' failed to satisfy constraint: Member");
        web_identity("ValidationError", &words)
    };
    for (text, summary, who) in [
        (
            web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
            "Find out which policy refuses the web identity",
            "whoever owns the role: its trust policy",
        ),
        (
            web_identity("InvalidIdentityToken", &format!("No OpenIDConnect provider found in your account for {ISSUER}")),
            "Make the provider for the token's issuer in the role's account, or use the cluster's own token",
            "whoever owns the role's account: is there a provider for that issuer",
        ),
        (
            web_identity("InvalidIdentityToken", "Incorrect token audience"),
            "Make token and provider agree on an audience",
            "whoever owns the role's account or the program: which audience is meant",
        ),
        (
            web_identity("ExpiredTokenException", "Token expired: current date/time 1 must be before the expiration date/time 0"),
            "Have the program read the token anew, and its credentials refreshed",
            "whoever owns the program: a refreshing provider",
        ),
        (
            web_identity("InvalidIdentityToken", "The ID Token provided is not a valid JWT."),
            "Send the contents of the token file",
            "whoever owns the program: the contents of the file and not its path",
        ),
        (
            "[Errno 13] Permission denied: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'".to_owned(),
            "Let the process read its token",
            "whoever owns the pod: an fsGroup or the right runAsUser",
        ),
        (
            web_identity("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"),
            "Make the issuer's discovery document and keys public, and current",
            "whoever runs the issuer; on EKS itself it passes: retry",
        ),
        (
            "Could not connect to the endpoint URL: \"https://sts.us-east-1.amazonaws.com/\"".to_owned(),
            "Let the pod reach the endpoint",
            "whoever owns the network or the program's endpoint settings",
        ),
        (
            web_identity("RegionDisabledException", "STS is not activated in this region for account:123456789012."),
            "Activate STS in the region, or call another one",
            "an administrator of the role's account",
        ),
        (
            web_identity("ThrottlingException", "Rate exceeded"),
            "Make fewer calls: keep clients and their credentials, retry adaptively",
            "whoever owns the program",
        ),
        (invalid("roleArn"), "Send a request that STS takes", "whoever owns the workload: the role's ARN"),
        (
            invalid("roleSessionName"),
            "Send a request that STS takes",
            "whoever owns the workload: the session's name (AWS_ROLE_SESSION_NAME)",
        ),
        (
            invalid("durationSeconds"),
            "Send a request that STS takes",
            "whoever owns the program or the role: the session's duration",
        ),
        (
            web_identity("ValidationError", "Request ARN is invalid"),
            "Send a request that STS takes",
            "whoever owns the program or the role: the parameter that the error names",
        ),
    ] {
        let fix = fix(&text);
        assert_eq!(fix.summary, summary, "{text}");
        let decision = fix.needs_decision.unwrap();
        assert!(decision.starts_with(who), "{text}: {decision}");
    }
}

#[test]
fn what_the_roles_policies_leave_out_is_granted_and_the_other_side_named() {
    for (action, resource, other_side) in [
        ("kms:Decrypt", KEY, Some(format!("the policy of {KEY} must let the account's IAM policies decide, or name the role"))),
        ("sts:AssumeRole", TARGET, Some(format!("the trust policy of {TARGET} must let the pod's role in as well"))),
        ("iam:PassRole", TARGET, None),
    ] {
        let fix = fix(&left_out(action, resource));
        assert_eq!(fix.id, format!("permissions of {ROLE}"));
        let commands = shell(&fix);
        let put = commands.iter().find(|command| command.starts_with("aws iam put-role-policy")).unwrap();
        assert!(put.contains(&format!(r#""Action":["{action}"],"Resource":"{resource}""#)), "{put}");
        assert_eq!(fix.needs_decision, None);
        let of_others: Vec<&String> = fix.notes.iter().filter(|note| note.starts_with("the ")).collect();
        assert_eq!(of_others, other_side.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_grant_that_would_mend_nothing_is_not_offered() {
    // The role's policies allow it already: the key's policy is what is left.
    let mut allowed = healthy();
    set_policy(
        &mut allowed,
        &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}]}),
    );
    let to_owner = format!("whoever owns the key ({KEY}): its key policy must let the role in for kms:Decrypt on {KEY}");
    assert_eq!(fix_in(allowed, &left_out("kms:Decrypt", KEY)).needs_decision, Some(to_owner.clone()));
    // Another action was asked about than the one that was refused.
    let mut other = healthy();
    other.asked.actions = vec![read::<RequiredAction>(&json!({"action": "s3:DeleteBucket", "resource": "arn:aws:s3:::b"}))];
    assert_eq!(fix_in(other, &left_out("kms:Decrypt", KEY)).needs_decision, Some(to_owner));
    // Nothing is granted on everything.
    let any = fix(&left_out("iam:PassRole", "*"));
    assert_eq!(any.summary, "Allow the role iam:PassRole on exactly that role");
    assert!(any.commands.is_empty());
    // Nobody looked at a role.
    let alone = fix_in(alone(), &left_out("sts:AssumeRole", TARGET));
    assert_eq!(alone.summary, "Let the pod's role into the second one");
    let who = format!("whoever owns {TARGET}: its trust policy must allow sts:AssumeRole to the pod's role");
    assert_eq!(alone.needs_decision, Some(who));
    // A plain refusal is mended where the chain shows the missing permission.
    assert_eq!(fix(&left_out("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q")).id, "error error-access-denied");
}

#[test]
fn the_global_endpoint_is_exchanged_for_the_regional_one() {
    let global = "Could not connect to the endpoint URL: \"https://sts.amazonaws.com/\"";
    let regional = fix(global);
    assert_eq!(regional.id, "ServiceAccount default/my-service-account eks.amazonaws.com/sts-regional-endpoints");
    let annotate = &shell(&regional)[0];
    assert!(
        annotate.starts_with("kubectl annotate serviceaccount my-service-account eks.amazonaws.com/sts-regional-endpoints=true"),
        "{annotate}"
    );
    assert!(regional.notes[0].contains("com.amazonaws.REGION.sts"), "{:?}", regional.notes);
    assert_eq!(regional.restart, crate::fix::Restart::Required);
    // Without a service account there is none to annotate.
    assert_eq!(fix_in(alone(), global).summary, "Let the pod reach the endpoint");
    // Whoever was refused there has reached it.
    let refused_there = format!(
        "POST https://sts.amazonaws.com/: {}",
        web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    );
    assert_eq!(fix(&refused_there).id, "error error-trust-refused");
}

#[test]
fn an_error_alone_does_not_say_which_link_is_missing() {
    for text in [refused(NODE, ""), "Unable to locate credentials".to_owned()] {
        let fix = fix_in(alone(), &text);
        assert_eq!(fix.summary, "Find the link that leaves the program without a role of its own");
        assert!(fix.needs_decision.unwrap().contains("irsa-doctor --pod POD -n NAMESPACE --error -"));
    }
    let user = fix_in(alone(), &refused("arn:aws:iam::123456789012:user/me", ""));
    assert_eq!(user.summary, "Take the keys away, so that the pod's role is used");
}
