//! The association's roles trust those who assume them.
//!
//! EKS assumes the association's role as `pods.eks.amazonaws.com`, with session tags unless they are switched off,
//! and then, with that role's credentials, the target role; tags go with it.
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html>

use super::{Found, TARGET_TRUST, TRUST_MISSING, mend};
use crate::arn::RoleArn;
use crate::check::FoundGap;
use crate::evidence::{Evidence, RoleSource, RoleUnderJudgement};
use crate::fault::Fault;
use crate::finding::{Compared, Finding};
use crate::fix::Fix;
use crate::identity::Mode;
use crate::locus::Locus;
use crate::permissions::{self, Permissions};
use crate::required_actions;
use crate::snapshot::{Association, CONDITION_KEY, Gap, Observed, RequiredAction, Role};
use crate::trust::DOCUMENT;
use irsa_doctor_iam::request::PodIdentityCall;
use irsa_doctor_iam::{
    Decision, KeyValue, Layer, Outcome, ParseErrors, Policy, PolicyKind, PolicySet, Principal, Request, Verdict, authorize,
};

const ASSUME: &str = "sts:AssumeRole";
const TAG: &str = "sts:TagSession";

/// The association's role lets EKS Pod Identity in.
pub(super) fn role(evidence: &Evidence<'_>, association: &Association, found: &mut Found) {
    let subject = evidence.pod.present();
    let call = PodIdentityCall {
        cluster_arn: evidence.cluster.and_then(|cluster| cluster.arn.as_deref()),
        cluster_name: evidence.cluster.and_then(|cluster| cluster.name.as_deref()),
        namespace: Some(evidence.namespace()),
        service_account: evidence.account_name(),
        pod_name: subject.map(|pod| pod.metadata.name.as_str()),
        pod_uid: subject.and_then(|pod| pod.metadata.uid.as_deref()),
        without_tags: association.disable_session_tags,
    };
    let arn = association.role_arn.as_str();
    let requests: Vec<Request> = actions(association).iter().map(|action| Request::pod_identity(arn, action, &call)).collect();
    let wanted = Wanted {
        fault: &TRUST_MISSING,
        whom: "pods.eks.amazonaws.com",
        principal: r#"{"Service": "pods.eks.amazonaws.com"}"#.to_owned(),
        condition: scope(&call),
        requests,
        own: None,
    };
    judge(evidence, arn, &wanted, found);
}

