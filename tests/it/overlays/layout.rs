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
    Selected { containers: Vec<(usize, Option<String>)>, kind: bool, name: &'static str },
    /// Operations; under the old key or the new one.
    Operations { operations: Vec<Operation>, old_key: bool },
    /// A directive, which nobody has to understand.
    Directive,
}

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Replace(String),
    Append(String),
    Prepend(String),
    ReplaceAll(String),
    RemoveInit,
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
    (names, body, late, chosen)
        .prop_map(|(names, body, late, (patched, replaced, transformed))| Layer {
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
        4 => (containers(), any::<bool>(), select(vec!["w0", "w.*", "w0|w1", ""]))
            .prop_map(|(containers, kind, name)| Change::Selected { containers, kind, name }),
        6 => (vec(operation(), 1..3), any::<bool>())
            .prop_map(|(operations, old_key)| Change::Operations { operations, old_key }),
        1 => Just(Change::Directive),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => image().prop_map(Operation::Replace),
        2 => image().prop_map(Operation::Append),
        2 => image().prop_map(Operation::Prepend),
        1 => image().prop_map(Operation::ReplaceAll),
        1 => Just(Operation::RemoveInit),
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
