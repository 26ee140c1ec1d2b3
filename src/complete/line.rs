//! The line that is being typed, and what it says about where to look.

use crate::cli;
use crate::collect::Options;
use irsa_doctor_checks::snapshot::TargetKind;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest that somebody waits behind a Tab.
const PATIENCE: Duration = Duration::from_secs(2);

/// The line.
#[derive(Debug)]
pub(super) struct Line {
    before: Vec<String>,
    word: String,
    after: Vec<String>,
}

impl Line {
    /// The words of the line, the program's name first; `index` is the one that is being typed.
    pub(super) fn new(words: &[OsString], index: usize) -> Self {
        let text = |words: &[OsString]| words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Self {
            before: text(words.get(1..index).unwrap_or_default()),
            word: words.get(index).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default(),
            after: text(words.get(index.saturating_add(1)..).unwrap_or_default()),
        }
    }

    /// The value of an option; the last one counts.
    fn value(&self, long: &str, short: Option<char>) -> Option<String> {
        let (long, short) = (format!("--{long}"), short.map(|short| format!("-{short}")));
        let mut found = None;
        for words in [&self.before, &self.after] {
            let mut words = words.iter();
            while let Some(word) = words.next() {
                if *word == long || Some(word) == short.as_ref() {
                    found = words.next().cloned().or(found);
                } else if let Some(value) = word.strip_prefix(&long).and_then(|rest| rest.strip_prefix('=')) {
                    found = Some(value.to_owned());
                } else if let Some(value) = short.as_ref().and_then(|short| word.strip_prefix(short)) {
                    found = Some(value.strip_prefix('=').unwrap_or(value).to_owned());
                }
            }
        }
        found.filter(|value| !value.is_empty())
    }

    /// Whether the word that is being typed is `--option=` with the beginning of a value.
    pub(super) fn is_assignment(&self) -> bool {
        self.word.starts_with("--") && self.word.contains('=')
    }

    /// Whether a flag was given.
    fn has(&self, flag: &str) -> bool {
        self.before.iter().chain(&self.after).any(|word| word == flag)
    }

    /// Of `irsa-doctor pod a b`: the bare kind that the word being typed is a name of.
    pub(super) fn kind(&self) -> Option<TargetKind> {
        let names = self.before.iter().rev().take_while(|word| !word.starts_with('-'));
        names.map(String::as_str).find_map(cli::kind)
    }

    /// Where to look.
    pub(super) fn options(&self) -> Options {
        Options {
            kubeconfig: self.value("kubeconfig", None).map(|path| at_home(&path)),
            context: self.value("context", None),
            cluster: self.value("cluster", None),
            region: self.value("region", None),
            profile: self.value("profile", None),
            impersonate: self.value("as", None),
            namespace: self.value("namespace", Some('n')),
            native_token: !self.has("--no-native-token"),
            call_timeout: PATIENCE,
            timeout: PATIENCE,
            ..Options::default()
        }
    }
}

/// A path as the shell will have it once the line is run: so far nobody has put the home in the place of `~`.
fn at_home(path: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    let inside = path.strip_prefix("~/").and_then(|rest| Some(Path::new(&home()?).join(rest)));
    inside.unwrap_or_else(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        let words: Vec<OsString> = text.split(' ').map(OsString::from).collect();
        let index = words.iter().position(|word| word == "?").unwrap();
        Line::new(&words, index)
    }

    #[test]
    fn it_looks_where_the_line_says() {
        for text in
            ["x -n shop --context=c ?", "x -nshop ? --context c", "x --namespace shop --context c ?", "x -n=shop --context c ?"]
        {
            let options = line(text).options();
            assert_eq!((options.namespace.as_deref(), options.context.as_deref()), (Some("shop"), Some("c")), "{text}");
        }
        let options = line("x ? --kubeconfig k --no-native-token --as me").options();
        assert_eq!((options.kubeconfig.unwrap().to_str(), options.native_token), (Some("k"), false));
        assert_eq!((options.impersonate.as_deref(), options.namespace), (Some("me"), None));
    }

    #[test]
    fn a_bare_kind_names_the_words_behind_it() {
        assert_eq!(line("x deploy a ?").kind(), Some(TargetKind::Deployment));
        assert_eq!(line("x ?").kind(), None);
        assert_eq!(line("x deploy a -n ?").kind(), None);
    }
}
