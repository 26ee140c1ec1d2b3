//! The commands of fixes, with this cluster's context and this account's profile.

pub use super::restart::restart;

use crate::evidence::Evidence;

/// A kubectl command in the cluster's context (where it is known) and the target's namespace.
pub fn kubectl(evidence: &Evidence<'_>, args: &[&str]) -> Vec<String> {
    let mut words = kubectl_cluster(evidence, args);
    if !evidence.namespace().is_empty() {
        words.extend(["-n".to_owned(), evidence.namespace().to_owned()]);
    }
    words
}

/// A kubectl command about something that has no namespace.
pub fn kubectl_cluster(evidence: &Evidence<'_>, args: &[&str]) -> Vec<String> {
    let mut words = vec!["kubectl".to_owned()];
    words.extend(args.iter().map(|&arg| arg.to_owned()));
    if let Some(context) = evidence.cluster.and_then(|cluster| cluster.context.as_deref()) {
        words.extend(["--context".to_owned(), context.to_owned()]);
    }
    words
}

/// An AWS CLI command, with the profile that was used to ask this account, where one was named.
pub fn aws(evidence: &Evidence<'_>, account: &str, args: &[&str]) -> Vec<String> {
    let mut words = vec!["aws".to_owned()];
    let profile = evidence.account(account).and_then(|account| account.profile.as_deref());
    for &arg in args.iter().chain(profile.iter().flat_map(|profile| [&"--profile", profile])) {
        match words.last_mut().filter(|flag| arg.starts_with('-') && takes_value(flag)) {
            // A role may be called `--debug`: a value that begins like an option is one only behind `=`.
            Some(flag) => *flag = format!("{flag}={arg}"),
            None => words.push(arg.to_owned()),
        }
    }
    words
}

/// Whether a word of an AWS CLI command is an option that takes a value.
fn takes_value(word: &str) -> bool {
    const FLAGS: [&str; 2] = ["--set-as-default", "--no-set-as-default"];
    word.starts_with("--") && !word.contains('=') && !FLAGS.contains(&word)
}

/// A kubectl command with names in it, which stand behind `--` where one of them begins like an option. No object of a
/// real API server is called so, but a bundle may say anything.
pub fn kubectl_named(evidence: &Evidence<'_>, verb: &[&str], names: &[&str], options: &[&str]) -> Vec<String> {
    if !names.iter().any(|name| name.starts_with('-')) {
        return kubectl(evidence, &[verb, names, options].concat());
    }
    let mut words = kubectl(evidence, &[verb, options].concat());
    words.push("--".to_owned());
    words.extend(names.iter().map(|&name| name.to_owned()));
    words
}

/// The command that sets an annotation of the judged service account.
pub fn annotate(evidence: &Evidence<'_>, key: &str, value: &str) -> Vec<String> {
    let account = evidence.account_name().unwrap_or("default");
    let change = format!("{key}={value}");
    kubectl_named(evidence, &["annotate", "serviceaccount"], &[account, &change], &["--overwrite"])
}

/// The command that removes an annotation of the judged service account.
pub fn remove_annotation(evidence: &Evidence<'_>, key: &str) -> Vec<String> {
    let account = evidence.account_name().unwrap_or("default");
    kubectl_named(evidence, &["annotate", "serviceaccount"], &[account, &format!("{key}-")], &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn aws_commands_name_the_profile_of_the_account() {
        let mut snapshot = testing::healthy();
        testing::account(&mut snapshot).profile = Some("prod".to_owned());
        testing::evidence(&snapshot, |evidence| {
            assert_eq!(aws(evidence, testing::ACCOUNT, &["iam", "get-role"]).join(" "), "aws iam get-role --profile prod");
            assert_eq!(aws(evidence, "999999999999", &["iam", "get-role"]).join(" "), "aws iam get-role");
        });
    }

    #[test]
    fn a_value_is_never_an_option() {
        let snapshot = testing::healthy();
        testing::evidence(&snapshot, |evidence| {
            let words = |name| aws(evidence, testing::ACCOUNT, &["iam", "get-role", "--role-name", name, "--query", "Role"]);
            assert_eq!(words("--debug"), ["aws", "iam", "get-role", "--role-name=--debug", "--query", "Role"]);
            assert_eq!(words("a"), ["aws", "iam", "get-role", "--role-name", "a", "--query", "Role"]);
        });
    }
}
