//! What overlays run: our reading against the real kustomize, on layouts that nobody thought of.
#![expect(
    clippy::unwrap_used,
    reason = "a layout is made here; one that cannot be written is a fault of the test"
)]

mod corpus;
mod edited;
mod field_types;
mod helm;
mod layout;
mod lenient;
mod objects;
mod property;
mod rendered;
mod tag_types;
mod values;
mod written;
