//! `eks.amazonaws.com/skip-containers`: one CSV record of container names, blanks kept.
//! <https://github.com/aws/amazon-eks-pod-identity-webhook/blob/master/pkg/handler/handler.go>

use crate::evidence::Evidence;

/// The annotation of pods that names containers which the webhook leaves alone.
pub const SKIP_CONTAINERS: &str = "eks.amazonaws.com/skip-containers";

/// What the annotation says, as the webhook reads it: names, blanks kept. Nothing where it can't be read as CSV.
pub fn entries(evidence: &Evidence<'_>) -> Vec<String> {
    let metadata = evidence.pod_metadata();
    metadata.and_then(|metadata| metadata.annotation(SKIP_CONTAINERS)).and_then(record).unwrap_or_default()
}

/// Whether the webhook was told to leave the container that matters most alone: no webhook then gives it a role.
pub fn skips_the_default(evidence: &Evidence<'_>) -> bool {
    evidence.default_container().is_some_and(|container| is_skipped(evidence, container.name()))
}

/// Whether the webhook was told to leave a container alone.
pub fn is_skipped(evidence: &Evidence<'_>, container: &str) -> bool {
    entries(evidence).iter().any(|entry| entry == container)
}

/// The first record of a CSV text, as Go's `encoding/csv` reads it; `None` where that fails.
/// <https://pkg.go.dev/encoding/csv>
fn record(text: &str) -> Option<Vec<String>> {
    let line = text.lines().find(|line| !line.is_empty())?;
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)?
        } else {
            let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            if field.contains('"') {
                return None;
            }
            (field.to_owned(), after)
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// A field after its opening quote, and what follows the closing one; `""` is a quote.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn reads_one_record_and_keeps_blanks() {
        let names = |text| record(text).unwrap();
        assert_eq!(names("a,b"), ["a", "b"]);
        assert_eq!(names("a, b"), ["a", " b"]);
        assert_eq!(names("\"a\",b\nc"), ["a", "b"]);
        assert_eq!(names("\"a\"\"b\""), ["a\"b"]);
        assert_eq!(names("a,"), ["a", ""]);
        assert_eq!(record("a\"b"), None);
        assert_eq!(record("\"a"), None);
        assert_eq!(record("\"a\"b"), None);
        assert_eq!(record(""), None);
    }
}
