//! `deploy/`: manifests that Kubernetes' own schemas accept, with no more rights than a run over all namespaces asks for.
//!
//! What is made from `irsa-doctor permissions -A` is written anew by `IRSA_DOCTOR_UPDATE=1 cargo test --test deploy`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "deploy/hardened.rs"]
mod hardened;
#[path = "deploy/render.rs"]
mod render;
#[path = "deploy/rights.rs"]
mod rights;

use hardened::{assert_hardened, pod_spec};
use irsa_doctor_test_support::{Accounts, ApiServer, Cluster, Moto, Rights, Role, Served, generate};
use render::{Rendered, kustomize, refuses, template, validate};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the chart needs to be told.
const REQUIRED: [&str; 2] = ["cluster=shop-eu", "image.repository=registry.example/irsa-doctor"];

fn read(path: &str) -> String {
    std::fs::read_to_string(render::deploy(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap()
}

#[test]
fn what_is_granted_is_what_a_scan_asks_for() {
    let wanted = rights::Printed::of_a_scan();
    for (path, text) in [
        ("kustomize/base/cluster-role.yaml", wanted.cluster_role()),
        ("helm/irsa-doctor/files/rules.yaml", wanted.rules()),
        ("iam/policy.json", wanted.policy()),
    ] {
        if std::env::var_os("IRSA_DOCTOR_UPDATE").is_some() {
            std::fs::write(render::deploy(path), &text).unwrap();
        }
        assert_eq!(read(path), text, "deploy/{path}: run it again with IRSA_DOCTOR_UPDATE=1");
    }
    assert_eq!(yaml("kustomize/base/cluster-role.yaml"), wanted.cluster_role);
    assert_eq!(yaml("helm/irsa-doctor/files/rules.yaml"), wanted.cluster_role["rules"]);
    let verbs = wanted.cluster_role["rules"].as_array().unwrap().iter().flat_map(|rule| rule["verbs"].as_array().unwrap());
    assert!(verbs.clone().count() > 20 && verbs.clone().all(|verb| verb == "get" || verb == "list"));
}

#[test]
fn the_jobs_arguments_with_these_rights_alone_find_what_all_rights_find() {
    let shape = generate::Shape { pods: 60, service_accounts: 30, roles: 12, broken_percent: 25, deployments: false, seed: 11 };
    let generated = generate::cluster(&shape);
    let free = Scanned::run(&generated.serve(), &job_arguments());
    let broken = free.lines.iter().filter(|line| line["type"] == "target" && line["verdict"] == "broken");
    let names: BTreeSet<(String, String)> =
        broken.map(|line| (text(&line["target"]["namespace"]), text(&line["target"]["name"]))).collect();
    assert_eq!(names, generated.broken.keys().cloned().collect());
    assert!(!free.lines.iter().any(|line| line.to_string().contains("\"denied\"")));
    assert!(free.metrics.contains(",verdict=\"broken\"} 1\n"), "{}", free.metrics);

    let bound = generated.serve();
    let role = yaml("kustomize/base/cluster-role.yaml");
    Rights::of(&role, &serde_json::from_str(&read("iam/policy.json")).unwrap()).grant(&bound, vec![], vec![]);
    let with_these = Scanned::run(&bound, &job_arguments());
    assert_eq!(with_these.lines[1..], free.lines[1..]);

    // Without the right to list pods nothing can be looked at: that, and not a finding, fails the Job.
    Rights::of(&json!({}), &json!({})).grant(&bound, vec![], vec![]);
    let file = bound.folder().path().join("none.prom");
    let mut command = bound.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    let output = command.args(job_arguments()).arg("--metrics-file").arg(&file).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    let lines: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    let line: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((lines.len(), &line["type"]), (1, &json!("error")), "{line}");
    assert!(stderr.contains("allow list on pods in all namespaces (RBAC)") && !file.exists(), "{stderr}");
}

/// The arguments of the CronJob; the chart's are the same ones.
fn job_arguments() -> Vec<String> {
    let words = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<String>>();
    let cron = yaml("kustomize/base/cron-job.yaml");
    let of_job = words(&pod_spec(&cron).unwrap()["containers"][0]["args"]);
    let (mut sorted, mut of_chart) = (of_job.clone(), words(&yaml("helm/irsa-doctor/values.yaml")["args"]));
    of_chart.push("--cluster=$(CLUSTER_NAME)".to_owned());
    sorted.sort();
    of_chart.sort();
    assert_eq!(sorted, of_chart);
    of_job.into_iter().map(|arg| arg.replace("$(CLUSTER_NAME)", "my-cluster")).collect()
}

/// What a run of the Job leaves behind.
struct Scanned {
    lines: Vec<Value>,
    metrics: String,
}

impl Scanned {
    fn run(served: &Served, args: &[String]) -> Self {
        let file = served.folder().path().join("irsa-doctor.prom");
        let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        let output = command.args(args).arg("--metrics-file").arg(&file).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""), "a finding is no failure");
        let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        assert!(lines.len() > 2 && lines[0]["type"] == "run");
        Self { lines, metrics: std::fs::read_to_string(file).unwrap() }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn the_trust_policy_lets_the_service_account_in_and_nobody_else() {
    let issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    let trust = read("iam/trust-policy.json")
        .replace("111122223333", "123456789012")
        .replace("REGION", "us-east-1")
        .replace("ISSUER_ID", "EXAMPLED539D4633E53DE1B71EXAMPLE");
    let policy: Value = serde_json::from_str(&read("iam/policy.json")).unwrap();
    let role = Role::new("irsa-doctor", trust.as_str()).attach("irsa-doctor", policy.to_string().as_str());
    let accounts = Accounts::single("123456789012", vec![role]);
    let served = Served::with([], &accounts, Cluster::new(issuer), ApiServer::Unreachable);
    for (subject, exit, verdict) in [("irsa-doctor/irsa-doctor", 0, "healthy"), ("irsa-doctor/default", 1, "broken")] {
        let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        command.args(["role/arn:aws:iam::123456789012:role/irsa-doctor", "--subject", subject, "--issuer", issuer, "-o", "json"]);
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), report["verdict"].as_str()), (Some(exit), Some(verdict)), "{report}");
    }
}

