//! One thing that is wrong in a trust policy, and what mends it.

use crate::fault::Fault;
use crate::finding::{Compared, Finding};
use crate::fix::edit::Edit;
use crate::locus::Locus;
use crate::trust::{DOCUMENT, Token};
use irsa_doctor_iam::Place;

/// What mends a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend {
    /// Changes to the statement.
    Edits(Vec<Edit>),
    /// A statement of its own: this one is for others.
    NewStatement,
    /// Somebody must decide; who and what.
    Decision(String),
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) fault: &'static Fault,
    pub(super) place: Place,
    pub(super) detail: String,
    pub(super) compared: Option<(Compared, Compared)>,
    pub(super) mend: Mend,
}

impl Difference {
    /// A difference that a new statement mends.
    pub(super) fn new(fault: &'static Fault, place: Place, detail: String) -> Self {
        Self { fault, place, detail, compared: None, mend: Mend::NewStatement }
    }

    /// The same, with wanted and actual.
    pub(super) fn compared(mut self, wanted: impl Into<Compared>, had: impl Into<Compared>) -> Self {
        self.compared = Some((wanted.into(), had.into()));
        self
    }

    /// The same, mended in another way.
    pub(super) fn mend(mut self, mend: Mend) -> Self {
        self.mend = mend;
        self
    }

    /// The finding, without its fix.
    pub(super) fn finding(&self, token: &Token) -> Finding {
        let finding = Finding::new(self.fault, locus(&token.role_arn, &self.place), self.detail.clone());
        match &self.compared {
            Some((wanted, had)) => finding.compared(wanted.clone(), had.clone()),
            None => finding,
        }
    }
}

/// A place in a role's trust policy.
pub(super) fn locus(role_arn: &str, place: &Place) -> Locus {
    Locus::new(role_arn).document(DOCUMENT).at(place.path.as_str()).line_column(place.line, place.column)
}
