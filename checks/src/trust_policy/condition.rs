//! What is wrong with a statement's conditions: keys that no token has, and values that this one hasn't.

use super::difference::{Difference, Mend};
use super::key::{Claim, Key, classify};
use super::principal::WrongPrincipal;
use super::value;
use super::{
    CLAIMS_SWAPPED, CONDITION_UNMET, CONDITIONS_ANDED, KEY_HAS_SCHEME, KEY_IS_ARN, KEY_OTHER_ISSUER, KEY_WITHOUT_CLAIM,
    UNSUPPORTED_CLAIM,
};
use crate::evidence::Evidence;
use crate::fault::Fault;
use crate::fix::edit::{Edit, string};
use crate::trust::{DOCUMENT, Judgement, Token};
use irsa_doctor_iam::json::path_key;
use irsa_doctor_iam::policy::{Condition, Statement};
use irsa_doctor_iam::{ElementKind, ElementTrace, KeyValue, Policy, PolicySet, StatementTrace, authorize};

/// A condition that doesn't hold, what its key means, and whether its value is wrong too.
struct Failing<'p> {
    condition: &'p Condition,
    key: Key<'p>,
    value_differs: bool,
}

/// Explains every condition of a statement that doesn't hold.
pub(super) fn explain(
    evidence: &Evidence<'_>,
    judgement: &Judgement<'_>,
    policy: &Policy,
    statement: &Statement,
    trace: &StatementTrace,
    principal: Option<&WrongPrincipal>,
) -> Vec<Difference> {
    let token = &judgement.token;
    let mut failing = failing(token, policy, statement, trace);
    let mut found = Vec::new();
    found.extend(swapped(token, &mut failing));
    let keys: Vec<(&'static Fault, Vec<&Failing<'_>>)> = wrong_keys(token, statement, &failing, principal);
    for (fault, of_fault) in &keys {
        found.push(wrong_key(token, statement, fault, of_fault));
    }
    let anded = keys.iter().any(|(fault, _)| fault.id == CONDITIONS_ANDED.id);
    for failing in &failing {
        match failing.key {
            Key::Other => found.push(unmet(token, failing.condition)),
            // The other cluster's values are not for this one.
            Key::OtherIssuer(..) if anded => {}
            Key::Claim(claim)
            | Key::ProviderArn(claim)
            | Key::Scheme(claim)
            | Key::WithoutClaim(claim)
            | Key::OtherIssuer(_, claim)
                if failing.value_differs =>
            {
                found.push(value::explain(evidence, token, claim, failing.condition));
            }
            _ => {}
        }
    }
    found
}

/// The right names for the keys of a statement that repeat the misspelt issuer of its principal.
pub(super) fn renames(token: &Token, statement: &Statement, misspelt: &str) -> Vec<Edit> {
    let of_issuer = statement.conditions.iter().filter_map(|condition| match classify(condition, token) {
        Key::OtherIssuer(issuer, claim) if issuer.eq_ignore_ascii_case(misspelt) => {
            Some(Edit::Rename { path: condition.place.path.clone(), key: token.key(claim.name()) })
        }
        _ => None,
    });
    of_issuer.collect()
}

/// The conditions that don't hold. Whether the value of a misspelt key is right is asked of the evaluator, for a
/// token that had the claim under that key.
fn failing<'p>(token: &Token, policy: &Policy, statement: &'p Statement, trace: &StatementTrace) -> Vec<Failing<'p>> {
    let mut meant = token.request();
    for condition in &statement.conditions {
        if let Key::ProviderArn(claim) | Key::Scheme(claim) | Key::WithoutClaim(claim) | Key::OtherIssuer(_, claim) =
            classify(condition, token)
        {
            meant = meant.with_key(&condition.key, KeyValue::Single(claim.value(token).to_owned()));
        }
    }
    // This statement alone: a document of thousands would be evaluated thousands of times.
    let alone = Policy {
        kind: policy.kind,
        version: policy.version,
        version_place: None,
        id: None,
        statements: vec![statement.clone()],
        statement_place: policy.statement_place.clone(),
        statement_list: policy.statement_list,
        warnings: Vec::new(),
    };
    let meant = authorize(&meant, &PolicySet::new().trust(DOCUMENT, &alone));
    let results = conditions(trace).zip(meant.statements.iter().flat_map(conditions));
    let pairs = statement.conditions.iter().zip(results).filter(|(_, (now, _))| now.result.is_false());
    pairs
        .map(|(condition, (_, meant))| Failing {
            condition,
            key: classify(condition, token),
            value_differs: meant.result.is_false(),
        })
        .collect()
}

