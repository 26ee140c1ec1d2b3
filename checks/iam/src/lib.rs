//! IAM policies: a parser that keeps positions, and a three-valued evaluator that says why.
//!
//! [`Policy::parse`] reads a policy document strictly and reports every fault in it with its
//! `JSONPath`, line and column. [`authorize()`] decides a [`Request`] against a [`PolicySet`] and
//! returns a [`Decision`] with a trace of every statement and every element of it; [`decide`]
//! gives the outcome alone, from the same evaluation, without building the trace.
//!
//! What a caller can't know is said so: a key that is [`KeyValue::Unknown`] is not a key that is
//! [`KeyValue::Absent`], and a policy that couldn't be read is [`Layer`] input that makes the
//! outcome [`Outcome::Unknown`] unless something else already decides. A definite outcome holds
//! whatever the unknown values turn out to be.
//!
//! The authority for every rule is the IAM User Guide's policy reference
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html>); the page is named
//! beside each rule.
//!
//! ```
//! use irsa_doctor_iam::{authorize, Outcome, Policy, PolicyKind, PolicySet, Request};
//!
//! let policy = Policy::parse(
//!     r#"{"Version": "2012-10-17", "Statement": {
//!         "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::my-test-bucket/*"}}"#,
//!     PolicyKind::Identity,
//! )?;
//! let request = Request::role_session(
//!     "arn:aws:iam::111122223333:role/reader",
//!     "s3:ListBucket",
//!     "arn:aws:s3:::my-test-bucket",
//! );
//! let decision = authorize(&request, &PolicySet::new().identity("reader-policy", &policy));
//! assert!(matches!(decision.outcome, Outcome::ImplicitDeny { .. }));
//!
//! // Why not? The statement that came nearest differs in its action and its resource.
//! let nearest = decision.nearest().expect("the policy has an Allow statement");
//! assert_eq!(nearest.differing.len(), 2);
//! assert_eq!(nearest.differing[0].path, "$['Statement']['Action']");
//! # Ok::<(), irsa_doctor_iam::ParseErrors>(())
//! ```

pub mod arn;
pub mod authorize;
pub mod condition;
pub mod context;
pub mod decision;
pub mod json;
mod parse;
pub mod pattern;
pub mod policy;
pub mod request;
pub mod services;
mod statement;
mod text;
pub mod truth;

pub use arn::{Arn, ArnError};
pub use authorize::{Layer, PolicySet, authorize, decide};
pub use condition::Operator;
pub use context::{Context, KeyValue};
pub use decision::{
    Decision, ElementKind, ElementTrace, Had, LayerDecision, LayerOutcome, NearMiss, Outcome, StatementRef, StatementTrace,
    Unresolved, Verdict, Wanted,
};
pub use parse::{MAX_BYTES, ParseError, ParseErrors};
pub use policy::{Effect, Place, Policy, PolicyKind, Statement, Version};
pub use request::{PodIdentityCall, Principal, Request};
pub use truth::Truth;
