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

/// What two names are apart at least: the characters that only one of them has. It costs far less than the distance itself,
/// and tells most names of a large account apart.
pub(crate) fn apart_at_least(a: &str, b: &str) -> usize {
    // A character beyond ASCII isn't counted, on either side: the bound is lower then, and still one.
    let counts = |text: &str| {
        let mut counts = [0_usize; 128];
        for byte in text.bytes() {
            if let Some(count) = counts.get_mut(usize::from(byte)) {
                *count += 1;
            }
        }
        counts
    };
    let (a, b) = (counts(a), counts(b));
    let only =
        |one: &[usize], other: &[usize]| one.iter().zip(other).map(|(one, other)| one.saturating_sub(*other)).sum::<usize>();
    only(&a, &b).max(only(&b, &a))
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
    fn the_cheap_bound_is_one() {
        let names = ["", "a", "checkout-api", "checkout-apy", "api-checkout", "billing", "AppRole-12345", "AppRole-54321", "é"];
        for one in names {
            for other in names {
                assert!(apart_at_least(one, other) <= strsim::damerau_levenshtein(one, other), "{one} {other}");
            }
        }
        assert_eq!(apart_at_least("billing", "checkout"), 8);
    }

    #[test]
    fn names_what_could_have_been_meant() {
        assert_eq!(nearest("checkout-apy", ["checkout-api", "billing", "checkout"]), ["checkout-api", "checkout"]);
        assert!(nearest("x", ["completely-different"]).is_empty());
        assert!(nearest("ab", ["ab", "abc"]).contains(&"ab".to_owned()));
    }

    #[test]
    fn a_third_of_a_long_name_may_differ() {
        assert_eq!(nearest("checkout-api-prod-eu", ["checkout-api-test-eu"]), ["checkout-api-test-eu"]);
        assert!(nearest("checkout-api", ["checkout-old", "checkout-blue"]).contains(&"checkout-old".to_owned()));
        assert!(nearest("orders", ["orbits"]).is_empty());
    }

    #[test]
    fn a_part_of_a_name_is_near_unless_it_is_in_every_other() {
        let long = "checkout-apis-of-the-shop";
        assert_eq!(nearest("apis", [long]), [long]);
        assert_eq!(nearest(long, ["apis"]), ["apis"]);
        assert!(nearest("api", [long]).is_empty(), "three letters are a part of anything");
        assert!(nearest(long, ["api"]).is_empty());
    }
}
