//! Errors in the services' own shapes.

use serde_json::json;

use super::Cluster;
use super::call::Call;
use crate::encoding::xml_escape;
use crate::http::Response;

/// The request id of every answer: nothing depends on it, so it need not vary.
pub(crate) const REQUEST_ID: &str = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE";

/// An error of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// IAM's `NoSuchEntity`.
    pub(crate) fn no_such_entity(message: &str) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    /// EKS' `ResourceNotFoundException`.
    pub(crate) fn no_such_resource(message: &str) -> Self {
        Self::new(404, "ResourceNotFoundException", message)
    }

    /// An operation that the stand-in doesn't have.
    pub(crate) fn unknown_operation(call: &Call) -> Self {
        let message = format!("Could not find operation {} for version", call.operation());
        Self::new(400, "InvalidAction", &message)
    }

    /// AWS' words for a caller who has no right to this operation.
    pub(crate) fn denied(call: &Call, cluster: &Cluster) -> Self {
        let operation = call.operation();
        let message = format!(
            "User: {} is not authorized to perform: {operation} on resource: {} because no identity-based policy allows the {operation} action",
            call.caller.arn,
            resource(call, cluster),
        );
        Self::new(403, "AccessDenied", &message)
    }

    /// The usual code and message of a status.
    pub(crate) fn usual(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let usual = match status {
            403 => "AccessDenied",
            404 => "NoSuchEntity",
            429 => "TooManyRequestsException",
            503 => "ServiceUnavailable",
            400..500 => "ValidationError",
            _ => "InternalFailure",
        };
        let code = code.unwrap_or(usual);
        let message = message.unwrap_or(match code {
            "Throttling" | "ThrottlingException" | "TooManyRequestsException" => "Rate exceeded",
            "ExpiredToken" | "ExpiredTokenException" => "The security token included in the request is expired",
            "InvalidClientTokenId" | "UnrecognizedClientException" => "The security token included in the request is invalid.",
            "RequestLimitExceeded" => "Request limit exceeded.",
            _ => "The request processing has failed because of an unknown error, exception or failure.",
        });
        Self::new(status, code, message)
    }

    /// The response, in XML or in JSON as the service speaks.
    pub(crate) fn response(&self, call: &Call) -> Response {
        if call.is_json() { self.json(call) } else { self.xml(call) }
    }

    fn json(&self, call: &Call) -> Response {
        // The JSON services have longer names for the errors that the XML services share.
        let code = match self.code.as_str() {
            "AccessDenied" => "AccessDeniedException",
            "Throttling" => "ThrottlingException",
            "ExpiredToken" => "ExpiredTokenException",
            other => other,
        };
        let mut body = json!({"message": self.message});
        if code == "ResourceNotFoundException" {
            body["clusterName"] = json!(call.segments.get(1));
            for field in ["nodegroupName", "fargateProfileName", "addonName"] {
                body[field] = json!(null);
            }
        }
        Response::json(self.status, &body).with_header("x-amzn-ErrorType", code).with_header("x-amzn-RequestId", REQUEST_ID)
    }

    fn xml(&self, call: &Call) -> Response {
        if call.service == "s3" {
            let (code, message) = (xml_escape(&self.code), xml_escape(&self.message));
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            );
            return Response::new(self.status, "application/xml", body);
        }
        let kind = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"{}\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{}</Code>\n    <Message>{}</Message>\n  \
             </Error>\n  <RequestId>{REQUEST_ID}</RequestId>\n</ErrorResponse>\n",
            namespace(&call.service),
            xml_escape(&self.code),
            xml_escape(&self.message),
        );
        Response::new(self.status, "text/xml", body).with_header("x-amzn-RequestId", REQUEST_ID)
    }
}

/// The XML namespace of a service.
pub(crate) fn namespace(service: &str) -> &'static str {
    match service {
        "iam" => "https://iam.amazonaws.com/doc/2010-05-08/",
        _ => "https://sts.amazonaws.com/doc/2011-06-15/",
    }
}

/// How the message names what was asked for.
fn resource(call: &Call, cluster: &Cluster) -> String {
    let account = format!("arn:{}:iam::{}", cluster.partition, call.caller.account);
    if call.service == "eks" {
        let name = call.segments.get(1).map_or("*", String::as_str);
        return format!("arn:{}:eks:{}:{}:cluster/{name}", cluster.partition, call.region, call.caller.account);
    }
    match call.action.as_str() {
        "ListRoles" => format!("{account}:role/"),
        "ListPolicies" => format!("{account}:policy/"),
        "ListOpenIDConnectProviders" => format!("{account}:oidc-provider/*"),
        _ => {
            if let Some(role) = call.parameter("RoleName") {
                return format!("role {role}");
            }
            if let Some(policy) = call.parameter("PolicyArn") {
                return format!("policy {policy}");
            }
            let provider = call.parameter("OpenIDConnectProviderArn").or_else(|| call.parameter("RoleArn"));
            provider.unwrap_or("*").to_owned()
        }
    }
}
