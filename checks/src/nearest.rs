//! The nearest names to one that isn't there.

/// The names that are nearest to a wanted one, best first, at most three; none that is too far off to be meant.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = clipped(wanted).to_lowercase();
    let mut near: Vec<(usize, &str)> =
        names.into_iter().filter_map(|name| distance(&wanted, name).map(|distance| (distance, name))).collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// How far a name is from a wanted one in lower case; `None` if nobody would mix them up.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let name = clipped(name).to_lowercase();
    let distance = strsim::damerau_levenshtein(wanted, &name);
    let longest = wanted.chars().count().max(name.chars().count());
    let contained = wanted.len() > 3 && name.len() > 3 && (name.contains(wanted) || wanted.contains(&name));
    (distance <= 2.max(longest / 3) || contained).then_some(distance)
}

/// A name long enough to be compared, and no longer: the distance costs the product of both lengths.
fn clipped(name: &str) -> &str {
    let end = name.char_indices().nth(256).map_or(name.len(), |(index, _)| index);
    name.get(..end).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_could_have_been_meant() {
        assert_eq!(nearest("checkout-apy", ["checkout-api", "billing", "checkout"]), ["checkout-api", "checkout"]);
        assert!(nearest("x", ["completely-different"]).is_empty());
        assert!(nearest("ab", ["ab", "abc"]).contains(&"ab".to_owned()));
    }
}
