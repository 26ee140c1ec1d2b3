//! What runs come to.

use std::collections::BTreeSet;
use std::process::Output;

use serde_json::Value;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Come {
    /// The exit code.
    pub code: Option<i32>,
    /// The verdict; none of an error document.
    pub verdict: Option<String>,
    /// The faults of its errors.
    pub errors: BTreeSet<String>,
}

impl Come {
    /// From what it wrote as JSON.
    ///
    /// # Errors
    /// What was written in place of it.
    pub fn of(output: &Output) -> Result<Self, String> {
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        let document: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("no JSON: {error}; {}", said()))?;
        let targets = document["targets"].as_array().into_iter().flatten();
        let findings = targets.flat_map(|target| target["findings"].as_array().into_iter().flatten());
        let errors = findings.filter(|finding| finding["severity"] == "error");
        Ok(Self {
            code: output.status.code(),
            verdict: document["verdict"].as_str().map(str::to_owned),
            errors: errors.map(|finding| finding["fault"].as_str().unwrap_or_default().to_owned()).collect(),
        })
    }

    /// How good a verdict is; what is not there or could not be looked at is no better than broken.
    fn good(&self) -> u8 {
        match self.verdict.as_deref() {
            Some("healthy") => 3,
            Some("degraded" | "not_applicable") => 2,
            Some("inconclusive") => 1,
            _ => 0,
        }
    }

    /// What is wrong with it, beside what it is where nothing fails.
    pub fn problems(&self, whole: &Self) -> Vec<String> {
        let mut problems = Vec::new();
        // Of what is broken less may be known, and then it has a less specific name.
        let invented: Vec<&String> = self.errors.difference(&whole.errors).collect();
        if whole.errors.is_empty() && !invented.is_empty() {
            problems.push(format!("invented: {invented:?}"));
        }
        if self.good() > whole.good().max(1) {
            problems.push(format!("it is {:?}, and was {:?}", self.verdict, whole.verdict));
        }
        let fits = match (self.verdict.as_deref(), self.code) {
            (None, code) => matches!(code, Some(4 | 5)),
            (Some("healthy" | "degraded" | "not_applicable"), code) => code == Some(0),
            (Some("broken"), code) => code == Some(1),
            (Some(_), code) => code == Some(3),
        };
        if !fits {
            problems.push(format!("exit {:?} with {:?}", self.code, self.verdict));
        }
        problems
    }
}
