//! Which resources a patch is for.

pub(super) mod label_selector;

use regex::{Regex, RegexBuilder};

use crate::overlay::EditObstacle;
use crate::overlay::document::resource::{Id, Resource};
use crate::overlay::document::text::Text;
use crate::overlay::limit::Limit;
use crate::yaml::NodeId;
use label_selector::LabelSelector;

/// How large a compiled pattern may become, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// The `target` of a patch: patterns that each have to match as a whole; what is not named matches all.
#[derive(Clone, Debug, Default)]
pub(in crate::overlay) struct Selector {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Selector {
    pub(super) fn read(text: &Text, node: NodeId) -> Result<Self, EditObstacle> {
        let field = |key| pattern_at(text, node, key);
        Ok(Self {
            group: field("group")?,
            version: field("version")?,
            kind: field("kind")?,
            name: field("name")?,
            namespace: field("namespace")?,
            labels: label_selector_at(text, node, "labelSelector")?,
            annotations: label_selector_at(text, node, "annotationSelector")?,
        })
    }

    /// Whether it selects a resource, by its first or its present name.
    pub(super) fn selects(&self, resource: &Resource) -> bool {
        let first: &Id = resource.ids.first().expect("starts with one id");
        let now = resource.id();
        let matches = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        let either = |pattern, of: fn(&Id) -> &str| matches(pattern, of(first)) || matches(pattern, of(now));
        either(&self.namespace, |id| &id.namespace)
            && either(&self.name, |id| &id.name)
            && matches(&self.group, &now.group)
            && matches(&self.version, &now.version)
            && matches(&self.kind, &now.kind)
            && self.labels.selects(resource.metadata("labels"))
            && self.annotations.selects(resource.metadata("annotations"))
    }
}

fn pattern_at(text: &Text, node: NodeId, key: &str) -> Result<Option<Regex>, EditObstacle> {
    let Some((_, value)) = text.entry(node, key) else { return Ok(None) };
    let refuse = || text.refuse(value, Limit::BadPattern, format!("`{key}` is not a valid pattern"));
    let Some(written) = text.tree.scalar(value) else { return Err(refuse()) };
    if written.is_empty() {
        return Ok(None);
    }
    compile(&format!("^(?:{written})$")).map(Some).ok_or_else(refuse)
}

fn label_selector_at(text: &Text, node: NodeId, key: &str) -> Result<LabelSelector, EditObstacle> {
    let Some((_, value)) = text.entry(node, key) else { return Ok(LabelSelector::default()) };
    let refuse =
        |why: &str| text.refuse(value, Limit::BadPattern, format!("`{key}` is not a selector: {why}"));
    let written = text.tree.scalar(value).ok_or_else(|| refuse("it is not text"))?;
    LabelSelector::parse(written).map_err(|why| refuse(&why))
}

/// A regular expression of bounded size.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build().ok()
}