fn conditions(trace: &StatementTrace) -> impl Iterator<Item = &ElementTrace> {
    trace.elements.iter().filter(|element| matches!(element.element, ElementKind::Condition { .. }))
}

/// `aud` that holds a subject, or `sub` that holds an audience: one finding, which takes these conditions with it.
fn swapped(token: &Token, failing: &mut Vec<Failing<'_>>) -> Option<Difference> {
    let is_swapped = |failing: &Failing<'_>| {
        let mut values = failing.condition.values.iter().map(|value| value.text.as_str());
        failing.value_differs
            && match failing.key {
                Key::Claim(Claim::Audience) => values.any(|value| value.starts_with("system:serviceaccount:")),
                Key::Claim(Claim::Subject) => {
                    values.any(|value| value == token.audience || value.starts_with("sts.amazonaws.com"))
                }
                _ => false,
            }
    };
    let (exchanged, others): (Vec<_>, Vec<_>) = std::mem::take(failing).into_iter().partition(|failing| is_swapped(failing));
    *failing = others;
    let first = exchanged.first()?;
    let claim = |failing: &Failing<'_>| if failing.key == Key::Claim(Claim::Subject) { Claim::Subject } else { Claim::Audience };
    let edit = |failing: &Failing<'_>| Edit::Replace {
        path: failing.condition.place.path.clone(),
        json: string(claim(failing).value(token)),
    };
    let said: Vec<String> =
        exchanged.iter().map(|failing| format!("{} {}", claim(failing).name(), had(failing.condition))).collect();
    let detail = format!(
        "role {} asks for {}; the token has aud {} and sub {}",
        token.role_name(),
        said.join(" and "),
        token.audience,
        token.subject
    );
    Some(
        Difference::new(&CLAIMS_SWAPPED, first.condition.place.clone(), detail)
            .compared(claim(first).value(token), had(first.condition))
            .mend(Mend::Edits(exchanged.iter().map(edit).collect())),
    )
}

/// The wrong keys by fault. Those that only repeat the issuer of a wrong principal go with it; where the conditions on
/// this issuer's own keys stand beside another's, all of them would have to hold.
fn wrong_keys<'f, 'p>(
    token: &Token,
    statement: &Statement,
    failing: &'f [Failing<'p>],
    principal: Option<&WrongPrincipal>,
) -> Vec<(&'static Fault, Vec<&'f Failing<'p>>)> {
    // Two clusters' keys for one claim are meant for both; one key each is a slip.
    let ours = |claim: Claim| statement.conditions.iter().any(|condition| classify(condition, token) == Key::Claim(claim));
    let both = failing.iter().any(|failing| matches!(failing.key, Key::OtherIssuer(_, claim) if ours(claim)));
    let named = principal.and_then(|wrong| wrong.issuer.as_deref());
    let mut groups: Vec<(&'static Fault, Vec<&'f Failing<'p>>)> = Vec::new();
    for failing in failing {
        let fault = match failing.key {
            Key::ProviderArn(_) => &KEY_IS_ARN,
            Key::Scheme(_) => &KEY_HAS_SCHEME,
            Key::WithoutClaim(_) => &KEY_WITHOUT_CLAIM,
            Key::Unsupported(_) => &UNSUPPORTED_CLAIM,
            Key::OtherIssuer(issuer, _) if named.is_some_and(|named| named.eq_ignore_ascii_case(issuer)) => continue,
            Key::OtherIssuer(..) if both && principal.is_none() => &CONDITIONS_ANDED,
            Key::OtherIssuer(..) => &KEY_OTHER_ISSUER,
            Key::Claim(_) | Key::Other => continue,
        };
        match groups.iter_mut().find(|(known, _)| known.id == fault.id) {
            Some((_, group)) => group.push(failing),
            None => groups.push((fault, vec![failing])),
        }
    }
    groups
}

fn wrong_key(token: &Token, statement: &Statement, fault: &'static Fault, group: &[&Failing<'_>]) -> Difference {
    let keys: Vec<String> = group.iter().map(|failing| failing.condition.key.clone()).collect();
    let edits = group.iter().flat_map(|failing| key_edits(token, statement, failing, fault, group)).collect();
    let place = group.first().map_or_else(|| statement.place.clone(), |failing| failing.condition.place.clone());
    let role = token.role_name();
    let listed = keys.join(" and ");
    let detail = if fault.id == CONDITIONS_ANDED.id {
        format!(
            "role {role} asks in one statement for {listed} too: conditions are anded, and a token has one issuer's keys only"
        )
    } else if fault.id == UNSUPPORTED_CLAIM.id {
        format!("role {role} asks for {listed}, but AWS passes on only aud and sub of a service account's token")
    } else if fault.id == KEY_OTHER_ISSUER.id {
        format!("role {role} asks for {listed}, a key of another issuer than this cluster's, {}", token.issuer)
    } else {
        format!(
            "role {role} asks for {listed}, a key that no token has; this cluster's are {} and {}",
            token.key("sub"),
            token.key("aud")
        )
    };
    let wanted: Vec<String> = group.iter().filter_map(|failing| Some(token.key(meant(failing.key)?.name()))).collect();
    let difference = Difference::new(fault, place, detail).mend(Mend::Edits(edits));
    if wanted.is_empty() { difference } else { difference.compared(wanted, keys) }
}

