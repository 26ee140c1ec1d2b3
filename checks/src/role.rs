//! The role exists in the account that its ARN names.
//!
//! STS answers a role that isn't there, and an ARN whose path is wrong, with the same AccessDenied as a trust policy
//! that refuses: only IAM tells them apart.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

mod nearest;

use crate::arn::RoleArn;
use crate::check::{Check, FoundGap, Need, Outcome, Scope, Stage};
use crate::evidence::{Evidence, ROLE_ANNOTATION, RoleSource, RoleUnderJudgement};
use crate::fault::{Severity, faults};
use crate::finding::{Compared, Finding};
use crate::fix::commands::{annotate, aws, restart};
use crate::fix::{Effect, Fix};
use crate::locus::Locus;
use crate::partition;
use crate::snapshot::{Gap, Observed, Role};
use crate::trust;
use irsa_doctor_iam::PolicyKind;
use irsa_doctor_iam::policy::{PrincipalEntry, PrincipalType};

faults! {
    MISSING: "role-missing", Error, Certain, "the role does not exist";
    PATH_MISMATCH: "role-path-mismatch", Error, Certain, "a role of that name has another path";
    ACCOUNT_MISMATCH: "role-account-mismatch", Warning, Likely, "the role's ARN names another account than the one that has the role";
    RECREATED_PRINCIPAL: "role-recreated-principal", Warning, Certain, "the trust policy names a principal that was deleted";
}

/// The check.
pub static CHECK: Check = Check {
    id: "role",
    title: "the role exists in the account that its ARN names",
    stage: Stage::Role,
    scope: Scope::Role,
    needs: &[Need::Role, Need::Roles],
    faults: &[&MISSING, &PATH_MISMATCH, &ACCOUNT_MISMATCH, &RECREATED_PRINCIPAL],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let Some(role) = &evidence.role else { return Outcome::not_applicable(evidence.why_no_role()) };
    let Some(arn) = evidence.role_arn() else {
        return not_asked(role, &format!("{} is not the ARN of a role", role.arn.trim()));
    };
    if partition::of_role_differs(evidence) {
        return not_asked(role, "the role's ARN is of another partition than the cluster");
    }
    match evidence.iam_role() {
        Observed::Present(found) => present(evidence, arn, &role.arn, found),
        Observed::Absent => Outcome::finding(match other_account(evidence, arn) {
            Some(finding) => finding.severity(Severity::Error),
            None => missing(evidence, arn, &role.arn),
        }),
        Observed::Unavailable(gap) => Outcome::Judged {
            findings: other_account(evidence, arn).into_iter().collect(),
            gaps: vec![FoundGap { gap, decisive: true }],
        },
    }
}

/// A role that can't be looked up. Where a pod, an account or an association names it, the check of that link says so;
/// where the user gave it, nothing else does.
fn not_asked(role: &RoleUnderJudgement, why: &str) -> Outcome {
    match role.source {
        RoleSource::Given => Outcome::unknown(Gap::not_collected("iam:GetRole").about(role.arn.trim()).detail(why)),
        _ => Outcome::not_applicable(format!("not reached: {why}")),
    }
}

fn present(evidence: &Evidence<'_>, arn: RoleArn<'_>, text: &str, found: &Role) -> Outcome {
    match RoleArn::parse(&found.arn) {
        Some(real) if real.name != arn.name => return Outcome::finding(missing(evidence, arn, text)),
        Some(real) if real.path != arn.path => {
            let detail = format!("role {} is {}, not {text}: its path is {}, not {}", arn.name, found.arn, real.path, arn.path);
            let finding = Finding::new(&PATH_MISMATCH, Locus::new(found.arn.as_str()), detail);
            let fix = rename(evidence, text, &found.arn, format!("Name role {} with its path", arn.name));
            return Outcome::finding(finding.compared(found.arn.as_str(), text).fix(fix));
        }
        _ => {}
    }
    Outcome::findings(deleted_principals(evidence, found))
}

/// The principals of the trust policy that IAM shows by their unique id, because nobody bears it any more.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn deleted_principals(evidence: &Evidence<'_>, role: &Role) -> Vec<Finding> {
    let Some(found) = evidence.role_evidence().and_then(|evidence| evidence.role.present()) else { return Vec::new() };
    let policy = evidence.policies.parse(&found.trust_policy, PolicyKind::Trust);
    let Ok(policy) = policy.as_ref() else { return Vec::new() };
    let principals = policy.statements.iter().filter_map(|statement| statement.principal.as_ref());
    let deleted = principals.flat_map(|principals| &principals.entries).filter(|entry| is_deleted(entry));
    deleted
        .map(|entry| {
            let detail = format!(
                "role {} trusts {}, the id of a user or role that was deleted: one of the same name made since is not trusted",
                role.name, entry.text
            );
            let locus = Locus::new(role.arn.as_str())
                .document(trust::DOCUMENT)
                .at(entry.place.path.as_str())
                .line_column(entry.place.line, entry.place.column);
            Finding::new(&RECREATED_PRINCIPAL, locus, detail).fix(
                Fix::new(format!("{}#principal", role.arn), "Name the principal by its ARN again, or take it out")
                    .decision(format!("whoever owns role {} must say who {} was", role.name, entry.text)),
            )
        })
        .collect()
}

fn is_deleted(entry: &PrincipalEntry) -> bool {
    let id = ["AROA", "AIDA"].iter().any(|prefix| entry.text.starts_with(prefix));
    // Of AWS principals only ids begin so: the parser refuses what else there could be.
    entry.kind == Some(PrincipalType::Aws) && id
}

