//! What a check says that it needs: the first link that changes when something is withheld is one that names it.

use irsa_doctor_checks::check::Need;
use irsa_doctor_checks::registry;
use irsa_doctor_checks::report::TargetReport;

/// The kinds of evidence that a place of a snapshot may be; empty where no check has to name it.
fn kinds(place: &str) -> Vec<Need> {
    let parts: Vec<&str> = place.split('/').skip(1).collect();
    match parts.as_slice() {
        ["clusters", _, "pods", ..] => vec![Need::Pod, Need::Workload],
        ["clusters", _, "workloads" | "pod_lists", ..] => vec![Need::Workload],
        ["clusters", _, "events", ..] => vec![Need::Events],
        ["clusters", _, "namespaces", ..] => vec![Need::Namespace],
        ["clusters", _, "service_accounts" | "service_account_lists", ..] => vec![Need::ServiceAccount, Need::ServiceAccounts],
        ["clusters", _, "nodes", ..] => vec![Need::Node],
        ["clusters", _, "webhooks", ..] => vec![Need::Webhooks],
        ["clusters", _, "version", ..] => vec![Need::Version],
        ["clusters", _, "openid_configuration", ..] => vec![Need::Issuer],
        ["clusters", _, "eks", ..] => vec![Need::Issuer, Need::EksCluster],
        ["clusters", _, "associations", ..] => vec![Need::Associations],
        ["clusters", _, "addons", ..] => vec![Need::Addons],
        ["clusters", _, "agents", ..] => vec![Need::Agents],
        ["accounts", _, "providers" | "provider_arns", ..] => vec![Need::Providers],
        ["accounts", _, "role_list", ..] => vec![Need::Roles],
        ["accounts", _, "roles", _, "role", ..] => vec![Need::Role, Need::Roles, Need::Boundary],
        ["accounts", _, "roles", _, "attached" | "inline_names", ..] | ["accounts", _, "policy_list", ..] => {
            vec![Need::RolePolicies]
        }
        ["accounts", _, "roles", _, "inline", ..] | ["accounts", _, "policies", ..] => {
            vec![Need::PolicyDocuments, Need::RolePolicies, Need::Boundary]
        }
        ["resource_policies", ..] => vec![Need::ResourcePolicies],
        _ => Vec::new(),
    }
}

/// Why the needs of a check are wrong, if they are: it is the first to change without this and doesn't name it.
pub(crate) fn unnamed(place: &str, before: &TargetReport, after: &TargetReport) -> Option<String> {
    let found = |report: &TargetReport, id: &str| {
        let of_check = report.findings.iter().filter(|found| found.check == id);
        of_check.map(|found| (found.finding.fault.id, found.finding.severity)).collect::<Vec<_>>()
    };
    let gaps = |report: &TargetReport, id: &str| report.gaps.iter().filter(|gap| gap.check == id).count();
    let mut both = before.checks.iter().zip(&after.checks);
    let (first, _) = both.find(|(one, other)| {
        one.status != other.status || found(before, one.id) != found(after, one.id) || gaps(before, one.id) != gaps(after, one.id)
    })?;
    let (check, kinds) = (registry::check(first.id)?, kinds(place));
    let named = kinds.is_empty() || check.needs.iter().any(|need| kinds.contains(need));
    (!named).then(|| format!("{} changes first and needs none of {kinds:?}", check.id))
}
