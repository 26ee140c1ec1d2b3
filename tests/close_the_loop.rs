//! From finding to mended: the printed commands of every fault are pasted into a real shell, with the real kubectl and the
//! real AWS CLI, against servers that take the writes; controllers make new pods; and the second run has nothing to mend.
//! What changes IAM is tried on moto too, and what only the keeper of a bare pod could change, in a Deployment.
//!
//! `ONLY=part-of-a-name` runs some, `LIST=1` says what came of each.
//!
//! What isn't mended so stands in `close_the_loop/not_mended.json`, each with its reason.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test: it may fail loudly, and says its score"
)]

#[path = "article/account.rs"]
#[expect(dead_code, reason = "the article's own account is another test's")]
mod account;
#[path = "close_the_loop/arguments.rs"]
mod arguments;
#[path = "close_the_loop/seed.rs"]
mod seed;
#[path = "close_the_loop/shell.rs"]
mod shell;
#[path = "close_the_loop/trial.rs"]
mod trial;
#[path = "close_the_loop/world.rs"]
mod world;

use irsa_doctor_test_support::{Kind, Moto, Recording, Scenario};
use serde_json::Value;
use shell::Tools;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use trial::{Outcome, Trial};

const NOT_MENDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/close_the_loop/not_mended.json");

#[test]
#[ignore = "needs the AWS CLI and kubectl: run tests/run"]
fn the_printed_commands_mend_what_they_say() {
    let tools = Tools::new();
    let trials = trials();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let moto = Moto::start();
                while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = trial.run(&tools);
                    if matches!(outcome, Outcome::Mended)
                        && let Some(on_moto) = trial.run_on_moto(&tools, &moto)
                    {
                        outcomes.lock().unwrap().insert(format!("{}, on moto", trial.name()), on_moto);
                    }
                    // What only the keeper of a pod's manifest can mend, commands mend in a workload's template.
                    if matches!(outcome, Outcome::Decided)
                        && let Some(owned) = trial.run_owned(&tools).filter(|owned| !matches!(owned, Outcome::Decided))
                    {
                        outcomes.lock().unwrap().insert(format!("{}, in a Deployment", trial.name()), owned);
                    }
                    outcomes.lock().unwrap().insert(trial.name().to_owned(), outcome);
                }
            });
        }
    });
    judge(&outcomes.into_inner().unwrap());
}

/// Every recording and every scenario with a fault.
fn trials() -> Vec<Trial> {
    let only = std::env::var("ONLY").ok();
    let recordings = Recording::all()
        .into_iter()
        .filter(|recording| recording.scenario.kind == Kind::Fault)
        .map(|recording| Trial::Recording(Box::new(recording)));
    let scenarios = Scenario::all().into_iter().filter(|scenario| scenario.name.starts_with("faults/")).map(Trial::Scenario);
    let all = recordings.chain(scenarios);
    all.filter(|trial| only.as_ref().is_none_or(|only| trial.name().contains(only.as_str()))).collect()
}

fn judge(outcomes: &BTreeMap<String, Outcome>) {
    let reasons: Value = serde_json::from_str(&std::fs::read_to_string(NOT_MENDED).unwrap()).unwrap();
    let count = |wanted: fn(&Outcome) -> bool| outcomes.values().filter(|outcome| wanted(outcome)).count();
    let mended = count(|outcome| matches!(outcome, Outcome::Mended));
    let decided = count(|outcome| matches!(outcome, Outcome::Decided));
    let nothing = count(|outcome| matches!(outcome, Outcome::NoErrors));
    let mut wrong = Vec::new();
    let mut left = 0;
    for (name, outcome) in outcomes {
        if let Outcome::Left(why) = outcome {
            left += 1;
            if reasons[name].as_str().is_none() {
                wrong.push(format!("{name}: {why}"));
            }
        } else if reasons[name].is_string() {
            wrong.push(format!("{name}: it stands in not_mended.json, and is mended"));
        }
    }
    if std::env::var_os("LIST").is_some() {
        for (name, outcome) in outcomes {
            println!("{name}: {outcome:?}");
        }
    }
    println!(
        "{} with errors that commands mend: {mended} mended, {left} not; {decided} need a decision, {nothing} have no error",
        mended + left
    );
    assert!(wrong.is_empty(), "{} not mended, and no reason given:\n{}", wrong.len(), wrong.join("\n"));
}
