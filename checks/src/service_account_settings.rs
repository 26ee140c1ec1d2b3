//! The service account's other IRSA annotations are valid.
//!
//! What the webhook makes of them: <https://github.com/aws/amazon-eks-pod-identity-webhook#eks-walkthrough>

use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::{ContainerView, Evidence, TokenFile, annotation_locus};
use crate::fault::{Severity, faults};
use crate::finding::{Compared, Finding};
use crate::fix::commands::{remove_annotation, restart};
use crate::fix::{Effect, Fix};
use crate::locus::Locus;
use crate::snapshot::kubernetes::{Metadata, ServiceAccount};
use crate::snapshot::{Observed, TargetKind};
use crate::wiring::{Wiring, wiring};

faults! {
    AUDIENCE_EMPTY: "audience-empty", Error, Certain, "the audience annotation is empty, so the token is for the API server";
    TOKEN_EXPIRATION_INVALID: "token-expiration-invalid", Warning, Certain, "the token's life is not a number of at least 600 seconds";
    STS_REGIONAL_ENDPOINTS_INVALID: "sts-regional-endpoints-invalid", Warning, Certain, "the regional endpoints annotation is not a boolean and is ignored";
    SKIP_CONTAINERS_ON_SERVICE_ACCOUNT: "skip-containers-on-service-account", Warning, Certain, "skip-containers works on pods only";
}

/// The check.
pub static CHECK: Check = Check {
    id: "service-account-settings",
    title: "the service account's other IRSA annotations are valid",
    stage: Stage::ServiceAccount,
    scope: Scope::Pod,
    needs: &[Need::ServiceAccount, Need::Pod, Need::Providers, Need::Associations],
    faults: &[&AUDIENCE_EMPTY, &TOKEN_EXPIRATION_INVALID, &STS_REGIONAL_ENDPOINTS_INVALID, &SKIP_CONTAINERS_ON_SERVICE_ACCOUNT],
    run,
};

const AUDIENCE: &str = "eks.amazonaws.com/audience";
const TOKEN_EXPIRATION: &str = "eks.amazonaws.com/token-expiration";
const REGIONAL: &str = "eks.amazonaws.com/sts-regional-endpoints";
const SKIP_CONTAINERS: &str = "eks.amazonaws.com/skip-containers";

/// The shortest life of a token that Kubernetes takes, and what the webhook makes of anything shorter.
const SHORTEST: i64 = 600;
/// The longest; above it the API server refuses the pod.
/// <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/>
const LONGEST: i64 = 1 << 32;

