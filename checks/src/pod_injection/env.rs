//! What the environment says: half a configuration, a role of its own, a session name.

use super::state;
use super::{ENV_BLOCKS, HARD_CODED, ROLE_STALE, SESSION_NAME};
use crate::arn::RoleArn;
use crate::evidence::{ContainerView, Evidence, RoleSource, RoleUnderJudgement};
use crate::fault::Severity;
use crate::finding::Finding;
use crate::fix::{Fix, commands, template};
use crate::identity::Mode;
use crate::snapshot::{Gap, Observed, VARIABLE};
use crate::{trust, webhook};

/// A container whose spec sets one of role and token file: the webhook then adds neither.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook/issues/82>
/// The gap is what kept us from knowing whether there was anything to add.
pub(super) fn half(evidence: &Evidence<'_>, container: &ContainerView<'_>, set: &'static str) -> Result<Option<Finding>, Gap> {
    // Without a role in sight nothing was to be injected: what is missing is the annotation.
    let saw = evidence.pod_spec().is_some_and(state::webhook_saw);
    if !saw && !expects_role(evidence)? {
        return Ok(None);
    }
    // Without its volume the webhook never came as far as the env.
    if !saw && webhook::explains(evidence) {
        return Ok(None);
    }
    let name = container.name();
    let effect = if set == "AWS_ROLE_ARN" {
        "SDKs then skip web identity and fall back to the node's role or to nothing"
    } else {
        "SDKs then fail for want of a role"
    };
    let detail = format!("container {name} sets {set} itself, so the webhook added neither role nor token file; {effect}");
    let set_ones: Vec<&str> = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"]
        .into_iter()
        .filter(|variable| container.variable(variable).is_some())
        .collect();
    let fix = Fix::new(
        template::id(evidence, "env", container.name()),
        format!("remove {} from container {name}", set_ones.join(" and ")),
    );
    let fix = template::unset_env(evidence, fix, name, &set_ones);
    Ok(Some(Finding::new(&ENV_BLOCKS, container.variable_locus(set), detail).fix(fix)))
}

/// Whether the webhook would give new pods of this account a role: by its annotation or by an association.
pub(super) fn expects_role(evidence: &Evidence<'_>) -> Result<bool, Gap> {
    match evidence.service_account() {
        _ if evidence.association().is_present() => Ok(true),
        Observed::Present(_) => Ok(evidence.annotated_role().is_some()),
        Observed::Absent => Ok(false),
        Observed::Unavailable(gap) => Err(gap),
    }
}

