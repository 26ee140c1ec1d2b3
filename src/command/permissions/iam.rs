//! The IAM policy.

use super::Wanted;
use crate::collect::aws::{DECODE_MESSAGE, LIST_POLICIES, OPERATIONS, Operation, RESOURCE_POLICY_OPERATIONS};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What only an option asks for that a run over a whole cluster has no use for, and the option.
static ASKED_ONLY_WITH: [(&Operation, &str); 2] = [(&LIST_POLICIES, "--policy"), (&DECODE_MESSAGE, "--error")];

impl Wanted {
    /// The flag without which it isn't asked; none of a flag that is wanted.
    pub(super) fn flag(&self, operation: &Operation) -> Option<&'static str> {
        let asked_only_with = || ASKED_ONLY_WITH.iter().find(|(asked, _)| *asked == operation).map(|(_, flag)| *flag);
        // A scan that asks for no action reads no policy of a resource.
        let of_resource = || RESOURCE_POLICY_OPERATIONS.contains(&operation).then_some("--resource");
        let asked_only = || asked_only_with().or_else(of_resource);
        let flag = operation.flag.or_else(|| self.all_namespaces.then(asked_only).flatten());
        flag.filter(|flag| !self.flags.contains(flag))
    }

    /// What is asked for the policies of resources, where that is no flag's.
    pub(super) fn resource_policies(&self) -> &'static [&'static Operation] {
        if self.all_namespaces { &[] } else { RESOURCE_POLICY_OPERATIONS }
    }

    /// The statements: one for what a healthy pod needs, one for what explanations need, and one for the policies of
    /// resources that are named with `--resource`.
    pub(super) fn statements(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let actions = |essential: bool| -> Vec<&str> {
            let always = OPERATIONS.iter().filter(|operation| self.flag(operation).is_none());
            always.filter(|operation| operation.essential == essential).map(|operation| operation.action).collect()
        };
        let resource_policies = self.resource_policies().iter().map(|operation| operation.action).collect();
        let all = [("Diagnose", actions(true)), ("Explain", actions(false)), ("ResourcePolicies", resource_policies)];
        all.into_iter().filter(|(_, actions)| !actions.is_empty()).collect()
    }
}

/// The policy as IAM takes it.
pub(super) fn policy(wanted: &Wanted) -> Value {
    let statement = |(sid, actions)| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let statements: Vec<Value> = wanted.statements().into_iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What a flag needs besides, a policy for each.
pub(super) fn policies_by_flag(wanted: &Wanted) -> BTreeMap<&'static str, Value> {
    let mut actions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
        if let Some(flag) = wanted.flag(operation) {
            actions.entry(flag).or_default().push(operation.action);
        }
    }
    let policy =
        |actions| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    actions.into_iter().map(|(flag, actions)| (flag, policy(actions))).collect()
}
