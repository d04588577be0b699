//! Refusals and redirects.

use super::*;

#[tokio::test]
async fn an_image_that_is_unknown_is_not_found() {
    let face = Face::new(|_| error(404, "NAME_UNKNOWN", "repository name not known to registry")).await;
    assert_eq!(face.tags().await, Err(RegistryError::NotFound { image: face.image() }));
}

#[tokio::test]
async fn a_404_from_something_else_does_not_say_that_the_image_is_gone() {
    let face = Face::new(|_| (StatusCode::NOT_FOUND, "<html>").into_response()).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it answered 404 Not Found");
}

#[tokio::test]
async fn a_refusal_repeats_the_registrys_words_on_one_line() {
    let face = Face::new(|_| error(403, "DENIED", &format!("no\r\naccess{}", "!".repeat(500)))).await;
    let why = face.why().await;
    insta::assert_snapshot!(why.replace(&"!".repeat(190), "…"), @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 403 Forbidden, no  access…; if it is there, name `credentials` for its registry under `registries`");
}

#[tokio::test]
async fn a_wish_for_a_password_is_a_refusal() {
    let face =
        Face::new(|_| with(error(401, "UNAUTHORIZED", ""), "www-authenticate", "Basic realm=\"r\"")).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 401 Unauthorized; if it is there, name `credentials` for its registry under `registries`");
    assert_eq!(face.requests().len(), 1);
}

#[tokio::test]
async fn an_own_error_code_is_understood_as_an_error() {
    let face = Face::new(|_| error(500, "ACME_IS_ILL", "come back tomorrow")).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it answered 500 Internal Server Error, come back tomorrow");
}

#[tokio::test]
async fn patience_lasts_as_long_as_the_registry_asks_within_bounds() {
    let cases = [
        ("7", 7),
        ("999999999", 3600),
        ("-1", 60),
        ("soon", 60),
        ("Mon, 23 Nov 2026 10:01:30 GMT", 90),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("Mon, 23 Nov 2030 10:00:00 GMT", 60),
    ];
    for (after, wait_s) in cases {
        let face = Face::new(move |_| {
            let answer = with(error(429, "TOOMANYREQUESTS", "slow down"), "retry-after", after);
            with(answer, "date", "Mon, 23 Nov 2026 10:00:00 GMT")
        })
        .await;
        let limited =
            RegistryError::RateLimited { host: face.here.to_string(), wait: Duration::from_secs(wait_s) };
        assert_eq!(face.tags().await, Err(limited), "{after}");
    }
}

#[tokio::test]
async fn patience_without_a_time_lasts_a_minute() {
    let face = Face::new(|_| status(429)).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` asks to wait 60 s");
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_refused_and_its_query_not_repeated() {
    let evil = Face::new(|_| listing(&["evil"])).await;
    let there = evil.here;
    let face = Face::new(move |_| {
        with(status(307), "location", &format!("http://{there}/v2/acme/shop/tags/list?signature=secret"))
    })
    .await;
    insta::assert_snapshot!(face.why().await.replace(&there.to_string(), "evil:5000"), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it sends us elsewhere, to `http://evil:5000`, which we do not follow");
    assert_eq!(evil.requests(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_a_few_times() {
    let once = Face::new(|asked| match asked.path.as_str() {
        "/moved" => listing(&["1.0.0"]),
        _ => with(status(307), "location", "/moved"),
    })
    .await;
    assert_eq!(once.tags().await.unwrap(), ["1.0.0"]);
    let always = Face::new(|asked| with(status(307), "location", &format!("{}x", asked.path))).await;
    assert!(matches!(always.tags().await, Err(RegistryError::Unavailable { .. })));
    assert_eq!(always.requests().len(), 4);
}
