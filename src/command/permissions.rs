//! `irsa-doctor permissions`: what a run needs to read, from the very tables that the collectors' guards go by.

mod iam;
mod kubernetes;
mod terraform;

use crate::cli::{Color, PermissionsArgs, PermissionsFormat};
use crate::collect::aws::{OPERATIONS, RESOURCE_POLICY_OPERATIONS};
use crate::collect::kubernetes::permissions::PERMISSIONS;
use crate::error::Error;
use crate::output;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Which runs the rights are for.
#[derive(Debug, Default)]
struct Wanted {
    /// Runs over a whole cluster.
    all_namespaces: bool,
    /// Flags that will be given.
    flags: Vec<&'static str>,
}

/// Prints the IAM policy and the Kubernetes role: of any run, or of one over all namespaces.
///
/// # Errors
///
/// stdout can't be written.
pub(super) fn run(args: &PermissionsArgs) -> Result<(), Error> {
    let flags = [("--cloudtrail", args.cloudtrail), ("--simulate", args.simulate)];
    let flags = flags.into_iter().filter(|(_, given)| *given).map(|(flag, _)| flag).collect();
    let wanted = Wanted { all_namespaces: args.all_namespaces, flags };
    let document = || {
        json!({
            "schema_version": 1,
            "iam_policy": iam::policy(&wanted),
            "iam_policies_by_flag": iam::policies_by_flag(&wanted),
            "cluster_role": kubernetes::cluster_role(),
        })
    };
    let text = match args.output {
        PermissionsFormat::Json => pretty(&document())?,
        PermissionsFormat::Yaml => serde_saphyr::to_string(&document()).map_err(std::io::Error::other)?,
        PermissionsFormat::Terraform => terraform::text(&wanted),
        PermissionsFormat::Table => table(&wanted)?,
    };
    output::print(text.as_bytes(), output::look(Color::Auto, false).color)
}

fn pretty(value: &Value) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(text)
}

/// Both documents, ready to paste, and below each what every right is for.
fn table(wanted: &Wanted) -> Result<String, Error> {
    let mut text = String::from("IAM policy of whoever runs irsa-doctor, in the role's account and the cluster's:\n\n");
    text.push_str(&pretty(&iam::policy(wanted))?);
    text.push_str("\nWhat for (* a healthy pod can't be told healthy without it):\n\n");
    let always = OPERATIONS.iter().filter(|operation| wanted.flag(operation).is_none());
    for operation in always.chain(wanted.resource_policies()) {
        let _ = writeln!(text, "  {} {:<36} {}", mark(operation.essential), operation.action, operation.why);
    }
    let mut heading = "\nNot in it, for these are read only with a flag:\n\n";
    for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
        let Some(flag) = wanted.flag(operation) else { continue };
        let _ = writeln!(text, "{heading}    {:<36} {flag}: {}", operation.action, operation.why);
        heading = "";
    }
    let bind = if wanted.all_namespaces { "with a ClusterRoleBinding" } else { "in the namespaces that are looked at" };
    let _ = write!(text, "\nKubernetes ClusterRole (kubectl apply -f reads JSON too); bind it {bind}:\n\n");
    text.push_str(&pretty(&kubernetes::cluster_role())?);
    text.push_str("\nWhat for:\n\n");
    for permission in PERMISSIONS {
        let _ = writeln!(text, "  {} {:<42} {}", mark(permission.essential), permission.operation, permission.why);
    }
    Ok(text)
}

fn mark(essential: bool) -> char {
    if essential { '*' } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn grants_what_the_guards_let_through_and_nothing_that_writes() {
        let any = Wanted::default();
        let (policy, by_flag) = (iam::policy(&any).to_string(), json!(iam::policies_by_flag(&any)).to_string());
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            let (here, there) = if operation.flag.is_some() { (&by_flag, &policy) } else { (&policy, &by_flag) };
            assert!(here.contains(operation.action) && !there.contains(operation.action), "{}", operation.action);
        }
        let scan = iam::policy(&Wanted { all_namespaces: true, ..Wanted::default() }).to_string();
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            let asked_only = ["iam:ListPolicies", "sts:DecodeAuthorizationMessage"].contains(&operation.action);
            let in_scan = OPERATIONS.contains(operation) && operation.flag.is_none() && !asked_only;
            assert_eq!(scan.contains(&format!("\"{}\"", operation.action)), in_scan, "{}", operation.action);
        }
        let scan = Wanted { all_namespaces: true, ..Wanted::default() };
        let by_flag = iam::policies_by_flag(&scan);
        for operation in RESOURCE_POLICY_OPERATIONS {
            assert!(by_flag["--resource"].to_string().contains(operation.action), "{}", operation.action);
        }
        let text = table(&scan).unwrap();
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            let said: Vec<&str> = text.lines().filter(|line| line.contains(operation.why)).collect();
            assert!(!said.is_empty(), "{}", operation.action);
            let flag = scan.flag(operation).unwrap_or("--none");
            assert!(said.iter().all(|line| line.matches(flag).count() < 2), "{said:?}");
        }
        let role = kubernetes::cluster_role();
        let verbs: BTreeSet<&str> = role["rules"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|rule| rule["verbs"].as_array().unwrap())
            .map(|verb| verb.as_str().unwrap())
            .collect();
        assert_eq!(verbs, BTreeSet::from(["get", "list"]));
        assert!(!role.to_string().contains("secrets"));
    }

    #[test]
    fn a_flag_that_will_be_given_has_its_rights_in_the_policy() {
        let wanted = Wanted { flags: vec!["--cloudtrail"], ..Wanted::default() };
        let (policy, by_flag) = (iam::policy(&wanted).to_string(), iam::policies_by_flag(&wanted));
        assert!(policy.contains("cloudtrail:LookupEvents") && !by_flag.contains_key("--cloudtrail"));
        assert!(!policy.contains("iam:SimulatePrincipalPolicy") && by_flag.contains_key("--simulate"));
    }

    #[test]
    fn terraform_has_every_right_and_closes_every_block() {
        let wanted = Wanted { flags: vec!["--cloudtrail", "--simulate"], ..Wanted::default() };
        let text = terraform::text(&wanted);
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            assert!(text.contains(&format!("\"{}\"", operation.action)), "{}", operation.action);
        }
        let (rules, paths) = kubernetes::rules();
        assert_eq!(text.matches("  rule {").count(), rules.len() + 1);
        assert!(paths.iter().all(|path| text.contains(&format!("\"{path}\""))));
        assert_eq!(text.matches(['{', '[']).count(), text.matches(['}', ']']).count());
        assert!(text.lines().all(|line| !line.ends_with(' ')));
    }
}
