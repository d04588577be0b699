//! What the registry is asked, counted at a registry that remembers every request.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::{Either, join_all, select};
use towpath::model::{ImageName, Validator};
use towpath::registry::oci::{Limits, OciRegistry};
use towpath::registry::{Listing, Registry as _};

use crate::support::registry::{FakeRegistry, Fault, Kind, Pushed, client_of, image_labels, names_of};

const REPOSITORIES: usize = 100;

fn repository(number: usize) -> String {
    format!("acme/service-{number}")
}

/// A registry with a hundred repositories of a hundred tags each; 101, since a round number could be a full page.
async fn large() -> FakeRegistry {
    let registry = FakeRegistry::start().await;
    for number in 0..REPOSITORIES {
        registry.push_many(&repository(number), (0..=100).map(|minor| format!("1.{minor}.0")));
    }
    registry
}

/// Lists every repository, and gives each one's validator.
async fn poll(
    client: &OciRegistry,
    images: &[ImageName],
    known: &[Option<Validator>],
) -> Vec<Option<Validator>> {
    let listings = images.iter().zip(known).map(async |(image, known)| {
        match client.tags(image, known.as_ref()).await.expect("it lists tags") {
            Listing::Unchanged => known.clone(),
            Listing::Tags { tags, validator } => {
                assert_eq!(tags.len(), 101);
                validator
            }
        }
    });
    join_all(listings).await
}

fn images(registry: &FakeRegistry) -> Vec<ImageName> {
    (0..REPOSITORIES).map(|number| registry.image(&repository(number))).collect()
}

