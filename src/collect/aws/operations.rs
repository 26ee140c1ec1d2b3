//! The only operations that this tool ever asks AWS for: the read-only guard's allow-list, the source of
//! `irsa-doctor permissions`, and where the gaps take their words from.

/// An operation that may be called.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The service, as the SDK names it: `IAM`, `EKS`, `STS`.
    pub(crate) service: &'static str,
    /// The operation: `GetRole`.
    pub(crate) name: &'static str,
    /// The action that allows it: `iam:GetRole`.
    pub(crate) action: &'static str,
    /// The error code that says "there is no such thing".
    pub(crate) absent: Option<&'static str>,
    /// The resource that a policy can restrict it to; `PARTITION`, `REGION`, `ACCOUNT` and `CLUSTER` are to be filled in.
    pub(crate) resource: &'static str,
    /// Whether a healthy pod can't be told healthy without it; the others serve explanations and special cases.
    pub(crate) essential: bool,
    /// What it is for.
    pub(crate) why: &'static str,
    /// The flag without which it is never called.
    pub(crate) flag: Option<&'static str>,
}

/// Declares operations, and the list of them all.
macro_rules! operations {
    ($($constant:ident: $service:literal $name:literal, $action:literal, $absent:expr, $resource:expr, $essential:literal, $why:literal $(, $flag:literal)?;)*) => {
        $(
            #[doc = concat!("`", $action, "`: ", $why, ".")]
            pub(crate) static $constant: Operation = Operation {
                service: $service, name: $name, action: $action, absent: $absent, resource: $resource, essential: $essential, why: $why,
                flag: operations!(@flag $($flag)?),
            };
        )*

        /// All of them, in the order in which a chain needs them.
        pub(crate) static OPERATIONS: &[&Operation] = &[$(&$constant),*];
    };
    (@flag) => { None };
    (@flag $flag:literal) => { Some($flag) };
}

pub(crate) mod resource_policies;

/// The operations that this build has for the policies of resources (feature `resource-policies`).
pub(crate) static RESOURCE_POLICY_OPERATIONS: &[&Operation] =
    if cfg!(feature = "resource-policies") { resource_policies::OPERATIONS } else { &[] };

const ROLE: &str = "arn:PARTITION:iam::ACCOUNT:role/*";
const POLICY: &str = "arn:PARTITION:iam::ACCOUNT:policy/*";
const PROVIDER: &str = "arn:PARTITION:iam::ACCOUNT:oidc-provider/*";
const CLUSTER: &str = "arn:PARTITION:eks:REGION:ACCOUNT:cluster/CLUSTER";
const ASSOCIATION: &str = "arn:PARTITION:eks:REGION:ACCOUNT:podidentityassociation/CLUSTER/*";
const ADDON: &str = "arn:PARTITION:eks:REGION:ACCOUNT:addon/CLUSTER/*/*";
const NO_ENTITY: Option<&str> = Some("NoSuchEntity");
const NOT_FOUND: Option<&str> = Some("ResourceNotFoundException");

