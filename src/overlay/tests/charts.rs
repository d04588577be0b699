//! Charts: images whose tag the chart takes from elsewhere, and the versions of charts themselves.

use insta::assert_snapshot;

use super::fixture::{diff, diff_at, path, release, set_shop, shop, shown, to, tree, unified};
use crate::model::{ImageDiscovery, ValuesFile, ValuesSharing, Writing};
use crate::overlay::{Overlays, Promotion, promote};

#[test]
fn an_image_without_a_tag_is_not_certain_and_not_edited() {
    for values in [
        "image: ghcr.io/acme/shop\n",
        "image: ghcr.io/acme/shop\nversion: 1.9.0\n",
        "global:\n  tag: 1.9.0\nweb:\n  image: ghcr.io/acme/shop\n",
        "global:\n  imageTag: 1.9.0\nimage:\n  repository: ghcr.io/acme/shop\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\nmigration:\n  image: ghcr.io/acme/shop\n  version: 1.9.0\n",
        "registry: ghcr.io\nimage: acme/shop\n",
    ] {
        let indented =
            |by: usize| values.lines().map(|line| format!("{:by$}{line}\n", "")).collect::<String>();
        let flux = format!(
            "--- a/r.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{ name: shop }}\nspec:\n  values:\n{}",
            indented(4)
        );
        let argo = format!(
            "--- a/r.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n{}",
            indented(8)
        );
        let in_kustomization = format!("--- a/kustomization.yaml\nresources: [r.yaml]\n{flux}");
        for repository in [format!("--- a/values.yaml\n{values}"), flux, argo, in_kustomization] {
            let said = set_shop(&repository, "a");
            let expected = "`ghcr.io/acme/shop` is named without a tag, which the chart takes from elsewhere; name the scalar that holds the version with `set` in the configuration, ";
            assert!(said.contains(expected), "{said}\n{repository}");
            assert!(shown(&repository, "a").contains("is named without a tag"), "{repository}");
        }
    }
}

#[test]
fn an_image_without_a_tag_in_merged_values_is_not_edited() {
    let file = ValuesFile { path: path("a/values.yaml"), sharing: ValuesSharing::Own };
    let said =
        diff_at("--- a/values.yaml\nimage: ghcr.io/acme/shop\n", "a", ImageDiscovery::Values(vec![file]));
    assert!(said.starts_with("a/values.yaml:1: `ghcr.io/acme/shop` is named without a tag"), "{said}");
}

