//! The sentence `User: P is not authorized to perform: A on resource: R because ...`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use super::text::{Text, beginning};
use super::whom::Whom;
use irsa_doctor_iam::Layer;

/// Which policy refused, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether a Deny statement matched; otherwise nothing allowed it.
    pub explicit: bool,
    /// The kind of policy, where the text names it.
    pub layer: Option<Layer>,
    /// The policy, where the text names it.
    pub policy: Option<String>,
}

/// What the sentence says.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    pub(super) whom: Option<Whom>,
    pub(super) action: Option<String>,
    pub(super) resource: Option<String>,
    /// Where it begins in the flat text.
    pub(super) at: usize,
}

/// How far apart the parts of one sentence may be, in bytes without white space.
const REACH: usize = 2600;

/// What ends a resource, or an action without one.
const ENDS: &[&str] = &[
    "</",
    "onthisresource",
    "becauseno",
    "becausepublic",
    "withanexplicitdeny",
    "encodedauthorizationfailuremessage",
    "encodedfailure",
    "(service:",
    "(requestid",
    "statuscode:",
    ",withpolicyarn",
    "withapolicy",
];

/// What `DecodeAuthorizationMessage` gives, where somebody pasted that.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
pub(super) fn decoded(text: &Text) -> Option<(Sentence, Refusal)> {
    let at = text.low.find("\"explicitdeny\":")?;
    text.low.find("\"allowed\":false")?;
    let explicit = text.low.get(at..)?.starts_with("\"explicitdeny\":true");
    let context = text.low.find("\"context\":{")?;
    let field = |name: &str| {
        let begin = context + text.low.get(context..)?.find(name)? + name.len();
        text.flat.get(begin..)?.split('"').next().filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let whom = field("\"arn\":\"").as_deref().and_then(Whom::parse);
    let sentence = Sentence { whom, action: field("\"action\":\""), resource: field("\"resource\":\""), at };
    Some((sentence, Refusal { explicit, layer: None, policy: None }))
}

/// Finds the sentence. Of several the first whose principal or action can be read counts.
pub(super) fn sentence(text: &Text) -> Option<Sentence> {
    const PHRASES: [&str; 3] = ["isnotauthorizedtoperform", "isnotauthorizedtoaccessthisresource", "isnotauthorizedtoaccess"];
    for phrase in PHRASES {
        for (at, _) in text.low.match_indices(phrase).take(20) {
            let found = read(text, at, at + phrase.len(), phrase == "isnotauthorizedtoperform");
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

fn read(text: &Text, at: usize, after: usize, names_action: bool) -> Option<Sentence> {
    let (whom, begin) = principal(text, at);
    let from = after + usize::from(text.between(after, after + 1) == ":");
    let action = if names_action { action(text, from) } else { None };
    let action_end = action.as_ref().map_or(from, |(_, end)| *end);
    // Somebody else's program may speak in the same words, of users that AWS doesn't have.
    let stranger =
        whom.is_none() && text.low.get(begin..at).is_some_and(|before| before.starts_with("user:")) && !text.has("arn:aws");
    if stranger || (whom.is_none() && action.is_none()) {
        return None;
    }
    let resource = if names_action { resource(text, action_end) } else { None };
    Some(Sentence { whom, action: action.map(|(action, _)| action), resource, at: begin })
}

/// The principal before the phrase, and where the sentence begins.
fn principal(text: &Text, at: usize) -> (Option<Whom>, usize) {
    let from = text.low.floor_char_boundary(at.saturating_sub(REACH));
    let before = text.low.get(from..at).unwrap_or_default();
    let Some(begin) = before.rfind("user:").map(|begin| from + begin) else {
        // Some services leave `User:` out.
        let begin = before.rfind("arn:aws").map_or(at, |begin| from + begin);
        return (Whom::parse(text.between(begin, at)), begin);
    };
    (Whom::parse(text.between(begin + "user:".len(), at)), begin)
}

/// The action at a place of the flat text, and where it ends.
fn action(text: &Text, from: usize) -> Option<(String, usize)> {
    let near = text.low.get(from..).unwrap_or_default();
    let ends = ENDS.iter().chain(&["onresource", "onthe", "because"]);
    let end = ends.filter_map(|end| position(near, end, 140)).min();
    let word = match end {
        Some(end) => text.between(from, from + end).to_owned(),
        None => text.token(from),
    };
    let length = word.len();
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '*');
    let word = word.split([',', ';', '"', '\'']).next().unwrap_or_default();
    let (service, name) = word.split_once(':')?;
    let service_fits = (2..=40).contains(&service.len()) && service.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let name_fits = !name.is_empty() && name.len() <= 80 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*');
    (service_fits && name_fits).then(|| (format!("{}:{name}", service.to_ascii_lowercase()), from + length))
}

/// Where a phrase begins, if it is near.
fn position(text: &str, phrase: &str, reach: usize) -> Option<usize> {
    beginning(text, reach + phrase.len()).find(phrase)
}

/// The resource, where one is named right after the action.
fn resource(text: &Text, from: usize) -> Option<String> {
    const PHRASE: &str = "onresource";
    let near = text.low.get(from..)?;
    let mut begin = from + position(near, PHRASE, 4)? + PHRASE.len();
    while let Some(after) =
        [":", "resource:"].iter().find(|mark| text.low.get(begin..).is_some_and(|rest| rest.starts_with(**mark)))
    {
        begin += after.len();
    }
    let rest = text.low.get(begin..)?;
    let end = ENDS.iter().filter_map(|end| position(rest, end, REACH)).min();
    let whole = end.map(|end| joined(text.readable(begin, begin + end))).filter(|whole| is_one(whole));
    let word = whole.unwrap_or_else(|| text.token(begin));
    let word = word.trim().trim_start_matches(['"', '\'', '`', '(', '“', '‘']);
    // A quotation mark ends it, whatever follows.
    let word =
        word.split(['"', '\'', '`', '”', '’']).next().unwrap_or_default().trim_end_matches(['.', ',', ';', ')', '}', ']', ' ']);
    (!word.is_empty() && word.len() <= 2048).then(|| word.to_owned())
}

/// Without the line ends that wrapping put in; a blank inside a name stays.
fn joined(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.concat()
}

/// Whether a text can be one resource, and not a sentence that goes on.
fn is_one(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let foreign = ["is not authorized", "caused by", " at ", "request id", "operation error", "user:", ": "];
    !text.trim().is_empty() && text.split_whitespace().count() <= 6 && !foreign.iter().any(|word| lower.contains(word))
}

/// The kinds of policies, as the sentence names them, without white space.
const KINDS: &[(&str, Layer)] = &[
    ("identity-basedpolicy", Layer::Identity),
    ("resource-basedpolicy", Layer::Resource),
    ("permissionsboundary", Layer::Boundary),
    ("permissionboundary", Layer::Boundary),
    ("sessionpolicy", Layer::Session),
    ("session(s)policy", Layer::Session),
    ("servicecontrolpolicy", Layer::ServiceControl),
    ("resourcecontrolpolicy", Layer::ResourceControl),
    ("vpcendpointpolicy", Layer::VpcEndpoint),
    ("roletrustpolicy", Layer::Trust),
    ("trustpolicy", Layer::Trust),
];

/// Why it was refused: the first reason at or after a place of the flat text.
pub(super) fn refusal(text: &Text, from: usize) -> Option<Refusal> {
    let rest = text.low.get(from..)?;
    let rest = beginning(rest, 2 * REACH);
    let reasons = [("withanexplicitdeny", true), ("becauseno", false)];
    let ends = reasons.into_iter().filter_map(|(phrase, explicit)| Some((rest.find(phrase)? + phrase.len(), explicit)));
    let (end, is_explicit) = ends.min()?;
    let at = skip(text, from + end, &["in"]);
    let after_article = skip(text, at, &["an", "a", "the"]);
    let places = [after_article, at];
    let Some((begin, (name, layer))) = places.into_iter().find_map(|place| Some((place, kind_at(text, place)?))) else {
        return is_explicit.then_some(Refusal { explicit: true, layer: None, policy: None });
    };
    let policy = if is_explicit { policy(text, begin + name.len()) } else { None };
    Some(Refusal { explicit: is_explicit, layer: Some(layer), policy })
}

/// The place after the first of these words that stands here.
fn skip(text: &Text, at: usize, words: &[&str]) -> usize {
    let rest = text.low.get(at..).unwrap_or_default();
    words.iter().find(|word| rest.starts_with(**word)).map_or(at, |word| at + word.len())
}

fn kind_at(text: &Text, at: usize) -> Option<(&'static str, Layer)> {
    let rest = text.low.get(at..)?;
    KINDS.iter().copied().find(|(name, _)| rest.starts_with(name))
}

/// The policy's ARN, where one follows its kind.
fn policy(text: &Text, at: usize) -> Option<String> {
    let begin = skip(text, at, &[":", ",withpolicyarn:", "withpolicyarn:"]);
    if begin == at || !text.low.get(begin..)?.starts_with("arn:aws") {
        return None;
    }
    let arn = text.token(begin);
    let arn = arn.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    (arn.len() <= 2048).then(|| arn.to_owned())
}

/// The encoded authorization message, where the text carries one.
pub(super) fn encoded(text: &Text) -> Option<String> {
    let phrases = ["encodedauthorizationfailuremessage:", "encodedfailure:"];
    let begin = phrases.iter().find_map(|phrase| Some(text.low.find(phrase)? + phrase.len()))?;
    let start = text.place(begin);
    let mut message = String::new();
    for line in text.plain.get(start..)?.split('\n') {
        let line = line.trim_start();
        let run = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_=".contains(c))).unwrap_or(line.len());
        // A line that goes on with a sentence is none of the message's.
        if !message.is_empty() && run < 24 && run < line.trim_end().len() {
            break;
        }
        message.push_str(line.get(..run).unwrap_or_default());
        if run < line.trim_end().len() || message.len() > 16 * 1024 {
            break;
        }
    }
    (message.len() >= 20).then_some(message)
}
