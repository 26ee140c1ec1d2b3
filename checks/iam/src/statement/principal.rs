use crate::arn::Arn;
use crate::policy::{PrincipalEntry, PrincipalType, Principals};
use crate::request::Principal;
use crate::truth::Truth;

/// How closely an entry of a Principal element names the one who asks.
///
/// In its own account a resource policy that names a user or session grants by itself, one that
/// names a role is limited by boundary and session policy, and one that names the account only
/// lets the account's own policies decide
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    /// Not at all.
    None,
    /// The account.
    Account,
    /// The role.
    Role,
    /// Everyone. With a condition on `aws:PrincipalArn` that is a grant to the session itself, "because permissions boundaries
    /// and session policies don't limit" it; without one the documentation doesn't say.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>
    Everyone,
    /// The session, the user, the provider or the service itself.
    Direct,
}

/// Whether a Principal element names the one who asks at least as closely as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grants {
    /// As a session, user, provider or service.
    pub(crate) direct: Truth,
    /// As a role or as everyone, or directly.
    pub(crate) by_role: Truth,
}

impl Grants {
    pub(crate) const NONE: Self = Self { direct: Truth::False, by_role: Truth::False };
    pub(crate) const UNKNOWN: Self = Self { direct: Truth::Unknown, by_role: Truth::Unknown };
}

/// `by_arn`: whether the statement has a condition on `aws:PrincipalArn`.
pub(super) fn evaluate(principals: &Principals, principal: &Principal, by_arn: bool) -> (Truth, Grants) {
    if principals.negated {
        let matches = not_principal(principals, principal);
        let grants = Grants { by_role: matches, ..Grants::NONE };
        return (matches, grants);
    }
    let mut result = Truth::False;
    let mut grants = Grants::NONE;
    for entry in &principals.entries {
        let (matches, closeness) = entry_matches(entry, principal);
        result = result.or(matches);
        if closeness >= Grant::Role {
            grants.by_role = grants.by_role.or(matches);
        }
        let direct = match closeness {
            Grant::Direct => matches,
            Grant::Everyone if by_arn => matches,
            Grant::Everyone => matches.and(Truth::Unknown),
            Grant::None | Grant::Account | Grant::Role => Truth::False,
        };
        grants.direct = grants.direct.or(direct);
    }
    (result, grants)
}

/// Whether one entry names `principal`. Names are compared as they are: a wildcard stands for no
/// part of one
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
pub(super) fn entry_matches(entry: &PrincipalEntry, principal: &Principal) -> (Truth, Grant) {
    let text = entry.text.as_str();
    match (entry.kind, principal) {
        // `{"AWS": "*"}` and `"*"` are the same: everyone.
        (None, _) => (Truth::True, Grant::Everyone),
        (Some(PrincipalType::Aws), _) if text == "*" => (Truth::True, Grant::Everyone),
        (Some(PrincipalType::Federated), Principal::Federated { provider_arn }) => ((provider_arn == text).into(), Grant::Direct),
        (Some(PrincipalType::Service), Principal::Service { name }) => ((name == text).into(), Grant::Direct),
        (Some(PrincipalType::Aws), Principal::Iam { arn }) => {
            if names_account(text, principal) {
                (Truth::True, if arn == text { Grant::Direct } else { Grant::Account })
            } else {
                ((arn == text).into(), Grant::Direct)
            }
        }
        (Some(PrincipalType::Aws), Principal::AssumedRole { session_arn, role_arn }) => {
            if names_account(text, principal) {
                return (Truth::True, Grant::Account);
            }
            let Ok(wanted) = Arn::parse(text) else {
                return (Truth::False, Grant::None);
            };
            if wanted.role_session().is_some() {
                (names_session(wanted, session_arn.as_deref(), role_arn.as_deref()), Grant::Direct)
            } else {
                (names_role(wanted, session_arn.as_deref(), role_arn.as_deref()), Grant::Role)
            }
        }
        // An account's canonical user ID stands for the account, and which account's it is can't be told from it
        // (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html>).
        (Some(PrincipalType::CanonicalUser), Principal::AssumedRole { .. } | Principal::Iam { .. }) => {
            (Truth::Unknown, Grant::Account)
        }
        _ => (Truth::False, Grant::None),
    }
}

/// The account's ID or the ARN of its root stands for all its users and roles.
fn names_account(text: &str, principal: &Principal) -> bool {
    let Some(account) = principal.account() else {
        return false;
    };
    text == account || Arn::parse(text).is_ok_and(|arn| arn.service == "iam" && arn.resource == "root" && arn.account == account)
}

