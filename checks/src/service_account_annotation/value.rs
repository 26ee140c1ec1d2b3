//! What an annotation's value is, if it isn't the ARN of a role of this cluster's partition.

use super::{
    ANNOTATION_INVALID_ARN, ANNOTATION_OTHER_ROLE, ANNOTATION_PARTITION_MISMATCH, ANNOTATION_WRONG_RESOURCE_TYPE, fix_id,
};
use crate::arn::RoleArn;
use crate::evidence::{ContainerView, Evidence, ROLE_ANNOTATION};
use crate::fault::{Fault, Severity};
use crate::finding::{Compared, Finding};
use crate::fix::commands::{annotate, restart};
use crate::fix::{Effect, Fix};
use crate::no_role::candidates;
use crate::partition;
use crate::role_annotation::plain;
use crate::snapshot::kubernetes::Pod;
use crate::wiring::has_token;

/// What is wrong with the value, if anything is.
pub(super) fn finding(evidence: &Evidence<'_>, value: &str) -> Option<Finding> {
    if let Some(arn) = RoleArn::parse(value) {
        return partition_mismatch(evidence, value, &arn).or_else(|| other_role(evidence, value, &arn));
    }
    if was_composed(evidence, value) {
        return None;
    }
    let name = evidence.account_name().unwrap_or_default();
    if let Some(what) = other_resource(plain(value)) {
        let detail = format!("service account {name} names {what}, {}, where a role's ARN belongs", plain(value));
        return Some(explained(evidence, &ANNOTATION_WRONG_RESOURCE_TYPE, detail, value));
    }
    let detail = format!("service account {name} names a role by what is not a role's ARN: {}", flaw(value));
    Some(explained(evidence, &ANNOTATION_INVALID_ARN, detail, value))
}

/// Whether the role that a container was given is a role of this cluster's partition. A value that isn't
/// known (it comes from a config map) is not seen to be wrong.
pub(super) fn is_right(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> bool {
    container.value("AWS_ROLE_ARN").is_none_or(|value| {
        let partition = partition::of_cluster(evidence);
        let expected = |arn: &RoleArn<'_>| {
            let role = evidence.asked().role.as_deref();
            role.is_none_or(|expected| expected == value || expected == arn.name)
        };
        RoleArn::parse(value).is_some_and(|arn| partition.is_none_or(|partition| partition == arn.partition) && expected(&arn))
    })
}

/// A value that was too long to be kept is too long to be an ARN.
pub(super) fn too_long(evidence: &Evidence<'_>) -> Finding {
    let name = evidence.account_name().unwrap_or_default();
    let detail = format!("service account {name} names a role by a value that is longer than any ARN");
    explained(evidence, &ANNOTATION_INVALID_ARN, detail, "")
}

fn partition_mismatch(evidence: &Evidence<'_>, value: &str, arn: &RoleArn<'_>) -> Option<Finding> {
    let wanted = partition::of_cluster(evidence).filter(|wanted| *wanted != arn.partition)?;
    let name = evidence.account_name().unwrap_or_default();
    let detail = format!(
        "service account {name} names a role of partition {}, but the cluster is in {wanted}, whose STS knows no such role",
        arn.partition
    );
    let right = format!("arn:{wanted}:iam::{}:role{}{}", arn.account, arn.path, arn.name);
    let fix = Fix::new(fix_id(evidence), format!("Name the role by its ARN in partition {wanted}."))
        .command(Effect::WritesCluster, annotate(evidence, ROLE_ANNOTATION, &right))
        .note(format!("an account belongs to one partition: check that account {} is one of {wanted}", arn.account));
    let locus = evidence.account_annotation_locus(ROLE_ANNOTATION);
    let finding = Finding::new(&ANNOTATION_PARTITION_MISMATCH, locus, detail).compared(right, value).fix(restart(evidence, fix));
    Some(weighed(evidence, finding, value))
}

/// Another role than the one that `--role` says is expected, by its ARN or its name.
fn other_role(evidence: &Evidence<'_>, value: &str, arn: &RoleArn<'_>) -> Option<Finding> {
    let expected = evidence.asked().role.as_deref().filter(|expected| *expected != value && *expected != arn.name)?;
    let name = evidence.account_name().unwrap_or_default();
    let detail = format!("service account {name} names role {value}, not {expected} as --role expects");
    let fix = Fix::new(fix_id(evidence), format!("Name role {expected} in the annotation."));
    let fix = match candidates(evidence, name).as_slice() {
        [role] if role.as_str() != value => fix.command(Effect::WritesCluster, annotate(evidence, ROLE_ANNOTATION, role)),
        _ => fix.decision(format!("whoever owns the workload must say which role {expected} is: its ARN is not known")),
    };
    let locus = evidence.account_annotation_locus(ROLE_ANNOTATION);
    Some(Finding::new(&ANNOTATION_OTHER_ROLE, locus, detail).compared(expected, value).fix(restart(evidence, fix)))
}