#[test]
#[ignore = "needs moto: run tests/run"]
fn in_a_pod_it_is_the_role_of_its_service_account() {
    let moto = Moto::start();
    let mut served = Served::with([], &Accounts::default(), Cluster::new("https://issuer.example"), ApiServer::Unreachable);
    served.use_aws_at(moto.url());
    let role = "arn:aws:iam::123456789012:role/irsa-doctor";
    let token = served.folder().write("token", "a token");
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    // As the webhook sets them.
    command.envs([("AWS_ROLE_ARN", role), ("AWS_REGION", "us-east-1"), ("AWS_STS_REGIONAL_ENDPOINTS", "regional")]);
    command.env("AWS_WEB_IDENTITY_TOKEN_FILE", token).env_remove("AWS_SHARED_CREDENTIALS_FILE").env_remove("AWS_CONFIG_FILE");
    command.args([&format!("role/{role}"), "--subject", "a/b", "--issuer", "https://issuer.example", "-o", "json"]);
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let caller = report["caller"]["arn"].as_str().unwrap();
    assert!(caller.starts_with("arn:aws:sts::123456789012:assumed-role/irsa-doctor/"), "{caller}");
}

#[test]
fn one_version_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = yaml("helm/irsa-doctor/Chart.yaml");
    assert_eq!((chart["version"].as_str(), chart["appVersion"].as_str()), (Some(version), Some(version)));
    let job = yaml("kustomize/overlays/once/job.yaml");
    assert_eq!(pod_spec(&job).unwrap()["containers"][0]["image"], format!("registry.invalid/irsa-doctor:{version}"));
    assert_eq!(yaml("kustomize/overlays/example/kustomization.yaml")["images"][0]["newTag"], version);
    let image = read("Containerfile");
    assert!(image.contains(&format!("/rust:{}-alpine\n", env!("CARGO_PKG_RUST_VERSION"))), "the compiler is Cargo.toml's");
    assert!(image.contains("\nUSER 65532:65532\n"));
}

#[test]
fn the_job_is_the_cron_jobs() {
    let (cron, job) = (yaml("kustomize/base/cron-job.yaml"), yaml("kustomize/overlays/once/job.yaml"));
    assert_eq!(cron["spec"]["jobTemplate"]["spec"], job["spec"]);
    assert_hardened(&cron);
    assert_hardened(&job);
}

#[test]
#[ignore = "needs kubectl and a schema validator: run tests/run"]
fn the_kustomizations_are_what_kubernetes_takes() {
    for (folder, kinds) in [
        ("base", vec!["ClusterRole", "ClusterRoleBinding", "CronJob", "Namespace", "ServiceAccount"]),
        ("overlays/once", vec!["ClusterRole", "ClusterRoleBinding", "Job", "Namespace", "ServiceAccount"]),
        (
            "overlays/example",
            vec!["ClusterRole", "ClusterRoleBinding", "CronJob", "Namespace", "PersistentVolumeClaim", "ServiceAccount"],
        ),
    ] {
        let rendered = kustomize(folder);
        assert_eq!(rendered.kinds(), kinds, "{folder}");
        judge(&rendered, folder);
    }
    let example = kustomize("overlays/example");
    let spec = pod_spec(example.one("CronJob")).unwrap();
    assert!(spec["containers"][0]["image"].as_str().unwrap().contains(".dkr.ecr."), "{spec}");
    assert_eq!(spec["containers"][0]["env"][0], json!({"name": "CLUSTER_NAME", "value": "shop-eu"}));
    assert_eq!(spec["containers"][0]["args"].as_array().unwrap().last().unwrap(), "--metrics-file=/metrics/irsa-doctor.prom");
}

