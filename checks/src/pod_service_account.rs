//! The pod runs as a service account that exists.

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::Evidence;
use crate::fault::{Severity, faults};
use crate::finding::Finding;
use crate::fix::commands::{annotate, kubectl, restart};
use crate::fix::{Effect, Fix};
use crate::no_role::{Cause, NoRole, candidates, no_role};
use crate::snapshot::{Gap, Observed, TargetKind};
use crate::workload;

faults! {
    SERVICE_ACCOUNT_MISSING: "service-account-missing", Error, Certain, "the service account does not exist";
    DEFAULT_SERVICE_ACCOUNT: "default-service-account", Error, Certain, "the pod runs as the default service account, which names no role";
    NO_PODS: "no-pods", Error, Certain, "the workload has no pods";
    WRONG_SERVICE_ACCOUNT: "wrong-service-account", Error, Likely, "the pod runs as another service account than the one that has the role";
}

/// The check.
pub static CHECK: Check = Check {
    id: "pod-service-account",
    title: "the pod runs as a service account that exists",
    stage: Stage::Pod,
    scope: Scope::Pod,
    needs: &[Need::Pod, Need::Workload, Need::Events, Need::ServiceAccount, Need::ServiceAccounts, Need::Associations],
    faults: &[&SERVICE_ACCOUNT_MISSING, &DEFAULT_SERVICE_ACCOUNT, &NO_PODS, &WRONG_SERVICE_ACCOUNT],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    match evidence.target.kind {
        TargetKind::Role | TargetKind::Namespace | TargetKind::Cluster => {
            return Outcome::not_applicable("there is no pod in question");
        }
        TargetKind::Pod => match &evidence.pod {
            Observed::Present(_) => {}
            Observed::Unavailable(gap) => return Outcome::unknown(gap.clone()),
            Observed::Absent => return Outcome::unknown(Gap::not_collected("get pods").detail("the pod is not there")),
        },
        _ => {}
    }
    let account = evidence.service_account();
    if account.is_absent() {
        return Outcome::finding(missing(evidence));
    }
    if let Some(gap) = unread_workload(evidence) {
        return Outcome::unknown(gap);
    }
    let mut findings: Vec<Finding> = no_pods(evidence).into_iter().collect();
    if let Some(finding) = unexpected(evidence) {
        findings.push(finding);
        return Outcome::findings(findings);
    }
    if let Observed::Unavailable(gap) = account {
        let decisive = findings.iter().all(|finding| finding.severity != Severity::Error);
        return Outcome::Judged { findings, gaps: vec![FoundGap { gap, decisive }] };
    }
    let Some(NoRole { cause, gap, gap_decides }) = no_role(evidence) else { return Outcome::findings(findings) };
    let found = match cause {
        Cause::WrongAccount { meant, why } => wrong(evidence, meant, &why),
        Cause::DefaultAccount(others) => default_account(evidence, &others),
        _ => return Outcome::findings(findings),
    };
    findings.push(if gap_decides { found.severity(Severity::Warning) } else { found });
    let gaps = gap.map(|gap| FoundGap { gap, decisive: gap_decides }).into_iter().collect();
    let outcome = Outcome::Judged { findings, gaps };
    // Without the list another account of the namespace may have the role that is missing here.
    match evidence.cluster.and_then(|cluster| cluster.service_account_lists.get(evidence.namespace())) {
        Some(accounts) => outcome.beside(accounts),
        None => outcome,
    }
}

/// Why a workload's template or its pods can't be judged.
fn unread_workload(evidence: &Evidence<'_>) -> Option<Gap> {
    if !evidence.target.kind.is_workload() || evidence.pod.is_present() {
        return None;
    }
    match evidence.workload()? {
        Observed::Unavailable(gap) => Some(gap),
        Observed::Absent => Some(Gap::not_collected("get workloads").detail("the workload is not there")),
        Observed::Present(_) => workload::pods_gap(evidence).or_else(|| workload::unread_job(evidence)),
    }
}

/// The account that the user expects, where the pod runs as another one.
fn unexpected(evidence: &Evidence<'_>) -> Option<Finding> {
    let expected = evidence.asked().service_account.as_deref()?;
    let name = evidence.account_name().filter(|name| *name != expected && evidence.target.kind != TargetKind::ServiceAccount)?;
    let locus = account_name_locus(evidence);
    let detail = format!("{} runs as service account {name}, not as {expected} as --service-account expects", subject(evidence));
    Some(Finding::new(&WRONG_SERVICE_ACCOUNT, locus, detail).compared(expected, name).fix(use_account(evidence, expected)))
}

fn missing(evidence: &Evidence<'_>) -> Finding {
    let name = evidence.account_name().unwrap_or_default();
    let namespace = evidence.namespace();
    let mut detail = match evidence.target.kind {
        TargetKind::ServiceAccount => format!("namespace {namespace} has no service account {name}"),
        _ => format!("{} runs as service account {name}, which does not exist in namespace {namespace}", subject(evidence)),
    };
    if let Some(event) = said_by_events(evidence) {
        detail = format!("{detail} ({event})");
    }
    let mut fix =
        Fix::new(format!("create ServiceAccount {namespace}/{name}"), format!("Create service account {name} with its role."))
            .command(Effect::WritesCluster, kubectl(evidence, &["create", "serviceaccount", name]));
    fix = with_role(evidence, fix, name);
    let locus =
        if evidence.target.kind == TargetKind::ServiceAccount { evidence.account_locus() } else { account_name_locus(evidence) };
    Finding::new(&SERVICE_ACCOUNT_MISSING, locus, detail).fix(restart(evidence, fix))
}

