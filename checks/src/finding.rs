//! A finding: a fault seen in this snapshot, with its place.

use crate::fault::{Confidence, Fault, Severity};
use crate::fix::Fix;
use crate::locus::Locus;

/// A fault seen in this snapshot. There is none without a place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which fault.
    pub fault: &'static Fault,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure we are here.
    pub confidence: Confidence,
    /// Where.
    pub locus: Locus,
    /// What is wrong, in a sentence or two with the real names; plain text, untrusted.
    pub detail: String,
    /// What is wanted, where two values were compared.
    pub expected: Option<Compared>,
    /// What is there, where two values were compared.
    pub actual: Option<Compared>,
    /// How to mend it.
    pub fix: Option<Fix>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// One value.
    One(String),
    /// Any of several values.
    Many(Vec<String>),
    /// Nothing: it is not there.
    Nothing,
}

impl From<&str> for Compared {
    fn from(value: &str) -> Self {
        Self::One(value.to_owned())
    }
}

impl From<String> for Compared {
    fn from(value: String) -> Self {
        Self::One(value)
    }
}

impl From<Vec<String>> for Compared {
    /// One value stands for itself.
    fn from(mut values: Vec<String>) -> Self {
        match (values.pop(), values.is_empty()) {
            (None, _) => Self::Nothing,
            (Some(only), true) => Self::One(only),
            (Some(last), false) => {
                values.push(last);
                Self::Many(values)
            }
        }
    }
}

impl Finding {
    /// A finding of a fault at a place, with the fault's own severity and confidence.
    pub fn new(fault: &'static Fault, locus: Locus, detail: impl Into<String>) -> Self {
        Self {
            fault,
            severity: fault.severity,
            confidence: fault.confidence,
            locus,
            detail: detail.into(),
            expected: None,
            actual: None,
            fix: None,
        }
    }

    /// The same, with another severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same, no more severe than this.
    #[must_use]
    pub fn at_most(self, severity: Severity) -> Self {
        let severity = self.severity.min(severity);
        self.severity(severity)
    }

    /// The same, with another confidence.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// The same, with what was compared.
    #[must_use]
    pub fn compared(mut self, expected: impl Into<Compared>, actual: impl Into<Compared>) -> Self {
        self.expected = Some(expected.into());
        self.actual = Some(actual.into());
        self
    }

    /// The same, with a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}
