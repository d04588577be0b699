//! The webhook of a forge: whether it is there, leads here, and is answered.

use super::Topic::Webhook;
use super::{Diagnosis, UnknownTopic, fine, untold, warning, wrong};
use crate::model::{Deliveries, ForgeName, Hook, Probe};

/// Whether and how events come from a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookTopic {
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
pub(super) fn diagnose(told: &Probe<Hook>, forge: &ForgeName, expects_events: bool) -> Vec<Diagnosis> {
    let own = match (told, expects_events) {
        (Probe::Known(own), _) => own,
        (Probe::Unknown(why), true) => return vec![untold(UnknownTopic::Hook, why)],
        (Probe::Absent, true) => return vec![wrong(Webhook(WebhookTopic::Absent))],
        (Probe::Unknown(_) | Probe::Absent, false) => return vec![fine(Webhook(WebhookTopic::NotWanted))],
    };
    match (&own.url, expects_events) {
        (None, true) => vec![wrong(Webhook(WebhookTopic::Absent))],
        (None, false) => vec![fine(Webhook(WebhookTopic::NotWanted))],
        (Some(url), false) => vec![warning(Webhook(WebhookTopic::WithoutSecretHere(url.clone())))],
        (Some(url), true) if !leads_to(url, forge) => {
            vec![wrong(Webhook(WebhookTopic::Elsewhere { url: url.clone(), forge: forge.clone() }))]
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
        all.push(wrong(Webhook(WebhookTopic::SwitchedOff)));
    }
    if !own.has_secret {
        all.push(wrong(Webhook(WebhookTopic::Unsigned)));
    }
    if !own.is_json {
        all.push(wrong(Webhook(WebhookTopic::SendsForms)));
    }
    if !own.missing_events.is_empty() {
        all.push(warning(Webhook(WebhookTopic::MissesEvents(own.missing_events.clone()))));
    }
    all.extend(match &own.deliveries {
        Probe::Absent => None,
        Probe::Unknown(why) => Some(untold(UnknownTopic::Deliveries, why)),
        Probe::Known(sent) if is_failing(sent) => Some(wrong(Webhook(WebhookTopic::Fails(sent.clone())))),
        Probe::Known(sent) if sent.failed > 0 => Some(warning(Webhook(WebhookTopic::Fails(sent.clone())))),
        Probe::Known(sent) => Some(fine(Webhook(WebhookTopic::Works(sent.clone())))),
    });
    all
}

/// Whether the latest event was refused.
fn is_failing(sent: &Deliveries) -> bool {
    let refused_at = sent.refused.as_ref().map(|(at, _)| *at);
    refused_at > sent.taken_at
}
