//! Decisions a second, for this crate and for `iam-rs`, and parse throughput.
//!
//! `cargo bench -p irsa-doctor-iam`

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use iam_rs::{ContextValue, IAMPolicy, IAMRequest, PolicyEvaluator, PrincipalId};
use irsa_doctor_iam::pattern::Pattern;
use irsa_doctor_iam::{Context, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize, decide};

type Fault = Box<dyn std::error::Error>;

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE";
const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE";
const SUBJECT: &str = "system:serviceaccount:default:awscli";

/// A request with its policies, for both implementations.
struct Case {
    name: &'static str,
    documents: Vec<String>,
    /// What has to be added to each statement for `iam-rs`.
    added: &'static str,
    kind: PolicyKind,
    request: Request,
    theirs: IAMRequest,
    expected: Verdict,
}

fn main() -> Result<(), Fault> {
    let mut criterion = Criterion::default().configure_from_args();
    for case in [one_statement()?, ten_policies()?, trust()?] {
        decisions(&mut criterion, &case)?;
    }
    parsing(&mut criterion)?;
    hostile_patterns(&mut criterion);
    criterion.final_summary();
    Ok(())
}

fn decisions(criterion: &mut Criterion, case: &Case) -> Result<(), Fault> {
    let policies: Vec<Policy> = case.documents.iter().map(|text| Policy::parse(text, case.kind)).collect::<Result<_, _>>()?;
    let set = policies.iter().fold(PolicySet::new(), |set, policy| match case.kind {
        PolicyKind::Trust => set.trust("trust", policy),
        _ => set.identity("identity", policy),
    });
    let theirs: Vec<IAMPolicy> = case
        .documents
        .iter()
        .map(|text| serde_json::from_str(&text.replace("\"Effect\"", &format!("{}\"Effect\"", case.added))))
        .collect::<Result<_, _>>()?;
    let evaluator = PolicyEvaluator::with_policies(theirs);
    let allowed = evaluator.evaluate(&case.theirs)?.decision == iam_rs::Decision::Allow;
    if decide(&case.request, &set) != case.expected || allowed != (case.expected == Verdict::Allowed) {
        return Err(format!("{} is not decided as expected", case.name).into());
    }
    let mut group = criterion.benchmark_group(case.name);
    group.throughput(Throughput::Elements(1));
    group.bench_function("decide", |bench| {
        bench.iter(|| decide(black_box(&case.request), black_box(&set)));
    });
    group.bench_function("authorize", |bench| {
        bench.iter(|| authorize(black_box(&case.request), black_box(&set)));
    });
    group.bench_function("iam-rs", |bench| {
        bench.iter(|| evaluator.evaluate(black_box(&case.theirs)));
    });
    group.finish();
    Ok(())
}

fn session(action: &str, resource: &str) -> Result<(Request, IAMRequest), Fault> {
    let principal = Principal::AssumedRole { session_arn: None, role_arn: Some(ROLE.to_owned()) };
    let keys = [("aws:SourceIp", "10.1.2.3"), ("aws:RequestedRegion", "eu-west-1"), ("aws:PrincipalArn", ROLE)];
    let context = keys.iter().fold(Context::new(), |context, (key, value)| context.with(key, *value));
    let request = Request::new(principal, action, resource).with_context(context);
    let principal = iam_rs::Principal::Aws(PrincipalId::String(ROLE.to_owned()));
    Ok((request, their_request(principal, action, resource, &keys)?))
}

fn their_request(principal: iam_rs::Principal, action: &str, resource: &str, keys: &[(&str, &str)]) -> Result<IAMRequest, Fault> {
    let mut context = iam_rs::Context::new();
    for (key, value) in keys {
        context.insert((*key).to_owned(), ContextValue::String((*value).to_owned()));
    }
    let resource = iam_rs::Arn::parse(resource).map_err(|error| error.to_string())?;
    Ok(IAMRequest::new_with_context(principal, action, resource, context))
}

/// (a) One statement for S3.
fn one_statement() -> Result<Case, Fault> {
    let document = r#"{"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::my-test-bucket", "arn:aws:s3:::my-test-bucket/*"]}]}"#;
    let (request, theirs) = session("s3:GetObject", "arn:aws:s3:::my-test-bucket/reports/2024/06/01.csv")?;
    Ok(Case {
        name: "one-statement",
        documents: vec![document.to_owned()],
        added: "",
        kind: PolicyKind::Identity,
        request,
        theirs,
        expected: Verdict::Allowed,
    })
}

