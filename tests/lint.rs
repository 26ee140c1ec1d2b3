//! `irsa-doctor lint`: manifests, policies, plans and templates before they are deployed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test: it may fail loudly")]

use irsa_doctor_test_support::TempDir;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[path = "lint/bad_input.rs"]
mod bad_input;
#[path = "lint/by_hand.rs"]
mod by_hand;
#[path = "lint/known_later.rs"]
mod known_later;
#[path = "lint/misuses.rs"]
mod misuses;
#[path = "lint/refused.rs"]
mod refused;
#[path = "lint/sources.rs"]
mod sources;

const ISSUER: &str = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

/// A kept file.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint").join(name)
}

fn lint_with(folder: &Path, args: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.arg("lint").args(args).env_clear().env("LANG", "C.UTF-8").current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn lint(args: &[&str]) -> Output {
    lint_with(&kept(""), args, "")
}

fn report_of(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// The report and the exit code.
fn json(args: &[&str]) -> (Value, Option<i32>) {
    let output = lint(&[args, &["-o", "json"]].concat());
    (report_of(&output), output.status.code())
}

fn faults(report: &Value) -> Vec<&str> {
    let findings = report["targets"].as_array().unwrap().iter().flat_map(|target| target["findings"].as_array().unwrap());
    findings.map(|finding| finding["fault"].as_str().unwrap()).collect()
}

/// The place in a file of the first finding of a fault.
fn place<'r>(report: &'r Value, fault: &str) -> &'r Value {
    let mut findings = report["targets"].as_array().unwrap().iter().flat_map(|target| target["findings"].as_array().unwrap());
    let found = findings.find(|finding| finding["fault"] == fault);
    &found.unwrap_or_else(|| panic!("no {fault}: {:?}", faults(report)))["locus"]["file"]
}

fn status<'r>(report: &'r Value, check: &str) -> &'r str {
    let mut checks = report["targets"][0]["checks"].as_array().unwrap().iter();
    checks.find(|one| one["id"] == check).unwrap()["status"].as_str().unwrap()
}

#[test]
fn what_the_files_do_not_say_is_unknown_and_no_fault_of_theirs() {
    let (report, code) = json(&["manifests"]);
    assert_eq!((report["verdict"].as_str(), report["gate"].as_str(), code), (Some("inconclusive"), Some("pass"), Some(0)));
    assert_eq!((status(&report, "service-account-annotation"), &report["from_files"]), ("pass", &Value::Bool(true)));
    for unknown in ["cluster-issuer", "role", "trust-policy", "attached-policies"] {
        assert_eq!(status(&report, unknown), "unknown", "{unknown}");
    }
    for beside in ["webhook", "pod-injection", "token-readable"] {
        assert_eq!(status(&report, beside), "not_applicable", "{beside}");
    }
    let causes = report["targets"][0]["gaps"].as_array().unwrap().iter().filter(|gap| gap["decisive"] == true);
    assert!(causes.map(|gap| &gap["cause"]).all(|cause| cause == "not-in-files"));
}

#[test]
fn all_of_it_together_is_judged_to_the_end() {
    let (report, code) = json(&["manifests", "plans/irsa-module.json", "--issuer", ISSUER]);
    assert_eq!((report["verdict"].as_str(), code), (Some("healthy"), Some(0)), "{report:#}");
    let with_policies = ["manifests", "--trust-policy", "policies/trust.json", "--permission-policy", "policies/orders.json"];
    let asked = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::checkout-orders/1"];
    let (report, code) = json(&[&with_policies[..], &asked, &["--issuer", ISSUER]].concat());
    assert_eq!((status(&report, "trust-policy"), status(&report, "required-actions"), code), ("pass", "pass", Some(0)));
    // Nobody gave the provider: that alone is open.
    assert_eq!(report["targets"][0]["first_unknown"], "oidc-provider");
    let template = ["cloudformation/role.yaml", "manifests", "--account", "123456789012", "--issuer", ISSUER];
    let (report, code) = json(&[&template[..], &asked].concat());
    assert_eq!((report["verdict"].as_str(), code), (Some("healthy"), Some(0)), "{report:#}");
}

