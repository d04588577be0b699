//! What a refusal means for whoever asked: the sentence, and the way out.

use super::Call;
use crate::forge::ForgeError;
use crate::forge::github::credentials::{Credentials, Scope};
use crate::forge::github::failed;
use crate::forge::github::refusal::Barred;

/// The token is not taken: of an App the next one may be, of a person only another one is.
pub(super) fn not_let_in(credentials: &Credentials, call: &Call<'_>, words: &str) -> ForgeError {
    match credentials {
        Credentials::Token(_) => ForgeError::Shut {
            why: "GitHub does not take the token: it is wrong, expired or revoked".to_owned(),
            way_out: "make a new one, and put it where `token` of the forge says in the configuration"
                .to_owned(),
        },
        Credentials::App(_) if call.is_app_s() => ForgeError::Shut {
            why: format!("GitHub does not take the private key of the App: {words}"),
            way_out: "look at `app.id` and `app.private_key` in the configuration, and at the clock of this machine"
                .to_owned(),
        },
        Credentials::App(_) => failed("acting as the App", "GitHub does not take the token that it gave it"),
    }
}

/// The bot may not do it there.
pub(super) fn barred(credentials: &Credentials, call: &Call<'_>, barred: Barred) -> ForgeError {
    match barred {
        Barred::Suspended => suspended(credentials, call.scope),
        Barred::SingleSignOn(words) => not_signed_in(call, &words),
        Barred::Address(words) => not_from_here(call, &words),
        Barred::ReadOnly => archived(call.scope),
        Barred::Right(words, _) | Barred::Other(words, _) if call.is_for_token => {
            no_token(call.scope, &words)
        }
        Barred::Right(words, enough) => forbidden(call, enough.unwrap_or(words)),
        Barred::Other(words, enough) => in_the_way(call, &words, enough.as_deref()),
    }
}

/// The bot lacks a right, as GitHub names it.
fn forbidden(call: &Call<'_>, permission: String) -> ForgeError {
    let (verb, repository) = (call.verb.to_owned(), call.scope.to_string());
    ForgeError::Forbidden { verb, repository, permission }
}

/// Something is in the way of the bot, in GitHub's words.
fn in_the_way(call: &Call<'_>, words: &str, permission: Option<&str>) -> ForgeError {
    let way_out = permission.map_or_else(
        || "look at what the token or the App may use and do there".to_owned(),
        |permission| format!("see to that, or grant it `{permission}` if it lacks a right"),
    );
    ForgeError::Shut { why: may_not(call, words), way_out }
}

/// Nobody signed in with this token at the organization.
fn not_signed_in(call: &Call<'_>, words: &str) -> ForgeError {
    ForgeError::Shut {
        why: may_not(call, words),
        way_out: "authorize the token for the organization: \"Configure SSO\" beside it, in the bot's account under \
                  Settings > Developer settings > Personal access tokens"
            .to_owned(),
    }
}

/// This machine may not come in.
fn not_from_here(call: &Call<'_>, words: &str) -> ForgeError {
    ForgeError::Shut {
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
    ForgeError::Shut { why, way_out }
}

/// Nobody can write there any more.
fn archived(scope: Scope<'_>) -> ForgeError {
    ForgeError::Shut {
        why: format!("`{scope}` is archived, so nobody can write there"),
        way_out: "unarchive it, or take its services out of the configuration".to_owned(),
    }
}

fn may_not(call: &Call<'_>, words: &str) -> String {
    format!("GitHub does not let the bot {} in `{}`: {words}", call.verb, call.scope)
}

/// GitHub gives the App no token, in its words.
pub(in super::super) fn no_token(scope: Scope<'_>, words: &str) -> ForgeError {
    ForgeError::Shut {
        why: format!("GitHub gives the App no token for `{scope}`: {words}"),
        way_out: "look at what its installation may use and do; `towpath doctor` says what it needs"
            .to_owned(),
    }
}

/// The App is not where it should act.
pub(in super::super) fn not_installed(scope: Scope<'_>) -> ForgeError {
    ForgeError::Shut {
        why: format!("the App is not installed for `{scope}`"),
        way_out: "install it, let it use the repository, and look whether that still has this name"
            .to_owned(),
    }
}
