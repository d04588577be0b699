//! Listings: paging, bounds, garbage.

use super::*;

#[tokio::test]
async fn a_poll_is_one_request() {
    let face = Face::new(|_| listing(&["1.10.0", "1.9.0", "latest"])).await;
    assert_eq!(face.tags().await.unwrap(), ["1.10.0", "1.9.0", "latest"]);
    assert_eq!(face.requests(), ["GET /v2/acme/shop/tags/list?n=1000"]);
}

#[tokio::test]
async fn pages_are_followed_to_the_end_whatever_their_cursor() {
    let face = Face::new(|asked| match asked.query.as_str() {
        "n=1000" => linked(&["a", "b"], "</v2/acme/shop/tags/list?n=2&last=b>; rel=\"next\""),
        "n=2&last=b" => {
            let absolute = format!("http://{}/v2/acme/shop/tags/list?cursor=opaque%2F1", asked.here);
            linked(&["c"], &format!("</elsewhere>; rel=prev, <{absolute}>; title=\"x\"; rel=next"))
        }
        _ => listing(&["d", "a"]),
    })
    .await;
    assert_eq!(face.tags().await.unwrap(), ["a", "b", "c", "d"]);
    assert_eq!(
        face.requests(),
        [
            "GET /v2/acme/shop/tags/list?n=1000",
            "GET /v2/acme/shop/tags/list?n=2&last=b",
            "GET /v2/acme/shop/tags/list?cursor=opaque%2F1"
        ]
    );
}

