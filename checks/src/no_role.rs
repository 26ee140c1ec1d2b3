//! Why a pod's service account names no role: one decision, for the two checks that could name the cause.
//!
//! Several descriptions may fit one pod; the most specific is reported, and only that one: a misspelt key over
//! an annotation on the wrong object over the wrong account over `default` over a missing annotation.

use crate::evidence::{Evidence, ROLE_ANNOTATION, annotation_locus, controller};
use crate::locus::Locus;
use crate::role_annotation::{NearMiss, near_miss, near_miss_on_account, plain};
use crate::snapshot::kubernetes::{Metadata, ServiceAccount};
use crate::snapshot::{Gap, Observed, TargetKind};
use crate::wiring::{Wiring, names_role_and_token, wiring};
use std::collections::BTreeSet;

/// Why no role is named.
#[derive(Debug, Clone)]
pub enum Cause<'a> {
    /// The account has a key that nearly is the right one.
    KeyTypo(NearMiss<'a>),
    /// Something else has the annotation.
    WrongObject(Misplaced<'a>),
    /// The pod runs as an account without a role, and this one, which has a role, is meant.
    WrongAccount {
        /// The account that has a role.
        meant: &'a str,
        /// What points to it.
        why: String,
    },
    /// The pod runs as `default`, which names no role; these accounts do.
    DefaultAccount(Vec<&'a str>),
    /// The account has no annotation, or an empty one.
    Missing,
}

/// An annotation on an object that the webhook doesn't read it from.
#[derive(Debug, Clone)]
pub struct Misplaced<'a> {
    /// What object, in words: `pod awscli`.
    pub on: String,
    /// The key.
    pub key: &'a str,
    /// The value, where it was kept.
    pub value: Option<&'a str>,
    /// Where.
    pub locus: Locus,
}

/// Why the pod has no role: the cause, and what could not be seen beside it.
#[derive(Debug, Clone)]
pub struct NoRole<'a> {
    /// The cause.
    pub cause: Cause<'a>,
    /// Pod Identity associations could not be read. Where there is a pod, its own spec says that none
    /// took effect; where there is none, everything hangs on it.
    pub gap: Option<Gap>,
    /// Whether the verdict hangs on the gap.
    pub gap_decides: bool,
}

/// The decision. `None` where a role is named, where the pod gets one in another way, or where the account can't be seen.
pub fn no_role<'a>(evidence: &Evidence<'a>) -> Option<NoRole<'a>> {
    let account = *evidence.service_account().present()?;
    if names_role(account) || names_role_on_openshift(evidence, account) || has_other_way(evidence) {
        return None;
    }
    let association = evidence.association();
    if association.is_present() {
        return None;
    }
    Some(NoRole {
        cause: cause(evidence, account),
        gap_decides: !evidence.pod.is_present() && association.gap().is_some(),
        gap: association.gap().cloned(),
    })
}

/// Whether the account has the annotation, with something in it that the webhook would inject.
fn names_role(account: &ServiceAccount) -> bool {
    // A value that wasn't kept is not an empty one.
    account.metadata.annotations.get(ROLE_ANNOTATION).is_some_and(|value| value.as_deref() != Some(""))
}

/// Red Hat's distribution runs the webhook with an annotation prefix of its own, `sts.amazonaws.com`; its namespaces show it.
/// <https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html/authentication_and_authorization/assuming-an-aws-iam-role-for-a-service-account>
fn names_role_on_openshift(evidence: &Evidence<'_>, account: &ServiceAccount) -> bool {
    let Some(cluster) = evidence.cluster else { return false };
    let webhooks = cluster.webhooks.present().into_iter().flatten().flat_map(|configuration| &configuration.webhooks);
    let mut services = webhooks.filter_map(|webhook| webhook.client_config.service.as_ref());
    let namespace = cluster.namespaces.get(evidence.namespace()).and_then(Observed::present);
    let openshift = services.any(|service| service.namespace.starts_with("openshift-"))
        || namespace.is_some_and(|namespace| namespace.metadata.annotations.keys().any(|key| key.starts_with("openshift.io/")));
    openshift && account.metadata.annotation("sts.amazonaws.com/role-arn").is_some_and(|role| !role.is_empty())
}

/// Whether the pod shows that it needs no annotation: Pod Identity, a mapping of the webhook's own, a self-wired token.
fn has_other_way(evidence: &Evidence<'_>) -> bool {
    match wiring(evidence) {
        Wiring::PodIdentity | Wiring::SelfWired => true,
        Wiring::Webhook => evidence.containers().iter().any(names_role_and_token),
        Wiring::Bare => false,
    }
}

