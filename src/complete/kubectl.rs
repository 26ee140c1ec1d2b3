//! kubectl: for a plugin it runs `kubectl_complete-PLUGIN`, which speaks the protocol of kubectl's own completions.
//! <https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/>

use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

/// No files where nothing is offered; and no space behind what goes on (bits of cobra's `ShellCompDirective`).
const NO_FILES: u8 = 4;
const NO_SPACE: u8 = 2;

/// kubectl.
pub(super) struct Kubectl;

/// The script that has to be on the `PATH`.
const REGISTRATION: &str = r#"#!/bin/sh
# kubectl's completions for `kubectl irsa-doctor`: save it as an executable file kubectl_complete-irsa_doctor on the PATH.
VARIABLE=kubectl exec kubectl-irsa_doctor -- kubectl-irsa_doctor "$@" 2>/dev/null
"#;

impl EnvCompleter for Kubectl {
    fn name(&self) -> &'static str {
        "kubectl"
    }

    fn is(&self, name: &str) -> bool {
        name == "kubectl"
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
        let index = args.len().saturating_sub(1);
        let candidates = complete(cmd, args, index, current_dir).unwrap_or_default();
        let words: Vec<(&str, Option<String>)> = candidates
            .iter()
            .filter_map(|candidate| Some((candidate.get_value().to_str()?, candidate.get_help().map(ToString::to_string))))
            .filter(|(word, _)| !word.chars().any(char::is_control))
            .collect();
        for (word, help) in &words {
            match help.as_deref().and_then(|help| help.lines().next()) {
                Some(help) => writeln!(buf, "{word}\t{help}")?,
                None => writeln!(buf, "{word}")?,
            }
        }
        let goes_on = !words.is_empty() && words.iter().all(|(word, _)| word.ends_with(['/', '=']));
        writeln!(buf, ":{}", if goes_on { NO_FILES | NO_SPACE } else { NO_FILES })
    }
}
