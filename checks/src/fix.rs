//! What mends a finding: commands with real values, scoped to exactly what is wrong.

pub mod commands;
pub mod document;
pub mod edit;
pub(crate) mod finish;
mod owners;
mod quote;
mod restart;
pub mod template;

pub use document::DocumentChange;
pub use quote::{acts_on_terminal, quote};

use serde::{Deserialize, Serialize};

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
    /// The policy document that the commands write, where they write one: what to run before, and what changes in it.
    pub document: Option<DocumentChange>,
    /// Takes the commands back.
    pub undo: Vec<FixCommand>,
    /// Whom or what else it changes.
    pub affects: Vec<String>,
    /// Whether pods must be restarted for it to take effect.
    pub restart: Restart,
    /// The commands, in order.
    pub commands: Vec<FixCommand>,
    /// Where a choice is open (which role?): the choices.
    pub choices: Vec<String>,
    /// What to know before or after.
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
    /// Nothing runs yet: it is a file that is mended.
    Moot,
}

/// One command of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixCommand {
    /// The words, unquoted.
    pub argv: Vec<String>,
    /// What it changes.
    pub effect: Effect,
    /// The file here that its output goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// The AWS account that it is meant for, where it asks AWS and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
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

    /// The same, with one more command. A command with a word that can't be given as it is, is left out, and a note
    /// says so.
    #[must_use]
    pub fn command<S: Into<String>>(mut self, effect: Effect, argv: impl IntoIterator<Item = S>) -> Self {
        let command = FixCommand::new(effect, argv);
        match command.unfit() {
            Some(why) => self.notes.push(format!("a command is left out: {why}")),
            None => self.commands.push(command),
        }
        self
    }

    /// The same, with a command that takes it back.
    #[must_use]
    pub fn undo<S: Into<String>>(mut self, effect: Effect, argv: impl IntoIterator<Item = S>) -> Self {
        let command = FixCommand::new(effect, argv);
        // What can't be given can't be taken back either; a file is where the backup is.
        if !command.argv.iter().any(|word| word.contains('\0')) {
            self.undo.push(command);
        }
        self
    }

    /// The same, with what else it changes.
    #[must_use]
    pub fn affects(mut self, what: impl Into<String>) -> Self {
        self.affects.push(what.into());
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
    /// A command.
    pub fn new<S: Into<String>>(effect: Effect, argv: impl IntoIterator<Item = S>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), effect, stdout: None, account: None }
    }

    /// The command as one pastes it into a POSIX shell, hostile words quoted.
    pub fn shell(&self) -> String {
        let words = self.argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
        match &self.stdout {
            Some(file) => format!("{words} > {}", quote(file)),
            None => words,
        }
    }

    /// Why no program can be given these words as they are meant. A shell cuts a word short at a NUL, which may then
    /// name another object; the AWS CLI reads a file where a value begins with `file://`.
    /// <https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html>
    fn unfit(&self) -> Option<&'static str> {
        let is_aws = self.argv.first().is_some_and(|program| program == "aws");
        let is_file = |word: &String| word.starts_with("file://") || word.starts_with("fileb://");
        if self.argv.iter().any(|word| word.contains('\0')) {
            Some("a name or value in it has a NUL byte, which no command can be given")
        } else if is_aws && self.argv.iter().any(is_file) {
            Some("a value in it begins with file://, which the AWS CLI takes for a file to read")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_called_the_same_everywhere() {
        use Effect::{Reads, RestartsPods, WritesCluster, WritesEks, WritesFile, WritesIam};
        for effect in [Reads, WritesFile, WritesCluster, WritesIam, WritesEks, RestartsPods] {
            assert_eq!(serde_json::json!(effect), effect.as_str());
        }
    }

    #[test]
    fn what_cannot_be_given_is_not_taken_back() {
        let undone = |name: &str| Fix::new("id", "summary").undo(Effect::WritesIam, ["aws", "iam", "x", name]).undo.len();
        assert_eq!((undone("role"), undone("ro\0le")), (1, 0));
    }

    #[test]
    fn a_command_that_cannot_be_given_is_left_out() {
        let fix = Fix::new("id", "summary").command(Effect::Reads, ["kubectl", "get", "pod", "app\0x"]);
        assert!(fix.commands.is_empty());
        assert!(fix.notes.iter().any(|note| note.contains("NUL")));
        assert_eq!(fix.command(Effect::Reads, ["kubectl", "version"]).commands.len(), 1);
        let fix =
            Fix::new("id", "summary").command(Effect::WritesIam, ["aws", "iam", "x", "--client-id-list", "file:///etc/passwd"]);
        assert!(fix.commands.is_empty());
    }
}
