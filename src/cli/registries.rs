//! The registries that the settings describe, with the secrets that they name.

use std::sync::Arc;

use anyhow::Context as _;

use crate::config::{CredentialSettings, SecretSource, Settings, environment};
use crate::observe::{Clock as _, SystemClock};
use crate::registry::any::AnyRegistry;
use crate::registry::layout::LayoutRegistry;
use crate::registry::oci::OciRegistry;
use crate::registry::{AcrLogin, AwsKeys, EcrLogin, GarLogin, Login, RegistrySettings, Secret};

/// Amazon's variable for another address of ECR.
const ECR_ENDPOINT: &str = "AWS_ENDPOINT_URL_ECR";

/// The registries, as the settings say how to reach them and how to log in. None is asked anything yet.
pub(super) fn registry(settings: &Settings) -> anyhow::Result<AnyRegistry> {
    let layouts = settings
        .registries
        .iter()
        .filter_map(|own| Some(LayoutRegistry::new(own.host.clone(), own.layout.clone()?)));
    let registries = settings.registries.iter().filter(|own| own.layout.is_none()).map(|own| {
        Ok(RegistrySettings {
            host: own.host.clone(),
            plain_http: own.plain_http,
            realm: own.realm.clone(),
            login: login(&own.credentials)
                .with_context(|| format!("logging in to the registry `{}`", own.host))?,
        })
    });
    let registries = registries.collect::<anyhow::Result<_>>()?;
    let others = OciRegistry::new(registries, Arc::new(|| SystemClock.now()));
    Ok(AnyRegistry::new(layouts.collect(), others))
}

/// How to log in with these credentials.
///
/// # Errors
/// Where a secret cannot be read.
pub(super) fn login(credentials: &CredentialSettings) -> anyhow::Result<Login> {
    Ok(match credentials {
        CredentialSettings::Anonymous => Login::Anonymous,
        CredentialSettings::DockerConfig(file) => Login::DockerConfig(file.clone()),
        CredentialSettings::Password { username, password } => {
            Login::Password { username: username.clone(), password: secret(password)? }
        }
        CredentialSettings::Token(token) => Login::Token(secret(token)?),
        CredentialSettings::Ecr { region, profile } => Login::Ecr(EcrLogin {
            region: region.clone(),
            keys: AwsKeys::found(profile.as_deref(), &environment),
            endpoint: environment(ECR_ENDPOINT),
        }),
        CredentialSettings::Gar { key } => {
            Login::Gar(GarLogin::found(key.as_ref().map(secret).transpose()?, &environment))
        }
        CredentialSettings::Acr { tenant, client_id, client_secret } => {
            let client_secret = client_secret.as_ref().map(secret).transpose()?;
            Login::Acr(AcrLogin::found(tenant.clone(), client_id.clone(), client_secret, &environment))
        }
    })
}

fn secret(source: &SecretSource) -> anyhow::Result<Secret> {
    Ok(match source {
        SecretSource::File(file) => Secret::File(file.clone()),
        SecretSource::Env(name) => {
            let text = environment(name).filter(|text| !text.is_empty());
            Secret::Text(
                text.with_context(|| format!("the environment variable `{name}` is not set"))?.into(),
            )
        }
    })
}
