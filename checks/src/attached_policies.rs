//! `attached-policies`: the role has the policies that it needs.

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::{Confidence, Severity, faults};
use crate::finding::Finding;
use crate::fix::{Effect, Fix, commands};
use crate::locus::Locus;
use crate::nearest::nearest;
use crate::permissions::{Permissions, permissions};
use crate::required_actions::is_refusal;
use crate::resource_policy::{is_examined, may_bear_policy};
use crate::snapshot::{Gap, RequiredAction};

faults! {
    NO_POLICIES: "no-policies", Warning, Certain, "the role has no policy at all";
    NOT_ATTACHED: "policy-not-attached", Error, Certain, "a policy that the role should have is not attached";
    POLICY_MISSING: "policy-missing", Error, Certain, "a policy that the role should have does not exist";
    ATTACHED_MISSING: "attached-policy-missing", Error, Likely, "an attached policy does not exist";
}

/// The check.
pub static CHECK: Check = Check {
    id: "attached-policies",
    title: "the role has the policies that it needs",
    stage: Stage::Permissions,
    scope: Scope::Role,
    needs: &[Need::Role, Need::RolePolicies, Need::ResourcePolicies],
    faults: &[&NO_POLICIES, &NOT_ATTACHED, &POLICY_MISSING, &ATTACHED_MISSING],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let Some(permissions) = permissions(evidence) else { return Outcome::not_applicable("not reached: no role is known") };
    if permissions.role.is_absent() {
        return Outcome::not_applicable("not reached: the role does not exist");
    }
    let mut findings = attached_missing(&permissions);
    let mut gaps: Vec<FoundGap> = unread_policies(&permissions).map(|gap| FoundGap { gap, decisive: true }).collect();
    for wanted in &evidence.asked().policies {
        expected(evidence, &permissions, wanted, &mut findings, &mut gaps);
    }
    let unread: Vec<&Gap> = permissions.attached.gap().into_iter().chain(permissions.inline_names.gap()).collect();
    // With one list read and not empty the role has policies; what else it has decides only about `--policy`.
    let names_policies = !evidence.asked().policies.is_empty() && permissions.attached.gap().is_some();
    let decisive = permissions.documents.is_empty() || names_policies;
    gaps.extend(unread.iter().map(|gap| FoundGap { gap: (*gap).clone(), decisive }));
    // A policy that is named and not attached says it better.
    if permissions.documents.is_empty() && unread.is_empty() && findings.is_empty() {
        findings.push(no_policies(evidence, &permissions));
    }
    Outcome::Judged { findings, gaps }
}

/// Attached policies of which it isn't known whether they exist. AWS' own are never deleted under a role.
fn unread_policies(permissions: &Permissions<'_>) -> impl Iterator<Item = Gap> {
    let own = permissions.documents.iter().filter(|document| !document.aws_managed);
    own.filter_map(|document| document.managed?.policy.gap().cloned())
}

/// Enough for a role that resource policies name, or that is only an identity: a warning, unless something is asked of it.
fn no_policies(evidence: &Evidence<'_>, permissions: &Permissions<'_>) -> Finding {
    let asked = evidence.asked();
    // A resource's own policy may let the role in without any.
    let is_refused = |action: &&RequiredAction| is_refusal(&permissions.decide(evidence, action).outcome);
    let refused: Vec<_> = evidence.required().iter().filter(is_refused).collect();
    let needed = !refused.is_empty() || !asked.policies.is_empty();
    let is_open = |action: &&RequiredAction| may_bear_policy(action) && !is_examined(evidence, action);
    let open = asked.policies.is_empty() && needed && refused.iter().all(is_open);
    let role = &permissions.role_arn;
    let detail = format!("role {role} has no policy, neither attached nor inline");
    let finding = Finding::new(&NO_POLICIES, Locus::new(role), detail)
        .compared("at least one policy", crate::finding::Compared::Nothing)
        .severity(if needed { Severity::Error } else { Severity::Warning })
        .confidence(if open { Confidence::Likely } else { Confidence::Certain });
    let actions: Vec<_> = evidence.required().iter().collect();
    finding.fix(crate::required_actions::grant(evidence, permissions, &actions))
}

fn attached_missing(permissions: &Permissions<'_>) -> Vec<Finding> {
    let gone = permissions.documents.iter().filter(|document| document.managed.is_some_and(|managed| managed.policy.is_absent()));
    gone.map(|document| {
        let detail = format!("policy {} is attached to role {}, but it does not exist", document.key, permissions.role_arn);
        let fix = Fix::new(
            &document.key,
            "Look again: IAM refuses to delete a policy that is attached, so this is a race or a stale list",
        )
        .decision("whoever deletes policies in this account");
        Finding::new(&ATTACHED_MISSING, Locus::new(&permissions.role_arn), detail).fix(fix)
    })
    .collect()
}

