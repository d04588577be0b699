//! The images in a value that was merged from several files: an object after its patches, or Helm values.
//!
//! The value is written out as one text, read by the formats as a file is, and each scalar is traced back to the
//! file that it comes from.

use std::collections::{BTreeMap, BTreeSet};

use super::helm_repositories::HelmRepositories;
use super::replaced::{Replaced, check_text};
use super::scan::ScanResult;
use super::spot::{Change, ImageLocation, ScalarLocation};
use super::{detect, helm_values, objects, partial, stale, surroundings, tag_type, untagged};
use crate::model::{ImageName, ImageReference, RepositoryPath};
use crate::overlay::document::canonical::{CanonicalYaml, ScalarSource};
use crate::overlay::document::text::Text;
use crate::overlay::document::trail::{Place, Step};
use crate::overlay::document::value::Value;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::edit::key_path::ValueAt;
use crate::overlay::{EditObstacle, Limit, OverlayError, SetBy, SetTo};
use crate::yaml::{self, Edit, NodeId, YamlError};

/// A merged value, and the images that it names.
#[derive(Debug)]
pub(in crate::overlay) struct Merged {
    text: Text,
    /// The documents in the blocks that hold images.
    blocks: BTreeMap<NodeId, Text>,
    canonical: CanonicalYaml,
    found: ScanResult,
}

/// A change of a file that a merged value takes a scalar from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct SourceChange {
    /// The scalar.
    pub(in crate::overlay) source: ScalarSource,
    /// What to do there.
    pub(in crate::overlay) action: SourceAction,
}

impl SourceChange {
    /// The value that it sets, with the keys that lead there in the merged value; `None` where a list or a text is on
    /// the way.
    pub(in crate::overlay) fn target(&self) -> Option<ValueAt> {
        let mut keys = self.source.path.clone()?;
        let value = match &self.action {
            SourceAction::Set(value) => value.clone(),
            SourceAction::AddKey { key, value } => {
                keys.pop();
                keys.push(key.clone());
                value.clone()
            }
        };
        (!keys.is_empty()).then_some(ValueAt { keys, value })
    }
}

/// What to do at a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) enum SourceAction {
    /// Give it another text.
    Set(String),
    /// Add a key to the mapping that holds it.
    AddKey {
        /// The new key.
        key: String,
        /// Its value.
        value: String,
    },
}

/// A line of a source file behind which an image may lie that is not seen.
pub(in crate::overlay) struct HiddenSource {
    /// The row of the table of limits.
    pub(in crate::overlay) limit: Limit,
    /// The file.
    pub(in crate::overlay) file: RepositoryPath,
    /// The line, from 1.
    pub(in crate::overlay) line: usize,
    /// Why.
    pub(in crate::overlay) why: String,
}

/// Whether an object of this kind names images where kustomize's `images` does not look.
pub(in crate::overlay) fn is_object_format(api_group: &str, kind: &str) -> bool {
    matches!(
        (api_group, kind),
        ("helm.toolkit.fluxcd.io", "HelmRelease")
            | ("source.toolkit.fluxcd.io", "OCIRepository")
            | ("kustomize.toolkit.fluxcd.io", "Kustomization")
            | ("argoproj.io", "Application" | "ApplicationSet")
            | ("helm.cattle.io", "HelmChart" | "HelmChartConfig")
    )
}

impl Merged {
    /// Reads an object of Flux or Argo CD. A scalar without a trail comes from `file`.
    ///
    /// # Errors
    /// Where the object is too large or too deep to be read.
    pub(in crate::overlay) fn object(
        value: &Value,
        file: &RepositoryPath,
        repositories: &HelmRepositories,
    ) -> Result<Self, YamlError> {
        Self::read(value, file, |found, text| {
            for object in objects::all(text) {
                detect::find_in_object(found, text, object, repositories);
            }
        })
    }

    /// Reads Helm values. A scalar without a trail comes from `file`.
    ///
    /// # Errors
    /// Where the values are too large or too deep to be read.
    pub(in crate::overlay) fn helm_values(value: &Value, file: &RepositoryPath) -> Result<Self, YamlError> {
        Self::read(value, file, |found, text| {
            for root in text.tree.documents() {
                helm_values::find(text, *root, SetBy::HelmValues, &mut found.spots);
                partial::note(found, text, *root);
            }
        })
    }

    fn read(
        value: &Value,
        file: &RepositoryPath,
        find: impl FnOnce(&mut ScanResult, &Text),
    ) -> Result<Self, YamlError> {
        let canonical = CanonicalYaml::write(value, file);
        let text = Text::new(canonical.text.as_bytes())?;
        let mut found = ScanResult::default();
        find(&mut found, &text);
        surroundings::note(&text, &mut found.spots);
        untagged::note(&text, &mut found);
        tag_type::note(&text, &mut found);
        let blocks = blocks(&text, &found);
        Ok(Self { text, blocks, canonical, found })
    }

