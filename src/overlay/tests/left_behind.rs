//! The digest of the release that ran before stays nowhere, though the image itself names none.

use super::fixture::{OLD_DIGEST, path, release, tree};
use crate::model::{ImageDiscovery, Location, Release, ValuesFile, ValuesSharing, Writing};
use crate::overlay::{Overlays, Promotion, promote};

/// The digits of [`OLD_DIGEST`].
const OLD: &str = "2222222222222222222222222222222222222222222222222222222222222222";

fn shop() -> Release {
    release(&[("ghcr.io/acme/shop", "1.10.0")])
}

/// What comes of a promotion of the shop: nothing where it is written, else why not. `knows` says whether the digest that
/// ran before is known.
fn promoted(repository: &str, finding: ImageDiscovery, knows: bool) -> String {
    let (location, release) = (Location { path: path("a"), finding }, shop());
    let running = knows.then(|| OLD_DIGEST.parse().unwrap()).into_iter().collect();
    let promotion =
        Promotion { location: &location, release: &release, writing: Writing::default(), running };
    match promote(&tree(repository), &Overlays::default(), &promotion) {
        Ok(files) => {
            assert!(!files.is_empty(), "nothing is written\n{repository}");
            String::new()
        }
        Err(error) => error.to_string(),
    }
}

/// A promotion is refused at a place, and only because the digest is known.
#[track_caller]
fn check(repository: &str, finding: &ImageDiscovery, place: &str) {
    let repository = repository.replace("OLD", OLD);
    assert_eq!(promoted(&repository, finding.clone(), false), "", "{repository}");
    let refused = promoted(&repository, finding.clone(), true);
    let expected = "holds the digest of the release that ran before, which would stay";
    assert!(refused.starts_with(place) && refused.contains(expected), "{refused}\n{repository}");
}

/// A promotion is written though the digest is known.
#[track_caller]
fn check_written(repository: &str, finding: ImageDiscovery) {
    assert_eq!(promoted(&repository.replace("OLD", OLD), finding, true), "", "{repository}");
}

const VALUES: &str = "--- a/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n";

#[test]
fn a_digest_anywhere_in_the_values_stops_the_promotion() {
    for more in [
        "build: from_OLD\n",
        "attestations:\n- name: shop\n- from_OLD.att\n",
        "proxy: { from: { image: { pinned: OLD } } }\n",
        "podLabels: { digest: OLD }\n",
        "script: |\n  pull shop@sha256:OLD\n",
        "OLD: x\n",
        "--- a/digests.yaml\nshop: sha256:OLD\n",
        "--- a/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: { annotations: { built-from: 'sha256:OLD' } }\n",
    ] {
        let file = more
            .strip_prefix("--- ")
            .and_then(|more| more.split_once('\n'))
            .map_or("a/values.yaml", |(file, _)| file);
        check(&format!("{VALUES}{more}"), &ImageDiscovery::ByFormat, &format!("{file}:"));
    }
    for more in [
        "# it was sha256:OLD\n",
        "worker: { image: { repository: ghcr.io/acme/worker, tag: 1.9.0, digest: 'sha256:OLD' } }\n",
        "other: ghcr.io/acme/other@sha256:OLD\n",
    ] {
        check_written(&format!("{VALUES}{more}"), ImageDiscovery::ByFormat);
    }
}

#[test]
fn a_digest_in_a_block_of_values_stops_the_promotion() {
    let application = "--- a/app.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n        image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }\n";
    check(
        &format!("{application}        pin: from_OLD\n"),
        &ImageDiscovery::ByFormat,
        "a/app.yaml:8: `pin` ",
    );
    let worker = "        worker: { image: 'ghcr.io/acme/worker:1.9.0@sha256:OLD' }\n";
    check_written(&format!("{application}{worker}"), ImageDiscovery::ByFormat);
}

