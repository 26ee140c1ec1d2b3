//! IAM, in the role's account, knows the issuer.
//!
//! STS looks for a provider whose URL is the token's issuer, to the letter, in the account of the role, and takes a
//! token only if its audience is one of the provider's client ids.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use crate::arn::RoleArn;
use crate::audience;
use crate::check::{Check, Need, Outcome, Scope, Stage};
use crate::evidence::{Evidence, Issuer};
use crate::fault::faults;
use crate::finding::{Compared, Finding};
use crate::fix::commands::aws;
use crate::fix::{Effect, Fix};
use crate::identity::Mode;
use crate::issuers;
use crate::locus::Locus;
use crate::partition;
use crate::snapshot::{Account, Gap, Observed, OidcProvider};
use std::collections::BTreeSet;

faults! {
    MISSING: "oidc-provider-missing", Error, Certain, "IAM has no OIDC provider for the issuer";
    MISSING_CROSS_ACCOUNT: "oidc-provider-missing-cross-account", Error, Certain, "the provider is in the cluster's account, but not in the role's";
    URL_VARIANT: "oidc-provider-url-variant", Error, Certain, "the provider's URL is nearly the issuer";
    AUDIENCE_MISSING: "oidc-provider-audience-missing", Error, Certain, "the provider does not accept the token's audience";
}

/// The check.
pub static CHECK: Check = Check {
    id: "oidc-provider",
    title: "IAM, in the role's account, knows the issuer",
    stage: Stage::Provider,
    scope: Scope::Role,
    needs: &[Need::Issuer, Need::Providers],
    faults: &[&MISSING, &MISSING_CROSS_ACCOUNT, &URL_VARIANT, &AUDIENCE_MISSING],
    run,
};

fn run(evidence: &Evidence<'_>) -> Outcome {
    let Some(role) = &evidence.role else { return Outcome::not_applicable(evidence.why_no_role()) };
    if role.mode == Mode::PodIdentity {
        return Outcome::not_applicable("EKS Pod Identity uses no OIDC provider");
    }
    let Some(role) = evidence.role_arn() else {
        return Outcome::not_applicable(format!("not reached: {} is not the ARN of a role", role.arn.trim()));
    };
    if partition::of_role_differs(evidence) {
        return Outcome::not_applicable("not reached: the role's ARN is of another partition than the cluster");
    }
    let issuer = match evidence.issuer() {
        Observed::Present(issuer) => issuer,
        Observed::Absent => return Outcome::not_applicable("not reached: the cluster has no OIDC issuer"),
        Observed::Unavailable(gap) => return Outcome::unknown(gap),
    };
    let arn = issuer.provider_arn(role.partition, role.account);
    let Some(account) = evidence.role_account() else {
        return Outcome::unknown(evidence.role_not_collected("iam:GetOpenIDConnectProvider").about(arn));
    };
    match provider(account, &arn) {
        Observed::Present(provider) => judge_audience(evidence, role, &arn, provider),
        Observed::Absent if crate::role::is_elsewhere(evidence) => {
            Outcome::not_applicable("not reached: the role is in another account than its ARN names")
        }
        // Without the list nobody knows whether another spelling of the issuer is there.
        Observed::Absent => Outcome::finding(missing(evidence, role, &issuer, account)).beside(&account.provider_arns),
        Observed::Unavailable(gap) => Outcome::unknown(gap),
    }
}

/// The provider: looked up by its ARN, and, where that was refused, known not to be there from the list.
fn provider<'a>(account: &'a Account, arn: &str) -> Observed<&'a OidcProvider> {
    let found = match account.providers.get(arn) {
        Some(found) => found.as_ref(),
        None => Observed::Unavailable(Gap::not_collected("iam:GetOpenIDConnectProvider").about(arn)),
    };
    let listed = account.provider_arns.present().map(|arns| arns.iter().any(|known| known == arn));
    match (found, listed) {
        (Observed::Unavailable(_), Some(false)) => Observed::Absent,
        (found, _) => found,
    }
}

fn judge_audience(evidence: &Evidence<'_>, role: RoleArn<'_>, arn: &str, provider: &OidcProvider) -> Outcome {
    let decision = audience::decision(evidence);
    let audience = decision.judged();
    if provider.client_ids.iter().any(|id| id == audience) || decision.is_token() {
        return Outcome::pass();
    }
    let ids = if provider.client_ids.is_empty() { "none".to_owned() } else { provider.client_ids.join(", ") };
    let detail = format!(
        "the OIDC provider of this issuer in account {} accepts the audience {ids}, but the token's is {audience}",
        role.account
    );
    let with_verb = |verb| ["iam", verb, "--open-id-connect-provider-arn", arn, "--client-id", audience];
    let args = with_verb("add-client-id-to-open-id-connect-provider");
    let back = with_verb("remove-client-id-from-open-id-connect-provider");
    let fix = Fix::new(arn, format!("Let the provider accept the audience {audience}"))
        .command(Effect::WritesIam, aws(evidence, role.account, &args))
        .undo(Effect::WritesIam, aws(evidence, role.account, &back));
    let fix = with_url_note(fix, audience);
    let finding = Finding::new(&AUDIENCE_MISSING, Locus::new(arn).missing("ClientIDList"), detail);
    Outcome::finding(finding.compared(audience, Compared::from(provider.client_ids.clone())).fix(fix))
}

