//! The account that files are about, and what it will have.

use super::super::Options;
use super::super::defined::{Defined, Document, Policy, PolicyRef, Role, RoleRef, later, stand_in};
use super::super::place::Places;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::audience::{AUDIENCE_ANNOTATION, DEFAULT_AUDIENCE};
use irsa_doctor_checks::evidence::ROLE_ANNOTATION;
use irsa_doctor_checks::partition;
use irsa_doctor_checks::snapshot::{
    Account, AttachedPolicy, Cluster, Gap, GapCause, ManagedPolicy, Observed, OidcProvider, PolicyEvidence, Role as SeenRole,
    RoleEvidence,
};
use irsa_doctor_checks::trust::DOCUMENT;
use irsa_doctor_iam::arn::is_account_id;
use std::collections::{BTreeMap, BTreeSet};

/// What stands for an account that nobody named.
const NOBODYS: &str = "000000000000";
/// The version that a policy of a file has: its first.
const VERSION: &str = "v1";

/// Where roles and policies of the files go.
pub(super) struct Iam {
    /// The account, where it is known.
    pub(super) account: Option<String>,
    partition: String,
    /// What the account was taken from, where nobody said it.
    taken_from: Option<&'static str>,
    /// The audiences that tokens of the files have, as far as they say.
    audiences: BTreeSet<String>,
}

impl Iam {
    /// Finds out the account: what was said, what the files say, else the only one that annotations name.
    pub(super) fn new(defined: &Defined, cluster: &Cluster, options: &Options) -> Self {
        let annotated: Vec<RoleArn<'_>> = cluster
            .service_accounts
            .values()
            .filter_map(|account| account.present()?.metadata.annotation(ROLE_ANNOTATION))
            .chain(defined.accounts.iter().filter_map(|account| account.annotations.get(ROLE_ANNOTATION).map(String::as_str)))
            .filter_map(RoleArn::parse)
            .collect();
        let only = |mut ids: BTreeSet<String>| if ids.len() == 1 { ids.pop_first() } else { None };
        let own = options.account.clone().or_else(|| only(defined.account_ids.clone()));
        let named = only(annotated.iter().map(|arn| arn.account.to_owned()).collect());
        let of_region = cluster.region.as_deref().map(partition::of_region).filter(|partition| *partition != "aws");
        let partition = defined.partition.clone().or_else(|| of_region.map(str::to_owned));
        Self {
            taken_from: match (&own, &named) {
                (Some(_), _) => None,
                (None, Some(_)) => Some("the annotation names"),
                (None, None) => Some("the trust policies name"),
            },
            audiences: audiences(defined, cluster),
            account: own.or(named).or_else(|| only(trusted(defined))),
            partition: partition
                .or_else(|| annotated.first().map(|arn| arn.partition.to_owned()))
                .unwrap_or_else(|| "aws".to_owned()),
        }
    }

    /// What a user should know of it.
    pub(super) fn notes(&self, defined: &Defined) -> Option<String> {
        if defined.roles.is_empty() || defined.roles.iter().all(|role| role.arn.is_some()) {
            return None;
        }
        match &self.account {
            Some(account) => self
                .taken_from
                .map(|by| format!("the files don't say their account: taken for {account}, which {by} (see --account)")),
            None => Some(format!("the files don't say their account: {NOBODYS} stands for it (see --account)")),
        }
    }

    fn id(&self) -> &str {
        self.account.as_deref().unwrap_or(NOBODYS)
    }

    fn arn(&self, kind: &str, path: &str, name: &str) -> String {
        let slash = if path.starts_with('/') && path.ends_with('/') { path } else { "/" };
        format!("arn:{}:iam::{}:{kind}{slash}{name}", self.partition, self.id())
    }

    /// The ARN of a role, as far as it is known what it will be.
    pub(super) fn role(&self, role: &Role) -> String {
        role.arn.clone().unwrap_or_else(|| self.arn("role", &role.path, &name_of(&role.name, &role.key.1)))
    }

    fn policy(&self, policy: &Policy) -> String {
        policy.arn.clone().unwrap_or_else(|| self.arn("policy", &policy.path, &name_of(&policy.name, &policy.key.1)))
    }

