//! What a fix changes: read from its first command that writes, or, where it has none, from the finding's place.

use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::fix::{Effect, FixCommand};

/// The object that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// An object of the target's namespace.
    Object { kind: String, name: String },
    /// A role, by its ARN.
    Role(String),
    /// A managed policy, by its ARN.
    Policy(String),
    /// An OIDC provider, by its ARN.
    Provider(String),
    /// The Pod Identity association.
    Association,
}

/// What is changed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// An annotation of a service account; without a value it is taken away.
    Annotation { key: String, value: Option<String> },
    /// The account that pods run as.
    AccountName(String),
    /// Something else in the pod template.
    Template,
    /// The service account is made.
    Create,
    /// The trust policy.
    Trust,
    /// An inline policy of this name.
    Inline(String),
    /// A managed policy is attached.
    Attach(String),
    /// An audience is added.
    Audience(String),
    /// A role is given.
    Role(String),
    /// Something that only a person can name.
    Other,
}

/// An object and the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) subject: Subject,
    pub(super) change: Change,
}

/// What the finding's fix changes; `None` where that is nothing that could have an owner.
pub(super) fn of(evidence: &Evidence<'_>, finding: &Finding) -> Option<Target> {
    let fix = finding.fix.as_ref()?;
    if let Some(document) = &fix.document {
        let change = match document.document.as_str() {
            crate::trust::DOCUMENT => Change::Trust,
            name => Change::Inline(name.to_owned()),
        };
        return Some(Target { subject: Subject::Role(document.resource.clone()), change });
    }
    let writes = |command: &&FixCommand| !matches!(command.effect, Effect::Reads | Effect::WritesFile);
    let mut changes = fix.commands.iter().filter(writes).filter_map(|command| of_command(evidence, finding, command));
    // An account is made to be annotated: the annotation says more.
    let first = changes.next();
    match first {
        Some(Target { change: Change::Create, .. }) => changes.next().or(first),
        Some(target) => Some(target),
        // New pods from the same template are nobody's change.
        None if !fix.commands.is_empty() && fix.commands.iter().all(|command| command.effect == Effect::RestartsPods) => None,
        None => of_place(finding),
    }
}

fn of_command(evidence: &Evidence<'_>, finding: &Finding, command: &FixCommand) -> Option<Target> {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    match words.split_first()? {
        // A Rollout is restarted by a patch too, which changes nothing of its template.
        (&"kubectl", ["patch", ..]) if command.effect == Effect::RestartsPods => None,
        (&"kubectl", rest) => of_kubectl(&positional(rest)),
        (&"aws", ["iam", verb, options @ ..]) => of_iam(evidence, finding, verb, options),
        (&"aws", ["eks", "update-pod-identity-association", options @ ..]) => {
            Some(Target { subject: Subject::Association, change: Change::Role(option(options, "--role-arn")?.to_owned()) })
        }
        _ => None,
    }
}

/// The words of a kubectl command that are no options, nor the values of options.
fn positional<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--" => kept.extend(words.by_ref().copied()),
            "--context" | "-n" | "-p" | "-c" | "-o" => {
                words.next();
            }
            word if word.starts_with('-') => {}
            word => kept.push(word),
        }
    }
    kept
}

fn of_kubectl(words: &[&str]) -> Option<Target> {
    let object = |kind: &str, name: &str| Subject::Object { kind: kind.to_owned(), name: name.to_owned() };
    match words {
        ["annotate", "serviceaccount", name, change, ..] => {
            let (key, value) = match change.split_once('=') {
                Some((key, value)) => (key, Some(value.to_owned())),
                None => (change.strip_suffix('-')?, None),
            };
            Some(Target { subject: object("ServiceAccount", name), change: Change::Annotation { key: key.to_owned(), value } })
        }
        ["create", "serviceaccount", name, ..] => {
            Some(Target { subject: object("ServiceAccount", name), change: Change::Create })
        }
        ["set", "serviceaccount", workload, account, ..] => {
            let (kind, name) = workload.split_once('/')?;
            Some(Target { subject: object(kind_of(kind)?, name), change: Change::AccountName((*account).to_owned()) })
        }
        ["set", "env", workload, ..] => {
            let (kind, name) = workload.split_once('/')?;
            Some(Target { subject: object(kind_of(kind)?, name), change: Change::Template })
        }
        ["patch", kind, name, ..] => Some(Target { subject: object(kind_of(kind)?, name), change: Change::Template }),
        _ => None,
    }
}

fn kind_of(resource: &str) -> Option<&'static str> {
    Some(match resource {
        "deployment" => "Deployment",
        "statefulset" => "StatefulSet",
        "daemonset" => "DaemonSet",
        "cronjob" => "CronJob",
        "rollouts.argoproj.io" => "Rollout",
        _ => return None,
    })
}

fn of_iam(evidence: &Evidence<'_>, finding: &Finding, verb: &str, options: &[&str]) -> Option<Target> {
    let role = || {
        let judged = evidence.role_arn().map(|arn| arn.account.to_owned());
        let account = super::super::finish::account_of(&finding.locus.resource).map(str::to_owned).or(judged)?;
        let name = option(options, "--role-name")?;
        let read = evidence.account(&account)?.roles.get(name)?.role.present()?;
        Some(Subject::Role(read.arn.clone()))
    };
    let provider = || Some(Subject::Provider(option(options, "--open-id-connect-provider-arn")?.to_owned()));
    let (subject, change) = match verb {
        "attach-role-policy" => (role()?, Change::Attach(option(options, "--policy-arn")?.to_owned())),
        "add-client-id-to-open-id-connect-provider" => {
            (provider()?, Change::Audience(option(options, "--client-id")?.to_owned()))
        }
        _ => return None,
    };
    Some(Target { subject, change })
}

/// The value of an option of the AWS CLI.
fn option<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    let joined = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let after = words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1).copied());
    joined.or(after)
}

/// The object that the finding is about.
fn of_place(finding: &Finding) -> Option<Target> {
    let resource = finding.locus.resource.as_str();
    let other = |subject| Some(Target { subject, change: Change::Other });
    if let Some((kind, name)) = resource.split_once(' ').filter(|_| !resource.starts_with("arn:")) {
        let name = name.split_once('/').map_or(name, |(_, name)| name);
        return other(Subject::Object { kind: kind.to_owned(), name: name.to_owned() });
    }
    let what = resource.strip_prefix("arn:")?.split(':').nth(4)?;
    match what.split_once('/')?.0 {
        "role" => other(Subject::Role(resource.to_owned())),
        "policy" => other(Subject::Policy(resource.to_owned())),
        "oidc-provider" => other(Subject::Provider(resource.to_owned())),
        _ => None,
    }
}
