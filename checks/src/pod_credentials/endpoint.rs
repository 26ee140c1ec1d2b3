//! Endpoints: those that send STS astray, and those that say that keys are not for AWS.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>

use super::ENDPOINT;
use crate::evidence::{ContainerView, Evidence};
use crate::finding::Finding;
use crate::fix::{Fix, template};
use crate::identity::{self, Mode};

/// An endpoint setting that sends STS elsewhere than AWS.
pub(super) fn endpoint(evidence: &Evidence<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let ignored = container.value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // Keys and the Pod Identity agent need no STS.
    if ignored || matches!(identity::mode(container), Mode::Static | Mode::PodIdentity) {
        return None;
    }
    // The service's own setting comes before the one for all.
    let variable = ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"].into_iter().find(|name| container.is_set(name))?;
    let url = container.value(variable).filter(|url| !is_sts(url))?;
    let name = container.name();
    let detail = format!("container {name} sets {variable} to {url}: its calls of STS go there, and not to AWS");
    let fix = Fix::new(template::id(evidence, "endpoint", container.name()), format!("let container {name} call STS at AWS"))
        .note("where the endpoint is meant for one service, set that one's own variable, such as AWS_ENDPOINT_URL_S3");
    let fix = if variable == "AWS_ENDPOINT_URL" {
        let region = evidence.cluster.and_then(|cluster| cluster.region.as_deref());
        match region.map(sts_of) {
            Some(sts) => template::put_env(evidence, fix, name, "AWS_ENDPOINT_URL_STS", &sts),
            None => template::unset_env(evidence, fix, name, &[variable]),
        }
    } else {
        template::unset_env(evidence, fix, name, &[variable])
    };
    let finding = Finding::new(&ENDPOINT, container.variable_locus(variable), detail);
    Some(finding.compared("an endpoint of AWS STS", url).fix(fix))
}

/// The regional endpoint of STS.
/// <https://docs.aws.amazon.com/general/latest/gr/sts.html>
fn sts_of(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://sts.{region}.amazonaws.com{suffix}")
}

/// Whether a URL is an endpoint of STS at AWS, a VPC endpoint among them.
fn is_sts(url: &str) -> bool {
    let host = host(url);
    let of_sts = host.starts_with("sts.") || host.starts_with("sts-fips.");
    is_private(&host) || of_sts && is_aws(&host)
}

/// VPC endpoints and dual-stack names, which AWS alone owns.
fn is_private(host: &str) -> bool {
    [".vpce.amazonaws.com", ".vpce.amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"]
        .iter()
        .any(|suffix| host.ends_with(suffix))
}

fn is_aws(host: &str) -> bool {
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".cloud.adc-e.uk"];
    is_private(host) || suffixes.iter().any(|suffix| host.ends_with(suffix))
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether a container has an endpoint of its own, so that its keys are most likely not for AWS (`MinIO` and the like).
pub(super) fn has_its_own(container: &ContainerView<'_>) -> bool {
    let image = container.container.image.as_deref().unwrap_or_default().to_ascii_lowercase();
    let speaks_of_minio = |text: &str| text.contains("minio");
    let foreign = |name: &str| match container.value(name) {
        Some(url) => !is_aws(&host(url)),
        None => container.is_set(name),
    };
    let mut names = container.container.env.iter().filter(|variable| !variable.is_empty()).map(|variable| variable.name.as_str());
    speaks_of_minio(&image)
        || speaks_of_minio(container.name())
        || names.any(|name| name.starts_with("MINIO_") || (is_endpoint(name) && name != "AWS_ENDPOINT_URL_STS" && foreign(name)))
}

/// Whether a variable's name is one of those that programs use for an S3 (or whole AWS) endpoint.
fn is_endpoint(name: &str) -> bool {
    name == "AWS_ENDPOINT_URL"
        || name.starts_with("AWS_ENDPOINT_URL_")
        || name == "AWS_ENDPOINT"
        || name.contains("S3") && name.contains("ENDPOINT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_hosts_of_sts() {
        for url in [
            "https://sts.amazonaws.com",
            "https://sts.us-east-1.amazonaws.com/",
            "https://sts-fips.us-east-1.amazonaws.com",
            "https://sts.cn-north-1.amazonaws.com.cn",
            "https://vpce-0a.sts.us-east-1.vpce.amazonaws.com:443",
            "https://sts.us-east-1.api.aws",
        ] {
            assert!(is_sts(url), "{url}");
        }
        for url in [
            "http://minio.data:9000",
            "https://s3.us-east-1.amazonaws.com",
            "https://sts.us-east-1.amazonaws.com.example.com",
            "https://sts.example.com",
            "http://localhost:4566",
            "",
        ] {
            assert!(!is_sts(url), "{url}");
        }
    }
}
