//! What the command line asks for, as the core has it.

use super::parse::is_name;
use super::pasted;
use super::{RunArgs, TargetArgs};
use crate::error::Error;
use crate::redact::redact;
use irsa_doctor_checks::arn::RoleArn;
use irsa_doctor_checks::snapshot::{Asked, RequiredAction, Target, TargetKind};
use std::collections::BTreeMap;

/// The names that kubectl has for each kind.
const KINDS: &[(&[&str], TargetKind)] = &[
    (&["pod", "pods", "po"], TargetKind::Pod),
    (&["serviceaccount", "serviceaccounts", "sa"], TargetKind::ServiceAccount),
    (&["deployment", "deployments", "deploy", "deployment.apps"], TargetKind::Deployment),
    (&["statefulset", "statefulsets", "sts", "statefulset.apps"], TargetKind::StatefulSet),
    (&["daemonset", "daemonsets", "ds", "daemonset.apps"], TargetKind::DaemonSet),
    (&["replicaset", "replicasets", "rs", "replicaset.apps"], TargetKind::ReplicaSet),
    (&["job", "jobs", "job.batch"], TargetKind::Job),
    (&["cronjob", "cronjobs", "cj", "cronjob.batch"], TargetKind::CronJob),
    (&["rollout", "rollouts", "ro", "rollout.argoproj.io"], TargetKind::Rollout),
    (&["role", "roles"], TargetKind::Role),
    (&["namespace", "namespaces", "ns"], TargetKind::Namespace),
];

/// The subcommands: a target that is nearly one of them is a typo.
const SUBCOMMANDS: &[&str] = &["lint", "explain", "checks", "permissions", "bundle", "schema", "completions", "man"];

/// Reads what was asked from the command line. The namespace of a target is empty where the command line names none.
///
/// # Errors
///
/// A usage error where a target can't be read, or where options contradict each other.
pub(crate) fn asked(args: &RunArgs) -> Result<Asked, Error> {
    let mut targets = named(&args.target)?;
    let namespace = args.target.namespace.clone().unwrap_or_default();
    if let (true, Some(account)) = (targets.is_empty(), &args.expect.service_account) {
        // Nothing else says what to look at: the account itself.
        targets.push(Target::new(TargetKind::ServiceAccount, "", account.as_str()));
    }
    if let (true, Some(role), Some(_)) = (targets.is_empty(), &args.expect.needs.role, &args.target.subject) {
        targets.push(role_target(role)?);
    }
    if args.target.all_namespaces {
        targets.push(Target::new(TargetKind::Cluster, "", ""));
    }
    if targets.is_empty() && !namespace.is_empty() {
        targets.push(Target::new(TargetKind::Namespace, "", namespace.as_str()));
    }
    for target in &mut targets {
        match target.kind {
            TargetKind::Role => target.subject.clone_from(&args.target.subject),
            TargetKind::Namespace => target.namespace.clone_from(&target.name),
            TargetKind::Cluster => {}
            _ => target.namespace.clone_from(&namespace),
        }
    }
    if args.target.subject.is_some() && !targets.iter().any(|target| target.kind == TargetKind::Role) {
        return Err(Error::usage(
            "`--subject` goes with a role",
            "write `irsa-doctor role/ARN --subject NAMESPACE/NAME`, or leave --subject out: a pod says itself what it runs as",
        ));
    }
    targets.dedup();
    let selects = args.target.selector.is_some() || args.target.field_selector.is_some();
    if selects && !targets.iter().any(|target| target.kind.is_scan()) {
        return Err(Error::usage(
            "a selector goes with a scan",
            "write `irsa-doctor -A -l SELECTOR` or `irsa-doctor -n NAMESPACE -l SELECTOR`, without a target",
        ));
    }
    Ok(Asked {
        targets,
        container: args.target.container.clone(),
        service_account: args.expect.service_account.clone(),
        role: args.expect.needs.role.clone(),
        policies: args.expect.needs.policy.clone(),
        actions: actions(&args.expect.needs.action, &args.expect.needs.resource),
        error: pasted::text(&args.expect)?.as_deref().map(redact),
    })
}

