//! What overlays run: our reading against the real kustomize, on layouts that nobody thought of.

mod layout;
mod property;
mod rendered;
mod written;
