//! The `Host` of a request: pages that need no secret are read only under names that a web page elsewhere cannot have.
//!
//! A page at `evil.example` can have its own name resolved to 127.0.0.1, and its scripts then read what a service on
//! this machine shows (DNS rebinding). The browser sends `Host: evil.example` all the same.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Endings of names that cannot be registered in the public DNS: `.localhost` (RFC 6761), ICANN's `.internal`, and services
/// in Kubernetes (`towpath.namespace.svc`, `towpath.namespace.svc.cluster.local`). Not `.local`, which every device of a
/// network may claim (RFC 6762).
const LOCAL_ENDINGS: [&str; 4] = [".localhost", ".internal", ".svc", ".cluster.local"];

/// The names under which the service answers what needs no secret.
#[derive(Debug)]
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    /// These names, besides IP addresses, names of one label and names of the local network.
    pub(super) fn new(names: Vec<String>) -> Self {
        // Both spellings of a fully qualified name, with and without the last dot, mean the same.
        let plain = |name: String| name.to_ascii_lowercase().trim_end_matches('.').to_owned();
        Self(names.into_iter().map(plain).collect())
    }

    /// Whether the value of a `Host` header names this service. A port behind the name does not matter.
    fn allows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if let Some(address) = host.strip_prefix('[') {
            let Some((address, rest)) = address.split_once(']') else { return false };
            let is_end = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            return is_end && address.parse::<IpAddr>().is_ok();
        }
        let name = match host.rsplit_once(':') {
            Some((_, port)) if !is_port(port) => return false,
            Some((name, _)) => name,
            None => host.as_str(),
        };
        let name = name.trim_end_matches('.');
        let is_local = !name.contains('.') || LOCAL_ENDINGS.iter().any(|ending| name.ends_with(ending));
        name.parse::<IpAddr>().is_ok() || is_local || self.0.iter().any(|allowed| allowed == name)
    }
}

/// Whether a text is a port, which may be left out behind the colon (RFC 3986, section 3.2.3).
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The host that a request is for. The one in an absolute target counts before the header (RFC 9112, section 3.2.2).
///
/// # Errors
/// If there are several `Host` headers, or one is not text: proxies and servers could take different ones (RFC 9112, section
/// 3.2).
fn host_of(request: &Request) -> Result<&str, StatusCode> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let header = headers.next().map(|host| host.to_str().map_err(|_| StatusCode::BAD_REQUEST)).transpose()?;
    if headers.next().is_some() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let target = request.uri().authority().map(axum::http::uri::Authority::as_str);
    Ok(target.or(header).unwrap_or_default())
}

/// Refuses a request whose host is a name of somewhere else, with 421, and one that names several hosts, with 400.
pub(super) async fn check(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let host = match host_of(&request) {
        Ok(host) => host,
        Err(status) => return (status, "send exactly one Host header\n").into_response(),
    };
    if hosts.allows(host) {
        return next.run(request).await;
    }
    let why = "this host name is not one of this service; add it to `hosts` in the configuration\n";
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}

#[cfg(test)]
mod tests;
