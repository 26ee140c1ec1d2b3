//! The service account names an IAM role.

mod addon;
mod value;

pub(crate) use addon::addon_of;

use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::{Evidence, ROLE_ANNOTATION, annotation_locus};
use crate::fault::{Severity, faults};
use crate::finding::{Compared, Finding};
use crate::fix::commands::{annotate, kubectl, restart};
use crate::fix::{Effect, Fix};
use crate::no_role::{Cause, Misplaced, NoRole, candidates, misplaced, no_role};
use crate::role_annotation::{NearMiss, plain};
use crate::snapshot::kubernetes::ServiceAccount;
use crate::snapshot::{Gap, Observed, TargetKind};
use crate::wiring::{Wiring, names_role_and_token, wiring};

faults! {
    ANNOTATION_MISSING: "annotation-missing", Error, Certain, "the service account has no role annotation";
    ANNOTATION_KEY_TYPO: "annotation-key-typo", Error, Certain, "the role annotation's key is misspelt";
    ANNOTATION_ON_WRONG_OBJECT: "annotation-on-wrong-object", Error, Certain, "the role annotation is on another object than the service account";
    ANNOTATION_INVALID_ARN: "annotation-invalid-arn", Error, Certain, "the annotation is not the ARN of a role";
    ANNOTATION_WRONG_RESOURCE_TYPE: "annotation-wrong-resource-type", Error, Certain, "the annotation is the ARN of something else than a role";
    ANNOTATION_PARTITION_MISMATCH: "annotation-partition-mismatch", Error, Certain, "the annotation's ARN is of another partition than the cluster";
    ANNOTATION_OTHER_ROLE: "annotation-other-role", Error, Certain, "the annotation names another role than the expected one";
    ADDON_ROLE_DRIFT: "addon-role-drift", Warning, Certain, "the EKS add-on names another role than the annotation";
}

/// The check.
pub static CHECK: Check = Check {
    id: "service-account-annotation",
    title: "the service account names an IAM role",
    stage: Stage::ServiceAccount,
    scope: Scope::Pod,
    needs: &[Need::ServiceAccount, Need::Pod, Need::Workload, Need::Namespace, Need::Associations, Need::Addons],
    faults: &[
        &ANNOTATION_MISSING,
        &ANNOTATION_KEY_TYPO,
        &ANNOTATION_ON_WRONG_OBJECT,
        &ANNOTATION_INVALID_ARN,
        &ANNOTATION_WRONG_RESOURCE_TYPE,
        &ANNOTATION_PARTITION_MISMATCH,
        &ANNOTATION_OTHER_ROLE,
        &ADDON_ROLE_DRIFT,
    ],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    if matches!(evidence.target.kind, TargetKind::Role | TargetKind::Namespace | TargetKind::Cluster) {
        return Outcome::not_applicable("the role was given");
    }
    let account = match evidence.service_account() {
        Observed::Present(account) => account,
        Observed::Absent => return Outcome::not_applicable("there is no such service account"),
        // A running pod shows which role it has; what the account says is for the next one.
        Observed::Unavailable(gap) if has_role(evidence) => return Outcome::pass().with_gap(gap),
        Observed::Unavailable(gap) => return beside_the_account(evidence, gap),
    };
    if let Some(found) = no_role(evidence) {
        return without_role(evidence, account, &found);
    }
    let in_pod_identity = match wiring(evidence) {
        Wiring::PodIdentity => true,
        Wiring::Bare => evidence.association().is_present(),
        Wiring::SelfWired | Wiring::Webhook => false,
    };
    if in_pod_identity {
        return Outcome::not_applicable("EKS Pod Identity gives the pod its role");
    }
    match account.metadata.annotations.get(ROLE_ANNOTATION) {
        Some(Some(arn)) if !arn.is_empty() => {
            let judged = value::finding(evidence, arn).map_or_else(Outcome::pass, Outcome::finding);
            addon::add_drift(evidence, arn, judged)
        }
        Some(None) => Outcome::finding(value::too_long(evidence)),
        _ => Outcome::not_applicable("the pod has its role in another way than by the annotation"),
    }
}

/// The account can't be seen. In files, an annotation on what isn't an account has no effect, whatever the account has.
fn beside_the_account(evidence: &Evidence<'_>, gap: Gap) -> Outcome {
    let misplaced = misplaced(evidence).filter(|_| evidence.snapshot.from_files);
    let finding = misplaced.map(|misplaced| wrong_object(evidence, &misplaced).severity(Severity::Warning));
    Outcome::Judged { findings: finding.into_iter().collect(), gaps: vec![FoundGap { gap, decisive: true }] }
}

/// Whether the pod has a role, by its own spec: one that an annotation could rightly have given it.
fn has_role(evidence: &Evidence<'_>) -> bool {
    match wiring(evidence) {
        Wiring::PodIdentity => true,
        Wiring::SelfWired | Wiring::Webhook => {
            let containers = evidence.containers();
            let mut with_role = containers.iter().filter(|container| names_role_and_token(container)).peekable();
            with_role.peek().is_some() && with_role.all(|container| value::is_right(evidence, container))
        }
        Wiring::Bare => false,
    }
}

