//! References to the version that ran before, which a promotion leaves and the change names.

use super::fixture::{path, reference, release, tree};
use crate::model::{ImageDiscovery, Location, ValuesFile, ValuesSharing, Writing};

use crate::overlay::{Overlays, Promotion, promote, remaining};

/// The places that a promotion of the shop from 1.9.0 leaves, one on each line.
fn left(repository: &str, finding: ImageDiscovery) -> String {
    let (tree, location) = (tree(repository), Location { path: path("a"), finding });
    let release = release(&[("ghcr.io/acme/shop", "1.10.0")]);
    let running = std::collections::BTreeSet::new();
    let promotion =
        Promotion { location: &location, release: &release, writing: Writing::default(), running };
    let overlays = Overlays::default();
    let changes = promote(&tree, &overlays, &promotion).unwrap_or_else(|error| panic!("{error}"));
    let files: Vec<_> = changes.into_iter().filter_map(|change| Some((change.path, change.new?))).collect();
    let found = remaining(&tree.with_files(&files), &promotion, &[reference("ghcr.io/acme/shop:1.9.0")]);
    found.iter().map(|place| format!("{}:{} {}\n", place.file, place.line, place.reference)).collect()
}

const VALUES: &str = "--- a/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n";

#[test]
fn other_values_that_name_the_version_are_named() {
    let more = "sidecar: ghcr.io/acme/shop:1.9.0\nextra:\n- ghcr.io/acme/shop:1.9.0\ntext: |\n  initContainers:\n  - image: ghcr.io/acme/shop:1.9.0\n# was ghcr.io/acme/shop:1.9.0\nothers: [ghcr.io/acme/shop:1.9.0-alpine, ghcr.io/acme/shop-web:1.9.0, mirror/ghcr.io/acme/shop:1.9.0]\n";
    insta::assert_snapshot!(left(&format!("{VALUES}{more}"), ImageDiscovery::ByFormat), @"
    a/values.yaml:4 ghcr.io/acme/shop:1.9.0
    a/values.yaml:6 ghcr.io/acme/shop:1.9.0
    a/values.yaml:9 ghcr.io/acme/shop:1.9.0
    ");
    assert_eq!(left(VALUES, ImageDiscovery::ByFormat), "");
    let template =
        format!("{VALUES}--- a/t.yaml\n{{{{- if .on }}}}\nimg: ghcr.io/acme/shop:1.9.0\n{{{{- end }}}}\n");
    assert_eq!(left(&template, ImageDiscovery::ByFormat), "a/t.yaml:2 ghcr.io/acme/shop:1.9.0\n");
    let file = |name: &str| ValuesFile { path: path(&format!("a/{name}")), sharing: ValuesSharing::Own };
    let merged = format!(
        "{VALUES}sidecar: ghcr.io/acme/shop:1.9.0\nproxy: ghcr.io/acme/shop:1.9.0\n--- a/own.yaml\nproxy: ghcr.io/acme/proxy:1\n"
    );
    let files = ImageDiscovery::Values(vec![file("values.yaml"), file("own.yaml")]);
    assert_eq!(left(&merged, files), "a/values.yaml:4 ghcr.io/acme/shop:1.9.0\n");
}

#[test]
fn what_an_overlay_renders_with_the_version_is_named() {
    let deployment = "--- base/d.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\nspec:\n  template:\n    spec:\n      containers:\n      - name: shop\n        image: ghcr.io/acme/shop:1.9.0\nENV--- base/kustomization.yaml\nresources: [d.yaml]\n--- a/kustomization.yaml\nresources: [../base]\nimages: [ { name: ghcr.io/acme/shop, newTag: 1.9.0 } ]\n";
    let with = |env: &str| left(&deployment.replace("ENV", env), ImageDiscovery::ByFormat);
    // The entry replaces the version in the base.
    assert_eq!(with(""), "");
    let env = "        env: [ { name: RELATED_IMAGE, value: 'ghcr.io/acme/shop:1.9.0' } ]\n        args: [ '--image=ghcr.io/acme/shop:1.9.0' ]\n        command:\n        - |\n          run\n          pull ghcr.io/acme/shop:1.9.0\n";
    insta::assert_snapshot!(with(env), @"
    base/d.yaml:10 ghcr.io/acme/shop:1.9.0
    base/d.yaml:11 ghcr.io/acme/shop:1.9.0
    base/d.yaml:15 ghcr.io/acme/shop:1.9.0
    ");
}

#[test]
fn an_image_volume_moves_with_the_containers() {
    let pod = "--- a/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec:\n  containers:\n  - { name: shop, image: 'ghcr.io/acme/shop:1.9.0' }\n  volumes:\n  - { name: data, image: { reference: 'ghcr.io/acme/shop:1.9.0' } }\n";
    assert_eq!(left(pod, ImageDiscovery::ByFormat), "");
}
