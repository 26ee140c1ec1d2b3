//! The request context: what is known about each condition key.

/// What a caller knows about the value of a condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyValue {
    /// It is in the request with this value.
    Single(String),
    /// It is a multivalued key and is in the request with these values.
    Many(Vec<String>),
    /// It is certainly not in the request.
    Absent,
    /// It is certainly in the request; its value can't be known, for the reason given.
    Present(String),
    /// It is one of these, and which can't be known.
    OneOf(Vec<KeyValue>),
    /// Neither whether it is in the request nor its value can be known, for the reason given.
    Unknown(String),
}

impl KeyValue {
    pub(crate) fn unknown_reason(&self) -> Option<&str> {
        match self {
            Self::Present(why) | Self::Unknown(why) => Some(why),
            Self::OneOf(_) => Some("it has one of several values"),
            Self::Single(_) | Self::Many(_) | Self::Absent => None,
        }
    }
}

/// What is known about the condition keys of a request.
///
/// Key names are case-insensitive
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>).
/// A key that isn't listed has the value of the longest prefix rule that fits, else the default.
///
/// ```
/// use irsa_doctor_iam::{Context, KeyValue};
///
/// let context = Context::new().with("aws:PrincipalTag/team", "web").unknown("aws:SourceIp", "no call was made");
/// assert_eq!(context.get("AWS:principaltag/TEAM"), &KeyValue::Single("web".into()));
/// assert_eq!(context.get("aws:SourceVpc"), &KeyValue::Absent);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Lower-case keys, sorted by length and then by text: most comparisons end at the length.
    entries: Vec<(String, KeyValue)>,
    /// Lower-case prefixes, the longest first.
    prefixes: Vec<(String, KeyValue)>,
    default: KeyValue,
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl Context {
    /// A complete context: what isn't listed is absent.
    #[must_use]
    pub fn new() -> Self {
        Self { entries: Vec::new(), prefixes: Vec::new(), default: KeyValue::Absent }
    }

    /// A context of which only some keys are known: the others are unknown, for this reason.
    #[must_use]
    pub fn unknown_by_default(why: impl Into<String>) -> Self {
        Self { default: KeyValue::Unknown(why.into()), ..Self::new() }
    }

    /// Sets what is known about a key; the last word on a key counts.
    pub fn set(&mut self, key: &str, value: KeyValue) {
        let key = key.to_ascii_lowercase();
        match self.position(&key) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.entries.insert(at, (key, value)),
        }
    }

    /// Adds a single-valued key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.set(key, KeyValue::Single(value.into()));
        self
    }

    /// Adds a multivalued key.
    #[must_use]
    pub fn with_many<S: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.set(key, KeyValue::Many(values.into_iter().map(Into::into).collect()));
        self
    }

    /// Adds a key that is certainly not in the request.
    #[must_use]
    pub fn absent(mut self, key: &str) -> Self {
        self.set(key, KeyValue::Absent);
        self
    }

    /// Adds a key that is in the request with a value that can't be known.
    #[must_use]
    pub fn present(mut self, key: &str, why: impl Into<String>) -> Self {
        self.set(key, KeyValue::Present(why.into()));
        self
    }

    /// Adds a key of which nothing can be known.
    #[must_use]
    pub fn unknown(mut self, key: &str, why: impl Into<String>) -> Self {
        self.set(key, KeyValue::Unknown(why.into()));
        self
    }

    /// Says what all keys are that begin with `prefix` and aren't listed, such as `aws:PrincipalTag/`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str, value: KeyValue) -> Self {
        let prefix = prefix.to_ascii_lowercase();
        let at = self.prefixes.partition_point(|(have, _)| have.len() >= prefix.len());
        self.prefixes.insert(at, (prefix, value));
        self
    }

    /// What is known about a key, in any case.
    #[must_use]
    pub fn get(&self, key: &str) -> &KeyValue {
        if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.get_lower(&key.to_ascii_lowercase())
        } else {
            self.get_lower(key)
        }
    }

    /// What is known about a key that is in lower case already.
    pub(crate) fn get_lower(&self, key: &str) -> &KeyValue {
        if let Ok(at) = self.position(key)
            && let Some((_, value)) = self.entries.get(at)
        {
            return value;
        }
        self.prefixes.iter().find(|(prefix, _)| key.starts_with(prefix.as_str())).map_or(&self.default, |(_, v)| v)
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        let order = |have: &str| have.len().cmp(&key.len()).then_with(|| have.cmp(key));
        self.entries.binary_search_by(|(have, _)| order(have))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins_and_a_listed_key_before_it() {
        let context = Context::unknown_by_default("not recorded")
            .prefix("aws:", KeyValue::Absent)
            .prefix("aws:PrincipalTag/", KeyValue::Present("tags".into()))
            .with("aws:PrincipalTag/a", "1");
        assert_eq!(context.get("aws:principaltag/A"), &KeyValue::Single("1".into()));
        assert_eq!(context.get("aws:PrincipalTag/b"), &KeyValue::Present("tags".into()));
        assert_eq!(context.get("aws:SourceIp"), &KeyValue::Absent);
        assert_eq!(context.get("s3:prefix"), &KeyValue::Unknown("not recorded".into()));
    }
}
