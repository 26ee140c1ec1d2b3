//! Parsing the command line, and saying in one line what is wrong with it.

use super::{Cli, ReportFormat};
use crate::error::Error;
use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::Path;

/// What a command line comes to.
pub(crate) enum Parsed {
    /// Something to do.
    Run(Box<Cli>),
    /// Text to print: `--help` or `--version`.
    Print(String),
}

/// The command, named as it was called: kubectl runs `kubectl-irsa_doctor` for `kubectl irsa-doctor`.
/// <https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/#naming-a-plugin>
pub(crate) fn command(program: Option<&OsString>) -> clap::Command {
    let stem = program.and_then(|program| Path::new(program).file_stem()).and_then(|stem| stem.to_str());
    match stem {
        Some("kubectl-irsa_doctor") => Cli::command().bin_name("kubectl irsa-doctor"),
        _ => Cli::command(),
    }
}

/// The whole definition, with all that clap fills in by itself: for the manual.
pub(crate) fn built() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// Parses the command line.
///
/// # Errors
///
/// A usage error: one line, and what to do.
pub(crate) fn parse(args: &[OsString]) -> Result<Parsed, Error> {
    let mut command = command(args.first());
    let usage = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let parsed = command.try_get_matches_from_mut(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => Ok(Parsed::Run(Box::new(cli))),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Parsed::Print(error.render().ansi().to_string()))
        }
        Err(error) => Err(explain(&error, &usage)),
    }
}

/// clap's error in our form.
fn explain(error: &clap::Error, usage: &str) -> Error {
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    // clap puts what is missing or possible on the lines below.
    let ends = |line: &&str| ["Usage:", "tip:", "For more information"].iter().any(|begin| line.starts_with(begin));
    let below: Vec<&str> = text.lines().skip(1).map(str::trim).take_while(|line| !ends(line)).collect();
    let below = below.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    let message = if message.ends_with(':') { format!("{message} {below}") } else { message.to_owned() };
    let help = match (error.get(ContextKind::SuggestedArg), error.get(ContextKind::SuggestedValue)) {
        (Some(suggested), _) | (None, Some(suggested)) => format!("did you mean `{suggested}`?"),
        (None, None) if error.kind() == ErrorKind::InvalidValue && !below.is_empty() && !message.ends_with(&below) => {
            below.trim_matches(['[', ']']).to_owned()
        }
        (None, None) => format!("`{usage} --help` lists what can be said"),
    };
    Error::usage(message, help)
}

/// The kind of JSON that was asked for, if any, judged from the raw words: it must be known even where they don't parse.
pub(crate) fn asked_for_json(args: &[OsString]) -> Option<ReportFormat> {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    let json = |value: &str| {
        let format = <ReportFormat as clap::ValueEnum>::from_str(value, false).ok();
        format.filter(|format| matches!(format, ReportFormat::Json | ReportFormat::Jsonl | ReportFormat::Yaml))
    };
    let joined = words.iter().find_map(|word| {
        let value = word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o=")).or_else(|| word.strip_prefix("-o"));
        value.and_then(json)
    });
    let pairs = words.iter().zip(words.iter().skip(1));
    joined.or_else(|| pairs.filter(|(word, _)| matches!(**word, "-o" | "--output")).find_map(|(_, value)| json(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn json_is_seen_in_every_spelling() {
        for line in ["x -o json", "x -ojson", "x -o=json", "x --output json", "x --output=json --nonsense"] {
            assert_eq!(asked_for_json(&words(line)), Some(ReportFormat::Json), "{line}");
            let lines = line.replace("json", "jsonl");
            assert_eq!(asked_for_json(&words(&lines)), Some(ReportFormat::Jsonl), "{lines}");
        }
        for line in ["x", "x -o table", "x json", "x -o", "x --pod json"] {
            assert_eq!(asked_for_json(&words(line)), None, "{line}");
        }
    }

    #[test]
    fn a_usage_error_is_one_line_and_what_to_do() {
        for (line, message, help) in [
            ("x --pood a", "--pood", "--pod"),
            ("x -o jsno", "did you mean `json`", "--help"),
            ("x -o qqq", "there are table, wide", "--help"),
            ("x -o yamll", "did you mean `yaml`", "--help"),
            ("x --resource *", "--action", "--help"),
            ("x schema foo", "'foo'", "possible values: report, bundle, config"),
            ("x --only foo", "'foo'", "possible values: broken, inconclusive, degraded, healthy"),
            ("x --call-timeout 5parsecs", "5parsecs", "--help"),
            ("x explain", "<ID>", "--help"),
        ] {
            let Err(error) = parse(&words(line)) else { panic!("{line} parses") };
            let text = error.to_string();
            assert!(text.contains(message) && !text.contains('\n'), "{line}: {text}");
            assert!(error.help().unwrap_or_default().contains(help), "{line}: {:?}", error.help());
            assert_eq!(error.exit(), 2);
            assert!(!error.help().unwrap_or_default().contains([']', '[']), "{line}: {:?}", error.help());
        }
    }

    #[test]
    fn the_plugin_names_itself_as_it_was_called() {
        for (program, name) in [("/usr/bin/kubectl-irsa_doctor", "kubectl irsa-doctor"), ("irsa-doctor", "irsa-doctor")] {
            let Ok(Parsed::Print(help)) = parse(&words(&format!("{program} --help"))) else { panic!("no help") };
            let plain = anstream::adapter::strip_str(&help).to_string();
            assert!(plain.contains(&format!("Usage: {name} ")), "{plain}");
        }
    }
}
