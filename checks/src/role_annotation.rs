//! Annotation keys that nearly are `eks.amazonaws.com/role-arn`.
//!
//! The webhook reads one key, to the letter, of service accounts only.
//! <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>

use crate::arn::RoleArn;
use crate::evidence::ROLE_ANNOTATION;
use crate::snapshot::kubernetes::Metadata;

/// At most this many edits away is a misspelling; the webhook's other annotations are farther.
const NEAR: usize = 4;

/// A key that nearly is the right one, with its value where that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearMiss<'a> {
    /// The key as it stands.
    pub key: &'a str,
    /// Its value.
    pub value: Option<&'a str>,
}

/// The best near miss among an object's annotations: one whose value is a role's ARN first, then the nearest key.
pub fn near_miss(metadata: &Metadata) -> Option<NearMiss<'_>> {
    near_misses(metadata, is_near)
}

/// The best near miss on a service account, where any key that holds a role's ARN counts.
pub fn near_miss_on_account(metadata: &Metadata) -> Option<NearMiss<'_>> {
    near_misses(metadata, |key, value| {
        is_near(key, value)
            || key == "iam.amazonaws.com/role"
            || value.is_some_and(|value| RoleArn::parse(plain(value)).is_some())
    })
}

fn near_misses(metadata: &Metadata, counts: impl Fn(&str, Option<&str>) -> bool) -> Option<NearMiss<'_>> {
    let all = metadata.annotations.iter().map(|(key, value)| NearMiss { key, value: value.as_deref() });
    let near = all.filter(|near| near.key != ROLE_ANNOTATION && near.value != Some("") && counts(near.key, near.value));
    near.min_by_key(|near| {
        let is_role = near.value.is_some_and(|value| RoleArn::parse(plain(value)).is_some());
        (!is_role, distance(near.key))
    })
}

/// Whether a key nearly is the role's, whatever object it stands on.
/// `iam.amazonaws.com/role` is kube2iam's own on pods and namespaces, so it counts on service accounts only.
fn is_near(key: &str, value: Option<&str>) -> bool {
    if key.len() > 100 || key.starts_with("iam.amazonaws.com/") {
        return false;
    }
    let holds_arn = value.is_some_and(|value| plain(value).starts_with("arn:"));
    let form = form(key);
    let (prefix, name) = form.rsplit_once('/').unwrap_or(("", &form));
    let speaks_of_role = name.contains("role") && (name.contains("arn") || holds_arn);
    distance(key) <= NEAR || speaks_of_role && (prefix.contains("amazon") || prefix.contains("eks") || prefix.is_empty())
}

fn distance(key: &str) -> usize {
    strsim::damerau_levenshtein(&form(&key.chars().take(100).collect::<String>()), ROLE_ANNOTATION)
}

/// A key without the differences that are no difference of meaning: case, underscores, quotes, escapes.
fn form(key: &str) -> String {
    let kept = key.chars().filter(|c| !matches!(c, '"' | '\'' | '\\') && !c.is_whitespace());
    kept.map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A value without blanks and quotes around it.
pub fn plain(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'']).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ROLE: &str = "arn:aws:iam::123456789012:role/r";

    fn metadata(annotations: &serde_json::Value) -> Metadata {
        crate::testing::read(&json!({"name": "x", "annotations": annotations}))
    }

    #[test]
    fn knows_a_misspelt_key() {
        for key in [
            "eks.amazonaws.com/role_arn",
            "eks.amazonaws.com/rolearn",
            "eks.amazonaws.com/roleArn",
            "eks.amazonaws.com/Role-Arn",
            "EKS.amazonaws.com/role-arn",
            "eks.amazon.com/role-arn",
            "eks.amazonaws.com/role",
            "eks.amazonaws.com/iam-role-arn",
            "eks.amazonaws.com/role-name",
            "eks.aws.amazon.com/role-arn",
            "amazonaws.com/role-arn",
            "eks.amazonaws.com.role-arn",
            "eks\\.amazonaws\\.com/role-arn",
            "sts.amazonaws.com/role-arn",
            "role-arn",
        ] {
            let metadata = metadata(&json!({ key: ROLE }));
            assert_eq!(near_miss(&metadata).map(|near| near.key), Some(key), "{key}");
            assert!(near_miss_on_account(&metadata).is_some(), "{key}");
        }
    }

    #[test]
    fn knows_a_role_under_any_key_on_an_account_only() {
        for key in ["iam.amazonaws.com/role", "example.com/assume", "iam.amazonaws.com/role-arn"] {
            let metadata = metadata(&json!({ key: ROLE }));
            assert_eq!(near_miss(&metadata), None, "{key}");
            assert!(near_miss_on_account(&metadata).is_some(), "{key}");
        }
        assert!(near_miss_on_account(&metadata(&json!({"iam.amazonaws.com/role": "r"}))).is_some());
    }

    #[test]
    fn leaves_other_annotations_alone() {
        let others = metadata(&json!({
            "eks.amazonaws.com/role-arn": ROLE,
            "eks.amazonaws.com/audience": "sts.amazonaws.com",
            "eks.amazonaws.com/token-expiration": "86400",
            "eks.amazonaws.com/sts-regional-endpoints": "true",
            "eks.amazonaws.com/skip-containers": "x",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "meta.helm.sh/release-name": "x",
            "example.com/topic": "arn:aws:sns:us-east-1:123456789012:t",
            "rbac.example.com/role": "admin",
        }));
        assert_eq!(near_miss(&others), None);
        assert_eq!(near_miss_on_account(&others), None);
    }

    #[test]
    fn a_key_is_compared_without_its_quotes_and_blanks() {
        let bare = "eks.amazonaws.com/role-arn";
        for key in [r#""eks.amazonaws.com/role-arn""#, " eks.amazonaws.com/role-arn\t", r"'eks\.amazonaws\.com/ROLE_ARN'"] {
            assert_eq!(form(key), bare, "{key}");
        }
    }

    #[test]
    fn prefers_the_key_that_holds_a_role() {
        let both = metadata(&json!({"eks.amazonaws.com/role_arn": "x", "example.com/role-arn": ROLE}));
        assert_eq!(near_miss_on_account(&both).map(|near| near.key), Some("example.com/role-arn"));
    }

    #[test]
    fn a_key_that_speaks_of_a_role_is_near_under_amazons_names_only() {
        for (key, value, expected) in [
            ("amazonaws.com/the-arn-of-my-role", Some("x"), true),
            ("eks.example.com/the-arn-of-my-role", Some("x"), true),
            ("the-arn-of-my-role", None, true),
            ("example.com/the-arn-of-my-role", Some(ROLE), false),
            ("amazonaws.com/the-name-of-my-role", Some(ROLE), true),
            ("amazonaws.com/the-name-of-my-role", Some("admin"), false),
            ("amazonaws.com/the-name-of-my-topic", Some(ROLE), false),
            ("amazonaws.com/the-arn-of-my-topic", Some(ROLE), false),
        ] {
            assert_eq!(is_near(key, value), expected, "{key} {value:?}");
        }
        let long = format!("amazonaws.com/role-arn-{}", "x".repeat(100));
        assert!(!is_near(&long, Some(ROLE)));
        let longest = format!("amazonaws.com/role-arn-{}", "x".repeat(77));
        assert_eq!((longest.len(), is_near(&longest, Some(ROLE))), (100, true));
        for sibling in ["audience", "token-expiration", "sts-regional-endpoints", "skip-containers", "skip-pod-identity-webhook"]
        {
            assert!(!is_near(&format!("eks.amazonaws.com/{sibling}"), Some(ROLE)), "{sibling}");
        }
    }
}