#[test]
fn a_key_that_is_there_for_the_tag_takes_it() {
    assert_snapshot!(set_shop("--- a/values.yaml\nimage: ghcr.io/acme/shop\nimageVersion: 1.9.0\n", "a"), @"
    a/values.yaml
    -imageVersion: 1.9.0
    +imageVersion: 1.10.0
    ");
    assert_snapshot!(set_shop("--- a/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: ''\n", "a"), @"
    a/values.yaml
    -  tag: ''
    +  tag: '1.10.0'
    ");
}

/// A release of the shop's chart, and the repository that it comes from.
fn flux(version: &str, reference: &str, namespace: &str) -> String {
    format!(
        "--- a/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{ name: shop, namespace: z }}\nspec:\n  chart:\n    spec:\n      chart: shop\n      version: {version}\n      sourceRef: {{ {reference} }}\n--- a/repository.yaml\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{ name: r{namespace} }}\nspec: {{ type: oci, url: 'oci://ghcr.io/acme' }}\n"
    )
}

/// The same behind a kustomization.
fn in_kustomization(repository: &str) -> String {
    format!("{repository}--- a/kustomization.yaml\nresources: [release.yaml, repository.yaml]\n")
}

#[test]
fn a_range_of_chart_versions_is_named_and_stays() {
    let argo = |version: &str| {
        format!(
            "--- a/app.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source: {{ repoURL: ghcr.io/acme, chart: shop, targetRevision: {version} }}\n"
        )
    };
    let chart = |version: &str| {
        format!(
            "--- a/Chart.yaml\ndependencies:\n- {{ name: shop, version: {version}, repository: 'oci://ghcr.io/acme' }}\n"
        )
    };
    let reference = "kind: HelmRepository, name: r";
    for range in
        ["1.x", "'>=1.0.0'", "^1", "~1.2", "'1.2'", "'*'", "'>=1.0.0-0 <2.0.0'", "''", "'1.0.0 - 2.0.0'"]
    {
        let released = flux(range, reference, "");
        for repository in [argo(range), chart(range), released.clone(), in_kustomization(&released)] {
            let said = set_shop(&repository, "a");
            let expected =
                format!("the version of `ghcr.io/acme/shop` is the range `{}`", range.trim_matches('\''));
            assert!(said.contains(&expected), "{said}\n{repository}");
            assert!(shown(&repository, "a").contains(&expected), "{repository}");
        }
    }
    for exact in ["1.9.0", "v1.9.0", "1.9.0-rc.1"] {
        for repository in [argo(exact), chart(exact), flux(exact, reference, "")] {
            assert!(set_shop(&repository, "a").contains("1.10.0"), "{repository}");
        }
    }
}

#[test]
fn a_chart_version_has_a_plus_where_the_tag_has_an_underscore() {
    let text = "--- a/Chart.yaml\ndependencies:\n- name: shop\n  version: 1.9.0+b1\n  repository: oci://ghcr.io/acme\n";
    assert_snapshot!(shop(text, "a"), @"ghcr.io/acme/shop:1.9.0_b1 by a/Chart.yaml:3");
    assert_eq!(diff(text, "a", &to("1.9.0_b1", "")), "");
    assert_snapshot!(diff(text, "a", &to("1.10.0_b2", "")), @"
    a/Chart.yaml
    -  version: 1.9.0+b1
    +  version: 1.10.0+b2
    ");
}

#[test]
fn a_chart_comes_from_the_repository_of_the_namespace_that_is_named() {
    for (reference, namespace, is_meant) in [
        ("kind: HelmRepository, name: r", ", namespace: z", true),
        ("kind: HelmRepository, name: r", "", true),
        ("kind: HelmRepository, name: r, namespace: y", ", namespace: y", true),
        ("kind: HelmRepository, name: r, namespace: y", ", namespace: z", false),
        ("kind: HelmRepository, name: r", ", namespace: y", false),
        ("kind: GitRepository, name: r", ", namespace: z", false),
    ] {
        let repository = flux("1.9.0", reference, namespace);
        for repository in [in_kustomization(&repository), repository] {
            let is_found = shop(&repository, "a").starts_with("ghcr.io/acme/shop:1.9.0 by");
            assert_eq!(is_found, is_meant, "{}\n{repository}", shop(&repository, "a"));
        }
    }
}

/// What comes of a promotion of the shop.
fn promoted(repository: &str) -> String {
    let (tree, location, release) =
        (tree(repository), path("a").into(), release(&[("ghcr.io/acme/shop", "1.10.0")]));
    let running = std::collections::BTreeSet::new();
    let promotion =
        Promotion { location: &location, release: &release, writing: Writing::default(), running };
    match promote(&tree, &Overlays::default(), &promotion) {
        Ok(changes) => changes
            .iter()
            .map(|change| unified(&tree, &change.path, change.new.as_deref().unwrap()))
            .collect(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_dependency_that_is_locked_or_copied_is_not_edited() {
    let chart = "--- a/Chart.yaml\ndependencies:\n- name: shop\n  version: 1.9.0\n  repository: oci://ghcr.io/acme\n- name: other\n  version: 2.0.0\n  repository: oci://ghcr.io/acme\n";
    for (beside, path) in [
        ("--- a/Chart.lock\ndigest: x\n", "a/Chart.lock"),
        ("--- a/charts/shop/Chart.yaml\nname: shop\n", "a/charts/shop"),
        ("--- a/charts/shop-1.9.0.tgz\nx\n", "a/charts/shop-1.9.0.tgz"),
        ("--- a/charts/shop-v1.9.0.tgz\nx\n", "a/charts/shop-v1.9.0.tgz"),
    ] {
        let refused = promoted(&format!("{chart}{beside}"));
        let expected = format!(
            "a/Chart.yaml:3: `{path}` holds the version of `shop` too, which only Helm can change; change the version by hand and run `helm dependency update`"
        );
        assert!(refused.starts_with(&expected), "{refused}");
    }
    for beside in [
        "",
        "--- a/charts/other/Chart.yaml\nname: other\n",
        "--- a/charts/shop-extra-1.9.0.tgz\nx\n",
        "--- Chart.lock\nx\n",
    ] {
        let written = promoted(&format!("{chart}{beside}"));
        assert_eq!(written, "a/Chart.yaml\n-  version: 1.9.0\n+  version: 1.10.0\n", "{beside}");
    }
    let values = "--- a/Chart.lock\ndigest: x\n--- a/Chart.yaml\nversion: 0.1.0\n--- a/values.yaml\nimage: ghcr.io/acme/shop:1.9.0\n";
    assert!(promoted(values).contains("shop:1.10.0"), "{}", promoted(values));
}
