use super::{Piece, Resolution, Variable, resolve};
use crate::context::Context;

/// A piece with its variable replaced.
enum Flat<'a> {
    Literal(&'a str),
    One,
    OneInSegment,
    Any,
    AnyInSegment,
}

fn flatten<'a>(piece: &'a Piece, context: Option<&'a Context>) -> Flat<'a> {
    match piece {
        Piece::Literal(text) => Flat::Literal(text),
        Piece::One => Flat::One,
        Piece::OneInSegment => Flat::OneInSegment,
        Piece::Any => Flat::Any,
        Piece::AnyInSegment => Flat::AnyInSegment,
        Piece::Variable(variable) => value_of(variable, context).map_or(Flat::Any, Flat::Literal),
    }
}

/// A variable that can't be known may be anything, so it counts as a star; the caller knows.
fn value_of<'a>(variable: &'a Variable, context: Option<&'a Context>) -> Option<&'a str> {
    match resolve(variable, context?) {
        Resolution::Value(value) => Some(value),
        Resolution::NoValue | Resolution::Unknown => None,
    }
}

/// Matches pieces whose only stars are [`Piece::Any`]. Between two stars it is enough to take the
/// leftmost place where the pieces fit, so nothing is ever tried twice: the work is one search of
/// the text for the whole pattern.
pub(super) fn match_greedy(pieces: &[Piece], text: &str, context: Option<&Context>) -> bool {
    let is_star = |piece: &Piece| matches!(flatten(piece, context), Flat::Any);
    let Some(first_star) = pieces.iter().position(is_star) else {
        return fit(pieces, text, 0, context) == Some(text.len());
    };
    let Some(mut at) = fit(pieces.get(..first_star).unwrap_or_default(), text, 0, context) else {
        return false;
    };
    let mut rest = pieces.get(first_star..).unwrap_or_default();
    while let Some(star) = rest.iter().position(is_star) {
        let (chunk, after) = rest.split_at(star);
        let Some(end) = find(chunk, text, at, context) else {
            return false;
        };
        at = end;
        rest = after.get(1..).unwrap_or_default();
    }
    ends_with(rest, text, at, context)
}

/// Where the pieces, which hold no star, end if they start at `at`.
fn fit(pieces: &[Piece], text: &str, mut at: usize, context: Option<&Context>) -> Option<usize> {
    for piece in pieces {
        steps::count(1);
        let rest = text.get(at..)?;
        at += match flatten(piece, context) {
            Flat::Literal(literal) => {
                steps::count(literal.len());
                rest.starts_with(literal).then_some(literal.len())?
            }
            Flat::One => rest.chars().next()?.len_utf8(),
            Flat::OneInSegment => rest.chars().next().filter(|c| *c != ':')?.len_utf8(),
            Flat::Any | Flat::AnyInSegment => 0,
        };
    }
    Some(at)
}

/// The end of the leftmost place at or behind `from` where the pieces fit.
fn find(pieces: &[Piece], text: &str, from: usize, context: Option<&Context>) -> Option<usize> {
    let Some(first) = pieces.first() else {
        return Some(from);
    };
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        if let Flat::Literal(literal) = flatten(first, context) {
            let skip = rest.find(literal)?;
            steps::count(skip);
            at += skip;
        }
        if let Some(end) = fit(pieces, text, at, context) {
            return Some(end);
        }
        at += text.get(at..)?.chars().next()?.len_utf8();
    }
}

/// Whether the pieces fit at the end of the text, starting no earlier than `from`.
fn ends_with(pieces: &[Piece], text: &str, from: usize, context: Option<&Context>) -> bool {
    let Some(rest) = text.get(from..) else {
        return false;
    };
    if let [piece] = pieces
        && let Flat::Literal(literal) = flatten(piece, context)
    {
        return rest.ends_with(literal);
    }
    if pieces.is_empty() {
        return true;
    }
    let characters: usize = pieces
        .iter()
        .map(|piece| match flatten(piece, context) {
            Flat::Literal(literal) => literal.chars().count(),
            Flat::One | Flat::OneInSegment => 1,
            Flat::Any | Flat::AnyInSegment => 0,
        })
        .sum();
    let start = match characters.checked_sub(1) {
        None => Some(rest.len()),
        Some(nth) => rest.char_indices().nth_back(nth).map(|(start, _)| start),
    };
    start.is_some_and(|start| fit(pieces, text, from + start, context) == Some(text.len()))
}

/// One step of a pattern that is matched character by character.
#[derive(Clone, Copy)]
enum Step {
    Char(char),
    One,
    OneInSegment,
    Any,
    AnyInSegment,
}

