//! The trust policy lets this service account in.
//!
//! The evaluator decides, once, on the token's issuer, audience and subject; the faults explain a refusal.
//! <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>

mod condition;
mod difference;
mod key;
mod mend;
mod principal;
mod statement;
#[cfg(test)]
mod tests;
mod value;

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::faults;
use crate::finding::Finding;
use crate::locus::Locus;
use crate::snapshot::{CONDITION_KEY, Gap, Observed};
use crate::trust::{self, DOCUMENT, Judgement, Token, Trust};
use difference::{Difference, Mend};
use irsa_doctor_iam::{Layer, Outcome as Decided, ParseErrors, Policy, Unresolved};
use std::collections::BTreeSet;

faults! {
    MALFORMED: "trust-policy-malformed", Error, Certain, "the trust policy is not a valid policy";
    NOT_WEB_IDENTITY: "trust-not-web-identity", Error, Certain, "no statement allows sts:AssumeRoleWithWebIdentity";
    POD_IDENTITY_ONLY: "trust-pod-identity-only", Error, Certain, "the role trusts EKS Pod Identity only";
    FEDERATED_NOT_PROVIDER: "trust-federated-not-provider", Error, Certain, "the federated principal is not the ARN of an OIDC provider";
    OTHER_CLUSTER: "trust-other-cluster", Error, Certain, "the role trusts another cluster's issuer";
    OTHER_ACCOUNT: "trust-other-account", Error, Certain, "the role trusts the right issuer in another account's provider";
    ISSUER_TYPO: "trust-issuer-typo", Error, Certain, "the role trusts an issuer that nearly is this cluster's";
    SUBJECT_MISMATCH: "trust-subject-mismatch", Error, Certain, "the role trusts another namespace or service account";
    SUBJECT_MALFORMED: "trust-subject-malformed", Error, Certain, "the subject is not system:serviceaccount:NAMESPACE:NAME";
    WILDCARD_LITERAL: "trust-wildcard-literal", Error, Certain, "a wildcard stands where it is a plain character";
    AUDIENCE_MISMATCH: "trust-audience-mismatch", Error, Certain, "the role asks for another audience than the token's";
    CLAIMS_SWAPPED: "trust-claims-swapped", Error, Certain, "aud holds a subject, or sub an audience";
    KEY_IS_ARN: "trust-key-is-arn", Error, Certain, "a condition key begins with the provider's ARN";
    KEY_HAS_SCHEME: "trust-key-has-scheme", Error, Certain, "a condition key has https:// or a trailing slash";
    KEY_OTHER_ISSUER: "trust-key-other-issuer", Error, Certain, "a condition key is of another issuer than the principal";
    KEY_WITHOUT_CLAIM: "trust-key-without-claim", Error, Certain, "a condition key has no :sub or :aud";
    UNSUPPORTED_CLAIM: "trust-unsupported-claim", Error, Certain, "a condition asks for a claim that AWS does not pass on";
    CONDITIONS_ANDED: "trust-conditions-anded", Error, Certain, "one statement asks for several clusters' claims at once";
    CONDITION_UNMET: "trust-condition-unmet", Error, Certain, "another condition of the trust policy does not hold";
    EXPLICIT_DENY: "trust-explicit-deny", Error, Certain, "a Deny statement of the trust policy matches";
}

/// The check.
pub static CHECK: Check = Check {
    id: "trust-policy",
    title: "the trust policy lets this service account in",
    stage: Stage::Trust,
    scope: Scope::Role,
    needs: &[Need::Pod, Need::Issuer, Need::Role],
    faults: &[
        &MALFORMED,
        &NOT_WEB_IDENTITY,
        &POD_IDENTITY_ONLY,
        &FEDERATED_NOT_PROVIDER,
        &OTHER_CLUSTER,
        &OTHER_ACCOUNT,
        &ISSUER_TYPO,
        &SUBJECT_MISMATCH,
        &SUBJECT_MALFORMED,
        &WILDCARD_LITERAL,
        &AUDIENCE_MISMATCH,
        &CLAIMS_SWAPPED,
        &KEY_IS_ARN,
        &KEY_HAS_SCHEME,
        &KEY_OTHER_ISSUER,
        &KEY_WITHOUT_CLAIM,
        &UNSUPPORTED_CLAIM,
        &CONDITIONS_ANDED,
        &CONDITION_UNMET,
        &EXPLICIT_DENY,
    ],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    match trust::decision(evidence) {
        Trust::NotReached(why) => Outcome::not_applicable(why),
        Trust::Unread(gap) => Outcome::unknown(gap),
        Trust::Malformed(parsed) => match parsed.as_ref() {
            Err(errors) => malformed(evidence, errors),
            Ok(_) => Outcome::pass(),
        },
        Trust::Decided(judgement) => match judgement.policy.as_ref() {
            Ok(policy) => judged(evidence, &judgement, policy),
            Err(errors) => malformed(evidence, errors),
        },
    }
}

