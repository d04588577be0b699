//! Which addresses are asked, and which never.

use super::*;

#[test]
fn docker_hub_is_asked_where_it_stands() {
    let registry = OciRegistry::new(Vec::new(), noon());
    let url = |image: &str| {
        let image = image.parse().unwrap();
        registry.question(&image).url("tags/list").unwrap().to_string()
    };
    assert_eq!(url("nginx"), "https://registry-1.docker.io/v2/library/nginx/tags/list");
    assert_eq!(url("docker.io/acme/shop"), "https://registry-1.docker.io/v2/acme/shop/tags/list");
    assert_eq!(url("ghcr.io/acme/shop"), "https://ghcr.io/v2/acme/shop/tags/list");
}

#[test]
fn only_what_is_configured_so_is_asked_in_clear() {
    let registry = OciRegistry::new(vec![in_clear("Registry.local:5000")], noon());
    let scheme = |image: &str| {
        let image = image.parse().unwrap();
        registry.question(&image).url("").unwrap().scheme().to_owned()
    };
    assert_eq!(scheme("registry.local:5000/shop"), "http");
    assert_eq!(scheme("registry.local:5001/shop"), "https");
    assert_eq!(scheme("localhost/shop"), "https");
}

#[tokio::test]
async fn a_name_inside_the_network_is_not_resolved_for_strange_realms() {
    let found = PublicOnly.resolve("localhost".parse().unwrap()).await;
    assert_eq!(found.err().unwrap().to_string(), "`localhost` has no public address");
}

#[test]
fn addresses_inside_a_network_are_told_from_public_ones() {
    let is_public = |text: &&&str| connection::is_public(text.parse().unwrap());
    let public =
        ["140.82.121.4", "100.128.0.1", "172.32.0.1", "2606:50c0::1", "64:ff9b::8c52:7904", "::ffff:8.8.8.8"];
    let inside = [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001:0:1::1",
        "::7f00:1",
    ];
    assert_eq!(public.iter().filter(|text| !is_public(text)).collect::<Vec<_>>(), [&""; 0]);
    assert_eq!(inside.iter().filter(is_public).collect::<Vec<_>>(), [&""; 0]);
}
