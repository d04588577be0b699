//! Reads what Flux's image automation, Argo CD Image Updater or Renovate keep up to date in a repository.

mod argo_cd;
mod constraint;
mod expression;
mod flux;
mod image_updater;
mod overrides;
mod renovate;
mod template;

use super::document::text::{Text, holds};
use crate::model::{EntryKind, Imported, Missing, NotImported, RepositoryPath, Tree, TreeError};
use crate::yaml::NodeId;
use renovate::Settings;

/// A file that may hold something.
struct File<'a> {
    path: &'a RepositoryPath,
    bytes: &'a [u8],
    /// `None` if it is not YAML, for example a template.
    text: Option<Text>,
}

/// A file with one of these is worth parsing.
const NEEDLES: [&str; 5] = [
    "image.toolkit.fluxcd.io",
    "$imagepolicy",
    "argocd-image-updater.argoproj.io",
    "argoproj.io/",
    "renovate:",
];

/// Everything that can be carried over, and what cannot.
///
/// # Errors
/// The files whose content is needed first.
pub fn import(tree: &Tree) -> Result<Imported, Missing> {
    let contents = contents(tree)?;
    let mut imported = Imported::default();
    let settings = settings(&contents);
    let files: Vec<File<'_>> =
        contents.iter().filter_map(|content| File::of(content, settings.as_ref())).collect();
    flux::read(&files, &mut imported);
    argo_cd::read(&files, &mut imported);
    image_updater::read(&files, &mut imported);
    renovate::read(&files, settings.as_ref(), &mut imported);
    template::read(&contents, &mut imported);
    overrides::read(&contents, &mut imported);
    imported.leftovers.sort();
    imported.leftovers.dedup();
    Ok(imported)
}

/// A file and its bytes.
type Content<'a> = (&'a RepositoryPath, &'a [u8]);

fn contents(tree: &Tree) -> Result<Vec<Content<'_>>, Missing> {
    let is_wanted = |path: &RepositoryPath, kind| kind == EntryKind::File && is_of_interest(path);
    let (mut contents, mut missing) = (Vec::new(), Missing::default());
    for (path, _) in tree.entries().iter().filter(|(path, entry)| is_wanted(path, entry.kind)) {
        match tree.read(path) {
            Ok(bytes) => contents.push((path, bytes)),
            Err(TreeError::Missing) => drop(missing.0.insert(path.clone())),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {}
        }
    }
    if missing.0.is_empty() { Ok(contents) } else { Err(missing) }
}

fn is_of_interest(path: &RepositoryPath) -> bool {
    let name = path.file_name();
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml") || name == "Kustomization";
    is_yaml || renovate::is_settings(name) || template::is_template(name)
}

/// The settings of Renovate that lie highest; it reads those at the top, in `.github` or in `.gitlab`.
fn settings(contents: &[Content<'_>]) -> Option<Settings> {
    let settings = contents.iter().filter(|(path, _)| renovate::is_settings(path.file_name()));
    let highest = settings.min_by_key(|(path, _)| path.as_str().matches('/').count());
    highest.map(|(path, bytes)| Settings::read(path, bytes))
}

impl<'a> File<'a> {
    /// `None` if nothing that is carried over can be in it.
    fn of(content: &Content<'a>, settings: Option<&Settings>) -> Option<Self> {
        let (path, bytes) = *content;
        let name = path.file_name();
        let is_managed = settings.is_some_and(|settings| settings.manager(path).is_some());
        let is_worth_it = renovate::is_settings(name)
            || (!template::is_template(name) && NEEDLES.iter().any(|needle| holds(bytes, needle)));
        (is_managed || is_worth_it).then(|| Self { path, bytes, text: Text::new(bytes).ok() })
    }

    fn leftover(&self, node: NodeId, what: impl Into<String>) -> NotImported {
        let line = self.text.as_ref().map_or(1, |text| text.line(node));
        NotImported { file: self.path.clone(), line, what: what.into() }
    }

    /// The text of the file, parsed or not.
    fn raw(&self) -> &str {
        std::str::from_utf8(self.bytes).unwrap_or_default()
    }
}
