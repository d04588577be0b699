//! Follows a kustomization to its manifests in the order in which kustomize builds it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::field::{Defaults, FieldSpec, places};
use super::hidden_image::{HiddenImage, UnusedEntry};
use super::kustomization::generator::{ConfigMap, ConfigMapFile};
use super::kustomization::{Kustomization, Link, generator};
use super::link::Target;
use super::note::{Cause, Note, Uncertainty};
use super::object_images::helm;
use super::parsed::Parsed;
use super::uses::Use;
use super::{link, object_images};
use crate::model::{Missing, RepositoryPath, Tree, TreeError};
use crate::overlay::document::manifest::may_hold_images;
use crate::overlay::document::resource::{Id, Resource, trail_of};
use crate::overlay::document::value::Value;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::limit::Limit;
use crate::overlay::{BYTES_READ_MAX, EditObstacle, FILES_MAX, FOLDER_DEPTH_MAX, MATCHES_MAX, OverlayError};

/// A line of a kustomization that leads to a folder.
struct Reference<'a> {
    file: &'a RepositoryPath,
    link: &'a Link,
    folder: &'a RepositoryPath,
    /// Whether it stands among the components.
    to_component: bool,
}

/// The root's own kustomization and everything that it leads to.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) file: RepositoryPath,
    pub(super) own: Arc<Kustomization>,
    pub(super) uses: Vec<Use>,
    /// Images in what is not read.
    pub(super) hidden: Vec<Use>,
    pub(super) notes: Vec<Note>,
    pub(super) unused: BTreeSet<UnusedEntry>,
    /// Every path that had a say, whether something stands there or not.
    pub(super) asked: BTreeSet<RepositoryPath>,
    /// What the kustomization renders, in its order, as far as it was parsed.
    pub(super) resources: Vec<Resource>,
}

/// Follows the kustomization of a folder; all files that lack their content are named at once, level by level.
///
/// Files that can show no image are parsed only where something could copy a value out of them, or an image into
/// them.
pub(super) fn walk(
    tree: &Tree,
    folder: &RepositoryPath,
    parsed: &mut Parsed,
) -> Result<Walked, OverlayError> {
    match Walk::new(tree, parsed, false).run(folder)? {
        Some(walked) => Ok(walked),
        None => {
            let walked = Walk::new(tree, parsed, true).run(folder)?;
            Ok(walked.expect("a walk that reads everything lacks nothing"))
        }
    }
}

/// Everything that the kustomization of a folder renders, files that can show no image included.
///
/// # Errors
/// As [`walk`].
pub(in crate::overlay) fn rendered(
    tree: &Tree,
    folder: &RepositoryPath,
    parsed: &mut Parsed,
) -> Result<Vec<Resource>, OverlayError> {
    let walked = Walk::new(tree, parsed, true).run(folder)?;
    Ok(walked.expect("a walk that reads everything lacks nothing").resources)
}

/// What a kustomization has gathered so far.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) resources: Vec<Resource>,
    /// Places for images that configurations add.
    pub(super) fields: Vec<FieldSpec>,
    /// Images in what is not read.
    pub(super) hidden: Vec<HiddenImage>,
    /// How many notes there were before anything was gathered here.
    pub(super) first_note: usize,
}

pub(in crate::overlay) struct Walk<'a> {
    tree: &'a Tree,
    pub(in crate::overlay) parsed: &'a mut Parsed,
    missing: Missing,
    notes: Vec<Note>,
    pub(in crate::overlay) unused: BTreeSet<UnusedEntry>,
    asked: BTreeSet<RepositoryPath>,
    /// The folders on the way here.
    open: Vec<RepositoryPath>,
    files: usize,
    bytes: usize,
    matches: usize,
    /// Whether files that show no image are parsed too.
    is_thorough: bool,
    /// Whether some file was not parsed, and whether that could matter.
    has_skipped: bool,
    pub(super) needs_all: bool,
}

