//! Registries, and how to log in to them.

use std::path::Path;
use std::time::Duration;

use super::hooks;
use super::known::Known;
use super::paths::resolve;
use super::secret_source::secret_of;
use crate::config::located::Located;
use crate::config::problem::{ProblemList, Span};
use crate::config::raw::{self, Credentials, File, FilePath, Period, Registry};
use crate::config::{CredentialSettings, RegistrySettings};
use crate::model::{POLL_DEFAULT, format_duration};

/// How often a registry may be asked at most.
const POLL_MIN: Duration = Duration::from_secs(1);

/// The registries that have settings of their own.
pub(super) fn registries(raw: &File, folder: &Path, findings: &mut ProblemList) -> Vec<RegistrySettings> {
    let listed = raw.registries.as_ref().map_or(&[][..], |registries| &registries.items);
    let hosts = listed.iter().map(|registry| registry.host.as_ref());
    Known::collect("registry", hosts).refuse_duplicates(findings);
    hooks::refuse_shared_names(raw, findings);
    listed.iter().filter_map(|registry| settings_of(registry, folder, findings)).collect()
}

/// Reports every layout and every file of credentials that does not exist.
pub(super) fn on_disk(raw: &File, folder: &Path, findings: &mut ProblemList) {
    let registries = || raw.registries.iter().flat_map(|registries| &registries.items);
    for written in registries().filter_map(|registry| registry.layout.as_ref()) {
        let path = resolve(folder, &written.0);
        if !path.is_dir() {
            let message = format!("there is no folder `{}`", path.display());
            findings.suggest(written.span, message, "create it, or name another one");
        }
    }
    for credentials in registries().filter_map(|registry| registry.credentials.as_ref()) {
        for written in files_of(credentials) {
            let path = resolve(folder, &written.0);
            if !path.is_file() {
                let message = format!("there is no file `{}`", path.display());
                findings.suggest(written.span, message, "create it, or name another one");
            }
        }
    }
}

fn files_of(credentials: &Credentials) -> impl Iterator<Item = &Located<FilePath>> {
    let config = credentials.docker_config.iter().filter_map(|config| config.file.as_ref());
    let key = credentials.gar.iter().filter_map(|gar| gar.key.as_ref());
    let secret = credentials.acr.iter().filter_map(|acr| acr.client_secret.as_ref());
    let secrets = credentials.password.iter().chain(&credentials.token).chain(key).chain(secret);
    config.chain(secrets.filter_map(|secret| match &secret.value {
        raw::SecretSource::File(file) => Some(file),
        raw::SecretSource::Env(_) => None,
    }))
}

fn settings_of(registry: &Registry, folder: &Path, findings: &mut ProblemList) -> Option<RegistrySettings> {
    refuse_beside_layout(registry, findings);
    let credentials = registry.credentials.as_ref();
    let host = registry.host.as_ref()?.value.0.clone();
    Some(RegistrySettings {
        poll: registry.poll.as_ref().map_or(POLL_DEFAULT, |poll| checked_poll(poll, findings)),
        credentials: credentials
            .and_then(|credentials| way_in(credentials, folder, findings))
            .unwrap_or(CredentialSettings::Anonymous),
        plain_http: registry.plain_http.as_ref().is_some_and(|plain_http| plain_http.value),
        name: registry.name.as_ref().map_or_else(|| host.clone(), |name| name.0.clone()),
        hook: registry.hooks.as_ref().and_then(|hooks| hooks::hook(hooks, folder, findings)),
        host,
        realm: registry.realm.as_ref().map(|realm| realm.value.0.clone()),
        layout: registry.layout.as_ref().map(|layout| resolve(folder, &layout.0)),
    })
}

