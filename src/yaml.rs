//! Lossless YAML editing: text and edits in, text out, every untouched byte kept.
//!
//! Built on the event parser of yaml-rust2, never on its loader: the loader expands aliases without a cap and
//! recurses without a bound. Events carry only a start, in lines and characters, so [`parse`] works out exact
//! byte spans itself; [`edit`] then replaces bytes, parses the result again and proves that nothing but what was
//! asked for has changed. What cannot be proven is refused.

mod edit;
mod flatten;
mod layout;
mod parse;
mod path;
mod proof;
mod quote;
mod source;
mod span;
mod tree;

pub use edit::{Edit, Refusal, RefusalReason, edit};
pub use flatten::flatten;
pub use parse::{ALIASES_MAX, DEPTH_MAX, EVENTS_MAX, parse};
pub use path::parse_path;
pub use quote::{needs_quote, render_scalar};
pub use source::{BYTES_MAX, Position, Source, YamlError};
pub use tree::{Node, NodeId, NodeKind, PathSegment, ScalarStyle, Tree};

#[cfg(test)]
mod tests;
