//! The change, in the owner's own terms.

use super::Owner;
use super::target::{Change, Subject, Target};
use crate::evidence::{Evidence, ROLE_ANNOTATION};
use crate::fix::commands::aws;
use crate::fix::{Effect, FixCommand, quote};

/// What to change, and where, so that it stays.
pub(super) fn change(evidence: &Evidence<'_>, owner: &Owner, target: &Target) -> String {
    let what = what(target);
    match owner {
        Owner::ArgoCd { application, .. } => {
            format!(
                "{what} in the Git source of Application {application} (the manifest, or the values of its chart{})",
                values(target)
            )
        }
        Owner::Kustomization { namespace, name } => {
            format!("{what} in Git, in the manifests that Kustomization {namespace}/{name} applies")
        }
        Owner::HelmRelease { namespace, name } => {
            format!("{what} in spec.values of HelmRelease {namespace}/{name}, in Git{}", values(target))
        }
        Owner::Helm { namespace, release, by_terraform } => helm(evidence, (namespace, release), *by_terraform, target, &what),
        Owner::Chart { .. } => format!("{what} in the values that the chart is rendered with{}", values(target)),
        Owner::Addon { name } => addon(evidence, name, target, &what),
        Owner::Eksctl { cluster, account, .. } => eksctl(evidence, cluster.as_deref(), account.as_deref(), target, &what),
        Owner::CloudFormation { stack, resource } => cloud_formation(stack, resource.as_deref(), target),
        Owner::Code { tool: "Terraform", .. } => format!("{what} in Terraform: {}", terraform(target)),
        Owner::Code { tool: "Ansible", .. } => format!("{what} in the playbook"),
        Owner::Code { tool, .. } => format!("{what} in the {tool} program: {}", program(target)),
        Owner::Controller { tool: "Crossplane", resource } => format!("{what} in {} of {resource}", crossplane(target)),
        Owner::Controller { resource, .. } => {
            format!("{what} in {} of the IAM resource in the cluster that owns it ({resource})", ack(target))
        }
        Owner::Operator { kind, name } => format!("{what} in the spec of {kind} {name}, which makes the object"),
        Owner::Vendor { name } => format!("{name} owns it and nobody else can change it: use one of your own"),
    }
}