fn explained(evidence: &Evidence<'_>, fault: &'static Fault, detail: String, value: &str) -> Finding {
    let name = evidence.account_name().unwrap_or_default();
    let mended = Some(plain(value)).filter(|value| RoleArn::parse(value).is_some()).map(str::to_owned);
    let bare = plain(value);
    let mut roles: Vec<String> = mended.into_iter().collect();
    if roles.is_empty() {
        roles = candidates(evidence, name);
    }
    if roles.is_empty() {
        roles = named(evidence, bare);
    }
    let mut fix = Fix::new(fix_id(evidence), "Set the annotation to the role's ARN, exactly.");
    fix = match roles.as_slice() {
        [role] => fix.command(Effect::WritesCluster, annotate(evidence, ROLE_ANNOTATION, role)),
        _ => Fix { choices: roles.clone(), ..fix }
            .decision("whoever owns the workload must say which role the service account is to have"),
    };
    let wanted =
        if roles.is_empty() { Compared::One("arn:PARTITION:iam::ACCOUNT:role/NAME".to_owned()) } else { Compared::from(roles) };
    let locus = evidence.account_annotation_locus(ROLE_ANNOTATION);
    let finding = Finding::new(fault, locus, detail).compared(wanted, value).fix(restart(evidence, fix));
    weighed(evidence, finding, value)
}

/// A pod that holds a token and another, valid role works now: the value breaks the next pod only.
fn weighed(evidence: &Evidence<'_>, finding: Finding, value: &str) -> Finding {
    let containers = evidence.containers();
    let mut with_role = containers.iter().filter(|container| has_token(container)).peekable();
    let works = |container: &ContainerView<'_>| {
        container.value("AWS_ROLE_ARN").is_some_and(|role| role != value && RoleArn::parse(role).is_some())
    };
    if evidence.pod.is_present() && with_role.peek().is_some() && with_role.all(works) {
        let detail = format!("{}; this pod still has an earlier role, the next one will not", finding.detail);
        return Finding { detail, ..finding }.severity(Severity::Warning);
    }
    finding
}

/// Whether the webhook made an ARN of a bare name (`--compose-role-arn`): some pod of this account shows it.
/// <https://github.com/aws/amazon-eks-pod-identity-webhook#usage-with-a-role-name>
fn was_composed(evidence: &Evidence<'_>, value: &str) -> bool {
    let end = format!(":role/{}", value.trim_start_matches('/'));
    let pods = evidence.cluster.iter().flat_map(|cluster| cluster.pods_of(evidence.namespace()));
    let same_account = |pod: &&Pod| Some(pod.spec.account_name()) == evidence.account_name();
    pods.filter(same_account).any(|pod| {
        let containers = pod.spec.init_containers.iter().chain(&pod.spec.containers);
        let mut roles = containers.flat_map(|container| &container.env).filter(|variable| variable.name == "AWS_ROLE_ARN");
        roles.any(|role| role.value.as_deref().is_some_and(|role| role.ends_with(&end) && RoleArn::parse(role).is_some()))
    })
}

