//! Images that markers of Flux name, and scalars that the configuration declares.

use insta::assert_snapshot;

use super::fixture::{OLD_DIGEST, diff_at, marked_diff};
use crate::model::{DeclaredScalar, ImageDiscovery};

const MARKED: &str = "\
--- clusters/dev/shop/app.yaml
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - image: ghcr.io/acme/shop:1.9.0 # {\"$imagepolicy\": \"flux-system:shop\"}
        - image: ghcr.io/acme/other:1.0.0 # {\"$imagepolicy\": \"flux-system:other\"}
--- clusters/dev/values.yaml
image:
  repository: ghcr.io/acme/shop # {\"$imagepolicy\": \"flux-system:shop:name\"}
  tag: 1.9.0 #{\"$imagepolicy\":\"flux-system:shop:tag\", \"by\": \"us\"}
--- clusters/dev/template.yaml
{{ if .x }}
tag: \"1.9.0\" ## {\"$imagepolicy\": \"flux-system:shop:tag\"}
{{ end }}
";

#[test]
fn markers_of_a_policy_are_found_in_all_files_below() {
    assert_snapshot!(marked_diff(MARKED, "clusters/dev"), @r#"
    clusters/dev/shop/app.yaml
    -        - image: ghcr.io/acme/shop:1.9.0 # {"$imagepolicy": "flux-system:shop"}
    +        - image: ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111 # {"$imagepolicy": "flux-system:shop"}
    clusters/dev/template.yaml
    -tag: "1.9.0" ## {"$imagepolicy": "flux-system:shop:tag"}
    +tag: "1.10.0" ## {"$imagepolicy": "flux-system:shop:tag"}
    clusters/dev/values.yaml
    -  tag: 1.9.0 #{"$imagepolicy":"flux-system:shop:tag", "by": "us"}
    +  tag: 1.10.0 #{"$imagepolicy":"flux-system:shop:tag", "by": "us"}
    "#);
}

#[test]
fn a_marker_on_the_line_above_counts_too() {
    let text = "--- c/a.yaml\n- # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n  tag: 1.9.0\n# {\"$imagepolicy\": \"flux-system:shop:digest\"}\n- digest: ''\n";
    assert_snapshot!(marked_diff(text, "c"), @"
    c/a.yaml
    -- digest: ''
    +- digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111'
    ");
}

#[test]
fn a_marker_that_says_nothing_is_named() {
    for marker in [
        "see {\"$imagepolicy\": \"flux-system:shop\"}",
        "{\"$imagepolicy\": \"flux-system:shop\", \"n\": 1}",
        "{\"$imagepolicy\": \"shop\"}",
        "{\"$imagepolicy\": \"flux-system:shop:version\"}",
    ] {
        let text = format!("--- c/a.yaml\nimage: ghcr.io/acme/shop:1.9.0 # {marker}\n");
        assert!(marked_diff(&text, "c").contains("c/a.yaml:1: the marker"), "{}", marked_diff(&text, "c"));
    }
}

/// The diff that sets the shop to 1.10.0 at declared scalars.
fn declared_diff(repository: &str, scalars: &[(&str, &str)]) -> String {
    let scalar = |(file, path): &(&str, &str)| DeclaredScalar {
        file: file.parse().unwrap(),
        path: (*path).to_owned(),
    };
    diff_at(repository, "a", ImageDiscovery::Declared(scalars.iter().map(scalar).collect()))
}

#[test]
fn declared_scalars_hold_a_tag_a_digest_or_a_reference() {
    let text = format!(
        "--- a/x.yaml\nversions: [ {{ shop: 1.9.0 }}, \"2\" ]\n\"a.b\":\n  digest: {OLD_DIGEST}\n--- b/y.yaml\nref: ghcr.io/acme/shop:1.9.0\n"
    );
    let scalars = [("a/x.yaml", "versions[0].shop"), ("a/x.yaml", "\"a.b\".digest"), ("b/y.yaml", "ref")];
    assert_snapshot!(declared_diff(&text, &scalars), @r#"
    a/x.yaml
    -versions: [ { shop: 1.9.0 }, "2" ]
    +versions: [ { shop: 1.10.0 }, "2" ]
    -  digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    b/y.yaml
    -ref: ghcr.io/acme/shop:1.9.0
    +ref: ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn a_declared_scalar_that_is_not_there_is_named() {
    assert_snapshot!(declared_diff("--- a/x.yaml\ntag: 1\n", &[("a/x.yaml", "image.tag")]), @"a: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (a/x.yaml:1: the declared path `image.tag`: there is no key `image` here; check the path, or add it by hand); correct `set` in the configuration, which names `image.tag` in a/x.yaml, or add the scalar there");
    assert_snapshot!(declared_diff("--- a/x.yaml\ntag: 1\n", &[("a/y.yaml", "image.tag")]), @"a/y.yaml: this is not a file; put a file there, or correct the path in the configuration");
}

#[test]
fn a_marker_or_a_declared_path_that_leads_nowhere_says_so() {
    let values = "--- a/values.yaml\nimage: { tag: 1.9.0 }\n";
    assert_snapshot!(marked_diff(values, "a"), @r#"a: the image `ghcr.io/acme/shop` is nowhere in this overlay; no scalar in it has the marker `flux-system:shop`: write `# {"$imagepolicy": "flux-system:shop:tag"}` behind the scalar that holds the tag, or correct `marker` in the configuration"#);
    let declared =
        DeclaredScalar { file: "a/values.yaml".parse().unwrap(), path: "image.version".to_owned() };
    let said = diff_at(values, "a", ImageDiscovery::Declared(vec![declared]));
    assert!(said.contains("a/values.yaml:1: the declared path `image.version`: "), "{said}");
    assert!(said.ends_with("; correct `set` in the configuration, which names `image.version` in a/values.yaml, or add the scalar there"), "{said}");
}
