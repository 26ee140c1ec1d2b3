//! Takes secrets out of a pasted text before it is kept.

use std::borrow::Cow;

/// What stands where a secret stood.
const REDACTED: &str = "[redacted]";

/// The redacted mark without its brackets, which are separators.
const REDACTED_WORD: &str = "redacted";

/// What the names of secrets end with, without `_`, `-`, `.` and blanks and in lower case: `fs.s3a.secret.key`, `DB_PASSWORD`,
/// `Secret Access Key`.
const SECRET_ENDINGS: &[&str] = &[
    "secretaccesskey",
    "secretkey",
    "secretstring",
    "clientsecret",
    "privatekey",
    "apikey",
    "password",
    "passwd",
    "passphrase",
    "sessiontoken",
    "securitytoken",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "authorizationtoken",
    "metadatatoken",
    "webidentitytoken",
    "xamzcredential",
    "xamzsignature",
];

/// Names that others end with too: the code `InvalidIdentityToken` is no name of a secret.
const SECRET_NAMES: &[&str] = &[
    "accesskeyid",
    "authorization",
    "awsaccesskeyid",
    "bearer",
    "credential",
    "idtoken",
    "proxyauthorization",
    "signature",
    "token",
];

/// What session tokens of STS begin with, and the tokens that EKS takes.
const SECRET_BEGINNINGS: &[&str] = &["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "k8s-aws-v1."];

/// The most words that a secret in quotation marks is taken to have.
const LONGEST_QUOTE: usize = 40;

/// Takes credentials out of a text: access keys, tokens of sessions, of EKS and of the web, private keys, the values of names
/// that hold secrets, and the passwords of URLs.
pub(crate) fn redact(text: &str) -> String {
    let text = without_private_keys(text);
    let text = without_colours(&text);
    let mut redacted = String::with_capacity(text.len());
    let mut state = State::default();
    for (word, separators) in words(&text) {
        redacted.push_str(&state.next(word, separators));
        redacted.push_str(separators);
    }
    redacted
}

/// What was read before a word.
#[derive(Default)]
struct State<'a> {
    expects: Expects,
    /// The quotation mark that the secret stands in, whether it is escaped, and how many words more it may have.
    quote: Option<(char, bool, usize)>,
    /// The last two words, where a blank alone stood behind each: a name can be three words.
    before: [&'a str; 2],
    /// How many words ago an access key's id stood, up to a limit.
    since_key_id: Option<u8>,
    /// Whether `//user:` stood before.
    in_url: bool,
}

/// What follows a name.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Expects {
    /// No secret.
    #[default]
    Nothing,
    /// Its value.
    Value,
    /// Its value, or a sentence that goes on: `failed to get token: operation error STS`.
    ValueOrProse,
    /// Its value without a mark between them; or the word `value`, and then its value.
    Perhaps,
}

