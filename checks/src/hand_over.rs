//! For whoever can see what we couldn't: what to ask of them.
//!
//! Only what is open is handed over: a gap on which the verdict hangs and that somebody's permission would close, and
//! an error whose fix is in another account or needs a person. A time-out is nobody's to give.

mod commands;

#[cfg(test)]
mod tests;

use crate::evidence::Evidence;
use crate::fault::Severity;
use crate::fix::Effect;
use crate::report::{FoundFinding, ReportedGap};
use crate::snapshot::{Gap, GapCause};
use irsa_doctor_iam::arn::is_account_id;
use std::collections::{BTreeMap, BTreeSet};

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Addressee {
    /// The administrators of the cluster.
    Cluster,
    /// The owner of an AWS account.
    Account(String),
}

/// What is asked for: the operations by what they are about.
type Wanted = BTreeMap<String, BTreeSet<String>>;

/// What to ask of the owner of which account or cluster, one sentence each; the cluster first, then the accounts.
pub fn hand_over(evidence: &Evidence<'_>, gaps: &[ReportedGap], findings: &[FoundFinding]) -> Vec<String> {
    let open: Vec<&ReportedGap> = gaps.iter().filter(|reported| reported.found.decisive).collect();
    let mut wanted: BTreeMap<Addressee, Wanted> = BTreeMap::new();
    for reported in &open {
        let gap = &reported.found.gap;
        if let Some((addressee, about)) = addressee(evidence, gap).filter(|_| is_for_others(gap.cause)) {
            wanted.entry(addressee).or_default().entry(about).or_default().insert(gap.operation.clone());
        }
    }
    let mut sentences = Vec::new();
    if open.iter().any(|reported| reported.check == "cluster-issuer" && is_for_others(reported.found.gap.cause)) {
        sentences.push(issuer(evidence));
    }
    for (addressee, wanted) in &wanted {
        match addressee {
            Addressee::Cluster => sentences.extend(of_cluster(evidence, wanted)),
            Addressee::Account(account) => sentences.extend(of_account(evidence, account, wanted)),
        }
    }
    sentences.extend(findings.iter().filter_map(|found| of_finding(evidence, found)));
    let mut seen = BTreeSet::new();
    sentences.retain(|sentence| seen.insert(sentence.clone()));
    sentences
}

/// Whether somebody else could close such a gap.
fn is_for_others(cause: GapCause) -> bool {
    matches!(cause, GapCause::Denied | GapCause::NoCredentials | GapCause::NotCollected)
}

/// Who could answer, and what the question is about; `None` where it was no question to anybody.
fn addressee(evidence: &Evidence<'_>, gap: &Gap) -> Option<(Addressee, String)> {
    if gap.cause == GapCause::NotCollected && gap.resource.is_none() {
        // Nobody asked, because something else that wasn't read would have said what to ask for.
        return None;
    }
    let about = gap.resource.clone().unwrap_or_default();
    // A condition key has a colon, too, and is nobody's to allow.
    if let Some((service, _)) = gap.operation.split_once(':').filter(|(service, _)| !service.contains(' ')) {
        let cluster = evidence.cluster;
        let of_cluster = cluster.and_then(|cluster| cluster.account.clone());
        let account = match about.split(':').nth(4).filter(|account| about.starts_with("arn:") && is_account_id(account)) {
            Some(account) => account.to_owned(),
            None if service == "eks" => of_cluster?,
            None => evidence.role_arn().map(|arn| arn.account.to_owned()).or(of_cluster)?,
        };
        let about = match cluster.and_then(|cluster| cluster.arn.clone()) {
            Some(arn) if service == "eks" => arn,
            _ => about,
        };
        return Some((Addressee::Account(account), about));
    }
    let is_read = gap.operation.starts_with("get ") || gap.operation.starts_with("list ");
    is_read.then_some((Addressee::Cluster, about))
}

/// The one fact without which the AWS half can't be judged.
fn issuer(evidence: &Evidence<'_>) -> String {
    let name = evidence.cluster.and_then(|cluster| cluster.name.as_deref());
    let command = commands::issuer(evidence);
    let whose = name.map_or_else(|| "the cluster".to_owned(), |name| format!("cluster {name}"));
    format!("Ask the administrators of {whose} for its OIDC issuer (`{command}`), and give it with --issuer URL.")
}

