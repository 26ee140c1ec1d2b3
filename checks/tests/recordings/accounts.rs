//! The accounts of a scenario, as the AWS collector would read them.

use super::faults::Faults;
use super::load::{CLUSTER_ACCOUNT, Scenario, text};
use irsa_doctor_checks::snapshot::{
    Account, AttachedPolicy, ManagedPolicy, Observed, OidcProvider, PolicyEvidence, PolicyVersion, Role, RoleEvidence,
    RoleSummary, Snapshot,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Fills in the accounts that the scenario has.
pub(crate) fn load(scenario: &Scenario, faults: &Faults, snapshot: &mut Snapshot) {
    let partition = text(&scenario.setup, "partition");
    for (id, recorded) in scenario.iam["accounts"].as_object().unwrap() {
        let mut account = Account::default();
        let maker = Maker { scenario, faults, partition, id };
        maker.roles(recorded, &mut account);
        maker.providers(recorded, &mut account);
        snapshot.accounts.insert(id.clone(), account);
    }
    snapshot.accounts.entry(CLUSTER_ACCOUNT.to_owned()).or_default();
}

struct Maker<'a> {
    scenario: &'a Scenario,
    faults: &'a Faults,
    partition: &'a str,
    id: &'a str,
}

impl Maker<'_> {
    fn roles(&self, recorded: &Value, account: &mut Account) {
        let mut list = vec![];
        for role in recorded["roles"].as_array().unwrap() {
            let name = text(role, "name").to_owned();
            let arn = format!("arn:{}:iam::{}:role{}{name}", self.partition, self.id, text(role, "path"));
            list.push(RoleSummary { arn: arn.clone(), name: name.clone(), trust_policy: Some(self.trust(role)) });
            account.roles.insert(name, self.role(role, arn, recorded, &mut account.policies));
        }
        for name in self.named_roles() {
            let absent = || RoleEvidence {
                role: self.faults.aws("iam:GetRole", || Observed::Absent),
                attached: self.faults.aws("iam:ListAttachedRolePolicies", || Observed::Absent),
                inline_names: self.faults.aws("iam:ListRolePolicies", || Observed::Absent),
                inline: BTreeMap::new(),
                ..RoleEvidence::default()
            };
            account.roles.entry(name).or_insert_with(absent);
        }
        account.role_list = self.faults.aws("iam:ListRoles", || Observed::Present(list));
    }

    /// Every role that some object of the scenario names: the collector would have asked for it.
    fn named_roles(&self) -> Vec<String> {
        let mark = format!(":iam::{}:role/", self.id);
        let all =
            serde_json::to_string(&(&self.scenario.objects, &self.scenario.iam["accounts"][CLUSTER_ACCOUNT]["associations"]))
                .unwrap();
        let end = |c: char| !(c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c));
        let named = all.split(&mark).skip(1).map(|rest| rest.split(end).next().unwrap().rsplit('/').next().unwrap().to_owned());
        named.filter(|name| !name.is_empty()).collect()
    }

    fn trust(&self, role: &Value) -> String {
        let raw = &self.scenario.iam["raw_documents"][format!("role/{}", text(role, "name"))];
        raw.as_str().map_or_else(|| role["trust"].to_string(), str::to_owned)
    }

    fn role(&self, role: &Value, arn: String, recorded: &Value, policies: &mut BTreeMap<String, PolicyEvidence>) -> RoleEvidence {
        let boundary = role["boundary"].as_str().map(|name| self.boundary(name, recorded, policies));
        let attached = self.attached(role, policies);
        let present = Role {
            arn,
            name: text(role, "name").to_owned(),
            path: text(role, "path").to_owned(),
            role_id: "AROAEXAMPLEEXAMPLE".to_owned(),
            trust_policy: self.trust(role),
            permissions_boundary: boundary,
            tags: role["tags"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
                .collect(),
            ..Role::default()
        };
        let inline: BTreeMap<_, _> = role["inline"].as_object().into_iter().flatten().collect();
        RoleEvidence {
            role: self.faults.aws("iam:GetRole", || Observed::Present(present)),
            attached: self.faults.aws("iam:ListAttachedRolePolicies", || Observed::Present(attached)),
            inline_names: self
                .faults
                .aws("iam:ListRolePolicies", || Observed::Present(inline.keys().map(|name| (*name).clone()).collect())),
            inline: inline
                .iter()
                .map(|(name, text)| {
                    ((*name).clone(), self.faults.aws("iam:GetRolePolicy", || Observed::Present(text.to_string())))
                })
                .collect(),
            ..RoleEvidence::default()
        }
    }

    fn attached(&self, role: &Value, policies: &mut BTreeMap<String, PolicyEvidence>) -> Vec<AttachedPolicy> {
        let documents = role["attached"].as_object().into_iter().flatten();
        let mut attached = vec![];
        for (name, document) in documents {
            let arn = format!("arn:{}:iam::{}:policy/{name}", self.partition, self.id);
            let newer = &role["versions"][name];
            policies.insert(arn.clone(), self.policy(&arn, name, document, newer));
            attached.push(AttachedPolicy { arn, name: name.clone() });
        }
        attached
    }

    fn boundary(&self, name: &str, recorded: &Value, policies: &mut BTreeMap<String, PolicyEvidence>) -> String {
        let arn = format!("arn:{}:iam::{}:policy/{name}", self.partition, self.id);
        let document = &recorded["policies"][name];
        let policy = if document.is_null() {
            PolicyEvidence { policy: self.faults.aws("iam:GetPolicy", || Observed::Absent), ..PolicyEvidence::default() }
        } else {
            self.policy(&arn, name, document, &Value::Null)
        };
        policies.insert(arn.clone(), policy);
        arn
    }

    fn policy(&self, arn: &str, name: &str, document: &Value, newer: &Value) -> PolicyEvidence {
        let policy = ManagedPolicy {
            arn: arn.to_owned(),
            name: name.to_owned(),
            default_version_id: "v1".to_owned(),
            ..ManagedPolicy::default()
        };
        let mut documents = BTreeMap::from([("v1".to_owned(), document)]);
        if !newer.is_null() {
            documents.insert("v2".to_owned(), newer);
        }
        let version = |id: &String| PolicyVersion { id: id.clone(), is_default: id == "v1", create_date: None };
        PolicyEvidence {
            policy: self.faults.aws("iam:GetPolicy", || Observed::Present(policy)),
            versions: self.faults.aws("iam:ListPolicyVersions", || Observed::Present(documents.keys().map(version).collect())),
            documents: documents
                .into_iter()
                .filter(|(id, _)| id == "v1")
                .map(|(id, text)| (id, self.faults.aws("iam:GetPolicyVersion", || Observed::Present(text.to_string()))))
                .collect(),
        }
    }

    fn providers(&self, recorded: &Value, account: &mut Account) {
        let issuer = text(&self.scenario.setup, "issuer");
        let default = serde_json::json!([{"url": issuer, "client_ids": ["sts.amazonaws.com"]}]);
        let providers = if recorded["providers"].is_null() { &default } else { &recorded["providers"] };
        let arn =
            |url: &str| format!("arn:{}:iam::{}:oidc-provider/{}", self.partition, self.id, url.trim_start_matches("https://"));
        let mut arns = vec![];
        for provider in providers.as_array().unwrap() {
            let url = text(provider, "url");
            let client_ids =
                provider["client_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
            let present =
                OidcProvider { url: url.trim_start_matches("https://").to_owned(), client_ids, ..OidcProvider::default() };
            let observed = self.faults.aws("iam:GetOpenIDConnectProvider", || Observed::Present(present));
            account.providers.insert(arn(url), observed);
            arns.push(arn(url));
        }
        let wanted = || self.faults.aws("iam:GetOpenIDConnectProvider", || Observed::Absent);
        account.providers.entry(arn(issuer)).or_insert_with(wanted);
        account.provider_arns = self.faults.aws("iam:ListOpenIDConnectProviders", || Observed::Present(arns));
    }
}
