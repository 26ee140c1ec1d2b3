//! The command line: what can be typed, and nothing of what it does.

mod gate;
mod lint;
mod output;
mod parse;
mod pasted;
mod target;
mod usage;
mod value;

pub(crate) use gate::{EVERY_CHECK, GateArgs, RepeatArgs};
pub(crate) use lint::{LintArgs, PolicySpec};
pub(crate) use output::{OutputArgs, ReportArgs, is_stdout};
pub(crate) use parse::{action as parse_action, resource as parse_resource};
pub(crate) use target::{asked, did_you_mean, kind, kinds, nearest};
pub(crate) use usage::{Parsed, asked_for_json, built, parse};
pub(crate) use value::{Color, CompletingShell, FailOn, Format, Only, PermissionsFormat, ReportFormat};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Why does my pod get AccessDenied? Walks the chain from a pod to its IAM role's permissions and names the first broken link.
///
/// It reads the cluster and the AWS account that kubectl and the AWS CLI would use here, and writes to neither.
#[derive(Debug, Parser)]
#[command(name = "irsa-doctor", version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(after_help = "\
Examples:
  irsa-doctor --demo                                     see what it does, without a cluster
  irsa-doctor --pod awscli -n default                    why does this pod get AccessDenied?
  irsa-doctor deploy/api -n shop --action s3:ListBucket --resource arn:aws:s3:::my-bucket
  irsa-doctor -A --only broken                           every pod of the cluster
  irsa-doctor -A --contexts staging,prod -o jsonl        every pod of several clusters
  irsa-doctor role/arn:aws:iam::123456789012:role/api --subject shop/api --issuer URL
  irsa-doctor --pod awscli -n default --error 'An error occurred (AccessDenied) when calling ...'
  kubectl logs awscli | irsa-doctor --error -            what does this error mean?
  irsa-doctor -A -o table -o sarif=report.sarif          for people, and for programs
  irsa-doctor --pod awscli -n default --wait 5m          until the fix has arrived
  irsa-doctor --from bundle.json -o json
  irsa-doctor --from k8s.json --from aws.json            two halves, saved by two people
  irsa-doctor --from k8s.json --with-aws                 a cluster's half, and the AWS account that you can read
  irsa-doctor lint manifests/ plan.json                  before anything is deployed

Exit codes: 0 healthy (see --fail-on), 1 broken, 2 usage or bad input, 3 inconclusive (see --allow-unknown),
            4 nothing could be looked at, 5 the target is not there, 130 ended by Ctrl-C.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// What does something else than diagnose.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Explain a fault or a check: what it means, how it is found and how to mend it
    Explain {
        /// The id of a fault or a check, such as `trust-subject-mismatch` or `trust-policy`
        id: String,
    },
    /// List all checks and the faults that they find
    Checks {
        /// The format
        #[arg(short, long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
    /// Print the IAM policy and the Kubernetes role that a run needs
    Permissions(PermissionsArgs),
    /// Judge files before they are deployed: manifests, policies, Terraform plans and `CloudFormation` templates
    Lint(Box<LintArgs>),
    /// Look into a bundle, which --save writes
    Bundle {
        /// What to do with it
        #[command(subcommand)]
        command: BundleCommand,
    },
    /// Print the JSON Schema of the report (`-o json`), of the bundle (`--save`) or of the configuration
    Schema {
        /// Which one
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Print what a shell has to read to complete command lines, names in the cluster included
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: CompletingShell,
    },
    /// Print the manual page, or write it and those of all subcommands
    Man {
        /// The folder that the pages are written to
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// Which rights, and how they are written.
#[derive(Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// Only what a scan of all namespaces asks for
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
    /// With what --cloudtrail needs
    #[arg(long)]
    pub(crate) cloudtrail: bool,
    /// With what --simulate needs
    #[arg(long)]
    pub(crate) simulate: bool,
    /// The format
    #[arg(short, long, visible_alias = "format", value_enum, default_value_t = PermissionsFormat::Table)]
    pub(crate) output: PermissionsFormat,
}

/// What can be done with a bundle.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// List what is in it and how old it is
    Inspect {
        /// The bundle; `-` is stdin
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// The format
        #[arg(short, long, value_enum, default_value_t = Format::Table)]
        output: Format,
    },
}

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The document that `-o json` prints
    Report,
    /// The file that `--save` writes
    Bundle,
    /// The configuration, `.irsa-doctor.toml`
    Config,
}

