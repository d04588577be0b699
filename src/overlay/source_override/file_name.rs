//! The names of the files that Argo CD merges into the source of an application.

/// The file for every application of a folder.
const SHARED_NAME: &str = ".argocd-source.yaml";
/// How the names of all these files begin.
pub(super) const BEGINNING: &str = ".argocd-source";

/// Whether Argo CD merges a file of this name into the source of an application.
pub(in crate::overlay) fn is_source_file(name: &str) -> bool {
    let is_of_one = name.strip_prefix(BEGINNING).is_some_and(|rest| rest.starts_with('-'));
    name == SHARED_NAME || (is_of_one && name.ends_with(".yaml"))
}
