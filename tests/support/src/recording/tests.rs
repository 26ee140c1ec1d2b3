use super::*;
use crate::testing::{get, send};

#[test]
fn recordings_load_and_serve_their_namespace() {
    let all = Recording::all();
    assert!(all.len() > 100, "{}", all.len());
    let served = Recording::load("plain").serve();
    let namespace = &Recording::load("plain").scenario.namespace;
    let path = format!("/api/v1/namespaces/{namespace}/pods/app");
    served.kubernetes.require_token(Served::TOKEN);
    let token = [("Authorization", "Bearer k8s-aws-v1.example")];
    assert_eq!(send(&served.kubernetes.url(), "GET", &path, &token, "").status, 200);
    assert_eq!(get(&served.kubernetes.url(), &path).status, 401);
}

#[test]
fn every_recording_can_be_served() {
    for recording in Recording::all() {
        let served = recording.serve();
        assert_eq!(get(&served.kubernetes.url(), "/version").status, 200, "{}", recording.name);
        let common = served.kubernetes.get("v1", "Namespace", None, "kube-system");
        assert!(common.is_some(), "{}", recording.name);
    }
}

#[test]
fn the_command_sees_the_scenario_and_nothing_else() {
    let recording = Recording::load("cross-account-role");
    let served = recording.serve();
    let output = served.bare_command("/usr/bin/env").output().unwrap();
    let environment = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    for name in ["KUBECONFIG", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME", "TZ"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(!names.iter().any(|name| name.to_lowercase().ends_with("_proxy")), "{names:?}");
    let kubeconfig = std::fs::read_to_string(served.kubeconfig()).unwrap();
    assert!(kubeconfig.contains("name: arn:aws:eks:us-east-1:123456789012:cluster/my-cluster"));
    let credentials = std::fs::read_to_string(served.folder().path().join("aws-credentials")).unwrap();
    assert!(credentials.contains("[other]\naws_access_key_id = AKIAEXAM210987654321"));
    let arguments: Vec<_> = served.command("x").get_args().map(|arg| arg.to_str().unwrap().to_owned()).collect();
    assert_eq!(arguments, recording.scenario.command);
}

#[test]
fn an_unreachable_server_refuses() {
    let served = Recording::load("api-unreachable").serve();
    let kubeconfig = std::fs::read_to_string(served.kubeconfig()).unwrap();
    let address = kubeconfig.split("server: http://").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    let error = std::net::TcpStream::connect(address).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}
