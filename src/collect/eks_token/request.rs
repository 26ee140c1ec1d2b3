//! What a kubeconfig's exec entry asks for, where it is one of the two plugins that we can stand in for.

use std::collections::BTreeMap;

/// What an EKS token is to be made for, and with whose credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    /// The cluster's name, or (local clusters on Outposts) its id: what the token is bound to.
    pub(crate) cluster_id: String,
    /// Whether `cluster_id` is the cluster's name in EKS.
    pub(crate) is_name: bool,
    /// The region whose STS is to be signed for.
    pub(crate) region: Option<String>,
    /// The profile whose credentials are to be used.
    pub(crate) profile: Option<String>,
    /// The role to assume first.
    pub(crate) role_arn: Option<String>,
    /// The session's name in that role.
    pub(crate) session_name: Option<String>,
    /// The external id for that role.
    pub(crate) external_id: Option<String>,
    /// Whether STS's FIPS host is to be used.
    pub(crate) fips: bool,
}

/// The two plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plugin {
    /// `aws eks get-token`.
    AwsCli,
    /// `aws-iam-authenticator token`.
    Authenticator,
}

/// Variables of an exec entry that we honour, or that change nothing about the token.
const KNOWN_VARIABLES: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_PAGER",
    "AWS_CLI_AUTO_PROMPT",
    "AWS_MAX_ATTEMPTS",
    "AWS_RETRY_MODE",
];

impl TokenRequest {
    /// Reads an exec entry. `None` where it runs anything else, or has an argument or a variable that we
    /// don't know: then only the plugin itself can say what it does.
    pub(crate) fn parse(command: &str, arguments: &[String], variables: &BTreeMap<String, String>) -> Option<Self> {
        if variables.keys().any(|name| !KNOWN_VARIABLES.contains(&name.as_str())) {
            return None;
        }
        let (plugin, flags) = plugin(command, arguments)?;
        let mut request = Self { is_name: true, ..Self::default() };
        request.read_flags(plugin, &flags)?;
        let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        request.region = request.region.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"));
        request.profile = request.profile.or_else(|| variable("AWS_PROFILE")).or_else(|| variable("AWS_DEFAULT_PROFILE"));
        request.fips = variable("AWS_USE_FIPS_ENDPOINT").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        (!request.cluster_id.is_empty()).then_some(request)
    }

    /// Reads the flags; `None` on one that isn't known or has no value.
    fn read_flags(&mut self, plugin: Plugin, arguments: &[String]) -> Option<()> {
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let (flag, inline) = match argument.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (argument, None),
            };
            if plugin == Plugin::AwsCli && matches!(flag, "--no-cli-pager" | "--no-cli-auto-prompt") {
                continue;
            }
            let value = inline.or_else(|| arguments.next())?.to_owned();
            match (plugin, flag) {
                (Plugin::AwsCli, "--cluster-name") | (Plugin::Authenticator, "--cluster-id" | "-i") => self.cluster_id = value,
                // Of the AWS CLI this is the id of a local cluster on Outposts, and not its name.
                (Plugin::AwsCli, "--cluster-id") => (self.cluster_id, self.is_name) = (value, false),
                (Plugin::AwsCli, "--role-arn") | (Plugin::Authenticator, "--role" | "-r") => self.role_arn = Some(value),
                (Plugin::AwsCli, "--profile") => self.profile = Some(value),
                (_, "--region") => self.region = Some(value),
                (Plugin::AwsCli, "--output" | "--color" | "--cli-read-timeout" | "--cli-connect-timeout") => {}
                (Plugin::Authenticator, "--session-name" | "-s") => self.session_name = Some(value),
                (Plugin::Authenticator, "--external-id" | "-e") => self.external_id = Some(value),
                _ => return None,
            }
        }
        Some(())
    }
}

/// Which of the plugins a command is, and its flags. Those of the AWS CLI may stand before the subcommand too:
/// `aws --region R eks get-token ...` is what `aws eks update-kubeconfig` writes.
fn plugin(command: &str, arguments: &[String]) -> Option<(Plugin, Vec<String>)> {
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default();
    let (plugin, subcommand): (_, &[&str]) = match name.strip_suffix(".exe").unwrap_or(name) {
        "aws" => (Plugin::AwsCli, &["eks", "get-token"]),
        "aws-iam-authenticator" | "heptio-authenticator-aws" => (Plugin::Authenticator, &["token"]),
        _ => return None,
    };
    let at = arguments.windows(subcommand.len()).position(|words| words == subcommand)?;
    let (before, after) = (arguments.get(..at)?, arguments.get(at + subcommand.len()..)?);
    Some((plugin, [before, after].concat()))
}
