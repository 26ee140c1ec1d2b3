use std::cmp::Ordering;
use std::net::IpAddr;

use super::literal::{Cidr, Number, parse_date};
use super::operator::Base;
use crate::context::Context;
use crate::pattern::{Pattern, split_segments};
use crate::truth::Truth;

/// A condition's value, read as its operator wants it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Compiled {
    Text(Pattern),
    TextIgnoringCase(Pattern),
    Arn(Vec<Pattern>),
    Number(Option<Number>),
    Date(Option<i128>),
    Bool(Option<bool>),
    Address(Option<Cidr>),
    Binary(String),
}

impl Compiled {
    /// Variables have a meaning with string and ARN operators only
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>).
    pub(crate) fn new(base: Base, text: &str, variables: bool) -> Self {
        match base {
            Base::StringEquals | Base::StringNotEquals => Self::Text(Pattern::template(text, false, variables)),
            Base::StringLike | Base::StringNotLike => Self::Text(Pattern::template(text, true, variables)),
            Base::StringEqualsIgnoreCase | Base::StringNotEqualsIgnoreCase => {
                Self::TextIgnoringCase(Pattern::template(text, false, variables))
            }
            Base::ArnEquals | Base::ArnLike | Base::ArnNotEquals | Base::ArnNotLike => {
                Self::Arn(split_segments(text, variables).iter().map(|part| Pattern::template(part, true, variables)).collect())
            }
            Base::NumericEquals
            | Base::NumericNotEquals
            | Base::NumericLessThan
            | Base::NumericLessThanEquals
            | Base::NumericGreaterThan
            | Base::NumericGreaterThanEquals => Self::Number(Number::parse(text)),
            Base::DateEquals
            | Base::DateNotEquals
            | Base::DateLessThan
            | Base::DateLessThanEquals
            | Base::DateGreaterThan
            | Base::DateGreaterThanEquals => Self::Date(parse_date(text)),
            Base::Bool | Base::Null => Self::Bool(parse_bool(text)),
            Base::IpAddress | Base::NotIpAddress => Self::Address(Cidr::parse(text)),
            Base::BinaryEquals => Self::Binary(text.to_owned()),
        }
    }

    /// Whether the value is of the type that its operator compares.
    pub(crate) fn is_well_typed(&self) -> bool {
        !matches!(self, Self::Number(None) | Self::Date(None) | Self::Bool(None) | Self::Address(None))
    }

    /// Whether it matches every value a key can have.
    pub(crate) fn is_universal(&self) -> bool {
        matches!(self, Self::Text(pattern) if pattern.is_universal())
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        match self {
            Self::Text(pattern) | Self::TextIgnoringCase(pattern) => std::slice::from_ref(pattern),
            Self::Arn(parts) => parts,
            _ => &[],
        }
    }

    /// Whether a value in the request matches, leaving the operator's negation aside. A value of the
    /// wrong type matches nothing; whether a negated operator then holds, AWS doesn't say.
    pub(crate) fn matches(&self, base: Base, have: &str, context: &Context) -> Truth {
        match self {
            Self::Text(pattern) => pattern.matches(have, context),
            Self::TextIgnoringCase(pattern) => pattern.equals_ignoring_case(have, context),
            Self::Arn(parts) => arn_matches(parts, have, context),
            Self::Number(wanted) => {
                let order = wanted.zip(Number::parse(have)).and_then(|(wanted, have)| have.compare(wanted));
                ordered(base, order)
            }
            Self::Date(wanted) => ordered(base, wanted.zip(parse_date(have)).map(|(wanted, have)| have.cmp(&wanted))),
            Self::Bool(wanted) => wanted.zip(parse_bool(have)).is_some_and(|(a, b)| a == b).into(),
            Self::Address(wanted) => {
                let address: Option<IpAddr> = have.parse().ok();
                match wanted.zip(address) {
                    Some((range, address)) => range.contains(address).into(),
                    None => mistyped(base),
                }
            }
            // BinaryEquals compares the decoded bytes; both sides come base64-encoded, and padding
            // is the only freedom the encoding leaves.
            Self::Binary(wanted) => (wanted.trim_end_matches('=') == have.trim_end_matches('=')).into(),
        }
    }
}