#[test]
fn a_digest_that_an_overlay_renders_stops_the_promotion() {
    let own = "--- a/kustomization.yaml\nresources: [deployment.yaml]\nimages: [ { name: ghcr.io/acme/shop, newTag: 1.9.0 } ]\n";
    let deployment = "--- a/deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\nspec: { template: { spec: { containers: [ { name: shop, image: ghcr.io/acme/shop } ] } } }\n";
    let repository = |more: &str| format!("{own}{more}{deployment}");
    check(
        &repository("commonAnnotations: { digest: 'sha256:OLD' }\n"),
        &ImageDiscovery::ByFormat,
        "a/kustomization.yaml: `digest` ",
    );
    let map = "configMapGenerator: [ { name: versions, literals: [ shop=sha256-OLD ] } ]\n";
    check(&repository(map), &ImageDiscovery::ByFormat, "a/kustomization.yaml:");
    let file = "configMapGenerator: [ { name: versions, files: [ digests.txt ] } ]\n--- a/digests.txt\nshop sha256:OLD\n";
    check(&repository(file), &ImageDiscovery::ByFormat, "a/digests.txt:");
    let label = deployment.replace("name: shop }\nspec", "name: shop, labels: { digest: OLD } }\nspec");
    check(&format!("{own}{label}"), &ImageDiscovery::ByFormat, "a/deployment.yaml:3: `digest` ");
    // A digest in a base that the entry writes over is not rendered.
    let written_over =
        deployment.replace("image: ghcr.io/acme/shop ", "image: 'ghcr.io/acme/shop:1@sha256:OLD' ");
    check_written(&format!("{own}{written_over}"), ImageDiscovery::ByFormat);
}

#[test]
fn a_digest_in_an_object_of_an_overlay_stops_the_promotion() {
    let release = "--- a/kustomization.yaml\nresources: [release.yaml]\npatches: [ { path: tag.yaml } ]\n--- a/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: shop\nspec:\n  values:\n    image: { repository: ghcr.io/acme/shop, tag: 1.8.0 }\n";
    let tag = "--- a/tag.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec: { values: { image: { tag: 1.9.0 } } }\n";
    let check_object = |release: &str, place: &str| {
        let repository = format!("{release}{tag}").replace("OLD", OLD);
        let (location, release) = (path("a").into(), shop());
        let known = super::fixture::overlays(&repository, &["a"]);
        let promoted = |running: &[&str]| {
            let running = running.iter().map(|digest| digest.parse().unwrap()).collect();
            let promotion =
                Promotion { location: &location, release: &release, writing: Writing::default(), running };
            promote(&tree(&repository), &known, &promotion).map_err(|error| error.to_string())
        };
        assert_eq!(promoted(&[]).map(|files| files.len()), Ok(1));
        let refused = promoted(&[OLD_DIGEST]).unwrap_err();
        assert!(refused.starts_with(place), "{refused}");
    };
    check_object(
        &release.replace("  name: shop\n", "  name: shop\n  labels: { digest: OLD }\n"),
        "a/release.yaml:5: `digest` ",
    );
    check_object(&format!("{release}    checks: [ sha256-OLD ]\n"), "a/release.yaml:8: ");
}

#[test]
fn a_digest_in_merged_values_stops_the_promotion_where_it_counts() {
    let file = |name: &str, sharing| ValuesFile { path: path(&format!("a/{name}")), sharing };
    let files = ImageDiscovery::Values(vec![
        file("values.yaml", ValuesSharing::Environments),
        file("own.yaml", ValuesSharing::Own),
    ]);
    check(&format!("{VALUES}note: OLD\n--- a/own.yaml\nreplicas: 1\n"), &files, "a/values.yaml:4: `note` ");
    check_written(&format!("{VALUES}note: OLD\n--- a/own.yaml\nnote: none\n"), files);
}

#[test]
fn other_files_of_a_marked_folder_may_name_the_digest() {
    let marked = "--- a/values.yaml\ntag: 1.9.0 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n";
    let finding = || ImageDiscovery::Marker("flux-system:shop".parse().unwrap());
    check(&format!("{marked}deep: {{ er: sha256-OLD }}\n"), &finding(), "a/values.yaml:2: `er` ");
    check_written(&format!("{marked}--- a/staging/values.yaml\ndigest: sha256:OLD\n"), finding());
}
