//! The names of condition operators.

use std::fmt;

/// What an operator compares, without qualifier and suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are AWS's own operator names, in AWS's spelling")]
pub enum Base {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
}

/// Every base operator with its name.
const NAMES: [(Base, &str); 27] = [
    (Base::StringEquals, "StringEquals"),
    (Base::StringNotEquals, "StringNotEquals"),
    (Base::StringEqualsIgnoreCase, "StringEqualsIgnoreCase"),
    (Base::StringNotEqualsIgnoreCase, "StringNotEqualsIgnoreCase"),
    (Base::StringLike, "StringLike"),
    (Base::StringNotLike, "StringNotLike"),
    (Base::NumericEquals, "NumericEquals"),
    (Base::NumericNotEquals, "NumericNotEquals"),
    (Base::NumericLessThan, "NumericLessThan"),
    (Base::NumericLessThanEquals, "NumericLessThanEquals"),
    (Base::NumericGreaterThan, "NumericGreaterThan"),
    (Base::NumericGreaterThanEquals, "NumericGreaterThanEquals"),
    (Base::DateEquals, "DateEquals"),
    (Base::DateNotEquals, "DateNotEquals"),
    (Base::DateLessThan, "DateLessThan"),
    (Base::DateLessThanEquals, "DateLessThanEquals"),
    (Base::DateGreaterThan, "DateGreaterThan"),
    (Base::DateGreaterThanEquals, "DateGreaterThanEquals"),
    (Base::Bool, "Bool"),
    (Base::BinaryEquals, "BinaryEquals"),
    (Base::IpAddress, "IpAddress"),
    (Base::NotIpAddress, "NotIpAddress"),
    (Base::ArnEquals, "ArnEquals"),
    (Base::ArnLike, "ArnLike"),
    (Base::ArnNotEquals, "ArnNotEquals"),
    (Base::ArnNotLike, "ArnNotLike"),
    (Base::Null, "Null"),
];

impl Base {
    /// The operator's name as AWS writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(base, _)| *base == self).map_or("", |(_, name)| *name)
    }

    /// Whether it asks for a value that does *not* match. Such operators hold when the key is absent.
    #[must_use]
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }
}

/// How an operator looks at a multivalued key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// Every value in the request must match; true if there are none.
    ForAllValues,
    /// At least one value in the request must match; false if there are none.
    ForAnyValue,
}

/// A condition operator with its qualifier and suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// What is compared.
    pub base: Base,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<Quantifier>,
    /// Ends in `IfExists`.
    pub if_exists: bool,
}

/// Why a text is no condition operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// The part before the colon is neither `ForAllValues` nor `ForAnyValue`.
    #[error("`{0}` is no set qualifier; there are `ForAllValues` and `ForAnyValue`")]
    Qualifier(String),
    /// There is no such operator.
    #[error("`{0}` is no condition operator")]
    Unknown(String),
    /// `Null` tests for existence itself.
    #[error("`Null` can't be combined with `IfExists`")]
    NullIfExists,
}

impl Operator {
    /// Reads an operator; its case doesn't matter.
    ///
    /// # Errors
    ///
    /// If the qualifier or the operator is unknown, or `Null` bears `IfExists`.
    pub fn parse(text: &str) -> Result<Self, OperatorError> {
        let (quantifier, rest) = match text.split_once(':') {
            None => (None, text),
            Some((qualifier, rest)) if qualifier.eq_ignore_ascii_case("ForAllValues") => (Some(Quantifier::ForAllValues), rest),
            Some((qualifier, rest)) if qualifier.eq_ignore_ascii_case("ForAnyValue") => (Some(Quantifier::ForAnyValue), rest),
            Some((qualifier, _)) => return Err(OperatorError::Qualifier(qualifier.to_owned())),
        };
        let suffix_at = rest.len().saturating_sub("IfExists".len());
        let (name, if_exists) = match rest.get(suffix_at..) {
            Some(suffix) if suffix.eq_ignore_ascii_case("IfExists") => (rest.get(..suffix_at).unwrap_or(""), true),
            _ => (rest, false),
        };
        let base = NAMES.iter().find(|(_, have)| have.eq_ignore_ascii_case(name)).map(|(base, _)| *base);
        match base {
            None => Err(OperatorError::Unknown(text.to_owned())),
            Some(Base::Null) if if_exists => Err(OperatorError::NullIfExists),
            Some(base) => Ok(Self { base, quantifier, if_exists }),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.quantifier {
            None => "",
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
        })?;
        f.write_str(self.base.name())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_printed() {
        for (base, name) in NAMES {
            assert_eq!(base.name(), name);
            for text in [name.to_owned(), format!("ForAllValues:{name}"), format!("ForAnyValue:{name}")] {
                assert_eq!(Operator::parse(&text).unwrap().to_string(), text);
                assert_eq!(Operator::parse(&text.to_lowercase()).unwrap().to_string(), text);
                let suffixed = format!("{text}IfExists");
                if base == Base::Null {
                    assert_eq!(Operator::parse(&suffixed), Err(OperatorError::NullIfExists));
                } else {
                    assert_eq!(Operator::parse(&suffixed).unwrap().to_string(), suffixed);
                }
            }
        }
    }

    #[test]
    fn others_are_refused() {
        for text in ["", "StringMatches", "IfExists", "ForAll:StringEquals", "StringEqualsIfExistsIfExists", "éIfExists"] {
            assert!(Operator::parse(text).is_err(), "{text}");
        }
    }
}
