//! The rights that `irsa-doctor permissions` prints are enough, and each that is missing is said and decides nothing else.
//!
//! Every recorded scenario runs with just those rights; then once more without each right that it made use of.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test: it may fail loudly, and says how many runs it made")]

use irsa_doctor_test_support::{Come, Kind, Recording, Rights, Served, side_by_side};
use std::collections::BTreeSet;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many runs are made side by side.
const THREADS: usize = 4;

/// What a running pod doesn't show, and what is a warning because of it: with another association it gets another role, but
/// not before its next restart. The gap says so; whether the pod works now doesn't hang on it.
const AFTER_A_RESTART: [(&str, &str); 2] = [
    ("association-other-role", "eks:DescribePodIdentityAssociation"),
    ("association-other-role", "eks:ListPodIdentityAssociations"),
];

fn printed() -> Rights {
    Rights::printed(env!("CARGO_BIN_EXE_irsa-doctor"), &[])
}

/// A recording, served to somebody who has these rights.
fn serve(recording: &Recording, rights: &Rights) -> Served {
    let served = recording.serve();
    rights.grant(&served, recording.kubernetes_faults(), recording.aws_faults());
    served
}

fn run(served: &Served) -> Output {
    served.command(env!("CARGO_BIN_EXE_irsa-doctor")).stdin(Stdio::null()).output().unwrap()
}

/// The rights that its requests needed, of those that were answered well.
fn used(served: &Served) -> BTreeSet<String> {
    let requests = served.kubernetes.requests().into_iter().chain(served.aws.requests());
    let answered = requests.filter(|request| request.status == Some(200));
    answered.map(|request| Rights::needed(&request.operation)).collect()
}

/// Does this with every recording, side by side; what is wrong, in words.
fn in_all(check: impl Fn(&Recording) -> Vec<String> + Sync) -> Vec<String> {
    let recordings = Recording::all();
    assert!(recordings.len() > 100);
    let named = |recording: &Recording, problem| format!("{}: {problem}", recording.name);
    side_by_side(&recordings, THREADS, |recording| {
        check(recording).into_iter().map(|problem| named(recording, problem)).collect()
    })
}

#[test]
fn the_printed_rights_are_enough() {
    let rights = printed();
    let wrong = in_all(|recording| {
        let served = serve(recording, &rights);
        let output = run(&served);
        let Ok(report) = serde_json::from_slice(&output.stdout) else {
            return vec![String::from_utf8_lossy(&output.stderr).into_owned()];
        };
        recording.expect.check(&report, output.status.code().unwrap_or(-1)).err().unwrap_or_default()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_right_that_is_missing_is_said_and_makes_nothing_better() {
    let rights = printed();
    let (names, runs) = (rights.names().into_iter().collect::<BTreeSet<_>>(), AtomicUsize::new(0));
    let tried = Mutex::new(BTreeSet::new());
    let wrong = in_all(|recording| {
        if recording.scenario.kind == Kind::Refusal {
            return Vec::new();
        }
        let served = serve(recording, &rights);
        let whole = Come::of(&run(&served)).unwrap();
        let used = used(&served);
        let missing = used.difference(&names);
        let mut problems: Vec<String> = missing.map(|right| format!("it needs {right}, which is not printed")).collect();
        // Who asks whom is known to everybody.
        for right in used.intersection(&names).filter(|right| *right != "sts:GetCallerIdentity") {
            runs.fetch_add(1, Ordering::Relaxed);
            tried.lock().unwrap().insert(right.clone());
            let output = run(&serve(recording, &rights.without(right)));
            let mut whole = whole.clone();
            if AFTER_A_RESTART.contains(&(recording.name.as_str(), right)) {
                whole.verdict = Some("healthy".to_owned());
            }
            let found = problems_without(right, &output, &whole);
            problems.extend(found.into_iter().map(|problem| format!("without {right}: {problem}")));
        }
        problems
    });
    println!("{} rights, {} runs, {} wrong", tried.into_inner().unwrap().len(), runs.into_inner(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn problems_without(right: &str, output: &Output, whole: &Come) -> Vec<String> {
    let come = match Come::of(output) {
        Ok(come) => come,
        Err(problem) => return vec![problem],
    };
    let mut problems = come.problems(whole);
    let said = [&output.stdout[..], &output.stderr].concat();
    // What decides nothing may go unsaid; a verdict that is another one has its reason.
    let said = String::from_utf8_lossy(&said);
    let is_said = said.contains(right) || said.contains(&right.replacen(' ', " on ", 1));
    if come != *whole && !is_said {
        problems.push(format!("{:?}, and not a word of the right", come.verdict));
    }
    problems
}
