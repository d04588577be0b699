//! Google's Artifact Registry: an access token of the machine or of a service account is the password.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::exchange;
use super::secret_text::read;
use super::{AuthRequest, ProofError, RegistryLogin};
use crate::model::Time;
use crate::registry::GarLogin;
use crate::registry::oci::token::life_of;
use crate::sanitize::{exposed, opened};

/// The name that goes with an access token.
const USERNAME: &str = "oauth2accesstoken";
/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// What says that a signed assertion is shown.
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long our assertion is good.
const ASSERTION_S: i64 = 600;

#[derive(Deserialize)]
struct AccessToken {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Key {
    client_email: String,
    private_key: SecretString,
    private_key_id: Option<String>,
    token_uri: String,
}

/// An access token as a password, and how long it is used.
pub(super) async fn proof(
    login: &GarLogin,
    visit: &AuthRequest<'_>,
) -> Result<(RegistryLogin, Duration), ProofError> {
    let request = match login {
        GarLogin::Machine { endpoint } => {
            let path = "computeMetadata/v1/instance/service-accounts/default/token";
            visit.request(Method::GET, &format!("{endpoint}/{path}"))?.header("Metadata-Flavor", "Google")
        }
        GarLogin::Key(key) => {
            let key = parse(&read(key).await?)?;
            let assertion = assertion(&key, visit.now)?;
            let form = [("grant_type", GRANT_TYPE), ("assertion", exposed(&assertion))];
            visit.request(Method::POST, &key.token_uri)?.form(&form)
        }
    };
    let token: AccessToken = exchange::json(request).await?;
    let proof = RegistryLogin::Password { username: USERNAME.to_owned(), password: token.access_token };
    Ok((proof, life_of(token.expires_in)))
}

fn parse(key: &SecretString) -> Result<Key, ProofError> {
    // The parser's own message could repeat parts of the key.
    serde_json::from_str(opened(key))
        .map_err(|_| ProofError::Refused("the key of `gar` is not that of a service account".to_owned()))
}

/// Says who we are, signed with the key of the service account.
fn assertion(key: &Key, now: Time) -> Result<SecretString, ProofError> {
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key.private_key_id });
    let issued = now.timestamp();
    let claims = json!({
        "iss": key.client_email, "scope": SCOPE, "aud": key.token_uri, "iat": issued, "exp": issued + ASSERTION_S,
    });
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let signature = sign(&key.private_key, signed.as_bytes()).ok_or_else(|| {
        ProofError::Refused("the private key in the key file of `gar` is not valid".to_owned())
    })?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
}

fn sign(key: &SecretString, message: &[u8]) -> Option<Vec<u8>> {
    let lines = exposed(key).lines().filter(|line| !line.starts_with("-----"));
    let key = STANDARD.decode(lines.map(str::trim).collect::<String>()).ok()?;
    let pair = RsaKeyPair::from_pkcs8(&key).ok()?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
    Some(signature)
}
