//! A digest with a scalar of its own changes with the tag, or the edit is refused; it never stays behind.

use insta::assert_snapshot;

use super::fixture::{OLD_DIGEST, diff, diff_at, marked_diff, set_shop, shop, to};
use crate::model::{DeclaredScalar, Finding};

/// New digits, which no reader takes for a number.
const NEW: &str = "abababababababababababababababababababababababababababababababab";
/// The digits of [`OLD_DIGEST`].
const OLD: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const OTHER: &str = "3333333333333333333333333333333333333333333333333333333333333333";

/// A file in which `{tag}`, `{whole}` and `{hex}` stand for the tag, the digest and its digits.
fn with(text: &str, tag: &str, digits: &str) -> String {
    let whole = format!("sha256:{digits}");
    text.replace("{tag}", tag).replace("{whole}", &whole).replace("{hex}", digits)
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
        let held =
            templates.iter().filter(|line| ["{tag}", "{whole}", "{hex}"].iter().any(|at| line.contains(at)));
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
    let text = format!("--- a/values.yaml\n{}", with(text, "1.9.0", OLD));
    let refused = set_shop(&text, "a");
    let expected = format!("a/values.yaml:{line}: `");
    assert!(
        refused.starts_with(&expected) && refused.contains("holds a digest, which would stay"),
        "{text}\n{refused}"
    );
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
    assert_snapshot!(set_shop(&format!("--- a/values.yaml\n{text}"), "a"), @"a/values.yaml:4: `hash` holds a digest, which would stay when the tag beside it changes; call it `digest`, name it and the tag with `set` in the configuration, or delete it");
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
    ] {
        let diff = set_shop(&format!("--- a/values.yaml\n{text}"), "a");
        assert!(diff.contains("\n+") && !diff.contains(OTHER), "{text}\n{diff}");
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
        diff_at(&text, "a", Finding::Declared(paths.iter().map(scalar).collect()))
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