/// The claim that a misspelt key means.
fn meant(key: Key<'_>) -> Option<Claim> {
    match key {
        Key::Claim(claim)
        | Key::ProviderArn(claim)
        | Key::Scheme(claim)
        | Key::WithoutClaim(claim)
        | Key::OtherIssuer(_, claim) => Some(claim),
        Key::Unsupported(_) | Key::Other => None,
    }
}

/// The key gets its right name; where that is taken, or nothing can be meant by it, the condition goes.
fn key_edits(
    token: &Token,
    statement: &Statement,
    failing: &Failing<'_>,
    fault: &'static Fault,
    group: &[&Failing<'_>],
) -> Vec<Edit> {
    let condition = failing.condition;
    let path = condition.place.path.clone();
    let claim = meant(failing.key).filter(|_| fault.id != CONDITIONS_ANDED.id);
    let has = |key: &str| {
        let same = |other: &&Condition| other.key.eq_ignore_ascii_case(key) && other.operator_text == condition.operator_text;
        statement.conditions.iter().any(|other| same(&other))
    };
    if let Some(key) = claim.map(|claim| token.key(claim.name())).filter(|key| !has(key)) {
        return vec![Edit::Rename { path, key }];
    }
    let subject = token.key(Claim::Subject.name());
    if fault.id == UNSUPPORTED_CLAIM.id && !pins_subject(token, statement) {
        // Without it nothing would be left that tells service accounts apart.
        let replace = Edit::Replace { path: path.clone(), json: string(&token.subject) };
        return vec![replace, Edit::Rename { path, key: subject }];
    }
    let of_operator = |condition: &&Condition| condition.operator_text == failing.condition.operator_text;
    let all = statement.conditions.iter().filter(of_operator).count();
    let gone: Vec<_> = group.iter().filter(|other| of_operator(&other.condition)).collect();
    if gone.len() < all {
        return vec![Edit::Remove { path }];
    }
    // The last one of an operator takes the operator with it.
    let is_first = gone.first().is_some_and(|first| std::ptr::eq(first.condition, condition));
    let operator = path.strip_suffix(&path_key("", &condition.key)).map(str::to_owned);
    operator.filter(|_| is_first).map(|path| Edit::Remove { path }).into_iter().collect()
}

fn pins_subject(token: &Token, statement: &Statement) -> bool {
    statement.conditions.iter().any(|condition| classify(condition, token) == Key::Claim(Claim::Subject))
}

fn unmet(token: &Token, condition: &Condition) -> Difference {
    let detail = format!(
        "role {} asks for {} {} ({}), which a call with a web identity token doesn't meet",
        token.role_name(),
        condition.key,
        had(condition),
        condition.operator
    );
    Difference::new(&CONDITION_UNMET, condition.place.clone(), detail).mend(Mend::Decision(format!(
        "whoever owns role {} must decide whether {} is still wanted: it keeps every pod out",
        token.role_name(),
        condition.key
    )))
}

fn had(condition: &Condition) -> String {
    condition.values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>().join(" or ")
}
