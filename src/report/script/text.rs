//! Lines of a script: commands, whose words are quoted, and comments, which nothing gets out of.

use crate::report::escape_invisible;
use irsa_doctor_checks::fix::quote;
use std::fmt::Write as _;
use std::io::{self, Write};
use textwrap::{Options, WordSplitter, WrapAlgorithm, wrap};

/// Columns that comments are wrapped at.
const WIDTH: usize = 110;
/// Where the text of a labelled comment begins.
const TEXT: usize = 10;

/// The functions that the script calls.
pub(super) const FUNCTIONS: &str = r#"step() { printf '%s\n' "$1" >&2; }
stop() { printf 'stopped: %s\n' "$1" >&2; exit 1; }

# expect WHAT WANTED COMMAND...: stops unless the command prints what is wanted.
expect() {
  local what=$1 wanted=$2 had
  shift 2
  had=$("$@") || stop "$what can't be read"
  [ "${had%/}" = "${wanted%/}" ] || stop "$what is $had, not $wanted"
}

# due WHAT BEFORE AFTER COMMAND...: whether the document that the command prints is still to be written. Stops where it
# is neither what it was nor what it will be. White space counts for nothing.
due() {
  local what=$1 before after had
  before=$(printf '%s' "$2" | LC_ALL=C tr -d '[:space:]')
  after=$(printf '%s' "$3" | LC_ALL=C tr -d '[:space:]')
  shift 3
  had=$("$@") || stop "$what can't be read"
  had=$(printf '%s' "$had" | LC_ALL=C tr -d '[:space:]')
  [ "$had" != "$after" ] || { step "  $what is already as it should be"; return 1; }
  [ "$had" = "$before" ] || stop "$what has changed since it was read: run irsa-doctor again"
}

# keep FILE COMMAND...: a backup, which is never written over.
keep() {
  local file=$1
  shift
  [ ! -e "$file" ] || { step "  $file is there already and stays"; return 0; }
  (umask 077; "$@" > "$file.part") || stop "$file can't be written"
  mv "$file.part" "$file"
}

"#;

/// A command of the script's own, its words quoted.
pub(super) fn call(words: &[&str]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// Where lines go.
pub(super) struct Script<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Script<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// A line of our own, or a command whose words are quoted.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Lines of our own.
    pub(super) fn raw(&mut self, lines: &str) -> io::Result<()> {
        self.out.write_all(lines.as_bytes())
    }

    /// A comment, wrapped; any text.
    pub(super) fn comment(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let options = Options::new(WIDTH - indent)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for line in wrap(&harmless(text), options) {
            writeln!(self.out, "{}", format!("# {:indent$}{line}", "").trim_end())?;
        }
        Ok(())
    }

    /// A comment with a label, wrapped; any text.
    pub(super) fn field(&mut self, label: &str, text: &str) -> io::Result<()> {
        let options = Options::new(WIDTH - TEXT)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        let mut label = format!("{label}:");
        for line in wrap(&harmless(text), options) {
            writeln!(self.out, "{}", format!("# {label:TEXT$}{line}").trim_end())?;
            label.clear();
        }
        Ok(())
    }

    /// A comment of one line, as it is but for what a terminal would act on.
    pub(super) fn commented(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "# {}", harmless(text))
    }

    /// A command that isn't run. A document in it may stand on several lines: each is a comment.
    pub(super) fn commented_command(&mut self, command: &str) -> io::Result<()> {
        for line in command.split('\n') {
            writeln!(self.out, "# {line}")?;
        }
        Ok(())
    }

    /// A line between two fixes, and a heading.
    pub(super) fn rule(&mut self, heading: &str) -> io::Result<()> {
        writeln!(self.out, "# {}", "-".repeat(WIDTH - 2))?;
        self.comment(0, heading)
    }
}

/// The text on one line, with nothing in it that a terminal would act on.
fn harmless(text: &str) -> String {
    let show = |c: char, out: &mut String| {
        let _ = match c {
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str(" "),
            c => write!(out, "\\u{{{:x}}}", u32::from(c)),
        };
    };
    escape_invisible(text, show).into_owned()
}
