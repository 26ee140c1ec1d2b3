//! Reads a policy document, strictly, and finds all that is wrong with it.
//!
//! The grammar is <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

mod condition;
mod error;
mod principal;
mod statement;

use std::collections::BTreeMap;

pub use error::{ParseError, ParseErrors};

use crate::json::{self, Limits, Member, Node, Position, Value, path_index, path_key};
use crate::policy::{Located, Place, Policy, PolicyKind, Statement, Version, Warning};

/// The longest document that is read. IAM's own limits lie far below: 6,144 characters for a
/// managed policy, 10,240 for a role's inline policies, 20 KB for a bucket policy
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>), white space aside.
pub const MAX_BYTES: usize = 128 * 1024;

/// A legal policy is at most eight levels deep.
const MAX_DEPTH: usize = 32;

/// What is reported of a document at most: a hostile one shouldn't grow a report without bound.
const MAX_ERRORS: usize = 100;

impl Policy {
    /// Reads the text of a policy document (not URL-encoded).
    ///
    /// # Errors
    ///
    /// Everything in `text` that AWS refuses in a policy of this kind, each with its place: text
    /// that isn't JSON, unknown elements, values of the wrong type, missing or contradicting
    /// elements, duplicate keys and Sids, a bad Version, malformed principals, unknown operators.
    ///
    /// ```
    /// use irsa_doctor_iam::{Policy, PolicyKind};
    ///
    /// let text = "{\"Statement\": {\n  \"Effect\": \"allow\", \"Action\": \"s3:*\"}}";
    /// let errors = Policy::parse(text, PolicyKind::Identity).unwrap_err().errors;
    /// assert_eq!(errors[0].message, "the statement has no Resource");
    /// assert_eq!(errors[1].path, "$['Statement']['Effect']");
    /// assert_eq!((errors[1].line, errors[1].column), (2, 13));
    /// ```
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, ParseErrors> {
        let value = json::read(text, Limits { bytes: MAX_BYTES, depth: MAX_DEPTH })?;
        let mut parser = Parser { kind, variables: false, errors: Vec::new(), warnings: Vec::new() };
        let policy = parser.policy(&value);
        match policy {
            Some(mut policy) if parser.errors.is_empty() => {
                policy.warnings = parser.warnings;
                Ok(policy)
            }
            _ => {
                parser.errors.sort_by_key(|error| (error.line, error.column));
                Err(ParseErrors { errors: parser.errors })
            }
        }
    }
}

/// A value on its way through the parser: itself and its path.
#[derive(Clone, Copy)]
struct At<'a> {
    value: &'a Value,
    path: &'a str,
}

impl At<'_> {
    fn place(self) -> Place {
        place(self.path.to_owned(), self.value.position)
    }
}

fn place(path: String, position: Position) -> Place {
    Place { path, line: position.line, column: position.column }
}

struct Parser {
    kind: PolicyKind,
    /// The document's version knows policy variables.
    variables: bool,
    errors: Vec<ParseError>,
    warnings: Vec<Warning>,
}

