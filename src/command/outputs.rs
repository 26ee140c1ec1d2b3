//! The report in its formats: one on stdout, as many as wanted in files.

use crate::cli::{ReportArgs, ReportFormat};
use crate::error::Error;
use crate::report::{Look, Query, Run, Style, write as write_report};
use crate::{file, output};
use irsa_doctor_checks::report::Report;
use std::collections::BTreeSet;
use std::path::Path;

/// A report is for whoever may read the folder that it is put in.
const MODE: u32 = 0o644;
/// Columns where no terminal says how many.
const WIDTH: usize = 100;

/// What is to be written of a report, found to be possible before anybody is asked anything.
pub(super) struct Outputs<'a> {
    args: &'a ReportArgs,
    query: Option<Query>,
}

impl<'a> Outputs<'a> {
    /// Looks at what is wanted.
    ///
    /// # Errors
    ///
    /// Two formats want stdout or one file, a file can't be written, or the query can't be understood.
    pub(super) fn of(args: &'a ReportArgs) -> Result<Self, Error> {
        let on_stdout = || args.output.iter().filter(|spec| spec.file.is_none());
        if on_stdout().count() > 1 {
            return Err(Error::usage("two formats both want stdout", "give all but one a file: `-o table -o json=FILE`"));
        }
        if args.query.is_some() && on_stdout().any(|spec| spec.format != ReportFormat::Json) {
            return Err(Error::usage("`--query` selects from the JSON report", "leave out -o, or write `-o json`"));
        }
        let mut files = BTreeSet::new();
        for path in args.output.iter().filter_map(|spec| spec.file.as_deref()) {
            if !files.insert(path) {
                return Err(Error::usage(format!("two formats both want `{}`", path.display()), "give each a file of its own"));
            }
            file::probe(path).map_err(|source| unwritable(path, source))?;
        }
        let query = args.query.as_deref().map(|text| {
            let help = "it begins with `$`: `$.targets[*].verdict`, `$.targets[?@.verdict == 'broken'].target.name`";
            Query::parse(text, args.raw).map_err(|problem| Error::usage(format!("`--query` is no JSONPath: {problem}"), help))
        });
        Ok(Self { args, query: query.transpose()? })
    }

    /// Whether changes can be told as they come: for people, on stdout.
    pub(super) fn tells_changes(&self) -> bool {
        matches!(self.args.on_stdout(), Some(ReportFormat::Table | ReportFormat::Wide)) && !self.args.diff
    }

    /// How text on stdout looks.
    pub(super) fn look(&self) -> Look {
        output::look(self.args.color, self.args.ascii)
    }

    /// Writes the files.
    ///
    /// # Errors
    ///
    /// A file that can't be written.
    pub(super) fn write_files(&self, report: &Report, run: &Run) -> Result<(), Error> {
        for spec in &self.args.output {
            let Some(path) = &spec.file else { continue };
            let look = Look { width: WIDTH, color: false, unicode: !self.args.ascii };
            let style = style(spec.format, look);
            file::create(path, MODE, true, |out| write_report(report, run, &style, out))
                .map_err(|source| unwritable(path, source))?;
        }
        Ok(())
    }

    /// Writes what stdout gets.
    ///
    /// # Errors
    ///
    /// stdout can't be written.
    pub(super) fn write_stdout(&self, report: &Report, run: &Run) -> Result<(), Error> {
        if let Some(query) = &self.query {
            return output::stream(false, |out| query.write(report, run, out));
        }
        let look = self.look();
        let style = match self.args.on_stdout() {
            _ if self.args.diff => Style::Diff(look),
            Some(format) => style(format, look),
            None => return Ok(()),
        };
        let colored = look.color && matches!(style, Style::Diff(_) | Style::Table(_) | Style::Wide(_));
        output::stream(colored, |out| write_report(report, run, &style, out))
    }
}

/// A format, with how it looks where it is for people.
fn style(format: ReportFormat, look: Look) -> Style {
    match format {
        ReportFormat::Table => Style::Table(look),
        ReportFormat::Json => Style::Json,
        ReportFormat::Jsonl => Style::JsonLines,
        ReportFormat::Yaml => Style::Yaml,
        ReportFormat::Sarif => Style::Sarif,
        ReportFormat::Junit => Style::Junit,
        ReportFormat::Github => Style::Github,
        ReportFormat::Markdown => Style::Markdown,
        ReportFormat::Short => Style::Short,
        ReportFormat::Wide => Style::Wide(look),
        ReportFormat::Html => Style::Html,
        ReportFormat::Mermaid => Style::Mermaid,
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::Report { name: path.display().to_string(), source }
}
