//! Every recorded scenario, judged from a snapshot made without I/O, gives its expected diagnosis.
//!
//! The same scenarios run through the built binary in the acceptance tests; here they take a second,
//! and say which check disagrees.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test: it may fail loudly, and says how many scenarios it knows"
)]

#[path = "recordings/accounts.rs"]
mod accounts;
#[path = "recordings/compare.rs"]
mod compare;
#[path = "recordings/faults.rs"]
mod faults;
#[path = "recordings/load.rs"]
mod load;

use load::Scenario;

/// Scenarios whose error document is the shell's to print.
fn is_refusal(scenario: &Scenario) -> bool {
    scenario.setup["kind"] == "refusal"
}

#[test]
fn every_recording_gives_its_diagnosis() {
    let mut wrong = vec![];
    let (mut right, mut known) = (0, 0);
    for scenario in Scenario::all().iter().filter(|scenario| !is_refusal(scenario)) {
        if !compare::in_registry(scenario) {
            known += 1;
            continue;
        }
        let report = irsa_doctor_checks::diagnose::diagnose(&scenario.snapshot());
        let problems = compare::problems(scenario, &report);
        if problems.is_empty() {
            right += 1;
        } else {
            wrong.push(format!("{}:\n    {}", scenario.name, problems.join("\n    ")));
        }
    }
    println!("{right} right, {} wrong, {known} whose faults belong to no check of the registry", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
