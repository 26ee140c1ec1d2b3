//! Decides a request against all the policies that apply to it.
//!
//! The logic is
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>: an
//! explicit Deny in any layer wins; else every layer that must allow has to.

mod combine;
mod set;

pub use set::{Layer, PolicySet};

use combine::Tally;
use set::Source;

use crate::decision::{
    Decision, ElementKind, ElementTrace, LayerDecision, Outcome, StatementRef, StatementTrace, Unresolved, Verdict,
};
use crate::policy::{Effect, Statement};
use crate::request::Request;
use crate::statement::{self, Recorder, Silent};
use crate::truth::Truth;

/// Decides `request`, with the whole trace.
///
/// Goes in: the request with what is known of its context, and the policies of each layer. Comes
/// out: the outcome, what each layer says by itself, every statement with each of its elements, and
/// the layers that weren't given. It can't fail: what can't be known makes the outcome
/// [`Outcome::Unknown`], unless something else already decides.
///
/// ```
/// use irsa_doctor_iam::{authorize, Outcome, Policy, PolicyKind, PolicySet, Request};
///
/// let trust = Policy::parse(
///     r#"{"Version": "2012-10-17", "Statement": [{
///         "Effect": "Allow",
///         "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.com"},
///         "Action": "sts:AssumeRoleWithWebIdentity",
///         "Condition": {"StringEquals": {"oidc.example.com:sub": "system:serviceaccount:default:web"}}
///     }]}"#,
///     PolicyKind::Trust,
/// )?;
/// let request = Request::web_identity(
///     "arn:aws:iam::111122223333:role/app",
///     "arn:aws:iam::111122223333:oidc-provider/oidc.example.com",
///     "oidc.example.com",
///     "sts.amazonaws.com",
///     "system:serviceaccount:default:awscli",
/// );
/// let decision = authorize(&request, &PolicySet::new().trust("trust policy", &trust));
/// assert!(matches!(decision.outcome, Outcome::ImplicitDeny { .. }));
/// let nearest = decision.nearest().expect("there is an Allow statement");
/// assert_eq!(nearest.differing[0].wanted[0].text, "system:serviceaccount:default:web");
/// # Ok::<(), irsa_doctor_iam::ParseErrors>(())
/// ```
#[must_use]
pub fn authorize(request: &Request, policies: &PolicySet<'_>) -> Decision {
    let mut traces = Vec::new();
    let mut tally = Tally::default();
    for (layer, named) in policies.policies() {
        match named.source {
            Source::Readable(policy) => {
                for statement in &policy.statements {
                    let mut elements: Vec<ElementTrace> = Vec::new();
                    let result = weigh(&mut tally, layer, statement, request, &mut elements);
                    traces.push(trace(layer, &named.name, statement, result, elements));
                }
            }
            Source::Unreadable(_) => tally.unreadable(layer),
        }
    }
    let (verdict, refusing) = tally.combine(request, policies);
    let outcome = match verdict {
        Verdict::Allowed => Outcome::Allowed { by: references(&traces, Effect::Allow) },
        Verdict::ExplicitDeny => Outcome::ExplicitDeny { by: references(&traces, Effect::Deny) },
        Verdict::ImplicitDeny => Outcome::ImplicitDeny { layer: refusing.unwrap_or(Layer::Identity) },
        Verdict::Unknown => Outcome::Unknown { unresolved: unresolved(&tally, &traces, policies, request) },
    };
    let layers = policies.examined_layers().map(|layer| tally.layer(layer)).collect();
    let not_examined = policies.not_examined().collect();
    Decision { outcome, layers, statements: traces, not_examined }
}

