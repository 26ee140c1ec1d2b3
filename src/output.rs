//! stdout and stderr: the only place that writes to either.

use crate::cli::{Color, ReportFormat};
use crate::error::Error;
use crate::report::{Look, escape, write_error};
use anstream::{AutoStream, ColorChoice};
use std::env;
use std::io::{self, Write as _};

/// Columns where nobody says how many there are.
const DEFAULT_WIDTH: usize = 100;

/// How text on stdout should look: colour and width by the terminal, signs by the locale.
pub(crate) fn look(color: Color, ascii: bool) -> Look {
    Look { width: width(), color: colored(color), unicode: !ascii && speaks_unicode() }
}

fn colored(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        // Terminal, `NO_COLOR`, CLICOLOR, CLICOLOR_FORCE and TERM=dumb.
        Color::Auto => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
    }
}

fn width() -> usize {
    let columns = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    columns.or_else(terminal).filter(|&width| width > 0).unwrap_or(DEFAULT_WIDTH)
}

/// POSIX: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not empty decides.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02>
fn speaks_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Writes to stdout. A reader that has gone away (`| head`) wants no more, which is no error.
///
/// # Errors
///
/// stdout can't be written.
pub(crate) fn print(bytes: &[u8], colored: bool) -> Result<(), Error> {
    stream(colored, |out| out.write_all(bytes))
}

/// The same for what is too long to be held in memory first.
///
/// # Errors
///
/// stdout can't be written.
pub(crate) fn stream(colored: bool, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), Error> {
    // `AlwaysAnsi` passes the bytes through; `Always` also translates for old Windows consoles.
    let choice = if colored { ColorChoice::Always } else { ColorChoice::AlwaysAnsi };
    let mut out = io::BufWriter::with_capacity(1 << 16, AutoStream::new(io::stdout().lock(), choice));
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Write),
    }
}

/// Says something on stderr. If nobody can hear it, nothing is lost that the exit code doesn't say.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", escape(line));
}

/// Says why there is no report: on stderr, and as a document on stdout where JSON was asked for. Gives the exit code.
pub(crate) fn fail(error: &Error, json: Option<ReportFormat>) -> u8 {
    say(&format!("error: {error}"));
    if let Some(help) = error.help() {
        say(&format!("  help: {help}"));
    }
    if let Some(format) = json {
        let mut document = Vec::new();
        if write_error(&error.document(), format == ReportFormat::Jsonl, &mut document).is_ok() {
            // The exit code and stderr say it already.
            let _ = print(&document, false);
        }
    }
    error.exit()
}
