//! Layouts as files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{
    Change, Entry, Field, Kind, Layer, Layout, Operation, Patch, Replacement, Source, Transformer, Workload,
};

/// The folder of the environment.
pub(super) const ENVIRONMENT: &str = "environment";

/// Every file of a layout, by its path.
pub(super) fn files(layout: &Layout) -> BTreeMap<String, String> {
    let mut writer = Writer { layout, files: BTreeMap::new(), resources: Vec::new() };
    let mut resources = vec!["config.yaml".to_owned()];
    writer.add("base/config.yaml", CONFIG);
    for (index, workload) in layout.workloads.iter().enumerate() {
        writer.add(&format!("base/w{index}.yaml"), &manifest(workload, index));
        resources.push(format!("w{index}.yaml"));
    }
    writer.layer("base", &layout.base, &resources, false);
    let mut below = "../base".to_owned();
    if let Some(middle) = &layout.middle {
        writer.layer("middle", middle, &[below], false);
        below = "../middle".to_owned();
    }
    writer.layer(ENVIRONMENT, &layout.environment, &[below], false);
    writer.files
}

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config }\ndata: { tag: config-tag, image: 'x/app:7' }\n";

struct Writer<'a> {
    layout: &'a Layout,
    files: BTreeMap<String, String>,
    resources: Vec<String>,
}

impl Kind {
    const fn api(self) -> (&'static str, &'static str) {
        match self {
            Self::Deployment => ("apps/v1", "Deployment"),
            Self::StatefulSet => ("apps/v1", "StatefulSet"),
            Self::CronJob => ("batch/v1", "CronJob"),
            Self::Pod => ("v1", "Pod"),
            Self::Rollout => ("argoproj.io/v1alpha1", "Rollout"),
        }
    }

    /// The keys above the containers.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Deployment | Self::StatefulSet | Self::Rollout => &["spec", "template", "spec"],
            Self::CronJob => &["spec", "jobTemplate", "spec", "template", "spec"],
            Self::Pod => &["spec"],
        }
    }

    fn wrap(self, inner: &str) -> String {
        let keys = self.keys();
        let open: String = keys.iter().map(|key| format!("{{ {key}: ")).collect();
        format!("{open}{inner}{}", " }".repeat(keys.len()))
            .trim_start_matches("{ spec: ")
            .trim_end()
            .trim_end_matches('}')
            .to_owned()
    }
}

fn head(kind: Kind, index: usize, namespace: Option<&str>) -> String {
    let (api, kind) = kind.api();
    let namespace = namespace.map(|name| format!(", namespace: {name}")).unwrap_or_default();
    format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{ name: w{index}{namespace} }}\n")
}

/// The head of a manifest: with labels, unlike that of a patch.
fn labelled(kind: Kind, index: usize, namespace: Option<&str>) -> String {
    let labels = format!("labels: {{ app: w{index}, tier: web }}");
    head(kind, index, namespace).replace(" }\n", &format!(", {labels} }}\n"))
}

fn manifest(workload: &Workload, index: usize) -> String {
    let first = workload.containers.first().cloned().unwrap_or_default();
    let container = |(at, image): (usize, &String)| {
        let image = match at {
            0 if workload.aliased => format!("&first '{first}'"),
            _ if workload.aliased => "*first".to_owned(),
            _ => format!("'{image}'"),
        };
        format!("{{ name: c{at}, image: {image} }}")
    };
    let containers: Vec<String> = workload.containers.iter().enumerate().map(container).collect();
    let mut inner = format!("{{ containers: [{}]", containers.join(", "));
    if !workload.init.is_empty() {
        let init = workload.init.iter().enumerate();
        let init: Vec<String> =
            init.map(|(at, image)| format!("{{ name: i{at}, image: '{image}' }}")).collect();
        write!(inner, ", initContainers: [{}]", init.join(", ")).unwrap();
    }
    if let Some(image) = &workload.volume {
        write!(inner, ", volumes: [{{ name: v, image: {{ reference: '{image}' }} }}]").unwrap();
    }
    let spec = workload.kind.wrap(&format!("{inner} }}"));
    let text = format!("{}spec: {spec}\n", labelled(workload.kind, index, workload.namespace));
    if !workload.in_list {
        return text;
    }
    let item: String = text.lines().map(|line| format!("  {line}\n")).collect();
    format!("apiVersion: v1\nkind: List\nitems:\n-{}", item.strip_prefix(' ').unwrap())
}

