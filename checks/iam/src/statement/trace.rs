//! How an element was decided, for explanations. The result itself comes from the evaluation.

use super::principal::entry_matches;
use super::resource_entry;
use crate::context::{Context, KeyValue};
use crate::decision::{ElementKind, ElementTrace, Had, Wanted};
use crate::pattern::Pattern;
use crate::policy::{Condition, Entries, Place, Principals};
use crate::request::Request;
use crate::truth::Truth;

fn element(kind: ElementKind, negated: bool, result: Truth, wanted: Vec<Wanted>, had: Had, place: &Place) -> ElementTrace {
    let Place { path, line, column } = place.clone();
    ElementTrace { element: kind, negated, result, wanted, had, path, line, column, unknown: Vec::new() }
}

fn value(text: &str) -> Had {
    Had::Values(vec![text.to_owned()])
}

pub(super) fn action(entries: &Entries, request: &Request, result: Truth) -> ElementTrace {
    let wanted = entries.entries.iter().map(|entry| Wanted {
        text: entry.text.clone(),
        resolved: None,
        matches: entry.pattern.matches(request.action_lower(), &request.context),
        place: entry.place.clone(),
    });
    let had = value(request.action());
    element(ElementKind::Action, entries.negated, result, wanted.collect(), had, &entries.place)
}

pub(super) fn resource(entries: &Entries, request: &Request, result: Truth) -> ElementTrace {
    let context = &request.context;
    let wanted = entries.entries.iter().map(|entry| Wanted {
        text: entry.text.clone(),
        resolved: entry.pattern.resolved(context),
        matches: resource_entry(&entry.pattern, request),
        place: entry.place.clone(),
    });
    let had = if request.takes_resource() { value(request.resource()) } else { value("*") };
    let mut trace = element(ElementKind::Resource, entries.negated, result, wanted.collect(), had, &entries.place);
    trace.unknown = unknown_variables(entries.entries.iter().map(|entry| &entry.pattern), context);
    trace
}

pub(super) fn principal(principals: &Principals, request: &Request, result: Truth) -> ElementTrace {
    let wanted = principals.entries.iter().map(|entry| Wanted {
        text: entry.text.clone(),
        resolved: None,
        matches: entry_matches(entry, request.principal()).0,
        place: entry.place.clone(),
    });
    let had = value(request.principal().name());
    element(ElementKind::Principal, principals.negated, result, wanted.collect(), had, &principals.place)
}

pub(super) fn condition(condition: &Condition, request: &Request, result: Truth) -> ElementTrace {
    let context = &request.context;
    let have = context.get_lower(&condition.key_lower);
    let wanted = condition.values.iter().map(|wanted| Wanted {
        text: wanted.text.clone(),
        resolved: wanted.compiled.patterns().iter().any(|pattern| pattern.resolved(context).is_some()).then(|| {
            let parts = wanted.compiled.patterns().iter();
            parts.map(|part| part.shown(context)).collect::<Vec<_>>().join(":")
        }),
        matches: Truth::any(values(have).iter().map(|value| wanted.compiled.matches(condition.operator.base, value, context))),
        place: wanted.place.clone(),
    });
    let kind = ElementKind::Condition { operator: condition.operator.to_string(), key: condition.key.clone() };
    let had = match have {
        KeyValue::Single(value) => Had::Values(vec![value.clone()]),
        KeyValue::Many(values) => Had::Values(values.clone()),
        KeyValue::Absent => Had::Absent,
        other => Had::Unknown(other.unknown_reason().unwrap_or_default().to_owned()),
    };
    let negated = condition.operator.base.is_negated();
    let mut trace = element(kind, negated, result, wanted.collect(), had, &condition.place);
    trace.unknown = unknown_variables(condition.values.iter().flat_map(|value| value.compiled.patterns()), context);
    if let Some(why) = have.unknown_reason() {
        trace.unknown.insert(0, (condition.key.clone(), why.to_owned()));
    }
    trace
}

fn values(value: &KeyValue) -> &[String] {
    match value {
        KeyValue::Single(value) => std::slice::from_ref(value),
        KeyValue::Many(values) => values,
        _ => &[],
    }
}

fn unknown_variables<'a>(patterns: impl Iterator<Item = &'a Pattern>, context: &Context) -> Vec<(String, String)> {
    patterns.flat_map(|pattern| pattern.unknown_keys(context)).map(|(key, why)| (key.to_owned(), why.to_owned())).collect()
}