/// Adds the command that gives an account its role, or the choice that somebody must make.
fn with_role(evidence: &Evidence<'_>, mut fix: Fix, name: &str) -> Fix {
    let roles = candidates(evidence, name);
    if let [role] = roles.as_slice() {
        return fix.command(Effect::WritesCluster, annotate(evidence, crate::evidence::ROLE_ANNOTATION, role));
    }
    fix.choices = roles;
    fix.decision("whoever owns the workload must say which role the service account is to have")
}

/// A workload without a pod, unless it rightly has none.
fn no_pods(evidence: &Evidence<'_>) -> Option<Finding> {
    if !evidence.target.kind.is_workload() || evidence.pod.is_present() || evidence.snapshot.from_files {
        return None;
    }
    let target = evidence.target;
    if let Some(why) = workload::no_pods_wanted(evidence) {
        if target.kind == TargetKind::CronJob && workload::failures(evidence).is_empty() {
            return None;
        }
        if workload::failures(evidence).is_empty() {
            let detail = format!("{target} has no pods: {why}");
            let locus = evidence.pod_locus();
            return Some(Finding::new(&NO_PODS, locus, detail).severity(Severity::Info));
        }
    }
    let why = said_by_events(evidence).unwrap_or_else(|| "no event says why".to_owned());
    let look = kubectl(evidence, &["describe", target.kind.as_str(), &target.name]);
    let fix = Fix::new(format!("pods of {target}"), "Mend what keeps the pods from being created.")
        .command(Effect::Reads, look)
        .decision("whoever owns the workload: its events say what keeps pods from being created");
    Some(Finding::new(&NO_PODS, evidence.pod_locus(), format!("{target} has no pods: {why}")).fix(fix))
}

/// The youngest event that says why no pod could be made.
fn said_by_events(evidence: &Evidence<'_>) -> Option<String> {
    let events = workload::failures(evidence);
    let last = events.iter().max_by_key(|event| event.last_timestamp.as_deref())?;
    Some(format!("{}: {}", last.reason.as_deref().unwrap_or("event"), last.message.as_deref().unwrap_or_default()))
}

fn default_account(evidence: &Evidence<'_>, others: &[&str]) -> Finding {
    let with_role = match others {
        [] => "and no other account of the namespace is known to have one".to_owned(),
        [only] => format!("while {only} does"),
        several => format!("while {} do", several.join(", ")),
    };
    let detail = format!("{} runs as the default service account, which names no role, {with_role}", subject(evidence));
    let mut fix = if let [only] = others {
        use_account(evidence, only)
    } else {
        let summary = if others.is_empty() {
            "Create a service account for this workload, give it the role, and set spec.serviceAccountName."
        } else {
            "Set spec.serviceAccountName to the account that has the role."
        };
        let fix = Fix::new(format!("account of {}", evidence.target), summary);
        restart(evidence, fix).decision("whoever owns the workload must choose the service account")
    };
    fix.choices = others.iter().map(|&name| name.to_owned()).collect();
    let expected: Vec<String> = fix.choices.clone();
    Finding::new(&DEFAULT_SERVICE_ACCOUNT, account_name_locus(evidence), detail).compared(expected, "default").fix(fix)
}

fn wrong(evidence: &Evidence<'_>, meant: &str, why: &str) -> Finding {
    let name = evidence.account_name().unwrap_or_default();
    let detail = format!("{} runs as service account {name}, which names no role; {meant} has one, and {why}", subject(evidence));
    Finding::new(&WRONG_SERVICE_ACCOUNT, account_name_locus(evidence), detail)
        .compared(meant, name)
        .fix(use_account(evidence, meant))
}

/// Makes the workload run as another account: one command where a workload owns the pods.
fn use_account(evidence: &Evidence<'_>, account: &str) -> Fix {
    let summary = format!("Run the workload as service account {account}.");
    let fix = Fix::new(format!("account of {}", evidence.target), summary);
    let owner = evidence.owners().into_iter().next_back().map(|(kind, name, _)| (kind.to_owned(), name.to_owned()));
    let target = evidence.target;
    let owner = owner.or_else(|| target.kind.is_workload().then(|| (target.kind.kind().to_owned(), target.name.clone())));
    match owner {
        Some((kind, name)) if matches!(kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet") => {
            let object = format!("{}/{name}", kind.to_ascii_lowercase());
            let fix = fix.command(Effect::RestartsPods, kubectl(evidence, &["set", "serviceaccount", &object, account]));
            let mut fix = fix.note("the changed template makes new pods by itself, unless its update strategy is OnDelete");
            fix.restart = crate::fix::Restart::Required;
            fix
        }
        Some((kind, name)) => restart(evidence, fix)
            .decision(format!("whoever owns {kind} {name}: set serviceAccountName: {account} in its pod template")),
        None => restart(evidence, fix).decision(format!(
            "whoever owns the pod: set serviceAccountName: {account} in its manifest; the field of a running pod can't be changed"
        )),
    }
}

/// The place of the spec's account name; where a template doesn't say it, the spec with the missing key.
fn account_name_locus(evidence: &Evidence<'_>) -> crate::locus::Locus {
    let spec = evidence.pod_spec_locus();
    match evidence.pod_spec() {
        Some(pod_spec) if pod_spec.service_account_name.as_deref().is_some_and(|name| !name.is_empty()) => {
            spec.key("serviceAccountName")
        }
        _ => spec.missing("serviceAccountName"),
    }
}

/// What is judged, in words: the pod, or the workload.
fn subject(evidence: &Evidence<'_>) -> String {
    match evidence.pod_name() {
        Some(name) => format!("pod {name}"),
        None => evidence.target.to_string(),
    }
}

#[cfg(test)]
mod tests;
