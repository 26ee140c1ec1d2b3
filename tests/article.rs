//! The article's steps, one broken in turn: a bucket, a policy, an OIDC provider, a role with its trust policy and the
//! attachment made in moto with the AWS SDK, and a Kubernetes API that serves recorded objects.
//!
//! The pod's service account, the annotation, the attached policies, the policy, its version's document, the trust
//! policy's conditions, and at last "can it list the bucket?".

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test: it may fail loudly")]

#[path = "article/account.rs"]
mod account;
#[path = "article/cluster.rs"]
mod cluster;

use account::Account;
use cluster::Objects;
use irsa_doctor_test_support::Moto;
use serde_json::{Value, json};

/// One of the article's debugging steps, broken.
struct Step {
    name: &'static str,
    cluster: fn(&mut Objects),
    account: fn(&mut Account),
    first_broken: &'static str,
    fault: &'static str,
}

const fn step(name: &'static str, first_broken: &'static str, fault: &'static str) -> Step {
    Step { name, cluster: |_| {}, account: |_| {}, first_broken, fault }
}

/// Each step of the article with one thing wrong.
fn steps() -> Vec<Step> {
    vec![
        Step {
            cluster: |objects| objects.pod_runs_as_default(),
            ..step("no service account on the pod", "pod-service-account", "default-service-account")
        },
        Step {
            cluster: |objects| objects.annotation(None),
            ..step("annotation missing", "service-account-annotation", "annotation-missing")
        },
        Step {
            cluster: |objects| objects.annotation(Some("arn:aws:iam::123456789012:role/my-tset-role")),
            ..step("annotation names a role that is not there", "role", "role-missing")
        },
        Step {
            account: |account| account.attached = false,
            ..step("policy not attached", "attached-policies", "policy-not-attached")
        },
        Step { account: |account| account.policy = None, ..step("policy not there", "attached-policies", "policy-missing") },
        Step {
            account: |account| account.policy = Some(account::policy(&["arn:aws:s3:::my-test-bucket/*"])),
            ..step("objects granted, not the bucket", "required-actions", "action-not-allowed")
        },
        Step {
            account: |account| account.trust("sub", "system:serviceaccount:default:my-svc"),
            ..step("wrong subject", "trust-policy", "trust-subject-mismatch")
        },
        Step {
            account: |account| account.trust("aud", "sts.amazon.com"),
            ..step("wrong audience", "trust-policy", "trust-audience-mismatch")
        },
        Step {
            account: |account| account.trust_issuer("oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"),
            ..step("wrong provider", "trust-policy", "trust-other-cluster")
        },
    ]
}

#[test]
#[ignore = "needs moto: run tests/run"]
fn the_articles_steps() {
    let moto = Moto::start();
    let healthy = run(&moto, |_| {}, |_| {});
    assert_eq!((healthy.code, &healthy.report["verdict"]), (0, &json!("healthy")), "{}", healthy.sentence());
    let decision = &healthy.report["targets"][0]["decisions"][0];
    assert_eq!((&decision["action"], &decision["decision"]), (&json!("s3:ListBucket"), &json!("allow")), "{decision}");
    for step in steps() {
        let seen = run(&moto, step.cluster, step.account);
        let target = &seen.report["targets"][0];
        let place = format!("{}: {}", step.name, seen.sentence());
        assert_eq!((seen.code, &target["verdict"]), (1, &json!("broken")), "{place}");
        assert_eq!(target["first_broken"], step.first_broken, "{place}");
        let errors = target["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
        let faults: Vec<&Value> = errors.map(|finding| &finding["fault"]).collect();
        assert_eq!(faults, [step.fault], "{place}");
    }
}

/// What one run printed.
struct Seen {
    report: Value,
    code: i32,
}

impl Seen {
    fn sentence(&self) -> String {
        let sentence = &self.report["targets"][0]["sentence"];
        if sentence.is_null() { self.report.to_string() } else { sentence.to_string() }
    }
}

/// Seeds both sides, breaks them, and runs the article's last question.
fn run(moto: &Moto, break_cluster: fn(&mut Objects), break_account: fn(&mut Account)) -> Seen {
    moto.reset();
    let issuer = account::create_cluster(moto);
    let mut account = Account::of_the_article(&issuer);
    break_account(&mut account);
    account.create(moto);
    let mut objects = Objects::of_the_article();
    break_cluster(&mut objects);
    let served = objects.serve(&issuer);
    let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.env("AWS_ENDPOINT_URL", moto.url());
    let words =
        "--pod awscli -n default --policy my-test-policy --action s3:ListBucket --resource arn:aws:s3:::my-test-bucket -o json";
    let output = command.args(words.split(' ')).output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    Seen { report, code: output.status.code().unwrap() }
}