/// Version 1 of the AWS CLI takes a URL for the address of the value.
/// <https://docs.aws.amazon.com/cli/v1/userguide/cli-usage-parameters-file.html>
fn with_url_note(fix: Fix, audience: &str) -> Fix {
    if audience.starts_with("http://") || audience.starts_with("https://") {
        return fix.note(
            "version 1 of the AWS CLI would fetch that URL: there, run `aws configure set cli_follow_urlparam false` first",
        );
    }
    fix
}

fn missing(evidence: &Evidence<'_>, role: RoleArn<'_>, issuer: &Issuer, account: &Account) -> Finding {
    let wanted = issuer.provider_arn(role.partition, role.account);
    let fix = create(evidence, role, issuer, &wanted);
    if let Some((variant, what)) = nearly(account, &wanted, issuer) {
        let theirs = variant.split_once(":oidc-provider/").map_or(variant.as_str(), |(_, issuer)| issuer);
        let detail =
            format!("account {} has an OIDC provider for {theirs}, which is not the issuer {}: {what}", role.account, issuer.url);
        return Finding::new(&URL_VARIANT, Locus::new(variant.as_str()), detail)
            .compared(issuer.host_path(), theirs)
            .fix(fix.note(format!("{variant} can stay: look what trusts it before anyone deletes it")));
    }
    let place = Locus::new(format!("arn:{}:iam::{}:root", role.partition, role.account))
        .missing(format!("oidc-provider/{}", issuer.host_path()));
    let cluster_account = evidence.cluster.and_then(|cluster| cluster.account.as_deref()).filter(|id| *id != role.account);
    let in_clusters = cluster_account.filter(|id| {
        let arn = issuer.provider_arn(role.partition, id);
        evidence.account(id).is_some_and(|account| {
            let listed = account.provider_arns.present().is_some_and(|arns| arns.contains(&arn));
            listed || account.providers.get(&arn).is_some_and(Observed::is_present)
        })
    });
    if let Some(id) = in_clusters {
        let detail = format!(
            "account {id} has the OIDC provider for {}, but the role is in account {}, which has none: STS looks in the role's account",
            issuer.url, role.account
        );
        let note = format!("or annotate a role of account {id} and let it assume {} by a profile that chains roles", role.name);
        return Finding::new(&MISSING_CROSS_ACCOUNT, place, detail).compared(wanted, Compared::Nothing).fix(fix.note(note));
    }
    let detail = format!("account {} has no OIDC provider for {}", role.account, issuer.url);
    Finding::new(&MISSING, place, detail).compared(wanted, Compared::Nothing).fix(fix)
}

/// A provider of the account whose URL is another spelling of the issuer.
fn nearly(account: &Account, wanted: &str, issuer: &Issuer) -> Option<(String, &'static str)> {
    let read = account.providers.iter().filter(|(_, provider)| provider.is_present()).map(|(arn, _)| arn.as_str());
    let listed = account.provider_arns.present().into_iter().flatten().map(String::as_str);
    let all: BTreeSet<&str> = read.chain(listed).filter(|arn| *arn != wanted).collect();
    all.into_iter().find_map(|arn| {
        let (_, theirs) = arn.split_once(":oidc-provider/")?;
        issuers::variant(theirs, issuer.host_path()).map(|what| (arn.to_owned(), what))
    })
}

fn create(evidence: &Evidence<'_>, role: RoleArn<'_>, issuer: &Issuer, arn: &str) -> Fix {
    let fix = Fix::new(arn, format!("Register the issuer in account {}", role.account));
    let host = issuer.host_path().split(['/', ':']).next().unwrap_or_default();
    if host.starts_with("kubernetes.default.svc") || !host.contains('.') || !issuer.url.starts_with("https://") {
        return fix.decision(format!(
            "whoever runs the cluster must give its API server a public issuer: AWS can't reach {} to read its keys",
            issuer.url
        ));
    }
    let decision = audience::decision(evidence);
    let args = ["iam", "create-open-id-connect-provider", "--url", issuer.url.as_str(), "--client-id-list", decision.judged()];
    let fix = fix.command(Effect::WritesIam, aws(evidence, role.account, &args));
    let cluster = evidence.cluster.filter(|cluster| cluster.account.as_deref() == Some(role.account));
    match cluster.and_then(|cluster| Some((cluster.name.as_deref()?, cluster.region.as_deref()?))) {
        Some((name, region)) => fix
            .note(format!("with eksctl: eksctl utils associate-iam-oidc-provider --cluster {name} --region {region} --approve")),
        None => fix,
    }
}

#[cfg(test)]
mod tests;
