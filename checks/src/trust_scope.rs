//! Only this service account can assume the role.
//!
//! Who else gets in is asked of the evaluator: tokens of other service accounts, and of another audience, that the
//! statements' own patterns lead to.
//! <https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html>

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::{Severity, faults};
use crate::finding::Finding;
use crate::fix::Fix;
use crate::fix::document;
use crate::fix::edit::{self, Edit, string};
use crate::locus::Locus;
use crate::trust::{self, DOCUMENT, Judgement, NOBODY, Token, Trust};
use irsa_doctor_iam::policy::{Condition, PrincipalType, Statement};
use irsa_doctor_iam::{Outcome as Decided, Place, Policy, PolicySet, Verdict, decide};

faults! {
    ANY_SERVICE_ACCOUNT: "trust-any-service-account", Warning, Certain, "every pod of the cluster may assume the role";
    WIDE_SUBJECT: "trust-wide-subject", Warning, Certain, "a pattern lets other service accounts in";
    NO_AUDIENCE: "trust-no-audience", Info, Certain, "the trust policy has no condition on aud";
    NEAR_LIMIT: "trust-policy-near-limit", Info, Certain, "the trust policy is near its size quota";
}

/// The check.
pub static CHECK: Check = Check {
    id: "trust-scope",
    title: "only this service account can assume the role",
    stage: Stage::Trust,
    scope: Scope::Role,
    needs: &[Need::Pod, Need::Issuer, Need::Role],
    faults: &[&ANY_SERVICE_ACCOUNT, &WIDE_SUBJECT, &NO_AUDIENCE, &NEAR_LIMIT],
    run,
};

/// The quota of a trust policy, and what it can be raised to, in characters without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const QUOTAS: [usize; 2] = [2048, 4096];

/// The most patterns that are tried: more than a document of the greatest size holds.
const MOST_PATTERNS: usize = 200;

fn run(evidence: &Evidence<'_>) -> Outcome {
    let judgement = match trust::decision(evidence) {
        Trust::NotReached(why) => return Outcome::not_applicable(why),
        Trust::Unread(gap) => return Outcome::unknown(gap),
        Trust::Malformed(_) => return Outcome::not_applicable("not reached: the trust policy is not valid"),
        Trust::Decided(judgement) => judgement,
    };
    let Ok(policy) = judgement.policy.as_ref() else { return Outcome::pass() };
    let mut findings = Vec::new();
    match &judgement.decision.outcome {
        Decided::Allowed { by } => {
            let statements: Vec<&Statement> = by.iter().filter_map(|by| policy.statements.get(by.index)).collect();
            findings.extend(subject(evidence, &judgement, policy, &statements));
            findings.extend(audience(&judgement, policy, &statements));
        }
        Decided::Unknown { .. } => {
            return Outcome::not_applicable("not reached: whether the trust policy lets anybody in is not known");
        }
        _ => {}
    }
    findings.extend(near_limit(&judgement));
    if findings.is_empty() && judgement.decision.outcome.verdict() != Verdict::Allowed {
        return Outcome::not_applicable("not reached: the trust policy refuses");
    }
    Outcome::findings(findings)
}

/// Whether a token like this one, with another subject or audience, gets in.
fn gets_in(token: &Token, policy: &Policy, change: impl FnOnce(&mut Token)) -> bool {
    let mut other = token.clone();
    change(&mut other);
    decide(&other.request(), &PolicySet::new().trust(DOCUMENT, policy)) == Verdict::Allowed
}

fn subject(evidence: &Evidence<'_>, judgement: &Judgement<'_>, policy: &Policy, statements: &[&Statement]) -> Option<Finding> {
    let token = &judgement.token;
    let key = token.key("sub");
    let anybody = |other: &mut Token| other.subject = format!("system:serviceaccount:{NOBODY}:{NOBODY}");
    let all_get_in = gets_in(token, policy, anybody);
    let role = token.role_name();
    let free = statements.iter().find(|statement| conditions(statement, &key).next().is_none());
    if let Some(statement) = free.filter(|_| all_get_in) {
        let detail = format!("role {role} has no condition on sub: every service account of the cluster may assume it");
        let finding = Finding::new(&ANY_SERVICE_ACCOUNT, missing_condition(token, statement, &key), detail);
        return Some(match pin(evidence, judgement, statement, &key) {
            Some(fix) => finding.fix(fix),
            None => finding,
        });
    }
    let values = statements.iter().flat_map(|statement| conditions(statement, &key)).flat_map(|condition| &condition.values);
    let wide = values.filter(|value| value.text.contains(['*', '?'])).take(MOST_PATTERNS);
    let mut found: Vec<(bool, &Place, &str, String)> = Vec::new();
    for value in wide {
        for other in subjects(&value.text).into_iter().filter(|other| *other != token.subject) {
            if gets_in(token, policy, |token| token.subject.clone_from(&other)) {
                found.push((namespace(&other) != namespace(&token.subject), &value.place, &value.text, other));
            }
        }
    }
    // What lets another namespace in weighs more than what stays within this one.
    let Some((outside, place, pattern, other)) = found.into_iter().max_by_key(|(outside, ..)| *outside) else {
        return all_get_in.then(|| unlimited(token, statements, &key)).or_else(|| other_provider(token, policy, statements));
    };
    let whom = if outside { "service accounts of other namespaces" } else { "other service accounts of the namespace" };
    let detail = format!("role {} trusts {pattern}, which lets {whom} in, as {other}", token.role_name());
    let finding = Finding::new(&WIDE_SUBJECT, locus(token, place), detail).compared(token.subject.as_str(), pattern);
    Some(finding.severity(if outside { Severity::Warning } else { Severity::Info }))
}

