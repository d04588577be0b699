//! The tag is written where it stands, where only this environment reaches that place.

use super::fixture::{DIGEST, OLD_DIGEST, diff_beside, image, overlays, path, to, tree};
use crate::model::{ImageDiscovery, Location};
use crate::overlay::{Resolver, SetTo, set_image};

/// A base whose deployment has a name, so that patches find it.
const BASE: &str = "\
--- base/kustomization.yaml
resources: [deployment.yaml]
--- base/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  template:
    spec:
      containers:
        - name: shop
          image: ghcr.io/acme/shop:0.1.0
        - name: proxy
          image: envoy:1.30
";

const VERSION: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  template:
    spec:
      containers:
        - name: shop # ours
";

fn diff(repository: &str, to: &SetTo) -> String {
    diff_beside(repository, &overlays(repository, &["production"]), to)
}

/// Checks the diff that sets the shop in production, which is the only folder that Towpath manages.
#[track_caller]
fn check(rest: &str, expected: &str) {
    let repository = format!("{BASE}{rest}");
    let (expected, one) = (expected.replace("DIGEST", DIGEST), to("1.10.0", DIGEST));
    assert_eq!(diff(&repository, &one), expected, "in\n{rest}");
}

/// As [`check`], with the tag alone.
#[track_caller]
fn check_tag(rest: &str, expected: &str) {
    let repository = format!("{BASE}{rest}");
    assert_eq!(diff(&repository, &to("1.10.0", "")), expected, "in\n{rest}");
}

const OWN_ENTRY: &str = "\
production/kustomization.yaml
+images:
+- name: ghcr.io/acme/shop
+  newTag: 1.10.0
+  digest: DIGEST
";

#[test]
fn a_patch_file_is_edited_where_it_sets_the_tag() {
    let kustomization = "--- production/kustomization.yaml\nresources: [../base]\npatches: [path: version.yml]\n--- production/version.yml\n";
    let check_line = |line: &str, old: &str, new: &str| {
        check(
            &format!("{kustomization}{VERSION}{line}"),
            &format!("production/version.yml\n-{old}\n+{new}\n"),
        );
    };
    check_line(
        "          image: ghcr.io/acme/shop:1.9.0 # by hand\n",
        "          image: ghcr.io/acme/shop:1.9.0 # by hand",
        "          image: ghcr.io/acme/shop:1.10.0@DIGEST # by hand",
    );
    check_line(
        "          image: \"ghcr.io/acme/shop:1.9.0\"\n",
        "          image: \"ghcr.io/acme/shop:1.9.0\"",
        "          image: \"ghcr.io/acme/shop:1.10.0@DIGEST\"",
    );
    check_line(
        &format!("          image: 'ghcr.io/acme/shop:1.9.0@{OLD_DIGEST}'\n"),
        &format!("          image: 'ghcr.io/acme/shop:1.9.0@{OLD_DIGEST}'"),
        "          image: 'ghcr.io/acme/shop:1.10.0@DIGEST'",
    );
}

