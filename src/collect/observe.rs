//! An SDK's answer, as an `Observed`. The only place that looks into an SDK's error.

pub(crate) mod aws;
pub(crate) mod kubernetes;

/// The longest detail of a gap, in characters.
const LONGEST_DETAIL: usize = 300;

/// An answer's own words, as a report can show them: one line, without control characters, not too long.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