#[test]
#[ignore = "needs Helm and a schema validator: run tests/run"]
fn the_chart_is_what_kubernetes_takes() {
    let least = template(&REQUIRED);
    assert_eq!(least.kinds(), ["ClusterRole", "ClusterRoleBinding", "CronJob", "ServiceAccount"]);
    judge(&least, "the least values");
    assert_eq!(least.one("ServiceAccount")["metadata"]["annotations"], Value::Null);

    let all = template(&[&REQUIRED[..], &["-f", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy/all-values.yaml")]].concat());
    assert_eq!(all.kinds(), ["ClusterRole", "ClusterRoleBinding", "CronJob", "Job", "PersistentVolumeClaim", "ServiceAccount"]);
    judge(&all, "all values");
    let role = "arn:aws:iam::111122223333:role/irsa-doctor-shop-eu";
    assert_eq!(all.one("ServiceAccount")["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], role);
    let spec = pod_spec(all.one("Job")).unwrap();
    assert_eq!(spec["containers"], pod_spec(all.one("CronJob")).unwrap()["containers"]);
    let args = spec["containers"][0]["args"].as_array().unwrap();
    for arg in ["--cluster=shop-eu", "--metrics-file=/textfile/shop-eu.prom", "--verbose"] {
        assert!(args.iter().any(|found| found == arg), "{arg}: {args:?}");
    }
    assert!(spec["containers"][0]["image"].as_str().unwrap().contains("@sha256:"), "a digest goes before a tag: {spec}");

    let volume = "metrics.volume.persistentVolumeClaim.claimName=textfile";
    let given =
        template(&[&REQUIRED[..], &["metrics.enabled=true", volume, "cronJob.enabled=false", "oneOff.enabled=true"]].concat());
    assert_eq!(given.kinds(), ["ClusterRole", "ClusterRoleBinding", "Job", "ServiceAccount"]);
    judge(&given, "a volume that is there");
}

#[test]
#[ignore = "needs Helm: run tests/run"]
fn the_chart_takes_no_nonsense() {
    for (values, why) in [
        (vec![REQUIRED[0]], "image.repository is required"),
        (vec![REQUIRED[1]], "cluster is required"),
        (vec![REQUIRED[0], REQUIRED[1], "roleArn=irsa-doctor"], "roleArn"),
        (vec![REQUIRED[0], REQUIRED[1], "cronjob.enabled=false"], "cronjob"),
        (vec![REQUIRED[0], REQUIRED[1], "metrics.file=irsa-doctor.txt"], "metrics/file"),
        (vec![REQUIRED[0], REQUIRED[1], "image.digest=sha256:0"], "image/digest"),
        (vec![REQUIRED[0], REQUIRED[1], "job.backoffLimit=often"], "job/backoffLimit"),
    ] {
        let said = refuses(&values);
        assert!(said.contains(why), "{values:?}: {said}");
    }
}

#[test]
#[ignore = "needs a schema validator: run tests/run"]
fn a_slip_does_not_pass() {
    let right = read("kustomize/base/cron-job.yaml");
    assert_eq!(validate(&right), Vec::<String>::new());
    for (from, to) in [
        ("readOnlyRootFilesystem", "readOnlyRootFileSystem"),
        ("concurrencyPolicy", "concurencyPolicy"),
        ("backoffLimit: 2", "backoffLimit: two"),
        ("status: \"True\"", "state: \"True\""),
        ("batch/v1", "batch/v3"),
        ("  schedule: \"17 5 * * *\"\n", ""),
    ] {
        assert!(right.contains(from), "{from}");
        assert_ne!(validate(&right.replace(from, to)), Vec::<String>::new(), "{to}");
    }
}

/// Every object passes the schemas, every pod is hardened, and the rights are those of a scan, given to the pod's account.
fn judge(rendered: &Rendered, of: &str) {
    assert_eq!(validate(&rendered.text), Vec::<String>::new(), "{of}");
    let wanted = rights::Printed::of_a_scan();
    let (role, binding) = (rendered.one("ClusterRole"), rendered.one("ClusterRoleBinding"));
    assert_eq!(role["rules"], wanted.cluster_role["rules"], "{of}");
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"], "{of}");
    let account = rendered.one("ServiceAccount");
    let subject =
        json!([{"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": account["metadata"]["namespace"]}]);
    assert_eq!(binding["subjects"], subject, "{of}");
    assert_eq!(account["automountServiceAccountToken"], false, "{of}");
    let mut pods = 0;
    for object in rendered.objects.iter().filter(|object| pod_spec(object).is_some()) {
        assert_hardened(object);
        assert_eq!(pod_spec(object).unwrap()["serviceAccountName"], account["metadata"]["name"], "{of}");
        pods += 1;
    }
    assert!(pods > 0, "{of}");
}
