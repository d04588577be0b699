//! The digests of what runs, none of which a promotion may leave behind.

use crate::model::{Fact, ImageReference, Running, RunningImage, ServiceEnvironment};

#[test]
fn the_digest_that_the_registry_gave_for_a_running_tag_counts() {
    let now = "2026-12-01T12:00:00Z".parse().unwrap();
    let mut world = super::simulation::world(now);
    let target = ServiceEnvironment { service: "shop".parse().unwrap(), environment: "dev".parse().unwrap() };
    let (image, tag) = ("registry.test/acme/shop", "1.9.0");
    let reference =
        ImageReference { image: image.parse().unwrap(), tag: Some(tag.parse().unwrap()), digest: None };
    let file = "dev/values.yaml".parse().unwrap();
    let running = Running { images: vec![RunningImage { reference, file, line: 1 }] };
    world.running.insert(target.clone(), Ok(running));
    assert!(world.running_digests(&target).is_empty());
    let digest: crate::model::Digest = format!("sha256:{}", "2".repeat(64)).parse().unwrap();
    let key = |tag: &str| (image.parse().unwrap(), tag.parse().unwrap());
    world
        .facts
        .digests
        .insert(key("1.8.0"), Fact::known(Some(format!("sha256:{}", "3".repeat(64)).parse().unwrap()), now));
    assert!(world.running_digests(&target).is_empty());
    world.facts.digests.insert(key(tag), Fact::known(Some(digest.clone()), now));
    assert_eq!(world.running_digests(&target), [digest].into());
}
