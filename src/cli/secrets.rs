//! What `check` and `doctor` say of the secrets that a configuration names.

use crate::config::{SecretFault, SecretFinding, SecretOwner, Settings};
use crate::decide::health::{Diagnosis, Level, Topic};
use crate::render;

/// Everything that is wrong with secrets, each with its owner.
pub(super) fn diagnoses(settings: &Settings) -> Vec<(SecretOwner, Diagnosis)> {
    settings
        .examine_secrets()
        .into_iter()
        .map(|finding| (finding.owner.clone(), diagnosis(finding)))
        .collect()
}

/// The same as sentences. A secret that is not there is a warning here, since a configuration may be checked elsewhere than
/// it is used.
pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    let sentence = |(owner, diagnosis): (SecretOwner, Diagnosis)| {
        let owner = match owner {
            SecretOwner::Forge(name) => format!("forge `{name}`"),
            SecretOwner::Registry(host) => format!("registry `{host}`"),
        };
        let (finding, advice) = render::diagnosis(&diagnosis);
        let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        format!("{owner}: {finding}{advice}")
    };
    diagnoses(settings).into_iter().map(sentence).collect()
}

fn diagnosis(finding: SecretFinding) -> Diagnosis {
    let SecretFinding { key, purpose, source, fault, .. } = finding;
    match fault {
        SecretFault::Unread(error) => Diagnosis {
            level: Level::Wrong,
            matter: Topic::SecretUnread { key, purpose, why: error.to_string() },
        },
        SecretFault::Weak(weakness) => Diagnosis {
            level: Level::Warning,
            matter: Topic::SecretWeak { key, source: source.to_string(), weakness },
        },
    }
}
