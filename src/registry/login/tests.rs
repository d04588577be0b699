use super::*;

fn keys(profile: Option<&str>, variables: &[(&str, &str)]) -> String {
    format!("{:?}", AwsKeys::found(profile, &|name| value(variables, name)))
}

fn value(variables: &[(&str, &str)], name: &str) -> Option<String> {
    variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "hush")];
const CLUSTER: [(&str, &str); 2] =
    [("AWS_ROLE_ARN", "arn:role"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token")];

#[test]
fn keys_are_looked_for_in_amazons_order() {
    let all = [&KEYS[..], &CLUSTER[..], &[("AWS_PROFILE", "ci"), ("HOME", "/root")]].concat();
    assert!(keys(None, &all).starts_with("Given"), "{}", keys(None, &all));
    assert!(keys(None, &all[2..]).starts_with("WebIdentity"));
    assert_eq!(keys(None, &all[4..]), r#"Shared { file: "/root/.aws/credentials", profile: "ci" }"#);
    assert_eq!(keys(None, &[]), r#"Machine { endpoint: "http://169.254.169.254" }"#);
}

#[test]
fn a_profile_that_is_named_in_the_configuration_wins() {
    let wanted = r#"Shared { file: "/keys", profile: "release" }"#;
    let named = [&KEYS[..], &[("AWS_SHARED_CREDENTIALS_FILE", "/keys")]].concat();
    assert_eq!(keys(Some("release"), &named), wanted);
}

#[test]
fn a_container_has_its_own_service() {
    let ecs = keys(None, &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")]);
    assert_eq!(ecs, r#"Container { url: "http://169.254.170.2/v2/credentials/1", authorization: None }"#);
    let eks = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/token"),
    ];
    assert!(keys(None, &eks).contains(r#"Some(File("/var/token"))"#));
}

#[test]
fn google_is_shown_a_key_where_there_is_one() {
    let found = |key, variables: &[(&str, &str)]| {
        format!("{:?}", GarLogin::found(key, &|name| value(variables, name)))
    };
    let named = [("GOOGLE_APPLICATION_CREDENTIALS", "/key.json")];
    assert_eq!(found(None, &named), r#"Key(File("/key.json"))"#);
    assert_eq!(found(Some(Secret::File("/own.json".into())), &named), r#"Key(File("/own.json"))"#);
    assert_eq!(found(None, &[]), r#"Machine { endpoint: "http://metadata.google.internal" }"#);
}

#[test]
fn azure_is_told_which_application_we_are_or_asked_which_machine() {
    let found = |variables: &[(&str, &str)]| {
        format!("{:?}", AcrLogin::found(None, None, None, &|name| value(variables, name)).identity)
    };
    let cluster = [("AZURE_CLIENT_ID", "app"), ("AZURE_FEDERATED_TOKEN_FILE", "/var/token")];
    assert!(
        found(&cluster).ends_with(r#"client_id: "app", shown: File("/var/token"), is_assertion: true }"#)
    );
    let secret = [("AZURE_CLIENT_ID", "app"), ("AZURE_CLIENT_SECRET", "hush")];
    assert!(found(&secret).ends_with(r#"client_id: "app", shown: Text(hidden), is_assertion: false }"#));
    assert_eq!(found(&[]), r#"Machine { endpoint: "http://169.254.169.254", client_id: None }"#);
}

#[test]
fn no_secret_is_shown_to_those_who_debug() {
    let secret = || Secret::Text("hush".into());
    let logins = [
        Login::Password { username: "robot".to_owned(), password: secret() },
        Login::Token(secret()),
        Login::Gar(GarLogin::Key(secret())),
        Login::Ecr(EcrLogin {
            region: None,
            keys: AwsKeys::found(None, &|name| value(&KEYS, name)),
            endpoint: None,
        }),
    ];
    assert!(!format!("{logins:?}").contains("hush"));
}