    /// The ARN that a reference to a role comes to.
    pub(super) fn arn_of(&self, reference: &RoleRef, defined: &Defined) -> String {
        match reference {
            RoleRef::Arn(arn) => arn.clone(),
            RoleRef::Name(name) => {
                let known = defined.roles.iter().find(|role| role.name.present() == Some(name));
                known.map_or_else(|| self.arn("role", "/", name), |role| self.role(role))
            }
            RoleRef::Defined(key) => {
                let known = defined.roles.iter().find(|role| role.key == *key);
                known.map_or_else(|| self.arn("role", "/", &stand_in(&key.1)), |role| self.role(role))
            }
        }
    }

    fn policy_arn(&self, reference: &PolicyRef, defined: &Defined) -> String {
        match reference {
            PolicyRef::Arn(arn) => arn.clone(),
            PolicyRef::Defined(key) => {
                let known = defined.policies.iter().find(|policy| policy.key == *key);
                known.map_or_else(|| self.arn("policy", "/", &stand_in(&key.1)), |policy| self.policy(policy))
            }
        }
    }

    /// All accounts with what the files put into them.
    pub(super) fn accounts(&self, defined: &Defined, places: &mut Places) -> BTreeMap<String, Account> {
        let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
        for policy in &defined.policies {
            let arn = self.policy(policy);
            places.add(arn.as_str(), None, &policy.spot);
            let evidence = managed(policy, &arn, places);
            accounts.entry(account_of(&arn).to_owned()).or_default().policies.insert(arn, evidence);
        }
        for provider in &defined.providers {
            let host = provider.url.strip_prefix("https://").unwrap_or(&provider.url);
            let arn = format!("arn:{}:iam::{}:oidc-provider/{host}", self.partition, self.id());
            places.add(arn.as_str(), None, &provider.spot);
            let client_ids = provider.client_ids.clone();
            // Which others it may have is no matter where those that are known will do.
            let unseen = provider.unseen_ids.as_ref().filter(|_| !self.audiences.iter().all(|id| client_ids.contains(id)));
            let seen = match provider.perhaps.as_ref().or(unseen) {
                Some(gap) => Observed::Unavailable(gap.clone()),
                None => Observed::Present(OidcProvider { url: host.to_owned(), client_ids, ..OidcProvider::default() }),
            };
            accounts.entry(self.id().to_owned()).or_default().providers.insert(arn, seen);
        }
        for role in &defined.roles {
            let arn = self.role(role);
            places.add(arn.as_str(), None, &role.spot);
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            let account = accounts.entry(account_of(&arn).to_owned()).or_default();
            let evidence = self.evidence(role, &arn, defined, places);
            account.roles.insert(name, evidence);
        }
        accounts
    }

    fn evidence(&self, role: &Role, arn: &str, defined: &Defined, places: &mut Places) -> RoleEvidence {
        let boundary = role.boundary.as_ref().and_then(|boundary| {
            let reference = boundary.present()?;
            Some(self.policy_arn(reference, defined))
        });
        let unknown_boundary = role.boundary.as_ref().and_then(Observed::gap).cloned();
        let trust = match (&role.trust, role.perhaps.clone().or(unknown_boundary)) {
            // Of a role that may never be made, and of a boundary that isn't known nothing else can be said than that of the role.
            (_, Some(gap)) => Observed::Unavailable(gap),
            (trust, None) => text_of(trust, arn, DOCUMENT, places),
        };
        // Whose provider is the right one hangs on the account.
        let nobodys = self.account.is_none() && role.arn.is_none();
        let seen = match trust {
            Observed::Present(_) if nobodys => {
                let gap = Gap::new("the account", GapCause::NotInFiles).about(role.key.1.as_str());
                Observed::Unavailable(gap.remedy("say it with --account ID"))
            }
            Observed::Present(trust_policy) => Observed::Present(SeenRole {
                arn: arn.to_owned(),
                name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
                path: role.path.clone(),
                trust_policy,
                permissions_boundary: boundary,
                tags: role.tags.clone(),
                ..SeenRole::default()
            }),
            Observed::Absent => Observed::Unavailable(later(format!("the trust policy of {}", role.key.1), arn)),
            Observed::Unavailable(gap) => Observed::Unavailable(gap),
        };
        if !role.has_policies {
            return RoleEvidence { role: seen, ..RoleEvidence::default() };
        }
        RoleEvidence {
            role: seen,
            attached: self.attached(role, defined),
            inline_names: match &role.unseen_inline {
                Some(gap) => Observed::Unavailable(gap.clone()),
                None => Observed::Present(role.inline.iter().map(|(name, _)| name.clone()).collect()),
            },
            inline: role.inline.iter().map(|(name, document)| (name.clone(), text_of(document, arn, name, places))).collect(),
            ..RoleEvidence::default()
        }
    }

