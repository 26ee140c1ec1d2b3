//! A scenario that runs: both servers, the configuration files, a command with a clean environment.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{ApiServer, Recording};
use crate::aws::{Accounts, AwsApi, Cluster};
use crate::kubernetes::KubernetesApi;
use crate::temp::TempDir;

/// The account of every recorded cluster.
const CLUSTER_ACCOUNT: &str = "123456789012";

/// A running scenario. Dropping it stops the servers, which panics if the program tried to write.
#[derive(Debug)]
pub struct Served {
    /// The Kubernetes API.
    pub kubernetes: KubernetesApi,
    /// IAM, STS and EKS.
    pub aws: AwsApi,
    arguments: Vec<String>,
    folder: TempDir,
    aws_url: String,
}

impl Served {
    /// The bearer token of the kubeconfig's user. It is not asked for unless a test says so
    /// ([`KubernetesApi::require_token`]): kubectl sends no token over plain HTTP.
    pub const TOKEN: &'static str = "k8s-aws-v1.example";

    pub(crate) fn start(recording: &Recording) -> Self {
        let scenario = &recording.scenario;
        let mut cluster = Cluster::new(&scenario.issuer);
        cluster.name.clone_from(&scenario.cluster);
        CLUSTER_ACCOUNT.clone_into(&mut cluster.account);
        cluster.region.clone_from(&scenario.region);
        cluster.partition.clone_from(&scenario.partition);
        cluster.extra.clone_from(&scenario.describe_cluster);
        // EKS and the API server agree about it.
        if let Some(version) = &scenario.kubernetes.version {
            let number = |part: &str| version[part].as_str().unwrap_or_default().trim_end_matches('+').to_owned();
            cluster.extra.entry("version").or_insert_with(|| format!("{}.{}", number("major"), number("minor")).into());
        }
        let mut served = Self::with(recording.cluster_objects(), &recording.accounts, cluster, scenario.api_server);
        served.arguments.clone_from(&scenario.command);
        let kubernetes = &served.kubernetes;
        kubernetes.set_faults(recording.kubernetes_faults());
        kubernetes.hide(&[scenario.hide.as_slice(), &scenario.kubernetes.hide].concat());
        if let Some(version) = &scenario.kubernetes.version {
            kubernetes.set_version(version);
        }
        served.aws.set_faults(recording.aws_faults());
        served
    }

    /// Serves any cluster and accounts. The cluster's endpoint becomes the stand-in's URL.
    pub fn with(
        objects: impl IntoIterator<Item = Value>,
        accounts: &Accounts,
        mut cluster: Cluster,
        api_server: ApiServer,
    ) -> Self {
        let kubernetes = KubernetesApi::start_in(&cluster.partition, objects);
        kubernetes.set_issuer(&cluster.issuer);
        cluster.endpoint = match api_server {
            ApiServer::Ok => kubernetes.url(),
            ApiServer::Unreachable => refused_url(),
        };
        let folder = TempDir::new();
        folder.write("kubeconfig", &kubeconfig(&cluster));
        folder.write("aws-config", &aws_config(&cluster.region));
        folder.write("aws-credentials", &aws_credentials(&cluster.account, accounts));
        let aws = AwsApi::start(accounts, cluster);
        let aws_url = aws.url();
        Self { kubernetes, aws, arguments: Vec::new(), folder, aws_url }
    }

    /// The recorded command for the program at `binary`, with the environment of [`Served::bare_command`].
    pub fn command(&self, binary: impl AsRef<Path>) -> Command {
        let mut command = self.bare_command(binary);
        command.args(&self.arguments);
        command
    }

    /// The program without arguments, in an environment in which nothing but this scenario exists.
    pub fn bare_command(&self, binary: impl AsRef<Path>) -> Command {
        let mut command = Command::new(binary.as_ref());
        command.env_clear();
        for inherited in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        command.current_dir(self.folder.path());
        command.envs([
            ("HOME", self.folder.path().to_path_buf()),
            ("KUBECONFIG", self.kubeconfig()),
            ("AWS_CONFIG_FILE", self.folder.path().join("aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE", self.folder.path().join("aws-credentials")),
        ]);
        command.envs([
            ("AWS_ENDPOINT_URL", self.aws_url.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("TZ", "UTC".to_owned()),
        ]);
        command
    }

    /// Lets the servers be written to, for a test that applies the printed fixes.
    pub fn allow_writes(&self) {
        self.kubernetes.allow_writes();
        self.aws.allow_writes();
    }

    /// Lets the commands ask another stand-in for AWS.
    pub fn use_aws_at(&mut self, url: String) {
        self.aws_url = url;
    }

    /// Lets EKS do what it does by itself: the add-on of the Pod Identity agent brings its pods.
    pub fn settle(&self) {
        if self.aws.has_addon("eks-pod-identity-agent") {
            self.kubernetes.add_agent();
        }
    }

    /// Makes the pods of a namespace anew, as controllers and webhook would with the service accounts and the
    /// associations of now.
    pub fn recreate_pods(&self, namespace: &str) {
        self.kubernetes.recreate_pods(namespace, &self.aws.associated(namespace));
    }

    /// Where the kubeconfig is.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The folder of the configuration files; the program runs in it.
    pub fn folder(&self) -> &TempDir {
        &self.folder
    }
}

/// A URL whose port refuses connections: it was free a moment ago.
fn refused_url() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
    let address = listener.local_addr().expect("the address of a bound socket");
    format!("http://{address}")
}

/// As `aws eks update-kubeconfig` writes it, but with a token in place of the exec entry.
fn kubeconfig(cluster: &Cluster) -> String {
    let server = &cluster.endpoint;
    let arn = cluster.arn();
    let token = Served::TOKEN;
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: {arn}
  cluster:
    server: {server}
contexts:
- name: {arn}
  context:
    cluster: {arn}
    user: {arn}
current-context: {arn}
preferences: {{}}
users:
- name: {arn}
  user:
    token: {token}
"
    )
}

fn aws_config(region: &str) -> String {
    format!("[default]\nregion = {region}\n\n[profile other]\nregion = {region}\n")
}

/// `default` is of the cluster's account, `other` of another one, if there is one.
fn aws_credentials(own: &str, accounts: &Accounts) -> String {
    let other = accounts.accounts.keys().find(|account| *account != own).map_or(own, String::as_str);
    let profile = |name: &str, account: &str| {
        format!(
            "[{name}]\naws_access_key_id = {}\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
            AwsApi::access_key(account)
        )
    };
    format!("{}\n{}", profile("default", own), profile("other", other))
}
