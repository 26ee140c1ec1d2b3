//! Owners of roles, policies and providers in IAM, by their tags.

use super::Owner;
use crate::evidence::Evidence;
use crate::fix::finish::account_of;
use crate::snapshot::Account;
use std::collections::BTreeMap;

type Tags = BTreeMap<String, String>;

/// Who owns a role.
pub(super) fn of_role(evidence: &Evidence<'_>, arn: &str) -> Option<Owner> {
    let name = arn.rsplit('/').next()?;
    let read = account(evidence, arn)?.roles.get(name)?;
    let role = *read.role.as_ref().present()?;
    if role.path.starts_with("/aws-service-role/") || role.path.starts_with("/aws-reserved/") {
        return Some(Owner::Vendor { name: "AWS" });
    }
    of_tags(&role.tags).or_else(|| of_name(&role.name))
}

/// Who owns a managed policy.
pub(super) fn of_policy(evidence: &Evidence<'_>, arn: &str) -> Option<Owner> {
    if account_of(arn) == Some("aws") {
        return Some(Owner::Vendor { name: "AWS" });
    }
    let policy = account(evidence, arn)?.policies.get(arn)?;
    of_tags(&policy.policy.present()?.tags)
}

/// Who owns an OIDC provider.
pub(super) fn of_provider(evidence: &Evidence<'_>, arn: &str) -> Option<Owner> {
    let provider = account(evidence, arn)?.providers.get(arn)?;
    of_tags(&provider.present()?.tags)
}

fn account<'a>(evidence: &Evidence<'a>, arn: &str) -> Option<&'a Account> {
    evidence.account(account_of(arn)?)
}

fn of_tags(tags: &Tags) -> Option<Owner> {
    eksctl(tags)
        .or_else(|| cloud_formation(tags))
        .or_else(|| controller(tags))
        .or_else(|| {
            tags.get("red-hat-managed").filter(|value| *value == "true").map(|_| Owner::Vendor { name: "Red Hat (ROSA)" })
        })
        .or_else(|| code(tags))
}

/// <https://eksctl.io/usage/iamserviceaccounts/>: the tags of its stacks are its roles' too.
fn eksctl(tags: &Tags) -> Option<Owner> {
    let cluster = tags.get("alpha.eksctl.io/cluster-name").or_else(|| tags.get("eksctl.cluster.k8s.io/v1alpha1/cluster-name"))?;
    let account = tags.get("alpha.eksctl.io/iamserviceaccount-name").cloned();
    Some(Owner::Eksctl { cluster: Some(cluster.clone()), account, likely: false })
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
fn cloud_formation(tags: &Tags) -> Option<Owner> {
    let stack = tags.get("aws:cloudformation:stack-name")?.clone();
    Some(Owner::CloudFormation { stack, resource: tags.get("aws:cloudformation:logical-id").cloned() })
}

/// <https://docs.crossplane.io/latest/managed-resources/managed-resources/> and
/// <https://aws-controllers-k8s.github.io/community/docs/user-docs/ack-tags/>
fn controller(tags: &Tags) -> Option<Owner> {
    if let Some(kind) = tags.get("crossplane-kind") {
        let name = tags.get("crossplane-name").map_or("", String::as_str);
        return Some(Owner::Controller { tool: "Crossplane", resource: format!("{kind} {name}").trim_end().to_owned() });
    }
    let version = tags.get("services.k8s.aws/controller-version")?;
    let namespace = tags.get("services.k8s.aws/namespace").map(|namespace| format!(", namespace {namespace}"));
    let resource = format!("{version}{}", namespace.unwrap_or_default());
    Some(Owner::Controller { tool: "AWS Controllers for Kubernetes", resource })
}

/// Tags that people set by habit: none of these tools sets one by itself, so it is a claim, not a proof.
fn code(tags: &Tags) -> Option<Owner> {
    const KEYS: [&str; 10] =
        ["managedby", "managed", "provisioner", "provisionedby", "createdby", "creator", "iac", "tool", "deployedby", "source"];
    tags.iter().find_map(|(key, value)| {
        let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let (name, said) = (letters(key), value.to_ascii_lowercase());
        let on = |said: &str| matches!(said, "true" | "yes" | "1" | "managed");
        let by_key = |tool: &str| name.starts_with(tool) && (on(&said) || said.contains(tool) || name.len() > tool.len());
        let by_value = |word: &str| KEYS.contains(&name.as_str()) && said.contains(word);
        let tool = if by_key("terraform") || by_value("terraform") || by_value("opentofu") || by_value("terragrunt") {
            "Terraform"
        } else if by_key("pulumi") || by_value("pulumi") {
            "Pulumi"
        } else if by_value("cdk") {
            "AWS CDK"
        } else if by_value("ansible") {
            "Ansible"
        } else {
            return None;
        };
        Some(Owner::Code { tool, mark: format!("tag {key}={value}"), likely: true })
    })
}

/// Names that tools make up.
fn of_name(name: &str) -> Option<Owner> {
    let digits = |text: &str| text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_digit());
    if name.starts_with("eksctl-") && name.contains("-addon-iamserviceaccount-") {
        return Some(Owner::Eksctl { cluster: None, account: None, likely: true });
    }
    let generated = name.strip_prefix("terraform-").is_some_and(digits);
    generated.then(|| Owner::Code { tool: "Terraform", mark: "the generated name".to_owned(), likely: true })
}
