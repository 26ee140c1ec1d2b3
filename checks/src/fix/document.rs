//! A write of a whole policy document: what stood there when it was read, what will, and the way back.
//!
//! IAM has no patch: the document that is written replaces the old one at once, whatever it says by then.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

mod affects;
mod layout;

use super::commands::aws;
use super::{Effect, Fix, FixCommand};
use crate::evidence::Evidence;
use crate::trust::DOCUMENT;
use serde::{Deserialize, Serialize};
use similar::TextDiff;

/// One document, before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentChange {
    /// Whose it is: the ARN of a role.
    pub resource: String,
    /// Which of its documents: `AssumeRolePolicyDocument`, or an inline policy's name.
    pub document: String,
    /// The text as it was read; `None` where there is none yet.
    pub before: Option<String>,
    /// The text that is written.
    pub after: String,
    /// When it was read, RFC 3339.
    pub read_at: Option<String>,
    /// Prints the document as IAM has it now.
    pub read: Option<FixCommand>,
    /// The same, into a file that the undo takes it from.
    pub backup: Option<FixCommand>,
}

/// What is written, and where.
struct Write<'w> {
    role_arn: &'w str,
    /// The inline policy; `None` for the trust policy.
    policy: Option<&'w str>,
    before: Option<&'w str>,
    after: &'w str,
}

/// The quota of a trust policy, and what it can be raised to, in characters without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const TRUST_QUOTA: usize = 2048;

/// Replaces a role's trust policy.
#[must_use]
pub fn trust(evidence: &Evidence<'_>, fix: Fix, role_arn: &str, before: &str, after: &str) -> Fix {
    let write = Write { role_arn, policy: None, before: Some(before), after };
    let fix = write.onto(evidence, fix);
    let size = after.chars().filter(|c| !c.is_whitespace()).count();
    if size <= TRUST_QUOTA {
        return fix;
    }
    fix.note(format!(
        "the new document has {size} characters without white space; the default quota is 2,048 (it can be raised to 4,096)"
    ))
}

/// Writes an inline policy of a role; with `before`, over the one of that name.
#[must_use]
pub fn inline(evidence: &Evidence<'_>, fix: Fix, role_arn: &str, policy: &str, before: Option<&str>, after: &str) -> Fix {
    Write { role_arn, policy: Some(policy), before, after }.onto(evidence, fix)
}

impl Write<'_> {
    fn onto(&self, evidence: &Evidence<'_>, fix: Fix) -> Fix {
        let read = self.before.map(|_| FixCommand::new(Effect::Reads, self.command(evidence, self.read_verb(), &self.query())));
        let at = evidence.snapshot.collected_at.as_str();
        let file = self.file(at);
        let back = format!("file://{file}");
        let undo = match self.before {
            Some(_) => self.command(evidence, self.write_verb(), &["--policy-document", &back]),
            None => self.command(evidence, "delete-role-policy", &[]),
        };
        let mut fix =
            fix.command(Effect::WritesIam, self.command(evidence, self.write_verb(), &["--policy-document", self.after]));
        // Where the write itself was left out, there is nothing to save and to take back.
        if fix.commands.is_empty() {
            return fix;
        }
        fix.undo.push(FixCommand::new(Effect::WritesIam, undo));
        fix.affects.extend(affects::of(evidence, self.role_arn, self.policy.is_none(), self.before, self.after));
        fix.document = Some(DocumentChange {
            resource: self.role_arn.to_owned(),
            document: self.policy.unwrap_or(DOCUMENT).to_owned(),
            before: self.before.map(str::to_owned),
            after: self.after.to_owned(),
            read_at: Some(at.to_owned()).filter(|at| !at.is_empty()),
            backup: read.clone().map(|read| FixCommand { stdout: Some(file), effect: Effect::WritesFile, ..read }),
            read,
        });
        fix
    }

    fn role_name(&self) -> &str {
        self.role_arn.rsplit('/').next().unwrap_or_default()
    }

    fn account(&self) -> &str {
        self.role_arn.split(':').nth(4).unwrap_or_default()
    }

    fn read_verb(&self) -> &'static str {
        if self.policy.is_some() { "get-role-policy" } else { "get-role" }
    }

    fn write_verb(&self) -> &'static str {
        if self.policy.is_some() { "put-role-policy" } else { "update-assume-role-policy" }
    }

    fn query(&self) -> [&'static str; 4] {
        let path = if self.policy.is_some() { "PolicyDocument" } else { "Role.AssumeRolePolicyDocument" };
        ["--query", path, "--output", "json"]
    }

    fn command(&self, evidence: &Evidence<'_>, verb: &str, rest: &[&str]) -> Vec<String> {
        let mut args = vec!["iam", verb, "--role-name", self.role_name()];
        args.extend(self.policy.iter().flat_map(|policy| ["--policy-name", policy]));
        args.extend(rest);
        aws(evidence, self.account(), &args)
    }

    /// A file name that is a file name whatever the role is called, and another one for each reading.
    fn file(&self, at: &str) -> String {
        let kind = if self.policy.is_some() { "policy" } else { "trust" };
        let time: String = at.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        let parts = [self.account(), self.role_name(), self.policy.unwrap_or_default(), &time];
        let parts = parts.iter().filter(|part| !part.is_empty()).map(|part| file_part(part));
        format!("{kind}-{}.json", parts.collect::<Vec<_>>().join("-"))
    }
}

/// What of a name can stand in a file's name everywhere.
fn file_part(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._=@+-".contains(c) { c } else { '_' };
    name.chars().take(64).map(plain).collect()
}

impl DocumentChange {
    /// The change as a unified diff. A document that stands on one line is laid out on several first, both before and
    /// after, and the heading says so; one with a layout of its own is compared as it stands. Untrusted, like the texts.
    pub fn diff(&self) -> String {
        let one_line = |text: &str| !text.trim_end().contains('\n');
        let laid_out = self.before.as_deref().is_none_or(one_line);
        let lines = |text: &str| {
            let text = if laid_out { layout::pretty(text) } else { None }.unwrap_or_else(|| text.to_owned());
            if text.ends_with('\n') { text } else { text + "\n" }
        };
        let before = self.before.as_deref().map(&lines).unwrap_or_default();
        let after = lines(&self.after);
        let layout = if laid_out { " (laid out for reading)" } else { "" };
        let name = format!("{} {}", self.resource, self.document);
        let old = match (&self.before, &self.read_at) {
            (None, _) => "/dev/null".to_owned(),
            (Some(_), Some(at)) => format!("{name}, read at {at}{layout}"),
            (Some(_), None) => format!("{name}{layout}"),
        };
        TextDiff::from_lines(before.as_str(), after.as_str())
            .unified_diff()
            .context_radius(3)
            .header(&old, &format!("{name}{layout}"))
            .to_string()
    }

    /// The document as it was read, as the AWS CLI prints it, without its white space; `None` where that can't be
    /// said: two members of one name, or a number that is no whole one, may be printed in another way.
    pub fn as_printed(&self) -> Option<String> {
        layout::compact(self.before.as_deref()?)
    }

    /// The same of the document once it is written.
    pub fn as_written(&self) -> Option<String> {
        layout::compact(&self.after)
    }
}

#[cfg(test)]
mod tests;
