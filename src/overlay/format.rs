//! Images that no kustomization sets: in Helm values and charts, Flux and Argo CD objects, plain manifests, and
//! wherever a comment or the configuration names the scalar.
//!
//! Each format finds its [`Spot`]s by itself; reading and writing them is the same for all. A folder with a
//! kustomization is none of these: there kustomize's own rules hold.
//!
//! Objects of Flux and Argo CD in a kustomization, and several Helm values files, are merged first and written out as
//! one text, which the same formats read. Each scalar keeps the file that it comes from, and an edit finds it there by
//! line and text. The price is that such objects are written and parsed once more.

mod argo_cd;
mod chart;
mod declared;
mod detect;
mod digest;
mod digest_scope;
mod files;
mod flux;
mod helm_repositories;
mod helm_values;
mod line;
mod manifests;
pub(super) mod marker;
mod mention;
mod merge_key;
mod merged;
mod neighbours;
mod object_patch;
pub(super) mod objects;
mod partial;
mod post_renderers;
pub(super) mod renovate;
mod replaced;
mod scan;
mod set;
mod sheet;
mod spot;
mod stale;
mod surroundings;
mod tag_type;
mod untagged;
pub(super) mod values;
mod values_order;

pub(super) use files::{is_plain, look};
pub(super) use helm_repositories::HelmRepositories;
pub(super) use helm_values::{is_image_part, names_image};
pub(super) use line::lines_outside_comments;
pub(super) use merged::{HiddenSource, Merged, SourceAction, SourceChange, is_object_format};
pub(super) use object_patch::patch_line;
pub(super) use replaced::Replaced;
pub(super) use set::{check_replaced, set_image};
pub(super) use sheet::written_in;
