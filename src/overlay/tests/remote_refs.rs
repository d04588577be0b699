//! The `ref` of a remote resource moves with the tag that it equals, or is said to stay.

use super::fixture::{path, release, tree, unified};
use crate::model::{Release, WriteMode, Writing};
use crate::overlay::{Promotion, Resolver, promote, staying};

/// The diff of a promotion in production, then every `ref` that stays.
fn promoted(repository: &str, follow_ref: bool, folders: &[&str], release: &Release) -> String {
    let before = tree(repository);
    let mut resolver = Resolver::default();
    for folder in folders {
        resolver.resolve(&before, &path(folder).into()).unwrap();
    }
    let location = path("production").into();
    let writing = Writing { mode: WriteMode::Tag, follow_ref };
    let promotion = Promotion { location: &location, release, writing, running: [].into() };
    let overlays = resolver.overlays();
    let stays = staying(&before, &overlays, &promotion);
    let stays =
        stays.iter().map(|one| format!("stays {}:{} {} ({:?})\n", one.file, one.line, one.value, one.reason));
    let stays: String = stays.collect();
    match promote(&before, &overlays, &promotion) {
        Ok(files) => {
            let diffs = files.iter().map(|file| unified(&before, &file.path, file.new.as_ref().unwrap()));
            diffs.collect::<String>() + &stays
        }
        Err(error) => error.to_string() + &stays,
    }
}

fn production(resource: &str, tag: &str) -> String {
    format!(
        "--- production/kustomization.yaml\nresources:\n- {resource} # the same version\nimages:\n- name: ghcr.io/acme/shop\n  newTag: {tag}\n"
    )
}

/// Checks what an address becomes when the shop goes from one version to another.
#[track_caller]
fn check(address: &str, old: &str, new: &str, expected: &str) {
    let repository = production(address, old);
    let release = release(&[("ghcr.io/acme/shop", new)]);
    let line = |sign: char, address: &str| format!("{sign}- {address} # the same version\n");
    let moved = if address == expected { String::new() } else { line('-', address) + &line('+', expected) };
    let tag = format!("-  newTag: {old}\n+  newTag: {new}\n");
    let found = promoted(&repository, true, &["production"], &release);
    assert_eq!(
        found,
        format!("production/kustomization.yaml\n{moved}{tag}"),
        "{address} from {old} to {new}"
    );
}

#[test]
fn a_ref_moves_in_every_form_of_address() {
    for (before, after) in [
        ("https://github.com/acme/shop//config?ref=", ""),
        ("github.com/acme/shop/config?ref=", ""),
        ("https://github.com/acme/shop//config?timeout=90s&ref=", "&submodules=false"),
        ("git@github.com:acme/shop//config?ref=", ""),
        ("ssh://git@github.com/acme/shop.git//config?ref=", ""),
        ("git::https://example.com/acme/shop.git//config?version=", ""),
        ("https://raw.githubusercontent.com/acme/shop/", "/config/install.yaml"),
        ("https://raw.githubusercontent.com/acme/shop/refs/tags/", "/install.yaml"),
        ("https://github.com/acme/shop/releases/download/", "/install.yaml"),
        ("https://gitlab.com/group/acme/shop/-/raw/", "/install.yaml?inline=false"),
        ("https://gitea.example.com/acme/shop/raw/tag/", "/install.yaml"),
        ("https://github.com/acme/shop/archive/", ".tar.gz"),
        ("https://github.com/acme/shop/archive/refs/tags/", ".zip"),
        ("https://github.com/acme/shop//config?ref=refs/tags/", "&timeout=90s"),
    ] {
        let address = |version: &str| format!("{before}{version}{after}");
        check(&address("v1.9.0"), "v1.9.0", "v1.10.0", &address("v1.10.0"));
        check(&address("1.9.0"), "1.9.0", "1.10.0", &address("1.10.0"));
        check(&address("v1.9.0"), "1.9.0", "1.10.0", &address("v1.10.0"));
        check(&address("1.9.0"), "v1.9.0", "v1.10.0", &address("1.10.0"));
    }
}

