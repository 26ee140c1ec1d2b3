//! A pasted error: what it says, and nothing that it doesn't say.
//!
//! [`read`] is total: it takes any text, reads a bounded part of it in linear time and never panics. What isn't in the
//! text is `None`; a text that isn't an AWS error says so.

mod authz;
mod foreign;
mod sign;
mod text;
mod whom;
mod wrapper;

pub use authz::Refusal;
pub use sign::Sign;
pub use text::LARGEST;
pub use whom::{Whom, WhomKind};

use regex::Regex;
use std::sync::LazyLock;
use text::{Text, beginning};

/// The action that the Pod Identity agent asks EKS for credentials by, with the node's role.
pub(crate) const ASK_EKS: &str = "eks-auth:AssumeRoleForPodIdentity";

/// What a pasted text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// An error of AWS, or of an SDK on the way there.
    Aws(Box<Symptom>),
    /// Something else; what, where it can be told.
    NotAnAwsError(Option<&'static str>),
}

/// An error of AWS, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    /// What kind of thing happened.
    pub sign: Sign,
    /// Who wrapped it: `botocore`, `go-v1`, `go-v2`, `java`, `js`, `rust`, `.net`, `php`, `ruby`, `c++`, `xml`, `json`, ...
    pub sdk: Option<&'static str>,
    /// The error's code.
    pub code: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The service as the text names it.
    pub service: Option<String>,
    /// The operation that failed: the innermost one.
    pub operation: Option<String>,
    /// The error's own words, shortened.
    pub message: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// Whom AWS saw.
    pub whom: Option<Whom>,
    /// The action that was refused: `s3:GetObject`.
    pub action: Option<String>,
    /// What it was refused on: an ARN, `*`, or a name.
    pub resource: Option<String>,
    /// Which policy refused, and how.
    pub refusal: Option<Refusal>,
    /// The encoded authorization message.
    pub encoded: Option<String>,
    /// The issuer that a message about providers names.
    pub issuer: Option<String>,
    /// The host that was called.
    pub host: Option<String>,
    /// The token file that a message names.
    pub token_file: Option<String>,
    /// Whether a file that couldn't be read isn't there at all.
    pub missing_file: bool,
    /// The parameter that STS calls invalid.
    pub parameter: Option<String>,
    /// The line and column of the decisive words, from 1.
    pub place: (u32, u32),
}

impl Symptom {
    /// Whether a role tried to assume itself. A session's ARN has no path, so the role is known by account and name.
    pub fn assumes_itself(&self) -> bool {
        let Some(whom) = &self.whom else { return false };
        let role = self.resource.as_deref().and_then(role_of_arn);
        let same =
            role.is_some_and(|(account, name)| whom.role.as_deref() == Some(name) && whom.account.as_deref() == Some(account));
        same && self.action.as_deref() == Some("sts:AssumeRole")
    }

    /// Whether a second role was to be assumed.
    pub fn assumes_another(&self) -> bool {
        let action = self.action.as_deref().unwrap_or_default();
        matches!(action, "sts:AssumeRole" | "sts:TagSession" | "sts:SetSourceIdentity") && !self.assumes_itself()
    }
}

/// Account and name of a role's ARN.
pub fn role_of_arn(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &["arn", _, "iam", _, account, resource] = parts.as_slice() else { return None };
    let path = resource.strip_prefix("role/")?;
    Some((account, path.rsplit('/').next()?))
}

/// Reads a principal's ARN.
pub fn whom(arn: &str) -> Option<Whom> {
    Whom::parse(arn)
}

/// Reads a pasted text.
pub fn read(pasted: &str) -> Reading {
    let text = Text::new(pasted);
    if foreign::is_foreign(&text) {
        return Reading::NotAnAwsError(foreign::what(&text));
    }
    let wrapper = wrapper::read(&text);
    let decoded = authz::decoded(&text);
    let (sentence, of_decoded) = match decoded {
        Some((sentence, refusal)) => (Some(sentence), Some(refusal)),
        None => (authz::sentence(&text), None),
    };
    let from = sentence.as_ref().map(|sentence| sentence.at);
    let sentence = sentence.unwrap_or_default();
    let refusal = of_decoded.or_else(|| authz::refusal(&text, from.unwrap_or_default()));
    let mut symptom = Symptom {
        sign: Sign::Other,
        sdk: wrapper.sdk,
        code: wrapper.code,
        status: wrapper.status,
        service: wrapper.service,
        operation: wrapper.operation,
        message: None,
        request_id: wrapper.request_id,
        whom: sentence.whom,
        action: sentence.action,
        resource: sentence.resource,
        refusal,
        encoded: authz::encoded(&text),
        issuer: issuer(&text),
        host: host(&text),
        token_file: token_file(&text),
        missing_file: text.has_any(&["nosuchfile", "enoent", "errno2]", "doesnotexist", "filenotfound"]),
        parameter: parameter(&text),
        place: (1, 1),
    };
    let Some(sign) = sign::read(&text, &symptom) else { return Reading::NotAnAwsError(foreign::what(&text)) };
    symptom.sign = sign;
    if sign == Sign::WebIdentityRefused && symptom.action.is_none() {
        symptom.action = Some("sts:AssumeRoleWithWebIdentity".to_owned());
    }
    if symptom.code.is_none() {
        symptom.code = sign::code_of_client(&text).map(str::to_owned);
    }
    // Only an authorization has a reason, an action and a principal.
    if !matches!(sign, Sign::Refused | Sign::WebIdentityRefused | Sign::KeyRefused | Sign::AgentRefused) {
        symptom.refusal = None;
    }
    symptom.message = message(&text, from.or(wrapper.end), &symptom);
    symptom.place = place(pasted, &symptom);
    Reading::Aws(Box::new(symptom))
}

macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
    };
}

pattern!(ISSUER, r"(?i)providerfoundinyouraccountfor(https?://[A-Za-z0-9._~/%-]+)");
pattern!(URL, r"https?://([A-Za-z0-9.-]{1,253})(?::\d+)?");
pattern!(
    LOOKUP,
    r"(?:lookup|UnknownHostException:|ENOTFOUND|EAI_AGAIN|host='|Host:|TCP connection to)\s*([a-z0-9][a-z0-9.-]*\.[a-z0-9.-]+)"
);
pattern!(TOKEN_FILE, r"(/[\w./-]*(?:token|serviceaccount)[\w./-]*)");
pattern!(PARAMETER, r"(?i)at'(\w{3,40})'failedtosatisfyconstraint");

// Without blanks a word before it may end as it begins: `requests.exceptions`, `exists.`.
pattern!(STS_HOST, r"((?:^|[^a-z])sts\.|sts(?:-fips)?\.(?:[a-z]{2}[a-z-]*-\d)?\.?(?:vpce\.)?(?:amazonaws\.com|api\.aws))");

fn first(pattern: &LazyLock<Option<Regex>>, text: &str) -> Option<String> {
    pattern.as_ref()?.captures(text)?.get(1).map(|found| found.as_str().to_owned())
}

fn issuer(text: &Text) -> Option<String> {
    let begin = text.low.find("providerfoundinyouraccountfor")? + "providerfoundinyouraccountfor".len();
    let url = text.token(begin);
    // What follows the URL in a line that was wrapped is no part of it: an issuer's path ends with its id.
    let clean = first(&ISSUER, &format!("providerfoundinyouraccountfor{url}"));
    clean.map(|url| url.trim_end_matches(['.', ',']).to_owned())
}

/// The host of AWS that was called, where the text names one.
fn host(text: &Text) -> Option<String> {
    let of_url = URL.as_ref()?.captures_iter(&text.plain).take(30).filter_map(|found| Some(found.get(1)?.as_str().to_owned()));
    let is_ours = |host: &String| {
        host.ends_with("amazonaws.com")
            || host.ends_with("amazonaws.com.cn")
            || host.ends_with(".api.aws")
            || host.starts_with("169.254.")
    };
    let is_issuer = |host: &String| host.starts_with("oidc.");
    let mut all = first(&LOOKUP, &text.plain).into_iter().chain(of_url).filter(|host| is_ours(host) && !is_issuer(host));
    all.next()
}

fn token_file(text: &Text) -> Option<String> {
    let path = first(&TOKEN_FILE, &text.plain)?;
    Some(path.trim_end_matches(['.', ':']).to_owned())
        .filter(|path| path.contains("/run/") || path.contains("/secrets/") || path.contains("token"))
}

fn parameter(text: &Text) -> Option<String> {
    first(&PARAMETER, &text.flat)
}

/// The error's own words: from the decisive place to the end of its sentence.
fn message(text: &Text, begin: Option<usize>, symptom: &Symptom) -> Option<String> {
    const ENDS: [&str; 9] = [
        "(Service:",
        "status code:",
        "<",
        "Encoded authorization",
        "Encoded Failure",
        " at com.",
        " at software.",
        "request id",
        "\n\n",
    ];
    let begin = begin.map(|begin| text.place(begin)).or_else(|| after_code(text, symptom))?;
    let rest = text.plain.get(begin..)?.trim_start();
    let rest = beginning(rest, 600);
    let end = ENDS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    let words: Vec<&str> = rest.get(..end)?.split_whitespace().collect();
    let message = words.join(" ");
    (!message.is_empty()).then_some(message)
}

/// The place after the code and its colon.
fn after_code(text: &Text, symptom: &Symptom) -> Option<usize> {
    let code = symptom.code.as_deref()?;
    let at = text.plain.find(&format!("{code}:"))?;
    Some(at + code.len() + 1)
}

/// Where the decisive words stand in the text as it was pasted, line and column from 1.
fn place(pasted: &str, symptom: &Symptom) -> (u32, u32) {
    let whom = symptom.whom.as_ref().and_then(|whom| whom.arn.as_deref());
    let words = [whom, symptom.code.as_deref(), symptom.operation.as_deref(), symptom.host.as_deref()];
    let pasted = beginning(pasted, LARGEST);
    let at = words.into_iter().flatten().find_map(|word| pasted.find(word)).unwrap_or_default();
    let before = pasted.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
