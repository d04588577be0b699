//! A digest with a scalar of its own changes with the tag, or the edit is refused; it never stays behind.

use insta::assert_snapshot;

use super::fixture::{OLD_DIGEST, diff, diff_at, marked_diff, path, set_shop, shop, to};
use crate::model::{DeclaredScalar, ImageDiscovery, ValuesFile, ValuesSharing};

/// New digits, which no reader takes for a number.
const NEW: &str = "abababababababababababababababababababababababababababababababab";
/// The digits of [`OLD_DIGEST`].
const OLD: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const OTHER: &str = "3333333333333333333333333333333333333333333333333333333333333333";

/// A file in which `{tag}`, `{whole}`, `{dashed}` and `{hex}` stand for the tag, the digest in both spellings, and its digits.
fn with(text: &str, tag: &str, digits: &str) -> String {
    let whole = format!("sha256:{digits}");
    let dashed = format!("sha256-{digits}");
    text.replace("{tag}", tag)
        .replace("{whole}", &whole)
        .replace("{dashed}", &dashed)
        .replace("{hex}", digits)
}

/// The file is read as 1.9.0 at the old digest, and an edit changes tag and digest wherever they stand.
fn check_moves(file: &str, text: &str) {
    let old = format!("--- {file}\n{}", with(text, "1.9.0", OLD));
    let shown = shop(&old, "a");
    assert!(shown.starts_with(&format!("ghcr.io/acme/shop:1.9.0@{OLD_DIGEST} by")), "{text}\n{shown}");
    let new = to("1.10.0", &format!("sha256:{NEW}"));
    let diff_of = |repository: &str| diff(repository, "a", &new);
    let diff = diff_of(&old);
    let lines = |sign: &str| {
        let lines = diff.lines().filter_map(|line| line.strip_prefix(sign));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let templates: Vec<&str> = text.lines().filter(|line| line.contains('{')).collect();
    let expected = |tag, digits| {
        let held = templates
            .iter()
            .filter(|line| ["{tag}", "{whole}", "{dashed}", "{hex}"].iter().any(|at| line.contains(at)));
        held.map(|line| with(line, tag, digits)).collect::<Vec<_>>()
    };
    assert_eq!(lines("-"), expected("1.9.0", OLD), "{text}\n{diff}");
    assert_eq!(lines("+"), expected("1.10.0", NEW), "{text}\n{diff}");
    let moved = format!("--- {file}\n{}", with(text, "1.10.0", NEW));
    assert_eq!(diff_of(&moved), "", "{text}");
    assert!(shop(&moved, "a").starts_with(&format!("ghcr.io/acme/shop:1.10.0@sha256:{NEW} by")), "{text}");
}

#[test]
fn the_digest_moves_with_the_tag_however_charts_call_and_spell_it() {
    for text in [
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  sha: {hex}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  sha: {whole}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  sha256: {hex}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  sha: {dashed}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  imageDigest: \"{dashed}\"\n",
        "image: ghcr.io/acme/shop\nimageVersion: {tag}\nimageDigest: {dashed}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  digest: {hex}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  digest: {whole}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  digest: {whole}\n  sha: {hex}\n",
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}@{whole}\n",
        "image:\n  registry: ghcr.io\n  repository: acme/shop\n  imageTag: {tag}\n  imageDigest: {whole}\n",
        "controller:\n  image:\n    registry: ghcr.io\n    image: acme/shop\n    tag: {tag}\n    digest: {whole}\n",
        "image: ghcr.io/acme/shop\nimageTag: {tag}\nimageDigest: {whole}\n",
        "image: ghcr.io/acme/shop\ntag: {tag}\nsha256: {hex}\n",
        "image: ghcr.io/acme/shop:{tag}\nimageDigest: {whole}\n",
        "registry: ghcr.io\nimage: acme/shop:{tag}\nimageDigest: {whole}\n",
        "webImage: ghcr.io/acme/shop\nwebImageTag: {tag}\nwebImageDigest: {whole}\n",
        "webImage: ghcr.io/acme/shop\nwebTag: {tag}\nwebSha: {hex}\n",
        "web_image_repository: ghcr.io/acme/shop\nweb_image_tag: {tag}\nweb_image_digest: {whole}\n",
        "imageRepository: ghcr.io/acme/shop\nimageTag: {tag}\nimageSha256: {hex}\n",
        "image.repository: ghcr.io/acme/shop\nimage.tag: {tag}\nimage.sha256: {hex}\n",
        "web.image: ghcr.io/acme/shop\nweb.tag: {tag}\nweb.imageDigest: {whole}\n",
    ] {
        check_moves("a/values.yaml", text);
    }
}

