//! Repositories that Argo CD Image Updater or Renovate keeps up to date.

use insta::assert_snapshot;

use super::importing::imported;

#[test]
fn annotations_of_the_image_updater_become_services() {
    let text = "\
--- apps/shop.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  annotations:
    argocd-image-updater.argoproj.io/image-list: shop=ghcr.io/acme/shop:1.2.x, localhost:5000/acme/db:16.1.0, web=ghcr.io/acme/web, tool=ghcr.io/acme/tool:edge, old=ghcr.io/acme/old, odd=ghcr.io/acme/odd:latest
    argocd-image-updater.argoproj.io/web.update-strategy: newest-build
    argocd-image-updater.argoproj.io/tool.update-strategy: digest
    argocd-image-updater.argoproj.io/old.update-strategy: name
    argocd-image-updater.argoproj.io/old.ignore-tags: latest, *-rc?
    argocd-image-updater.argoproj.io/shop.allow-tags: regexp:^1
    argocd-image-updater.argoproj.io/shop.platforms: linux/arm64
    argocd-image-updater.argoproj.io/write-back-method: git
    argocd-image-updater.argoproj.io/write-back-target: helmvalues:values-staging.yaml
spec:
  source: { path: charts/shop/ }
";
    assert_snapshot!(imported(text), @r"
    shop ghcr.io/acme/shop `semver ~1.2` allow ^1 in charts/shop/values-staging.yaml
    db localhost:5000/acme/db `semver =16.1.0` in charts/shop/values-staging.yaml
    web ghcr.io/acme/web `newest` in charts/shop/values-staging.yaml
    tool ghcr.io/acme/tool `digest of edge` in charts/shop/values-staging.yaml
    old ghcr.io/acme/old `alphabetical` ignore ^latest$ ^.*\-rc.$ in charts/shop/values-staging.yaml
    odd ghcr.io/acme/odd (empty) in charts/shop/values-staging.yaml
    ? apps/shop.yaml:5: Argo CD Image Updater takes tags such as `1.2` and `1` for versions too; `semver` takes `1.2.0` alone, so select such tags by `regex` or `calver`
    ? apps/shop.yaml:5: `ghcr.io/acme/odd`: the constraint `latest` is not a version constraint; fill in its `select`
    ? apps/shop.yaml:11: the annotation `shop.platforms` is not carried over; write `platforms: [linux/arm64]` beside the image
    ");
}

#[test]
fn resources_of_the_image_updater_become_services() {
    let application = |name: &str| {
        format!(
            "--- apps/{name}.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: {name} }}\n\
             spec: {{ source: {{ path: apps/{name} }} }}\n"
        )
    };
    let updater = "\
--- updater.yaml
apiVersion: argocd-image-updater.argoproj.io/v1alpha1
kind: ImageUpdater
metadata: { name: shop }
spec:
  commonUpdateSettings: { updateStrategy: newest-build, ignoreTags: [latest] }
  writeBackConfig: { method: git, gitConfig: { writeBackTarget: 'kustomization:/overlays/prod' } }
  applicationRefs:
    - namePattern: shop-*
      writeBackConfig: { method: git, gitConfig: { writeBackTarget: 'helmvalues:values.yaml' } }
      images:
        - alias: shop
          imageName: ghcr.io/acme/shop:1.2.x
          commonUpdateSettings: { updateStrategy: semver, allowTags: 'regexp:^1', platforms: [linux/arm64] }
        - { alias: web, imageName: ghcr.io/acme/web }
    - namePattern: web
      images:
        - { alias: web, imageName: ghcr.io/acme/web }
    - namePattern: none
      images: [ { alias: lost, imageName: ghcr.io/acme/lost } ]
    - namePattern: '*'
      labelSelectors: { matchLabels: { a: b } }
      images: [ { alias: labelled, imageName: ghcr.io/acme/labelled } ]
";
    let all = ["shop-dev", "shop-prod", "web"].map(application).concat();
    assert_snapshot!(imported(&format!("{all}{updater}")), @"
    shop ghcr.io/acme/shop `semver ~1.2` allow ^1 ignore ^latest$ in apps/shop-dev/values.yaml, apps/shop-prod/values.yaml
    web ghcr.io/acme/web `newest` ignore ^latest$ in apps/shop-dev/values.yaml, apps/shop-prod/values.yaml, overlays/prod
    ? updater.yaml:11: Argo CD Image Updater takes tags such as `1.2` and `1` for versions too; `semver` takes `1.2.0` alone, so select such tags by `regex` or `calver`
    ? updater.yaml:11: `ghcr.io/acme/shop`: write `platforms: [linux/arm64]` beside the image; it is not carried over
    ? updater.yaml:19: `ghcr.io/acme/lost`: no `Application` here has a name like `none`, so the folder in which it is set is not known
    ? updater.yaml:22: `ghcr.io/acme/labelled`: `labelSelectors` are not evaluated, so the folder in which it is set is not known
    ");
}

#[test]
fn presets_of_renovate_are_named_and_versions_by_other_rules_left_empty() {
    let settings = "--- renovate.json\n{\n  \"extends\": [\"config:recommended\", \"github>acme/presets\"],\n  \"packageRules\": [\n    { \"matchPackageNames\": [\"ghcr.io/acme/web\"], \"versioning\": \"regex:^v(?<major>[0-9]+)$\" },\n    { \"matchPackageNames\": [\"ghcr.io/acme/legacy\"], \"versioning\": \"docker\" }\n  ]\n}\n";
    assert_snapshot!(imported(&format!("{MANAGED}{settings}")), @r"
    shop ghcr.io/acme/shop `semver *` in apps/shop/prod
    side ghcr.io/acme/side `regex ^v?(?P<major>[0-9]+)\.(?P<minor>[0-9]+)-alpine$ by major, minor` in apps/shop/prod
    pinned ghcr.io/acme/pinned `semver *` in apps/shop/prod
    web ghcr.io/acme/web (empty) in charts/web/values.yaml
    nightly ghcr.io/acme/nightly (empty) in charts/web/values.yaml
    legacy ghcr.io/acme/legacy `semver *` in legacy/values.yaml
    ? charts/web/values.yaml:1: `ghcr.io/acme/nightly`: which tags follow `main` is not known; fill in its `select`
    ? charts/web/values.yaml:1: `ghcr.io/acme/web`: `versioning: regex:^v(?<major>[0-9]+)$` is not carried over; fill in its `select`
    ? renovate.json:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    ? renovate.json:2: the presets `config:recommended`, `github>acme/presets` are not read, so rules in them are not carried over
    ? renovate.json:4: not carried over from a package rule: `versioning`
    ? renovate.json:5: not carried over from a package rule: `versioning`
    ");
}

#[test]
fn comments_of_renovate_become_services_and_its_settings_are_named() {
    let hint = |more: &str, tag: &str| {
        format!("# renovate: datasource=docker depName=ghcr.io/acme/shop{more}\nshop: {tag}\n")
    };
    let text = format!(
        "--- renovate.json\n{{}}\n--- env/prod/vars.yaml\n{}--- env/dev/vars.yaml\n{}--- alpine.yaml\n{}--- short.yaml\n{}--- odd.yaml\n{}--- read.yaml\n{}",
        hint("", "1.9.0"),
        hint("", "1.9.0"),
        hint("", "1.9.0-alpine3"),
        hint("", "'1.9'"),
        hint("", "latest"),
        hint(" versioning=loose", "1.9.0"),
    );
    assert_snapshot!(imported(&text), @r"
    shop ghcr.io/acme/shop `regex ^v?(?P<major>[0-9]+)\.(?P<minor>[0-9]+)\.(?P<patch>[0-9]+)-alpine3$ by major, minor, patch` in alpine.yaml
    shop-2 ghcr.io/acme/shop `semver *` in env/dev/vars.yaml, env/prod/vars.yaml
    shop-3 ghcr.io/acme/shop (empty) in odd.yaml, read.yaml
    shop-4 ghcr.io/acme/shop `regex ^v?(?P<major>[0-9]+)\.(?P<minor>[0-9]+)$ by major, minor` in short.yaml
    ? odd.yaml:2: `ghcr.io/acme/shop`: which tags follow `latest` is not known; fill in its `select`
    ? read.yaml:2: `ghcr.io/acme/shop`: `versioning` and `extractVersion` are not carried over; fill in its `select`
    ? renovate.json:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    ");
}

/// A repository as Renovate's own managers read it.
const MANAGED: &str = "\
--- apps/shop/prod/kustomization.yaml
images:
  - { name: shop, newName: ghcr.io/acme/shop, newTag: 1.9.0 }
  - { name: ghcr.io/acme/side, newTag: 3.18-alpine }
  - { name: ghcr.io/acme/pinned, newTag: 2.0.0 }
--- charts/web/values.yaml
image: { repository: ghcr.io/acme/web, tag: v1.2.0 }
other: { image: { repository: ghcr.io/acme/nightly, tag: main } }
--- clusters/prod/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: api }
spec: { values: { image: { repository: ghcr.io/acme/api, tag: 2.1.0 } } }
--- legacy/values.yaml
image: { repository: ghcr.io/acme/legacy, tag: 1.0.0 }
";

#[test]
fn what_renovates_managers_find_is_offered_as_its_settings_say() {
    let settings = "\
--- .github/renovate.json5
{
  // The flux manager reads what it is told to.
  flux: { managerFilePatterns: ['/^clusters/.+\\\\.ya?ml$/'] },
  ignorePaths: ['legacy/**'], /* not ours */
  \"packageRules\": [
    { matchPackageNames: ['ghcr.io/acme/pinned'], enabled: false },
    { matchManagers: ['helm-values'], matchPackageNames: ['ghcr.io/acme/w*'], allowedVersions: '<2' },
    { matchPackageNames: ['/api$/'], allowedVersions: '/^2\\\\./' },
    { matchDatasources: ['docker'], groupName: 'all', minimumReleaseAge: '3 days' },
    { matchCategories: ['python'], enabled: false },
  ],
}
";
    assert_snapshot!(imported(&format!("{MANAGED}{settings}")), @r"
    shop ghcr.io/acme/shop `semver *` in apps/shop/prod
    side ghcr.io/acme/side `regex ^v?(?P<major>[0-9]+)\.(?P<minor>[0-9]+)-alpine$ by major, minor` in apps/shop/prod
    web ghcr.io/acme/web `semver <2` in charts/web/values.yaml
    nightly ghcr.io/acme/nightly (empty) in charts/web/values.yaml
    api ghcr.io/acme/api `semver *` allow ^2\. in clusters/prod/release.yaml
    ? .github/renovate.json5:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    ? .github/renovate.json5:9: not carried over from a package rule: `groupName`, `minimumReleaseAge`
    ? .github/renovate.json5:10: not carried over from a package rule: `matchCategories`
    ? charts/web/values.yaml:1: `ghcr.io/acme/nightly`: which tags follow `main` is not known; fill in its `select`
    ");
    assert_snapshot!(imported(&format!("{MANAGED}--- renovate.json\n{{ \"enabledManagers\": [\"helm-values\"], \"ignoreDeps\": [\"ghcr.io/acme/nightly\"] }}\n")), @"
    web ghcr.io/acme/web `semver *` in charts/web/values.yaml
    legacy ghcr.io/acme/legacy `semver *` in legacy/values.yaml
    ? renovate.json:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    ");
    assert_snapshot!(imported(&format!("{MANAGED}--- renovate.json\n{{ oops\n")), @"
    ? renovate.json:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    ? renovate.json:1: these settings cannot be read, so what Renovate's managers find is not offered
    ");
    assert_snapshot!(imported(MANAGED), @"");
}

#[test]
fn what_the_image_updater_keeps_in_the_cluster_has_to_be_removed_there() {
    let application = |method: &str| {
        format!(
            "--- a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop\n  annotations:\n    \
             argocd-image-updater.argoproj.io/image-list: ghcr.io/acme/shop:1.x\n{method}spec:\n  source: {{ path: apps/prod }}\n"
        )
    };
    let method = |name: &str| format!("    argocd-image-updater.argoproj.io/write-back-method: {name}\n");
    for in_cluster in [String::new(), method("argocd")] {
        let found = imported(&application(&in_cluster));
        assert!(
            found.contains("? a.yaml:6: Argo CD Image Updater keeps what it sets in the `Application`"),
            "{found}"
        );
        assert!(found.contains("`argocd app unset shop --kustomize-image IMAGE`"), "{found}");
    }
    for in_git in ["git", "git:secret:argocd/token"] {
        let found = imported(&application(&method(in_git)));
        assert!(!found.contains("in the cluster"), "{found}");
    }
}

#[test]
fn what_argo_cd_applies_last_is_named() {
    let application = "--- apps.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop\n  annotations:\n    argocd-image-updater.argoproj.io/image-list: ghcr.io/acme/shop:1.x\n    argocd-image-updater.argoproj.io/write-back-method: git\nspec:\n  source:\n    path: prod\n    kustomize: { images: ['ghcr.io/acme/shop:1.0.0'] }\n";
    let source = "--- prod/.argocd-source-shop.yaml\nkustomize:\n  images:\n    - ghcr.io/acme/shop:1.0.0\n";
    let found = imported(&format!("{application}{source}--- prod/kustomization.yaml\nresources: []\n"));
    let named: Vec<&str> = found.lines().filter(|line| line.contains("delete the")).collect();
    assert_snapshot!(named.join("\n"), @"
    ? apps.yaml:11: the Application `shop` deploys `prod` and sets the image `ghcr.io/acme/shop` after the files of that folder; delete the setting, so that what Towpath writes takes effect
    ? prod/.argocd-source-shop.yaml:3: Argo CD sets the image `ghcr.io/acme/shop` after the files of this folder; delete the entry, since Argo CD keeps applying it
    ");
    let alone = imported(&format!("{application}{source}"));
    assert!(!alone.contains("delete the entry"), "{alone}");
}
