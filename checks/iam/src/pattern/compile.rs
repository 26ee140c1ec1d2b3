use super::{Pattern, Piece, Variable};

/// The last colon that delimits a segment of an ARN is the fifth.
const DELIMITERS: usize = 5;

pub(super) fn compile(text: &str, wildcards: bool, variables: bool) -> Pattern {
    let mut builder = Builder::default();
    builder.scan(text, wildcards, variables, false);
    builder.finish()
}

pub(super) fn compile_resource(text: &str, variables: bool) -> Pattern {
    let mut builder = Builder::default();
    builder.scan(text, true, variables, true);
    builder.finish()
}

/// Splits the pattern of an ARN at its delimiting colons, of which those inside `${...}` are none.
pub(crate) fn split_segments(text: &str, variables: bool) -> Vec<&str> {
    let mut segments = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if c == ':' && segments.len() < DELIMITERS {
            segments.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
        let variable = (variables && c == '$').then(|| read_variable(text.get(at..).unwrap_or_default())).flatten();
        at += variable.map_or(c.len_utf8(), |(_, length)| length);
    }
    segments.push(text.get(start..).unwrap_or_default());
    segments
}

#[derive(Default)]
struct Builder {
    pieces: Vec<Piece>,
    literal: String,
}

impl Builder {
    fn scan(&mut self, text: &str, wildcards: bool, variables: bool, arn: bool) {
        let mut at = 0;
        let mut colons = 0;
        while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = text.get(at..).unwrap_or_default();
            if variables
                && c == '$'
                && let Some((piece, length)) = read_variable(rest)
            {
                self.push(piece);
                at += length;
                continue;
            }
            at += c.len_utf8();
            if c == ':' {
                colons += 1;
            }
            let inside = arn && colons < DELIMITERS;
            match c {
                '*' if wildcards => {
                    let ends_segment = text.get(at..).is_none_or(|after| after.is_empty() || after.starts_with(':'));
                    self.push(if inside && !ends_segment { Piece::AnyInSegment } else { Piece::Any });
                }
                '?' if wildcards => self.push(if inside { Piece::OneInSegment } else { Piece::One }),
                c => self.literal.push(c),
            }
        }
    }

    fn push(&mut self, piece: Piece) {
        if let Piece::Literal(text) = piece {
            self.literal.push_str(&text);
            return;
        }
        self.flush();
        // `**` is `*`, and a star beside one that reaches further adds nothing.
        let adds_nothing = match self.pieces.last() {
            Some(Piece::Any) => matches!(piece, Piece::Any | Piece::AnyInSegment),
            Some(Piece::AnyInSegment) if piece == Piece::Any => {
                self.pieces.pop();
                false
            }
            Some(Piece::AnyInSegment) => piece == Piece::AnyInSegment,
            _ => false,
        };
        if !adds_nothing {
            self.pieces.push(piece);
        }
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Pattern {
        self.flush();
        let dynamic = self.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
        let segmented = self.pieces.contains(&Piece::AnyInSegment);
        Pattern { pieces: self.pieces, dynamic, segmented }
    }
}

/// Reads a variable at the start of `text`, and how long it is. What isn't closed is plain text.
fn read_variable(text: &str) -> Option<(Piece, usize)> {
    let body = text.strip_prefix("${")?;
    for special in ["*", "?", "$"] {
        if body.strip_prefix(special).is_some_and(|rest| rest.starts_with('}')) {
            return Some((Piece::Literal(special.to_owned()), 4));
        }
    }
    let key_end = body.find([',', '}'])?;
    let key = body.get(..key_end)?;
    let (default, end) = if body.get(key_end..)?.starts_with(',') {
        let after = body.get(key_end + 1..)?;
        let quoted = after.trim_start_matches(' ').strip_prefix('\'')?;
        let quoted_at = body.len() - quoted.len();
        let length = quoted.find('\'')?;
        let rest = quoted.get(length + 1..)?.trim_start_matches(' ');
        rest.strip_prefix('}')?;
        let end = body.len() - rest.len();
        (body.get(quoted_at..quoted_at + length).map(str::to_owned), end)
    } else {
        (None, key_end)
    };
    let length = 2 + end + 1;
    let variable = Variable { key: key.to_ascii_lowercase(), text: text.get(..length)?.to_owned(), default };
    Some((Piece::Variable(variable), length))
}

#[cfg(test)]
mod tests {
    use super::split_segments;

    #[test]
    fn colons_in_variables_do_not_delimit() {
        let parts = split_segments("arn:aws:sns:${aws:RequestedRegion, 'a:b'}:1:${aws:x}:y", true);
        assert_eq!(parts, ["arn", "aws", "sns", "${aws:RequestedRegion, 'a:b'}", "1", "${aws:x}:y"]);
        assert_eq!(split_segments("arn:${aws:x}", false), ["arn", "${aws", "x}"]);
        assert_eq!(split_segments("", true), [""]);
    }
}
