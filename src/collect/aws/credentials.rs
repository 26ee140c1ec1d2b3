//! Getting the credentials, before the first call: a client without any would only say "dispatch failure".

use crate::collect::observe::aws::sources;
use crate::collect::observe::one_line;
use crate::redact::redact;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use irsa_doctor_checks::snapshot::GapCause;
use std::time::Duration;

/// Why there are no credentials to ask with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoCredentials {
    /// `NoCredentials` or `InvalidCredentials`.
    pub(crate) cause: GapCause,
    /// What the providers said.
    pub(crate) detail: String,
    /// What to do.
    pub(crate) remedy: String,
}

/// Gets credentials within a deadline.
///
/// # Errors
///
/// Why there are none, with the command that would bring some.
pub(super) async fn resolve(
    provider: &impl ProvideCredentials,
    profile: Option<&str>,
    deadline: Duration,
) -> Result<Credentials, NoCredentials> {
    match tokio::time::timeout(deadline, provider.provide_credentials()).await {
        Ok(Ok(credentials)) => Ok(credentials),
        Ok(Err(error)) => Err(why(&error, profile)),
        Err(_) => Err(NoCredentials {
            cause: GapCause::NoCredentials,
            detail: format!("no credentials within {} s", deadline.as_secs()),
            remedy: remedy(profile),
        }),
    }
}

/// ` --profile NAME`, quoted for a shell; empty without a profile.
pub(crate) fn profile_flag(profile: Option<&str>) -> String {
    profile.and_then(|name| shlex::try_quote(name).ok()).map_or_else(String::new, |name| format!(" --profile {name}"))
}

fn remedy(profile: Option<&str>) -> String {
    format!("log in (`aws sso login{0}` or `aws configure{0}`), or name another profile with --profile", profile_flag(profile))
}

fn why(error: &CredentialsError, profile: Option<&str>) -> NoCredentials {
    let mut words: Vec<String> = sources(error).map(ToString::to_string).collect();
    words.dedup();
    let all = words.join(": ");
    // What a `credential_process` wrote may be what it should keep.
    let all = match all.split_once("Stderr:") {
        Some((before, _)) => format!("{} (what the program wrote is not shown)", before.trim_end()),
        None => all,
    };
    let lower = all.to_ascii_lowercase();
    let login = |command: &str| format!("run `aws {command}{}`", profile_flag(profile));
    let (cause, remedy) = if lower.contains("login session") || lower.contains("login token") {
        (GapCause::InvalidCredentials, login("login"))
    } else if lower.contains("sso") {
        (GapCause::InvalidCredentials, login("sso login"))
    } else if lower.contains("expiredtoken") || lower.contains("invalidclienttokenid") {
        (GapCause::InvalidCredentials, remedy(profile))
    } else {
        (GapCause::NoCredentials, remedy(profile))
    };
    let detail = match error {
        CredentialsError::CredentialsNotLoaded(_) => "there are no AWS credentials".to_owned(),
        _ => one_line(&redact(&all)),
    };
    NoCredentials { cause, detail, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_sso_session_names_the_login() {
        let error = CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        let why = why(&error, Some("my profile"));
        assert_eq!(why.cause, GapCause::InvalidCredentials);
        assert_eq!(why.remedy, "run `aws sso login --profile 'my profile'`");
    }

    #[test]
    fn what_a_credential_process_wrote_is_not_said() {
        let error = CredentialsError::provider_error(
            "Error retrieving credentials: external process exited with code exit status: 1. Stderr: hunter",
        );
        let detail = why(&error, None).detail;
        assert!(detail.contains("exit status: 1. (what the program wrote") && !detail.contains("hunter"), "{detail}");
    }

    #[test]
    fn none_at_all_is_not_invalid() {
        let why = why(&CredentialsError::not_loaded_no_source(), None);
        assert_eq!((why.cause, why.detail.as_str()), (GapCause::NoCredentials, "there are no AWS credentials"));
        assert!(why.remedy.contains("aws sso login"));
    }
}