/// Every action with every resource.
pub(super) fn actions(actions: &[String], resources: &[String]) -> Vec<RequiredAction> {
    let everything = ["*".to_owned()];
    let resources = if resources.is_empty() { &everything } else { resources };
    let pair = |action: &String, resource: &String| RequiredAction {
        action: action.clone(),
        resource: resource.clone(),
        context: BTreeMap::new(),
    };
    actions.iter().flat_map(|action| resources.iter().map(move |resource| pair(action, resource))).collect()
}

/// The targets that the command line names; without a namespace.
fn named(args: &TargetArgs) -> Result<Vec<Target>, Error> {
    let mut targets: Vec<Target> = Vec::new();
    for name in &args.pod {
        targets.push(object(TargetKind::Pod, name.strip_prefix("pod/").unwrap_or(name))?);
    }
    // As kubectl has it: after a bare kind, the words that follow are names of that kind.
    let mut kind = None;
    for word in &args.targets {
        match (split(word)?, kind) {
            (Word::Kind(found), _) => kind = Some(found),
            (Word::Target(target), _) => targets.push(target),
            (Word::Name, Some(kind)) => targets.push(object(kind, word)?),
            (Word::Name, None) => return Err(not_a_target(word)),
        }
    }
    match (kind, args.targets.last().map(|word| split(word))) {
        (Some(_), Some(Ok(Word::Kind(last)))) => Err(Error::usage(
            format!("a {} needs a name", last.as_str()),
            format!("write `irsa-doctor {}/NAME -n NAMESPACE`", last.as_str()),
        )),
        _ => Ok(targets),
    }
}

/// A word of the command line.
enum Word {
    Kind(TargetKind),
    Target(Target),
    Name,
}

fn split(word: &str) -> Result<Word, Error> {
    if word.starts_with("arn:") {
        return role_target(word).map(Word::Target);
    }
    match word.split_once('/') {
        None => Ok(kind(word).map_or(Word::Name, Word::Kind)),
        Some((word_kind, name)) => {
            let found = kind(word_kind).ok_or_else(|| unknown_kind(word_kind))?;
            object(found, name).map(Word::Target)
        }
    }
}

/// The kinds, each by the name that the help has for it.
pub(crate) fn kinds() -> impl Iterator<Item = (&'static str, TargetKind)> {
    let names = ["pod", "sa", "deploy", "sts", "ds", "rs", "job", "cj", "rollout", "role", "ns"];
    names.into_iter().filter_map(|name| Some((name, kind(name)?)))
}

/// The kind that a word names.
pub(crate) fn kind(word: &str) -> Option<TargetKind> {
    let lower = word.to_ascii_lowercase();
    KINDS.iter().find(|(names, _)| names.contains(&lower.as_str())).map(|(_, kind)| *kind)
}

fn object(kind: TargetKind, name: &str) -> Result<Target, Error> {
    if kind == TargetKind::Role {
        return role_target(name);
    }
    if is_name(name) {
        return Ok(Target::new(kind, "", name));
    }
    Err(Error::usage(
        format!("`{name}` can't be the name of a {}", kind.as_str()),
        format!("write `irsa-doctor {}/NAME -n NAMESPACE`", kind.as_str()),
    ))
}

/// A role is named by its ARN: a bare name doesn't say in which account.
fn role_target(arn: &str) -> Result<Target, Error> {
    if RoleArn::parse(arn).is_some() {
        return Ok(Target::new(TargetKind::Role, "", arn));
    }
    Err(Error::usage(
        format!("`{arn}` is not the ARN of a role"),
        "write it as role/arn:aws:iam::ACCOUNT:role/NAME; `aws iam get-role --role-name NAME --query Role.Arn` prints it",
    ))
}

fn unknown_kind(word: &str) -> Error {
    let names = KINDS.iter().flat_map(|(names, _)| names.iter().copied());
    let help = match nearest(word, names) {
        Some(name) => format!("did you mean `{name}/NAME`?"),
        None => {
            "write pod/NAME, sa/NAME, deploy/NAME, sts/NAME, ds/NAME, rs/NAME, job/NAME, cj/NAME, rollout/NAME or role/ARN".into()
        }
    };
    Error::usage(format!("`{word}` is not a kind that can be looked at"), help)
}

