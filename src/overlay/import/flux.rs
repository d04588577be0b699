//! Flux: policies select, markers say where.

use std::collections::BTreeMap;

use super::File;
use super::constraint::{Translated, translate};
use super::expression::{Extracted, Holds, expression, extracted};
use crate::model::{
    ImageName, Imported, ImportedRule, ImportedSelection, ImportedService, Marker, NotImported,
    RepositoryPath,
};
use crate::overlay::document::text::Text;
use crate::overlay::format::marker::{Marked, Part};
use crate::overlay::format::{marker, objects};
use crate::yaml::NodeId;

/// The pattern of tags that Flux leaves out unless it is told otherwise.
const EXCLUDED_DEFAULT: &str = r"^.*\.sig$";

/// An object of Flux and the file that holds it.
struct Object<'a> {
    file: &'a File<'a>,
    text: &'a Text,
    node: NodeId,
    /// `None` if a kustomization or the command line says it.
    namespace: Option<&'a str>,
}

/// Objects of one kind by name; in several clusters they may have the same one.
struct Objects<'a>(BTreeMap<&'a str, Vec<Object<'a>>>);

/// The markers of one policy: where each stands, and what its scalar says.
type Places = Vec<Place>;

struct Place {
    file: RepositoryPath,
    line: usize,
    /// The image that the scalar names, unless it holds only a tag or digest.
    image: Option<ImageName>,
}

/// What cannot be carried over, and where it stands.
struct NotCarried {
    node: NodeId,
    why: String,
}

pub(super) fn read(files: &[File<'_>], imported: &mut Imported) {
    let repositories = Objects::of_kind(files, "ImageRepository");
    let policies = Objects::of_kind(files, "ImagePolicy");
    for automation in Objects::of_kind(files, "ImageUpdateAutomation").all() {
        automation.note(
            &["spec", "git", "commit", "messageTemplate"],
            "the template of commit messages",
            imported,
        );
        automation.note(&["spec", "git", "push", "branch"], "the branch that is pushed to", imported);
    }
    let mut marked: BTreeMap<(&RepositoryPath, usize), Vec<(Marker, Places)>> = BTreeMap::new();
    for (name, places) in markers(files, imported) {
        for (policy, places) in by_policy(&policies, &name, places) {
            match policy {
                Some(policy) => marked.entry(policy.place()).or_default().push((name.clone(), places)),
                None => without_policy(&name, &places, imported),
            }
        }
    }
    for policy in policies.all() {
        match marked.get(&policy.place()) {
            Some(found) => {
                found.iter().for_each(|(name, places)| policy.read(name, places, &repositories, imported));
            }
            None => imported.leftovers.push(policy.file.leftover(policy.node, policy.unmarked())),
        }
    }
}

impl<'a> Objects<'a> {
    fn of_kind(files: &'a [File<'a>], kind: &str) -> Self {
        let mut found: BTreeMap<&str, Vec<Object<'_>>> = BTreeMap::new();
        for file in files {
            let Some(text) = &file.text else { continue };
            for node in objects::all(text).into_iter().filter(|node| objects::kind(text, *node) == Some(kind))
            {
                let scalar = |key| objects::scalar(text, node, &["metadata", key]);
                let object = Object { file, text, node, namespace: scalar("namespace") };
                found.entry(scalar("name").unwrap_or_default()).or_default().push(object);
            }
        }
        Self(found)
    }

    fn all(&self) -> impl Iterator<Item = &Object<'a>> {
        self.0.values().flatten()
    }

    /// The object of this name that lies nearest to a file: the same file, then the folders above. An object that says
    /// no namespace is of any.
    fn nearest(&self, namespace: &str, name: &str, file: &RepositoryPath) -> Option<&Object<'a>> {
        let is_there = |object: &&Object<'_>| object.namespace.is_none_or(|own| own == namespace);
        let candidates = self.0.get(name).into_iter().flatten().filter(is_there);
        candidates.max_by_key(|object| (shared(object.file.path, file), object.namespace.is_some()))
    }
}

/// How many leading folders two files share; all if they are one file.
fn shared(left: &RepositoryPath, right: &RepositoryPath) -> usize {
    let pairs = left.as_str().split('/').zip(right.as_str().split('/'));
    pairs.take_while(|(left, right)| left == right).count()
}

