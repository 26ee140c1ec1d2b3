//! Why a condition on `sub` or `aud` doesn't hold.

use super::difference::{Difference, Mend};
use super::key::Claim;
use super::{AUDIENCE_MISMATCH, CONDITION_UNMET, SUBJECT_MALFORMED, SUBJECT_MISMATCH, WILDCARD_LITERAL};
use crate::evidence::Evidence;
use crate::finding::Compared;
use crate::fix::edit::{Edit, string};
use crate::trust::Token;
use irsa_doctor_iam::Context;
use irsa_doctor_iam::condition::Base;
use irsa_doctor_iam::pattern::Pattern;
use irsa_doctor_iam::policy::{Condition, ConditionValue};

const PREFIX: &str = "system:serviceaccount:";

/// Explains a condition on a claim that the token doesn't meet.
pub(super) fn explain(evidence: &Evidence<'_>, token: &Token, claim: Claim, condition: &Condition) -> Difference {
    let base = condition.operator.base;
    if base == Base::Null {
        let detail = format!("role {} asks that {} be absent, but every token has it", token.role_name(), condition.key);
        return Difference::new(&CONDITION_UNMET, condition.place.clone(), detail);
    }
    if base.is_negated() {
        return excluded(token, claim, condition);
    }
    let wanted = claim.value(token);
    if let Some(value) = literal_wildcard(condition, wanted) {
        let detail = format!(
            "role {} compares {} with {} by {}, for which * and ? are plain characters; the token has {wanted}",
            token.role_name(),
            claim.name(),
            value.text,
            condition.operator
        );
        let edits = vec![Edit::Replace { path: value.place.path.clone(), json: string(wanted) }];
        return Difference::new(&WILDCARD_LITERAL, value.place.clone(), detail)
            .compared(wanted, value.text.as_str())
            .mend(Mend::Edits(edits));
    }
    match claim {
        Claim::Subject => subject(token, condition),
        Claim::Audience => audience(evidence, token, condition),
    }
}

fn is_like(base: Base) -> bool {
    matches!(base, Base::StringLike | Base::ArnLike | Base::ArnEquals)
}

/// A value with wildcards that would match, were they wildcards here.
fn literal_wildcard<'c>(condition: &'c Condition, wanted: &str) -> Option<&'c ConditionValue> {
    if is_like(condition.operator.base) {
        return None;
    }
    let matches = |value: &&ConditionValue| {
        value.text.contains(['*', '?']) && Pattern::glob(&value.text).matches(wanted, &Context::new()).is_true()
    };
    condition.values.iter().find(matches)
}

fn excluded(token: &Token, claim: Claim, condition: &Condition) -> Difference {
    let fault = match claim {
        Claim::Subject => &SUBJECT_MISMATCH,
        Claim::Audience => &AUDIENCE_MISMATCH,
    };
    let wanted = claim.value(token);
    let detail = format!("role {} leaves out {wanted} by {} on {}", token.role_name(), condition.operator, claim.name());
    Difference::new(fault, condition.place.clone(), detail).compared(wanted, had(condition)).mend(Mend::Decision(format!(
        "whoever owns role {} must decide whether it leaves out {wanted} on purpose",
        token.role_name()
    )))
}

fn subject(token: &Token, condition: &Condition) -> Difference {
    let like = is_like(condition.operator.base);
    let distance = |value: &&ConditionValue| distance(&value.text, &token.subject);
    let Some(value) = condition.values.iter().min_by_key(distance) else {
        let detail = format!("role {} names no subject at all, so it refuses {}", token.role_name(), token.subject);
        return Difference::new(&SUBJECT_MISMATCH, condition.place.clone(), detail)
            .compared(token.subject.as_str(), Compared::Nothing)
            .mend(add(condition, &token.subject));
    };
    if let Some(why) = malformed(&value.text, like) {
        let detail = format!(
            "role {} refuses {}: its subject {} can't match, because {why}",
            token.role_name(),
            token.subject,
            visible(&value.text)
        );
        let edits = vec![Edit::Replace { path: value.place.path.clone(), json: string(&token.subject) }];
        return Difference::new(&SUBJECT_MALFORMED, value.place.clone(), detail)
            .compared(token.subject.as_str(), value.text.as_str())
            .mend(Mend::Edits(edits));
    }
    let others = condition.values.len() - 1;
    let more = if others == 0 { String::new() } else { format!(" and {others} more") };
    let detail = format!(
        "role {} refuses {} (it trusts {}{more}; {})",
        token.role_name(),
        token.subject,
        value.text.strip_prefix(PREFIX).unwrap_or(&value.text),
        what_differs(&value.text, &token.subject)
    );
    Difference::new(&SUBJECT_MISMATCH, value.place.clone(), detail)
        .compared(token.subject.as_str(), had(condition))
        .mend(add(condition, &token.subject))
}