/// What Go's `strconv.ParseBool` takes.
const BOOLEANS: &[&str] = &["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

fn run(evidence: &Evidence<'_>) -> Outcome {
    if matches!(evidence.target.kind, TargetKind::Role | TargetKind::Namespace | TargetKind::Cluster) {
        return Outcome::not_applicable("the role was given");
    }
    let account = match evidence.service_account() {
        Observed::Present(account) => account,
        Observed::Absent => return Outcome::not_applicable("there is no such service account"),
        // What the annotations came to stands in the pod, where pod-injection judges it.
        Observed::Unavailable(gap) if wiring(evidence) != Wiring::Bare && !has_api_server_token(evidence) => {
            return Outcome::pass().with_gap(gap);
        }
        Observed::Unavailable(gap) => return Outcome::unknown(gap),
    };
    let has_role = evidence.annotated_role().is_some();
    if !has_role && !evidence.association().is_present() {
        return Outcome::not_applicable("the service account names no role");
    }
    let settings = [audience(evidence, account), regional(evidence, account), skip_containers(evidence, account)];
    let expirations = expirations(evidence, account);
    Outcome::findings(settings.into_iter().flatten().chain(expirations).collect())
}

/// Whether the audience annotation is there and empty, so that tokens get the API server's own audience.
pub fn audience_is_empty(evidence: &Evidence<'_>) -> bool {
    // An unkept value isn't an empty one; the webhook takes an empty one as it is.
    let account = evidence.service_account();
    account.present().is_some_and(|account| account.metadata.annotation(AUDIENCE) == Some(""))
}

fn audience(evidence: &Evidence<'_>, account: &ServiceAccount) -> Option<Finding> {
    // In Pod Identity mode the annotation is not read.
    let in_use = evidence.annotated_role().is_some() && wiring(evidence) != Wiring::PodIdentity;
    if !in_use || !audience_is_empty(evidence) || evidence.association().is_present() && wiring(evidence) == Wiring::Bare {
        return None;
    }
    let name = &account.metadata.name;
    let detail = format!("service account {name} has an empty {AUDIENCE}, so its token is for the API server, not for STS");
    let fix = Fix::new(
        format!("{} {AUDIENCE}", evidence.account_locus().resource),
        "Remove the empty annotation: STS's own audience is the default.",
    )
    .command(Effect::WritesCluster, remove_annotation(evidence, AUDIENCE));
    let finding = Finding::new(&AUDIENCE_EMPTY, evidence.account_annotation_locus(AUDIENCE), detail)
        .compared(sts_audience(evidence), "")
        .fix(restart(evidence, fix));
    if has_other_audience(evidence) {
        let detail = format!("{}; this pod's token has an earlier audience, the next one's will not", finding.detail);
        return Some(Finding { detail, ..finding }.severity(Severity::Warning));
    }
    let wanted = takes_api_server_audience(evidence);
    Some(if wanted { finding.severity(Severity::Warning) } else { finding })
}

/// The audience that STS is usually asked with: in China, providers are often made for `sts.amazonaws.com` as well.
fn sts_audience(evidence: &Evidence<'_>) -> Compared {
    match provider_audiences(evidence) {
        Some(audiences) if !audiences.is_empty() => Compared::from(audiences.to_vec()),
        _ => Compared::from("sts.amazonaws.com"),
    }
}

fn provider_audiences<'a>(evidence: &Evidence<'a>) -> Option<&'a [String]> {
    let issuer = evidence.issuer();
    let issuer = issuer.present()?;
    let role = evidence.role_arn()?;
    let arn = issuer.provider_arn(role.partition, role.account);
    evidence.role_account()?.providers.get(&arn)?.present().map(|provider| provider.client_ids.as_slice())
}

/// Whether the provider was made for the API server's own audience.
fn takes_api_server_audience(evidence: &Evidence<'_>) -> bool {
    let issuer = evidence.issuer();
    let issuer = issuer.present().map(|issuer| issuer.url.as_str());
    let own = |audience: &String| audience == "https://kubernetes.default.svc" || Some(audience.as_str()) == issuer;
    provider_audiences(evidence).is_some_and(|audiences| audiences.iter().any(own))
}

/// Whether the pod's own token was made for another audience than the API server's: before the annotation became empty.
fn has_other_audience(evidence: &Evidence<'_>) -> bool {
    token_audiences(evidence).iter().any(|audience| !audience.is_empty())
}

/// Whether a container's token is for the API server, as an empty annotation makes it.
fn has_api_server_token(evidence: &Evidence<'_>) -> bool {
    token_audiences(evidence).iter().any(String::is_empty)
}

/// The audiences of the tokens that the judged pod's containers use for AWS.
fn token_audiences(evidence: &Evidence<'_>) -> Vec<String> {
    if !evidence.pod.is_present() {
        return Vec::new();
    }
    let audience = |container: &ContainerView<'_>| match container.token_file() {
        Some(TokenFile::Projected { token, .. }) => Some(token.audience.clone().unwrap_or_default()),
        _ => None,
    };
    evidence.containers().iter().filter_map(audience).collect()
}

