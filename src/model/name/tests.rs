use super::*;

#[test]
fn a_path_stays_inside_the_repository() {
    for text in ["/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "a/./b", "a/\0", ".git/config"] {
        assert!(RepositoryPath::new(text).is_err(), "{text:?}");
    }
    let folder = RepositoryPath::new("apps/shop/overlays/dev").unwrap();
    assert_eq!(folder.join("../../base").unwrap().as_str(), "apps/shop/base");
    assert_eq!(folder.join("../../../../x"), Some(RepositoryPath::new("x").unwrap()));
    assert_eq!(folder.join("../../../../../x"), None);
    assert_eq!(folder.join("/etc"), None);
}

#[test]
fn names_follow_their_rules() {
    assert!(ServiceName::new("shop-1.api").is_ok());
    for text in ["", "-shop", "a b", "a/b", "shöp", "x.lock", "a..b"] {
        assert!(ServiceName::new(text).is_err(), "{text:?}");
    }
    assert!(RepositoryName::new("acme/deploy").is_ok());
    assert!(RepositoryName::new("deploy").is_err());
    assert!(RepositoryName::new("../deploy").is_err());
    assert!(BranchName::new("release/1.x").is_ok());
    for text in ["", "a..b", "a b", "-x", "x.lock", "a//b", "@", "a@{b"] {
        assert!(BranchName::new(text).is_err(), "{text:?}");
    }
}