/// Conditions on `sub` that limit nothing: `Null`, `StringNotEquals`, a variable that always fits.
fn unlimited(token: &Token, statements: &[&Statement], key: &str) -> Finding {
    let role = token.role_name();
    let all: Vec<&Condition> = statements.iter().flat_map(|statement| conditions(statement, key)).collect();
    let operators: Vec<&str> = all.iter().map(|condition| condition.operator_text.as_str()).collect();
    let detail = format!(
        "role {role} has a condition on sub ({}) that keeps no service account of the cluster out, or none but those it names",
        operators.join(", ")
    );
    let place = all.first().map(|condition| &condition.place).or(statements.first().map(|statement| &statement.place));
    let locus = place.map_or_else(|| Locus::new(token.role_arn.as_str()).document(DOCUMENT), |place| locus(token, place));
    Finding::new(&ANY_SERVICE_ACCOUNT, locus, detail).compared(token.subject.as_str(), operators.join(", ")).fix(
        Fix::new(format!("{}#{DOCUMENT}", token.role_arn), format!("Let only {} assume role {role}", token.subject)).decision(
            format!("whoever owns role {role} must name the service accounts that it is for, with StringEquals on sub"),
        ),
    )
}

/// Whether tokens of another provider get in: a condition on this issuer's keys holds for them where it needs no key.
fn other_provider(token: &Token, policy: &Policy, statements: &[&Statement]) -> Option<Finding> {
    let principals = statements.iter().flat_map(|statement| &statement.principal).flat_map(|principals| &principals.entries);
    let prefix = token.provider_arn.strip_suffix(token.issuer.as_str())?;
    for entry in principals.take(MOST_PATTERNS) {
        let Some(issuer) = (if entry.text == "*" { Some(NOBODY) } else { entry.text.strip_prefix(prefix) }) else { continue };
        let provider = format!("{prefix}{issuer}");
        let is_other = !issuer.eq_ignore_ascii_case(&token.issuer) && !issuer.contains('*');
        let stranger = |other: &mut Token| {
            provider.clone_into(&mut other.provider_arn);
            issuer.clone_into(&mut other.issuer);
            other.subject = format!("system:serviceaccount:{NOBODY}:{NOBODY}");
        };
        if is_other && gets_in(token, policy, stranger) {
            let whose = if entry.text == "*" { "any other provider" } else { &provider };
            let detail = format!(
                "role {} lets every token of {whose} in: conditions on keys of {} hold for tokens that don't have them",
                token.role_name(),
                token.issuer
            );
            return Some(Finding::new(&ANY_SERVICE_ACCOUNT, locus(token, &entry.place), detail));
        }
    }
    None
}

/// Subjects that a pattern may stand for, other than the shortest.
fn subjects(pattern: &str) -> Vec<String> {
    let stars = [NOBODY, &format!(":{NOBODY}"), &format!("{NOBODY}:{NOBODY}"), ""].map(str::to_owned);
    let whole = format!("system:serviceaccount:{NOBODY}:{NOBODY}");
    let filled = stars.iter().map(|star| pattern.replace('*', star).replace('?', "x"));
    let is_subject = |text: &String| {
        let rest = text.strip_prefix("system:serviceaccount:");
        rest.and_then(|rest| rest.split_once(':')).is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains(':'))
    };
    let mut all: Vec<String> = filled.chain([whole]).filter(is_subject).collect();
    all.dedup();
    all
}

fn namespace(subject: &str) -> Option<&str> {
    subject.split(':').nth(2)
}

