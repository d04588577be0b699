//! What a registry that is broken or means harm cannot do: one test for each case of the threat model, by its number.

use insta::assert_snapshot;
use serde_json::json;
use tokio::net::TcpListener;
use towpath::model::{Digest, Validator};
use towpath::registry::oci::{Limits, OciRegistry};
use towpath::registry::{Listing, Registry as _, RegistryError};

use crate::support::registry::{FakeRegistry, Fault, Kind, Pushed, image_labels, names_of};

/// A registry with one image, and its digest.
async fn shop() -> (FakeRegistry, Digest) {
    let registry = FakeRegistry::start().await;
    let labels = image_labels("1.10.0");
    let digest = registry.push("acme/shop", "1.10.0", Pushed::Image { architecture: "amd64", labels });
    (registry, digest)
}

/// Why a registry that does this gives no listing.
async fn why_no_tags(fault: Fault) -> String {
    let (registry, _) = shop().await;
    registry.misbehave(fault);
    registry.tags("acme/shop").await.expect_err("it misbehaves")
}

/// Why an artifact here is not described, after this was pushed.
async fn why_not_described(pushed: Pushed) -> String {
    let (registry, _) = shop().await;
    let digest = registry.push("acme/shop", "odd", pushed);
    registry.described("acme/shop", &digest).await
}

#[tokio::test]
async fn r01_a_tag_that_moved_has_another_digest() {
    let (registry, before) = shop().await;
    let moved = Pushed::Image { architecture: "amd64", labels: image_labels("1.10.1") };
    let after = registry.push("acme/shop", "1.10.0", moved);
    assert_ne!(before, after);
    assert_eq!(registry.digest("acme/shop", "1.10.0").await, Ok(Some(after)));
}

#[tokio::test]
async fn r02_tags_that_would_run_as_commands_are_left_out() {
    let (registry, _) = shop().await;
    let evil = &["1.10.0", "$(id)", "a;b", "`id`", "a\nb", "-x", ".x", "", "é", "a/../b", "a b", "a\u{0}"];
    registry.misbehave(Fault::Tags(evil));
    assert_eq!(registry.tags("acme/shop").await, Ok(vec!["1.10.0".to_owned()]));
}

#[tokio::test]
async fn r03_tags_that_look_like_other_things_come_through_as_they_are() {
    let (registry, _) = shop().await;
    registry.misbehave(Fault::Tags(&["1e3", "0x10", "on", "null", "1.10", "012", "2026-03-02"]));
    let wanted = ["012", "0x10", "1.10", "1e3", "2026-03-02", "null", "on"].map(str::to_owned);
    assert_eq!(registry.tags("acme/shop").await, Ok(wanted.to_vec()));
}

#[tokio::test]
async fn r04_labels_are_cut_and_hold_no_control_characters() {
    let (registry, _) = shop().await;
    let labels = json!({
        "org.opencontainers.image.source": format!("@org/team\r\n<!-- {}", "x".repeat(10_000)),
        "org.opencontainers.image.version": "1\u{0}\u{1b}[31m",
    });
    let digest = registry.push("acme/shop", "odd", Pushed::Image { architecture: "amd64", labels });
    let client = registry.client();
    let described = client.description(&registry.image("acme/shop"), &digest).await.unwrap().unwrap();
    assert_eq!(described.source.map(|text| text.len()), Some(256));
    assert_eq!(described.version.as_deref(), Some("1[31m"));
}

#[tokio::test]
async fn r05_what_a_source_label_names_is_never_fetched() {
    let (registry, _) = shop().await;
    let bait = FakeRegistry::start().await;
    let labels = json!({ "org.opencontainers.image.source": format!("http://{}/v2/", bait.host()) });
    let digest = registry.push("acme/shop", "odd", Pushed::Image { architecture: "amd64", labels });
    assert_eq!(registry.described("acme/shop", &digest).await, "described");
    assert!(bait.counts().is_empty());
}

