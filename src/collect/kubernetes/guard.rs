//! Read-only, enforced in the transport: only GET, and only on the paths of the table of permissions.

use super::permissions::is_allowed;
use http::{Method, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tower::{BoxError, Layer, Service};

/// Parameters that a request may have: none of them makes it a watch, a proxy or anything else than a read.
const PARAMETERS: &[&str] = &["limit", "continue", "labelSelector", "fieldSelector"];

/// A request was refused before it left this process.
#[derive(Debug, thiserror::Error)]
#[error("refused here: irsa-doctor may not send this request")]
pub(crate) struct Refused;

/// The layer that refuses and counts.
#[derive(Debug, Clone)]
pub(super) struct ReadOnly {
    calls: Arc<AtomicU64>,
}

impl ReadOnly {
    /// A guard that adds what it lets through to a count.
    pub(super) fn counting(calls: Arc<AtomicU64>) -> Self {
        Self { calls }
    }
}

impl<S> Layer<S> for ReadOnly {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Guard { inner, calls: Arc::clone(&self.calls) }
    }
}

/// A service behind the guard.
#[derive(Debug, Clone)]
pub(super) struct Guard<S> {
    inner: S,
    calls: Arc<AtomicU64>,
}

impl<S, B> Service<Request<B>> for Guard<S>
where
    S: Service<Request<B>, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !is_read(&request) {
            return Box::pin(std::future::ready(Err(Refused.into())));
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(self.inner.call(request))
    }
}

/// Whether a request is one of ours.
fn is_read<B>(request: &Request<B>) -> bool {
    let known = |pair: &str| PARAMETERS.contains(&pair.split('=').next().unwrap_or_default());
    request.method() == Method::GET
        && is_allowed(request.uri().path())
        && request.uri().query().is_none_or(|query| query.split('&').all(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &str, uri: &str) -> bool {
        is_read(&Request::builder().method(method).uri(uri).body(()).unwrap())
    }

    #[test]
    fn lets_reads_of_the_table_through() {
        for uri in [
            "/version",
            "/.well-known/openid-configuration",
            "/api/v1/namespaces",
            "/api/v1/namespaces/shop",
            "/api/v1/namespaces/shop/pods/api-0",
            "/api/v1/namespaces/shop/pods?limit=500&continue=x&labelSelector=a%3Db",
            "/api/v1/pods?fieldSelector=metadata.name%3Dx",
            "/apis/apps/v1/namespaces/kube-system/daemonsets",
            "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/api",
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pod-identity-webhook",
        ] {
            assert!(allowed("GET", uri), "{uri}");
        }
    }

    #[test]
    fn lets_nothing_else_through() {
        for uri in [
            "/",
            "/api/v1/secrets",
            "/api/v1/namespaces/shop/secrets/x",
            "/api/v1/namespaces/shop/configmaps/x",
            "/api/v1/namespaces/shop/serviceaccounts/api/token",
            "/api/v1/namespaces/shop/pods/api-0/log",
            "/api/v1/namespaces/shop/pods/api-0/exec",
            "/api/v1/namespaces/shop/pods/",
            "/api/v1/namespaces/shop/pods/..",
            "/api/v1/namespaces/shop/pods/..%2F..%2Fsecrets",
            "/api/v1/namespaces/../pods/x",
            "/api/v1/namespaces/shop/pods?watch=true",
            "/api/v1/watch/namespaces/shop/pods",
            "/api/v1/nodes",
            "/api/v1/nodes/n/proxy",
            "/apis/authentication.k8s.io/v1/tokenreviews",
            "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/mine",
            "/versions",
            "//version",
        ] {
            assert!(!allowed("GET", uri), "{uri}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
            assert!(!allowed(method, "/api/v1/namespaces/shop/pods/api-0"), "{method}");
        }
    }
}
