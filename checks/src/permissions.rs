//! The policies of the role under judgement: what was read of them, and what they decide together.

use crate::evidence::{Evidence, RoleSource, RoleUnderJudgement};
use crate::identity::Mode;
use crate::locus::Locus;
use crate::partition;
use crate::policies::Parsed;
use crate::resource_policy::ResourcePolicy;
use crate::snapshot::{AttachedPolicy, CONDITION_KEY, Gap, GapCause, Observed, PolicyEvidence, RequiredAction, Role};
use irsa_doctor_iam::services;
use irsa_doctor_iam::{Decision, KeyValue, Layer, Policy, PolicyKind, PolicySet, Request, authorize};
use std::collections::BTreeMap;

/// The policies of a role, as far as they were read.
#[derive(Debug, Clone)]
pub struct Permissions<'a> {
    /// The role's ARN.
    pub role_arn: String,
    /// The role itself.
    pub role: Observed<&'a Role>,
    /// Its attached policies.
    pub attached: Observed<&'a [AttachedPolicy]>,
    /// The names of its inline policies.
    pub inline_names: Observed<&'a [String]>,
    /// The documents of both, attached ones first.
    pub documents: Vec<RoleDocument<'a>>,
    /// The permissions boundary, where it has one.
    pub boundary: Option<RoleDocument<'a>>,
}

/// One policy of a role.
#[derive(Debug, Clone)]
pub struct RoleDocument<'a> {
    /// What the evaluator calls it: the ARN, or `inline policy NAME`.
    pub key: String,
    /// Its name.
    pub name: &'a str,
    /// The place of the document.
    pub locus: Locus,
    /// What was read of the policy; `None` for an inline one.
    pub managed: Option<&'a PolicyEvidence>,
    /// Whether AWS owns it: then nobody here can edit it.
    pub aws_managed: bool,
    /// The document's text.
    pub text: Observed<&'a str>,
    /// The document, parsed.
    pub parsed: Option<Parsed>,
}

impl RoleDocument<'_> {
    /// The policy, where it was read and is one.
    pub fn policy(&self) -> Option<&Policy> {
        self.parsed.as_ref().and_then(|parsed| parsed.as_ref().as_ref().ok())
    }
}

/// The evidence for the role whose permissions count: of a Pod Identity association with a target role, that one.
pub fn judged<'a>(evidence: &Evidence<'a>) -> Evidence<'a> {
    let association = evidence.association();
    let in_use = evidence.role.as_ref().is_some_and(|role| role.source == RoleSource::Association);
    let target = association.present().filter(|_| in_use).and_then(|association| association.target_role_arn.as_deref());
    let role = match target {
        Some(arn) => Some(RoleUnderJudgement { arn: arn.to_owned(), source: RoleSource::TargetRole, mode: Mode::PodIdentity }),
        None => evidence.role.clone(),
    };
    evidence.with_role(role)
}

/// The policies of the role whose permissions count; `None` where there is no role to look at, or one of another partition.
pub fn permissions<'a>(evidence: &Evidence<'a>) -> Option<Permissions<'a>> {
    of_role(&judged(evidence))
}

/// The policies of the very role under judgement.
pub fn of_role<'a>(evidence: &Evidence<'a>) -> Option<Permissions<'a>> {
    let role_arn = evidence.role.as_ref()?.arn.clone();
    evidence.role_arn()?;
    if partition::of_role_differs(evidence) {
        return None;
    }
    let role = evidence.iam_role();
    let read = evidence.role_evidence();
    let gap = |operation| evidence.role_not_collected(operation);
    let attached = read.map_or_else(
        || Observed::Unavailable(gap("iam:ListAttachedRolePolicies")),
        |read| read.attached.as_ref().map(Vec::as_slice),
    );
    let inline_names = read
        .map_or_else(|| Observed::Unavailable(gap("iam:ListRolePolicies")), |read| read.inline_names.as_ref().map(Vec::as_slice));
    let mut documents: Vec<RoleDocument<'a>> = Vec::new();
    for policy in attached.present().copied().unwrap_or_default() {
        documents.push(managed(evidence, &policy.arn, &policy.name, PolicyKind::Identity));
    }
    for name in inline_names.present().copied().unwrap_or_default() {
        documents.push(inline(evidence, &role_arn, name));
    }
    let boundary = role.present().and_then(|role| role.permissions_boundary.as_deref());
    let boundary = boundary.map(|arn| managed(evidence, arn, arn.rsplit('/').next().unwrap_or(arn), PolicyKind::Boundary));
    Some(Permissions { role_arn, role, attached, inline_names, documents, boundary })
}