/// What the spec doesn't show of a container's role and token file: a config map's key, a field, another variable.
pub(super) fn unseen(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Vec<Gap> {
    let (name, pod) = (container.name(), evidence.pod_name().unwrap_or_default());
    let unseen = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"].into_iter().filter(|variable| container.is_unseen(variable));
    unseen
        .map(|variable| {
            Gap::not_collected(format!("{VARIABLE}{variable}"))
                .about(format!("container {name} of pod {pod}"))
                .detail(format!("container {name} sets {variable} to what its spec doesn't show, and the webhook leaves that"))
                .remedy("see what it is in the running container, or set it in the spec as a plain value")
        })
        .collect()
}

/// The same evidence, with the role that this container uses under judgement.
pub(super) fn with_role_of<'a>(evidence: &Evidence<'a>, container: &ContainerView<'_>) -> Evidence<'a> {
    let Some(role) = container.value("AWS_ROLE_ARN") else { return evidence.clone() };
    let source = RoleSource::Container(container.name().to_owned());
    evidence.with_role(Some(RoleUnderJudgement { arn: role.to_owned(), source, mode: Mode::Irsa }))
}

/// A role that isn't the annotation's: of an older annotation, or of the spec itself. The gap is what kept us from comparing.
pub(super) fn role(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Result<Option<Finding>, Gap> {
    let Some(role) = container.value("AWS_ROLE_ARN") else { return Ok(None) };
    let annotated = match evidence.service_account() {
        Observed::Present(_) => evidence.annotated_role(),
        Observed::Absent => None,
        Observed::Unavailable(gap) => return Err(gap),
    };
    // Without an annotation the pod wires itself, or a mapping of the webhook's own names its role.
    let Some(annotated) = annotated else { return Ok(None) };
    let same = annotated == role || is_composed(annotated, role);
    let hard_coded = state::is_hard_coded(evidence, container);
    if same && !hard_coded {
        return Ok(None);
    }
    // With an association for the same role, new pods get what this one has.
    let associated = evidence.association().present().map(|association| association.role_arn.clone());
    if !hard_coded && associated.as_deref() == Some(role) && !is_unusable(evidence, container, role) {
        return Ok(None);
    }
    let severity = if is_unusable(evidence, container, role) {
        Severity::Error
    } else if same {
        Severity::Info
    } else {
        Severity::Warning
    };
    Ok(Some(
        if hard_coded { fixed_role(evidence, container, role, annotated) } else { stale(evidence, container, role, annotated) }
            .severity(severity),
    ))
}

fn stale(evidence: &Evidence<'_>, container: &ContainerView<'_>, role: &str, annotated: &str) -> Finding {
    let pod = evidence.pod_name().unwrap_or_default();
    let detail = format!(
        "pod {pod} uses {role}; service account {} now names {annotated}, which only new pods get",
        evidence.account_name().unwrap_or_default()
    );
    let id = format!("restart {}", evidence.pod_locus().resource);
    let fix = if RoleArn::parse(annotated).is_some() {
        let summary = format!("make the pod anew: it then uses {annotated} in place of {role}");
        commands::restart(evidence, Fix::new(id, summary))
    } else {
        Fix::new(id, format!("mend the annotation before a pod is made anew: {annotated} is no role's ARN"))
            .decision("whoever owns the service account: which role do its pods need?")
    };
    Finding::new(&ROLE_STALE, container.variable_locus("AWS_ROLE_ARN"), detail).compared(annotated, role).fix(fix)
}

fn fixed_role(evidence: &Evidence<'_>, container: &ContainerView<'_>, role: &str, annotated: &str) -> Finding {
    let name = container.name();
    let detail = format!(
        "container {name} sets AWS_ROLE_ARN to {role} in its own spec; the annotation of service account {} ({annotated}) has no say",
        evidence.account_name().unwrap_or_default()
    );
    let names = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];
    let fix = Fix::new(
        template::id(evidence, "env", container.name()),
        format!("remove {} from container {name}: the webhook then gives it {annotated}", names.join(" and ")),
    );
    Finding::new(&HARD_CODED, container.variable_locus("AWS_ROLE_ARN"), detail)
        .compared(annotated, role)
        .fix(template::unset_env(evidence, fix, name, &names))
}

/// Whether the webhook made this ARN of a bare role name (`--compose-role-arn`).
fn is_composed(annotated: &str, role: &str) -> bool {
    !annotated.contains("arn:") && RoleArn::parse(role).is_some() && role.ends_with(&format!(":role/{annotated}"))
}

/// Whether the role that the container uses is known to be missing or to refuse it.
/// Whether the role in the container's environment is missing or refuses.
pub(super) fn uses_unusable_role(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> bool {
    container.value("AWS_ROLE_ARN").is_some_and(|role| is_unusable(evidence, container, role))
}

/// What keeps from knowing whether the role in the container's environment is of use.
pub(super) fn unread_role(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Gap> {
    match trust::decision(&with_role_of(evidence, container)) {
        trust::Trust::Unread(gap) => Some(gap),
        _ => None,
    }
}

fn is_unusable(evidence: &Evidence<'_>, container: &ContainerView<'_>, role: &str) -> bool {
    let evidence = with_role_of(evidence, container);
    RoleArn::parse(role).is_none() || evidence.iam_role().is_absent() || trust::decision(&evidence).refuses()
}

/// A session name that STS doesn't take.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
pub(super) fn session_name(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let variable = "AWS_ROLE_SESSION_NAME";
    let value = container.literal(variable).map(str::to_owned).or_else(|| from_field(evidence, container, variable))?;
    let (known, whole) = if container.is_expanded(variable) { without_references(&value) } else { (value.clone(), true) };
    let odd = known.chars().find(|c| !(c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c)));
    let length = value.chars().count();
    let why = match odd {
        Some('$') if value.contains("$(") => format!("Kubernetes leaves {value} as it is, for no such variable is set before it"),
        Some(c) => format!("STS takes no {c:?} in it"),
        None if whole && length > 64 => format!("it has {length} characters, STS takes 64"),
        None if whole && length < 2 => "STS wants two characters at least".to_owned(),
        None => return None,
    };
    let name = container.name();
    let detail = format!("container {name} sets {variable} to a name that STS refuses: {why}");
    let clean: String =
        known.chars().map(|c| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' }).take(64).collect();
    let fix = Fix::new(
        template::id(evidence, "session", container.name()),
        format!("give container {name} a session name that STS takes"),
    );
    let fix = if clean.len() < 2 || container.literal(variable).is_none_or(|literal| literal.contains("$(")) {
        template::unset_env(evidence, fix, name, &[variable])
    } else {
        template::put_env(evidence, fix, name, variable, &clean)
    };
    let wanted = "2 to 64 characters of letters, digits and _+=,.@-";
    Some(Finding::new(&SESSION_NAME, container.variable_locus(variable), detail).compared(wanted, value).fix(fix))
}

/// The value without `$(NAME)` references, whose values aren't known here; and whether it had none.
/// <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>
fn without_references(value: &str) -> (String, bool) {
    let mut known = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("$(") {
        let Some((_, behind)) = after.split_once(')') else { break };
        known.push_str(before);
        rest = behind;
    }
    known.push_str(rest);
    let whole = known == value;
    (known, whole)
}

/// The value of a variable that is a field of the pod.
fn from_field(evidence: &Evidence<'_>, container: &ContainerView<'_>, variable: &str) -> Option<String> {
    let (_, variable) = container.variable(variable)?;
    let field = variable.value_from.as_ref()?.field_ref.as_ref()?;
    let pod = evidence.pod.present()?;
    match field.field_path.as_str() {
        "metadata.name" => Some(pod.metadata.name.clone()),
        "metadata.namespace" => pod.metadata.namespace.clone(),
        "metadata.uid" => pod.metadata.uid.clone(),
        "spec.nodeName" => pod.spec.node_name.clone(),
        "spec.serviceAccountName" => Some(pod.spec.account_name().to_owned()),
        _ => None,
    }
}
