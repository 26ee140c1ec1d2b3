//! Why there is no connection to a cluster.

use super::login::{LoginProblem, login_help};
use irsa_doctor_checks::snapshot::{Gap, GapCause};

/// There is no way to ask a cluster. None of these shows what stands in a kubeconfig besides names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// No kubeconfig, and not in a pod.
    #[error("no kubeconfig found (looked for {}), and this is not a pod of a cluster", quoted(.looked))]
    NoKubeconfig {
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// A kubeconfig that can't be read.
    #[error("kubeconfig `{path}` can't be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
    /// A kubeconfig that isn't one.
    #[error("`{path}` is not a kubeconfig: {}", position(*.line))]
    NotAKubeconfig {
        /// The file.
        path: String,
        /// The line at which reading stopped, where it is known.
        line: Option<u64>,
    },
    /// Kubeconfigs without a single context.
    #[error("kubeconfig {} has no contexts", quoted(.paths))]
    Empty {
        /// The files.
        paths: Vec<String>,
    },
    /// No current context, and none was given.
    #[error("the kubeconfig has no current context")]
    NoCurrentContext {
        /// The contexts there are.
        contexts: Vec<String>,
    },
    /// A context that isn't there.
    #[error("context `{name}` is not in the kubeconfig")]
    UnknownContext {
        /// The context.
        name: String,
        /// The nearest names that are there.
        nearest: Vec<String>,
    },
    /// No context is one of the cluster that `--cluster` names, but one of another cluster is current.
    #[error("no context of the kubeconfig is one of the EKS cluster `{cluster}` (the current one, `{context}`, is of `{other}`)")]
    OtherCluster {
        /// The cluster that was asked for.
        cluster: String,
        /// The current context.
        context: String,
        /// Its cluster.
        other: String,
    },
    /// A context that names a cluster that isn't there.
    #[error("context `{context}` names cluster `{cluster}`, which is not in the kubeconfig")]
    MissingCluster {
        /// The context.
        context: String,
        /// The cluster's entry.
        cluster: String,
    },
    /// A context that names a user that isn't there.
    #[error("context `{context}` names user `{user}`, which is not in the kubeconfig")]
    MissingUser {
        /// The context.
        context: String,
        /// The user's entry.
        user: String,
    },
    /// An entry that can't be used.
    #[error("{what} of cluster `{cluster}` {problem}")]
    BadCluster {
        /// The cluster's entry.
        cluster: String,
        /// Which part of it: `the server`, `the CA`.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A user that can't be used.
    #[error("{what} of user `{user}` {problem}")]
    BadUser {
        /// The user's entry.
        user: String,
        /// Which part of it: `the client certificate`, `the token file`.
        what: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A way to log in that we don't have.
    #[error("user `{user}` logs in by the auth provider `{provider}`, which is not supported")]
    AuthProvider {
        /// The user's entry.
        user: String,
        /// The provider.
        provider: String,
    },
    /// A proxy's address that isn't one.
    #[error("the proxy in {0} is not a URL that can be used")]
    BadProxy(&'static str),
    /// The exec plugin isn't there.
    #[error("the credential plugin `{command}` of user `{user}` was not found")]
    PluginNotFound {
        /// The user's entry.
        user: String,
        /// The command.
        command: String,
    },
    /// The exec plugin couldn't be started.
    #[error("the credential plugin `{command}` of user `{user}` could not be run: {reason}")]
    PluginNotRun {
        /// The user's entry.
        user: String,
        /// The command.
        command: String,
        /// The operating system's reason.
        reason: String,
    },
    /// The exec plugin didn't end in time.
    #[error("the credential plugin `{command}` of user `{user}` gave no answer in {seconds} s")]
    PluginTimedOut {
        /// The user's entry.
        user: String,
        /// The command.
        command: String,
        /// How long it had.
        seconds: u64,
    },
    /// The exec plugin failed, and said nothing that is known.
    #[error("the credential plugin `{command}` of user `{user}` failed ({status})")]
    PluginFailed {
        /// The user's entry.
        user: String,
        /// The command.
        command: String,
        /// Its exit status.
        status: String,
    },
    /// The exec plugin failed for want of good AWS credentials.
    #[error("the credential plugin `{command}` of user `{user}` failed: {}", .problem.sentence())]
    PluginCredentials {
        /// The user's entry.
        user: String,
        /// The command.
        command: String,
        /// What it complained about.
        problem: LoginProblem,
        /// The AWS profile that it uses, where one is named.
        profile: Option<String>,
    },
    /// The exec plugin printed something else than a credential.
    #[error("the credential plugin `{command}` of user `{user}` printed no ExecCredential with a token")]
    PluginGarbage {
        /// The user's entry.
        user: String,
        /// The command.
        command: String,
    },
}

impl ConnectError {
    /// From kube's refusal to make a client, without its words: they may show what stands in the kubeconfig.
    pub(super) fn of_client(error: &kube::Error, user: &str) -> Self {
        use kube::config::KubeconfigError as Config;
        let (what, problem) = match error {
            kube::Error::InferKubeconfig(Config::LoadClientCertificate(_)) => ("the client certificate", "can't be read"),
            kube::Error::InferKubeconfig(Config::LoadClientKey(_)) => ("the client key", "can't be read"),
            kube::Error::RustlsTls(_) => ("the client certificate, or the cluster's CA,", "can't be used for TLS"),
            kube::Error::Auth(_) => ("the token, password or token file", "can't be used"),
            kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
                return Self::BadProxy("the kubeconfig or the environment");
            }
            _ => ("the entry", "can't be used"),
        };
        Self::BadUser { user: user.to_owned(), what, problem }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::NoKubeconfig { .. } => {
                "give --kubeconfig FILE, or --cluster NAME --region REGION for an EKS cluster (or run `aws eks update-kubeconfig --name NAME`)".to_owned()
            }
            Self::Unreadable { .. } => "check that the file is there and that you may read it".to_owned(),
            Self::NotAKubeconfig { .. } => "mend the file, or give another one with --kubeconfig FILE".to_owned(),
            Self::Empty { .. } => "run `aws eks update-kubeconfig --name NAME --region REGION`, or give --kubeconfig FILE".to_owned(),
            Self::NoCurrentContext { contexts } => format!("give --context NAME; there are {}", quoted(contexts)),
            Self::UnknownContext { nearest, .. } if nearest.is_empty() => "`kubectl config get-contexts` lists them".to_owned(),
            Self::UnknownContext { nearest, .. } => format!("did you mean {}?", quoted(nearest)),
            Self::OtherCluster { cluster, .. } => {
                format!("give --context NAME, or run `aws eks update-kubeconfig --name {cluster}`")
            }
            Self::MissingCluster { .. } | Self::MissingUser { .. } | Self::BadCluster { .. } | Self::BadUser { .. } => {
                "mend the kubeconfig's entry, or give another context with --context NAME".to_owned()
            }
            Self::AuthProvider { .. } => "use an exec plugin or a token in its place (kubectl dropped auth providers in 1.26)".to_owned(),
            Self::BadProxy(_) => "it should look like http://proxy.example.com:3128".to_owned(),
            Self::PluginNotFound { command, .. } => format!("install `{command}`, or put it on the PATH"),
            Self::PluginNotRun { .. } | Self::PluginFailed { .. } | Self::PluginGarbage { .. } => {
                "run the kubeconfig's exec command by hand to see what it says".to_owned()
            }
            Self::PluginTimedOut { .. } => "run it by hand: it may wait for a login or for the network; --call-timeout gives it longer".to_owned(),
            Self::PluginCredentials { problem, profile, .. } => login_help(*problem, profile.as_deref()),
        }
    }

    /// The same as a gap, where the rest of a run goes on without the cluster.
    pub(crate) fn gap(&self) -> Gap {
        Gap::new("connect to the cluster", self.cause()).detail(self.to_string()).remedy(self.help())
    }

    /// The cause that a gap would have.
    fn cause(&self) -> GapCause {
        match self {
            Self::PluginTimedOut { .. } => GapCause::TimedOut,
            Self::PluginCredentials { problem, .. } => match problem {
                LoginProblem::SsoExpired | LoginProblem::LoginExpired | LoginProblem::Expired => GapCause::InvalidCredentials,
                LoginProblem::AssumeRoleDenied => GapCause::Denied,
                LoginProblem::NoCredentials | LoginProblem::NoProfile => GapCause::NoCredentials,
            },
            Self::NotAKubeconfig { .. } | Self::BadCluster { .. } | Self::BadProxy(_) | Self::PluginGarbage { .. } => {
                GapCause::Malformed
            }
            _ => GapCause::NoCredentials,
        }
    }

    /// Whether nothing names a cluster at all, as opposed to a cluster that is named and can't be used.
    pub(crate) fn is_no_cluster(&self) -> bool {
        matches!(self, Self::NoKubeconfig { .. } | Self::Empty { .. } | Self::OtherCluster { .. })
    }
}

/// "at line 3".
fn position(line: Option<u64>) -> String {
    line.map_or_else(|| "it can't be read as YAML".to_owned(), |line| format!("it can't be read from line {line} on"))
}

/// Names in backticks, at most ten.
fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(10).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}
