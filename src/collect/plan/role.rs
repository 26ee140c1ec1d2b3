//! A role and all that hangs on it: trust policy, permission policies, boundary, the issuer's provider.

use super::account::AccountCells;
use super::run::Run;
use crate::collect::aws;
use futures_util::future::join_all;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::snapshot::{AttachedPolicy, Observed, Role, RoleSummary};

impl Run<'_> {
    /// Reads a role by its ARN; a text that is no role's ARN is nobody's role.
    pub(super) async fn follow_role(&self, arn: &str) {
        let Some(parsed) = RoleArn::parse(arn) else { return };
        let cells = self.account(parsed.account);
        let doubtful = matches!(self.access(parsed.account).await, Ok(access) if access.doubt.is_some());
        if doubtful && !self.role(&cells, &parsed, arn).await.is_present() {
            // The caller may be of another account, which may have a role of that name: its policies would be a stranger's.
            return Box::pin(self.provider(&parsed)).await;
        }
        let trust = async {
            match self.role(&cells, &parsed, arn).await {
                Observed::Present(role) => {
                    let boundary = async {
                        if let Some(boundary) = &role.permissions_boundary {
                            self.policy(&cells, parsed.account, boundary).await;
                        }
                    };
                    tokio::join!(Box::pin(boundary), Box::pin(self.explain_trust(&parsed, &role)));
                }
                Observed::Absent => Box::pin(self.explain_missing(&parsed)).await,
                Observed::Unavailable(_) => {}
            }
        };
        tokio::join!(
            Box::pin(trust),
            Box::pin(self.attached(&cells, &parsed, arn)),
            Box::pin(self.inline(&cells, &parsed, arn)),
            Box::pin(self.provider(&parsed)),
        );
    }

    async fn role(&self, cells: &AccountCells, parsed: &RoleArn<'_>, arn: &str) -> Observed<Role> {
        let (account, name) = (parsed.account, parsed.name);
        let fetch = async || {
            self.options.progress.expect("roles", 1);
            let answer = self.ask(account, &aws::GET_ROLE, arn, async |session| session.role(name, arn).await).await;
            self.options.progress.read("roles", 1);
            match &answer {
                Observed::Present(role) if RoleArn::parse(&role.arn).is_none_or(|found| found.account != account) => {
                    let question = crate::collect::observe::aws::Question { operation: &aws::GET_ROLE, about: arn };
                    Observed::Unavailable(question.malformed(format!("the answer is about another role: {}", role.arn)))
                }
                _ => answer,
            }
        };
        cells.roles.get(name, fetch).await
    }

    async fn attached(&self, cells: &AccountCells, parsed: &RoleArn<'_>, arn: &str) {
        let (account, name) = (parsed.account, parsed.name);
        let fetch = async || {
            self.ask(account, &aws::LIST_ATTACHED, arn, async |session| session.attached_policies(name, arn).await).await
        };
        let attached = match cells.attached.get(name, fetch).await {
            Observed::Present(attached) => attached,
            Observed::Absent | Observed::Unavailable(_) => return,
        };
        let each = join_all(attached.iter().map(|policy| Box::pin(self.policy(cells, account, &policy.arn))));
        tokio::join!(each, self.expected_policies(cells, account, &attached));
    }

    /// Policies that the user named with `--policy` and that aren't attached: whether they exist.
    async fn expected_policies(&self, cells: &AccountCells, account: &str, attached: &[AttachedPolicy]) {
        let is_attached = |wanted: &&String| attached.iter().any(|policy| policy.arn == **wanted || policy.name == **wanted);
        let missing: Vec<&String> = self.options.asked.policies.iter().filter(|wanted| !is_attached(wanted)).collect();
        if missing.is_empty() {
            return;
        }
        let list = cells.policy_list.get("", async || {
            self.ask(account, &aws::LIST_POLICIES, account, async |session| session.local_policies(account).await).await
        });
        let each =
            missing.iter().filter(|wanted| wanted.starts_with("arn:")).map(|arn| Box::pin(self.policy(cells, account, arn)));
        tokio::join!(list, join_all(each));
    }

    async fn inline(&self, cells: &AccountCells, parsed: &RoleArn<'_>, arn: &str) {
        let (account, name) = (parsed.account, parsed.name);
        let fetch =
            async || self.ask(account, &aws::LIST_INLINE, arn, async |session| session.inline_names(name, arn).await).await;
        let Observed::Present(names) = cells.inline_names.get(name, fetch).await else { return };
        let each = names.iter().map(|policy| async move {
            let key = format!("{name}/{policy}");
            let ask = async |session: &aws::Session| session.inline_policy(name, arn, policy).await;
            cells.inline.get(&key, async || self.ask(account, &aws::GET_INLINE, arn, ask).await).await;
        });
        join_all(each).await;
    }

    /// A managed policy: its default version's document, guessing v1 where few policies are read.
    async fn policy(&self, cells: &AccountCells, account: &str, arn: &str) {
        let policy = cells
            .policies
            .get(arn, async || self.ask(account, &aws::GET_POLICY, arn, async |session| session.policy(arn).await).await);
        let versions = cells.versions.get(arn, async || {
            self.ask(account, &aws::LIST_POLICY_VERSIONS, arn, async |session| session.policy_versions(arn).await).await
        });
        // AWS' own policies have had many versions: v1 is hardly ever the one.
        let guess = !self.options.reads_much() && !arn.contains(":iam::aws:policy/");
        let guessed = async {
            if guess {
                self.document(cells, account, arn, "v1").await;
            }
        };
        let (policy, versions, ()) = tokio::join!(policy, versions, guessed);
        let default = policy.present().map(|policy| policy.default_version_id.clone());
        let default = default.or_else(|| {
            let versions = versions.present()?;
            versions.iter().find(|version| version.is_default).map(|version| version.id.clone())
        });
        if let Some(default) = default {
            self.document(cells, account, arn, &default).await;
        }
    }

    async fn document(&self, cells: &AccountCells, account: &str, arn: &str, version: &str) {
        let key = format!("{arn} {version}");
        let ask = async |session: &aws::Session| session.policy_version(arn, version).await;
        cells.documents.get(&key, async || self.ask(account, &aws::GET_POLICY_VERSION, arn, ask).await).await;
    }

    /// The provider of the cluster's issuer in the role's account; where it is missing, what could be meant instead.
    pub(super) async fn provider(&self, parsed: &RoleArn<'_>) {
        let Some(issuer) = self.issuer().await else { return };
        let host_path = issuer.strip_prefix("https://").unwrap_or(&issuer);
        let arn = format!("arn:{}:iam::{}:oidc-provider/{host_path}", parsed.partition, parsed.account);
        if !self.provider_by_arn(parsed.account, &arn).await {
            return;
        }
        let elsewhere = async {
            let owner = self.cluster_account().await.filter(|owner| owner != parsed.account);
            if let Some(owner) = owner {
                let arn = format!("arn:{}:iam::{owner}:oidc-provider/{host_path}", parsed.partition);
                self.provider_by_arn(&owner, &arn).await;
            }
        };
        tokio::join!(Box::pin(self.near_providers(parsed.account, host_path)), Box::pin(elsewhere));
    }

    /// Reads a provider; whether it is known not to be there.
    async fn provider_by_arn(&self, account: &str, arn: &str) -> bool {
        let cells = self.account(account);
        let fetch = async || self.ask(account, &aws::GET_PROVIDER, arn, async |session| session.provider(arn).await).await;
        cells.providers.get(arn, fetch).await.is_absent()
    }

    /// All providers of the account, and of those that nearly are the issuer's the details.
    async fn near_providers(&self, account: &str, host_path: &str) {
        let Observed::Present(arns) = self.provider_arns(account).await else { return };
        let near = arns.iter().filter(|arn| is_near(arn, host_path)).take(5);
        join_all(near.map(|arn| self.provider_by_arn(account, arn))).await;
    }

    async fn provider_arns(&self, account: &str) -> Observed<Vec<String>> {
        let cells = self.account(account);
        let fetch =
            async || self.ask(account, &aws::LIST_PROVIDERS, account, async |session| session.provider_arns(account).await).await;
        cells.provider_arns.get("", fetch).await
    }

    /// A trust policy that doesn't name the issuer: whether the one that it names is another cluster's.
    async fn explain_trust(&self, parsed: &RoleArn<'_>, role: &Role) {
        let Some(issuer) = self.issuer().await else { return };
        let host_path = issuer.strip_prefix("https://").unwrap_or(&issuer);
        if role.trust_policy.contains("oidc") && !role.trust_policy.contains(host_path) {
            self.provider_arns(parsed.account).await;
        }
    }

    /// A role that isn't there: the nearest name, and whether the cluster's own account has it.
    async fn explain_missing(&self, parsed: &RoleArn<'_>) {
        let elsewhere = async {
            let owner = self.cluster_account().await.filter(|owner| owner != parsed.account);
            if let Some(owner) = owner {
                let arn = format!("arn:{}:iam::{owner}:role{}{}", parsed.partition, parsed.path, parsed.name);
                if let Some(there) = RoleArn::parse(&arn) {
                    self.role(&self.account(&owner), &there, &arn).await;
                }
            }
        };
        tokio::join!(self.roles(parsed.account), elsewhere);
    }

    /// All roles of an account.
    pub(super) async fn roles(&self, account: &str) -> Observed<Vec<RoleSummary>> {
        let cells = self.account(account);
        let fetch = async || self.ask(account, &aws::LIST_ROLES, account, async |session| session.roles(account).await).await;
        cells.role_list.get("", fetch).await
    }
}

/// Whether a provider could be meant for the issuer: the same id in any case, or at most a few letters away.
fn is_near(arn: &str, host_path: &str) -> bool {
    let Some((_, found)) = arn.split_once(":oidc-provider/") else { return false };
    let (found, wanted) = (found.to_ascii_lowercase(), host_path.to_ascii_lowercase());
    let id = |text: &str| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    id(&found) == id(&wanted) || strsim::levenshtein(&found, &wanted) <= 8
}
