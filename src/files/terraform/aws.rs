//! Roles, policies, providers, clusters and associations.

use super::Plan;
use super::resource::Resource;
use crate::files::defined::{Association, Cluster, Defined, Document, Key, Policy, PolicyRef, Provider, Role, RoleRef, later};
use crate::files::tree::Tree;
use irsa_doctor_checks::snapshot::Observed;
use irsa_doctor_iam::arn::is_account_id;
use std::collections::BTreeMap;

/// Reads all of them.
pub(super) fn read(plan: &Plan<'_>, defined: &mut Defined) {
    let arns = plan.all.iter().filter_map(|resource| resource.values.text_of("arn"));
    defined.account_ids.extend(arns.filter_map(|arn| account_of(arn).map(str::to_owned)));
    defined.policies.extend(plan.of(&["aws_iam_policy"]).map(|resource| policy(plan, resource)));
    let mut roles: Vec<Role> = plan.of(&["aws_iam_role"]).map(|resource| role(plan, resource)).collect();
    attach(plan, &mut roles);
    defined.roles.extend(roles);
    for resource in plan.of(&["aws_iam_openid_connect_provider"]).chain(plan.data("aws_iam_openid_connect_provider")) {
        if let Observed::Present(url) = resource.text("url") {
            let client_ids = resource.values.texts_of("client_id_list");
            defined.providers.push(Provider { url, client_ids, spot: resource.spot(plan.file) });
        }
    }
    for resource in plan.of(&["aws_eks_cluster"]).chain(plan.data("aws_eks_cluster")) {
        let found = cluster(plan, resource);
        // Read here and made there, it is one.
        if !defined.clusters.iter().any(|known| known.name.is_some() && known.name == found.name) {
            defined.clusters.push(found);
        }
    }
    defined
        .associations
        .extend(plan.of(&["aws_eks_pod_identity_association"]).filter_map(|resource| association(plan, resource)));
}

/// The account of an ARN of IAM, EKS or STS.
fn account_of(arn: &str) -> Option<&str> {
    let mut parts = arn.strip_prefix("arn:")?.split(':').skip(1);
    let service = parts.next()?;
    let account = parts.nth(1)?;
    (is_account_id(account) && matches!(service, "iam" | "eks" | "sts")).then_some(account)
}

fn key(plan: &Plan<'_>, resource: &Resource<'_>) -> Key {
    (plan.file, resource.address.to_owned())
}

fn role(plan: &Plan<'_>, resource: &Resource<'_>) -> Role {
    let spot = resource.spot(plan.file);
    let gap = |what: &str| later(format!("{what} of {}", resource.address), resource.address);
    let inline = resource.values.items_of("inline_policy").iter().filter_map(|block| {
        let name = block.text_of("name")?.to_owned();
        let document = match block.get("policy").and_then(|policy| Some((policy, policy.text()?))) {
            Some((policy, text)) => Observed::Present(Document { text: text.to_owned(), spot: spot.part(policy) }),
            None => Observed::Unavailable(gap("an inline policy")),
        };
        Some((name, document))
    });
    let attached = resource.values.items_of("managed_policy_arns").iter().filter_map(Tree::text);
    let boundary = match resource.text("permissions_boundary") {
        Observed::Present(arn) => Some(Observed::Present(PolicyRef::Arn(arn))),
        Observed::Unavailable(gap) => {
            let target = plan.references.target(resource, &["permissions_boundary"], "aws_iam_policy");
            Some(target.map_or(Observed::Unavailable(gap), |policy| Observed::Present(PolicyRef::Defined(key(plan, policy)))))
        }
        Observed::Absent => None,
    };
    Role {
        key: key(plan, resource),
        name: resource.text("name"),
        path: resource.text("path").present().cloned().unwrap_or_else(|| "/".to_owned()),
        arn: resource.text("arn").present().cloned(),
        trust: document(plan, resource, "assume_role_policy"),
        boundary,
        inline: inline.collect(),
        attached: attached.map(|arn| Observed::Present(PolicyRef::Arn(arn.to_owned()))).collect(),
        has_policies: true,
        tags: tags(resource),
        spot,
    }
}

fn tags(resource: &Resource<'_>) -> BTreeMap<String, String> {
    let tags = resource.values.get("tags_all").or_else(|| resource.values.get("tags"));
    tags.map(Tree::texts).unwrap_or_default()
}

/// A policy document, which Terraform has as text.
fn document(plan: &Plan<'_>, resource: &Resource<'_>, key: &str) -> Observed<Document> {
    match resource.value(key) {
        Observed::Present(value) => {
            let text = value.text().unwrap_or_default().to_owned();
            Observed::Present(Document { text, spot: resource.spot(plan.file).part(value) })
        }
        Observed::Absent => Observed::Absent,
        Observed::Unavailable(gap) => Observed::Unavailable(gap),
    }
}

