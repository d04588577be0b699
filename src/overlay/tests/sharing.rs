use super::fixture::{BASE, DIGEST, diff_beside, overlays, path, to, tree};
use crate::overlay::Resolver;

/// Two environments that see the base through a component each, and through one that they share.
const LAYERS: &str = "\
--- components/one/kustomization.yaml
kind: Component
images:
- name: ghcr.io/acme/shop
  newTag: 1.9.0
--- components/both/kustomization.yaml
kind: Component
images:
- name: ghcr.io/acme/shop
  newTag: 1.8.0
";

/// The diff that sets the shop in production, beside staging.
fn set(repository: &str) -> String {
    let overlays = overlays(repository, &["production", "staging"]);
    diff_beside(repository, &overlays, &to("1.10.0", DIGEST))
}

fn repository(production: &str, staging: &str) -> String {
    format!(
        "{BASE}{LAYERS}--- production/kustomization.yaml\nresources: [../base]\n{production}--- staging/kustomization.yaml\nresources: [../base]\n{staging}"
    )
}

#[test]
fn writes_where_the_tag_was_set_if_only_this_environment_reads_it() {
    insta::assert_snapshot!(set(&repository("components: [../components/one]\n", "")), @r#"
    components/one/kustomization.yaml
    -  newTag: 1.9.0
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn writes_into_its_own_file_where_another_environment_reads_the_other() {
    let both = "components: [../components/both]\n";
    insta::assert_snapshot!(set(&repository(both, both)), @r#"
    production/kustomization.yaml
    +images:
    +- name: ghcr.io/acme/shop
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn refuses_an_edit_that_would_move_another_environment() {
    let staging = "components: []\n".to_owned();
    let text = repository("", &staging).replace(
        "staging/kustomization.yaml\nresources: [../base]",
        "staging/kustomization.yaml\nresources: [../production]",
    );
    insta::assert_snapshot!(set(&text), @"production/kustomization.yaml: the edit would also change what `staging` runs; set the image by hand in the environment's own `images`");
}

#[test]
fn refuses_an_image_that_is_set_again_later() {
    let replacements = "\
configMapGenerator:
- { name: versions, literals: [shop=1.9.0] }
replacements:
- source: { kind: ConfigMap, name: versions, fieldPath: data.shop }
  targets:
  - select: { kind: Deployment }
    fieldPaths: [spec.template.spec.containers.0.image]
    options: { delimiter: ':', index: 1 }
";
    insta::assert_snapshot!(set(&repository(replacements, "")), @"production/kustomization.yaml:5: this replacement sets `ghcr.io/acme/shop` after the `images` of production/kustomization.yaml; set it where the trail of `towpath images --trail` ends; where the replacement sets the tag alone, write tags without digests with `write: tag` on the service");
    let transformers = "transformers:\n- |-\n  apiVersion: builtin\n  kind: ImageTagTransformer\n  imageTag: { name: ghcr.io/acme/.*, newTag: 1.9.0 }\n";
    insta::assert_snapshot!(set(&repository(transformers, "")), @"production/kustomization.yaml:6: this transformer sets `ghcr.io/acme/shop` after the `images` of production/kustomization.yaml; set it where the trail of `towpath images --trail` ends");
}

#[test]
fn refuses_a_pattern_that_matches_other_images_and_leaves_one_that_does_not() {
    insta::assert_snapshot!(set(&repository("images:\n- name: .*\n  newTag: '1'\n", "")), @"production/kustomization.yaml:3: the pattern `.*` also matches `envoy`; give each image an entry of its own");
    insta::assert_snapshot!(set(&repository("images:\n- name: ghcr.io/.*\n  newTag: '1'\n", "")), @r#"
    production/kustomization.yaml
    +- name: ghcr.io/acme/shop
    +  newTag: '1.10.0'
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn a_resolver_sees_every_change_to_what_it_read() {
    let first = repository("components: [../components/both]\n", "");
    let second = first.replace("newTag: 1.8.0", "newTag: 1.8.1");
    let third =
        second.replace("name: envoy", "name: other").replace("image: envoy:1.30", "image: envoy:1.31");
    let fourth = format!("{third}--- production/kustomization.yml\na: 1\n");
    let mut resolver = Resolver::default();
    for repository in [&first, &second, &second, &third, &fourth, &first] {
        for folder in ["production", "staging", "base"] {
            let tree = tree(repository);
            let fresh =
                crate::overlay::resolve(&tree, &path(folder).into()).map_err(|error| error.to_string());
            let kept = resolver.resolve(&tree, &path(folder).into()).map_err(|error| error.to_string());
            assert_eq!(kept, fresh, "{folder} of {repository}");
        }
    }
}
