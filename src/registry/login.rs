//! Who we say that we are to a registry: what is configured, before any of it is used.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

/// Reads a variable of the environment.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How to log in to a registry. No secret shows in its `Debug`.
#[derive(Clone, Debug, Default)]
pub enum Login {
    /// Not at all.
    #[default]
    Anonymous,
    /// As a configuration of Docker says, with its credential helpers; the file is read again each time.
    DockerConfig(PathBuf),
    /// With a name and a password.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// With a bearer token that the registry itself takes.
    Token(Secret),
    /// As Amazon's ECR has it: by a signed request for a password that lasts twelve hours.
    Ecr(EcrLogin),
    /// As Google's Artifact Registry has it: by an access token.
    Gar(GarLogin),
    /// As Azure's registry has it: by an exchange of tokens.
    Acr(AcrLogin),
}

/// A secret: a text, or a file that is read each time, so that it can be replaced while we run.
#[derive(Clone)]
pub enum Secret {
    /// The text itself.
    Text(SecretString),
    /// The file that holds it; white space around it does not count.
    File(PathBuf),
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Text(hidden)"),
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
        }
    }
}

/// How to log in to ECR.
#[derive(Clone, Debug)]
pub struct EcrLogin {
    /// The region, where the registry's host does not say it.
    pub region: Option<String>,
    /// Where the keys come from.
    pub keys: AwsKeys,
    /// Where to ask for the password, in place of Amazon's own address.
    pub endpoint: Option<String>,
}

/// Where the keys for Amazon's services come from.
#[derive(Clone, Debug)]
pub enum AwsKeys {
    /// They are given.
    Given {
        /// The name of the key.
        id: String,
        /// The key.
        secret: SecretString,
        /// What goes with a temporary key.
        session: Option<SecretString>,
    },
    /// A token of a cluster is exchanged for them.
    WebIdentity {
        /// The role to take.
        role: String,
        /// The file that holds the token.
        token: PathBuf,
        /// Where to exchange it, in place of Amazon's own address.
        endpoint: Option<String>,
    },
    /// The container's own service gives them.
    Container {
        /// Its address.
        url: String,
        /// What it wants to see.
        authorization: Option<Secret>,
    },
    /// A profile of the file that Amazon's tools share.
    Shared {
        /// The file.
        file: PathBuf,
        /// The profile.
        profile: String,
    },
    /// The machine's own service gives them.
    Machine {
        /// Its address.
        endpoint: String,
    },
}

/// How to log in to Google's Artifact Registry.
#[derive(Clone, Debug)]
pub enum GarLogin {
    /// With the key of a service account, as JSON.
    Key(Secret),
    /// With what the machine's own service gives.
    Machine {
        /// Its address, such as `http://metadata.google.internal`.
        endpoint: String,
    },
}

/// How to log in to Azure's registry.
#[derive(Clone, Debug)]
pub struct AcrLogin {
    /// Who we are.
    pub identity: AcrIdentity,
    /// The tenant, where it is known.
    pub tenant: Option<String>,
}

/// Who we are to Azure.
#[derive(Clone, Debug)]
pub enum AcrIdentity {
    /// An application with a secret, or with a token of the cluster.
    Application {
        /// Where it logs in, such as `https://login.microsoftonline.com`.
        authority: String,
        /// The application.
        client_id: String,
        /// What it shows.
        shown: Secret,
        /// Whether that is a token of the cluster, and not a secret of the application.
        is_assertion: bool,
    },
    /// The machine's own identity.
    Machine {
        /// Its service's address, such as `http://169.254.169.254`.
        endpoint: String,
        /// Which of several.
        client_id: Option<String>,
    },
}

