//! Files before they are deployed: evidence in, report out, and the exit code.

use super::outputs::Outputs;
use super::{gate, needs, suppress};
use crate::cli::{LintArgs, PolicySpec};
use crate::error::Error;
use crate::files::{self, Linted};
use crate::output;
use crate::report::Run;
use std::time::Instant;

/// Lints; gives the exit code.
///
/// # Errors
///
/// Bad input, files that can't be read, or a report that can't be written.
pub(super) fn run(args: &LintArgs) -> Result<u8, Error> {
    let gate = gate::options(&args.gate, false)?;
    let outputs = Outputs::of(&args.report)?;
    let mut decided = suppress::decided(&args.gate, args.force, args.report.quiet)?;
    let started = Instant::now();
    let Linted { snapshot, places, notes } = files::read(options(args)?)?;
    let mut report = decided.report(&snapshot, (&args.gate, &gate), args.force, &args.report)?;
    report.place(|locus| places.place(locus));
    if !args.report.quiet {
        let notes = notes.iter().map(|note| format!("note: {note}")).chain(decided.note(&report));
        notes.for_each(|note| output::say(&note));
    }
    if args.report.verbose {
        let read = snapshot.halves.iter().map(|half| half.from.as_str()).collect::<Vec<_>>().join(", ");
        output::say(&format!("read: {read}"));
    }
    let run = Run { seconds: started.elapsed().as_secs_f64(), ..Run::default() };
    outputs.write_files(&report, &run)?;
    outputs.write_stdout(&report, &run)?;
    Ok(run.exit(report.gate).0)
}

fn options(args: &LintArgs) -> Result<files::Options, Error> {
    let paths: Vec<_> = args.paths.iter().chain(&args.files).cloned().collect();
    if paths.is_empty() && args.trust_policy.is_empty() && args.permission_policy.is_empty() {
        let help = "write `irsa-doctor lint FILE`; `-` is stdin, as in `helm template . | irsa-doctor lint -`";
        return Err(Error::usage("it isn't said what to lint", help));
    }
    let mut asked = needs::add(&args.needs, args.asked())?;
    needs::with_context(&args.needs, &mut asked.actions)?;
    let policies = |specs: &[PolicySpec]| specs.iter().map(|spec| (spec.role.clone(), spec.file.clone())).collect();
    let known = &args.known;
    Ok(files::Options {
        paths,
        trust_policies: policies(&args.trust_policy),
        permission_policies: policies(&args.permission_policy),
        issuer: known.issuer.clone(),
        account: known.account.clone(),
        cluster: known.cluster.clone(),
        region: known.region.clone(),
        namespace: known.namespace.clone(),
        asked,
        skip_others: args.skip_others,
    })
}