impl<'a> State<'a> {
    /// What is kept of the next word.
    fn next(&mut self, word: &'a str, separators: &str) -> String {
        if word.is_empty() {
            return String::new();
        }
        let scheme = ["bearer", "basic"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        let about = self.expects == Expects::Value && is_about_value(word, separators);
        let follows = match self.expects {
            Expects::Nothing => false,
            Expects::Value => !scheme && !about,
            Expects::ValueOrProse => !scheme && !is_prose(word),
            Expects::Perhaps => word.len() >= 12 && !is_prose(word) && !is_secret_name(word) && !word.starts_with('/'),
        };
        let beside = self.since_key_id.is_some() && is_secret_key(word);
        let kept = match word.rsplit_once('@') {
            _ if word == REDACTED_WORD => word.to_owned(),
            _ if is_secret(word) || follows || beside || self.quote.is_some() => REDACTED.to_owned(),
            Some((password, host)) if self.in_url && !password.contains('/') => format!("{REDACTED}@{host}"),
            _ => word.to_owned(),
        };
        self.go_on(word, separators, scheme, about);
        kept
    }

    fn go_on(&mut self, word: &'a str, separators: &str, scheme: bool, about: bool) {
        self.since_key_id = match self.since_key_id {
            _ if is_key_id(word) => Some(0),
            Some(words) if words < 4 => Some(words + 1),
            _ => None,
        };
        self.in_url = word.starts_with("//") && !word.contains('@') && separators == ":";
        self.quote = match self.quote {
            Some((mark, escaped, left)) if left > 0 && !closes(separators, mark, escaped) => Some((mark, escaped, left - 1)),
            _ => None,
        };
        if !about {
            self.expects = self.after(word, separators, scheme);
        }
        if self.expects == Expects::Value && self.quote.is_none() {
            self.quote = opens(separators).map(|(mark, escaped)| (mark, escaped, LONGEST_QUOTE));
        }
        self.before = if separators == " " { [self.before[1], word] } else { ["", ""] };
    }

    /// What is expected after a word.
    fn after(&self, word: &str, separators: &str, scheme: bool) -> Expects {
        let is_marked = is_marked(word, separators);
        if scheme {
            return if self.expects == Expects::Nothing && !is_marked { Expects::ValueOrProse } else { Expects::Value };
        }
        if self.expects == Expects::Perhaps && is_marked && word.eq_ignore_ascii_case("value") {
            return Expects::Value;
        }
        let [second, first] = self.before;
        let alone = is_secret_name(word);
        let several = || is_secret_name(&[first, word].concat()) || is_secret_name(&[second, first, word].concat());
        let spoken = separators.starts_with(": ") && separators.trim() == ":" && is_spoken(word);
        match (alone, is_marked) {
            (true, true) if spoken => Expects::ValueOrProse,
            (true, true) => Expects::Value,
            (true, false) if separators.contains('"') => Expects::Perhaps,
            (true, false) if word.contains(['_', '-', '.']) && separators.trim().is_empty() => Expects::Perhaps,
            (false, true) if several() => Expects::ValueOrProse,
            _ => Expects::Nothing,
        }
    }
}

/// Whether a mark says that a name's value follows: `NAME=`, `NAME:`, `<NAME>`.
fn is_marked(word: &str, separators: &str) -> bool {
    let is_closing_tag = word.starts_with('/');
    let escaped = ["%3D", "%3d", "%3A", "%3a", "&gt;"].iter().any(|mark| separators.contains(mark));
    !is_closing_tag && (separators.contains([':', '=', '>']) || escaped)
}

/// What Go and Java write of a value before it: `(string) (len=40) "..."`.
fn is_about_value(word: &str, separators: &str) -> bool {
    let is_length = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit()) && separators.starts_with(')');
    is_length || (word == "string" && separators.starts_with(')')) || (word == "len" && separators.starts_with('='))
}

/// The quotation mark that a value begins with, and whether it is escaped.
fn opens(separators: &str) -> Option<(char, bool)> {
    let at = separators.rfind([':', '=', '>']).map_or(0, |at| at + 1);
    let value = separators.get(at..)?;
    let at = value.find(['"', '\''])?;
    let mark = value.get(at..)?.chars().next()?;
    Some((mark, value.get(..at)?.ends_with('\\')))
}

/// Whether a value in quotation marks ends here.
fn closes(separators: &str, mark: char, escaped: bool) -> bool {
    separators.match_indices(mark).any(|(at, _)| escaped || !separators.get(..at).is_some_and(|before| before.ends_with('\\')))
}

/// What separates words: besides single characters, their forms in URLs and XML.
const ESCAPED: [&str; 14] =
    ["%3D", "%3d", "%26", "%3A", "%3a", "%22", "%20", "&quot;", "&lt;", "&gt;", "&amp;", "&#34;", "&#39;", "&apos;"];

/// The length of the separator that a text begins with, if it begins with one.
fn separator(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let escaped = || ESCAPED.iter().find(|escaped| text.starts_with(**escaped)).map(|escaped| escaped.len());
    if matches!(first, '%' | '&')
        && let Some(length) = escaped()
    {
        return Some(length);
    }
    (first.is_whitespace() || "\"'`,;:=&?()[]{}<>\\|".contains(first)).then(|| first.len_utf8())
}

/// The words of a text, each with the separators after it; the first may be empty.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end_of_word =
            rest.char_indices().map(|(at, _)| at).find(|at| rest.get(*at..).is_some_and(|rest| separator(rest).is_some()));
        let (word, after) = rest.split_at(end_of_word.unwrap_or(rest.len()));
        let mut end = 0;
        while let Some(length) = after.get(end..).and_then(separator) {
            end += length;
        }
        let (separators, after) = after.split_at(end);
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
    // No name of a secret is longer.
    if word.len() > 100 || word.starts_with('/') {
        return false;
    }
    let plain: String = word.chars().filter(|c| !matches!(c, '_' | '-' | '.')).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.contains(&plain.as_str()) || SECRET_ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

