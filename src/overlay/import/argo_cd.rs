//! Argo CD Image Updater: annotations of an `Application` say what is kept up to date and where.

use super::{File, add, range};
use crate::model::{ImageName, Imported, ImportedService, RepositoryPath};
use crate::overlay::format::objects;
use crate::overlay::text::Text;
use crate::yaml::NodeId;

const PREFIX: &str = "argocd-image-updater.argoproj.io/";
/// Annotations that are carried over, whatever stands before them.
const CARRIED: [&str; 4] = ["image-list", "update-strategy", "write-back-method", "write-back-target"];

/// One application with its annotations.
struct Application<'a> {
    file: &'a File<'a>,
    text: &'a Text,
    spec: NodeId,
    /// Key without prefix, the key's node, value.
    annotations: Vec<(&'a str, NodeId, &'a str)>,
}

pub(super) fn read(files: &[File<'_>], imported: &mut Imported) {
    for file in files {
        let Some(text) = &file.text else { continue };
        for object in objects::all(text) {
            if let Some(application) = Application::of(file, text, object) {
                application.read(imported);
            }
        }
    }
}

impl<'a> Application<'a> {
    fn of(file: &'a File<'a>, text: &'a Text, object: NodeId) -> Option<Self> {
        let template = match objects::kind(text, object)? {
            "Application" => object,
            "ApplicationSet" => objects::at(text, object, &["spec", "template"])?,
            _ => return None,
        };
        let listed = objects::at(text, template, &["metadata", "annotations"])?;
        let annotation = |(key, value): &(NodeId, NodeId)| {
            let name = text.tree.scalar(*key)?.strip_prefix(PREFIX)?;
            Some((name, *key, text.tree.scalar(*value)?))
        };
        let annotations = text.tree.entries(listed).iter().filter_map(annotation).collect();
        Some(Self { file, text, spec: text.tree.get(template, "spec")?, annotations })
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.annotations.iter().find(|(key, _, _)| *key == name).map(|(_, _, value)| *value)
    }

    fn read(&self, imported: &mut Imported) {
        let Some((_, node, list)) = self.annotations.iter().find(|(key, _, _)| *key == "image-list") else {
            return;
        };
        for (name, key, _) in &self.annotations {
            if !CARRIED.iter().any(|known| name == known || name.ends_with(&format!(".{known}"))) {
                let what = format!("the annotation `{name}` is not carried over");
                imported.leftovers.push(self.file.leftover(*key, what));
            }
        }
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match self.service(entry) {
                Ok(service) => add(imported, service),
                Err(what) => imported.leftovers.push(self.file.leftover(*node, what)),
            }
        }
    }

    /// `[alias=]image[:constraint]`.
    fn service(&self, entry: &str) -> Result<ImportedService, String> {
        let (alias, image) =
            entry.split_once('=').map_or((None, entry), |(alias, image)| (Some(alias), image));
        let colon = image.rfind(':').filter(|at| !image[*at..].contains('/'));
        let (name, constraint) = colon.map_or((image, ""), |at| (&image[..at], &image[at + 1..]));
        let own = alias.and_then(|alias| self.value(&format!("{}.update-strategy", alias.replace('/', "_"))));
        let strategy = own.or_else(|| self.value("update-strategy")).unwrap_or("semver");
        if strategy != "semver" {
            return Err(format!("`{name}` is selected by `{strategy}`, which is not carried over"));
        }
        let range = range(constraint).ok_or_else(|| {
            format!("the constraint `{constraint}` of `{name}` is no range that can be carried over")
        })?;
        let image = ImageName::new(name).map_err(|error| error.to_string())?;
        let last = name.rsplit('/').next().unwrap_or(name);
        let own = last.parse().map_err(|_| format!("`{last}` is no name for a service"))?;
        let path = self.path().ok_or_else(|| format!("the folder in which `{name}` is set is not known"))?;
        Ok(ImportedService { name: own, image, range, marker: None, paths: vec![path] })
    }

    /// Where it is set: what the write-back target says, else the folder of the application.
    fn path(&self) -> Option<RepositoryPath> {
        let source = objects::at(self.text, self.spec, &["source"]);
        let folder = source.and_then(|source| objects::scalar(self.text, source, &["path"]));
        let folder = RepositoryPath::new(folder.unwrap_or_default().trim_end_matches('/')).ok()?;
        let target = self.value("write-back-target").and_then(|target| target.split_once(':'));
        match target {
            None => Some(folder).filter(|folder| !folder.as_str().is_empty()),
            Some((_, path)) => match path.strip_prefix('/') {
                Some(path) => RepositoryPath::new(path).ok(),
                None => folder.join(path),
            },
        }
    }
}
