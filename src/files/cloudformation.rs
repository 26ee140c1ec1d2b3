//! Templates of `CloudFormation`, as far as they are literal.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>

mod intrinsic;

use super::defined::{Association, Cluster, Defined, Document, Policy, PolicyRef, Provider, Role, RoleRef, later};
use super::place::Spot;
use super::tree::Tree;
use intrinsic::Template;
use irsa_doctor_checks::snapshot::Observed;
use irsa_doctor_iam::json::{Node, Value};
use std::collections::BTreeMap;

/// What stands for the surroundings of a stack.
#[derive(Debug, Clone, Default)]
pub(super) struct Pseudo {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

/// Whether a document is a template.
pub(super) fn is_it(document: &Value) -> bool {
    let is_resource =
        |member: &irsa_doctor_iam::json::Member| member.value.text_of("Type").is_some_and(|kind| kind.contains("::"));
    document.get("AWSTemplateFormatVersion").is_some()
        || document.get("Resources").is_some_and(|resources| resources.members().iter().any(is_resource))
}

/// Reads a template.
pub(super) fn read(file: usize, document: &Value, pseudo: &Pseudo, defined: &mut Defined) {
    let template = Template::new(file, document, pseudo);
    let mut attachments = Vec::new();
    for resource in template.resources() {
        let spot = Spot::new(file, resource.properties, Some(resource.id));
        match resource.kind {
            "AWS::IAM::Role" => defined.roles.push(role(&template, &resource, &spot)),
            "AWS::IAM::ManagedPolicy" => {
                let reference = Observed::Present(PolicyRef::Defined((file, resource.id.to_owned())));
                attachments.extend(roles_of(&template, &resource).map(|role| (role, Attached::Managed(reference.clone()))));
                defined.policies.push(policy(&template, &resource, &spot));
            }
            "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
                let name = template.text(&resource, "PolicyName").present().cloned();
                let name = name.unwrap_or_else(|| resource.id.to_owned());
                let inline = (name, document_of(&template, &resource, "PolicyDocument", &spot));
                attachments.extend(roles_of(&template, &resource).map(|role| (role, Attached::Inline(inline.clone()))));
            }
            "AWS::IAM::OIDCProvider" => {
                if let Observed::Present(url) = template.text(&resource, "Url") {
                    let client_ids = resource.properties.texts_of("ClientIdList");
                    defined.providers.push(Provider { url, client_ids, spot });
                }
            }
            "AWS::EKS::Cluster" => defined.clusters.push(Cluster {
                name: template.text(&resource, "Name").present().cloned(),
                arn: None,
                issuer: Observed::Unavailable(later(format!("the issuer of {}", resource.id), resource.id)),
                version: template.text(&resource, "Version").present().cloned(),
                spot,
            }),
            "AWS::EKS::PodIdentityAssociation" => defined.associations.extend(association(&template, &resource, spot)),
            _ => {}
        }
    }
    attach(file, attachments, &mut defined.roles);
}

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
struct Resource<'t> {
    /// Its logical id.
    id: &'t str,
    kind: &'t str,
    properties: &'t Value,
}

enum Attached {
    Managed(Observed<PolicyRef>),
    Inline((String, Observed<Document>)),
}

fn attach(file: usize, attachments: Vec<(RoleRef, Attached)>, roles: &mut [Role]) {
    for (to, what) in attachments {
        let is_it = |role: &&mut Role| match &to {
            RoleRef::Defined(key) => role.key == *key,
            RoleRef::Name(name) => role.key.0 == file && role.name.present() == Some(name),
            RoleRef::Arn(_) => false,
        };
        if let Some(role) = roles.iter_mut().find(is_it) {
            match what {
                Attached::Managed(policy) => role.attached.push(policy),
                Attached::Inline(inline) => role.inline.push(inline),
            }
        }
    }
}

fn role(template: &Template<'_>, resource: &Resource<'_>, spot: &Spot) -> Role {
    let gap = |what: &str| later(format!("{what} of {}", resource.id), resource.id);
    let inline = resource.properties.items_of("Policies").iter().enumerate().map(|(at, policy)| {
        let name = policy.get("PolicyName").and_then(|name| template.resolved_text(name));
        let name = name.unwrap_or_else(|| format!("{} {at}", resource.id));
        (name, policy.get("PolicyDocument").map_or(Observed::Absent, |document| written(template, resource, document, spot)))
    });
    let attached = resource.properties.items_of("ManagedPolicyArns").iter();
    let boundary = resource.properties.get("PermissionsBoundary");
    let reference = |value: &Value| template.policy(value).map_or(Observed::Unavailable(gap("a policy")), Observed::Present);
    let tags = resource.properties.items_of("Tags").iter();
    Role {
        key: (template.file, resource.id.to_owned()),
        name: template.text(resource, "RoleName"),
        path: template.text(resource, "Path").present().cloned().unwrap_or_else(|| "/".to_owned()),
        arn: None,
        trust: document_of(template, resource, "AssumeRolePolicyDocument", spot),
        boundary: boundary.map(reference),
        inline: inline.collect(),
        attached: attached.map(reference).collect(),
        has_policies: true,
        tags: tags
            .filter_map(|tag| Some((tag.text_of("Key")?.to_owned(), tag.text_of("Value")?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        spot: spot.clone(),
    }
}

fn policy(template: &Template<'_>, resource: &Resource<'_>, spot: &Spot) -> Policy {
    Policy {
        key: (template.file, resource.id.to_owned()),
        name: template.text(resource, "ManagedPolicyName"),
        path: template.text(resource, "Path").present().cloned().unwrap_or_else(|| "/".to_owned()),
        arn: None,
        document: document_of(template, resource, "PolicyDocument", spot),
        spot: spot.clone(),
    }
}

/// A policy document of a resource: an object, or text that holds one.
fn document_of(template: &Template<'_>, resource: &Resource<'_>, key: &str, spot: &Spot) -> Observed<Document> {
    match resource.properties.get(key) {
        Some(value) => written(template, resource, value, spot),
        None => Observed::Absent,
    }
}

fn written(template: &Template<'_>, resource: &Resource<'_>, value: &Value, spot: &Spot) -> Observed<Document> {
    let Some(resolved) = template.resolved(value) else {
        return Observed::Unavailable(later(format!("a document of {}", resource.id), resource.id));
    };
    let text = match &resolved.node {
        Node::String(text) => text.clone(),
        _ => resolved.plain().to_string(),
    };
    Observed::Present(Document { text, spot: spot.part(value) })
}

/// The roles that a policy is attached to by itself.
fn roles_of<'t>(template: &'t Template<'t>, resource: &Resource<'t>) -> impl Iterator<Item = RoleRef> + use<'t> {
    let one = resource.properties.get("RoleName").into_iter();
    resource.properties.items_of("Roles").iter().chain(one).filter_map(|role| template.role(role))
}

fn association(template: &Template<'_>, resource: &Resource<'_>, spot: Spot) -> Option<Association> {
    let text = |key: &str| template.text(resource, key).present().cloned();
    let role =
        |key: &str| {
            let value = resource.properties.get(key)?;
            Some(template.role(value).map_or_else(
                || Observed::Unavailable(later(format!("{key} of {}", resource.id), resource.id)),
                Observed::Present,
            ))
        };
    Some(Association {
        cluster: text("ClusterName"),
        namespace: text("Namespace")?,
        service_account: text("ServiceAccount")?,
        role: role("RoleArn").unwrap_or(Observed::Absent),
        target_role: role("TargetRoleArn"),
        spot,
    })
}