#[tokio::test]
async fn an_idle_poll_is_one_request_for_each_repository_and_no_manifest() {
    let registry = large().await;
    let (client, images) = (registry.client(), images(&registry));
    for _poll in 0..3 {
        poll(&client, &images, &vec![None; REPOSITORIES]).await;
        assert_eq!(registry.counts(), BTreeMap::from([(Kind::Listing, REPOSITORIES)]));
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_for_each_repository_while_it_lasts() {
    let registry = large().await;
    registry.want_tokens(300);
    let (client, images) = (registry.client(), images(&registry));
    let unknown = vec![None; REPOSITORIES];
    poll(&client, &images, &unknown).await;
    // Each of the first requests that are on their way at once is refused; whoever comes later knows what to show.
    assert_eq!(registry.counts().get(&Kind::Token), Some(&REPOSITORIES));
    poll(&client, &images, &unknown).await;
    assert_eq!(registry.counts(), BTreeMap::from([(Kind::Listing, REPOSITORIES)]));
    registry.revoke_tokens();
    poll(&client, &images, &unknown).await;
    let refused_and_listed = BTreeMap::from([(Kind::Listing, 2 * REPOSITORIES), (Kind::Token, REPOSITORIES)]);
    assert_eq!(registry.counts(), refused_and_listed);
}

#[tokio::test]
async fn a_token_that_has_ended_costs_one_request_and_no_refusal() {
    let registry = large().await;
    registry.want_tokens(1);
    let (client, images) = (registry.client(), images(&registry));
    let unknown = vec![None; REPOSITORIES];
    poll(&client, &images, &unknown).await;
    registry.counts();
    poll(&client, &images, &unknown).await;
    let wanted = BTreeMap::from([(Kind::Listing, REPOSITORIES), (Kind::Token, REPOSITORIES)]);
    assert_eq!(registry.counts(), wanted);
}

#[tokio::test]
async fn repositories_that_come_later_are_not_refused_first() {
    let registry = large().await;
    registry.want_tokens(300);
    let (client, images) = (registry.client(), images(&registry));
    for image in &images {
        client.tags(image, None).await.unwrap();
    }
    let wanted = BTreeMap::from([(Kind::Listing, REPOSITORIES + 1), (Kind::Token, REPOSITORIES)]);
    assert_eq!(registry.counts(), wanted);
}

#[tokio::test]
async fn a_registry_with_etags_sends_no_listing_twice() {
    let registry = large().await;
    registry.give_etags();
    let (client, images) = (registry.client(), images(&registry));
    let known = poll(&client, &images, &vec![None; REPOSITORIES]).await;
    assert!(known.iter().all(Option::is_some));
    for (image, known) in images.iter().zip(&known) {
        assert_eq!(client.tags(image, known.as_ref()).await, Ok(Listing::Unchanged));
    }
    registry.push_many(&repository(7), ["2.0.0".to_owned()].into_iter());
    let changed = client.tags(&images[7], known[7].as_ref()).await.unwrap();
    assert!(names_of(changed).contains(&"2.0.0".to_owned()));
}

#[tokio::test]
async fn a_tag_on_a_later_page_is_seen_although_the_first_is_unchanged() {
    let registry = FakeRegistry::start().await;
    registry.give_etags();
    registry.page_by(25);
    registry.push_many("acme/shop", (10..35).map(|minor| format!("1.{minor}.0")));
    let (client, image) = (registry.client(), registry.image("acme/shop"));
    let Ok(Listing::Tags { validator, .. }) = client.tags(&image, None).await else {
        panic!("it lists tags")
    };
    registry.push_many("acme/shop", ["1.35.0".to_owned()].into_iter());
    let again = client.tags(&image, validator.as_ref()).await.unwrap();
    // The first page is the same 25 tags as before.
    assert_eq!(names_of(again).len(), 26);
}

#[tokio::test]
async fn a_new_tag_costs_three_more_requests_and_an_index_four() {
    let registry = FakeRegistry::start().await;
    let image = |architecture| Pushed::Image { architecture, labels: image_labels("1.10.0") };
    registry.push("acme/shop", "1.10.0", image("amd64"));
    let (client, name) = (registry.client(), registry.image("acme/shop"));
    let digest = client.digest(&name, &"1.10.0".parse().unwrap()).await.unwrap().unwrap();
    let described = client.description(&name, &digest).await.unwrap().unwrap();
    assert_eq!(described.revision.as_deref(), Some("0a1b2c3"));
    let counts = BTreeMap::from([(Kind::Head, 1), (Kind::Manifest, 1), (Kind::Blob, 1)]);
    assert_eq!(registry.counts(), counts);

    let (arm, amd) = (registry.push("acme/shop", "arm", image("arm64")), digest);
    let index = registry.push("acme/shop", "1.11.0", Pushed::Index(vec![(arm, "arm64"), (amd, "amd64")]));
    let described = client.description(&name, &index).await.unwrap().unwrap();
    let platforms: Vec<String> = described.platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!(registry.counts(), BTreeMap::from([(Kind::Manifest, 2), (Kind::Blob, 1)]));
}

#[tokio::test]
async fn a_chart_is_an_artifact_like_any_other() {
    let registry = FakeRegistry::start().await;
    let digest = registry.push("charts/shop", "0.3.1", Pushed::Chart("0.3.1"));
    assert_eq!(registry.digest("charts/shop", "0.3.1").await, Ok(Some(digest.clone())));
    let client = registry.client();
    let described = client.description(&registry.image("charts/shop"), &digest).await.unwrap().unwrap();
    assert_eq!((described.kind.word(), described.version.as_deref()), ("chart", Some("0.3.1")));
}

#[tokio::test]
async fn one_silent_registry_among_three_delays_no_other() {
    let registries = [FakeRegistry::start().await, FakeRegistry::start().await, FakeRegistry::start().await];
    for registry in &registries {
        registry.push_many("acme/shop", ["1.0.0".to_owned()].into_iter());
    }
    registries[1].misbehave(Fault::Silence);
    let limits = Limits { silence: Duration::from_secs(3600), ..Limits::default() };
    let client = client_of(&registries, limits);
    let images = registries.each_ref().map(|registry| registry.image("acme/shop"));
    let waiting = client.tags(&images[1], None);
    let others = async { (client.tags(&images[0], None).await, client.tags(&images[2], None).await) };
    let Either::Right((others, _)) = select(Box::pin(waiting), Box::pin(others)).await else {
        panic!("the silent one answered")
    };
    assert_eq!(
        (names_of(others.0.unwrap()), names_of(others.1.unwrap())),
        (vec!["1.0.0".to_owned()], vec!["1.0.0".to_owned()])
    );
}
