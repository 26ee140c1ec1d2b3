//! bash: it takes words apart at `=` and `:`, which ARNs and `--option=value` are full of.

use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

/// bash, with the line that it asks about.
pub(super) struct Bash {
    /// The word that is being typed.
    pub(super) index: usize,
    /// How many bytes at its beginning bash takes for other words.
    pub(super) cut: usize,
}

/// A line as it was typed.
pub(super) struct Joined {
    pub(super) words: Vec<OsString>,
    pub(super) index: usize,
    pub(super) cut: usize,
}

/// Puts the words together again that bash took apart.
pub(super) fn join(words: Vec<OsString>, index: usize) -> Joined {
    let mut joined = Joined { words: Vec::new(), index: 0, cut: 0 };
    let mut glued = false;
    for (at, word) in words.into_iter().enumerate() {
        let breaks = !word.is_empty() && word.as_encoded_bytes().iter().all(|byte| b"=:".contains(byte));
        let mut before = 0;
        match joined.words.last_mut().filter(|_| at > 1 && (breaks || glued)) {
            Some(last) => {
                before = last.len();
                last.push(&word);
            }
            None => joined.words.push(word.clone()),
        }
        if at == index {
            joined.index = joined.words.len().saturating_sub(1);
            // Behind a break bash replaces what comes after it: nothing yet.
            joined.cut = if breaks { before + word.len() } else { before };
        }
        glued = breaks;
    }
    joined
}

/// Without `mapfile`, which the bash of macOS doesn't have.
const REGISTRATION: &str = r#"# irsa-doctor's completions for bash: source <(irsa-doctor completions bash)
_irsa_doctor() {
    local line word=$2
    local -a words=("${COMP_WORDS[@]}")
    case ${words[COMP_CWORD]} in [=:]*) word=${words[COMP_CWORD]} ;; esac
    words[COMP_CWORD]=$word
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(VARIABLE=bash _CLAP_COMPLETE_INDEX=$COMP_CWORD command irsa-doctor -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/,:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _irsa_doctor irsa-doctor 2>/dev/null || complete -F _irsa_doctor irsa-doctor
"#;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(&self, var: &str, _: &str, _: &str, _: &str, buf: &mut dyn Write) -> io::Result<()> {
        buf.write_all(REGISTRATION.replace("VARIABLE", var).as_bytes())
    }

    fn write_complete(
        &self,
        cmd: &mut clap::Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        for candidate in complete(cmd, args, self.index, current_dir)? {
            let rest = candidate.get_value().to_str().and_then(|value| value.get(self.cut..));
            if let Some(word) = rest.and_then(quoted) {
                writeln!(buf, "{word}")?;
            }
        }
        Ok(())
    }
}

/// As it has to be typed. bash takes a candidate as it is: a file's name could be a command.
fn quoted(word: &str) -> Option<String> {
    if word.chars().any(char::is_control) {
        return None;
    }
    let plain = |c: char| c.is_alphanumeric() || "-._:/@+=,%~".contains(c);
    if word.chars().all(plain) { Some(word.to_owned()) } else { shlex::try_quote(word).ok().map(std::borrow::Cow::into_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_was_typed() {
        for (words, index, wanted, at, cut) in [
            ("x|--context|=|fo", 3, "x|--context=fo", 1, 10),
            ("x|--context|=", 2, "x|--context=", 1, 10),
            ("x|--context|arn|:|aws|:", 5, "x|--context|arn:aws:", 2, 8),
            ("x|--role|arn|:|aws|:|iam|::|1|-n|sh", 10, "x|--role|arn:aws:iam::1|-n|sh", 4, 0),
            ("x|-n|sh", 2, "x|-n|sh", 2, 0),
        ] {
            let joined = join(words.split('|').map(OsString::from).collect(), index);
            let words: Vec<&str> = joined.words.iter().filter_map(|word| word.to_str()).collect();
            assert_eq!((words.join("|").as_str(), joined.index, joined.cut), (wanted, at, cut));
        }
    }

    #[test]
    fn what_could_be_executed_is_quoted() {
        assert_eq!(quoted("a/b-c.json").unwrap(), "a/b-c.json");
        assert_eq!(quoted("$(touch x)").unwrap(), "'$(touch x)'");
        assert_eq!(quoted("a\nb"), None);
    }
}
