//! A report with something in every field, for the reporters' tests; and snapshots of what they write.

use irsa_doctor_checks::check::{FoundGap, Stage, Status};
use irsa_doctor_checks::error_message::{Candidate, ErrorReading, State};
use irsa_doctor_checks::fault::{Confidence, Fault, Severity};
use irsa_doctor_checks::finding::{Compared, Finding};
use irsa_doctor_checks::fix::{DocumentChange, Effect, Fix, FixCommand, Restart};
use irsa_doctor_checks::identity::{Identity, Mode};
use irsa_doctor_checks::locus::Locus;
use irsa_doctor_checks::report::{
    ActionDecision, AfterRestart, CallerHead, CheckResult, ClusterHead, EventGroup, EventSummary, FoundFinding, Gate, LastUsed,
    Report, ReportedGap, SecondOpinion, TargetReport, Usage, Verdict,
};
use irsa_doctor_checks::snapshot::{Gap, GapCause, Target, TargetKind};
use irsa_doctor_checks::symptom::{Whom, WhomKind};
use std::collections::BTreeMap;
use std::path::Path;

static MISMATCH: Fault = Fault {
    id: "trust-subject-mismatch",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    title: "`sub` names another service account",
    page: "",
};
static NO_AUDIENCE: Fault = Fault {
    id: "trust-no-audience",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    title: "no condition on `aud`",
    page: "",
};
static SKIP: Fault = Fault {
    id: "skip-containers-misused",
    severity: Severity::Warning,
    confidence: Confidence::Certain,
    title: "it names no container",
    page: "",
};

const ROLE: &str = "arn:aws:iam::123456789012:role/my-test-role";
const KEY: &str = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE:sub";

/// A broken pod; with everything that a report can say.
pub(super) fn broken() -> Report {
    let mut report = head(Verdict::Broken, Gate::Fail);
    report.targets = vec![target()];
    report
}

/// Two targets, the second healthy.
pub(super) fn two() -> Report {
    let mut report = broken();
    report.targets.push(healthy_target());
    report
}

/// A healthy pod, no AWS caller and no cluster known.
pub(super) fn healthy() -> Report {
    Report { cluster: None, caller: None, targets: vec![healthy_target()], ..head(Verdict::Healthy, Gate::Pass) }
}

fn head(verdict: Verdict, gate: Gate) -> Report {
    Report {
        collected_at: "2026-11-23T03:12:44Z".into(),
        cluster: Some(ClusterHead {
            name: Some("my-cluster".into()),
            arn: Some("arn:aws:eks:us-east-1:210987654321:cluster/my-cluster".into()),
            context: Some("me@my-cluster".into()),
            server: Some("https://EXAMPLE.gr7.us-east-1.eks.amazonaws.com".into()),
            version: Some("v1.36.0".into()),
            region: Some("us-east-1".into()),
            account: Some("210987654321".into()),
            issuer: Some("https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE".into()),
            issuer_source: Some("openid-configuration"),
        }),
        caller: Some(CallerHead { arn: "arn:aws:iam::123456789012:user/me".into(), account: "123456789012".into() }),
        verdict,
        gate,
        targets: Vec::new(),
        suppressed: 1,
        overview: None,
        clusters: Vec::new(),
        only: Vec::new(),
        shows_suppressed: false,
        from_files: false,
    }
}

fn healthy_target() -> TargetReport {
    TargetReport {
        target: Target { subject: Some("shop/api".into()), ..Target::new(TargetKind::Role, "", ROLE) },
        verdict: Verdict::Healthy,
        first_broken: None,
        first_unknown: None,
        sentence: "HEALTHY: every link holds.".into(),
        intent: None,
        service_account: None,
        role: None,
        pods: Vec::new(),
        identities: Vec::new(),
        error: None,
        checks: vec![check("role", Stage::Role, "the role exists in the account that its ARN names", Status::Pass, None)],
        findings: Vec::new(),
        decisions: Vec::new(),
        gaps: Vec::new(),
        not_examined: Vec::new(),
        after_restart: None,
        notes: Vec::new(),
        hand_over: Vec::new(),
        usage: None,
    }
}

fn check(id: &'static str, stage: Stage, title: &'static str, status: Status, reason: Option<&str>) -> CheckResult {
    CheckResult { id, stage, title, status, reason: reason.map(str::to_owned), is_beyond_files: false }
}

fn checks() -> Vec<CheckResult> {
    vec![
        check("pod-service-account", Stage::Pod, "the pod runs as a service account that exists", Status::Pass, None),
        check("pod-injection", Stage::Injection, "every container was given the role and the token", Status::Warn, None),
        check(
            "oidc-provider",
            Stage::Provider,
            "IAM knows the issuer",
            Status::Unknown,
            Some("iam:GetOpenIDConnectProvider denied"),
        ),
        check("trust-policy", Stage::Trust, "the trust policy lets this service account in", Status::Fail, None),
        check(
            "required-actions",
            Stage::Actions,
            "the role may",
            Status::NotApplicable,
            Some("not reached: trust-policy is broken"),
        ),
    ]
}