fn audience(evidence: &Evidence<'_>, token: &Token, condition: &Condition) -> Difference {
    let detail = format!(
        "role {} asks for the audience {}, but the token's is {}",
        token.role_name(),
        condition.values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>().join(" or "),
        token.audience
    );
    let provider = evidence.role_account().and_then(|account| account.providers.get(&token.provider_arn)?.present());
    // Tokens with another audience can be in use only where the provider takes it too.
    let in_use = |value: &ConditionValue| provider.is_some_and(|provider| provider.client_ids.contains(&value.text));
    let wrong = condition.values.first().filter(|value| !in_use(value));
    let place = wrong.map_or(&condition.place, |value| &value.place);
    let mend = match wrong {
        Some(value) => Mend::Edits(vec![Edit::Replace { path: value.place.path.clone(), json: string(&token.audience) }]),
        None => add(condition, &token.audience),
    };
    Difference::new(&AUDIENCE_MISMATCH, place.clone(), detail).compared(token.audience.as_str(), had(condition)).mend(mend)
}

fn had(condition: &Condition) -> Vec<String> {
    condition.values.iter().map(|value| value.text.clone()).collect()
}

/// One more value beside those that are there: whoever uses them now goes on working.
fn add(condition: &Condition, value: &str) -> Mend {
    if !matches!(condition.operator.base, Base::StringEquals | Base::StringEqualsIgnoreCase | Base::StringLike) {
        return Mend::NewStatement;
    }
    let path = condition.place.path.clone();
    if condition.list {
        return Mend::Edits(vec![Edit::Insert { path, key: None, json: string(value) }]);
    }
    let all = condition.values.iter().map(|value| string(&value.text)).chain([string(value)]);
    Mend::Edits(vec![Edit::Replace { path, json: format!("[{}]", all.collect::<Vec<_>>().join(", ")) }])
}

/// Why a value can't be the subject of any service account.
fn malformed(value: &str, like: bool) -> Option<&'static str> {
    if value.contains(char::is_whitespace) {
        return Some("it has blanks");
    }
    if value.contains('/') {
        return Some("it has a slash");
    }
    if value.contains(['<', '>', '{', '}', '$']) {
        return Some("it has a placeholder that nobody filled in");
    }
    let wildcard = if like { value.find(['*', '?']) } else { None };
    let Some(rest) = value.strip_prefix(PREFIX) else {
        let begins_well = wildcard.is_some_and(|at| value.get(..at).is_some_and(|start| PREFIX.starts_with(start)));
        return (!begins_well).then_some("it doesn't begin with system:serviceaccount:");
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let complete = parts.len() == 2 && parts.iter().all(|part| !part.is_empty());
    (!complete && wildcard.is_none()).then_some("it isn't system:serviceaccount:NAMESPACE:NAME")
}

/// Edits between namespace and name of both, however they are written.
fn distance(value: &str, subject: &str) -> usize {
    let tail = |text: &str| {
        let mut parts: Vec<&str> = text.trim().rsplit([':', '/']).take(2).collect();
        parts.reverse();
        parts.join(":")
    };
    crate::issuers::edits(&tail(value), &tail(subject)).unwrap_or(usize::MAX)
}

fn what_differs(value: &str, subject: &str) -> &'static str {
    let parts = |text: &str| {
        let mut parts = text.split(':').skip(2).map(str::to_owned);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    };
    let (theirs, ours) = (parts(value), parts(subject));
    if value.eq_ignore_ascii_case(subject) {
        "only the case differs"
    } else if theirs.1 == ours.1 {
        "the namespace differs"
    } else if theirs.0 == ours.0 {
        "the service account differs"
    } else {
        "namespace and service account differ"
    }
}

/// Quoted where blanks could be overlooked.
fn visible(text: &str) -> String {
    if text.contains(char::is_whitespace) || text.is_empty() { format!("{text:?}") } else { text.to_owned() }
}
