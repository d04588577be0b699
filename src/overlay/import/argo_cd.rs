//! Argo CD Image Updater: annotations of an `Application` say what is kept up to date and where.

use super::File;
use super::constraint::translate;
use super::expression::{expression, glob};
use crate::model::{
    ImageName, Imported, ImportedRule, ImportedSelection, ImportedService, NotImported, RepositoryPath, Tag,
};
use crate::overlay::document::text::Text;
use crate::overlay::format::objects;
use crate::yaml::NodeId;

const PREFIX: &str = "argocd-image-updater.argoproj.io/";
/// Annotations that are carried over, whatever stands before them.
const CARRIED: [&str; 6] =
    ["image-list", "update-strategy", "allow-tags", "ignore-tags", "write-back-method", "write-back-target"];
/// What the constraint of an image is unless one is written.
const CONSTRAINT_DEFAULT: &str = "*";

/// How versions are read otherwise than here.
pub(super) const SHORT_VERSIONS: &str = "Argo CD Image Updater takes tags such as `1.2` and `1` for versions too; `semver` takes `1.2.0` alone, so select \
                              such tags by `regex` or `calver`";

/// One entry of `image-list`: `[alias=]image[:constraint]`.
pub(super) struct Listed<'a> {
    alias: Option<&'a str>,
    image: &'a str,
    constraint: Option<&'a str>,
}

/// What is said about the tags of one image, in annotations or in a resource.
pub(super) struct TagRules<'a> {
    pub(super) strategy: Option<&'a str>,
    pub(super) constraint: Option<&'a str>,
    pub(super) allow: Option<&'a str>,
    pub(super) ignore: Vec<&'a str>,
}

/// One application with its annotations.
pub(super) struct Application<'a> {
    file: &'a File<'a>,
    text: &'a Text,
    template: NodeId,
    spec: NodeId,
    /// Key without prefix, the key's node, value.
    annotations: Vec<(&'a str, NodeId, &'a str)>,
}

pub(super) fn read(files: &[File<'_>], imported: &mut Imported) {
    for file in files {
        Application::all(file).for_each(|application| application.read(imported));
    }
}

impl<'a> Application<'a> {
    fn of(file: &'a File<'a>, text: &'a Text, object: NodeId) -> Option<Self> {
        let template = match objects::kind(text, object)? {
            "Application" => object,
            "ApplicationSet" => objects::at(text, object, &["spec", "template"])?,
            _ => return None,
        };
        let listed = objects::at(text, template, &["metadata", "annotations"]);
        let annotation = |(key, value): &(NodeId, NodeId)| {
            let name = text.tree.scalar(*key)?.strip_prefix(PREFIX)?;
            Some((name, *key, text.tree.scalar(*value)?))
        };
        let listed = listed.map_or(&[][..], |listed| text.tree.entries(listed));
        let annotations = listed.iter().filter_map(annotation).collect();
        Some(Self { file, text, template, spec: text.tree.get(template, "spec")?, annotations })
    }

    /// The applications in a file.
    pub(super) fn all(file: &'a File<'a>) -> impl Iterator<Item = Self> {
        let objects =
            file.text.iter().flat_map(|text| objects::all(text).into_iter().map(move |own| (text, own)));
        objects.filter_map(|(text, object)| Self::of(file, text, object))
    }

    /// Its name; `None` if a template makes it.
    pub(super) fn name(&self) -> Option<&'a str> {
        objects::scalar(self.text, self.template, &["metadata", "name"]).filter(|name| !name.contains("{{"))
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        self.annotations.iter().find(|(key, _, _)| *key == name).map(|(_, _, value)| *value)
    }

    fn read(&self, imported: &mut Imported) {
        let Some((_, node, list)) = self.annotations.iter().find(|(key, _, _)| *key == "image-list") else {
            return;
        };
        let method = self.value("write-back-method");
        imported.leftovers.extend(self.kept_in_cluster(method).map(|what| self.file.leftover(*node, what)));
        for (name, key, value) in &self.annotations {
            if *name == "platforms" || name.ends_with(".platforms") {
                let what = format!(
                    "the annotation `{name}` is not carried over; write `platforms: [{value}]` beside the image"
                );
                imported.leftovers.push(self.file.leftover(*key, what));
            } else if !CARRIED.iter().any(|known| name == known || name.ends_with(&format!(".{known}"))) {
                let what = format!("the annotation `{name}` is not carried over");
                imported.leftovers.push(self.file.leftover(*key, what));
            }
        }
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let listed = Listed::of(entry);
            let selection = self.selection(&listed);
            if let Ok(ImportedSelection { rule: ImportedRule::Semver { .. }, .. }) = &selection {
                note_short_versions(&self.file.leftover(*node, SHORT_VERSIONS), imported);
            }
            let selection = selection.map_err(|why| {
                let what = format!("`{}`: {why}; fill in its `select`", listed.image);
                imported.leftovers.push(self.file.leftover(*node, what));
            });
            match self.service(&listed, selection.ok(), self.value("write-back-target")) {
                Ok(service) => imported.add(service),
                Err(what) => imported.leftovers.push(self.file.leftover(*node, what)),
            }
        }
    }

    /// What has to be removed from the application in the cluster, where Image Updater writes unless its method is `git`
    /// (<https://argocd-image-updater.readthedocs.io/en/stable/basics/update-methods/>).
    pub(super) fn kept_in_cluster(&self, method: Option<&str>) -> Option<String> {
        if method.is_some_and(|method| method.starts_with("git")) {
            return None;
        }
        let name = self.name().unwrap_or("APP");
        Some(format!(
            "Argo CD Image Updater keeps what it sets in the `Application` in the cluster, where it wins over the repository; \
             when you have stopped it, run `argocd app get {name} -o yaml` and remove its `kustomize.images` and \
             `helm.parameters` with `argocd app unset {name} --kustomize-image IMAGE` or `argocd app unset {name} -p PARAMETER`"
        ))
    }

    /// The service of an image that is written to a target such as `helmvalues:values.yaml`, else to the application's
    /// own folder.
    pub(super) fn service(
        &self,
        listed: &Listed<'_>,
        selection: Option<ImportedSelection>,
        target: Option<&str>,
    ) -> Result<ImportedService, String> {
        let name = listed.image;
        let image = ImageName::new(name).map_err(|error| error.to_string())?;
        let last = name.rsplit('/').next().unwrap_or(name);
        let own = last.parse().map_err(|_| format!("`{last}` cannot be the name of a service"))?;
        let path =
            self.path(target).ok_or_else(|| format!("the folder in which `{name}` is set is not known"))?;
        Ok(ImportedService { name: own, image, selection, marker: None, paths: vec![path] })
    }

    /// What an annotation says about an image: under its alias, else for the whole application.
    fn setting(&self, listed: &Listed<'_>, name: &str) -> Option<&'a str> {
        let own = listed.alias.and_then(|alias| self.value(&format!("{}.{name}", alias.replace('/', "_"))));
        own.or_else(|| self.value(name))
    }

    /// Which tags of an image are taken.
    fn selection(&self, listed: &Listed<'_>) -> Result<ImportedSelection, String> {
        let ignored = self.setting(listed, "ignore-tags").unwrap_or_default().split(',').map(str::trim);
        let terms = TagRules {
            strategy: self.setting(listed, "update-strategy"),
            constraint: listed.constraint,
            allow: self.setting(listed, "allow-tags"),
            ignore: ignored.filter(|text| !text.is_empty()).collect(),
        };
        terms.selection()
    }

    /// Where it is set: what the write-back target says, else the folder of the application.
    fn path(&self, target: Option<&str>) -> Option<RepositoryPath> {
        let source = objects::at(self.text, self.spec, &["source"]);
        let folder = source.and_then(|source| objects::scalar(self.text, source, &["path"]));
        let folder = RepositoryPath::new(folder.unwrap_or_default().trim_end_matches('/')).ok()?;
        let target = target.and_then(|target| target.split_once(':'));
        match target {
            None => Some(folder).filter(|folder| !folder.as_str().is_empty()),
            Some((_, path)) => match path.strip_prefix('/') {
                Some(path) => RepositoryPath::new(path).ok(),
                None => folder.join(path),
            },
        }
    }
}

