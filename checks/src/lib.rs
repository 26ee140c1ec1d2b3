//! The checks of irsa-doctor: pure functions from evidence to findings.
//!
//! ```text
//! diagnose -> registry -> <check> -> { finding -> locus, evidence -> snapshot } -> irsa_doctor_iam
//! ```
//!
//! A [`snapshot::Snapshot`] goes in, a [`report::Report`] comes out of [`diagnose::diagnose`]. Nothing here reads a
//! file, a socket, the environment or the clock.

pub mod actions;
pub mod arn;
pub mod audience;
pub mod check;
pub mod cluster_issuer;
pub mod diagnose;
pub mod evidence;
pub mod fault;
pub mod finding;
pub mod fix;
pub mod hand_over;
pub mod identity;
pub mod intent;
pub mod issuers;
pub mod locus;
pub mod oidc_provider;
pub mod pod_identity;
pub mod policies;
pub mod registry;
pub mod report;
pub mod role;
pub mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
pub mod trust;
pub mod trust_policy;
pub mod trust_scope;
pub mod workload;
