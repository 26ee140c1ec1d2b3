//! One profile: its region, credentials and clients.

use super::ask;
use super::credentials::{self, NoCredentials};
use super::guard::{Guard, RefusedIsFinal};
use super::operations::GET_CALLER_IDENTITY;
use crate::collect::observe::aws::{Question, part};
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
#[cfg(feature = "resource-policies")]
use irsa_doctor_checks::snapshot::GapCause;
use irsa_doctor_checks::snapshot::{Caller, Gap, Observed};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

/// How many calls of one profile are under way at most.
const MOST_AT_ONCE: usize = 32;

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// A call, retries included.
    pub(crate) call: Duration,
    /// Whether many calls are to be expected: throttled, they slow down together.
    pub(crate) many: bool,
}

/// Which credentials a session takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The SDK's default chain: environment, shared configuration, web identity, container, instance.
    Default,
    /// The default chain, with this profile where `AWS_PROFILE` names none: what a kubeconfig's exec entry uses.
    Suggested(String),
    /// This profile and nothing else, as the AWS CLI's `--profile`.
    Named(String),
}

impl Profile {
    /// The profile's name, where one is known.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Default => None,
            Self::Suggested(name) | Self::Named(name) => Some(name),
        }
    }
}

/// The clients of one profile.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) eks: aws_sdk_eks::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) cloudtrail: aws_sdk_cloudtrail::Client,
}

/// One profile, ready to be asked.
#[derive(Debug)]
pub(crate) struct Session {
    profile: Option<String>,
    region: String,
    config: Option<SdkConfig>,
    #[cfg_attr(not(feature = "resource-policies"), expect(dead_code, reason = "only other services' clients need it"))]
    guard: Guard,
    credentials: Option<Credentials>,
    clients: Result<Clients, NoCredentials>,
    caller: OnceCell<Observed<Caller>>,
    places: Arc<Semaphore>,
}

impl Session {
    /// Reads the configuration and gets the credentials. Without credentials it is a session all of whose answers are
    /// the gap that says so.
    ///
    /// `region` is taken as it is; without one the environment's and the profile's count, then `fallback_region`.
    pub(crate) async fn load(
        profile: &Profile,
        region: Option<&str>,
        fallback_region: &str,
        limits: Limits,
        guard: &Guard,
    ) -> Self {
        let region = match region {
            Some(region) => region.to_owned(),
            None => configured_region(profile).await.unwrap_or_else(|| fallback_region.to_owned()),
        };
        let deadline = limits.call;
        let region_for_credentials = Region::new(region.clone());
        let credentials = match profile {
            Profile::Named(name) => {
                // As the AWS CLI has it, `--profile` comes before keys in the environment.
                let settings = aws_config::provider_config::ProviderConfig::default().with_region(Some(region_for_credentials));
                let provider = ProfileFileCredentialsProvider::builder().configure(&settings).profile_name(name).build();
                credentials::resolve(&provider, Some(name), deadline).await
            }
            Profile::Default | Profile::Suggested(_) => {
                let metadata = instance_metadata().await;
                let mut chain = DefaultCredentialsChain::builder().region(region_for_credentials).imds_client(metadata);
                if let Some(name) = profile.name() {
                    chain = chain.profile_name(name);
                }
                credentials::resolve(&chain.build().await, profile.name(), deadline).await
            }
        };
        match credentials {
            Ok(credentials) => {
                let mut loader = aws_config::defaults(BehaviorVersion::latest())
                    .region(Region::new(region))
                    .credentials_provider(credentials.clone());
                if let Some(name) = profile.name() {
                    loader = loader.profile_name(name);
                }
                Self::new(&loader.load().await, profile.name(), Some(credentials), limits, guard)
            }
            Err(why) => Self {
                profile: profile.name().map(str::to_owned),
                region,
                config: None,
                guard: guard.clone(),
                credentials: None,
                clients: Err(why),
                caller: OnceCell::new(),
                places: Arc::new(Semaphore::new(1)),
            },
        }
    }

