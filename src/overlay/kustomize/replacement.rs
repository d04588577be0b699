//! Replacements: a value copied from one resource into others.

use std::sync::Arc;

use super::patch::{FailedPatch, NotEvaluated};
use super::selector::compile;
use super::selector::label_selector::LabelSelector;
use crate::model::RepositoryPath;
use crate::overlay::document::resource::{Resource, trail_of};
use crate::overlay::document::trail::{Place, SetBy, Step, lengthened};
use crate::overlay::document::value::{Scalar, Value};
use crate::overlay::document::written::WrittenImage;

/// How long a text may become by putting others into it, in bytes.
const TEXT_BYTES_MAX: usize = 4 << 10;

/// One item of `replacements`.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Replacement {
    pub(in crate::overlay) line: usize,
    /// The file that holds it, where it is not written out here.
    pub(in crate::overlay) path: Option<String>,
    source: Option<Source>,
    targets: Vec<Target>,
    /// Why it is not evaluated.
    unable: Option<NotEvaluated>,
}

#[derive(Clone, Debug)]
enum Source {
    Value(Scalar),
    Field { of: Named, field: Vec<String>, options: Options },
}

#[derive(Clone, Debug)]
struct Target {
    select: Named,
    reject: Vec<Named>,
    fields: Vec<Vec<String>>,
    options: Options,
}

/// What a resource has to be called; what is not named may be anything.
#[derive(Clone, Debug, Default)]
struct Named {
    group: Option<String>,
    version: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    /// Only targets are selected by these.
    labels: Option<LabelSelector>,
    annotations: Option<LabelSelector>,
}

#[derive(Clone, Debug, Default)]
struct Options {
    delimiter: Option<String>,
    index: i64,
}

impl Replacement {
    pub(in crate::overlay) fn read(value: &Value, line: usize) -> Self {
        let path = value.get("path").and_then(Value::text).map(str::to_owned);
        let mut read = Self { line, path, source: None, targets: Vec::new(), unable: None };
        if read.path.is_none() {
            read.unable = read.fill(value).err();
        }
        read
    }

    fn fill(&mut self, value: &Value) -> Result<(), NotEvaluated> {
        self.source = Some(match (value.get("sourceValue"), value.get("source")) {
            (Some(Value::Scalar(scalar)), None) => Source::Value(scalar.clone()),
            (None, Some(source)) => Source::Field {
                of: Named::read(source)?,
                field: split(source.get("fieldPath").and_then(Value::text).unwrap_or("metadata.name")),
                options: Options::read(source.get("options"))?,
            },
            (_, _) => return Err(NotEvaluated("it has no one source")),
        });
        let targets = value.get("targets").ok_or(NotEvaluated("it has no targets"))?;
        self.targets = targets.items().iter().map(Target::read).collect::<Result<_, _>>()?;
        if self.targets.is_empty() {
            return Err(NotEvaluated("it has no targets"));
        }
        Ok(())
    }

    /// Whether images could be changed by it at all.
    fn touches_images(&self) -> bool {
        self.unable.is_some()
            || self.targets.iter().flat_map(|target| &target.fields).any(|path| touches(path))
    }

    /// About how many nodes are looked at to apply it.
    pub(in crate::overlay) fn cost(&self, resources: &[Resource]) -> usize {
        let looked_at = resources.len() * (self.targets.len() + 1);
        let selected = self.selected(resources).into_iter().filter_map(|index| resources.get(index));
        looked_at + selected.map(|resource| resource.value.size()).sum::<usize>()
    }