/// A folder is not reached over a network, so what says how means nothing.
fn refuse_beside_layout(registry: &Registry, findings: &mut ProblemList) {
    let (Some(_), Some(host)) = (&registry.layout, &registry.host) else { return };
    let beside = [
        ("plain_http", registry.plain_http.as_ref().map(|key| key.span)),
        ("credentials", registry.credentials.as_ref().map(|key| key.span)),
        ("realm", registry.realm.as_ref().map(|key| key.span)),
        ("hooks", registry.hooks.as_ref().map(|key| key.span)),
    ];
    for (key, span) in beside.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        findings.suggest(span, format!("`{key}` means nothing beside `layout`"), "leave it out");
    }
    // Otherwise an image's name would lead to Docker Hub.
    if !host.0.contains(['.', ':']) && host.0 != "localhost" {
        let message = format!("`{}` cannot be the host in an image name, for it has no dot", host.0);
        findings.suggest(host.span, message, format!("write for example `host: {}.local`", host.0));
    }
}

/// The one way to log in that is written.
fn way_in(
    written: &Located<Credentials>,
    folder: &Path,
    findings: &mut ProblemList,
) -> Option<CredentialSettings> {
    refuse_several_ways(written, findings);
    let name = |name: &Option<Located<crate::config::raw::CloudName>>| {
        name.as_ref().map(|name| name.value.0.clone())
    };
    let secret = |source: &Option<Located<raw::SecretSource>>| {
        source.as_ref().and_then(|source| secret_of(&source.value, folder))
    };
    if let Some(config) = &written.docker_config {
        return Some(CredentialSettings::DockerConfig(resolve(folder, &config.file.as_ref()?.0)));
    }
    if let Some(token) = &written.token {
        return secret_of(&token.value, folder).map(CredentialSettings::Token);
    }
    if let Some(ecr) = &written.ecr {
        return Some(CredentialSettings::Ecr { region: name(&ecr.region), profile: name(&ecr.profile) });
    }
    if let Some(gar) = &written.gar {
        return Some(CredentialSettings::Gar { key: secret(&gar.key) });
    }
    if let Some(acr) = &written.acr {
        return Some(CredentialSettings::Acr {
            tenant: name(&acr.tenant),
            client_id: name(&acr.client_id),
            client_secret: secret(&acr.client_secret),
        });
    }
    let username = written.username.as_ref()?.value.0.clone();
    Some(CredentialSettings::Password { username, password: secret(&written.password)? })
}

/// Credentials are one thing: a way that silently won over another would be a riddle.
fn refuse_several_ways(written: &Located<Credentials>, findings: &mut ProblemList) {
    fn place<T>(key: &'static str, value: &Option<Located<T>>) -> Option<(&'static str, Span)> {
        value.as_ref().map(|value| (key, value.span))
    }
    let is_broken = findings.is_broken(written.span);
    let name = place("username", &written.username);
    let password = place("password", &written.password);
    match (name, password) {
        _ if is_broken => {}
        (Some((_, span)), None) => findings.suggest(span, "`username` stands here alone", "add `password`"),
        (None, Some((_, span))) => findings.suggest(span, "`password` stands here alone", "add `username`"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let ways = [
        place("docker_config", &written.docker_config),
        name.or(password),
        place("token", &written.token),
        place("ecr", &written.ecr),
        place("gar", &written.gar),
        place("acr", &written.acr),
    ];
    let mut ways = ways.into_iter().flatten();
    match (ways.next(), ways.next()) {
        (Some((first, _)), Some((second, span))) => {
            findings.suggest(span, format!("`{second}` cannot stand beside `{first}`"), "keep one of them");
        }
        (None, _) if !is_broken => {
            let known = "write `docker_config`, `username` with `password`, `token`, `ecr`, `gar` or `acr`";
            findings.suggest(written.span, "these credentials name no way to log in", known);
        }
        (Some(_), None) | (None, _) => {}
    }
}

fn checked_poll(poll: &Located<Period>, findings: &mut ProblemList) -> Duration {
    if poll.0 < POLL_MIN {
        let message = format!("a registry cannot be polled every `{}`", format_duration(poll.0));
        findings.suggest(poll.span, message, format!("write at least `{}`", format_duration(POLL_MIN)));
    }
    poll.0
}