fn missing(evidence: &Evidence<'_>, arn: RoleArn<'_>, text: &str) -> Finding {
    let near = nearest::roles(evidence, arn);
    let hint = match near.first() {
        Some(first) if first.lets_in => format!("; {} exists and trusts this service account", first.arn),
        Some(first) => format!("; the nearest name is {}", first.arn),
        None => String::new(),
    };
    let detail = format!("role {} doesn't exist in account {}{hint}", arn.name, arn.account);
    let place =
        Locus::new(format!("arn:{}:iam::{}:root", arn.partition, arn.account)).missing(format!("role{}{}", arn.path, arn.name));
    let trusting: Vec<_> = near.iter().filter(|role| role.lets_in).collect();
    let fix = if let [only] = trusting.as_slice() {
        rename(evidence, text, &only.arn, format!("Use role {}", only.arn))
    } else {
        let mut fix = Fix::new(format!("role:{text}"), format!("Name a role that exists, or create {}", arn.name))
            .decision(format!("whoever owns this workload must say which role of account {} it is meant to have", arn.account));
        fix.choices = near.iter().map(|role| role.arn.clone()).collect();
        fix
    };
    Finding::new(&MISSING, place, detail).compared(text, Compared::Nothing).fix(eksctl(evidence, fix))
}

/// Whether the role is known not to be in the account that its ARN names, but in the cluster's: then that account's
/// providers are beside the point.
pub(crate) fn is_elsewhere(evidence: &Evidence<'_>) -> bool {
    let arn = evidence.role_arn();
    evidence.iam_role().is_absent() && arn.is_some_and(|arn| other_account(evidence, arn).is_some())
}

/// Whether the cluster's own account has the role that the ARN places elsewhere, and that role lets this account in.
fn other_account(evidence: &Evidence<'_>, arn: RoleArn<'_>) -> Option<Finding> {
    let home = evidence.cluster?.account.as_deref().filter(|account| *account != arn.account)?;
    let account = evidence.account(home)?;
    let looked_up = account.roles.get(arn.name).and_then(|role| role.role.present());
    let listed = account.role_list.present().and_then(|roles| roles.iter().find(|role| role.name == arn.name));
    let (real, trust_policy) = match (looked_up, listed) {
        (Some(role), _) => (role.arn.as_str(), role.trust_policy.as_str()),
        (None, Some(role)) => (role.arn.as_str(), role.trust_policy.as_deref()?),
        (None, None) => return None,
    };
    if !trust::lets_in(evidence, real, trust_policy) {
        return None;
    }
    let text = evidence.role.as_ref()?.arn.as_str();
    let detail = format!(
        "{text} names account {}, but role {} that trusts this service account is in the cluster's account {home}",
        arn.account, arn.name
    );
    let fix = rename(evidence, text, real, format!("Name the role of account {home}"));
    Some(Finding::new(&ACCOUNT_MISMATCH, Locus::new(real), detail).compared(real, text).fix(fix))
}

/// Puts another ARN where this one stands: in the annotation, in the association, or wherever the pod has it from.
fn rename(evidence: &Evidence<'_>, from: &str, to: &str, summary: String) -> Fix {
    let fix = Fix::new(format!("role:{from}"), summary);
    if evidence.role.as_ref().is_some_and(|role| role.source == RoleSource::Association) {
        return associate(evidence, to, fix);
    }
    match evidence.annotated_role() {
        Some(annotated) if annotated == from => {
            restart(evidence, fix.command(Effect::WritesCluster, annotate(evidence, ROLE_ANNOTATION, to)))
        }
        Some(annotated) if annotated == to => restart(evidence, fix),
        _ => fix.decision(format!(
            "whoever set the role {from} must change it to {to}: it stands neither in the annotation nor in an association"
        )),
    }
}

fn associate(evidence: &Evidence<'_>, to: &str, fix: Fix) -> Fix {
    let cluster = evidence.cluster.and_then(|cluster| Some((cluster.name.as_deref()?, cluster.account.as_deref()?)));
    let association = evidence.association();
    let (Some((name, account)), Some(association)) = (cluster, association.present()) else {
        return fix.decision("whoever owns the Pod Identity association must give it the right role");
    };
    let args = [
        "eks",
        "update-pod-identity-association",
        "--cluster-name",
        name,
        "--association-id",
        association.id.as_str(),
        "--role-arn",
        to,
    ];
    fix.command(Effect::WritesEks, aws(evidence, account, &args))
        .note("pods get the new role at their next refresh, within hours")
}

/// `eksctl` goes by its `CloudFormation` stack, not by the service account: both must be made anew.
fn eksctl(evidence: &Evidence<'_>, fix: Fix) -> Fix {
    let managed = evidence
        .service_account()
        .present()
        .is_some_and(|account| account.metadata.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == "eksctl"));
    let cluster = evidence.cluster.and_then(|cluster| cluster.name.as_deref());
    let (true, Some(cluster), Some(name)) = (managed, cluster, evidence.account_name()) else { return fix };
    let namespace = evidence.namespace();
    let mut fix = fix;
    fix.managed_by = Some("eksctl".to_owned());
    fix.durable = Some(format!(
        "eksctl delete iamserviceaccount --cluster {cluster} --namespace {namespace} --name {name}, then eksctl create iamserviceaccount with the same arguments, --override-existing-serviceaccounts and --approve"
    ));
    fix
}

#[cfg(test)]
mod tests;