/// (b) Ten policies of twenty statements; the last statement allows.
fn ten_policies() -> Result<Case, Fault> {
    let statement = |policy: usize, index: usize| {
        let (bucket, action) = match (policy, index) {
            (9, 19) => ("my-test-bucket".to_owned(), "GetObject"),
            (_, index) if index % 3 == 0 => (format!("bucket-{policy}-{index}"), "GetObject"),
            _ => (format!("bucket-{policy}-{index}"), "PutObject"),
        };
        let effect = if index == 5 { "Deny" } else { "Allow" };
        format!(
            r#"{{"Effect": "{effect}", "Action": ["s3:{action}", "s3:Delete*"], "Resource": "arn:aws:s3:::{bucket}/*",
                "Condition": {{"StringEquals": {{"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
                               "IpAddress": {{"aws:SourceIp": "10.0.0.0/8"}}}}}}"#
        )
    };
    let documents = (0..10).map(|policy| {
        let statements: Vec<String> = (0..20).map(|index| statement(policy, index)).collect();
        format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","))
    });
    let (request, theirs) = session("s3:GetObject", "arn:aws:s3:::my-test-bucket/reports/2024/06/01.csv")?;
    Ok(Case {
        name: "ten-policies",
        documents: documents.collect(),
        added: "",
        kind: PolicyKind::Identity,
        request,
        theirs,
        expected: Verdict::Allowed,
    })
}

fn trust_document() -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
            "Principal": {{"Federated": "{PROVIDER}"}}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {{"StringEquals": {{"{ISSUER}:aud": "sts.amazonaws.com", "{ISSUER}:sub": "{SUBJECT}"}}}}}}]}}"#
    )
}

/// (c) The trust policy of a role for a service account.
fn trust() -> Result<Case, Fault> {
    let request = Request::web_identity(ROLE, PROVIDER, ISSUER, "sts.amazonaws.com", SUBJECT);
    let (audience, subject) = (format!("{ISSUER}:aud"), format!("{ISSUER}:sub"));
    let keys = [(audience.as_str(), "sts.amazonaws.com"), (subject.as_str(), SUBJECT)];
    let principal = iam_rs::Principal::Federated(PrincipalId::String(PROVIDER.to_owned()));
    let theirs = their_request(principal, "sts:AssumeRoleWithWebIdentity", ROLE, &keys)?;
    // iam-rs asks for a Resource in every statement.
    Ok(Case {
        name: "trust-policy",
        documents: vec![trust_document()],
        added: r#""Resource": "*", "#,
        kind: PolicyKind::Trust,
        request,
        theirs,
        expected: Verdict::Allowed,
    })
}

fn parsing(criterion: &mut Criterion) -> Result<(), Fault> {
    let large = ten_policies()?.documents.swap_remove(0);
    let mut group = criterion.benchmark_group("parse");
    for (name, text, kind) in
        [("trust-policy", trust_document(), PolicyKind::Trust), ("twenty-statements", large, PolicyKind::Identity)]
    {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| Policy::parse(black_box(&text), kind));
        });
        group.bench_function(format!("{name}/iam-rs"), |bench| {
            bench.iter(|| serde_json::from_str::<IAMPolicy>(black_box(&text)));
        });
    }
    group.finish();
    Ok(())
}

/// Ten times the text takes about ten times as long, whatever the pattern. The first has to look
/// for `ab` in all of the text, the second only at its end; the third has stars that stop at a colon.
fn hostile_patterns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hostile");
    let context = Context::new();
    let patterns = [
        ("search", Pattern::glob("a*a*a*a*ab*"), ""),
        ("end", Pattern::glob("a*a*a*a*b"), ""),
        ("segments", Pattern::resource("arn:a*a*a*a*b:x", false), "arn:"),
    ];
    for (name, pattern, prefix) in patterns {
        for length in [1_000_usize, 10_000, 100_000] {
            let text = format!("{prefix}{}", "a".repeat(length));
            group.throughput(Throughput::Bytes(length as u64));
            group.bench_function(format!("{name}/{length}"), |bench| {
                bench.iter(|| pattern.matches(black_box(&text), &context));
            });
        }
    }
    group.finish();
}
