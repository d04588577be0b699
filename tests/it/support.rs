//! What the tests stand on: real peers that are started, asked and stopped.

pub(crate) mod docker_registry;
pub(crate) mod kubectl;
mod peer;
