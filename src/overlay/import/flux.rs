//! Flux: policies select, markers say where.

use std::collections::BTreeMap;

use super::{File, add, range};
use crate::model::{ImageName, Imported, ImportedService, Leftover, Marker, RepositoryPath};
use crate::overlay::format::marker::{self, Marked};
use crate::overlay::format::objects;
use crate::overlay::text::Text;
use crate::yaml::NodeId;

/// The pattern of tags that Flux leaves out unless it is told otherwise.
const EXCLUDED_DEFAULT: &str = r"^.*\.sig$";

/// An object of Flux and the file that holds it.
struct Object<'a> {
    file: &'a File<'a>,
    text: &'a Text,
    node: NodeId,
}

pub(super) fn read(files: &[File<'_>], imported: &mut Imported) {
    let repositories = named(files, "ImageRepository");
    let policies = named(files, "ImagePolicy");
    for automation in named(files, "ImageUpdateAutomation").values() {
        automation.note(
            &["spec", "git", "commit", "messageTemplate"],
            "the template of commit messages",
            imported,
        );
        automation.note(&["spec", "git", "push", "branch"], "the branch that is pushed to", imported);
    }
    let markers = markers(files, imported);
    for (name, policy) in &policies {
        let places = markers.get(name).map(Vec::as_slice).unwrap_or_default();
        if places.is_empty() {
            imported
                .leftovers
                .push(policy.file.leftover(policy.node, format!("no marker names the policy `{name}`")));
        } else if let Some(service) = policy.service(name, places, &repositories, imported) {
            add(imported, service);
        }
    }
    for (name, places) in markers.iter().filter(|(name, _)| !policies.contains_key(*name)) {
        for (path, line) in places {
            let what =
                format!("no policy `{name}` is in this repository; write its image and range yourself");
            imported.leftovers.push(Leftover { file: path.clone(), line: *line, what });
        }
    }
}

/// Objects of one kind by `namespace:name`.
fn named<'a>(files: &'a [File<'a>], kind: &str) -> BTreeMap<String, Object<'a>> {
    let mut found = BTreeMap::new();
    for file in files {
        let Some(text) = &file.text else { continue };
        for node in objects::all(text).into_iter().filter(|node| objects::kind(text, *node) == Some(kind)) {
            let scalar = |key| objects::scalar(text, node, &["metadata", key]);
            let namespace = scalar("namespace").unwrap_or("flux-system");
            let name = scalar("name").unwrap_or_default();
            found.insert(format!("{namespace}:{name}"), Object { file, text, node });
        }
    }
    found
}

type Places = Vec<(RepositoryPath, usize)>;

fn markers(files: &[File<'_>], imported: &mut Imported) -> BTreeMap<String, Places> {
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    for file in files.iter().filter(|file| marker::could_hold(file.bytes)) {
        let (found, unusable) = marker::find(file.raw());
        for Marked { line, marker, .. } in found {
            places.entry(marker.to_string()).or_default().push((file.path.clone(), line));
        }
        let leftover = |(line, what)| Leftover { file: file.path.clone(), line, what };
        imported.leftovers.extend(unusable.into_iter().map(leftover));
    }
    places
}

impl Object<'_> {
    fn scalar(&self, path: &[&str]) -> Option<&str> {
        objects::scalar(self.text, self.node, path)
    }

    /// Says that something was not carried over, where it is there.
    fn note(&self, path: &[&str], what: &str, imported: &mut Imported) {
        if let Some(node) = objects::at(self.text, self.node, path) {
            imported.leftovers.push(self.file.leftover(node, format!("{what} is not carried over")));
        }
    }

    /// What a policy keeps up to date; what has no counterpart is noted.
    fn service(
        &self,
        name: &str,
        places: &[(RepositoryPath, usize)],
        repositories: &BTreeMap<String, Object<'_>>,
        imported: &mut Imported,
    ) -> Option<ImportedService> {
        let leave = |what: String| self.file.leftover(self.node, what);
        self.note(&["spec", "filterTags"], "the filter of tags", imported);
        self.note(
            &["spec", "digestReflectionPolicy"],
            "how digests are reflected (releases pin them always)",
            imported,
        );
        let (namespace, _) = name.split_once(':')?;
        let target = self.scalar(&["spec", "imageRepositoryRef", "name"]).unwrap_or_default();
        let namespace = self.scalar(&["spec", "imageRepositoryRef", "namespace"]).unwrap_or(namespace);
        let Some(repository) = repositories.get(&format!("{namespace}:{target}")) else {
            imported.leftovers.push(leave(format!(
                "the image repository `{namespace}:{target}` is not in this repository"
            )));
            return None;
        };
        repository.note(&["spec", "secretRef"], "the secret with the registry's credentials", imported);
        repository.note(&["spec", "provider"], "the registry's provider", imported);
        repository.note_exclusions(imported);
        let image = repository.scalar(&["spec", "image"]).and_then(|image| ImageName::new(image).ok());
        let selected = self.scalar(&["spec", "policy", "semver", "range"]).and_then(range);
        let (Some(image), Some(range)) = (image, selected) else {
            imported.leftovers.push(leave(format!(
                "the policy `{name}` has no range of semantic versions that can be carried over"
            )));
            return None;
        };
        let marker = Marker::new(name).ok()?;
        let own = name.rsplit(':').next().unwrap_or(name);
        let paths = places.iter().map(|(path, _)| path.clone()).collect();
        Some(ImportedService { name: own.parse().ok()?, image, range, marker: Some(marker), paths })
    }

    fn note_exclusions(&self, imported: &mut Imported) {
        let list = objects::at(self.text, self.node, &["spec", "exclusionList"]);
        let items = list.map_or(&[][..], |list| self.text.tree.items(list));
        for item in items.iter().filter(|item| self.text.tree.scalar(**item) != Some(EXCLUDED_DEFAULT)) {
            imported
                .leftovers
                .push(self.file.leftover(*item, "a pattern of tags that are left out is not carried over"));
        }
    }
}
