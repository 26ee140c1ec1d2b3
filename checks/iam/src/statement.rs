//! Whether a statement matches a request, and why.

mod principal;
mod trace;

pub(crate) use principal::Grants;

use crate::condition;
use crate::decision::ElementTrace;
use crate::policy::{Entries, Statement};
use crate::request::Request;
use crate::truth::Truth;

/// Takes down how each element was decided, or doesn't.
pub(crate) trait Recorder {
    /// Whether every element is to be evaluated, also behind one that doesn't match.
    const ALL: bool;

    fn element(&mut self, trace: impl FnOnce() -> ElementTrace);
}

/// Takes down nothing.
pub(crate) struct Silent;

impl Recorder for Silent {
    const ALL: bool = false;

    fn element(&mut self, _: impl FnOnce() -> ElementTrace) {}
}

impl Recorder for Vec<ElementTrace> {
    const ALL: bool = true;

    fn element(&mut self, trace: impl FnOnce() -> ElementTrace) {
        self.push(trace());
    }
}

/// Whether `statement` matches, and how closely its Principal names the one who asks. All elements
/// have to match
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html>).
pub(crate) fn evaluate<R: Recorder>(statement: &Statement, request: &Request, recorder: &mut R) -> (Truth, Grants) {
    let mut result = action(&statement.action, request);
    recorder.element(|| trace::action(&statement.action, request, result));
    if !R::ALL && result.is_false() {
        return (result, Grants::NONE);
    }
    let mut grants = Grants::NONE;
    if let Some(principals) = &statement.principal {
        let by_arn = statement.conditions.iter().any(|condition| condition.key.eq_ignore_ascii_case("aws:PrincipalArn"));
        let (matches, closeness) = principal::evaluate(principals, request.principal(), by_arn);
        recorder.element(|| trace::principal(principals, request, matches));
        grants = closeness;
        result = result.and(matches);
        if !R::ALL && result.is_false() {
            return (result, grants);
        }
    }
    if let Some(entries) = &statement.resource {
        let matches = resource(entries, request);
        recorder.element(|| trace::resource(entries, request, matches));
        result = result.and(matches);
        if !R::ALL && result.is_false() {
            return (result, grants);
        }
    }
    for condition in &statement.conditions {
        let holds = condition::evaluate(condition, &request.context);
        recorder.element(|| trace::condition(condition, request, holds));
        result = result.and(holds);
        if !R::ALL && result.is_false() {
            break;
        }
    }
    (result, grants)
}

/// "Actions are case-insensitive", wildcards match any part
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>).
fn action(entries: &Entries, request: &Request) -> Truth {
    let action = request.action_lower();
    let matches = entries.entries.iter().map(|entry| entry.pattern.matches(action, &request.context));
    Truth::any(matches).negate_if(entries.negated)
}

/// An action that takes no resource is covered by a statement for all resources only; a `NotResource`
/// covers it unless it names them all.
fn resource(entries: &Entries, request: &Request) -> Truth {
    let matches = entries.entries.iter().map(|entry| resource_entry(&entry.pattern, request));
    Truth::any(matches).negate_if(entries.negated)
}

fn resource_entry(pattern: &crate::pattern::Pattern, request: &Request) -> Truth {
    if request.takes_resource() { pattern.matches(request.resource(), &request.context) } else { pattern.is_universal().into() }
}
