//! What every fix gets once all findings are there: its owner, the accounts of its commands, what a restart brings.

use super::{Effect, Fix, Restart, owners};
use crate::evidence::{Evidence, ROLE_ANNOTATION};
use crate::fault::Severity;
use crate::files;
use crate::finding::Finding;
use crate::report::{AfterRestart, Verdict};

/// Finishes the fix of a finding.
pub(crate) fn finish(evidence: &Evidence<'_>, after: Option<&AfterRestart>, finding: &mut Finding) {
    if evidence.snapshot.from_files {
        return files::finish(finding);
    }
    owners::name(evidence, finding);
    shared_policy(evidence, finding);
    let place = account_of(&finding.locus.resource).map(str::to_owned);
    let severity = finding.severity;
    let Some(fix) = &mut finding.fix else { return };
    accounts(evidence, place.as_deref(), fix);
    // Objects of two clusters may have one name.
    if let Some(cluster) = evidence.target.cluster.as_ref().filter(|_| fix.document.is_none()) {
        fix.id = format!("{cluster}/{}", fix.id);
    }
    // What works now goes on working: a restart is good, and nobody waits for it.
    if severity != Severity::Error && fix.restart == Restart::Required {
        fix.restart = Restart::Recommended;
    }
    if fix.restart != Restart::None
        && let Some(change) = restart_brings(evidence, after, fix)
        && !fix.affects.contains(&change)
    {
        fix.affects.push(change);
    }
}

/// Which account each AWS command is meant for.
fn accounts(evidence: &Evidence<'_>, place: Option<&str>, fix: &mut Fix) {
    let judged = evidence.role_arn().map(|arn| arn.account.to_owned());
    let written = fix.document.as_ref().and_then(|document| account_of(&document.resource)).map(str::to_owned);
    let iam = written.or_else(|| place.map(str::to_owned)).or(judged);
    let cluster = evidence.cluster.and_then(|cluster| cluster.account.clone());
    let parts = fix.document.as_mut().map(|document| document.read.iter_mut().chain(document.backup.iter_mut()));
    for command in fix.commands.iter_mut().chain(fix.undo.iter_mut()).chain(parts.into_iter().flatten()) {
        let mut words = command.argv.iter().map(String::as_str);
        command.account = match (words.next(), words.next()) {
            (Some("aws"), Some("iam")) => iam.clone(),
            (Some("aws"), Some("eks")) if command.effect == Effect::WritesEks => cluster.clone(),
            _ => None,
        };
    }
}

/// The account in an ARN; `aws` of a policy of AWS' own.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| !account.is_empty())
}

/// Whom a change of a managed policy would change too.
fn shared_policy(evidence: &Evidence<'_>, finding: &mut Finding) {
    let arn = finding.locus.resource.clone();
    let Some(fix) = finding.fix.as_mut().filter(|_| arn.contains(":policy/")) else { return };
    let policy = account_of(&arn).and_then(|account| evidence.account(account)).and_then(|account| account.policies.get(&arn));
    let Some(count) = policy.and_then(|policy| policy.policy.present()?.attachment_count) else { return };
    if count > 1 {
        fix.affects.push(format!(
            "policy {arn} is attached to {count} users, groups and roles: a change of it changes them all, an inline policy of the role only this one"
        ));
    }
}

/// Which role new pods get, where that is another one than the pod has now, and whether it is good.
fn restart_brings(evidence: &Evidence<'_>, after: Option<&AfterRestart>, fix: &Fix) -> Option<String> {
    let now = evidence.role.as_ref().map(|role| role.arn.as_str()).filter(|_| evidence.pod.is_present());
    let prefix = format!("{ROLE_ANNOTATION}=");
    let annotated = fix.commands.iter().flat_map(|command| &command.argv).find_map(|word| word.strip_prefix(&prefix));
    let next = annotated.or(after.map(|after| after.role_arn.as_str()))?;
    let in_use = evidence.containers().iter().any(|container| container.value("AWS_ROLE_ARN") == Some(next));
    if in_use {
        return None;
    }
    let good = match after.filter(|after| after.role_arn == next).map(|after| after.verdict) {
        Some(Verdict::Healthy | Verdict::Degraded) => "whose chain holds",
        Some(Verdict::Broken) => "WHOSE CHAIN IS BROKEN: mend that before the restart",
        Some(Verdict::Inconclusive | Verdict::NotApplicable) => "whose chain could not be judged",
        None if now == Some(next) => return None,
        None => "whose chain was not judged: run irsa-doctor again after it",
    };
    let instead = now.filter(|_| uses_role(evidence)).map(|now| format!(" instead of {now}")).unwrap_or_default();
    Some(format!("new pods get role {next}{instead}, {good}"))
}

/// Whether a container of the pod has a role now.
fn uses_role(evidence: &Evidence<'_>) -> bool {
    evidence.containers().iter().any(|container| container.is_set("AWS_ROLE_ARN"))
}

#[cfg(test)]
mod tests;
