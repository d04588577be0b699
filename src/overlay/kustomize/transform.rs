//! What a kustomization does to the resources gathered so far, in kustomize's order: patches, namespace, names,
//! `images`, replacements, transformers.

use std::sync::Arc;

use super::field::{Defaults, FieldSpec, places};
use super::kustomization::entry::Entry;
use super::kustomization::{Kustomization, Link, Opaque, Transformer};
use super::link::Target;
use super::note::Cause;
use super::patch::{Body, Content, FailedPatch, NotEvaluated, Patch};
use super::replacement::Replacement;
use super::walk::{Stack, Walk};
use crate::model::RepositoryPath;
use crate::overlay::OverlayError;
use crate::overlay::document::resource::{Resource, trail_of};
use crate::overlay::document::text::Text;
use crate::overlay::document::trail::{Place, SetBy, Step, lengthened};
use crate::overlay::document::value::{Lines, Value};
use crate::overlay::limit::Limit;
use crate::yaml::NodeId;

/// Transformers that change no image and no name.
const HARMLESS: [&str; 4] =
    ["HashTransformer", "ReplicaCountTransformer", "SortOrderTransformer", "ValueAddTransformer"];

/// Entries, and where they apply.
struct Images<'a> {
    entries: &'a [Entry],
    set_by: SetBy,
    defaults: Defaults,
    fields: &'a [FieldSpec],
}

/// An item of a kustomization, and the limit that it comes to where it cannot be evaluated.
struct Item<'a> {
    file: &'a RepositoryPath,
    line: usize,
    limit: Limit,
    /// The key of the list that holds it.
    key: &'a str,
}

/// One document of a transformer's text.
#[derive(Clone, Copy)]
struct Document<'a> {
    text: &'a Text,
    root: NodeId,
    /// Where the lines of the text are in its file.
    lines: Lines,
}

