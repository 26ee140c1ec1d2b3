//! Every operation of the allow-list, not only those of a healthy run: scans, explanations, flags. The list is the one that
//! `irsa-doctor permissions` prints, so that a new operation can't escape.

use super::{IN_TIME, PATIENT, THREADS, Way, rich, ways};
use irsa_doctor_test_support::{Come, Fault, Recording, Rights, Served, side_by_side};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Output, Stdio};
use std::time::Instant;

/// A run: a recording, and what is asked in place of its own command.
struct World {
    recording: Recording,
    args: Vec<String>,
}

fn world(name: &str, args: &[&str]) -> World {
    let recording = if name == "rich" { rich() } else { Recording::load(name) };
    let own = args.is_empty().then(|| recording.scenario.command.clone());
    let namespace = recording.scenario.namespace.clone();
    let given = args.iter().map(|arg| arg.replace("NAMESPACE", &namespace)).collect();
    World { args: own.unwrap_or(given), recording }
}

/// How many of the runs are those of the other matrix.
const HEALTHY: usize = 2;

/// Runs that together ask for everything.
fn worlds() -> Vec<World> {
    const POD: [&str; 6] = ["--pod", "app", "-n", "NAMESPACE", "-o", "json"];
    let of_pod = |name: &str, more: &[&str]| world(name, &[&POD, more].concat());
    let on = |action: &str, resource: &str| of_pod("plain", &["--action", action, "--resource", resource]);
    let here = "us-east-1:123456789012";
    vec![
        world("rich", &[]),
        world("pod-identity-in-use", &[]),
        world("rollout-half-way", &[]),
        world("deployment-without-pods", &[]),
        world("role-gone-near-name", &[]),
        world("provider-none", &[]),
        world("webhook-get-denied", &[]),
        world("namespace-not-there", &[]),
        world("annotation-none", &[]),
        world("plain", &["-A", "-o", "json"]),
        world("rollout-half-way", &["-A", "-o", "json"]),
        of_pod("plain", &["--policy", "nobodys-policy"]),
        of_pod("plain", &["--cloudtrail=1"]),
        of_pod("plain", &["--simulate", "--action", "s3:ListBucket", "--resource", "arn:aws:s3:::my-bucket"]),
        on("kms:Decrypt", &format!("arn:aws:kms:{here}:alias/app")),
        on("kms:Decrypt", &format!("arn:aws:kms:{here}:key/1234abcd-12ab-34cd-56ef-1234567890ab")),
        on("sqs:SendMessage", &format!("arn:aws:sqs:{here}:jobs")),
        on("sns:Publish", &format!("arn:aws:sns:{here}:news")),
        on("secretsmanager:GetSecretValue", &format!("arn:aws:secretsmanager:{here}:secret:db-a1b2c3")),
        on("ecr:BatchGetImage", &format!("arn:aws:ecr:{here}:repository/app")),
        on("lambda:InvokeFunction", &format!("arn:aws:lambda:{here}:function:app")),
    ]
    .into_iter()
    .chain(
        ["sts", "ds", "rs", "job", "cj", "rollout"]
            .map(|kind| world("plain", &[&format!("{kind}/app"), "-n", "NAMESPACE", "-o", "json"])),
    )
    .collect()
}

impl World {
    fn run(&self, served: &Served, limits: [&str; 4]) -> Output {
        let mut command = served.bare_command(env!("CARGO_BIN_EXE_irsa-doctor"));
        command.args(&self.args).args(limits);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// What is asked where nothing fails, and what it comes to.
    fn operations(&self) -> (BTreeSet<String>, Come) {
        let served = self.recording.serve();
        let come = Come::of(&self.run(&served, PATIENT)).unwrap();
        (served.kubernetes.operations().into_iter().chain(served.aws.operations()).collect(), come)
    }
}

/// One cell of the matrix.
struct Cell<'a> {
    world: &'a World,
    whole: &'a Come,
    operation: &'a str,
    way: &'a Way,
}

impl Cell<'_> {
    fn problems(&self) -> Vec<String> {
        let served = self.world.recording.serve();
        let pattern = format!("{}$", self.operation.replace('.', "\\."));
        let on_kubernetes = self.operation.starts_with('/');
        let effect = if on_kubernetes { (self.way.kubernetes)(self.operation) } else { (self.way.aws)(self.operation) };
        let fault = Fault::new(&pattern, effect);
        let faults = vec![self.way.times.map_or(fault.clone(), |times| fault.times(times))];
        if on_kubernetes {
            served.kubernetes.set_faults(faults);
        } else {
            served.aws.set_faults(faults);
        }
        let started = Instant::now();
        let output = self.world.run(&served, self.way.limits());
        let took = started.elapsed();
        let mut problems = if took > IN_TIME { vec![format!("it took {took:?}")] } else { Vec::new() };
        match Come::of(&output) {
            Ok(come) => problems.extend(come.problems(self.whole)),
            Err(problem) => problems.push(problem),
        }
        problems
    }
}

/// Operations that no run here asks for, and where they are tried.
const ELSEWHERE: &[(&str, &str)] = &[
    ("iam:GetAccountAuthorizationDetails", "scans of more than 30 roles: tests/scan.rs"),
    ("sts:DecodeAuthorizationMessage", "encoded messages: tests/decode.rs"),
    ("eks:ListAddons", "accounts of add-ons: tests/targets.rs"),
    ("eks:DescribeAddon", "the same"),
    ("lambda:GetFunctionConcurrency", "functions without a policy: tests/resource_policies.rs"),
    ("get nodes", "Windows and Pod Identity: tests/recordings.rs"),
    ("list rollouts", "clusters that have them: tests/scan.rs"),
];

#[test]
fn whatever_fails_nothing_gets_better() {
    let (worlds, ways) = (worlds(), ways());
    let mut asked: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut whole = Vec::new();
    for (at, world) in worlds.iter().enumerate() {
        let (operations, come) = world.operations();
        whole.push(come);
        for operation in operations {
            asked.entry(Rights::needed(&operation)).or_insert((at, operation));
        }
    }
    let elsewhere = |right: &String| ELSEWHERE.iter().any(|(known, _)| known == right);
    let allowed = Rights::printed(env!("CARGO_BIN_EXE_irsa-doctor"), &["--cloudtrail", "--simulate"]).names();
    let escaped: Vec<String> = allowed.into_iter().filter(|right| !asked.contains_key(right) && !elsewhere(right)).collect();
    assert!(escaped.is_empty(), "no run here asks for {escaped:?}");
    let cells: Vec<Cell<'_>> = asked
        .values()
        // What a healthy run asks for has a matrix of its own.
        .filter(|(at, _)| *at >= HEALTHY)
        .flat_map(|(at, operation)| ways.iter().map(move |way| (*at, operation, way)))
        .map(|(at, operation, way)| Cell { world: &worlds[at], whole: &whole[at], operation, way })
        .collect();
    let wrong = side_by_side(&cells, THREADS, |cell| {
        let named = |problem| format!("{}, {}: {problem}", cell.operation, cell.way.name);
        cell.problems().into_iter().map(named).collect()
    });
    println!("{} rights, {} runs, {} wrong", asked.len(), cells.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
