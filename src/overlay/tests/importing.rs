//! Repositories that another tool keeps up to date.

use insta::assert_snapshot;

use super::fixture::tree;
use crate::overlay::import;

/// What is carried over, one line for each image, then what is not.
fn imported(repository: &str) -> String {
    let imported = import(&tree(repository)).unwrap();
    let services = imported.services.iter().map(|service| {
        let paths: Vec<&str> = service.paths.iter().map(|path| path.as_str()).collect();
        let marker = service.marker.as_ref().map(|marker| format!(" marker {marker}")).unwrap_or_default();
        format!("{} {} `{}`{marker} in {}", service.name, service.image, service.range, paths.join(", "))
    });
    let leftovers = imported
        .leftovers
        .iter()
        .map(|leftover| format!("? {}:{}: {}", leftover.file, leftover.line, leftover.what));
    services.chain(leftovers).collect::<Vec<_>>().join("\n")
}

const FLUX: &str = "\
--- automation/shop.yaml
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: shop, namespace: flux-system }
spec:
  image: ghcr.io/acme/shop
  secretRef: { name: ghcr }
  exclusionList: [ '^.*\\.sig$', 'nightly' ]
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: shop, namespace: flux-system }
spec:
  imageRepositoryRef: { name: shop }
  policy: { semver: { range: '>=1.0.0 <2.0.0' } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: nightly, namespace: flux-system }
spec:
  imageRepositoryRef: { name: shop }
  filterTags: { pattern: '^main-.*' }
  policy: { alphabetical: { order: asc } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: all, namespace: flux-system }
spec: { git: { commit: { messageTemplate: 'x' } } }
--- clusters/staging/shop.yaml
image: ghcr.io/acme/shop:1.2.0 # {\"$imagepolicy\": \"flux-system:shop\"}
--- clusters/production/shop.yaml
image: ghcr.io/acme/shop:1.1.0 # {\"$imagepolicy\": \"flux-system:shop\"}
--- clusters/dev/shop.yaml
image: ghcr.io/acme/shop:main-1 # {\"$imagepolicy\": \"flux-system:nightly\"}
lost: ghcr.io/acme/lost:1 # {\"$imagepolicy\": \"flux-system:lost\"}
wrong: ghcr.io/acme/lost:1 # {\"$imagepolicy\": \"flux-system:lost:version\"}
";

#[test]
fn policies_and_markers_of_flux_become_services() {
    assert_snapshot!(imported(FLUX), @r#"
    shop ghcr.io/acme/shop `>=1.0.0, <2.0.0` marker flux-system:shop in clusters/production/shop.yaml, clusters/staging/shop.yaml
    ? automation/shop.yaml:6: the secret with the registry's credentials is not carried over
    ? automation/shop.yaml:7: a pattern of tags that are left out is not carried over
    ? automation/shop.yaml:16: the policy `flux-system:nightly` has no range of semantic versions that can be carried over
    ? automation/shop.yaml:21: the filter of tags is not carried over
    ? automation/shop.yaml:27: the template of commit messages is not carried over
    ? clusters/dev/shop.yaml:2: no policy `flux-system:lost` is in this repository; write its image and range yourself
    ? clusters/dev/shop.yaml:3: the marker ends with `:version`, not `:tag`, `:name` or `:digest`; write `{"$imagepolicy": "namespace:name:tag"}`
    "#);
}

#[test]
fn annotations_of_the_image_updater_become_services() {
    let text = "\
--- apps/shop.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  annotations:
    argocd-image-updater.argoproj.io/image-list: shop=ghcr.io/acme/shop:~1.2, localhost:5000/acme/db:^16, web=ghcr.io/acme/web
    argocd-image-updater.argoproj.io/web.update-strategy: newest-build
    argocd-image-updater.argoproj.io/shop.allow-tags: regexp:^1
    argocd-image-updater.argoproj.io/write-back-method: git
    argocd-image-updater.argoproj.io/write-back-target: helmvalues:values-staging.yaml
spec:
  source: { path: charts/shop/ }
";
    assert_snapshot!(imported(text), @"
    shop ghcr.io/acme/shop `~1.2` in charts/shop/values-staging.yaml
    db localhost:5000/acme/db `^16` in charts/shop/values-staging.yaml
    ? apps/shop.yaml:5: `ghcr.io/acme/web` is selected by `newest-build`, which is not carried over
    ? apps/shop.yaml:7: the annotation `shop.allow-tags` is not carried over
    ");
}

#[test]
fn comments_of_renovate_become_services_and_its_settings_are_named() {
    let text = "--- renovate.json\n{}\n--- env/prod/vars.yaml\n# renovate: datasource=docker depName=ghcr.io/acme/shop\nshop: 1.9.0\n--- env/dev/vars.yaml\n# renovate: datasource=docker depName=ghcr.io/acme/shop\nshop: 1.9.0\n";
    assert_snapshot!(imported(text), @"
    shop ghcr.io/acme/shop `*` in env/dev/vars.yaml, env/prod/vars.yaml
    ? renovate.json:1: Renovate's settings are not carried over; let it ignore the images that Towpath sets (`ignoreDeps`)
    ");
}

#[test]
fn a_repository_that_nobody_keeps_up_to_date_has_nothing() {
    assert_snapshot!(imported("--- a/values.yaml\nimage: ghcr.io/acme/shop:1.9.0\n"), @"");
}
