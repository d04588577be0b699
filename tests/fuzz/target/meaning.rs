//! What a YAML text means, as plain values, and what an edit should make of it: a second opinion to the engine's
//! own proof, reached by parsing the whole result.

use towpath::yaml::{Edit, NewNode, NodeId, NodeKind, Source, Tree, embedded, parse};

/// A value with the node that it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    node: Option<NodeId>,
    kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Scalar(String),
    Alias(String),
    Mapping(Vec<(Value, Value)>),
    Sequence(Vec<Value>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Value {}

/// The values of all documents of a text.
pub(crate) fn of(source: &Source, tree: &Tree) -> Vec<Value> {
    tree.documents().iter().map(|root| value(source, tree, *root)).collect()
}

/// The values of all documents of a text that has been edited.
///
/// # Panics
/// Where it is no YAML.
pub(crate) fn of_text(text: &str) -> Vec<Value> {
    let source = Source::new(text).expect("an edit gives a text of some size");
    let tree = parse(&source).expect("an edit gives YAML");
    of(&source, &tree)
}

fn value(source: &Source, tree: &Tree, id: NodeId) -> Value {
    let node = tree.node(id);
    let kind = match &node.kind {
        NodeKind::Scalar { value, .. } => Kind::Scalar(value.clone()),
        NodeKind::Alias => Kind::Alias(source.text()[node.span.clone()].to_owned()),
        NodeKind::Mapping(entries) => Kind::Mapping(
            entries.iter().map(|(key, of)| (value(source, tree, *key), value(source, tree, *of))).collect(),
        ),
        NodeKind::Sequence(items) => {
            Kind::Sequence(items.iter().map(|item| value(source, tree, *item)).collect())
        }
    };
    Value { node: Some(id), kind }
}

/// The values that an edit should give.
pub(crate) fn after(source: &Source, tree: &Tree, edit: &Edit) -> Vec<Value> {
    let mut values = of(source, tree);
    values.iter_mut().for_each(|value| change(value, source, tree, edit));
    values
}

fn change(value: &mut Value, source: &Source, tree: &Tree, edit: &Edit) {
    if value.node == Some(subject(edit)) {
        change_here(value, source, tree, edit);
        return;
    }
    match &mut value.kind {
        Kind::Scalar(_) | Kind::Alias(_) => {}
        Kind::Mapping(entries) => entries.iter_mut().for_each(|(key, value)| {
            change(key, source, tree, edit);
            change(value, source, tree, edit);
        }),
        Kind::Sequence(items) => items.iter_mut().for_each(|item| change(item, source, tree, edit)),
    }
}

fn subject(edit: &Edit) -> NodeId {
    match edit {
        Edit::SetScalar { node, .. }
        | Edit::SetWithAliases { node, .. }
        | Edit::ReplaceText { node, .. }
        | Edit::Within { node, .. } => *node,
        Edit::InsertKey { map, .. }
        | Edit::PutKey { map, .. }
        | Edit::RemoveKey { map, .. }
        | Edit::CreateSequence { map, .. } => *map,
        Edit::AppendItem { sequence, .. }
        | Edit::PutItem { sequence, .. }
        | Edit::RemoveItem { sequence, .. } => *sequence,
    }
}

fn change_here(value: &mut Value, source: &Source, tree: &Tree, edit: &Edit) {
    match (edit, &mut value.kind) {
        (Edit::SetScalar { value: text, .. } | Edit::SetWithAliases { value: text, .. }, kind) => {
            *kind = Kind::Scalar(text.clone())
        }
        (Edit::ReplaceText { new, .. }, kind) => {
            let only = of_text(new).pop().expect("the tests write one value");
            *kind = only.kind;
        }
        (Edit::InsertKey { after, key, value, .. }, Kind::Mapping(entries)) => {
            put(entries, after.as_deref(), key, &NewNode::Scalar(value.clone()));
        }
        (Edit::PutKey { after, key, value, .. }, Kind::Mapping(entries)) => {
            put(entries, after.as_deref(), key, value);
        }
        (Edit::CreateSequence { key, entries: new, .. }, Kind::Mapping(entries)) => {
            let list = NewNode::Sequence(vec![NewNode::from(new.as_slice())]);
            put(entries, None, key, &list);
        }
        (Edit::RemoveKey { key, .. }, Kind::Mapping(entries)) => entries.retain(|(name, _)| !is(name, key)),
        (Edit::AppendItem { entries, .. }, Kind::Sequence(items)) => {
            items.push(new(&NewNode::from(entries.as_slice())));
        }
        (Edit::PutItem { value, .. }, Kind::Sequence(items)) => items.push(new(value)),
        (Edit::RemoveItem { index, .. }, Kind::Sequence(items)) => drop(items.remove(*index)),
        (Edit::Within { node, edits }, Kind::Scalar(_)) => {
            let inner = embedded(source, tree, *node).expect("it was edited");
            let first = edits.first().expect("the tests make one edit inside");
            value.kind = Kind::Sequence(after(&inner.source, &inner.tree, first));
        }
        (edit, kind) => panic!("{edit:?} was made in {kind:?}"),
    }
}

fn put(entries: &mut Vec<(Value, Value)>, after: Option<&str>, key: &str, value: &NewNode) {
    if let Some((_, old)) = entries.iter_mut().find(|(name, _)| is(name, key)) {
        *old = new(value);
        return;
    }
    let behind = after.and_then(|after| entries.iter().position(|(name, _)| is(name, after)));
    let at = behind.map_or(entries.len(), |index| index + 1);
    entries.insert(at, (new(&NewNode::from(key)), new(value)));
}

fn is(name: &Value, key: &str) -> bool {
    matches!(&name.kind, Kind::Scalar(text) if text == key)
}

fn new(value: &NewNode) -> Value {
    let kind = match value {
        NewNode::Scalar(text) => Kind::Scalar(text.clone()),
        NewNode::Mapping(entries) => Kind::Mapping(
            entries.iter().map(|(key, value)| (new(&NewNode::from(key.as_str())), new(value))).collect(),
        ),
        NewNode::Sequence(items) => Kind::Sequence(items.iter().map(new).collect()),
    };
    Value { node: None, kind }
}

/// With the document inside a literal block in place of its text, so that both sides compare.
pub(crate) fn with_inner(values: &mut [Value], source: &Source, tree: &Tree, block: NodeId) {
    for value in values {
        if value.node == Some(block) {
            let inner = embedded(source, tree, block).expect("it still holds a document");
            value.kind = Kind::Sequence(of(&inner.source, &inner.tree));
            return;
        }
        match &mut value.kind {
            Kind::Scalar(_) | Kind::Alias(_) => {}
            Kind::Mapping(entries) => entries.iter_mut().for_each(|(key, value)| {
                with_inner(std::slice::from_mut(key), source, tree, block);
                with_inner(std::slice::from_mut(value), source, tree, block);
            }),
            Kind::Sequence(items) => with_inner(items, source, tree, block),
        }
    }
}