/// The roles that were read whose name is this one.
fn named(evidence: &Evidence<'_>, name: &str) -> Vec<String> {
    let name = name.rsplit(['/', ':']).next().unwrap_or(name);
    let accounts = evidence.snapshot.accounts.values();
    let mut found: Vec<String> = accounts
        .flat_map(|account| {
            let read = account.roles.get(name).and_then(|role| role.role.present()).map(|role| role.arn.clone());
            let listed = account.role_list.present().into_iter().flatten().filter(|role| role.name == name);
            read.into_iter().chain(listed.map(|role| role.arn.clone()))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// What an ARN is the ARN of, if it isn't a role's and nothing but that is wrong with it.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
fn other_resource(value: &str) -> Option<String> {
    const TYPES: &[(&str, &str)] = &[
        ("policy/", "a policy"),
        ("user/", "a user"),
        ("group/", "a group"),
        ("instance-profile/", "an instance profile"),
        ("assumed-role/", "an assumed role's session"),
        ("federated-user/", "a federated user"),
        ("oidc-provider/", "an OIDC provider"),
        ("saml-provider/", "a SAML provider"),
        ("server-certificate/", "a server certificate"),
        ("mfa/", "an MFA device"),
    ];
    let mut parts = value.splitn(6, ':');
    let scheme = parts.next()?;
    let (_partition, service, _region, _account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if scheme != "arn" || service.is_empty() || resource.is_empty() {
        return None;
    }
    if let "iam" | "sts" = service {
        let known = TYPES.iter().find(|(prefix, _)| resource.starts_with(prefix)).map(|(_, what)| (*what).to_owned());
        return known.or_else(|| (resource == "root").then(|| "an account".to_owned()));
    }
    let is_service = service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (is_service && !resource.starts_with("role")).then(|| format!("something of service {service}"))
}

/// What keeps a value from being a role's ARN, in words.
fn flaw(value: &str) -> String {
    let bare = plain(value);
    if value.trim() != value {
        let what = if value.contains(['\n', '\r']) { "a line break" } else { "blanks" };
        return format!("it has {what} around it, and the webhook injects it as it stands");
    }
    if bare != value {
        return "it has quotes around it, and they are part of the value".to_owned();
    }
    if value.contains(['<', '>', '{', '}', '$', '%']) {
        return format!("{value} holds a placeholder that was never filled in");
    }
    if value.contains(char::is_whitespace) {
        return format!("{value} holds blanks");
    }
    if value.matches("arn:").count() > 1 {
        return format!("{value} holds more than one ARN");
    }
    if !value.contains(':') {
        return format!("{value} is a bare name, and no pod shows that the webhook makes ARNs of names");
    }
    let mut parts = value.splitn(6, ':').skip(4);
    match (parts.next(), parts.next()) {
        (Some(account), Some(_)) if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{value}: an account is twelve digits")
        }
        (Some(_), Some(_)) => format!("{value} is not of the form arn:PARTITION:iam::ACCOUNT:role/NAME"),
        _ => format!("{value} has too few colons"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;
    use crate::testing::{self, ROLE};

    #[test]
    fn the_flaw_that_is_named_is_the_one_it_has() {
        for (value, what) in [
            (" arn:aws:iam::123456789012:role/x", "blanks around it"),
            ("arn:aws:iam::123456789012:role/x\n", "line break around it"),
            ("'arn:aws:iam::123456789012:role/x'", "quotes around it"),
            ("arn:aws:iam::<account>:role/x", "placeholder"),
            ("arn:aws:iam::123456789012:role/x y", "holds blanks"),
            ("arn:aws:iam::123456789012:role/arn:x", "more than one ARN"),
            ("my-role", "bare name"),
            ("arn:aws:iam::12345678901:role/x", "twelve digits"),
            ("arn:aws:iam::12345678901a:role/x", "twelve digits"),
            ("arn:aws:lam::123456789012:role/x", "not of the form"),
            ("123456789012:role/x", "too few colons"),
        ] {
            assert!(flaw(value).contains(what), "{value:?}: {}", flaw(value));
        }
    }

    #[test]
    fn only_a_whole_arn_is_one_of_something_else() {
        for (value, what) in [
            ("arn:aws:s3:::b", Some("something of service s3")),
            ("arn:aws:cognito-idp:us-east-1:123456789012:userpool/x", Some("something of service cognito-idp")),
            ("arn:aws:lambda2:us-east-1:123456789012:x", Some("something of service lambda2")),
            ("arn:aws:iam::123456789012:root", Some("an account")),
            ("urn:aws:s3:::b", None),
            ("arn:aws::us-east-1:123456789012:x", None),
            ("arn:aws:s3:::", None),
            ("arn:aws:S3:::b", None),
            ("arn:aws:s_3:::b", None),
            ("arn:aws:lam::123456789012:role/x", None),
            ("arn:aws:iam::123456789012:thing/x", None),
        ] {
            assert_eq!(other_resource(value).as_deref(), what, "{value}");
        }
    }

    #[test]
    fn a_containers_role_is_right_where_it_is_the_expected_one_of_this_partition() {
        let right = |role: &str, expected: Option<&str>| {
            let mut snapshot: Snapshot = testing::healthy();
            snapshot.asked.role = expected.map(str::to_owned);
            let container = testing::container(&mut snapshot);
            let variable = container.env.iter_mut().find(|variable| variable.name == "AWS_ROLE_ARN").unwrap();
            variable.value = Some(role.to_owned());
            testing::evidence(&snapshot, |evidence| is_right(evidence, &evidence.containers()[0]))
        };
        for expected in [None, Some("my-test-role"), Some(ROLE)] {
            assert!(right(ROLE, expected), "{expected:?}");
        }
        assert!(!right(ROLE, Some("other")));
        assert!(!right(&ROLE.replace("arn:aws:", "arn:aws-cn:"), None));
        assert!(!right("my-test-role", None), "no ARN");
    }
}
