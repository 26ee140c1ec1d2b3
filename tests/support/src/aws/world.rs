//! The accounts as the services see them.

use std::collections::BTreeMap;

use super::Cluster;
use super::accounts::{Account, Accounts, Association, Document, Provider, Role};
use super::managed;
use crate::encoding::unique_id;

/// When everything was created; policy versions are a day apart.
pub(crate) const CREATED: &str = "2024-01-15T10:00:00Z";

/// All accounts and the cluster.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) accounts: BTreeMap<String, AccountState>,
}

/// One account.
#[derive(Debug, Default)]
pub(crate) struct AccountState {
    pub(crate) roles: BTreeMap<String, RoleState>,
    /// Managed policies by ARN.
    pub(crate) policies: BTreeMap<String, Policy>,
    /// Providers by ARN.
    pub(crate) providers: BTreeMap<String, Provider>,
    pub(crate) associations: Vec<Association>,
    pub(crate) addons: Option<Vec<serde_json::Value>>,
}

/// A role with what is attached by ARN.
#[derive(Debug)]
pub(crate) struct RoleState {
    pub(crate) role: Role,
    pub(crate) arn: String,
    pub(crate) attached: Vec<String>,
    pub(crate) boundary: Option<String>,
}

/// A managed policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) arn: String,
    /// The versions, oldest first, by id (`v1`, `v2`).
    pub(crate) versions: Vec<(String, Document)>,
    pub(crate) default: String,
}

impl Policy {
    pub(crate) fn new(arn: String, document: Document) -> Self {
        Self { arn, versions: vec![("v1".to_owned(), document)], default: "v1".to_owned() }
    }

    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// The path, with a slash at both ends.
    pub(crate) fn path(&self) -> String {
        let resource = self.arn.split(":policy").nth(1).unwrap_or("/");
        resource.rfind('/').map_or("/", |end| &resource[..=end]).to_owned()
    }

    /// The id of the next version. Ids are not used again, so it is one more than the highest.
    pub(crate) fn next_version(&self) -> String {
        let number = |id: &String| id.trim_start_matches('v').parse::<u32>().unwrap_or(0);
        format!("v{}", self.versions.iter().map(|(id, _)| number(id)).max().unwrap_or(0) + 1)
    }

    pub(crate) fn id(&self) -> String {
        unique_id("ANPA", &self.arn, 17)
    }
}

impl World {
    pub(crate) fn new(accounts: &Accounts, cluster: Cluster) -> Self {
        let mut world = Self { cluster, accounts: BTreeMap::new() };
        // The cluster's account exists even where nothing is said of it.
        world.accounts.entry(world.cluster.account.clone()).or_default();
        for (id, account) in &accounts.accounts {
            let state = AccountState::new(id, account, &accounts.raw_documents, &world.cluster);
            world.accounts.insert(id.clone(), state);
        }
        world
    }

    /// The account of the caller; one that is not among the accounts is empty.
    pub(crate) fn account(&self, id: &str) -> &AccountState {
        static EMPTY: AccountState = AccountState {
            roles: BTreeMap::new(),
            policies: BTreeMap::new(),
            providers: BTreeMap::new(),
            associations: Vec::new(),
            addons: None,
        };
        self.accounts.get(id).unwrap_or(&EMPTY)
    }

    /// The account of the caller, for a write.
    pub(crate) fn account_mut(&mut self, id: &str) -> &mut AccountState {
        self.accounts.entry(id.to_owned()).or_default()
    }
}

impl AccountState {
    fn new(id: &str, account: &Account, raw: &BTreeMap<String, String>, cluster: &Cluster) -> Self {
        let mut state = Self { associations: account.associations.clone(), addons: account.addons.clone(), ..Self::default() };
        for (name, document) in &account.policies {
            state.add_policy(&policy_arn(cluster, id, name), document.clone());
        }
        for role in &account.roles {
            state.add_role(id, role.clone(), raw, cluster);
        }
        for (key, text) in raw {
            let arn = key.strip_prefix("policy/").map(|name| policy_arn(cluster, id, name));
            if let Some(policy) = arn.and_then(|arn| state.policies.get_mut(&arn)) {
                policy.versions[0].1 = Document(text.clone());
            }
        }
        let usual = || {
            vec![Provider {
                url: cluster.issuer.clone(),
                client_ids: vec!["sts.amazonaws.com".to_owned()],
                thumbprints: vec!["9e99a48a9960b14926bb7f3b02e22da2b0ab7280".to_owned()],
                tags: BTreeMap::new(),
            }]
        };
        for provider in account.providers.clone().unwrap_or_else(usual) {
            state.providers.insert(provider_arn(cluster, id, &provider.url), provider);
        }
        state
    }

    fn add_role(&mut self, id: &str, mut role: Role, raw: &BTreeMap<String, String>, cluster: &Cluster) {
        let mut attached = role.attached.arns.clone();
        for (name, document) in &role.attached.customer {
            let arn = policy_arn(cluster, id, name);
            self.add_policy(&arn, document.clone());
            attached.push(arn);
        }
        for (name, document) in &role.versions {
            if let Some(policy) = self.policies.get_mut(&policy_arn(cluster, id, name)) {
                policy.versions.push((format!("v{}", policy.versions.len() + 1), document.clone()));
            }
        }
        let boundary = role
            .boundary
            .as_ref()
            .map(|boundary| if boundary.starts_with("arn:") { boundary.clone() } else { policy_arn(cluster, id, boundary) });
        if let Some(text) = raw.get(&format!("role/{}", role.name)) {
            role.trust = Document(text.clone());
        }
        for (name, document) in &mut role.inline {
            if let Some(text) = raw.get(&format!("role/{}/{name}", role.name)) {
                *document = Document(text.clone());
            }
        }
        let arn = format!("arn:{}:iam::{id}:role{}{}", cluster.partition, role.path, role.name);
        self.roles.insert(role.name.clone(), RoleState { role, arn, attached, boundary });
    }

    fn add_policy(&mut self, arn: &str, document: Document) {
        self.policies.insert(arn.to_owned(), Policy::new(arn.to_owned(), document));
    }

    /// A policy of the account, or one of AWS.
    pub(crate) fn policy(&self, arn: &str) -> Option<Policy> {
        if arn.contains(":iam::aws:policy/") {
            return Some(Policy::new(arn.to_owned(), managed::document(arn)));
        }
        self.policies.get(arn).cloned()
    }
}

/// The ARN of a customer managed policy.
pub(crate) fn policy_arn(cluster: &Cluster, account: &str, name: &str) -> String {
    format!("arn:{}:iam::{account}:policy/{name}", cluster.partition)
}

/// The ARN of the provider for an issuer's URL.
pub(crate) fn provider_arn(cluster: &Cluster, account: &str, url: &str) -> String {
    let host = url.strip_prefix("https://").unwrap_or(url);
    format!("arn:{}:iam::{account}:oidc-provider/{host}", cluster.partition)
}
