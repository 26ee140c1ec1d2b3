//! What a finding says of each error.

use super::*;
use crate::fault::Confidence;
use crate::snapshot::{DecodedMessage, Gap, GapCause, Observed};
use crate::testing::{annotate, gaps};

#[test]
fn each_failure_of_a_token_or_a_client_is_told_from_the_others() {
    for (text, fault, words) in [
        (
            web_identity("InvalidIdentityToken", "Incorrect token audience"),
            "error-token-audience",
            "STS says that the token's audience is not one of the OIDC provider's client ids",
        ),
        (
            web_identity("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"),
            "error-issuer-unreachable",
            "STS could not get or verify the keys of the token's issuer: Couldn't retrieve verification key from your identity provider",
        ),
        (
            "An error occurred (ExpiredToken) when calling the ListObjectsV2 operation: The provided token has expired.".to_owned(),
            "error-token-expired",
            "the session's credentials had expired when they were used: The provided token has expired.",
        ),
        (
            "An error occurred (RequestTimeTooSkewed) when calling the ListBuckets operation: The times differ.".to_owned(),
            "error-token-expired",
            "the clock of the caller and that of AWS differ: The times differ.",
        ),
        (
            web_identity("InvalidIdentityToken", "The ID Token provided is not a valid JWT."),
            "error-token-malformed",
            "what was sent to STS as the token is not one: The ID Token provided is not a valid JWT.",
        ),
        (
            web_identity("RegionDisabledException", "STS is not activated in this region for account:123456789012."),
            "error-region-disabled",
            "STS is not active in the region that was called, for the role's account: STS is not activated in this region for account:123456789012.",
        ),
        (
            "software.amazon.awssdk.core.exception.SdkClientException: To use web identity tokens, the 'sts' service module must be on the class path.".to_owned(),
            "error-sdk-lacks-sts",
            "the SDK in the program has no STS module, so it can't do web identity",
        ),
        (
            "An error occurred (ThrottlingException) when calling the ListKeys operation: Rate exceeded".to_owned(),
            "error-throttled",
            "AWS throttled ListKeys",
        ),
        (
            web_identity("ValidationError", "Request ARN is invalid"),
            "error-request-invalid",
            "STS takes the request for invalid: Request ARN is invalid",
        ),
    ] {
        assert_eq!(said(&text), (fault, words.to_owned()));
    }
}

#[test]
fn somebody_elses_credentials_are_named() {
    let person = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/me@example.com";
    assert_eq!(
        said(&refused(person, "")),
        ("error-static-identity", format!("AWS saw a person, {person}: the call was not made with the pod's role"))
    );
    assert_eq!(
        said(&refused("anonymous", "")),
        ("error-no-credentials", "AWS saw nobody: the request was not signed".to_owned())
    );
    let unknown = found(
        "An error occurred (InvalidAccessKeyId) when calling the ListBuckets operation: The AWS Access Key Id you provided does not exist in our records.",
    );
    assert_eq!(unknown.fault.id, "error-static-identity");
    assert_eq!(
        unknown.detail,
        "AWS does not know the access key that was used (InvalidAccessKeyId): keys of somebody's own, not the role's"
    );
    assert_eq!(unknown.confidence, Confidence::Likely, "a role's keys can be cut short as well");
}

#[test]
fn a_service_that_was_not_reached_says_nothing_of_credentials() {
    let mut snapshot = healthy();
    let mut faults_of = |host: &str| {
        snapshot.asked.error = Some(format!("Could not connect to the endpoint URL: \"https://{host}/\""));
        faults(&run(&CHECK, &snapshot))
    };
    assert!(faults_of("my-test-bucket.s3.us-east-1.amazonaws.com").is_empty());
    assert_eq!(faults_of("sts.us-east-1.amazonaws.com"), ["error-sts-unreachable"]);
    assert_eq!(faults_of("vpce-1-x.sts.us-east-1.vpce.amazonaws.com"), ["error-sts-unreachable"]);
}

#[test]
fn a_keys_own_policy_and_another_resources_are_different_faults() {
    let by = |action: &str| {
        said(&refused_to_pod(
            action,
            &format!(" on resource: arn:aws:x:::y because no resource-based policy allows the {action} action"),
        ))
    };
    assert_eq!(
        by("kms:Decrypt"),
        ("error-kms-key", "the key's policy does not allow kms:Decrypt on arn:aws:x:::y to role my-test-role".to_owned())
    );
    assert_eq!(
        by("sqs:SendMessage"),
        (
            "error-resource-policy",
            "the resource's own policy does not allow sqs:SendMessage on arn:aws:x:::y to role my-test-role".to_owned()
        )
    );
}

