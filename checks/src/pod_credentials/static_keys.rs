//! Keys in the environment.

use super::{STATIC_KEYS, STATIC_KEYS_FROM, endpoint, has_role};
use crate::evidence::{ContainerView, Evidence};
use crate::fault::{Confidence, Severity};
use crate::finding::Finding;
use crate::fix::{Fix, template};
use crate::skip_containers as skip;
use crate::snapshot::kubernetes::EnvVar;

const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Other names of the same, which some SDKs read too.
/// <https://pkg.go.dev/github.com/aws/aws-sdk-go-v2/config#EnvConfig>
const OTHER_NAMES: [&str; 2] = ["AWS_ACCESS_KEY", "AWS_SECRET_KEY"];

/// Keys under names that only some SDKs read.
pub(super) fn under_other_names(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let both = OTHER_NAMES.iter().all(|name| container.is_set(name));
    if !both || KEYS.iter().any(|name| container.is_set(name)) || endpoint::has_its_own(container) {
        return None;
    }
    let (name, names) = (container.name(), OTHER_NAMES.join(" and "));
    let detail = format!(
        "container {name} sets {names}: the SDKs for Go and Java 1 read these names too, and then use the keys and not the role"
    );
    let fix = Fix::new(template::id(evidence, "keys", name), format!("remove {names} from container {name}"))
        .note("first make sure that the role may do what the keys' user does");
    let fix = template::unset_env(evidence, fix, name, &OTHER_NAMES);
    let finding = Finding::new(&STATIC_KEYS, container.variable_locus("AWS_ACCESS_KEY"), detail);
    Some(finding.severity(Severity::Warning).confidence(Confidence::Likely).fix(fix))
}

/// Keys that `env` sets.
pub(super) fn in_env(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let there: Vec<&EnvVar> = KEYS.iter().filter_map(|key| container.variable(key).map(|(_, variable)| variable)).collect();
    let set: Vec<&EnvVar> = there.iter().copied().filter(|variable| !variable.is_empty()).collect();
    let first = set.first().or(there.first())?;
    let (name, names) = (container.name(), names(&there));
    let maybe = set.iter().any(|variable| is_optional(variable));
    let (severity, detail) = match set.len() {
        0 => (Severity::Info, format!("container {name} sets {names} to nothing; SDKs skip empty keys")),
        1 => (
            Severity::Warning,
            format!("container {name} sets {} without the other key: some SDKs stop at half a pair of keys", first.name),
        ),
        _ if endpoint::has_its_own(container) => (
            Severity::Warning,
            format!("container {name} has keys of its own and an endpoint of its own, so they are most likely not for AWS"),
        ),
        _ if maybe => (
            Severity::Warning,
            format!("container {name} sets {names} where an optional key is there; they then come before its role"),
        ),
        _ if skip::is_skipped(evidence, name) || !wants_role(evidence, container) => {
            (Severity::Warning, format!("container {name} sets {names} and uses these keys; it was given no role"))
        }
        _ => (Severity::Error, format!("container {name} sets {names}: SDKs use these keys and not the role")),
    };
    let variables: Vec<&str> = there.iter().map(|variable| variable.name.as_str()).collect();
    let fix = Fix::new(template::id(evidence, "keys", container.name()), format!("remove {names} from container {name}"))
        .note("first make sure that the role may do what the keys' user does");
    let fix = template::unset_env(evidence, fix, name, &variables);
    let confidence = if maybe { Confidence::Likely } else { Confidence::Certain };
    let finding = Finding::new(&STATIC_KEYS, container.variable_locus(&first.name), detail);
    Some(finding.severity(severity).confidence(confidence).fix(fix))
}

fn names(variables: &[&EnvVar]) -> String {
    variables.iter().map(|variable| variable.name.as_str()).collect::<Vec<_>>().join(" and ")
}

/// Whether the variable comes from a key that may be missing: then it isn't set at all.
fn is_optional(variable: &EnvVar) -> bool {
    let Some(source) = &variable.value_from else { return false };
    let mut refs = source.secret_key_ref.iter().chain(&source.config_map_key_ref);
    refs.any(|reference| reference.optional == Some(true))
}

/// Whether the container was given a role, or its account names one.
fn wants_role(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> bool {
    let unread = evidence.service_account().gap().is_some();
    has_role(container) || unread || evidence.annotated_role().is_some() || evidence.association().is_present()
}

/// A whole Secret or ConfigMap as environment whose name speaks of AWS credentials. What it holds is never read.
pub(super) fn in_env_from(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    // `env` beats `envFrom` for the same name.
    if KEYS.iter().all(|key| container.variable(key).is_some()) {
        return None;
    }
    let sources = container.container.env_from.iter().enumerate();
    let (index, kind, name) = sources
        .filter(|(_, source)| matches!(source.prefix.as_deref(), None | Some("" | "AWS_")))
        .find_map(|(index, source)| {
            let secret = source.secret_ref.as_ref().map(|secret| ("Secret", "secretRef", &secret.name));
            let map = source.config_map_ref.as_ref().map(|map| ("ConfigMap", "configMapRef", &map.name));
            let (kind, _, name) = secret.or(map).filter(|(_, _, name)| speaks_of_credentials(name))?;
            Some((index, kind, name.clone()))
        })?;
    let detail = format!(
        "container {} takes its environment from {kind} {name}, whose name speaks of AWS credentials: keys in it would come before the role",
        container.name()
    );
    let fix = Fix::new(
        template::id(evidence, "env-from", container.name()),
        format!("take AWS keys out of {kind} {name}, or out of envFrom"),
    );
    let fix = template::by_hand(evidence, fix, &format!("drop {kind} {name} from envFrom of container {}", container.name()));
    let severity = if endpoint::has_its_own(container) { Severity::Info } else { Severity::Warning };
    let locus = container.locus.clone().key("envFrom").index(index);
    Some(Finding::new(&STATIC_KEYS_FROM, locus, detail).severity(severity).fix(fix))
}

fn speaks_of_credentials(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let of_aws = any(&["aws", "amazon", "s3"]) || name.split(['-', '.', '_']).any(|word| word == "iam");
    name == "aws" || name == "cloud-credentials" || of_aws && any(&["cred", "key", "secret", "access", "auth", "token", "user"])
}
