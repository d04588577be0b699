//! What `check` and `doctor` say of the secrets that a configuration names.

use std::path::Path;

use super::engines::{Unusable, usable};
use crate::config::{ConfigReport, SecretFault, SecretFinding, SecretOwner, Settings};
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

/// The same as sentences, with the line and column that name the secret. A secret that is not there is a warning here, since
/// a configuration may be checked elsewhere than it is used.
pub(super) fn warnings(file: &Path, examined: &ConfigReport) -> Vec<String> {
    let sentence = |finding: SecretFinding| {
        let owner = match &finding.owner {
            SecretOwner::Forge(name) => format!("forge `{name}`"),
            SecretOwner::Registry(host) => format!("registry `{host}`"),
        };
        let position = examined.position_of_secret(&finding.owner, finding.key);
        let position = position.map(|(line, column)| format!("{}:{line}:{column}: ", file.display()));
        let (finding, advice) = render::diagnosis(&diagnosis(finding));
        let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        format!("{}{owner}: {finding}{advice}", position.unwrap_or_default())
    };
    let findings = examined.settings().map(Settings::examine_secrets).unwrap_or_default();
    findings.into_iter().map(sentence).collect()
}

/// Reports forges that cannot be used although their secrets are there, such as an App whose private key is not one. A
/// registry may be used on another machine, whose files are not here.
pub(super) fn report_unusable(examined: &mut ConfigReport) {
    let Some(settings) = examined.settings() else { return };
    let unread: Vec<SecretOwner> = diagnoses(settings)
        .into_iter()
        .filter(|(_, diagnosis)| diagnosis.level == Level::Wrong)
        .map(|(owner, _)| owner)
        .collect();
    let (_, unusable) = usable(settings);
    let is_forge = |own: &Unusable| matches!(own.owner, SecretOwner::Forge(_));
    let unusable = unusable.into_iter().filter(|own| is_forge(own) && !unread.contains(&own.owner));
    for Unusable { owner, why } in unusable {
        examined.report_owner(&owner, &why);
    }
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
