//! Every sentence people read: titles, bodies, comments, statuses, reasons, help, tables.
//!
//! What comes from outside is made harmless; published text names instants, never remaining time; and nothing
//! that the bot writes could be taken for a command. A sentence reads the same in Markdown and on a terminal:
//! what Markdown could take for more than text stands in backticks.

mod actions;
mod body;
mod bot_comments;
mod colour;
mod diff;
mod escape;
mod fit;
mod gates;
mod health;
mod left_out;
mod listings;
mod messages;
mod numbers;
mod reasons;
mod refusals;
mod remark_input;
mod source;
mod status;
mod tables;
mod time;

pub use actions::{action_because, because, deployment, outcome, record};
pub use body::{Body, BodyInput, body};
pub use bot_comments::remark;
pub use colour::{Colour, Style};
pub use diff::{diff, pictured, readable_diff};
pub use gates::why;
pub use health::{HealthSection, diagnosis, health, health_json};
pub use left_out::left_out;
pub use listings::{listing, listings_ahead};
pub use messages::{CommitMetadata, NOBODY, commit_message, merge_message, title};
pub use numbers::count;
pub use reasons::{nothing_selected, reason, uncounted_because, undated};
pub use refusals::refusal;
pub use remark_input::RemarkInput;
pub use source::{Comparison, ImageSource};
pub use status::{status, summary};
pub use tables::{status_table, table};
pub use time::instant;

#[cfg(test)]
mod tests;