#[tokio::test]
async fn r07_a_listing_without_end_is_given_up_at_its_bounds() {
    let (registry, _) = shop().await;
    registry.misbehave(Fault::EndlessLink);
    let error = async |limits: Limits| {
        let listing = registry.client_within(limits).tags(&registry.image("acme/shop"), None).await;
        registry.words(&listing.unwrap_err())
    };
    let pages = error(Limits { pages_max: 20, ..Limits::default() }).await;
    assert_snapshot!(pages, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its listing has more than 20 pages");
    assert_eq!(registry.counts().get(&Kind::Listing), Some(&20));
    assert_snapshot!(error(Limits { tags_max: 5, ..Limits::default() }).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it lists more than 5 tags");
}

#[tokio::test]
async fn r07_a_cursor_that_does_not_advance_is_given_up() {
    assert_snapshot!(why_no_tags(Fault::IdleLink).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: 3 pages of its listing in a row bring no new tag");
    assert_snapshot!(why_no_tags(Fault::LinkTo("?n=1000".to_owned())).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its listing leads back to a page that was read already");
}

#[tokio::test]
async fn r07_a_listing_that_ends_in_the_middle_decides_nothing() {
    let why = why_no_tags(Fault::Truncation).await;
    assert!(why.starts_with("the registry `registry:5000` gave no usable answer about"), "{why}");
}

#[tokio::test]
async fn r08_a_next_page_on_another_host_is_not_asked_for() {
    let (bait, _) = shop().await;
    let why = why_no_tags(Fault::LinkTo(format!("http://{}/v2/acme/shop/tags/list", bait.host()))).await;
    assert_snapshot!(why.replace(&bait.host(), "bait:5000"), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its next page lies elsewhere, at `http://bait:5000`");
    assert!(bait.counts().is_empty());
}

#[tokio::test]
async fn r09_a_realm_in_clear_at_another_host_is_not_asked() {
    let bait = FakeRegistry::start().await;
    let port = bait.host().rsplit(':').next().unwrap().to_owned();
    let why = why_no_tags(Fault::Realm(format!("http://localhost:{port}/token"))).await;
    assert_snapshot!(why.replace(&port, "6666"), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it wants a token, but its realm `http://localhost:6666` is not https");
    assert!(bait.counts().is_empty());
}

#[tokio::test]
async fn r09_a_realm_that_is_no_web_address_is_refused() {
    for realm in ["file:///etc/passwd", "", "token", "http://user:pass@127.0.0.1/"] {
        let why = why_no_tags(Fault::Realm(realm.to_owned())).await;
        assert!(why.contains("it wants a token, but its realm"), "{realm}: {why}");
    }
}

#[tokio::test]
async fn r10_a_redirect_to_another_host_is_not_followed() {
    let (bait, _) = shop().await;
    let target = format!("http://{}/v2/acme/shop/tags/list?signature=secret", bait.host());
    let why = why_no_tags(Fault::Redirect(Kind::Listing, target)).await;
    assert_snapshot!(why.replace(&bait.host(), "bait:5000"), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it sends us elsewhere, to `http://bait:5000`, which we do not follow");
    assert!(bait.counts().is_empty());
}

#[tokio::test]
async fn r10_storage_inside_our_network_is_not_visited() {
    let (registry, digest) = shop().await;
    registry.misbehave(Fault::Redirect(Kind::Blob, "http://169.254.169.254/latest/meta-data".to_owned()));
    assert_snapshot!(registry.described("acme/shop", &digest).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it sends us to its storage, but `http://169.254.169.254` is not https");
}

#[tokio::test]
async fn r10_a_redirect_in_a_circle_ends() {
    let (registry, digest) = shop().await;
    registry.misbehave(Fault::Redirect(Kind::Blob, "?again".to_owned()));
    let why = registry.described("acme/shop", &digest).await;
    assert!(why.contains("which we do not follow"), "{why}");
    assert!(registry.counts()[&Kind::Blob] < 20);
}

#[tokio::test]
async fn r11_a_manifest_of_a_hundred_megabytes_is_not_read() {
    let (registry, digest) = shop().await;
    registry.misbehave(Fault::HugeManifest);
    assert_snapshot!(registry.described("acme/shop", &digest).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its answer has more than 4194304 bytes");
}

#[tokio::test]
async fn r11_a_manifest_that_is_nested_without_end_is_refused() {
    let mut nested = json!(1);
    for _ in 0..120 {
        nested = json!([nested]);
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let (registry, _) = shop().await;
    registry.misbehave(Fault::Manifest(deep.leak()));
    let asked: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    assert!(registry.described("acme/shop", &asked).await.contains("it sends what is"));
    let config = json!({ "mediaType": "application/x", "digest": asked, "nested": nested });
    let odd = Pushed::Manifest(json!({ "config": config, "layers": nested }));
    assert_eq!(why_not_described(odd).await, "described");
}

#[tokio::test]
async fn r11_an_index_of_ten_thousand_is_refused() {
    let child: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    assert_snapshot!(why_not_described(Pushed::Index(vec![(child, "amd64"); 10_000])).await, @"of no use: its manifest `sha256:3b505b7ddb12` names more than 256 others");
}

#[tokio::test]
async fn r11_an_index_that_leads_to_an_index_ends() {
    let (registry, image) = shop().await;
    let inner = registry.push("acme/shop", "inner", Pushed::Index(vec![(image, "amd64")]));
    let outer = registry.push("acme/shop", "outer", Pushed::Index(vec![(inner, "amd64")]));
    assert_snapshot!(registry.described("acme/shop", &outer).await, @"of no use: its index leads to another index, `sha256:7186056c893d`, where an image belongs");
    assert_eq!(registry.counts().get(&Kind::Manifest), Some(&2));
}

#[tokio::test]
async fn r12_a_manifest_that_is_not_what_was_asked_for_is_refused() {
    let (registry, digest) = shop().await;
    registry.misbehave(Fault::Manifest("{\"schemaVersion\":2}"));
    let why = registry.described("acme/shop", &digest).await;
    assert!(why.contains(
        "it sends what is `sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f`"
    ));
}

#[tokio::test]
async fn r13_a_digest_that_a_header_made_up_leads_to_nothing() {
    let (registry, _) = shop().await;
    registry.misbehave(Fault::DigestHeader(
        "sha256:00000000000000000000000000000000000000000000000000000000deadbeef",
    ));
    let made_up = registry.digest("acme/shop", "1.10.0").await.unwrap().unwrap();
    registry.behave();
    assert_eq!(registry.described("acme/shop", &made_up).await, "not there");
}

#[tokio::test]
async fn r14_a_digest_of_a_weak_algorithm_is_refused() {
    let (registry, _) = shop().await;
    for weak in ["md5:d41d8cd98f00b204e9800998ecf8427e", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"] {
        registry.misbehave(Fault::DigestHeader(weak));
        let why = registry.digest("acme/shop", "1.10.0").await.unwrap_err();
        assert!(why.contains("is not a digest; write `sha256:`"), "{why}");
    }
}

#[tokio::test]
async fn r15_a_platform_that_is_missing_is_missing_in_the_description() {
    let (registry, image) = shop().await;
    let index = registry.push("acme/shop", "index", Pushed::Index(vec![(image, "amd64")]));
    let client = registry.client();
    let described = client.description(&registry.image("acme/shop"), &index).await.unwrap().unwrap();
    assert!(described.platforms.contains(&"linux/amd64".parse().unwrap()));
    assert!(!described.platforms.contains(&"linux/arm64".parse().unwrap()));
}

#[tokio::test]
async fn a_refusal_names_the_way_out() {
    assert_snapshot!(why_no_tags(Fault::Refusal(401)).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 401 Unauthorized, no; if it is there, name `credentials` for its registry under `registries`");
    assert_snapshot!(why_no_tags(Fault::Refusal(403)).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 403 Forbidden, no; if it is there, name `credentials` for its registry under `registries`");
}

#[tokio::test]
async fn a_registry_that_asks_for_patience_is_heeded_within_bounds() {
    assert_snapshot!(why_no_tags(Fault::Patience("7")).await, @"the registry `registry:5000` asks to wait 7 s");
    assert_snapshot!(why_no_tags(Fault::Patience("999999999")).await, @"the registry `registry:5000` asks to wait 3600 s");
}

#[tokio::test]
async fn a_registry_that_falls_silent_is_given_up_and_asked_again_later() {
    let (registry, _) = shop().await;
    registry.misbehave(Fault::Silence);
    let limits = Limits { silence: std::time::Duration::from_millis(50), ..Limits::default() };
    let (client, image) = (registry.client_within(limits), registry.image("acme/shop"));
    let error = client.tags(&image, None).await.unwrap_err();
    assert_snapshot!(registry.words(&error), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it took too long to answer");
    registry.behave();
    assert_eq!(names_of(client.tags(&image, None).await.unwrap()), ["1.10.0"]);
}

#[tokio::test]
async fn a_registry_that_is_down_is_found_again_by_the_same_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (registry, _) = shop().await;
    let client = registry.client();
    let gone = format!("{address}/acme/shop").parse().unwrap();
    assert!(matches!(client.tags(&gone, None).await, Err(RegistryError::Unavailable { .. })));
    assert!(client.tags(&registry.image("acme/shop"), None).await.is_ok());
}

#[tokio::test]
async fn a_registry_that_speaks_no_tls_where_it_should_is_refused() {
    let (registry, _) = shop().await;
    let strict =
        OciRegistry::new(Vec::new(), std::sync::Arc::new(|| "2026-03-02T12:00:00Z".parse().unwrap()));
    let error = strict.tags(&registry.image("acme/shop"), None).await.unwrap_err();
    let why = registry.words(&error);
    assert!(why.starts_with("the registry `registry:5000` gave no usable answer about"), "{why}");
    assert!(registry.counts().is_empty());
}

#[tokio::test]
async fn a_host_that_has_no_address_is_refused() {
    let limits = Limits { total: std::time::Duration::from_secs(5), ..Limits::default() };
    let (registry, _) = shop().await;
    let image = "registry.invalid/acme/shop".parse().unwrap();
    let error = registry.client_within(limits).tags(&image, None).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_validator_from_another_time_harms_nothing() {
    let (registry, _) = shop().await;
    registry.give_etags();
    let stale: Validator = "etag \"of something else\"".parse().unwrap();
    let listing = registry.client().tags(&registry.image("acme/shop"), Some(&stale)).await;
    assert!(matches!(listing, Ok(Listing::Tags { .. })));
}
