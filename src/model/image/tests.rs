use super::*;

#[test]
fn a_port_is_not_a_tag() {
    let reference: ImageReference = "127.0.0.1:5000/acme/shop:1.10.0".parse().unwrap();
    assert_eq!(reference.image.host(), "127.0.0.1:5000");
    assert_eq!(reference.image.repository(), "acme/shop");
    assert_eq!(reference.tag.unwrap().as_str(), "1.10.0");
    let reference: ImageReference = "localhost:5000/shop".parse().unwrap();
    assert_eq!(reference.tag, None);
}

#[test]
fn docker_hub_is_the_default_registry() {
    let name = ImageName::new("nginx").unwrap();
    assert_eq!((name.host(), name.repository().as_str()), ("docker.io", "library/nginx"));
}

#[test]
fn names_tags_and_digests_follow_the_grammar() {
    for text in ["Shop", "a//b", "-a", "ghcr.io/", "a..b", "a b", "host:99999/x", ""] {
        assert!(ImageName::new(text).is_err(), "{text:?}");
    }
    for text in ["", ".x", "-x", "a b", "$(id)", "a\nb", &"a".repeat(129)] {
        assert!(Tag::new(text).is_err(), "{text:?}");
    }
    for text in ["md5:0", "sha256:xyz", "sha256:ABC", "latest"] {
        assert!(Digest::new(text).is_err(), "{text:?}");
    }
}