impl TagRules<'_> {
    /// Which tags of the image are taken.
    pub(super) fn selection(&self) -> Result<ImportedSelection, String> {
        let rule = match self.strategy.unwrap_or("semver") {
            "semver" => {
                let constraint = self.constraint.unwrap_or(CONSTRAINT_DEFAULT);
                let translated =
                    translate(constraint).map_err(|why| format!("the constraint `{constraint}` {why}"))?;
                ImportedRule::Semver { range: translated.range, prereleases: translated.prereleases }
            }
            "newest-build" | "latest" => ImportedRule::Newest,
            "alphabetical" | "name" => ImportedRule::Alphabetical,
            "digest" => {
                let tag = self.constraint.and_then(|tag| Tag::new(tag).ok());
                ImportedRule::Digest(tag.ok_or("the strategy `digest` needs a tag to follow")?)
            }
            other => return Err(format!("the strategy `{other}` is not known")),
        };
        let allow = match self.allow {
            None | Some("any") => Vec::new(),
            Some(allowed) => match allowed.strip_prefix("regexp:") {
                Some(text) => vec![expression(text.trim())?],
                None => return Err(format!("`allow-tags: {allowed}` is neither `any` nor `regexp:`")),
            },
        };
        let ignore = self.ignore.iter().map(|text| glob(text)).collect::<Result<_, _>>()?;
        Ok(ImportedSelection { rule, allow, ignore })
    }
}

/// Says once in a repository that short versions are left out.
pub(super) fn note_short_versions(leftover: &NotImported, imported: &mut Imported) {
    if !imported.leftovers.iter().any(|other| other.what == leftover.what) {
        imported.leftovers.push(leftover.clone());
    }
}

impl<'a> Listed<'a> {
    pub(super) const fn image(&self) -> &'a str {
        self.image
    }

    pub(super) const fn constraint(&self) -> Option<&'a str> {
        self.constraint
    }

    pub(super) fn of(entry: &'a str) -> Self {
        let (alias, image) =
            entry.split_once('=').map_or((None, entry), |(alias, image)| (Some(alias.trim()), image.trim()));
        let colon = image.rfind(':').filter(|at| !image[*at..].contains('/'));
        let (image, constraint) =
            colon.map_or((image, None), |at| (&image[..at], Some(image[at + 1..].trim())));
        Self { alias, image, constraint: constraint.filter(|constraint| !constraint.is_empty()) }
    }
}