fn cause<'a>(evidence: &Evidence<'a>, account: &'a ServiceAccount) -> Cause<'a> {
    if let Some(near) = near_miss_on_account(&account.metadata) {
        return Cause::KeyTypo(near);
    }
    if let Some(misplaced) = misplaced(evidence) {
        return Cause::WrongObject(misplaced);
    }
    // A service account that was named itself has no pod to run as another one.
    if evidence.target.kind == TargetKind::ServiceAccount {
        return Cause::Missing;
    }
    let others = accounts_with_role(evidence);
    if let Some((meant, why)) = meant_account(evidence, &others) {
        return Cause::WrongAccount { meant, why };
    }
    if account.metadata.name == "default" { Cause::DefaultAccount(others) } else { Cause::Missing }
}

/// The annotation on the pod, on what makes it, or on its namespace.
pub(crate) fn misplaced<'a>(evidence: &Evidence<'a>) -> Option<Misplaced<'a>> {
    let namespace = evidence.namespace();
    let mut objects: Vec<(String, Locus, &'a Metadata)> = Vec::new();
    if let Some(pod) = evidence.pod.present() {
        objects.push((format!("pod {}", pod.metadata.name), evidence.pod_locus(), &pod.metadata));
    }
    let target = evidence.workload().map(|workload| (evidence.target.kind.kind(), evidence.target.name.as_str(), workload));
    for (kind, name, workload) in evidence.owners().into_iter().chain(target) {
        let Observed::Present(workload) = workload else { continue };
        let locus = Locus::object(kind, namespace, name);
        if let Some(template) = workload.template() {
            let path: &[&str] = if workload.spec.template.is_some() {
                &["spec", "template"]
            } else {
                &["spec", "jobTemplate", "spec", "template"]
            };
            objects.push((format!("the pod template of {kind} {name}"), locus.clone().keys(path), &template.metadata));
        }
        objects.push((format!("{kind} {name}"), locus, &workload.metadata));
    }
    if let Some(object) = evidence.cluster.and_then(|cluster| cluster.namespaces.get(namespace)?.present()) {
        objects.push((format!("namespace {namespace}"), Locus::object("Namespace", "", namespace), &object.metadata));
    }
    objects.into_iter().find_map(|(on, locus, metadata)| {
        let exact = metadata.annotations.get_key_value(ROLE_ANNOTATION).map(|(key, value)| (key.as_str(), value.as_deref()));
        let (key, value) = exact.or_else(|| near_miss(metadata).map(|near| (near.key, near.value)))?;
        (value != Some("")).then(|| Misplaced { on, key, value, locus: annotation_locus(locus, metadata, key) })
    })
}

/// The other accounts of the namespace that have a role, by annotation or by association.
fn accounts_with_role<'a>(evidence: &Evidence<'a>) -> Vec<&'a str> {
    let Some(cluster) = evidence.cluster else { return Vec::new() };
    let prefix = format!("{}/", evidence.namespace());
    let annotated = cluster.service_accounts.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    let annotated = annotated.filter(|(_, account)| account.present().is_some_and(names_role)).map(|(key, _)| key.as_str());
    let associated = cluster.associations.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    let associated = associated.filter(|(_, association)| association.is_present()).map(|(key, _)| key.as_str());
    let names: BTreeSet<&str> = annotated.chain(associated).filter_map(|key| key.split_once('/').map(|(_, name)| name)).collect();
    names.into_iter().filter(|name| Some(*name) != evidence.account_name()).collect()
}

/// The account that the workload's own name, its labels, its parent or `--service-account` points to.
fn meant_account<'a>(evidence: &Evidence<'a>, with_role: &[&'a str]) -> Option<(&'a str, String)> {
    let named = |name: &str| with_role.iter().copied().find(|account| *account == name);
    if let Some(meant) = evidence.asked().service_account.as_deref().and_then(named) {
        return Some((meant, "--service-account names it".to_owned()));
    }
    if let Some((parent, meant)) = parent_account(evidence).and_then(|(parent, account)| Some((parent, named(account)?))) {
        return Some((meant, format!("pod {parent}, which made this one, runs as it")));
    }
    let hints = hints(evidence);
    let exact = hints.iter().find_map(|(what, name)| Some((named(name)?, what)));
    let meant = exact.or_else(|| {
        hints.iter().find_map(|(what, name)| {
            with_role.iter().copied().find(|account| stem(account) == stem(name)).map(|meant| (meant, what))
        })
    });
    meant.map(|(meant, what)| (meant, format!("it bears the name of the {what}")))
}