/// The condition that keeps every other service account out: by the session's tags, or, where they are switched off, by
/// the cluster alone. Without it every association of the account could use the role.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html>
fn scope(call: &PodIdentityCall<'_>) -> Option<String> {
    let keys = if call.without_tags {
        vec![("aws:SourceArn", call.cluster_arn)]
    } else {
        vec![
            ("aws:RequestTag/eks-cluster-arn", call.cluster_arn),
            ("aws:RequestTag/kubernetes-namespace", call.namespace),
            ("aws:RequestTag/kubernetes-service-account", call.service_account),
        ]
    };
    let string = crate::fix::edit::string;
    let known = keys.into_iter().filter_map(|(key, value)| Some(format!("{}: {}", string(key), string(value?))));
    let known = known.collect::<Vec<_>>().join(", ");
    (!known.is_empty()).then(|| format!(r#"{{"StringEquals": {{{known}}}}}"#))
}

/// The association's target role lets the first one in.
pub(super) fn target(evidence: &Evidence<'_>, association: &Association, found: &mut Found) {
    let Some(target) = association.target_role_arn.as_deref() else { return };
    let first = Principal::AssumedRole { session_arn: None, role_arn: Some(association.role_arn.clone()) };
    let chained = evidence.with_role(Some(RoleUnderJudgement::associated(association)));
    let own = permissions::of_role(&chained);
    let mut assume = Request::assume_role(first.clone(), target, association.external_id.as_deref());
    for (key, value) in permissions::session_tags(&chained) {
        assume = assume.with_key(&format!("aws:PrincipalTag/{key}"), value);
    }
    if association.external_id.is_none() {
        let why = KeyValue::Unknown("the association's external id was not read".to_owned());
        assume = assume.with_key("sts:ExternalId", why);
    }
    let tag = Request::new(first, TAG, target).with_context(assume.context.clone());
    let requests = actions(association).iter().map(|action| if *action == TAG { tag.clone() } else { assume.clone() }).collect();
    let principal = format!(r#"{{"AWS": {}}}"#, crate::fix::edit::string(&association.role_arn));
    let external_id = association.external_id.as_deref();
    let condition =
        external_id.map(|id| format!(r#"{{"StringEquals": {{"sts:ExternalId": {}}}}}"#, crate::fix::edit::string(id)));
    let wanted = Wanted { fault: &TARGET_TRUST, whom: &association.role_arn, principal, condition, requests, own };
    judge(evidence, target, &wanted, found);
}

fn actions(association: &Association) -> &'static [&'static str] {
    if association.disable_session_tags { &[ASSUME] } else { &[ASSUME, TAG] }
}

/// Who wants in, and what they ask for.
struct Wanted<'w> {
    fault: &'static Fault,
    whom: &'w str,
    principal: String,
    condition: Option<String>,
    requests: Vec<Request>,
    /// The policies of who asks, where it is a role.
    own: Option<Permissions<'w>>,
}

fn judge(evidence: &Evidence<'_>, arn: &str, wanted: &Wanted<'_>, found: &mut Found) {
    let Some(parsed) = RoleArn::parse(arn) else { return };
    let read = evidence.account(parsed.account).and_then(|account| account.roles.get(parsed.name));
    let role = match read.map(|read| read.role.as_ref()) {
        Some(Observed::Present(role)) => role,
        // The check of roles says that it is gone; of a target, nobody else would.
        Some(Observed::Absent) => {
            if wanted.fault.id == TARGET_TRUST.id {
                found.findings.push(gone(arn, wanted));
            }
            return;
        }
        Some(Observed::Unavailable(gap)) => return found.gap(gap, true),
        None => {
            let remedy = format!("give credentials for account {} (--profile or --role-profile)", parsed.account);
            return found.gap(Gap::not_collected("iam:GetRole").about(arn).remedy(remedy), true);
        }
    };
    match Policy::parse(&role.trust_policy, PolicyKind::Trust) {
        Ok(policy) => decide(evidence, role, &policy, wanted, found),
        Err(errors) => found.findings.push(malformed(evidence, role, &errors, wanted)),
    }
}

fn decide(evidence: &Evidence<'_>, role: &Role, policy: &Policy, wanted: &Wanted<'_>, found: &mut Found) {
    let set = || PolicySet::new().trust(DOCUMENT, policy);
    let mut decisions: Vec<(&Request, Decision)> =
        wanted.requests.iter().map(|request| (request, authorize(request, &set()))).collect();
    if let Some(own) = &wanted.own {
        let trusts = !decisions.iter().any(|(_, decision)| is_refused(decision));
        let both = wanted.requests.iter().map(|request| (request, authorize(request, &own.own().trust(DOCUMENT, policy))));
        let both: Vec<(&Request, Decision)> = both.collect();
        // Across accounts both sides have to allow; in one it is the trust policy that is mended first.
        let account = |arn: &str| RoleArn::parse(arn).map(|arn| arn.account.to_owned());
        if trusts || account(&own.role_arn) != account(&role.arn) {
            found.findings.extend(refused_by_own(evidence, role, own, &both));
        }
        if trusts {
            decisions = both.into_iter().filter(|(_, decision)| !is_refused(decision)).collect();
        }
    }
    let refused: Vec<&(&Request, Decision)> = decisions.iter().filter(|(_, decision)| is_refused(decision)).collect();
    if let Some((_, first)) = refused.first() {
        let actions: Vec<String> = refused.iter().map(|(request, _)| request.action().to_owned()).collect();
        let denied = refused.iter().any(|(_, decision)| decision.outcome.verdict() == Verdict::ExplicitDeny);
        let how = if denied { "denies" } else { "does not allow" };
        let detail = format!("role {} {how} {} to {}{}", role.name, actions.join(" and "), wanted.whom, but(first));
        let fix = fix(evidence, role, wanted);
        found.findings.push(Finding::new(wanted.fault, place(role, first), detail).compared(actions, Compared::Nothing).fix(fix));
        return;
    }
    for (request, decision) in &decisions {
        let Outcome::Unknown { unresolved } = &decision.outcome else { continue };
        let keys: Vec<&str> = unresolved.iter().filter_map(|unresolved| unresolved.key.as_deref()).collect();
        let unread = wanted.own.iter().flat_map(Permissions::gaps).collect::<Vec<_>>();
        if keys.is_empty() && !unread.is_empty() {
            return found.gaps.extend(unread.into_iter().map(|gap| FoundGap { gap, decisive: true }));
        }
        let remedy = format!("compare the conditions of role {}'s trust policy with the call's", role.name);
        let gap = Gap::not_collected(format!("{CONDITION_KEY}{}", keys.join(", "))).about(role.arn.as_str());
        found.gap(gap.detail(format!("it decides whether {} is let in", request.principal().name())).remedy(remedy), true);
        return;
    }
}

/// The calls that the first role's own policies keep it from. In one account a trust policy that names the role is enough.
fn refused_by_own(
    evidence: &Evidence<'_>,
    target: &Role,
    own: &Permissions<'_>,
    decisions: &[(&Request, Decision)],
) -> Option<Finding> {
    let by_own = |decision: &Decision| match &decision.outcome {
        Outcome::ImplicitDeny { layer } => matches!(layer, Layer::Identity | Layer::Boundary),
        Outcome::ExplicitDeny { by } => by.iter().any(|by| by.layer != Layer::Trust),
        _ => false,
    };
    let mine: Vec<&(&Request, Decision)> = decisions.iter().filter(|(_, decision)| by_own(decision)).collect();
    let (_, first) = mine.first()?;
    let actions: Vec<String> = mine.iter().map(|(request, _)| request.action().to_owned()).collect();
    let denied = mine.iter().any(|(_, decision)| decision.outcome.verdict() == Verdict::ExplicitDeny);
    let how = if denied { "deny" } else { "do not allow" };
    let name = own.role_arn.rsplit('/').next().unwrap_or_default();
    let detail = format!("the policies of role {name} {how} it {} on {}", actions.join(" and "), target.arn);
    let resource =
        |action: &String| RequiredAction { action: action.clone(), resource: target.arn.clone(), ..RequiredAction::default() };
    let asked: Vec<RequiredAction> = actions.iter().map(resource).collect();
    let role = RoleUnderJudgement { arn: own.role_arn.clone(), source: RoleSource::Given, mode: Mode::PodIdentity };
    let limited = matches!(first.outcome, Outcome::ImplicitDeny { layer: Layer::Boundary });
    let fix = if denied || limited {
        Fix::new(format!("permissions of {}", own.role_arn), format!("Let role {name} assume role {}", target.name))
            .decision(format!("whoever owns role {name} must look at its Deny statements and its permissions boundary"))
    } else {
        required_actions::grant(&evidence.with_role(Some(role)), own, &asked.iter().collect::<Vec<_>>())
    };
    Some(Finding::new(&TARGET_TRUST, Locus::new(own.role_arn.as_str()), detail).compared(actions, Compared::Nothing).fix(fix))
}

fn is_refused(decision: &Decision) -> bool {
    matches!(decision.outcome.verdict(), Verdict::ImplicitDeny | Verdict::ExplicitDeny)
}

/// What stands in the way, if it is a condition.
fn but(decision: &Decision) -> String {
    let Some(nearest) = decision.nearest() else { return String::new() };
    let condition = nearest.differing.iter().find(|element| element.path.contains("['Condition']"));
    match (condition, nearest.differing.len()) {
        (Some(condition), 1) => {
            let wanted: Vec<&str> = condition.wanted.iter().map(|wanted| wanted.text.as_str()).collect();
            format!(": its condition {} {} does not hold", condition.element, wanted.join(" or "))
        }
        _ => String::new(),
    }
}

/// The element that stands in the way in the nearest statement, or the matching Deny; else all statements.
fn place(role: &Role, decision: &Decision) -> Locus {
    let locus = Locus::new(role.arn.as_str()).document(DOCUMENT);
    if let Outcome::ExplicitDeny { by } = &decision.outcome
        && let Some(first) = by.first()
    {
        return locus.at(first.path.as_str());
    }
    let nearest = decision.nearest();
    match nearest.as_ref().and_then(|nearest| nearest.differing.first()) {
        Some(element) => locus.at(element.path.as_str()).line_column(element.line, element.column),
        None => locus.at("$['Statement']"),
    }
}

fn fix(evidence: &Evidence<'_>, role: &Role, wanted: &Wanted<'_>) -> Fix {
    let actions: Vec<&str> = wanted.requests.iter().map(Request::action).collect();
    let allows = |policy: &Policy| {
        let set = || PolicySet::new().trust(DOCUMENT, policy);
        !wanted.requests.iter().any(|request| is_refused(&authorize(request, &set())))
    };
    mend::trust(evidence, role, &wanted.principal, &actions, wanted.condition.as_deref(), allows)
}

fn malformed(evidence: &Evidence<'_>, role: &Role, errors: &ParseErrors, wanted: &Wanted<'_>) -> Finding {
    let (line, column, what) =
        errors.errors.first().map_or((1, 1, ""), |first| (first.line, first.column, first.message.as_str()));
    let detail = format!("role {} has a trust policy that is not valid, at line {line} column {column}: {what}", role.name);
    let locus = Locus::new(role.arn.as_str()).document(DOCUMENT).line_column(line, column);
    Finding::new(wanted.fault, locus, detail).fix(fix(evidence, role, wanted))
}

fn gone(arn: &str, wanted: &Wanted<'_>) -> Finding {
    let detail = format!("the association's target role {arn} doesn't exist");
    let fix = Fix::new(format!("role:{arn}"), "Name a target role that exists")
        .decision("whoever owns the association must say which target role it is to have");
    Finding::new(wanted.fault, Locus::new(arn), detail).fix(fix)
}
