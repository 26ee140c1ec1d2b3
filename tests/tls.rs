//! TLS that can't be trusted: no service is believed behind it, and nothing but the kubeconfig's own setting changes that.
//!
//! A handshake comes before any operation, so that each service that the allow-list knows is tried as a whole.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::{Recording, Served, Tls, TlsFront};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// With the limits below; a loaded machine is slow to start a program.
const IN_TIME: Duration = Duration::from_secs(20);

/// The services of all operations that `irsa-doctor permissions` allows, by the name of the variable of their endpoint.
fn services() -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(["permissions", "--cloudtrail", "--simulate", "-o", "json"]).env_clear().output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let statements = document["iam_policy"]["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().split_once(':').unwrap().0.to_owned()).collect()
}

/// What makes each service be asked.
fn asking(service: &str) -> Vec<String> {
    let here = "us-east-1:123456789012";
    let of = |action: &str, resource: String| vec!["--action".to_owned(), action.to_owned(), "--resource".to_owned(), resource];
    match service {
        "cloudtrail" => vec!["--cloudtrail=1".to_owned()],
        "s3" => of("s3:ListBucket", "arn:aws:s3:::my-bucket".to_owned()),
        "kms" => of("kms:Decrypt", format!("arn:aws:kms:{here}:key/1234abcd-12ab-34cd-56ef-1234567890ab")),
        "sqs" => of("sqs:SendMessage", format!("arn:aws:sqs:{here}:jobs")),
        "sns" => of("sns:Publish", format!("arn:aws:sns:{here}:news")),
        "secretsmanager" => of("secretsmanager:GetSecretValue", format!("arn:aws:secretsmanager:{here}:secret:db-a1b2c3")),
        "ecr" => of("ecr:BatchGetImage", format!("arn:aws:ecr:{here}:repository/app")),
        "lambda" => of("lambda:InvokeFunction", format!("arn:aws:lambda:{here}:function:app")),
        "iam" | "eks" | "sts" => Vec::new(),
        other => panic!("nothing here asks {other}"),
    }
}

fn command(served: &Served) -> Command {
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(["--pod", "app", "-n", "pay-68c46", "-o", "json"]);
    command.stdin(Stdio::null());
    command
}

/// Limits that a test can wait for; without them a loaded machine has time enough for what succeeds.
const IMPATIENT: [&str; 4] = ["--call-timeout", "1s", "--timeout", "10s"];

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The kubeconfig with this URL, and these settings of the cluster.
fn kubeconfig(served: &Served, url: &str, settings: &str) {
    let text = std::fs::read_to_string(served.kubeconfig()).unwrap();
    let with = text.replace(&format!("server: {}", served.kubernetes.url()), &format!("server: {url}{settings}"));
    assert_ne!(text, with);
    served.folder().write("kubeconfig", &with);
}

fn errors(report: &Value) -> BTreeSet<String> {
    let findings = report["targets"][0]["findings"].as_array().into_iter().flatten();
    findings.filter(|finding| finding["severity"] == "error").map(|finding| finding["fault"].to_string()).collect()
}

/// What hangs on a service is unknown, in time, with a gap; and no fault is made of it, beside those of a run in which
/// nothing fails.
fn assert_not_believed(output: &Output, took: Duration, decides: bool, known: &BTreeSet<String>, what: &str) {
    let report = report(output);
    assert!(took < IN_TIME, "{what}: {took:?}");
    assert!(errors(&report).is_subset(known), "{what}: invented: {:?}", errors(&report));
    if report["error"].is_object() {
        assert_eq!(output.status.code(), Some(4), "{what}: {report:#}");
        return;
    }
    let gaps = report["targets"][0]["gaps"].as_array().unwrap();
    assert!(!gaps.is_empty(), "{what}: {report:#}");
    if decides {
        assert_eq!((report["verdict"].as_str(), output.status.code()), (Some("inconclusive"), Some(3)), "{what}: {report:#}");
    }
}

