//! Every sentence people read: titles, bodies, comments, statuses, reasons, help, tables.
//!
//! What comes from outside is escaped; published text names instants, never remaining time; and nothing that the
//! bot writes could be taken for a command.

mod actions;
mod body;
mod diff;
mod escape;
mod messages;
mod reasons;
mod remarks;
mod status;
mod tables;
mod time;

pub use actions::{action_because, because, record};
pub use body::{BodyInput, Step, body};
pub use diff::diff;
pub use messages::{Carriage, commit_message, merge_message, title};
pub use reasons::reason;
pub use remarks::remark;
pub use status::status;
pub use tables::{Colour, journey, table, why};
pub use time::instant;

#[cfg(test)]
mod tests;