impl<'a> Walk<'a> {
    fn new(tree: &'a Tree, parsed: &'a mut Parsed, is_thorough: bool) -> Self {
        Self {
            tree,
            parsed,
            missing: Missing::default(),
            notes: Vec::new(),
            unused: BTreeSet::new(),
            asked: BTreeSet::new(),
            open: Vec::new(),
            files: 0,
            bytes: 0,
            matches: 0,
            is_thorough,
            has_skipped: false,
            needs_all: false,
        }
    }

    /// The whole walk; nothing where it turns out that files were skipped which matter.
    fn run(mut self, folder: &RepositoryPath) -> Result<Option<Walked>, OverlayError> {
        let mut stack = Stack::default();
        let own = self.folder(folder, &mut stack)?;
        let needs_all = self.needs_all || stack.resources.iter().any(helm::has_values_from);
        if self.has_skipped && needs_all {
            return Ok(None);
        }
        let mut uses = stack.resources.iter().flat_map(|resource| uses(resource, &stack.fields)).collect();
        object_images::add_uses(&stack.resources, &stack.fields, &mut uses, &mut self.notes);
        let hidden = stack.hidden.iter().rev().filter_map(hidden_use).collect();
        match own {
            Some((file, own)) if self.missing.0.is_empty() => {
                let Self { notes, unused, asked, .. } = self;
                let Stack { resources, .. } = stack;
                Ok(Some(Walked { file, own, uses, hidden, notes, unused, asked, resources }))
            }
            Some(_) | None => Err(OverlayError::Missing(self.missing)),
        }
    }

    /// Adds what a folder's kustomization brings, then applies it to everything gathered so far.
    ///
    /// A base comes with an empty stack, a component with that of whoever includes it.
    fn folder(
        &mut self,
        folder: &RepositoryPath,
        stack: &mut Stack,
    ) -> Result<Option<(RepositoryPath, Arc<Kustomization>)>, OverlayError> {
        self.asked.extend(link::candidates(folder));
        let file = link::kustomization(self.tree, folder).map_err(|(file, refused)| refused.of(&file))?;
        let Some(bytes) = self.read(&file)? else { return Ok(None) };
        let blob = self.blob(&file);
        let own = self.parsed.kustomization(&blob, bytes).map_err(|refused| refused.of(&file))?;
        self.open.push(folder.clone());
        self.gather(&file, &own, stack)?;
        self.transform(&file, &own, stack)?;
        self.open.pop();
        Ok(Some((file, own)))
    }

    fn gather(
        &mut self,
        file: &RepositoryPath,
        own: &Kustomization,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        for resource in &own.resources {
            self.resource(file, resource, stack)?;
        }
        for configuration in &own.configurations {
            self.configuration(file, configuration, stack)?;
        }
        for opaque in &own.hiding {
            self.hide(file, opaque.line, opaque.limit, opaque.why);
        }
        for config_map in &own.config_maps {
            self.generate(file, config_map, stack)?;
        }
        for component in &own.components {
            self.component(file, component, stack)?;
        }
        Ok(())
    }

    fn resource(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        match self.follow(file, link)? {
            Target::File(path) => self.manifest(&path, stack),
            Target::Folder(folder) => {
                let mut base = Stack { first_note: self.notes.len(), ..Stack::default() };
                self.enter(&Reference { file, link, folder: &folder, to_component: false }, &mut base)?;
                stack.resources.append(&mut base.resources);
                stack.hidden.append(&mut base.hidden);
                base.fields.into_iter().for_each(|spec| spec.join(&mut stack.fields));
                Ok(())
            }
            Target::Remote => {
                let why = format!("`{}` lies in another place, which is not read", link.target);
                self.hide(file, link.line, Limit::Remote, why);
                Ok(())
            }
        }
    }