#[test]
fn the_digest_moves_with_the_tag_in_every_format() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image:\n      repository: ghcr.io/acme/shop\n      tag: {tag}\n      sha: {hex}\n";
    let source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://ghcr.io/acme/shop\n  ref:\n    tag: {tag}\n    digest: {whole}\n";
    let application = |helm: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      {helm}"
        )
    };
    let parameters = application(
        "parameters:\n        - name: image.repository\n          value: ghcr.io/acme/shop\n        - name: image.tag\n          value: '{tag}'\n        - name: image.sha256\n          value: {hex}\n",
    );
    let values = application(
        "values: |\n        image:\n          repository: ghcr.io/acme/shop\n          tag: {tag}\n          sha: {hex}\n",
    );
    let object = application(
        "valuesObject:\n        image:\n          repository: ghcr.io/acme/shop\n          tag: {tag}\n          imageDigest: {whole}\n",
    );
    for text in [release, source, &parameters, &values, &object] {
        check_moves("a/app.yaml", text);
    }
    check_moves(
        "a/.argocd-source-shop.yaml",
        "helm:\n  parameters:\n    - name: image.name\n      value: ghcr.io/acme/shop\n    - name: image.tag\n      value: {tag}\n    - name: image.sha\n      value: {hex}\n",
    );
}

/// The edit is refused at the digest that would stay.
fn check_refused(text: &str, line: usize) {
    check_refused_in("a/values.yaml", text, line);
}

fn check_refused_in(file: &str, text: &str, line: usize) {
    let text = format!("--- {file}\n{}", with(text, "1.9.0", OLD));
    let refused = set_shop(&text, "a");
    let expected = format!("{file}:{line}: `");
    assert!(
        refused.starts_with(&expected) && refused.contains("holds a digest, which would stay"),
        "{text}\n{refused}"
    );
}

/// Where charts read the digest of an image whose own mapping has a tag alone.
const AROUND: [(&str, usize); 15] = [
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\nimageDigest: {whole}\n", 4),
    ("controller:\n  digest: {whole}\n  image:\n    repository: ghcr.io/acme/shop\n    tag: {tag}\n", 2),
    ("global:\n  imageDigest: {hex}\nimage:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n", 2),
    ("global:\n  images:\n    shop: {whole}\nimage:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n", 3),
    ("digests:\n  shop: {hex}\nimage:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n", 2),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  pin:\n    sha256: {hex}\n", 5),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  digests:\n  - {whole}\n", 5),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  tagSuffix: '@{whole}'\n", 4),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  pin: '@{whole}'\n", 4),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  full: ghcr.io/acme/shop@{whole}\n", 4),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  pin: SHA256:{hex}\n", 4),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  pin: {hex}\n", 4),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  hash: \"{dashed}\"\n", 4),
    ("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\nimageDigest: {dashed}\n", 4),
    ("image.repository: ghcr.io/acme/shop\nimage.tag: {tag}\nimageDigest: {whole}\n", 3),
];

#[test]
fn a_digest_around_an_image_with_a_tag_alone_stops_the_edit() {
    for (text, line) in AROUND {
        check_refused(text, line);
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec:\n  values:\n";
        let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
        check_refused_in("a/release.yaml", &format!("{release}{indented}"), line + 5);
        let own = "--- a/kustomization.yaml\nresources: [release.yaml]\n";
        let kustomization = with(&format!("{release}{indented}{own}"), "1.9.0", OLD);
        let refused = set_shop(&format!("--- a/release.yaml\n{kustomization}"), "a");
        assert!(refused.starts_with(&format!("a/release.yaml:{}: `", line + 5)), "{text}\n{refused}");
        let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n";
        let indented: String = text.lines().map(|line| format!("        {line}\n")).collect();
        let refused = set_shop(&with(&format!("--- a/app.yaml\n{application}{indented}"), "1.9.0", OLD), "a");
        assert!(refused.contains("holds a digest, which would stay"), "{text}\n{refused}");
    }
}

