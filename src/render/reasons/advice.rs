//! Advice that several reasons give.

use crate::model::ChangeNumber;
use crate::render::escape::quoted;

/// The advice to write a command, and where.
pub(super) fn comment(command: &str, on: ChangeNumber) -> String {
    format!("comment {} on {on}", quoted(command))
}