/// An access key's id, a JSON web token, or a token of STS or EKS; also behind a slash.
fn is_secret(word: &str) -> bool {
    word.split('/').any(|part| {
        let web_token = part.starts_with("eyJ") && part.contains('.');
        is_key_id(part) || web_token || SECRET_BEGINNINGS.iter().any(|beginning| part.starts_with(beginning))
    })
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn is_key_id(word: &str) -> bool {
    word.len() >= 16
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.chars().take(20).all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// A secret access key, by its form; it counts beside an access key's id.
fn is_secret_key(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/' || byte == b'+')
}

/// Without the insides of private keys in PEM.
fn without_private_keys(text: &str) -> Cow<'_, str> {
    const HEADER: &str = "PRIVATE KEY-----";
    let Some(last) = text.rfind("-----BEGIN") else { return Cow::Borrowed(text) };
    let behind = |from: usize, what: &str| text.get(from..).and_then(|rest| rest.find(what)).map(|at| from + at);
    let mut kept = String::new();
    let mut at = 0;
    while let Some(header) = behind(at, HEADER).filter(|_| at <= last) {
        let inside = header + HEADER.len();
        let end = behind(inside, "-----END").unwrap_or(text.len());
        // The end has a header of its own.
        let over = behind(end, HEADER).map_or(text.len(), |header| header + HEADER.len());
        for part in [text.get(at..inside), Some(REDACTED), text.get(end..over)] {
            kept.push_str(part.unwrap_or_default());
        }
        at = over;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(kept)
}

/// Without the sequences that colour a terminal's text: they part names from their values.
fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains("\u{1b}[") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        let is_sequence = part.get(..end).is_some_and(|sequence| {
            sequence.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b'?') || byte.is_ascii_alphabetic())
        });
        plain.push_str(part.get(if is_sequence { end } else { 0 }..).unwrap_or_default());
    }
    Cow::Owned(plain)
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
            ("<SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey><SessionToken>hunter</SessionToken>", "wJalrXUtnFEMI"),
            ("<SecretAccessKey>x</SecretAccessKey><SessionToken>hunter</SessionToken>", "hunter"),
            ("&lt;SecretAccessKey&gt;wJalrXUtnFEMI&lt;/SecretAccessKey&gt;", "wJalrXUtnFEMI"),
            ("Credentials(access_key='x', secret_key='hunter')", "hunter"),
            ("AWS_SECRET_KEY=hunter", "hunter"),
            ("fs.s3a.secret.key=hunter", "hunter"),
            ("Secret Access Key: wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
            ("aws configure set aws_secret_access_key wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
            ("aws --secret-key wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
            ("- name: AWS_SECRET_ACCESS_KEY\n  value: hunter", "hunter"),
            ("{\"name\": \"AWS_SESSION_TOKEN\", \"value\": \"hunter\"}", "hunter"),
            ("AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
            ("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
            ("proxy http://me:hunter@proxy.example:3128 refused", "hunter"),
            ("postgres://me:hunter@db/x", "hunter"),
            ("{\"SecretString\":\"{\\\"user\\\":\\\"hunter\\\"}\"}", "hunter"),
            ("client_secret=hunter&api_key=x", "hunter"),
            ("X-Amz-Security-Token%3DIQoJhunter%26X-Amz-Date%3D2026", "IQoJhunter"),
            ("a\\u0026X-Amz-Signature=0123abcd\\u0026b", "0123abcd"),
            ("the token k8s-aws-v1.aHR0cHM6 is bad", "aHR0cHM6"),
            ("\u{1b}[1mSessionToken\u{1b}[0m=hunter", "hunter"),
            ("GET /eyJhbGciOi.eyJpc3Mi.c2ln", "eyJpc3Mi"),
            ("X-aws-ec2-metadata-token: hunter", "hunter"),
            (":secret_access_key=>\"hunter\"", "hunter"),
            ("--session-token FwoGZXIvYXdzEBYaDk", "FwoGZXIvYXdzEBYaDk"),
            ("SecretAccessKey: (string) (len=40) \"hunter\"", "hunter"),
            ("password: \"two hunters\"", "hunters"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIhunter\nabc\n-----END RSA PRIVATE KEY-----", "MIIhunter"),
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
        for text in [
            "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: no",
            "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://example.com",
            "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
            "ExpiredToken: The provided token has expired; the session token is too old",
            "https://sts.us-east-1.amazonaws.com:443/ user@example.com",
            "the password policy of account 123456789012: none",
            "aws_secret_access_key is not set",
            "arn:aws:s3:::b/k@1",
        ] {
            assert_eq!(redact(text), text);
        }
        let pem = redact("a -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- b");
        assert_eq!(pem, "a -----BEGIN PRIVATE KEY-----[redacted]-----END PRIVATE KEY----- b");
        assert_eq!(redact("\"password\": \"a b\", \"user\": \"c\""), "\"password\": \"[redacted] [redacted]\", \"user\": \"c\"");
        assert_eq!(redact(""), "");
        assert_eq!(redact(" = é:"), " = é:");
    }
}
