//! Decides requests that come as JSON lines on standard input, and writes one line for each:
//!
//! ```sh
//! cargo run --release -p irsa-doctor-iam --example decide < checks/iam/tests/cases/identity.jsonl
//! ```
//!
//! A line holds `id`, `mode` (`identity` or `trust`), `request` (`principal`, `action`, `resource`
//! or `role`, `contextVariables`, and if need be `resourceAccountId` and `wildcardOnlyAction`), and
//! `identityPolicies` with `permissionBoundaryPolicies`, or `trustPolicy`. The context is complete:
//! what it doesn't name is absent.

#![expect(clippy::print_stdout, reason = "an example writes its answer")]

mod case;

use std::io::BufRead;

use case::Fault;
use serde_json::{Value, json};

fn main() -> Result<(), Fault> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let case: Value = serde_json::from_str(&line)?;
        let id = case.get("id").unwrap_or(&Value::Null);
        match case::decide(&case) {
            Ok(answer) => println!("{}", json!({"id": id, "decision": answer.get("decision"), "matched": answer.get("matched")})),
            Err(error) => println!("{}", json!({"id": id, "error": error.to_string()})),
        }
    }
    Ok(())
}
