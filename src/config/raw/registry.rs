//! How to talk to a registry, and who we say that we are.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Read;
use super::shape::{List, case_schema, choice, key, only_entry, shape};
use super::text::{Folder, HeaderName, Host, Name, Period, Text, read_text, text};
use crate::config::document::SourceValue;
use crate::config::located::Located;
use crate::config::reader::Reader;
use crate::model::PushKind;

/// The path of a file on disk.
#[derive(Clone, Debug)]
pub(in crate::config) struct FilePath(pub(in crate::config) String);

/// The name of a variable of the environment.
#[derive(Clone, Debug)]
pub(in crate::config) struct Variable(pub(in crate::config) String);

/// The name of an account.
#[derive(Clone, Debug)]
pub(in crate::config) struct Account(pub(in crate::config) String);

/// A name that a cloud gives to something of its own.
#[derive(Clone, Debug)]
pub(in crate::config) struct CloudName(pub(in crate::config) String);

text! {
    FilePath: "the path of a file", "^.+$", file_path;
    Variable: "the name of an environment variable", "^[A-Za-z_][A-Za-z0-9_]*$", variable;
    Account: "the name of an account", "^[^:]+$", account;
    CloudName: "a name", "^[A-Za-z0-9._-]+$", cloud_name;
}

shape! {
    /// How to talk to one registry.
    Registry {
        required {
            /// The host as it stands in image names, with its port, such as `127.0.0.1:5000`.
            host: Host,
        }
        optional {
            /// Whether it speaks http instead of https; default `false`.
            plain_http: bool,
            /// How often to look for new tags; default `5m`.
            poll: Period,
            /// How to log in; default: not at all. Write one of `docker_config`, `username` with `password`,
            /// `token`, `ecr`, `gar` and `acr`.
            credentials: Credentials,
            /// Another host to which the credentials may go for a token, with its port where it has one; default:
            /// the registry's own, and the usual one of Docker Hub, GitLab and the like.
            realm: Host,
            /// What it is called in the address of its hook, `/hooks/registry/NAME`; default its host.
            name: Name,
            /// How it tells of a push, so that nobody has to wait for the next poll.
            hooks: Hooks,
            /// A folder in the OCI image layout in place of a registry, relative to this file: `LAYOUT/REPOSITORY`
            /// for each repository, or one for all whose entries are named `REPOSITORY:TAG`.
            layout: Folder,
        }
    }
}

shape! {
    /// The events of one registry, sent by `POST` to `/hooks/registry/NAME`. An event only says where to look.
    Hooks {
        required {
            /// Which product sends them: `distribution`, `ghcr`, `docker-hub`, `harbor`, `quay`, `acr`, `ecr`,
            /// `gar`, `artifactory`, or `generic` for `{"repository": "acme/shop", "tag": "1.10.0"}`.
            kind: PushKind,
            /// Where the secrets are that prove where an event comes from; any of them does, so one can be replaced
            /// without a gap. `ghcr` and `artifactory` sign with it; `docker-hub`, `quay` and `gar` can do neither
            /// that nor send a header, so it stands in the address as `?token=`; the others send it in a header.
            secrets: List<SecretSource>,
        }
        optional {
            /// The header that holds the secret, alone or behind `Bearer`; default `Authorization`.
            header: HeaderName,
        }
    }
}

shape! {
    /// How to log in to a registry.
    Credentials {
        required {}
        optional {
            /// A configuration of Docker with `auths`, `credHelpers` or `credsStore`, read again when it changes.
            docker_config: FileOnDisk,
            /// The name that goes with `password`, also of a robot account of Harbor or Quay.
            username: Account,
            /// The password, or a personal access token, as GHCR and Docker Hub take them.
            password: SecretSource,
            /// A bearer token that the registry itself takes as it is.
            token: SecretSource,
            /// The way of Amazon's ECR; write `{}` where keys and region are found by themselves.
            ecr: Ecr,
            /// The way of Google's Artifact Registry; write `{}` on a machine of Google's.
            gar: Gar,
            /// The way of Azure's registry; write `{}` on a machine of Azure's, or in a cluster with workload
            /// identity.
            acr: Acr,
        }
    }
}

shape! {
    /// A file on disk.
    FileOnDisk {
        required {
            /// Its path, relative to this file.
            file: FilePath,
        }
        optional {}
    }
}

choice! {
    /// Where a secret is; it never stands in this file.
    SecretSource {
        /// The environment variable that holds it.
        env => Env(Variable),
        /// The file that holds it, relative to this file; read again when it changes.
        file => File(FilePath),
    }
}

shape! {
    /// The way of Amazon's ECR. Keys are looked for as Amazon's tools do: in the environment, as a cluster's token,
    /// in the shared file, at the container's and the machine's service.
    Ecr {
        required {}
        optional {
            /// The region; default: that in the registry's host.
            region: CloudName,
            /// The profile of the file that Amazon's tools share; default: none, but what the environment says.
            profile: CloudName,
        }
    }
}

shape! {
    /// The way of Google's Artifact Registry.
    Gar {
        required {}
        optional {
            /// The key of a service account, as JSON; default: what `GOOGLE_APPLICATION_CREDENTIALS` names, or the
            /// machine's own account.
            key: SecretSource,
        }
    }
}

shape! {
    /// The way of Azure's registry.
    Acr {
        required {}
        optional {
            /// The tenant; default: `AZURE_TENANT_ID`.
            tenant: CloudName,
            /// The application, or which of the machine's identities; default: `AZURE_CLIENT_ID`.
            client_id: CloudName,
            /// The secret of the application; default: `AZURE_CLIENT_SECRET`, or the cluster's token.
            client_secret: SecretSource,
        }
    }
}

fn file_path(text: &str) -> Result<FilePath, String> {
    if text.is_empty() {
        Err("the path of the file is empty".to_owned())
    } else {
        Ok(FilePath(text.to_owned()))
    }
}

fn variable(text: &str) -> Result<Variable, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_fine) {
        return Ok(Variable(text.to_owned()));
    }
    // What stands here may be the secret itself, so it is not repeated.
    Err("this is not the name of an environment variable; write for example `REGISTRY_PASSWORD`".to_owned())
}

fn account(text: &str) -> Result<Account, String> {
    if text.is_empty() || text.contains(':') || text.chars().any(char::is_control) {
        return Err(format!(
            "`{}` is not the name of an account; it has no colon in it",
            text.escape_debug()
        ));
    }
    Ok(Account(text.to_owned()))
}

fn cloud_name(text: &str) -> Result<CloudName, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text.is_empty() && text.chars().all(is_fine) {
        return Ok(CloudName(text.to_owned()));
    }
    Err(format!("`{}` is not a name; it has letters, digits, `.`, `_` and `-`", text.escape_debug()))
}
