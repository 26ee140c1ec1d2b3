//! What a text is that isn't an AWS error, where it can be told.

use super::text::Text;

/// Phrases of others, without white space and in lower case, and whose they are.
const OTHERS: &[(&str, &[&str])] = &[
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
    ),
    ("a refusal of a Kubernetes admission webhook or policy", &["admissionwebhook"]),
    (
        "an error of Google Cloud",
        &["googleapi", "googleapis.com", "storage.objects", "gserviceaccount.com", "google.api", "storage.googleapis"],
    ),
    ("an error of Azure", &["authorizationfailed", "microsoft.", "azure", "windows.net", "login.microsoftonline"]),
    ("an error of Alibaba Cloud", &["aliyuncs.com", "alibaba"]),
    ("an error of MinIO, not of AWS", &["minio"]),
    ("an error of an OpenStack or Ceph store", &["rgw", "swift"]),
    ("an error of PostgreSQL or MySQL", &["pq:", "sqlstate", "accessdeniedforuser'", "passwordauthenticationfailed"]),
    (
        "an error of a registry or a proxy that isn't AWS",
        &["docker.io", "ghcr.io", "quay.io", "nginx", "cloudflare", "envoy", "varnish", "<html"],
    ),
    ("an error of Git or SSH", &["permissiondenied(publickey)", "git@"]),
    ("an error of HashiCorp Vault", &["vault", "1erroroccurred:*permissiondenied"]),
];

/// What a text is that isn't an AWS error.
pub(super) fn what(text: &Text) -> Option<&'static str> {
    OTHERS.iter().find(|(_, phrases)| text.has_any(phrases)).map(|(what, _)| *what)
}

/// Whether a text is surely somebody else's, even though its form is one that AWS uses.
pub(super) fn is_foreign(text: &Text) -> bool {
    let lookalike = ["aliyuncs.com", "storage.googleapis.com", "storage.objects", "<server>minio", "minio-go", "microsoft."];
    text.has_any(&lookalike) && !text.has_any(&["amazonaws.com", "arn:aws"])
}
