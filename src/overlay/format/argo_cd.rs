//! Argo CD: the sources of an `Application`, and the files in which its image updater keeps what it set.

use super::chart::{OCI, versioned};
use super::helm_values::{self, Named, Surroundings};
use super::objects;
use super::sheet::Found;
use super::spot::{At, Spot, Writing};
use super::surroundings;
use crate::overlay::text::Text;
use crate::overlay::written::Written;
use crate::overlay::{Limit, SetBy};
use crate::yaml::{self, NodeId};

/// What the names of the image updater's files start with.
pub(super) const SOURCE_FILE_PREFIX: &str = ".argocd-source-";

/// Adds the sources of an `Application`, or of the template in an `ApplicationSet`.
pub(super) fn application(found: &mut Found, text: &Text, object: NodeId) {
    let spec = objects::at(text, object, &["spec", "template", "spec"]);
    let Some(spec) = spec.or_else(|| text.tree.get(object, "spec")) else { return };
    let single = text.tree.get(spec, "source");
    let several = text.tree.get(spec, "sources").map_or(&[][..], |sources| text.tree.items(sources));
    for source in single.iter().chain(several) {
        chart(text, *source, &mut found.spots);
        overrides(text, *source, SetBy::Application, &mut found.spots);
        embedded_values(text, *source, found);
    }
}

/// Adds what the image updater wrote for an application.
pub(super) fn source_file(found: &mut Found, text: &Text, root: NodeId) {
    overrides(text, root, SetBy::ArgoCdSource, &mut found.spots);
}

/// A chart or an artifact in an OCI registry.
fn chart(text: &Text, source: NodeId, spots: &mut Vec<Spot>) {
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
    spots.extend(versioned(text, source, "targetRevision", name, SetBy::Application));
}

/// `kustomize.images` and Helm's parameters and values.
fn overrides(text: &Text, source: NodeId, set_by: SetBy, spots: &mut Vec<Spot>) {
    let images = objects::at(text, source, &["kustomize", "images"]);
    let images = images.map_or(&[][..], |images| text.tree.items(images));
    spots.extend(images.iter().filter_map(|image| kustomize_image(text, *image, set_by)));
    if let Some(parameters) = objects::at(text, source, &["helm", "parameters"]) {
        let named: Vec<Named<'_>> =
            text.tree.items(parameters).iter().filter_map(|item| parameter(text, *item)).collect();
        helm_values::among(text, &Surroundings { key: "", map: None, set_by }, &named, spots);
    }
    if let Some(values) = objects::at(text, source, &["helm", "valuesObject"]) {
        helm_values::find(text, values, set_by, spots);
    }
}

/// Values as a text of their own.
fn embedded_values(text: &Text, source: NodeId, found: &mut Found) {
    let Some(block) = objects::at(text, source, &["helm", "values"]) else { return };
    let inner = match yaml::embedded(&text.source, &text.tree, block) {
        Ok(yaml::Embedded { source, tree }) => Text { source, tree },
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
    for spot in &mut spots {
        let line = if let At::Node(node) = spot.at { inner.line(node) } else { text.line(block) };
        spot.within = Some((block, line));
    }
    found.spots.append(&mut spots);
}

/// `name=newname:tag@digest`, or without `name=`.
fn kustomize_image(text: &Text, node: NodeId, set_by: SetBy) -> Option<Spot> {
    let value = text.tree.scalar(node)?;
    let (prefix, reference) = value.split_at(value.find('=').map_or(0, |at| at + 1));
    Some(Spot::new(Written::new(reference), node, set_by, Writing::whole(prefix)))
}

fn parameter(text: &Text, item: NodeId) -> Option<Named<'_>> {
    let name = text.tree.scalar(text.tree.get(item, "name")?)?;
    Some(Named { name, value: text.tree.get(item, "value")? })
}
