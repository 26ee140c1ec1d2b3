use super::{ElementKind, ElementTrace, Had, StatementTrace};
use crate::policy::Effect;
use crate::text::{LONGEST, edits};

/// An Allow statement that almost matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss<'a> {
    /// The statement.
    pub statement: &'a StatementTrace,
    /// The smallest set of elements that would have to differ: those that don't match. Empty if
    /// it hangs on unknown keys alone.
    pub differing: Vec<&'a ElementTrace>,
}

/// Beyond this many pairs the distance no longer helps, and costs.
const MOST_PAIRS: usize = 64;

pub(super) fn nearest<'a>(statements: impl Iterator<Item = &'a StatementTrace>) -> Option<NearMiss<'a>> {
    statements
        .filter(|statement| statement.effect == Effect::Allow && !statement.result.is_true())
        .min_by_key(|statement| rank(statement))
        .map(|statement| NearMiss { statement, differing: statement.differing().collect() })
}

/// The first of equals stays the first, so the order of statements decides last.
fn rank(statement: &StatementTrace) -> (usize, bool, bool, usize) {
    let differs = |kind: &ElementKind| statement.differing().any(|element| element.element == *kind);
    (
        statement.differing().count(),
        differs(&ElementKind::Action),
        differs(&ElementKind::Principal),
        statement.differing().map(distance).sum(),
    )
}

/// Edits between what an element has and the nearest of what it wants.
fn distance(element: &ElementTrace) -> usize {
    let Had::Values(values) = &element.had else {
        return LONGEST;
    };
    let pairs = values.iter().flat_map(|have| {
        element.wanted.iter().map(move |wanted| edits(wanted.resolved.as_deref().unwrap_or(&wanted.text), have))
    });
    pairs.take(MOST_PAIRS).min().unwrap_or(LONGEST)
}
