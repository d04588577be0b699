use std::collections::BTreeMap;
use std::sync::Arc;

use super::fixture::{BASE, DEPLOYMENT, DIGEST, OLD_DIGEST, path, shop, shown, tree};
use crate::model::{CommitId, Missing, Tree};
use crate::overlay::{OverlayError, resolve};

#[test]
fn a_manifest_says_what_runs_where_nothing_else_does() {
    insta::assert_snapshot!(shown(BASE, "base"), @r#"
    ghcr.io/acme/shop:0.1.0 by base/deployment.yaml:7 (manifest)
    envoy:1.30 by base/deployment.yaml:9 (manifest)
    "#);
}

#[test]
fn an_overlay_wins_over_its_base_and_sees_the_bases_new_name() {
    let repository = "\
--- base/kustomization.yaml
resources: [pod.yaml]
images: [ { name: app, newName: x/app, newTag: base } ]
--- base/pod.yaml
spec: { containers: [ { image: 'app:1' } ] }
--- by-new-name/kustomization.yaml
resources: [../base]
images: [ { name: x/app, newTag: overlay } ]
--- by-old-name/kustomization.yaml
resources: [../base]
images: [ { name: app, newTag: missed } ]
";
    insta::assert_snapshot!(shown(repository, "by-new-name"), @"x/app:overlay by by-new-name/kustomization.yaml:2 (images)");
    insta::assert_snapshot!(shown(repository, "by-old-name"), @"x/app:base by base/kustomization.yaml:2 (images)");
}

#[test]
fn components_win_over_bases_in_order_and_lose_to_own_images() {
    let repository = "\
--- base/kustomization.yaml
resources: [pod.yaml]
images: [ { name: app, newTag: base } ]
--- base/pod.yaml
spec: { containers: [ { image: 'app:1' } ] }
--- one/kustomization.yaml
kind: Component
images: [ { name: app, newTag: one } ]
--- two/kustomization.yaml
kind: Component
resources: [pod.yaml]
images: [ { name: app, newTag: two } ]
--- two/pod.yaml
spec: { initContainers: [ { image: 'app:2' } ] }
--- both/kustomization.yaml
resources: [../base]
components: [../two, ../one]
--- own/kustomization.yaml
bases: [../base]
components: [../one]
images: [ { name: app, newTag: own } ]
";
    insta::assert_snapshot!(shown(repository, "both"), @r#"
    app:one by one/kustomization.yaml:2 (images)
    app:one by one/kustomization.yaml:2 (images)
    "#);
    insta::assert_snapshot!(shown(repository, "own"), @"app:own by own/kustomization.yaml:3 (images)");
}

#[test]
fn the_last_of_several_entries_wins_and_names_chain() {
    let repository = "\
--- twice/kustomization.yaml
resources: [../pod]
images: [ { name: app, newTag: a }, { name: app, newTag: b } ]
--- chain/kustomization.yaml
resources: [../pod]
images: [ { name: app, newName: x/app }, { name: x/app, newTag: '3' } ]
--- old-key/kustomization.yaml
resources: [../pod]
imageTags: [ { name: app, newTag: tags } ]
images: [ { name: app, newTag: images } ]
--- pod/kustomization.yaml
resources: [pod.yaml]
--- pod/pod.yaml
spec: { containers: [ { image: 'app:1' } ] }
";
    insta::assert_snapshot!(shown(repository, "twice"), @"app:b by twice/kustomization.yaml:2 (images)");
    insta::assert_snapshot!(shown(repository, "chain"), @"x/app:3 by chain/kustomization.yaml:2 (images)");
    insta::assert_snapshot!(shown(repository, "old-key"), @"app:tags by old-key/kustomization.yaml:2 (images)");
}

#[test]
fn a_tag_drops_the_digest_a_digest_the_tag_and_both_stay_together() {
    let pod = format!(
        "--- pod.yaml\nspec: {{ containers: [ {{ image: 'a:1@{OLD_DIGEST}' }}, {{ image: 'b:1@{OLD_DIGEST}' }}, {{ image: 'c:1' }}, {{ image: 'd:1@{OLD_DIGEST}' }}, {{ image: 'e:1' }} ] }}\n"
    );
    let repository = format!(
        "{pod}--- kustomization.yaml
resources: [pod.yaml]
images:
- {{ name: a, newTag: '2' }}
- {{ name: b, digest: '{DIGEST}' }}
- {{ name: c, newTag: '2', digest: '{DIGEST}' }}
- {{ name: d, newName: x/d }}
- {{ name: e, newTag: 'v2@{DIGEST}' }}
"
    );
    insta::assert_snapshot!(shown(&repository, ""), @r#"
    a:2 by kustomization.yaml:3 (images)
    b@sha256:1111111111111111111111111111111111111111111111111111111111111111 by kustomization.yaml:4 (images)
    c:2@sha256:1111111111111111111111111111111111111111111111111111111111111111 by kustomization.yaml:5 (images)
    x/d:1@sha256:2222222222222222222222222222222222222222222222222222222222222222 by pod.yaml:1 (manifest)
    e:v2@sha256:1111111111111111111111111111111111111111111111111111111111111111 by kustomization.yaml:7 (images)
    "#);
}

#[test]
fn names_match_whole_and_with_the_tag_at_most() {
    let repository = "\
--- kustomization.yaml
resources: [pod.yaml]
images:
- { name: app, newTag: wrong }
- { name: docker.io/library/shop, newTag: wrong }
- { name: 'tagged:1', newTag: right }
- { name: localhost, newTag: wrong }
--- pod.yaml
spec: { containers: [ { image: x/app }, { image: shop }, { image: 'tagged:1' }, { image: 'localhost:5000/x' } ] }
";
    insta::assert_snapshot!(shown(repository, ""), @r#"
    x/app by pod.yaml:1 (manifest)
    shop by pod.yaml:1 (manifest)
    tagged:right by kustomization.yaml:5 (images)
    localhost:5000/x by pod.yaml:1 (manifest)
    "#);
}

#[test]
fn looks_at_every_document_list_and_custom_resource_but_no_definition() {
    let repository = "\
--- kustomization.yaml
resources: [all.yaml]
--- all.yaml
kind: List
items:
- { kind: Pod, spec: { containers: [ { image: 'in-list:1' } ] } }
- { kind: CustomResourceDefinition, spec: { containers: [ { image: 'no:1' } ] } }
---
kind: Rollout
spec: { deep: [ { template: { initContainers: [ { image: 'rollout:1' } ] } } ] }
---
kind: CustomResourceDefinition
spec: { containers: [ { image: 'no:2' } ] }
---
kind: Other
spec: { image: 'no:3', ephemeralContainers: [ { image: 'no:4' } ] }
";
    insta::assert_snapshot!(shown(repository, ""), @r#"
    in-list:1 by all.yaml:3 (manifest)
    rollout:1 by all.yaml:7 (manifest)
    "#);
}

#[test]
fn what_is_not_evaluated_is_noted_with_its_line() {
    let repository = "\
--- kustomization.yaml
resources:
- pod.yaml
- broken.yaml
- github.com/acme/shop//deploy?ref=v1
helmCharts: [ { name: shop } ]
generators: [ g.yaml ]
vars: [ { name: TAG } ]
transformers: [ t.yaml ]
patches:
- path: memory.yaml
- patch: |-
    { apiVersion: v1, kind: Pod, $patch: replace, metadata: { name: shop } }
- patch: |-
    metadata: { name: other }
    spec: { containers: [ { image: x } ] }
- { target: { labelSelector: a=b }, patch: '[{ op: remove, path: /spec }]' }
replacements:
- targets: [ { select: { name: shop }, fieldPaths: [ metadata.name ] } ]
images:
- { name: suffixed, tagSuffix: -x }
--- memory.yaml
{ apiVersion: v1, kind: Pod, metadata: { name: shop }, spec: { containers: [ { name: a, imagePullPolicy: Always } ] } }
--- broken.yaml
image: {{ .Values.image }}
  bad: [
--- t.yaml
kind: Custom
--- pod.yaml
apiVersion: v1
kind: Pod
metadata: { name: shop }
spec:
  containers:
  - { name: a, image: $(VAR) }
  - { name: b, image: 'suffixed:1' }
";
    insta::assert_snapshot!(shown(repository, ""), @"
    suffixed:1-x-x by kustomization.yaml:20 (images)
    ? broken.yaml:2: the manifest cannot be read (while parsing a block mapping, did not find expected key)
    ? kustomization.yaml:4: `github.com/acme/shop//deploy?ref=v1` lies in another place, which is not read
    ? kustomization.yaml:5: a Helm chart is rendered elsewhere
    ? kustomization.yaml:6: generators make manifests elsewhere
    ? kustomization.yaml:11: this item of `patches` is not evaluated: it replaces a whole resource (`$patch: replace`)
    ? kustomization.yaml:13: this item of `patches` is not evaluated: no resource fits it
    ? kustomization.yaml:18: this item of `replacements` is not evaluated: it has no one source
    ? t.yaml:1: the transformer `Custom` may change images and is not evaluated
    ? pod.yaml:6: `$(VAR)` is not an image that can be read
    ");
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let repository = "\
--- kustomization.yaml
resources: [pod.yaml]
--- pod.yaml
x: &image 'aliased:1'
y: &container # of all
  image: 'aliased:2'
z: &nested
  - &first { image: 'aliased:3' }
spec:
  containers:
  - image: *image
  - *container
  - { <<: *first, name: merged }
  initContainers: *nested
";
    insta::assert_snapshot!(shown(repository, ""), @r#"
    aliased:1 by pod.yaml:1 (manifest)
    aliased:2 by pod.yaml:3 (manifest)
    aliased:3 by pod.yaml:5 (manifest)
    aliased:3 by pod.yaml:5 (manifest)
    "#);
}

#[test]
fn asks_for_all_files_of_a_level_at_once() {
    let repository = "\
--- kustomization.yaml
resources: [a.yaml, base]
components: [component]
patches: [ { path: patch.yaml } ]
--- a.yaml
a: 1
--- base/kustomization.yaml
a: 1
--- component/Kustomization
a: 1
--- patch.yaml
a: 1
";
    assert_eq!(missing(repository, &[]), ["kustomization.yaml"]);
    assert_eq!(
        missing(repository, &["kustomization.yaml"]),
        ["a.yaml", "base/kustomization.yaml", "component/Kustomization", "patch.yaml"]
    );
}

/// What is asked for when only some files were read.
fn missing(repository: &str, read: &[&str]) -> Vec<String> {
    let whole = tree(repository);
    let names = super::fixture::files(repository);
    let entries: BTreeMap<_, _> =
        names.keys().map(|name| (path(name), whole.entry(&path(name)).unwrap().clone())).collect();
    let mut partial = Tree::new(CommitId::new("0".repeat(40)).unwrap(), Arc::new(entries.clone()));
    for name in read {
        partial.add_blob(entries[&path(name)].blob, whole.read(&path(name)).unwrap().into());
    }
    match resolve(&partial, &path("").into()) {
        Err(OverlayError::Missing(Missing(paths))) => paths.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn equal_uses_count_once_and_different_ones_are_named_with_both_lines() {
    let equal = format!("{BASE}--- kustomization.yaml\nresources: [base, base]\n");
    insta::assert_snapshot!(shop(&equal, ""), @"ghcr.io/acme/shop:0.1.0 by base/deployment.yaml:7");
    let different = format!(
        "{BASE}--- kustomization.yaml\nresources: [base, job.yaml]\n--- job.yaml\nspec: {{ containers: [ {{ image: 'ghcr.io/acme/shop:0.2.0' }} ] }}\n"
    );
    insta::assert_snapshot!(shop(&different, ""), @"job.yaml:1: `ghcr.io/acme/shop:0.2.0` runs here, but `ghcr.io/acme/shop:0.1.0` runs by base/deployment.yaml:7; set both with one entry of the overlay's own `images`");
}

#[test]
fn an_image_that_nothing_shows_is_not_found() {
    insta::assert_snapshot!(shop("--- kustomization.yaml\nresources: []\n", ""), @"kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay; name it in a manifest or in `images`, or declare where it stands with `set` in the configuration");
    insta::assert_snapshot!(shop("--- kustomization.yaml\nresources: ['https://example.com/x']\n", ""), @"kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (kustomization.yaml:1: `https://example.com/x` lies in another place, which is not read); name it in a manifest or in `images`, or declare where it stands with `set` in the configuration");
    // An entry alone shows nothing: it may match no image at all.
    insta::assert_snapshot!(
        shop("--- kustomization.yaml\nimages: [ { name: ghcr.io/acme/shop, newTag: '1' } ]\n", ""), @"kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay; the entry on line 1 of `images` names it, but no manifest does; name it in a manifest, or declare where it stands with `set` in the configuration");
}

/// The base's deployment with a patch, inline, and then images.
fn patched(patch: &str, images: &str) -> String {
    let base = DEPLOYMENT.replace("base/", "");
    let patch: String = patch.lines().map(|line| format!("\n    {line}")).collect();
    format!(
        "{base}--- kustomization.yaml\nresources: [deployment.yaml]\npatches:\n- patch: |-{patch}\n{images}"
    )
}

const HEAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\n";

#[test]
fn a_patch_sets_images_before_the_images_of_the_same_file() {
    let patch = format!(
        "{HEAD}spec: {{ template: {{ spec: {{ containers: [ {{ name: shop, image: 'ghcr.io/acme/shop:9' }} ] }} }} }}"
    );
    let images = "images: [ { name: ghcr.io/acme/shop, newTag: 1.9.0 } ]\n";
    insta::assert_snapshot!(shop(&patched(&patch, images), ""), @"ghcr.io/acme/shop:1.9.0 by kustomization.yaml:8");
    insta::assert_snapshot!(shop(&patched(&patch, ""), ""), @"ghcr.io/acme/shop:9 by kustomization.yaml:7");
    let fork = patch.replace("ghcr.io/acme/shop:9", "fork/shop:9");
    insta::assert_snapshot!(shown(&patched(&fork, images), ""), @"fork/shop:9 by kustomization.yaml:7 (patch)");
}

#[test]
fn a_patch_that_fits_nothing_puts_everything_in_doubt() {
    let patch = "metadata: { name: gone }\nspec: { image: x }";
    insta::assert_snapshot!(shop(&patched(patch, ""), ""), @"kustomization.yaml:3: this item of `patches` is not evaluated: no resource fits it; set the image in the `images` of the overlay instead");
}

#[test]
fn a_patch_by_target_merges_adds_and_operates() {
    let base = DEPLOYMENT.replace("base/", "");
    let repository = format!(
        "{base}--- kustomization.yaml
resources: [deployment.yaml]
patches:
- path: operations.yaml
  target: {{ kind: Deploy.* }}
- target: {{ name: nobody }}
  patch: '[{{ op: remove, path: /spec }}]'
--- operations.yaml
- {{ op: test, path: /kind, value: Deployment }}
- {{ op: add, path: /spec/template/spec/containers/-, value: {{ name: new, image: 'new:1' }} }}
- op: replace
  path: /spec/template/spec/containers/0/image
  value: ghcr.io/acme/shop:7
"
    );
    insta::assert_snapshot!(shown(&repository, ""), @r#"
    ghcr.io/acme/shop:7 by operations.yaml:5 (patch)
    new:1 by operations.yaml:2 (patch)
    "#);
}

#[test]
fn replacements_and_transformers_come_after_the_images_of_the_same_file() {
    let base = DEPLOYMENT.replace("base/", "");
    let repository = format!(
        "{base}--- kustomization.yaml
resources: [deployment.yaml]
images: [ {{ name: ghcr.io/acme/shop, newTag: 1.9.0 }} ]
configMapGenerator: [ {{ name: versions, literals: [ shop=2.0.0 ] }} ]
replacements:
- source: {{ kind: ConfigMap, name: versions, fieldPath: data.shop }}
  targets:
  - select: {{ kind: Deployment }}
    fieldPaths: [ 'spec.template.spec.containers.[name=shop].image' ]
    options: {{ delimiter: ':', index: 1 }}
"
    );
    insta::assert_snapshot!(shop(&repository, ""), @"ghcr.io/acme/shop:2.0.0 by kustomization.yaml:5");
    let transformers = "transformers:\n- |-\n  apiVersion: builtin\n  kind: ImageTagTransformer\n  imageTag: { name: ghcr.io/acme/shop, newTag: 3.0.0 }\n";
    insta::assert_snapshot!(shop(&format!("{repository}{transformers}"), ""), @"ghcr.io/acme/shop:3.0.0 by kustomization.yaml:14");
}

#[test]
fn a_trail_names_every_place_that_had_a_say() {
    let repository = format!(
        "{BASE}--- component/kustomization.yaml
kind: Component
images: [ {{ name: ghcr.io/acme/shop, newName: mirror/shop }} ]
--- production/kustomization.yaml
resources: [../base]
components: [../component]
images: [ {{ name: mirror/.*, newTag: 1.9.0 }} ]
"
    );
    let found = resolve(&tree(&repository), &path("production").into()).unwrap();
    let steps = found.uses.iter().flat_map(|found| &found.trail);
    let shown: Vec<String> = steps
        .map(|step| format!("{}:{} {} {} {}", step.file, step.line, step.set_by, step.decides, step.image))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    base/deployment.yaml:7 manifest true ghcr.io/acme/shop:0.1.0
    component/kustomization.yaml:2 images false mirror/shop:0.1.0
    production/kustomization.yaml:3 images true mirror/shop:1.9.0
    base/deployment.yaml:9 manifest true envoy:1.30
    "#);
}

#[test]
fn containers_within_containers_count_too() {
    let repository = "\
--- kustomization.yaml
resources: [pod.yaml]
--- pod.yaml
spec: { containers: [ { image: 'a:1', more: { containers: [ { image: 'b:1' } ] } } ] }
";
    insta::assert_snapshot!(shown(repository, ""), @r#"
    a:1 by pod.yaml:1 (manifest)
    b:1 by pod.yaml:1 (manifest)
    "#);
}

#[test]
fn a_text_that_is_no_image_hides_nothing_and_concerns_only_its_own_name() {
    let repository = format!(
        "\
--- kustomization.yaml
resources: [pod.yaml]
images: [ {{ name: ghcr.io/acme/shop, newTag: 'v1@{DIGEST}', digest: '{DIGEST}' }}, {{ name: other, newTag: '1' }} ]
--- pod.yaml
spec: {{ containers: [ {{ image: PLACEHOLDER }}, {{ image: ghcr.io/acme/shop }} ] }}
"
    );
    insta::assert_snapshot!(shown(&repository, ""), @r#"
    ? pod.yaml:1: `PLACEHOLDER` is not an image that can be read
    ? kustomization.yaml:2: `ghcr.io/acme/shop:v1@sha256:1111111111111111111111111111111111111111111111111111111111111111@sha256:1111111111111111111111111111111111111111111111111111111111111111` is not an image that can be read
    "#);
    insta::assert_snapshot!(shop(&repository, ""), @"kustomization.yaml:2: `ghcr.io/acme/shop:v1@sha256:1111111111111111111111111111111111111111111111111111111111111111@sha256:1111111111111111111111111111111111111111111111111111111111111111` is not an image that can be read; write the whole image, or give it a name and tag in `images`");
}