#[test]
fn an_old_style_patch_is_edited_too() {
    check(
        &format!(
            "--- production/kustomization.yaml\nbases: [../base]\npatchesStrategicMerge: [version.yml]\n--- production/version.yml\n{VERSION}          image: ghcr.io/acme/shop:1.9.0\n"
        ),
        "production/version.yml\n-          image: ghcr.io/acme/shop:1.9.0\n+          image: ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
}

#[test]
fn an_inline_patch_is_edited_in_its_block() {
    let head = "--- production/kustomization.yaml\nresources: [../base]\npatches:\n";
    check(
        &format!(
            "{head}- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{ name: shop }}\n    spec: {{ template: {{ spec: {{ containers: [ {{ name: shop, image: 'ghcr.io/acme/shop:1.9.0' }} ] }} }} }}\n"
        ),
        "production/kustomization.yaml\n-    spec: { template: { spec: { containers: [ { name: shop, image: 'ghcr.io/acme/shop:1.9.0' } ] } } }\n+    spec: { template: { spec: { containers: [ { name: shop, image: 'ghcr.io/acme/shop:1.10.0@DIGEST' } ] } } }\n",
    );
    check(
        &format!(
            "{head}- target: {{ kind: Deployment }}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: ghcr.io/acme/shop:1.9.0\n"
        ),
        "production/kustomization.yaml\n-      value: ghcr.io/acme/shop:1.9.0\n+      value: ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
    check(
        &format!(
            "{head}- target: {{ kind: Deployment }}\n  patch: '[{{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"ghcr.io/acme/shop:1.9.0\"}}]'\n"
        ),
        "production/kustomization.yaml\n-  patch: '[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"ghcr.io/acme/shop:1.9.0\"}]'\n+  patch: '[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"ghcr.io/acme/shop:1.10.0@DIGEST\"}]'\n",
    );
}

#[test]
fn operations_in_a_json_file_are_edited() {
    check(
        "--- production/kustomization.yaml\nresources: [../base]\npatchesJson6902:\n- target: { group: apps, version: v1, kind: Deployment, name: shop }\n  path: version.json\n--- production/version.json\n[\n  { \"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"ghcr.io/acme/shop:1.9.0\" }\n]\n",
        "production/version.json\n-  { \"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"ghcr.io/acme/shop:1.9.0\" }\n+  { \"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/image\", \"value\": \"ghcr.io/acme/shop:1.10.0@DIGEST\" }\n",
    );
}

#[test]
fn a_manifest_of_its_own_and_a_base_in_its_folder_are_edited() {
    check(
        &format!(
            "--- production/kustomization.yaml\nresources: [shop.yaml]\n--- production/shop.yaml\n{VERSION}          image: ghcr.io/acme/shop:1.9.0\n"
        ),
        "production/shop.yaml\n-          image: ghcr.io/acme/shop:1.9.0\n+          image: ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
    let below = BASE.replace("--- base/", "--- production/base/");
    let repository = format!("{below}--- production/kustomization.yaml\nresources: [base]\n");
    assert_eq!(
        diff(&repository, &to("1.10.0", "")),
        "production/base/deployment.yaml\n-          image: ghcr.io/acme/shop:0.1.0\n+          image: ghcr.io/acme/shop:1.10.0\n"
    );
}

/// An object of Argo CD or Flux, or a person, may deploy the base as it is, which no kustomization says.
#[test]
fn a_base_beside_the_environment_stays_as_it_is() {
    check("--- production/kustomization.yaml\nresources: [../base]\n", OWN_ENTRY);
    let layer = "--- layer/kustomization.yaml\nresources: [../base]\npatches: [path: version.yml]\n--- layer/version.yml\n";
    let own = "--- production/kustomization.yaml\nresources: [../layer]\n";
    check(&format!("{own}{layer}{VERSION}          image: ghcr.io/acme/shop:1.9.0\n"), OWN_ENTRY);
}

#[test]
fn a_base_that_another_environment_deploys_itself_stays_as_it_is() {
    let repository =
        format!("{BASE}--- production/kustomization.yaml\nresources: [../base]\n").replace("DIGEST", DIGEST);
    let own_entry = OWN_ENTRY.replace("DIGEST", DIGEST);
    let wanted = to("1.10.0", DIGEST);
    let by_kustomize = overlays(&repository, &["production", "base"]);
    assert_eq!(diff_beside(&repository, &by_kustomize, &wanted), own_entry);
    let declared = ImageDiscovery::Declared(vec![]);
    for finding in [ImageDiscovery::Marker("flux-system:shop".parse().unwrap()), declared] {
        let mut resolver = Resolver::default();
        let tree = tree(&repository);
        resolver.resolve(&tree, &path("production").into()).unwrap();
        let _may_be_empty = resolver.resolve(&tree, &Location { path: path("base"), finding });
        assert_eq!(diff_beside(&repository, &resolver.overlays(), &wanted), own_entry);
    }
}

#[test]
fn every_place_that_sets_the_tag_is_edited() {
    check(
        &format!(
            "--- production/kustomization.yaml\nresources: [../base]\npatches: [path: version.yml, path: init.yml]\n--- production/version.yml\n{VERSION}          image: ghcr.io/acme/shop:1.9.0\n--- production/init.yml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: shop }}\nspec: {{ template: {{ spec: {{ initContainers: [ {{ name: init, image: 'ghcr.io/acme/shop:1.8.0' }} ] }} }} }}\n"
        )
        .replace("[path: version.yml, path: init.yml]", "[ { path: version.yml }, { path: init.yml } ]"),
        "production/init.yml\n-spec: { template: { spec: { initContainers: [ { name: init, image: 'ghcr.io/acme/shop:1.8.0' } ] } } }\n+spec: { template: { spec: { initContainers: [ { name: init, image: 'ghcr.io/acme/shop:1.10.0@DIGEST' } ] } } }\nproduction/version.yml\n-          image: ghcr.io/acme/shop:1.9.0\n+          image: ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
}

#[test]
fn a_transformer_is_edited_in_its_file_and_in_its_block() {
    let body = "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: { name: t }\nimageTag:\n  name: ghcr.io/acme/shop\n  newTag: 1.9.0\n";
    check(
        &format!(
            "--- production/kustomization.yaml\nresources: [../base]\ntransformers: [tag.yaml]\n--- production/tag.yaml\n{body}"
        ),
        "production/tag.yaml\n-  newTag: 1.9.0\n+  newTag: 1.10.0\n+  digest: DIGEST\n",
    );
    let block: String = body.lines().map(|line| format!("  {line}\n")).collect();
    check(
        &format!("--- production/kustomization.yaml\nresources: [../base]\ntransformers:\n- |-\n{block}"),
        "production/kustomization.yaml\n-    newTag: 1.9.0\n+    newTag: 1.10.0\n+    digest: DIGEST\n",
    );
}

const REPLACED: &str = "\
replacements:
- source: { kind: ConfigMap, name: versions, fieldPath: data.shop }
  targets:
  - select: { kind: Deployment }
    fieldPaths: [spec.template.spec.containers.0.image]
";

#[test]
fn the_source_of_a_replacement_is_edited() {
    let literal = |value: &str| {
        format!(
            "--- production/kustomization.yaml\nresources: [../base]\nconfigMapGenerator:\n- name: versions\n  literals:\n  - shop={value}\n{REPLACED}"
        )
    };
    check(
        &literal("ghcr.io/acme/shop:1.9.0"),
        "production/kustomization.yaml\n-  - shop=ghcr.io/acme/shop:1.9.0\n+  - shop=ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
    let options = "    options: { delimiter: ':', index: 1 }\n";
    check_tag(
        &format!("{}{options}", literal("1.9.0")),
        "production/kustomization.yaml\n-  - shop=1.9.0\n+  - shop=1.10.0\n",
    );
    check(
        &format!(
            "--- production/kustomization.yaml\nresources: [../base, versions.yaml]\n{REPLACED}{options}--- production/versions.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: versions\n  annotations: {{ config.kubernetes.io/local-config: 'true' }}\ndata: {{ shop: 1.9.0 }}\n"
        ),
        "production/versions.yaml\n-data: { shop: 1.9.0 }\n+data: { shop: \"1.10.0@DIGEST\" }\n",
    );
    check(
        &format!(
            "--- production/kustomization.yaml\nresources: [../base]\n{}{options}",
            REPLACED.replace(
                "source: { kind: ConfigMap, name: versions, fieldPath: data.shop }",
                "sourceValue: 1.9.0"
            )
        ),
        "production/kustomization.yaml\n-- sourceValue: 1.9.0\n+- sourceValue: 1.10.0@DIGEST\n",
    );
}

#[test]
fn a_version_that_others_may_read_gets_no_digest_and_takes_no_label_along() {
    let literal = "--- production/kustomization.yaml\nresources: [../base]\nconfigMapGenerator:\n- name: versions\n  literals: [shop=1.9.0]\n";
    let options = "    options: { delimiter: ':', index: 1 }\n";
    let refused = "production/kustomization.yaml:6: this replacement sets `ghcr.io/acme/shop` after the `images` of production/kustomization.yaml; set it where the trail of `towpath images --trail` ends";
    let way_out = "where the replacement sets the tag alone, write tags without digests with `write: tag` on the service";
    check(&format!("{literal}{REPLACED}{options}"), &format!("{refused}; {way_out}"));
    let label = "  - select: { kind: Deployment }\n    fieldPaths: [metadata.name]\n";
    check_tag(&format!("{literal}{REPLACED}{options}{label}"), refused);
}

#[test]
fn an_anchor_keeps_the_patch_as_it_is() {
    let patch = "--- production/kustomization.yaml\nresources: [../base]\npatches: [path: version.yml]\n--- production/version.yml\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop, annotations: { image: *image } }\n";
    let patch = patch.replace(
        "annotations: { image: *image }",
        "annotations: { image: &image 'ghcr.io/acme/shop:1.9.0' }",
    );
    check(
        &format!(
            "{patch}spec: {{ template: {{ spec: {{ containers: [ {{ name: shop, image: *image }} ] }} }} }}\n"
        ),
        OWN_ENTRY,
    );
}

#[test]
fn a_copy_of_the_image_moves_with_it() {
    check(
        &format!(
            "--- production/kustomization.yaml\nresources: [../base, other.yaml]\npatches: [path: version.yml]\nreplacements:\n- source: {{ kind: Deployment, name: shop, fieldPath: spec.template.spec.containers.0.image }}\n  targets:\n  - select: {{ kind: ConfigMap }}\n    fieldPaths: [data.image]\n--- production/other.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: other }}\ndata: {{ image: none }}\n--- production/version.yml\n{VERSION}          image: ghcr.io/acme/shop:1.9.0\n"
        ),
        "production/version.yml\n-          image: ghcr.io/acme/shop:1.9.0\n+          image: ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
}

/// A folder that Towpath does not manage and that leads to the patch, or may.
#[test]
fn a_file_to_which_another_kustomization_leads_stays_as_it_is() {
    let production = format!(
        "--- production/kustomization.yaml\nresources: [../base]\ncomponents: [../release]\n--- release/kustomization.yaml\nkind: Component\npatches: [path: version.yml]\n--- release/version.yml\n{VERSION}          image: ghcr.io/acme/shop:1.9.0\n"
    );
    check(
        &production,
        "release/version.yml\n-          image: ghcr.io/acme/shop:1.9.0\n+          image: ghcr.io/acme/shop:1.10.0@DIGEST\n",
    );
    for other in [
        "--- qa/kustomization.yaml\nresources: [../base]\ncomponents: [../release/]\n",
        "--- qa/kustomization.yaml\nresources: [../base]\npatches: [path: ../release/version.yml]\n",
        "--- qa/kustomization.yml\nresources: [../base]\ncomponents: ['https://example.com/acme/deploy//release?ref=main']\n",
        "--- qa/kustomization.yaml\nconfigMapGenerator: [ { name: a, files: [v=../release/version.yml] } ]\n",
        "--- qa/kustomization.yaml\nresources: [../{{ .Values.component }}]\n# release\n- {{ x }}\n",
        "--- qa/more/Kustomization\ncomponents: [../../wrapper]\n--- wrapper/kustomization.yaml\nkind: Component\ncomponents: [../release]\n",
        "--- qa/version.yml -> link\n../release/version.yml\n",
    ] {
        check(&format!("{production}{other}"), OWN_ENTRY);
    }
    for other in [
        "--- qa/kustomization.yaml\nresources: [../base]\npatches: [path: version.yml]\n--- qa/version.yml\na: 1\n",
        "--- AGENTS.md -> link\nREADME.md\n",
        "--- charts/kustomization.yaml\na: {{ .Values.name }}\n",
    ] {
        check(
            &format!("{production}{other}"),
            "release/version.yml\n-          image: ghcr.io/acme/shop:1.9.0\n+          image: ghcr.io/acme/shop:1.10.0@DIGEST\n",
        );
    }
}

#[test]
fn a_kustomization_that_was_not_read_is_asked_for() {
    let repository = format!(
        "{BASE}--- production/kustomization.yaml\nresources: [../base]\npatches: [path: version.yml]\n--- production/version.yml\n{VERSION}          image: ghcr.io/acme/shop:1.9.0\n--- qa/kustomization.yaml\nresources: [../base]\n"
    );
    let whole = tree(&repository);
    let mut partial = crate::model::Tree::new(whole.commit().clone(), whole.entries().clone());
    for (path, entry) in whole.entries().iter().filter(|(path, _)| !path.as_str().starts_with("qa/")) {
        partial.add_blob(entry.blob, whole.read(path).unwrap().into());
    }
    let known = overlays(&repository, &["production"]);
    let shop = image("ghcr.io/acme/shop");
    let asked = set_image(&partial, &known, &path("production").into(), &shop, &to("1.10.0", DIGEST));
    assert_eq!(
        asked,
        Err(crate::overlay::OverlayError::Missing(crate::model::Missing(
            [path("qa/kustomization.yaml")].into()
        )))
    );
}