fn audience(judgement: &Judgement<'_>, policy: &Policy, statements: &[&Statement]) -> Option<Finding> {
    let token = &judgement.token;
    let key = token.key("aud");
    if !gets_in(token, policy, |token| NOBODY.clone_into(&mut token.audience)) {
        return None;
    }
    let free = statements.iter().find(|statement| conditions(statement, &key).next().is_none());
    let limits_nothing = statements.iter().find_map(|statement| conditions(statement, &key).next());
    let (locus, what) = match (free, limits_nothing) {
        (Some(statement), _) => (missing_condition(token, statement, &key), "no condition on aud"),
        (None, condition) => (locus(token, &condition?.place), "a condition on aud that limits nothing"),
    };
    let detail = format!("role {} has {what}: tokens of any audience that the provider accepts may assume it", token.role_name());
    Some(Finding::new(&NO_AUDIENCE, locus, detail))
}

fn near_limit(judgement: &Judgement<'_>) -> Option<Finding> {
    let size = judgement.text.chars().filter(|c| !c.is_whitespace()).count();
    // A document beyond the default is there because the quota was raised; to what can't be seen from here.
    let quota = QUOTAS.into_iter().find(|quota| size <= *quota)?;
    if size * 10 < quota * 9 {
        return None;
    }
    let role = judgement.token.role_name();
    let detail = format!("role {role} has a trust policy of {size} characters without white space; the quota is {quota}");
    Some(Finding::new(&NEAR_LIMIT, Locus::new(judgement.token.role_arn.as_str()).document(DOCUMENT), detail))
}

fn conditions<'s>(statement: &'s Statement, key: &str) -> impl Iterator<Item = &'s Condition> {
    statement.conditions.iter().filter(move |condition| condition.key.eq_ignore_ascii_case(key))
}

fn locus(token: &Token, place: &Place) -> Locus {
    Locus::new(token.role_arn.as_str()).document(DOCUMENT).at(place.path.as_str()).line_column(place.line, place.column)
}

fn missing_condition(token: &Token, statement: &Statement, key: &str) -> Locus {
    match &statement.condition_place {
        Some(place) => locus(token, place).missing(format!("StringEquals.{key}")),
        None => locus(token, &statement.place).missing("Condition"),
    }
}

/// Adds the condition on `sub`. Other service accounts may be using the role: that is said.
fn pin(evidence: &Evidence<'_>, judgement: &Judgement<'_>, statement: &Statement, key: &str) -> Option<Fix> {
    let token = &judgement.token;
    let summary = format!("Let only {} assume role {}", token.subject, token.role_name());
    let fix = Fix::new(format!("{}#{DOCUMENT}", token.role_arn), summary);
    if !is_for_tokens_alone(statement) {
        return Some(fix.decision(format!(
            "whoever owns role {} must give service accounts a statement of their own: this one lets others in too, whom a condition on sub would shut out",
            token.role_name()
        )));
    }
    let document = edit::apply(judgement.text, &pinned(token, statement, key))?;
    let fix = document::trust(evidence, fix, &token.role_arn, judgement.text, &document);
    Some(fix.affects(
        "every other service account that uses the role is shut out: look first who does (CloudTrail's AssumeRoleWithWebIdentity events)",
    ))
}

/// Whether a statement lets in nobody but tokens of providers.
fn is_for_tokens_alone(statement: &Statement) -> bool {
    let principals = statement.principal.iter().filter(|principals| !principals.negated);
    let mut entries = principals.flat_map(|principals| &principals.entries).peekable();
    let actions = &statement.action;
    entries.peek().is_some()
        && entries.all(|entry| entry.kind == Some(PrincipalType::Federated))
        && !actions.negated
        && actions.entries.iter().all(|action| action.text.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity"))
}

/// The missing condition on `sub`, and the one on `aud` where that is missing too.
fn pinned(token: &Token, statement: &Statement, key: &str) -> Vec<Edit> {
    let equals = statement.conditions.iter().find(|condition| condition.operator_text == "StringEquals");
    let operator = equals.and_then(|condition| {
        condition.place.path.strip_suffix(&irsa_doctor_iam::json::path_key("", &condition.key)).map(str::to_owned)
    });
    let audience = token.key("aud");
    let mut claims = vec![(key, string(&token.subject))];
    if conditions(statement, &audience).next().is_none() {
        claims.insert(0, (audience.as_str(), string(&token.audience)));
    }
    let members: Vec<String> = claims.iter().map(|(key, value)| format!("{}: {value}", string(key))).collect();
    let members = format!("{{{}}}", members.join(", "));
    let insert = |path: &str, key: &str, json: String| Edit::Insert { path: path.to_owned(), key: Some(key.to_owned()), json };
    match (operator, &statement.condition_place) {
        (Some(path), _) => claims.into_iter().map(|(key, value)| insert(&path, key, value)).collect(),
        (None, Some(place)) => vec![insert(&place.path, "StringEquals", members)],
        (None, None) => vec![insert(&statement.place.path, "Condition", format!("{{\"StringEquals\": {members}}}"))],
    }
}

#[cfg(test)]
mod tests;
