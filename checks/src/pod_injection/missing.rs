//! What was not injected: the whole pod, or one of its containers.

use super::env::expects_role;
use super::state::{self, State};
use super::{CONTAINER_NOT_INJECTED, CONTAINER_SKIPPED, CREATED_BEFORE_ANNOTATION, NOT_INJECTED, SKIP_MISUSED, matters_most};
use crate::check::Outcome;
use crate::evidence::{ContainerGroup, ContainerView, Evidence, ROLE_ANNOTATION, annotation_locus};
use crate::fault::{Confidence, Severity};
use crate::finding::{Compared, Finding};
use crate::fix::{Fix, commands, template};
use crate::identity::{self, Mode};
use crate::skip_containers::{self as skip, SKIP_CONTAINERS};
use crate::snapshot::kubernetes::{Metadata, Pod, ServiceAccount};
use crate::snapshot::{Gap, Observed};
use crate::webhook;
use jiff::Timestamp;
use serde_json::json;

/// Whether the webhook did nothing to the pod, and the container that matters most has nothing. One that it was told
/// to leave alone explains itself.
pub(super) fn is_untouched(evidence: &Evidence<'_>) -> bool {
    if evidence.pod_spec().is_none_or(state::webhook_saw) {
        return false;
    }
    let bare = |container: &ContainerView<'_>| state::state(container) == State::Bare;
    evidence.default_container().is_some_and(bare) && !skip::skips_the_default(evidence)
}

/// Why the webhook did nothing to the pod.
pub(super) fn judge(evidence: &Evidence<'_>) -> Outcome {
    let association = evidence.association().is_present();
    let account = match evidence.service_account() {
        Observed::Present(account) => account,
        // What its siblings were given, or an association, says that it should have been injected.
        _ if association || sibling(evidence).is_some() => return Outcome::finding(not_injected(evidence)),
        Observed::Absent => return Outcome::not_applicable("not reached: the service account is missing"),
        Observed::Unavailable(gap) => return Outcome::unknown(gap),
    };
    if evidence.annotated_role().is_none() && !association {
        return Outcome::not_applicable("the service account names no role");
    }
    if webhook::explains(evidence) {
        return Outcome::not_applicable("not injected, and the webhook is why: see webhook");
    }
    // The pod has no role, whatever the webhook's configuration says: what can't be read beside it decides nothing.
    let outcome = Outcome::finding(created_before(evidence, account).unwrap_or_else(|| not_injected(evidence)));
    match webhooks_unread(evidence) {
        Some(gap) => outcome.with_gap(gap),
        None => outcome,
    }
}

fn webhooks_unread(evidence: &Evidence<'_>) -> Option<Gap> {
    evidence.cluster.and_then(|cluster| cluster.webhooks.gap().cloned())
}

fn created_before(evidence: &Evidence<'_>, account: &ServiceAccount) -> Option<Finding> {
    evidence.annotated_role()?;
    let pod = evidence.pod.present()?;
    let created = time(pod.metadata.creation_timestamp.as_deref())?;
    let younger = time(account.metadata.creation_timestamp.as_deref()).filter(|born| *born > created);
    let annotated = annotated_at(&account.metadata).filter(|at| *at > created);
    let (name, account_name) = (&pod.metadata.name, &account.metadata.name);
    let finding = |detail: String| {
        Finding::new(&CREATED_BEFORE_ANNOTATION, evidence.account_annotation_locus(ROLE_ANNOTATION), detail)
            .fix(restart(evidence))
    };
    if let Some(born) = younger {
        let detail = format!(
            "pod {name} was made at {created}, before service account {account_name} itself ({born}): the webhook could not give it the role"
        );
        return Some(finding(detail).confidence(Confidence::Certain));
    }
    let at = annotated?;
    let detail = format!(
        "pod {name} was made at {created} and has no role; service account {account_name} was last changed by the annotation's owner at {at}, after that"
    );
    Some(finding(detail).confidence(Confidence::Likely))
}

