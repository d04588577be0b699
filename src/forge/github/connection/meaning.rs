//! What a refusal means for whoever asked: the sentence, and the way out.

use super::Call;
use crate::forge::ForgeError;
use crate::forge::github::credentials::{Credentials, Scope};
use crate::forge::github::failed;
use crate::forge::github::permissions::{access_word, permission_for, permission_for_document};
use crate::forge::github::refusal::AccessDenied;

/// What to look at where GitHub's interfaces are not where they should be.
const LOOK_AT_URL: &str = "look at `url` of the forge: for an Enterprise Server it ends with /api/v3";

/// The token is not taken: of an App the next one may be, of a person only another one is.
pub(super) fn not_let_in(credentials: &Credentials, call: &Call<'_>, words: &str) -> ForgeError {
    match credentials {
        Credentials::Token(_) => ForgeError::Misconfigured {
            why: "GitHub does not take the token: it is wrong, expired or revoked".to_owned(),
            way_out: "make a new one, and put it where `token` of the forge says in the configuration"
                .to_owned(),
        },
        Credentials::App(_) if call.is_app_s() => ForgeError::Misconfigured {
            why: format!("GitHub does not take the private key of the App: {words}"),
            way_out: "look at `app.id` and `app.private_key` in the configuration, and at the clock of this machine"
                .to_owned(),
        },
        Credentials::App(_) => failed("acting as the App", "GitHub does not take the token that it gave it"),
    }
}

/// The bot may not do it there.
pub(super) fn barred(credentials: &Credentials, call: &Call<'_>, barred: AccessDenied) -> ForgeError {
    match barred {
        AccessDenied::Suspended => suspended(credentials, call.scope),
        AccessDenied::SingleSignOn(words) => not_signed_in(call, &words),
        AccessDenied::Address(words) => not_from_here(call, &words),
        AccessDenied::ReadOnly => archived(call.scope),
        AccessDenied::Right(words, _) | AccessDenied::Other(words, _) if call.is_for_token => {
            no_token(call.scope, &words)
        }
        AccessDenied::Right(words, _) if call.asks_whose_token() => nameless(&words),
        AccessDenied::Right(words, enough) => forbidden(call, &words, enough),
        AccessDenied::Other(words, enough) => in_the_way(call, &words, enough.as_deref()),
    }
}

/// The bot lacks a right: as GitHub names it, or else as our own table does.
fn forbidden(call: &Call<'_>, words: &str, enough: Option<String>) -> ForgeError {
    let way_out = match (enough, needed(call)) {
        (Some(enough), _) => format!("grant it `{enough}`"),
        (None, Some(needed)) => format!("grant it `{needed}`: {words}"),
        (None, None) => format!("look at what the token or the App may use and do there: {words}"),
    };
    ForgeError::Forbidden { verb: call.verb.to_owned(), repository: call.scope.to_string(), way_out }
}

/// The permission that a request needs, in the way in which GitHub writes it.
fn needed(call: &Call<'_>) -> Option<String> {
    let document = call.body.as_ref().and_then(|body| body.get("query")?.as_str());
    let (permission, access) = match document {
        Some(document) => permission_for_document(document)?,
        None => permission_for(call.scope, &call.method, &call.path)?,
    };
    Some(format!("{permission}={}", access_word(access)))
}

/// A token of an installation belongs to no account, and so may not ask whose it is: that of GitHub Actions is one.
fn nameless(words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("GitHub does not say whose the token is: {words}"),
        way_out: "set `bot` of the forge in the configuration to the name under which it acts, such as \
                  `github-actions[bot]`"
            .to_owned(),
    }
}

/// There is no GraphQL where it should be.
pub(super) fn no_graph(call: &Call<'_>, rest: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("GraphQL at `{}` does not exist", without_secrets(&call.address(rest))),
        way_out: LOOK_AT_URL.to_owned(),
    }
}

/// An address without what may be secret in it.
fn without_secrets(address: &str) -> String {
    url::Url::parse(address)
        .map(|url| format!("{}{}", url.origin().ascii_serialization(), url.path()))
        .unwrap_or_default()
}

/// Something answers that is no REST interface, such as the pages for people.
pub(super) fn no_interface(what: &str) -> ForgeError {
    let why = format!("what answers is a page, and not GitHub's REST interface; {LOOK_AT_URL}");
    failed(format!("reading {what}"), why)
}

/// Something is in the way of the bot, in GitHub's words.
fn in_the_way(call: &Call<'_>, words: &str, permission: Option<&str>) -> ForgeError {
    let way_out = permission.map_or_else(
        || "look at what the token or the App may use and do there".to_owned(),
        |permission| format!("see to that, or grant it `{permission}` if it lacks a right"),
    );
    ForgeError::Misconfigured { why: may_not(call, words), way_out }
}

/// Nobody signed in with this token at the organization.
fn not_signed_in(call: &Call<'_>, words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: may_not(call, words),
        way_out: "authorize the token for the organization: \"Configure SSO\" beside it, in the bot's account under \
                  Settings > Developer settings > Personal access tokens"
            .to_owned(),
    }
}

/// This machine may not come in.
fn not_from_here(call: &Call<'_>, words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: may_not(call, words),
        way_out:
            "add the address of this machine to the organization's IP allow list, in its settings under \
                  Authentication security"
                .to_owned(),
    }
}

/// The bot is stopped there.
fn suspended(credentials: &Credentials, scope: Scope<'_>) -> ForgeError {
    let (why, way_out) = match credentials {
        Credentials::Token(_) => (
            "the bot's account is suspended".to_owned(),
            "have it unsuspended, or give the forge the token of another one".to_owned(),
        ),
        Credentials::App(_) => (
            format!("the installation of the App for `{scope}` is suspended"),
            "unsuspend it in the settings of its organization, or take its services out of the configuration"
                .to_owned(),
        ),
    };
    ForgeError::Misconfigured { why, way_out }
}

/// Nobody can write there any more.
fn archived(scope: Scope<'_>) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("`{scope}` is archived, so it is read-only"),
        way_out: "unarchive it, or take its services out of the configuration".to_owned(),
    }
}

fn may_not(call: &Call<'_>, words: &str) -> String {
    format!("GitHub does not let the bot {} in `{}`: {words}", call.verb, call.scope)
}

/// GitHub gives the App no token, in its words.
pub(in super::super) fn no_token(scope: Scope<'_>, words: &str) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("GitHub gives the App no token for `{scope}`: {words}"),
        way_out: "look at what its installation may use and do; `towpath doctor` says what it needs"
            .to_owned(),
    }
}

/// The App is not where it should act.
pub(in super::super) fn not_installed(scope: Scope<'_>) -> ForgeError {
    ForgeError::Misconfigured {
        why: format!("the App is not installed for `{scope}`"),
        way_out: "install it, let it use the repository, and look whether that still has this name"
            .to_owned(),
    }
}
