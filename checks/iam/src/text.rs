//! How near two texts are.

/// Longer texts are compared by their beginnings: the work is the product of the lengths.
pub(crate) const LONGEST: usize = 256;

/// Levenshtein distance of the first [`LONGEST`] characters.
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(LONGEST).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = diagonal + usize::from(x != *y);
            left = cost.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// The names nearest to `name`, the best first, at most `most`. Case counts for little, and names
/// of which more than a third would have to change aren't near. Returned as they were given.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let lower = name.to_ascii_lowercase();
    let length = lower.chars().count();
    let limit = (length / 3).max(2);
    let mut found: Vec<(usize, &str)> = names
        .filter(|have| have.len().abs_diff(name.len()) <= limit * 4)
        .map(|have| (edits(&lower, &have.to_ascii_lowercase()), have))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, have)| have).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count_changes() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("abc", "abc"), 0);
    }

    #[test]
    fn the_nearest_come_first_and_the_far_not_at_all() {
        let names = ["GetObject", "GetObjects", "PutObject", "DeleteBucket"];
        assert_eq!(nearest("getobjet", names.into_iter(), 2), ["GetObject", "GetObjects"]);
        assert!(nearest("ListQueues", names.into_iter(), 2).is_empty());
    }
}