    /// Copies the value into every field that it is for.
    pub(super) fn apply(&self, file: &RepositoryPath, resources: &mut [Resource]) -> Result<(), FailedPatch> {
        let failed = |why: NotEvaluated, resources| FailedPatch { why, resources };
        if let Some(why) = self.unable {
            return Err(failed(why, None));
        }
        let place = Place::new(file.clone(), self.line);
        let value = match self.value(resources, &place) {
            Ok(value) => value,
            Err(_) if !self.touches_images() => return Ok(()),
            Err(why) => return Err(failed(why, Some(self.selected(resources)))),
        };
        for target in &self.targets {
            for index in target.selected(resources) {
                let Some(resource) = resources.get_mut(index) else { continue };
                let mut changed = resource.clone();
                match target.write(&mut changed, &value, &place) {
                    Err(why) if target.fields.iter().any(|path| touches(path)) => {
                        return Err(failed(why, Some(self.selected(resources))));
                    }
                    Ok(()) => *resource = changed,
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn selected(&self, resources: &[Resource]) -> Vec<usize> {
        self.targets.iter().flat_map(|target| target.selected(resources)).collect()
    }

    /// The value to copy, with the places that made it so.
    fn value(&self, resources: &[Resource], place: &Place) -> Result<Value, NotEvaluated> {
        match self.source.as_ref().ok_or(NotEvaluated("it has no one source"))? {
            Source::Value(scalar) => {
                // The value has a line of its own, where it is edited.
                let place = Place::new(place.file.clone(), scalar.line);
                let trail = vec![Step::new(&place, SetBy::Replacement, &scalar.text)];
                Ok(Value::Scalar(Scalar { trail, ..scalar.clone() }))
            }
            Source::Field { of, field, options } => {
                let mut found = resources.iter().filter(|resource| of.names(resource));
                let source = found.next().ok_or(NotEvaluated("no resource is its source"))?;
                if found.next().is_some() {
                    return Err(NotEvaluated("several resources may be its source"));
                }
                if source.doubt.is_some() {
                    return Err(NotEvaluated("its source is not certain"));
                }
                let value =
                    look_up(&source.value, field).ok_or(NotEvaluated("its source has no such field"))?;
                options.part_of(with_trail(value.clone(), &source.file))
            }
        }
    }
}

/// The places that made a value so are those of what it is copied into.
fn with_trail(mut value: Value, file: &RepositoryPath) -> Value {
    value.each_scalar(&mut |scalar| {
        let mut trail = trail_of(scalar, file);
        trail.iter_mut().for_each(|step| step.decides = false);
        scalar.trail = trail;
    });
    value
}

impl Named {
    fn read(value: &Value) -> Result<Self, NotEvaluated> {
        let selector = |key| match value.get(key).and_then(Value::text).filter(|text| !text.is_empty()) {
            Some(text) => LabelSelector::parse(text)
                .map(Some)
                .map_err(|_| NotEvaluated("a label or annotation selector is not valid")),
            None => Ok(None),
        };
        let text =
            |key| value.get(key).and_then(Value::text).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self {
            group: text("group"),
            version: text("version"),
            kind: text("kind"),
            name: text("name"),
            namespace: text("namespace"),
            labels: selector("labelSelector")?,
            annotations: selector("annotationSelector")?,
        })
    }

    /// Whether the labels and annotations of a resource are those that it asks for.
    fn fits_metadata(&self, resource: &Resource) -> bool {
        let fits = |selector: &Option<LabelSelector>, key| {
            selector.as_ref().is_none_or(|selector| selector.selects(resource.metadata(key)))
        };
        fits(&self.labels, "labels") && fits(&self.annotations, "annotations")
    }

    /// Whether it rejects a resource: by its labels and annotations, or by what it is called. What is not named rejects
    /// nothing.
    fn rejects(&self, resource: &Resource) -> bool {
        let ids = [&self.group, &self.version, &self.kind, &self.name, &self.namespace];
        let has_id = ids.into_iter().any(Option::is_some);
        let has_selector = self.labels.is_some() || self.annotations.is_some();
        (has_selector && self.fits_metadata(resource)) || (has_id && self.names(resource))
    }

    fn names(&self, resource: &Resource) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
        resource.ids.iter().any(|id| {
            fits(&self.group, &id.group)
                && fits(&self.version, &id.version)
                && fits(&self.kind, &id.kind)
                && fits(&self.name, &id.name)
                && fits(&self.namespace, &id.namespace)
        })
    }
}

impl Options {
    fn read(value: Option<&Value>) -> Result<Self, NotEvaluated> {
        let Some(value) = value else { return Ok(Self::default()) };
        if value.get("encoding").is_some() {
            return Err(NotEvaluated("its value is encoded"));
        }
        let delimiter = value.get("delimiter").and_then(Value::text).filter(|text| !text.is_empty());
        let index = match value.get("index").and_then(Value::text) {
            Some(text) => text.parse().map_err(|_| NotEvaluated("its `index` is not a number"))?,
            None => 0,
        };
        Ok(Self { delimiter: delimiter.map(str::to_owned), index })
    }

    /// The part of a source that these options mean.
    fn part_of(&self, value: Value) -> Result<Value, NotEvaluated> {
        let Some(delimiter) = &self.delimiter else { return Ok(value) };
        let Value::Scalar(scalar) = value else { return Err(NotEvaluated("its source is not a string")) };
        let index = usize::try_from(self.index).ok();
        let part = index.and_then(|index| scalar.text.split(delimiter.as_str()).nth(index));
        let text = part.ok_or(NotEvaluated("its source has no such part"))?.to_owned();
        Ok(Value::Scalar(Scalar { text, ..scalar }))
    }

    /// A text with one of its parts replaced, or a part put before or behind.
    fn replaced(&self, old: &str, new: &str) -> String {
        let Some(delimiter) = &self.delimiter else { return new.to_owned() };
        let mut parts: Vec<&str> = old.split(delimiter.as_str()).collect();
        match usize::try_from(self.index) {
            Err(_) => parts.insert(0, new),
            Ok(index) => match parts.get_mut(index) {
                Some(part) => *part = new,
                None => parts.push(new),
            },
        }
        parts.join(delimiter)
    }
}

impl Target {
    fn read(value: &Value) -> Result<Self, NotEvaluated> {
        let select = value.get("select").ok_or(NotEvaluated("a target selects nothing"))?;
        let fields = value.get("fieldPaths").map(Value::items).unwrap_or_default();
        let mut fields: Vec<Vec<String>> = fields.iter().filter_map(Value::text).map(split).collect();
        if fields.is_empty() {
            fields.push(split("metadata.name"));
        }
        let reject = value.get("reject").map(Value::items).unwrap_or_default();
        Ok(Self {
            select: Named::read(select)?,
            reject: reject.iter().map(Named::read).collect::<Result<_, _>>()?,
            fields,
            options: Options::read(value.get("options"))?,
        })
    }

    fn selected(&self, resources: &[Resource]) -> Vec<usize> {
        let is_meant = |resource: &Resource| {
            self.select.names(resource)
                && self.select.fits_metadata(resource)
                && !self.reject.iter().any(|named| named.rejects(resource))
        };
        resources.iter().enumerate().filter(|(_, found)| is_meant(found)).map(|(index, _)| index).collect()
    }

    fn write(&self, resource: &mut Resource, value: &Value, place: &Place) -> Result<(), NotEvaluated> {
        for field in &self.fields {
            let mut routes = Vec::new();
            matching(&resource.value, field, &mut Vec::new(), &mut routes)?;
            if routes.is_empty() {
                return Err(NotEvaluated("a target has no such field"));
            }
            let file = resource.file.clone();
            for route in routes {
                let found = Arc::make_mut(&mut resource.value).at_mut(&route);
                self.set(found.ok_or(NotEvaluated("a target has no such field"))?, value, place, &file)?;
                if !matches!(value, Value::Scalar(_)) && !resource.value.is_bounded() {
                    return Err(NotEvaluated("it makes a target too large or too deep"));
                }
            }
        }
        Ok(())
    }

    fn set(
        &self,
        into: &mut Value,
        value: &Value,
        place: &Place,
        file: &RepositoryPath,
    ) -> Result<(), NotEvaluated> {
        match (&mut *into, value) {
            (Value::Scalar(old), Value::Scalar(new)) => {
                let text = self.options.replaced(&old.text, &new.text);
                if text.len() > TEXT_BYTES_MAX {
                    return Err(NotEvaluated("it makes a text too long"));
                }
                let before = WrittenImage::new(&old.text);
                let after = WrittenImage::new(&text);
                let renames =
                    before.name != after.name && before.tag == after.tag && before.digest == after.digest;
                let step = Step { decides: !renames, ..Step::new(place, SetBy::Replacement, &text) };
                let trail = lengthened(trail_of(old, file), new.trail.iter().cloned().chain([step]));
                let spelling = old.spelling_when_replaced();
                *old = Scalar { text, is_null: false, spelling, line: old.line, trail };
                Ok(())
            }
            (_, _) if self.options.delimiter.is_some() => Err(NotEvaluated("a target is not a string")),
            (_, _) => {
                let mut new = value.clone();
                new.each_scalar(&mut |scalar| {
                    scalar.trail.push(Step::new(place, SetBy::Replacement, &scalar.text));
                });
                *into = new;
                Ok(())
            }
        }
    }
}

/// Splits a field path at its dots; one behind a backslash and those within brackets stay.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        let last = parts.last_mut().expect("starts with one part");
        match character {
            '\\' if characters.peek() == Some(&'.') => last.extend(characters.next()),
            '.' if depth == 0 => parts.push(String::new()),
            _ => {
                depth = match character {
                    '[' => depth + 1,
                    ']' => depth.saturating_sub(1),
                    _ => depth,
                };
                last.push(character);
            }
        }
    }
    parts
}