fn not_injected(evidence: &Evidence<'_>) -> Finding {
    let name = evidence.pod_name().unwrap_or_default();
    let what = match evidence.annotated_role() {
        Some(role) => format!("service account {} names {role}", evidence.account_name().unwrap_or_default()),
        None if evidence.association().is_present() => "a Pod Identity association names its role".to_owned(),
        None => "others of its workload have them".to_owned(),
    };
    let why = match sibling(evidence) {
        Some(sibling) => format!("pod {}, of the same workload, was changed", sibling.metadata.name),
        None if webhooks_unread(evidence).is_some() => {
            "the webhook could not be looked at: it may leave the pod out, or have failed".to_owned()
        }
        None => "the webhook's cache had not seen it yet, or the call of the webhook failed".to_owned(),
    };
    Finding::new(
        &NOT_INJECTED,
        evidence.pod_spec_locus(),
        format!("pod {name} has neither role nor token, though {what} ({why})"),
    )
    .fix(restart(evidence))
}

/// Another pod of the same workload that the webhook did change.
fn sibling<'a>(evidence: &Evidence<'a>) -> Option<&'a Pod> {
    let other = |pod: &&&Pod| Some(pod.metadata.name.as_str()) != evidence.pod_name() && state::webhook_saw(&pod.spec);
    evidence.pods.iter().find(other).copied()
}

fn restart(evidence: &Evidence<'_>) -> Fix {
    let fix = Fix::new(
        format!("restart {}", evidence.pod_locus().resource),
        "make the pod anew: the webhook acts on the creation of pods only",
    );
    commands::restart(evidence, fix)
}