impl AwsKeys {
    /// Where Amazon's tools would look first: given keys, a cluster's token, the shared file where it is there or a
    /// profile is named, the container's service, the machine's.
    #[must_use]
    pub fn found(profile: Option<&str>, variables: Variables<'_>) -> Self {
        if profile.is_some() {
            return Self::shared(profile, variables);
        }
        if let (Some(id), Some(secret)) = (variables("AWS_ACCESS_KEY_ID"), variables("AWS_SECRET_ACCESS_KEY"))
        {
            let session = variables("AWS_SESSION_TOKEN").map(SecretString::from);
            return Self::Given { id, secret: secret.into(), session };
        }
        if let (Some(role), Some(token)) =
            (variables("AWS_ROLE_ARN"), variables("AWS_WEB_IDENTITY_TOKEN_FILE"))
        {
            return Self::WebIdentity {
                role,
                token: token.into(),
                endpoint: variables("AWS_ENDPOINT_URL_STS"),
            };
        }
        if variables("AWS_PROFILE").or_else(|| variables("AWS_SHARED_CREDENTIALS_FILE")).is_some() {
            return Self::shared(None, variables);
        }
        Self::served(variables)
    }

    fn shared(profile: Option<&str>, variables: Variables<'_>) -> Self {
        let home = || PathBuf::from(variables("HOME").unwrap_or_default());
        let file = variables("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
        let profile = profile.map(str::to_owned).or_else(|| variables("AWS_PROFILE"));
        Self::Shared {
            file: file.unwrap_or_else(|| home().join(".aws").join("credentials")),
            profile: profile.unwrap_or_else(|| "default".to_owned()),
        }
    }

    fn served(variables: Variables<'_>) -> Self {
        let relative = variables("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let url = relative.map(|path| format!("http://169.254.170.2{path}"));
        let Some(url) = url.or_else(|| variables("AWS_CONTAINER_CREDENTIALS_FULL_URI")) else {
            let endpoint = variables("AWS_EC2_METADATA_SERVICE_ENDPOINT");
            return Self::Machine {
                endpoint: endpoint.unwrap_or_else(|| "http://169.254.169.254".to_owned()),
            };
        };
        let file = variables("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(|file| Secret::File(file.into()));
        let text = || Some(Secret::Text(variables("AWS_CONTAINER_AUTHORIZATION_TOKEN")?.into()));
        Self::Container { url, authorization: file.or_else(text) }
    }
}

impl GarLogin {
    /// With this key, or as Google's tools would find one.
    #[must_use]
    pub fn found(key: Option<Secret>, variables: Variables<'_>) -> Self {
        let named = || variables("GOOGLE_APPLICATION_CREDENTIALS").map(|file| Secret::File(file.into()));
        if let Some(key) = key.or_else(named) {
            return Self::Key(key);
        }
        let host = variables("GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
        Self::Machine { endpoint: format!("http://{host}") }
    }
}

impl AcrLogin {
    /// As this application, or as Azure's tools would find out who we are.
    #[must_use]
    pub fn found(
        tenant: Option<String>,
        client_id: Option<String>,
        client_secret: Option<Secret>,
        variables: Variables<'_>,
    ) -> Self {
        let tenant = tenant.or_else(|| variables("AZURE_TENANT_ID"));
        let client_id = client_id.or_else(|| variables("AZURE_CLIENT_ID"));
        let secret = client_secret.or_else(|| Some(Secret::Text(variables("AZURE_CLIENT_SECRET")?.into())));
        let token = || Some(Secret::File(variables("AZURE_FEDERATED_TOKEN_FILE")?.into()));
        let is_assertion = secret.is_none();
        let identity = match (client_id, secret.or_else(token)) {
            (Some(client_id), Some(shown)) => {
                let authority = variables("AZURE_AUTHORITY_HOST");
                let authority = authority.unwrap_or_else(|| "https://login.microsoftonline.com".to_owned());
                AcrIdentity::Application { authority, client_id, shown, is_assertion }
            }
            (client_id, _) => {
                let endpoint = variables("AZURE_POD_IDENTITY_AUTHORITY_HOST");
                let endpoint = endpoint.unwrap_or_else(|| "http://169.254.169.254".to_owned());
                AcrIdentity::Machine { endpoint, client_id }
            }
        };
        Self { identity, tenant }
    }
}

#[cfg(test)]
mod tests;
