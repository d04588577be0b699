//! Digests: one request, and what is done where it does not suffice.

use super::*;

#[tokio::test]
async fn a_digest_is_one_request_without_a_body() {
    let face = Face::new(|_| with(status(200), DIGEST_HEADER, manifest_digest().as_str())).await;
    assert_eq!(face.digest().await, Ok(Some(manifest_digest())));
    assert_eq!(face.requests(), ["HEAD /v2/acme/shop/manifests/1.0.0"]);
}

#[tokio::test]
async fn every_kind_of_manifest_is_accepted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let router = Router::new().fallback(async |request: Request| {
        let accepted = request.headers()["accept"].to_str().unwrap().split(", ").count();
        with(status(if accepted == 4 { 200 } else { 406 }), DIGEST_HEADER, manifest_digest().as_str())
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let face = Face { here, requests: Arc::default() };
    assert_eq!(face.digest().await, Ok(Some(manifest_digest())));
}

#[tokio::test]
async fn a_tag_that_is_not_there_points_to_nothing() {
    let face = Face::new(|_| error(404, "MANIFEST_UNKNOWN", "manifest unknown")).await;
    assert_eq!(face.digest().await, Ok(None));
}

#[tokio::test]
async fn a_digest_that_is_not_said_is_hashed() {
    for header in [None, Some("")] {
        let face = Face::new(move |_| match header {
            Some(value) => with(MANIFEST.into_response(), DIGEST_HEADER, value),
            None => MANIFEST.into_response(),
        })
        .await;
        assert_eq!(face.digest().await, Ok(Some(manifest_digest())));
        let asked = ["HEAD /v2/acme/shop/manifests/1.0.0", "GET /v2/acme/shop/manifests/1.0.0"];
        assert_eq!(face.requests(), asked);
    }
}

#[tokio::test]
async fn a_tag_that_goes_away_between_two_requests_points_to_nothing() {
    let face = Face::new(|asked| if asked.method == Method::HEAD { status(200) } else { status(404) }).await;
    assert_eq!(face.digest().await, Ok(None));
}

#[tokio::test]
async fn a_digest_that_does_not_fit_its_manifest_is_refused() {
    let lie = format!("sha256:{}", "0".repeat(64));
    let face = Face::new(move |asked| match asked.method {
        Method::HEAD => status(200),
        _ => with(MANIFEST.into_response(), DIGEST_HEADER, &lie),
    })
    .await;
    insta::assert_snapshot!(face.words(&face.digest().await.unwrap_err()), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it says `sha256:0000000000000000000000000000000000000000000000000000000000000000` of a manifest that is `sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f`");
}

#[tokio::test]
async fn a_longer_digest_is_held_against_the_longer_hash() {
    let long =
        hash_of(MANIFEST.as_bytes(), Some(&Digest::new(format!("sha512:{}", "0".repeat(128))).unwrap()));
    let said = long.clone();
    let face = Face::new(move |asked| match asked.method {
        Method::HEAD => status(200),
        _ => with(MANIFEST.into_response(), DIGEST_HEADER, said.as_str()),
    })
    .await;
    assert_eq!(face.digest().await, Ok(Some(long)));
}

#[tokio::test]
async fn what_is_no_digest_is_refused() {
    for text in ["md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:abc", "latest", "sha256:ÿ"] {
        let face = Face::new(move |_| {
            let mut answer = status(200);
            let value = axum::http::HeaderValue::from_bytes(text.as_bytes()).unwrap();
            answer.headers_mut().insert(DIGEST_HEADER, value);
            answer
        })
        .await;
        let why = face.words(&face.digest().await.unwrap_err());
        assert!(why.contains("is not a digest"), "{why}");
    }
}

#[tokio::test]
async fn a_manifest_of_too_many_bytes_is_refused() {
    let face = Face::new(|_| "x".repeat(1001).into_response()).await;
    let registry = face.registry_within(Limits { manifest_bytes_max: 1000, ..Limits::default() });
    let error = registry.digest(&face.image(), &"1.0.0".parse().unwrap()).await.unwrap_err();
    insta::assert_snapshot!(face.words(&error), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its answer has more than 1000 bytes");
}
