//! The hooks through which registries tell of pushes, and the secrets of all hooks.

use std::path::Path;

use super::known::Known;
use super::secret_source::secret_of;
use crate::config::HookSettings;
use crate::config::located::Located;
use crate::config::problem::ProblemList;
use crate::config::raw::{File, Hooks, Name, Registry};
use crate::model::PushProof;

/// Refuses two hooks with one address.
pub(super) fn refuse_shared_names(raw: &File, findings: &mut ProblemList) {
    let names: Vec<Located<Name>> = listed(raw).iter().filter_map(|own| name(own)).collect();
    Known::collect("registry's name", names.iter().map(Some)).refuse_duplicates(findings);
}

fn listed(raw: &File) -> &[Located<Registry>] {
    raw.registries.as_ref().map_or(&[][..], |registries| &registries.items)
}

/// The name in the address of its hook; a registry without a hook needs none.
fn name(registry: &Registry) -> Option<Located<Name>> {
    let host = registry.host.as_ref()?;
    if registry.name.is_none() && registry.hooks.is_some() {
        return Some(Located { value: Name(host.0.clone()), span: host.span });
    }
    registry.name.clone()
}

pub(super) fn hook(
    hooks: &Located<Hooks>,
    folder: &Path,
    findings: &mut ProblemList,
) -> Option<HookSettings> {
    let (kind, secrets) = (hooks.kind.as_ref()?, hooks.secrets.as_ref()?);
    if secrets.items.is_empty() && secrets.is_complete {
        let message = "without a secret, the sender of an event cannot be verified";
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
        secrets: secrets.items.iter().filter_map(|secret| secret_of(secret, folder)).collect(),
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

/// Reports every secret that is not there, or empty.
pub(in crate::config) fn with_secrets(raw: &File, folder: &Path, findings: &mut ProblemList) {
    let hooks = listed(raw).iter().filter_map(|registry| registry.hooks.as_ref());
    let of_registries = hooks.filter_map(|hooks| hooks.secrets.as_ref());
    let forges = raw.forges.iter().flat_map(|forges| &forges.items);
    let of_forges = forges.filter_map(|forge| forge.webhook_secrets.as_ref());
    for secret in of_registries.chain(of_forges).flat_map(|secrets| &secrets.items) {
        let Some(source) = secret_of(secret, folder) else { continue };
        if let Err(error) = source.read() {
            findings.suggest(
                secret.span,
                error.to_string(),
                "put the secret there before the service starts",
            );
        }
    }
}
