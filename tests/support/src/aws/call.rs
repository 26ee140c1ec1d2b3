//! A request to AWS: which service, which operation, by whom.

use serde_json::Value;

use super::Caller;
use crate::encoding;
use crate::http::Request;

/// What a request asks for.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) action: String,
    /// The region of the signature.
    pub(crate) region: String,
    /// The access key of the signature; empty if there is none.
    pub(crate) access_key: String,
    /// The decoded segments of the path.
    pub(crate) segments: Vec<String>,
    parameters: Vec<(String, String)>,
    /// The body of a JSON service.
    pub(crate) fields: Value,
    pub(crate) caller: Caller,
    pub(crate) page_size: Option<usize>,
}

impl Call {
    /// Reads the signature's scope (`AKID/date/region/service/aws4_request`), the form body and the path.
    pub(crate) fn parse(request: &Request) -> Self {
        let mut parameters = request.query.clone();
        let is_form = request.header("content-type").is_some_and(|value| value.contains("x-www-form-urlencoded"));
        if is_form {
            parameters.extend(encoding::parse_form(&String::from_utf8_lossy(&request.body)));
        }
        let fields = serde_json::from_slice(&request.body).ok().filter(Value::is_object);
        let signed = request.header("authorization").and_then(|value| value.split("Credential=").nth(1));
        let presigned = request.parameter("X-Amz-Credential");
        let scope = signed.or(presigned).unwrap_or_default();
        let mut scope = scope.split([',', ' ']).next().unwrap_or_default().split('/').map(str::to_owned);
        let access_key = scope.next().unwrap_or_default();
        let region = scope.nth(1).unwrap_or_default();
        let mut call = Self {
            service: scope.next().unwrap_or_default(),
            action: String::new(),
            region,
            access_key,
            segments: request.segments(),
            parameters,
            fields: fields.unwrap_or_default(),
            caller: Caller { account: String::new(), arn: "arn:aws:iam::000000000000:user/nobody".to_owned() },
            page_size: None,
        };
        if call.service.is_empty() {
            call.service = guess_service(&call);
        }
        // `AmazonSQS.GetQueueAttributes`: how services of the JSON protocol are asked.
        let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        let named = call.parameter("Action").or(target).map(str::to_owned);
        call.action = named.unwrap_or_else(|| rest_action(&call, request));
        call
    }

    /// `iam:GetRole`.
    pub(crate) fn operation(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there; the empty string fits nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.parameter(name).unwrap_or_default()
    }

    /// All of `NAME.member.1`, `NAME.member.2`, ...
    pub(crate) fn members(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}.member.");
        self.parameters.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the service speaks JSON, not XML.
    pub(crate) fn is_json(&self) -> bool {
        !matches!(self.service.as_str(), "iam" | "sts" | "s3" | "sns")
    }
}

/// An unsigned request (anybody may call `AssumeRoleWithWebIdentity`): the API version or the path tells.
fn guess_service(call: &Call) -> String {
    let service = match call.parameter("Version") {
        Some("2010-05-08") => "iam",
        Some("2011-06-15") => "sts",
        _ if call.segments.first().is_some_and(|first| first == "clusters") => "eks",
        _ => "unknown",
    };
    service.to_owned()
}

/// The operation's name where path and method tell it.
fn rest_action(call: &Call, request: &Request) -> String {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    let name = match (call.service.as_str(), method, segments.as_slice()) {
        ("eks", "GET", ["clusters"]) => "ListClusters",
        ("eks", "POST", ["clusters"]) => "CreateCluster",
        ("eks", "GET", ["clusters", _]) => "DescribeCluster",
        ("eks", "DELETE", ["clusters", _]) => "DeleteCluster",
        ("eks", "GET", ["clusters", _, "pod-identity-associations"]) => "ListPodIdentityAssociations",
        ("eks", "POST", ["clusters", _, "pod-identity-associations"]) => "CreatePodIdentityAssociation",
        ("eks", "GET", ["clusters", _, "pod-identity-associations", _]) => "DescribePodIdentityAssociation",
        ("eks", "POST", ["clusters", _, "pod-identity-associations", _]) => "UpdatePodIdentityAssociation",
        ("eks", "DELETE", ["clusters", _, "pod-identity-associations", _]) => "DeletePodIdentityAssociation",
        ("eks", "GET", ["clusters", _, "addons"]) => "ListAddons",
        ("eks", "POST", ["clusters", _, "addons"]) => "CreateAddon",
        ("eks", "GET", ["clusters", _, "addons", _]) => "DescribeAddon",
        ("s3", "GET", [_]) if request.parameter("policy").is_some() => "GetBucketPolicy",
        ("s3", "HEAD", [_]) => "HeadBucket",
        ("lambda", "GET", ["2015-03-31", "functions", _, "policy"]) => "GetPolicy",
        ("lambda", "GET", ["2019-09-30", "functions", _, "concurrency"]) => "GetFunctionConcurrency",
        _ => return format!("{method} {}", request.path),
    };
    name.to_owned()
}
