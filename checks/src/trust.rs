//! One decision for all that ask: does the role's trust policy let this service account's token in?
//!
//! STS evaluates the trust policy of the role for `sts:AssumeRoleWithWebIdentity`, with the token's `aud` and `sub`
//! as condition keys of the issuer.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>

use crate::arn::RoleArn;
use crate::audience;
use crate::evidence::Evidence;
use crate::identity::Mode;
use crate::partition;
use crate::policies::Parsed;
use crate::snapshot::{Gap, GapCause, Observed};
use irsa_doctor_iam::policy::Effect;
use irsa_doctor_iam::{Arn, Decision, Policy, PolicyKind, PolicySet, Request, Verdict, authorize, decide};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The trust policy's name in loci, as `iam:GetRole` calls it.
pub const DOCUMENT: &str = "AssumeRolePolicyDocument";

/// A name that no namespace, service account or audience has by chance.
pub const NOBODY: &str = "irsa-doctor-nobody";

/// The most issuers that a policy is held against where the cluster's own isn't known.
const MOST_ISSUERS: usize = 64;

/// What a token says of itself, and the role and provider that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The role's ARN, as IAM has it.
    pub role_arn: String,
    /// The ARN of the issuer's provider in the role's account.
    pub provider_arn: String,
    /// The issuer without its scheme, as condition keys have it.
    pub issuer: String,
    /// Whether this is the cluster's issuer. It isn't where that couldn't be read: then it is the one that comes nearest.
    pub issuer_known: bool,
    /// `aud`.
    pub audience: String,
    /// `sub`.
    pub subject: String,
}

/// The values of `sub` in statements that allow, as they stand; `None` where the text is no trust policy.
pub fn subjects(document: &str) -> Option<BTreeSet<String>> {
    subjects_where(document, |key| key.ends_with(":sub"))
}

/// The same of one issuer's tokens; `issuer` is its URL.
pub fn subjects_of(document: &str, issuer: &str) -> Option<BTreeSet<String>> {
    let wanted = format!("{}:sub", issuer.strip_prefix("https://").unwrap_or(issuer)).to_ascii_lowercase();
    subjects_where(document, |key| key == wanted)
}

fn subjects_where(document: &str, is_wanted: impl Fn(&str) -> bool) -> Option<BTreeSet<String>> {
    let policy = Policy::parse(document, PolicyKind::Trust).ok()?;
    let allows = policy.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    let conditions = allows.flat_map(|statement| &statement.conditions);
    let compares = conditions.filter(|condition| !condition.operator_text.eq_ignore_ascii_case("Null"));
    let subjects = compares.filter(|condition| is_wanted(&condition.key.to_ascii_lowercase()));
    Some(subjects.flat_map(|condition| &condition.values).map(|value| value.text.clone()).collect())
}

impl Token {
    /// The request that STS would decide.
    pub fn request(&self) -> Request {
        Request::web_identity(&self.role_arn, &self.provider_arn, &self.issuer, &self.audience, &self.subject)
    }

    /// What a trust policy says of it, with the whole trace.
    pub fn decide(&self, policy: &Policy) -> Decision {
        authorize(&self.request(), &PolicySet::new().trust(DOCUMENT, policy))
    }

    /// The role's name.
    pub fn role_name(&self) -> &str {
        self.role_arn.rsplit('/').next().unwrap_or_default()
    }

    /// The role's account.
    pub fn account(&self) -> &str {
        self.role_arn.split(':').nth(4).unwrap_or_default()
    }

    /// The condition key of one of its claims.
    pub fn key(&self, claim: &str) -> String {
        format!("{}:{claim}", self.issuer)
    }
}

/// A trust policy that was held against a token.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// The token.
    pub token: Token,
    /// The trust policy's text.
    pub text: &'a str,
    /// The trust policy.
    pub policy: Parsed,
    /// The evaluator's decision, with its trace.
    pub decision: Decision,
}

/// What can be said of a role's trust policy.
#[derive(Debug, Clone)]
pub enum Trust<'a> {
    /// The link doesn't exist here or wasn't reached; why.
    NotReached(String),
    /// What would decide could not be read.
    Unread(Gap),
    /// The document is no policy.
    Malformed(Parsed),
    /// The evaluator has decided. Where the issuer couldn't be read, this is a refusal that holds for every issuer.
    Decided(Rc<Judgement<'a>>),
}

impl Trust<'_> {
    /// The evaluator's verdict, where there is one. A document that is no policy lets nobody in.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::NotReached(_) | Self::Unread(_) => None,
            Self::Malformed(_) => Some(Verdict::ImplicitDeny),
            Self::Decided(judgement) => Some(judgement.decision.outcome.verdict()),
        }
    }

    /// Whether the trust policy certainly refuses.
    pub fn refuses(&self) -> bool {
        matches!(self.verdict(), Some(Verdict::ImplicitDeny | Verdict::ExplicitDeny))
    }
}

