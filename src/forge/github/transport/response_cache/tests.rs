use http::{HeaderMap, StatusCode};

use super::*;

fn response(bytes: usize) -> Response {
    Response::new(StatusCode::OK, &HeaderMap::new(), vec![b' '; bytes])
}

fn keep(kept: &mut ResponseCache, path: &str, bytes: usize) {
    kept.insert(path, HeaderValue::from_static("\"mark\""), response(bytes));
}

#[test]
fn what_was_not_used_for_the_longest_goes_first() {
    let mut kept = ResponseCache::default();
    let third = BYTES_MAX / 3 - 100;
    for path in ["/a", "/b", "/c"] {
        keep(&mut kept, path, third);
    }
    assert!(kept.get("/a").is_some(), "now it was used last");
    keep(&mut kept, "/d", third);
    let there = ["/a", "/b", "/c", "/d"].map(|path| kept.get(path).is_some());
    assert_eq!(there, [true, false, true, true]);
    keep(&mut kept, "/e", BYTES_MAX);
    assert!(kept.get("/e").is_none(), "it alone is too much");
    assert!(kept.get("/a").is_some());
}

#[test]
fn however_many_answers_there_are_no_more_are_kept_than_fit() {
    let mut kept = ResponseCache::default();
    for number in 0..ENTRIES_MAX * 2 {
        keep(&mut kept, &format!("/repos/acme/deploy/pulls/{number}"), 1_000);
    }
    assert_eq!((kept.entries.len(), kept.used.len()), (ENTRIES_MAX, ENTRIES_MAX));
    assert!(kept.bytes <= BYTES_MAX);
    let bytes = kept.bytes;
    keep(&mut kept, "/another", 1_000);
    keep(&mut kept, "/another", 1_000);
    assert!(
        kept.bytes < bytes && kept.entries.len() == ENTRIES_MAX,
        "it stands for one, however often it comes"
    );
}

#[test]
fn what_ended_is_forgotten_with_all_below_it_and_nothing_beside_it() {
    let mut kept = ResponseCache::default();
    let paths = ["/pulls/1", "/pulls/1/commits", "/pulls/1?page=1", "/pulls/10", "/pulls/2", "/pulls?page=1"];
    for path in paths {
        keep(&mut kept, path, 10);
    }
    kept.forget("/pulls/1");
    let there: Vec<&str> = paths.into_iter().filter(|path| kept.get(path).is_some()).collect();
    assert_eq!(there, ["/pulls/10", "/pulls/2", "/pulls?page=1"]);
    assert_eq!(kept.used.len(), 3);
}
