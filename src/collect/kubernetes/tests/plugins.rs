//! Exec plugins: shell scripts that work, hang, print garbage, aren't there, tell secrets.

use super::*;
use crate::collect::kubernetes::ConnectError;
use std::time::Instant;

/// Opens a connection whose plugin is this script.
async fn run(script: &str, server: &str) -> (Result<Api, ConnectError>, TempDir) {
    let folder = TempDir::new();
    folder.program("login", &format!("#!/bin/sh\ncd \"{}\"\n{script}\n", folder.path().display()));
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [one, two], provideClusterInfo: true, \
                interactiveMode: Never, env: [{name: MINE, value: hunter2}, {name: AWS_PROFILE, value: dev}]}}";
    let connection = Connection::load(&options(folder.write("config", &kubeconfig(server, user)))).unwrap();
    assert!(connection.has_plugin() && connection.token_request().is_none());
    (connection.open(None, LIMITS).await, folder)
}

/// The error of a plugin; it tells no secret.
async fn failure(script: &str) -> ConnectError {
    let error = run(script, "http://127.0.0.1:1").await.0.err().unwrap_or_else(|| panic!("{script}"));
    let all = format!("{error} {} {error:?} {:?}", error.help(), error.gap());
    assert!(!all.contains("hunter2"), "{all}");
    error
}

#[tokio::test]
async fn one_that_works_is_run_once() {
    let server = KubernetesApi::start([pod("shop", "api-0")]);
    server.require_token("t0ken");
    let script = r#"echo "$@ $MINE" >>runs; echo "$KUBERNETES_EXEC_INFO" >info; echo chatter >&2
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t0ken"}}'"#;
    let (api, folder) = run(script, &server.url()).await;
    let api = api.unwrap();
    let (first, second) = tokio::join!(api.pod("shop", "api-0"), api.pod("shop", "api-0"));
    assert!(first.is_present() && second.is_present());
    let runs = std::fs::read_to_string(folder.path().join("runs")).unwrap();
    assert_eq!(runs, "one two hunter2\n");
    let info: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("info")).unwrap()).unwrap();
    assert_eq!(info["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(info["spec"]["cluster"]["server"], json!(server.url()));
}

#[tokio::test]
async fn one_that_hangs_is_ended_with_all_that_it_started() {
    let began = Instant::now();
    let (outcome, folder) = run("sleep 60 & echo $! >child; wait", "http://127.0.0.1:1").await;
    assert!(matches!(outcome.err(), Some(ConnectError::PluginTimedOut { seconds: 2, .. })));
    assert!(began.elapsed() < Duration::from_secs(4));
    let child = std::fs::read_to_string(folder.path().join("child")).unwrap();
    let status = format!("/proc/{}/stat", child.trim());
    for _ in 0..50 {
        // A process that was killed may stay as a zombie until somebody asks for it.
        match std::fs::read_to_string(&status) {
            Ok(text) if !text.contains(") Z ") => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(_) | Err(_) => return,
        }
    }
    panic!("the plugin's child still runs");
}

#[tokio::test]
async fn one_that_leaves_a_child_with_its_output_is_ended_too() {
    let began = Instant::now();
    let error = failure("sleep 60 & echo hunter2; exit 0").await;
    assert!(matches!(error, ConnectError::PluginTimedOut { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn one_that_prints_garbage() {
    for script in [
        "echo hunter2",
        "true",
        "echo '{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"\",\"x\":\"hunter2\"}}'",
        "echo '{\"kind\":\"Secret\",\"status\":{\"token\":\"hunter2\"}}'",
        "echo '{\"kind\":\"ExecCredential\"}'",
        "head -c 3000000 /dev/zero",
        "printf '\\377\\376hunter2'",
    ] {
        let error = failure(script).await;
        assert!(matches!(error, ConnectError::PluginGarbage { .. }), "{script}: {error}");
        assert_eq!(error.gap().cause, GapCause::Malformed);
    }
}

#[tokio::test]
async fn one_that_fails_tells_no_secret() {
    let error = failure("echo 'token hunter2 refused' >&2; echo hunter2; exit 3").await;
    assert!(matches!(error, ConnectError::PluginFailed { .. }), "{error}");
    assert!(error.to_string().contains("exit status: 3"), "{error}");
}

#[tokio::test]
async fn one_whose_login_has_expired() {
    let said = "Error when retrieving token from sso: Token has expired and refresh failed";
    let error = failure(&format!("echo '{said} hunter2' >&2; exit 255")).await;
    assert_eq!(error.help(), "run `aws sso login --profile dev`");
    assert_eq!(error.gap().cause, GapCause::InvalidCredentials);
    let error =
        failure("echo 'Unable to locate credentials. You can configure credentials by running \"aws configure\".' >&2; exit 253")
            .await;
    assert_eq!(error.gap().cause, GapCause::NoCredentials);
    let error = failure("echo 'The config profile (dev) could not be found' >&2; exit 255").await;
    assert!(error.to_string().contains("did not find the AWS profile"), "{error}");
}

#[tokio::test]
async fn one_that_is_not_there_or_cannot_be_run() {
    let folder = TempDir::new();
    let plain = folder.write("plain", "no program");
    for (command, missing) in [("no-such-login-plugin", true), ("./gone", true), ("./plain", false)] {
        let text = kubeconfig("http://127.0.0.1:1", &format!("{{exec: {{command: {command}}}}}"));
        let connection = Connection::load(&options(folder.write("config", &text))).unwrap();
        let error = connection.open(None, LIMITS).await.err().unwrap();
        assert_eq!(matches!(error, ConnectError::PluginNotFound { .. }), missing, "{error}");
    }
    assert!(plain.exists());
}
