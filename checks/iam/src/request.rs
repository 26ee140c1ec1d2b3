//! What is asked: who wants to do what to which resource, and what is known of the circumstances.

mod diagnosis;

pub use diagnosis::PodIdentityCall;

use crate::arn::Arn;
use crate::context::{Context, KeyValue};

/// Who makes a request
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The bearer of a token of an identity provider.
    Federated {
        /// The provider's ARN.
        provider_arn: String,
    },
    /// A session of a role.
    AssumedRole {
        /// The session's ARN, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, if it is known.
        session_arn: Option<String>,
        /// The role's ARN, with its path, if it is known.
        role_arn: Option<String>,
    },
    /// An IAM user, or an account's root.
    Iam {
        /// Its ARN.
        arn: String,
    },
    /// A service of AWS.
    Service {
        /// Its name, such as `pods.eks.amazonaws.com`.
        name: String,
    },
    /// Nobody that AWS knows.
    Anonymous,
}

impl Principal {
    /// The account that the principal belongs to. Services and bearers of tokens have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let arn = match self {
            Self::AssumedRole { session_arn, role_arn } => session_arn.as_deref().or(role_arn.as_deref())?,
            Self::Iam { arn } => arn,
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => return None,
        };
        Arn::parse(arn).ok().map(|arn| arn.account)
    }

    /// What identifies it, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Federated { provider_arn } => provider_arn,
            Self::AssumedRole { session_arn, role_arn } => {
                session_arn.as_deref().or(role_arn.as_deref()).unwrap_or("a role session")
            }
            Self::Iam { arn } => arn,
            Self::Service { name } => name,
            Self::Anonymous => "anonymous",
        }
    }
}

/// A request to decide.
///
/// [`Request::web_identity`], [`Request::pod_identity`], [`Request::assume_role`] and
/// [`Request::role_session`] make requests whose context says what can be known of them without
/// making the call; [`Request::new`] makes one whose context is complete.
#[derive(Debug, Clone)]
pub struct Request {
    principal: Principal,
    action: String,
    action_lower: String,
    resource: String,
    resource_account: Option<String>,
    takes_resource: bool,
    /// What is known about the condition keys.
    pub context: Context,
}

impl Request {
    /// A request with a complete, empty context.
    #[must_use]
    pub fn new(principal: Principal, action: &str, resource: &str) -> Self {
        let account = Arn::parse(resource).map(|arn| arn.account).unwrap_or_default();
        Self {
            principal,
            action: action.to_owned(),
            action_lower: action.to_ascii_lowercase(),
            resource: resource.to_owned(),
            resource_account: (!account.is_empty() && account != "*").then(|| account.to_owned()),
            takes_resource: true,
            context: Context::new(),
        }
    }

    /// Sets the account that owns the resource: an ARN doesn't always say (Amazon S3).
    #[must_use]
    pub fn resource_account(mut self, account: impl Into<String>) -> Self {
        self.resource_account = Some(account.into());
        self
    }

    /// Says that the action takes no resource: only a statement for all resources covers it
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).
    #[must_use]
    pub fn without_resource(mut self) -> Self {
        self.takes_resource = false;
        self
    }

    /// Replaces the context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Sets one key of the context.
    #[must_use]
    pub fn with_key(mut self, key: &str, value: KeyValue) -> Self {
        self.context.set(key, value);
        self
    }

    /// Who asks.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The action, such as `s3:GetObject`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource's ARN, or `*`.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The account that owns the resource, if it is known.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.resource_account.as_deref()
    }

    /// Whether the action takes a resource.
    #[must_use]
    pub fn takes_resource(&self) -> bool {
        self.takes_resource
    }

    pub(crate) fn action_lower(&self) -> &str {
        &self.action_lower
    }
}