impl Writer<'_> {
    fn add(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }

    fn layer(&mut self, folder: &str, layer: &Layer, resources: &[String], is_component: bool) {
        let mut text = String::new();
        if is_component {
            // Without a word that means something kustomize takes a component for empty.
            text.push_str("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
            text.push_str("generatorOptions: { disableNameSuffixHash: true }\n");
        }
        list(&mut text, "resources", resources);
        let mut components = Vec::new();
        for (index, component) in layer.components.iter().enumerate() {
            let path = format!("{folder}-component-{index}");
            self.layer(&path, component, &[], true);
            components.push(format!("../{path}"));
        }
        list(&mut text, "components", &components);
        if layer.namespace {
            writeln!(text, "namespace: {folder}").unwrap();
        }
        if layer.prefix {
            writeln!(text, "namePrefix: {}-", folder.get(..1).unwrap()).unwrap();
        }
        if layer.generator {
            if !is_component {
                text.push_str("generatorOptions: { disableNameSuffixHash: true }\n");
            }
            text.push_str("configMapGenerator:\n");
            writeln!(text, "- {{ name: {folder}-made, literals: [made=\"{folder}\"] }}").unwrap();
        }
        if let Some(line) = layer.labels {
            writeln!(text, "{line}").unwrap();
        }
        self.patches(folder, layer, &mut text);
        let entries: Vec<String> = layer.images.iter().map(entry).collect();
        list(&mut text, if layer.old_key { "imageTags" } else { "images" }, &entries);
        self.late(folder, layer, &mut text);
        // A key that is there already would stand twice.
        let typed = layer.typed.filter(|line| {
            line.split_once(':')
                .is_some_and(|(key, _)| !text.lines().any(|other| other.starts_with(&format!("{key}:"))))
        });
        if let Some(line) = typed {
            writeln!(text, "{line}").unwrap();
        }
        self.add(&format!("{folder}/kustomization.yaml"), &text);
    }

    fn patches(&mut self, folder: &str, layer: &Layer, text: &mut String) {
        let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (index, patch) in layer.patches.iter().enumerate() {
            let Some((key, target, body)) = self.patch(patch) else { continue };
            let target = target.map(|target| format!("\n  target: {target}")).unwrap_or_default();
            let item = if patch.in_file {
                let name = format!("patch-{index}.yaml");
                self.add(&format!("{folder}/{name}"), &body);
                if key == "patchesStrategicMerge" { name } else { format!("path: {name}{target}") }
            } else {
                let block: String = body.lines().map(|line| format!("\n    {line}")).collect();
                if key == "patchesStrategicMerge" {
                    format!("|-{block}")
                } else {
                    format!("patch: |-{block}{target}")
                }
            };
            sections.entry(key).or_default().push(item);
        }
        for (key, items) in sections {
            list(text, key, &items);
        }
    }

    /// The key, target and text of a patch; none for a workload that there is not.
    fn patch(&self, patch: &Patch) -> Option<(&'static str, Option<String>, String)> {
        let index = patch.workload;
        let workload = self.layout.workloads.get(index)?;
        let kind = workload.kind;
        let target = format!("{{ kind: {}, name: w{index} }}", kind.api().1);
        let merge = |containers: &[(usize, Option<String>)], head: &str| {
            let container = |(at, image): &(usize, Option<String>)| match image {
                Some(image) => format!("{{ name: c{at}, image: '{image}' }}"),
                None => format!("{{ name: c{at}, env: [] }}"),
            };
            let mut seen = std::collections::BTreeSet::new();
            let once = containers.iter().filter(|(at, _)| seen.insert(*at));
            let containers: Vec<String> = once.map(container).collect();
            let inner = format!("{{ containers: [{}] }}", containers.join(", "));
            format!("{head}spec: {}\n", kind.wrap(&inner))
        };
        let own = head(kind, index, workload.namespace);
        Some(match &patch.what {
            Change::Merge { containers, old_key } => {
                let key = if *old_key { "patchesStrategicMerge" } else { "patches" };
                (key, None, merge(containers, &own))
            }
            Change::Selected { containers, kind: by_kind, name, labels, renames } => {
                // Only workloads of one shape take one patch.
                let kind_is = if *by_kind { kind.api().1.to_owned() } else { format!("{}.*", kind.api().1) };
                (
                    "patches",
                    Some(format!(
                        "{{ kind: '{kind_is}', name: '{name}'{} }}{}",
                        by(*labels),
                        options(*renames)
                    )),
                    merge(containers, &head(kind, 9, None)),
                )
            }
            Change::Operations { operations, old_key, labels } => {
                let key = if *old_key { "patchesJson6902" } else { "patches" };
                let target = target.replace(" }", &format!("{} }}", by(*labels)));
                (key, Some(target), operations.iter().map(|one| operation(one, workload)).collect())
            }
            Change::Directive(inner) => ("patches", None, format!("{own}spec: {}\n", kind.wrap(inner))),
        })
    }

    fn late(&mut self, folder: &str, layer: &Layer, text: &mut String) {
        let mut items = Vec::new();
        for (index, replacement) in layer.replacements.iter().enumerate() {
            let Some(body) = self.replacement(folder, layer, replacement) else { continue };
            if replacement.in_file {
                let name = format!("replacement-{index}.yaml");
                self.add(&format!("{folder}/{name}"), &format!("{body}\n"));
                items.push(format!("path: {name}"));
            } else {
                items.push(body);
            }
        }
        list(text, "replacements", &items);
        let mut items = Vec::new();
        for (index, one) in layer.transformers.iter().enumerate() {
            let body = transformer(one, index);
            if one.in_file {
                let name = format!("transformer-{index}.yaml");
                self.add(&format!("{folder}/{name}"), &body);
                items.push(name);
            } else {
                items.push(format!(
                    "|-{}",
                    body.lines().map(|line| format!("\n    {line}")).collect::<String>()
                ));
            }
        }
        list(text, "transformers", &items);
        if let Some(path) = layer.configuration {
            self.add(
                &format!("{folder}/configuration.yaml"),
                &format!("images:\n- path: {path}\n  create: true\n"),
            );
            list(text, "configurations", &["configuration.yaml".to_owned()]);
        }
        self.resources.clear();
    }

    fn replacement(&self, folder: &str, layer: &Layer, one: &Replacement) -> Option<String> {
        let target = self.layout.workloads.get(one.workload)?;
        let source = match &one.source {
            Source::Literal(text) => format!("sourceValue: '{text}'"),
            Source::ConfigMap(key) => {
                format!("source: {{ kind: ConfigMap, name: config, fieldPath: data.{key} }}")
            }
            Source::Generated if layer.generator => {
                format!("source: {{ kind: ConfigMap, name: {folder}-made, fieldPath: data.made }}")
            }
            Source::Generated => return None,
            Source::Workload { workload, part } => {
                let kind = self.layout.workloads.get(*workload)?.kind;
                let options = part.map(|part| format!(", options: {{ delimiter: ':', index: {part} }}"));
                let path = format!("{}.containers.0.image", kind.keys().join("."));
                let options = options.unwrap_or_default();
                format!("source: {{ kind: {}, name: w{workload}, fieldPath: {path}{options} }}", kind.api().1)
            }
        };
        let item = match one.field {
            Field::First => "0".to_owned(),
            Field::Named(at) => format!("[name=c{}]", at % target.containers.len()),
            Field::Every => "*".to_owned(),
        };
        let path = format!("{}.containers.{item}.image", target.kind.keys().join("."));
        let options = one.options.map(|index| format!(", options: {{ delimiter: ':', index: {index} }}"));
        let options = options.unwrap_or_default();
        let (kind, name) = (target.kind.api().1, one.workload);
        Some(format!(
            "{source}\n  targets: [{{ select: {{ kind: {kind}, name: w{name} }}, fieldPaths: ['{path}']{options} }}]"
        ))
        .map(|text| if one.in_file { text.replace("\n  targets", "\ntargets") } else { text })
    }
}

