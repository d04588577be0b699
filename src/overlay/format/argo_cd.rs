//! Argo CD: the sources of an `Application`, and the files in which its image updater keeps what it set.

use super::chart::{OCI, add_version};
use super::helm_values::{Named, ValueContext};
use super::merge_key::MergeKeys;
use super::neighbours::ScalarNeighbours;
use super::scan::{HiddenLine, ScanResult};
use super::spot::{DigestLocation, ImageLocation, ScalarLocation, Writing};
use super::{helm_values, object_patch, objects, partial, surroundings, tag_type};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::{Limit, SetBy};
use crate::yaml::{self, NodeId};

/// Adds the sources of an `Application`, or of the template in an `ApplicationSet`.
pub(super) fn application(found: &mut ScanResult, text: &Text, object: NodeId) {
    let spec = objects::at(text, object, &["spec", "template", "spec"]);
    let Some(spec) = spec.or_else(|| text.tree.get(object, "spec")) else { return };
    let single = text.tree.get(spec, "source");
    let several = text.tree.get(spec, "sources").map_or(&[][..], |sources| text.tree.items(sources));
    for source in single.iter().chain(several) {
        chart(text, *source, found);
        value_files(text, *source, found);
        overrides(text, *source, SetBy::Application, found);
    }
}

/// Notes values files: Argo CD reads them in the repository of the source, which need not be this one.
fn value_files(text: &Text, source: NodeId, found: &mut ScanResult) {
    let Some(list) = objects::at(text, source, &["helm", "valueFiles"]) else { return };
    let files: Vec<String> = text
        .tree
        .items(list)
        .iter()
        .filter_map(|file| text.tree.scalar(*file).map(|file| format!("`{file}`")))
        .collect();
    if !files.is_empty() {
        let why = format!("the values come from {} too, which are not read here", files.join(", "));
        found.hide(Limit::ValueFiles, text.line(list), why);
    }
}

/// Adds what the image updater wrote for an application.
pub(super) fn source_file(found: &mut ScanResult, text: &Text, root: NodeId) {
    overrides(text, root, SetBy::ArgoCdSource, found);
}

/// A chart or an artifact in an OCI registry.
fn chart(text: &Text, source: NodeId, found: &mut ScanResult) {
    let scalar = |key| text.tree.get(source, key).and_then(|node| text.tree.scalar(node));
    let Some(address) = scalar("repoURL") else { return };
    let plain = address.strip_prefix(OCI);
    let name = match (plain, scalar("chart")) {
        (Some(address), Some(chart)) => format!("{}/{chart}", address.trim_end_matches('/')),
        (Some(address), None) => address.to_owned(),
        // A chart's repository without a scheme is an OCI registry.
        (None, Some(chart)) if !address.contains("://") => format!("{address}/{chart}"),
        (None, _) => return,
    };
    let Some(revision) = text.tree.get(source, "targetRevision") else { return };
    if scalar("chart").is_some() {
        add_version(found, text, revision, name, SetBy::Application);
        return;
    }
    let tag = scalar("targetRevision").filter(|tag| !tag.is_empty()).map(str::to_owned);
    let writing = Writing::Parts { digest: DigestLocation::Nowhere };
    let image = WrittenImage { name, tag, digest: None };
    found.spots.push(ImageLocation::new(image, revision, SetBy::Application, writing).typed());
}

/// `kustomize.images` and Helm's parameters and values. Of the values, `valuesObject` wins over `values`, and a
/// parameter over both: <https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-value-precedence>.
fn overrides(text: &Text, source: NodeId, set_by: SetBy, found: &mut ScanResult) {
    if let Some(options) = objects::at(text, source, &["kustomize"]) {
        object_patch::note(found, text, options);
    }
    let images = objects::at(text, source, &["kustomize", "images"]);
    let images = images.map_or(&[][..], |images| text.tree.items(images));
    found.spots.extend(images.iter().filter_map(|image| kustomize_image(text, *image, set_by)));
    let first = found.spots.len();
    let parameters = objects::at(text, source, &["helm", "parameters"]);
    let items = parameters.map_or(&[][..], |parameters| text.tree.items(parameters));
    let parameters: Vec<Named<'_>> = items.iter().filter_map(|item| parameter(text, *item)).collect();
    helm_values::among(text, &ValueContext { key: "", map: None, set_by }, &parameters, &mut found.spots);
    let values = Parameters { text, named: &parameters };
    if let Some(object) = objects::at(text, source, &["helm", "valuesObject"]) {
        let mut spots = Vec::new();
        helm_values::find(text, object, set_by, &mut spots);
        spots.retain_mut(|spot| values.decide(spot, text, object, found));
        found.spots.append(&mut spots);
        partial::note(found, text, object);
    } else {
        embedded_values(text, source, &values, found);
    }
    file_parameters(text, source, found, first);
}

/// Puts the images of a chart, those from an index on, in doubt where a parameter takes its value from a file of the
/// repository of the source.
fn file_parameters(text: &Text, source: NodeId, found: &mut ScanResult, first: usize) {
    let Some(list) = objects::at(text, source, &["helm", "fileParameters"]) else { return };
    let names = text.tree.items(list).iter().filter_map(|item| objects::scalar(text, *item, &["name"]));
    let Some(name) = names.into_iter().find(|name| helm_values::is_image_part(name)) else { return };
    let why = format!("the parameter `{name}` comes from a file, which is not read here");
    let hidden = HiddenLine { limit: Limit::ValueFiles, line: text.line(list), why };
    (first..found.spots.len()).for_each(|index| found.doubt(index, hidden.clone()));
    if first == found.spots.len() {
        found.hidden.push(hidden);
    }
}