impl Walk<'_> {
    pub(super) fn transform(
        &mut self,
        file: &RepositoryPath,
        own: &Kustomization,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        if let Some(schema) = &own.schema
            && !own.patches.is_empty()
        {
            let Opaque { line, limit, why } = schema;
            let cause = Cause { file, line: *line, limit: *limit, why: (*why).to_owned() };
            self.doubt(cause, None, &mut stack.resources);
        }
        for patch in &own.patches {
            self.patch(file, patch, stack)?;
        }
        for resource in &mut stack.resources {
            if let Some(namespace) = &own.namespace {
                resource.move_to(namespace);
            }
            if !own.prefix.is_empty() || !own.suffix.is_empty() {
                resource.rename(&own.prefix, &own.suffix);
            }
        }
        self.annotate("labels", &own.labels, file, &mut stack.resources)?;
        self.annotate("annotations", &own.annotations, file, &mut stack.resources)?;
        for patch in &own.late_patches {
            self.patch(file, patch, stack)?;
        }
        let Stack { resources, fields, .. } = &mut *stack;
        let images =
            Images { entries: &own.entries, set_by: SetBy::Images, defaults: Defaults::Known, fields };
        let matched = self.images(file, &images, resources)?;
        self.hidden_images(file, own, &matched, stack)?;
        for replacement in &own.replacements {
            self.replacement(file, replacement, stack)?;
        }
        for transformer in &own.transformers {
            self.transformer(file, transformer, stack)?;
        }
        Ok(())
    }

    /// Adds labels or annotations, by which patches and replacements may select.
    fn annotate(
        &mut self,
        key: &str,
        pairs: &[(String, String)],
        file: &RepositoryPath,
        resources: &mut [Resource],
    ) -> Result<(), OverlayError> {
        if pairs.is_empty() {
            return Ok(());
        }
        self.count_matches(pairs.len() * (pairs.len() + resources.len()), file)?;
        resources.iter_mut().for_each(|resource| resource.annotate(key, pairs));
        Ok(())
    }

    fn patch(&mut self, file: &RepositoryPath, patch: &Patch, stack: &mut Stack) -> Result<(), OverlayError> {
        let (content, from) = match &patch.body {
            Body::Inline(content) => (Ok(Arc::clone(content)), file.clone()),
            Body::Unable(why) => (Err(*why), file.clone()),
            Body::File(target) => {
                match self.follow(file, &Link { target: target.clone(), line: patch.line })? {
                    Target::File(path) => {
                        let Some(bytes) = self.read(&path)? else { return Ok(()) };
                        let blob = self.blob(&path);
                        (Ok(self.parsed.patch(&blob, bytes)), path)
                    }
                    Target::Folder(_) | Target::Remote => {
                        (Err(NotEvaluated("it lies in another place")), file.clone())
                    }
                }
            }
        };
        let done = match content {
            Ok(content) => {
                self.count_matches(patch.cost(&content, &stack.resources), &from)?;
                self.apply(patch, &content, &from, stack)
            }
            Err(why) => Err(why.into()),
        };
        self.settle(&Item { file, line: patch.line, limit: Limit::PatchUnable, key: patch.key }, done, stack);
        Ok(())
    }

    fn apply(
        &mut self,
        patch: &Patch,
        content: &Content,
        from: &RepositoryPath,
        stack: &mut Stack,
    ) -> Result<(), FailedPatch> {
        self.needs_all |= content.names_images;
        patch.apply(content, from, &mut stack.resources)
    }

    /// What could not be evaluated puts in doubt what it may have changed.
    fn settle(&mut self, item: &Item<'_>, done: Result<(), FailedPatch>, stack: &mut Stack) {
        let Item { file, line, limit, key } = *item;
        if let Err(FailedPatch { why, resources }) = done {
            let why = format!("this item of `{key}` is not evaluated: {}", why.0);
            self.doubt(Cause { file, line, limit, why }, resources.as_deref(), &mut stack.resources);
        }
    }

    /// Applies entries to every image; which of them matched one.
    fn images(
        &mut self,
        file: &RepositoryPath,
        images: &Images<'_>,
        resources: &mut [Resource],
    ) -> Result<Vec<bool>, OverlayError> {
        let mut matched = vec![false; images.entries.len()];
        self.count_matches(images.entries.len() * (images.entries.len() + 1), file)?;
        if images.entries.is_empty() {
            return Ok(matched);
        }
        for resource in resources {
            let places = places(&resource.value, resource.id(), images.defaults, images.fields);
            let times: usize = places.values().map(|times| *times as usize + 1).sum();
            self.count_matches(times * images.entries.len(), file)?;
            for (route, times) in places {
                for index in images.set(resource, &route, times, file) {
                    matched[index] = true;
                }
            }
        }
        Ok(matched)
    }

    fn replacement(
        &mut self,
        file: &RepositoryPath,
        replacement: &Replacement,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        self.needs_all = true;
        let Some(target) = &replacement.path else {
            self.count_matches(replacement.cost(&stack.resources), file)?;
            let done = replacement.apply(file, &mut stack.resources);
            self.settle(
                &Item { file, line: replacement.line, limit: Limit::ReplacementUnable, key: "replacements" },
                done,
                stack,
            );
            return Ok(());
        };
        let found = self.follow(file, &Link { target: target.clone(), line: replacement.line })?;
        let Target::File(path) = found else { return Ok(()) };
        let Some(bytes) = self.read(&path)? else { return Ok(()) };
        let blob = self.blob(&path);
        let manifest = self.parsed.manifest(&blob, bytes);
        for document in &manifest.documents {
            let read = Replacement::read(&document.value, first_line(&document.value));
            self.count_matches(read.cost(&stack.resources), &path)?;
            let done = read.apply(&path, &mut stack.resources);
            let (line, limit) = (read.line, Limit::ReplacementUnable);
            self.settle(&Item { file: &path, line, limit, key: "replacements" }, done, stack);
        }
        Ok(())
    }

    fn transformer(
        &mut self,
        file: &RepositoryPath,
        transformer: &Transformer,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        let (text, lines, from) = match transformer.inline {
            Some(lines) => (transformer.text.clone(), lines, file.clone()),
            None => {
                let link = Link { target: transformer.text.clone(), line: transformer.line };
                let Target::File(path) = self.follow(file, &link)? else {
                    let why = format!("the transformers in `{}` are not evaluated", transformer.text);
                    let cause = Cause { file, line: transformer.line, limit: Limit::TransformerUnable, why };
                    self.doubt(cause, None, &mut stack.resources);
                    return Ok(());
                };
                let Some(bytes) = self.read(&path)? else { return Ok(()) };
                (String::from_utf8_lossy(bytes).into_owned(), Lines::After(0), path)
            }
        };
        let Ok(text) = Text::new(text.as_bytes()) else {
            let why = "this transformer cannot be read".to_owned();
            let cause = Cause { file, line: transformer.line, limit: Limit::TransformerUnable, why };
            self.doubt(cause, None, &mut stack.resources);
            return Ok(());
        };
        for root in text.tree.documents() {
            self.transformer_document(&from, Document { text: &text, root: *root, lines }, stack)?;
        }
        Ok(())
    }

    fn transformer_document(
        &mut self,
        file: &RepositoryPath,
        document: Document<'_>,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        let Document { text, root, lines } = document;
        let line = lines.of(text.line(root));
        let is_built_in = text.scalar_of(root, "apiVersion") == Some("builtin");
        let kind = if is_built_in { text.scalar_of(root, "kind") } else { None };
        match kind {
            Some("ImageTagTransformer") => self.image_tag(file, document, stack),
            Some("PatchTransformer") => {
                let read = Patch::read(text, root, "transformers");
                let mut patch = read.map_err(|refused| refused.of(file))?;
                patch.line = line;
                self.patch(file, &patch, stack)
            }
            Some("ReplacementTransformer") => {
                let value = Value::of(text, root, lines);
                for item in value.get("replacements").map(Value::items).unwrap_or_default() {
                    self.replacement(file, &Replacement::read(item, first_line(item)), stack)?;
                }
                Ok(())
            }
            Some("LabelTransformer") => self.annotator(file, "labels", document, stack),
            Some("AnnotationsTransformer") => self.annotator(file, "annotations", document, stack),
            Some(kind) if HARMLESS.contains(&kind) => Ok(()),
            Some(_) | None => {
                let kind = text.scalar_of(root, "kind").unwrap_or("without a kind");
                let why = format!("the transformer `{kind}` may change images and is not evaluated");
                let cause = Cause { file, line, limit: Limit::TransformerUnable, why };
                self.doubt(cause, None, &mut stack.resources);
                Ok(())
            }
        }
    }

    /// A transformer that adds labels or annotations; they can be selected by where its fields name them.
    fn annotator(
        &mut self,
        file: &RepositoryPath,
        key: &str,
        Document { text, root, .. }: Document<'_>,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        let value = Value::of(text, root, Lines::After(0));
        let fields = value.get("fieldSpecs").map(Value::items).unwrap_or_default();
        let place = format!("metadata/{key}");
        if !fields.iter().any(|field| field.text_at(&["path"]) == Some(&place)) {
            return Ok(());
        }
        let pairs = value.get(key).map(Value::entries).unwrap_or_default().iter();
        let pairs: Vec<_> =
            pairs.map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned())).collect();
        self.annotate(key, &pairs, file, &mut stack.resources)
    }

    fn image_tag(
        &mut self,
        file: &RepositoryPath,
        document: Document<'_>,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        let Document { text, root, lines } = document;
        let Some((_, node)) = text.entry(root, "imageTag") else { return Ok(()) };
        let entry = Entry::read(text, node).map_err(|refused| refused.of(file))?;
        let specs = text.entry(root, "fieldSpecs").map(|(_, list)| Value::of(text, list, lines));
        let fields: Vec<FieldSpec> =
            specs.iter().flat_map(Value::items).filter_map(FieldSpec::read).collect();
        let images = Images {
            entries: &[entry.inside(lines)],
            set_by: SetBy::Transformer,
            defaults: Defaults::Unknown,
            fields: &fields,
        };
        self.images(file, &images, &mut stack.resources).map(drop)
    }

    /// The places for images that a configuration adds.
    pub(super) fn configuration(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        let Target::File(path) = self.follow(file, link)? else {
            let why = format!("`{}` lies in another place, which is not read", link.target);
            let cause = Cause { file, line: link.line, limit: Limit::ConfigurationUnable, why };
            self.doubt(cause, None, &mut stack.resources);
            return Ok(());
        };
        let Some(bytes) = self.read(&path)? else { return Ok(()) };
        let blob = self.blob(&path);
        let manifest = self.parsed.manifest(&blob, bytes);
        if let Some((line, why)) = manifest.hidden.first() {
            let (line, why) = (*line, why.clone());
            let cause = Cause { file: &path, line, limit: Limit::ConfigurationUnable, why };
            self.doubt(cause, None, &mut stack.resources);
        }
        for document in &manifest.documents {
            let specs = document.value.get("images").map(Value::items).unwrap_or_default();
            specs.iter().filter_map(FieldSpec::read).for_each(|spec| spec.join(&mut stack.fields));
        }
        Ok(())
    }
}

