//! What mends a finding: commands with real values, scoped to exactly what is wrong.

pub mod commands;
pub mod edit;
pub mod template;

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// How to mend one or more findings. Findings on one document share a fix by its id: its commands stand once and mend all differences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The same for all findings that this mends; for a document: its locus' resource and document.
    pub id: String,
    /// What it does, one sentence in the imperative.
    pub summary: String,
    /// Who owns the object, where that is known: `Helm release app/my-app`.
    pub managed_by: Option<String>,
    /// The change to make in the owner's own terms; the commands are then a stop-gap.
    pub durable: Option<String>,
    /// Whether pods must be restarted for it to take effect.
    pub restart: Restart,
    /// The commands, in order.
    pub commands: Vec<FixCommand>,
    /// Where a choice is open (which role?): the choices.
    pub choices: Vec<String>,
    /// What to know before or after: the backup, whom else it changes, how to undo.
    pub notes: Vec<String>,
    /// Why commands alone can't mend it: who must decide or act.
    pub needs_decision: Option<String>,
}

/// Whether pods must be restarted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Restart {
    /// No: trust policies, providers and permissions take effect by themselves.
    #[default]
    None,
    /// It works without, but not for long or not fully.
    Recommended,
    /// Yes: the pod's spec decides.
    Required,
}

/// One command of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixCommand {
    /// The words, unquoted.
    pub argv: Vec<String>,
    /// What it changes.
    pub effect: Effect,
}

/// What a command changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing.
    Reads,
    /// A file here.
    WritesFile,
    /// The cluster.
    WritesCluster,
    /// IAM.
    WritesIam,
    /// EKS.
    WritesEks,
    /// Pods are replaced.
    RestartsPods,
}

impl Effect {
    /// The word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::WritesFile => "writes-file",
            Self::WritesCluster => "writes-cluster",
            Self::WritesIam => "writes-iam",
            Self::WritesEks => "writes-eks",
            Self::RestartsPods => "restarts-pods",
        }
    }
}

impl Fix {
    /// A fix with nothing but what it does.
    pub fn new(id: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { id: id.into(), summary: summary.into(), ..Self::default() }
    }

    /// The same, with one more command. A command with a NUL in a word is left out, and a note says so: no program can
    /// be given such a word, and a shell would cut it short, which may name another object.
    #[must_use]
    pub fn command<S: Into<String>>(mut self, effect: Effect, argv: impl IntoIterator<Item = S>) -> Self {
        let argv: Vec<String> = argv.into_iter().map(Into::into).collect();
        if argv.iter().any(|word| word.contains('\0')) {
            self.notes
                .push("a command is left out: a name or value in it has a NUL byte, which no command can be given".to_owned());
        } else {
            self.commands.push(FixCommand { argv, effect });
        }
        self
    }

    /// The same, with what it asks of running pods.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// The same, with one more thing to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same, with who must decide.
    #[must_use]
    pub fn decision(mut self, who: impl Into<String>) -> Self {
        self.needs_decision = Some(who.into());
        self
    }
}

impl FixCommand {
    /// The command as one pastes it into a POSIX shell, hostile words quoted.
    pub fn shell(&self) -> String {
        self.argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
    }
}

/// Quotes one word for a POSIX shell. A word that a shell could read in any other way is put in
/// single quotes; control characters, which a terminal could act on while pasting, are written
/// with `$'...'` escapes (bash, zsh, ksh and POSIX 2024).
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && !word.starts_with('=') && !word.starts_with('~') && word.chars().all(plain) {
        return word.to_owned();
    }
    // The newlines of a JSON document are its layout, and fine in single quotes. In any other word a newline could
    // begin a line that looks like one of ours.
    let is_document = || serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok();
    let hidden = |c: char| acts_on_terminal(c) && c != '\n';
    if !word.contains(hidden) && (!word.contains('\n') || is_document()) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut quoted = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if acts_on_terminal(c) => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    let _ = write!(quoted, "\\x{byte:02x}");
                }
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Control characters, and the marks that turn text around, break lines, hide it or have no width.
/// <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>
pub fn acts_on_terminal(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_read() {
        assert_eq!(quote("arn:aws:iam::123456789012:role/a"), "arn:aws:iam::123456789012:role/a");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("$(rm -rf /)'"), r"'$(rm -rf /)'\'''");
        assert_eq!(quote("a\u{1b}[2Jb'c"), r"$'a\x1b[2Jb\'c'");
        assert_eq!(quote("a\u{202e}b"), r"$'a\xe2\x80\xaeb'");
        assert_eq!(quote("~root"), "'~root'");
        assert_eq!(quote("a\nverdict: healthy"), r"$'a\nverdict: healthy'");
        assert_eq!(quote("{\n \"a\": 1\n}"), "'{\n \"a\": 1\n}'", "a document keeps its layout");
    }

    #[test]
    fn a_command_that_cannot_be_given_is_left_out() {
        let fix = Fix::new("id", "summary").command(Effect::Reads, ["kubectl", "get", "pod", "app\0x"]);
        assert!(fix.commands.is_empty());
        assert!(fix.notes.iter().any(|note| note.contains("NUL")));
        assert_eq!(fix.command(Effect::Reads, ["kubectl", "version"]).commands.len(), 1);
    }
}
