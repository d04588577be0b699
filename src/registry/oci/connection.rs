//! Connections that cannot be led astray: no strange redirects, no private addresses, no endless bodies.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Response};

/// Most redirects that are followed, all of them within one origin.
const REDIRECTS_MAX: usize = 3;
/// What we call ourselves.
const USER_AGENT: &str = concat!("towpath/", env!("CARGO_PKG_VERSION"));

/// How far a request may go.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum TransportSecurity {
    /// In clear, to a registry that is configured so; past any proxy, for it is in-house.
    Plain,
    /// Over TLS, to a host that a person named.
    Tls,
    /// Over TLS, to a host that only the registry named: public addresses alone.
    TlsToPublic,
}

/// The HTTP clients, each made when first needed: an in-house registry needs no certificates on the machine.
#[derive(Debug)]
pub(super) struct Clients {
    connect: Duration,
    silence: Duration,
    plain: OnceLock<Result<Client, String>>,
    tls: OnceLock<Result<Client, String>>,
    tls_to_public: OnceLock<Result<Client, String>>,
}

impl Clients {
    pub(super) const fn new(connect: Duration, silence: Duration) -> Self {
        Self {
            connect,
            silence,
            plain: OnceLock::new(),
            tls: OnceLock::new(),
            tls_to_public: OnceLock::new(),
        }
    }

    pub(super) fn get(&self, way: TransportSecurity) -> Result<&Client, String> {
        let slot = match way {
            TransportSecurity::Plain => &self.plain,
            TransportSecurity::Tls => &self.tls,
            TransportSecurity::TlsToPublic => &self.tls_to_public,
        };
        let made = slot.get_or_init(|| self.builder(way).build().map_err(|error| said_by(&error)));
        made.as_ref().map_err(|why| format!("secure connections are not possible here: {why}"))
    }

    fn builder(&self, way: TransportSecurity) -> ClientBuilder {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(self.connect)
            .read_timeout(self.silence)
            .redirect(Policy::custom(within_origin));
        match way {
            TransportSecurity::Plain => builder.no_proxy().tls_certs_only([]),
            TransportSecurity::Tls => builder.https_only(true),
            TransportSecurity::TlsToPublic => builder.https_only(true).dns_resolver(Arc::new(PublicOnly)),
        }
    }
}

/// Follows a redirect that stays at the same scheme, host and port; any other is left standing as an answer.
fn within_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let stays = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
    if stays && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
}

/// Resolves names at the moment of connecting, so that a name cannot be public when judged and private when used.
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let why = format!("`{}` has no public address", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}

/// Whether an address is on the public internet: not ours, not this machine's, not a cloud's metadata service.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_carrier = first == 100 && (64..128).contains(&second);
    let is_protocol = (first, second, third) == (192, 0, 0);
    let is_benchmark = first == 198 && (18..20).contains(&second);
    let is_reserved = first == 0 || first >= 224;
    let is_local = address.is_private() || address.is_loopback() || address.is_link_local();
    !(is_local || is_carrier || is_protocol || is_benchmark || is_reserved || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // IPv4 in disguise: mapped, and as networks without IPv4 translate it.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Tunnels, which hide an IPv4 address, and documentation.
        [0x2002, ..] | [0x2001, 0 | 0x0db8, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

/// Reads a body of at most `bytes_max` bytes.
pub(super) async fn read_body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    let too_much = || format!("its answer has more than {bytes_max} bytes");
    if response.content_length().is_some_and(|length| length > bytes_max as u64) {
        return Err(too_much());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| said_by(&error))? {
        if body.len() + chunk.len() > bytes_max {
            return Err(too_much());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What went wrong on the way, in words: the innermost cause, for the outer ones only say that a request failed.
pub(super) fn said_by(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long to answer".to_owned();
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let is_refused = cause
        .downcast_ref()
        .is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused);
    let cause = cause.to_string();
    if is_refused {
        return format!(
            "{cause}: nothing listens there; check that the registry runs, and its host and port"
        );
    }
    // How rustls reports a response that is no TLS record.
    if cause.contains("InvalidContentType") {
        return "it does not answer in TLS; if it speaks http, write `plain_http: true` for its host under `registries`".to_owned();
    }
    cause
}
