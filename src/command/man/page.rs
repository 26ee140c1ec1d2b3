//! The pages: what clap knows of the command line, and around it what only we know.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use std::io;

/// What an exit code means.
pub(super) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Healthy, or nothing that --fail-on counts."),
    ("1", "Broken: a link of the chain does not hold."),
    ("2", "The command line or a file that was given can't be used, or the report could not be written."),
    ("3", "Inconclusive: what decides could not be looked at; --allow-unknown accepts that."),
    ("4", "Nothing could be looked at."),
    ("5", "The target, or the container that was asked about, is not there."),
    ("130", "Ended by Ctrl-C; what was found by then is reported."),
];

/// The environment.
const VARIABLES: &[(&str, &str)] = &[
    ("KUBECONFIG", "The kubeconfig files, separated as in PATH; ~/.kube/config without it."),
    ("AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...", "As the AWS CLI takes them."),
    ("AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE", "Where the AWS CLI's files are."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy to the API server."),
    ("NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "Whether to colour, where --color says nothing."),
    ("COLUMNS", "How wide the report is."),
    ("LC_ALL, LC_CTYPE, LANG", "Whether signs other than ASCII are drawn."),
    ("IRSA_DOCTOR_COMPLETE", "Set by the shell's completion function alone: complete the words behind --."),
];

/// The files.
const FILES: &[(&str, &str)] = &[
    ("~/.kube/config", "The clusters, and how to log in to them."),
    ("~/.aws/config, ~/.aws/credentials", "The AWS profiles."),
    (".irsa-doctor.toml", "What is ignored, and how bad faults are taken to be: here or in a folder above (see --config)."),
];

/// The page of the whole program.
pub(super) fn main(command: &Command) -> io::Result<Vec<u8>> {
    // clap's own synopsis lists each of more than fifty options.
    let mut text = body(&command.clone().override_usage("irsa-doctor [OPTIONS] [TARGET]...\nirsa-doctor SUBCOMMAND"))?;
    let mut roff = Roff::new();
    list(&mut roff, "EXIT STATUS", EXIT_CODES);
    list(&mut roff, "ENVIRONMENT", VARIABLES);
    list(&mut roff, "FILES", FILES);
    examples(&mut roff, command);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("kubectl"), roman("(1), "), bold("aws"), roman("(1)")]);
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// The pages of the program and of all its subcommands, with their files' names.
pub(super) fn all(command: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = vec![(format!("{}.1", command.get_name()), main(command)?)];
    let mut waiting: Vec<&Command> = command.get_subcommands().collect();
    while let Some(subcommand) = waiting.pop() {
        let mut text = body(subcommand)?;
        let mut roff = Roff::new();
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold(command.get_name()), roman("(1)")]);
        roff.to_writer(&mut text)?;
        pages.push((Man::new(subcommand.clone()).get_filename(), text));
        waiting.extend(subcommand.get_subcommands());
    }
    Ok(pages)
}

/// What clap knows.
fn body(command: &Command) -> io::Result<Vec<u8>> {
    let source = format!("irsa-doctor {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("irsa-doctor");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    Ok(text)
}

/// Terms, each with what it means.
fn list(roff: &mut Roff, heading: &str, terms: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (term, meaning) in terms {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
}

/// The examples of `--help`, line by line.
fn examples(roff: &mut Roff, command: &Command) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in lines {
        roff.text([Inline::Roman(line.trim_start().to_owned())]);
    }
    roff.control("fi", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_help() {
        let command = crate::cli::built();
        let help = command.get_after_help().unwrap().to_string();
        let codes = help.split_once("Exit codes:").unwrap().1;
        for (code, _) in EXIT_CODES {
            assert!(codes.contains(&format!("{code} ")), "{code}");
        }
        assert_eq!(codes.split(',').count(), EXIT_CODES.len(), "{codes}");
    }
}
