//! Amazon's registry: a signed request gives a password that lasts twelve hours.

use std::time::Duration;

use chrono::DateTime;
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::Deserialize;

use super::aws::{Call, keys, signed_headers};
use super::docker_config::parse_auth;
use super::exchange::json;
use super::{AuthRequest, ProofError, RegistryLogin};
use crate::registry::EcrLogin;

/// The action that gives the password.
const TARGET: &str = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
/// Longest time that a password is used.
const LIFE_MAX: Duration = Duration::from_secs(11 * 3600);
/// How long before its end it is replaced.
const MARGIN: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    authorization_data: Vec<Authorization>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    authorization_token: SecretString,
    expires_at: Option<f64>,
}

/// The registry's password, and how long it is used.
pub(super) async fn proof(
    login: &EcrLogin,
    visit: &AuthRequest<'_>,
) -> Result<(RegistryLogin, Duration), ProofError> {
    let Some(region) = login.region.as_deref().or_else(|| region_of(visit.host)) else {
        let why = format!("the region of `{}` is not known; write `region` under `ecr`", visit.host);
        return Err(ProofError::Refused(why));
    };
    let keys = keys(&login.keys, region, visit).await?;
    let address = login.endpoint.clone().unwrap_or_else(|| endpoint_of(region, visit.host));
    let url = Url::parse(&address)
        .map_err(|error| ProofError::Refused(format!("`{address}` is not a valid address: {error}")))?;
    let call = Call { url: &url, region, service: "ecr", target: TARGET, body: "{}" };
    let headers = signed_headers(&call, &keys, visit.now)
        .ok_or_else(|| ProofError::Refused("the keys for Amazon hold odd characters".to_owned()))?;
    let request = visit.request(Method::POST, url.as_str())?.headers(headers).body(call.body);
    let answer: Answer = json(request).await?;
    let given = answer.authorization_data.into_iter().next();
    let proof = given.as_ref().and_then(|given| parse_auth(&given.authorization_token));
    let Some(proof) = proof else {
        return Err(ProofError::Unavailable("ECR gives no password".to_owned()));
    };
    Ok((proof, life(given.and_then(|given| given.expires_at), visit)))
}

/// `123456789012.dkr.ecr.eu-west-1.amazonaws.com`, also `dkr.ecr-fips`.
fn region_of(host: &str) -> Option<&str> {
    let (_, rest) = host.split_once(".dkr.ecr")?;
    let (region, cloud) = rest.split_once('.')?.1.split_once('.')?;
    matches!(cloud, "amazonaws.com" | "amazonaws.com.cn").then_some(region)
}

fn endpoint_of(region: &str, host: &str) -> String {
    let country = if host.ends_with(".cn") { ".cn" } else { "" };
    let fips = if host.contains(".dkr.ecr-fips.") { "ecr-fips" } else { "api.ecr" };
    format!("https://{fips}.{region}.amazonaws.com{country}/")
}

fn life(expires_at: Option<f64>, visit: &AuthRequest<'_>) -> Duration {
    #[expect(clippy::cast_possible_truncation, reason = "a time in whole seconds, which saturates")]
    let end = expires_at.and_then(|end| DateTime::from_timestamp(end as i64, 0));
    let left = end.and_then(|end| (end - visit.now).to_std().ok()).unwrap_or_default();
    left.min(LIFE_MAX).saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests;
