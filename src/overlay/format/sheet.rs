//! A file in which spots are: parsed, or a template of which only the lines are known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::detect::{find_by_name, find_in_object};
use super::digest::DigestSpelling;
use super::helm_repositories::HelmRepositories;
use super::line::{LineScalar, lines};
use super::marker::Part;
use super::scan::{HiddenLine, ScanResult};
use super::spot::{Change, DigestLocation, ImageLocation, ScalarLocation, Writing};
use super::{declared, marker, merge_key, objects, renovate, surroundings, tag_type, untagged};
use crate::model::{ImageName, Marker};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::kustomize::kustomization::FILE_NAMES;
use crate::overlay::{EditObstacle, Limit, SetBy};
use crate::yaml::{self, Edit, NodeId, Source, YamlError};

/// A file and what was found in it.
#[derive(Debug)]
pub(super) struct ScannedFile {
    body: Body,
    /// What was found.
    pub(super) found: ScanResult,
}

#[derive(Debug)]
enum Body {
    /// YAML.
    Parsed(Text),
    /// A template, of which a comment may still tell a scalar.
    Lines(Source),
    /// No text at all.
    Unreadable,
}

impl ScannedFile {
    /// Reads a file in which nothing was found yet. What is wrong with it is kept as hidden.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let (body, hidden) = match Text::new(bytes) {
            Ok(text) => (Body::Parsed(text), Vec::new()),
            Err(YamlError { position, what }) => {
                let lines = Source::from_bytes(bytes).map_or(Body::Unreadable, Body::Lines);
                let why = format!("the file cannot be read ({what})");
                (lines, vec![HiddenLine { limit: Limit::ManifestUnread, line: position.line, why }])
            }
        };
        Self { body, found: ScanResult { hidden, ..ScanResult::default() } }
    }

    /// Takes a template as what it is, whatever it looks like: comments may still name scalars in it.
    pub(super) fn template(bytes: &[u8]) -> Self {
        let why = "the values are a template, which is not filled in here".to_owned();
        let hidden = vec![HiddenLine { limit: Limit::ValuesTemplate, line: 1, why }];
        let body = Source::from_bytes(bytes).map_or(Body::Unreadable, Body::Lines);
        Self { body, found: ScanResult { hidden, ..ScanResult::default() } }
    }

    /// The parsed text.
    pub(super) const fn text(&self) -> Option<&Text> {
        match &self.body {
            Body::Parsed(text) => Some(text),
            Body::Lines(_) | Body::Unreadable => None,
        }
    }

    /// The text, where there is one.
    pub(super) fn source(&self) -> Option<&Source> {
        match &self.body {
            Body::Parsed(text) => Some(&text.source),
            Body::Lines(source) => Some(source),
            Body::Unreadable => None,
        }
    }

    /// The line at which a spot's scalar is.
    pub(super) fn line(&self, spot: &ImageLocation) -> usize {
        if let Some((_, line)) = spot.within {
            return line;
        }
        match (&spot.at, &self.body) {
            (ScalarLocation::Node(node), Body::Parsed(text)) => text.line(*node),
            (ScalarLocation::Line(scalar), Body::Lines(source)) => source.position(scalar.range.start).line,
            (ScalarLocation::Node(_) | ScalarLocation::Line(_), _) => 1,
        }
    }

    /// Finds what the file's name and its objects say.
    pub(super) fn find_by_format(&mut self, name: &str, repositories: &HelmRepositories) {
        let Body::Parsed(text) = &self.body else { return };
        if find_by_name(&mut self.found, text, name) {
            return;
        }
        for object in objects::all(text) {
            find_in_object(&mut self.found, text, object, repositories);
        }
    }

    /// Notes what stands around the scalars that were found, once all of them are, and how they are read.
    pub(super) fn note_surroundings(&mut self, name: &str) {
        match &self.body {
            Body::Parsed(text) => {
                surroundings::note(text, &mut self.found.spots);
                if FILE_NAMES.contains(&name) {
                    self.found.spots.iter_mut().for_each(|spot| spot.is_typed = true);
                }
                // The first reason stands, and quotes that an edit writes take back that of a tag's type.
                self.found.note_documents(text);
                merge_key::note(text, &mut self.found);
                untagged::note(text, &mut self.found);
                tag_type::note(text, &mut self.found);
            }
            Body::Lines(source) => {
                let lines: Vec<_> = lines(source.text()).collect();
                for spot in &mut self.found.spots {
                    if let ScalarLocation::Line(scalar) = &spot.at {
                        spot.surroundings.scope = Arc::new(surroundings::digests_around(&lines, scalar));
                    }
                }
                tag_type::note_on_lines(source, &mut self.found);
            }
            Body::Unreadable => {}
        }
    }

    /// Finds a scalar that the configuration declares.
    pub(super) fn find_declared(&mut self, path: &str, image: Option<&ImageName>) {
        if let Body::Parsed(text) = &self.body {
            declared::find(&mut self.found, text, path, image);
        }
    }

    /// Finds what Renovate's comments name, unless it was found already.
    pub(super) fn find_hinted(&mut self) {
        let Some(source) = self.source().filter(|source| renovate::could_hold(source.text().as_bytes()))
        else {
            return;
        };
        for hinted in renovate::find(source.text()) {
            let behind = hinted.image.digest.is_some();
            let parts = DigestLocation::of_tag(behind);
            let writing = if hinted.is_whole { Writing::whole("") } else { Writing::Parts { digest: parts } };
            self.add_line(hinted.line, hinted.scalar, |at| {
                ImageLocation::at(at, hinted.image, SetBy::Renovate, writing)
            });
        }
    }

    /// Finds what the markers of one policy name. A part alone belongs to the image that is asked for.
    pub(super) fn find_marked(&mut self, marker: &Marker, image: Option<&ImageName>) {
        let Some(source) = self.source() else { return };
        let (found, unusable) = marker::find(source.text());
        unusable.into_iter().for_each(|(line, why)| self.found.hide(Limit::MarkerUnable, line, why));
        let name = image.map_or_else(|| marker.to_string(), ToString::to_string);
        for marked in found.into_iter().filter(|marked| marked.marker == *marker && marked.part != Part::Name)
        {
            let image = marked.written(&name);
            let writing = match marked.part {
                Part::Whole | Part::Name => Writing::whole(""),
                Part::Tag => Writing::Parts { digest: DigestLocation::of_tag(image.digest.is_some()) },
                Part::Digest => {
                    let read = DigestSpelling::read(&marked.scalar.value);
                    Writing::DigestOnly(read.map_or(DigestSpelling::Whole, |(_, spelling)| spelling))
                }
            };
            self.add_line(marked.line, marked.scalar, |at| {
                ImageLocation::at(at, image, SetBy::Marker, writing)
            });
        }
    }

    /// Adds a spot whose scalar was found on a line, unless its scalar has one.
    fn add_line(
        &mut self,
        line: usize,
        scalar: LineScalar,
        spot: impl FnOnce(ScalarLocation) -> ImageLocation,
    ) {
        let at = match &self.body {
            Body::Parsed(text) => match node_at(text, &scalar) {
                Some(node) => ScalarLocation::Node(node),
                None => {
                    let why = "the comment does not precede a scalar on one line";
                    return self.found.hide(Limit::MarkerUnable, line, why);
                }
            },
            Body::Lines(_) | Body::Unreadable => ScalarLocation::Line(scalar),
        };
        if !self.found.spots.iter().any(|spot| spot.at == at) {
            self.found.spots.push(spot(at));
        }
    }

    /// The text with changes made, and proven as far as the file can be read.
    ///
    /// # Errors
    /// Where a change is not safe.
    pub(super) fn edited(&self, changes: &[Change]) -> Result<String, EditObstacle> {
        match &self.body {
            Body::Parsed(text) => {
                let edits = as_edits(changes);
                Ok(yaml::edit(&text.source, &text.tree, &edits)?)
            }
            Body::Lines(source) => Ok(replaced(source.text(), changes)),
            Body::Unreadable => {
                Err(EditObstacle::whole(Limit::NotYaml, "this is not text").or_else("save the file as UTF-8"))
            }
        }
    }
}

