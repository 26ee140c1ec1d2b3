//! The errors of `tests/errors`, which somebody may paste.

use std::path::Path;

use serde_json::{Map, Value};

/// A text, and what must be read out of it: a field that isn't there is not compared.
#[derive(Debug, Clone)]
pub struct PastedError {
    /// Which one.
    pub id: String,
    /// As it was pasted.
    pub text: String,
    /// What must be read, by field.
    pub want: Map<String, Value>,
}

impl PastedError {
    /// All of them, in the order of their files.
    ///
    /// # Panics
    /// When a file can't be read.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../errors");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        let read = |path| -> Vec<Value> { serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap() };
        let case = |case: Value| Self {
            id: case["id"].as_str().unwrap().to_owned(),
            text: case["text"].as_str().unwrap().to_owned(),
            want: case["want"].as_object().unwrap().clone(),
        };
        files.into_iter().flat_map(read).map(case).collect()
    }
}
