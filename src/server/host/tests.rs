use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;

use super::{Hosts, host_of};

#[track_caller]
fn check(host: &str, is_allowed: bool) {
    let hosts = Hosts::new(vec!["Towpath.example.com".to_owned(), "dotted.example.com.".to_owned()]);
    assert_eq!(hosts.allows(host), is_allowed, "{host}");
}

#[test]
fn addresses_may_be_asked() {
    check("127.0.0.1", true);
    check("127.0.0.1:8080", true);
    check("10.1.2.3:8080", true);
    check("[::1]:8080", true);
    check("[fd00::1]", true);
}

#[test]
fn names_of_the_local_network_may_be_asked() {
    check("localhost:8080", true);
    check("towpath", true);
    check("towpath.ops.svc:8080", true);
    check("towpath.ops.svc.cluster.local", true);
    check("build.internal", true);
    check("", true);
}

#[test]
fn configured_names_may_be_asked() {
    check("towpath.example.com", true);
    check("TOWPATH.example.com.:443", true);
    check("dotted.example.com", true);
    check("dotted.example.com.:443", true);
}

#[test]
fn names_of_somewhere_else_may_not() {
    check("evil.example", false);
    check("evil.example:8080", false);
    check("127.0.0.1.evil.example", false);
    check("towpath.example.com.evil.example", false);
    check("localhost.evil.example:80", false);
    check("[evil.example]", false);
    check("[::1].evil.example", false);
    check("[::1]:80.evil.example", false);
    check("[::1", false);
    check("user:pass@evil.example", false);
    check("printer.local", false);
}

#[track_caller]
fn request(target: &str, hosts: &[&str]) -> Result<String, StatusCode> {
    let request = hosts.iter().fold(Request::get(target), |request, host| request.header("host", *host));
    host_of(&request.body(Body::empty()).unwrap()).map(str::to_owned)
}

#[test]
fn the_host_of_an_absolute_target_counts_before_the_header() {
    assert_eq!(request("/metrics", &["localhost"]), Ok("localhost".to_owned()));
    assert_eq!(request("http://evil.example/metrics", &["localhost"]), Ok("evil.example".to_owned()));
}

#[test]
fn several_host_headers_are_refused() {
    assert_eq!(request("/metrics", &["localhost", "evil.example"]), Err(StatusCode::BAD_REQUEST));
    assert_eq!(request("/metrics", &["localhost", "localhost"]), Err(StatusCode::BAD_REQUEST));
}
