//! Lines on a page: wrapping, indenting and colouring.

use super::Look;
use anstyle::{AnsiColor, Style};
use std::io::{self, Write};
use textwrap::{Options, WordSplitter, WrapAlgorithm, wrap};

/// What a line says by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Heading,
    Faint,
    Good,
    Warning,
    Bad,
    Unknown,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Heading => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Unknown => AnsiColor::Magenta.on_default(),
        }
    }
}

/// Where lines go.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    look: Look,
    wide: bool,
    ignored: bool,
}

/// Fewer columns than this are not kept to: words would stand one to a line.
const NARROWEST: usize = 16;

/// Stands for a blank inside of a command: a character that no line is broken at.
const JOINT: char = '\u{a0}';

/// The text with the blanks of what stands in backticks made unbreakable: a command is copied whole, or not at all.
fn whole_commands(text: &str) -> String {
    let mut parts: Vec<String> = text.split('`').map(str::to_owned).collect();
    // Of an odd number of backticks the last opens nothing.
    let closed = parts.len().saturating_sub(1) / 2 * 2;
    for command in parts.iter_mut().take(closed).skip(1).step_by(2) {
        *command = command.replace(' ', &JOINT.to_string());
    }
    parts.join("`")
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn Write, look: Look) -> Self {
        Self { out, look, wide: false, ignored: false }
    }

    /// The same, with what a second look needs.
    pub(super) fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    /// Whether all is to be shown that is known.
    pub(super) fn is_wide(&self) -> bool {
        self.wide
    }

    /// The same, with what is ignored shown in full if `ignored`.
    pub(super) fn with_ignored(self, ignored: bool) -> Self {
        Self { ignored, ..self }
    }

    /// Whether what is ignored is shown in full.
    pub(super) fn shows_ignored(&self) -> bool {
        self.ignored || self.wide
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.look.width
    }

    /// One of two signs, by what can be shown.
    pub(super) fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.look.unicode { unicode } else { ascii }
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// Text, escaped already, wrapped; `label` stands before the first line and the others begin at `indent`.
    /// Words are never broken: a terminal wraps a long ARN by itself, and it is still copied whole.
    pub(super) fn prose(&mut self, label: &str, indent: usize, text: &str, tone: Tone) -> io::Result<()> {
        let columns = self.look.width.saturating_sub(indent).max(NARROWEST);
        let options = Options::new(columns)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        let text = whole_commands(text);
        for (index, line) in wrap(&text, options).iter().map(|line| line.replace(JOINT, " ")).enumerate() {
            if index == 0 {
                let label_width = textwrap::core::display_width(label);
                write!(self.out, "{label}{:pad$}", "", pad = indent.saturating_sub(label_width))?;
            } else {
                write!(self.out, "{:indent$}", "")?;
            }
            self.line(line.trim_end(), tone)?;
        }
        Ok(())
    }

    /// One line, escaped and laid out already.
    pub(super) fn line(&mut self, line: &str, tone: Tone) -> io::Result<()> {
        if self.look.color && tone != Tone::Plain && !line.is_empty() {
            let style = tone.style();
            return writeln!(self.out, "{style}{line}{style:#}");
        }
        writeln!(self.out, "{line}")
    }

    /// One line, escaped already, that is not wrapped.
    pub(super) fn indented(&mut self, indent: usize, line: &str, tone: Tone) -> io::Result<()> {
        write!(self.out, "{:indent$}", "")?;
        self.line(line, tone)
    }

    /// Something to copy: never wrapped, never coloured. Only its first line is indented: what follows is inside quotes.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:indent$}{text}", "")
    }
}