fn target() -> TargetReport {
    let identity = |container: &str, mode, role: Option<&str>, reason: &str| Identity {
        container: container.into(),
        pod: None,
        mode,
        role_arn: role.map(str::to_owned),
        reason: reason.into(),
    };
    TargetReport {
        target: Target::new(TargetKind::Pod, "default", "awscli"),
        verdict: Verdict::Broken,
        first_broken: Some("trust-policy"),
        first_unknown: Some("oidc-provider"),
        sentence: "BROKEN at trust-policy: role my-test-role refuses system:serviceaccount:default:my-sa. 1 fix, no restart."
            .into(),
        intent: Some("it was named as the target".into()),
        service_account: Some("my-sa".into()),
        role: None,
        pods: vec!["api-1".to_owned()],
        identities: vec![
            identity("awscli", Mode::Irsa, Some(ROLE), "AWS_ROLE_ARN is set"),
            identity("side\u{1b}[2Jcar", Mode::None, None, "no AWS credentials in its environment"),
        ],
        error: Some(Box::new(reading())),
        checks: checks(),
        findings: vec![warning(), found("trust-policy", mismatch()), found("trust-policy", no_audience())],
        decisions: vec![ActionDecision {
            action: "s3:ListBucket".into(),
            resource: "arn:aws:s3:::my-test-bucket".into(),
            role: ROLE.into(),
            decision: "allow".into(),
            by: vec!["my-policy v1 statement 1".into()],
            layers: BTreeMap::from([("identity".into(), "allow".into()), ("boundary".into(), "none".into())]),
            second_opinion: Some(opinion()),
        }],
        gaps: gaps(),
        not_examined: vec!["scp", "rcp", "vpc-endpoint-policy", "resource-policy"],
        after_restart: Some(Box::new(AfterRestart {
            role_arn: "arn:aws:iam::123456789012:role/other".into(),
            verdict: Verdict::Healthy,
            checks: vec![check("role", Stage::Role, "the role exists", Status::Pass, None)],
            findings: Vec::new(),
        })),
        notes: vec!["2 older pods were not judged".into()],
        hand_over: vec!["ask the owner of account 123456789012 for iam:GetOpenIDConnectProvider".into()],
        usage: Some(usage()),
    }
}

fn opinion() -> SecondOpinion {
    SecondOpinion {
        decision: "implicit-deny".into(),
        missing_context: vec!["aws:SourceVpc".into()],
        organization_allows: Some(false),
        differs: true,
        why: vec!["a service control policy does not allow it".into()],
        ..SecondOpinion::default()
    }
}

fn usage() -> Usage {
    let group = |subject: &str, error: Option<&str>, differs: Vec<&'static str>| EventGroup {
        subject: Some(subject.into()),
        role: Some(ROLE.into()),
        provider: Some("arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE".into()),
        error: error.map(str::to_owned),
        message: error.map(|_| "An unknown \u{1b}[31merror occurred".into()),
        differs,
        count: 2,
        first: "2026-11-23T02:00:00Z".into(),
        last: "2026-11-23T03:00:00Z".into(),
    };
    Usage {
        role: ROLE.into(),
        last_used: LastUsed::At("2026-11-20T10:00:00Z".into(), Some("us-east-1".into())),
        events: Some(EventSummary {
            hours: 24,
            regions: vec!["us-east-1".into()],
            total: 4,
            failed: 2,
            by: vec![
                group("system:serviceaccount:default:my-sa", Some("AccessDenied"), vec![]),
                group("system:serviceaccount:shop:api", None, vec!["subject"]),
            ],
            subject: Some("system:serviceaccount:default:my-sa".into()),
            roles: vec![ROLE.into()],
            provider: Some("arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE".into()),
            remarks: vec!["2 of 2 calls failed".into()],
            gaps: vec!["older events were not read".into()],
        }),
    }
}

fn gaps() -> Vec<ReportedGap> {
    let provider = Gap::new("iam:GetOpenIDConnectProvider", GapCause::Denied)
        .about("arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE")
        .detail("not authorized\nto perform: iam:GetOpenIDConnectProvider.")
        .remedy("allow iam:GetOpenIDConnectProvider");
    let webhooks = Gap::new("list mutatingwebhookconfigurations", GapCause::TimedOut);
    vec![
        ReportedGap { check: "oidc-provider", found: FoundGap { gap: provider, decisive: true } },
        ReportedGap { check: "webhook", found: FoundGap { gap: webhooks, decisive: false } },
    ]
}

fn found(check: &'static str, finding: Finding) -> FoundFinding {
    FoundFinding { check, finding, fingerprint: "00decafbad00beef".into(), suppressed: None, counts_as: None }
}