fn not_a_target(word: &str) -> Error {
    match nearest(word, SUBCOMMANDS.iter().copied()) {
        Some(subcommand) => Error::usage(
            format!("`{word}` is neither a target nor a subcommand"),
            format!("did you mean `irsa-doctor {subcommand}`? A pod is named as pod/{word}"),
        ),
        None => Error::usage(
            format!("`{word}` doesn't say what it is"),
            format!("a pod is named as pod/{word}, a workload as deploy/{word}"),
        ),
    }
}

/// What to do about a word that is none of the known ones: the nearest, else `otherwise`.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    nearest(word, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

/// The nearest of several words, if any is near.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let best = known.map(|name| (strsim::jaro_winkler(word, name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.8).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser;

    fn ask(args: &[&str]) -> Result<Asked, Error> {
        let cli = Cli::try_parse_from(std::iter::once("irsa-doctor").chain(args.iter().copied())).unwrap();
        asked(&cli.run)
    }

    fn one(args: &[&str]) -> Target {
        let asked = ask(args).unwrap();
        assert_eq!(asked.targets.len(), 1, "{asked:?}");
        asked.targets[0].clone()
    }

    #[test]
    fn targets_as_kubectl_writes_them() {
        let pod = Target::new(TargetKind::Pod, "shop", "api");
        assert_eq!(one(&["--pod", "api", "-n", "shop"]), pod);
        assert_eq!(one(&["pod/api", "-nshop"]), pod);
        assert_eq!(one(&["po", "api", "--namespace=shop"]), pod);
        assert_eq!(one(&["--pod", "api", "pod/api", "-nshop"]), pod, "each once");
        assert_eq!(one(&["deploy/api"]), Target::new(TargetKind::Deployment, "", "api"));
        assert_eq!(one(&["cj/api"]).kind, TargetKind::CronJob);
        assert_eq!(one(&["serviceaccount/api"]).kind, TargetKind::ServiceAccount);
        assert_eq!(one(&["-n", "shop"]), Target::new(TargetKind::Namespace, "shop", "shop"));
        assert_eq!(one(&["--service-account", "api", "-n", "shop"]), Target::new(TargetKind::ServiceAccount, "shop", "api"));
        assert_eq!(ask(&["pod", "a", "b"]).unwrap().targets.len(), 2);
    }

    #[test]
    fn every_kind_is_offered_once() {
        let offered: Vec<TargetKind> = kinds().map(|(_, kind)| kind).collect();
        let all: Vec<TargetKind> = KINDS.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(offered, all);
    }

    #[test]
    fn a_role_with_its_subject() {
        let arn = "arn:aws:iam::123456789012:role/team/api";
        for args in [vec![format!("role/{arn}")], vec![arn.to_owned()], vec!["--role".to_owned(), arn.to_owned()]] {
            let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
            args.extend(["--subject", "shop/api"]);
            let target = one(&args);
            assert_eq!((target.kind, target.name.as_str(), target.subject.as_deref()), (TargetKind::Role, arn, Some("shop/api")));
        }
    }

    #[test]
    fn every_action_with_every_resource() {
        let args = ["--pod", "p", "--action", "s3:ListBucket,s3:GetObject", "--resource", "arn:aws:s3:::a", "--resource", "*"];
        let asked = ask(&args).unwrap();
        let pairs: Vec<_> = asked.actions.iter().map(|a| (a.action.as_str(), a.resource.as_str())).collect();
        let (list, get, arn) = ("s3:ListBucket", "s3:GetObject", "arn:aws:s3:::a");
        assert_eq!(pairs, [(list, arn), (list, "*"), (get, arn), (get, "*")]);
        assert_eq!(ask(&["--pod", "p", "--action", "s3:ListBucket"]).unwrap().actions[0].resource, "*");
    }

    #[test]
    fn what_is_not_a_target_is_said_with_what_to_do() {
        for (args, help) in [
            (vec!["explian"], "explain"),
            (vec!["awscli"], "pod/awscli"),
            (vec!["deployy/x"], "deploy"),
            (vec!["pod"], "pod/NAME"),
            (vec!["role/api"], "arn:aws:iam"),
            (vec!["pod/a b"], "pod/NAME"),
            (vec!["pod/x", "--subject", "a/b"], "role/ARN"),
        ] {
            let error = ask(&args).unwrap_err();
            assert_eq!(error.exit(), 2);
            assert!(error.help().unwrap_or_default().contains(help), "{args:?}: {:?}", error.help());
        }
    }
}
