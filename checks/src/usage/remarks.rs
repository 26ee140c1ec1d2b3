//! What follows from the events, in sentences.

use super::Credentials;
use super::events::{Expected, Log};
use crate::report::EventGroup;
use crate::snapshot::EventLog;

/// What follows from the events.
pub(super) fn remarks(by: &[EventGroup], expected: &Expected, chain: Credentials, any_read: bool) -> Vec<String> {
    let is_ours = |group: &&EventGroup| group.differs.is_empty() && group.subject.is_some() && group.subject == expected.subject;
    let ours: Vec<&EventGroup> = by.iter().filter(is_ours).collect();
    let mut remarks = Vec::new();
    remarks.extend(refusals(&ours));
    // Of several roles one may be refused and another not: the chain speaks of all of them.
    remarks.extend(contradiction(&ours, chain).filter(|_| expected.roles.len() == 1));
    remarks.extend(by.iter().filter_map(|group| stranger(group, expected)));
    if by.is_empty() && any_read {
        remarks.push(
            "no event is no proof: events come up to 15 minutes late, and a token that STS can't verify is often not \
             recorded in the role's account"
                .to_owned(),
        );
    }
    remarks.dedup();
    remarks
}

/// "3 of 5 calls by S were refused".
fn refusals(ours: &[&EventGroup]) -> Option<String> {
    let failed: Vec<&&EventGroup> = ours.iter().filter(|group| group.error.is_some()).collect();
    let latest = failed.iter().max_by_key(|group| &group.last)?;
    let subject = latest.subject.as_deref().unwrap_or_default();
    let (failures, all) =
        (failed.iter().map(|group| group.count).sum::<usize>(), ours.iter().map(|group| group.count).sum::<usize>());
    let success = ours.iter().filter(|group| group.error.is_none()).map(|group| &group.last).max();
    let success = success.map_or_else(|| "none succeeded".to_owned(), |last| format!("the last that succeeded was at {last}"));
    let error = latest.error.as_deref().unwrap_or_default();
    Some(format!("{failures} of {all} calls by {subject} failed, the last with {error} at {}; {success}", latest.last))
}

/// What the latest call by the service account says against the chain.
fn contradiction(ours: &[&EventGroup], chain: Credentials) -> Option<String> {
    let latest = ours.iter().max_by_key(|group| (&group.last, group.error.is_some()))?;
    let at = &latest.last;
    match (chain, &latest.error) {
        (Credentials::Refused(check), None) => Some(format!(
            "the chain says that {check} refuses it, but the last call, at {at}, succeeded: it was changed since then, or the \
             call was made in another way"
        )),
        (Credentials::Given, Some(error)) if error.starts_with("AccessDenied") => Some(format!(
            "the last call, at {at}, was refused, but nothing that was read refuses it now: it was changed since then, or a \
             layer that is not examined here (a resource or service control policy) refuses it"
        )),
        _ => None,
    }
}

/// What somebody or something else than expected says.
fn stranger(group: &EventGroup, expected: &Expected) -> Option<String> {
    let subject = group.subject.as_deref().unwrap_or("somebody unnamed");
    let role = group.role.as_deref().unwrap_or("a role that isn't named");
    let (wanted, roles) = (expected.subject.as_deref().unwrap_or_default(), expected.roles.join(" or "));
    match group.differs.as_slice() {
        [] => None,
        ["subject"] => Some(format!("{subject}, not {wanted}, asked for {role}")),
        ["role"] => Some(format!(
            "{subject} asked for {role}, not for {roles}: a container keeps the AWS_ROLE_ARN that it was started with, until its pod \
             is made anew"
        )),
        // What concerns the target differs in its subject or in its role, not in both: it is the provider, by itself or with one.
        _ => {
            let provider = group.provider.as_deref().unwrap_or_default();
            Some(format!("{subject} of another cluster ({provider}) asked for {role}"))
        }
    }
}

/// What was not read.
pub(super) fn gaps(logs: &[Log<'_>]) -> Vec<String> {
    let mut gaps = Vec::new();
    for Log { region, event, answer: log } in logs {
        if let Some(gap) = log.gap() {
            gaps.push(format!("{event} in {region}: {} {}", gap.operation, gap.cause.words()));
        }
        let Some(EventLog { cut_short, back_to, not_understood, .. }) = log.present() else { continue };
        if let Some(why) = cut_short {
            let back = back_to.as_deref().map_or_else(String::new, |time| format!("; read back to {time}"));
            gaps.push(format!("{event} in {region}: older events were not read: {why}{back}"));
        }
        if *not_understood > 0 {
            gaps.push(format!("{event} in {region}: {not_understood} events could not be understood"));
        }
    }
    gaps
}
