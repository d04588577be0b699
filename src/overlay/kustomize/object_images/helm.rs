//! Helm values from several places: merged as Helm and Flux merge them.

use std::collections::{BTreeSet, HashMap};

use crate::model::RepositoryPath;
use crate::overlay::document::resource::{Resource, trail_of};
use crate::overlay::document::text::Text;
use crate::overlay::document::trail::{Place, SetBy, Step, lengthened};
use crate::overlay::document::value::{Lines, Scalar, Value};
use crate::overlay::format::HelmRepositories;

/// The key of a ConfigMap that Flux reads unless `valuesKey` says otherwise.
const VALUES_KEY: &str = "values.yaml";

/// Puts later values over earlier ones: mappings are merged, everything else is replaced, `null` included.
///
/// Helm merges its values files so, and Flux the sources of a `HelmRelease`:
/// <https://helm.sh/docs/chart_template_guide/values_files/>. As deep as `yaml::DEPTH_MAX`.
pub(in crate::overlay) fn merge(into: &mut Value, over: Value) {
    match (into, over) {
        (Value::Map(into), Value::Map(over)) => {
            // Of a key that occurs twice the last counts. Looking for each key in turn would cost their number squared.
            let mut places: HashMap<String, usize> =
                into.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
            for (key, value) in over {
                match places.get(&key).and_then(|at| into.get_mut(*at)) {
                    Some((_, old)) => merge(old, value),
                    None => {
                        places.insert(key.clone(), into.len());
                        into.push((key, value));
                    }
                }
            }
        }
        (Value::Scalar(old), Value::Scalar(new)) => {
            let trail = lengthened(std::mem::take(&mut old.trail), new.trail);
            *old = Scalar { trail, ..new };
        }
        (into, over) => *into = over,
    }
}

/// The values in a file, each with its place; `None` where the file has no values.
pub(in crate::overlay) fn values_of(text: &Text, file: &RepositoryPath, lines: Lines) -> Option<Value> {
    let root = text.tree.root().filter(|root| !text.tree.is_null(*root))?;
    let mut values = Value::of(text, root, lines);
    stamp(&mut values, file);
    Some(values)
}

/// Notes the place of each scalar that has none.
fn stamp(values: &mut Value, file: &RepositoryPath) {
    values.each_scalar(&mut |scalar| {
        if scalar.trail.is_empty() {
            let place = Place::new(file.clone(), scalar.line);
            scalar.trail = vec![Step::new(&place, SetBy::HelmValues, &scalar.text)];
        }
    });
}

/// The `HelmRepository` objects among resources that are OCI registries.
pub(in crate::overlay) fn repositories(resources: &[Resource]) -> HelmRepositories {
    let mut repositories = HelmRepositories::default();
    for resource in resources.iter().filter(|resource| resource.id().kind == "HelmRepository") {
        if let Some(url) = resource.value.text_at(&["spec", "url"]) {
            let namespace = resource.value.text_at(&["metadata", "namespace"]);
            repositories.note(&resource.id().name, namespace, url);
        }
    }
    repositories
}

/// Whether Flux reads values of this resource from other objects.
pub(in crate::overlay::kustomize) fn has_values_from(resource: &Resource) -> bool {
    is_helm_release(resource) && resource.value.get("spec").and_then(|spec| spec.get("valuesFrom")).is_some()
}

fn is_helm_release(resource: &Resource) -> bool {
    resource.id().kind == "HelmRelease"
}

/// The ConfigMaps among the resources of an overlay, by every name that they have had.
pub(in crate::overlay) struct ConfigMaps<'a>(HashMap<&'a str, Vec<&'a Resource>>);

impl<'a> ConfigMaps<'a> {
    pub(in crate::overlay) fn of(resources: &'a [Resource]) -> Self {
        let mut by_name: HashMap<&str, Vec<&Resource>> = HashMap::new();
        for resource in resources {
            let ids = resource.ids.iter().filter(|id| id.kind == "ConfigMap");
            let names: BTreeSet<&str> = ids.map(|id| id.name.as_str()).collect();
            names.into_iter().for_each(|name| by_name.entry(name).or_default().push(resource));
        }
        Self(by_name)
    }

    /// A resource with what Flux merges into it: the values of ConfigMaps among the resources, below its own `values`.
    ///
    /// `valuesFrom` keeps what is not read, so that it is reported. Values that something unread may override are left
    /// out. <https://fluxcd.io/flux/components/helm/helmreleases/#values>
    pub(in crate::overlay) fn with_values_from(&self, resource: &Resource) -> Option<Value> {
        if !is_helm_release(resource) {
            return None;
        }
        let sources = resource.value.get("spec")?.get("valuesFrom")?;
        let (mut values, mut unread) = (Value::Map(Vec::new()), Vec::new());
        for source in sources.items() {
            match self.source_values(source, resource) {
                SourceValues::Read(read) => merge(&mut values, read),
                SourceValues::Absent => {}
                SourceValues::Unread => {
                    unread.push(source.clone());
                    values = Value::Map(Vec::new());
                }
            }
        }
        let mut merged = Value::clone(&resource.value);
        let spec = merged.get_mut("spec")?;
        if let Some(inline) = spec.get("values") {
            let mut inline = inline.clone();
            inline.each_scalar(&mut |scalar| scalar.trail = trail_of(scalar, &resource.file));
            merge(&mut values, inline);
        }
        spec.set("values", values);
        match (unread.is_empty(), spec) {
            (true, Value::Map(entries)) => entries.retain(|(key, _)| key != "valuesFrom"),
            (_, spec) => spec.set("valuesFrom", Value::List(unread)),
        }
        merged.is_bounded().then_some(merged)
    }

    fn source_values(&self, source: &Value, release: &Resource) -> SourceValues {
        let is_whole = source.get("targetPath").is_none_or(|path| path.text().is_none_or(str::is_empty));
        let name = source.text_at(&["name"]).unwrap_or_default();
        if source.text_at(&["kind"]) != Some("ConfigMap") || !is_whole {
            return SourceValues::Unread;
        }
        let mut named = self.0.get(name).into_iter().flatten();
        let Some(found) = named.find(|found| found.id().namespace == release.id().namespace) else {
            return SourceValues::Unread;
        };
        let key = source.text_at(&["valuesKey"]).unwrap_or(VALUES_KEY);
        match found.value.get("data").and_then(|data| data.get(key)) {
            Some(Value::Scalar(scalar)) if found.doubt.is_none() => {
                embedded_values(scalar, &found.file).map_or(SourceValues::Unread, SourceValues::Read)
            }
            None if source.text_at(&["optional"]) == Some("true") => SourceValues::Absent,
            Some(_) | None => SourceValues::Unread,
        }
    }
}

/// What one item of `valuesFrom` brings.
enum SourceValues {
    Read(Value),
    /// Nothing: the object is optional and not among the resources.
    Absent,
    /// Something that is not known here.
    Unread,
}

/// The values in a text of a ConfigMap, which a literal block or a whole file holds.
fn embedded_values(scalar: &Scalar, file: &RepositoryPath) -> Option<Value> {
    let trail = trail_of(scalar, file);
    let last = trail.last()?;
    let text = Text::new(scalar.text.as_bytes()).ok().filter(|text| text.second_document().is_none())?;
    let is_file = last.set_by == SetBy::Manifest && last.file != *file;
    let lines = Lines::After(if is_file { last.line.saturating_sub(1) } else { last.line });
    Some(values_of(&text, &last.file, lines).unwrap_or(Value::Map(Vec::new())))
}