impl Images<'_> {
    /// Applies every entry in turn, each as often as kustomize does; which of them matched.
    fn set(&self, resource: &mut Resource, route: &[u32], times: u32, file: &RepositoryPath) -> Vec<usize> {
        let Some(Value::Scalar(scalar)) = resource.value.at(route) else { return Vec::new() };
        let mut image = scalar.text.clone();
        let mut steps = Vec::new();
        let mut matched = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            let mut has_matched = false;
            for _time in 0..times {
                if entry.matches(&image) {
                    image = entry.apply(&image);
                    has_matched = true;
                }
            }
            if has_matched {
                let entry_step = step_of(index, entry, file, &image);
                let entry = if self.set_by == SetBy::Images { entry_step.entry } else { None };
                steps.push(Step { set_by: self.set_by, entry, ..entry_step });
                matched.push(index);
            }
        }
        if steps.is_empty() {
            return matched;
        }
        let trail = lengthened(trail_of(scalar, &resource.file), steps);
        if let Some(Value::Scalar(scalar)) = Arc::make_mut(&mut resource.value).at_mut(route) {
            scalar.trail = trail;
            scalar.text = image;
        }
        matched
    }
}

/// The step of the entry of that number, with the image as it is behind it.
pub(super) fn step_of(index: usize, entry: &Entry, file: &RepositoryPath, image: &str) -> Step {
    let deciding = entry.decides();
    let line = deciding.or(entry.new_name.as_ref()).map_or(entry.line, |field| field.line);
    let place = Place::new(file.clone(), line);
    Step { decides: deciding.is_some(), entry: Some(index), ..Step::new(&place, SetBy::Images, image) }
}

/// The line of the first scalar in a value.
fn first_line(value: &Value) -> usize {
    match value {
        Value::Scalar(scalar) => scalar.line,
        Value::Unread { line, .. } => *line,
        Value::Map(_) | Value::List(_) => value.children().map(first_line).min().unwrap_or_default(),
    }
}
