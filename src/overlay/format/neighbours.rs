//! What stands around the scalars of a spot.

use std::sync::Arc;

use super::digest_scope::{Scope, SpotPlace};
use crate::yaml::NodeId;

/// A scalar with an anchor (`&…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AnchoredScalar {
    /// The scalar.
    pub(super) node: NodeId,
    /// Its line, from 1.
    pub(super) line: usize,
    /// The aliases of its anchor, each with its line.
    pub(super) aliases: Vec<(NodeId, usize)>,
    /// Whether it stands where values are defined for aliases, so that nothing else is expected to read it there.
    pub(super) is_definition: bool,
}

/// What stands around the scalars of a spot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ScalarNeighbours {
    /// The digests in the document that configures the image.
    pub(super) scope: Arc<Scope>,
    /// Where it is in that document.
    pub(super) place: SpotPlace,
    /// Those of the spot's scalars that have an anchor.
    pub(super) anchored: Vec<AnchoredScalar>,
}

impl ScalarNeighbours {
    /// Whether one of the spot's scalars has an anchor.
    pub(super) fn has_anchor(&self, node: NodeId) -> bool {
        self.anchored.iter().any(|anchored| anchored.node == node)
    }
}