/// When the manager that owns the annotation last changed any of its fields: no earlier was it set by that one.
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>
fn annotated_at(metadata: &Metadata) -> Option<Timestamp> {
    let owners = metadata.managed_fields.iter().filter(|manager| manager.owns_annotation(ROLE_ANNOTATION));
    owners.filter_map(|manager| time(manager.time.as_deref())).max()
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// A container without anything, in a pod where others have it or whose volume shows that the webhook saw it.
/// The gap is what kept us from knowing whether there was anything to give.
pub(super) fn bare(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Result<Option<Finding>, Gap> {
    let name = container.name();
    let saw = evidence.pod_spec().is_some_and(state::webhook_saw);
    if skip::is_skipped(evidence, name) {
        return Ok((saw || expects_role(evidence)?).then(|| skipped(evidence, container)));
    }
    let asked = evidence.asked_container().is_some_and(|asked| asked.name() == name);
    if !saw && !asked {
        return Ok(None);
    }
    let brings_its_own = identity::mode(container) == Mode::Static;
    if asked && !brings_its_own && may_bring_its_own(container) {
        let detail = format!("container {name} was given no role, and what a profile or envFrom gives it can't be seen");
        return Err(Gap::not_collected(format!("credentials of container {name}")).detail(detail));
    }
    let bears_aws = container.container.env.iter().any(|variable| variable.name.starts_with("AWS_")) && !brings_its_own;
    let severity = match (asked && !brings_its_own, bears_aws || matters_most(evidence, container)) {
        // Its calls are what was asked about, and they have no credentials.
        (true, _) => Severity::Error,
        (false, true) => Severity::Warning,
        (false, false) => Severity::Info,
    };
    let why = match container.group {
        _ if !saw => "those are wired by hand",
        ContainerGroup::Init => "it was added after the webhook ran",
        ContainerGroup::Regular => "a later webhook added it, as service meshes do",
    };
    let detail = format!("container {name} was given no role, others of the pod were (most likely {why})");
    let fix = Fix::new(
        template::id(evidence, "inject", container.name()),
        "let the webhook see the container: make the pod anew",
    )
    .note("where another webhook adds the container, reinvocationPolicy IfNeeded of the pod identity webhook makes it run again");
    let finding = Finding::new(&CONTAINER_NOT_INJECTED, container.locus.clone(), detail).severity(severity);
    Ok(Some(finding.fix(commands::restart(evidence, fix))))
}

/// Whether a container may have credentials that its spec doesn't show: of a profile, or of what `envFrom` brings.
fn may_bring_its_own(container: &ContainerView<'_>) -> bool {
    let mut mounts = container.container.volume_mounts.iter();
    let at_home = |path: &str| path.trim_end_matches('/').split('/').any(|part| part == ".aws");
    identity::profile(container).is_some()
        || !container.container.env_from.is_empty()
        || mounts.any(|mount| at_home(&mount.mount_path))
}

fn skipped(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Finding {
    let name = container.name();
    let severity = if matters_most(evidence, container) { Severity::Error } else { Severity::Warning };
    let rest: Vec<String> = skip::entries(evidence).into_iter().filter(|entry| entry != name).collect();
    let value = if rest.is_empty() { serde_json::Value::Null } else { json!(rest.join(",")) };
    let patch = json!({"metadata": {"annotations": {SKIP_CONTAINERS: value}}});
    let fix = Fix::new(template::id(evidence, "unskip", container.name()), format!("take {name} out of {SKIP_CONTAINERS}"));
    let instead = format!("take {name} out of annotation {SKIP_CONTAINERS}");
    let locus = match evidence.pod_metadata() {
        Some(metadata) => annotation_locus(evidence.template_locus(), metadata, SKIP_CONTAINERS),
        None => container.locus.clone(),
    };
    // Of a file nothing has happened yet.
    let was = if evidence.snapshot.from_files { "is" } else { "was" };
    Finding::new(
        &CONTAINER_SKIPPED,
        locus,
        format!("container {name} {was} given no role: annotation {SKIP_CONTAINERS} names it"),
    )
    .severity(severity)
    .compared(Compared::Nothing, name)
    .fix(template::merge(evidence, fix, &patch, &instead))
}

/// Entries of `skip-containers` that name no container.
pub(super) fn misused(evidence: &Evidence<'_>) -> Option<Finding> {
    let containers = evidence.containers();
    let metadata = evidence.pod_metadata()?;
    let value = metadata.annotation(SKIP_CONTAINERS)?;
    let entries = skip::entries(evidence);
    let known = |name: &str| containers.iter().any(|container| container.name() == name);
    let unknown: Vec<&String> = entries.iter().filter(|entry| !known(entry)).collect();
    let detail = if entries.is_empty() {
        format!("annotation {SKIP_CONTAINERS} isn't a line of CSV, so it skips nothing: {value}")
    } else if let Some(blank) = unknown.iter().find(|entry| known(entry.trim())) {
        format!("annotation {SKIP_CONTAINERS} has blanks around {}, which are part of the name: it is not skipped", blank.trim())
    // A webhook that has yet to come may add it, as service meshes do.
    } else if let Some(other) = unknown.first().filter(|_| !evidence.snapshot.from_files) {
        format!("annotation {SKIP_CONTAINERS} names {other}, which is no container of the pod")
    } else {
        return None;
    };
    let names: Vec<&str> = entries.iter().map(|entry| entry.trim()).filter(|name| known(name)).collect();
    let wanted = names.join(",");
    let patch_value = if names.is_empty() { serde_json::Value::Null } else { json!(wanted) };
    let (summary, instead) = if names.is_empty() {
        (format!("remove {SKIP_CONTAINERS}: it names no container of the pod"), format!("remove annotation {SKIP_CONTAINERS}"))
    } else {
        (format!("name containers as they are called: {wanted}"), format!("set annotation {SKIP_CONTAINERS} to {wanted}"))
    };
    let fix = Fix::new(format!("skip {}", evidence.pod_locus().resource), summary);
    let patch = json!({"metadata": {"annotations": {SKIP_CONTAINERS: patch_value}}});
    let expected = if names.is_empty() { Compared::Nothing } else { Compared::One(wanted.clone()) };
    let locus = annotation_locus(evidence.template_locus(), metadata, SKIP_CONTAINERS);
    let finding = Finding::new(&SKIP_MISUSED, locus, detail).compared(expected, value);
    Some(finding.fix(template::merge(evidence, fix, &patch, &instead)))
}
