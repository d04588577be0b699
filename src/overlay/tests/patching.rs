//! Patches and replacements: whom they select, and what their operations and directives do. Each case was rendered by
//! kustomize 5.7.

use super::fixture::{shown, tree};
use crate::overlay::resolve;

const DEPLOYMENT: &str = "\
--- d.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: w0, labels: { app: a, tier: web }, annotations: { note: 'x y', count: '1' } }
spec:
  replicas: 1
  template:
    spec:
      containers:
      - { name: c, image: 'app:1', env: [{ name: A, value: x }] }
      - { name: d, image: 'app:2' }
      volumes: [{ name: v, emptyDir: {} }]
";

/// What a kustomization over the deployment runs, with `?` behind it where something is not certain.
fn runs(lines: &str) -> String {
    let repository = format!("{DEPLOYMENT}--- kustomization.yaml\nresources: [d.yaml]\n{lines}");
    match resolve(&tree(&repository), &super::fixture::path("").into()) {
        Ok(found) => {
            let images = found.uses.iter().map(|found| found.reference.to_string());
            let notes = found.uncertain.iter().map(|note| format!("? {}", note.why));
            images.chain(notes).collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    }
}

/// An operation that replaces the first image, for a target.
fn hit(target: &str) -> String {
    format!(
        "patches:\n- target: {{ {target} }}\n  patch: |-\n    - {{ op: replace, path: /spec/template/spec/containers/0/image, value: 'hit:1' }}\n"
    )
}

fn selects(target: &str) -> bool {
    match runs(&hit(target)).as_str() {
        "hit:1 app:2" => true,
        "app:1 app:2" => false,
        other => panic!("{target}: {other}"),
    }
}

#[test]
fn label_selectors_are_evaluated() {
    for (selector, expected) in [
        ("app=a", true),
        ("app == a", true),
        ("app!=a", false),
        ("nope!=b", true),
        ("app in (a,b)", true),
        ("app in (b)", false),
        ("app in ()", false),
        ("app in (,a)", true),
        ("nope notin (b)", true),
        ("app notin (a)", false),
        ("app", true),
        ("nope", false),
        ("!app", false),
        ("! nope", true),
        ("app=a,tier=web", true),
        ("app=a, tier=x", false),
        ("app=", false),
        ("app > 1", false),
        ("app.io/x=1", false),
        ("APP=a", false),
        ("in=a", false),
        (" app=a ", true),
        ("", true),
    ] {
        assert_eq!(selects(&format!("labelSelector: '{selector}'")), expected, "{selector}");
    }
    for (selector, expected) in [
        ("note", true),
        ("count=1", true),
        ("count>0", true),
        ("count<1", false),
        ("note=x", false),
        ("!note", false),
    ] {
        assert_eq!(selects(&format!("annotationSelector: '{selector}'")), expected, "{selector}");
    }
}

#[test]
fn a_selector_that_kustomize_refuses_is_refused() {
    for selector in [
        "app in a",
        "app=a,",
        ",",
        "app=a tier=web",
        "app exists",
        "app=b|a",
        "app=a-",
        "a=b=c",
        "app=a)",
        "app in (a",
    ] {
        let said = runs(&hit(&format!("labelSelector: '{selector}'")));
        assert!(
            said.starts_with("kustomization.yaml:3: `labelSelector` is not a selector: "),
            "{selector}: {said}"
        );
    }
}

#[test]
fn labels_count_for_what_comes_behind_them() {
    let late = "patchesJson6902:\n- target: { kind: Deployment, version: v1, name: w0, labelSelector: new=x }\n  patch: |-\n    - { op: replace, path: /spec/template/spec/containers/0/image, value: 'hit:1' }\n";
    for labels in ["commonLabels: { new: x }\n", "labels: [{ pairs: { new: x } }]\n"] {
        assert_eq!(runs(&format!("{labels}{}", hit("labelSelector: new=x"))), "app:1 app:2", "{labels}");
        assert_eq!(runs(&format!("{labels}{late}")), "hit:1 app:2", "{labels}");
    }
    let by_annotation = late.replace("labelSelector", "annotationSelector");
    assert_eq!(runs(&format!("commonAnnotations: {{ new: x }}\n{by_annotation}")), "hit:1 app:2");
    let patch = "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: { name: w0, labels: { app: null, tier: 5 } }\n";
    let then = hit("labelSelector: '!app,tier=5'").replace("patches:\n", "");
    assert_eq!(runs(&format!("{patch}{then}")), "hit:1 app:2");
}

/// What one operation makes of the deployment.
fn operation(text: &str) -> String {
    runs(&format!("patches:\n- target: {{ kind: Deployment }}\n  patch: |-\n    - {{ {text} }}\n"))
}

#[test]
fn operations_do_what_kustomize_makes_of_them() {
    let list = "/spec/template/spec/containers";
    let added = "value: { name: n, image: 'n:1' }";
    for (text, expected) in [
        ("op: replace, path: /spec/foo, value: 3", "app:1 app:2"),
        ("op: replace, path: /metadata/annotations/foo, value: x", "app:1 app:2"),
        ("op: add, path: /metadata/annotations/foo, value: x", "app:1 app:2"),
        ("op: add, path: spec/foo, value: 3", "app:1 app:2"),
        ("op: add, path: /spec/foo", "app:1 app:2"),
        ("op: test, path: /spec/replicas, value: 1", "app:1 app:2"),
        ("op: test, path: /spec/foo, value: null", "app:1 app:2"),
        ("op: copy, path: /spec/x, from: /spec/foo", "app:1 app:2"),
        ("op: copy, path: LIST/-, from: LIST/0", "app:1 app:2 app:1"),
        ("op: move, path: LIST/0/foo, from: LIST/0/image", "app:2"),
        ("op: add, path: LIST/2, ADDED", "app:1 app:2 n:1"),
        ("op: add, path: LIST/-1, ADDED", "app:1 app:2 n:1"),
        ("op: add, path: LIST/-2, ADDED", "app:1 n:1 app:2"),
        ("op: add, path: LIST/-3, ADDED", "n:1 app:1 app:2"),
        ("op: replace, path: LIST/-2/image, value: 'n:1'", "n:1 app:2"),
        ("op: replace, path: LIST/00/image, value: 'n:1'", "n:1 app:2"),
        ("op: remove, path: LIST/-1", "app:1"),
        ("op: replace, path: LIST/0/image, value: null", "app:2"),
    ] {
        let text = text.replace("LIST", list).replace("ADDED", added);
        assert_eq!(operation(&text), expected, "{text}");
    }
}

#[test]
fn operations_that_kustomize_refuses_are_named() {
    for text in [
        "op: replace, path: /spec/foo/bar, value: 3",
        "op: add, path: /metadata/finalizers/foo, value: x",
        "op: add, path: /spec/foo/bar, value: x",
        "op: add, path: /spec/template/metadata/annotations/foo, value: x",
        "op: add, path: /metadata/annotations/foo/bar, value: x",
        "op: remove, path: /spec/foo",
        "op: remove, path: /metadata/annotations/foo",
        "op: move, path: /spec/x, from: /spec/foo",
        "op: test, path: /spec/replicas, value: 2",
        "op: replace, path: /spec/template/spec/containers/-, value: x",
        "op: add, path: /spec/template/spec/containers/3, value: x",
        "op: foo, path: /spec/replicas, value: 1",
    ] {
        assert!(operation(text).contains("? "), "{text}: {}", operation(text));
    }
}

/// What a merge into the pod's spec makes of the deployment.
fn merged(spec: &str) -> String {
    let head = "apiVersion: apps/v1\n    kind: Deployment\n    metadata: { name: w0 }\n    spec:";
    runs(&format!("patches:\n- patch: |-\n    {head} {{ template: {{ spec: {spec} }} }}\n"))
}

#[test]
fn directives_do_what_kustomize_makes_of_them() {
    for (spec, expected) in [
        ("{ containers: [{ name: c, $patch: delete }] }", "app:2"),
        ("{ containers: [{ name: zz, $patch: delete }] }", "app:1 app:2"),
        ("{ containers: [{ name: e, image: 'e:1' }, { $patch: replace }] }", "e:1"),
        ("{ containers: [{ name: c, $patch: merge, image: 'n:1' }] }", "n:1 app:2"),
        ("{ containers: [{ name: c, $patch: delete }, { name: e, image: 'e:1' }] }", "e:1 app:2"),
        ("{ containers: [{ name: c, env: [{ name: A, $patch: delete }] }] }", "app:1 app:2"),
        ("{ containers: [{ name: c, env: [{ $patch: replace }, { name: Z, value: z }] }] }", "app:1 app:2"),
        ("{ containers: [{ name: c, ports: [{ containerPort: 80, $patch: delete }] }] }", "app:1 app:2"),
        ("{ volumes: [{ name: v, $patch: delete }] }", "app:1 app:2"),
        ("{ $patch: replace, containers: [{ name: z, image: 'z:1' }] }", "z:1"),
        ("{ $patch: delete }", ""),
        ("{ $patch: merge, containers: [{ name: c, image: 'z:1' }] }", "z:1 app:2"),
        (
            "{ $setElementOrder/containers: [{ name: d }, { name: c }], containers: [{ name: c, image: 'z:1' }] }",
            "z:1 app:2",
        ),
        ("{ ephemeralContainers: [{ name: c, $patch: delete }] }", "app:1 app:2"),
        ("{ containers: [] }", "app:1 app:2"),
        ("{ containers: null }", ""),
    ] {
        assert_eq!(merged(spec), expected, "{spec}");
    }
}

#[test]
fn what_directives_mean_is_not_guessed() {
    insta::assert_snapshot!(merged("{ containers: [{ name: c, $patch: replace, image: 'n:1' }] }"), @"app:1 app:2 ? this item of `patches` is not evaluated: an item of a list has `$patch: replace`");
    insta::assert_snapshot!(merged("{ containers: [{ name: c, $patch: foo }] }"), @"app:1 app:2 ? this item of `patches` is not evaluated: it holds a `$patch` that kustomize does not know");
    insta::assert_snapshot!(merged("{ containers: [{ image: 'z:1' }] }"), @"app:1 app:2 ? this item of `patches` is not evaluated: a list has items without names of their own");
}

#[test]
fn options_of_a_patch_let_it_change_name_and_kind() {
    let patch = |options: &str, then: &str| {
        let body = "apiVersion: apps/v1\n    kind: StatefulSet\n    metadata: { name: other }\n    spec: { template: { spec: { containers: [{ name: d, image: 'd:1' }] } } }";
        let first = format!(
            "patches:\n- target: {{ kind: Deployment }}\n  options: {{ {options} }}\n  patch: |-\n    {body}\n"
        );
        runs(&format!(
            "{first}{}",
            hit(then).replace("patches:\n", "").replace("containers/0", "containers/1")
        ))
    };
    assert_eq!(patch("allowNameChange: true", "name: other"), "d:1 hit:1");
    assert_eq!(patch("allowNameChange: true", "name: w0"), "d:1 hit:1");
    assert_eq!(patch("allowNameChange: false", "name: other"), "d:1 app:1");
    assert_eq!(patch("allowKindChange: true", "kind: StatefulSet"), "d:1 hit:1");
    assert_eq!(patch("allowKindChange: true", "kind: Deployment"), "d:1 app:1");
}

#[test]
fn replacements_select_and_reject_by_labels() {
    let replaced = |select: &str, reject: &str| {
        runs(&format!(
            "replacements:\n- sourceValue: 'hit:1'\n  targets:\n  - select: {{ {select} }}\n    reject: [{reject}]\n    fieldPaths: [spec.template.spec.containers.0.image]\n"
        ))
    };
    for (select, reject, expected) in [
        ("kind: Deployment, labelSelector: app=a", "", "hit:1 app:2"),
        ("kind: Deployment, labelSelector: app=b", "", "app:1 app:2"),
        ("labelSelector: app=a", "", "hit:1 app:2"),
        ("annotationSelector: count=1", "", "hit:1 app:2"),
        ("kind: Deployment", "{ labelSelector: app=a }", "app:1 app:2"),
        ("kind: Deployment", "{ labelSelector: app=b }", "hit:1 app:2"),
        ("kind: Deployment", "{ labelSelector: app=a, name: zzz }", "app:1 app:2"),
        ("kind: Deployment", "{ labelSelector: app=b, name: w0 }", "app:1 app:2"),
        ("kind: Deployment", "{}", "hit:1 app:2"),
    ] {
        assert_eq!(replaced(select, reject), expected, "{select} but {reject}");
    }
}

#[test]
fn entries_of_lower_levels_show_what_a_remote_base_holds() {
    let repository = "\
--- base/kustomization.yaml
resources: ['https://example.org/app//deploy?ref=v1']
images:
- { name: app, newName: x/app, newTag: '1' }
- { name: web, newTag: '2' }
--- own/kustomization.yaml
resources: [../base]
images:
- { name: x/app, newTag: '3' }
";
    insta::assert_snapshot!(shown(repository, "base"), @"
    web:2 by base/kustomization.yaml:4 (images)
    x/app:1 by base/kustomization.yaml:3 (images)
    ? base/kustomization.yaml:1: `https://example.org/app//deploy?ref=v1` lies in another place, which is not read
    ");
    insta::assert_snapshot!(shown(repository, "own"), @"
    web:2 by base/kustomization.yaml:4 (images)
    x/app:3 by own/kustomization.yaml:3 (images)
    ? base/kustomization.yaml:1: `https://example.org/app//deploy?ref=v1` lies in another place, which is not read
    ");
}

#[test]
fn an_entry_that_matches_nothing_is_said_to_be_unused() {
    let unused = |repository: &str, folder: &str| {
        let found = resolve(&tree(repository), &super::fixture::path(folder).into()).unwrap();
        let unused = found.unused.iter().map(|entry| format!("{}:{} {}", entry.file, entry.line, entry.name));
        unused.collect::<Vec<_>>()
    };
    let own = "resources: [d.yaml]\nimages:\n- { name: app, newName: x/app }\n- { name: x/app, newTag: '1' }\n- { name: gone, newTag: '1' }\n- { newTag: '1' }\n";
    let repository = format!("{DEPLOYMENT}--- kustomization.yaml\n{own}");
    assert_eq!(unused(&repository, ""), ["kustomization.yaml:5 gone", "kustomization.yaml:6 "]);
    let remote = repository.replace("[d.yaml]", "[d.yaml, 'https://example.org/x?ref=1']");
    assert_eq!(unused(&remote, ""), ["kustomization.yaml:6 "; 0]);
    let component = format!(
        "{repository}--- own/kustomization.yaml\nresources: [../d.yaml]\ncomponents: [../part]\n--- part/kustomization.yaml\nkind: Component\nimages: [{{ name: other, newTag: '1' }}]\n"
    );
    assert_eq!(unused(&component, "own"), [""; 0]);
}