/// The decision for the role under judgement.
pub fn decision<'a>(evidence: &Evidence<'a>) -> Trust<'a> {
    let Some(under_judgement) = &evidence.role else { return Trust::NotReached(evidence.why_no_role().to_owned()) };
    if under_judgement.mode == Mode::PodIdentity {
        return Trust::NotReached("EKS Pod Identity uses no web identity".to_owned());
    }
    let Some(arn) = RoleArn::parse(&under_judgement.arn) else {
        return Trust::NotReached(format!("not reached: {} is not the ARN of a role", under_judgement.arn.trim()));
    };
    if partition::of_role_differs(evidence) {
        return Trust::NotReached("not reached: the role's ARN is of another partition than the cluster".to_owned());
    }
    let role = match evidence.iam_role() {
        Observed::Present(role) => role,
        Observed::Absent => return Trust::NotReached(format!("not reached: role {} doesn't exist", arn.name)),
        Observed::Unavailable(gap) => return Trust::Unread(gap),
    };
    let policy = evidence.policies.parse(&role.trust_policy, PolicyKind::Trust);
    let Ok(parsed) = policy.as_ref() else { return Trust::Malformed(policy) };
    let Some(subject) = evidence.subject() else {
        if evidence.snapshot.from_files {
            return Trust::Unread(without_subject(evidence));
        }
        let gap = evidence.pod.gap().cloned().unwrap_or_else(|| Gap::not_collected("get pods"));
        return Trust::Unread(gap);
    };
    let audience = audience::decision(evidence).judged().to_owned();
    let document = role.trust_policy.as_ptr().addr();
    let key = (evidence.cluster_address(), document, under_judgement.arn.clone(), subject.clone(), audience.clone());
    evidence.policies.trust(key, || {
        let token = |issuer: &str, issuer_known: bool| Token {
            issuer_known,
            role_arn: role.arn.clone(),
            provider_arn: format!("arn:{}:iam::{}:oidc-provider/{issuer}", arn.partition, arn.account),
            issuer: issuer.to_owned(),
            audience: audience.clone(),
            subject: subject.clone(),
        };
        let token = match evidence.issuer() {
            Observed::Present(issuer) => token(issuer.host_path(), true),
            Observed::Absent => return Trust::NotReached("not reached: the cluster has no OIDC issuer".to_owned()),
            Observed::Unavailable(gap) => match refused_whatever_the_issuer(parsed, |issuer| token(issuer, false)) {
                Some(token) => token,
                None => return Trust::Unread(gap),
            },
        };
        let decision = token.decide(parsed);
        Trust::Decided(Rc::new(Judgement { token, text: &role.trust_policy, policy: Rc::clone(&policy), decision }))
    })
}

/// Why files leave open who asks.
fn without_subject(evidence: &Evidence<'_>) -> Gap {
    match evidence.account_name() {
        Some(name) => Gap::new("the namespace", GapCause::NotInFiles).about(name).remedy("say where it goes with --namespace NS"),
        None => Gap::new("the service account", GapCause::NotInFiles).remedy("lint its manifest along with this"),
    }
}

/// Whether a role's trust policy certainly lets the judged service account in.
pub fn lets_in<'a>(evidence: &Evidence<'a>, role_arn: &str, trust_policy: &'a str) -> bool {
    let (Some(arn), Some(subject), Observed::Present(issuer)) = (RoleArn::parse(role_arn), evidence.subject(), evidence.issuer())
    else {
        return false;
    };
    let policy = evidence.policies.parse(trust_policy, PolicyKind::Trust);
    let Ok(policy) = policy.as_ref() else { return false };
    let token = Token {
        role_arn: role_arn.to_owned(),
        provider_arn: issuer.provider_arn(arn.partition, arn.account),
        issuer: issuer.host_path().to_owned(),
        issuer_known: true,
        audience: audience::decision(evidence).judged().to_owned(),
        subject,
    };
    decide(&token.request(), &PolicySet::new().trust(DOCUMENT, policy)) == Verdict::Allowed
}

/// The issuer isn't known. A policy can tell issuers apart only by those that it names: if it refuses the tokens of
/// each of these, and of one that it doesn't name, it refuses all. Gives the token that came nearest to being let in.
fn refused_whatever_the_issuer(policy: &Policy, token: impl Fn(&str) -> Token) -> Option<Token> {
    const NAMED_BY_NOBODY: &str = "issuer.invalid";
    let issuers = named_issuers(policy)?;
    let tokens: Vec<Token> = issuers.iter().map(String::as_str).chain([NAMED_BY_NOBODY]).map(token).collect();
    let decisions: Vec<Decision> = tokens.iter().map(|token| token.decide(policy)).collect();
    let refused = |decision: &Decision| matches!(decision.outcome.verdict(), Verdict::ImplicitDeny | Verdict::ExplicitDeny);
    if !decisions.iter().all(refused) {
        return None;
    }
    let differing = |decision: &Decision| decision.nearest().map_or(usize::MAX, |nearest| nearest.differing.len());
    let nearest = tokens.into_iter().zip(&decisions).min_by_key(|(_, decision)| differing(decision));
    nearest.map(|(token, _)| token)
}

/// Every issuer that a trust policy names: in its providers and in its condition keys. `None` where it may tell them
/// apart by a pattern.
fn named_issuers(policy: &Policy) -> Option<BTreeSet<String>> {
    let mut issuers = BTreeSet::new();
    for statement in &policy.statements {
        let principals = statement.principal.iter().flat_map(|principals| &principals.entries);
        issuers.extend(principals.filter_map(|entry| Arn::parse(&entry.text).ok()?.oidc_issuer().map(str::to_owned)));
        for condition in &statement.conditions {
            if condition.key.eq_ignore_ascii_case("aws:FederatedProvider") {
                return None;
            }
            let issuer = condition.key.rsplit_once(':').filter(|(issuer, _)| issuer.contains('.'));
            issuers.extend(issuer.map(|(issuer, _)| issuer.to_owned()));
        }
    }
    // Far more than a document of IAM's greatest size can name.
    (issuers.len() <= MOST_ISSUERS).then_some(issuers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_token_knows_its_roles_name_and_account() {
        testing::evidence(&testing::healthy(), |evidence| {
            let Trust::Decided(judgement) = decision(evidence) else { panic!("not decided") };
            let token = Token { role_arn: "arn:aws:iam::123456789012:role/team/a/my-role".to_owned(), ..judgement.token.clone() };
            assert_eq!((token.role_name(), token.account()), ("my-role", testing::ACCOUNT));
        });
    }
}