#[test]
fn an_api_server_that_cannot_be_trusted_is_not_believed() {
    for tls in Tls::BAD {
        let served = Recording::load("plain").serve();
        let front = TlsFront::start(&served.kubernetes, tls);
        let folder = served.folder();
        let authority = folder.write("ca.pem", front.authority());
        kubeconfig(&served, &front.url(), &format!("\n    certificate-authority: {}", authority.display()));
        let started = Instant::now();
        let output = command(&served).args(IMPATIENT).output().unwrap();
        assert_not_believed(&output, started.elapsed(), true, &BTreeSet::new(), &format!("{tls:?}"));
        let (good, nothing) = (served.kubernetes.requests().len(), 0);
        assert_eq!(good, nothing, "{tls:?}: a request was sent before the server was known");
    }
}

#[test]
fn an_aws_service_that_cannot_be_trusted_is_not_believed() {
    let services = services();
    assert!(services.len() > 8, "{services:?}");
    std::thread::scope(|scope| {
        for service in &services {
            scope.spawn(move || {
                let served = Recording::load("plain").serve();
                let known = errors(&report(&command(&served).args(asking(service)).output().unwrap()));
                for tls in Tls::BAD {
                    let served = Recording::load("plain").serve();
                    let front = TlsFront::start(&served.aws, tls);
                    let authority = served.folder().write("ca.pem", front.authority());
                    let started = Instant::now();
                    let mut command = command(&served);
                    command.args(asking(service)).args(IMPATIENT).env("SSL_CERT_FILE", authority);
                    command.env(
                        format!("AWS_ENDPOINT_URL_{}", service.replace("secretsmanager", "secrets_manager").to_uppercase()),
                        front.url(),
                    );
                    let output = command.output().unwrap();
                    assert_not_believed(&output, started.elapsed(), service == "iam", &known, &format!("{service}, {tls:?}"));
                    let asked = served.aws.operations();
                    assert!(
                        !asked.iter().any(|operation| operation.starts_with(&format!("{service}:"))),
                        "{service}, {tls:?}: {asked:?}"
                    );
                }
            });
        }
    });
}

#[test]
fn tls_that_is_good_is_believed() {
    let served = Recording::load("plain").serve();
    let (kubernetes, aws) = (TlsFront::start(&served.kubernetes, Tls::Good), TlsFront::start(&served.aws, Tls::Good));
    let authority = served.folder().write("ca.pem", kubernetes.authority());
    let of_aws = served.folder().write("aws-ca.pem", aws.authority());
    kubeconfig(&served, &kubernetes.url(), &format!("\n    certificate-authority: {}", authority.display()));
    let output = command(&served).env("AWS_ENDPOINT_URL", aws.url()).env("SSL_CERT_FILE", of_aws).output().unwrap();
    let report = report(&output);
    assert_eq!((report["verdict"].as_str(), output.status.code()), (Some("healthy"), Some(0)), "{report:#}");
    assert!(!served.kubernetes.requests().is_empty() && !served.aws.requests().is_empty());
}

#[test]
fn only_the_kubeconfigs_own_setting_switches_verification_off_and_a_note_says_so() {
    for tls in [Tls::UnknownAuthority, Tls::OtherName, Tls::Expired] {
        let served = Recording::load("plain").serve();
        let front = TlsFront::start(&served.kubernetes, tls);
        kubeconfig(&served, &front.url(), "\n    insecure-skip-tls-verify: true");
        let output = command(&served).output().unwrap();
        let report = report(&output);
        assert_eq!((report["verdict"].as_str(), output.status.code()), (Some("healthy"), Some(0)), "{tls:?}: {report:#}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("insecure-skip-tls-verify"), "{stderr}");
        // It doesn't reach AWS.
        let aws = TlsFront::start(&served.aws, tls);
        let output = command(&served).env("AWS_ENDPOINT_URL", aws.url()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{tls:?}");
    }
}
