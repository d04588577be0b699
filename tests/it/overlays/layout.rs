//! Repositories of overlays, made up at random and shrunk when they show a difference.

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;

pub(super) const DIGESTS: [&str; 2] = [
    "sha256:1111111111111111111111111111111111111111111111111111111111111111",
    "sha256:2222222222222222222222222222222222222222222222222222222222222222",
];

const NAMES: [&str; 6] = ["app", "web", "x/app", "ghcr.io/acme/app", "app-x", "localhost:5000/app"];
const PATTERNS: [&str; 8] =
    ["a.p", "app|web", "(app|web)", ".*app", "[aw].*", "x/.*", "ap{2}", "ghcr.io/.*/app"];
/// Selectors of labels; `layer` is added by [`LABELS`].
const SELECTORS: [&str; 10] = [
    "tier=web",
    "app in (w0, w2)",
    "app notin (w1)",
    "app!=w0",
    "layer",
    "!layer",
    "layer=one,tier",
    "gone",
    "layer in (two,one)",
    "app==w1, tier=web",
];
const LABELS: [&str; 5] = [
    "commonLabels: { layer: one }",
    "commonLabels: { layer: two, tier: db }",
    "labels: [{ pairs: { layer: one } }]",
    "labels: [{ pairs: { layer: two }, includeTemplates: true }]",
    "commonAnnotations: { layer: one }",
];
/// Pod specifications with directives.
const DIRECTIVES: [&str; 10] = [
    "{ containers: [{ name: c0, $patch: delete }] }",
    "{ containers: [{ name: c9, $patch: delete }] }",
    "{ containers: [{ $patch: replace }, { name: new, image: 'new:1' }] }",
    "{ containers: [{ name: c0, $patch: merge, image: 'new:1' }] }",
    "{ containers: [{ name: c0, env: [{ name: A, $patch: delete }] }] }",
    "{ containers: [{ name: c0, image: 'new:2', env: [{ $patch: replace }] }] }",
    "{ volumes: [{ name: v, $patch: delete }] }",
    "{ $patch: replace, containers: [{ name: new, image: 'new:1' }] }",
    "{ $setElementOrder/containers: [{ name: c0 }], containers: [{ name: c0, image: 'new:1' }] }",
    "{ initContainers: [{ name: i0, $patch: delete }] }",
];
/// Operations that leave images alone, or copy, move and test them.
const OPERATIONS: [&str; 12] = [
    "op: add, path: /metadata/annotations/note, value: x",
    "op: replace, path: /metadata/annotations/note, value: x",
    "op: replace, path: /spec/paused, value: true",
    "op: add, path: /spec/replicas, value: 3",
    "op: remove, path: /spec/paused",
    "op: add, path: /metadata/labels/layer, value: two",
    "op: remove, path: /metadata/labels/tier",
    "op: copy, from: LIST/0, path: LIST/-",
    "op: copy, from: LIST/0/image, path: LIST/-1/image",
    "op: add, path: LIST/-2, value: { name: new, image: 'new:3' }",
    "op: test, path: LIST/0/name, value: c0",
    "op: remove, path: LIST/-1",
];
/// Lines whose types and keys kustomize accepts or refuses.
const TYPED: [&str; 16] = [
    "imagez: []",
    "images: [{ name: app, newTag: 1.10 }]",
    "images: [{ name: app, newTag: 0x1f }]",
    "images: [{ name: app, newTag: 1e3 }]",
    "images: [{ name: app, newTag: 12:30:00 }]",
    "images: [{ name: app, newTag: ~ }]",
    "images: [{ name: app, newTag: 1_000 }]",
    "images: [{ name: app, newTag: 2024-01-01 }]",
    "images: [{ name: app, newName: n }]",
    "images: [{ name: Off, newTag: v1 }]",
    "images: [{ name: app, newTag: '0123' }]",
    "images: {}",
    "nameSuffix: 2",
    "nameSuffix: '2'",
    "sortOptions: { order: legacy, other: x }",
    "buildMetadata: []",
];
const TAGS: [&str; 5] = ["1", "2.0", "v3", "1.10", "0a1b2c3"];

/// A base with workloads, perhaps a layer in between, and one environment.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) workloads: Vec<Workload>,
    pub(super) base: Layer,
    pub(super) middle: Option<Layer>,
    pub(super) environment: Layer,
}

