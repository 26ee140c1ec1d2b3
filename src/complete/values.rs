//! Which values an option's place can have.

use super::line::Line;
use super::{is_plain, profiles};
use crate::cli::{self, Cli, ReportFormat};
use crate::collect;
use clap::{Arg, CommandFactory as _, ValueEnum as _};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use irsa_doctor_checks::registry;
use irsa_doctor_checks::snapshot::TargetKind;
use std::ffi::OsStr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// How much longer than the time that it has a question may take to end.
const GRACE: Duration = Duration::from_millis(100);

/// The command line's definition, with values for what has some.
pub(super) fn command(line: &Arc<Line>) -> clap::Command {
    let subcommand = |command: clap::Command| match command.get_name() {
        "explain" => command.mut_args(|arg| arg.add(ArgValueCandidates::new(ids))),
        "lint" => command.mut_args(|arg| with_values(arg, line)),
        _ => command,
    };
    Cli::command().mut_args(|arg| with_values(arg, line)).mut_subcommands(subcommand)
}

/// An option with its values.
fn with_values(arg: Arg, line: &Arc<Line>) -> Arg {
    let line = Arc::clone(line);
    let of_kind = |line: Arc<Line>, kind: TargetKind| ArgValueCandidates::new(move || plain(objects(&line, kind)));
    match arg.get_id().as_str() {
        "context" | "contexts" => arg.add(ArgValueCandidates::new(move || plain(contexts(&line)))),
        "profile" | "role_profile" => arg.add(ArgValueCandidates::new(|| plain(profiles::names()))),
        "allow_unknown" => arg.add(ArgValueCandidates::new(move || checks(&line))),
        "output" => arg.add(ArgValueCandidates::new(formats)),
        "namespace" => arg.add(of_kind(line, TargetKind::Namespace)),
        "pod" => arg.add(of_kind(line, TargetKind::Pod)),
        "service_account" => arg.add(of_kind(line, TargetKind::ServiceAccount)),
        "targets" => arg.add(ArgValueCompleter::new(move |word: &OsStr| targets(&line, word))),
        _ => arg,
    }
}

/// Names that can be typed as they are.
fn plain(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    names.into_iter().filter(|name| is_plain(name)).map(CompletionCandidate::new).collect()
}

fn contexts(line: &Line) -> Vec<String> {
    collect::contexts(&line.options()).unwrap_or_default()
}

/// The names of a kind's objects; none where the cluster doesn't say them in time.
fn objects(line: &Line, kind: TargetKind) -> Vec<String> {
    let options = line.options();
    let patience = options.timeout;
    let (say, hear) = mpsc::channel();
    // On a thread of its own: what blocks there, such as reading certificates, must not hold up the end of the time.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        // Ended here, a plugin that logs in to the cluster doesn't outlive us.
        let names = runtime.block_on(async { tokio::time::timeout(patience, collect::names(&options, kind)).await });
        runtime.shutdown_background();
        say.send(names.ok().flatten()).ok()
    });
    hear.recv_timeout(patience + GRACE).ok().flatten().unwrap_or_default()
}

/// `pod/`, and then the pods; after a bare `pod` the pods at once.
fn targets(line: &Line, word: &OsStr) -> Vec<CompletionCandidate> {
    let Some(word) = word.to_str() else { return Vec::new() };
    let (prefix, start, names) = match (word.split_once('/'), line.kind()) {
        (Some((kind, start)), _) => (format!("{kind}/"), start, cli::kind(kind).map(|kind| objects(line, kind))),
        (None, Some(kind)) => (String::new(), word, Some(objects(line, kind))),
        (None, None) => (String::new(), word, None),
    };
    let Some(names) = names else {
        let kinds = cli::kinds().filter(|(name, _)| name.starts_with(word));
        return kinds.map(|(name, kind)| CompletionCandidate::new(format!("{name}/")).help(Some(kind.as_str().into()))).collect();
    };
    let fitting = plain(names.into_iter().filter(|name| name.starts_with(start)));
    fitting.into_iter().map(|candidate| candidate.add_prefix(prefix.as_str())).collect()
}

/// The ids of all checks; they stand behind an `=` or nowhere.
fn checks(line: &Line) -> Vec<CompletionCandidate> {
    plain(registry::ALL.iter().filter(|_| line.is_assignment()).map(|check| check.id.to_owned()))
}

/// The ids of all checks and faults.
fn ids() -> Vec<CompletionCandidate> {
    let of = |id: &str, title: &str| CompletionCandidate::new(id).help(Some(title.to_owned().into()));
    registry::ALL
        .iter()
        .flat_map(|check| {
            std::iter::once(of(check.id, check.title)).chain(check.faults.iter().map(move |fault| of(fault.id, fault.title)))
        })
        .collect()
}

/// The formats of the report, each with what it is for.
fn formats() -> Vec<CompletionCandidate> {
    let values = ReportFormat::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value);
    values.map(|value| CompletionCandidate::new(value.get_name().to_owned()).help(value.get_help().cloned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_with_values_is_there() {
        let command = command(&Arc::new(Line::new(&[], 0)));
        let named: Vec<&str> = command.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        for id in [
            "context",
            "contexts",
            "profile",
            "role_profile",
            "allow_unknown",
            "output",
            "namespace",
            "pod",
            "service_account",
            "targets",
        ] {
            assert!(named.contains(&id), "{id}");
        }
        assert!(ids().len() > 100);
    }
}