/// The main job's own options, by heading.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) expect: ExpectArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) runtime: RuntimeArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) repeat: RepeatArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What to look at.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to look at")]
pub(crate) struct TargetArgs {
    /// `pod/NAME`, `sa/NAME`, `deploy/NAME`, `sts/NAME`, `ds/NAME`, `rs/NAME`, `job/NAME`, `cj/NAME`, `rollout/NAME` or `role/ARN`
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    /// The pod; the same as `pod/NAME`
    #[arg(long, value_name = "NAME")]
    pub(crate) pod: Vec<String>,
    /// The namespace [default: the context's, else `default`]; without a target, its pods are looked at
    #[arg(short, long, value_name = "NS")]
    pub(crate) namespace: Option<String>,
    /// Every namespace: all pods of the cluster are looked at
    #[arg(short = 'A', long, conflicts_with_all = ["namespace", "targets", "pod"])]
    pub(crate) all_namespaces: bool,
    /// Of a scan (-A, or -n without a target): only pods with these labels, as kubectl has it
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,
    /// Of a scan: only pods with these fields, such as `spec.nodeName=NODE`
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) field_selector: Option<String>,
    /// The one container that matters
    #[arg(short, long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// With `role/ARN`: the service account that should be let in
    #[arg(long, value_name = "NS/NAME", value_parser = parse::subject)]
    pub(crate) subject: Option<String>,
    /// The issuer of the cluster's tokens, where it can't be read
    #[arg(long, value_name = "URL", value_parser = parse::issuer)]
    pub(crate) issuer: Option<String>,
}

/// What the user expects and needs.
#[derive(Debug, Args)]
#[command(next_help_heading = "What you expect")]
pub(crate) struct ExpectArgs {
    /// The service account that the pod should run as
    #[arg(long, value_name = "NAME")]
    pub(crate) service_account: Option<String>,
    #[command(flatten)]
    pub(crate) needs: NeedArgs,
    /// The error that the pod got, as it was logged; `-` is stdin. Alone, it is explained without a cluster
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "error_file")]
    pub(crate) error: Option<String>,
    /// The same from a file
    #[arg(long, value_name = "FILE")]
    pub(crate) error_file: Option<PathBuf>,
}

/// What the role should be, and should allow.
#[derive(Debug, Args)]
#[command(next_help_heading = "What you expect")]
pub(crate) struct NeedArgs {
    /// The role that the pod should use, a name or an ARN
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,
    /// A policy that the role should have, a name or an ARN (repeatable)
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Vec<String>,
    /// An action that the pod must be allowed, such as `s3:ListBucket` (repeatable)
    #[arg(long, value_name = "ACTION", value_delimiter = ',', value_parser = parse::action)]
    pub(crate) action: Vec<String>,
    /// The ARN that the actions are meant for [default: any] (repeatable: every action with every resource)
    #[arg(long, value_name = "ARN", requires = "action", value_parser = parse::resource)]
    pub(crate) resource: Vec<String>,
    /// A YAML or JSON list of what the pod must be allowed: `[{action: .., resource: .., context: {..}}]` (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) needs: Vec<PathBuf>,
    /// The value that a condition key has in the pod's calls, such as `aws:SourceVpc=vpc-1` (repeatable: more keys or values)
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse::context_key)]
    pub(crate) context_key: Vec<(String, String)>,
}

/// Where to look.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(next_help_heading = "Where to look")]
pub(crate) struct SourceArgs {
    /// The kubeconfig context [default: the current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Several contexts at once: one report with a part for each cluster; one that can't be reached is a gap
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', conflicts_with_all = ["context", "cluster", "from", "demo", "issuer", "metrics_file"])]
    pub(crate) contexts: Vec<String>,
    /// The same for all contexts of the kubeconfig
    #[arg(long, conflicts_with_all = ["contexts", "context", "cluster", "from", "demo", "issuer", "metrics_file"])]
    pub(crate) all_contexts: bool,
    /// The kubeconfig file [default: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The user to impersonate in Kubernetes
    #[arg(long = "as", value_name = "USER")]
    pub(crate) impersonate: Option<String>,
    /// The cluster's name in EKS [default: as the kubeconfig has it]
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The AWS region [default: the cluster's]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The AWS profile [default: `$AWS_PROFILE`, else the kubeconfig's own, else `default`]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The AWS profile for the role's account, where that is another one
    #[arg(long, value_name = "NAME")]
    pub(crate) role_profile: Option<String>,
    /// Run the kubeconfig's `aws eks get-token` instead of making the token here
    #[arg(long)]
    pub(crate) no_native_token: bool,
    /// How long one call may take, retries included
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse::duration)]
    pub(crate) call_timeout: Duration,
    /// How long the whole run may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse::duration)]
    pub(crate) timeout: Duration,
    /// Judge a bundle instead of a cluster, offline; `-` is stdin (repeatable: halves are joined)
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Vec<PathBuf>,
    /// With --from: read with the AWS credentials here what the bundle has no answer for; the cluster isn't asked
    #[arg(long, requires = "from")]
    pub(crate) with_aws: bool,
    /// Judge the built-in example: a pod with two faults
    #[arg(long, conflicts_with_all = ["from", "targets", "pod", "context", "kubeconfig", "cluster"])]
    pub(crate) demo: bool,
}

/// Evidence of what happened, and a second opinion; both read only, and neither decides anything.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run-time evidence")]
pub(crate) struct RuntimeArgs {
    /// Read in CloudTrail's event history who asked for the role's credentials in the last hours, and how it ended [default: 24; at most 2160]
    #[arg(long, value_name = "HOURS", num_args = 0..=1, require_equals = true, default_missing_value = "24", value_parser = clap::value_parser!(u32).range(1..=2160))]
    pub(crate) cloudtrail: Option<u32>,
    /// Show what AWS' own policy simulator says of the asked actions, beside our decision
    #[arg(long)]
    pub(crate) simulate: bool,
}