operations! {
    GET_CALLER_IDENTITY: "STS" "GetCallerIdentity", "sts:GetCallerIdentity", None, "*", true, "who we are, and in which account (needs no permission)";
    DESCRIBE_CLUSTER: "EKS" "DescribeCluster", "eks:DescribeCluster", NOT_FOUND, CLUSTER, true, "the cluster's OIDC issuer";
    GET_PROVIDER: "IAM" "GetOpenIDConnectProvider", "iam:GetOpenIDConnectProvider", NO_ENTITY, PROVIDER, true, "whether IAM knows the issuer, and for which audiences";
    GET_ROLE: "IAM" "GetRole", "iam:GetRole", NO_ENTITY, ROLE, true, "the role, its trust policy and tags";
    LIST_ATTACHED: "IAM" "ListAttachedRolePolicies", "iam:ListAttachedRolePolicies", NO_ENTITY, ROLE, true, "which managed policies the role has";
    LIST_INLINE: "IAM" "ListRolePolicies", "iam:ListRolePolicies", NO_ENTITY, ROLE, true, "which inline policies the role has";
    GET_INLINE: "IAM" "GetRolePolicy", "iam:GetRolePolicy", NO_ENTITY, ROLE, true, "what an inline policy says";
    GET_POLICY: "IAM" "GetPolicy", "iam:GetPolicy", NO_ENTITY, POLICY, true, "which version of a managed policy is in force";
    GET_POLICY_VERSION: "IAM" "GetPolicyVersion", "iam:GetPolicyVersion", NO_ENTITY, POLICY, true, "what a managed policy or a permissions boundary says";
    LIST_POLICY_VERSIONS: "IAM" "ListPolicyVersions", "iam:ListPolicyVersions", NO_ENTITY, POLICY, false, "whether a newer version of a policy is not in force";
    LIST_ASSOCIATIONS: "EKS" "ListPodIdentityAssociations", "eks:ListPodIdentityAssociations", None, CLUSTER, true, "whether EKS Pod Identity gives the service account a role";
    DESCRIBE_ASSOCIATION: "EKS" "DescribePodIdentityAssociation", "eks:DescribePodIdentityAssociation", NOT_FOUND, ASSOCIATION, true, "which role that is, its target role and session policy";
    LIST_ADDONS: "EKS" "ListAddons", "eks:ListAddons", None, CLUSTER, false, "which EKS add-on owns a service account";
    DESCRIBE_ADDON: "EKS" "DescribeAddon", "eks:DescribeAddon", NOT_FOUND, ADDON, false, "which role an add-on gives its service account";
    LIST_PROVIDERS: "IAM" "ListOpenIDConnectProviders", "iam:ListOpenIDConnectProviders", None, "*", false, "the nearest provider, where the issuer has none";
    LIST_ROLES: "IAM" "ListRoles", "iam:ListRoles", None, "*", false, "the nearest name, where a role is missing";
    GET_AUTHORIZATION_DETAILS: "IAM" "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails", None, "*", false, "scans of many roles: all of them in a few calls";
    LIST_POLICIES: "IAM" "ListPolicies", "iam:ListPolicies", None, "*", false, "whether a policy that the role should have exists";
    LOOKUP_EVENTS: "CloudTrail" "LookupEvents", "cloudtrail:LookupEvents", None, "*", false, "who asked for the role's credentials, and how it ended", "--cloudtrail";
    SIMULATE: "IAM" "SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy", NO_ENTITY, ROLE, false, "what AWS' own simulator says of an action", "--simulate";
    DECODE_MESSAGE: "STS" "DecodeAuthorizationMessage", "sts:DecodeAuthorizationMessage", None, "*", false, "what the encoded authorization message of a pasted error says";
}

/// Whether an operation may be called.
pub(crate) fn is_allowed(service: &str, name: &str) -> bool {
    OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS).any(|operation| operation.service == service && operation.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_reads_only() {
        for operation in OPERATIONS.iter().chain(RESOURCE_POLICY_OPERATIONS) {
            // `Lookup` searches the event history; `Simulate` evaluates policies as they are and does nothing of what is
            // asked; decoding a message changes nothing: AWS opens what it sealed for whoever may read it.
            let verbs = ["Get", "List", "Describe", "Lookup", "Simulate", "DecodeAuthorizationMessage"];
            assert!(verbs.iter().any(|verb| operation.name.starts_with(verb)), "{operation:?}");
            assert_eq!(operation.action, format!("{}:{}", operation.service.to_lowercase().replace(' ', ""), operation.name));
            assert!(!operation.why.is_empty());
        }
        assert!(is_allowed("IAM", "GetRole"));
        assert!(!is_allowed("IAM", "PutRolePolicy"));
        assert!(!is_allowed("EKS", "GetRole"), "the service counts");
        assert!(!is_allowed("STS", "AssumeRole"));
        assert!(!is_allowed("Secrets Manager", "GetSecretValue"));
        assert_eq!(is_allowed("S3", "GetBucketPolicy"), cfg!(feature = "resource-policies"));
    }
}
