use super::*;

#[test]
fn every_kind_of_github_has_its_pages_and_interfaces_where_its_documentation_says() {
    let kinds = [URL, "https://git.acme.example/api/v3", "https://api.acme.ghe.com"];
    let places = kinds.map(|rest| format!("{} {}/graphql", pages_of(rest), beside_rest(rest)));
    insta::assert_snapshot!(places.join("\n"), @"
    https://github.com https://api.github.com/graphql
    https://git.acme.example https://git.acme.example/api/graphql
    https://acme.ghe.com https://api.acme.ghe.com/graphql
    ");
}