/// A pod that was made by another pod, as Spark's executors are by their driver, and that pod's account.
fn parent_account<'a>(evidence: &Evidence<'a>) -> Option<(&'a str, &'a str)> {
    let owner = evidence.pod.present().and_then(|pod| controller(&pod.metadata)).filter(|owner| owner.kind == "Pod")?;
    let key = crate::snapshot::key(evidence.namespace(), &owner.name);
    let parent = evidence.cluster?.pods.get(&key)?.present()?;
    Some((&parent.metadata.name, parent.spec.account_name()))
}

/// The names that a workload goes by: its own, its owners', and those that its labels give.
fn hints<'a>(evidence: &Evidence<'a>) -> Vec<(&'static str, &'a str)> {
    const LABELS: &[&str] =
        &["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app", "k8s-app"];
    let mut hints: Vec<(&'static str, &'a str)> = Vec::new();
    if evidence.target.kind.is_workload() {
        hints.push(("workload", &evidence.target.name));
    }
    hints.extend(evidence.owners().into_iter().rev().map(|(_, name, _)| ("workload", name)));
    if let Some(owner) =
        evidence.pod.present().and_then(|pod| controller(&pod.metadata)).filter(|owner| owner.kind == "ReplicaSet")
    {
        // The ReplicaSet may be unreadable; its name is its Deployment's and a hash.
        hints.extend(owner.name.rsplit_once('-').map(|(name, _)| ("workload", name)));
    }
    if let Some(pod) = evidence.pod.present() {
        hints.push(("pod", &pod.metadata.name));
    }
    let template = evidence.workload().and_then(|workload| workload.present().copied()?.template());
    let metadata = evidence.pod.present().map(|pod| &pod.metadata).or(template.map(|template| &template.metadata));
    let labels = metadata.into_iter().flat_map(|metadata| LABELS.iter().filter_map(|label| metadata.labels.get(*label)));
    hints.extend(labels.map(|name| ("workload's label", name.as_str())));
    hints
}

/// A name without what merely says that it is an account: `api-sa` and `api-service-account` are both for `api`.
fn stem(name: &str) -> &str {
    const MARKS: &[&str] = &["-service-account", "-serviceaccount", "-irsa", "-sa"];
    MARKS.iter().find_map(|mark| name.strip_suffix(mark)).unwrap_or(name)
}

/// The roles that this account could be meant to have: what the user expects, what an add-on gives it, and
/// the roles whose trust policy names its subject. ARNs, each once.
pub fn candidates(evidence: &Evidence<'_>, account: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if let Some(role) = evidence.asked().role.as_deref() {
        if crate::arn::RoleArn::parse(plain(role)).is_some() {
            return vec![plain(role).to_owned()];
        }
        found.extend(roles(evidence).filter(|(arn, _)| arn.ends_with(&format!("/{role}"))).map(|(arn, _)| arn.to_owned()));
    }
    if found.is_empty() {
        let subject = format!("\"system:serviceaccount:{}:{account}\"", evidence.namespace());
        found.extend(roles(evidence).filter(|(_, trust)| trust.contains(&subject)).map(|(arn, _)| arn.to_owned()));
    }
    found.sort();
    found.dedup();
    found
}

/// All roles that were read, one by one or in a list, with the text of their trust policies.
fn roles<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    evidence.snapshot.accounts.values().flat_map(|account| {
        let listed = account.role_list.present().into_iter().flatten();
        let listed = listed.map(|role| (role.arn.as_str(), role.trust_policy.as_deref().unwrap_or_default()));
        let read = account.roles.values().filter_map(|role| role.role.present());
        listed.chain(read.map(|role| (role.arn.as_str(), role.trust_policy.as_str())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use serde_json::json;

    #[test]
    fn an_unread_replica_set_bears_the_name_of_its_deployment() {
        let meant = |kind: &str, name: &str| {
            let mut snapshot = testing::healthy();
            testing::uninject(&mut snapshot);
            testing::pod(&mut snapshot).spec.service_account_name = Some("default".to_owned());
            testing::cluster(&mut snapshot).associations.insert("default/default".to_owned(), Observed::Absent);
            testing::add_account(&mut snapshot, "api", &json!({"eks.amazonaws.com/role-arn": testing::ROLE}));
            let owner = json!({"kind": kind, "name": name, "controller": true});
            testing::pod(&mut snapshot).metadata.owner_references = vec![testing::read(&owner)];
            testing::evidence(&snapshot, |evidence| match no_role(evidence).unwrap().cause {
                Cause::WrongAccount { meant, .. } => Some(meant.to_owned()),
                _ => None,
            })
        };
        assert_eq!(meant("ReplicaSet", "api-7d9f8c5b4").as_deref(), Some("api"));
        assert_eq!(meant("StatefulSet", "api-db"), None, "its name is its own");
        assert_eq!(meant("StatefulSet", "api").as_deref(), Some("api"));
    }
}
