use super::compare::parse_bool;
use super::operator::{Base, Operator, Quantifier};
use crate::context::{Context, KeyValue};
use crate::policy::Condition;
use crate::truth::Truth;

/// Whether a condition (one operator, one key, its values) holds in a request.
pub(crate) fn evaluate(condition: &Condition, context: &Context) -> Truth {
    evaluate_value(condition, context.get_lower(&condition.key_lower), context)
}

fn evaluate_value(condition: &Condition, value: &KeyValue, context: &Context) -> Truth {
    if let KeyValue::OneOf(possible) = value {
        let mut results = possible.iter().map(|value| evaluate_value(condition, value, context));
        let first = results.next().unwrap_or(Truth::Unknown);
        return if results.all(|result| result == first) { first } else { Truth::Unknown };
    }
    if condition.operator.base == Base::Null {
        return null(condition, value);
    }
    match (value, condition.operator.quantifier) {
        (KeyValue::Absent, _) => when_absent(condition.operator),
        // A null data set such as an empty string counts as no values.
        (KeyValue::Single(value), Some(_)) if value.is_empty() => when_absent(condition.operator),
        (KeyValue::Single(value), _) => holds(condition, value, context),
        (KeyValue::Many(values), _) if values.iter().all(String::is_empty) => when_absent(condition.operator),
        (KeyValue::Many(values), Some(Quantifier::ForAnyValue)) => {
            Truth::any(values.iter().map(|value| holds(condition, value, context)))
        }
        (KeyValue::Many(values), Some(Quantifier::ForAllValues)) => {
            Truth::all(values.iter().map(|value| holds(condition, value, context)))
        }
        (KeyValue::Many(values), None) => {
            // AWS asks for a qualifier here and doesn't say what happens without one: the answer is
            // known only where both qualifiers agree.
            let any = Truth::any(values.iter().map(|value| holds(condition, value, context)));
            let all = Truth::all(values.iter().map(|value| holds(condition, value, context)));
            if any == all { any } else { Truth::Unknown }
        }
        (KeyValue::Present(_), _) => present(condition),
        (KeyValue::Unknown(_) | KeyValue::OneOf(_), _) => {
            let (there, missing) = (present(condition), when_absent(condition.operator));
            if there == missing { there } else { Truth::Unknown }
        }
    }
}

/// "If the key that you specify in a policy condition is not present in the request context, the
/// values do not match and the condition is false"; negated operators are true, and so is
/// `IfExists`. `ForAllValues` is true and `ForAnyValue` false when there are no values, `IfExists`
/// or not: for the two together the documentation leaves open which of them wins, and AWS denies
/// (<https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w/foranyvalue-stringequalsifexists-behaving-unexpectedly>).
fn when_absent(operator: Operator) -> Truth {
    match operator.quantifier {
        Some(Quantifier::ForAllValues) => true,
        Some(Quantifier::ForAnyValue) => false,
        None => operator.if_exists || operator.base.is_negated(),
    }
    .into()
}

/// A key with a value that can't be known: only a value that matches everything decides.
fn present(condition: &Condition) -> Truth {
    if condition.values.iter().any(|value| value.compiled.is_universal()) {
        Truth::from(!condition.operator.base.is_negated())
    } else {
        Truth::Unknown
    }
}

/// Whether one value of the request satisfies the operator. The policy's values are alternatives,
/// for negated operators after the negation ("NOR").
fn holds(condition: &Condition, have: &str, context: &Context) -> Truth {
    let base = condition.operator.base;
    let matched = Truth::any(condition.values.iter().map(|value| value.compiled.matches(base, have, context)));
    matched.negate_if(base.is_negated())
}

/// `Null`: `true` asks for an absent key, `false` for one that is there with a value.
fn null(condition: &Condition, value: &KeyValue) -> Truth {
    let is_null = match value {
        KeyValue::Absent => Truth::True,
        KeyValue::Many(values) => values.is_empty().into(),
        KeyValue::Single(_) | KeyValue::Present(_) => Truth::False,
        KeyValue::Unknown(_) | KeyValue::OneOf(_) => Truth::Unknown,
    };
    let asked = |wanted: bool| condition.values.iter().any(|value| parse_bool(&value.text) == Some(wanted));
    match (asked(true), asked(false)) {
        (true, true) => Truth::True,
        (true, false) => is_null,
        (false, true) => !is_null,
        (false, false) => Truth::False,
    }
}
