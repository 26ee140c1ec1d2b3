//! Roles, policies, providers, clusters and associations.

use super::Plan;
use super::resource::Resource;
use crate::files::defined::{Association, Cluster, Defined, Document, Key, Policy, PolicyRef, Provider, Role, RoleRef, later};
use crate::files::tree::Tree;
use irsa_doctor_checks::snapshot::{Gap, Observed};
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
        defined.providers.extend(provider(plan, resource));
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

/// Why something of a resource isn't known.
fn gap(resource: &Resource<'_>, what: &str) -> Gap {
    later(format!("{what} of {}", resource.address), resource.address)
}

fn role(plan: &Plan<'_>, resource: &Resource<'_>) -> Role {
    let spot = resource.spot(plan.file);
    let gap = |what: &str| gap(resource, what);
    // What nobody wrote is filled in once the role is there, from what else is attached to it.
    let is_unseen = |key: &str| resource.value(key).gap().is_some() && plan.references.is_written(resource, key);
    let inline = resource.values.items_of("inline_policy").iter().enumerate().filter_map(|(at, block)| {
        let unnamed = || resource.is_item_later("inline_policy", at).then(|| format!("inline_policy {at}"));
        let name = block.text_of("name").map(str::to_owned).or_else(unnamed)?;
        let document = match block.get("policy").and_then(|policy| Some((policy, policy.text()?))) {
            Some((policy, text)) => Observed::Present(Document { text: text.to_owned(), spot: spot.part(policy) }),
            None => Observed::Unavailable(gap("an inline policy")),
        };
        Some((name, document))
    });
    let attached = resource.values.items_of("managed_policy_arns").iter().map(|arn| match arn.text() {
        Some(arn) => Observed::Present(PolicyRef::Arn(arn.to_owned())),
        None => Observed::Unavailable(gap("managed_policy_arns")),
    });
    let unseen_attached = is_unseen("managed_policy_arns").then(|| Observed::Unavailable(gap("managed_policy_arns")));
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
        unseen_inline: is_unseen("inline_policy").then(|| gap("inline_policy")),
        attached: attached.chain(unseen_attached).collect(),
        has_policies: true,
        tags: tags(resource),
        perhaps: None,
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
        perhaps: None,
        spot: resource.spot(plan.file),
    }
}

fn provider(plan: &Plan<'_>, resource: &Resource<'_>) -> Option<Provider> {
    let url = resource.text("url").present()?.clone();
    let list = resource.value("client_id_list");
    // An item that is known later is `null` until then.
    let is_unseen = list.gap().is_some() || list.present().is_some_and(|list| list.items().iter().any(|id| id.text().is_none()));
    Some(Provider {
        url,
        client_ids: resource.values.texts_of("client_id_list"),
        unseen_ids: is_unseen.then(|| gap(resource, "client_id_list")),
        perhaps: None,
        spot: resource.spot(plan.file),
    })
}

/// Gives the roles what other resources attach to them.
fn attach(plan: &Plan<'_>, roles: &mut [Role]) {
    for resource in plan.of(&["aws_iam_role_policy"]) {
        let name = resource.text("name").present().cloned().unwrap_or_else(|| resource.address.to_owned());
        let document = document(plan, resource, "policy");
        for (at, is_sure) in attached_to(plan, resource, "role", roles) {
            match roles.get_mut(at) {
                Some(role) if is_sure => role.inline.push((name.clone(), document.clone())),
                Some(role) => role.unseen_inline = Some(gap(resource, "role")),
                None => {}
            }
        }
    }
    for resource in plan.of(&["aws_iam_role_policy_attachment", "aws_iam_policy_attachment"]) {
        let field = if resource.kind == "aws_iam_policy_attachment" { "roles" } else { "role" };
        let policies = attached_policies(plan, resource);
        for (at, is_sure) in attached_to(plan, resource, field, roles) {
            match roles.get_mut(at) {
                Some(role) if is_sure => role.attached.extend(policies.iter().cloned()),
                Some(role) => role.attached.push(Observed::Unavailable(gap(resource, field))),
                None => {}
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

/// The roles that a resource names, by name or by reference, and whether it surely does: where a name is known later and its
/// expression doesn't lead to one role, any of those that it leads to may be meant, or any of the plan.
fn attached_to(plan: &Plan<'_>, resource: &Resource<'_>, field: &str, roles: &[Role]) -> Vec<(usize, bool)> {
    let value = resource.value(field);
    let items = value.present().map(|value| value.items()).unwrap_or_default();
    let names: Vec<&str> =
        value.present().and_then(|value| value.text()).into_iter().chain(items.iter().filter_map(Tree::text)).collect();
    let named = |role: &Role| role.name.present().is_some_and(|name| names.contains(&name.as_str()));
    let mut found: Vec<_> = roles.iter().enumerate().filter(|(_, role)| named(role)).map(|(at, _)| (at, true)).collect();
    if value.gap().is_none() && items.iter().all(|item| item.text().is_some()) {
        return found;
    }
    let at = |target: &Resource<'_>| roles.iter().position(|role| role.key.1 == target.address);
    if let Some(target) = plan.references.target(resource, &[field], "aws_iam_role") {
        found.extend(at(target).map(|at| (at, true)));
        return found;
    }
    let targets = plan.references.targets(resource, &[field], "aws_iam_role");
    let meant: Vec<usize> =
        if targets.is_empty() { (0..roles.len()).collect() } else { targets.into_iter().filter_map(at).collect() };
    found.extend(
        meant.into_iter().filter(|at| !found.iter().any(|(known, _)| known == at)).map(|at| (at, false)).collect::<Vec<_>>(),
    );
    found
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
