//! Wildcards and policy variables: compiled once, matched without backtracking over stars.
//!
//! `*` stands for any run of characters and `?` for one
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>).
//! Variables are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>: `${key}`,
//! `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters themselves. What a variable
//! stands for is never a wildcard.

mod compile;
mod matcher;

use crate::context::{Context, KeyValue};
use crate::truth::Truth;

pub(crate) use compile::split_segments;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// These characters.
    Literal(String),
    /// Any run of characters.
    Any,
    /// Any run of characters without a colon: a star inside a segment of an ARN.
    AnyInSegment,
    /// One character.
    One,
    /// One character that isn't a colon.
    OneInSegment,
    /// What the request has for a key.
    Variable(Variable),
}

/// A policy variable.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    /// The key in lower case: keys are case-insensitive.
    key: String,
    /// As it was written.
    text: String,
    default: Option<String>,
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    /// Some piece is a variable.
    dynamic: bool,
    /// Some piece is [`Piece::AnyInSegment`].
    segmented: bool,
}

/// What a variable stands for in a request.
enum Resolution<'a> {
    Value(&'a str),
    NoValue,
    Unknown,
}

impl Pattern {
    /// A pattern with wildcards and without variables.
    #[must_use]
    pub fn glob(text: &str) -> Self {
        compile::compile(text, true, false)
    }

    /// A condition's value: wildcards only for the `Like` operators, variables only under Version
    /// 2012-10-17.
    #[must_use]
    pub fn template(text: &str, wildcards: bool, variables: bool) -> Self {
        compile::compile(text, wildcards, variables)
    }

    /// A `Resource` entry. Wildcards stay within their colon-delimited segment, but a `*` at a
    /// segment's end also matches beyond it; behind the fifth colon everything is one segment
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards>).
    #[must_use]
    pub fn resource(text: &str, variables: bool) -> Self {
        compile::compile_resource(text, variables)
    }

    /// Whether the pattern matches every text: it is `*`, `**` and so on.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| *piece == Piece::Any)
    }

    /// Whether `text` as a whole matches. Variables in the pattern have the values that `context`
    /// gives them. One with no value makes a pattern that matches nothing ("Policy variables with no
    /// value" on the page above); one that can't be known gives [`Truth::Unknown`] unless no value
    /// of it could match.
    #[must_use]
    pub fn matches(&self, text: &str, context: &Context) -> Truth {
        if !self.dynamic {
            return self.run(text, None).into();
        }
        let mut known = true;
        for piece in &self.pieces {
            if let Piece::Variable(variable) = piece {
                match resolve(variable, context) {
                    Resolution::NoValue => return Truth::False,
                    Resolution::Unknown => known = false,
                    Resolution::Value(_) => {}
                }
            }
        }
        match (self.run(text, Some(context)), known) {
            (false, _) => Truth::False,
            (true, true) => Truth::True,
            (true, false) => Truth::Unknown,
        }
    }

    /// Like [`Pattern::matches`], ignoring case (`StringEqualsIgnoreCase`).
    #[must_use]
    pub fn equals_ignoring_case(&self, text: &str, context: &Context) -> Truth {
        let mut wanted = String::new();
        let mut known = true;
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => wanted.push_str(literal),
                Piece::Variable(variable) => match resolve(variable, context) {
                    Resolution::Value(value) => wanted.push_str(value),
                    Resolution::NoValue => return Truth::False,
                    Resolution::Unknown => known = false,
                },
                Piece::Any | Piece::AnyInSegment => wanted.push('*'),
                Piece::One | Piece::OneInSegment => wanted.push('?'),
            }
        }
        if known { same_letters(&wanted, text).into() } else { Truth::Unknown }
    }

    /// The pattern's text with its variables replaced; `None` if it has none that is known.
    #[must_use]
    pub fn resolved(&self, context: &Context) -> Option<String> {
        let replaces = |piece: &Piece| match piece {
            Piece::Variable(variable) => matches!(resolve(variable, context), Resolution::Value(_)),
            _ => false,
        };
        self.pieces.iter().any(replaces).then(|| self.shown(context))
    }

    /// The pattern's text, with its variables replaced where they are known.
    pub(crate) fn shown(&self, context: &Context) -> String {
        let text = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(literal) => literal.as_str(),
            Piece::Any | Piece::AnyInSegment => "*",
            Piece::One | Piece::OneInSegment => "?",
            Piece::Variable(variable) => match resolve(variable, context) {
                Resolution::Value(value) => value,
                Resolution::NoValue | Resolution::Unknown => &variable.text,
            },
        });
        text.collect()
    }

    /// The keys of the pattern's variables whose value `context` doesn't know, with the reason.
    pub(crate) fn unknown_keys<'a>(&'a self, context: &'a Context) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => {
                context.get_lower(&variable.key).unknown_reason().map(|why| (variable.key.as_str(), why))
            }
            _ => None,
        })
    }

    fn run(&self, text: &str, context: Option<&Context>) -> bool {
        if self.segmented {
            matcher::match_by_states(&self.pieces, text, context)
        } else {
            matcher::match_greedy(&self.pieces, text, context)
        }
    }
}

/// Whether two texts are equal but for case.
pub(crate) fn same_letters(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// "You can't use a multivalued context key as a variable": it has no value then.
fn resolve<'a>(variable: &'a Variable, context: &'a Context) -> Resolution<'a> {
    let or_default = || variable.default.as_deref().map_or(Resolution::NoValue, Resolution::Value);
    match context.get_lower(&variable.key) {
        KeyValue::Single(value) => Resolution::Value(value),
        KeyValue::Many(_) | KeyValue::Absent => or_default(),
        KeyValue::Present(_) | KeyValue::OneOf(_) | KeyValue::Unknown(_) => Resolution::Unknown,
    }
}

#[cfg(test)]
mod tests;
