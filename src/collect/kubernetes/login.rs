//! What credential plugins complain about, and what to do about it.

/// What a plugin complained about, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginProblem {
    /// The IAM Identity Center session has expired or was never begun.
    SsoExpired,
    /// The session of `aws login` has expired.
    LoginExpired,
    /// Temporary credentials have expired.
    Expired,
    /// There are no credentials.
    NoCredentials,
    /// The profile isn't there.
    NoProfile,
    /// A role may not be assumed.
    AssumeRoleDenied,
}

impl LoginProblem {
    /// For the message.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::SsoExpired => "the AWS SSO session has expired",
            Self::LoginExpired => "the session of `aws login` has expired",
            Self::Expired => "the AWS credentials have expired",
            Self::NoCredentials => "it found no AWS credentials",
            Self::NoProfile => "it did not find the AWS profile",
            Self::AssumeRoleDenied => "it may not assume the role",
        }
    }

    /// Recognises a plugin's complaint. What it printed is never shown: it may hold a secret.
    pub(super) fn recognise(stderr: &str) -> Option<Self> {
        let text = stderr.to_ascii_lowercase();
        let has = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
        if has(&["sso session", "error loading sso token", "token has expired and refresh failed", "aws sso login"]) {
            Some(Self::SsoExpired)
        } else if has(&["using 'aws login'", "run aws login", "`aws login`"]) {
            Some(Self::LoginExpired)
        } else if has(&[
            "expiredtoken",
            "security token included in the request is expired",
            "requestexpired",
            "credentials have expired",
        ]) {
            Some(Self::Expired)
        } else if has(&["config profile", "failed to get shared config profile", "profile could not be found"]) {
            Some(Self::NoProfile)
        } else if has(&[
            "unable to locate credentials",
            "nocredentialproviders",
            "no valid credential sources",
            "could not get token: nocredential",
        ]) {
            Some(Self::NoCredentials)
        } else if text.contains("assumerole") && text.contains("accessdenied") {
            Some(Self::AssumeRoleDenied)
        } else {
            None
        }
    }
}

/// What to type to get credentials again.
pub(super) fn login_help(problem: LoginProblem, profile: Option<&str>) -> String {
    let profile_flag = profile.map(|profile| format!(" --profile {}", shell_word(profile))).unwrap_or_default();
    match problem {
        LoginProblem::SsoExpired => format!("run `aws sso login{profile_flag}`"),
        LoginProblem::LoginExpired => format!("run `aws login{profile_flag}`"),
        LoginProblem::Expired => format!("get new credentials, for example with `aws sso login{profile_flag}`"),
        LoginProblem::NoCredentials => {
            format!("run `aws configure{profile_flag}` or `aws sso login{profile_flag}`, or give --profile")
        }
        LoginProblem::NoProfile => {
            "`aws configure list-profiles` lists them; the kubeconfig's exec entry names this one".to_owned()
        }
        LoginProblem::AssumeRoleDenied => {
            format!("see who you are with `aws sts get-caller-identity{profile_flag}`, and whom the role trusts")
        }
    }
}

/// A word for a shell; a word that can't be quoted is left out.
fn shell_word(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "NAME".to_owned(), std::borrow::Cow::into_owned)
}
