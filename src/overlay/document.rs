//! A YAML document as a value that can be changed, each scalar with the places that made it what it is, and what of it
//! names an image.

pub(super) mod canonical;
pub(super) mod go_yaml;
pub(super) mod manifest;
pub(super) mod quotes;
pub(super) mod resource;
pub(super) mod text;
pub(super) mod trail;
pub(super) mod value;
pub(super) mod written;
