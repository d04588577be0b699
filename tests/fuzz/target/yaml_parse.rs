//! Any bytes: parsed without a panic, and what is parsed lies within the text.

use towpath::yaml::{NodeKind, Source, embedded, flatten, parse};

/// What is fuzzed.
pub(crate) fn run(data: &[u8]) {
    let Ok(source) = Source::from_bytes(data) else { return };
    let tree = match parse(&source) {
        Ok(tree) => tree,
        Err(error) => {
            assert!(error.position <= source.position(source.text().len()), "{error:?}");
            return;
        }
    };
    for (id, node) in tree.nodes() {
        assert!(source.text().get(node.span.clone()).is_some(), "{node:?} is not in the text");
        let is_aliased = matches!(node.kind, NodeKind::Alias);
        assert_eq!(is_aliased, tree.target(id).is_some());
        if let Ok(inner) = embedded(&source, &tree, id) {
            assert!(inner.source.position(0).line > source.position(node.span.start).line);
        }
    }
    drop(flatten(&source, &tree));
}
