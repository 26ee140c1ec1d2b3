//! Many roles at once: `iam:GetAccountAuthorizationDetails` in place of a handful of calls for each role.

use super::account::AccountCells;
use super::run::Run;
use crate::collect::aws::{self, RoleDetails};
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::snapshot::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// From how many roles of one account on it is worth it: below, single calls side by side are as fast, and need less.
const MANY: usize = 30;
/// How many single calls a role takes at least: itself, two lists, a policy, its versions and a document.
const CALLS_A_ROLE: usize = 6;

impl Run<'_> {
    /// Reads accounts of which many roles are wanted. Where that is refused, or takes more calls than it saves, the roles are
    /// read one by one as ever.
    pub(super) async fn preload_roles(&self, arns: &BTreeSet<String>) {
        let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for role in arns.iter().filter_map(|arn| RoleArn::parse(arn)) {
            accounts.entry(role.account).or_default().insert(role.name);
        }
        for (account, names) in accounts.into_iter().filter(|(_, names)| names.len() > MANY) {
            let most_pages = names.len() * CALLS_A_ROLE;
            let read = async |session: &aws::Session| session.authorization_details(account, &names, most_pages).await;
            let count = names.len() as u64;
            self.options.progress.expect("roles", count);
            if let Observed::Present(details) = self.ask(account, &aws::GET_AUTHORIZATION_DETAILS, account, read).await {
                keep(&self.account(account), details, &names);
                self.options.progress.read("roles", count);
            }
        }
    }
}

/// Fills the cells with what was read, and with what isn't there.
fn keep(cells: &AccountCells, details: aws::AuthorizationDetails, wanted: &BTreeSet<&str>) {
    let there: BTreeSet<String> = details.roles.iter().map(|role| role.role.name.clone()).collect();
    for name in wanted.iter().filter(|name| !there.contains(**name)) {
        cells.roles.put_absent(name);
        cells.attached.put_absent(name);
        cells.inline_names.put_absent(name);
    }
    for RoleDetails { role, attached, inline } in details.roles {
        let name = role.name.clone();
        cells.attached.put(&name, attached);
        cells.inline_names.put(&name, inline.keys().cloned().collect());
        for (policy, document) in inline {
            cells.inline.put(&format!("{name}/{policy}"), document);
        }
        cells.roles.put(&name, role);
    }
    for policy in details.policies {
        let arn = policy.policy.arn.clone();
        for (version, document) in policy.documents {
            cells.documents.put(&format!("{arn} {version}"), document);
        }
        cells.versions.put(&arn, policy.versions);
        cells.policies.put(&arn, policy.policy);
    }
    cells.role_list.put("", details.summaries);
}
