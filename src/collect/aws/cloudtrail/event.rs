//! One event's text, and the little of it that is kept.

use crate::collect::observe::one_line;
use crate::redact::redact;
use irsa_doctor_checks::snapshot::{CredentialEvent, POD_IDENTITY_EVENT};
use serde::Deserialize;

/// The longest event that is looked into. CloudTrail's own limit is 256 KB.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
const LONGEST: usize = 1 << 20;
/// The longest value that is kept: a role's ARN has 2,048 characters at most.
const LONGEST_VALUE: usize = 2048;

/// What an event's text is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// An event of the wanted kind.
    Event(CredentialEvent),
    /// Anything else.
    NotUnderstood,
}

/// What is looked at of an event. There is no field for credentials, keys, tokens or addresses.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    event_name: String,
    event_time: String,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    user_identity: Option<Identity>,
    request_parameters: Option<Parameters>,
    response_elements: Option<Answer>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Identity {
    user_name: Option<String>,
    identity_provider: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    role_arn: Option<String>,
    role_session_name: Option<String>,
    cluster_name: Option<String>,
}

/// Of what the Pod Identity agent was answered: for whom and as what. For a web identity both stand in the request.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Answer {
    subject: Option<Subject>,
    assumed_role_user: Option<AssumedRole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    namespace: String,
    service_account: String,
}

#[derive(Deserialize)]
struct AssumedRole {
    arn: Option<String>,
}

/// Reads an event's text: whatever stands in it, it may be anybody's.
pub(super) fn read(text: &str, wanted: &str) -> Read {
    if text.len() > LONGEST {
        return Read::NotUnderstood;
    }
    let raw: Raw = match serde_json::from_str(text) {
        Ok(raw) => raw,
        // An error's own words would repeat the text.
        Err(_) => return Read::NotUnderstood,
    };
    let Ok(time) = raw.event_time.parse::<jiff::Timestamp>() else { return Read::NotUnderstood };
    if raw.event_name != wanted {
        return Read::NotUnderstood;
    }
    let time = format!("{time:.0}");
    let identity = raw.user_identity.unwrap_or_default();
    let parameters = raw.request_parameters.unwrap_or_default();
    let common = CredentialEvent {
        time,
        id: kept(raw.event_id).unwrap_or_default(),
        error: kept(raw.error_code),
        message: kept(raw.error_message).map(|message| one_line(&redact(&message))),
        ..CredentialEvent::default()
    };
    if wanted == POD_IDENTITY_EVENT {
        return Read::Event(pod_identity(common, parameters, raw.response_elements.unwrap_or_default()));
    }
    Read::Event(CredentialEvent {
        subject: kept(identity.user_name),
        provider: kept(identity.identity_provider),
        role: kept(parameters.role_arn),
        session: kept(parameters.role_session_name),
        ..common
    })
}

fn pod_identity(common: CredentialEvent, parameters: Parameters, answer: Answer) -> CredentialEvent {
    let subject =
        answer.subject.map(|subject| format!("system:serviceaccount:{}:{}", subject.namespace, subject.service_account));
    let assumed = kept(answer.assumed_role_user.and_then(|role| role.arn));
    let (role, session) = assumed.as_deref().and_then(role_and_session).unzip();
    CredentialEvent { subject: kept(subject), role, session, provider: kept(parameters.cluster_name), ..common }
}

/// The role of a session, without its path, and the session's name: `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
fn role_and_session(arn: &str) -> Option<(String, String)> {
    let (head, tail) = arn.split_once(":assumed-role/")?;
    let mut head = head.split(':');
    let (partition, account) = (head.nth(1)?, head.nth(2)?);
    let (name, session) = tail.split_once('/')?;
    Some((format!("arn:{partition}:iam::{account}:role/{name}"), session.to_owned()))
}

