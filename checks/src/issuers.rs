//! How one issuer's URL stands to another's: the same, nearly the same, or another one.
//!
//! An EKS cluster's issuer is `oidc.eks.REGION.amazonaws.com/id/ID`, with an id of 32 characters that no other
//! cluster has; tokens carry this form on dual-stack clusters too.
//! <https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html>

/// The longest issuer that is compared letter by letter; IAM's own limit for a provider's URL is 255.
const LONGEST: usize = 256;

/// The most edits that are still a slip of the pen.
const MOST_EDITS: usize = 3;

/// The shortest id that nobody else has by chance.
const SHORTEST_ID: usize = 16;

/// What makes `theirs` another spelling of `ours`, if it is one: both without a scheme, as IAM keeps them.
/// Not so where they are the same, and where the id differs: that may be a cluster of its own.
pub fn variant(theirs: &str, ours: &str) -> Option<&'static str> {
    let bare = without_scheme(theirs);
    if theirs == ours {
        None
    } else if bare == ours {
        Some("it has a scheme")
    } else if bare.trim_end_matches('/') == ours {
        Some("it ends in a slash")
    } else if bare.trim_end_matches('/').eq_ignore_ascii_case(ours.trim_end_matches('/')) {
        Some("it is written in another case")
    } else if same_id(bare, ours) {
        Some(host_difference(host(bare), host(ours)))
    } else {
        None
    }
}

/// What makes `theirs` a misspelling of `ours`, if it is one: a [`variant`], an id that was cut, or a few letters.
pub fn misspelling(theirs: &str, ours: &str) -> Option<&'static str> {
    if theirs == ours {
        return None;
    }
    variant(theirs, ours).or_else(|| {
        let bare = without_scheme(theirs).trim_end_matches('/');
        let cut = ours.len() > bare.len() && host(bare) == host(ours) && is_cut(id(bare), id(ours));
        if cut {
            Some("its id is cut short")
        } else if edits(bare, ours).is_some_and(|edits| edits <= MOST_EDITS) {
            Some("a few characters differ")
        } else {
            None
        }
    })
}

/// The edits between two short texts; `None` where they are too long to be compared.
pub fn edits(a: &str, b: &str) -> Option<usize> {
    (a.len() <= LONGEST && b.len() <= LONGEST).then(|| strsim::levenshtein(a, b))
}

/// The issuer with its scheme, as tokens have it.
pub fn with_scheme(issuer: &str) -> String {
    if issuer.contains("://") { issuer.to_owned() } else { format!("https://{issuer}") }
}

/// The issuer without `https://` (or another scheme) before it.
pub fn without_scheme(issuer: &str) -> &str {
    issuer.split_once("://").map_or(issuer, |(_, rest)| rest)
}

/// Whether two URLs of API servers are those of two EKS clusters; a proxy's may be either's.
pub fn is_other_endpoint(server: &str, endpoint: &str) -> bool {
    endpoint_id(server).zip(endpoint_id(endpoint)).is_some_and(|(ours, theirs)| ours != theirs)
}

/// The first label of an EKS endpoint's host, which is the cluster's own: `ID.gr7.REGION.eks.amazonaws.com`, or
/// `ID.eks-cluster.REGION.api.aws` on dual-stack clusters. `None` for a proxy or another host.
fn endpoint_id(url: &str) -> Option<String> {
    let host = without_scheme(url).split(['/', ':']).next()?.to_ascii_lowercase();
    let (id, rest) = host.split_once('.')?;
    let eks = rest.contains(".eks.amazonaws.com") || (rest.starts_with("eks-cluster.") && rest.contains(".api."));
    eks.then(|| id.to_owned())
}

fn host(issuer: &str) -> &str {
    issuer.split('/').next().unwrap_or_default()
}

/// What follows the last slash; nothing in an issuer that is a host alone.
fn id(issuer: &str) -> &str {
    issuer.trim_end_matches('/').rsplit_once('/').map_or("", |(_, id)| id)
}

fn same_id(theirs: &str, ours: &str) -> bool {
    let ours = id(ours);
    ours.len() >= SHORTEST_ID && id(theirs).eq_ignore_ascii_case(ours)
}

fn is_cut(theirs: &str, ours: &str) -> bool {
    ours.len() >= SHORTEST_ID && (theirs.is_empty() || theirs == "id" || ours.starts_with(theirs) || ours.ends_with(theirs))
}

fn host_difference(theirs: &str, ours: &str) -> &'static str {
    let sorted = |host: &str| {
        let mut parts: Vec<String> = host.split('.').map(str::to_ascii_lowercase).collect();
        parts.sort_unstable();
        parts
    };
    if theirs.eq_ignore_ascii_case(ours) {
        "its path differs"
    } else if theirs.starts_with("oidc-eks.") && theirs.ends_with(".api.aws") {
        "it has the dual-stack host, which tokens never carry"
    } else if sorted(theirs) == sorted(ours) {
        "the parts of its host are in another order"
    } else if region(theirs).is_some() && region(ours).is_some() && region(theirs) != region(ours) {
        "it is of another region, with the same id"
    } else {
        "its host differs, with the same id"
    }
}

