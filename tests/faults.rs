//! What happens when a call fails: every operation that a healthy run makes, times every way to fail.
//!
//! The operations are learned from the servers' logs, so that a new call can't escape. Each run must end in time, must
//! not panic, must not invent a fault, and must not be healthy unless the operation is one on which nothing hangs; then
//! the gap is reported.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: it may fail loudly, and says how many runs it made"
)]

#[path = "faults/allow_list.rs"]
mod allow_list;
#[path = "faults/bodies.rs"]
mod bodies;

use irsa_doctor_test_support::{Document, Effect, Fault, Kind, Recording, Response, Served, side_by_side};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// How many runs are made side by side: most of a run is waiting.
const THREADS: usize = 6;
/// The longest that a run may take with the limits of [`run`]; a loaded machine is slow to start a program.
const IN_TIME: Duration = Duration::from_secs(20);

/// What the verdict doesn't hang on where all else was seen: the issuer comes from one of two places, an injected pod
/// proves its webhook, and a pod's own spec says whether an association took effect. A bucket policy that nobody may
/// read is a layer that wasn't examined, as organization policies are: the role's own policies allow, and it says so.
const DECIDES_NOTHING: &[&str] = &[
    "/version",
    "/.well-known/openid-configuration",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "eks:DescribeCluster",
    "eks:ListPodIdentityAssociations",
    "iam:ListPolicyVersions",
    "s3:GetBucketPolicy",
    "sts:GetCallerIdentity",
];

/// Answers in which a way changes nothing that is read: no list of theirs is, and this one has neither number nor time.
const UNTOUCHED: &[(&str, &str)] = &[
    ("strings for lists", "/serviceaccounts/app"),
    ("strings for lists", "eks:DescribePodIdentityAssociation"),
    ("lists for objects", "iam:GetRolePolicy"),
];

/// A way to fail.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    kubernetes: fn(&str) -> Effect,
    aws: fn(&str) -> Effect,
    /// How often; `None` is for ever.
    times: Option<usize>,
    /// Whether the answer may be good enough after all.
    harmless: bool,
    /// Whether time passes, before the answer or between attempts: then a limit may end it. Any other answer must be judged,
    /// however loaded the machine is.
    waits: bool,
}

fn error(status: u16, code: Option<&str>) -> Effect {
    Effect::Error { status, code: code.map(str::to_owned), message: None }
}

/// Each gets the operation.
fn apart(name: &'static str, kubernetes: fn(&str) -> Effect, aws: fn(&str) -> Effect) -> Way {
    Way { name, kubernetes, aws, times: None, harmless: false, waits: false }
}

fn both(name: &'static str, effect: fn(&str) -> Effect) -> Way {
    apart(name, effect, effect)
}

/// The same, and a limit may end it.
fn waiting(way: Way) -> Way {
    Way { waits: true, ..way }
}

/// The same, but once: another attempt gets the answer.
fn once(name: &'static str, way: &Way) -> Way {
    Way { name, times: Some(1), harmless: true, ..*way }
}

fn throttled() -> Way {
    waiting(apart("throttled", |_| error(429, None), |_| error(400, Some("Throttling"))))
}

fn unavailable(_: &str) -> Effect {
    Effect::Reply(Response::new(503, "text/plain", "no healthy upstream").with_header("Retry-After", "1"))
}

/// A list whose next page is itself.
fn endless_of_kubernetes(path: &str) -> Effect {
    let kind = if path.ends_with("daemonsets") { "DaemonSetList" } else { "MutatingWebhookConfigurationList" };
    Effect::Reply(Response::json(
        200,
        &json!({"kind": kind, "apiVersion": "apps/v1", "metadata": {"continue": "again"}, "items": []}),
    ))
}

fn endless_of_aws(operation: &str) -> Effect {
    result(operation, "<IsTruncated>true</IsTruncated><Marker>again</Marker>", &json!({"associations": [], "nextToken": "again"}))
}

/// An answer of the service's own shape with these fields only.
fn result(operation: &str, xml: &str, json: &Value) -> Effect {
    let (service, name) = operation.split_once(':').unwrap();
    Effect::Reply(match service {
        "eks" => Response::json(200, json),
        _ => Response::new(200, "text/xml", format!("<{name}Response><{name}Result>{xml}</{name}Result></{name}Response>")),
    })
}