fn managed<'a>(evidence: &Evidence<'a>, arn: &'a str, name: &'a str, kind: PolicyKind) -> RoleDocument<'a> {
    // A policy is read with the role's own account, AWS' policies too.
    let read = evidence.role_account().and_then(|account| account.policies.get(arn));
    let version = read.and_then(|read| read.policy.present()).map(|policy| policy.default_version_id.as_str());
    let text = match (read, version) {
        (Some(read), Some(version)) => read.documents.get(version).map_or_else(
            || Observed::Unavailable(evidence.role_not_collected("iam:GetPolicyVersion").about(arn)),
            |text| text.as_ref().map(String::as_str),
        ),
        (Some(read), None) => match &read.policy {
            Observed::Unavailable(gap) => Observed::Unavailable(gap.clone()),
            Observed::Absent | Observed::Present(_) => Observed::Absent,
        },
        (None, _) => Observed::Unavailable(evidence.role_not_collected("iam:GetPolicy").about(arn)),
    };
    let parsed = text.present().map(|text| evidence.policies.parse(text, kind));
    let locus = Locus::new(arn).document(version.unwrap_or("default version"));
    RoleDocument { key: arn.to_owned(), name, locus, managed: read, aws_managed: is_aws_managed(arn), text, parsed }
}

fn inline<'a>(evidence: &Evidence<'a>, role_arn: &str, name: &'a str) -> RoleDocument<'a> {
    let read = evidence.role_evidence().and_then(|role| role.inline.get(name));
    let text = read.map_or_else(
        || Observed::Unavailable(evidence.role_not_collected("iam:GetRolePolicy")),
        |text| text.as_ref().map(String::as_str),
    );
    let parsed = text.present().map(|text| evidence.policies.parse(text, PolicyKind::Identity));
    let locus = Locus::new(role_arn).document(name);
    RoleDocument { key: format!("inline policy {name}"), name, locus, managed: None, aws_managed: false, text, parsed }
}

/// Whether AWS owns a policy: its ARN names `aws` as the account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>
pub fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