/// Decides `request` without its reasons: the same evaluation as [`authorize`], without a trace.
#[must_use]
pub fn decide(request: &Request, policies: &PolicySet<'_>) -> Verdict {
    let mut tally = Tally::default();
    for (layer, named) in policies.policies() {
        match named.source {
            Source::Readable(policy) => {
                for statement in &policy.statements {
                    if tally.is_settled(layer, statement.effect) {
                        continue;
                    }
                    weigh(&mut tally, layer, statement, request, &mut Silent);
                    if tally.is_denied() {
                        return Verdict::ExplicitDeny;
                    }
                }
            }
            Source::Unreadable(_) => tally.unreadable(layer),
        }
    }
    tally.combine(request, policies).0
}

/// Evaluates a statement and adds it to the tally: the one place where both paths decide.
fn weigh<R: Recorder>(tally: &mut Tally, layer: Layer, statement: &Statement, request: &Request, recorder: &mut R) -> Truth {
    let (result, grants) = statement::evaluate(statement, request, recorder);
    tally.add(layer, statement.effect, result, grants);
    result
}

fn trace(layer: Layer, policy: &str, statement: &Statement, result: Truth, elements: Vec<ElementTrace>) -> StatementTrace {
    StatementTrace {
        layer,
        policy: policy.to_owned(),
        index: statement.index,
        sid: statement.sid.as_ref().map(|sid| sid.text.clone()),
        effect: statement.effect,
        result,
        elements,
        place: statement.place.clone(),
    }
}

fn references(traces: &[StatementTrace], effect: Effect) -> Vec<StatementRef> {
    let matching = traces.iter().filter(|trace| trace.effect == effect && trace.result.is_true());
    matching.map(StatementTrace::reference).collect()
}

/// The unknown inputs of the statements and policies that could still change the outcome: a Deny
/// that may match, and an Allow that may match in a layer that doesn't certainly allow.
fn unresolved(tally: &Tally, traces: &[StatementTrace], policies: &PolicySet<'_>, request: &Request) -> Vec<Unresolved> {
    let counts = |layer: Layer, effect: Effect| effect == Effect::Deny || !tally.layer(layer).allows.is_true();
    let mut found: Vec<Unresolved> = Vec::new();
    for (layer, named) in policies.policies() {
        if let Source::Unreadable(reason) = &named.source {
            found.push(Unresolved {
                layer,
                policy: named.name.clone().into_owned(),
                statement: None,
                key: None,
                reason: reason.clone().into_owned(),
                path: "$".to_owned(),
            });
        }
    }
    for trace in traces.iter().filter(|trace| trace.result == Truth::Unknown && counts(trace.layer, trace.effect)) {
        for element in trace.elements.iter().filter(|element| element.result == Truth::Unknown) {
            found.extend(element_unresolved(trace, element));
        }
    }
    if found.is_empty() && request.owner().is_none() {
        found.push(Unresolved {
            layer: Layer::Resource,
            policy: String::new(),
            statement: None,
            key: None,
            reason: "the account that owns the resource is not known".to_owned(),
            path: "$".to_owned(),
        });
    }
    found
}

fn element_unresolved(trace: &StatementTrace, element: &ElementTrace) -> Vec<Unresolved> {
    let unresolved = |key: Option<String>, reason: String| Unresolved {
        layer: trace.layer,
        policy: trace.policy.clone(),
        statement: Some(trace.index),
        key,
        reason,
        path: element.path.clone(),
    };
    if element.unknown.is_empty() && element.element == ElementKind::Principal {
        return vec![unresolved(None, "which session of the role asks can't be known from here".to_owned())];
    }
    if element.unknown.is_empty() {
        return vec![unresolved(None, format!("AWS does not document how {} is decided here", element.element))];
    }
    element.unknown.iter().map(|(key, why)| unresolved(Some(key.clone()), why.clone())).collect()
}

impl Tally {
    fn layer(&self, layer: Layer) -> LayerDecision {
        let (allows, denies) = (self.allows(layer), self.denies(layer));
        LayerDecision { layer, outcome: combine::layer_outcome(allows, denies), allows, denies }
    }
}