fn regional(evidence: &Evidence<'_>, account: &ServiceAccount) -> Option<Finding> {
    let value = account.metadata.annotation(REGIONAL).filter(|value| !BOOLEANS.contains(value))?;
    let name = &account.metadata.name;
    let detail = format!("service account {name} has {REGIONAL} \"{value}\", which is not a boolean, so the webhook ignores it");
    let fix = Fix::new(format!("{} {REGIONAL}", evidence.account_locus().resource), "Set the annotation to true or false.")
        .command(Effect::WritesCluster, crate::fix::commands::annotate(evidence, REGIONAL, "true"));
    let expected = vec!["true".to_owned(), "false".to_owned()];
    let locus = evidence.account_annotation_locus(REGIONAL);
    Some(Finding::new(&STS_REGIONAL_ENDPOINTS_INVALID, locus, detail).compared(expected, value).fix(restart(evidence, fix)))
}

fn skip_containers(evidence: &Evidence<'_>, account: &ServiceAccount) -> Option<Finding> {
    account.metadata.annotations.contains_key(SKIP_CONTAINERS).then_some(())?;
    let name = &account.metadata.name;
    let detail =
        format!("service account {name} has {SKIP_CONTAINERS}, which the webhook reads from pods only: no container is skipped");
    let fix = Fix::new(
        format!("{} {SKIP_CONTAINERS}", evidence.account_locus().resource),
        "Move the annotation to the pods (or their template) that it is meant for.",
    )
    .command(Effect::WritesCluster, remove_annotation(evidence, SKIP_CONTAINERS));
    Some(Finding::new(&SKIP_CONTAINERS_ON_SERVICE_ACCOUNT, evidence.account_annotation_locus(SKIP_CONTAINERS), detail).fix(fix))
}

/// The token's life, on the account and on the pod, whose own annotation comes first.
fn expirations(evidence: &Evidence<'_>, account: &ServiceAccount) -> Vec<Finding> {
    let name = &account.metadata.name;
    let on_account = (format!("service account {name}"), evidence.account_locus(), &account.metadata);
    let on_pod = evidence.pod.present().map(|pod| (format!("pod {}", pod.metadata.name), evidence.pod_locus(), &pod.metadata));
    let all = std::iter::once(on_account).chain(on_pod);
    all.filter_map(|(what, locus, metadata)| expiration(evidence, &what, locus, metadata)).collect()
}

fn expiration(evidence: &Evidence<'_>, what: &str, object: Locus, metadata: &Metadata) -> Option<Finding> {
    let value = metadata.annotation(TOKEN_EXPIRATION)?;
    let (severity, effect) = match value.parse::<i64>() {
        Ok(SHORTEST..=LONGEST) => return None,
        Ok(..SHORTEST) => {
            (Severity::Warning, format!("which is less than {SHORTEST} seconds, so the webhook makes it {SHORTEST}"))
        }
        // A pod that is there was let in; the next one won't be.
        Ok(_) if evidence.pod.is_present() => {
            (Severity::Warning, "which is more than Kubernetes takes: new pods are refused".to_owned())
        }
        Ok(_) => (Severity::Error, "which is more than Kubernetes takes: pods are refused".to_owned()),
        Err(_) => (Severity::Warning, "which is not a whole number of seconds, so the webhook ignores it".to_owned()),
    };
    let detail = format!("{what} has {TOKEN_EXPIRATION} \"{value}\", {effect}");
    let on_pod = object.resource.starts_with("Pod ");
    let locus = annotation_locus(object, metadata, TOKEN_EXPIRATION);
    let fix = Fix::new(
        format!("{} {TOKEN_EXPIRATION}", locus.resource),
        "Set the token's life to at least 600 seconds, or remove the annotation.",
    );
    let fix = if on_pod {
        restart(evidence, fix).decision("whoever owns the pod: the annotation stands in its manifest or its workload's template")
    } else {
        restart(evidence, fix.command(Effect::WritesCluster, remove_annotation(evidence, TOKEN_EXPIRATION)))
    };
    Some(Finding::new(&TOKEN_EXPIRATION_INVALID, locus, detail).severity(severity).compared("600 or more", value).fix(fix))
}

#[cfg(test)]
mod tests;
