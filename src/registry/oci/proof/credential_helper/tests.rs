use super::*;
use crate::sanitize::exposed;

fn said(script: &str) -> Result<Option<String>, String> {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let answer = run(command, "registry.example", TIME_MAX)?;
    Ok(parse(&answer).map(|proof| match proof {
        RegistryLogin::Nothing => "nothing".to_owned(),
        RegistryLogin::Password { username, password } => format!("{username}:{}", exposed(&password)),
        RegistryLogin::Identity(token) | RegistryLogin::Bearer(token) => format!("token {}", exposed(&token)),
    }))
}

#[test]
fn a_helper_is_told_the_server_and_says_the_password() {
    let script = r#"printf '{"ServerURL":"x","Username":"robot","Secret":"%s"}' "$(cat)""#;
    assert_eq!(said(script), Ok(Some("robot:registry.example".to_owned())));
}

#[test]
fn a_token_is_told_by_its_name() {
    assert_eq!(said(r#"echo '{"Username":"<token>","Secret":"t"}'"#), Ok(Some("token t".to_owned())));
}

#[test]
fn a_helper_that_knows_nothing_is_no_failure() {
    let script = "echo 'credentials not found in native keychain'; exit 1";
    assert_eq!(said(script), Ok(Some("nothing".to_owned())));
}

#[test]
fn an_answer_that_is_not_understood_is_none() {
    for script in ["true", "echo hush", "echo '{}'", "exit 3"] {
        assert_eq!(said(script), Ok(None), "{script}");
    }
}

#[test]
fn a_helper_that_talks_without_end_is_stopped() {
    assert_eq!(said("yes hush"), Err("says more than 65536 bytes".to_owned()));
}

#[test]
fn a_helper_that_says_nothing_is_stopped() {
    let mut command = Command::new("sh");
    // It waits for input that never comes.
    command.args(["-c", "exec 3<>/dev/null; tail -f /dev/null"]);
    let why = run(command, "registry.example", Duration::from_millis(50)).unwrap_err();
    assert_eq!(why, "took longer than 0 s");
}

#[tokio::test]
async fn a_helper_that_is_not_there_is_named() {
    let Err(ProofError::Refused(why)) = ask("towpath-has-none", "registry.example").await else {
        panic!("there is no such helper")
    };
    insta::assert_snapshot!(why, @"the helper `docker-credential-towpath-has-none` does not run: No such file or directory (os error 2)");
}

#[tokio::test]
async fn a_name_cannot_lead_elsewhere() {
    for name in ["../../tmp/evil", "a b", "$(id)", "Pass", &"x".repeat(65), "a\0b"] {
        assert!(matches!(ask(name, "registry.example").await, Err(ProofError::Refused(_))), "{name}");
    }
}
