//! What the tests stand on: real peers that are started, asked and stopped; and a world that is all made up.

pub(crate) mod bot;
pub(crate) mod contract;
pub(crate) mod depth;
pub(crate) mod docker_registry;
pub(crate) mod emulator;
pub(crate) mod fixture;
pub(crate) mod helm;
pub(crate) mod kubectl;
mod oracle;
pub(crate) mod peer;
pub(crate) mod registry;
pub(crate) mod rules;
pub(crate) mod site;
pub(crate) mod story;
pub(crate) mod token_server;
pub(crate) mod webhook;
pub(crate) mod world;