/// Whether what stands at a path could be, or hold, an image.
fn touches(path: &[String]) -> bool {
    let list = path.iter().rposition(|part| part.ends_with("ontainers") || part == "volumes");
    match list {
        Some(list) => path.get(list + 2).is_none_or(|part| part == "image" || part == "*"),
        None => {
            let holds = ["spec", "template", "jobTemplate", "containers", "*"];
            path.iter().any(|part| part.to_ascii_lowercase().contains("image"))
                || path.last().is_some_and(|part| holds.contains(&part.as_str()))
        }
    }
}

/// The key and text of `[key=text]`.
fn item_of(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// The field of a source.
fn look_up<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, part| match (value, item_of(part)) {
        (Value::List(items), Some((key, text))) => {
            items.iter().find(|item| item.get(key).and_then(Value::text) == Some(text))
        }
        (Value::List(items), None) => items.get(part.parse::<usize>().ok()?),
        (Value::Map(_), None) => value.get(part),
        (Value::Map(_), Some(_)) | (Value::Scalar(_) | Value::Unread { .. }, _) => None,
    })
}

/// The fields of a target. Here the text of an item is a regular expression that may match any part.
fn matching(
    value: &Value,
    path: &[String],
    route: &mut Vec<u32>,
    found: &mut Vec<Vec<u32>>,
) -> Result<(), NotEvaluated> {
    let Some((part, rest)) = path.split_first() else {
        found.push(route.clone());
        return Ok(());
    };
    for index in below(value, part)? {
        let child = value.children().nth(index).ok_or(NotEvaluated("a target has no such field"))?;
        route.push(u32::try_from(index).map_err(|_| NotEvaluated("a target has too many items"))?);
        matching(child, rest, route, found)?;
        route.pop();
    }
    Ok(())
}

/// Which children one part of a path means.
fn below(value: &Value, part: &str) -> Result<Vec<usize>, NotEvaluated> {
    match value {
        Value::List(items) => match item_of(part) {
            Some((key, text)) => {
                let pattern = compile(text).ok_or(NotEvaluated("a target has no valid pattern"))?;
                let is_meant = |item: &Value| {
                    item.get(key).and_then(Value::text).is_some_and(|text| pattern.is_match(text))
                };
                Ok(items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| is_meant(item))
                    .map(|(index, _)| index)
                    .collect())
            }
            None if part == "*" => Ok((0..items.len()).collect()),
            None => match part.parse::<usize>() {
                Ok(index) if index < items.len() => Ok(vec![index]),
                Ok(_) | Err(_) => Err(NotEvaluated("a target has no such item")),
            },
        },
        Value::Map(_) if part == "*" => Err(NotEvaluated("a target means every key")),
        Value::Map(entries) => Ok(entries.iter().rposition(|(key, _)| key == part).into_iter().collect()),
        Value::Scalar(_) | Value::Unread { .. } => Ok(Vec::new()),
    }
}