    /// A session of a configuration: the region, the credentials and the endpoints that it has.
    pub(crate) fn new(
        config: &SdkConfig,
        profile: Option<&str>,
        credentials: Option<Credentials>,
        limits: Limits,
        guard: &Guard,
    ) -> Self {
        let mut shared = config.to_builder();
        if let Some(credentials) = &credentials {
            shared.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials.clone())));
        }
        let shared = shared.retry_config(retries(limits)).timeout_config(timeouts(limits)).build();
        let clients = Clients {
            iam: aws_sdk_iam::Client::from_conf(
                aws_sdk_iam::config::Builder::from(&shared).interceptor(guard.clone()).retry_classifier(RefusedIsFinal).build(),
            ),
            eks: aws_sdk_eks::Client::from_conf(
                aws_sdk_eks::config::Builder::from(&shared).interceptor(guard.clone()).retry_classifier(RefusedIsFinal).build(),
            ),
            sts: aws_sdk_sts::Client::from_conf(
                aws_sdk_sts::config::Builder::from(&shared).interceptor(guard.clone()).retry_classifier(RefusedIsFinal).build(),
            ),
            cloudtrail: aws_sdk_cloudtrail::Client::from_conf(
                aws_sdk_cloudtrail::config::Builder::from(&shared)
                    .interceptor(guard.clone())
                    .retry_classifier(RefusedIsFinal)
                    .build(),
            ),
        };
        Self {
            profile: profile.map(str::to_owned),
            region: config.region().map_or_else(String::new, ToString::to_string),
            config: Some(shared),
            guard: guard.clone(),
            credentials,
            clients: Ok(clients),
            caller: OnceCell::new(),
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }

    /// The profile's name, where one is known.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The region that EKS is asked in.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The credentials, for the presigning of an EKS token; `None` where there are none.
    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The credentials of a role that the session's own may assume: what a kubeconfig's exec entry with `--role-arn`
    /// asks for. `None` where they may not, or STS does not answer.
    pub(crate) async fn assume(&self, role: &str, name: Option<&str>, external_id: Option<&str>) -> Option<Credentials> {
        let (config, credentials) = (self.config.as_ref()?, self.credentials.clone()?);
        let mut provider = AssumeRoleProvider::builder(role).configure(config).session_name(name.unwrap_or("EKSGetTokenAuth"));
        if let Some(id) = external_id {
            provider = provider.external_id(id);
        }
        provider.build_from_provider(credentials).await.provide_credentials().await.ok()
    }

    /// Why there are no credentials, where there are none.
    pub(crate) fn no_credentials(&self) -> Option<&NoCredentials> {
        self.clients.as_ref().err()
    }

    /// Who we are: `sts:GetCallerIdentity`, asked once.
    pub(crate) async fn caller(&self) -> Observed<Caller> {
        self.caller.get_or_init(|| self.get_caller_identity()).await.clone()
    }

    /// Who we are, if somebody asked.
    pub(crate) fn caller_if_asked(&self) -> Observed<Caller> {
        self.caller.get().cloned().unwrap_or_else(|| Observed::Unavailable(Gap::not_collected(GET_CALLER_IDENTITY.action)))
    }

    async fn get_caller_identity(&self) -> Observed<Caller> {
        let question = Question { operation: &GET_CALLER_IDENTITY, about: "" };
        let answer = ask!(self, question, sts.get_caller_identity());
        let caller = part(answer, |answer| match (answer.arn, answer.account) {
            (Some(arn), Some(account)) if !arn.is_empty() && !account.is_empty() => Ok(Caller { arn, account }),
            _ => Err(question.malformed("the answer has no Arn or no Account")),
        });
        match caller {
            Observed::Unavailable(mut gap) => {
                gap.resource = None;
                if gap.cause == irsa_doctor_checks::snapshot::GapCause::InvalidCredentials {
                    gap.remedy = format!("run `aws sso login{}`, or renew the keys", credentials::profile_flag(self.profile()));
                }
                Observed::Unavailable(gap)
            }
            caller => caller,
        }
    }

    /// The clients, or the gap of a question that there are no credentials for.
    pub(super) fn clients(&self, question: Question<'_>) -> Result<&Clients, Gap> {
        self.clients.as_ref().map_err(|why| question.gap(why.cause, why.detail.as_str()).remedy(why.remedy.as_str()))
    }

    /// What other clients are made from, or the gap of a question that there are no credentials for.
    #[cfg(feature = "resource-policies")]
    pub(super) fn shared(&self, question: Question<'_>) -> Result<(&SdkConfig, &Guard), Gap> {
        self.clients(question)?;
        let config = self.config.as_ref().ok_or_else(|| question.gap(GapCause::NotCollected, "there is no configuration"))?;
        Ok((config, &self.guard))
    }

    /// The endpoint that stands in the place of every service's own, where one is configured.
    #[cfg(feature = "resource-policies")]
    pub(super) fn endpoint_url(&self) -> Option<&str> {
        self.config.as_ref().and_then(SdkConfig::endpoint_url)
    }

    /// Waits for one of the places that calls take. `None` never happens: the semaphore is never closed.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }
}

/// The client of the instance metadata. One try: where there is none, the default four take seconds.
///
/// The first client of a process reads the system's trust store, which takes as long as many an answer: on a thread of its
/// own, so that Kubernetes is asked meanwhile.
async fn instance_metadata() -> aws_config::imds::Client {
    let build = || aws_config::imds::Client::builder().max_attempts(1).build();
    tokio::task::spawn_blocking(build).await.unwrap_or_else(|_| build())
}

async fn configured_region(profile: &Profile) -> Option<String> {
    if let (Profile::Default | Profile::Suggested(_), Some(region)) =
        (profile, EnvironmentVariableRegionProvider::new().region().await)
    {
        return Some(region.to_string());
    }
    let mut provider = ProfileFileRegionProvider::builder();
    if let Some(name) = profile.name() {
        provider = provider.profile_name(name);
    }
    provider.build().region().await.map(|region| region.to_string())
}

/// Three attempts, a short wait between them: somebody is waiting. Of a scan's calls more are tried again, and a client that is
/// throttled sends fewer of them (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
fn retries(limits: Limits) -> RetryConfig {
    let retries = if limits.many { RetryConfig::adaptive() } else { RetryConfig::standard() };
    retries
        .with_max_attempts(if limits.many { 6 } else { 3 })
        .with_initial_backoff(Duration::from_millis(100))
        .with_max_backoff(Duration::from_secs(2))
}

fn timeouts(limits: Limits) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout((limits.call / 3).min(Duration::from_secs(3)))
        .operation_attempt_timeout((limits.call / 2).min(Duration::from_secs(5)))
        // A scan's call may have to wait until the client, which was throttled, may send again.
        .operation_timeout(if limits.many { limits.call * 3 } else { limits.call })
        .build()
}