impl Parser {
    fn error(&mut self, path: &str, position: Position, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            let Position { line, column, .. } = position;
            self.errors.push(ParseError { message: message.into(), path: path.to_owned(), line, column });
        }
    }

    fn wrong(&mut self, at: At<'_>, message: impl Into<String>) {
        self.error(at.path, at.value.position, message);
    }

    fn warn(&mut self, place: Place, message: String) {
        if self.warnings.len() < MAX_ERRORS {
            self.warnings.push(Warning { message, place });
        }
    }

    fn policy(&mut self, document: &Value) -> Option<Policy> {
        let root = At { value: document, path: "$" };
        let members = self.object(root, "a policy document")?;
        let known = self.members(root, members, &["Version", "Id", "Statement"], "a policy document");
        let version = known.get("Version").and_then(|value| self.version(At { value, path: "$['Version']" }));
        self.variables = matches!(version, Some((Version::V2012, _)));
        let id = known.get("Id").and_then(|value| self.located(At { value, path: "$['Id']" }, "Id"));
        let Some(value) = known.get("Statement") else {
            self.wrong(root, "the policy has no Statement");
            return None;
        };
        let at = At { value, path: "$['Statement']" };
        let (statements, statement_list) = self.statements(at)?;
        Some(Policy {
            kind: self.kind,
            version: version.as_ref().map_or(Version::V2008, |(version, _)| *version),
            version_place: version.map(|(_, place)| place),
            id,
            statements,
            statement_place: at.place(),
            statement_list,
            warnings: Vec::new(),
        })
    }

    fn version(&mut self, at: At<'_>) -> Option<(Version, Place)> {
        let text = self.located(at, "Version")?;
        for version in [Version::V2008, Version::V2012] {
            if version.as_str() == text.text {
                return Some((version, text.place));
            }
        }
        self.wrong(at, format!("Version is `{}`; there are 2012-10-17 and 2008-10-17", text.text));
        None
    }

    fn statements(&mut self, at: At<'_>) -> Option<(Vec<Statement>, bool)> {
        let mut statements = Vec::new();
        let list = match &at.value.node {
            Node::Array(items) if items.is_empty() => {
                self.wrong(at, "Statement is an empty list");
                return None;
            }
            Node::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let path = path_index(at.path, index);
                    statements.extend(self.statement(At { value, path: &path }, index));
                }
                true
            }
            _ => {
                statements.extend(self.statement(at, 0));
                false
            }
        };
        self.unique_sids(&statements);
        Some((statements, list))
    }

    /// "The Sid must be unique within a JSON policy."
    fn unique_sids(&mut self, statements: &[Statement]) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for statement in statements {
            let Some(sid) = statement.sid.as_ref().filter(|sid| !sid.text.is_empty()) else {
                continue;
            };
            if let Some(first) = seen.insert(&sid.text, statement.index) {
                let Place { path, line, column } = &sid.place;
                let position = Position { offset: 0, line: *line, column: *column };
                self.error(path, position, format!("the Sid `{}` is that of statement {first} already", sid.text));
            }
        }
    }

    fn object<'a>(&mut self, at: At<'a>, what: &str) -> Option<&'a [Member]> {
        if let Node::Object(members) = &at.value.node {
            return Some(members);
        }
        self.wrong(at, format!("{what} must be an object, not {}", at.value.kind()));
        None
    }

    /// Sorts the members of an object by name; reports names that aren't known and that come twice.
    fn members<'a>(
        &mut self,
        at: At<'_>,
        members: &'a [Member],
        known: &[&'static str],
        what: &str,
    ) -> BTreeMap<&'static str, &'a Value> {
        let mut found = BTreeMap::new();
        self.no_duplicates(at.path, members);
        for member in members {
            let path = path_key(at.path, &member.key);
            if let Some(name) = known.iter().find(|name| **name == member.key) {
                found.entry(*name).or_insert(&member.value);
            } else if let Some(name) = known.iter().find(|name| name.eq_ignore_ascii_case(&member.key)) {
                self.error(&path, member.position, format!("`{}` must be written `{name}`", member.key));
            } else {
                self.error(&path, member.position, format!("{what} has no element `{}`", member.key));
            }
        }
        found
    }

    fn no_duplicates(&mut self, path: &str, members: &[Member]) {
        let mut seen = std::collections::BTreeSet::new();
        for member in members {
            if !seen.insert(member.key.as_str()) {
                self.error(&path_key(path, &member.key), member.position, format!("duplicate key `{}`", member.key));
            }
        }
    }

    fn located(&mut self, at: At<'_>, what: &str) -> Option<Located> {
        if let Node::String(text) = &at.value.node {
            return Some(Located { text: text.clone(), place: at.place() });
        }
        self.wrong(at, format!("{what} must be a string, not {}", at.value.kind()));
        None
    }

    /// A string or a list of strings that isn't empty; whether it is a list.
    fn strings(&mut self, at: At<'_>, what: &str) -> Option<(Vec<Located>, bool)> {
        match &at.value.node {
            Node::Array(items) if items.is_empty() => {
                self.wrong(at, format!("{what} is an empty list"));
                None
            }
            Node::Array(items) => {
                let texts = items.iter().enumerate().filter_map(|(index, value)| {
                    let path = path_index(at.path, index);
                    self.located(At { value, path: &path }, what)
                });
                Some((texts.collect(), true))
            }
            _ => self.located(at, what).map(|text| (vec![text], false)),
        }
    }
}

#[cfg(test)]
mod tests;
