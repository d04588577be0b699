//! How often an overlay is doubtful or an edit refused, on folders as real repositories have them.
//!
//! The features and how often each is there follow a count over 3,217 kustomizations of public config repositories.

use towpath::model::{ImageName, Location, RepositoryPath, Tag};
use towpath::overlay::{self, Overlays, SetTo};

use super::property::tree;
use super::rendered::{Files, render};
use super::written::ENVIRONMENT;

/// How many folders are made.
const FOLDERS: usize = 1_000;
/// Every how many folders one is compared with kustomize.
const COMPARED_EVERY: usize = 10;
/// Of a thousand folders that can be read, how many may be doubtful.
const DOUBTFUL_MAX: usize = 10;
/// Of a thousand edits, how many may be refused.
const REFUSED_MAX: usize = 10;

/// Lines of the environment's kustomization, and of how many folders one has them.
const FEATURES: [(usize, &str); 20] = [
    (3, "namespace: production"),
    (11, "namePrefix: p-"),
    (5, "labels:\n- pairs: { team: shop }\n  includeSelectors: false"),
    (13, "commonAnnotations: { note: x }"),
    (10, "components: [../part]"),
    (17, "configMapGenerator:\n- { name: env, literals: [A=1] }"),
    (71, "configurations: [names.yaml]"),
    (151, "vars:\n- { name: NAME, objref: { apiVersion: v1, kind: Service, name: app } }"),
    (
        250,
        "replacements:\n- source: { kind: Service, name: app }\n  targets:\n  - { select: { kind: Deployment }, fieldPaths: [metadata.annotations.host], options: { create: true } }",
    ),
    (
        211,
        "transformers:\n- |-\n  apiVersion: builtin\n  kind: AnnotationsTransformer\n  metadata: { name: a }\n  annotations: { b: c }\n  fieldSpecs: [{ path: metadata/annotations, create: true }]",
    ),
    (23, "replicas: [{ name: app, count: 3 }]"),
    (30, "sortOptions: { order: fifo }"),
    (41, "generatorOptions: { disableNameSuffixHash: true }"),
    (67, "nameSuffix: -x"),
    (83, "buildMetadata: [originAnnotations]"),
    (97, "secretGenerator:\n- { name: s, literals: [B=2] }"),
    (101, "openapi: {}"),
    (127, "crds: []"),
    (163, "helmGlobals: { chartHome: charts }"),
    (181, "commonLabels: { app.kubernetes.io/part-of: shop }"),
];

/// Items of the environment's `patches`, and of how many folders one has them.
const PATCHES: [(usize, &str); 14] = [
    (9, "- path: memory.yaml"),
    (
        31,
        "- target: { kind: Deployment, labelSelector: 'app=shop' }\n  patch: |-\n    - { op: add, path: /spec/replicas, value: 2 }",
    ),
    (
        61,
        "- target: { labelSelector: 'tier in (web, db)' }\n  patch: |-\n    - { op: add, path: /metadata/annotations/note, value: x }",
    ),
    (67, "- target: { annotationSelector: 'gone' }\n  patch: |-\n    - { op: remove, path: /spec }"),
    (
        19,
        "- target: { kind: Deployment, name: app }\n  patch: |-\n    - { op: add, path: /metadata/annotations/note, value: x }",
    ),
    (
        29,
        "- target: { kind: Deployment }\n  patch: |-\n    - { op: replace, path: /spec/paused, value: true }",
    ),
    (
        37,
        "- target: { kind: Service }\n  patch: |-\n    - { op: replace, path: /spec/type, value: LoadBalancer }",
    ),
    (
        53,
        "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: { name: app }\n    spec: { template: { spec: { containers: [{ name: app, env: [{ name: DEBUG, $patch: delete }] }] } } }",
    ),
    (
        59,
        "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: { name: app }\n    spec: { template: { spec: { containers: [{ name: proxy, $patch: delete }] } } }",
    ),
    (
        73,
        "- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: { name: app }\n    $patch: delete",
    ),
    (79, "- target: { kind: Deployment }\n  options: { allowNameChange: true }\n  path: memory.yaml"),
    (
        89,
        "- target: { kind: Deployment, name: app }\n  patch: |-\n    - { op: test, path: /metadata/name, value: app }\n    - { op: add, path: /spec/template/spec/containers/0/env/-, value: { name: E, value: e } }",
    ),
    (
        103,
        "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: { name: app }\n    spec: { strategy: { $patch: replace, type: Recreate } }",
    ),
    (
        109,
        "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: { name: app }\n    spec: { template: { spec: { containers: [{ name: app, image: 'ghcr.io/acme/shop:2.0' }] } } }",
    ),
];

const MANIFEST: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: app, labels: { app: shop, tier: web } }
spec:
  template:
    spec:
      containers:
      - { name: app, image: 'ghcr.io/acme/shop:1.0', env: [{ name: DEBUG, value: 'on' }] }
      - { name: proxy, image: 'envoyproxy/envoy:v1.30.1' }
