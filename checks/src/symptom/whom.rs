//! Whom AWS saw: a principal's ARN, and what its session's name tells.

use base64::Engine as _;
use regex::Regex;
use std::sync::LazyLock;

/// Whom AWS saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    /// What kind of caller.
    pub kind: WhomKind,
    /// The ARN as the text has it.
    pub arn: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The role's name; without its path, which a session's ARN doesn't have.
    pub role: Option<String>,
    /// The session's name.
    pub session: Option<String>,
}

/// Kinds of callers, told by the principal and by how SDKs name sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhomKind {
    /// An EC2 instance's role: the session is the instance's id.
    NodeRole,
    /// A role, with the session name that an SDK gives a web identity: IRSA.
    WebIdentity,
    /// A role, with the session name of EKS Pod Identity.
    PodIdentity,
    /// A role, in a session that an application (or `AWS_ROLE_SESSION_NAME`) gave its name.
    NamedSession,
    /// A person, by IAM Identity Center or by a session named like a mail address.
    Person,
    /// An IAM user: static keys.
    User,
    /// A federated user.
    FederatedUser,
    /// A role, without a session.
    Role,
    /// The account's root user.
    Root,
    /// Nobody: the request wasn't signed.
    Anonymous,
}

impl WhomKind {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NodeRole => "node_role",
            Self::WebIdentity => "web_identity",
            Self::PodIdentity => "pod_identity",
            Self::NamedSession => "named_session",
            Self::Person => "person",
            Self::User => "user",
            Self::FederatedUser => "federated_user",
            Self::Role => "role",
            Self::Root => "root",
            Self::Anonymous => "anonymous",
        }
    }
}

impl Whom {
    /// Reads a principal; `None` where the text isn't one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| "\"'`.,;()<>[]{}".contains(c));
        if text.eq_ignore_ascii_case("anonymous") {
            return Some(Self { kind: WhomKind::Anonymous, arn: None, account: None, role: None, session: None });
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", partition, service @ ("sts" | "iam"), _, account, resource] = parts.as_slice() else { return None };
        if !partition.starts_with("aws") || !is_account(account) {
            return None;
        }
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let of = |kind, role: Option<&str>, session: Option<&str>| Self {
            kind,
            arn: Some(text.to_owned()),
            account: Some(account.to_owned()),
            role: role.map(str::to_owned),
            session: session.map(str::to_owned),
        };
        match (service, kind) {
            ("sts", "assumed-role") => {
                let (role, session) = name.rsplit_once('/').unwrap_or((name, ""));
                let session = Some(session).filter(|session| !session.is_empty());
                (!role.is_empty()).then(|| of(of_session(role, session.unwrap_or_default()), Some(role), session))
            }
            ("iam", "role") => Some(of(WhomKind::Role, name.rsplit('/').next(), None)),
            ("iam", "user") => Some(of(WhomKind::User, None, None)),
            ("iam", "root") => Some(of(WhomKind::Root, None, None)),
            ("sts", "federated-user") => Some(of(WhomKind::FederatedUser, None, Some(name))),
            _ => None,
        }
    }
}

/// Twelve digits; masked ones (`111122223333`, `************`, `XXXXXXXXXXXX`) are taken too.
fn is_account(text: &str) -> bool {
    let masked = |mark: char| text.chars().all(|c| c == mark || c == mark.to_ascii_uppercase());
    !text.is_empty() && text.len() <= 14 && (text.bytes().all(|b| b.is_ascii_digit()) || masked('x') || masked('*'))
}

/// How SDKs name the session of a web identity.
static DEFAULT_NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:botocore-session-\d+|\d{16,19}|aws-sdk-(?:java|kotlin|swift)-\d+|aws-sdk-js-session-\d+|web-identity-token-\d+|aws-sdk-php-\d+|aws-dotnet-sdk-session-\d+|aws-sdk-cpp-[\w-]+|sdk-java-session-\d+)$",
    )
    .ok()
});
static INSTANCE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^m?i-[0-9a-f]{8,17}$").ok());
static POD_IDENTITY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^eks-.+-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$").ok());

/// Ruby's default name: a UUID in base64.
fn is_encoded_uuid(session: &str) -> bool {
    let decoded = base64::engine::general_purpose::STANDARD.decode(session).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|text| {
        let is_dash = |index: usize| matches!(index, 8 | 13 | 18 | 23);
        text.len() == 36
            && text.bytes().enumerate().all(|(index, b)| if is_dash(index) { b == b'-' } else { b.is_ascii_hexdigit() })
    })
}

fn of_session(role: &str, session: &str) -> WhomKind {
    let is = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|pattern| pattern.is_match(session));
    if role.starts_with("AWSReservedSSO_") || (session.contains('@') && session.contains('.')) {
        WhomKind::Person
    } else if session.is_empty() {
        WhomKind::Role
    } else if is(&INSTANCE) {
        WhomKind::NodeRole
    } else if is(&POD_IDENTITY) {
        WhomKind::PodIdentity
    } else if is(&DEFAULT_NAMES) || is_encoded_uuid(session) {
        WhomKind::WebIdentity
    } else {
        WhomKind::NamedSession
    }
}