fn policy(plan: &Plan<'_>, resource: &Resource<'_>) -> Policy {
    Policy {
        key: key(plan, resource),
        name: resource.text("name"),
        path: resource.text("path").present().cloned().unwrap_or_else(|| "/".to_owned()),
        arn: resource.text("arn").present().cloned(),
        document: document(plan, resource, "policy"),
        spot: resource.spot(plan.file),
    }
}

/// Gives the roles what other resources attach to them.
fn attach(plan: &Plan<'_>, roles: &mut [Role]) {
    for resource in plan.of(&["aws_iam_role_policy"]) {
        let name = resource.text("name").present().cloned().unwrap_or_else(|| resource.address.to_owned());
        let document = document(plan, resource, "policy");
        for at in attached_to(plan, resource, "role", roles) {
            if let Some(role) = roles.get_mut(at) {
                role.inline.push((name.clone(), document.clone()));
            }
        }
    }
    for resource in plan.of(&["aws_iam_role_policy_attachment", "aws_iam_policy_attachment"]) {
        let field = if resource.kind == "aws_iam_policy_attachment" { "roles" } else { "role" };
        let policies = attached_policies(plan, resource);
        for at in attached_to(plan, resource, field, roles) {
            if let Some(role) = roles.get_mut(at) {
                role.attached.extend(policies.iter().cloned());
            }
        }
    }
}

/// The policy that an attachment names. Where that is known later and the attachments made for each of several policies are
/// as many as these, each has one of them: together they have all.
fn attached_policies(plan: &Plan<'_>, resource: &Resource<'_>) -> Vec<Observed<PolicyRef>> {
    let gap = match resource.text("policy_arn") {
        Observed::Present(arn) => return vec![Observed::Present(PolicyRef::Arn(arn))],
        Observed::Absent => return Vec::new(),
        Observed::Unavailable(gap) => gap,
    };
    let targets = plan.references.targets(resource, &["policy_arn"], "aws_iam_policy");
    let siblings = plan.all.iter().filter(|other| {
        other.module == resource.module
            && other.kind == resource.kind
            && other.name == resource.name
            && other.text("policy_arn").gap().is_some()
    });
    if targets.is_empty() || targets.len() != siblings.count() && targets.len() != 1 {
        return vec![Observed::Unavailable(gap)];
    }
    targets.into_iter().map(|policy| Observed::Present(PolicyRef::Defined(key(plan, policy)))).collect()
}

/// The roles that a resource names, by name or by reference.
fn attached_to(plan: &Plan<'_>, resource: &Resource<'_>, field: &str, roles: &[Role]) -> Vec<usize> {
    match resource.value(field) {
        Observed::Present(value) => {
            let names: Vec<&str> = value.text().into_iter().chain(value.items().iter().filter_map(Tree::text)).collect();
            let named = |role: &Role| role.name.present().is_some_and(|name| names.contains(&name.as_str()));
            roles.iter().enumerate().filter(|(_, role)| named(role)).map(|(at, _)| at).collect()
        }
        Observed::Unavailable(_) => {
            let target = plan.references.target(resource, &[field], "aws_iam_role");
            let target = target.and_then(|target| roles.iter().position(|role| role.key.1 == target.address));
            target.into_iter().collect()
        }
        Observed::Absent => Vec::new(),
    }
}

fn cluster(plan: &Plan<'_>, resource: &Resource<'_>) -> Cluster {
    let identity = resource.values.items_of("identity").first();
    let issuer = identity.and_then(|identity| identity.items_of("oidc").first()?.text_of("issuer"));
    let text = |key: &str| resource.text(key).present().cloned();
    Cluster {
        name: text("name"),
        arn: text("arn"),
        issuer: issuer.map_or_else(
            || Observed::Unavailable(later(format!("the issuer of {}", resource.address), resource.address)),
            |issuer| Observed::Present(issuer.to_owned()),
        ),
        version: text("version"),
        spot: resource.spot(plan.file),
    }
}

fn association(plan: &Plan<'_>, resource: &Resource<'_>) -> Option<Association> {
    let text = |key: &str| resource.text(key).present().cloned();
    Some(Association {
        cluster: text("cluster_name"),
        namespace: text("namespace")?,
        service_account: text("service_account")?,
        role: role_of(plan, resource, &["role_arn"], resource.text("role_arn")),
        target_role: match resource.text("target_role_arn") {
            Observed::Absent => None,
            arn => Some(role_of(plan, resource, &["target_role_arn"], arn)),
        },
        spot: resource.spot(plan.file),
    })
}

/// The role that an ARN names; where that is known only later, the one that its expression refers to.
pub(super) fn role_of(plan: &Plan<'_>, from: &Resource<'_>, path: &[&str], arn: Observed<String>) -> Observed<RoleRef> {
    match arn {
        Observed::Present(arn) => Observed::Present(RoleRef::Arn(arn)),
        Observed::Absent => Observed::Absent,
        Observed::Unavailable(gap) => match plan.references.target(from, path, "aws_iam_role") {
            Some(role) => Observed::Present(RoleRef::Defined(key(plan, role))),
            None => Observed::Unavailable(gap),
        },
    }
}
