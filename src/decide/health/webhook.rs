//! The webhook of a forge: whether it is there, leads here, and is answered.

use super::Matter::Webhook;
use super::{Diagnosis, Subject, fine, untold, warning, wrong};
use crate::model::{Deliveries, ForgeName, Hook, Told};

/// Whether and how events come from a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookMatter {
    /// Events come, and are taken.
    Works(Deliveries),
    /// Towpath waits for events, and no webhook sends any.
    Absent,
    /// There is no webhook, and the configuration names no secret for one.
    NotWanted,
    /// Events are sent to this address, and the configuration names no secret by which they could be proven.
    WithoutSecretHere(String),
    /// Events are sent to an address that is not this forge's.
    Elsewhere {
        /// Where they are sent.
        url: String,
        /// The forge, whose name the address has to end in.
        forge: ForgeName,
    },
    /// The webhook is switched off.
    SwitchedOff,
    /// The webhook has no secret, so no event can be proven.
    Unsigned,
    /// The webhook sends forms.
    SendsForms,
    /// The webhook does not send these events, which are needed.
    MissesEvents(Vec<String>),
    /// Events were refused.
    Fails(Deliveries),
}

/// Judges the webhook of a forge; `expects_events` if the configuration names a secret for it.
pub(super) fn diagnose(told: &Told<Hook>, forge: &ForgeName, expects_events: bool) -> Vec<Diagnosis> {
    let own = match (told, expects_events) {
        (Told::Known(own), _) => own,
        (Told::Unknown(why), true) => return vec![untold(Subject::Hook, why)],
        (Told::Absent, true) => return vec![wrong(Webhook(WebhookMatter::Absent))],
        (Told::Unknown(_) | Told::Absent, false) => return vec![fine(Webhook(WebhookMatter::NotWanted))],
    };
    match (&own.url, expects_events) {
        (None, true) => vec![wrong(Webhook(WebhookMatter::Absent))],
        (None, false) => vec![fine(Webhook(WebhookMatter::NotWanted))],
        (Some(url), false) => vec![warning(Webhook(WebhookMatter::WithoutSecretHere(url.clone())))],
        (Some(url), true) if !leads_to(url, forge) => {
            vec![wrong(Webhook(WebhookMatter::Elsewhere { url: url.clone(), forge: forge.clone() }))]
        }
        (Some(_), true) => subscribed(own),
    }
}

/// Whether an address ends in that of the hook of a forge; which host it leads to nobody here knows.
fn leads_to(url: &str, forge: &ForgeName) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').ends_with(&format!("/hooks/github/{forge}"))
}

/// Judges a webhook that leads here.
fn subscribed(own: &Hook) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    if !own.is_active {
        all.push(wrong(Webhook(WebhookMatter::SwitchedOff)));
    }
    if !own.has_secret {
        all.push(wrong(Webhook(WebhookMatter::Unsigned)));
    }
    if !own.is_json {
        all.push(wrong(Webhook(WebhookMatter::SendsForms)));
    }
    if !own.missing_events.is_empty() {
        all.push(warning(Webhook(WebhookMatter::MissesEvents(own.missing_events.clone()))));
    }
    all.extend(match &own.deliveries {
        Told::Absent => None,
        Told::Unknown(why) => Some(untold(Subject::Deliveries, why)),
        Told::Known(sent) if is_failing(sent) => Some(wrong(Webhook(WebhookMatter::Fails(sent.clone())))),
        Told::Known(sent) if sent.failed > 0 => Some(warning(Webhook(WebhookMatter::Fails(sent.clone())))),
        Told::Known(sent) => Some(fine(Webhook(WebhookMatter::Works(sent.clone())))),
    });
    all
}

/// Whether the latest event was refused.
fn is_failing(sent: &Deliveries) -> bool {
    let refused_at = sent.refused.as_ref().map(|(at, _)| *at);
    refused_at > sent.taken_at
}
