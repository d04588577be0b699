use super::Hosts;

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
    check("printer.local", false);
}
