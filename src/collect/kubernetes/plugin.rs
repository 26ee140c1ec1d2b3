//! Runs a kubeconfig's exec plugin, once.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>
//!
//! Neither what it prints nor what it complains about is ever shown: both may hold a token.

use super::error::ConnectError;
use super::login::LoginProblem;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// The most that is read of either of a plugin's outputs.
const MOST_OUTPUT: u64 = 1 << 20;

/// A plugin, as a kubeconfig names it.
#[derive(Clone)]
pub(super) struct Plugin {
    /// The user's entry.
    pub(super) user: String,
    /// The command.
    pub(super) command: String,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// Variables on top of our own environment's.
    pub(super) variables: BTreeMap<String, String>,
    /// What it is told: `KUBERNETES_EXEC_INFO`.
    pub(super) info: String,
    /// The AWS profile that it uses, for messages.
    pub(super) profile: Option<String>,
}

/// What a plugin gives: a token, or a client certificate with its key (PEM).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Credential {
    /// A bearer token.
    pub(super) token: Option<String>,
    /// A client certificate.
    pub(super) client_certificate_data: Option<String>,
    /// The certificate's key.
    pub(super) client_key_data: Option<String>,
}

/// What a plugin prints.
#[derive(Deserialize)]
struct ExecCredential {
    kind: String,
    status: Credential,
}

impl Plugin {
    /// Runs the plugin.
    ///
    /// # Errors
    /// Where it can't be run, fails, prints no credential, or doesn't end in time; it is then ended with all
    /// that it started.
    pub(super) async fn run(&self, allowed: Duration) -> Result<Credential, ConnectError> {
        let mut command = Command::new(&self.command);
        command
            .args(&self.arguments)
            .envs(&self.variables)
            .env("KUBERNETES_EXEC_INFO", &self.info)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| self.not_started(&error))?;
        let mut group = Group(child);
        let outcome = tokio::time::timeout(allowed, group.outputs()).await;
        let (status, stdout, stderr) = match outcome {
            Ok(Ok(outputs)) => outputs,
            Ok(Err(error)) => return Err(self.not_started(&error)),
            Err(_) => {
                let (user, command) = self.names();
                return Err(ConnectError::PluginTimedOut { user, command, seconds: allowed.as_secs() });
            }
        };
        if !status.success() {
            return Err(self.failed(status, &stderr));
        }
        self.read(&stdout)
    }

    /// Reads what it printed.
    fn read(&self, stdout: &[u8]) -> Result<Credential, ConnectError> {
        let garbage = || {
            let (user, command) = self.names();
            ConnectError::PluginGarbage { user, command }
        };
        let printed: ExecCredential = serde_json::from_slice(stdout).map_err(|_| garbage())?;
        let credential = printed.status;
        let token = credential.token.as_deref().is_some_and(|token| !token.trim().is_empty());
        let certificate = credential.client_certificate_data.is_some() && credential.client_key_data.is_some();
        if printed.kind == "ExecCredential" && (token || certificate) { Ok(credential) } else { Err(garbage()) }
    }

    /// It couldn't be run.
    fn not_started(&self, error: &std::io::Error) -> ConnectError {
        let (user, command) = self.names();
        if error.kind() == std::io::ErrorKind::NotFound {
            ConnectError::PluginNotFound { user, command }
        } else {
            ConnectError::PluginNotRun { user, command, reason: error.kind().to_string() }
        }
    }

    /// It ran and failed.
    fn failed(&self, status: std::process::ExitStatus, stderr: &[u8]) -> ConnectError {
        let (user, command) = self.names();
        match LoginProblem::recognise(&String::from_utf8_lossy(stderr)) {
            Some(problem) => ConnectError::PluginCredentials { user, command, problem, profile: self.profile.clone() },
            None => ConnectError::PluginFailed { user, command, status: status.to_string() },
        }
    }

    /// For messages.
    fn names(&self) -> (String, String) {
        (self.user.clone(), self.command.clone())
    }
}

/// A plugin that runs, with all that it started: they end when this is dropped.
struct Group(Child);

impl Group {
    /// Waits for the end, reading both outputs meanwhile.
    async fn outputs(&mut self) -> std::io::Result<(std::process::ExitStatus, Vec<u8>, Vec<u8>)> {
        let (stdout, stderr) = (self.0.stdout.take(), self.0.stderr.take());
        let (stdout, stderr) = tokio::try_join!(read(stdout), read(stderr))?;
        Ok((self.0.wait().await?, stdout, stderr))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            // It may just have ended by itself: then there is nothing to do.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

/// Reads an output to its end, and keeps the beginning.
async fn read(output: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    if let Some(output) = output {
        let mut output = output.take(MOST_OUTPUT);
        output.read_to_end(&mut kept).await?;
        // The pipe stays drained, so that a talkative plugin can end.
        tokio::io::copy(&mut output.into_inner(), &mut tokio::io::sink()).await?;
    }
    Ok(kept)
}
