//! Where the addresses that a registry names may lead, with our credentials and without.

use reqwest::Url;

use super::connection::{TransportSecurity, is_public};

/// Registries whose tokens are given by another host of the same owner.
const KNOWN_REALMS: [(&str, &str); 4] = [
    ("docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
    ("registry.digitalocean.com", "api.digitalocean.com"),
    ("lscr.io", "ghcr.io"),
];

/// Who names an address, and what the configuration says of it.
#[derive(Copy, Clone, Debug)]
pub(super) struct Origin<'a> {
    /// Any address of the registry.
    pub(super) registry: &'a Url,
    /// The registry as image names spell it.
    pub(super) host: &'a str,
    /// The host that the configuration lets have credentials besides.
    pub(super) realm: Option<&'a str>,
}

impl Origin<'_> {
    /// How a realm may be reached to which our credentials go.
    pub(super) fn trusted_way_to(self, target: &Url) -> Result<TransportSecurity, String> {
        if self.trusts(target) {
            return self.way_to(target);
        }
        let host = host_and_port(target);
        Err(format!(
            "`{}` is another host or port, to which its credentials do not go; if that is right, \
             write `realm: {host}` for this registry",
            target.origin().ascii_serialization()
        ))
    }

    /// How an address may be reached without credentials. A registry can name any, so that a public one must not
    /// make us knock at doors inside our network.
    pub(super) fn way_to(self, target: &Url) -> Result<TransportSecurity, String> {
        let at = target.origin().ascii_serialization();
        let is_in_house = self.registry.scheme() == "http";
        // Without credentials, another port of the registry's own host is no stranger than the registry.
        let is_near = target.host() == self.registry.host() || self.trusts(target);
        match target.scheme() {
            "http" if is_in_house && is_near => Ok(TransportSecurity::Plain),
            "https" if is_in_house || is_near => Ok(TransportSecurity::Tls),
            // An address in figures is never resolved, so the resolver of `TlsToPublic` would not see it.
            "https" if address_of(target).is_none_or(is_public) => Ok(TransportSecurity::TlsToPublic),
            "https" => Err(format!("`{at}` is a private address")),
            _ => Err(format!("`{at}` is not https")),
        }
    }

    /// Whether credentials may go to an address.
    fn trusts(self, target: &Url) -> bool {
        let is_configured =
            self.realm.is_some_and(|realm| realm.eq_ignore_ascii_case(&host_and_port(target)));
        let is_known = target.port().is_none()
            && KNOWN_REALMS.iter().any(|known| (known.0, Some(known.1)) == (self.host, target.host_str()));
        // Another port of the same host may belong to somebody else.
        let is_same = (target.host(), target.port_or_known_default())
            == (self.registry.host(), self.registry.port_or_known_default());
        is_same || is_configured || is_known
    }
}

/// Where a person's configuration or a cloud leads us: over TLS, or in clear within the machine and its cloud.
pub(super) fn way_to_service(target: &Url) -> Result<TransportSecurity, String> {
    let is_inside = address_of(target).is_some_and(|address| !is_public(address));
    match target.scheme() {
        "https" => Ok(TransportSecurity::Tls),
        "http" if is_inside || target.host_str() == Some("metadata.google.internal") => {
            Ok(TransportSecurity::Plain)
        }
        _ => Err(format!("`{}` is not https", target.origin().ascii_serialization())),
    }
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn address_of(url: &Url) -> Option<std::net::IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests;
