//! Lossless YAML editing: text and edits in, text out, every untouched byte kept.
//!
//! Built on the event parser of yaml-rust2, never on its loader: the loader expands aliases without a cap and
//! recurses without a bound. Events carry only a start, in lines and characters, so [`parse`] works out exact
//! byte spans itself; [`edit`] then replaces bytes, parses the result again and proves that nothing but what was
//! asked for has changed. What cannot be proven is refused.

mod edit;
mod embedded;
mod flatten;
mod layout;
mod lenient;
mod parse;
mod patch;
mod path;
mod prefilter;
mod proof;
mod quote;
mod refusal;
mod request;
mod source;
mod span;
mod step;
mod tree;

pub use edit::edit;
pub use embedded::{EmbeddedDocument, embedded};
pub use flatten::{FLAT_BYTES_MAX, flatten};
pub use parse::{ALIASES_MAX, DEPTH_MAX, EVENTS_MAX, parse};
pub use path::{Path, PathError, PathSegment};
pub use prefilter::Prefilter;
pub use quote::{needs_quote, render_scalar};
pub use refusal::{EditRefusal, EditRefusalReason};
pub use request::{Edit, NewNode};
pub use source::{BYTES_MAX, BYTES_READ_MAX, Position, Source, YamlError};
pub use tree::{Node, NodeId, NodeKind, ScalarStyle, Tree};

#[cfg(test)]
mod tests;