impl Permissions<'_> {
    /// Whether the role is known to have no policy.
    pub fn has_none(&self) -> bool {
        self.documents.is_empty() && self.attached.is_present() && self.inline_names.is_present()
    }

    /// What the role's own policies, its boundary and its session policy say of an action, and the resource's policy
    /// where it was read.
    pub fn decide(&self, evidence: &Evidence<'_>, asked: &RequiredAction) -> Decision {
        let session = session_policy(evidence);
        let resource = ResourcePolicy::of(evidence, asked);
        let mut set = self.own();
        match session.as_deref() {
            Some(Ok(policy)) => set = set.session("session policy", policy),
            Some(Err(_)) => set = set.unreadable(Layer::Session, "session policy", "it is malformed"),
            None => {}
        }
        if let Some(resource) = &resource {
            set = resource.add_to(set);
        }
        let decision = authorize(&self.request(evidence, asked, resource.as_ref()), &set);
        match resource {
            Some(resource) => resource.revise(decision),
            None => decision,
        }
    }

    /// Whether AWS asks no policy of the role for an action, not even a Deny.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
    pub fn is_free(action: &str) -> bool {
        action.eq_ignore_ascii_case("sts:GetCallerIdentity")
    }

    /// What keeps from knowing all of the role's policies.
    pub fn gaps(&self) -> Vec<Gap> {
        let documents = self.documents.iter().chain(&self.boundary).filter_map(|document| document.text.gap());
        let lists = [self.role.gap(), self.attached.gap(), self.inline_names.gap()];
        lists.into_iter().flatten().chain(documents).cloned().collect()
    }

    /// The role's policies and its boundary.
    pub fn own(&self) -> PolicySet<'_> {
        let mut set = PolicySet::new().examined(Layer::Identity);
        if let Some(gap) = self.attached.gap() {
            set = set.unreadable(Layer::Identity, "attached policies", reason(gap));
        }
        if let Some(gap) = self.inline_names.gap() {
            set = set.unreadable(Layer::Identity, "inline policies", reason(gap));
        }
        for document in &self.documents {
            set = add(set, Layer::Identity, document);
        }
        if let Some(gap) = self.role.gap() {
            set = set.unreadable(Layer::Boundary, "permissions boundary", reason(gap));
        }
        if let Some(boundary) = &self.boundary {
            set = add(set, Layer::Boundary, boundary);
        }
        set
    }

    fn request(&self, evidence: &Evidence<'_>, asked: &RequiredAction, resource: Option<&ResourcePolicy<'_>>) -> Request {
        let target = resource.map_or_else(|| asked.resource.clone(), |resource| resource.target(asked));
        // Policies are held against the whole ARN, whatever part of it the call names.
        let target = if is_partial_secret(&target) { format!("{target}-{NO_SUFFIX}") } else { target };
        let mut request = Request::role_session(&self.role_arn, &asked.action, &target);
        if let Some(resource) = resource {
            request = resource.describe(request);
        }
        // An action that takes no resource is covered by Resource `*` alone, whatever resource was asked about.
        if asked.resource == "*" || services::action(&asked.action).is_some_and(services::Action::is_wildcard_only) {
            request = request.without_resource();
        }
        if let Some(role) = self.role.present() {
            request = request.role_tags(&role.tags);
        }
        for (key, value) in session_tags(&judged(evidence)) {
            request = request.with_key(&format!("aws:PrincipalTag/{key}"), value);
        }
        for (key, values) in &asked.context {
            let value = match values.as_slice() {
                [only] => KeyValue::Single(only.clone()),
                several => KeyValue::Many(several.to_vec()),
            };
            request = request.with_key(key, value);
        }
        request
    }
}

/// A suffix that no policy names.
const NO_SUFFIX: &str = "??????";

/// Whether a secret's ARN lacks the six characters that Secrets Manager adds to its name.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen>
pub fn is_partial_secret(arn: &str) -> bool {
    let Some(name) = arn.split_once(":secretsmanager:").and_then(|(_, rest)| rest.split_once(":secret:")) else { return false };
    let suffix = name.1.rsplit_once('-').map(|(_, suffix)| suffix).unwrap_or_default();
    let is_whole = suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    !is_whole && !name.1.contains(['*', '?'])
}

fn add<'a>(set: PolicySet<'a>, layer: Layer, document: &'a RoleDocument<'_>) -> PolicySet<'a> {
    match (document.policy(), &document.text) {
        (Some(policy), _) => set.with(layer, document.key.as_str(), policy),
        (None, Observed::Present(_)) => set.unreadable(layer, document.key.as_str(), "it is malformed"),
        (None, Observed::Unavailable(gap)) => set.unreadable(layer, document.key.as_str(), reason(gap)),
        // A policy that isn't there grants nothing; a boundary that isn't there lets nothing through.
        (None, Observed::Absent) => set.examined(layer),
    }
}

/// "iam:GetPolicyVersion denied".
fn reason(gap: &Gap) -> String {
    format!("{} {}", gap.operation, gap.cause.words()).trim().to_owned()
}

