//! Azure's registry: who we are to Azure becomes a token of the registry, which its token server exchanges.

use std::time::Duration;

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;

use super::exchange::json;
use super::secret_text::read;
use super::{AuthRequest, ProofError, RegistryLogin};
use crate::registry::{AcrIdentity, AcrLogin};
use crate::sanitize::exposed;

/// What our token of Azure is for.
const RESOURCE: &str = "https://containerregistry.azure.net";
/// What says that a cluster's token is shown.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long the registry's token is used, of the three hours that it lasts.
const LIFE: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
struct AccessToken {
    access_token: SecretString,
}

#[derive(Deserialize)]
struct RefreshToken {
    refresh_token: SecretString,
}

/// A token of the registry, and how long it is used.
pub(super) async fn proof(
    login: &AcrLogin,
    visit: &AuthRequest<'_>,
) -> Result<(RegistryLogin, Duration), ProofError> {
    let access = access_token(login, visit).await?;
    let address = visit.registry.origin().ascii_serialization();
    let mut form =
        vec![("grant_type", "access_token"), ("service", visit.host), ("access_token", exposed(&access))];
    form.extend(login.tenant.as_deref().map(|tenant| ("tenant", tenant)));
    let request = visit.request(Method::POST, &format!("{address}/oauth2/exchange"))?.form(&form);
    let answer: RefreshToken = json(request).await?;
    Ok((RegistryLogin::Identity(answer.refresh_token), LIFE))
}

async fn access_token(login: &AcrLogin, visit: &AuthRequest<'_>) -> Result<SecretString, ProofError> {
    let request = match &login.identity {
        AcrIdentity::Application { authority, client_id, shown, is_assertion } => {
            let Some(tenant) = &login.tenant else {
                let why = "no tenant is named; write `tenant` under `acr`, or set `AZURE_TENANT_ID`";
                return Err(ProofError::Refused(why.to_owned()));
            };
            let shown = read(shown).await?;
            let scope = format!("{RESOURCE}/.default");
            let mut form =
                vec![("grant_type", "client_credentials"), ("client_id", client_id), ("scope", &scope)];
            if *is_assertion {
                form.push(("client_assertion_type", ASSERTION_TYPE));
                form.push(("client_assertion", exposed(&shown)));
            } else {
                form.push(("client_secret", exposed(&shown)));
            }
            let address = format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/'));
            visit.request(Method::POST, &address)?.form(&form)
        }
        AcrIdentity::Machine { endpoint, client_id } => {
            let address = format!("{endpoint}/metadata/identity/oauth2/token");
            let own = client_id.as_deref().map(|id| ("client_id", id));
            let asked = [("api-version", "2018-02-01"), ("resource", RESOURCE)].into_iter().chain(own);
            let request = visit.request(Method::GET, &address)?.header("Metadata", "true");
            request.query(&asked.collect::<Vec<_>>())
        }
    };
    Ok(json::<AccessToken>(request).await?.access_token)
}