#[test]
fn a_file_that_is_named_after_its_release_moves_with_it() {
    for (before, after) in [
        (
            "https://github.com/acme/shop/releases/download/v1.9.0/install-1.9.0.yaml",
            "https://github.com/acme/shop/releases/download/v1.10.0/install-1.10.0.yaml",
        ),
        (
            "https://github.com/acme/shop/releases/download/1.9.0/v1.9.0.yaml",
            "https://github.com/acme/shop/releases/download/1.10.0/v1.10.0.yaml",
        ),
        (
            "https://github.com/acme/shop/releases/download/1.9.0/install-11.9.0-1.9.0.1.yaml",
            "https://github.com/acme/shop/releases/download/1.10.0/install-11.9.0-1.9.0.1.yaml",
        ),
        (
            "https://gitlab.com/acme/shop/-/archive/1.9.0/shop-1.9.0.tar.gz",
            "https://gitlab.com/acme/shop/-/archive/1.10.0/shop-1.10.0.tar.gz",
        ),
    ] {
        check(before, "1.9.0", "1.10.0", after);
    }
}

#[test]
fn a_version_that_a_path_repeats_stays_and_is_named() {
    for address in [
        "https://raw.githubusercontent.com/acme/shop/v1.9.0/deploy/1.9.0/a.yaml",
        "https://github.com/acme/shop//config/1.9.0?ref=v1.9.0",
    ] {
        assert_eq!(stays(address, true), "stays production/kustomization.yaml:2 v1.9.0 (Repeated)\n");
    }
}

#[test]
fn what_is_no_version_stays_without_a_word() {
    for address in [
        "https://github.com/acme/shop//config?ref=main",
        "https://github.com/acme/shop//config?ref=",
        "https://github.com/acme/shop//config/1.9.0",
        "https://github.com/acme/shop//config?ref=main&version=1.9.0",
        "https://github.com/other/base//config?ref=1.8.0",
        "https://raw.githubusercontent.com/acme/shop/main/install.yaml",
    ] {
        check(address, "1.9.0", "1.10.0", address);
    }
}

/// What is said of a resource in production whose version does not follow the shop from 1.9.0 to 1.10.0.
fn stays(address: &str, follow_ref: bool) -> String {
    let release = release(&[("ghcr.io/acme/shop", "1.10.0")]);
    let found = promoted(&production(address, "1.9.0"), follow_ref, &["production"], &release);
    let head = format!("production/kustomization.yaml\n{TAG}");
    found.strip_prefix(&head).unwrap_or_else(|| panic!("{address} moved: {found}")).to_owned()
}

#[test]
fn a_version_that_is_not_the_one_that_ran_stays_and_is_named() {
    for value in ["1.8.0", "v1.9.0-config"] {
        for follows in [true, false] {
            let said = stays(&format!("https://github.com/acme/shop//config?ref={value}"), follows);
            assert_eq!(said, format!("stays production/kustomization.yaml:2 {value} (Different)\n"));
        }
    }
    let said = stays("https://github.com/acme/shop/releases/download/v1.8.0/install.yaml", true);
    assert_eq!(said, "stays production/kustomization.yaml:2 v1.8.0 (Different)\n");
}

#[test]
fn an_equal_version_of_something_else_is_not_moved() {
    let other = "https://github.com/kubernetes/ingress-nginx//deploy?ref=1.9.0";
    assert_eq!(stays(other, true), "stays production/kustomization.yaml:2 1.9.0 (Unrelated)\n");
    assert_eq!(stays(other, false), "");
}

#[test]
fn a_resource_belongs_to_an_image_by_the_name_of_its_repository() {
    for (address, image, belongs) in [
        ("https://github.com/argoproj/argo-cd//manifests?ref=v1", "argoproj/argocd", true),
        (
            "https://github.com/cert-manager/cert-manager/releases/download/v1/x.yaml",
            "jetstack/cert-manager-controller",
            true,
        ),
        ("github.com/acme/platform?ref=v1", "acme/shop", false),
        ("https://github.com/acme/other-thing//config?ref=v1", "acme/shop", false),
        ("https://github.com/grafana/grafana//deploy?ref=v1", "grafana/loki", false),
        ("https://github.com/acme/deploy-shop//config?ref=v1", "acme/shop", true),
        ("https://github.com/acme/workshop//config?ref=v1", "acme/shop", false),
        ("git@github.com:other/shop.git//config?ref=v1", "acme/shop", true),
        ("https://gitlab.com/group/sub/shop.git//x?ref=v1", "acme/shop", true),
        ("https://github.com/other/base//shop?ref=v1", "acme/shop", false),
        ("https://shop.example.com/other/base?ref=v1", "acme/shop", false),
        ("https://github.com/web/ui?ref=v1", "acme/webshop", false),
    ] {
        assert_eq!(
            crate::overlay::promote::address::belongs_to(address, image),
            belongs,
            "{address} and {image}"
        );
    }
}

