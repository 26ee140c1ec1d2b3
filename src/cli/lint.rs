//! What can be said to `irsa-doctor lint`.

use super::{GateArgs, NeedArgs, ReportArgs, parse, target};
use clap::Args;
use irsa_doctor_checks::snapshot::Asked;
use std::path::PathBuf;
use std::str::FromStr;

/// What to lint.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  helm template shop ./chart -n shop | irsa-doctor lint - -n shop
  kubectl kustomize overlays/prod | irsa-doctor lint - plan.json
  terraform show -json plan.out > plan.json && irsa-doctor lint plan.json manifests/
  irsa-doctor lint deploy.yaml --trust-policy trust.json --permission-policy s3.json --action s3:GetObject \\
    --resource 'arn:aws:s3:::my-bucket/*' --issuer https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE
  irsa-doctor lint template.yaml --account 123456789012 --region eu-west-1
  irsa-doctor lint manifests/ -o table -o sarif=lint.sarif

What the files don't say is unknown, and the exit code doesn't follow it. What a plan knows only after it was applied makes
it 3 (see --allow-unknown). Exit codes: 0 nothing wrong in the files (see --fail-on), 1 broken, 2 usage or bad input, 3 inconclusive.")]
pub(crate) struct LintArgs {
    /// Files and folders: rendered manifests, policies as JSON, what `terraform show -json` prints, `CloudFormation` templates; `-` is stdin
    #[arg(value_name = "FILE")]
    pub(crate) paths: Vec<PathBuf>,
    /// The same, as kubectl has it
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A trust policy as JSON, and the role that it is for [default: the only role that the files speak of]
    #[arg(long, value_name = "[ROLE=]FILE")]
    pub(crate) trust_policy: Vec<PolicySpec>,
    /// A permission policy as JSON, and the role that it is for (repeatable)
    #[arg(long, value_name = "[ROLE=]FILE")]
    pub(crate) permission_policy: Vec<PolicySpec>,
    /// Leave out what is none of these or isn't rendered, in place of an error: for hooks that name every changed file
    #[arg(long)]
    pub(crate) skip_others: bool,
    #[command(flatten)]
    pub(crate) known: KnownArgs,
    #[command(flatten)]
    pub(crate) needs: NeedArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// With --write-baseline: replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// What files can't know.
#[derive(Debug, Args)]
#[command(next_help_heading = "What files can't know")]
pub(crate) struct KnownArgs {
    /// Where objects without a namespace go, as with `kubectl apply -n`
    #[arg(short, long, value_name = "NS")]
    pub(crate) namespace: Option<String>,
    /// The issuer of the cluster's tokens
    #[arg(long, value_name = "URL", value_parser = parse::issuer)]
    pub(crate) issuer: Option<String>,
    /// The AWS account of roles and policies
    #[arg(long, value_name = "ID", value_parser = parse::account)]
    pub(crate) account: Option<String>,
    /// The cluster's name in EKS: which of several it is, and whose Pod Identity associations count
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The AWS region
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

impl LintArgs {
    /// What is expected; the targets are in the files.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            role: self.needs.role.clone(),
            policies: self.needs.policy.clone(),
            actions: target::actions(&self.needs.action, &self.needs.resource),
            ..Asked::default()
        }
    }
}

/// A policy's file, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicySpec {
    /// The role's name.
    pub(crate) role: Option<String>,
    /// The file.
    pub(crate) file: PathBuf,
}

impl FromStr for PolicySpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (role, file) = match text.split_once('=') {
            Some((role, file)) => (Some(role), file),
            None => (None, text),
        };
        // An ARN names its role as well.
        let role = role.map(|role| role.rsplit('/').next().unwrap_or(role));
        match role {
            Some("") => Err("the role before `=` is missing".to_owned()),
            _ if file.is_empty() => Err("the file is missing".to_owned()),
            role => Ok(Self { role: role.map(str::to_owned), file: file.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_may_say_whose_it_is() {
        let spec = |text: &str| text.parse::<PolicySpec>();
        assert_eq!(spec("t.json").unwrap(), PolicySpec { role: None, file: "t.json".into() });
        assert_eq!(spec("api=t.json").unwrap(), PolicySpec { role: Some("api".into()), file: "t.json".into() });
        let arn = spec("arn:aws:iam::123456789012:role/x/api=t.json").unwrap();
        assert_eq!(arn.role.as_deref(), Some("api"));
        assert!(spec("=t.json").is_err() && spec("api=").is_err() && spec("").is_err());
    }
}