#[test]
fn a_trust_policy_refuses_the_web_identity_or_what_comes_with_a_second_role() {
    let by_trust = |action: &str| {
        said(&refused_to_pod(action, &format!(" on resource: {TARGET} because no role trust policy allows the {action} action")))
    };
    assert_eq!(
        by_trust("sts:AssumeRoleWithWebIdentity"),
        (
            "error-trust-refused",
            format!("the role's trust policy does not allow sts:AssumeRoleWithWebIdentity on {TARGET} to role my-test-role")
        )
    );
    assert_eq!(
        by_trust("sts:SetContext"),
        (
            "error-access-denied",
            format!("AWS refused sts:SetContext on {TARGET} to role my-test-role: no trust policy allows it")
        )
    );
    // Without a layer, the role that was asked for is all that is known.
    assert_eq!(
        said(&refused_to_pod("sts:AssumeRoleWithWebIdentity", &format!(" on resource: {TARGET}"))),
        ("error-trust-refused", format!("STS refuses the pod's web identity for {TARGET}"))
    );
    assert_eq!(
        said(&web_identity("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")),
        ("error-trust-refused", "STS refuses the pod's web identity".to_owned())
    );
}

#[test]
fn the_pods_roles_are_those_it_has_and_those_it_would_get() {
    // The annotation was changed since the pod was made: both roles are the pod's.
    let mut changed = healthy();
    annotate(&mut changed, "eks.amazonaws.com/role-arn", Some("arn:aws:iam::123456789012:role/newer"));
    let of = |name: &str| found_in(changed.clone(), &refused(&POD.replace("my-test-role", name), "")).fault.id;
    assert_eq!(of("my-test-role"), "error-access-denied");
    assert_eq!(of("newer"), "error-access-denied");
    assert_eq!(of("other"), "error-other-role");
    // Of a role that was asked about, it is that role.
    let mut role = healthy();
    role.asked.targets = vec![Target::new(TargetKind::Role, "", ROLE)];
    assert_eq!(found_in(role.clone(), &refused(POD, "")).fault.id, "error-access-denied");
    let other = found_in(role, &refused(&POD.replace("my-test-role", "other"), ""));
    assert_eq!(other.fault.id, "error-other-role");
    assert_eq!(other.expected, Some(vec![ROLE.to_owned()].into()));
}

#[test]
fn a_text_that_is_no_error_of_aws_is_called_what_it_is() {
    let not_applicable = |text: &str| {
        let mut snapshot = healthy();
        snapshot.asked.error = Some(text.to_owned());
        match run(&CHECK, &snapshot) {
            crate::check::Outcome::NotApplicable(why) => why,
            judged @ crate::check::Outcome::Judged { .. } => panic!("{judged:?}"),
        }
    };
    assert_eq!(not_applicable("something went wrong"), "the text is not an error of AWS");
    let git = "fatal: git@example.com: Permission denied (publickey)";
    assert_eq!(not_applicable(git), "the text is not an error of AWS: it is an error of Git or SSH");
}

#[test]
fn an_encoded_message_that_could_not_be_decoded_is_a_gap() {
    let encoded = encoded();
    let gaps_of = |text: &str, decoded: Observed<DecodedMessage>| {
        let mut snapshot = healthy();
        snapshot.asked.error = Some(text.to_owned());
        snapshot.decoded_message = decoded;
        gaps(&run(&CHECK, &snapshot)).len()
    };
    let refused_to_us = || Observed::Unavailable(Gap::new("sts:DecodeAuthorizationMessage", GapCause::Denied));
    assert_eq!(gaps_of(&encoded, refused_to_us()), 1);
    assert_eq!(gaps_of(&refused(POD, ""), refused_to_us()), 0, "there is nothing to decode");
    assert_eq!(gaps_of(&encoded, Observed::Unavailable(Gap::not_collected("sts:DecodeAuthorizationMessage"))), 0, "nobody asked");
    assert_eq!(gaps_of(&encoded, Observed::Present(DecodedMessage::default())), 0);
}
