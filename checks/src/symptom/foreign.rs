//! What a text is that isn't an AWS error, where it can be told.

use super::text::Text;

/// Whose an error is: phrases that only that one's errors have, and names that stand in much else. All without white space and
/// in lower case.
type Other = (&'static str, &'static [&'static str], &'static [&'static str]);

const OTHERS: &[Other] = &[
    (
        "a refusal of Kubernetes (RBAC), not of AWS",
        &[
            "isforbidden:user",
            "cannotlistresource",
            "cannotgetresource",
            "cannotwatchresource",
            "cannotcreateresource",
            "cannotupdateresource",
            "cannotpatchresource",
            "cannotdeleteresource",
            "(forbidden):user",
            "attemptingtograntrbacpermissions",
        ],
        &[],
    ),
    ("a refusal of a Kubernetes admission webhook or policy", &["admissionwebhook"], &[]),
    (
        "an error of Google Cloud",
        &["googleapi:", "storage.objects", "google.api"],
        &["googleapi", "gserviceaccount.com", "storage.googleapis"],
    ),
    ("an error of Azure", &["authorizationfailed"], &["microsoft.", "azure", "windows.net", "login.microsoftonline"]),
    ("an error of Alibaba Cloud", &[], &["aliyuncs.com", "alibaba"]),
    ("an error of MinIO, not of AWS", &["<server>minio"], &["minio"]),
    ("an error of an OpenStack or Ceph store", &[], &["rgw", "swift"]),
    ("an error of PostgreSQL or MySQL", &["pq:", "sqlstate", "accessdeniedforuser'", "passwordauthenticationfailed"], &[]),
    (
        "an error of a registry or a proxy that isn't AWS",
        &[],
        &["docker.io", "ghcr.io", "quay.io", "nginx", "cloudflare", "envoy", "varnish", "<html"],
    ),
    ("an error of Git or SSH", &["permissiondenied(publickey)"], &["git@"]),
    ("an error of HashiCorp Vault", &["1erroroccurred:*permissiondenied"], &["vault"]),
];

/// Words of refusals and of gateways. What has failed otherwise is no sign: `Back-off restarting failed container nginx`.
const REFUSALS: &[&str] = &[
    "denied",
    "forbidden",
    "unauthorized",
    "notauthorized",
    "notallowed",
    "badgateway",
    "gatewaytime",
    "serviceunavailable",
    "toomanyrequests",
    "ratelimit",
    "failedtopull",
    "errorcode",
    "authenticationfailed",
];

/// What a text is that isn't an AWS error. A name alone says nothing: the images of a pod are named in its description.
pub(super) fn what(text: &Text) -> Option<&'static str> {
    let low: String = text.plain.chars().filter(|c| !c.is_whitespace() || *c == '\n').collect::<String>().to_ascii_lowercase();
    let refusals: Vec<&str> = low.lines().filter(|line| REFUSALS.iter().any(|word| line.contains(word))).collect();
    let page = text.has("<html") && !refusals.is_empty();
    let names = |name: &&str| (page && text.has(name)) || refusals.iter().any(|line| line.contains(name));
    OTHERS.iter().find(|(_, phrases, marks)| text.has_any(phrases) || marks.iter().any(&names)).map(|(what, ..)| *what)
}

/// Whether a text is surely somebody else's, even though its form is one that AWS uses.
pub(super) fn is_foreign(text: &Text) -> bool {
    let lookalike = ["aliyuncs.com", "storage.googleapis.com", "storage.objects", "<server>minio", "minio-go", "microsoft."];
    text.has_any(&lookalike) && !text.has_any(&["amazonaws.com", "arn:aws"])
}
