//! The typed fields of a kustomization, as kustomize 5.7 reads them: an unknown key or a value of another type is an
//! error there, so it is refused here.
//!
//! Keys are compared without regard to case, as Go's `encoding/json` does. What a field means is no concern of this
//! module.

mod fields;

use std::collections::BTreeSet;

use crate::overlay::EditObstacle;
use crate::overlay::document::go_yaml::{ScalarType, scalar_type};
use crate::overlay::document::text::Text;
use crate::overlay::limit::Limit;
use crate::yaml::{NodeId, NodeKind};
use fields::Type::{Any, Flag, ListOf, MapOf, Object, Text as Word, Whole};
use fields::{Fields, KUSTOMIZATION, Type};

/// The keys that do not count when kustomize asks whether a kustomization is empty.
const TYPE_KEYS: [&str; 2] = ["apiVersion", "kind"];

/// Keys whose lists kustomize appends to others, so that an empty one says nothing.
const APPENDED_KEYS: [&str; 3] = ["bases", "imageTags", "helmChartInflationGenerator"];

/// A value that kustomize does not read.
#[derive(Clone, Debug)]
pub(super) struct TypeError {
    pub(super) node: NodeId,
    pub(super) refused: EditObstacle,
}

/// Everything in a kustomization that kustomize does not read, in the order of the file.
pub(in crate::overlay) fn faults(text: &Text, root: NodeId) -> Vec<TypeError> {
    let mut check = Check { text, faults: Vec::new(), followed: BTreeSet::new() };
    check.object(root, KUSTOMIZATION);
    check.identity(root);
    check.faults.sort_by_key(|fault| text.tree.node(fault.node).span.start);
    check.faults
}

/// Whether a kustomization says nothing but what it is, which kustomize refuses as empty.
pub(in crate::overlay) fn is_empty(text: &Text, root: NodeId) -> bool {
    let is_one_of = |keys: &[&str], key: &str| keys.iter().any(|other| other.eq_ignore_ascii_case(key));
    let says_nothing = |(key, value): &(NodeId, NodeId)| {
        let key = text.tree.scalar(*key).unwrap_or_default();
        is_one_of(&TYPE_KEYS, key)
            || text.is_null(*value)
            || text.tree.scalar(*value) == Some("")
            || (is_one_of(&APPENDED_KEYS, key) && text.tree.items(*value).is_empty())
    };
    text.tree.entries(root).iter().all(says_nothing)
}

struct Check<'a> {
    text: &'a Text,
    faults: Vec<TypeError>,
    /// The anchored nodes that were checked where an alias stands for them. Each is checked once: aliases of aliases
    /// may stand for more nodes than can be counted.
    followed: BTreeSet<NodeId>,
}

/// A value and the key under which it stands, for messages.
#[derive(Copy, Clone)]
struct Named<'a> {
    key: &'a str,
    node: NodeId,
    /// Whether it is an item of the list under that key.
    is_item: bool,
}

impl<'a> Check<'a> {
    /// The node itself, or the one that an alias stands for.
    fn resolved(&self, node: NodeId) -> NodeId {
        self.text.tree.target(node).unwrap_or(node)
    }

    fn value(&mut self, named: Named<'a>, of: Type) {
        let node = self.resolved(named.node);
        if node != named.node && !self.followed.insert(node) {
            return;
        }
        if matches!(scalar_type(self.text, node), Some(ScalarType::Null)) {
            return;
        }
        match (of, &self.text.tree.node(node).kind) {
            (Any, NodeKind::Scalar { .. }) => self.scalar(named, Any),
            (Any, NodeKind::Sequence(_)) | (ListOf(_), NodeKind::Sequence(_)) => {
                let item = if let ListOf(item) = of { *item } else { Any };
                for node in self.text.tree.items(node) {
                    self.value(Named { node: *node, is_item: true, ..named }, item);
                }
            }
            (Any, NodeKind::Mapping(_)) => self.map(node, Any),
            (MapOf(value), NodeKind::Mapping(_)) => self.map(node, *value),
            (Object(fields), NodeKind::Mapping(_)) => self.object(node, fields),
            (Word | Flag | Whole, NodeKind::Scalar { .. }) => self.scalar(named, of),
            // An alias without an anchor is no YAML, so it does not come here.
            (_, NodeKind::Alias) => {}
            (Word | Flag | Whole | ListOf(_) | MapOf(_) | Object(_), _) => self.wrong_kind(named, of),
        }
    }

