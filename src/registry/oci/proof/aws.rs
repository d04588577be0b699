//! Amazon's keys, and requests that are signed with them (Signature Version 4).

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::exchange::{json, text};
use super::secret_text::{read, text_of};
use super::{AuthRequest, ProofError};
use crate::model::Time;
use crate::registry::{AwsKeys, Secret};
use crate::sanitize::{exposed, opened};

/// How our session with a role is called.
const SESSION: &str = "towpath";
/// What a body of these requests is.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// Where a machine's service keeps its keys.
const MACHINE_KEYS: &str = "latest/meta-data/iam/security-credentials/";

/// Keys that can sign.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Keys {
    #[serde(rename = "AccessKeyId")]
    id: String,
    #[serde(rename = "SecretAccessKey")]
    secret: SecretString,
    #[serde(rename = "Token")]
    session: Option<SecretString>,
}

/// The keys, from where they are configured to come.
pub(super) async fn keys(
    source: &AwsKeys,
    region: &str,
    visit: &AuthRequest<'_>,
) -> Result<Keys, ProofError> {
    match source {
        AwsKeys::Given { id, secret, session } => {
            Ok(Keys { id: id.clone(), secret: secret.clone(), session: session.clone() })
        }
        AwsKeys::Shared { file, profile } => {
            let text = text_of(file).await?;
            of_profile(opened(&text), profile).ok_or_else(|| {
                let why = format!("the file `{}` has no keys for the profile `{profile}`", file.display());
                ProofError::Refused(why)
            })
        }
        AwsKeys::WebIdentity { role, token, endpoint } => {
            let token = read(&Secret::File(token.clone())).await?;
            let own = format!("https://sts.{region}.amazonaws.com/");
            let form = [
                ("Action", "AssumeRoleWithWebIdentity"),
                ("Version", "2011-06-15"),
                ("RoleSessionName", SESSION),
                ("RoleArn", role),
                ("WebIdentityToken", exposed(&token)),
            ];
            let request = visit.request(Method::POST, endpoint.as_ref().unwrap_or(&own))?.form(&form);
            let answer = SecretString::from(text(request).await?);
            of_xml(opened(&answer))
                .ok_or_else(|| ProofError::Unavailable("Amazon's answer holds no keys".to_owned()))
        }
        AwsKeys::Container { url, authorization } => {
            let mut request = visit.request(Method::GET, url)?;
            if let Some(authorization) = authorization {
                request = request.header("authorization", exposed(&read(authorization).await?));
            }
            json(request).await
        }
        AwsKeys::Machine { endpoint } => of_machine(endpoint.trim_end_matches('/'), visit).await,
    }
}

/// Asks the machine's service: for a token, for the name of the machine's role, for the role's keys.
async fn of_machine(endpoint: &str, visit: &AuthRequest<'_>) -> Result<Keys, ProofError> {
    let request = visit.request(Method::PUT, &format!("{endpoint}/latest/api/token"))?;
    let token = text(request.header("x-aws-ec2-metadata-token-ttl-seconds", "60")).await?;
    let ask = |path: &str| {
        let request = visit.request(Method::GET, &format!("{endpoint}/{path}"))?;
        Ok(request.header("x-aws-ec2-metadata-token", token.trim()))
    };
    let roles = text(ask(MACHINE_KEYS)?).await?;
    let role = roles.lines().next().unwrap_or_default().trim();
    if matches!(role, "" | "." | "..") || role.contains(['/', '?', '#', '%']) {
        return Err(ProofError::Refused("this machine has no role at Amazon".to_owned()));
    }
    json(ask(&format!("{MACHINE_KEYS}{role}"))?).await
}

/// The keys of a profile, in the format of the file that Amazon's tools share.
fn of_profile(text: &str, profile: &str) -> Option<Keys> {
    let heading = format!("[{profile}]");
    let lines = text.lines().map(str::trim).skip_while(|line| *line != heading).skip(1);
    let own = lines.take_while(|line| !line.starts_with('['));
    let value = |name: &str| {
        own.clone().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    Some(Keys {
        id: value("aws_access_key_id")?,
        secret: value("aws_secret_access_key")?.into(),
        session: value("aws_session_token").map(SecretString::from),
    })
}

fn of_xml(text: &str) -> Option<Keys> {
    let value = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    Some(Keys {
        id: value("AccessKeyId")?,
        secret: value("SecretAccessKey")?.into(),
        session: Some(value("SessionToken")?.into()),
    })
}

/// One call of a service.
pub(super) struct Call<'a> {
    pub(super) url: &'a Url,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) target: &'a str,
    pub(super) body: &'static str,
}

/// The headers of a call, its signature among them; nothing where a key could not stand in a header.
pub(super) fn signed_headers(call: &Call<'_>, keys: &Keys, now: Time) -> Option<HeaderMap> {
    let instant = now.format("%Y%m%dT%H%M%SZ").to_string();
    let host = call.url.host_str()?;
    let host = call.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    // In the order of their names, as the signature wants them.
    let mut headers =
        vec![("content-type", CONTENT_TYPE), ("host", host.as_str()), ("x-amz-date", instant.as_str())];
    headers.extend(keys.session.as_ref().map(|token| ("x-amz-security-token", exposed(token))));
    headers.push(("x-amz-target", call.target));
    let authorization = authorization(call, keys, &headers, &instant);
    headers.push(("authorization", exposed(&authorization)));
    headers.retain(|(name, _)| *name != "host");
    let header = |(name, value): (&'static str, &str)| {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(matches!(name, "authorization" | "x-amz-security-token"));
        Some((HeaderName::from_static(name), value))
    };
    headers.into_iter().map(header).collect()
}

fn authorization(
    call: &Call<'_>,
    keys: &Keys,
    headers: &[(&'static str, &str)],
    instant: &str,
) -> SecretString {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!("POST\n{}\n\n{lines}\n{names}\n{}", call.url.path(), hash(call.body));
    let date = instant.get(..8).unwrap_or_default();
    let scope = format!("{date}/{}/{}/aws4_request", call.region, call.service);
    let signed = format!("AWS4-HMAC-SHA256\n{instant}\n{scope}\n{}", hash(&request));
    let mut key = format!("AWS4{}", exposed(&keys.secret)).into_bytes();
    for part in [date, call.region, call.service, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature: String = mac(&key, &signed).iter().map(|byte| format!("{byte:02x}")).collect();
    let credential = format!("{}/{scope}", keys.id);
    format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}").into()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hash(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

#[cfg(test)]
mod tests;
