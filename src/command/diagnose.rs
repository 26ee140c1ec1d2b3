//! The main job: evidence in, report out, and the exit code.

use super::outputs::Outputs;
use super::source::{self, Evidence};
use super::suppress::{self, Decided};
use super::{fix_script, gate, metrics, needs, repeat, save};
use crate::cli::{self, RunArgs};
use crate::collect::{self, bundle};
use crate::error::Error;
use crate::output;
use crate::report::Run;
use irsa_doctor_checks::diagnose::{GateOptions, no_container};
use irsa_doctor_checks::report::Report;
use irsa_doctor_checks::snapshot::Asked;
use std::time::Instant;

/// Diagnoses; gives the exit code.
///
/// # Errors
///
/// Whatever keeps it from a report.
pub(super) fn run(args: &RunArgs) -> Result<u8, Error> {
    let mut plan = Plan::of(args)?;
    if args.repeat.wait.is_some() || args.repeat.watch.is_some() {
        return repeat::run(&mut plan);
    }
    let round = plan.round()?;
    plan.say_notes(&round);
    plan.write_files(&round)?;
    plan.print(&round)?;
    let exit = round.exit();
    // The process ends: of a large cluster, giving everything back one by one would take as long as judging it.
    std::mem::forget(round);
    Ok(exit)
}

/// All that is known before anybody is asked anything.
pub(super) struct Plan<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) outputs: Outputs<'a>,
    asked: Asked,
    gate: GateOptions,
    decided: Decided,
}

/// One look at the cluster and the account, judged.
pub(super) struct Round {
    pub(super) report: Report,
    pub(super) run: Run,
    evidence: Evidence,
}

impl<'a> Plan<'a> {
    /// Understands the command line and the files that it names.
    ///
    /// # Errors
    ///
    /// Bad input, or a file that can't be written.
    pub(super) fn of(args: &'a RunArgs) -> Result<Self, Error> {
        let gate = gate::options(&args.gate, args.source.demo)?;
        let written = [&args.output.save, &args.output.fix_script, &args.gate.write_baseline];
        if args.output.force && written.iter().all(|file| file.is_none()) {
            let help = "give --save FILE, --fix-script FILE or --write-baseline FILE";
            return Err(Error::usage("`--force` is for files, and none is written", help));
        }
        fix_script::check(&args.output)?;
        metrics::check(&args.output)?;
        if let Some(path) = args.output.save.as_deref().filter(|path| !cli::is_stdout(Some(path))) {
            bundle::check(path, args.output.force)?;
        }
        let outputs = Outputs::of(&args.output.report)?;
        let decided = suppress::decided(&args.gate, args.output.force, args.output.report.quiet)?;
        let asked = needs::add(&args.expect.needs, cli::asked(args)?)?;
        Ok(Self { args, outputs, asked, gate, decided })
    }

    /// Looks, and judges.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from a report.
    pub(super) fn round(&mut self) -> Result<Round, Error> {
        let started = Instant::now();
        let evidence = source::evidence(self.args, self.asked.clone())?;
        if let Some(none) = no_container(&evidence.snapshot) {
            return Err(collect::no_container(none).into());
        }
        let output = &self.args.output;
        let report = self.decided.report(&evidence.snapshot, (&self.args.gate, &self.gate), output.force, &output.report)?;
        let (calls, interrupted) = (evidence.calls, evidence.interrupted);
        Ok(Round { report, run: Run { calls, seconds: started.elapsed().as_secs_f64(), interrupted }, evidence })
    }

    /// Says on stderr what the report doesn't.
    pub(super) fn say_notes(&self, round: &Round) {
        let output = &self.args.output.report;
        if !output.quiet {
            round.evidence.notes.iter().for_each(|note| output::say(&format!("note: {note}")));
            self.decided.note(&round.report).iter().for_each(|note| output::say(note));
        }
        if output.verbose {
            say_what_was_read(&round.evidence, &round.run);
        }
    }

    /// Writes everything that is wanted but the report on stdout.
    ///
    /// # Errors
    ///
    /// What can't be written.
    pub(super) fn write_files(&self, round: &Round) -> Result<(), Error> {
        let output = &self.args.output;
        save::save(&round.evidence.snapshot, &round.report, output)?;
        fix_script::write(&round.report, &round.run, output)?;
        metrics::write(&round.report, &round.run, output)?;
        self.outputs.write_files(&round.report, &round.run)
    }

    /// Writes the report on stdout, unless something else takes its place.
    ///
    /// # Errors
    ///
    /// stdout can't be written.
    pub(super) fn print(&self, round: &Round) -> Result<(), Error> {
        if self.args.output.prints_no_report() { Ok(()) } else { self.outputs.write_stdout(&round.report, &round.run) }
    }
}

impl Round {
    /// The exit code.
    pub(super) fn exit(&self) -> u8 {
        self.run.exit(self.report.gate).0
    }
}

fn say_what_was_read(evidence: &Evidence, run: &Run) {
    for half in &evidence.snapshot.halves {
        output::say(&format!("read: {} from {} by {} at {}", half.side, half.from, half.by, half.at));
    }
    let calls = run.calls;
    output::say(&format!("calls: {} to Kubernetes, {} to AWS, in {:.2} s", calls.kubernetes, calls.aws, run.seconds));
}
