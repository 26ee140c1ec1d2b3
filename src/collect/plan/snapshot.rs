//! What was asked and answered, as a snapshot.

use super::account::AccountCells;
use super::run::Run;
use crate::collect::aws::Session;
use irsa_doctor_checks::snapshot::{
    Account, Asked, Caller, Cluster, Half, Observed, PolicyEvidence, ResourceEvidence, RoleEvidence, SCHEMA_VERSION, Snapshot,
    Target,
};
use std::collections::BTreeMap;
use std::sync::PoisonError;

impl Run<'_> {
    /// The snapshot of all that was read.
    pub(super) fn snapshot(&self, targets: Vec<Target>) -> Snapshot {
        let now = jiff::Timestamp::now();
        let at = format!("{now:.0}");
        let sessions: Vec<&Session> =
            self.session.get().into_iter().chain(self.role_session.get().and_then(Option::as_ref)).collect();
        let mut callers: BTreeMap<String, Observed<Caller>> = BTreeMap::new();
        for session in &sessions {
            callers.insert(session.profile().unwrap_or("default").to_owned(), session.caller_if_asked());
        }
        let halves = self.kubernetes_half(&at).into_iter().chain(sessions.iter().map(|session| aws_half(session, &at)));
        Snapshot {
            anonymized: false,
            from_files: false,
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            halves: halves.collect(),
            collected_at: at,
            asked: Asked { targets, ..self.options.asked.clone() },
            decoded_message: self.decoded.get().cloned().unwrap_or_default(),
            clusters: self.clusters(),
            accounts: self.account_answers(&sessions),
            callers,
            resource_policies: self.resource_answers(),
        }
    }

    fn kubernetes_half(&self, at: &str) -> Option<Half> {
        self.api.get()?.as_ref().ok()?;
        let (by, from) = match &self.connection {
            Ok(connection) => {
                let context = connection.context.as_deref().unwrap_or("the pod's own cluster");
                (connection.user.clone(), format!("{context} ({})", connection.server))
            }
            Err(_) => (String::new(), self.options.cluster.clone().unwrap_or_default()),
        };
        let by = self.options.impersonate.clone().unwrap_or(by);
        Some(Half { side: "kubernetes".to_owned(), by, from, at: at.to_owned() })
    }

    fn clusters(&self) -> BTreeMap<String, Cluster> {
        let connection = self.connection.as_ref().ok();
        if connection.is_none() && self.identity.name.is_none() && self.options.issuer.is_none() {
            return BTreeMap::new();
        }
        let cells = &self.cluster;
        let eks = cells.eks.answer("", "eks:DescribeCluster");
        let arn = self.identity.arn.clone().or_else(|| eks.present().map(|eks| eks.arn.clone()));
        let of_arn = |part: usize| arn.as_deref().and_then(|arn| arn.split(':').nth(part)).map(str::to_owned);
        let region = self.options.region.clone().or_else(|| self.identity.region.clone()).or_else(|| of_arn(3));
        let context = connection.and_then(|connection| connection.context.clone());
        let server = connection.map(|connection| connection.server.clone());
        let server = server.or_else(|| eks.present().and_then(|eks| eks.endpoint.clone()));
        let key = arn.clone().or_else(|| context.clone()).or_else(|| server.clone());
        let cluster = Cluster {
            name: self.identity.name.clone(),
            account: self.identity.account.clone().or_else(|| of_arn(4)),
            partition: self.identity.partition.clone().or_else(|| of_arn(1)),
            region,
            given_issuer: self.options.issuer.clone(),
            hinted_issuer: self.identity.hinted_issuer.clone(),
            version: cells.version.answer("", "get /version"),
            openid_configuration: cells.openid.answer("", "get /.well-known/openid-configuration"),
            eks,
            namespaces: cells.namespaces.take("get namespaces"),
            pods: cells.pods.take("get pods"),
            service_accounts: cells.service_accounts.take("get serviceaccounts"),
            workloads: cells.workloads.take("get workloads"),
            nodes: cells.nodes.take("get nodes"),
            webhooks: cells.webhooks.answer("", "list mutatingwebhookconfigurations"),
            events: cells.events.take("list events"),
            service_account_lists: cells.account_lists.take("list serviceaccounts"),
            pod_lists: cells.pod_lists.take("list pods"),
            associations: cells.associations.take("eks:ListPodIdentityAssociations"),
            addons: cells.addons.answer("", "eks:ListAddons"),
            agents: cells.agents.answer("", "list daemonsets"),
            // What a scan chose is told when it is spelt out.
            scan: None,
            context,
            server,
            arn,
        };
        BTreeMap::from([(key.unwrap_or_else(|| "the cluster".to_owned()), cluster)])
    }

    fn resource_answers(&self) -> BTreeMap<String, ResourceEvidence> {
        let answers = self.bearers.get().into_iter().flatten().filter_map(|(arn, bearer)| {
            // What was not finished in time is a gap under the operation that reads it.
            let read = match self.resources.take_one(arn, bearer.kind.operation())? {
                Observed::Present(read) => read,
                Observed::Absent => ResourceEvidence::default(),
                Observed::Unavailable(gap) => {
                    ResourceEvidence { policy: Observed::Unavailable(gap), ..ResourceEvidence::default() }
                }
            };
            Some((arn.clone(), read))
        });
        answers.collect()
    }

    fn account_answers(&self, sessions: &[&Session]) -> BTreeMap<String, Account> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.iter().map(|(id, cells)| (id.clone(), account(cells, profile_of(id, sessions)))).collect()
    }
}

