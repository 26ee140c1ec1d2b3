//! Policies in files of their own, as `aws iam create-role --assume-role-policy-document file://...` takes them.

use super::defined::{Document, Role};
use super::place::Spot;
use super::tree::Tree;
use irsa_doctor_checks::snapshot::{Gap, Observed};
use irsa_doctor_iam::json::Value;
use std::collections::BTreeMap;

/// A policy in a file.
#[derive(Debug)]
pub(super) struct PolicyFile {
    /// The role that it is for, where that was said.
    pub(super) role: Option<String>,
    pub(super) is_trust: bool,
    pub(super) document: Document,
    /// What the file is called, without its ending.
    pub(super) stem: String,
}

/// Whether a document is a policy.
pub(super) fn is_it(document: &Value) -> bool {
    document.get("Statement").is_some() && document.get("Resources").is_none()
}

/// Whether a policy says who may: then it is a trust policy (or a resource's).
pub(super) fn has_principal(document: &Value) -> bool {
    let statement = document.get("Statement");
    let alone = statement.into_iter().filter(|statement| statement.items().is_empty());
    let statements = document.items_of("Statement").iter().chain(alone);
    statements.into_iter().any(|statement| statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some())
}

/// The roles of policy files: those that were said; of the rest the only one that the files speak of, else one of the file's
/// own name.
pub(super) fn roles(files: Vec<PolicyFile>, only: Option<&str>) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::new();
    for file in files {
        let name = file.role.or_else(|| only.map(str::to_owned)).unwrap_or_else(|| super::defined::stand_in(&file.stem));
        let at = roles.iter().position(|role| role.name.present() == Some(&name)).unwrap_or_else(|| {
            roles.push(nameless(&name, &file.document.spot));
            roles.len() - 1
        });
        let Some(role) = roles.get_mut(at) else { continue };
        if file.is_trust {
            role.spot = file.document.spot.clone();
            role.trust = Observed::Present(file.document);
        } else {
            role.has_policies = true;
            role.inline.push((file.stem, Observed::Present(file.document)));
        }
    }
    roles
}

/// A role of which nothing but the name is known.
fn nameless(name: &str, spot: &Spot) -> Role {
    Role {
        key: (spot.file, name.to_owned()),
        name: Observed::Present(name.to_owned()),
        path: "/".to_owned(),
        arn: None,
        trust: Observed::Unavailable(Gap::not_collected("iam:GetRole").about(name)),
        boundary: None,
        inline: Vec::new(),
        unseen_inline: None,
        attached: Vec::new(),
        has_policies: false,
        tags: BTreeMap::new(),
        perhaps: None,
        spot: spot.clone(),
    }
}
