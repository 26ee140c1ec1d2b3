//! Normalized paths, taken apart. <https://www.rfc-editor.org/rfc/rfc9535#section-2.7>

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::files) enum Step {
    /// To a member of an object.
    Key(String),
    /// To an item of a list.
    Index(usize),
}

/// The steps of a normalized path; what is no such path any more ends it.
pub(in crate::files) fn steps(path: &str) -> Vec<Step> {
    let mut rest = path.strip_prefix('$').unwrap_or_default();
    let mut steps = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        let step = if let Some(quoted) = inside.strip_prefix('\'') {
            key(quoted).map(|(key, after)| (Step::Key(key), after))
        } else {
            let digits = inside.split_once(']');
            digits.and_then(|(digits, after)| Some((Step::Index(digits.parse().ok()?), after)))
        };
        let Some((step, after)) = step else { break };
        steps.push(step);
        rest = after;
    }
    steps
}

/// A key up to its closing `']`, and what comes after.
fn key(quoted: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((key, quoted.get(at..)?.strip_prefix("']")?)),
            '\\' => match chars.next()?.1 {
                'b' => key.push('\u{8}'),
                't' => key.push('\t'),
                'n' => key.push('\n'),
                'f' => key.push('\u{c}'),
                'r' => key.push('\r'),
                'u' => {
                    let mut code = 0;
                    for _ in 0..4 {
                        code = code * 16 + chars.next()?.1.to_digit(16)?;
                    }
                    key.push(char::from_u32(code)?);
                }
                escaped => key.push(escaped),
            },
            c => key.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use irsa_doctor_checks::locus::Locus;

    #[test]
    fn what_a_locus_writes_is_read_again() {
        let odd = "a'b\\c\n\u{1}d]['e";
        let path = Locus::new("r").key("x").index(12).key(odd).key("").path;
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(steps(&path), [key("x"), Step::Index(12), key(odd), key("")]);
        assert_eq!(steps("$"), []);
        for broken in ["", "x", "$['a", "$['a'", "$[1", "$[x]", "$['\\u00']"] {
            assert!(steps(broken).is_empty(), "{broken}");
        }
    }
}
