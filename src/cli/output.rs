//! What comes out, and where it goes.

use super::{Color, Only, ReportFormat};
use clap::{Args, ValueEnum};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The report: in which formats, and how much of it.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(next_help_heading = "What comes out")]
pub(crate) struct ReportArgs {
    /// The format of the report, on stdout or in a file, which is replaced (repeatable) [default: table]
    #[arg(short, long, value_name = "FORMAT[=FILE]", help = output_help())]
    pub(crate) output: Vec<OutputSpec>,
    /// Of the JSON report only what this `JSONPath` (RFC 9535) selects, as a list
    #[arg(long, value_name = "JSONPATH", conflicts_with = "diff")]
    pub(crate) query: Option<String>,
    /// With --query: each value on a line of its own, strings without quotes
    #[arg(long, requires = "query")]
    pub(crate) raw: bool,
    /// List only what has one of these verdicts; verdict, totals and exit code count all
    #[arg(long, value_name = "VERDICT,..", value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Only>,
    /// Show in full what is ignored, too
    #[arg(long)]
    pub(crate) show_suppressed: bool,
    /// When to colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(crate) ascii: bool,
    /// Print only what the fixes change in policy documents, as unified diffs
    #[arg(long, conflicts_with = "output")]
    pub(crate) diff: bool,
    /// Nothing on stderr but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say on stderr what was read, from where and how long it took
    // `-vv` is a habit; there is no more to say.
    #[arg(short, long, overrides_with = "verbose")]
    pub(crate) verbose: bool,
}

/// What comes out besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "What comes out")]
pub(crate) struct OutputArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Write the evidence to a bundle that --from reads; `-` is stdout, and then no report is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// With --save: replace the names in the bundle (accounts, roles, namespaces, objects, resources, hosts) by others, so that
    /// it is diagnosed as it was
    #[arg(long, requires = "save")]
    pub(crate) anonymize: bool,
    /// Write the fixes as a shell script, to be read and then run; `-` is stdout, and then no report is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) fix_script: Option<PathBuf>,
    /// Write metrics to this file, replacing it: Prometheus' text format, for the node exporter's textfile collector
    #[arg(long, value_name = "FILE.prom")]
    pub(crate) metrics_file: Option<PathBuf>,
    /// With --save, --fix-script or --write-baseline: replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

impl OutputArgs {
    /// Whether a bundle or a script takes the report's place on stdout.
    pub(crate) fn prints_no_report(&self) -> bool {
        is_stdout(self.save.as_deref()) || is_stdout(self.fix_script.as_deref())
    }
}

impl ReportArgs {
    /// The format on stdout: the one that has no file, else the table where nothing was said. `None`: all goes to files.
    pub(crate) fn on_stdout(&self) -> Option<ReportFormat> {
        let named = self.output.iter().find(|spec| spec.file.is_none()).map(|spec| spec.format);
        let default = if self.query.is_some() { ReportFormat::Json } else { ReportFormat::Table };
        named.or_else(|| (self.output.is_empty() || self.query.is_some()).then_some(default))
    }
}

/// Whether a file is stdout, as it is written on the command line.
pub(crate) fn is_stdout(file: Option<&Path>) -> bool {
    file == Some(Path::new("-"))
}

/// A format, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputSpec {
    /// The format.
    pub(crate) format: ReportFormat,
    /// The file; `None` is stdout.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for OutputSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((format, file)) => (format, Some(file)),
            None => (text, None),
        };
        let format = <ReportFormat as ValueEnum>::from_str(format, false).map_err(|_| unknown(format))?;
        match file {
            Some("") => Err("the file after `=` is missing".to_owned()),
            Some("-") | None => Ok(Self { format, file: None }),
            Some(file) => Ok(Self { format, file: Some(file.into()) }),
        }
    }
}

fn unknown(format: &str) -> String {
    let names = names();
    match super::nearest(format, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? There are {}", names.join(", ")),
        None => format!("there are {}", names.join(", ")),
    }
}

fn names() -> Vec<String> {
    ReportFormat::value_variants().iter().filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned())).collect()
}

/// The formats, each with what it is for: clap lists them itself only for a plain choice.
fn output_help() -> String {
    let mut help =
        "The format of the report, on stdout or in a file, which is replaced (repeatable) [default: table]:".to_owned();
    for format in ReportFormat::value_variants() {
        if let Some(value) = format.to_possible_value() {
            let what = value.get_help().map(ToString::to_string).unwrap_or_default();
            let _ = write!(help, "\n{:>10}  {what}", value.get_name());
        }
    }
    help
}
