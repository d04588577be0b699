//! Reads what Flux's image automation, Argo CD Image Updater or Renovate keep up to date in a repository.

mod argo_cd;
mod flux;
mod renovate;

use super::text::Text;
use crate::model::{
    EntryKind, Imported, ImportedService, Leftover, Missing, RepositoryPath, Selection, Tree, TreeError,
};
use crate::yaml::NodeId;

/// A file that may hold something.
struct File<'a> {
    path: &'a RepositoryPath,
    bytes: &'a [u8],
    /// Nothing where it is no YAML, as a template.
    text: Option<Text>,
}

/// What is needed to be worth parsing.
const NEEDLES: [&str; 4] =
    ["image.toolkit.fluxcd.io", "$imagepolicy", "argocd-image-updater.argoproj.io", "renovate:"];

/// Everything that can be carried over, and what cannot.
///
/// # Errors
/// The files whose content is needed first.
pub fn import(tree: &Tree) -> Result<Imported, Missing> {
    let files = files(tree)?;
    let mut imported = Imported::default();
    flux::read(&files, &mut imported);
    argo_cd::read(&files, &mut imported);
    renovate::read(&files, &mut imported);
    imported.leftovers.sort();
    imported.leftovers.dedup();
    Ok(imported)
}

fn files(tree: &Tree) -> Result<Vec<File<'_>>, Missing> {
    let is_wanted = |path: &RepositoryPath, kind| kind == EntryKind::File && is_of_interest(path);
    let (mut files, mut missing) = (Vec::new(), Missing::default());
    for (path, _) in tree.entries().iter().filter(|(path, entry)| is_wanted(path, entry.kind)) {
        match tree.read(path) {
            Ok(bytes) => files.extend(File::of(path, bytes)),
            Err(TreeError::Missing) => drop(missing.0.insert(path.clone())),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {}
        }
    }
    if missing.0.is_empty() { Ok(files) } else { Err(missing) }
}

fn is_of_interest(path: &RepositoryPath) -> bool {
    let name = path.file_name();
    name.ends_with(".yaml") || name.ends_with(".yml") || renovate::is_settings(name)
}

impl<'a> File<'a> {
    fn of(path: &'a RepositoryPath, bytes: &'a [u8]) -> Option<Self> {
        let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        let is_worth_it =
            renovate::is_settings(path.file_name()) || NEEDLES.iter().any(|needle| holds(needle));
        is_worth_it.then(|| Self { path, bytes, text: Text::new(bytes).ok() })
    }

    fn leftover(&self, node: NodeId, what: impl Into<String>) -> Leftover {
        let line = self.text.as_ref().map_or(1, |text| text.line(node));
        Leftover { file: self.path.clone(), line, what: what.into() }
    }

    /// The text of the file, parsed or not.
    fn raw(&self) -> &str {
        std::str::from_utf8(self.bytes).unwrap_or_default()
    }
}

/// A range as it is written here: of several conditions, others separate with spaces what is separated with commas.
fn range(text: &str) -> Option<String> {
    let text = text.trim();
    let text = if text.is_empty() { "*" } else { text };
    let joined = || text.split_whitespace().collect::<Vec<_>>().join(", ").replace(",, ", ", ");
    [text.to_owned(), joined()].into_iter().find(|range| Selection::semver(range).is_ok())
}

/// Adds a service, under a name that no other has; the same image in other files joins the one that is there.
fn add(imported: &mut Imported, mut service: ImportedService) {
    let is_same = |other: &&mut ImportedService| {
        (&other.image, &other.range, &other.marker) == (&service.image, &service.range, &service.marker)
    };
    if let Some(other) = imported.services.iter_mut().find(is_same) {
        other.paths.append(&mut service.paths);
        other.paths.sort();
        other.paths.dedup();
        return;
    }
    let is_taken = |name: &str| imported.services.iter().any(|other| other.name.as_str() == name);
    let names = std::iter::once(service.name.to_string())
        .chain((2..).map(|number| format!("{}-{number}", service.name)));
    if let Some(name) = names.into_iter().find(|name| !is_taken(name)).and_then(|name| name.parse().ok()) {
        service.name = name;
        imported.services.push(service);
    }
}
