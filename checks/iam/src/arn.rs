//! Amazon Resource Names.
//!
//! The format is `arn:partition:service:region:account-id:resource`
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).

/// An ARN, split at its colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn<'a> {
    /// The whole text.
    pub text: &'a str,
    /// `aws`, `aws-cn`, `aws-us-gov` and so on.
    pub partition: &'a str,
    /// The service's name space, such as `iam`.
    pub service: &'a str,
    /// The region; empty where the service has none.
    pub region: &'a str,
    /// The account; empty where the service has none.
    pub account: &'a str,
    /// All that follows the fifth colon.
    pub resource: &'a str,
}

/// Why a text is no ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// It doesn't begin with `arn:`.
    #[error("`{0}` does not begin with `arn:`")]
    Prefix(String),
    /// It has fewer than six parts.
    #[error("`{text}` has {found} of the 6 parts of an ARN")]
    Parts {
        /// The text.
        text: String,
        /// How many parts it has.
        found: usize,
    },
    /// Its partition, service or resource is empty.
    #[error("`{text}` has no {part}")]
    Empty {
        /// The text.
        text: String,
        /// Which part is empty.
        part: &'static str,
    },
}

impl<'a> Arn<'a> {
    /// Splits `text`; patterns with wildcards are ARNs too.
    ///
    /// # Errors
    ///
    /// If `text` doesn't begin with `arn:`, has fewer than six parts, or an empty partition,
    /// service or resource.
    pub fn parse(text: &'a str) -> Result<Self, ArnError> {
        let Some(rest) = text.strip_prefix("arn:") else {
            return Err(ArnError::Prefix(text.to_owned()));
        };
        let mut parts = rest.splitn(5, ':');
        let (Some(partition), Some(service), Some(region), Some(account), Some(resource)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ArnError::Parts { text: text.to_owned(), found: text.split(':').count() });
        };
        for (part, value) in [("partition", partition), ("service", service), ("resource", resource)] {
            if value.is_empty() {
                return Err(ArnError::Empty { text: text.to_owned(), part });
            }
        }
        Ok(Self { text, partition, service, region, account, resource })
    }

    /// What stands before the first `/` or `:` of the resource, if there is one: `role` of `role/x`.
    #[must_use]
    pub fn resource_type(&self) -> Option<&'a str> {
        self.resource.find(['/', ':']).and_then(|end| self.resource.get(..end))
    }

    /// What stands behind the first `/` or `:` of the resource; the whole if there is none.
    #[must_use]
    pub fn resource_id(&self) -> &'a str {
        match self.resource.find(['/', ':']) {
            Some(end) => self.resource.get(end + 1..).unwrap_or_default(),
            None => self.resource,
        }
    }

    /// The name of the role, without its path, if this is an IAM role's ARN.
    #[must_use]
    pub fn role_name(&self) -> Option<&'a str> {
        (self.service == "iam" && self.resource_type() == Some("role"))
            .then(|| self.resource_id().rsplit('/').next().unwrap_or_default())
    }

    /// Role name and session name, if this is the ARN of an assumed-role session.
    #[must_use]
    pub fn role_session(&self) -> Option<(&'a str, &'a str)> {
        if self.service != "sts" || self.resource_type() != Some("assumed-role") {
            return None;
        }
        self.resource_id().split_once('/')
    }

    /// The issuer without its scheme, if this is an IAM OIDC provider's ARN.
    #[must_use]
    pub fn oidc_issuer(&self) -> Option<&'a str> {
        (self.service == "iam" && self.resource_type() == Some("oidc-provider")).then(|| self.resource_id())
    }
}

impl std::fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
}

/// Whether `text` is a 12-digit account ID.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_into_six_parts() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:111122223333:log-group:/a/b:log-stream:c").unwrap();
        assert_eq!((arn.partition, arn.service, arn.region), ("aws", "logs", "eu-west-1"));
        assert_eq!((arn.account, arn.resource), ("111122223333", "log-group:/a/b:log-stream:c"));
        assert_eq!((arn.resource_type(), arn.resource_id()), (Some("log-group"), "/a/b:log-stream:c"));
    }

    #[test]
    fn knows_roles_sessions_and_providers() {
        let role = Arn::parse("arn:aws:iam::111122223333:role/eks/prod/app").unwrap();
        assert_eq!(role.role_name(), Some("app"));
        let session = Arn::parse("arn:aws:sts::111122223333:assumed-role/app/botocore").unwrap();
        assert_eq!(session.role_session(), Some(("app", "botocore")));
        assert_eq!(session.role_name(), None);
        let provider = Arn::parse("arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A").unwrap();
        assert_eq!(provider.oidc_issuer(), Some("oidc.example.com/id/A"));
        assert_eq!((role.role_session(), role.oidc_issuer()), (None, None));
        assert_eq!(Arn::parse("arn:aws:sts::111122223333:federated-user/bob/x").unwrap().role_session(), None);
        assert_eq!(Arn::parse("arn:aws:iam::111122223333:assumed-role/app/x").unwrap().role_session(), None);
        assert_eq!(Arn::parse("arn:aws:sts::111122223333:oidc-provider/oidc.example.com").unwrap().oidc_issuer(), None);
    }

    #[test]
    fn is_shown_as_it_was_written() {
        let text = "arn:aws:s3:::bucket/a:b";
        assert_eq!(Arn::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn says_what_is_missing() {
        assert!(matches!(Arn::parse("https://x"), Err(ArnError::Prefix(_))));
        assert!(matches!(Arn::parse("arnx:aws:iam::1:role/x"), Err(ArnError::Prefix(_))));
        assert!(matches!(Arn::parse("arn"), Err(ArnError::Prefix(_))));
        assert!(matches!(Arn::parse("arn:aws:s3::bucket"), Err(ArnError::Parts { found: 5, .. })));
        assert!(matches!(Arn::parse("arn::s3:::bucket"), Err(ArnError::Empty { part: "partition", .. })));
    }
}