fn markers(files: &[File<'_>], imported: &mut Imported) -> Vec<(Marker, Places)> {
    let mut places: BTreeMap<String, (Marker, Places)> = BTreeMap::new();
    for file in files.iter().filter(|file| marker::could_hold(file.bytes)) {
        let (found, unusable) = marker::find(file.raw());
        for marked in found {
            let place = Place { file: file.path.clone(), line: marked.line, image: image_of(&marked) };
            let entry = places.entry(marked.marker.to_string());
            entry.or_insert_with(|| (marked.marker, Vec::new())).1.push(place);
        }
        let leftover = |(line, what)| NotImported { file: file.path.clone(), line, what };
        imported.leftovers.extend(unusable.into_iter().map(leftover));
    }
    places.into_values().collect()
}

fn image_of(marked: &Marked) -> Option<ImageName> {
    match marked.part {
        Part::Whole | Part::Name => ImageName::new(marked.written("").name).ok(),
        Part::Tag | Part::Digest => None,
    }
}

/// The places of a marker by the policy that sets them.
fn by_policy<'p, 'a>(
    policies: &'p Objects<'a>,
    name: &Marker,
    places: Places,
) -> Vec<(Option<&'p Object<'a>>, Places)> {
    let text = name.to_string();
    let (namespace, name) = text.split_once(':').unwrap_or_default();
    let mut groups: Vec<(Option<&'p Object<'a>>, Places)> = Vec::new();
    for place in places {
        let policy = policies.nearest(namespace, name, &place.file);
        let key = policy.map(Object::place);
        match groups.iter_mut().find(|(other, _)| other.map(Object::place) == key) {
            Some((_, places)) => places.push(place),
            None => groups.push((policy, vec![place])),
        }
    }
    groups
}

/// Offers what a marker is about though its policy is elsewhere.
fn without_policy(name: &Marker, places: &[Place], imported: &mut Imported) {
    let image = places.iter().find_map(|place| place.image.clone());
    let way_out =
        if image.is_some() { "fill in its `select`" } else { "write its image and `select` yourself" };
    for place in places {
        let what = format!("no policy `{name}` is in this repository; {way_out}");
        imported.leftovers.push(NotImported { file: place.file.clone(), line: place.line, what });
    }
    if let Some(image) = image {
        offer(name, image, None, places, imported);
    }
}

fn offer(
    marker: &Marker,
    image: ImageName,
    selection: Option<ImportedSelection>,
    places: &[Place],
    imported: &mut Imported,
) {
    let text = marker.to_string();
    let own = text.rsplit(':').next().unwrap_or_default();
    let Ok(name) = own.parse() else {
        let Some(place) = places.first() else { return };
        let what = format!("`{own}` cannot be the name of a service");
        imported.leftovers.push(NotImported { file: place.file.clone(), line: place.line, what });
        return;
    };
    let paths = places.iter().map(|place| place.file.clone()).collect();
    imported.add(ImportedService { name, image, selection, marker: Some(marker.clone()), paths });
}

impl<'a> Object<'a> {
    fn place(&self) -> (&'a RepositoryPath, usize) {
        (self.file.path, self.text.line(self.node))
    }

    fn at(&self, path: &[&str]) -> Option<NodeId> {
        objects::at(self.text, self.node, path)
    }

    fn scalar(&self, path: &[&str]) -> Option<&str> {
        objects::scalar(self.text, self.node, path)
    }

    /// Says that something was not carried over, where it is there.
    fn note(&self, path: &[&str], what: &str, imported: &mut Imported) {
        if let Some(node) = self.at(path) {
            imported.leftovers.push(self.file.leftover(node, format!("{what} is not carried over")));
        }
    }

    fn unmarked(&self) -> String {
        let name = self.scalar(&["metadata", "name"]).unwrap_or_default();
        let namespace = self.namespace.map(|namespace| format!("{namespace}:")).unwrap_or_default();
        format!("no marker names the policy `{namespace}{name}`, so where its image is set is not known")
    }

    /// Offers what a policy keeps up to date; what has no counterpart is noted.
    fn read(&self, name: &Marker, places: &[Place], repositories: &Objects<'_>, imported: &mut Imported) {
        self.note(
            &["spec", "digestReflectionPolicy"],
            "how digests are reflected (releases pin them always)",
            imported,
        );
        let repository = self.repository(name, repositories);
        let image = repository.and_then(|repository| repository.scalar(&["spec", "image"]));
        let image = image.and_then(|image| ImageName::new(image).ok());
        if let Some(repository) = repository {
            repository.note(&["spec", "secretRef"], "the secret with the registry's credentials", imported);
            repository.note(&["spec", "provider"], "the registry's provider", imported);
        }
        let Some(image) = image.or_else(|| places.iter().find_map(|place| place.image.clone())) else {
            let what = format!("the image of the policy `{name}` is not in this repository");
            imported.leftovers.push(self.file.leftover(self.node, what));
            return;
        };
        let selection = self.selection().map(|selection| match repository {
            Some(repository) => repository.excluding(selection, imported),
            None => selection,
        });
        let selection = selection.map_err(|NotCarried { node, why }| {
            let what = format!("the policy `{name}`: {why}; fill in its `select`");
            imported.leftovers.push(self.file.leftover(node, what));
        });
        offer(name, image, selection.ok(), places, imported);
    }

    fn repository<'r, 'o>(&self, policy: &Marker, repositories: &'r Objects<'o>) -> Option<&'r Object<'o>> {
        let name = self.scalar(&["spec", "imageRepositoryRef", "name"])?;
        let policy = policy.to_string();
        let own = policy.split_once(':').map_or("", |(namespace, _)| namespace);
        let namespace = self.scalar(&["spec", "imageRepositoryRef", "namespace"]).unwrap_or(own);
        repositories.nearest(namespace, name, self.file.path)
    }

    /// Which tags the policy takes.
    fn selection(&self) -> Result<ImportedSelection, NotCarried> {
        let node = self.at(&["spec", "policy"]).unwrap_or(self.node);
        let fail = |why: String| NotCarried { node, why };
        let pattern = self.scalar(&["spec", "filterTags", "pattern"]);
        let extract = self.scalar(&["spec", "filterTags", "extract"]).zip(pattern);
        let extracted =
            extract.map(|(template, pattern)| extracted(pattern, template)).transpose().map_err(fail)?;
        let is_ascending =
            |kind| matches!(self.scalar(&["spec", "policy", kind, "order"]), None | Some("asc" | "ASC"));
        let has = |kind| self.at(&["spec", "policy", kind]).is_some();
        let ordered = ["alphabetical", "numerical"].into_iter().find(|kind| has(kind));
        if let Some(kind) = ordered.filter(|kind| !is_ascending(kind)) {
            return Err(fail(format!("it takes the last of a descending `{kind}` order")));
        }
        let range = self.scalar(&["spec", "policy", "semver", "range"]);
        let rule = match (range, ordered) {
            (Some(range), _) => semver(range, extracted.as_ref()),
            (None, Some("alphabetical")) => alphabetical(extracted.as_ref()),
            (None, Some(_)) => numerical(extracted.as_ref()),
            (None, None) => Err("it says neither `semver`, `alphabetical` nor `numerical`".to_owned()),
        };
        let rule = rule.map_err(fail)?;
        let is_narrow = matches!(rule, ImportedRule::Regex { .. });
        let pattern = if is_narrow { None } else { pattern };
        let allow = pattern.map(expression).transpose().map_err(fail)?;
        Ok(ImportedSelection { allow: allow.into_iter().collect(), ..ImportedSelection::of(rule) })
    }

    /// The selection without the tags that the image repository leaves out.
    fn excluding(&self, mut selection: ImportedSelection, imported: &mut Imported) -> ImportedSelection {
        let list = self.at(&["spec", "exclusionList"]);
        let takes_any = !matches!(selection.rule, ImportedRule::Semver { .. } | ImportedRule::Numerical);
        if list.is_none() && takes_any {
            selection.ignore.push(EXCLUDED_DEFAULT.to_owned());
        }
        for item in list.map_or(&[][..], |list| self.text.tree.items(list)) {
            let text = self.text.tree.scalar(*item).unwrap_or_default();
            match expression(text) {
                Ok(_) if text == EXCLUDED_DEFAULT && !takes_any => {}
                Ok(expression) => selection.ignore.push(expression),
                Err(why) => imported.leftovers.push(self.file.leftover(*item, why)),
            }
        }
        selection
    }
}

fn semver(range: &str, extracted: Option<&Extracted>) -> Result<ImportedRule, String> {
    if extracted.is_some_and(|extracted| !extracted.is_whole) {
        return Err(
            "it takes the version out of a part of the tag, and `semver` compares whole tags".to_owned()
        );
    }
    let Translated { range, prereleases } =
        translate(range).map_err(|why| format!("the range `{range}` {why}"))?;
    Ok(ImportedRule::Semver { range, prereleases })
}

fn alphabetical(extracted: Option<&Extracted>) -> Result<ImportedRule, String> {
    let Some(extracted) = extracted else { return Ok(ImportedRule::Alphabetical) };
    match extracted.holds {
        Holds::DigitsOfOneLength | Holds::Text => Ok(by_group(extracted, extracted.pattern.clone())),
        Holds::Digits | Holds::Rest | Holds::Mixed => Err(format!(
            "it compares the group `{}` by its letters, and `regex` compares digits as numbers",
            extracted.group
        )),
    }
}

fn numerical(extracted: Option<&Extracted>) -> Result<ImportedRule, String> {
    let Some(extracted) = extracted else { return Ok(ImportedRule::Numerical) };
    let narrowed = match extracted.holds {
        Holds::DigitsOfOneLength | Holds::Digits => Some(extracted.pattern.clone()),
        // Flux stops at a tag whose group is no number, so the tags that it goes on with hold digits there.
        Holds::Rest => extracted.narrowed_to_digits(),
        Holds::Text | Holds::Mixed => None,
    };
    let pattern = narrowed.ok_or_else(|| {
        format!("the group `{}` may hold something other than digits; write it as `[0-9]+`", extracted.group)
    })?;
    Ok(by_group(extracted, pattern))
}

fn by_group(extracted: &Extracted, pattern: String) -> ImportedRule {
    ImportedRule::Regex { pattern, sort: vec![extracted.group.clone()] }
}
