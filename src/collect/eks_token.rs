//! EKS tokens without a plugin: the presigned `sts:GetCallerIdentity` URL that `aws eks get-token` and
//! `aws-iam-authenticator token` print.
//!
//! <https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster>

mod request;

pub(crate) use request::TokenRequest;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use irsa_doctor_checks::partition;
use std::time::{Duration, SystemTime};

/// How long the signature holds; the token itself is good for 14 minutes after that.
const EXPIRES: Duration = Duration::from_mins(1);

/// The header that binds a token to one cluster.
const CLUSTER_HEADER: &str = "x-k8s-aws-id";

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// Nothing says which region's STS to sign for.
    #[error("no region for the EKS token of cluster `{0}`")]
    NoRegion(String),
    /// The signer refused; its own words could hold the key.
    #[error("the EKS token of cluster `{0}` could not be signed")]
    Sign(String),
}

impl TokenError {
    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::NoRegion(_) => "give --region, or --no-native-token to run the kubeconfig's own plugin".to_owned(),
            Self::Sign(_) => "give --no-native-token to run the kubeconfig's own plugin".to_owned(),
        }
    }
}

/// Makes a token for a cluster.
///
/// `credentials` are those of the profile and role that the request names; `region` is used where the
/// request has none. The region must belong to the cluster's partition; any of it will do.
///
/// # Errors
/// [`TokenError`] where there is no region, or where the signer refuses.
pub(crate) fn presign(
    request: &TokenRequest,
    credentials: &Credentials,
    region: Option<&str>,
    now: SystemTime,
) -> Result<String, TokenError> {
    let cluster = request.cluster_id.as_str();
    let region = request.region.as_deref().or(region).filter(|region| !region.is_empty());
    let region = region.ok_or_else(|| TokenError::NoRegion(cluster.to_owned()))?;
    let url = format!("https://{}/?Action=GetCallerIdentity&Version=2011-06-15", sts_host(region, request.fips));
    let failed = || TokenError::Sign(cluster.to_owned());
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| failed())?
        .into();
    let headers = [(CLUSTER_HEADER, cluster)];
    let signable = SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[])).map_err(|_| failed())?;
    let (instructions, _) = sign(signable, &parameters).map_err(|_| failed())?.into_parts();
    let mut signed = http::Request::get(&url).header(CLUSTER_HEADER, cluster).body(()).map_err(|_| failed())?;
    instructions.apply_to_request_http1x(&mut signed);
    Ok(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(signed.uri().to_string())))
}

/// The host of a region's STS.
/// <https://docs.aws.amazon.com/general/latest/gr/sts.html>
fn sts_host(region: &str, fips: bool) -> String {
    let service = if fips { "sts-fips" } else { "sts" };
    format!("{service}.{region}.{}", dns_suffix(region))
}

/// The DNS suffix of the partition that a region belongs to.
pub(crate) fn dns_suffix(region: &str) -> &'static str {
    partition_dns_suffix(partition::of_region(region))
}

/// The DNS suffix of a partition.
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
pub(crate) fn partition_dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests;