    fn object(&mut self, map: NodeId, fields: Fields) {
        for (key, value) in self.text.tree.entries(map) {
            let Some(name) = self.text.tree.scalar(*key) else { continue };
            if name == "<<" {
                let merged = self.resolved(*value);
                if self.followed.insert(merged) {
                    self.object(merged, fields);
                }
                continue;
            }
            match fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, of)) => self.value(Named { key: name, node: *value, is_item: false }, *of),
                None => self.unknown_key(*key, name, fields),
            }
        }
    }

    fn map(&mut self, map: NodeId, of: Type) {
        for (key, value) in self.text.tree.entries(map) {
            let name = self.text.tree.scalar(*key).unwrap_or_default();
            if name == "<<" {
                let merged = self.resolved(*value);
                if self.followed.insert(merged) {
                    self.map(merged, of);
                }
                continue;
            }
            if matches!(of, Word | Flag)
                && let Some(read_as) = not_text(self.text, *key)
            {
                let why = format!("kustomize reads the key `{name}` as {read_as}, but it needs text");
                let way_out = format!("put it in quotes: `\"{name}\"`");
                self.fault(*key, self.text.refuse(*key, Limit::ScalarType, why).or_else(way_out));
            }
            self.value(Named { key: name, node: *value, is_item: false }, of);
        }
    }

    fn scalar(&mut self, named: Named<'a>, of: Type) {
        let node = self.resolved(named.node);
        let Some(found) = scalar_type(self.text, node) else { return };
        let is_whole = |number: f64| number.fract() == 0.0 && number.abs() < 2_f64.powi(63);
        match (of, found) {
            (_, ScalarType::Tagged) => {
                let why = format!("{} has a tag (`!…`) that is not evaluated", named.quoted(self.text));
                let refused = self.text.refuse(node, Limit::Malformed, why);
                self.fault(node, refused.or_else("write the value without the tag"));
            }
            (_, ScalarType::Number(number)) if !number.is_finite() => self.wrong_type(named, of, found),
            (Word, ScalarType::Text)
            | (Flag, ScalarType::Boolean(_))
            | (Any, ScalarType::Text | ScalarType::Boolean(_) | ScalarType::Number(_))
            | (_, ScalarType::Null) => {}
            (Whole, ScalarType::Number(number)) if is_whole(number) => {}
            (Word | Flag | Whole | ListOf(_) | MapOf(_) | Object(_), _) => self.wrong_type(named, of, found),
        }
    }

    fn wrong_type(&mut self, named: Named<'a>, of: Type, found: ScalarType) {
        let node = self.resolved(named.node);
        let (shown, found) = (named.quoted(self.text), words_for(found));
        let why = format!("kustomize reads {shown} as {found}, but it needs {}", needed(of));
        let refused = self.text.refuse(node, Limit::ScalarType, why);
        let refused = match of {
            Word => {
                let quoted = named.with(&format!("\"{}\"", self.text.written(node)));
                refused.or_else(format!("put it in quotes: `{quoted}`"))
            }
            Flag | Whole | Any | ListOf(_) | MapOf(_) | Object(_) => {
                refused.or_else(Limit::Malformed.way_out())
            }
        };
        self.fault(node, refused);
    }

    fn wrong_kind(&mut self, named: Named<'a>, of: Type) {
        let found = match &self.text.tree.node(self.resolved(named.node)).kind {
            NodeKind::Scalar { .. } => "a single value",
            NodeKind::Mapping(_) => "a mapping",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Alias => "an alias",
        };
        let what = if named.is_item { "an item of " } else { "" };
        let why = format!("{what}`{}` is {found}, but kustomize needs {}", named.key, needed(of));
        self.fault(named.node, self.text.refuse(named.node, Limit::Malformed, why));
    }

    fn unknown_key(&mut self, key: NodeId, name: &str, fields: Fields) {
        let refused = self.text.refuse(key, Limit::UnknownKey, format!("kustomize has no key `{name}` here"));
        let refused = match nearest(name, fields) {
            Some(nearest) => refused.or_else(format!("did you mean `{nearest}`?")),
            None => refused,
        };
        self.fault(key, refused);
    }

    /// Another `kind` or `apiVersion` is an error too.
    fn identity(&mut self, root: NodeId) {
        let kind = self.text.scalar_of(root, "kind").filter(|kind| !kind.is_empty());
        let version = match kind {
            None | Some("Kustomization") => "kustomize.config.k8s.io/v1beta1",
            Some("Component") => "kustomize.config.k8s.io/v1alpha1",
            Some(_) => return self.wrong_identity(root, "kind", "`Kustomization` or `Component`"),
        };
        let is_other = |written: &str| !written.is_empty() && written != version;
        if self.text.scalar_of(root, "apiVersion").is_some_and(is_other) {
            self.wrong_identity(root, "apiVersion", &format!("`{version}`"));
        }
    }

    fn wrong_identity(&mut self, root: NodeId, key: &str, needed: &str) {
        let Some((_, node)) = self.text.entry(root, key) else { return };
        let why = format!("`{key}` is `{}`, but kustomize needs {needed} here", self.text.written(node));
        self.fault(node, self.text.refuse(node, Limit::Malformed, why));
    }

    fn fault(&mut self, node: NodeId, refused: EditObstacle) {
        self.faults.push(TypeError { node, refused });
    }
}