fn trust_fix() -> Fix {
    Fix {
        managed_by: Some("Terraform".into()),
        durable: Some("change aws_iam_role.my_test_role.assume_role_policy".into()),
        document: Some(trust_document()),
        choices: vec!["my-sa".into(), "my-svc".into()],
        needs_decision: Some("who owns the role".into()),
        ..Fix::new(format!("{ROLE}#trust"), "let default/my-sa in.")
            .command(Effect::Reads, ["aws", "iam", "get-role", "--role-name", "my-test-role"])
            .command(
                Effect::WritesIam,
                ["aws", "iam", "update-assume-role-policy", "--policy-document", "{\n  \"it's\": \"a\u{202e}b\"\n}"],
            )
            .undo(Effect::WritesIam, ["aws", "iam", "update-assume-role-policy", "--policy-document", "file://trust.json"])
            .affects("the other subjects stay: shop/web")
            .note("it was read at 03:12")
    }
}

/// What it writes, with a name that is hostile.
fn trust_document() -> DocumentChange {
    let read = FixCommand::new(Effect::Reads, ["aws", "iam", "get-role", "--role-name", "a\u{202e}b"]);
    DocumentChange {
        resource: ROLE.into(),
        document: "AssumeRolePolicyDocument".into(),
        before: Some("{\"it's\":\"a\u{202e}b\"}".into()),
        after: "{\n  \"it's\": \"a\u{202e}b\",\n  \"new\": [1]\n}".into(),
        read_at: Some("2026-11-23T03:12:44Z".into()),
        backup: Some(FixCommand { stdout: Some("trust.json".into()), effect: Effect::WritesFile, ..read.clone() }),
        read: Some(read),
    }
}

fn mismatch() -> Finding {
    let locus = Locus::new(ROLE)
        .document("AssumeRolePolicyDocument")
        .keys(&["Statement"])
        .index(0)
        .keys(&["Condition", "StringEquals", KEY])
        .line_column(9, 17);
    Finding::new(&MISMATCH, locus, "role my-test-role refuses system:serviceaccount:default:my-sa (it trusts my-svc)")
        .compared(
            "system:serviceaccount:default:my-sa",
            vec!["system:serviceaccount:default:my-svc".into(), "\u{1b}]0;x\u{7}".into()],
        )
        .fix(trust_fix())
}

fn no_audience() -> Finding {
    Finding::new(&NO_AUDIENCE, Locus::new(ROLE).document("AssumeRolePolicyDocument").missing("aud"), "no condition on aud")
        .compared("sts.amazonaws.com", Compared::Nothing)
        .fix(trust_fix())
}

fn reading() -> ErrorReading {
    let candidate = |id, state, why: &str| Candidate { id, check: Some(id), state, why: why.into() };
    ErrorReading {
        is_aws: true,
        summary: "STS refused the pod's token to role my-test-role".into(),
        sign: Some("web-identity-refused"),
        code: Some("AccessDenied".into()),
        status: Some(403),
        service: Some("sts".into()),
        operation: Some("AssumeRoleWithWebIdentity".into()),
        request_id: Some("6d2dc2ab-8e8b-4b1a-9d5f-0f5f6d4e0a11".into()),
        whom: Some(Whom {
            kind: WhomKind::WebIdentity,
            arn: Some("arn:aws:sts::123456789012:assumed-role/my-test-role/botocore-session-1\u{1b}[2J".into()),
            account: Some("123456789012".into()),
            role: Some("my-test-role".into()),
            session: Some("botocore-session-1".into()),
        }),
        action: Some("sts:AssumeRoleWithWebIdentity".into()),
        resource: Some(ROLE.into()),
        layer: Some("trust"),
        reason: Some("implicit-deny"),
        policy: None,
        statements: vec!["DENY OnlyHere".into()],
        candidates: vec![
            candidate("trust-policy", State::Confirmed, "the trust policy doesn't let this service account in"),
            candidate("oidc-provider", State::NotChecked, "IAM doesn't know the issuer"),
            candidate("role", State::Excluded, "the role doesn't exist, or not by that path"),
        ],
        agreement: "contradicts",
        contradictions: vec!["the error names another role than the pod has now".into()],
        next: vec!["kubectl describe pod awscli".into()],
    }
}

fn warning() -> FoundFinding {
    let locus = Locus::object("Pod", "default", "awscli").keys(&["metadata", "annotations", "eks.amazonaws.com/skip-containers"]);
    let finding = Finding::new(&SKIP, locus, "skip-containers names `x`, which is no container").compared("awscli", "");
    let restart = Fix::new("skip", "take it out")
        .restart(Restart::Required)
        .command(Effect::RestartsPods, ["kubectl", "delete", "pod", "awscli"]);
    FoundFinding { suppressed: Some("known: OPS-1".into()), ..found("pod-injection", finding.fix(restart)) }
}

/// Holds text against a file in `tests/snapshots`. `UPDATE_SNAPSHOTS=1` writes the file instead.
pub(super) fn assert_snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, known, "{name} differs; UPDATE_SNAPSHOTS=1 takes it over");
}
