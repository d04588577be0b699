//! Registries, and the hooks through which they tell of pushes.

use std::path::Path;
use std::time::Duration;

use super::known::Known;
use super::resolve;
use crate::config::located::Located;
use crate::config::problem::Findings;
use crate::config::raw::{File, Hooks, Name, Period, Registry, SecretChoice};
use crate::config::{HookSettings, RegistrySettings, SecretSource};
use crate::model::{POLL_DEFAULT, PushProof, format_duration};

/// How often a registry may be asked at most.
const POLL_MIN: Duration = Duration::from_secs(1);

/// The registries that have settings of their own.
pub(super) fn registries(raw: &File, folder: &Path, findings: &mut Findings) -> Vec<RegistrySettings> {
    let hosts = listed(raw).iter().map(|registry| registry.host.as_ref());
    Known::collect("registry", hosts).refuse_duplicates(findings);
    let names: Vec<Located<Name>> = listed(raw).iter().filter_map(|own| name(own)).collect();
    Known::collect("registry's name", names.iter().map(Some)).refuse_duplicates(findings);
    listed(raw).iter().filter_map(|registry| settings(registry, folder, findings)).collect()
}

fn listed(raw: &File) -> &[Located<Registry>] {
    raw.registries.as_ref().map_or(&[][..], |registries| &registries.items)
}

/// The name in the address of its hook; a registry without a hook needs none.
fn name(registry: &Registry) -> Option<Located<Name>> {
    let host = registry.host.as_ref()?;
    let named = registry.name.clone();
    let named = named.or_else(|| Some(Located { value: Name(host.0.clone()), span: host.span }));
    named.filter(|_| registry.hooks.is_some() || registry.name.is_some())
}

fn settings(registry: &Registry, folder: &Path, findings: &mut Findings) -> Option<RegistrySettings> {
    let poll = registry.poll.as_ref().map_or(POLL_DEFAULT, |poll| checked_poll(poll, findings));
    let hook = registry.hooks.as_ref().and_then(|hooks| hook(hooks, folder, findings));
    let host = registry.host.as_ref()?.value.0.clone();
    Some(RegistrySettings {
        poll,
        hook,
        name: registry.name.as_ref().map_or_else(|| host.clone(), |name| name.0.clone()),
        host,
        plain_http: registry.plain_http.as_ref().is_some_and(|plain_http| plain_http.value),
    })
}

fn checked_poll(poll: &Located<Period>, findings: &mut Findings) -> Duration {
    if poll.0 < POLL_MIN {
        let message = format!("a registry cannot be polled every `{}`", format_duration(poll.0));
        findings.suggest(poll.span, message, format!("write at least `{}`", format_duration(POLL_MIN)));
    }
    poll.0
}

fn hook(hooks: &Located<Hooks>, folder: &Path, findings: &mut Findings) -> Option<HookSettings> {
    let (kind, secrets) = (hooks.kind.as_ref()?, hooks.secrets.as_ref()?);
    if secrets.items.is_empty() && secrets.is_complete {
        let message = "without a secret nobody could prove where an event comes from";
        findings.suggest(secrets.span, message, "name one, such as `{ env: TOWPATH_PUSH_SECRET }`");
    }
    if let Some(header) = &hooks.header
        && !matches!(kind.proof(), PushProof::Header(_))
    {
        let message =
            format!("`{}` proves itself {}, so no other header is looked at", kind.value, how(kind.proof()));
        findings.suggest(header.span, message, "leave `header` out");
    }
    Some(HookSettings {
        kind: kind.value,
        secrets: secrets.items.iter().map(|secret| source(secret, folder)).collect(),
        header: hooks.header.as_ref().map(|header| header.0.clone()),
    })
}

fn how(proof: PushProof) -> String {
    match proof {
        PushProof::Header(header) | PushProof::Signature(header) | PushProof::HeaderOrSignature(header) => {
            format!("by `{header}`")
        }
        PushProof::Address => "by `?token=` in the address".to_owned(),
    }
}

fn source(secret: &SecretChoice, folder: &Path) -> SecretSource {
    match secret {
        SecretChoice::Env(name) => SecretSource::Env(name.0.clone()),
        SecretChoice::File(path) => SecretSource::File(resolve(folder, &path.0)),
    }
}

/// Reports every secret that is not there, or empty.
pub(in crate::config) fn with_secrets(raw: &File, folder: &Path, findings: &mut Findings) {
    let hooks = listed(raw).iter().filter_map(|registry| registry.hooks.as_ref());
    let secrets = hooks.filter_map(|hooks| hooks.secrets.as_ref()).flat_map(|secrets| &secrets.items);
    for secret in secrets {
        if let Err(error) = source(secret, folder).read() {
            findings.suggest(
                secret.span,
                error.to_string(),
                "put the secret there before the service starts",
            );
        }
    }
}