fn of_cluster(evidence: &Evidence<'_>, wanted: &Wanted) -> Vec<String> {
    let cluster = evidence.cluster;
    let name = cluster.and_then(|cluster| cluster.name.as_deref().or(cluster.context.as_deref()));
    let whose = name.map_or_else(|| "the cluster".to_owned(), |name| format!("cluster {name}"));
    let rules: BTreeSet<String> =
        wanted.iter().flat_map(|(about, operations)| operations.iter().map(move |operation| rule(operation, about))).collect();
    let mut sentences =
        vec![format!("Ask the administrators of {whose} to allow you (RBAC) {}.", and(rules.iter().map(String::as_str)))];
    if let Some(command) = commands::save_cluster(evidence) {
        sentences.push(format!(
            "Or ask the administrators of {whose} to run `{command}` and to send you the file; \
             `irsa-doctor --from k8s.json --with-aws` judges it here."
        ));
    }
    sentences
}

/// A Kubernetes permission in words: "get on serviceaccounts in namespace shop".
fn rule(operation: &str, about: &str) -> String {
    let (verb, what) = operation.split_once(' ').unwrap_or((operation, ""));
    // Objects are asked about as `NAMESPACE/NAME` or `Kind/NAMESPACE/NAME`, lists as `NAMESPACE`.
    let parts: Vec<&str> = about.split('/').collect();
    let namespace = match parts.as_slice() {
        _ if what.starts_with('/') => None,
        [namespace, _] | [_, namespace, _] => Some(*namespace),
        [namespace] if verb == "list" && !namespace.is_empty() => Some(*namespace),
        _ => None,
    };
    match namespace {
        Some(namespace) => format!("{verb} on {what} in namespace {namespace}"),
        None => format!("{verb} on {what}"),
    }
}

fn of_account(evidence: &Evidence<'_>, account: &str, wanted: &Wanted) -> Vec<String> {
    let things = wanted.iter().map(|(about, operations)| {
        let operations = and(operations.iter().map(String::as_str));
        if about.is_empty() { operations } else { format!("{operations} on {about}") }
    });
    let things: Vec<String> = things.collect();
    let things = and(things.iter().map(String::as_str));
    let owner = format!("the owner of AWS account {account}");
    let callers: Vec<_> = evidence.snapshot.callers.values().filter_map(|caller| caller.present()).collect();
    let ours = callers.iter().find(|caller| caller.account == account);
    let mut sentences = vec![match ours {
        Some(caller) => format!("Ask {owner} to allow {} {things}.", caller.arn),
        None if callers.is_empty() => format!("Ask {owner} for credentials that are allowed {things}."),
        None => format!("Ask {owner} for a profile that is allowed {things}, and give it with --role-profile NAME."),
    }];
    if let Some(command) = commands::judge_role(evidence, account) {
        sentences.push(format!(
            "Or {owner} can look: `{command}`; or save this run with `--save half.json`, and `irsa-doctor --from half.json --with-aws` \
             completes it there."
        ));
    }
    sentences
}

/// What another person or another account has to do about an error.
fn of_finding(evidence: &Evidence<'_>, found: &FoundFinding) -> Option<String> {
    let finding = &found.finding;
    let fix = finding.fix.as_ref().filter(|_| finding.severity == Severity::Error)?;
    let (fault, place) = (finding.fault.id, finding.locus.resource.as_str());
    if let Some(who) = &fix.needs_decision {
        return Some(format!("For {fault} on {place} somebody must decide: {}.", who.trim_end_matches('.')));
    }
    let account = place.split(':').nth(4).filter(|account| place.starts_with("arn:") && is_account_id(account))?;
    let writes = fix.commands.iter().any(|command| matches!(command.effect, Effect::WritesIam | Effect::WritesEks));
    let mut callers = evidence.snapshot.callers.values().filter_map(|caller| caller.present());
    let is_ours = callers.any(|caller| caller.account == account);
    let fix_it =
        format!("Ask the owner of AWS account {account} to mend {fault} on {place}: the commands of the fix are theirs to run.");
    (writes && !is_ours).then_some(fix_it)
}

/// "a, b and c".
fn and<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<&str> = items.collect();
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}
