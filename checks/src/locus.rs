//! Where a finding is: a resource, and a path into its document.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A place: a resource and an RFC 9535 normalized path into its document. The path must resolve;
/// what is missing has the nearest existing parent as its place, and the key that is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Locus {
    /// `Pod default/awscli`, `ServiceAccount default/my-sa`, or an ARN.
    pub resource: String,
    /// Which of the resource's documents: `AssumeRolePolicyDocument`, an inline policy's name, a policy version.
    /// `None` for a Kubernetes object and for an AWS object's own fields.
    pub document: Option<String>,
    /// The normalized path: `$['spec']['containers'][0]`.
    pub path: String,
    /// The key that is missing at that path.
    pub missing: Option<String>,
    /// Line in the document, from 1, where it is text.
    pub line: Option<u32>,
    /// Column in the document, from 1, where it is text.
    pub column: Option<u32>,
    /// The place in a file, where files were linted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePlace>,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FilePlace {
    /// The file, as it was named; `-` is stdin.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What has this place in the language of the file: the address of a Terraform resource, a logical id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl std::fmt::Display for FilePlace {
    /// As compilers write it: `deploy/app.yaml:12:5`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)?;
        match &self.address {
            Some(address) => write!(f, " ({address})"),
            None => Ok(()),
        }
    }
}

impl Locus {
    /// A place in a resource; the path is the whole object.
    pub fn new(resource: impl Into<String>) -> Self {
        Self { resource: resource.into(), path: "$".to_owned(), ..Self::default() }
    }

    /// A place in a Kubernetes object.
    pub fn object(kind: &str, namespace: &str, name: &str) -> Self {
        if namespace.is_empty() { Self::new(format!("{kind} {name}")) } else { Self::new(format!("{kind} {namespace}/{name}")) }
    }

    /// The same resource, another document of it.
    #[must_use]
    pub fn document(mut self, document: impl Into<String>) -> Self {
        self.document = Some(document.into());
        self
    }

    /// A whole path, already normalized.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// One member further down.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        push_key(&mut self.path, key);
        self
    }

    /// Several members further down.
    #[must_use]
    pub fn keys(self, keys: &[&str]) -> Self {
        keys.iter().fold(self, |locus, key| locus.key(key))
    }

    /// One element further down.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        let _ = write!(self.path, "[{index}]");
        self
    }

    /// The key that should be here and isn't.
    #[must_use]
    pub fn missing(mut self, key: impl Into<String>) -> Self {
        self.missing = Some(key.into());
        self
    }

    /// The line and column in the document's text.
    #[must_use]
    pub fn line_column(mut self, line: u32, column: u32) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }
}

/// Appends a member name as RFC 9535 section 2.7 normalizes it.
/// <https://www.rfc-editor.org/rfc/rfc9535#section-2.7>
fn push_key(path: &mut String, key: &str) {
    path.push_str("['");
    for c in key.chars() {
        match c {
            '\'' => path.push_str("\\'"),
            '\\' => path.push_str("\\\\"),
            '\u{8}' => path.push_str("\\b"),
            '\t' => path.push_str("\\t"),
            '\n' => path.push_str("\\n"),
            '\u{c}' => path.push_str("\\f"),
            '\r' => path.push_str("\\r"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(path, "\\u{:04x}", u32::from(c));
            }
            c => path.push(c),
        }
    }
    path.push_str("']");
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonpath_rust::JsonPath;

    #[test]
    fn a_path_resolves_whatever_the_keys_are() {
        let odd = "a'b\\c\n\u{1}d]['e";
        let document = serde_json::json!({"x": [{ odd: {"": 7}}]});
        let locus = Locus::new("r").key("x").index(0).key(odd).key("");
        let found = document.query(&locus.path).unwrap();
        assert_eq!(found, vec![&serde_json::json!(7)]);
    }

    #[test]
    fn only_what_must_be_escaped_is() {
        let path = Locus::new("r").key("a b").key("\u{1f}'\\\u{8}\t\n\u{c}\r\u{7f}").path;
        assert_eq!(path, "$['a b']['\\u001f\\'\\\\\\b\\t\\n\\f\\r\u{7f}']");
    }

    #[test]
    fn a_place_in_a_file_is_written_as_compilers_do() {
        let mut place = FilePlace { path: "deploy/app.yaml".to_owned(), line: 12, column: 5, address: None };
        assert_eq!(place.to_string(), "deploy/app.yaml:12:5");
        place.address = Some("aws_iam_role.app".to_owned());
        assert_eq!(place.to_string(), "deploy/app.yaml:12:5 (aws_iam_role.app)");
    }
}
