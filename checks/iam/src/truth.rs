//! The three truth values of an evaluation, with Kleene's strong logic.

/// Whether something holds, when some inputs can't be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold, whatever the unknown inputs are.
    False,
    /// It depends on inputs that can't be known.
    Unknown,
    /// It holds, whatever the unknown inputs are.
    True,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// True if `self` is true and negated is wanted, and so on.
    #[must_use]
    pub fn negate_if(self, negated: bool) -> Self {
        if negated { !self } else { self }
    }

    /// Whether it certainly holds.
    #[must_use]
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// Whether it certainly does not hold.
    #[must_use]
    pub fn is_false(self) -> bool {
        self == Self::False
    }

    /// Whether any of `values` holds; stops at the first that certainly does.
    pub fn any(values: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for value in values {
            result = result.or(value);
            if result.is_true() {
                break;
            }
        }
        result
    }

    /// Whether all of `values` hold; stops at the first that certainly does not.
    pub fn all(values: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for value in values {
            result = result.and(value);
            if result.is_false() {
                break;
            }
        }
        result
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    #[test]
    fn unknown_decides_nothing_and_is_decided_by_the_other_side() {
        assert_eq!(Unknown.and(False), False);
        assert_eq!(Unknown.and(True), Unknown);
        assert_eq!(Unknown.or(True), True);
        assert_eq!(Unknown.or(False), Unknown);
        assert_eq!(!Unknown, Unknown);
    }

    #[test]
    fn empty_sets_follow_logic() {
        assert_eq!(Truth::any([]), False);
        assert_eq!(Truth::all([]), True);
    }
}
