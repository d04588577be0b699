//! Forges of the kind `github`.

use std::path::Path;

use crate::config::checked::paths::resolve;
use crate::config::checked::secret_source::secret_of;
use crate::config::located::Located;
use crate::config::problem::{ProblemList, Span};
use crate::config::raw::{self, App, Forge};
use crate::config::{GitHubCredentials, GitHubForgeSettings, SecretSource};

/// The settings of a GitHub; nothing where a part is missing or wrong, which is then reported.
pub(super) fn settings_of(
    forge: &Forge,
    folder: &Path,
    is_whole: bool,
    findings: &mut ProblemList,
) -> Option<GitHubForgeSettings> {
    let own_of_local = [
        ("root", forge.root.as_ref().map(|root| root.span)),
        ("teams", forge.teams.as_ref().map(|teams| teams.span)),
    ];
    refuse(own_of_local, "local", findings);
    let credentials = credentials(forge, folder, is_whole, findings);
    let webhook_secrets = webhook_secrets(forge, folder, findings);
    Some(GitHubForgeSettings {
        name: forge.name.as_ref()?.value.clone(),
        url: forge.url.as_ref().map(|url| url.0.clone()),
        credentials: credentials?,
        bot: forge.bot.as_ref().map(|bot| bot.value.clone()),
        webhook_secrets,
        merge_method: forge.merge_method.as_ref().map(|method| method.value),
        deployments: forge.deployments.as_ref().is_none_or(|deployments| deployments.value),
    })
}

/// The secrets of its events; that there is none is said by leaving the key out, so an empty list is a mistake.
fn webhook_secrets(forge: &Forge, folder: &Path, findings: &mut ProblemList) -> Vec<SecretSource> {
    let Some(secrets) = &forge.webhook_secrets else { return Vec::new() };
    if secrets.items.is_empty() && secrets.is_complete {
        let message = "without a secret, the sender of an event cannot be verified";
        let way_out = "name one, such as `{ env: TOWPATH_WEBHOOK_SECRET }`, or leave `webhook_secrets` out";
        findings.suggest(secrets.span, message, way_out);
    }
    secrets.items.iter().filter_map(|secret| secret_of(secret, folder)).collect()
}

/// Refuses the keys of a GitHub where another kind of forge is configured.
pub(super) fn refuse_keys(forge: &Forge, findings: &mut ProblemList) {
    let own = [
        ("url", forge.url.as_ref().map(|url| url.span)),
        ("token", forge.token.as_ref().map(|token| token.span)),
        ("app", forge.app.as_ref().map(|app| app.span)),
        ("repositories", forge.repositories.as_ref().map(|repositories| repositories.span)),
        ("webhook_secrets", forge.webhook_secrets.as_ref().map(|secrets| secrets.span)),
        ("merge_method", forge.merge_method.as_ref().map(|method| method.span)),
        ("deployments", forge.deployments.as_ref().map(|deployments| deployments.span)),
    ];
    refuse(own, "github", findings);
}

fn refuse<const N: usize>(keys: [(&str, Option<Span>); N], kind: &str, findings: &mut ProblemList) {
    for (key, span) in keys {
        if let Some(span) = span {
            let message = format!("`{key}` is a key of forges of the kind `{kind}`");
            findings.suggest(span, message, "remove it, or change `kind`");
        }
    }
}

fn credentials(
    forge: &Forge,
    folder: &Path,
    is_whole: bool,
    findings: &mut ProblemList,
) -> Option<GitHubCredentials> {
    match (&forge.token, &forge.app) {
        (Some(token), None) => secret_of(token, folder).map(GitHubCredentials::Token),
        (None, Some(app)) => of_app(app, folder),
        (Some(_), Some(app)) => {
            let way_out = "keep the App, which can do less and lasts longer";
            findings.suggest(app.span, "there is a `token` as well", way_out);
            None
        }
        (None, None) if !is_whole => None,
        (None, None) => {
            let kind = forge.kind.as_ref()?;
            let way_out = "write `token: { env: NAME }`, or `app` with `id` and `private_key`";
            findings.suggest(kind.span, "Towpath cannot identify itself to this forge", way_out);
            None
        }
    }
}

fn of_app(app: &App, folder: &Path) -> Option<GitHubCredentials> {
    Some(GitHubCredentials::App {
        id: app.id.as_ref()?.0,
        private_key: secret_of(app.private_key.as_ref()?, folder)?,
        installation: app.installation.as_ref().map(|installation| installation.0),
    })
}

/// Reports every file with a secret that is not there.
pub(super) fn on_disk(forge: &Forge, folder: &Path, findings: &mut ProblemList) {
    let key = forge.app.as_ref().and_then(|app| app.private_key.as_ref());
    for secret in [forge.token.as_ref(), key].into_iter().flatten() {
        if let raw::SecretSource::File(Located { value: path, span }) = &secret.value {
            let file = resolve(folder, &path.0);
            if !file.is_file() {
                let message = format!("there is no file `{}`", file.display());
                findings.suggest(*span, message, "put the secret there, readable for Towpath alone");
            }
        }
    }
}
