//! Whether two patterns have a text in common: a policy's Resource entry and the ARN of a type.

use crate::arn::Arn;

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Char(char),
    /// One character of a class.
    One(Class),
    /// Any number of characters of a class.
    Run(Class),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Class {
    Any,
    NoColon,
    NoColonNoSlash,
    NoSlash,
}

impl Class {
    fn has(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::NoColon => c != ':',
            Self::NoColonNoSlash => c != ':' && c != '/',
            Self::NoSlash => c != '/',
        }
    }
}

/// Longer patterns are taken to overlap: the work is the product of the lengths.
const LONGEST: usize = 2048;

/// Whether an ARN exists that `pattern` of a policy matches and that has the form of `arn`, the
/// template of a resource type. If `nested`, the last placeholder holds no slash.
pub(super) fn overlaps(pattern: &str, arn: &str, nested: bool) -> bool {
    if pattern.len() > LONGEST {
        return true;
    }
    intersect(&policy_tokens(pattern), &template_tokens(arn, nested))
}

/// Whether a text exists that both patterns of policies match.
pub(super) fn patterns_overlap(one: &str, other: &str) -> bool {
    one.len() > LONGEST || other.len() > LONGEST || intersect(&policy_tokens(one), &policy_tokens(other))
}

/// Variables may stand for anything.
fn policy_tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let variable = rest.strip_prefix("${").and_then(|body| body.find('}')).map(|end| end + 3);
        tokens.push(match c {
            '*' => Token::Run(Class::Any),
            '?' => Token::One(Class::Any),
            '$' if variable.is_some() => Token::Run(Class::Any),
            c => Token::Char(c),
        });
        rest = rest.get(variable.unwrap_or(c.len_utf8())..).unwrap_or_default();
    }
    tokens
}

/// Placeholders in the first five parts hold no colon and may be empty; in the resource they hold
/// at least one character.
fn template_tokens(arn: &str, nested: bool) -> Vec<Token> {
    let resource_at = Arn::parse(arn).map_or(0, |parsed| arn.len() - parsed.resource.len());
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = arn.get(at..).filter(|rest| !rest.is_empty()) {
        let placeholder = rest.strip_prefix("${").and_then(|body| body.find('}')).map(|end| end + 3);
        if let Some(length) = placeholder {
            let last = at + length == arn.len();
            if at < resource_at {
                tokens.push(Token::Run(Class::NoColon));
            } else {
                let class = match (last, nested) {
                    (true, true) => Class::NoSlash,
                    (true, false) => Class::Any,
                    // A name before a delimiter doesn't hold it; paths come last, or before a colon.
                    (false, _) if rest.get(length..).is_some_and(|rest| rest.starts_with('/')) => Class::NoColonNoSlash,
                    (false, _) => Class::NoColon,
                };
                tokens.extend([Token::One(class), Token::Run(class)]);
            }
            at += length;
        } else {
            let c = rest.chars().next().unwrap_or_default();
            tokens.push(if c == '*' { Token::Run(Class::Any) } else { Token::Char(c) });
            at += c.len_utf8();
        }
    }
    tokens
}

/// Walks all pairs of places that some common text can reach.
fn intersect(a: &[Token], b: &[Token]) -> bool {
    let width = b.len() + 1;
    let mut seen = vec![false; (a.len() + 1) * width];
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        let Some(mark) = seen.get_mut(i * width + j) else {
            continue;
        };
        if std::mem::replace(mark, true) {
            continue;
        }
        let (x, y) = (a.get(i), b.get(j));
        if x.is_none() && y.is_none() {
            return true;
        }
        // A run may end here, or take a character that the other side has.
        if let Some(Token::Run(_)) = x {
            open.push((i + 1, j));
        }
        if let Some(Token::Run(_)) = y {
            open.push((i, j + 1));
        }
        if let (Some(x), Some(y)) = (x, y)
            && common(*x, *y)
        {
            let run = |token: &Token| matches!(token, Token::Run(_));
            let next = (if run(x) { i } else { i + 1 }, if run(y) { j } else { j + 1 });
            if next != (i, j) {
                open.push(next);
            }
        }
    }
    false
}

/// Whether a character exists that both tokens take. Two classes always share a letter.
fn common(x: Token, y: Token) -> bool {
    match (x, y) {
        (Token::Char(a), Token::Char(b)) => a == b,
        (Token::Char(c), Token::One(class) | Token::Run(class)) | (Token::One(class) | Token::Run(class), Token::Char(c)) => {
            class.has(c)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_hold_what_their_place_allows() {
        let end = "arn:${Partition}:x:${Region}:${Account}:a/${Name}";
        let middle = "arn:${Partition}:x:${Region}:${Account}:a/${Name}/z";
        for (pattern, template, expected) in [
            ("arn:aws:x:::a/b", end, true),
            ("arn:aws:x:eu:1:a/b", end, true),
            ("arn:aws:x:::a/", end, false),
            ("arn:aws:x:::a/b/c", end, true),
            ("arn:aws:x:::a/b/z", middle, true),
            ("arn:aws:x:::a/b/c/z", middle, false),
            ("arn:aws:x:::a/b:c/z", middle, false),
        ] {
            assert_eq!(overlaps(pattern, template, false), expected, "{pattern} and {template}");
        }
        assert!(!overlaps("arn:aws:x:::a/b/c", end, true), "nested");
    }

    #[test]
    fn variables_may_stand_for_anything_and_the_rest_for_itself() {
        let template = "arn:${Partition}:x:::a/${Name}/z";
        for (pattern, expected) in [
            ("arn:aws:x:::${aws:username}/z", true),
            ("arn:aws:x:::${aws:username}/y", false),
            ("arn:aws:x:::$/z", false),
            ("arn:aws:x:::a/$/z", true),
            ("arn:aws:x:::a/?/z", true),
        ] {
            assert_eq!(overlaps(pattern, template, false), expected, "{pattern}");
        }
    }

    #[test]
    fn only_patterns_that_are_too_long_are_taken_to_overlap() {
        assert!(!overlaps(&"y".repeat(LONGEST), "arn:aws:x:::a", false));
        assert!(overlaps(&"y".repeat(LONGEST + 1), "arn:aws:x:::a", false));
    }
}
