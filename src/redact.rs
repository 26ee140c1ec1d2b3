//! Takes secrets out of a pasted text before it is kept.

/// What stands where a secret stood.
const REDACTED: &str = "[redacted]";

/// Names (in lower case) whose value is a secret, in `NAME=VALUE`, `NAME: VALUE` and `"NAME": "VALUE"`.
const SECRET_NAMES: &[&str] = &[
    "accesskeyid",
    "authorization",
    "aws_access_key_id",
    "aws_container_authorization_token",
    "aws_secret_access_key",
    "aws_session_token",
    "bearer",
    "credential",
    "password",
    "secretaccesskey",
    "sessiontoken",
    "signature",
    "token",
    "webidentitytoken",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Takes credentials out of a text: access key ids, JSON web tokens, and the values of names that hold secrets.
pub(crate) fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let (mut secret_follows, mut prose) = (false, false);
    for (word, separators) in words(text) {
        let scheme = matches!(word.to_ascii_lowercase().as_str(), "bearer" | "basic");
        let value_follows = separators.contains([':', '=']) || scheme;
        if !word.is_empty() {
            redacted.push_str(
                if is_secret(word) || (secret_follows && !scheme && word != REDACTED_WORD && !(prose && is_prose(word))) {
                    REDACTED
                } else {
                    word
                },
            );
            secret_follows = value_follows && (secret_follows && scheme || is_secret_name(word));
            prose = separators.starts_with(": ") && separators.trim() == ":" && is_spoken(word);
        }
        redacted.push_str(separators);
    }
    redacted
}

/// The redacted mark without its brackets, which are separators.
const REDACTED_WORD: &str = "redacted";

/// The words of a text, each with the separators after it; the first may be empty.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let separator = |c: char| c.is_whitespace() || "\"'`,;:=&?()[]{}<>\\".contains(c);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (word, after) = rest.split_at(rest.find(separator).unwrap_or(rest.len()));
        let (separators, after) = after.split_at(after.find(|c| !separator(c)).unwrap_or(after.len()));
        rest = after;
        Some((word, separators))
    })
}

/// Names that sentences end with before a colon.
fn is_spoken(name: &str) -> bool {
    ["token", "signature", "credential"].iter().any(|spoken| name.eq_ignore_ascii_case(spoken))
}

/// A word of a sentence that goes on after a colon, as in `failed to get token: operation error STS`: short, and letters
/// alone, which no token of AWS is.
fn is_prose(word: &str) -> bool {
    word.len() <= 24 && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_secret_name(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    SECRET_NAMES.contains(&lower.as_str())
}

/// An access key's id or a JSON web token.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn is_secret(word: &str) -> bool {
    let key_id = word.len() >= 16
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.chars().take(20).all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let web_token = word.starts_with("eyJ") && word.matches('.').count() >= 1;
    key_id || web_token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_out_what_is_secret() {
        for (text, secret) in [
            ("The token eyJhbGciOi.eyJpc3Mi.c2ln is bad", "eyJhbGciOi"),
            ("key AKIAIOSFODNN7EXAMPLE is not valid", "AKIAIOSFODNN7EXAMPLE"),
            ("password: hunter", "hunter"),
            ("Authorization: Basic dXNlcjpwYXNzd29yZA", "dXNlcjpw"),
            ("token: IQoJb3JpZ2luX2VjEJr", "IQoJb3Jp"),
            ("token=operation", "operation"),
            ("\"token\": \"operation\"", "operation"),
            ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
            ("\"SecretAccessKey\": \"wJalrXUtnFEMI\"", "wJalrXUtnFEMI"),
            ("Authorization: Bearer k8s-aws-v1.aHR0cHM6", "aHR0cHM6"),
            ("https://sts.amazonaws.com/?X-Amz-Signature=0123abcd&X-Amz-Date=2026", "0123abcd"),
            ("https://s/?X-Amz-Security-Token=IQoJb3JpZ2lu&a=b", "IQoJb3JpZ2lu"),
            ("x-amz-credential=ASIAIOSFODNN7EXAMPLE/20260101/us-east-1/sts/aws4_request", "ASIAIOSFODNN7EXAMPLE"),
        ] {
            let redacted = redact(text);
            assert!(!redacted.contains(secret) && redacted.contains(REDACTED), "{redacted}");
            assert_eq!(redact(&redacted), redacted, "what is redacted stays as it is");
        }
    }

    #[test]
    fn keeps_what_an_error_says() {
        let text = "An error occurred (AccessDenied) when calling the GetObject operation: User: \
                    arn:aws:sts::123456789012:assumed-role/AppRole/botocore-session-1 is not authorized to perform: s3:GetObject \
                    on resource: arn:aws:s3:::b/k because no identity-based policy allows it\nToken is expired";
        assert_eq!(redact(text), text);
        let text = "failed to get token: operation error STS: AssumeRole, failed fetching token: \ncaused by: WebIdentityErr";
        assert_eq!(redact(text), text);
        assert_eq!(redact(""), "");
        assert_eq!(redact(" = é:"), " = é:");
    }
}