/// The change in words.
fn what(target: &Target) -> String {
    let object = match &target.subject {
        Subject::Object { kind, name } => format!("{kind} {name}"),
        Subject::Role(arn) => format!("role {}", last(arn)),
        Subject::Policy(arn) => format!("policy {}", last(arn)),
        Subject::Provider(arn) => {
            format!("provider {}", arn.split_once(":oidc-provider/").map_or(arn.as_str(), |(_, host)| host))
        }
        Subject::Association => "the association".to_owned(),
    };
    match &target.change {
        Change::Annotation { key, value: Some(value) } => format!("set annotation {key}={value} of {object}"),
        Change::Annotation { key, value: None } => format!("take annotation {key} away from {object}"),
        Change::AccountName(account) => format!("set serviceAccountName: {account} in the pod template of {object}"),
        Change::Template => format!("make the same change of the pod template of {object}"),
        Change::Create => format!("create {object}"),
        Change::Trust => format!("make the same change of the trust policy of {object}"),
        Change::Inline(_) => format!("allow {object} the same"),
        Change::Attach(policy) => format!("attach {policy} to {object}"),
        Change::Audience(audience) => format!("add audience {audience} to {object}"),
        Change::Role(role) => format!("give {object} role {role}"),
        Change::Other => format!("change {object}"),
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The key that most charts have for it.
fn values(target: &Target) -> String {
    match &target.change {
        Change::Annotation { key, value } => {
            let value = value.as_deref().unwrap_or("null");
            format!(": in most charts serviceAccount.annotations.\"{key}\": {value}")
        }
        Change::AccountName(account) => format!(": in most charts serviceAccount.name: {account}"),
        _ => String::new(),
    }
}

/// <https://helm.sh/docs/helm/helm_upgrade/>
fn helm(evidence: &Evidence<'_>, (namespace, release): (&str, &str), by_terraform: bool, target: &Target, what: &str) -> String {
    let set = match &target.change {
        Change::Annotation { key, value: Some(value) } => {
            Some(("--set-string", format!("serviceAccount.annotations.{}={}", escaped(key), escaped_value(value))))
        }
        Change::Annotation { key, value: None } => Some(("--set", format!("serviceAccount.annotations.{}=null", escaped(key)))),
        Change::AccountName(account) => Some(("--set-string", format!("serviceAccount.name={}", escaped_value(account)))),
        _ => None,
    };
    let values = values(target);
    if by_terraform {
        return format!("{what} in the values of resource helm_release {release}{values}");
    }
    match set {
        Some((option, set)) => {
            let mut words = vec!["helm", "upgrade", release, "CHART", "--version", "VERSION", "-n", namespace];
            words.extend(["--reuse-values", option, &set]);
            let context = evidence.cluster.and_then(|cluster| cluster.context.as_deref());
            words.extend(context.iter().flat_map(|context| ["--kube-context", context]));
            let command = FixCommand::new(Effect::WritesCluster, words).shell();
            format!(
                "{what} in the values of the release{values}; as a command: `{command}`, with the chart that it was installed from as CHART, of the VERSION that is installed (helm list shows it; without, the newest would be)"
            )
        }
        None => format!("{what} in the values of the release (helm get values {} -n {})", quote(release), quote(namespace)),
    }
}

/// A key as `--set` reads it: its dots and commas are no separators.
/// <https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set>
fn escaped(key: &str) -> String {
    key.chars().fold(String::new(), |mut out, c| {
        if "\\.,=[]{}".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

fn escaped_value(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,")
}

fn addon(evidence: &Evidence<'_>, addon: &str, target: &Target, what: &str) -> String {
    let role = match &target.change {
        Change::Annotation { key, value: Some(role) } if key == ROLE_ANNOTATION => Some(role.as_str()),
        _ => None,
    };
    let cluster = evidence.cluster;
    let known = cluster.and_then(|cluster| Some((cluster.name.as_deref()?, cluster.account.as_deref()?)));
    let Some((name, account)) = known else { return format!("{what} in the configuration of add-on {addon}") };
    let mut args = vec!["eks", "update-addon", "--cluster-name", name, "--addon-name", addon];
    let associated;
    match (role, &target.change) {
        (Some(role), _) => args.extend(["--service-account-role-arn", role]),
        (None, Change::Role(role)) => {
            associated = format!("serviceAccount={},roleArn={role}", evidence.account_name().unwrap_or_default());
            args.extend(["--pod-identity-associations", &associated]);
        }
        (None, _) => {
            return format!("{what} in the configuration values of add-on {addon} (aws eks update-addon --configuration-values)");
        }
    }
    args.extend(["--resolve-conflicts", "PRESERVE"]);
    args.extend(cluster.and_then(|cluster| cluster.region.as_deref()).iter().flat_map(|region| ["--region", region]));
    format!("tell the add-on: `{}`", FixCommand::new(Effect::WritesEks, aws(evidence, account, &args)).shell())
}

/// <https://eksctl.io/usage/iamserviceaccounts/>
fn eksctl(evidence: &Evidence<'_>, cluster: Option<&str>, account: Option<&str>, target: &Target, what: &str) -> String {
    let cluster = cluster.or_else(|| evidence.cluster?.name.as_deref());
    let place = "iam.serviceAccounts of the cluster's config file";
    let (Some(cluster), Some((namespace, name))) = (cluster, account.and_then(|account| account.split_once('/'))) else {
        return format!("{what} in {place}");
    };
    let command = |verb: &str, rest: &[&str]| {
        let mut words = vec!["eksctl", verb, "iamserviceaccount", "--cluster", cluster, "--namespace", namespace, "--name", name];
        words.extend(rest);
        let region = evidence.cluster.and_then(|cluster| cluster.region.as_deref());
        words.extend(region.iter().flat_map(|region| ["--region", region]));
        FixCommand::new(Effect::WritesIam, words).shell()
    };
    match &target.change {
        Change::Attach(policy) => {
            format!(
                "add the policy to attachPolicyARNs in {place}: `{}`",
                command("update", &["--attach-policy-arn", policy, "--approve"])
            )
        }
        Change::Annotation { key, value: Some(role) } if key == ROLE_ANNOTATION => {
            let options = ["--attach-role-arn", role, "--override-existing-serviceaccounts", "--approve"];
            format!("set attachRoleARN in {place}: `{}`", command("create", &options))
        }
        Change::Trust => format!(
            "eksctl writes the trust policy for {namespace}/{name} and the cluster's issuer alone: make an entry for {} in {place} instead, which gets a role of its own",
            evidence
                .account_name()
                .map_or_else(|| "the service account".to_owned(), |own| format!("{}/{own}", evidence.namespace()))
        ),
        Change::Inline(_) => format!(
            "put it in attachPolicy of {namespace}/{name} in {place}: `eksctl update iamserviceaccount -f FILE --approve`"
        ),
        _ => format!("{what} in {place}"),
    }
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>
fn cloud_formation(stack: &str, resource: Option<&str>, target: &Target) -> String {
    let property = match &target.change {
        Change::Trust => "AssumeRolePolicyDocument",
        Change::Inline(_) => "Policies",
        Change::Attach(_) => "ManagedPolicyArns",
        Change::Audience(_) => "ClientIdList",
        _ => "the properties",
    };
    let resource = resource.map_or_else(|| "the resource".to_owned(), |resource| format!("resource {resource}"));
    format!("{}: change {property} of {resource} in the template of stack {stack}, and update the stack", what(target))
}

/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role>
fn terraform(target: &Target) -> String {
    match &target.change {
        Change::Annotation { key, value } => {
            let change = match value {
                Some(value) => format!("metadata.annotations[\"{key}\"] = \"{value}\""),
                None => format!("no metadata.annotations[\"{key}\"]"),
            };
            format!("{change} in the resource (kubernetes_service_account_v1 for a service account)")
        }
        Change::AccountName(account) => format!("spec.template.spec.service_account_name = \"{account}\""),
        Change::Template => "spec.template of the resource".to_owned(),
        Change::Trust => "assume_role_policy of the aws_iam_role; of module iam-role-for-service-accounts, oidc_providers[*].namespace_service_accounts and provider_arn".to_owned(),
        Change::Inline(_) => "a resource aws_iam_role_policy; inline_policy blocks of the role itself take away every other".to_owned(),
        Change::Attach(_) => "a resource aws_iam_role_policy_attachment; managed_policy_arns of the role itself takes away every other".to_owned(),
        Change::Audience(_) => "client_id_list of the aws_iam_openid_connect_provider; of module eks, openid_connect_audiences".to_owned(),
        _ => "the resource".to_owned(),
    }
}

fn program(target: &Target) -> String {
    match &target.change {
        Change::Annotation { .. } => "metadata.annotations of the object".to_owned(),
        Change::AccountName(_) | Change::Template => "the pod template of the object".to_owned(),
        Change::Trust => "assumeRolePolicy of the role".to_owned(),
        Change::Inline(_) | Change::Attach(_) => "the policies of the role".to_owned(),
        Change::Audience(_) => "clientIdLists of the provider".to_owned(),
        _ => "the resource".to_owned(),
    }
}

/// <https://marketplace.upbound.io/providers/upbound/provider-aws-iam/>
fn crossplane(target: &Target) -> &'static str {
    match &target.change {
        Change::Trust => "spec.forProvider.assumeRolePolicy",
        Change::Inline(_) => "a RolePolicy for the role, beside the spec",
        Change::Attach(_) => "a RolePolicyAttachment for the role, beside the spec",
        Change::Audience(_) => "spec.forProvider.clientIdList",
        _ => "spec.forProvider",
    }
}

/// <https://aws-controllers-k8s.github.io/community/reference/iam/v1alpha1/role/>
fn ack(target: &Target) -> &'static str {
    match &target.change {
        Change::Trust => "spec.assumeRolePolicyDocument",
        Change::Inline(_) => "spec.inlinePolicies",
        Change::Attach(_) => "spec.policies",
        Change::Audience(_) => "spec.clientIDs",
        _ => "the spec",
    }
}