/// The session policy that EKS puts on a Pod Identity session.
pub fn session_policy(evidence: &Evidence<'_>) -> Option<Parsed> {
    evidence.role.as_ref().filter(|role| role.mode == Mode::PodIdentity)?;
    let association = evidence.association();
    let text = association.present()?.session_policy.as_deref()?;
    Some(evidence.policies.parse(text, PolicyKind::Session))
}

/// The session tags of a Pod Identity session; a web identity session of a pod has none.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html>
pub fn session_tags(evidence: &Evidence<'_>) -> BTreeMap<&'static str, KeyValue> {
    let pod_identity = evidence.role.as_ref().is_some_and(|role| role.mode == Mode::PodIdentity);
    let association = evidence.association();
    if !pod_identity || association.present().is_none_or(|association| association.disable_session_tags) {
        return BTreeMap::new();
    }
    let known = |value: Option<&str>| match value {
        Some(value) => KeyValue::Single(value.to_owned()),
        None => KeyValue::Unknown("the pod or cluster was not read".to_owned()),
    };
    let metadata = evidence.pod.present().map(|pod| &pod.metadata);
    BTreeMap::from([
        ("eks-cluster-arn", known(evidence.cluster.and_then(|cluster| cluster.arn.as_deref()))),
        ("eks-cluster-name", known(evidence.cluster.and_then(|cluster| cluster.name.as_deref()))),
        ("kubernetes-namespace", known(Some(evidence.namespace()))),
        ("kubernetes-service-account", known(evidence.account_name())),
        ("kubernetes-pod-name", known(metadata.map(|metadata| metadata.name.as_str()))),
        ("kubernetes-pod-uid", known(metadata.and_then(|metadata| metadata.uid.as_deref()))),
    ])
}

/// The tags that `aws:PrincipalTag` has in a session of the role, as far as they are known.
pub fn known_tags(evidence: &Evidence<'_>, permissions: &Permissions<'_>) -> BTreeMap<String, Vec<String>> {
    let of_role = permissions.role.present().map(|role| role.tags.clone()).unwrap_or_default();
    let of_session = session_tags(&judged(evidence)).into_iter().filter_map(|(key, value)| match value {
        KeyValue::Single(value) => Some((key.to_owned(), value)),
        _ => None,
    });
    of_role.into_iter().chain(of_session).map(|(key, value)| (format!("aws:PrincipalTag/{key}"), vec![value])).collect()
}

/// The gap of an answer that hangs on what could not be known, from the evaluator's own list.
pub fn unresolved_gap(asked: &RequiredAction, unresolved: &[irsa_doctor_iam::Unresolved]) -> Gap {
    let mut keys: Vec<String> = unresolved
        .iter()
        .map(|unknown| match &unknown.key {
            Some(key) => format!("{key} in {} ({})", unknown.policy, unknown.reason),
            None => format!("{} ({})", unknown.policy, unknown.reason),
        })
        .collect();
    keys.sort();
    keys.dedup();
    let known = unresolved.iter().find_map(|unknown| unknown.key.as_deref());
    if unresolved.is_empty() {
        // All is known, and AWS doesn't say what it makes of it.
        keys.push(
            "the resource's policy lets everyone in, and whether a boundary or session policy limits that is not documented"
                .to_owned(),
        );
    }
    let remedy = match known {
        None if unresolved.is_empty() => "have the resource's policy name the role".to_owned(),
        Some(key) => format!("give the value that it has when the program calls: --context-key {key}=VALUE"),
        None => "allow reading the role's policies".to_owned(),
    };
    // Why a policy could not be read is its own gap's to say.
    let operation = known.map(|key| format!("{CONDITION_KEY}{key}")).unwrap_or_default();
    Gap::new(operation, GapCause::NotCollected)
        .about(format!("{} on {}", asked.action, asked.resource))
        .detail(keys.join("; "))
        .remedy(remedy)
}

#[cfg(test)]
mod tests;
