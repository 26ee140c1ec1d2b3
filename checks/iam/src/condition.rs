//! Condition operators.
//!
//! The rules are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! and, for sets,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

mod compare;
mod evaluate;
mod literal;
mod operator;

pub(crate) use compare::Compiled;
pub(crate) use evaluate::evaluate;
pub use operator::{Base, Operator, OperatorError, Quantifier};