/// The named profile of an account's caller.
fn profile_of(account: &str, sessions: &[&Session]) -> Option<String> {
    let of_account = |session: &&&Session| session.caller_if_asked().present().is_some_and(|caller| caller.account == account);
    sessions.iter().find(of_account)?.profile().map(str::to_owned)
}

fn aws_half(session: &Session, at: &str) -> Half {
    let by = session.caller_if_asked().present().map(|caller| caller.arn.clone()).unwrap_or_default();
    let from = format!("profile {}, region {}", session.profile().unwrap_or("default"), session.region());
    Half { side: "aws".to_owned(), by, from, at: at.to_owned() }
}

fn account(cells: &AccountCells, profile: Option<String>) -> Account {
    let mut roles: BTreeMap<String, RoleEvidence> = BTreeMap::new();
    for (name, role) in cells.roles.take("iam:GetRole") {
        roles.entry(name).or_default().role = role;
    }
    for (name, attached) in cells.attached.take("iam:ListAttachedRolePolicies") {
        roles.entry(name).or_default().attached = attached;
    }
    for (name, names) in cells.inline_names.take("iam:ListRolePolicies") {
        roles.entry(name).or_default().inline_names = names;
    }
    for (key, document) in cells.inline.take("iam:GetRolePolicy") {
        // Neither a role's name nor a policy's holds a slash.
        let (role, policy) = key.split_once('/').unwrap_or((key.as_str(), ""));
        roles.entry(role.to_owned()).or_default().inline.insert(policy.to_owned(), document);
    }
    Account {
        profile,
        roles,
        policies: policies(cells),
        providers: cells.providers.take("iam:GetOpenIDConnectProvider"),
        provider_arns: cells.provider_arns.answer("", "iam:ListOpenIDConnectProviders"),
        role_list: cells.role_list.answer("", "iam:ListRoles"),
        policy_list: cells.policy_list.answer("", "iam:ListPolicies"),
        events: BTreeMap::new(),
    }
}

fn policies(cells: &AccountCells) -> BTreeMap<String, PolicyEvidence> {
    let mut policies: BTreeMap<String, PolicyEvidence> = BTreeMap::new();
    for (arn, policy) in cells.policies.take("iam:GetPolicy") {
        policies.entry(arn).or_default().policy = policy;
    }
    for (arn, versions) in cells.versions.take("iam:ListPolicyVersions") {
        policies.entry(arn).or_default().versions = versions;
    }
    for (key, document) in cells.documents.take("iam:GetPolicyVersion") {
        let (arn, version) = key.rsplit_once(' ').unwrap_or((key.as_str(), ""));
        let policy = policies.entry(arn.to_owned()).or_default();
        // A guess that was wrong says nothing about the policy that is in force.
        let default = policy.policy.present().map(|policy| policy.default_version_id.as_str());
        let listed = policy.versions.present().and_then(|versions| versions.iter().find(|version| version.is_default));
        if default.or(listed.map(|version| version.id.as_str())) == Some(version) {
            let version = version.to_owned();
            policy.documents.insert(version, document);
        }
    }
    policies
}
