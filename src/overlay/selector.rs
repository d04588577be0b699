//! Which resources a patch is for.

use regex::{Regex, RegexBuilder};

use super::Refused;
use super::limit::Limit;
use super::resource::{Id, Resource};
use super::text::Text;
use crate::yaml::NodeId;

/// How large a compiled pattern may become, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// The `target` of a patch: patterns that each have to match as a whole; what is not named matches all.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    /// Whether it also asks for labels or annotations, which are not followed.
    pub(super) is_partial: bool,
}

impl Selector {
    pub(super) fn read(text: &Text, node: NodeId) -> Result<Self, Refused> {
        let field = |key| pattern_at(text, node, key);
        let is_named = |key| text.entry(node, key).is_some();
        Ok(Self {
            group: field("group")?,
            version: field("version")?,
            kind: field("kind")?,
            name: field("name")?,
            namespace: field("namespace")?,
            is_partial: is_named("labelSelector") || is_named("annotationSelector"),
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
    }
}

fn pattern_at(text: &Text, node: NodeId, key: &str) -> Result<Option<Regex>, Refused> {
    let Some((_, value)) = text.entry(node, key) else { return Ok(None) };
    let refuse = || text.refuse(value, Limit::BadPattern, format!("`{key}` is no valid pattern"));
    let Some(written) = text.tree.scalar(value) else { return Err(refuse()) };
    if written.is_empty() {
        return Ok(None);
    }
    compile(&format!("^(?:{written})$")).map(Some).ok_or_else(refuse)
}

/// A regular expression of bounded size.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build().ok()
}
