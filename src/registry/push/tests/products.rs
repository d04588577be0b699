use super::*;

/// From the documentation of distribution, with one event for each thing that a push of an image does.
const DISTRIBUTION: &str = r#"{
  "events": [
    { "id": "asdf-asdf-asdf-asdf-0", "timestamp": "2006-01-02T15:04:05Z", "action": "push",
      "target": { "mediaType": "application/octet-stream", "size": 3, "length": 3, "repository": "library/test",
        "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
        "url": "https://example.com/v2/library/test/blobs/sha256:fea8895f" },
      "request": { "id": "asdfasdf", "addr": "client.local", "host": "registrycluster.local", "method": "PUT" },
      "source": { "addr": "hostname.local:port" } },
    { "id": "320678d8-ca14-430f-8bb6-4ca139cd83f7", "timestamp": "2016-03-09T14:44:26.402973972-08:00", "action": "push",
      "target": { "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 708, "length": 708,
        "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
        "repository": "hello-world", "tag": "latest",
        "url": "http://192.168.100.227:5000/v2/hello-world/manifests/sha256:fea8895f" },
      "request": { "id": "6df24a34-0959-4923-81ca-14f09767db19", "host": "192.168.100.227:5000", "method": "PUT" },
      "actor": {}, "source": { "addr": "xtal.local:5000" } },
    { "id": "3", "action": "pull", "target": { "repository": "acme/pulled", "tag": "latest" } },
    { "id": "4", "action": "delete", "target": { "repository": "acme/gone", "digest": "sha256:00" } },
    { "id": "5", "action": "mount", "target": { "repository": "acme/mounted", "fromRepository": "acme/other" } }
  ]
}"#;

#[test]
fn distribution_tells_of_a_tag_once_it_is_there() {
    assert_eq!(repositories(PushKind::Distribution, DISTRIBUTION), ["hello-world"]);
    let id = id(PushKind::Distribution, DISTRIBUTION);
    assert_eq!(id.as_deref(), Some("320678d8-ca14-430f-8bb6-4ca139cd83f7"));
}

#[test]
fn pulls_are_nothing_to_look_at() {
    let pulls =
        r#"{"events":[{"id":"1","action":"pull","target":{"repository":"acme/shop","tag":"1.0.0"}}]}"#;
    assert_eq!(read(PushKind::Distribution, pulls.as_bytes()), Ok(Pushed::default()));
}

#[test]
fn ghcr_sends_two_events_that_say_the_same() {
    for key in ["registry_package", "package"] {
        let event = GHCR.replace("KEY", key);
        assert_eq!(repositories(PushKind::Ghcr, &event), ["ghcr.io/acme/shop"]);
    }
}

/// As GitHub's description of its webhooks shows it, cut to a tenth.
const GHCR: &str = r#"{
  "action": "published",
  "KEY": {
    "id": 10696, "name": "shop", "namespace": "Acme", "description": "", "ecosystem": "CONTAINER",
    "package_type": "CONTAINER", "html_url": "https://github.com/Acme/shop/packages/10696",
    "owner": { "login": "Acme", "id": 6811672, "type": "Organization" },
    "package_version": {
      "id": 6880, "version": "sha256:16b0a2", "name": "sha256:16b0a2",
      "container_metadata": { "tag": { "name": "1.10.0", "digest": "sha256:16b0a2" }, "labels": {} },
      "package_url": "ghcr.io/acme/shop:1.10.0"
    },
    "registry": { "about_url": "https://docs.github.com", "name": "GitHub CONTAINER registry", "type": "CONTAINER" }
  },
  "repository": { "id": 35129377, "name": "shop", "full_name": "Acme/shop" },
  "sender": { "login": "dora" }
}"#;

#[test]
fn ghcr_names_a_version_without_a_tag_by_owner_and_name() {
    let event = GHCR.replace("KEY", "package").replace("ghcr.io/acme/shop:1.10.0", "");
    assert_eq!(repositories(PushKind::Ghcr, &event), ["acme/shop"]);
    let untagged = GHCR.replace("KEY", "package").replace("shop:1.10.0", "shop:");
    assert_eq!(repositories(PushKind::Ghcr, &untagged), ["ghcr.io/acme/shop"]);
}

#[test]
fn github_sends_other_events_too() {
    let ping = r#"{"zen":"Keep it logically awesome.","hook_id":1,"hook":{"type":"Repository"}}"#;
    let npm = GHCR.replace("KEY", "package").replace("CONTAINER", "npm");
    for event in [ping, &npm] {
        assert!(repositories(PushKind::Ghcr, event).is_empty(), "{event}");
    }
}

#[test]
fn docker_hub_tells_of_pushes_alone() {
    let event = r#"{
      "callback_url": "https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",
      "push_data": { "pushed_at": 1417566161, "pusher": "trustedbuilder", "tag": "latest" },
      "repository": { "comment_count": 0, "date_created": 1417494799, "description": "", "full_description": "text",
        "is_official": false, "is_private": true, "is_trusted": true, "name": "testhook",
        "namespace": "svendowideit", "owner": "svendowideit", "repo_name": "svendowideit/testhook",
        "repo_url": "https://registry.hub.docker.com/u/svendowideit/testhook/", "star_count": 0, "status": "Active" }
    }"#;
    assert_eq!(repositories(PushKind::DockerHub, event), ["svendowideit/testhook"]);
    let official = event.replace("\"svendowideit/testhook\"", "\"postgres\"");
    let pushed = read(PushKind::DockerHub, official.as_bytes()).unwrap();
    assert!(pushed.repositories.iter().all(|own| own.holds(&image("postgres"), "docker.io")));
}