#[tokio::test]
async fn a_next_page_on_another_host_is_refused() {
    let evil = Face::new(|_| listing(&["evil"])).await;
    let there = evil.here;
    let link =
        move |_: &Asked| linked(&["a"], &format!("<http://{there}/v2/acme/shop/tags/list>; rel=\"next\""));
    let why = Face::new(link).await.why().await;
    insta::assert_snapshot!(why.replace(&there.to_string(), "evil:5000"), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its next page lies elsewhere, at `http://evil:5000`");
    assert_eq!(evil.requests(), [""; 0]);
}

#[tokio::test]
async fn a_next_page_at_another_path_is_refused() {
    for target in
        ["/v2/acme/other/tags/list?last=a", "/v2/_catalog", "//evil.example/x", "../../_catalog?n=1", "//["]
    {
        let face = Face::new(move |_| linked(&["a"], &format!("<{target}>; rel=\"next\""))).await;
        let why = face.why().await;
        assert!(why.contains("its next page"), "{target}: {why}");
        assert_eq!(face.requests().len(), 1, "{target}");
    }
}

#[tokio::test]
async fn a_listing_that_goes_in_a_circle_is_refused() {
    let face = Face::new(|asked| match asked.query.as_str() {
        "last=b" => linked(&["c"], "<?last=c>; rel=\"next\""),
        _ => linked(&["a"], "<?last=b>; rel=\"next\""),
    })
    .await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its listing leads back to a page that was read already");
    assert_eq!(face.requests().len(), 3);
}

#[tokio::test]
async fn a_listing_without_end_is_refused() {
    let endless = |asked: &Asked| {
        let number = asked.query.trim_start_matches("n=");
        linked(&[&format!("a{number}")], &format!("<?n={number}1>; rel=\"next\""))
    };
    let face = Face::new(endless).await;
    let error = face.tags_within(Limits { pages_max: 3, ..Limits::default() }).await.unwrap_err();
    insta::assert_snapshot!(face.words(&error), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: its listing has more than 3 pages");
    assert_eq!(face.requests().len(), 3);
}

#[tokio::test]
async fn a_listing_that_does_not_advance_is_refused_however_its_cursor_changes() {
    let idle = |asked: &Asked| {
        linked(&["a"], &format!("<?n={}1>; rel=\"next\"", asked.query.trim_start_matches("n=")))
    };
    let face = Face::new(idle).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: 3 pages of its listing in a row bring no new tag");
    assert_eq!(face.requests().len(), 4);
}

#[tokio::test]
async fn a_registry_behind_a_prefix_may_leave_it_out_of_its_links() {
    let face = Face::new(|asked| match asked.query.as_str() {
        "n=1000" => linked(&["a"], "</v2/shop/tags/list?last=a>; rel=\"next\""),
        _ => listing(&["b"]),
    })
    .await;
    assert_eq!(face.tags().await.unwrap(), ["a", "b"]);
    assert_eq!(face.requests().last().unwrap(), "GET /v2/acme/shop/tags/list?last=a");
}

/// A registry that gives this header, and says that nothing changed to whoever asks with that one.
fn validating(
    given: [&'static str; 2],
    asked_with: [&'static str; 2],
) -> impl Fn(&Asked) -> Answer + Clone + Send + Sync {
    move |asked| {
        if asked.headers.get(asked_with[0]).is_some_and(|value| value == asked_with[1]) {
            return status(304);
        }
        with(with(listing(&["1.0.0"]), given[0], given[1]), "date", "Mon, 23 Nov 2026 10:00:02 GMT")
    }
}

/// What a registry says at first, and to whoever shows what it gave.
async fn twice(face: &Face) -> [Result<Listing, RegistryError>; 2] {
    let first = face.registry().tags(&face.image(), None).await;
    let Ok(Listing::Tags { validator, .. }) = &first else { panic!("{first:?}") };
    let second = face.registry().tags(&face.image(), validator.as_ref()).await;
    [first, second]
}

#[tokio::test]
async fn a_listing_that_is_unchanged_costs_no_body() {
    for tag in ["\"abc\"", "W/\"abc\""] {
        let face = Face::new(validating(["etag", tag], ["if-none-match", tag])).await;
        assert_eq!(twice(&face).await[1], Ok(Listing::Unchanged));
    }
    let date = "Mon, 23 Nov 2026 10:00:00 GMT";
    let face = Face::new(validating(["last-modified", date], ["if-modified-since", date])).await;
    assert_eq!(twice(&face).await[1], Ok(Listing::Unchanged));
}

#[tokio::test]
async fn a_change_within_the_same_second_would_not_be_seen_so_its_time_is_no_validator() {
    let date = "Mon, 23 Nov 2026 10:00:01 GMT";
    let face = Face::new(validating(["last-modified", date], ["if-modified-since", date])).await;
    let [first, second] = twice(&face).await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn what_is_unchanged_on_a_first_page_says_nothing_of_the_second() {
    let face = Face::new(|asked| match asked.query.as_str() {
        "n=1000" => with(linked(&["a"], "<?last=a>; rel=\"next\""), "etag", "\"abc\""),
        _ => with(listing(&["b"]), "etag", "\"def\""),
    })
    .await;
    let Ok(Listing::Tags { validator, .. }) = face.registry().tags(&face.image(), None).await else {
        panic!("there are tags")
    };
    assert_eq!(validator, None);
}

#[tokio::test]
async fn a_listing_that_may_be_a_full_page_is_always_read() {
    let face = Face::new(|_| {
        let tags: Vec<String> = (0..100).map(|number| format!("1.{number}.0")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        with(listing(&tags), "etag", "\"abc\"")
    })
    .await;
    let [first, second] = twice(&face).await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn nothing_can_be_unchanged_that_was_never_known() {
    let face = Face::new(|_| status(304)).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it answered 304 Not Modified");
}

#[tokio::test]
async fn a_validator_of_another_kind_of_registry_is_not_shown() {
    let face = Face::new(|asked| match asked.headers.contains_key("if-none-match") {
        true => status(304),
        false => listing(&["1.0.0"]),
    })
    .await;
    let foreign = "folder 17".parse().unwrap();
    assert!(matches!(face.registry().tags(&face.image(), Some(&foreign)).await, Ok(Listing::Tags { .. })));
}

#[tokio::test]
async fn more_tags_than_the_bound_are_refused() {
    let face = Face::new(|_| listing(&["a", "b", "c"])).await;
    assert_eq!(face.tags_within(Limits { tags_max: 3, ..Limits::default() }).await.unwrap().len(), 3);
    let error = face.tags_within(Limits { tags_max: 2, ..Limits::default() }).await.unwrap_err();
    insta::assert_snapshot!(face.words(&error), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it lists more than 2 tags");
}

#[tokio::test]
async fn tags_that_break_the_grammar_are_left_out() {
    let face = Face::new(|_| listing(&["1.0.0", "$(id)", "a b", "", "-x", "`", "é", "latest\n"])).await;
    assert_eq!(face.tags().await.unwrap(), ["1.0.0"]);
}

#[tokio::test]
async fn a_repository_without_tags_has_none() {
    let face = Face::new(|_| r#"{"name":"acme/shop","tags":null}"#.into_response()).await;
    assert_eq!(face.tags().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_second_page_that_fails_fails_the_listing() {
    let face = Face::new(|asked| match asked.query.as_str() {
        "n=1000" => linked(&["a"], "<?last=a>; rel=\"next\""),
        _ => status(500),
    })
    .await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it answered 500 Internal Server Error");
}

#[tokio::test]
async fn a_page_of_too_many_bytes_is_refused_whether_it_says_so_or_not() {
    let said = Face::new(|_| listing(&["a-tag-of-some-fifty-letters-as-long-as-a-commit-id"; 40])).await;
    let unsaid = Face::new(|_| {
        let chunks =
            stream::repeat_with(|| Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b' '; 512])));
        Answer::new(Body::from_stream(chunks))
    })
    .await;
    for face in [said, unsaid] {
        let error = face.tags_within(Limits { page_bytes_max: 1000, ..Limits::default() }).await.unwrap_err();
        assert!(face.words(&error).ends_with(": its answer has more than 1000 bytes"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_listing_is_refused() {
    for garbage in ["<html>", "", "[]", r#"{"tags":["a"]"#, r#"{"name":"x","tags":[1]}"#] {
        let face = Face::new(move |_| garbage.into_response()).await;
        let why = face.why().await;
        assert!(why.contains("its answer is not a listing of tags"), "{garbage}: {why}");
    }
}

#[tokio::test]
async fn a_body_cut_short_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"name\":\"acme/shop\",\"tags\":[\"a\"]}";
        connection.write_all(cut.as_bytes()).await.unwrap();
    });
    let face = Face { here, requests: Arc::default() };
    assert!(matches!(face.tags().await, Err(RegistryError::Unavailable { .. })));
}

#[tokio::test]
async fn a_registry_that_falls_silent_is_given_up() {
    let face = Face::new(|_| {
        let first = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from_static(b"{"))]);
        Answer::new(Body::from_stream(first.chain(stream::pending())))
    })
    .await;
    let limits = Limits { silence: Duration::from_millis(50), ..Limits::default() };
    let error = face.tags_within(limits).await.unwrap_err();
    insta::assert_snapshot!(face.words(&error), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it took too long to answer");
}

#[tokio::test]
async fn a_registry_that_drips_is_given_up_after_the_total_time() {
    let face = Face::new(|_| {
        let drops = stream::unfold((), async |()| {
            tokio::task::yield_now().await;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from_static(b" ")), ()))
        });
        Answer::new(Body::from_stream(drops))
    })
    .await;
    let limits = Limits { total: Duration::from_millis(50), page_bytes_max: usize::MAX, ..Limits::default() };
    let error = face.tags_within(limits).await.unwrap_err();
    insta::assert_snapshot!(face.words(&error), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it took longer than 0.05 s");
}

#[tokio::test]
async fn a_registry_that_is_not_there_says_why() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let face = Face { here: listener.local_addr().unwrap(), requests: Arc::default() };
    drop(listener);
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: Connection refused (os error 111): nothing listens there; check that the registry runs, and its host and port");
}