/// The old digest is known from the image itself, so it is found under every name, in upper case, and in a longer text.
#[test]
fn a_known_digest_stops_the_edit_wherever_it_is() {
    let image = "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  digest: {whole}\n";
    for (text, line) in [
        ("proxy:\n  digest: {hex}\n", 6),
        ("built: { from: \"{hex}\" }\n", 5),
        ("script: |\n  pull shop@{whole}\n  run\n", 5),
        ("{hex}: shop\n", 5),
        ("pins:\n- { name: shop, digest: '{whole}' }\n", 6),
    ] {
        check_refused(&format!("{image}{text}"), line);
        check_refused(&format!("{image}{}", text.replace("{whole}", "SHA256:{hex}")), line);
    }
    let hex = "abababababababababababababababababababababababababababababababab";
    let text = format!(
        "--- a/values.yaml\nimage: {{ repository: ghcr.io/acme/shop, tag: 1.9.0, digest: 'sha256:{hex}' }}\nbuilt: {}\n",
        hex.to_uppercase()
    );
    assert!(set_shop(&text, "a").starts_with("a/values.yaml:2: `built` holds a digest"), "{text}");
}

#[test]
fn a_digest_in_another_values_file_stops_the_edit_in_its_own_file() {
    let repository = format!(
        "--- a/values.yaml\nimage: {{ repository: ghcr.io/acme/shop, tag: 1.8.0 }}\nimageDigest: {OLD_DIGEST}\n--- a/values-prod.yaml\nimage: {{ tag: 1.9.0 }}\n"
    );
    let file = |name: &str, sharing| ValuesFile { path: path(&format!("a/{name}")), sharing };
    let files =
        vec![file("values.yaml", ValuesSharing::Environments), file("values-prod.yaml", ValuesSharing::Own)];
    assert_snapshot!(diff_at(&repository, "a", ImageDiscovery::Values(files)), @"a/values.yaml:2: `imageDigest` holds a digest, which would stay when the tag changes; write it beside the tag as `digest`, name it and the tag with `set` in the configuration, or delete it");
}

