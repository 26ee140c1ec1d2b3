//! `.irsa-doctor.toml`: what a team has decided about findings, with its reasons.
//!
//! Found upwards from the working directory, as git finds a repository. A typo in it is an error: an ignore that silently
//! ignores nothing is found out too late, and one that ignores too much never.

mod find;
mod rules;

pub(crate) use find::find;

use irsa_doctor_checks::fault::Severity;
use irsa_doctor_checks::suppress::Rules;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file, as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "irsa-doctor's configuration (.irsa-doctor.toml)")]
pub(crate) struct Config {
    /// Whether the annotation `irsa-doctor.io/ignore` of service accounts and pods is heeded; it is if nothing is said.
    ignore_annotations: Option<bool>,
    /// What the gate takes a fault for, by its id. The finding and the verdict stay what they are.
    severity: BTreeMap<String, Severity>,
    /// What doesn't count for the gate.
    ignore: Vec<Ignore>,
}

/// What is ignored: findings that meet all that is said here. In names, `*` and `?` stand for any characters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Ignore {
    /// The fault's id, or several.
    fault: Faults,
    /// The namespace.
    namespace: Option<String>,
    /// The service account.
    service_account: Option<String>,
    /// The AWS account: twelve digits.
    account: Option<String>,
    /// The role: its name or its ARN.
    role: Option<String>,
    /// Why. It stands in every report.
    reason: String,
    /// The last day on which it is ignored, such as `2027-03-31`.
    #[schemars(with = "Option<String>")]
    expires: Option<Day>,
}

/// One fault or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "the id of a fault, or a list of them")]
enum Faults {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// A day, as TOML has it or as a string.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a day, such as 2027-03-31")]
enum Day {
    /// `2027-03-31`
    Date(toml::value::Datetime),
    /// `"2027-03-31"`
    Text(String),
}

/// A configuration, ready to be followed.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What it says of findings.
    pub(crate) rules: Rules,
    /// What somebody should know of it: ignores that have expired.
    pub(crate) notes: Vec<String>,
}

/// What is wrong with a configuration.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// It can't be read.
    #[error("`{}` can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something that can't be meant.
    #[error("`{}`{place}: {problem}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where in it, if that is known: `, line 3, column 1`.
        place: String,
        /// What.
        problem: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path, or leave it out with --no-config".to_owned(),
            Self::Wrong { .. } => "`irsa-doctor schema config` says what may stand there; --no-config leaves it out".to_owned(),
        }
    }
}

/// The most that is read of a configuration.
const MOST_BYTES: u64 = 1 << 20;

/// Reads a configuration. `today` decides which ignores have expired.
///
/// # Errors
///
/// The file can't be read, isn't TOML, or says something that can't be meant: an unknown key, a fault that isn't one, an ignore
/// without a reason.
pub(crate) fn load(path: &Path, today: jiff::civil::Date) -> Result<Loaded, ConfigError> {
    use std::io::Read as _;
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MOST_BYTES {
        let problem = "it is larger than 1 MiB".to_owned();
        return Err(ConfigError::Wrong { path: path.to_owned(), place: String::new(), problem });
    }
    parse(path, &text, today)
}

/// Reads the text of a configuration.
///
/// # Errors
///
/// As [`load`] has it.
pub(crate) fn parse(path: &Path, text: &str, today: jiff::civil::Date) -> Result<Loaded, ConfigError> {
    let wrong = |place, problem: &str| ConfigError::Wrong { path: path.to_owned(), place, problem: one_line(problem) };
    let config: Config = toml::from_str(text).map_err(|error| wrong(place(text, error.span()), error.message()))?;
    config.into_rules(today).map_err(|problem| wrong(String::new(), &problem))
}

fn one_line(problem: &str) -> String {
    problem.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Line and column of where a span begins.
fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    before.map_or_else(String::new, |before| {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(", line {line}, column {column}")
    })
}

/// The schema of the file.
pub(crate) fn schema() -> schemars::Schema {
    schemars::schema_for!(Config)
}

#[cfg(test)]
mod tests;