#[test]
fn what_a_plan_knows_later_holds_the_gate_up() {
    let (report, code) = json(&["plans/irsa-module-first-apply.json"]);
    assert_eq!(
        (report["verdict"].as_str(), report["gate"].as_str(), code),
        (Some("inconclusive"), Some("inconclusive"), Some(3))
    );
    let gaps: Vec<_> =
        report["targets"][0]["gaps"].as_array().unwrap().iter().filter(|gap| gap["cause"] == "known-later").collect();
    assert!(gaps.iter().any(|gap| gap["resource"] == "module.checkout_irsa.aws_iam_role.this[0]"), "{gaps:#?}");
    assert!(gaps.iter().any(|gap| gap["resource"] == "module.eks.aws_eks_cluster.this[0]"), "{gaps:#?}");
    // The role of the annotation is a reference, and known as such.
    assert_eq!(report["overview"]["service_accounts"][0]["roles"][0], "arn:aws:iam::123456789012:role/checkout");
    assert_eq!(lint(&["plans/irsa-module-first-apply.json", "--allow-unknown"]).status.code(), Some(0));
}

#[test]
fn findings_say_file_line_and_column() {
    let folder = TempDir::new();
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    std::fs::create_dir(folder.path().join("k8s")).unwrap();
    let wrong = manifests.replace("arn:aws:iam::123456789012:role/checkout", "checkout");
    std::fs::write(folder.path().join("k8s/app.yaml"), wrong).unwrap();
    let output = lint_with(folder.path(), &["k8s", "-o", "json", "-o", "sarif=out.sarif", "-o", "github=out.log"], "");
    let report = report_of(&output);
    let file = place(&report, "annotation-invalid-arn");
    assert_eq!((file["path"].as_str(), &file["line"], &file["column"]), (Some("k8s/app.yaml"), &9.into(), &5.into()));
    assert_eq!(output.status.code(), Some(1));
    let sarif: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.sarif")).unwrap()).unwrap();
    let physical = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "k8s/app.yaml");
    assert_eq!((&physical["region"]["startLine"], &physical["region"]["startColumn"]), (&9.into(), &5.into()));
    // What the files don't say is no failure of the tool.
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let commands = std::fs::read_to_string(folder.path().join("out.log")).unwrap();
    assert!(commands.contains("::error file=k8s/app.yaml,line=9,col=5,title=annotation-invalid-arn"), "{commands}");
    let table = String::from_utf8(lint_with(folder.path(), &["k8s"], "").stdout).unwrap();
    assert!(table.contains("k8s/app.yaml:9:5"), "{table}");
}

#[test]
fn a_fix_of_a_file_runs_no_command() {
    let folder = TempDir::new();
    let trust = std::fs::read_to_string(kept("policies/trust.json")).unwrap().replace("shop:checkout", "shop:chekout");
    std::fs::write(folder.path().join("trust.json"), trust).unwrap();
    let manifests = kept("manifests").display().to_string();
    let args = [manifests.as_str(), "--trust-policy", "trust.json", "--issuer", ISSUER, "-o", "json"];
    let report = report_of(&lint_with(folder.path(), &args, ""));
    let file = place(&report, "trust-subject-mismatch");
    assert_eq!((file["path"].as_str(), &file["line"]), (Some("trust.json"), &13.into()));
    let fix = &report["targets"][0]["findings"][0]["fix"];
    assert_eq!((fix["commands"].as_array().unwrap().len(), &fix["backup"]), (0, &Value::Null));
    let diff = fix["diff"].as_str().unwrap();
    assert!(diff.contains("system:serviceaccount:shop:checkout"), "{diff}");
    assert!(report["targets"][0]["hand_over"].as_array().unwrap().is_empty());
}

#[test]
fn manifests_come_through_a_pipe_too() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    for args in [vec!["-"], vec!["-f", "-"]] {
        let output = lint_with(&kept(""), &[&args[..], &["-o", "json"]].concat(), &manifests);
        assert_eq!(report_of(&output)["targets"][0]["target"]["name"], "checkout");
    }
    let list = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}",
        serde_json::json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:user/api"}}
        })
    );
    let output = lint_with(&kept(""), &["-", "-n", "shop", "-o", "json"], &list);
    assert_eq!(faults(&report_of(&output)), ["annotation-wrong-resource-type"]);
    assert_eq!(report_of(&output)["targets"][0]["target"]["namespace"], "shop");
}

#[test]
fn without_a_namespace_the_subject_is_not_known() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap().replace("  namespace: shop\n", "");
    let with = |more: &[&str]| {
        let all = ["-", "--trust-policy", "policies/trust.json", "--issuer", ISSUER, "-o", "json"];
        let output = lint_with(&kept(""), &[&all[..], more].concat(), &manifests);
        (report_of(&output), output.status.code())
    };
    let (report, code) = with(&[]);
    assert_eq!((status(&report, "trust-policy"), code), ("unknown", Some(0)), "it may go to the right one");
    assert_eq!(status(&with(&["-n", "shop"]).0, "trust-policy"), "pass");
    let (report, code) = with(&["-n", "other"]);
    assert_eq!((status(&report, "trust-policy"), code), ("fail", Some(1)));
}