#[test]
fn a_tag_beside_a_whole_reference_moves_along() {
    check_moves("a/values.yaml", "image: ghcr.io/acme/shop:{tag}\nimageTag: {tag}\nimageDigest: {whole}\n");
    check_moves("a/values.yaml", "webImage: ghcr.io/acme/shop:{tag}@{whole}\nwebTag: {tag}\n");
    let other = "--- a/values.yaml\nimage: ghcr.io/acme/shop:1.9.0\nimageTag: 1.8.0\n";
    assert_snapshot!(shop(other, "a"), @"a/values.yaml:2: `ghcr.io/acme/shop:1.8.0` is written here, but `ghcr.io/acme/shop:1.9.0` in a/values.yaml:1; write the same in both places");
    let label = "--- a/values.yaml\nimage: ghcr.io/acme/shop:1.9.0\ntag: blue\n";
    assert_snapshot!(set_shop(label, "a"), @"
    a/values.yaml
    -image: ghcr.io/acme/shop:1.9.0
    +image: ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
}

#[test]
fn a_digest_under_an_unknown_name_stops_the_edit() {
    check_refused("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  hash: {hex}\n", 4);
    check_refused("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  pinned: {hex}\n", 4);
    check_refused("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  pinned: {whole}\n", 4);
    check_refused(
        "image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  digest: {whole}\n  suffix: '@{whole}'\n",
        5,
    );
    check_refused("image: ghcr.io/acme/shop:{tag}@{whole}\nbuiltFrom: {hex}\n", 2);
    check_refused("webImage: ghcr.io/acme/shop\nwebTag: {tag}\nwebHash: {hex}\n", 3);
    check_refused("image.repository: ghcr.io/acme/shop\nimage.tag: {tag}\nimage.hash: {hex}\n", 3);
    let text = with("image:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n  hash: {hex}\n", "1.9.0", OLD);
    assert_snapshot!(set_shop(&format!("--- a/values.yaml\n{text}"), "a"), @"a/values.yaml:4: `hash` holds a digest, which would stay when the tag beside it changes; write it beside the tag as `digest`, name it and the tag with `set` in the configuration, or delete it");
}

/// Values that hold 64 hexadecimal digits and are not about this image.
#[test]
fn other_digits_beside_an_image_stop_nothing() {
    for text in [
        format!(
            "image:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n  digest: {OLD_DIGEST}\n  digestChroot: sha256:{OTHER}\n"
        ),
        format!(
            "image:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n  sha: 4f2e8a1\n  note: built from {OTHER}\n"
        ),
        format!("image: ghcr.io/acme/shop:1.9.0\nsessionSecret: {OTHER}\n"),
        format!("image.repository: ghcr.io/acme/shop\nimage.tag: 1.9.0\nproxy.image.hash: {OTHER}\n"),
        format!(
            "image: ghcr.io/acme/shop:1.9.0\nproxyImage: ghcr.io/acme/proxy:1\nproxyImageDigest: sha256:{OTHER}\n"
        ),
        format!("image: {{repository: ghcr.io/acme/shop, tag: 1.9.0}}\nproxy: {{digest: {OTHER}}}\n"),
        format!(
            "image: {{repository: ghcr.io/acme/shop, tag: 1.9.0}}\nproxy: {{digest: 'sha256:{OTHER}'}}\n"
        ),
        format!("image: ghcr.io/acme/shop:1.9.0\nproxy: {{digest: {OTHER}}}\n"),
        format!(
            "image: {{repository: ghcr.io/acme/shop, tag: 1.9.0}}\nproxy: {{repository: ghcr.io/acme/proxy, digest: 'sha256:{OTHER}'}}\n"
        ),
        format!(
            "image: {{repository: ghcr.io/acme/shop, tag: 1.9.0}}\nimages: [{{name: proxy, digest: 'sha256:{OTHER}'}}]\n"
        ),
        format!(
            "image: {{repository: ghcr.io/acme/shop, tag: 1.9.0}}\nplugins: [{{url: 'https://a.test/x', sha256: {OTHER}}}]\n"
        ),
        format!("image: {{repository: ghcr.io/acme/shop, tag: 1.9.0}}\nconfigChecksum: {OTHER}\n"),
        // Two images may have one digest.
        format!(
            "image: {{repository: ghcr.io/acme/shop, tag: 1.9.0, digest: 'sha256:{OTHER}'}}\nworker: {{image: {{repository: ghcr.io/acme/worker, tag: 1.9.0, digest: 'sha256:{OTHER}'}}}}\n"
        ),
        format!(
            "image: ghcr.io/acme/shop:1.9.0@sha256:{OTHER}\nworkerImage: ghcr.io/acme/worker:1.9.0@sha256:{OTHER}\nproxy: {{repository: ghcr.io/acme/proxy, digest: 'sha256:{OTHER}'}}\n"
        ),
    ] {
        let diff = set_shop(&format!("--- a/values.yaml\n{text}"), "a");
        let added: Vec<&str> = diff.lines().filter(|line| line.starts_with('+')).collect();
        let kept = |line: &&str| line.contains(OTHER) && !line.contains("ghcr.io/acme/shop");
        assert!(!added.is_empty() && !added.iter().any(kept), "{text}\n{diff}");
    }
}

#[test]
fn a_marked_tag_beside_a_digest_without_a_marker_is_refused() {
    let marked = |digest: &str| {
        format!(
            "--- c/a.yaml\nimage:\n  tag: 1.9.0 # {{\"$imagepolicy\": \"flux-system:shop:tag\"}}\n  {digest}\n"
        )
    };
    assert_snapshot!(marked_diff(&marked(&format!("digest: {OLD_DIGEST}")), "c"), @"c/a.yaml:3: `digest` holds a digest, which would stay when the tag beside it changes; give it a marker that ends with `:digest`, or delete it");
    let both = marked(&format!("sha: {OLD} # {{\"$imagepolicy\": \"flux-system:shop:digest\"}}"));
    assert_snapshot!(marked_diff(&both, "c"), @r#"
    c/a.yaml
    -  tag: 1.9.0 # {"$imagepolicy": "flux-system:shop:tag"}
    -  sha: 2222222222222222222222222222222222222222222222222222222222222222 # {"$imagepolicy": "flux-system:shop:digest"}
    +  tag: 1.10.0 # {"$imagepolicy": "flux-system:shop:tag"}
    +  sha: "1111111111111111111111111111111111111111111111111111111111111111" # {"$imagepolicy": "flux-system:shop:digest"}
    "#);
    let template =
        marked(&format!("digest: {OLD_DIGEST}\n{{{{ end }}}}")).replace("image:", "{{ if .x }}\nimage:");
    assert_snapshot!(marked_diff(&template, "c"), @"c/a.yaml:4: `digest` holds a digest, which would stay when the tag beside it changes; give it a marker that ends with `:digest`, or delete it");
    let other_item = "--- c/a.yaml\n{{ if .x }}\n- tag: 1.9.0 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n- digest: sha256:".to_owned() + OTHER + "\n";
    assert_snapshot!(marked_diff(&other_item, "c"), @r#"
    c/a.yaml
    -- tag: 1.9.0 # {"$imagepolicy": "flux-system:shop:tag"}
    +- tag: 1.10.0 # {"$imagepolicy": "flux-system:shop:tag"}
    "#);
}

#[test]
fn a_declared_tag_beside_a_digest_that_is_not_declared_is_refused() {
    let declared = |paths: &[&str]| {
        let scalar =
            |path: &&str| DeclaredScalar { file: "a/x.yaml".parse().unwrap(), path: (*path).to_owned() };
        let text = format!("--- a/x.yaml\nimage:\n  tag: 1.9.0\n  hash: {OLD}\n");
        diff_at(&text, "a", ImageDiscovery::Declared(paths.iter().map(scalar).collect()))
    };
    assert_snapshot!(declared(&["image.tag"]), @"a/x.yaml:3: `hash` holds a digest, which would stay when the tag beside it changes; name it in `set`, too, or delete it");
    assert_snapshot!(declared(&["image.tag", "image.hash"]), @r#"
    a/x.yaml
    -  tag: 1.9.0
    -  hash: 2222222222222222222222222222222222222222222222222222222222222222
    +  tag: 1.10.0
    +  hash: "1111111111111111111111111111111111111111111111111111111111111111"
    "#);
}

#[test]
fn a_tag_of_64_digits_is_a_tag() {
    let text = format!("--- a/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: {OTHER}\n");
    assert_snapshot!(set_shop(&text, "a"), @"
    a/values.yaml
    -  tag: 3333333333333333333333333333333333333333333333333333333333333333
    +  tag: 1.10.0
    ");
}

#[test]
fn an_alias_is_changed_at_its_anchor_where_nothing_else_uses_that() {
    let ours = "--- a/values.yaml\nversion: &ver 1.9.0\nweb:\n  image: { repository: ghcr.io/acme/shop, tag: *ver }\nworker:\n  image: { repository: ghcr.io/acme/shop, tag: *ver }\n";
    assert_snapshot!(shop(ours, "a"), @"ghcr.io/acme/shop:1.9.0 by a/values.yaml:1");
    assert_snapshot!(set_shop(ours, "a"), @"
    a/values.yaml
    -version: &ver 1.9.0
    +version: &ver 1.10.0
    ");
    let first = "--- a/values.yaml\nweb:\n  image: { repository: ghcr.io/acme/shop, tag: &ver 1.9.0 }\nworker:\n  image: { repository: ghcr.io/acme/shop, tag: *ver }\n";
    assert_snapshot!(set_shop(first, "a"), @"
    a/values.yaml
    -  image: { repository: ghcr.io/acme/shop, tag: &ver 1.9.0 }
    +  image: { repository: ghcr.io/acme/shop, tag: &ver 1.10.0 }
    ");
    let shared = "--- a/values.yaml\nversion: &ver 1.9.0\nimage: { repository: ghcr.io/acme/shop, tag: *ver }\nproxy:\n  image: { repository: ghcr.io/acme/proxy, tag: *ver }\n";
    assert_snapshot!(set_shop(shared, "a"), @"a/values.yaml:1: the value has an anchor (`&…`), and line 4 takes it, too, for something else; write the value itself in one of the two places");
    let labelled = "--- a/values.yaml\nimage: { repository: ghcr.io/acme/shop, tag: &ver 1.9.0 }\nlabels: { version: *ver }\n";
    assert_snapshot!(set_shop(labelled, "a"), @"a/values.yaml:1: the value has an anchor (`&…`), and line 2 takes it, too, for something else; write the value itself in one of the two places");
    let of_another = "--- a/values.yaml\nproxy:\n  image: { repository: ghcr.io/acme/proxy, tag: &ver 1.9.0 }\nimage: { repository: ghcr.io/acme/shop, tag: *ver }\n";
    assert_snapshot!(set_shop(of_another, "a"), @"a/values.yaml:2: this value of `ghcr.io/acme/proxy` has an anchor (`&…`), and line 3 takes it, too; write the value itself in both places");
    let of_chart = "--- a/values.yaml\nredis: { version: &ver 1.9.0, enabled: true }\nimage: { repository: ghcr.io/acme/shop, tag: *ver }\n";
    assert_snapshot!(set_shop(of_chart, "a"), @"a/values.yaml:1: line 2 is an alias of this value (`&…`), and what else reads the value is not known; write the value itself in both places, or define the anchor at the top of the file");
    let in_release = "--- a/hr.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec:\n  values:\n    redis: { version: &ver 1.9.0 }\n    image: { repository: ghcr.io/acme/shop, tag: *ver }\n";
    assert_snapshot!(set_shop(in_release, "a"), @"a/hr.yaml:6: line 7 is an alias of this value (`&…`), and what else reads the value is not known; write the value itself in both places, or define the anchor at the top of the file");
    for defined in [
        "global: { shop: &ver 1.9.0 }",
        "shopVersion: &ver 1.9.0",
        "imageTag: &ver 1.9.0",
        "x-tags: [&ver 1.9.0]",
        "_versions: { shop: { tag: &ver 1.9.0 } }",
    ] {
        let text = of_chart.replace("redis: { version: &ver 1.9.0, enabled: true }", defined);
        let edited = set_shop(&text, "a");
        assert!(edited.contains("&ver 1.10.0"), "{edited}");
    }
    for other in [
        "global: { redis: { version: &ver 1.9.0 } }",
        "global: { redisVersion: &ver 1.9.0 }",
        "postgresVersion: &ver 1.9.0",
        "versions: { redis: &ver 1.9.0 }",
        "replicas: &ver 1.9.0",
        "labels: { &ver 1.9.0: x }",
    ] {
        let refused =
            set_shop(&of_chart.replace("redis: { version: &ver 1.9.0, enabled: true }", other), "a");
        assert!(refused.contains("what else reads the value is not known"), "{other}: {refused}");
    }
    let release = in_release.replace("redis: { version: &ver 1.9.0 }", "version: &ver 1.9.0");
    assert_snapshot!(set_shop(&release, "a"), @"
    a/hr.yaml
    -    version: &ver 1.9.0
    +    version: &ver 1.10.0
    ");
    let manifest = "--- a/pod.yaml\napiVersion: v1\nkind: Pod\nspec:\n  initContainers:\n    - image: &shop ghcr.io/acme/shop:1.9.0\n  containers:\n    - image: *shop\n";
    assert_snapshot!(set_shop(manifest, "a"), @"
    a/pod.yaml
    -    - image: &shop ghcr.io/acme/shop:1.9.0
    +    - image: &shop ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    let digest = format!(
        "--- a/values.yaml\nd: &d {OLD}\nimage: {{ repository: ghcr.io/acme/shop, tag: 1.9.0, sha: *d }}\n"
    );
    assert_snapshot!(set_shop(&digest, "a"), @r#"
    a/values.yaml
    -d: &d 2222222222222222222222222222222222222222222222222222222222222222
    -image: { repository: ghcr.io/acme/shop, tag: 1.9.0, sha: *d }
    +d: &d "1111111111111111111111111111111111111111111111111111111111111111"
    +image: { repository: ghcr.io/acme/shop, tag: 1.10.0, sha: *d }
    "#);
}