fn judged(evidence: &Evidence<'_>, judgement: &Judgement<'_>, policy: &Policy) -> Outcome {
    let mut differences = Vec::new();
    match &judgement.decision.outcome {
        Decided::Allowed { .. } => return Outcome::pass(),
        Decided::Unknown { unresolved } => return Outcome::unknown(gap(&judgement.token, unresolved)),
        Decided::ImplicitDeny { .. } => {}
        Decided::ExplicitDeny { by } => {
            let statements = by.iter().filter_map(|denied| policy.statements.get(denied.index));
            differences.extend(statements.map(|statement| denied(&judgement.token, statement)));
        }
    }
    let allows = judgement.decision.layer(Layer::Trust).map(|layer| layer.allows);
    if allows.is_some_and(irsa_doctor_iam::Truth::is_false) {
        differences.extend(statement::nearest(evidence, judgement, policy));
    }
    let fix = mend::fix(evidence, &judgement.token, judgement.text, policy, &differences);
    let finding = |difference: &Difference| difference.finding(&judgement.token).fix(fix.clone());
    Outcome::findings(differences.iter().map(finding).collect())
}

fn denied(token: &Token, statement: &irsa_doctor_iam::Statement) -> Difference {
    let sid = statement.sid.as_ref().map_or_else(|| format!("number {}", statement.index + 1), |sid| sid.text.clone());
    let role = token.role_name();
    let detail = format!("role {role} denies {} by its statement {sid}, and a Deny beats every Allow", token.subject);
    Difference::new(&EXPLICIT_DENY, statement.effect_place.clone(), detail).mend(Mend::Decision(format!(
        "whoever owns role {role} must decide whether its Deny statement {sid} is meant for {}",
        token.subject
    )))
}

fn malformed(evidence: &Evidence<'_>, errors: &ParseErrors) -> Outcome {
    let Observed::Present(role) = evidence.iam_role() else { return Outcome::pass() };
    let Some(first) = errors.errors.first() else { return Outcome::pass() };
    let more = errors.errors.len() - 1;
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    let detail = format!(
        "role {} has a trust policy that is not valid, at line {} column {}: {}{more}",
        role.name, first.line, first.column, first.message
    );
    // A text that isn't JSON has no paths; neither has an element that stands there twice.
    let resolves = serde_json::from_str::<serde_json::Value>(&role.trust_policy).is_ok();
    let path = if resolves { first.path.as_str() } else { "$" };
    let locus = Locus::new(role.arn.as_str()).document(DOCUMENT).at(path).line_column(first.line, first.column);
    let finding = Finding::new(&MALFORMED, locus, detail);
    Outcome::finding(match token(evidence, &role.arn) {
        Some(token) => finding.fix(mend::fix_malformed(evidence, &token, &role.trust_policy)),
        None => finding.fix(
            crate::fix::Fix::new(format!("{}#{DOCUMENT}", role.arn), format!("Give role {} a valid trust policy", role.name))
                .decision(format!("whoever owns role {} must write it", role.name)),
        ),
    })
}

/// The token that a new document has to let in.
fn token(evidence: &Evidence<'_>, role_arn: &str) -> Option<Token> {
    let Observed::Present(issuer) = evidence.issuer() else { return None };
    let arn = evidence.role_arn()?;
    Some(Token {
        role_arn: role_arn.to_owned(),
        provider_arn: issuer.provider_arn(arn.partition, arn.account),
        issuer: issuer.host_path().to_owned(),
        issuer_known: true,
        audience: crate::audience::decision(evidence).judged().to_owned(),
        subject: evidence.subject()?,
    })
}

/// What would have to be known: the condition keys that only the call itself has.
fn gap(token: &Token, unresolved: &[Unresolved]) -> Gap {
    let keys: BTreeSet<&str> = unresolved.iter().filter_map(|unresolved| unresolved.key.as_deref()).collect();
    let keys = keys.into_iter().collect::<Vec<_>>().join(", ");
    let reason = unresolved.first().map(|unresolved| unresolved.reason.clone()).unwrap_or_default();
    let path = unresolved.first().map_or("$", |unresolved| unresolved.path.as_str());
    Gap::not_collected(format!("{CONDITION_KEY}{keys}")).about(token.role_arn.as_str()).detail(reason).remedy(format!(
        "compare {path} of the trust policy of role {} with what the pod's call to STS has; CloudTrail's AssumeRoleWithWebIdentity events show it",
        token.role_name()
    ))
}
