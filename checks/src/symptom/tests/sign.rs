//! What kind of thing happened.

use super::*;

/// The sign of a text; `None` where it is no error of AWS.
fn sign(text: &str) -> Option<Sign> {
    match read(text) {
        Reading::Aws(symptom) => Some(symptom.sign),
        Reading::NotAnAwsError(_) => None,
    }
}

#[test]
fn an_sdks_own_words_for_a_missing_region_need_no_mark_of_aws() {
    for text in [
        "You must specify a region.",
        "error: You must specify a region.",
        "{\"message\": \"You must specify a region.\"}",
        "You must specify a region. You can also configure your region by running \"aws configure\".",
        "aws: [ERROR]: An error occurred (NoRegion): You must specify a region.",
        "NoRegionError: You must specify a region.",
        "Unable to load region from any of the providers in the chain",
        "Unable to find a region via the region provider chain. Must provide an explicit region in the builder or setup environment to supply a region.",
        "No RegionEndpoint or ServiceURL configured",
        "Invalid Configuration: Missing Region",
    ] {
        assert_eq!(sign(text), Some(Sign::NoRegion), "{text}");
    }
    for text in [
        "If the function is deployed in multiple regions, you must specify a region.",
        "You must specify a region or chromosome",
        "Region is missing",
    ] {
        assert_eq!(sign(text), None, "{text}");
    }
}

#[test]
fn a_name_that_is_not_known_is_a_host_that_was_not_reached() {
    let failed = |host: &str| {
        let text = format!("Failed to open TCP connection to {host}:443 (getaddrinfo: Name or service not known)");
        let symptom = aws(&text);
        (symptom.sign, symptom.host)
    };
    for host in ["sts.us-east-1.amazonaws.com", "b.s3.amazonaws.com"] {
        assert_eq!(failed(host), (Sign::Unreachable, Some(host.to_owned())));
    }
}

fn failed(code: &str, operation: &str, message: &str) -> String {
    format!("An error occurred ({code}) when calling the {operation} operation: {message}")
}

#[test]
fn an_answer_that_sts_never_gives_came_from_something_else() {
    let of_sts = |code: &str| sign(&failed(code, "AssumeRoleWithWebIdentity", "no"));
    for code in ["NoSuchVersion", "MethodNotAllowed", "UnknownOperationException"] {
        assert_eq!(of_sts(code), Some(Sign::WrongEndpoint), "{code}");
        assert_eq!(sign(&failed(code, "GetObject", "no")), Some(Sign::Other), "{code}");
    }
    let answer = "AssumeRoleWithWebIdentity at our gateway: 405 Method Not Allowed";
    assert_eq!(sign(answer), None, "nothing of AWS");
    assert_eq!(sign(&format!("{answer} (https://sts.amazonaws.com)")), Some(Sign::WrongEndpoint));
}