/// What a target says of labels.
fn by(labels: Option<&str>) -> String {
    labels.map(|labels| format!(", labelSelector: '{labels}'")).unwrap_or_default()
}

/// What stands behind the target of a patch.
const fn options(renames: bool) -> &'static str {
    if renames { "\n  options: { allowNameChange: true }" } else { "" }
}

fn operation(operation: &Operation, workload: &Workload) -> String {
    let list = format!("/{}/containers", workload.kind.keys().join("/"));
    match operation {
        Operation::Replace(image) => format!("- {{ op: replace, path: {list}/0/image, value: '{image}' }}\n"),
        Operation::Append(image) => {
            format!("- {{ op: add, path: {list}/-, value: {{ name: added, image: '{image}' }} }}\n")
        }
        Operation::Prepend(image) => {
            format!("- op: add\n  path: {list}/0\n  value:\n    name: first\n    image: '{image}'\n")
        }
        Operation::ReplaceAll(image) => {
            format!("- {{ op: replace, path: {list}, value: [{{ name: c0, image: '{image}' }}] }}\n")
        }
        Operation::RemoveInit if workload.init.is_empty() => {
            format!("- {{ op: remove, path: {list}/0/image }}\n")
        }
        Operation::Other(text) => format!("- {{ {} }}\n", text.replace("LIST", &list)),
        Operation::RemoveInit => {
            format!("- {{ op: remove, path: /{}/initContainers }}\n", workload.kind.keys().join("/"))
        }
    }
}

fn entry(entry: &Entry) -> String {
    let keys = if entry.odd_case {
        ["Name", "newname", "NEWTAG", "Digest", "tagsuffix"]
    } else {
        ["name", "newName", "newTag", "digest", "tagSuffix"]
    };
    let values = [Some(entry.name), entry.new_name, entry.tag, entry.digest, entry.suffix];
    let fields = keys.iter().zip(values).filter_map(|(key, value)| Some(format!("{key}: '{}'", value?)));
    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
}

fn transformer(one: &Transformer, index: usize) -> String {
    let head = format!("apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {{ name: t{index} }}\n");
    let fields =
        if one.fields { "fieldSpecs: [{ path: 'spec/template/spec/containers[]/image' }]\n" } else { "" };
    format!("{head}imageTag: {}\n{fields}", entry(&one.entry))
}

fn list(text: &mut String, key: &str, items: &[String]) {
    if !items.is_empty() {
        writeln!(text, "{key}:").unwrap();
        items.iter().for_each(|item| writeln!(text, "- {item}").unwrap());
    }
}