/// The keys of values that say a part of an image which a parameter sets in a way that is not evaluated.
const OTHER_PARTS: [&str; 7] = ["registry", "name", "image", "digest", "sha", "sha256", "version"];

/// The parameters of a source, which win over its values.
struct Parameters<'a> {
    text: &'a Text,
    named: &'a [Named<'a>],
}

impl Parameters<'_> {
    /// Lets parameters decide an image of the values. Returns `false` where they set a part of it in a way that is not
    /// evaluated, which is noted: then what the values say does not run.
    fn decide(&self, spot: &mut ImageLocation, text: &Text, values: NodeId, found: &mut ScanResult) -> bool {
        let keys = spot.at.node().and_then(|node| keys_below(text, values, node));
        let Some(keys) = keys else { return true };
        let is_whole = matches!(spot.writing, Writing::Whole { .. });
        let (last, image) = keys.split_last().map_or(("", &[][..]), |(last, image)| (*last, image));
        let image: String = image.iter().flat_map(|key| [*key, "."]).collect();
        let named = |key: &str| {
            let name = format!("{image}{key}");
            self.named.iter().rev().find(|parameter| parameter.name == name)
        };
        if let Some(parameter) = OTHER_PARTS.into_iter().filter(|key| *key != last).find_map(named) {
            let why = format!(
                "the parameter `{}` sets a part of an image of which the values set the rest",
                parameter.name
            );
            found.hide(Limit::PartialImage, self.text.line(parameter.value), why);
            return false;
        }
        if let Some(name) = named("repository").and_then(|parameter| self.text.tree.scalar(parameter.value))
            && !is_whole
        {
            name.clone_into(&mut spot.image.name);
        }
        if let Some(parameter) = named(if is_whole { last } else { "tag" }) {
            self.override_tag(spot, parameter);
        }
        true
    }

    /// Lets a parameter decide the tag of an image, or the image as a whole.
    fn override_tag(&self, spot: &mut ImageLocation, parameter: &Named<'_>) {
        let Some(value) = self.text.tree.scalar(parameter.value) else { return };
        match spot.writing {
            Writing::Whole { .. } => spot.image = WrittenImage::new(value),
            Writing::Parts { .. } | Writing::Unset { .. } | Writing::DigestOnly(_) => {
                spot.image.tag = Some(value.to_owned());
                spot.writing = Writing::Parts { digest: DigestLocation::Nowhere };
            }
        }
        spot.at = ScalarLocation::Node(parameter.value);
        spot.within = None;
        spot.aliases.clear();
        spot.surroundings = ScalarNeighbours::default();
        (spot.is_typed, spot.is_misread) = (true, false);
    }
}

/// The keys that lead from a node to one below; `None` where a list is on the way.
fn keys_below(text: &Text, top: NodeId, node: NodeId) -> Option<Vec<&str>> {
    let mut keys = Vec::new();
    let mut below = node;
    while below != top {
        let above = text.tree.parent(below)?;
        keys.push(text.key_of(below)?);
        below = above;
    }
    keys.reverse();
    Some(keys)
}

/// Values as a text of their own.
fn embedded_values(text: &Text, source: NodeId, parameters: &Parameters<'_>, found: &mut ScanResult) {
    let Some(block) = objects::at(text, source, &["helm", "values"]) else { return };
    let inner = match yaml::embedded(&text.source, &text.tree, block) {
        Ok(yaml::EmbeddedDocument { source, tree }) => Text { source, tree },
        Err(refusal) => {
            found.hide(
                Limit::ValuesText,
                refusal.position.line,
                format!("the values cannot be read: {refusal}"),
            );
            return;
        }
    };
    let mut spots = Vec::new();
    for root in inner.tree.documents() {
        helm_values::find(&inner, *root, SetBy::Application, &mut spots);
    }
    surroundings::note(&inner, &mut spots);
    let first = found.spots.len();
    let mut merge_keys = MergeKeys::default();
    for mut spot in spots {
        let line = spot.at.node().map_or_else(|| text.line(block), |node| inner.line(node));
        spot.within = Some((block, line));
        let misread = tag_type::misread(&inner, &spot);
        spot.is_misread = misread.is_some();
        let merge_key = merge_keys.beside(&inner, &spot);
        if inner.tree.root().is_some_and(|root| !parameters.decide(&mut spot, &inner, root, found)) {
            continue;
        }
        // A parameter that sets the tag takes the place of one that lacks quotes.
        let misread = if spot.is_misread { misread } else { None };
        let misread = misread.map(|why| HiddenLine { limit: Limit::UnquotedTag, line, why });
        found.spots.push(spot);
        let index = found.spots.len() - 1;
        merge_key.into_iter().chain(misread).for_each(|reason| found.doubt(index, reason));
    }
    if let Some(root) = inner.tree.root() {
        partial::note(found, &inner, root);
    }
    if let Some(second) = inner.second_document() {
        let why = "the values have several documents".to_owned();
        let hidden = HiddenLine { limit: Limit::SeveralValues, line: inner.line(second), why };
        (first..found.spots.len()).for_each(|index| found.doubt(index, hidden.clone()));
    }
}

/// `name=newname:tag@digest`, or without `name=`.
fn kustomize_image(text: &Text, node: NodeId, set_by: SetBy) -> Option<ImageLocation> {
    let value = text.tree.scalar(node)?;
    let (prefix, reference) = value.split_at(value.find('=').map_or(0, |at| at + 1));
    Some(ImageLocation::new(WrittenImage::new(reference), node, set_by, Writing::whole(prefix)))
}

fn parameter(text: &Text, item: NodeId) -> Option<Named<'_>> {
    let name = text.tree.scalar(text.tree.get(item, "name")?)?;
    Some(Named { name, value: text.tree.get(item, "value")? })
}
