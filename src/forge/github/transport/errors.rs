//! Refusals of GitHub as [`ForgeError`]s: the cause in a sentence, and what to do.

use super::Call;
use crate::forge::ForgeError;
use crate::forge::github::auth::Credentials;
use crate::forge::github::permissions::{access_word, permission_for, permission_for_document};
use crate::forge::github::refusal::AccessDenied;
use crate::forge::github::scope::Scope;

/// What to do if the REST or GraphQL API is not at its address.
const LOOK_AT_URL: &str = "look at `url` of the forge: for an Enterprise Server it ends with /api/v3";

/// GitHub rejected the token (status 401). An App gets another one by itself, a user has to create one.
pub(super) fn unauthorized(credentials: &Credentials, call: &Call<'_>, words: &str) -> ForgeError {
    match credentials {
        Credentials::Token(_) => ForgeError::Misconfigured {
            why: "GitHub rejected the token: it is wrong, expired or revoked".to_owned(),
            way_out: "create a new one, and store it where `token` of the forge in the configuration says"
                .to_owned(),
        },
        Credentials::App(_) if call.is_from_app() => ForgeError::Misconfigured {
            why: format!("GitHub rejected the private key of the App: {words}"),
            way_out: "look at `app.id` and `app.private_key` in the configuration, and at the clock of this machine"
                .to_owned(),
        },
        Credentials::App(_) => ForgeError::unavailable("acting as the App", "GitHub rejected the installation token that it issued"),
    }
}

/// GitHub denied access (status 403).
pub(super) fn access_denied(credentials: &Credentials, call: &Call<'_>, denied: AccessDenied) -> ForgeError {
    match denied {
        AccessDenied::Suspended => suspended(credentials, call.scope),
        AccessDenied::SingleSignOn(words) => sso_required(call, &words),
        AccessDenied::Address(words) => address_not_allowed(call, &words),
        AccessDenied::ReadOnly => archived(call.scope),
        AccessDenied::Right(words, _) | AccessDenied::Other(words, _) if call.is_for_token => {
            token_refused(call.scope, &words)
        }
        AccessDenied::Right(words, _) if call.asks_whose_token() => login_unknown(&words),
        AccessDenied::Right(words, enough) => forbidden(call, &words, enough),
        AccessDenied::Other(words, enough) => access_denied_by_message(call, &words, enough.as_deref()),
    }
}

/// The bot lacks a permission: the one that GitHub names in a header, or else the one in [`PERMISSIONS`](super::super::PERMISSIONS).
fn forbidden(call: &Call<'_>, words: &str, enough: Option<String>) -> ForgeError {
    let way_out = match (enough, needed(call)) {
        (Some(enough), _) => format!("grant it `{enough}`"),
        (None, Some(needed)) => format!("grant it `{needed}`: {words}"),
        (None, None) => format!("check the repositories and permissions of the token or the App: {words}"),
    };
    ForgeError::Forbidden { verb: call.verb.to_owned(), repository: call.scope.to_string(), way_out }
}

/// The permission that a request needs, written as GitHub does: `contents=write`.
fn needed(call: &Call<'_>) -> Option<String> {
    let document = call.body.as_ref().and_then(|body| body.get("query")?.as_str());
    let (permission, access) = match document {
        Some(document) => permission_for_document(document)?,
        None => permission_for(call.scope, &call.method, &call.path)?,
    };
    Some(format!("{permission}={}", access_word(access)))
}

/// An installation token, such as that of GitHub Actions, belongs to no account, so `GET /user` is forbidden.
fn login_unknown(words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("GitHub does not tell the account of the token: {words}"),
        way_out: "set `bot` of the forge in the configuration to the name under which it acts, such as \
                  `github-actions[bot]`"
            .to_owned(),
    }
}

/// The GraphQL API does not exist at its address.
pub(super) fn graphql_not_found(call: &Call<'_>, rest: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("GraphQL at `{}` does not exist", without_secrets(&call.address(rest))),
        way_out: LOOK_AT_URL.to_owned(),
    }
}

/// An address without user, password and query, which may hold secrets.
fn without_secrets(address: &str) -> String {
    url::Url::parse(address)
        .map(|url| format!("{}{}", url.origin().ascii_serialization(), url.path()))
        .unwrap_or_default()
}

/// Something else than the REST API responds, such as the web pages.
pub(super) fn not_an_api(what: &str) -> ForgeError {
    let why = format!("the response is a web page, not one of GitHub's REST API; {LOOK_AT_URL}");
    ForgeError::unavailable(format!("reading {what}"), why)
}

/// GitHub denied access for a reason that only its message tells.
fn access_denied_by_message(call: &Call<'_>, words: &str, permission: Option<&str>) -> ForgeError {
    let way_out = permission.map_or_else(
        || "check the repositories and permissions of the token or the App".to_owned(),
        |permission| format!("resolve that, or grant `{permission}` if the permission is missing"),
    );
    ForgeError::Misconfigured { why: may_not(call, words), way_out }
}

/// The organization requires single sign-on, and the token is not authorized for it.
fn sso_required(call: &Call<'_>, words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: may_not(call, words),
        way_out: "authorize the token for the organization: \"Configure SSO\" beside it, in the bot's account under \
                  Settings > Developer settings > Personal access tokens"
            .to_owned(),
    }
}

/// The organization allows other IP addresses only.
fn address_not_allowed(call: &Call<'_>, words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: may_not(call, words),
        way_out:
            "add the address of this machine to the organization's IP allow list, in its settings under \
                  Authentication security"
                .to_owned(),
    }
}

/// The account or the installation is suspended.
fn suspended(credentials: &Credentials, scope: Scope<'_>) -> ForgeError {
    let (why, way_out) = match credentials {
        Credentials::Token(_) => (
            "the bot's account is suspended".to_owned(),
            "have it unsuspended, or configure the token of another account".to_owned(),
        ),
        Credentials::App(_) => (
            format!("the installation of the App for `{scope}` is suspended"),
            "unsuspend it in the settings of its organization, or remove its services from the configuration"
                .to_owned(),
        ),
    };
    ForgeError::Misconfigured { why, way_out }
}

/// The repository is archived.
fn archived(scope: Scope<'_>) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("`{scope}` is archived, so it is read-only"),
        way_out: "unarchive it, or remove its services from the configuration".to_owned(),
    }
}

fn may_not(call: &Call<'_>, words: &str) -> String {
    format!("GitHub does not allow the bot to {} in `{}`: {words}", call.verb, call.scope)
}

/// GitHub issued no installation token.
pub(in super::super) fn token_refused(scope: Scope<'_>, words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("GitHub issued no token for `{scope}` to the App: {words}"),
        way_out:
            "check the repositories and permissions of its installation; `towpath doctor` lists what it needs"
                .to_owned(),
    }
}

/// The App is not installed for a repository or organization.
pub(in super::super) fn not_installed(scope: Scope<'_>) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("the App is not installed for `{scope}`"),
        way_out:
            "install it, give it access to the repository, and check that the repository still has this name"
                .to_owned(),
    }
}
