//! Which values and keys of a kustomization are accepted: our reading against the real kustomize, one by one.

use std::fs;

use towpath::model::RepositoryPath;
use towpath::overlay;

use super::property::tree;
use super::rendered::Files;
use crate::support::kubectl;

/// How many kustomizes run at once.
const WORKERS: usize = 4;

/// Plain scalars of every type that YAML 1.1 has, and texts that look like them.
pub(super) const SCALARS: &str = "\
1.10 | 1. | .5 | 20240101 | 0123 | 089 | 0x1f | 0X1F | 0b101 | 0B101 | 0b102 | 0o17 | 0O17 | 0o8 | \
1_000 | 1.5_0 | 0_x1 | 1__ | _1 | -_1 | 0x_ | 0x | 1e3 | 1.2e5 | 1e+3 | 1E-3 | 12e34567 | 1e309 | \
1e-400 | 1e | 1.e3 | .5_0 | .1_ | .5e1000 | 0xffffffffffffffffff | 0777777777777777777777777 | \
99999999999999999999 | -1 | +1 | -0x1 | +.5 | --1 | 190:20:30 | 1:30 | 12:30:00 | y | Y | n | yes | No | \
ON | oFF | true | True | tRUE | FALSE | null | Null | NULL | nULL | ~ | .inf | -.Inf | +.INF | .nan | \
.NaN | -.nan | inf | NaN | 2024-01-01 | 2024-1-1 | 2024-01-01T00:00:00Z | '1.10' | \"y\" | \
>-\n    1.10 | !!str 1.10 | !!str y | !!str null | ! 1.10 | &a 1.10 | &a !!str 1.10 | !!int '5' | \
!!bool 'true' | !!float '5' | latest | 1.0.0 | 4f2e8a1 | 1.10-alpine | = |  | '' | v1";

/// Lines of a kustomization: wrong types, unknown keys, keys of another case, and what is accepted beside them.
const LINES: [&str; 56] = [
    "imagez: []",
    "imagez:",
    "Images: []",
    "images:",
    "images: {}",
    "images: ''",
    "images: [null]",
    "images: [[]]",
    "images: [app]",
    "images: [{ newTag: '2' }]",
    "images: [{ name: app, tag: '2' }]",
    "images: [{ NAME: app, newtag: '2' }]",
    "images: [{ name: y, newTag: '2' }]",
    "images: [{ name: app, newName: on }]",
    "images: [{ name: app, digest: 1e3 }]",
    "images: [{ name: app, newTag: [a] }]",
    "namespace: 1",
    "namespace: []",
    "namespace:",
    "namePrefix: 0x1f",
    "nameSuffix: off",
    "apiVersion: v1",
    "apiVersion: kustomize.config.k8s.io/v1alpha1",
    "kind: Foo",
    "kind: 1",
    "metadata: { name: x, foo: y }",
    "metadata: x",
    "metadata: { name: 'x', labels: { a: 1.0 } }",
    "labels: [{ pairs: { a: 1 } }]",
    "labels: [{ pairs: { a: yes } }]",
    "labels: [{ pairs: { a: b }, includeSelectors: 'true' }]",
    "labels: [{ pairs: { a: b }, includeSelectors: yes, includeTemplates: Off }]",
    "labels: [{ pairs: { a: b }, fieldSpecs: [] }]",
    "commonLabels: { a: 1 }",
    "commonLabels: [a]",
    "commonAnnotations: { a: 1.5 }",
    "commonAnnotations: { a: '1.5' }",
    "replicas: [{ name: w0, count: '3' }]",
    "replicas: [{ name: w0, count: 3.5 }]",
    "replicas: [{ name: w0, count: 1e1 }]",
    "patches: [p.yaml]",
    "patches: {}",
    "patchesStrategicMerge: [1]",
    "components: 5",
    "crds: [1.5]",
    "sortOptions: { order: legacy, foo: 1 }",
    "buildMetadata: originAnnotations",
    "buildMetadata: [originAnnotations]",
    "generatorOptions: { disableNameSuffixHash: 'x' }",
    "generatorOptions: { disableNameSuffixHash: on }",
    "configMapGenerator: [{ name: a, literals: [1] }]",
    "configMapGenerator: [{ name: a, literals: [a=1], type: Opaque }]",
    "secretGenerator: [{ name: a, literals: [a=1], type: Opaque }]",
    "inventory: {}",
    "1: x",
    "helmGlobals: { chartHome: x, configHome: n }",
];

/// What is tried, and the kustomization that tries it.
fn cases() -> Vec<String> {
    let scalars = SCALARS.split(" | ").map(|scalar| format!("images:\n- name: app\n  newTag: {scalar}"));
    let lines = LINES.iter().map(|line| (*line).to_owned());
    scalars.chain(lines).collect()
}

fn files(lines: &str) -> Files {
    let pod = "spec: { containers: [{ name: c, image: 'app:1' }] }";
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: w0 }}\nspec: {{ template: {{ {pod} }} }}\n"
    );
    let own = format!("resources: [pod.yaml]\n{lines}\n");
    [("pod.yaml", manifest), ("kustomization.yaml", own)].map(|(path, text)| (path.to_owned(), text)).into()
}

/// Why we differ from kustomize about a kustomization; `None` where we do not.
fn difference(lines: &str) -> Option<String> {
    let files = files(lines);
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in &files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let built = kubectl::build(folder.path());
    let found = overlay::resolve(&tree(&files), &RepositoryPath::new("").unwrap().into());
    match (&built, &found) {
        (Err(_), Err(_)) => None,
        (Err(refusal), Ok(_)) => Some(format!("{lines}\n  kustomize refuses it: {refusal}")),
        (Ok(_), Err(refusal)) => Some(format!("{lines}\n  we refuse it: {refusal}")),
        (Ok(text), Ok(found)) => {
            let shown = found.uses.iter().map(|found| found.reference.to_string());
            let unseen: Vec<String> = shown.filter(|image| !text.contains(image)).collect();
            (!unseen.is_empty()).then(|| format!("{lines}\n  we show {unseen:?}; kustomize renders\n{text}"))
        }
    }
}

#[test]
fn accepts_the_values_and_keys_that_kustomize_accepts() {
    let cases = cases();
    let differences = std::thread::scope(|scope| {
        let share = cases.len().div_ceil(WORKERS);
        let work = |share: &[String]| share.iter().filter_map(|lines| difference(lines)).collect::<Vec<_>>();
        let workers: Vec<_> = cases.chunks(share).map(|share| scope.spawn(move || work(share))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
