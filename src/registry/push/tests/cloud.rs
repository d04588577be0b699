use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[test]
fn acr_tells_of_images_and_charts() {
    let event = r#"{ "id": "cb8c3971-9adc-488b-xxxx-43cbb4974ff5", "timestamp": "2017-11-17T16:52:01.343145347Z",
      "action": "push",
      "target": { "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "size": 524,
        "digest": "sha256:xxxxd5c8786bb9e621a45ece0dbxxxx1cdc624ad20da9fe62e9d25490f33xxxx", "length": 524,
        "repository": "hello-world", "tag": "v1" },
      "request": { "id": "3cbb6949-7549-4fa1-xxxx-a6d5451dffc7", "host": "myregistry.azurecr.io", "method": "PUT",
        "useragent": "docker/17.09.0-ce" } }"#;
    assert_eq!(repositories(PushKind::Acr, event), ["hello-world"]);
    assert_eq!(id(PushKind::Acr, event).as_deref(), Some("cb8c3971-9adc-488b-xxxx-43cbb4974ff5"));
    assert_eq!(repositories(PushKind::Acr, &event.replace("\"push\"", "\"chart_push\"")), ["hello-world"]);
    assert!(repositories(PushKind::Acr, &event.replace("\"push\"", "\"delete\"")).is_empty());
    assert!(repositories(PushKind::Acr, r#"{ "id": "1", "timestamp": "", "action": "ping" }"#).is_empty());
}

const ECR: &str = r#"{ "version": "0", "id": "13cde686-328b-6117-af20-0e5566167482", "detail-type": "ECR Image Action",
  "source": "aws.ecr", "account": "123456789012", "time": "2019-11-16T01:54:34Z", "region": "us-west-2", "resources": [],
  "detail": { "result": "SUCCESS", "repository-name": "my-repository-name",
    "image-digest": "sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234", "action-type": "PUSH",
    "image-tag": "latest" } }"#;

#[test]
fn ecr_names_account_and_region() {
    let name = "123456789012.dkr.ecr.us-west-2.amazonaws.com/my-repository-name";
    assert_eq!(repositories(PushKind::Ecr, ECR), [name]);
    let china = repositories(PushKind::Ecr, &ECR.replace("us-west-2", "cn-north-1"));
    assert_eq!(china, ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/my-repository-name"]);
    assert_eq!(id(PushKind::Ecr, ECR).as_deref(), Some("13cde686-328b-6117-af20-0e5566167482"));
}

#[test]
fn ecr_tells_of_more_than_pushes() {
    let others = [("\"PUSH\"", "\"DELETE\""), ("SUCCESS", "FAILURE"), ("ECR Image Action", "ECR Image Scan")];
    for (own, other) in others {
        assert!(repositories(PushKind::Ecr, &ECR.replace(own, other)).is_empty(), "{other}");
    }
}

/// A message as Pub/Sub pushes it, with the event packed into it.
fn pub_sub(event: &str) -> String {
    let data = STANDARD.encode(event);
    format!(
        r#"{{ "message": {{ "attributes": {{}}, "data": "{data}", "messageId": "2070443601311540",
          "message_id": "2070443601311540", "publishTime": "2021-02-26T19:13:55.749Z" }},
          "subscription": "projects/myproject/subscriptions/mysubscription" }}"#
    )
}

#[test]
fn gar_packs_the_full_name_into_a_message() {
    let event = r#"{ "action": "INSERT",
      "digest": "us-east1-docker.pkg.dev/my-project/my-repo/hello-world@sha256:6ec128e26cd5e3b8ad4ba1f2b0f0ad5e6f0e2c1e0f3e5b1f6b6f0a6a6ec128e2",
      "tag": "us-east1-docker.pkg.dev/my-project/my-repo/hello-world:1.1" }"#;
    let name = "us-east1-docker.pkg.dev/my-project/my-repo/hello-world";
    assert_eq!(repositories(PushKind::Gar, &pub_sub(event)), [name]);
    assert_eq!(id(PushKind::Gar, &pub_sub(event)).as_deref(), Some("2070443601311540"));
    assert!(repositories(PushKind::Gar, &pub_sub(&event.replace("INSERT", "DELETE"))).is_empty());
}

#[test]
fn a_message_without_an_event_is_foreign() {
    for data in ["%%%", "bm8gSlNPTg=="] {
        let body = format!(r#"{{ "message": {{ "data": "{data}", "messageId": "1" }} }}"#);
        let error = read(PushKind::Gar, body.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("the body is not an event of `gar`: `data`: "), "{error}");
    }
}
