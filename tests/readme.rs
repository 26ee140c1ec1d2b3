//! What the README says of the checks is what the registry has.

#![expect(clippy::unwrap_used, reason = "a test: it may fail loudly")]

use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::registry;
use std::fmt::Write as _;

const BEGIN: &str = "<!-- checks: made by `IRSA_DOCTOR_UPDATE=1 cargo test --test readme` -->\n";
const END: &str = "<!-- end of checks -->";

/// The table of all checks and faults, from the registry.
fn table() -> String {
    let mut table = String::from("\n| check | the good state | fault | | what is wrong |\n|---|---|---|---|---|\n");
    for check in registry::ALL {
        for (index, fault) in check.faults.iter().enumerate() {
            let severity = match fault.severity {
                Severity::Error => "E",
                Severity::Warning => "W",
                Severity::Info => "I",
            };
            let (id, title) = if index == 0 { (format!("`{}`", check.id), check.title) } else { (String::new(), "") };
            writeln!(table, "| {id} | {title} | `{}` | {severity} | {} |", fault.id, fault.title).unwrap();
        }
    }
    table.push('\n');
    table
}

#[test]
fn the_table_of_checks_is_the_registrys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("IRSA_DOCTOR_UPDATE").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(found, table(), "run it again with IRSA_DOCTOR_UPDATE=1");
}
