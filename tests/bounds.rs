//! Hostile sizes: each run ends in time and in bounded memory, and says what it didn't read.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: it may fail loudly, and says what it measured"
)]

use irsa_doctor_test_support::generate::{Shape, cluster};
use irsa_doctor_test_support::{Document, Effect, Fault, Recording, Response, Served, wait_and_watch};
use serde_json::{Value, json};
use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What one run may need: a debug build on a loaded machine, beside servers that make the answers.
const IN_TIME: Duration = Duration::from_mins(3);

/// One run: its report, what it said beside, how it ended, and its memory in MiB.
struct Bounded {
    report: Value,
    size: usize,
    said: String,
    code: Option<i32>,
    peak: u64,
}

fn run(what: &str, served: &Served, args: &[&str]) -> Bounded {
    let folder = served.folder().path();
    let (out, err) = (folder.join("out"), folder.join("err"));
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(args).args(["-o", "json"]).stdin(Stdio::null());
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let begun = Instant::now();
    let (status, peak) = wait_and_watch(&mut command.spawn().unwrap());
    let took = begun.elapsed();
    let (text, said) = (std::fs::read_to_string(out).unwrap(), std::fs::read_to_string(err).unwrap());
    println!("{what}: {took:.1?}, {} MiB, {} KiB of JSON", peak / 1024, text.len() / 1024);
    assert!(took < IN_TIME, "{what}: {took:?}");
    let report = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(said.as_str()));
    Bounded { report, size: text.len(), said, code: status.code(), peak: peak / 1024 }
}

const POD: [&str; 4] = ["--pod", "app", "-n", "pay-68c46"];

/// The causes of its gaps.
fn causes(run: &Bounded) -> Vec<&str> {
    let gaps = run.report["targets"][0]["gaps"].as_array().into_iter().flatten();
    gaps.filter_map(|gap| gap["cause"].as_str()).collect()
}

#[test]
fn a_policy_of_ten_mebibytes() {
    let mut recording = Recording::load("plain");
    let role = &mut recording.accounts.accounts.get_mut("123456789012").unwrap().roles[0];
    let statement = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::my-bucket/*"},"#;
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}{{"Effect":"Allow","Action":"s3:*","Resource":"*"}}]}}"#,
        statement.repeat((10 << 20) / statement.len())
    );
    role.inline.insert("huge".to_owned(), Document::from(text.as_str()));
    let run = run("a policy of 10 MiB", &recording.serve(), &POD);
    assert_ne!(run.report["verdict"], "healthy", "{}", run.said);
    assert!(run.peak < 256 && run.size < 200 << 10, "{} MiB, {} bytes", run.peak, run.size);
    assert!(run.report.to_string().contains("131072") || run.report.to_string().contains("128 KiB"), "{:#}", run.report);
}

#[test]
fn a_trust_policy_that_is_nested_without_end() {
    let mut recording = Recording::load("plain");
    let role = &mut recording.accounts.accounts.get_mut("123456789012").unwrap().roles[0];
    let deep = format!(r#"{{"Version":"2012-10-17","Statement":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    role.trust = Document::from(deep.as_str());
    let run = run("a trust policy 20,000 deep", &recording.serve(), &POD);
    assert_ne!(run.report["verdict"], "healthy", "{}", run.said);
    assert!(run.peak < 256 && run.size < 400 << 10, "{} MiB, {} bytes", run.peak, run.size);
}

#[test]
fn an_object_that_is_nested_without_end() {
    let served = Recording::load("plain").serve();
    let deep = format!(
        r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"app","namespace":"pay-68c46"}},"spec":{{"affinity":{}{}}}}}"#,
        "[".repeat(500_000),
        "]".repeat(500_000)
    );
    served.kubernetes.set_faults(vec![Fault::new(
        "/api/v1/namespaces/pay-68c46/pods/app",
        Effect::Reply(Response::new(200, "application/json", deep)),
    )]);
    let run = run("a pod 500,000 deep", &served, &POD);
    assert_eq!((run.report["verdict"].as_str(), run.code), (Some("inconclusive"), Some(3)), "{}", run.said);
    assert!(causes(&run).contains(&"malformed"), "{:#}", run.report);
    assert!(run.peak < 256, "{} MiB", run.peak);
}

#[test]
fn a_pod_with_ten_thousand_variables() {
    let mut recording = Recording::load("plain");
    let pod = recording.objects.iter_mut().find(|object| object["kind"] == "Pod").unwrap();
    let env = pod["spec"]["containers"][0]["env"].as_array_mut().unwrap();
    env.extend((0..10_000).map(|n| json!({"name": format!("VARIABLE_{n}"), "value": "x".repeat(100)})));
    let run = run("10,000 variables", &recording.serve(), &POD);
    assert_eq!((run.report["verdict"].as_str(), run.code), (Some("healthy"), Some(0)), "{}", run.said);
    assert!(run.peak < 256 && run.size < 100 << 10, "{} MiB, {} bytes", run.peak, run.size);
}

#[test]
fn values_of_a_mebibyte() {
    let mut recording = Recording::load("plain");
    let long = "é".repeat(1 << 19);
    for object in &mut recording.objects {
        for place in ["annotations", "labels"] {
            if object["metadata"].is_object() {
                object["metadata"][place][format!("example.com/{place}")] = json!(long);
            }
        }
        if object["kind"] == "ServiceAccount" {
            object["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] =
                json!(format!("arn:aws:iam::123456789012:role/{long}"));
        }
    }
    let run = run("values of 1 MiB", &recording.serve(), &POD);
    assert_ne!(run.report["verdict"], "healthy", "{}", run.said);
    assert!(run.peak < 256 && run.size < 1 << 20, "{} MiB, {} bytes", run.peak, run.size);
}

#[test]
fn an_answer_without_end() {
    let served = Recording::load("plain").serve();
    let endless = Response::new(200, "text/xml", format!("<GetRoleResponse>{}", " ".repeat(200 << 20)));
    served.aws.set_faults(vec![Fault::new("iam:GetRole$", Effect::Reply(endless))]);
    let run = run("an answer of 200 MiB", &served, &POD);
    assert_eq!((run.report["verdict"].as_str(), run.code), (Some("inconclusive"), Some(3)), "{}", run.said);
    assert!(run.peak < 512, "{} MiB", run.peak);
}

#[test]
fn a_hundred_thousand_service_accounts() {
    let shape = Shape { pods: 200, service_accounts: 100_000, roles: 20, broken_percent: 10, deployments: false, seed: 3 };
    let generated = cluster(&shape);
    let run = run("100,000 service accounts", &generated.serve(), &["-A", "--timeout", "3m"]);
    assert_eq!((run.report["verdict"].as_str(), run.code), (Some("broken"), Some(1)), "{}", run.said);
    assert_eq!(run.report["targets"].as_array().unwrap().len(), 200);
    assert!(run.peak < 1024, "{} MiB", run.peak);
}
