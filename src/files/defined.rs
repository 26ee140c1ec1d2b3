//! What plans, templates and policy files define of IAM and EKS, before it is known in which account.

use super::place::Spot;
use irsa_doctor_checks::snapshot::{Gap, GapCause, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// All that was found, file by file.
#[derive(Debug, Default)]
pub(super) struct Defined {
    pub(super) roles: Vec<Role>,
    pub(super) policies: Vec<Policy>,
    pub(super) providers: Vec<Provider>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) associations: Vec<Association>,
    pub(super) accounts: Vec<ServiceAccount>,
    /// The AWS accounts that the files are about, as far as they say.
    pub(super) account_ids: BTreeSet<String>,
    /// The partition, where they say.
    pub(super) partition: Option<String>,
}

/// What names a resource of a file: the file's number and its address there.
pub(super) type Key = (usize, String);

/// A policy document and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) spot: Spot,
}

/// A role.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) key: Key,
    /// Its name; one that is made up later isn't known.
    pub(super) name: Observed<String>,
    pub(super) path: String,
    /// Its ARN, where it exists already.
    pub(super) arn: Option<String>,
    pub(super) trust: Observed<Document>,
    pub(super) boundary: Option<Observed<PolicyRef>>,
    pub(super) inline: Vec<(String, Observed<Document>)>,
    /// Why there may be other inline policies than these.
    pub(super) unseen_inline: Option<Gap>,
    pub(super) attached: Vec<Observed<PolicyRef>>,
    /// Whether the file is where its policies are attached: a trust policy alone says nothing of them.
    pub(super) has_policies: bool,
    pub(super) tags: BTreeMap<String, String>,
    /// Why it isn't known whether it is made at all.
    pub(super) perhaps: Option<Gap>,
    pub(super) spot: Spot,
}

/// A role as something else names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RoleRef {
    Arn(String),
    Name(String),
    Defined(Key),
}

/// A managed policy as something else names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PolicyRef {
    Arn(String),
    Defined(Key),
}

/// A managed policy.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) key: Key,
    pub(super) name: Observed<String>,
    pub(super) path: String,
    pub(super) arn: Option<String>,
    pub(super) document: Observed<Document>,
    /// Why it isn't known whether it is made at all.
    pub(super) perhaps: Option<Gap>,
    pub(super) spot: Spot,
}

/// An OIDC provider.
#[derive(Debug)]
pub(super) struct Provider {
    /// The issuer, with or without its scheme.
    pub(super) url: String,
    pub(super) client_ids: Vec<String>,
    /// Why it may have other ids than these.
    pub(super) unseen_ids: Option<Gap>,
    /// Why it isn't known whether it is made at all.
    pub(super) perhaps: Option<Gap>,
    pub(super) spot: Spot,
}

/// An EKS cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) name: Option<String>,
    pub(super) arn: Option<String>,
    pub(super) issuer: Observed<String>,
    pub(super) version: Option<String>,
    pub(super) spot: Spot,
}

/// A Pod Identity association.
#[derive(Debug)]
pub(super) struct Association {
    pub(super) cluster: Option<String>,
    pub(super) namespace: String,
    pub(super) service_account: String,
    pub(super) role: Observed<RoleRef>,
    pub(super) target_role: Option<Observed<RoleRef>>,
    pub(super) spot: Spot,
}

/// A service account that isn't written as a manifest; or a manifest whose role is known by its reference only.
#[derive(Debug)]
pub(super) struct ServiceAccount {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) annotations: BTreeMap<String, String>,
    /// The role of its annotation, where that is a reference.
    pub(super) role: Option<Observed<RoleRef>>,
    pub(super) spot: Spot,
}

/// What a plan or a template will know once it is carried out.
pub(super) fn later(what: impl Into<String>, address: &str) -> Gap {
    Gap::new(what, GapCause::KnownLater)
        .about(address)
        .remedy("lint again once it is applied, or give what decides with --issuer and --account")
}

/// A name as IAM takes it for an address: what is named later needs one until then.
pub(super) fn stand_in(address: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' };
    let name: String = address.chars().map(fits).collect();
    name.trim_matches('-').chars().take(64).collect()
}