const TAG: &str = "-  newTag: 1.9.0\n+  newTag: 1.10.0\n";

#[test]
fn without_the_key_a_ref_stays_and_is_named() {
    let repository = production("https://github.com/acme/shop//config?ref=v1.9.0", "1.9.0");
    let to = |version| {
        let release = release(&[("ghcr.io/acme/shop", version)]);
        promoted(&repository, false, &["production"], &release)
    };
    let stays = "stays production/kustomization.yaml:2 v1.9.0 (NotFollowed)\n";
    assert_eq!(to("1.10.0"), format!("production/kustomization.yaml\n{TAG}{stays}"));
    assert_eq!(to("1.9.0"), "");
}

#[test]
fn a_ref_that_another_environment_reads_stays_and_is_named() {
    let shared = "--- shared/kustomization.yaml\nresources: [ 'https://github.com/acme/shop//config?ref=v1.9.0' ]\nimages: [ { name: ghcr.io/acme/shop, newTag: v1.9.0 } ]\n--- production/kustomization.yaml\nresources: [../shared]\nimages: [ { name: ghcr.io/acme/shop, newTag: v1.9.0 } ]\n";
    let staging = "--- staging/kustomization.yaml\nresources: [../shared]\n";
    let release = release(&[("ghcr.io/acme/shop", "v1.10.0")]);
    let own = "production/kustomization.yaml\n-images: [ { name: ghcr.io/acme/shop, newTag: v1.9.0 } ]\n+images: [ { name: ghcr.io/acme/shop, newTag: v1.10.0 } ]\n";
    let moved = "shared/kustomization.yaml\n-resources: [ 'https://github.com/acme/shop//config?ref=v1.9.0' ]\n+resources: [ 'https://github.com/acme/shop//config?ref=v1.10.0' ]\n";
    let part = shared.replace("../shared", "part").replace("--- shared/", "--- production/part/");
    let moved = moved.replace("shared/", "production/part/");
    assert_eq!(promoted(&part, true, &["production"], &release), format!("{moved}{own}"));
    let stays = "stays shared/kustomization.yaml:1 v1.9.0 (Shared)\n";
    let read_by_staging = format!("{shared}{staging}");
    assert_eq!(promoted(&read_by_staging, true, &["production"], &release), format!("{own}{stays}"));
    assert_eq!(
        promoted(&read_by_staging, true, &["production", "staging"], &release),
        format!("{own}{stays}")
    );
}

#[test]
fn a_ref_of_several_images_moves_where_they_agree() {
    let repository = "--- production/kustomization.yaml\nresources:\n- https://github.com/acme/shop//config?ref=1.9.0\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 1.9.0\n- name: ghcr.io/acme/shop-worker\n  newTag: 1.9.0\n";
    let of = |worker| release(&[("ghcr.io/acme/shop", "1.10.0"), ("ghcr.io/acme/shop-worker", worker)]);
    let moved = "-- https://github.com/acme/shop//config?ref=1.9.0\n+- https://github.com/acme/shop//config?ref=1.10.0\n";
    assert_eq!(
        promoted(repository, true, &["production"], &of("1.10.0")),
        format!("production/kustomization.yaml\n{moved}{TAG}{TAG}")
    );
    let other = TAG.replace("1.10.0", "1.11.0");
    assert_eq!(
        promoted(repository, true, &["production"], &of("1.11.0")),
        format!(
            "production/kustomization.yaml\n{TAG}{other}stays production/kustomization.yaml:2 1.9.0 (SeveralVersions)\n"
        )
    );
}
