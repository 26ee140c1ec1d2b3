//! Which session may be asked about an account, and what an account answered.

use super::once::Once;
use super::run::{Run, Source};
use crate::collect::aws::{self, Operation, Profile, Session, region_of_partition};
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::snapshot::{
    AttachedPolicy, Caller, Gap, ManagedPolicy, Observed, OidcProvider, PolicyVersion, Role, RoleSummary, TargetKind,
};

/// The answers of one account.
#[derive(Debug, Default)]
pub(super) struct AccountCells {
    /// By name.
    pub(super) roles: Once<Role>,
    /// By the role's name.
    pub(super) attached: Once<Vec<AttachedPolicy>>,
    /// By the role's name.
    pub(super) inline_names: Once<Vec<String>>,
    /// By the role's name and the policy's, a slash between.
    pub(super) inline: Once<String>,
    /// By ARN.
    pub(super) policies: Once<ManagedPolicy>,
    /// By ARN.
    pub(super) versions: Once<Vec<PolicyVersion>>,
    /// By ARN and version, a blank between.
    pub(super) documents: Once<String>,
    /// By ARN.
    pub(super) providers: Once<OidcProvider>,
    /// By the empty key.
    pub(super) provider_arns: Once<Vec<String>>,
    /// By the empty key.
    pub(super) role_list: Once<Vec<RoleSummary>>,
    /// By the empty key.
    pub(super) policy_list: Once<Vec<AttachedPolicy>>,
}

/// A session to ask about an account.
#[derive(Debug, Clone)]
pub(super) struct Access<'a> {
    /// The session.
    pub(super) session: &'a Session,
    /// Why it isn't known whether the session is of that account; then "there is none" proves nothing.
    pub(super) doubt: Option<Gap>,
}