    /// The whole value, written out.
    pub(in crate::overlay) fn text(&self) -> &str {
        &self.canonical.text
    }

    /// How many images it names.
    pub(in crate::overlay) fn len(&self) -> usize {
        self.found.spots.len()
    }

    /// What one of its images is, as it is written.
    pub(in crate::overlay) fn image(&self, index: usize) -> Option<&WrittenImage> {
        self.found.spots.get(index).map(|spot| &spot.image)
    }

    /// Whether one of its images is this one; `docker.io` and `library/` may be left out.
    pub(in crate::overlay) fn is_of(&self, index: usize, image: &ImageName) -> bool {
        self.found.spots.get(index).is_some_and(|spot| spot.is_of(image))
    }

    /// What one of its images is, under the name by which it is asked for; `None` where its tag or digest is none.
    pub(in crate::overlay) fn reference(&self, index: usize, image: &ImageName) -> Option<ImageReference> {
        self.found.spots.get(index)?.reference(image)
    }

    /// Whether one of its images already says that, as far as there is room for it.
    pub(in crate::overlay) fn says(&self, index: usize, to: &SetTo) -> bool {
        self.found.spots.get(index).is_some_and(|spot| spot.says(to))
    }

    /// Why one of its images is not certain, as an index of [`Merged::hidden`].
    pub(in crate::overlay) fn doubt(&self, index: usize) -> Option<usize> {
        self.found.doubts.get(&index).copied()
    }

    /// The scalar that decides one of its images.
    pub(in crate::overlay) fn source(&self, index: usize) -> Option<ScalarSource> {
        let spot = self.found.spots.get(index)?;
        self.source_of(spot.within.map(|(block, _)| block), spot.at.node()?)
    }

    /// Every place that set one of its images, weakest first, with the image as it was after each.
    pub(in crate::overlay) fn trail(&self, index: usize) -> Vec<Step> {
        let (Some(spot), Some(source)) = (self.found.spots.get(index), self.source(index)) else {
            return Vec::new();
        };
        let named = |step: Step| {
            let set_by = if step.set_by == SetBy::Manifest { spot.set_by } else { step.set_by };
            let image =
                if spot.is_whole() { step.image } else { format!("{}:{}", spot.image.name, step.image) };
            // A scalar of its own for the tag says nothing else, whatever set it.
            Step { set_by, image, decides: step.decides || !spot.is_whole(), ..step }
        };
        source.trail.into_iter().map(named).collect()
    }

    /// What is not understood, with the lines of the files that hold it.
    pub(in crate::overlay) fn hidden(&self) -> Vec<HiddenSource> {
        let hidden = self.found.hidden.iter().filter_map(|hidden| {
            let Place { file, line } = self.place_of(hidden.line)?;
            Some(HiddenSource { limit: hidden.limit, file, line, why: hidden.why.clone() })
        });
        hidden.collect()
    }

    /// The changes of files that make one of its images say that.
    ///
    /// # Errors
    /// Where it has no room for what is wanted, a digest would stay beside the new tag, or a scalar cannot be traced to
    /// a file.
    pub(in crate::overlay) fn changes(
        &self,
        index: usize,
        image: &ImageName,
        to: &SetTo,
    ) -> Result<Vec<SourceChange>, OverlayError> {
        let (Some(spot), Some(own)) = (self.found.spots.get(index), self.source(index)) else {
            return Ok(Vec::new());
        };
        let own = Place::new(own.file, own.line);
        let at_source = |refused: EditObstacle| self.refused_at_source(refused, &own);
        stale::check(&self.found.spots, spot, image, to).map_err(at_source)?;
        spot.changes(to)
            .map_err(at_source)?
            .iter()
            .filter_map(|change| self.traced(None, change, spot).map_err(at_source).transpose())
            .collect()
    }

    /// Refuses a scalar that still holds one of the replaced digests, in the file that it comes from.
    ///
    /// # Errors
    /// At the first such scalar.
    pub(in crate::overlay) fn check_replaced(&self, replaced: &Replaced<'_>) -> Result<(), OverlayError> {
        let spots: Vec<&ImageLocation> = self.found.spots.iter().collect();
        let top = RepositoryPath::new("").expect("the top of the repository is a path");
        let own = Place::new(top, 1);
        check_text(&self.text, &spots, replaced).map_err(|refused| self.refused_at_source(refused, &own))
    }

