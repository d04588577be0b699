//! Which format reads a file, by its name and by the kinds of its objects.

use super::helm_repositories::HelmRepositories;
use super::scan::ScanResult;
use super::{argo_cd, chart, flux, helm_values, manifests, objects, partial};
use crate::overlay::document::text::Text;
use crate::overlay::document::value::{Lines, Value};
use crate::overlay::kustomize::object_images::custom_image::{CustomImage, custom_image, is_custom};
use crate::overlay::source_override::file_name::is_source_file;
use crate::overlay::{Limit, SetBy};
use crate::yaml::NodeId;

/// Adds what one object, or a text without kind, says.
pub(super) fn find_in_object(
    found: &mut ScanResult,
    text: &Text,
    object: NodeId,
    repositories: &HelmRepositories,
) {
    match objects::kind(text, object) {
        Some("HelmRelease") => flux::helm_release(found, text, object, repositories),
        Some("Kustomization") if flux::is_kustomization(text, object) => {
            flux::kustomization(found, text, object);
        }
        Some("OCIRepository") => flux::oci_repository(found, text, object),
        Some("Application" | "ApplicationSet") => argo_cd::application(found, text, object),
        Some("HelmChart" | "HelmChartConfig") if is_of_k3s(text, object) => {
            flux::helm_chart(found, text, object)
        }
        Some("CustomResourceDefinition" | "HelmRepository") => {}
        Some(_) => {
            manifests::find(text, object, &mut found.spots);
            note_custom_image(found, text, object);
        }
        None => {
            helm_values::find(text, object, SetBy::HelmValues, &mut found.spots);
            partial::note(found, text, object);
        }
    }
}

/// Notes a field of a custom resource that may be an image.
fn note_custom_image(found: &mut ScanResult, text: &Text, object: NodeId) {
    if !objects::scalar(text, object, &["apiVersion"]).is_some_and(is_custom) {
        return;
    }
    let value = Value::of(text, object, Lines::After(0));
    if let Some(CustomImage { scalar, why }) = custom_image(&value, |_| false) {
        found.hide(Limit::CustomImage, scalar.line, why);
    }
}

/// Whether a `HelmChart` is that of k3s; Flux has a kind of that name without values.
fn is_of_k3s(text: &Text, object: NodeId) -> bool {
    objects::scalar(text, object, &["apiVersion"])
        .is_some_and(|version| version.starts_with("helm.cattle.io/"))
}

/// Adds what a file says whose name tells what it is; otherwise false.
pub(super) fn find_by_name(found: &mut ScanResult, text: &Text, name: &str) -> bool {
    let Some(root) = text.tree.root() else { return true };
    if name == "Chart.yaml" {
        chart::find(found, text, root);
        return true;
    }
    if is_source_file(name) {
        argo_cd::source_file(found, text, root);
        return true;
    }
    false
}