---
apiVersion: v1
kind: Service
metadata: { name: app, labels: { app: shop } }
spec: { type: ClusterIP }
";

const MEMORY: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: app }
spec: { template: { spec: { containers: [{ name: app, resources: { limits: { memory: 1Gi } } }] } } }
";

/// Which of the features a folder has. They coincide as often as their frequencies say.
fn chosen<'a>(features: &'a [(usize, &str)], folder: usize) -> impl Iterator<Item = &'a str> {
    let has = move |(index, (every, _)): &(usize, &(usize, &str))| (folder + index).is_multiple_of(*every);
    features.iter().enumerate().filter(has).map(|(_, (_, line))| *line)
}

/// One folder, and whether part of it lies elsewhere.
fn folder(index: usize) -> (Files, bool) {
    let is_remote = index % 20 == 7;
    let base = if is_remote {
        "resources: ['https://github.com/acme/shop//deploy?ref=v1']\nimages:\n- { name: ghcr.io/acme/shop, newTag: '1.0' }\n"
    } else {
        "resources: [app.yaml]\n"
    };
    let mut own = "resources: [../base]\n".to_owned();
    let mut add = |line: &str| own.push_str(&format!("{line}\n"));
    chosen(&FEATURES, index).for_each(&mut add);
    let patches: Vec<&str> = chosen(&PATCHES, index).collect();
    if !patches.is_empty() {
        add("patches:");
        patches.into_iter().for_each(&mut add);
    }
    if index % 4 == 1 {
        add("images:\n- name: ghcr.io/acme/shop\n  newTag: '1.1'");
    }
    let names = "namePrefix:\n- { path: metadata/name }\n";
    let part = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: { kind: Deployment }\n  patch: |-\n    - { op: add, path: /metadata/annotations/part, value: x }\n";
    let files = [
        ("base/app.yaml", MANIFEST),
        ("base/kustomization.yaml", base),
        ("part/kustomization.yaml", part),
        ("environment/memory.yaml", MEMORY),
        ("environment/names.yaml", names),
        ("environment/kustomization.yaml", &own),
    ];
    (files.map(|(path, text)| (path.to_owned(), text.to_owned())).into(), is_remote)
}

/// What came of all folders.
#[derive(Debug, Default)]
struct Shares {
    folders: usize,
    doubtful: usize,
    edits: usize,
    refused: usize,
    reasons: std::collections::BTreeMap<String, usize>,
}

impl Shares {
    fn look(&mut self, files: &Files, is_remote: bool) {
        let tree = tree(files);
        let location: Location = RepositoryPath::new(ENVIRONMENT).unwrap().into();
        let found = overlay::resolve(&tree, &location).unwrap();
        self.folders += 1;
        let is_about_remote = |limit: overlay::Limit| is_remote && limit == overlay::Limit::Remote;
        let doubts = found.uncertain.iter().filter(|note| !is_about_remote(note.limit));
        let doubts: Vec<String> = doubts.map(|note| note.why.clone()).collect();
        self.doubtful += usize::from(!doubts.is_empty());
        doubts.into_iter().for_each(|why| *self.reasons.entry(why).or_default() += 1);
        let images: std::collections::BTreeSet<ImageName> =
            found.uses.iter().map(|found| found.reference.image.clone()).collect();
        for image in &images {
            let to = SetTo { tag: Some(Tag::new("9.9").unwrap()), digest: None };
            self.edits += 1;
            if let Err(error) = overlay::set_image(&tree, &Overlays::default(), &location, image, &to) {
                self.refused += 1;
                *self.reasons.entry(error.to_string()).or_default() += 1;
            }
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the shares are what one wants to know of this test")]
fn few_folders_are_doubtful_and_few_edits_refused() {
    let made: Vec<(Files, bool)> = (0..FOLDERS).map(folder).collect();
    let mut shares = Shares::default();
    made.iter().for_each(|(files, is_remote)| shares.look(files, *is_remote));
    let Shares { folders, doubtful, edits, refused, reasons } = &shares;
    println!("doubtful: {doubtful} of {folders} folders; refused: {refused} of {edits} edits; {reasons:#?}");
    assert!(doubtful * 1_000 <= folders * DOUBTFUL_MAX, "{shares:#?}");
    assert!(refused * 1_000 <= edits * REFUSED_MAX, "{shares:#?}");
}

#[test]
fn the_folders_render_as_they_are_read() {
    let local = (0..FOLDERS).step_by(COMPARED_EVERY).map(folder).filter(|(_, is_remote)| !is_remote);
    let made: Vec<Files> = local.map(|(files, _)| files).collect();
    for (files, outcome) in made.iter().zip(render(&made)) {
        let rendered = outcome.unwrap_or_else(|refusal| panic!("{refusal}\n{files:#?}"));
        let found =
            overlay::resolve(&tree(files), &RepositoryPath::new(ENVIRONMENT).unwrap().into()).unwrap();
        let mut shown: Vec<String> = found.uses.iter().map(|found| found.reference.to_string()).collect();
        shown.sort();
        assert_eq!(shown, rendered, "{files:#?}");
    }
}
