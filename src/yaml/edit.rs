//! Edits a text: the bytes that its edits replace, and the proof that nothing else has changed.

use super::patch::Patch;
use super::refusal::{EditRefusal, EditRefusalReason};
use super::request::Edit;
use super::source::Source;
use super::step::Step;
use super::tree::Tree;
use super::{layout, proof};

/// Makes edits and proves them.
///
/// The result differs from the text only in the bytes that the edits need; what they touch was parsed again, and
/// its events are those of the text but for what was asked.
///
/// # Errors
/// A [`EditRefusal`] where something cannot be edited safely; nothing is returned then.
///
/// ```
/// use towpath::yaml::{Edit, Source, edit, parse};
///
/// let source = Source::new("newTag: v1 # pinned by ops\n").unwrap();
/// let tree = parse(&source).unwrap();
/// let node = tree.get(tree.root().unwrap(), "newTag").unwrap();
/// let edited = edit(&source, &tree, &[Edit::SetScalar { node, value: "1.10".to_owned() }]).unwrap();
/// assert_eq!(edited, "newTag: \"1.10\" # pinned by ops\n");
/// ```
pub fn edit(source: &Source, tree: &Tree, edits: &[Edit]) -> Result<String, EditRefusal> {
    let steps = Step::all(source, tree, edits)?;
    let patches = sorted(layout::patches(source, tree, &steps)?);
    let text = apply(source, &patches)?;
    proof::prove(source, tree, &steps, &patches, &text)?;
    Ok(text)
}

/// From the front; of patches at one place the earlier edit comes first.
fn sorted(mut patches: Vec<Patch>) -> Vec<Patch> {
    patches.sort_by_key(|patch| (patch.range.start, patch.range.end));
    patches
}

fn apply(source: &Source, patches: &[Patch]) -> Result<String, EditRefusal> {
    let mut text = String::with_capacity(source.text().len() + 256);
    let mut done = 0;
    for patch in patches {
        let kept = source.text().get(done..patch.range.start).ok_or_else(|| EditRefusal {
            position: source.position(patch.range.start),
            reason: EditRefusalReason::Layout("two edits touch the same bytes"),
        })?;
        text.push_str(kept);
        text.push_str(&patch.text);
        done = patch.range.end;
    }
    text.push_str(source.text().get(done..).unwrap_or_default());
    Ok(text)
}
