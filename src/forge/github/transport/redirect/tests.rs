use insta::assert_snapshot;

use super::*;

/// The way of a read that begins at GitHub and is sent on to these addresses, one after another.
fn way(method: &Method, locations: &[&str]) -> String {
    let mut hop = RedirectHop::first("https://api.github.com/repos/acme/deploy/tarball/abc").unwrap();
    let mut told = Vec::new();
    for location in locations {
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
        let Some(next) = hop.next(method, StatusCode::FOUND, &headers) else {
            told.push(format!("not to {location}"));
            break;
        };
        told.push(format!("{}{}", next.address(), if next.is_home { ", with the token" } else { "" }));
        hop = next;
    }
    told.join("\n")
}

#[test]
fn a_repository_that_was_renamed_is_read_where_it_is() {
    assert_snapshot!(way(&Method::GET, &["/repositories/7/tarball/abc"]), @"https://api.github.com/repositories/7/tarball/abc, with the token");
}

#[test]
fn the_token_does_not_leave_github_and_does_not_come_back_on_the_same_way() {
    let locations =
        ["https://codeload.github.com/a", "https://codeload.github.com/b", "https://api.github.com/c"];
    assert_snapshot!(way(&Method::GET, &locations), @"
    https://codeload.github.com/a
    https://codeload.github.com/b
    https://api.github.com/c
    ");
}

#[test]
fn nothing_leads_from_a_secure_address_to_an_open_one() {
    assert_snapshot!(way(&Method::GET, &["http://codeload.github.com/a"]), @"not to http://codeload.github.com/a");
    assert_snapshot!(way(&Method::GET, &["file:///etc/passwd"]), @"not to file:///etc/passwd");
    assert_snapshot!(way(&Method::GET, &["https://"]), @"not to https://");
}

#[test]
fn what_writes_is_not_sent_elsewhere() {
    assert_snapshot!(way(&Method::POST, &["/repositories/7/pulls"]), @"not to /repositories/7/pulls");
}

#[test]
fn a_circle_ends() {
    assert_snapshot!(way(&Method::GET, &["/a", "/b", "/a", "/b", "/a", "/b"]), @"
    https://api.github.com/a, with the token
    https://api.github.com/b, with the token
    https://api.github.com/a, with the token
    https://api.github.com/b, with the token
    https://api.github.com/a, with the token
    not to /b
    ");
}

#[test]
fn an_answer_that_leads_nowhere_is_the_last() {
    let hop = RedirectHop::first("https://api.github.com/a").unwrap();
    assert_eq!(hop.next(&Method::GET, StatusCode::NOT_MODIFIED, &HeaderMap::new()), None);
    let headers = HeaderMap::from_iter([(LOCATION, "/b".parse().unwrap())]);
    assert_eq!(hop.next(&Method::GET, StatusCode::OK, &headers), None);
}
