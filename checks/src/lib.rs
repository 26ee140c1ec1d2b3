//! The checks of irsa-doctor: pure functions from evidence to findings.
//!
//! ```text
//! diagnose -> registry -> <check> -> { finding -> locus, evidence -> snapshot } -> irsa_doctor_iam
//! ```
//!
//! A [`snapshot::Snapshot`] goes in, a [`report::Report`] comes out of [`diagnose::diagnose`]. Nothing here reads a
//! file, a socket, the environment or the clock.

pub mod actions;
pub mod anonymize;
pub mod arn;
pub mod attached_policies;
pub mod audience;
pub mod check;
pub mod cluster_issuer;
pub mod diagnose;
pub mod error_message;
pub mod evidence;
pub mod fault;
pub(crate) mod files;
pub mod finding;
pub mod fix;
pub mod hand_over;
pub mod identity;
pub mod intent;
pub mod issuers;
pub mod locus;
pub mod names;
pub mod nearest;
pub mod no_role;
pub mod oidc_provider;
pub mod overview;
pub mod partition;
pub mod pasted;
pub mod permissions;
pub mod permissions_boundary;
pub mod pod_credentials;
pub mod pod_identity;
pub mod pod_injection;
pub mod pod_service_account;
pub mod policies;
pub mod policy_document;
pub mod registry;
pub mod report;
pub mod required_actions;
pub mod resource_policy;
pub mod role;
pub mod role_annotation;
pub mod scan;
pub mod second_opinion;
pub mod selector;
pub mod service_account_annotation;
pub mod service_account_settings;
pub mod skip_containers;
pub mod snapshot;
pub mod suppress;
pub mod symptom;
#[cfg(test)]
pub(crate) mod testing;
pub mod token_readable;
pub mod trust;
pub mod trust_policy;
pub mod trust_scope;
pub mod usage;
pub mod webhook;
pub mod wiring;
pub mod workload;
