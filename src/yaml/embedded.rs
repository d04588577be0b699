//! YAML documents that stand in literal blocks of other ones: Argo CD's `helm.values: |`, inline patches.

use super::parse::parse;
use super::patch::Patch;
use super::refusal::{EditRefusal, EditRefusalReason};
use super::source::{Origin, Source};
use super::tree::{NodeId, NodeKind, ScalarStyle, Tree};

/// A document inside a literal block; its positions are those of the file around it.
#[derive(Clone, Debug)]
pub struct EmbeddedDocument {
    /// The lines of the block without their indentation.
    pub source: Source,
    /// Their nodes.
    pub tree: Tree,
}

/// The YAML document that a literal block (`|`) holds.
///
/// To edit it, hand edits of its nodes to [`super::edit`] as an [`super::Edit::Within`].
///
/// # Errors
/// Where the node is anything but a literal block with something in it, or what it holds is not YAML.
///
/// ```
/// use towpath::yaml::{Edit, Source, edit, embedded, parse};
///
/// let source = Source::new("values: |\n  image:\n    tag: v1 # ours\n").unwrap();
/// let tree = parse(&source).unwrap();
/// let block = tree.get(tree.root().unwrap(), "values").unwrap();
/// let inner = embedded(&source, &tree, block).unwrap();
/// let image = inner.tree.get(inner.tree.root().unwrap(), "image").unwrap();
/// let node = inner.tree.get(image, "tag").unwrap();
/// let edits = vec![Edit::SetScalar { node, value: "v2".to_owned() }];
/// let edited = edit(&source, &tree, &[Edit::Within { node: block, edits }]).unwrap();
/// assert_eq!(edited, "values: |\n  image:\n    tag: v2 # ours\n");
/// ```
pub fn embedded(source: &Source, tree: &Tree, node: NodeId) -> Result<EmbeddedDocument, EditRefusal> {
    let block = Block::of(source, tree, node)?;
    let source = Source::inside(&block.inner_text(source), block.origin(source))?;
    let tree = parse(&source)?;
    Ok(EmbeddedDocument { source, tree })
}

/// The lines of a literal block.
struct Block {
    /// The number of its first line in the text around it, from 1.
    first_line: usize,
    /// The number of the line behind its last one.
    end_line: usize,
    /// How far its lines are indented, in bytes.
    indentation: usize,
}

impl Block {
    fn of(source: &Source, tree: &Tree, node: NodeId) -> Result<Self, EditRefusal> {
        let found = tree.node(node);
        let position = source.position(found.span.start);
        let refuse = |reason| Err(EditRefusal { position, reason });
        let value = match &found.kind {
            NodeKind::Scalar { style: ScalarStyle::Literal, value } => value,
            NodeKind::Scalar { style: ScalarStyle::Folded, .. } => {
                return refuse(EditRefusalReason::NotEmbedded("it is folded (`>`)"));
            }
            NodeKind::Scalar { .. } => {
                return refuse(EditRefusalReason::NotEmbedded("it is not a block of lines"));
            }
            NodeKind::Alias => return refuse(EditRefusalReason::Alias),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => {
                return refuse(EditRefusalReason::NotA("a single value"));
            }
        };
        let header = source.line_of(found.span.start);
        let end_line = source.line_of(found.span.end) + 1;
        let mut block = Self { first_line: header + 1, end_line, indentation: 0 };
        let Some(first) = value.lines().position(|line| !line.trim().is_empty()) else {
            return refuse(EditRefusalReason::NotEmbedded("it is empty"));
        };
        let written = blanks(block.line(source, block.first_line + first));
        let meant = value.lines().nth(first).map_or(0, blanks);
        block.indentation = written.saturating_sub(meant);
        let inner = block.inner_text(source);
        if inner.lines().map(str::trim_end).eq(value.trim_end_matches('\n').split('\n').map(str::trim_end)) {
            Ok(block)
        } else {
            refuse(EditRefusalReason::NotEmbedded("its lines cannot be distinguished"))
        }
    }

    /// A line of the text around it, its line break included.
    fn line<'s>(&self, source: &'s Source, line: usize) -> &'s str {
        let start = source.start_of_line(line);
        source.text().get(start..source.next_line_after(start)).unwrap_or_default()
    }

    /// How much of a line is indentation.
    fn stripped(&self, source: &Source, line: usize) -> usize {
        blanks(self.line(source, line)).min(self.indentation)
    }

    fn inner_text(&self, source: &Source) -> String {
        let lines = self.first_line..self.end_line;
        lines
            .map(|line| self.line(source, line).get(self.stripped(source, line)..).unwrap_or_default())
            .collect()
    }

    fn origin(&self, source: &Source) -> Origin {
        let outer = source.origin();
        Origin {
            lines_before: outer.lines_before + self.first_line - 1,
            indentation: outer.indentation + self.indentation,
            line_break: Some(source.line_break()),
        }
    }

    /// The byte of the text around it at which a byte of its document stands.
    fn outer_byte(&self, source: &Source, inner: &Source, byte: usize) -> usize {
        let inner_line = inner.line_of(byte);
        let line = self.first_line + inner_line - 1;
        if line >= self.end_line {
            return source.start_of_line(line);
        }
        let offset = byte - inner.start_of_line_at(byte);
        source.start_of_line(line) + self.stripped(source, line) + offset
    }

    fn outer_patch(&self, source: &Source, inner: &Source, patch: &Patch) -> Patch {
        let at_line_start = |byte: usize| byte == inner.start_of_line_at(byte) || byte == inner.text().len();
        let start = self.outer_byte(source, inner, patch.range.start);
        let end = self.outer_byte(source, inner, patch.range.end);
        let is_whole_lines = patch.text.is_empty()
            && !patch.range.is_empty()
            && patch.range.start == inner.start_of_line_at(patch.range.start)
            && at_line_start(patch.range.end);
        let range = if is_whole_lines {
            source.start_of_line_at(start)..line_start_or_end(source, end)
        } else {
            start..end
        };
        Patch { range, text: self.indented(inner, &patch.text) }
    }

    /// The lines behind the first one, moved to where the block stands.
    fn indented(&self, inner: &Source, text: &str) -> String {
        let line_break = inner.line_break();
        let mut lines = text.split(line_break);
        let mut moved = lines.next().unwrap_or_default().to_owned();
        for line in lines {
            moved.push_str(line_break);
            if !line.is_empty() {
                moved.extend(std::iter::repeat_n(' ', self.indentation));
                moved.push_str(line);
            }
        }
        moved
    }
}

fn blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The start of a byte's line where only blanks stand before it, else the byte.
fn line_start_or_end(source: &Source, byte: usize) -> usize {
    let start = source.start_of_line_at(byte);
    let is_blank = source.text().get(start..byte).is_some_and(|before| before.trim_matches(' ').is_empty());
    if is_blank { start } else { byte }
}

/// Patches of the document in a literal block, as patches of the text around it.
pub(super) fn outer_patches(
    source: &Source,
    tree: &Tree,
    node: NodeId,
    inner: &Source,
    patches: &[Patch],
) -> Result<Vec<Patch>, EditRefusal> {
    let block = Block::of(source, tree, node)?;
    Ok(patches.iter().map(|patch| block.outer_patch(source, inner, patch)).collect())
}
