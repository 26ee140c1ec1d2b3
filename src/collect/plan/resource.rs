//! The policies of the resources that were asked about: known from the command line, so nothing waits for them.

use super::run::Run;
use futures_util::future::join_all;
use irsa_doctor_checks::resource_policy::{Bearer, bearers};
use irsa_doctor_checks::snapshot::{Gap, Observed, ResourceEvidence};

impl Run<'_> {
    /// Reads the policy of everything that was asked about and bears one, each once.
    pub(super) async fn resource_policies(&self) {
        let required = self.required().await;
        let asked = self.bearers.get_or_init(async || bearers(&required)).await;
        join_all(asked.values().map(|bearer| Box::pin(self.resource_policy(bearer)))).await;
    }

    async fn resource_policy(&self, bearer: &Bearer) {
        let fetch = async || Observed::Present(self.read_policy(bearer).await);
        self.resources.get(&bearer.arn, fetch).await;
    }

    #[cfg(not(feature = "resource-policies"))]
    #[expect(clippy::unused_async, reason = "the build with the feature asks")]
    async fn read_policy(&self, bearer: &Bearer) -> ResourceEvidence {
        not_asked(bearer, "this build can't read resource policies", "build it with --features resource-policies")
    }

    /// Asks as a caller of the account that owns the resource, or, where none is known, as the run's own. Whose a bucket
    /// is isn't known: each caller is asked in turn until one may see it.
    #[cfg(feature = "resource-policies")]
    async fn read_policy(&self, bearer: &Bearer) -> ResourceEvidence {
        if !self.options.aws {
            return not_asked(bearer, "AWS was not asked", "leave --no-aws out");
        }
        let mut sessions = self.sessions().await;
        if !bearer.account.is_empty() {
            let is_owner = |(_, account): &(_, Option<String>)| account.as_ref() == Some(&bearer.account);
            sessions.sort_by_key(|session| !is_owner(session));
            sessions.truncate(1);
        }
        let mut read = ResourceEvidence::default();
        for (session, account) in sessions {
            let answer = Box::pin(session.resource_policy(bearer, account.as_deref())).await;
            let is_answer = answer.policy.gap().is_none();
            // The first refusal is the run's own caller's: the one that can be mended.
            if is_answer || read.policy.gap().is_some_and(|gap| gap.operation.is_empty()) {
                read = answer;
            }
            if is_answer {
                break;
            }
        }
        read
    }
}

fn not_asked(bearer: &Bearer, why: &str, remedy: &str) -> ResourceEvidence {
    let gap = Gap::not_collected(bearer.kind.operation()).about(&bearer.arn).detail(why).remedy(remedy);
    ResourceEvidence { policy: Observed::Unavailable(gap), ..ResourceEvidence::default() }
}