/// The region of the cluster that an issuer is of, where that is EKS' own.
pub fn region_of(issuer: &str) -> Option<&str> {
    region(host(without_scheme(issuer))).filter(|region| region.contains('-'))
}

/// The region in the host of an EKS issuer.
fn region(host: &str) -> Option<&str> {
    host.strip_prefix("oidc.eks.")?.split('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_of_eks_names_its_region() {
        for (issuer, region) in [
            ("https://oidc.eks.eu-west-1.amazonaws.com/id/X", Some("eu-west-1")),
            ("oidc.eks.cn-north-1.amazonaws.com.cn/id/X", Some("cn-north-1")),
            ("https://oidc.eks.amazonaws.com/id/X", None),
            ("https://s3.eu-west-1.amazonaws.com/issuer", None),
            ("https://issuer.example.com/oidc.eks.eu-west-1.x", None),
        ] {
            assert_eq!(region_of(issuer), region, "{issuer}");
        }
    }

    const OURS: &str = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

    #[test]
    fn other_spellings_are_known() {
        for (theirs, what) in [
            ("https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "it has a scheme"),
            ("oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE/", "it ends in a slash"),
            ("oidc.eks.us-east-1.amazonaws.com/id/exampled539d4633e53de1b71example", "it is written in another case"),
            (
                "oidc-eks.us-east-1.api.aws/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
                "it has the dual-stack host, which tokens never carry",
            ),
            (
                "oidc.us-east-1.eks.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
                "the parts of its host are in another order",
            ),
            ("oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "it is of another region, with the same id"),
            ("oidc.eks.us-east-1.amazonaws.com/EXAMPLED539D4633E53DE1B71EXAMPLE", "its path differs"),
            ("oidc.eks.us-east-1/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "its host differs, with the same id"),
            ("oidc-eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "its host differs, with the same id"),
            ("issuer.example.api.aws/id/EXAMPLED539D4633E53DE1B71EXAMPLE", "its host differs, with the same id"),
        ] {
            assert_eq!(variant(theirs, OURS), Some(what), "{theirs}");
            assert_eq!(misspelling(theirs, OURS), Some(what), "{theirs}");
        }
        assert_eq!(variant(OURS, OURS), None);
        assert_eq!(misspelling(OURS, OURS), None);
    }

    #[test]
    fn a_cut_id_and_a_slip_are_misspellings_and_no_variants() {
        for theirs in [
            "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633",
            "oidc.eks.us-east-1.amazonaws.com/id",
            "oidc.eks.us-east-1.amazonaws.com",
            "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLF",
        ] {
            assert_eq!(variant(theirs, OURS), None, "{theirs}");
            assert!(misspelling(theirs, OURS).is_some(), "{theirs}");
        }
    }

    #[test]
    fn another_cluster_is_another_cluster() {
        for theirs in [
            "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
            "token.actions.githubusercontent.com",
            "my-bucket.s3.us-east-1.amazonaws.com/prod",
            "",
        ] {
            assert_eq!(misspelling(theirs, OURS), None, "{theirs}");
        }
        // Two kOps clusters in one bucket: short ids prove nothing.
        assert_eq!(variant("bucket.s3.amazonaws.com/prod", "other.s3.amazonaws.com/prod"), None);
    }

    #[test]
    fn an_id_is_cut_only_where_its_beginning_or_end_is_left() {
        let cut = "its id is cut short";
        assert_eq!(misspelling("oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633", OURS), Some(cut));
        assert_eq!(misspelling("oidc.eks.us-east-1.amazonaws.com/id/53DE1B71EXAMPLE", OURS), Some(cut));
        assert_eq!(misspelling("oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF", OURS), None, "another id");
        assert_eq!(misspelling("oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D", OURS), None, "another host");
        let as_long = format!("{}/{}/id", host(OURS), "x".repeat(OURS.len() - host(OURS).len() - 4));
        assert_eq!(misspelling(&as_long, OURS), None, "nothing is missing of it");
        assert_eq!(misspelling("bucket.example.com/prod", "bucket.example.com/production"), None, "short ids prove nothing");
    }

    #[test]
    fn only_endpoints_of_eks_are_compared() {
        let ours = "https://0123.gr7.us-east-1.eks.amazonaws.com";
        assert!(is_other_endpoint("https://4567.gr7.us-east-1.eks.amazonaws.com", ours));
        assert!(is_other_endpoint("https://4567.eks-cluster.us-east-1.api.aws", ours));
        assert!(!is_other_endpoint("https://0123.eks-cluster.us-east-1.api.aws", ours));
        for proxy in ["https://proxy.my.api.example.com", "https://proxy.eks-cluster.example.com", "https://localhost:6443"] {
            assert!(!is_other_endpoint(proxy, ours), "{proxy}");
        }
    }

    #[test]
    fn texts_that_are_too_long_are_not_compared() {
        let long = "a".repeat(LONGEST + 1);
        assert_eq!((edits(&long, "a"), edits("a", &long)), (None, None));
        assert_eq!(edits(&"a".repeat(LONGEST), "a"), Some(LONGEST - 1));
    }

    #[test]
    fn tokens_have_the_scheme() {
        assert_eq!(with_scheme(OURS), format!("https://{OURS}"));
        assert_eq!(with_scheme("http://issuer.example.com"), "http://issuer.example.com");
    }
}