/// The scalar that occupies exactly these bytes.
fn node_at(text: &Text, scalar: &LineScalar) -> Option<NodeId> {
    text.tree.scalar_at(&scalar.range)
}

/// The edits of a file; those of one block together.
fn as_edits(changes: &[Change]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut blocks: BTreeMap<NodeId, Vec<Edit>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::Within(block, inner) => blocks.entry(*block).or_default().extend(as_edit(inner)),
            Change::Set(..) | Change::SetWithAliases(..) | Change::Add(_) => edits.extend(as_edit(change)),
        }
    }
    edits.extend(blocks.into_iter().map(|(node, edits)| Edit::Within { node, edits }));
    edits
}

fn as_edit(change: &Change) -> Option<Edit> {
    match change {
        Change::Set(ScalarLocation::Node(node), value) => {
            Some(Edit::SetScalar { node: *node, value: value.clone() })
        }
        Change::SetWithAliases(node, value) => {
            Some(Edit::SetWithAliases { node: *node, value: value.clone() })
        }
        Change::Add(edit) => Some(edit.clone()),
        Change::Set(ScalarLocation::Line(_), _) | Change::Within(..) => None,
    }
}

/// Replaces scalars on lines, from the last to the first.
fn replaced(text: &str, changes: &[Change]) -> String {
    let mut scalars: Vec<(&LineScalar, &str)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Set(ScalarLocation::Line(scalar), value) => Some((scalar, value.as_str())),
            Change::Set(ScalarLocation::Node(_), _)
            | Change::SetWithAliases(..)
            | Change::Add(_)
            | Change::Within(..) => None,
        })
        .collect();
    scalars.sort_by_key(|(scalar, _)| std::cmp::Reverse(scalar.range.start));
    let mut edited = text.to_owned();
    for (scalar, value) in scalars {
        edited.replace_range(scalar.range.clone(), &yaml::render_scalar(value, scalar.style));
    }
    edited
}

/// The images that one file says by its name and its objects, whatever lies beside it.
pub(in crate::overlay) fn written_in(name: &str, bytes: &[u8]) -> Vec<WrittenImage> {
    let mut sheet = ScannedFile::read(bytes);
    sheet.find_by_format(name, &HelmRepositories::default());
    sheet.found.spots.into_iter().map(|spot| spot.image).collect()
}