#[test]
fn harbor_has_two_formats() {
    let own = r#"{
      "type": "PUSH_ARTIFACT", "occur_at": 1680501893, "operator": "harbor-jobservice",
      "event_data": {
        "resources": [ { "digest": "sha256:954b378c375d852eb3c63ab88978f640b4348b01c1b3456a024a81536dafbbf4",
          "tag": "sha256:954b", "resource_url": "harbor.example/e2e/alpine@sha256:954b" } ],
        "repository": { "name": "alpine", "namespace": "e2e", "repo_full_name": "e2e/alpine", "repo_type": "private" },
        "custom_attributes": {} } }"#;
    let cloud_event = r#"{
      "specversion": "1.0", "id": "4b2f89a6-548d-4c12-9993-a1f5790b97d2", "source": "/projects/1/webhook/policies/3",
      "type": "harbor.artifact.pushed", "datacontenttype": "application/json", "time": "2023-04-03T06:26:37Z",
      "data": {
        "resources": [ { "digest": "sha256:954b", "tag": "1.0", "resource_url": "harbor.example/e2e/alpine:1.0" } ],
        "repository": { "name": "alpine", "namespace": "e2e", "repo_full_name": "e2e/alpine", "repo_type": "private" } },
      "operator": "admin" }"#;
    assert_eq!(repositories(PushKind::Harbor, own), ["e2e/alpine"]);
    assert_eq!(repositories(PushKind::Harbor, cloud_event), ["e2e/alpine"]);
    assert_eq!(id(PushKind::Harbor, cloud_event).as_deref(), Some("4b2f89a6-548d-4c12-9993-a1f5790b97d2"));
    for other in ["PULL_ARTIFACT", "DELETE_ARTIFACT", "SCANNING_COMPLETED", "QUOTA_EXCEED"] {
        assert!(repositories(PushKind::Harbor, &own.replace("PUSH_ARTIFACT", other)).is_empty());
    }
}

#[test]
fn quay_tells_of_tags_as_a_list_or_a_mapping() {
    let event = r#"{ "name": "repository", "repository": "dgangaia/test", "namespace": "dgangaia",
      "docker_url": "quay.io/dgangaia/test", "homepage": "https://quay.io/repository/dgangaia/repository",
      "updated_tags": ["latest"] }"#;
    let old = event.replace("[\"latest\"]", "{ \"latest\": \"b750fe79\" }");
    for event in [event, &old] {
        assert_eq!(repositories(PushKind::Quay, event), ["quay.io/dgangaia/test"]);
    }
    let build = r#"{ "build_id": "296ec063", "trigger_kind": "github", "name": "test", "repository": "dgangaia/test",
      "docker_url": "quay.io/dgangaia/test", "docker_tags": ["master"] }"#;
    assert!(repositories(PushKind::Quay, build).is_empty());
}

#[test]
fn artifactory_may_mean_either_of_two_names() {
    let event = r#"{ "domain": "docker", "event_type": "pushed",
      "data": { "repo_key": "docker-local", "event_type": "pushed", "path": "acme/shop/latest/list.manifest.json",
        "name": "list.manifest.json", "sha256": "35c4a2c15539c6c1e4e5fa4e554dac323ad0107d8eb5c582d6ff386b383b7dce",
        "size": 1206, "image_name": "acme/shop", "tag": "latest",
        "platforms": [ { "architecture": "amd64", "os": "linux" } ] },
      "subscription_key": "test", "jpd_origin": "https://example.jfrog.io/artifactory", "source": "jfrog/admin" }"#;
    assert_eq!(repositories(PushKind::Artifactory, event), ["acme/shop", "docker-local/acme/shop"]);
    assert!(repositories(PushKind::Artifactory, &event.replace("\"pushed\"", "\"deleted\"")).is_empty());
    assert!(repositories(PushKind::Artifactory, &event.replace("\"docker\"", "\"artifact\"")).is_empty());
}

#[test]
fn a_build_may_name_the_path_or_the_whole_image() {
    let event = r#"{"repository": "acme/shop", "tag": "1.10.0"}"#;
    assert_eq!(repositories(PushKind::Generic, event), ["acme/shop"]);
    assert_eq!(
        repositories(PushKind::Generic, r#"{"repository": "ghcr.io/acme/shop"}"#),
        ["ghcr.io/acme/shop"]
    );
    assert_eq!(
        id(PushKind::Generic, r#"{"repository": "acme/shop", "id": "build 7"}"#).as_deref(),
        Some("build 7")
    );
    assert_eq!(id(PushKind::Generic, event), None);
}

#[test]
fn an_event_is_about_images_of_its_own_registry_alone() {
    let of_path = PushedRepository::of_path("acme/shop");
    assert!(of_path.holds(&image("ghcr.io/acme/shop"), "ghcr.io"));
    assert!(!of_path.holds(&image("quay.io/acme/shop"), "ghcr.io"));
    assert!(!of_path.holds(&image("ghcr.io/acme/shop2"), "ghcr.io"));
    let elsewhere = PushedRepository::of_name("quay.io/acme/shop:1.0").unwrap();
    assert!(!elsewhere.holds(&image("ghcr.io/acme/shop"), "ghcr.io"), "the event names another registry");
}