#[test]
fn what_is_written_into_a_template_by_hand_is_judged() {
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    let with = |old: &str, new: &str| {
        assert!(manifests.contains(old));
        let output = lint_with(&kept(""), &["-", "-o", "json"], &manifests.replace(old, new));
        report_of(&output)
    };
    let half = with(
        "name: AWS_REGION\n              value: eu-west-1",
        "name: AWS_ROLE_ARN\n              value: arn:aws:iam::123456789012:role/other",
    );
    assert_eq!(faults(&half), ["env-blocks-injection"]);
    assert_eq!(place(&half, "env-blocks-injection")["line"], 28);
    let keys = with(
        "name: AWS_REGION\n              value: eu-west-1",
        "{name: AWS_ACCESS_KEY_ID, value: x}\n            - {name: AWS_SECRET_ACCESS_KEY, value: hunter2}",
    );
    assert_eq!(faults(&keys), ["static-keys-in-env"]);
    assert!(!keys.to_string().contains("hunter2"));
    let skipped =
        with("labels: {app: checkout}", "labels: {app: checkout, eks.amazonaws.com/skip-pod-identity-webhook: \"true\"}");
    assert_eq!(faults(&skipped), ["webhook-skip-label"]);
    // On the template it has no effect, whatever the account has, which isn't in this file.
    let template = "metadata:\n      annotations: {eks.amazonaws.com/role-arn: x}\n      labels: {app: checkout}";
    let (_, deployment) = manifests.split_once("---\napiVersion: apps/v1").unwrap();
    let misplaced = format!("apiVersion: apps/v1{deployment}").replace("metadata:\n      labels: {app: checkout}", template);
    let report = report_of(&lint_with(&kept(""), &["-", "-o", "json"], &misplaced));
    assert_eq!(faults(&report), ["annotation-on-wrong-object"]);
    assert_eq!(report["targets"][0]["verdict"], "inconclusive");
    let typo = with("eks.amazonaws.com/role-arn", "eks.amazonaws.com/role_arn");
    assert_eq!(faults(&typo), ["annotation-key-typo"]);
}

#[test]
fn a_policy_alone_is_linted() {
    let (report, code) = json(&["policies/orders.json"]);
    assert_eq!((faults(&report).len(), code), (0, Some(0)));
    let folder = TempDir::new();
    let orders = std::fs::read_to_string(kept("policies/orders.json")).unwrap();
    std::fs::write(folder.path().join("orders.json"), orders.replace("s3:ListBucket", "s3:ListBuket")).unwrap();
    let output = lint_with(folder.path(), &["orders.json", "--fail-on", "warning", "-o", "json"], "");
    let report = report_of(&output);
    assert_eq!((faults(&report), output.status.code()), (vec!["policy-unknown-action"], Some(1)));
    assert_eq!(place(&report, "policy-unknown-action")["line"], 11);
    // A malformed one has a line, too.
    std::fs::write(folder.path().join("orders.json"), orders.replace("\"Effect\": \"Allow\"", "\"Effect\": \"Alow\"")).unwrap();
    let output = lint_with(folder.path(), &["orders.json", "-o", "json"], "");
    assert_eq!((faults(&report_of(&output)), output.status.code()), (vec!["policy-malformed"], Some(1)));
}

#[test]
fn ignores_and_baselines_hold_for_files() {
    let folder = TempDir::new();
    let manifests = std::fs::read_to_string(kept("manifests/app.yaml")).unwrap();
    std::fs::write(folder.path().join("app.yaml"), manifests.replace("arn:aws:iam::123456789012:role/checkout", "checkout"))
        .unwrap();
    assert_eq!(lint_with(folder.path(), &["app.yaml", "--write-baseline", "known.json"], "").status.code(), Some(0));
    assert_eq!(lint_with(folder.path(), &["app.yaml", "--baseline", "known.json"], "").status.code(), Some(0));
    assert_eq!(lint_with(folder.path(), &["app.yaml"], "").status.code(), Some(1));
    let config = "[[ignore]]\nfault = \"annotation-invalid-arn\"\nreason = \"composed by our webhook\"\n";
    std::fs::write(folder.path().join(".irsa-doctor.toml"), config).unwrap();
    let output = lint_with(folder.path(), &["app.yaml", "-o", "json"], "");
    assert_eq!((report_of(&output)["suppressed"].as_u64(), output.status.code()), (Some(1), Some(0)));
}