#[derive(Clone, Debug)]
pub(super) struct Workload {
    pub(super) kind: Kind,
    pub(super) namespace: Option<&'static str>,
    pub(super) containers: Vec<String>,
    pub(super) init: Vec<String>,
    pub(super) volume: Option<String>,
    pub(super) in_list: bool,
    /// Whether the first image is an anchor that the others repeat.
    pub(super) aliased: bool,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Deployment,
    StatefulSet,
    CronJob,
    Pod,
    Rollout,
}

/// What one kustomization does.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) namespace: bool,
    pub(super) prefix: bool,
    pub(super) components: Vec<Layer>,
    pub(super) patches: Vec<Patch>,
    pub(super) images: Vec<Entry>,
    pub(super) old_key: bool,
    pub(super) generator: bool,
    pub(super) replacements: Vec<Replacement>,
    pub(super) transformers: Vec<Transformer>,
    pub(super) configuration: Option<&'static str>,
    /// A line that adds labels or annotations, by which later patches select.
    pub(super) labels: Option<&'static str>,
    /// A line that kustomize accepts or refuses by its types and keys alone.
    pub(super) typed: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) new_name: Option<&'static str>,
    pub(super) tag: Option<&'static str>,
    pub(super) digest: Option<&'static str>,
    pub(super) suffix: Option<&'static str>,
    pub(super) odd_case: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub(super) workload: usize,
    pub(super) in_file: bool,
    pub(super) what: Change,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A merge into the workload of that name; under the old key or the new one.
    Merge { containers: Vec<(usize, Option<String>)>, old_key: bool },
    /// The same, for whatever a target selects.
    Selected {
        containers: Vec<(usize, Option<String>)>,
        kind: bool,
        name: &'static str,
        labels: Option<&'static str>,
        renames: bool,
    },
    /// Operations; under the old key or the new one.
    Operations { operations: Vec<Operation>, old_key: bool, labels: Option<&'static str> },
    /// The same with a pod specification that has a directive in it.
    Directive(&'static str),
}

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Replace(String),
    Append(String),
    Prepend(String),
    ReplaceAll(String),
    RemoveInit,
    /// One that changes no image, or copies one; the list of containers is `LIST`.
    Other(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub(super) source: Source,
    pub(super) workload: usize,
    pub(super) field: Field,
    pub(super) options: Option<i64>,
    pub(super) in_file: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Literal(&'static str),
    ConfigMap(&'static str),
    Generated,
    Workload { workload: usize, part: Option<usize> },
}

#[derive(Copy, Clone, Debug)]
pub(super) enum Field {
    First,
    Named(usize),
    Every,
}

#[derive(Clone, Debug)]
pub(super) struct Transformer {
    pub(super) entry: Entry,
    pub(super) in_file: bool,
    pub(super) fields: bool,
}

pub(super) fn layouts() -> impl Strategy<Value = Layout> {
    (vec(workload(), 1..4), layer(1), weighted(0.3, layer(1)), layer(1))
        .prop_map(|(workloads, base, middle, environment)| Layout { workloads, base, middle, environment })
}

fn image() -> impl Strategy<Value = String> {
    let tag = weighted(0.85, select(&TAGS[..]));
    (select(&NAMES[..]), tag, weighted(0.1, select(&DIGESTS[..]))).prop_map(|(name, tag, digest)| {
        let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("{name}{tag}{}", digest.map(|digest| format!("@{digest}")).unwrap_or_default())
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    use Kind::{CronJob, Deployment, Pod, Rollout, StatefulSet};
    select(vec![Deployment, Deployment, StatefulSet, CronJob, Pod, Rollout])
}

fn workload() -> impl Strategy<Value = Workload> {
    let containers = (vec(image(), 1..4), vec(image(), 0..2), weighted(0.1, image()));
    let flags = (weighted(0.1, Just("own")), prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    (kind(), containers, flags).prop_map(
        |(kind, (containers, init, volume), (namespace, in_list, aliased))| Workload {
            kind,
            namespace,
            containers,
            init,
            volume,
            in_list,
            aliased,
        },
    )
}

fn layer(depth: u32) -> BoxedStrategy<Layer> {
    let components = if depth == 0 { Just(Vec::new()).boxed() } else { vec(layer(depth - 1), 0..2).boxed() };
    let names = (prop::bool::weighted(0.15), prop::bool::weighted(0.15), components);
    let body = (vec(patch(), 0..3), vec(entry(), 0..4), prop::bool::weighted(0.05));
    let configuration = weighted(
        0.07,
        select(vec![
            "spec/template/spec/containers[]/image",
            "spec/template/spec/containers/image",
            "spec/image",
        ]),
    );
    let late = (prop::bool::weighted(0.1), vec(replacement(), 0..2), vec(transformer(), 0..2), configuration);
    let chosen = (0..10_u32, 0..10_u32, 0..10_u32);
    let lines = (weighted(0.2, select(&LABELS[..])), weighted(0.015, select(&TYPED[..])));
    (names, body, late, chosen, lines)
        .prop_map(|(names, body, late, (patched, replaced, transformed), (labels, typed))| Layer {
            namespace: names.0,
            prefix: names.1,
            components: names.2,
            patches: if patched < 5 { body.0 } else { Vec::new() },
            images: body.1,
            old_key: body.2,
            generator: late.0,
            replacements: if replaced < 3 { late.1 } else { Vec::new() },
            transformers: if transformed < 2 { late.2 } else { Vec::new() },
            configuration: late.3,
            labels,
            typed,
        })
        .boxed()
}

fn entry() -> impl Strategy<Value = Entry> {
    let name = prop_oneof![4 => select(&NAMES[..]), 1 => select(&PATTERNS[..])];
    let to = (weighted(0.3, select(&NAMES[..])), weighted(0.6, select(&TAGS[..])));
    let more = (weighted(0.15, select(&DIGESTS[..])), weighted(0.05, Just("-s")), prop::bool::weighted(0.05));
    (name, to, more).prop_map(|(name, (new_name, tag), (digest, suffix, odd_case))| Entry {
        name,
        new_name,
        tag,
        digest,
        suffix,
        odd_case,
    })
}

fn patch() -> impl Strategy<Value = Patch> {
    (0..3_usize, any::<bool>(), change()).prop_map(|(workload, in_file, what)| Patch {
        workload,
        in_file,
        what,
    })
}

fn change() -> impl Strategy<Value = Change> {
    let containers = || vec((0..4_usize, of(image())), 1..3);
    prop_oneof![
        8 => (containers(), any::<bool>()).prop_map(|(containers, old_key)| Change::Merge { containers, old_key }),
        5 => (containers(), any::<bool>(), select(vec!["w0", "w.*", "w0|w1", ""]), labels(), weighted(0.05, Just(())))
            .prop_map(|(containers, kind, name, labels, renames)| {
                Change::Selected { containers, kind, name, labels, renames: renames.is_some() }
            }),
        7 => (vec(operation(), 1..3), any::<bool>(), labels())
            .prop_map(|(operations, old_key, labels)| Change::Operations { operations, old_key, labels }),
        2 => select(&DIRECTIVES[..]).prop_map(Change::Directive),
    ]
}

fn labels() -> impl Strategy<Value = Option<&'static str>> {
    weighted(0.3, select(&SELECTORS[..]))
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => image().prop_map(Operation::Replace),
        2 => image().prop_map(Operation::Append),
        2 => image().prop_map(Operation::Prepend),
        1 => image().prop_map(Operation::ReplaceAll),
        1 => Just(Operation::RemoveInit),
        4 => select(&OPERATIONS[..]).prop_map(Operation::Other),
    ]
}

fn replacement() -> impl Strategy<Value = Replacement> {
    let source = prop_oneof![
        2 => (select(&TAGS[..]).prop_map(Source::Literal), Just(Some(1))),
        2 => (Just(Source::ConfigMap("tag")), Just(Some(1))),
        2 => (Just(Source::ConfigMap("image")), Just(None)),
        1 => (Just(Source::Generated), Just(Some(1))),
        1 => (0..3_usize).prop_map(|workload| (Source::Workload { workload, part: None }, None)),
        1 => (0..3_usize).prop_map(|workload| (Source::Workload { workload, part: Some(1) }, Some(1))),
        1 => (select(&TAGS[..]).prop_map(Source::Literal), of(-1..3_i64)),
    ];
    let field = prop_oneof![Just(Field::First), (0..2_usize).prop_map(Field::Named), Just(Field::Every)];
    (source, 0..3_usize, field, prop::bool::weighted(0.2)).prop_map(
        |((source, options), workload, field, in_file)| Replacement {
            source,
            workload,
            field,
            options,
            in_file,
        },
    )
}

fn transformer() -> impl Strategy<Value = Transformer> {
    (entry(), any::<bool>(), any::<bool>()).prop_map(|(entry, in_file, fields)| Transformer {
        entry,
        in_file,
        fields,
    })
}