impl Named<'_> {
    /// The value as it is written, with its key where it has one of its own.
    fn quoted(&self, text: &Text) -> String {
        let shown = format!("`{}`", self.with(text.written(self.node)));
        if self.is_item { format!("{shown} in `{}`", self.key) } else { shown }
    }

    fn with(&self, value: &str) -> String {
        if self.is_item { value.to_owned() } else { format!("{}: {value}", self.key) }
    }
}

/// What kustomize reads a scalar as, where that is not text.
fn not_text(text: &Text, node: NodeId) -> Option<&'static str> {
    match scalar_type(text, node)? {
        ScalarType::Text | ScalarType::Tagged => None,
        other @ (ScalarType::Null | ScalarType::Boolean(_) | ScalarType::Number(_)) => Some(words_for(other)),
    }
}

const fn words_for(found: ScalarType) -> &'static str {
    match found {
        ScalarType::Null => "nothing",
        ScalarType::Boolean(_) => "a boolean",
        ScalarType::Number(_) => "a number",
        ScalarType::Text => "text",
        ScalarType::Tagged => "a tagged value",
    }
}

const fn needed(of: Type) -> &'static str {
    match of {
        Word => "text",
        Flag => "`true` or `false`",
        Whole => "a whole number",
        Any => "a finite number or text",
        ListOf(_) => "a list",
        MapOf(_) | Object(_) => "a mapping",
    }
}

/// How many letters of a known key may differ.
const DISTANCE_MAX: usize = 2;

/// The known key that differs least from an unknown one, if it looks like a mistyped one.
fn nearest(name: &str, fields: Fields) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&name, &known.to_ascii_lowercase());
    let near = fields.iter().map(|(known, _)| (distance(known), *known));
    near.filter(|(distance, _)| *distance <= DISTANCE_MAX).min().map(|(_, known)| known)
}
