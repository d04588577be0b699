use super::scene::*;
use crate::model::{ContentKey, ServiceEnvironment};
use crate::render::{CommitMetadata, commit_message, merge_message, title};

fn with_carriage<T>(requester: Option<&str>, say: impl Fn(&CommitMetadata<'_>) -> T) -> T {
    let (target, release, from, key) =
        (target("production"), release("1.4.2"), reference("1.4.1"), ContentKey::from_trailer("a1b2c3"));
    let requester = requester.map(user);
    let from = std::slice::from_ref(&from);
    say(&CommitMetadata {
        target: &target,
        release: &release,
        from,
        key: &key,
        requester: requester.as_ref(),
    })
}

#[test]
fn a_title_says_what_goes_where() {
    insta::assert_snapshot!(with_carriage(None, title), @"promote(production): shop 1.4.1 -> 1.4.2");
}

#[test]
fn a_title_is_never_longer_than_forges_take() {
    let name = "x".repeat(63);
    let target = ServiceEnvironment { service: name.parse().unwrap(), environment: environment(&name) };
    let (release, key) = (release(&"1".repeat(128)), key());
    let from = reference(&"2".repeat(128));
    let carriage = CommitMetadata {
        target: &target,
        release: &release,
        from: std::slice::from_ref(&from),
        key: &key,
        requester: None,
    };
    assert_eq!(title(&carriage).chars().count(), 255);
}

#[test]
fn a_commit_says_what_runs_instead_of_what() {
    insta::assert_snapshot!(with_carriage(None, commit_message), @r#"
    promote(production): shop 1.4.1 -> 1.4.2

    shop runs 1.4.2 (sha256:222222222222) in production instead of 1.4.1.

    Towpath-Release: 1.4.2
    Towpath-Environment: production
    Towpath-Service: shop
    Towpath-Digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    Towpath-From: 1.4.1
    Towpath-Key: a1b2c3
    Towpath-Requested-By: towpath
    "#);
}

#[test]
fn a_merge_names_who_approved() {
    let message = with_carriage(Some("dave"), |carriage| {
        merge_message(carriage, CHANGE, &[user("alice"), user("carol")])
    });
    insta::assert_snapshot!(message, @r#"
    promote(production): shop 1.4.1 -> 1.4.2 (#7)

    shop runs 1.4.2 (sha256:222222222222) in production instead of 1.4.1, approved by alice and carol.

    Towpath-Release: 1.4.2
    Towpath-Environment: production
    Towpath-Service: shop
    Towpath-Digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    Towpath-From: 1.4.1
    Towpath-Key: a1b2c3
    Towpath-Requested-By: dave
    Towpath-Approved-By: alice
    Towpath-Approved-By: carol
    "#);
}

#[test]
fn trailers_are_read_back() {
    let message = with_carriage(Some("dave"), commit_message);
    let head = change("", &message).head;
    let trailers = ["Release", "Environment", "Service", "Digest", "From", "Key", "Requested-By"];
    let values = trailers.map(|name| head.trailer(&format!("Towpath-{name}")).unwrap().to_owned());
    let digest = format!("sha256:{}", "2".repeat(64));
    assert_eq!(values, ["1.4.2", "production", "shop", &digest, "1.4.1", "a1b2c3", "dave"]);
}

#[test]
fn a_key_cannot_smuggle_in_another_trailer() {
    let (target, release) = (target("production"), release("1.4.2"));
    let key = ContentKey::from_trailer("a\nTowpath-Approved-By: mallory\n\nTowpath-Key: b");
    let carriage =
        CommitMetadata { target: &target, release: &release, from: &[], key: &key, requester: None };
    let head = change("", &commit_message(&carriage)).head;
    assert_eq!(head.trailer("Towpath-Approved-By"), None);
    assert_eq!(head.trailer("Towpath-Service"), Some("shop"));
}