impl Run<'_> {
    /// The session of the run's own profile.
    pub(super) async fn session(&self) -> &Session {
        self.session.get_or_init(|| Box::pin(self.load_session(self.profile()))).await
    }

    /// The session of `--role-profile`, where one is given.
    async fn role_session(&self) -> Option<&Session> {
        let load = || async {
            match &self.options.role_profile {
                Some(name) => Some(self.load_session(Profile::Named(name.clone())).await),
                None => None,
            }
        };
        self.role_session.get_or_init(|| Box::pin(load())).await.as_ref()
    }

    /// Who we are, by each profile.
    pub(super) async fn callers(&self) {
        let own = async { self.session().await.caller().await };
        let of_role = async {
            if let Some(session) = self.role_session().await {
                session.caller().await;
            }
        };
        tokio::join!(own, of_role);
    }

    /// The profile: the one that was named, else the environment's, else the one that the kubeconfig's exec entry uses.
    fn profile(&self) -> Profile {
        if let Some(name) = &self.options.profile {
            return Profile::Named(name.clone());
        }
        let suggested = self.connection.as_ref().ok().and_then(|connection| connection.profile.clone());
        match suggested {
            Some(name) if std::env::var_os("AWS_PROFILE").is_none() => Profile::Suggested(name),
            _ => Profile::Default,
        }
    }

    /// A session of another profile.
    pub(super) async fn load_session(&self, profile: Profile) -> Session {
        let limits = aws::Limits { call: self.options.call_timeout, many: self.options.reads_much() };
        #[cfg(test)]
        if let Source::Given(configurations) = &self.source {
            let name = profile.name().unwrap_or_default();
            let given = configurations.get(name).map_or_else(|| panic!("no profile `{name}` in this test"), Clone::clone);
            return Session::new(&given, profile.name(), None, limits, &self.guard);
        }
        match &self.source {
            #[cfg(test)]
            Source::Given(_) => unreachable!("handled above"),
            Source::Environment => {
                let region = self.options.region.as_deref().or(self.identity.region.as_deref());
                Session::load(&profile, region, self.fallback_region(), limits, &self.guard).await
            }
        }
    }

    /// A region to ask IAM in where nothing names one: any of the partition that the target's ARN is in.
    fn fallback_region(&self) -> &'static str {
        let mut targets = self.options.asked.targets.iter().filter(|target| target.kind == TargetKind::Role);
        let partition = targets.find_map(|target| RoleArn::parse(&target.name).map(|arn| arn.partition));
        region_of_partition(partition.or(self.identity.partition.as_deref()).unwrap_or("aws"))
    }

    /// The session to ask about an account: a caller of another account is never asked, since IAM looks roles up by
    /// their name in the caller's own account.
    ///
    /// # Errors
    ///
    /// The gap that there is none, with what would help.
    pub(super) async fn access(&self, account: &str) -> Result<Access<'_>, Gap> {
        if !self.options.aws {
            return Err(Gap::not_collected("").detail("AWS was not asked").remedy("leave --no-aws out"));
        }
        let (session, role_session) = tokio::join!(self.session(), self.role_session());
        let role_caller = async {
            match role_session {
                Some(session) => Some((session, session.caller().await)),
                None => None,
            }
        };
        let (caller, role_caller) = tokio::join!(session.caller(), role_caller);
        let mut sessions: Vec<(&Session, Observed<Caller>)> = role_caller.into_iter().collect();
        sessions.insert(0, (session, caller));
        let of_account = |caller: &Observed<Caller>| caller.present().is_some_and(|caller| caller.account == account);
        if let Some((session, _)) = sessions.iter().find(|(_, caller)| of_account(caller)) {
            return Ok(Access { session, doubt: None });
        }
        // The named one first: `--role-profile` was given for this.
        let unknown = sessions.iter().rev().find_map(|(session, caller)| Some((*session, caller.gap()?.clone())));
        match unknown {
            Some((session, gap)) if session.no_credentials().is_some() || is_about_credentials(&gap) => Err(gap),
            Some((session, gap)) => Ok(Access { session, doubt: Some(gap) }),
            None => Err(other_account(account, &sessions)),
        }
    }

    /// All sessions, the run's own first, each with its caller's account where that is known.
    #[cfg(feature = "resource-policies")]
    pub(super) async fn sessions(&self) -> Vec<(&Session, Option<String>)> {
        let (own, of_role) = tokio::join!(self.session(), self.role_session());
        let with_caller = async |session| {
            let caller: Observed<Caller> = Session::caller(session).await;
            (session, caller.present().map(|caller| caller.account.clone()))
        };
        futures_util::future::join_all(std::iter::once(own).chain(of_role).map(with_caller)).await
    }

    /// Asks about an account, if anybody may be asked.
    pub(super) async fn ask<'s, T>(
        &'s self,
        account: &str,
        operation: &'static Operation,
        about: &str,
        fetch: impl AsyncFnOnce(&'s Session) -> Observed<T>,
    ) -> Observed<T> {
        let gap = |gap: Gap| {
            Observed::Unavailable(Gap { operation: operation.action.to_owned(), resource: Some(about.to_owned()), ..gap })
        };
        match Box::pin(self.access(account)).await {
            Err(none) => gap(none),
            Ok(Access { session, doubt }) => match (Box::pin(fetch(session)).await, doubt) {
                (Observed::Absent, Some(doubt)) => gap(doubt),
                (answer, _) => answer,
            },
        }
    }
}

fn is_about_credentials(gap: &Gap) -> bool {
    use irsa_doctor_checks::snapshot::GapCause::{InvalidCredentials, NoCredentials};
    matches!(gap.cause, InvalidCredentials | NoCredentials)
}

fn other_account(account: &str, sessions: &[(&Session, Observed<Caller>)]) -> Gap {
    let ours: Vec<&str> = sessions.iter().filter_map(|(_, caller)| Some(caller.present()?.account.as_str())).collect();
    Gap::not_collected("")
        .detail(format!("the credentials are of account {}, not of {account}", ours.join(" and ")))
        .remedy(format!("give a profile of account {account} with --role-profile NAME"))
}
