//! Flux: the values and chart of a `HelmRelease`, and what an `OCIRepository` refers to.

use super::chart::{OCI, add_version};
use super::digest::{DigestScalar, DigestSpelling};
use super::helm_repositories::HelmRepositories;
use super::post_renderers::kustomize_entry;
use super::scan::ScanResult;
use super::spot::{DigestLocation, ImageLocation, Writing};
use super::{helm_values, object_patch, objects, partial, post_renderers};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::{Limit, SetBy};
use crate::yaml::NodeId;

/// Notes a `HelmRepository` that is an OCI registry.
pub(super) fn note_repository(text: &Text, object: NodeId, repositories: &mut HelmRepositories) {
    let scalar = |path: &[&str]| objects::scalar(text, object, path);
    if let (Some(name), Some(url)) = (scalar(&["metadata", "name"]), scalar(&["spec", "url"])) {
        repositories.note(name, scalar(&["metadata", "namespace"]), url);
    }
}

/// Adds the values and the chart of a `HelmRelease`.
pub(super) fn helm_release(
    found: &mut ScanResult,
    text: &Text,
    object: NodeId,
    repositories: &HelmRepositories,
) {
    let first = found.spots.len();
    if let Some(values) = objects::at(text, object, &["spec", "values"]) {
        helm_values::find(text, values, SetBy::HelmRelease, &mut found.spots);
        partial::note(found, text, values);
    }
    post_renderers::apply(found, text, object, first);
    if let Some(from) = objects::at(text, object, &["spec", "valuesFrom"]) {
        let why = "the values come from an object of the cluster too, which is not read";
        found.hide(Limit::ValuesFrom, text.line(from), why);
    }
    let Some(chart) = objects::at(text, object, &["spec", "chart", "spec"]) else { return };
    if let Some(files) = text.tree.get(chart, "valuesFiles").or_else(|| text.tree.get(chart, "valuesFile")) {
        let why = "the values come from files of the chart's source too, which are not read here";
        found.hide(Limit::ValueFiles, text.line(files), why);
    }
    let scalar = |path: &[&str]| objects::scalar(text, chart, path);
    if scalar(&["sourceRef", "kind"]).is_some_and(|kind| kind != "HelmRepository") {
        return;
    }
    let namespace = scalar(&["sourceRef", "namespace"])
        .or_else(|| objects::scalar(text, object, &["metadata", "namespace"]));
    let address = scalar(&["sourceRef", "name"]).and_then(|name| repositories.address(name, namespace));
    if let (Some(address), Some(name), Some(version)) =
        (address, scalar(&["chart"]), text.tree.get(chart, "version"))
    {
        add_version(found, text, version, format!("{address}/{name}"), SetBy::HelmRelease);
    }
}

/// Adds what an `OCIRepository` refers to. Of a tag and a digest, Flux takes the digest.
pub(super) fn oci_repository(found: &mut ScanResult, text: &Text, object: NodeId) {
    let Some(name) = objects::scalar(text, object, &["spec", "url"]).and_then(|url| url.strip_prefix(OCI))
    else {
        return;
    };
    let Some(reference) = objects::at(text, object, &["spec", "ref"]) else {
        let why = format!("without `ref`, Flux takes the tag `latest` of `{name}`");
        return found.hide(Limit::FluxChooses, text.line(object), why);
    };
    let node = |key| text.tree.get(reference, key).filter(|node| text.tree.scalar(*node).is_some());
    // Flux ignores what is empty; Towpath empties a digest where only tags are written.
    let value = |node: Option<NodeId>| {
        let text = node.and_then(|node| text.tree.scalar(node)).map(str::to_owned);
        text.filter(|text| !text.is_empty())
    };
    if let (Some(range), None) = (node("semver"), value(node("digest"))) {
        let why = format!("Flux itself chooses the version of `{name}`, by `semver`");
        found.hide(Limit::FluxChooses, text.line(range), why);
        return;
    }
    let image =
        WrittenImage { name: name.to_owned(), tag: value(node("tag")), digest: value(node("digest")) };
    let new = || DigestLocation::New { map: reference, after: "tag".to_owned() };
    let own = |node| DigestLocation::Own(vec![DigestScalar { node, spelling: DigestSpelling::Whole }]);
    let spot = match (node("tag"), node("digest")) {
        (Some(tag), digest) => {
            let writing = Writing::Parts { digest: digest.map_or_else(new, own) };
            ImageLocation::new(image, tag, SetBy::OciRepository, writing).typed()
        }
        (None, Some(digest)) if image.digest.is_some() => ImageLocation::new(
            image,
            digest,
            SetBy::OciRepository,
            Writing::DigestOnly(DigestSpelling::Whole),
        ),
        (None, Some(_) | None) => {
            let why = format!("without a `tag` or `digest`, Flux takes the tag `latest` of `{name}`");
            return found.hide(Limit::FluxChooses, text.line(reference), why);
        }
    };
    found.spots.push(spot);
}

/// Notes a `HelmChart` of k3s, whose chart and values are read in the cluster.
pub(super) fn helm_chart(found: &mut ScanResult, text: &Text, object: NodeId) {
    let keys = ["valuesContent", "values", "set"];
    let values = keys.iter().find_map(|key| objects::at(text, object, &["spec", key]));
    let why = "the chart and values of this `HelmChart` are not evaluated";
    found.hide(Limit::HelmChart, text.line(values.unwrap_or(object)), why);
}

/// Whether an object is Flux's `Kustomization`, not kustomize's own file of that kind.
pub(super) fn is_kustomization(text: &Text, object: NodeId) -> bool {
    objects::scalar(text, object, &["apiVersion"])
        .is_some_and(|version| version.starts_with("kustomize.toolkit.fluxcd.io/"))
}

/// Adds the entries of `spec.images`, which Flux hands to kustomize behind the `images` of the folder.
pub(super) fn kustomization(found: &mut ScanResult, text: &Text, object: NodeId) {
    if let Some(spec) = objects::at(text, object, &["spec"]) {
        object_patch::note(found, text, spec);
    }
    let images = objects::at(text, object, &["spec", "images"]);
    let entries = images.map_or(&[][..], |images| text.tree.items(images));
    found.spots.extend(entries.iter().filter_map(|entry| kustomize_entry(text, *entry)));
}
