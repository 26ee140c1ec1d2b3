use std::fmt;

use crate::json::{JsonError, Position};

/// One fault of a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({path}, line {line} column {column})")]
pub struct ParseError {
    /// What is wrong.
    pub message: String,
    /// RFC 9535 normalized path of the element; of the parent if the element is missing.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// Everything that is wrong with a policy document, in document order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseErrors {
    /// The faults; at least one.
    pub errors: Vec<ParseError>,
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseErrors {}

impl From<JsonError> for ParseErrors {
    fn from(error: JsonError) -> Self {
        let Position { line, column, .. } = error.position;
        let message = format!("not valid JSON: {}", error.message);
        Self { errors: vec![ParseError { message, path: "$".to_owned(), line, column }] }
    }
}