    /// A change of this text as one of a source file; `None` where the scalar says it already. A tag without the quotes
    /// that it needs does not.
    fn traced(
        &self,
        block: Option<NodeId>,
        change: &Change,
        spot: &ImageLocation,
    ) -> Result<Option<SourceChange>, EditObstacle> {
        let lost = || EditObstacle::whole(Limit::Unsafe, "the file that sets this cannot be made out");
        match change {
            Change::Within(block, inner) => self.traced(Some(*block), inner, spot),
            Change::Set(ScalarLocation::Node(node), value) | Change::SetWithAliases(node, value) => {
                let source = self.source_of(block, *node).ok_or_else(lost)?;
                let action = SourceAction::Set(value.clone());
                let needs_quotes = spot.is_misread && spot.at == ScalarLocation::Node(*node);
                Ok((source.text != *value || needs_quotes).then_some(SourceChange { source, action }))
            }
            Change::Set(ScalarLocation::Line(_), _) => Err(lost()),
            Change::Add(Edit::InsertKey { map, after: Some(after), key, value }) => {
                let beside = self.text_in(block).and_then(|text| text.tree.get(*map, after));
                let source = beside.and_then(|node| self.source_of(block, node)).ok_or_else(lost)?;
                let action = SourceAction::AddKey { key: key.clone(), value: value.clone() };
                Ok(Some(SourceChange { source, action }))
            }
            Change::Add(_) => Err(lost()),
        }
    }

    /// Hands out every line, with the place in a file that it comes from.
    pub(in crate::overlay) fn places(&self, take: &mut impl FnMut(&Place, &str)) {
        for (index, line) in self.canonical.text.lines().enumerate() {
            if let Some(place) = self.place_of(index + 1) {
                take(&place, line);
            }
        }
    }

    /// The place in a file of a line of this text: of its scalar, or of the next one.
    fn place_of(&self, line: usize) -> Option<Place> {
        if let Some((first, source)) = self.canonical.sources.range(..=line).next_back() {
            // The lines of a block are those of the file.
            let is_within = line - first <= source.text.trim_end_matches('\n').split('\n').count();
            if line == *first || (is_within && source.text.contains('\n')) {
                return Some(Place::new(source.file.clone(), source.line + line - first));
            }
        }
        let next = self.canonical.sources.range(line..).next();
        let (_, source) = next.or_else(|| self.canonical.sources.range(..line).next_back())?;
        Some(Place::new(source.file.clone(), source.line))
    }

    /// A refusal at a line of this text as one at a line of a file; at `own` where the line is that of no file.
    fn refused_at_source(&self, refused: EditObstacle, own: &Place) -> OverlayError {
        let place = refused.line.and_then(|line| self.place_of(line));
        let Place { file, line } = place.unwrap_or_else(|| own.clone());
        EditObstacle { line: Some(line), column: None, ..refused }.of(&file)
    }

    /// This text, or the document in one of its blocks.
    fn text_in(&self, block: Option<NodeId>) -> Option<&Text> {
        match block {
            Some(block) => self.blocks.get(&block),
            None => Some(&self.text),
        }
    }

    fn source_of(&self, block: Option<NodeId>, node: NodeId) -> Option<ScalarSource> {
        let Some(block) = block else {
            return self.canonical.sources.get(&self.text.line(node)).cloned();
        };
        let (inner, block_line) = (self.text_in(Some(block))?, self.text.line(block));
        let outer = self.canonical.sources.get(&block_line)?.clone();
        let text = inner.tree.scalar(node)?.to_owned();
        let line = outer.line + inner.line(node).checked_sub(block_line)?;
        let mut trail = outer.trail;
        if let Some(last) = trail.last_mut() {
            last.line = line;
            last.image.clone_from(&text);
        }
        let key = inner.key_of(node).unwrap_or_default().to_owned();
        Some(ScalarSource { line, text, key, path: None, trail, ..outer })
    }
}

/// The documents in the blocks that hold images, each read once.
fn blocks(text: &Text, found: &ScanResult) -> BTreeMap<NodeId, Text> {
    let nodes: BTreeSet<NodeId> =
        found.spots.iter().filter_map(|spot| spot.within).map(|(block, _)| block).collect();
    let read = |block: NodeId| {
        let yaml::EmbeddedDocument { source, tree } = yaml::embedded(&text.source, &text.tree, block).ok()?;
        Some((block, Text { source, tree }))
    };
    nodes.into_iter().filter_map(read).collect()
}

impl ImageLocation {
    /// Whether one scalar holds name, tag and digest.
    const fn is_whole(&self) -> bool {
        matches!(self.writing, super::spot::Writing::Whole { .. })
    }
}
