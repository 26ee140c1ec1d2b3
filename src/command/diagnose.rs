//! The main job: evidence in, report out, and the exit code.

use super::fix_script;
use super::metrics;
use super::needs;
use super::source::{self, Evidence};
use crate::cli::{self, FailOn, OutputArgs, ReportFormat, RunArgs};
use crate::collect::{INTERRUPTED, bundle};
use crate::error::Error;
use crate::output;
use crate::report::{Run, Style, write};
use irsa_doctor_checks::diagnose::{AllowUnknown, GateOptions, apply_gate, diagnose};
use irsa_doctor_checks::registry;
use irsa_doctor_checks::report::Gate;
use irsa_doctor_checks::snapshot::Snapshot;
use std::path::Path;
use std::time::Instant;

/// Diagnoses; gives the exit code.
///
/// # Errors
///
/// Whatever keeps it from a report.
pub(super) fn run(args: &RunArgs) -> Result<u8, Error> {
    let started = Instant::now();
    let gate = gate_options(args)?;
    fix_script::check(&args.output)?;
    metrics::check(&args.output)?;
    if let Some(path) = args.output.save.as_deref().filter(|path| *path != Path::new("-")) {
        bundle::check(path, args.output.force)?;
    }
    let asked = needs::add(&args.expect, cli::asked(args)?)?;
    let evidence = source::evidence(args, asked)?;
    if !args.output.quiet {
        evidence.notes.iter().for_each(|note| output::say(&format!("note: {note}")));
    }
    let mut report = diagnose(&evidence.snapshot);
    apply_gate(&mut report, &gate);
    report.only = args.output.only.iter().map(|only| only.verdict()).collect();
    let run = Run { calls: evidence.calls, seconds: started.elapsed().as_secs_f64(), interrupted: evidence.interrupted };
    if args.output.verbose {
        say_what_was_read(&evidence, &run);
    }
    let prints_bundle = save(&evidence.snapshot, &args.output)?;
    let prints_script = fix_script::write(&report, &run, &args.output)?;
    metrics::write(&report, &run, &args.output)?;
    if !prints_bundle && !prints_script {
        let (style, colored) = style(&args.output);
        output::stream(colored, |out| write(&report, &run, &style, out))?;
    }
    let gate = report.gate;
    // The process ends: of a large cluster, giving everything back one by one would take as long as judging it.
    std::mem::forget(report);
    std::mem::forget(evidence.snapshot);
    Ok(match gate {
        _ if evidence.interrupted => INTERRUPTED,
        Gate::Pass => 0,
        Gate::Fail => 1,
        Gate::Inconclusive => 3,
    })
}

fn style(args: &OutputArgs) -> (Style, bool) {
    match args.output {
        _ if args.diff => {
            let look = output::look(args.color, args.ascii);
            (Style::Diff(look), look.color)
        }
        ReportFormat::Json => (Style::Json, false),
        ReportFormat::Jsonl => (Style::JsonLines, false),
        ReportFormat::Yaml => (Style::Yaml, false),
        ReportFormat::Sarif => (Style::Sarif, false),
        ReportFormat::Junit => (Style::Junit, false),
        ReportFormat::Github => (Style::Github, false),
        ReportFormat::Markdown => (Style::Markdown, false),
        ReportFormat::Short => (Style::Short, false),
        ReportFormat::Wide => {
            let look = output::look(args.color, args.ascii);
            (Style::Wide(look), look.color)
        }
        ReportFormat::Table => {
            let look = output::look(args.color, args.ascii);
            (Style::Table(look), look.color)
        }
    }
}

/// Saves the bundle where that was asked; true if it went to stdout, in the report's place.
fn save(snapshot: &Snapshot, args: &OutputArgs) -> Result<bool, Error> {
    let Some(path) = &args.save else { return Ok(false) };
    if path == Path::new("-") {
        output::stream(false, |out| bundle::write(snapshot, out))?;
        return Ok(true);
    }
    bundle::save(snapshot, path, args.force)?;
    if !args.quiet {
        output::say(&format!("note: the evidence is in {}", path.display()));
    }
    Ok(false)
}

fn say_what_was_read(evidence: &Evidence, run: &Run) {
    for half in &evidence.snapshot.halves {
        output::say(&format!("read: {} from {} by {} at {}", half.side, half.from, half.by, half.at));
    }
    let calls = run.calls;
    output::say(&format!("calls: {} to Kubernetes, {} to AWS, in {:.2} s", calls.kubernetes, calls.aws, run.seconds));
}

/// The gate: `--fail-on` and `--allow-unknown`.
fn gate_options(args: &RunArgs) -> Result<GateOptions, Error> {
    // The example shows faults on purpose: it fails nothing unless that is asked for.
    let default = if args.source.demo { FailOn::Never } else { FailOn::Error };
    let allow_unknown = match args.output.allow_unknown.as_deref() {
        None => AllowUnknown::None,
        Some([only]) if only.is_empty() => AllowUnknown::All,
        Some(checks) => {
            for id in checks {
                if registry::check(id).is_none() {
                    return Err(unknown_check(id));
                }
            }
            AllowUnknown::Checks(checks.iter().cloned().collect())
        }
    };
    Ok(GateOptions { fail_on: args.output.fail_on.unwrap_or(default).severity(), allow_unknown })
}

fn unknown_check(id: &str) -> Error {
    let help = match cli::nearest(id, registry::ALL.iter().map(|check| check.id)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`irsa-doctor checks` lists them".to_owned(),
    };
    Error::usage(format!("`--allow-unknown` names no check: `{id}`"), help)
}