fn ways() -> Vec<Way> {
    vec![
        apart("denied", |_| error(403, None), |_| error(403, Some("AccessDenied"))),
        both("forbidden by a proxy", |_| Effect::Html(403)),
        both("not found by a proxy", |_| Effect::Html(404)),
        apart("credentials refused", |_| error(401, None), |_| error(403, Some("ExpiredToken"))),
        throttled(),
        once("throttled once", &throttled()),
        waiting(both("500", |_| error(500, None))),
        once("500 once", &both("", |_| error(500, None))),
        waiting(both("503 with Retry-After", unavailable)),
        waiting(both("reset", |_| Effect::ResetBeforeHead)),
        once("reset once", &both("", |_| Effect::ResetBeforeHead)),
        waiting(both("reset after the head", |_| Effect::ResetAfterHead)),
        both("empty body", |_| Effect::EmptyBody),
        waiting(both("truncated", |_| Effect::Truncate)),
        both("HTML with 200", |_| Effect::Html(200)),
        Way { harmless: true, ..both("another content type", |_| Effect::ContentType("text/plain".to_owned())) },
        both("an empty object", |_| Effect::Reply(Response::json(200, &json!({})))),
        both("an empty list", |_| Effect::Reply(Response::json(200, &json!([])))),
        both("empty XML", |_| Effect::Reply(Response::new(200, "text/xml", "<a xmlns=\"b\"/>"))),
        apart("a page that loops", endless_of_kubernetes, endless_of_aws),
        apart(
            "no field",
            |_| Effect::Reply(Response::json(200, &json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "app"}}))),
            |operation| result(operation, "", &json!({})),
        ),
        both("not UTF-8", |_| Effect::Reply(Response::new(200, "application/json", b"{\"a\":\"\xff\"}".to_vec()))),
        both("neither JSON nor XML", |_| Effect::Altered(bodies::neither_json_nor_xml)),
        both("numbers for strings", |_| Effect::Altered(bodies::numbers_for_strings)),
        both("strings for lists", |_| Effect::Altered(bodies::strings_for_lists)),
        both("lists for objects", |_| Effect::Altered(bodies::lists_for_objects)),
        waiting(both("slow", |_| Effect::Delay(Duration::from_millis(1500)))),
        waiting(both("a byte at a time", |_| Effect::Trickle(Duration::from_millis(40)))),
        waiting(both("no answer", |_| Effect::NeverAnswer)),
    ]
}

/// The program against a scenario, with limits that a test can wait for.
fn run(served: &Served, limits: [&str; 4]) -> Output {
    let mut command = served.command(env!("CARGO_BIN_EXE_irsa-doctor"));
    command.args(limits);
    command.stdin(Stdio::null()).output().unwrap()
}

fn report(output: &Output) -> Result<Value, String> {
    let stderr = || String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).map_err(|error| format!("stdout is not JSON: {error}; stderr: {}", stderr()))
}

impl Way {
    /// How long a run may wait. What fails once only must succeed, however loaded the machine is.
    fn limits(&self) -> [&'static str; 4] {
        if self.waits && self.times.is_none() { ["--call-timeout", "1s", "--timeout", "10s"] } else { PATIENT }
    }
}

/// Limits that no run reaches where nothing fails for ever.
const PATIENT: [&str; 4] = ["--call-timeout", "15s", "--timeout", "60s"];

/// One cell of the matrix.
struct Cell<'a> {
    recording: &'a Recording,
    operation: &'a str,
    way: &'a Way,
}