fn mistyped(base: Base) -> Truth {
    if base.is_negated() { Truth::Unknown } else { Truth::False }
}

fn ordered(base: Base, order: Option<Ordering>) -> Truth {
    let Some(order) = order else {
        return mistyped(base);
    };
    match base {
        Base::NumericLessThan | Base::DateLessThan => order.is_lt(),
        Base::NumericLessThanEquals | Base::DateLessThanEquals => order.is_le(),
        Base::NumericGreaterThan | Base::DateGreaterThan => order.is_gt(),
        Base::NumericGreaterThanEquals | Base::DateGreaterThanEquals => order.is_ge(),
        _ => order.is_eq(),
    }
    .into()
}

/// "Each of the six colon-delimited components of the ARN is checked separately": a wildcard never
/// reaches beyond its component.
fn arn_matches(parts: &[Pattern], have: &str, context: &Context) -> Truth {
    // `*` alone is in wide use and can only mean every ARN.
    if let [only] = parts {
        return only.is_universal().into();
    }
    if parts.len() != 6 {
        return Truth::False;
    }
    let mut rest = Some(have);
    let mut result = Truth::True;
    for (index, part) in parts.iter().enumerate() {
        let Some(text) = rest else {
            return Truth::False;
        };
        let (segment, after) = match text.split_once(':') {
            Some((segment, after)) if index < 5 => (segment, Some(after)),
            _ => (text, None),
        };
        result = result.and(part.matches(segment, context));
        if result.is_false() {
            return result;
        }
        rest = after;
    }
    result
}

pub(super) fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: Base, wanted: &str, have: &str) -> Truth {
        Compiled::new(base, wanted, true).matches(base, have, &Context::new())
    }

    #[test]
    fn arns_are_matched_by_component() {
        let base = Base::ArnLike;
        assert!(check(base, "arn:aws:s3:::my-*", "arn:aws:s3:::my-bucket").is_true());
        assert!(check(base, "arn:aws:sns:*:1:*", "arn:aws:sns:eu-west-1:1:a:b").is_true());
        assert!(check(base, "arn:aws:sns:*:b", "arn:aws:sns:eu-west-1:1:b").is_false());
        assert!(check(base, "arn:aws:sns:*", "arn:aws:sns:eu-west-1:1:b").is_false());
        assert!(check(base, "arn:AWS:s3:::x", "arn:aws:s3:::x").is_false());
        assert!(check(base, "*", "arn:aws:s3:::x").is_true());
        assert!(check(base, "arn:aws:s3:::x", "x").is_false());
    }

    #[test]
    fn text_compares_by_operator() {
        assert!(check(Base::StringEquals, "a*", "ab").is_false());
        assert!(check(Base::StringLike, "a*", "ab").is_true());
        assert!(check(Base::StringLike, "A*", "ab").is_false());
        assert!(check(Base::StringEqualsIgnoreCase, "AB", "ab").is_true());
        assert!(check(Base::StringEqualsIgnoreCase, "a*", "ab").is_false());
        assert!(check(Base::Bool, "True", "true").is_true());
        assert!(check(Base::BinaryEquals, "QmluYXJ5", "QmluYXJ5").is_true());
        assert!(check(Base::BinaryEquals, "QmluYXJ5", "qmluYXJ5").is_false());
    }

    #[test]
    fn wrong_types_match_nothing_and_leave_the_negation_open() {
        assert_eq!(check(Base::NumericEquals, "5", "five"), Truth::False);
        assert_eq!(check(Base::NumericNotEquals, "5", "five"), Truth::Unknown);
        assert_eq!(check(Base::IpAddress, "10.0.0.0/8", "x"), Truth::False);
        assert!(!Compiled::new(Base::NumericEquals, "five", true).is_well_typed());
    }

    #[test]
    fn arns_of_less_than_six_components_match_nothing() {
        for text in ["arn:aws:sns", "arn:aws:sns:eu-west-1:1"] {
            assert!(check(Base::ArnLike, text, text).is_false(), "{text}");
        }
    }

    #[test]
    fn a_question_mark_is_a_wildcard_with_like_only() {
        assert!(check(Base::StringLike, "a?", "ab").is_true());
        assert!(check(Base::StringEquals, "a?", "ab").is_false());
        assert!(check(Base::StringEquals, "a?", "a?").is_true());
    }
}