fn without_role(evidence: &Evidence<'_>, account: &ServiceAccount, found: &NoRole<'_>) -> Outcome {
    let finding = match &found.cause {
        Cause::KeyTypo(near) => key_typo(evidence, account, near),
        Cause::WrongObject(misplaced) => wrong_object(evidence, misplaced),
        Cause::Missing => missing(evidence, account),
        Cause::WrongAccount { .. } | Cause::DefaultAccount(_) => {
            return Outcome::not_applicable("not reached: pod-service-account is broken");
        }
    };
    let finding = if found.gap_decides { finding.severity(Severity::Warning) } else { finding };
    let gaps = found.gap.clone().map(|gap| FoundGap { gap, decisive: found.gap_decides }).into_iter().collect();
    Outcome::Judged { findings: vec![finding], gaps }
}

fn missing(evidence: &Evidence<'_>, account: &ServiceAccount) -> Finding {
    let name = &account.metadata.name;
    let detail = if account.metadata.annotations.contains_key(ROLE_ANNOTATION) {
        format!("service account {name} has an empty {ROLE_ANNOTATION}, which is none to the webhook")
    } else {
        format!("service account {name} has no annotation {ROLE_ANNOTATION}")
    };
    let mut roles = addon::role_of_addon(evidence).map(str::to_owned).into_iter().collect::<Vec<_>>();
    if roles.is_empty() {
        roles = candidates(evidence, name);
    }
    let fix = Fix::new(fix_id(evidence), format!("Annotate service account {name} with the role."));
    let fix = match roles.as_slice() {
        [role] => fix.command(Effect::WritesCluster, annotate(evidence, ROLE_ANNOTATION, role)),
        _ => Fix { choices: roles.clone(), ..fix }
            .decision("whoever owns the workload must say which role the service account is to have"),
    };
    let locus = annotation_locus(evidence.account_locus(), &account.metadata, ROLE_ANNOTATION);
    let actual = account.metadata.annotation(ROLE_ANNOTATION).map_or(Compared::Nothing, Compared::from);
    Finding::new(&ANNOTATION_MISSING, locus, detail).compared(roles, actual).fix(restart(evidence, fix))
}

fn key_typo(evidence: &Evidence<'_>, account: &ServiceAccount, near: &NearMiss<'_>) -> Finding {
    let name = &account.metadata.name;
    let detail = format!(
        "service account {name} has the annotation {}, which the webhook does not read; the key is {ROLE_ANNOTATION}",
        near.key
    );
    let mut fix = Fix::new(fix_id(evidence), format!("Give service account {name} the annotation under its right key."));
    fix = with_value(evidence, fix, near.value, name);
    fix = fix.command(Effect::WritesCluster, kubectl(evidence, &["annotate", "serviceaccount", name, &format!("{}-", near.key)]));
    if near.key.starts_with("iam.amazonaws.com/") {
        fix = fix.note("kube2iam and kiam read their annotation from pods and namespaces, never from a service account");
    }
    let locus = annotation_locus(evidence.account_locus(), &account.metadata, near.key);
    Finding::new(&ANNOTATION_KEY_TYPO, locus, detail).compared(ROLE_ANNOTATION, near.key).fix(restart(evidence, fix))
}

fn wrong_object(evidence: &Evidence<'_>, misplaced: &Misplaced<'_>) -> Finding {
    let name = evidence.account_name().unwrap_or("default");
    let has_none = match evidence.service_account() {
        Observed::Present(_) => format!(", and service account {name} has none"),
        Observed::Absent | Observed::Unavailable(_) => String::new(),
    };
    let detail = format!(
        "{} has the annotation {}, but the webhook reads it from the service account only{has_none}",
        misplaced.on, misplaced.key
    );
    let fix = Fix::new(fix_id(evidence), format!("Move the annotation from {} to service account {name}.", misplaced.on));
    let mut fix = with_value(evidence, fix, misplaced.value, name)
        .note(format!("the annotation on {} has no effect and can go", misplaced.on));
    if name == "default" {
        fix = fix.note("service account default is shared by every pod that names none: an account of its own is safer");
    }
    Finding::new(&ANNOTATION_ON_WRONG_OBJECT, misplaced.locus.clone(), detail)
        .compared(format!("ServiceAccount {}/{name}", evidence.namespace()), misplaced.locus.resource.clone())
        .fix(restart(evidence, fix))
}

/// Adds the command that sets the annotation to a value that was found elsewhere, if it is a role's ARN.
fn with_value(evidence: &Evidence<'_>, mut fix: Fix, value: Option<&str>, account: &str) -> Fix {
    let value = value.map(plain).filter(|value| crate::arn::RoleArn::parse(value).is_some());
    let mut roles = value.map_or_else(|| candidates(evidence, account), |value| vec![value.to_owned()]);
    if roles.len() == 1
        && let Some(role) = roles.pop()
    {
        return fix.command(Effect::WritesCluster, annotate(evidence, ROLE_ANNOTATION, &role));
    }
    fix.choices = roles;
    fix.decision("whoever owns the workload must say which role the service account is to have")
}

/// All fixes of one account's annotation are one.
fn fix_id(evidence: &Evidence<'_>) -> String {
    format!("{} {ROLE_ANNOTATION}", evidence.account_locus().resource)
}

#[cfg(test)]
mod tests;
