//! Values of options.

use irsa_doctor_iam::arn::is_account_id;
use std::time::Duration;

/// `10s`, `500ms`, `2m`, `1h`, or plain seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let per_second = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("write it as 500ms, 10s or 2m".to_owned()),
    };
    let number: f64 = digits.parse().map_err(|_| "write it as 500ms, 10s or 2m".to_owned())?;
    match Duration::try_from_secs_f64(number * per_second) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) | Err(_) => Err("it must be longer than nothing".to_owned()),
    }
}

/// `NAMESPACE/NAME`, or the whole `system:serviceaccount:NAMESPACE:NAME`; gives the former.
pub(super) fn subject(text: &str) -> Result<String, String> {
    let pair = match text.strip_prefix("system:serviceaccount:") {
        Some(rest) => rest.split_once(':'),
        None => text.split_once('/'),
    };
    match pair {
        Some((namespace, name)) if is_name(namespace) && is_name(name) => Ok(format!("{namespace}/{name}")),
        _ => Err("write it as NAMESPACE/NAME, such as shop/api".to_owned()),
    }
}

/// An issuer's URL; a bare host and path, as IAM shows it, is taken for one.
pub(super) fn issuer(text: &str) -> Result<String, String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    match url.strip_prefix("https://") {
        Some(rest) if rest.contains('.') && !rest.contains(char::is_whitespace) => Ok(url),
        _ => Err("write it as `aws eks describe-cluster` shows it: https://oidc.eks.REGION.amazonaws.com/id/ID".to_owned()),
    }
}

/// An AWS account's id.
pub(super) fn account(text: &str) -> Result<String, String> {
    if is_account_id(text) { Ok(text.to_owned()) } else { Err("it has twelve digits, such as 123456789012".to_owned()) }
}

/// An action: `SERVICE:NAME`.
pub(crate) fn action(text: &str) -> Result<String, String> {
    match text.split_once(':') {
        Some((service, name)) if !service.is_empty() && !name.is_empty() && !text.contains(char::is_whitespace) => {
            Ok(text.to_owned())
        }
        _ => Err("write it with its service, such as s3:ListBucket".to_owned()),
    }
}

/// A resource: an ARN or `*`.
pub(crate) fn resource(text: &str) -> Result<String, String> {
    if text == "*" || (text.starts_with("arn:") && text.splitn(6, ':').count() == 6) {
        return Ok(text.to_owned());
    }
    match text.strip_prefix("s3://") {
        Some(bucket) => Err(format!("write it as an ARN: arn:aws:s3:::{bucket}")),
        None => Err("write it as an ARN, such as arn:aws:s3:::my-bucket".to_owned()),
    }
}

/// A condition key with its value: `aws:SourceVpc=vpc-1`. A value may hold `=`, and may be empty.
pub(super) fn context_key(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains(':') && !key.contains(char::is_whitespace) => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE, such as aws:SourceVpc=vpc-1".to_owned()),
    }
}

/// Whether it could be the name of a Kubernetes object (and so has no slash and no blank).
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_kubectl_and_go_write_them() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for bad in ["", "s", "0", "-1s", "10 s", "1e400", "NaN", "inf", "5x"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn subjects_in_both_forms() {
        assert_eq!(subject("shop/api").as_deref(), Ok("shop/api"));
        assert_eq!(subject("system:serviceaccount:shop:api").as_deref(), Ok("shop/api"));
        for bad in ["shop", "shop/", "/api", "a/b/c", "system:serviceaccount:shop", "a b/c"] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn issuers_with_and_without_scheme() {
        let url = "https://oidc.eks.us-east-1.amazonaws.com/id/A";
        assert_eq!(issuer(url).as_deref(), Ok(url));
        assert_eq!(issuer("oidc.eks.us-east-1.amazonaws.com/id/A").as_deref(), Ok(url));
        assert!(issuer("http://x.y").is_err());
        assert!(issuer("nonsense").is_err());
    }

    #[test]
    fn condition_keys_with_their_values() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(context_key("aws:SourceVpc=vpc-1"), pair("aws:SourceVpc", "vpc-1"));
        assert_eq!(context_key("aws:RequestTag/a=b=c"), pair("aws:RequestTag/a", "b=c"));
        assert_eq!(context_key("aws:PrincipalTag/a="), pair("aws:PrincipalTag/a", ""));
        for bad in ["", "aws:SourceVpc", "SourceVpc=x", "=x", "a b:c=x"] {
            assert!(context_key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn actions_and_resources() {
        assert!(action("s3:ListBucket").is_ok());
        assert!(action("ListBucket").is_err());
        assert!(resource("arn:aws:s3:::b").is_ok());
        assert!(resource("*").is_ok());
        assert_eq!(resource("s3://b"), Err("write it as an ARN: arn:aws:s3:::b".to_owned()));
        assert!(resource("b").is_err());
    }
}
