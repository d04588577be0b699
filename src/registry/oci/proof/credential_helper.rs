//! Docker's credential helpers: programs that are asked for one registry's credentials.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::{ProofError, RegistryLogin};
use crate::sanitize::{exposed, opened};

/// How long a helper may take.
const TIME_MAX: Duration = Duration::from_secs(20);
/// Most bytes of its answer.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// How long what it said is used.
const LIFE: Duration = Duration::from_secs(300);
/// The name with which a helper says that its secret is a token to be exchanged.
const TOKEN_NAME: &str = "<token>";
/// What it says where it knows nothing.
const NOT_FOUND: &str = "credentials not found";
/// Longest name of a helper.
const NAME_BYTES_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: SecretString,
}

/// What `docker-credential-NAME get` says of a server, and how long that is used; nothing where it knows nothing.
pub(super) async fn ask(name: &str, server: &str) -> Result<(RegistryLogin, Duration), ProofError> {
    let program = program(name)?;
    let server = server.to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(&program);
        command.arg("get");
        run(command, &server, TIME_MAX).map_err(|why| format!("the helper `{program}` {why}"))
    });
    let answer = answer.await.map_err(|error| ProofError::Unavailable(error.to_string()))?;
    let proof = answer.and_then(|answer| parse(&answer).ok_or_else(|| not_understood(name)));
    proof.map(|proof| (proof, LIFE)).map_err(ProofError::Refused)
}

/// The program of a helper, whose name could otherwise lead anywhere.
fn program(name: &str) -> Result<String, ProofError> {
    let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() <= NAME_BYTES_MAX && name.chars().all(is_fine) {
        return Ok(format!("docker-credential-{name}"));
    }
    let why = "in Docker's configuration, the name of a credential helper has other characters than `a-z`, `0-9` \
               and `-`";
    Err(ProofError::Refused(why.to_owned()))
}

fn not_understood(name: &str) -> String {
    format!("the helper `docker-credential-{name}` gives an answer that is not understood")
}

/// Runs a helper and gives what it says, which is never repeated: it may be a secret.
fn run(mut command: Command, server: &str, time_max: Duration) -> Result<SecretString, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("does not run: {error}"))?;
    let answer = talk(&mut child, server, time_max);
    // It has said all that it will; it may have ended by itself.
    child.kill().ok();
    child.wait().ok();
    let answer = answer?;
    if answer.len() as u64 > ANSWER_BYTES_MAX {
        return Err(format!("says more than {ANSWER_BYTES_MAX} bytes"));
    }
    String::from_utf8(answer).map(Into::into).map_err(|_| "says what is not text".to_owned())
}

fn talk(child: &mut Child, server: &str, time_max: Duration) -> Result<Vec<u8>, String> {
    let mut asked = child.stdin.take().expect("its input is a pipe");
    let said = child.stdout.take().expect("its output is a pipe");
    // A helper that reads nothing has ended, and its answer says why.
    asked.write_all(server.as_bytes()).ok();
    drop(asked);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answer = Vec::new();
        let read = said.take(ANSWER_BYTES_MAX + 1).read_to_end(&mut answer);
        // Nobody listens any more where it took too long.
        sender.send(read.map(|_| answer)).ok();
    });
    match receiver.recv_timeout(time_max) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(format!("cannot be read from: {error}")),
        Err(_) => Err(format!("took longer than {} s", time_max.as_secs())),
    }
}

fn parse(answer: &SecretString) -> Option<RegistryLogin> {
    let text = opened(answer);
    if text.contains(NOT_FOUND) {
        return Some(RegistryLogin::Nothing);
    }
    let answer: Answer = serde_json::from_str(text).ok()?;
    Some(match answer.username.as_str() {
        TOKEN_NAME => RegistryLogin::Identity(answer.secret),
        _ if exposed(&answer.secret).is_empty() => RegistryLogin::Nothing,
        _ => RegistryLogin::Password { username: answer.username, password: answer.secret },
    })
}

#[cfg(test)]
mod tests;