/// Matches pieces with stars that stop at a colon. There the leftmost place isn't always the right
/// one, so all states are followed at once: the work is the length of the text times that of the
/// pattern, whatever they hold.
pub(super) fn match_by_states(pieces: &[Piece], text: &str, context: Option<&Context>) -> bool {
    let mut pattern = Vec::new();
    for piece in pieces {
        match flatten(piece, context) {
            Flat::Literal(literal) => pattern.extend(literal.chars().map(Step::Char)),
            Flat::One => pattern.push(Step::One),
            Flat::OneInSegment => pattern.push(Step::OneInSegment),
            Flat::Any => pattern.push(Step::Any),
            Flat::AnyInSegment => pattern.push(Step::AnyInSegment),
        }
    }
    let mut states = vec![false; pattern.len() + 1];
    let mut next = states.clone();
    if let Some(start) = states.first_mut() {
        *start = true;
    }
    close(&mut states, &pattern);
    for c in text.chars() {
        steps::count(pattern.len());
        next.fill(false);
        advance(&states, &pattern, c, &mut next);
        std::mem::swap(&mut states, &mut next);
        if !states.contains(&true) {
            return false;
        }
    }
    states.last().copied().unwrap_or_default()
}

fn advance(states: &[bool], pattern: &[Step], c: char, next: &mut [bool]) {
    let active = pattern.iter().zip(states).enumerate().filter(|(_, (_, active))| **active);
    for (index, (step, _)) in active {
        let target = match step {
            Step::Char(wanted) if *wanted == c => index + 1,
            Step::One => index + 1,
            Step::OneInSegment if c != ':' => index + 1,
            Step::Any => index,
            Step::AnyInSegment if c != ':' => index,
            _ => continue,
        };
        if let Some(state) = next.get_mut(target) {
            *state = true;
        }
    }
    close(next, pattern);
}

/// A star may also stand for nothing.
fn close(states: &mut [bool], pattern: &[Step]) {
    for (index, step) in pattern.iter().enumerate() {
        let skips = matches!(step, Step::Any | Step::AnyInSegment) && states.get(index) == Some(&true);
        if let (true, Some(state)) = (skips, states.get_mut(index + 1)) {
            *state = true;
        }
    }
}

/// Counts the work in tests, so that a bound on it can be asserted without a clock.
#[cfg(test)]
mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<usize> = const { Cell::new(0) });

    pub(super) fn count(steps: usize) {
        STEPS.with(|total| total.set(total.get() + steps));
    }

    pub(super) fn take() -> usize {
        STEPS.with(Cell::take)
    }
}

#[cfg(not(test))]
mod steps {
    #[inline]
    pub(super) const fn count(_: usize) {}
}

#[cfg(test)]
mod tests {
    use super::steps;
    use crate::context::Context;
    use crate::pattern::Pattern;

    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some('*'), _) => naive(&pattern[1..], text) || (!text.is_empty() && naive(pattern, &text[1..])),
            (Some('?'), Some(_)) => naive(&pattern[1..], &text[1..]),
            (Some(p), Some(t)) if p == t => naive(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    #[test]
    fn agrees_with_a_naive_matcher_on_all_short_patterns() {
        let letters = ['a', 'b', '*', '?', 'é'];
        let mut words = vec![String::new()];
        for length in 0..4 {
            let longer: Vec<String> = words
                .iter()
                .filter(|w| w.chars().count() == length)
                .flat_map(|w| letters.iter().map(move |c| format!("{w}{c}")))
                .collect();
            words.extend(longer);
        }
        let context = Context::new();
        for pattern in &words {
            let compiled = Pattern::glob(pattern);
            let chars: Vec<char> = pattern.chars().collect();
            for text in words.iter().filter(|text| !text.contains(['*', '?'])) {
                let expected = naive(&chars, &text.chars().collect::<Vec<_>>());
                assert_eq!(compiled.matches(text, &context).is_true(), expected, "{pattern} on {text}");
            }
        }
    }

    /// Steps for a hostile pattern on `n` times `a`.
    fn work(pattern: &str, n: usize) -> usize {
        steps::take();
        assert!(Pattern::resource(pattern, false).matches(&"a".repeat(n), &Context::new()).is_false());
        steps::take()
    }

    #[test]
    fn hostile_patterns_take_linear_work() {
        for pattern in ["a*a*a*a*b", "*a*a*a*a*a*a*a*ab*", "a?*a?*a?*b", "*?*?*?*b", "arn:*a*a*a*a*b:x"] {
            let (small, large) = (work(pattern, 1_000), work(pattern, 10_000));
            assert!(large <= small * 11 + 1_000, "{pattern}: {small} then {large}");
            assert!(large <= 20 * 10_000, "{pattern}: {large}");
        }
    }
}