fn names_session(wanted: Arn<'_>, session: Option<&str>, role: Option<&str>) -> Truth {
    if let Some(session) = session {
        return (session == wanted.text).into();
    }
    // The session's name isn't known, but it is a session of this role.
    let Some(role) = role.and_then(|role| Arn::parse(role).ok()) else {
        return Truth::Unknown;
    };
    let same_role = wanted.account == role.account
        && wanted.partition == role.partition
        && wanted.role_session().map(|(name, _)| name) == role.role_name();
    if same_role { Truth::Unknown } else { Truth::False }
}

fn names_role(wanted: Arn<'_>, session: Option<&str>, role: Option<&str>) -> Truth {
    if let Some(role) = role {
        return (role == wanted.text).into();
    }
    // Without the role's ARN its path isn't known, but its name is, from the session.
    let Some(session) = session.and_then(|session| Arn::parse(session).ok()) else {
        return Truth::Unknown;
    };
    let same_name = wanted.account == session.account
        && wanted.role_name().is_some()
        && wanted.role_name() == session.role_session().map(|(name, _)| name);
    if same_name { Truth::Unknown } else { Truth::False }
}

/// "When you use `NotPrincipal` with Deny, you must also specify the account ARN of the principal";
/// for a session also the role's
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>).
/// What happens when only some of them are listed isn't spelt out: unknown.
fn not_principal(principals: &Principals, principal: &Principal) -> Truth {
    let matches: Vec<(Truth, Grant)> = principals.entries.iter().map(|entry| entry_matches(entry, principal)).collect();
    let best = Truth::any(matches.iter().map(|(truth, _)| *truth));
    let listed = |grant: Grant| matches.iter().any(|(truth, have)| truth.is_true() && *have == grant);
    let everyone = principals.entries.iter().any(|entry| entry.text == "*");
    let complete = everyone
        || match principal {
            Principal::AssumedRole { .. } => listed(Grant::Direct) && listed(Grant::Role) && listed(Grant::Account),
            Principal::Iam { .. } => listed(Grant::Direct) && listed(Grant::Account),
            Principal::Federated { .. } | Principal::Service { .. } | Principal::Anonymous => best.is_true(),
        };
    match best {
        Truth::False => Truth::True,
        _ if complete => Truth::False,
        _ => Truth::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyKind};

    const ROLE: &str = "arn:aws:iam::111122223333:role/eks/app";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/one";

    fn check(element: &str, principal: &Principal) -> Truth {
        let text = format!(r#"{{"Statement": {{"Effect": "Deny", {element}, "Action": "*"}}}}"#);
        let policy = Policy::parse(&text, PolicyKind::Resource).unwrap();
        evaluate(policy.statements[0].principal.as_ref().unwrap(), principal, false).0
    }

    fn aws(name: &str) -> String {
        format!(r#""Principal": {{"AWS": "{name}"}}"#)
    }

    #[test]
    fn a_session_is_named_by_its_account_its_role_and_itself() {
        let known = Principal::AssumedRole { session_arn: Some(SESSION.into()), role_arn: Some(ROLE.into()) };
        for name in ["*", "111122223333", "arn:aws:iam::111122223333:root", ROLE, SESSION] {
            assert_eq!(check(&aws(name), &known), Truth::True, "{name}");
        }
        for name in ["444455556666", "arn:aws:iam::111122223333:role/app", "AROAEXAMPLEEXAMPLE12"] {
            assert_eq!(check(&aws(name), &known), Truth::False, "{name}");
        }
    }

    #[test]
    fn what_is_not_known_of_a_session_is_unknown() {
        let nameless = Principal::AssumedRole { session_arn: None, role_arn: Some(ROLE.into()) };
        assert_eq!(check(&aws(SESSION), &nameless), Truth::Unknown);
        assert_eq!(check(&aws("arn:aws:sts::111122223333:assumed-role/other/one"), &nameless), Truth::False);
        let pathless = Principal::AssumedRole { session_arn: Some(SESSION.into()), role_arn: None };
        assert_eq!(check(&aws(ROLE), &pathless), Truth::Unknown);
        assert_eq!(check(&aws("arn:aws:iam::111122223333:role/eks/other"), &pathless), Truth::False);
    }

    #[test]
    fn providers_and_services_are_named_exactly() {
        let arn = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com";
        let provider = Principal::Federated { provider_arn: arn.into() };
        assert_eq!(check(&format!(r#""Principal": {{"Federated": "{arn}"}}"#), &provider), Truth::True);
        assert_eq!(check(r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/*"}"#, &provider), Truth::False);
        assert_eq!(check(&aws("111122223333"), &provider), Truth::False);
        assert_eq!(check(r#""Principal": "*""#, &provider), Truth::True);
        let service = Principal::Service { name: "pods.eks.amazonaws.com".into() };
        assert_eq!(check(r#""Principal": {"Service": ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]}"#, &service), Truth::True);
        assert_eq!(check(&aws("*"), &service), Truth::True);
    }

    #[test]
    fn not_principal_exempts_only_who_is_listed_completely() {
        let known = Principal::AssumedRole { session_arn: Some(SESSION.into()), role_arn: Some(ROLE.into()) };
        let all = format!(r#""NotPrincipal": {{"AWS": ["{SESSION}", "{ROLE}", "111122223333"]}}"#);
        assert_eq!(check(&all, &known), Truth::False);
        assert_eq!(check(&format!(r#""NotPrincipal": {{"AWS": "{ROLE}"}}"#), &known), Truth::Unknown);
        assert_eq!(check(r#""NotPrincipal": {"AWS": "444455556666"}"#, &known), Truth::True);
    }

    #[test]
    fn sessions_and_roles_of_other_accounts_and_partitions_are_others() {
        let nameless = Principal::AssumedRole { session_arn: None, role_arn: Some(ROLE.into()) };
        for name in ["arn:aws:sts::444455556666:assumed-role/app/one", "arn:aws-cn:sts::111122223333:assumed-role/app/one"] {
            assert_eq!(check(&aws(name), &nameless), Truth::False, "{name}");
        }
        let pathless = Principal::AssumedRole { session_arn: Some(SESSION.into()), role_arn: None };
        for name in ["arn:aws:iam::444455556666:role/eks/app", "arn:aws:iam::111122223333:user/app"] {
            assert_eq!(check(&aws(name), &pathless), Truth::False, "{name}");
        }
    }

    #[test]
    fn not_principal_needs_each_name_of_the_one_it_exempts() {
        let listed = |names: &[&str], principal: &Principal| {
            check(&format!(r#""NotPrincipal": {{"AWS": ["{}"]}}"#, names.join("\", \"")), principal)
        };
        let known = Principal::AssumedRole { session_arn: Some(SESSION.into()), role_arn: Some(ROLE.into()) };
        for two in [[SESSION, ROLE], [SESSION, "111122223333"], [ROLE, "111122223333"]] {
            assert_eq!(listed(&two, &known), Truth::Unknown, "{two:?}");
        }
        let user = "arn:aws:iam::111122223333:user/carlos";
        let carlos = Principal::Iam { arn: user.into() };
        assert_eq!(listed(&[user, "111122223333"], &carlos), Truth::False);
        for one in [user, "111122223333"] {
            assert_eq!(listed(&[one], &carlos), Truth::Unknown, "{one}");
        }
    }

    #[test]
    fn not_principal_names_everyone_else_and_nobody_directly() {
        let text =
            r#"{"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "444455556666"}, "Action": "*", "Resource": "*"}}"#;
        let policy = Policy::parse(text, PolicyKind::Resource).unwrap();
        let known = Principal::AssumedRole { session_arn: Some(SESSION.into()), role_arn: Some(ROLE.into()) };
        let (matches, grants) = evaluate(policy.statements[0].principal.as_ref().unwrap(), &known, false);
        assert_eq!((matches, grants), (Truth::True, Grants { direct: Truth::False, by_role: Truth::True }));
    }

    #[test]
    fn how_closely_an_entry_names_its_principal() {
        let entry = |text: &str| {
            let text = format!(r#"{{"Statement": {{"Effect": "Deny", {}, "Action": "*"}}}}"#, aws(text));
            Policy::parse(&text, PolicyKind::Resource).unwrap().statements[0].principal.clone().unwrap()
        };
        let root = "arn:aws:iam::111122223333:root";
        let closeness = |text: &str, arn: &str| entry_matches(&entry(text).entries[0], &Principal::Iam { arn: arn.into() });
        assert_eq!(closeness(root, root), (Truth::True, Grant::Direct));
        assert_eq!(closeness(root, "arn:aws:iam::111122223333:user/carlos"), (Truth::True, Grant::Account));
        assert_eq!(closeness("111122223333", root), (Truth::True, Grant::Account));
    }
}