/// A policy that the user expects the role to have.
fn expected(
    evidence: &Evidence<'_>,
    permissions: &Permissions<'_>,
    wanted: &str,
    findings: &mut Vec<Finding>,
    gaps: &mut Vec<FoundGap>,
) {
    let is_it = |name: &str, arn: &str| if wanted.starts_with("arn:") { arn == wanted } else { name == wanted };
    if permissions.documents.iter().any(|document| is_it(document.name, &document.key)) {
        return;
    }
    let Some(attached) = permissions.attached.present() else { return };
    // An inline policy may bear the name; an ARN it has not.
    if let Some(gap) = permissions.inline_names.gap().filter(|_| !wanted.starts_with("arn:")) {
        gaps.push(FoundGap { gap: gap.clone(), decisive: true });
        return;
    }
    let role = crate::permissions::judged(evidence);
    let account = role.role_account();
    let known =
        account.and_then(|account| account.policies.iter().find(|(arn, _)| is_it(arn.rsplit('/').next().unwrap_or(arn), arn)));
    let listed = account.and_then(|account| account.policy_list.present());
    let in_list = listed.and_then(|list| list.iter().find(|policy| is_it(&policy.name, &policy.arn)));
    let exists = known.filter(|(_, policy)| policy.policy.is_present()).map(|(arn, _)| arn).or(in_list.map(|policy| &policy.arn));
    let names: Vec<String> = attached.iter().map(|policy| policy.name.clone()).collect();
    if let Some(arn) = exists {
        let detail = format!("policy {arn} exists, but it is not attached to role {}", permissions.role_arn);
        let finding = Finding::new(&NOT_ATTACHED, Locus::new(&permissions.role_arn), detail).compared(wanted, names);
        findings.push(finding.fix(attach(&role, permissions, arn)));
    } else if known.is_some_and(|(_, policy)| policy.policy.is_absent()) || (listed.is_some() && !is_of_aws(wanted)) {
        let all: Vec<&str> =
            listed.into_iter().flatten().map(|policy| policy.name.as_str()).chain(names.iter().map(String::as_str)).collect();
        findings.push(missing(permissions, wanted, &nearest(wanted, all)));
    } else {
        let gap = known.and_then(|(_, policy)| policy.policy.gap().cloned());
        let gap = gap.or_else(|| account.and_then(|account| account.policy_list.gap().cloned()));
        // Of what nobody asked for, a bundle doesn't say what it would have been.
        let asks = if wanted.starts_with("arn:") { "iam:GetPolicy" } else { "iam:ListPolicies" };
        let gap = gap.filter(|gap| !gap.operation.is_empty()).unwrap_or_else(|| Gap::not_collected(asks).about(wanted));
        // The role doesn't have it, whether or not it exists; what files don't attach may be attached elsewhere.
        let decisive = evidence.snapshot.from_files;
        gaps.push(FoundGap { gap, decisive });
        if !decisive {
            findings.push(not_attached(&role, permissions, wanted).compared(wanted, names));
        }
    }
}

/// A policy that is not attached, and of which it isn't known whether it exists.
fn not_attached(role: &Evidence<'_>, permissions: &Permissions<'_>, wanted: &str) -> Finding {
    let arn = &permissions.role_arn;
    let detail = format!("policy {wanted} is not attached to role {arn} (whether it exists is not known)");
    let fix = if wanted.starts_with("arn:") {
        attach(role, permissions, wanted)
    } else {
        Fix::new(format!("attach {wanted} to {arn}"), format!("Attach policy {wanted}, or name the one that is meant"))
            .decision("whoever owns the role's permissions: which policy is meant?")
    };
    Finding::new(&NOT_ATTACHED, Locus::new(arn), detail).fix(fix)
}

/// Whether an ARN is of one of AWS' own policies, which no list of the account's has.
fn is_of_aws(wanted: &str) -> bool {
    wanted.starts_with("arn:") && wanted.contains(":iam::aws:policy/")
}

fn missing(permissions: &Permissions<'_>, wanted: &str, near: &[String]) -> Finding {
    let hint = if near.is_empty() { String::new() } else { format!(" (nearest: {})", near.join(", ")) };
    let detail = format!("policy {wanted} does not exist{hint}");
    let mut fix = Fix::new(format!("policy {wanted}"), format!("Create policy {wanted}, or name the one that is meant"))
        .decision("whoever owns the role's permissions: what should the policy allow?");
    fix.choices = near.to_vec();
    Finding::new(&POLICY_MISSING, Locus::new(&permissions.role_arn), detail).compared(wanted, near.to_vec()).fix(fix)
}

fn attach(evidence: &Evidence<'_>, permissions: &Permissions<'_>, policy: &str) -> Fix {
    let Some(role) = evidence.role_arn() else { return Fix::default() };
    let argv =
        |verb: &str| commands::aws(evidence, role.account, &["iam", verb, "--role-name", role.name, "--policy-arn", policy]);
    Fix::new(format!("attach {policy} to {}", permissions.role_arn), format!("Attach policy {policy} to role {}", role.name))
        .command(Effect::WritesIam, argv("attach-role-policy"))
        .undo(Effect::WritesIam, argv("detach-role-policy"))
}

#[cfg(test)]
mod tests;