    /// The attached policies. One that isn't known stands among them as one that can't be read.
    fn attached(&self, role: &Role, defined: &Defined) -> Observed<Vec<AttachedPolicy>> {
        let mut attached = Vec::new();
        for policy in &role.attached {
            match policy {
                Observed::Present(reference) => {
                    let arn = self.policy_arn(reference, defined);
                    let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
                    if !attached.iter().any(|known: &AttachedPolicy| known.arn == arn) {
                        attached.push(AttachedPolicy { arn, name });
                    }
                }
                Observed::Unavailable(gap) => return Observed::Unavailable(gap.clone()),
                Observed::Absent => {}
            }
        }
        Observed::Present(attached)
    }
}

/// The accounts of the providers that trust policies name: STS looks for a provider in the role's own account.
fn trusted(defined: &Defined) -> BTreeSet<String> {
    let texts = defined.roles.iter().filter_map(|role| role.trust.present());
    let arns = texts.flat_map(|document| document.text.split('"').filter(|part| part.contains(":oidc-provider/")));
    let accounts = arns.filter_map(|arn| arn.strip_prefix("arn:")?.split(':').nth(3)).filter(|account| is_account_id(account));
    accounts.map(str::to_owned).collect()
}

/// The audiences of the tokens that the webhook makes for the service accounts of the files, and that pods ask for themselves.
fn audiences(defined: &Defined, cluster: &Cluster) -> BTreeSet<String> {
    let manifests =
        cluster.service_accounts.values().filter_map(|account| account.present()?.metadata.annotation(AUDIENCE_ANNOTATION));
    let planned = defined.accounts.iter().filter_map(|account| account.annotations.get(AUDIENCE_ANNOTATION).map(String::as_str));
    let templates = cluster.workloads.values().filter_map(|workload| Some(&workload.present()?.template()?.spec));
    let pods = templates.chain(cluster.pods.values().filter_map(|pod| Some(&pod.present()?.spec)));
    let sources = pods.flat_map(|pod| &pod.volumes).filter_map(|volume| volume.projected.as_ref()).flat_map(|made| &made.sources);
    let asked = sources.filter_map(|source| source.service_account_token.as_ref()?.audience.as_deref());
    manifests.chain(planned).chain(asked).chain([DEFAULT_AUDIENCE]).map(str::to_owned).collect()
}

fn name_of(name: &Observed<String>, address: &str) -> String {
    name.present().cloned().unwrap_or_else(|| stand_in(address))
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or(NOBODYS)
}

fn managed(policy: &Policy, arn: &str, places: &mut Places) -> PolicyEvidence {
    let seen = ManagedPolicy {
        arn: arn.to_owned(),
        name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        default_version_id: VERSION.to_owned(),
        ..ManagedPolicy::default()
    };
    PolicyEvidence {
        policy: policy.perhaps.clone().map_or(Observed::Present(seen), Observed::Unavailable),
        versions: Observed::Unavailable(Gap::not_collected("iam:ListPolicyVersions")),
        documents: BTreeMap::from([(VERSION.to_owned(), text_of(&policy.document, arn, VERSION, places))]),
    }
}

/// A document's text, and where it stands.
fn text_of(document: &Observed<Document>, arn: &str, name: &str, places: &mut Places) -> Observed<String> {
    match document {
        Observed::Present(document) => {
            places.add(arn, Some(name), &document.spot);
            Observed::Present(document.text.clone())
        }
        Observed::Absent => Observed::Unavailable(later(format!("{name} of {arn}"), arn)),
        Observed::Unavailable(gap) => Observed::Unavailable(gap.clone()),
    }
}
