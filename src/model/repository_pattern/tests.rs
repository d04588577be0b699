use super::*;

fn takes(pattern: &str, repository: &str) -> bool {
    RepositoryPattern::new(pattern).unwrap().takes(&repository.parse().unwrap())
}

#[test]
fn one_repository_or_all_of_an_owner_in_whatever_case() {
    assert!(takes("acme/*", "acme/shop") && takes("acme/*", "Acme/Shop"));
    assert!(takes("acme/shop", "acme/shop") && takes("acme/shop", "ACME/shop"));
    assert!(!takes("acme/shop", "acme/shop2") && !takes("acme/*", "acme-evil/shop"));
    assert!(!takes("acme/*", "acm/e"));
}
