//! Fixes of EKS Pod Identity.

use crate::evidence::Evidence;
use crate::fix::commands::{aws, restart};
use crate::fix::edit::{self, Edit};
use crate::fix::{Effect, Fix, document};
use crate::snapshot::{Cluster, Role};
use crate::trust::DOCUMENT;
use irsa_doctor_iam::{Policy, PolicyKind};

/// The cluster's name, region and account, as EKS commands need them.
fn cluster_args<'a>(evidence: &Evidence<'a>) -> Option<(&'a Cluster, &'a str, &'a str)> {
    let cluster = evidence.cluster?;
    Some((cluster, cluster.name.as_deref()?, cluster.account.as_deref()?))
}

/// An `aws eks` command about this cluster.
pub(super) fn eks(evidence: &Evidence<'_>, operation: &str, args: &[&str]) -> Option<Vec<String>> {
    let (cluster, name, account) = cluster_args(evidence)?;
    let mut all = vec!["eks", operation, "--cluster-name", name];
    all.extend(args);
    all.extend(cluster.region.iter().flat_map(|region| ["--region", region.as_str()]));
    Some(aws(evidence, account, &all))
}

/// Installs the agent.
pub(super) fn install_agent(evidence: &Evidence<'_>) -> Fix {
    let fix = Fix::new("addon:eks-pod-identity-agent", "Install the EKS Pod Identity agent");
    match eks(evidence, "create-addon", &["--addon-name", "eks-pod-identity-agent"]) {
        Some(command) => fix.command(Effect::WritesEks, command),
        None => fix.decision("whoever runs the cluster must install the add-on eks-pod-identity-agent"),
    }
}

/// Makes the association again, for the role that the annotation names; else somebody must name one.
pub(super) fn associate(evidence: &Evidence<'_>, account: &str) -> Fix {
    let fix = Fix::new(format!("association:{}/{account}", evidence.namespace()), "Give the pod its credentials back");
    if let Some(role) = evidence.annotated_role() {
        // A new pod is injected by the annotation.
        return restart(evidence, fix.note(format!("new pods get role {role} by the annotation")));
    }
    fix.decision(format!(
        "whoever owns service account {}/{account} must say which role it is to have: then aws eks create-pod-identity-association makes it",
        evidence.namespace()
    ))
}

/// The role's trust policy with one more statement, if that is a valid policy that decides as wanted.
pub(super) fn trust(
    evidence: &Evidence<'_>,
    role: &Role,
    principal: &str,
    actions: &[&str],
    condition: Option<&str>,
    allows: impl Fn(&Policy) -> bool,
) -> Fix {
    let fix = Fix::new(format!("{}#{DOCUMENT}", role.arn), format!("Let {} assume role {}", who(principal), role.name));
    let actions = actions.iter().map(|action| edit::string(action)).collect::<Vec<_>>().join(", ");
    let condition = condition.map(|condition| format!(", \"Condition\": {condition}")).unwrap_or_default();
    let new = format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": [{actions}]{condition}}}"#);
    let document = match Policy::parse(&role.trust_policy, PolicyKind::Trust) {
        Ok(policy) => with_statement(&role.trust_policy, &policy, &new),
        Err(_) => Some(format!(r#"{{"Version": "2012-10-17", "Statement": [{new}]}}"#)),
    };
    let works = |text: &String| Policy::parse(text, PolicyKind::Trust).is_ok_and(|policy| allows(&policy));
    let Some(document) = document.filter(works) else {
        return fix.decision(format!("whoever owns role {} must look at its Deny statements", role.name));
    };
    document::trust(evidence, fix, &role.arn, &role.trust_policy, &document)
        .note("it adds a statement; all others stay as they are")
}

fn with_statement(text: &str, policy: &Policy, new: &str) -> Option<String> {
    let path = policy.statement_place.path.clone();
    let edit = if policy.statement_list {
        Edit::Insert { path, key: None, json: new.to_owned() }
    } else {
        let old = edit::value_text(text, &path)?.to_owned();
        Edit::Replace { path, json: format!("[{old}, {new}]") }
    };
    edit::apply(text, &[edit])
}

fn who(principal: &str) -> &str {
    principal.split('"').nth(3).unwrap_or(principal)
}
