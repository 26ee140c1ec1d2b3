//! What is said of condition keys, and what becomes of them.

use super::*;

fn faults(condition: &Value) -> Vec<&'static str> {
    let mut faults = testing::faults(&run(&document(&[allow(PROVIDER, condition)])));
    faults.sort_unstable();
    faults
}

/// The claims of this cluster with one more key.
fn with(name: &str, value: &str) -> Value {
    let mut condition = claims(SUBJECT, "sts.amazonaws.com");
    condition["StringEquals"][name] = json!(value);
    condition
}

#[test]
fn claims_that_are_swapped_get_their_own_values() {
    let right = document(&[allow(PROVIDER, &claims(SUBJECT, "sts.amazonaws.com"))]);
    for sub in ["sts.amazonaws.com", "sts.amazonaws.com.cn"] {
        let swapped = document(&[allow(PROVIDER, &claims(sub, SUBJECT))]);
        assert_eq!(mends(&swapped, &["trust-claims-swapped"]), right);
        let alone = document(&[allow(PROVIDER, &claims(sub, "sts.amazonaws.com"))]);
        assert_eq!(mends(&alone, &["trust-claims-swapped"]), right);
        let detail = testing::findings(&run(&alone))[0].detail.clone();
        assert!(detail.contains(&format!("sub {sub}")), "{detail}");
    }
}

#[test]
fn the_other_clusters_values_are_not_for_this_one() {
    let far = "system:serviceaccount:a:b";
    let mut both = claims(SUBJECT, "sts.amazonaws.com");
    both["StringEquals"][format!("{OLD}:sub")] = json!(far);
    let new = mends(&document(&[allow(PROVIDER, &both)]), &["trust-conditions-anded"]);
    assert_eq!(new["Statement"][0]["Condition"], claims(SUBJECT, "sts.amazonaws.com"));
    let instead = json!({"StringEquals": {key("aud"): "sts.amazonaws.com", format!("{OLD}:sub"): far}});
    assert_eq!(faults(&instead), ["trust-key-other-issuer", "trust-subject-mismatch"]);
}

#[test]
fn what_is_wrong_with_a_key_is_said() {
    let sub = |name: &str| json!({"StringEquals": {key("aud"): "sts.amazonaws.com", name: SUBJECT}});
    for (condition, words) in [
        (with(&format!("{OLD}:sub"), SUBJECT), "conditions are anded"),
        (with(&key("namespace"), "default"), "AWS passes on only aud and sub"),
        (sub(&format!("{OLD}:sub")), "a key of another issuer than this cluster's"),
        (sub(&format!("https://{}", key("sub"))), "a key that no token has"),
        (with("aws:PrincipalOrgID", "o-abc"), "asks for aws:PrincipalOrgID o-abc (StringEquals)"),
    ] {
        let outcome = run(&document(&[allow(PROVIDER, &condition)]));
        let detail = &testing::findings(&outcome)[0].detail;
        assert!(detail.contains(words), "{detail}");
    }
}

#[test]
fn keys_of_aws_and_of_services_are_no_issuers() {
    for name in ["aws:PrincipalOrgID", "saml:aud", "s3:prefix", "execute-api:viewer"] {
        assert_eq!(faults(&with(name, "x")), ["trust-condition-unmet"], "{name}");
    }
    let condition = json!({"StringEquals": {key("aud"): "sts.amazonaws.com", "issuer.example.com:repository": SUBJECT}});
    assert_eq!(faults(&condition), ["trust-key-other-issuer"]);
}

#[test]
fn a_key_without_a_claim_means_what_its_value_is() {
    let condition = json!({"StringEquals": {host(): "sts.amazonaws.com", key("sub"): SUBJECT}});
    let new = mends(&document(&[allow(PROVIDER, &condition)]), &["trust-key-without-claim"]);
    assert_eq!(new["Statement"][0]["Condition"], claims(SUBJECT, "sts.amazonaws.com"));
}

#[test]
fn a_key_is_taken_under_its_own_operator_alone() {
    let mut condition = claims(SUBJECT, "sts.amazonaws.com");
    condition["StringLike"] = json!({format!("https://{}", key("sub")): "system:serviceaccount:*"});
    let new = mends(&document(&[allow(PROVIDER, &condition)]), &["trust-key-has-scheme"]);
    assert_eq!(new["Statement"][0]["Condition"]["StringLike"], json!({key("sub"): "system:serviceaccount:*"}));
}
