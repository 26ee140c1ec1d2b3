//! Ways into a cluster without the AWS CLI: the kubeconfig's `aws eks get-token` made here, and no kubeconfig at all.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: it may fail loudly")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use irsa_doctor_test_support::{Recording, Served};
use serde_json::json;
use std::process::{Command, Output};

/// A kubeconfig as `aws eks update-kubeconfig` writes it.
fn kubeconfig(served: &Served) -> String {
    let url = served.kubernetes.url();
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster";
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {arn}\n\
         clusters: [{{name: '{arn}', cluster: {{server: '{url}'}}}}]\n\
         contexts: [{{name: '{arn}', context: {{cluster: '{arn}', user: '{arn}'}}}}]\n\
         users:\n- name: {arn}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: aws\n      \
         args: [--region, us-east-1, eks, get-token, --cluster-name, my-cluster, --output, json]\n"
    )
}

/// A healthy pod's run, in which nothing but `path` is searched for programs.
fn command(served: &Served, path: &str) -> Command {
    let mut command = served.command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.env("PATH", path);
    command
}

/// The bearer token of the first request for a pod.
fn bearer(served: &Served) -> String {
    let pod = served.kubernetes.requests().into_iter().find(|logged| logged.operation.contains("/pods/")).unwrap();
    pod.request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned()
}

/// The URL in a native token.
fn presigned(token: &str) -> String {
    let encoded = token.strip_prefix("k8s-aws-v1.").unwrap_or_else(|| panic!("{token}"));
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

fn healthy(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_token_is_made_without_the_aws_cli() {
    let served = Recording::load("plain").serve();
    let file = served.folder().write("exec", &kubeconfig(&served));
    healthy(&command(&served, "/nowhere").env("KUBECONFIG", file).output().unwrap());
    let url = presigned(&bearer(&served));
    for part in ["https://sts.us-east-1.amazonaws.com/", "Action=GetCallerIdentity", "x-k8s-aws-id", "X-Amz-Expires=60"] {
        assert!(url.contains(part), "{part} in {url}");
    }
}

#[test]
fn the_plugin_runs_where_that_is_asked_for() {
    let served = Recording::load("plain").serve();
    let file = served.folder().write("exec", &kubeconfig(&served));
    let status =
        r#"{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"of-the-plugin"}}"#;
    served.folder().program("aws", &format!("#!/bin/sh\necho '{status}'\n"));
    let path = served.folder().path().display().to_string();
    healthy(&command(&served, &path).env("KUBECONFIG", file).arg("--no-native-token").output().unwrap());
    assert_eq!(bearer(&served), "of-the-plugin");
}

#[test]
fn a_clusters_name_is_enough_without_a_kubeconfig() {
    let mut recording = Recording::load("plain");
    let authority = recording.webhook.iter().find_map(|object| object["webhooks"][0]["clientConfig"]["caBundle"].as_str());
    let authority = json!({"data": authority.unwrap()});
    recording.scenario.describe_cluster.insert("certificateAuthority".to_owned(), authority);
    let served = recording.serve();
    let mut command = command(&served, "/nowhere");
    let output = command.env_remove("KUBECONFIG").args(["--cluster", "my-cluster", "--region", "us-east-1"]).output().unwrap();
    healthy(&output);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("no kubeconfig: the cluster's address comes from eks:DescribeCluster")
    );
    assert!(presigned(&bearer(&served)).contains("Action=GetCallerIdentity"));
}