/// A value of a length that one can have.
fn kept(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty() && value.len() <= LONGEST_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use irsa_doctor_checks::snapshot::WEB_IDENTITY_EVENT;
    use serde_json::{Value, json};

    const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";

    fn web_identity() -> Value {
        json!({
            "eventVersion": "1.08", "eventTime": "2026-11-23T03:12:44Z", "eventName": WEB_IDENTITY_EVENT,
            "eventSource": "sts.amazonaws.com", "eventID": "e-1", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1",
            "userIdentity": {"type": "WebIdentityUser", "principalId": "p:sts.amazonaws.com:system:serviceaccount:default:sa",
                "userName": "system:serviceaccount:default:sa", "identityProvider": "arn:aws:iam::123456789012:oidc-provider/x"},
            "requestParameters": {"roleArn": ROLE, "roleSessionName": "botocore-session-1", "durationSeconds": 3600},
            "responseElements": {"credentials": {"accessKeyId": "ASIACANARY", "sessionToken": "CANARY", "secretAccessKey": "CANARY"},
                "assumedRoleUser": {"arn": "arn:aws:sts::123456789012:assumed-role/my-test-role/botocore-session-1"}},
            "additionalEventData": {"identityProviderConnectionVerificationMethod": "IAMTrustStore"}
        })
    }

    fn event(value: &Value, name: &str) -> CredentialEvent {
        match read(&value.to_string(), name) {
            Read::Event(event) => event,
            Read::NotUnderstood => panic!("not understood: {value}"),
        }
    }

    #[test]
    fn a_web_identity_is_who_asked_for_what() {
        let event = event(&web_identity(), WEB_IDENTITY_EVENT);
        assert_eq!((event.time.as_str(), event.id.as_str()), ("2026-11-23T03:12:44Z", "e-1"));
        assert_eq!(event.subject.as_deref(), Some("system:serviceaccount:default:sa"));
        assert_eq!((event.role.as_deref(), event.session.as_deref()), (Some(ROLE), Some("botocore-session-1")));
        assert_eq!(event.provider.as_deref(), Some("arn:aws:iam::123456789012:oidc-provider/x"));
        let kept = serde_json::to_string(&event).unwrap();
        assert!(!kept.contains("CANARY") && !kept.contains("192.0.2.1"), "{kept}");
    }

    #[test]
    fn a_refused_one_has_no_answer() {
        let mut refused = web_identity();
        refused["responseElements"] = Value::Null;
        refused["errorCode"] = json!("AccessDenied");
        refused["errorMessage"] = json!("An unknown error occurred");
        let event = event(&refused, WEB_IDENTITY_EVENT);
        assert_eq!((event.error.as_deref(), event.message.as_deref()), (Some("AccessDenied"), Some("An unknown error occurred")));
    }

    #[test]
    fn pod_identity_names_its_subject_in_the_answer() {
        let value = json!({
            "eventTime": "2026-11-23T03:12:44Z", "eventName": POD_IDENTITY_EVENT,
            "requestParameters": {"clusterName": "my-cluster", "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
            "responseElements": {"subject": {"namespace": "shop", "serviceAccount": "api"},
                "assumedRoleUser": {"arn": "arn:aws:sts::123456789012:assumed-role/api/eks-my-cluster-api-1"},
                "credentials": {"accessKeyId": "ASIACANARY", "sessionToken": "CANARY"}}
        });
        let event = event(&value, POD_IDENTITY_EVENT);
        assert_eq!(event.subject.as_deref(), Some("system:serviceaccount:shop:api"));
        assert_eq!(event.role.as_deref(), Some("arn:aws:iam::123456789012:role/api"));
        assert_eq!((event.session.as_deref(), event.provider.as_deref()), (Some("eks-my-cluster-api-1"), Some("my-cluster")));
        assert!(!serde_json::to_string(&event).unwrap().contains("CANARY"));
    }

    #[test]
    fn what_is_missing_is_missing() {
        let bare = json!({"eventTime": "2026-11-23T03:12:44.500Z", "eventName": WEB_IDENTITY_EVENT, "userIdentity": {}});
        let event = event(&bare, WEB_IDENTITY_EVENT);
        assert_eq!((event.subject, event.role, event.error), (None, None, None));
        let mut long = web_identity();
        long["requestParameters"]["roleArn"] = json!("x".repeat(5000));
        let Read::Event(event) = read(&long.to_string(), WEB_IDENTITY_EVENT) else { panic!("it is an event") };
        assert_eq!(event.role, None);
    }

    #[test]
    fn what_is_no_event_is_not_understood() {
        let mut number = web_identity();
        number["userIdentity"]["userName"] = json!(7);
        let mut other = web_identity();
        other["eventName"] = json!("AssumeRole");
        let mut timeless = web_identity();
        timeless["eventTime"] = json!("yesterday");
        let deep = format!("{{\"eventTime\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let huge = format!("{{\"eventName\":\"{}\"}}", "x".repeat(LONGEST));
        let twice = "{\"eventName\":\"AssumeRoleWithWebIdentity\",\"eventName\":\"AssumeRoleWithWebIdentity\",\"eventTime\":\"2026-11-23T03:12:44Z\"}";
        let texts = [number.to_string(), other.to_string(), timeless.to_string(), deep, huge, twice.to_owned()];
        let texts = texts.into_iter().chain([String::new(), "{}".to_owned(), "null".to_owned(), "{\"eventName\":".to_owned()]);
        for text in texts {
            assert_eq!(read(&text, WEB_IDENTITY_EVENT), Read::NotUnderstood, "{text:.60}");
        }
    }
}