impl Cell<'_> {
    /// What is wrong with the run, in words.
    fn problems(&self) -> Vec<String> {
        let served = self.recording.serve();
        let pattern = format!("{}$", self.operation.replace('.', "\\."));
        let fault = |effect| {
            let fault = Fault::new(&pattern, effect);
            vec![self.way.times.map_or(fault.clone(), |times| fault.times(times))]
        };
        if self.operation.starts_with('/') {
            served.kubernetes.set_faults(fault((self.way.kubernetes)(self.operation)));
        } else {
            served.aws.set_faults(fault((self.way.aws)(self.operation)));
        }
        let started = Instant::now();
        let output = run(&served, self.way.limits());
        let took = started.elapsed();
        let mut problems = if took > IN_TIME { vec![format!("it took {took:?}")] } else { Vec::new() };
        match report(&output) {
            Ok(report) => problems.extend(self.judge(&report, output.status.code())),
            Err(problem) => problems.push(problem),
        }
        problems
    }

    /// Whether the answer may be missing in the end. A wait that a server asks for may be longer than the call's limit.
    fn may_be_unknown(&self) -> bool {
        self.way.times.is_none() || self.way.name.starts_with("throttled")
    }

    fn is_untouched(&self) -> bool {
        UNTOUCHED.iter().any(|(way, end)| *way == self.way.name && self.operation.ends_with(end))
    }

    fn judge(&self, report: &Value, code: Option<i32>) -> Vec<String> {
        let mut problems = Vec::new();
        if report["error"].is_object() {
            if code != Some(4) {
                problems.push(format!("exit {code:?}: {}", report["error"]));
            }
            return problems;
        }
        let target = &report["targets"][0];
        let errors = target["findings"].as_array().into_iter().flatten().filter(|finding| finding["severity"] != "info");
        problems.extend(errors.map(|finding| format!("an invented fault: {}: {}", finding["fault"], finding["detail"])));
        let verdict = report["verdict"].as_str().unwrap_or_default();
        let gaps = target["gaps"].as_array().map_or(0, Vec::len);
        let late = target["gaps"].as_array().into_iter().flatten().find(|gap| gap["cause"] == "timed-out");
        if let Some(gap) = late.filter(|_| !self.way.waits) {
            problems.push(format!("not judged: {gap}"));
        }
        let decides = !DECIDES_NOTHING.contains(&self.operation);
        match (verdict, code) {
            ("healthy", Some(0)) if self.way.harmless => {}
            ("healthy", Some(0)) if !decides && gaps > 0 => {}
            ("healthy", Some(0)) if self.is_untouched() => {}
            // One configuration is got by its name where the list is denied: that is an answer.
            ("healthy", Some(0)) if self.operation.ends_with("webhookconfigurations") && self.way.name == "denied" => {}
            ("inconclusive", Some(3)) if gaps > 0 && self.may_be_unknown() => {}
            other => problems.push(format!("{other:?} with {gaps} gaps: {}", target["sentence"])),
        }
        problems
    }
}

/// A pod with all that a role can have: several policies, an inline one, a boundary, a second version.
fn rich() -> Recording {
    let mut recording = Recording::load("plain");
    let account = recording.accounts.accounts.get_mut("123456789012").unwrap();
    let role = &mut account.roles[0];
    let all = |action: &str| {
        Document::from(json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}))
    };
    role.inline.insert("extra".to_owned(), all("sqs:ReceiveMessage"));
    let policy = role.attached.customer.keys().next().unwrap().clone();
    role.versions.insert(policy, all("sns:Publish"));
    role.attached.customer.insert("second".to_owned(), all("sns:Publish"));
    role.boundary = Some("boundary".to_owned());
    account.policies.insert("boundary".to_owned(), all("*"));
    let wanted = ["--action", "s3:ListBucket", "--resource", "arn:aws:s3:::my-bucket"];
    recording.scenario.command.extend(wanted.map(str::to_owned));
    recording
}

/// What a run asks, if nothing fails. It must be healthy.
fn operations(recording: &Recording) -> BTreeSet<String> {
    let served = recording.serve();
    let output = run(&served, PATIENT);
    let report = report(&output).unwrap();
    assert_eq!((report["verdict"].as_str(), output.status.code()), (Some("healthy"), Some(0)), "{report:#}");
    served.kubernetes.operations().into_iter().chain(served.aws.operations()).collect()
}

#[test]
fn no_failing_call_is_healthy_or_invents_a_fault() {
    let recordings = [rich(), Recording::load("pod-identity-in-use")];
    let ways = ways();
    let mut known = BTreeSet::new();
    let mut cells = Vec::new();
    for recording in &recordings {
        assert_eq!(recording.scenario.kind, Kind::Healthy);
        // An operation that an earlier recording has was tried there.
        let new: Vec<String> = operations(recording).into_iter().filter(|operation| known.insert(operation.clone())).collect();
        let pairs = new.into_iter().flat_map(|operation| ways.iter().map(move |way| (operation.clone(), way)));
        cells.extend(pairs.map(|(operation, way)| (recording, operation, way)));
    }
    let wrong = side_by_side(&cells, THREADS, |(recording, operation, way)| {
        let problems = Cell { recording, operation, way }.problems();
        problems.into_iter().map(|problem| format!("{operation}, {}: {problem}", way.name)).collect()
    });
    println!("{} operations, {} ways to fail, {} wrong", known.len(), ways.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
