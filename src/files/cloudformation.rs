//! Templates of `CloudFormation`, as far as they are literal. What a function, a parameter or a condition decides is unknown.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>

mod attach;
mod intrinsic;

use super::defined::{Association, Cluster, Defined, Document, Policy, PolicyRef, Provider, Role, later};
use super::place::Spot;
use super::tree::Tree;
use attach::{Attached, Attachment, attach, roles_of};
use intrinsic::Template;
use irsa_doctor_checks::snapshot::{Gap, Observed};
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
                let what = Attached::Managed(PolicyRef::Defined((file, resource.id.to_owned())));
                attachments.push(Attachment { what, to: roles_of(&template, &resource), gap: resource.later("Roles") });
                defined.policies.push(policy(&template, &resource, &spot));
            }
            "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
                let name = template.text(&resource, "PolicyName").present().cloned();
                let name = name.unwrap_or_else(|| resource.id.to_owned());
                let document = match resource.perhaps() {
                    Some(gap) => Observed::Unavailable(gap),
                    None => document_of(&template, &resource, "PolicyDocument", &spot),
                };
                let what = Attached::Inline(name, document);
                attachments.push(Attachment { what, to: roles_of(&template, &resource), gap: resource.later("Roles") });
            }
            "AWS::IAM::OIDCProvider" => defined.providers.extend(provider(&template, &resource, spot)),
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
    attach(file, &attachments, &mut defined.roles);
}

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
struct Resource<'t> {
    /// Its logical id.
    id: &'t str,
    kind: &'t str,
    properties: &'t Value,
    /// Whether a condition of the template decides if it is made.
    is_conditional: bool,
}

impl<'t> Resource<'t> {
    /// A property; one that is set to `AWS::NoValue` is not there.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>
    fn property(&self, key: &str) -> Option<&'t Value> {
        self.properties.get(key).filter(|value| !intrinsic::is_no_value(value))
    }

    /// A property that is a list: not there, its items, or known once the stack is there. A function in its place is never an
    /// empty list.
    fn list(&self, key: &str) -> Observed<Vec<&'t Value>> {
        match self.property(key) {
            None => Observed::Absent,
            Some(Value { node: Node::Array(items), .. }) => {
                Observed::Present(items.iter().filter(|item| !intrinsic::is_no_value(item)).collect())
            }
            Some(_) => Observed::Unavailable(self.later(key)),
        }
    }

    /// Why something of it isn't known.
    fn later(&self, what: &str) -> Gap {
        later(format!("{what} of {}", self.id), self.id)
    }

    /// Why it isn't known whether it is made.
    fn perhaps(&self) -> Option<Gap> {
        self.is_conditional.then(|| later(format!("the Condition of {}", self.id), self.id))
    }
}

fn role(template: &Template<'_>, resource: &Resource<'_>, spot: &Spot) -> Role {
    let policies = resource.list("Policies");
    let inline = policies.present().into_iter().flatten().enumerate().map(|(at, policy)| {
        let name = policy.get("PolicyName").and_then(|name| template.resolved_text(name));
        let name = name.unwrap_or_else(|| format!("{} {at}", resource.id));
        (name, policy.get("PolicyDocument").map_or(Observed::Absent, |document| written(template, resource, document, spot)))
    });
    let boundary = resource.property("PermissionsBoundary");
    let reference = |value: &Value| {
        template.policy(value).map_or_else(|| Observed::Unavailable(resource.later("a policy")), Observed::Present)
    };
    let attached = match resource.list("ManagedPolicyArns") {
        Observed::Present(items) => items.into_iter().map(reference).collect(),
        Observed::Absent => Vec::new(),
        Observed::Unavailable(gap) => vec![Observed::Unavailable(gap)],
    };
    let tags = resource.properties.items_of("Tags").iter();
    Role {
        key: (template.file, resource.id.to_owned()),
        name: template.text(resource, "RoleName"),
        path: template.text(resource, "Path").present().cloned().unwrap_or_else(|| "/".to_owned()),
        arn: None,
        trust: document_of(template, resource, "AssumeRolePolicyDocument", spot),
        boundary: boundary.map(reference),
        inline: inline.collect(),
        unseen_inline: policies.gap().cloned(),
        attached,
        has_policies: true,
        tags: tags
            .filter_map(|tag| Some((tag.text_of("Key")?.to_owned(), tag.text_of("Value")?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        perhaps: resource.perhaps(),
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
        perhaps: resource.perhaps(),
        spot: spot.clone(),
    }
}

fn provider(template: &Template<'_>, resource: &Resource<'_>, spot: Spot) -> Option<Provider> {
    let url = template.text(resource, "Url").present()?.clone();
    let list = resource.list("ClientIdList");
    let ids: Vec<Option<String>> = list.present().into_iter().flatten().map(|id| template.resolved_text(id)).collect();
    let unknown = ids.iter().any(Option::is_none).then(|| resource.later("ClientIdList"));
    let unseen_ids = list.gap().cloned().or(unknown);
    Some(Provider { url, client_ids: ids.into_iter().flatten().collect(), unseen_ids, perhaps: resource.perhaps(), spot })
}

/// A policy document of a resource: an object, or text that holds one.
fn document_of(template: &Template<'_>, resource: &Resource<'_>, key: &str, spot: &Spot) -> Observed<Document> {
    match resource.property(key) {
        Some(value) => written(template, resource, value, spot),
        None => Observed::Absent,
    }
}

fn written(template: &Template<'_>, resource: &Resource<'_>, value: &Value, spot: &Spot) -> Observed<Document> {
    let Some(resolved) = template.resolved(value) else {
        return Observed::Unavailable(resource.later("a document"));
    };
    let text = match &resolved.node {
        Node::String(text) => text.clone(),
        _ => resolved.plain().to_string(),
    };
    Observed::Present(Document { text, spot: spot.part(value) })
}

fn association(template: &Template<'_>, resource: &Resource<'_>, spot: Spot) -> Option<Association> {
    let text = |key: &str| template.text(resource, key).present().cloned();
    let role = |key: &str| {
        let value = resource.property(key)?;
        Some(template.role(value).map_or_else(|| Observed::Unavailable(resource.later(key)), Observed::Present))
    };
    Some(Association {
        cluster: text("ClusterName"),
        namespace: text("Namespace")?,
        service_account: text("ServiceAccount")?,
        role: match resource.perhaps() {
            Some(gap) => Observed::Unavailable(gap),
            None => role("RoleArn").unwrap_or(Observed::Absent),
        },
        target_role: role("TargetRoleArn"),
        spot,
    })
}
