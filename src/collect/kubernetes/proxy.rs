//! Which proxy leads to an API server.
//!
//! kube's own reading of `NO_PROXY` matches the proxy's address and not the server's, so this is done here, by
//! the rules of Go's `net/http`, which are kubectl's: <https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config>

use super::error::ConnectError;
use http::Uri;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The proxy for a server, from the kubeconfig's `proxy-url`, else from the environment.
///
/// # Errors
/// Where what is given is not a URL.
pub(super) fn proxy(
    configured: Option<&str>,
    server: &Uri,
    environment: &BTreeMap<String, String>,
) -> Result<Option<Uri>, ConnectError> {
    if let Some(url) = configured.filter(|url| !url.is_empty()) {
        return parse(url).map(Some).ok_or(ConnectError::BadProxy("the kubeconfig's proxy-url"));
    }
    let variable = |names: [&str; 2]| {
        names.iter().find_map(|name| environment.get(*name)).filter(|value| !value.trim().is_empty()).map(|value| value.trim())
    };
    let (value, name) = if server.scheme_str() == Some("http") {
        (variable(["HTTP_PROXY", "http_proxy"]), "HTTP_PROXY")
    } else {
        (variable(["HTTPS_PROXY", "https_proxy"]), "HTTPS_PROXY")
    };
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    let bypassed = is_loopback(&host) || variable(["NO_PROXY", "no_proxy"]).is_some_and(|list| is_bypassed(list, &host, port));
    match value.filter(|_| !bypassed) {
        Some(url) => parse(url).map(Some).ok_or(ConnectError::BadProxy(name)),
        None => Ok(None),
    }
}

/// A proxy's URL; without a scheme it is an HTTP proxy.
fn parse(text: &str) -> Option<Uri> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let uri: Uri = url.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https" | "socks5"));
    (known && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether `NO_PROXY` names a host.
fn is_bypassed(list: &str, host: &str, port: u16) -> bool {
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let address = host.parse::<IpAddr>().ok();
        if let (Some((network, bits)), Some(address)) = (entry.split_once('/'), address) {
            return network.parse().is_ok_and(|network| bits.parse().is_ok_and(|bits| is_inside(address, network, bits)));
        }
        if let Ok(named) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Some(named) == address;
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, wanted)) => (name, wanted.parse::<u16>().ok()),
            None => (entry.as_str(), None),
        };
        let name = name.trim_start_matches('*');
        let matches = match name.strip_prefix('.') {
            Some(_) => host.ends_with(name),
            None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
        };
        matches && wanted.is_none_or(|wanted| wanted == port)
    })
}

/// Whether an address is in a network.
fn is_inside(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(server: &str, variables: &[(&str, &str)]) -> Option<String> {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        proxy(None, &server.parse().unwrap(), &environment).unwrap().map(|uri| uri.to_string())
    }

    #[test]
    fn follows_the_environment() {
        let https = ("HTTPS_PROXY", "http://proxy:3128");
        assert_eq!(found("https://api.example.com", &[https]).as_deref(), Some("http://proxy:3128/"));
        assert_eq!(found("https://api.example.com", &[("https_proxy", "proxy:3128")]).as_deref(), Some("http://proxy:3128/"));
        assert_eq!(found("http://api.example.com", &[https]), None);
        assert_eq!(found("https://127.0.0.1:6443", &[https]), None);
        assert_eq!(found("https://[::1]:6443", &[https]), None);
        for list in ["example.com", ".example.com", "*.example.com", "*", "x, api.example.com", "api.example.com:443"] {
            assert_eq!(found("https://api.example.com", &[https, ("NO_PROXY", list)]), None, "{list}");
        }
        for list in ["ample.com", "api.example.com:6443", "proxy", "10.0.0.0/8", ".api.example.com"] {
            assert!(found("https://api.example.com", &[https, ("NO_PROXY", list)]).is_some(), "{list}");
        }
        assert_eq!(found("https://10.1.2.3", &[https, ("NO_PROXY", "10.0.0.0/8")]), None);
        assert_eq!(found("https://10.1.2.3", &[https, ("NO_PROXY", "0.0.0.0/0")]), None);
        assert!(found("https://11.1.2.3", &[https, ("NO_PROXY", "10.0.0.0/8")]).is_some());
    }

    #[test]
    fn refuses_what_is_no_proxy() {
        let environment = BTreeMap::from([("HTTPS_PROXY".to_owned(), "ftp://x".to_owned())]);
        let server = "https://api.example.com".parse().unwrap();
        assert_eq!(proxy(None, &server, &environment), Err(ConnectError::BadProxy("HTTPS_PROXY")));
        assert!(proxy(Some("socks5://proxy:1080"), &server, &environment).unwrap().is_some());
    }
}