    fn component(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        match self.follow(file, link)? {
            Target::Folder(folder) => {
                self.enter(&Reference { file, link, folder: &folder, to_component: true }, stack)
            }
            Target::File(_) => {
                let why = format!("the component `{}` is a file", link.target);
                Err(EditObstacle::at_line(Limit::Malformed, link.line, why)
                    .or_else("write the path of its folder")
                    .of(file))
            }
            Target::Remote => {
                let why = format!("the component `{}` lies in another place, which is not read", link.target);
                let cause = Cause { file, line: link.line, limit: Limit::Remote, why };
                self.doubt(cause, None, &mut stack.resources);
                Ok(())
            }
        }
    }

    fn enter(&mut self, reference: &Reference<'_>, stack: &mut Stack) -> Result<(), OverlayError> {
        let &Reference { file, link, folder, to_component } = reference;
        let refuse = |limit, why: String| Err(EditObstacle::at_line(limit, link.line, why).of(file));
        if self.open.contains(folder) {
            return refuse(Limit::Circle, format!("`{}` leads back here in a circle", link.target));
        }
        if self.open.len() >= FOLDER_DEPTH_MAX {
            return refuse(
                Limit::TooMuch,
                format!("more than {FOLDER_DEPTH_MAX} folders lead to each other"),
            );
        }
        match self.folder(folder, stack)? {
            Some((_, own)) if own.is_component != to_component => {
                let what = if to_component { "no component" } else { "a component" };
                refuse(Limit::WrongKind, format!("`{}` is {what}", link.target))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(in crate::overlay) fn follow(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
    ) -> Result<Target, OverlayError> {
        let folder = file.parent().expect("a file lies in a folder");
        self.asked.extend(folder.join(&link.target));
        link::follow(self.tree, &folder, link).map_err(|refused| refused.of(file))
    }

    fn manifest(&mut self, path: &RepositoryPath, stack: &mut Stack) -> Result<(), OverlayError> {
        let Some(bytes) = self.read(path)? else { return Ok(()) };
        if !self.is_thorough && !may_hold_images(bytes) {
            self.has_skipped = true;
            return Ok(());
        }
        let blob = self.blob(path);
        let manifest = self.parsed.manifest(&blob, bytes);
        for (line, why) in &manifest.hidden {
            self.hide(path, *line, Limit::ManifestUnread, why.clone());
        }
        stack.resources.extend(manifest.documents.iter().map(|document| Resource {
            value: Arc::clone(&document.value),
            file: path.clone(),
            ids: vec![Arc::clone(&document.id)],
            doubt: None,
        }));
        Ok(())
    }

    /// A ConfigMap matters only as the source of replacements.
    fn generate(
        &mut self,
        file: &RepositoryPath,
        config_map: &ConfigMap,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        if !self.is_thorough {
            self.has_skipped = true;
            return Ok(());
        }
        let mut data = Vec::new();
        for (path, line) in &config_map.environments {
            let link = Link { target: path.clone(), line: *line };
            if let Target::File(path) = self.follow(file, &link)? {
                let content = self.read(&path)?.map(String::from_utf8_lossy);
                data.extend(
                    content.map(|content| generator::environment(&content, *line)).unwrap_or_default(),
                );
            }
        }
        for ConfigMapFile { key, path, line } in &config_map.files {
            let link = Link { target: path.clone(), line: *line };
            if let Target::File(path) = self.follow(file, &link)? {
                let content = self.read(&path)?.map(String::from_utf8_lossy);
                data.extend(content.map(|content| (key.clone(), generator::whole_file(&content, &path))));
            }
        }
        data.extend(config_map.literals.iter().cloned());
        let made = Resource::new(config_map.resource(data.clone()), file.clone());
        let is_config_map = |found: &Resource, id: &Id| found.id().kind == "ConfigMap" && found.was_ever(id);
        match stack.resources.iter().position(|found| is_config_map(found, made.id())) {
            Some(at) if config_map.behavior.as_deref() == Some("merge") => {
                let merged = stack.resources.get_mut(at).map(|found| Arc::make_mut(&mut found.value));
                if let Some(own) = merged.and_then(|value| value.get_mut("data")) {
                    data.into_iter().for_each(|(key, value)| own.set(&key, generated(value, file)));
                }
            }
            Some(at) => drop(std::mem::replace(&mut stack.resources[at], made)),
            None => stack.resources.push(made),
        }
        Ok(())
    }

    /// The content of a file; nothing where it is missing, which is noted.
    pub(in crate::overlay) fn read(
        &mut self,
        path: &RepositoryPath,
    ) -> Result<Option<&'a [u8]>, OverlayError> {
        self.files += 1;
        self.asked.insert(path.clone());
        match self.tree.read(path) {
            Ok(bytes) => {
                self.bytes += bytes.len();
                self.check_bounds(path)?;
                Ok(Some(bytes))
            }
            Err(TreeError::Missing) => {
                self.missing.0.insert(path.clone());
                self.check_bounds(path)?;
                Ok(None)
            }
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {
                Err(EditObstacle::whole(Limit::NoFile, "this is not a file").of(path))
            }
        }
    }

    /// What identifies the content of a file that was read.
    pub(in crate::overlay) fn blob(&self, path: &RepositoryPath) -> crate::model::BlobId {
        self.tree.entry(path).expect("it was read").blob
    }

    /// Counts how often images are held against entries.
    pub(super) fn count_matches(&mut self, more: usize, path: &RepositoryPath) -> Result<(), OverlayError> {
        self.matches += more;
        self.check_bounds(path)
    }

    fn check_bounds(&self, path: &RepositoryPath) -> Result<(), OverlayError> {
        let why = if self.files > FILES_MAX {
            format!("the overlay leads to more than {FILES_MAX} files")
        } else if self.bytes > BYTES_READ_MAX {
            format!("the overlay leads to files of more than {} MiB", BYTES_READ_MAX >> 20)
        } else if self.matches > MATCHES_MAX {
            "the overlay has too many images and entries of `images`".to_owned()
        } else {
            return Ok(());
        };
        Err(EditObstacle::whole(Limit::TooMuch, why).of(path))
    }

    fn hide(&mut self, file: &RepositoryPath, line: usize, limit: Limit, why: impl Into<String>) {
        let why = why.into();
        self.notes.push(Note { file: file.clone(), line, limit, why, doubt: Uncertainty::Hides });
    }

    /// How the notes from one on bear on the answer.
    pub(super) fn doubts_since(&self, first: usize) -> Vec<&Uncertainty> {
        self.notes.iter().skip(first).map(|note| &note.doubt).collect()
    }

    /// Notes that some resources, or all, may not be what they seem.
    pub(super) fn doubt(&mut self, cause: Cause<'_>, at: Option<&[usize]>, resources: &mut [Resource]) {
        let Cause { file, line, limit, why } = cause;
        let note = self.notes.len();
        self.notes.push(Note { file: file.clone(), line, limit, why, doubt: Uncertainty::Alters });
        for (index, resource) in resources.iter_mut().enumerate() {
            if at.is_none_or(|at| at.contains(&index)) {
                resource.put_in_doubt(note);
            }
        }
    }
}

/// A generated value keeps the file that it comes from when it is merged into another resource.
fn generated(mut value: Value, file: &RepositoryPath) -> Value {
    value.each_scalar(&mut |scalar| scalar.trail = trail_of(scalar, file));
    value
}

fn hidden_use(hidden: &HiddenImage) -> Option<Use> {
    let image = WrittenImage::new(&hidden.scalar.text);
    Some(Use { image, trail: hidden.trail()?, doubt: None, merged: None })
}

/// The images that a resource shows.
fn uses(resource: &Resource, fields: &[FieldSpec]) -> Vec<Use> {
    let places = places(&resource.value, resource.id(), Defaults::Known, fields);
    let found = places.keys().filter_map(|route| match resource.value.at(route) {
        Some(Value::Scalar(scalar)) if !scalar.text.is_empty() => Some(Use {
            image: WrittenImage::new(&scalar.text),
            trail: trail_of(scalar, &resource.file),
            doubt: resource.doubt,
            merged: None,
        }),
        Some(_) | None => None,
    });
    found.collect()
}
