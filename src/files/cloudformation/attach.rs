//! Which roles of a template policies give themselves to.

use super::Resource;
use super::intrinsic::{Template, is_no_value};
use crate::files::defined::{Document, PolicyRef, Role, RoleRef};
use crate::files::tree::Tree;
use irsa_doctor_checks::snapshot::{Gap, Observed};
use irsa_doctor_iam::json::{Node, Value};

/// A policy, and the roles that it says it is for.
pub(super) struct Attachment {
    pub(super) what: Attached,
    pub(super) to: Vec<Receiver>,
    /// Why it isn't known of each role whether it is for it.
    pub(super) gap: Gap,
}

pub(super) enum Attached {
    Managed(PolicyRef),
    Inline(String, Observed<Document>),
}

/// A role that a policy is for, as the policy names it.
pub(super) struct Receiver {
    /// The role; `None` where the name is known later: any of the template may have it.
    role: Option<RoleRef>,
    /// Whether it is for that one whatever conditions come to.
    is_sure: bool,
}

/// The roles that a policy is for.
pub(super) fn roles_of(template: &Template<'_>, resource: &Resource<'_>) -> Vec<Receiver> {
    let mut found = Vec::new();
    for key in ["Roles", "RoleName"] {
        if let Some(value) = resource.property(key) {
            receivers(template, value, true, &mut found);
        }
    }
    found
}

/// The roles that a value may come to. What `Fn::If` decides is one of two.
fn receivers(template: &Template<'_>, value: &Value, is_sure: bool, found: &mut Vec<Receiver>) {
    if is_no_value(value) {
        return;
    }
    if let Node::Array(items) = &value.node {
        for item in items {
            receivers(template, item, is_sure, found);
        }
    } else if let Some([_, one, other]) = value.get("Fn::If").map(Tree::items) {
        for value in [one, other] {
            receivers(template, value, false, found);
        }
    } else {
        let role = template.role(value);
        found.push(Receiver { is_sure: is_sure && role.is_some(), role });
    }
}

/// Gives the roles of a file what names them.
pub(super) fn attach(file: usize, attachments: &[Attachment], roles: &mut [Role]) {
    for attachment in attachments {
        for receiver in &attachment.to {
            for role in roles.iter_mut().filter(|role| role.key.0 == file) {
                match (is_it(receiver, role), &attachment.what) {
                    (Some(true), Attached::Managed(policy)) => role.attached.push(Observed::Present(policy.clone())),
                    (Some(true), Attached::Inline(name, document)) => role.inline.push((name.clone(), document.clone())),
                    (None, Attached::Managed(_)) => role.attached.push(Observed::Unavailable(attachment.gap.clone())),
                    (None, Attached::Inline(..)) => role.unseen_inline = Some(attachment.gap.clone()),
                    (Some(false), _) => {}
                }
            }
        }
    }
}

/// Whether a policy is for a role; `None`: that is known later.
fn is_it(receiver: &Receiver, role: &Role) -> Option<bool> {
    let fits = match &receiver.role {
        Some(RoleRef::Defined(key)) => role.key == *key,
        // A name that is a parameter may be this one.
        Some(RoleRef::Name(_)) if role.name.gap().is_some() => return None,
        Some(RoleRef::Name(name)) => role.name.present() == Some(name),
        Some(RoleRef::Arn(_)) => false,
        None => return None,
    };
    if fits && !receiver.is_sure { None } else { Some(fits) }
}
