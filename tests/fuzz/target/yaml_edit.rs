//! Two bytes that choose an edit and a text: edited, it means what it should, or the edit is refused.

use towpath::yaml::{Edit, NewNode, NodeId, NodeKind, ScalarStyle, Source, Tree, edit, embedded, parse};

use super::meaning;

/// The text that is set; it needs no quotes.
const SENTINEL: &str = "sentinel";
/// How many kinds of edits there are.
const KINDS: u8 = 11;

/// What is fuzzed.
pub(crate) fn run(data: &[u8]) {
    let [kind, node, text @ ..] = data else { return };
    let Ok(source) = Source::from_bytes(text) else { return };
    let Ok(tree) = parse(&source) else { return };
    let Some(id) = tree.nodes().map(|(id, _)| id).nth(usize::from(*node)) else { return };
    if let Some(wanted) = chosen(*kind % KINDS, id, &source, &tree) {
        check(&source, &tree, &wanted);
    }
}

/// Makes an edit and looks at all that it did; says whether it was made.
///
/// # Panics
/// Where the result means something else than it should, or other bytes changed.
pub(crate) fn check(source: &Source, tree: &Tree, wanted: &Edit) -> bool {
    let Ok(edited) = edit(source, tree, std::slice::from_ref(wanted)) else { return false };
    let again = Source::new(edited.as_str()).expect("an edit gives a text of some size");
    let new_tree = parse(&again).expect("an edit gives YAML");
    let mut found = meaning::of(&again, &new_tree);
    if let Edit::Within { node, .. } = wanted {
        meaning::with_inner(&mut found, &again, &new_tree, *node);
    }
    let expected = meaning::after(source, tree, wanted);
    assert_eq!(found, expected, "{wanted:?}\n{}\n=>\n{edited}", source.text());
    if let Edit::SetScalar { node, .. } | Edit::ReplaceText { node, .. } = wanted {
        let span = tree.node(*node).span.clone();
        assert!(edited.starts_with(&source.text()[..span.start]) || span.is_empty());
        assert!(edited.ends_with(&source.text()[span.end..]));
    }
    true
}

/// An edit of a kind that could be made at a node.
fn chosen(kind: u8, id: NodeId, source: &Source, tree: &Tree) -> Option<Edit> {
    let text = SENTINEL.to_owned();
    let pair = || vec![("a".to_owned(), "1.0".to_owned()), ("b".to_owned(), SENTINEL.to_owned())];
    let first_key = || tree.entries(id).first().and_then(|(key, _)| tree.scalar(*key)).map(str::to_owned);
    let last_key = || tree.entries(id).last().and_then(|(key, _)| tree.scalar(*key)).map(str::to_owned);
    Some(match kind {
        0 => Edit::SetScalar { node: id, value: text },
        1 => replaced(id, source, tree)?,
        2 => Edit::InsertKey { map: id, after: first_key(), key: text, value: "1.0".to_owned() },
        3 => Edit::PutKey { map: id, after: None, key: text, value: nested() },
        4 => Edit::PutKey { map: id, after: None, key: first_key()?, value: nested() },
        5 => Edit::RemoveKey { map: id, key: first_key()? },
        6 => Edit::RemoveKey { map: id, key: last_key()? },
        7 => Edit::AppendItem { sequence: id, entries: pair() },
        8 => Edit::PutItem { sequence: id, value: nested() },
        9 => Edit::RemoveItem { sequence: id, index: tree.items(id).len() / 2 },
        _ => within(id, source, tree)?,
    })
}

fn nested() -> NewNode {
    let list =
        NewNode::Sequence(vec![NewNode::from("x"), NewNode::Mapping(vec![("y".to_owned(), "2".into())])]);
    NewNode::Mapping(vec![("list".to_owned(), list), ("none".to_owned(), NewNode::Sequence(Vec::new()))])
}

fn replaced(id: NodeId, source: &Source, tree: &Tree) -> Option<Edit> {
    let node = tree.node(id);
    let old = source.text().get(node.span.clone())?.to_owned();
    matches!(node.kind, NodeKind::Scalar { .. }).then(|| Edit::ReplaceText {
        node: id,
        old,
        new: "'it''s'".to_owned(),
    })
}

fn within(id: NodeId, source: &Source, tree: &Tree) -> Option<Edit> {
    let inner = embedded(source, tree, id).ok()?;
    let node = inner.tree.nodes().filter(|(_, node)| is_single(&node.kind)).last()?.0;
    Some(Edit::Within { node: id, edits: vec![Edit::SetScalar { node, value: SENTINEL.to_owned() }] })
}

fn is_single(kind: &NodeKind) -> bool {
    let NodeKind::Scalar { style, .. } = kind else { return false };
    matches!(style, ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
}
