use super::*;
use crate::registry::Secret;

#[test]
fn a_proof_is_not_shown_to_those_who_debug() {
    let proofs = [
        RegistryLogin::Password { username: "robot".to_owned(), password: "hush".into() },
        RegistryLogin::Identity("hush".into()),
        RegistryLogin::Bearer("hush".into()),
    ];
    assert!(!format!("{proofs:?}").contains("hush"));
}

#[tokio::test]
async fn a_file_of_too_many_bytes_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![b'x'; (1 << 20) + 1]).unwrap();
    let why = read(&Secret::File(file.path().to_owned())).await.unwrap_err();
    assert!(matches!(why, ProofError::Refused(why) if why.ends_with("has more than 1048576 bytes")));
}
