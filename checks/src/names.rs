//! Many names in one sentence.

/// The most names that are written out.
const MOST: usize = 5;

/// The first names, and how many more there are.
pub fn some(names: impl IntoIterator<Item = String>) -> String {
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(MOST).collect();
    let more = names.count();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::some;

    #[test]
    fn five_are_written_out() {
        let names = |count: usize| (0..count).map(|number| number.to_string());
        assert_eq!(some(names(0)), "");
        assert_eq!(some(names(5)), "0, 1, 2, 3, 4");
        assert_eq!(some(names(7)), "0, 1, 2, 3, 4, 2 more");
    }
}
